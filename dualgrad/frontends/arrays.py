"""What counts as an array whose ops are bound, and as traced; lists of traced numbers as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.frontends.dims import Dim


def is_array(value: Any) -> bool:
    """Whether a value is an array whose ops are bound: a tracer, or a tensor."""
    return hasattr(type(value), "__bind_rank__")


def is_traced(value: Any) -> bool:
    """Whether a value is traced, or a list or tuple in which something is."""
    if isinstance(value, (list, tuple)):
        return any(map(is_traced, value))
    return isinstance(value, Dim) or is_array(value)


def stacked(value: Any) -> Any:
    """Nested lists of traced numbers and arrays as one new array, a dimension as a number; the rest as it is."""
    if isinstance(value, Dim):
        return value.number()
    if isinstance(value, (list, tuple)):
        return np.stack([stacked(part) for part in value]) if is_traced(value) else np.asarray(value)
    return value
