"""What arithmetic loses to rounding, where a derivative needs it."""

from __future__ import annotations

from typing import Any

import numpy as np


def less_one(x: Any) -> tuple[Any, Any]:
    """x - 1, and what that loses to rounding (Knuth's TwoSum): of an exponent's, a logarithm is a factor.

    >>> less_one(1e-20)
    (-1.0, 1e-20)
    """
    less = x - 1
    taken = less - x
    return less, (x - (less - taken)) - (1 + taken)


def half_turn(x: Any) -> Any:
    """π for each entry of ``x``, in its dtype: by a function, so that it is π in a recording, and no float.

    The function sin(πx) is not sin(3.14159 x).

    >>> float(half_turn(0.5)) == np.pi
    True
    """
    return 4 * np.arctan(np.ones_like(x))
