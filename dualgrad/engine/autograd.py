"""PyTorch's functions on graphs: ``autograd.backward`` and ``autograd.grad``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from dualgrad.engine.arguments import described, typed
from dualgrad.engine.backward import Lift, pull_back, wrapped
from dualgrad.engine.graph import Edge, Leaf
from dualgrad.engine.modes import enable_grad, no_grad
from dualgrad.engine.overwritten import hand_out
from dualgrad.engine.tensor import Tensor, handle
from dualgrad.engine.through import Adjoints
from dualgrad.op import COMPOSED
from dualgrad.shapes import extents

__all__ = ["backward", "grad"]


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add the gradients of the tensors to the ``grad`` of every leaf they depend on: see :meth:`Tensor.backward`.

    With ``inputs`` to the ``grad`` of these alone.
    """
    if inputs is not None and not len(_sequence(inputs)):
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    seeds = list(_seeds("backward", _sequence(tensors), _sequence(grad_tensors), create_graph))
    targets = None if inputs is None else [_edge(tensor, k) for k, tensor in enumerate(_sequence(inputs))]
    found = _run(seeds, targets, retain_graph, create_graph)
    if targets is not None:
        _keep_at(_sequence(inputs), found, create_graph)
        return
    # Only now, so that an exception on the way leaves every .grad as it was.
    holders = [(_holder(edge), wrapped(cotangent)) for edge, cotangent in _apart(found, seeds).items()]
    with enable_grad() if create_graph else no_grad():
        sums = [(h, new if h.grad is None else h.grad + new) for h, new in holders if h is not None]
    for holder, total in sums:
        holder.grad = total
    for holder, _ in sums:
        for hook in list(getattr(holder, "after", {}).values()):
            hook(holder.variable)


def _keep_at(tensors: Sequence[Tensor], found: Adjoints, create_graph: bool) -> None:
    """Add what was found at these tensors to their ``grad``."""
    found = _apart({tensor._edge: found[tensor._edge] for tensor in tensors if tensor._edge in found}, ())
    with enable_grad() if create_graph else no_grad():
        for tensor in {id(tensor): tensor for tensor in tensors}.values():
            if tensor._edge in found:
                new = wrapped(found[tensor._edge])
                tensor.grad = new if tensor.grad is None else tensor.grad + new


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """The sum of the gradients of the outputs with respect to each input, without touching any ``grad``.

    An input that the outputs do not depend on is an error, unless ``allow_unused``: it then has None, or zeros with
    ``materialize_grads``. With ``is_grads_batched`` the grad_outputs have an axis in front, and so has the result.

    >>> from dualgrad.engine.tensor import Tensor
    >>> x = Tensor(3.0, requires_grad=True)
    >>> grad(x * x, x)
    (tensor(6.),)
    """
    if allow_unused is False and materialize_grads:
        raise ValueError("Expected allow_unused to be True or not passed when materialize_grads=True, but got: False.")
    if is_grads_batched:
        return _batched(outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused, materialize_grads)
    seeds = list(_seeds("grad", _sequence(outputs), _sequence(grad_outputs), create_graph))
    edges = [_edge(tensor, position) for position, tensor in enumerate(_sequence(inputs))]
    found = _run(seeds, edges, retain_graph, create_graph)
    unused = [position for position, edge in enumerate(edges) if edge not in found]
    if unused and not allow_unused and not materialize_grads:
        raise RuntimeError(
            f"The differentiated Tensor at index {unused[0]} appears to not have been used in the graph. "
            f"Set allow_unused=True if this is the desired behavior."
        )
    found = _apart({edge: found[edge] for edge in edges if edge in found}, seeds)
    absent = [handle(np.zeros_like(x._data), None) if materialize_grads else None for x in _sequence(inputs)]
    return tuple(wrapped(found[e]) if e in found else none for e, none in zip(edges, absent, strict=True))


def _batched(
    outputs: Any, inputs: Any, gradients: Any, retain: bool | None, create: bool, *rest: Any
) -> tuple[Tensor | None, ...]:
    """The gradients for each entry of the grad_outputs, stacked."""
    stacks = _sequence(gradients)
    if not stacks or len({len(stack) for stack in stacks}) != 1:
        raise RuntimeError("is_grads_batched=True needs grad_outputs, each with an axis of the same length in front")
    last, rows = len(stacks[0]) - 1, []
    for k in range(last + 1):
        kept = True if k < last else retain
        rows.append(grad(outputs, inputs, [stack[k] for stack in stacks], kept, create, rest[0], False, rest[1]))
    columns: list[Any] = list(zip(*rows, strict=True))
    return tuple([None if column[0] is None else COMPOSED["stack"](column) for column in columns])


