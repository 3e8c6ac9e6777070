"""A function of symmetric matrices as one of all matrices, through the symmetric part of its argument.

What ``cholesky`` and ``eigh`` compute from one triangle has a derivative that lies in that triangle. Where an argument
is declared symmetric, only changes that keep it so are meant, and the gradient of f((A + Aᵀ)/2), which moves f as f
itself does along those, is the one that textbooks print.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np


def through_symmetric_parts(f: Callable[..., Any], places: Collection[int]) -> Callable[..., Any]:
    """Return f with the symmetric parts of the arguments at these places, each a matrix or a stack of them.

    >>> first_row = through_symmetric_parts(lambda A: A[0], [0])
    >>> first_row(np.array([[1.0, 4.0], [2.0, 5.0]])).tolist()
    [1.0, 3.0]
    """

    def on_symmetric_parts(*args: Any) -> Any:
        return f(*[_symmetric_part(each) if place in places else each for place, each in enumerate(args)])

    return on_symmetric_parts


def _symmetric_part(matrix: Any) -> Any:
    return (matrix + np.swapaxes(matrix, -1, -2)) / 2
