"""``autograd.forward_ad`` of PyTorch: tangents that go along with the values while a function runs.

A dual tensor is a place in the graph, and its tangent is remembered beside it. What is made of it is recorded as
always; ``unpack_dual`` pushes the tangents through what was recorded.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, NamedTuple, Self

from dualgrad.engine.forward import push_on
from dualgrad.engine.graph import Edge, General, Leaf, walk
from dualgrad.engine.modes import enable_grad, is_grad_enabled
from dualgrad.engine.tensor import Tensor, handle
from dualgrad.op import REGISTRY
from dualgrad.shapes import extents

__all__ = ["UnpackedDualTensor", "dual_level", "make_dual", "unpack_dual"]

_tangents: ContextVar[dict[Edge, Any] | None] = ContextVar("dualgrad_tangents", default=None)


class UnpackedDualTensor(NamedTuple):
    """A value, and its tangent or None."""

    primal: Tensor
    tangent: Tensor | None


class dual_level:
    """Within it dual tensors are made and unpacked.

    >>> with dual_level():
    ...     x = make_dual(Tensor([1.0, 2.0]), Tensor([1.0, 0.0]))
    ...     unpack_dual(x * x).tangent
    tensor([2., 0.])
    """

    def __enter__(self) -> Self:
        if _tangents.get() is not None:
            raise RuntimeError("Nested forward mode AD is not supported at the moment; use dualgrad.jvp, which nests")
        _tangents.set({})
        return self

    def __exit__(self, *exception: object) -> None:
        _tangents.set(None)


def make_dual(tensor: Tensor, tangent: Tensor) -> Tensor:
    """The tensor with this tangent; recording has to be on."""
    held = _level("make_dual")
    if extents(tangent) != tensor.extents:
        raise RuntimeError(
            f"Expected tangent to have the same shape as its primal, {tensor.extents}, but got {extents(tangent)}"
        )
    if not is_grad_enabled():
        raise RuntimeError("make_dual: operations are not being recorded; leave no_grad, or use dualgrad.jvp")
    data, below = tensor._data, tensor._edge
    dual = handle(data, None)
    if below is None:
        dual._edge = Leaf(dual)
    else:
        dual._edge = General(REGISTRY["positive"], (data,), {}, data, (below,))
    held[dual._edge] = tangent if tangent.requires_grad else tangent._data
    return dual


def unpack_dual(tensor: Tensor) -> UnpackedDualTensor:
    """The value of a tensor, and its tangent; None where it depends on no dual tensor."""
    held = dict(_level("unpack_dual"))
    primal = tensor.detach()
    if tensor._edge is None:
        return UnpackedDualTensor(primal, None)
    nodes, leaves = walk([tensor._edge])
    lifted = not leaves <= held.keys() or any(isinstance(tangent, Tensor) for tangent in held.values())
    with enable_grad():
        push_on(reversed(nodes), held, handle if lifted else None)
    found = held.get(tensor._edge)
    if found is None:
        return UnpackedDualTensor(tensor, None)
    return UnpackedDualTensor(tensor if lifted else primal, found if isinstance(found, Tensor) else handle(found, None))


def _level(asked: str) -> dict[Edge, Any]:
    held = _tangents.get()
    if held is None:
        raise RuntimeError(f"Trying to use {asked} outside of a dual_level; write: with dual_level(): ...")
    return held
