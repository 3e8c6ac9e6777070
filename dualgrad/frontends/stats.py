"""Distributions of scipy.stats as the formulas that they are: densities and their logarithms, distribution functions.

Each is written in SciPy's standard form; location and scale come in as SciPy does it. What is recorded is held against
SciPy's own values wherever it is used.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from math import log, pi, sqrt
from typing import Any

import numpy as np

from dualgrad.array import public
from dualgrad.frontends.host import is_traced
from dualgrad.op import REGISTRY

LOG_2PI = log(2 * pi)


def distributions() -> dict[Any, Any]:
    """Replacements of SciPy's distributions, by the original, where scipy.stats is loaded."""
    stats = sys.modules.get("scipy.stats")
    if stats is None:
        return {}
    found: dict[Any, Any] = {
        getattr(stats, name): Distribution(getattr(stats, name), *entry) for name, entry in _continuous().items()
    }
    found |= {
        getattr(stats, name): Distribution(getattr(stats, name), count, {"logpmf": f}, discrete=True)
        for name, (count, f) in _discrete().items()
    }
    found[stats.multivariate_normal] = MultivariateNormal(stats.multivariate_normal)
    return found


class Distribution:
    """One distribution: ``count`` shape parameters, then location and scale; functions of the standard form."""

    def __init__(
        self, original: Any, count: int, functions: dict[str, Callable[..., Any]], discrete: bool = False
    ) -> None:
        self._original, self._count, self._functions, self._discrete = original, count, functions, discrete

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in _READ:
            return getattr(self._original, name)
        return self._asked(name)

    def _asked(self, name: str) -> Callable[..., Any]:
        def function(x: Any, *args: Any, **kwargs: Any) -> Any:
            if not is_traced((x, *args, *kwargs.values())):
                return getattr(self._original, name)(x, *args, **kwargs)
            names = [part.strip() for part in (self._original.shapes or "").split(",") if part.strip()]
            names += ["loc"] if self._discrete else ["loc", "scale"]
            given = {**dict(zip(names, args, strict=False)), **kwargs}
            shapes = [given[part] for part in names[: self._count]]
            scale = given.get("scale", 1.0)
            standard = (x - given.get("loc", 0.0)) / scale if "loc" in given or "scale" in given else x
            return self._value(name, standard, shapes, scale)

        return function

    def _value(self, name: str, x: Any, shapes: list[Any], scale: Any) -> Any:
        known = self._functions
        if name == "pdf" and name in known:
            found = known[name](x, *shapes)
            return found if _is_one(scale) else found / scale
        if name in known:
            found = known[name](x, *shapes)
            return found - np.log(scale) if name == "logpdf" and not _is_one(scale) else found
        if name in ("pdf", "pmf"):
            return np.exp(self._value(f"log{name}", x, shapes, scale))
        if name == "cdf" and "logcdf" in known:
            return np.exp(known["logcdf"](x, *shapes))
        if name == "logcdf" and "cdf" in known:
            return np.log(known["cdf"](x, *shapes))
        if name == "sf":
            return 1.0 - self._value("cdf", x, shapes, scale)
        if name == "logsf":
            return np.log(self._value("sf", x, shapes, scale))
        raise NotImplementedError(f"{self._original.name}.{name} cannot be recorded; write its formula")


_READ = frozenset({"logpdf", "pdf", "logpmf", "pmf", "cdf", "logcdf", "sf", "logsf"})


def _is_one(scale: Any) -> bool:
    return not is_traced(scale) and np.ndim(scale) == 0 and bool(scale == 1)


