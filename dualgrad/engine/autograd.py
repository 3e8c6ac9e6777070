"""PyTorch's functions on graphs: ``autograd.backward`` and ``autograd.grad``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from dualgrad.engine.arguments import described
from dualgrad.engine.backward import Lift, pull_back
from dualgrad.engine.graph import Edge, Leaf
from dualgrad.engine.modes import enable_grad, no_grad
from dualgrad.engine.tensor import Tensor, handle
from dualgrad.shapes import extents


def backward(
    tensors: Any, grad_tensors: Any = None, retain_graph: bool | None = None, create_graph: bool = False
) -> None:
    """Add the gradients of the tensors to the ``grad`` of every leaf they depend on: see :meth:`Tensor.backward`."""
    seeds = list(_seeds("backward", _sequence(tensors), _sequence(grad_tensors), create_graph))
    found = _run(seeds, None, retain_graph, create_graph)
    # Only now, so that an exception on the way leaves every .grad as it was.
    for edge, cotangent in found.items():
        if isinstance(edge, Leaf):
            new = _wrapped(cotangent)
            with enable_grad() if create_graph else no_grad():
                edge.grad = new if edge.grad is None else edge.grad + new


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]:
    """The sum of the gradients of the outputs with respect to each input, without touching any ``grad``.

    >>> from dualgrad.engine.tensor import Tensor
    >>> x = Tensor(3.0, requires_grad=True)
    >>> grad(x * x, x)
    (tensor(6.),)
    """
    seeds = list(_seeds("grad", _sequence(outputs), _sequence(grad_outputs), create_graph))
    edges = [_edge(tensor, position) for position, tensor in enumerate(_sequence(inputs))]
    found = _run(seeds, edges, retain_graph, create_graph)
    if not allow_unused and any(edge not in found for edge in edges):
        raise RuntimeError(
            "One of the differentiated Tensors appears to not have been used in the graph. "
            "Set allow_unused=True if this is the desired behavior."
        )
    return tuple(_wrapped(found[edge]) if edge in found else None for edge in edges)


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
        gradient = ones(tensor.data)
    if not isinstance(gradient, Tensor):
        gradient = _gradient(gradient, tensor, position)
    if extents(gradient) != tensor.extents:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{position}] has a shape of {extents(gradient)} "
            f"and output[{position}] has a shape of {tensor.extents}."
        )
    return gradient if create_graph else gradient.data


def _gradient(value: Any, tensor: Tensor, position: int) -> Tensor:
    try:
        return Tensor(value, dtype=None if hasattr(value, "extents") else tensor.dtype)
    except (TypeError, ValueError):
        raise TypeError(
            f"dualgrad.autograd: the gradient of output {position} is {described(value)}, expected a tensor or an "
            f"array of shape {tensor.extents}, or None for the gradient of a scalar"
        ) from None


def _wrapped(cotangent: Any) -> Tensor:
    return cotangent if isinstance(cotangent, Tensor) else handle(cotangent, None)


def _sequence(value: Any) -> Sequence[Any]:
    return () if value is None else value if isinstance(value, (tuple, list)) else (value,)