def ones(data: Any) -> Any:
    """Ones in the shape and dtype of an array; a number for a number."""
    return data.dtype.type(1) if isinstance(data, np.generic) else np.ones_like(data)


def _run(
    seeds: list[tuple[Edge, Any]], targets: list[Edge] | None, retain_graph: bool | None, create_graph: bool
) -> dict[Edge, Any]:
    retain = create_graph if retain_graph is None else retain_graph
    lift: Lift | None = handle if create_graph else None
    with enable_grad() if create_graph else no_grad():
        return pull_back(seeds, targets, lift, retain)


def _edge(tensor: Any, position: int) -> Edge:
    if not isinstance(tensor, Tensor):
        raise TypeError(
            f"dualgrad.autograd.grad: element {position} of inputs is {described(tensor)}, expected a tensor that "
            f"requires grad and that the outputs depend on"
        )
    if tensor._edge is None:
        raise RuntimeError("One of the differentiated Tensors does not require grad")
    return tensor._edge


def _seeds(
    asked: str, tensors: Sequence[Any], gradients: Sequence[Any], create_graph: bool
) -> Iterator[tuple[Edge, Any]]:
    if gradients and len(gradients) != len(tensors):
        raise RuntimeError(f"got {len(tensors)} tensors and {len(gradients)} gradients")
    for position, tensor in enumerate(tensors):
        if not isinstance(tensor, Tensor):
            raise TypeError(
                f"dualgrad.autograd.{asked}: element {position} of the outputs is {described(tensor)}, expected a "
                f"tensor; for the gradient of a function use dualgrad.grad(f)(x)"
            )
        if tensor._edge is None:
            raise RuntimeError(f"element {position} of tensors does not require grad and does not have a grad_fn")
        gradient = gradients[position] if gradients else None
        yield tensor._edge, _seed(tensor, gradient, position, create_graph)


def _seed(tensor: Tensor, gradient: Any, position: int, create_graph: bool) -> Any:
    if gradient is None:
        if any(extent != 1 for extent in tensor.extents):
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        if tensor.dtype.kind == "c":
            raise RuntimeError(f"grad can be implicitly created only for real scalar outputs but got {tensor.dtype}")
        gradient = ones(tensor._data)
    if not isinstance(gradient, Tensor):
        gradient = _gradient(gradient, tensor, position)
    if "c" in (gradient.dtype.kind, tensor.dtype.kind) and gradient.dtype.kind != tensor.dtype.kind:
        raise RuntimeError(
            f"For complex Tensors, both grad_output and output are required to have the same dtype. "
            f"Mismatch in dtype: grad_output[{position}] has a dtype of {gradient.dtype} and "
            f"output[{position}] has a dtype of {tensor.dtype}."
        )
    if extents(gradient) != tensor.extents:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{position}] has a shape of {extents(gradient)} "
            f"and output[{position}] has a shape of {tensor.extents}."
        )
    if create_graph:
        hand_out(gradient._data)  # what is recorded holds it, and the user may have it
        return gradient
    return gradient._data


def _gradient(value: Any, tensor: Tensor, position: int) -> Tensor:
    try:
        return typed(value, tensor.dtype)
    except (TypeError, ValueError):
        raise TypeError(
            f"dualgrad.autograd: the gradient of output {position} is {described(value)}, expected a tensor or an "
            f"array of shape {tensor.extents}, or None for the gradient of a scalar"
        ) from None


def _holder(edge: Edge) -> Any:
    """Who keeps the gradient found at this place: a leaf, or a tensor that asked for it."""
    if isinstance(edge, Leaf):
        return edge
    return edge.watch.retained() if edge.watch is not None and edge.watch.retained is not None else None


def _apart(found: Adjoints, seeds: Sequence[tuple[Edge, Any]]) -> Adjoints:
    """The cotangents, none sharing memory with another or with a seed: the user may write to them."""
    seen = {id(seed) for _, seed in seeds}
    apart: Adjoints = {}
    for edge, cotangent in found.items():
        shared = isinstance(cotangent, np.ndarray) and (cotangent.base is not None or id(cotangent) in seen)
        apart[edge] = cotangent.copy() if shared else cotangent
        seen.add(id(cotangent))
    return apart


def _sequence(value: Any) -> Sequence[Any]:
    return () if value is None else value if isinstance(value, (tuple, list)) else (value,)
