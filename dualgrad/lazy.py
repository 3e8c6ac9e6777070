"""Functions of SciPy that are looked up when they are first run: importing dualgrad does not import SciPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def special(name: str) -> Callable[..., Any]:
    """The function of scipy.special of this name.

    >>> special("expit")(0.0)
    np.float64(0.5)
    """

    def forward(*args: Any) -> Any:
        from scipy import special

        return getattr(special, name)(*args)

    return forward