class MultivariateNormal:
    """``scipy.stats.multivariate_normal``: its density and the logarithm of it."""

    def __init__(self, original: Any) -> None:
        self._original = original

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)

    def logpdf(self, x: Any, mean: Any = None, cov: Any = 1, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the density at a point, or at each row."""
        if not is_traced((x, mean, cov)):
            return self._original.logpdf(x, mean, cov, *args, **kwargs)
        x = np.atleast_1d(x) if np.ndim(x) == 0 else x
        apart = x if mean is None else x - mean
        cov = cov * np.eye(apart.shape[-1]) if np.ndim(cov) == 0 else np.diag(cov) if np.ndim(cov) == 1 else cov
        white = np.linalg.solve(cov, apart.T).T
        square = np.sum(apart * white, axis=-1)
        return -0.5 * (apart.shape[-1] * LOG_2PI + np.linalg.slogdet(cov)[1] + square)

    def pdf(self, *args: Any, **kwargs: Any) -> Any:
        """The density."""
        return np.exp(self.logpdf(*args, **kwargs))


def _continuous() -> dict[str, tuple[int, dict[str, Callable[..., Any]]]]:
    f = public()
    gammaln, betaln, log1p = f["gammaln"], f["betaln"], np.log1p
    return {
        "norm": (0, {
            "logpdf": lambda x: -(x**2) / 2.0 - LOG_2PI / 2,
            "pdf": lambda x: np.exp(-(x**2) / 2.0) / sqrt(2 * pi),
            "cdf": REGISTRY["ndtr"], "logcdf": REGISTRY["log_ndtr"],
            "sf": lambda x: REGISTRY["ndtr"](-x), "logsf": lambda x: REGISTRY["log_ndtr"](-x),
        }),
        "expon": (0, {"logpdf": lambda x: -x, "cdf": lambda x: -np.expm1(-x), "sf": lambda x: np.exp(-x)}),
        "laplace": (0, {"logpdf": lambda x: -np.abs(x) - log(2)}),
        "logistic": (0, {
            "logpdf": lambda x: -x - 2.0 * f["softplus"](-x), "cdf": f["expit"], "logcdf": f["log_expit"],
        }),
        "cauchy": (0, {"logpdf": lambda x: -log(pi) - log1p(x * x), "cdf": lambda x: 0.5 + np.arctan(x) / pi}),
        "gumbel_r": (0, {"logpdf": lambda x: -x - np.exp(-x), "logcdf": lambda x: -np.exp(-x)}),
        "halfnorm": (0, {"logpdf": lambda x: 0.5 * log(2.0 / pi) - x * x / 2.0}),
        "rayleigh": (0, {"logpdf": lambda x: np.log(x) - 0.5 * x * x}),
        "gamma": (1, {"logpdf": lambda x, a: f["xlogy"](a - 1.0, x) - x - gammaln(a), "cdf": lambda x, a:
                      f["gammainc"](a, x)}),
        "invgamma": (1, {"logpdf": lambda x, a: -(a + 1) * np.log(x) - gammaln(a) - 1.0 / x}),
        "beta": (2, {"logpdf": lambda x, a, b: f["xlog1py"](b - 1.0, -x) + f["xlogy"](a - 1.0, x) - betaln(a, b)}),
        "chi2": (1, {"logpdf": lambda x, k: f["xlogy"](k / 2.0 - 1, x) - x / 2.0 - gammaln(k / 2.0)
                     - log(2) * k / 2.0}),
        "t": (1, {"logpdf": lambda x, k: gammaln((k + 1) / 2) - gammaln(k / 2) - 0.5 * np.log(k * pi)
                  - (k + 1) / 2 * log1p(x * x / k)}),
        "lognorm": (1, {"logpdf": lambda x, s: -(np.log(x) ** 2) / (2 * s**2) - np.log(s * x * sqrt(2 * pi)),
                        "cdf": lambda x, s: REGISTRY["ndtr"](np.log(x) / s)}),
        "weibull_min": (1, {"logpdf": lambda x, c: np.log(c) + f["xlogy"](c - 1, x) - x**c,
                            "cdf": lambda x, c: -np.expm1(-(x**c))}),
        "pareto": (1, {"logpdf": lambda x, b: np.log(b) - (b + 1) * np.log(x)}),
    }  # fmt: skip


def _discrete() -> dict[str, tuple[int, Callable[..., Any]]]:
    f = public()
    gammaln, xlogy, xlog1py = f["gammaln"], f["xlogy"], f["xlog1py"]

    def choose(n: Any, k: Any) -> Any:
        return gammaln(n + 1) - (gammaln(k + 1) + gammaln(n - k + 1))

    return {
        "poisson": (1, lambda k, mu: xlogy(k, mu) - gammaln(k + 1) - mu),
        "bernoulli": (1, lambda k, p: xlogy(k, p) + xlog1py(1 - k, -p)),
        "binom": (2, lambda k, n, p: choose(n, k) + xlogy(k, p) + xlog1py(n - k, -p)),
        "geom": (1, lambda k, p: xlog1py(k - 1, -p) + np.log(p)),
        "nbinom": (2, lambda k, n, p: gammaln(n + k) - gammaln(k + 1) - gammaln(n) + n * np.log(p) + xlog1py(k, -p)),
    }
