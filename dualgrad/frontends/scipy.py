"""SciPy's array-API plumbing, where SciPy is loaded: its functions then run on tracers as they stand."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.array import public
from dualgrad.frontends.host import is_traced, traced_or


def scipy_functions(namespace: Callable[[], Any]) -> dict[Any, Any]:
    """Replacements of SciPy's helpers, by the original; ``namespace()`` is NumPy as traced code sees it."""
    library = sys.modules.get("scipy._lib._array_api")
    if library is None:
        return {}
    found: dict[Any, Any] = {}
    if hasattr(library, "array_namespace"):
        found[library.array_namespace] = lambda *arrays, **_: (
            namespace() if any(map(is_traced, arrays)) else library.array_namespace(*arrays)
        )
    if hasattr(library, "xp_promote"):
        found[library.xp_promote] = _xp_promote(library.xp_promote)
    return found | _special() | _extra(getattr(library, "xpx", None) or sys.modules.get("scipy._lib.array_api_extra"))


def _special() -> dict[Any, Any]:
    """Functions of scipy.special that are written in Python, as the ops that they are."""
    special = sys.modules.get("scipy.special")
    functions = public()
    return {
        getattr(special, name): traced_or(getattr(special, name), functions[name])
        for name in ("logsumexp", "softmax", "log_softmax", "xlogy")
        if special is not None and name in functions
    }


def _xp_promote(original: Callable[..., Any]) -> Callable[..., Any]:
    def promote(*args: Any, **kwargs: Any) -> Any:
        if not any(map(is_traced, args)):
            return original(*args, **kwargs)
        return args[0] if len(args) == 1 else args

    return promote


def _extra(module: Any) -> dict[Any, Any]:
    """The helpers of array-api-extra that look at the class of their argument."""
    replaced: dict[str, Callable[..., Any]] = {
        "create_diagonal": lambda x, /, *, offset=0, xp=None: np.diag(x, offset),
        "atleast_nd": _at_least,
        "at": lambda x, *_: _At(x),
    }
    return {
        getattr(module, name): traced_or(getattr(module, name), function)
        for name, function in replaced.items()
        if hasattr(module, name)
    }


def _at_least(x: Any, /, *, ndim: int, xp: Any = None) -> Any:
    while x.ndim < ndim:
        x = x[None]
    return x


class _At:
    """``at(x)[key].set(value)``: assigns in place, as it does for NumPy arrays that can be written to."""

    def __init__(self, array: Any, key: Any = None) -> None:
        self._array, self._key = array, key

    def __getitem__(self, key: Any) -> _At:
        return _At(self._array, key)

    def set(self, value: Any, **_: Any) -> Any:
        """The array with the value at the key."""
        self._array[self._key] = value
        return self._array

    def add(self, value: Any, **_: Any) -> Any:
        """The array with the value added at the key."""
        self._array[self._key] = self._array[self._key] + value
        return self._array
