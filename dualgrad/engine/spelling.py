"""The methods and operators of a tensor that follow from the registry, beyond those that it shares with tracers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from dualgrad.array import ArrayMethods, method, public
from dualgrad.engine.apply import applier, reader
from dualgrad.engine.reuse import reflected
from dualgrad.op import REGISTRY, Kind, Op

_SPELLED = (
    "relu",
    "matmul",
    "softmax",
    "log_softmax",
    "logsumexp",
    "norm",
    "tril",
    "triu",
    "diag",
    "outer",
    "flip",
    "roll",
)
_OPERATORS = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "matmul": "matmul"}


def spell(kind: Any) -> None:
    """Give the tensor's class PyTorch's methods, which an ndarray has not, and its operators the quick way."""
    functions = public()
    pointwise = [name for name, op in REGISTRY.items() if op.kind is Kind.POINTWISE]
    for name in (*pointwise, *_SPELLED):
        if not hasattr(kind, name):
            setattr(kind, name, method(name, functions[name]))
    kind.pow = method("power", functions["power"])
    kind.__getitem__ = reader(REGISTRY["getitem"], kind, ArrayMethods.__getitem__)
    for sign, name in _OPERATORS.items():
        for spelled, reverse in ((f"__{sign}__", False), (f"__r{sign}__", True)):
            setattr(kind, spelled, _operator(kind, REGISTRY[name], getattr(ArrayMethods, spelled), reverse))


def _operator(kind: Any, op: Op, slow: Callable[[Any, Any], Any], reverse: bool) -> Callable[[Any, Any], Any]:
    """An operator; with anything but tensors and numbers it is what it is for tracers."""
    if not reverse:
        return applier(op, kind, slow)
    return cast("Callable[[Any, Any], Any]", reflected(applier(op, kind, lambda other, tensor: slow(tensor, other))))
