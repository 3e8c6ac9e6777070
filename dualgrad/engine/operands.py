"""What may be the array of a tensor, or an operand of an op."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.engine.writing import Writing
from dualgrad.op import Op


def array_of(data: Any, dtype: Any) -> Any:
    """The array, number or tracer that a tensor with these data holds; TypeError for what is not numbers."""
    if type(data) is np.ndarray and dtype is None and data.ndim and data.dtype.kind == "f":
        return data
    if isinstance(data, Writing):
        data = data._data
    if hasattr(data, "extents"):
        return data
    array = np.asarray(data, dtype)
    if array.dtype.kind not in "fiubc":
        raise TypeError(f"Tensor: got data of dtype {array.dtype}, expected numbers; convert them first")
    return array if array.ndim else array[()]


def operand(op: Op, value: Any) -> Any:
    """An operand that is no tensor, as the op takes it; TypeError for what is not numbers."""
    if type(value) in (float, int):
        return value
    if isinstance(value, (list, tuple)):
        value = np.asarray(value)
    if isinstance(value, (int, float, complex)) or hasattr(value, "extents") or hasattr(value, "extent"):
        return value
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "fiubc":
        return value
    found = f"an array of dtype {value.dtype}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
    raise TypeError(f"dualgrad.{op.name}: got {found} as an operand, expected tensors, arrays or numbers")


def differentiable(op: Op, slot: int) -> bool:
    """Whether a gradient flows to this operand."""
    rules = op.partials or op.vjp
    return rules[0 if op.variadic else slot] is not None
