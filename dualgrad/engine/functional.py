"""``autograd.functional`` of PyTorch: derivatives of a function at given inputs, a tensor or a tuple of tensors.

Results are nested as the inputs are, and as the outputs are. ``strict``, ``vectorize`` and ``strategy``, which only
choose how PyTorch computes, are not taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dualgrad.engine import transforms
from dualgrad.engine.autograd import ones
from dualgrad.engine.tensor import Tensor, handle

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


def jacobian(func: Callable[..., Any], inputs: Any, create_graph: bool = False) -> Any:
    """The derivatives of every output in every input.

    >>> jacobian(lambda x: x * x, Tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    args = _tuple(inputs)
    outputs = func(*args)
    if isinstance(outputs, tuple):
        parts = [jacobian(lambda *a, k=k: func(*a)[k], inputs, create_graph) for k in range(len(outputs))]
        return tuple(parts)
    rows = transforms.jacobian(func, range(len(args)))(*args)
    return _like(inputs, [_apart(row, create_graph) for row in rows])


def hessian(func: Callable[..., Any], inputs: Any, create_graph: bool = False) -> Any:
    """The second derivatives of a function with one entry, by pairs of inputs.

    >>> hessian(lambda x: (x**3).sum(), Tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    args = _tuple(inputs)
    blocks = [transforms.jacobian(transforms.grad(_scalar(func), k), range(len(args)))(*args) for k in range(len(args))]
    return _like(inputs, [_like(inputs, [_apart(block, create_graph) for block in row]) for row in blocks])


def vjp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """The output, and ``v`` times the Jacobian; without v the output has one entry.

    >>> vjp(lambda x: x * x, Tensor([1.0, 2.0]), Tensor([1.0, 1.0]))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    args = _tuple(inputs)
    out, pull = transforms.vjp(func, *args)
    if v is None:
        v = _unit(out, "vjp", "output")
    return _apart(out, create_graph), _like(inputs, [_apart(g, create_graph) for g in _tuple(pull(v))])


def jvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """The output, and the Jacobian times ``v``; without v the input has one entry.

    >>> jvp(lambda x: x * x, Tensor([1.0, 2.0]), Tensor([1.0, 1.0]))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    args = _tuple(inputs)
    out, tangent = transforms.jvp(func, args, _directions(inputs, v, "jvp"))
    return _apart(out, create_graph), _apart(tangent, create_graph)


def hvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """The output, which has one entry, and the Hessian times ``v``.

    >>> hvp(lambda x: (x**3).sum(), Tensor([1.0, 2.0]), Tensor([1.0, 1.0]))
    (tensor(9.), tensor([ 6., 12.]))
    """
    args, directions = _tuple(inputs), _directions(inputs, v, "hvp")
    found = [transforms.jvp(transforms.grad(_scalar(func), k), args, directions)[1] for k in range(len(args))]
    return _apart(func(*args), create_graph), _like(inputs, [_apart(g, create_graph) for g in found])


def vhp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """The output, and ``v`` times the Hessian, which is symmetric: see :func:`hvp`."""
    return hvp(func, inputs, v, create_graph)


def _scalar(func: Callable[..., Any]) -> Callable[..., Any]:
    def one(*args: Any) -> Any:
        out = func(*args)
        if out.size != 1:
            raise RuntimeError(
                f"The Tensor returned by the function given to hessian should contain a single element, "
                f"got one of shape {out.extents}"
            )
        return out.reshape(())

    return one


def _directions(inputs: Any, v: Any, asked: str) -> tuple[Any, ...]:
    if v is not None:
        return _tuple(v)
    args = _tuple(inputs)
    if len(args) != 1:
        raise RuntimeError("The vector v can only be None if the user-provided function takes one tensor")
    return (_unit(args[0], asked, "input"),)


def _unit(x: Any, asked: str, what: str) -> Any:
    if x.size != 1:
        raise RuntimeError(f"{asked}: the vector v can only be None if the {what} is a Tensor with a single element")
    return handle(ones(x._data), None)


def _tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _like(inputs: Any, found: list[Any]) -> Any:
    return tuple(found) if isinstance(inputs, tuple) else found[0]


def _apart(value: Any, create_graph: bool) -> Any:
    return value.detach() if isinstance(value, Tensor) and not create_graph else value
