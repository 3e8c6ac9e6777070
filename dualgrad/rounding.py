"""What arithmetic loses to rounding, where a derivative needs it."""

from __future__ import annotations

from typing import Any


def less_one(x: Any) -> tuple[Any, Any]:
    """x - 1, and what that loses to rounding (Knuth's TwoSum): of an exponent's, a logarithm is a factor.

    >>> less_one(1e-20)
    (-1.0, 1e-20)
    """
    less = x - 1
    taken = less - x
    return less, (x - (less - taken)) - (1 + taken)
