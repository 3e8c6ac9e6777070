"""NumPy's ufuncs as traced code sees them: they take lists of traced numbers, which the protocol does not look into."""

from __future__ import annotations

import sys
from functools import cache, reduce
from itertools import accumulate
from typing import Any

import numpy as np

from dualgrad.frontends.arrays import is_traced, stacked

_RUNNING = frozenset({np.maximum, np.minimum, np.fmax, np.fmin})


class Ufunc:
    """A ufunc that makes arrays of the lists it is given, where something in them is traced."""

    def __init__(self, ufunc: np.ufunc) -> None:
        self._ufunc = ufunc

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return np.ufunc

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ufunc, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._ufunc(*map(_array, args), **kwargs)

    def reduce(self, array: Any, axis: Any = 0, *args: Any, **kwargs: Any) -> Any:
        """``ufunc.reduce``; of a list of arrays one after the other."""
        if isinstance(array, (list, tuple)) and is_traced(array) and axis == 0 and not args and not kwargs:
            return reduce(self._ufunc, map(_array, array))
        return self._ufunc.reduce(_array(array), axis, *args, **kwargs)

    def accumulate(self, array: Any, axis: int = 0, *args: Any, **kwargs: Any) -> Any:
        """``ufunc.accumulate``; running extremes one after the other."""
        if is_traced(array) and self._ufunc in _RUNNING and axis == 0:
            return np.stack(list(accumulate(_array(array), self._ufunc)))
        return self._ufunc.accumulate(_array(array), axis, *args, **kwargs)

    def outer(self, one: Any, other: Any, **kwargs: Any) -> Any:
        """``ufunc.outer``."""
        return self._ufunc.outer(_array(one), _array(other), **kwargs)


def _array(value: Any) -> Any:
    return stacked(value) if isinstance(value, (list, tuple)) and is_traced(value) else value


def ufuncs() -> dict[Any, Any]:
    """Replacements of the ufuncs of NumPy, and of scipy.special where it is loaded, by the original."""
    return _wrapped("scipy.special" in sys.modules)


@cache
def _wrapped(special: bool) -> dict[Any, Any]:
    modules = [np, sys.modules["scipy.special"]] if special else [np]
    return {f: Ufunc(f) for module in modules for f in vars(module).values() if isinstance(f, np.ufunc)}
