"""SciPy's array-API plumbing, where SciPy is loaded: its functions then run on tracers as they stand."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.array import public
from dualgrad.frontends.composing import least_squares
from dualgrad.frontends.host import is_traced, traced_or


def scipy_functions(namespace: Callable[[], Any]) -> dict[Any, Any]:
    """Replacements of SciPy's helpers, by the original; ``namespace()`` is NumPy as traced code sees it."""
    library = sys.modules.get("scipy._lib._array_api")
    if library is None:
        return {}
    found: dict[Any, Any] = {**_linear_algebra(), **_distances(), **_integrals()}
    if hasattr(library, "array_namespace"):
        found[library.array_namespace] = lambda *arrays, **_: (
            namespace() if any(map(is_traced, arrays)) else library.array_namespace(*arrays)
        )
    if hasattr(library, "xp_promote"):
        found[library.xp_promote] = _xp_promote(library.xp_promote)
    return found | _special() | _extra(getattr(library, "xpx", None) or sys.modules.get("scipy._lib.array_api_extra"))


def _linear_algebra() -> dict[Any, Any]:
    """Functions of scipy.linalg as NumPy's, or as the ops that they are; what only says how to compute is dropped."""
    linalg = sys.modules.get("scipy.linalg")
    if linalg is None:
        return {}
    f = public()
    plain: dict[str, Callable[..., Any]] = {
        "inv": np.linalg.inv,
        "det": np.linalg.det,
        "pinv": np.linalg.pinv,
        "svdvals": f["svdvals"],
    }
    own = "expm logm sqrtm sinm cosm block_diag toeplitz".split()
    functions: dict[str, Callable[..., Any]] = {
        **{name: _without_options(function) for name, function in plain.items()},
        **{name: f[name] for name in own},
        "solve": lambda a, b, lower=False, **_: np.linalg.solve(a, b),
        "cholesky": _cholesky,
        "cho_factor": lambda a, lower=False, **_: f["cho_factor"](a, lower=lower),
        "cho_solve": lambda c_and_lower, b, **_: f["cho_solve"](c_and_lower, b),
        "solve_triangular": lambda a, b, trans=0, lower=False, unit_diagonal=False, **_: f["solve_triangular"](
            a, b, trans=trans, lower=lower, unit_diagonal=unit_diagonal
        ),
        "norm": lambda a, ord=None, axis=None, keepdims=False, check_finite=True: np.linalg.norm(
            a, ord, axis, keepdims
        ),
        "eigh": lambda a, lower=True, **_: np.linalg.eigh(a, "L" if lower else "U"),
        "lstsq": lambda a, b, **_: least_squares(a, b),
        "svd": lambda a, full_matrices=True, compute_uv=True, **_: np.linalg.svd(a, full_matrices, compute_uv),
    }
    return {getattr(linalg, name): traced_or(getattr(linalg, name), function) for name, function in functions.items()}


def _without_options(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda a, **_: function(a)


def _cholesky(a: Any, lower: bool = False, **_: Any) -> Any:
    """The upper factor, as SciPy has it, or the lower one: each from the triangle of that name."""
    return np.linalg.cholesky(a) if lower else np.linalg.cholesky(a.T).T


def _distances() -> dict[Any, Any]:
    """scipy.spatial.distance.cdist with metrics that are formulas."""
    distance = sys.modules.get("scipy.spatial.distance")
    if distance is None:
        return {}

    def cdist(XA: Any, XB: Any, metric: Any = "euclidean", **options: Any) -> Any:
        apart = np.expand_dims(XA, 1) - np.expand_dims(XB, 0)
        match metric:
            case "sqeuclidean":
                return np.sum(apart**2, axis=-1)
            case "euclidean":
                return _apart(apart)
            case "cityblock":
                return np.sum(np.abs(apart), axis=-1)
            case "chebyshev":
                return np.max(np.abs(apart), axis=-1)
        raise NotImplementedError(f"cdist with metric={metric!r} cannot be recorded; write its formula")

    def pdist(X: Any, metric: Any = "euclidean", **options: Any) -> Any:
        rows, columns = np.triu_indices(int(X.shape[0]), 1)
        return cdist(X, X, metric, **options)[rows, columns] if metric != "euclidean" else _apart(X[rows] - X[columns])

    def squareform(X: Any, force: str = "no", checks: bool = True) -> Any:
        if X.ndim == 2:
            return X[np.triu_indices(int(X.shape[0]), 1)]
        size = round((1 + (1 + 8 * int(X.shape[0])) ** 0.5) / 2)
        places = np.zeros((size, size), dtype=int)
        places[np.triu_indices(size, 1)] = np.arange(X.shape[0])
        return (1 - np.eye(size)) * X[np.ravel(places + places.T)].reshape(size, size)

    replaced: dict[str, Callable[..., Any]] = {"cdist": cdist, "pdist": pdist, "squareform": squareform}
    return {getattr(distance, name): traced_or(getattr(distance, name), f) for name, f in replaced.items()}


def _apart(difference: Any) -> Any:
    return np.sqrt(np.sum(difference**2, axis=-1))


def _integrals() -> dict[Any, Any]:
    integrate = sys.modules.get("scipy.integrate")
    if integrate is None:
        return {}
    return {integrate.trapezoid: traced_or(integrate.trapezoid, public()["trapezoid"])}


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
