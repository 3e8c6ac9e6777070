"""Code as people write it: each line is recorded and computes what it does natively, or is refused with a reason."""

import copy
import functools
import itertools
import math
import operator
import warnings
from dataclasses import dataclass
from functools import lru_cache, partial, reduce

import numpy as np
import pytest
import scipy.integrate
import scipy.linalg
import scipy.spatial.distance
import scipy.special
import scipy.stats
from scipy.optimize import rosen, rosen_der, rosen_hess, rosen_hess_prod

x = np.array([0.3, -1.2, 2.5, 0.7, 1.1])
POSITIONS = np.array([4, 0, 0, -2])
KNOTS, HEIGHTS = np.array([-1.0, 0.0, 0.5, 2.0]), np.array([3.0, -1.0, 0.25, 4.0])
GAIN, NUMPY_PLACE, NUMPY_TRUTH = np.float64(2.5), np.int64(1), np.bool_(True)
MASK = np.array([True, False, True, True, False])


# ---------------------------------------------------------------------------- NumPy

NUMPY = {
    "select": lambda x: np.select([x < 0, x > 2], [x**2, 3 * x], default=np.sin(x)),
    "select-first": lambda x: np.select([x > 0, x > 1], [x, 100 * x]),
    "piecewise": lambda x: np.piecewise(x, [x < 0, x > 1], [lambda t: -t, np.sqrt, lambda t: t**2]),
    "piecewise-rest": lambda x: np.piecewise(x, [x < 0], [np.exp, 7.0]),
    "interp": lambda x: np.interp(x, KNOTS, HEIGHTS),
    "interp-ends": lambda x: np.interp(x, KNOTS, HEIGHTS, left=9.0, right=-9.0),
    "interp-traced-heights": lambda x: np.interp(x, np.arange(4.0), [x[0], x[1], x[2], 2.0]),
    "eye-above": lambda x: np.eye(x.size, k=1) @ x,
    "eye-below": lambda x: np.eye(len(x), k=-2) * x,
    "eye-wide": lambda x: np.eye(2 * x.size, x.size) @ x,
    "outer": lambda x: np.outer(x, x[1:]),
    "add-outer": lambda x: np.add.outer(x, x**2),
    "subtract-outer": lambda x: np.subtract.outer(x, x),
    "add-reduce": lambda x: np.add.reduce(x),
    "multiply-reduce": lambda x: np.multiply.reduce(x),
    "maximum-reduce": lambda x: np.maximum.reduce(x),
    "add-accumulate": lambda x: np.add.accumulate(x),
    "full": lambda x: np.full(x.shape, 2.5) * x,
    "full-traced": lambda x: np.full(len(x), x[1]),
    "full_like": lambda x: np.full_like(x, x[0]) + np.full_like(x, 3),
    "zeros_like-dtype": lambda x: np.zeros_like(x, dtype=float) + np.ones_like(x, dtype=np.float64),
    "linspace": lambda x: np.linspace(0.0, 1.0, len(x)) * x,
    "linspace-open": lambda x: np.linspace(x[0], 2.0, x.size, endpoint=False),
    "arange": lambda x: np.arange(len(x)) * x + np.arange(1, len(x) + 1),
    "arange-down": lambda x: np.arange(len(x), 0, -1) * x + np.arange(2 * len(x) - 1, len(x) - 1, -1),
    "arange-float": lambda x: np.arange(len(x), dtype=float) * x,
    "arange-plain": lambda x: x[0] * np.arange(3),
    "eye": lambda x: np.eye(len(x)) * x + np.identity(5),
    "eye-offset": lambda x: x @ np.eye(5, k=1),
    "meshgrid": lambda x: reduce(np.multiply, np.meshgrid(x, x[1:])),
    "meshgrid-ij": lambda x: reduce(np.subtract, np.meshgrid(x, x[1:], indexing="ij")),
    "tri": lambda x: np.tri(len(x)) @ x,
    "tril": lambda x: np.tril(np.outer(x, x), -1),
    "r_": lambda x: np.r_[x, 0.0, x[0]],
    "c_": lambda x: np.c_[x, x**2],
    "r_-plain": lambda x: x[0] * np.r_[0:3],
    "append": lambda x: np.append(x, 1.0),
    "stack": lambda x: np.stack([x, 2 * x], axis=1),
    "vstack": lambda x: np.vstack([x, 2 * x]),
    "hstack": lambda x: np.hstack([x, 2 * x]),
    "column_stack": lambda x: np.column_stack([x, 2 * x]),
    "concatenate": lambda x: np.concatenate(([1.0], x)),
    "clip": lambda x: np.clip(x, -1, 1) + x.clip(0, 2),
    "diff": lambda x: np.diff(x, n=2),
    "ediff1d": lambda x: np.ediff1d(x),
    "ptp": lambda x: np.ptp(x),
    "trapezoid": lambda x: np.trapezoid(x, dx=0.5) + np.trapezoid(x, np.arange(5.0)),
    "prod": lambda x: np.prod(x),
    "norm": lambda x: np.linalg.norm(x),
    "asarray": lambda x: np.asarray(x, dtype=float) * 2,
    "atleast_1d": lambda x: np.atleast_1d(x[0]) * x,
    "ascontiguous": lambda x: np.ascontiguousarray(x.T),
    "float64": lambda x: np.float64(x[0]) * x,
    "copy": lambda x: np.copy(x) + x.copy() + x.copy(order="C"),
    "flatten": lambda x: x.reshape(5, 1).flatten(),
    "squeeze": lambda x: np.squeeze(x[None]),
    "fromiter": lambda x: np.fromiter((t * t for t in x), float),
    "array-of-numbers": lambda x: np.array([x[0], 1, x[1] * x[2]]),
    "array-nested": lambda x: np.array([[x[0], x[1]], [0.0, x[2]]]),
    "array-ndmin": lambda x: np.array(x, ndmin=2),
    "sum-of-list": lambda x: np.sum([x[0], x[1] ** 2]) + np.mean([x[2], 1.0]) + np.dot([x[0], x[1]], [1.0, 2.0]),
    "take": lambda x: np.take(x, [0, 2]),
    "positions": lambda x: x[POSITIONS] * x[[0, 1, 2, 3]],
    "positions-2d": lambda x: np.outer(x, x)[[0, 1], [2, 2]],
    "rows": lambda x: np.outer(x, x)[[2, 0]],
    "captured-mask": lambda x: x[MASK],
    "vectorize": lambda x: np.vectorize(lambda t, u: t * math.exp(u))(x, 0.5),
    "broadcast_arrays": lambda x: np.broadcast_arrays(x, x[:, None])[1],
    "errstate": lambda x: _in_errstate(x),
    "dtype": lambda x: x if x.dtype == np.float64 and np.issubdtype(x.dtype, np.floating) else 0 * x,
    "flip": lambda x: np.fliplr(x[None])[0] + x[::-1],
    "roll-and-write": lambda x: _written(np.roll(x, 1)),
    "isfinite": lambda x: _validated(x) + np.where(np.isnan(x), 0, x) + np.nan_to_num(x),
    "nansum": lambda x: np.nansum(x) + np.nanmean(x) * np.nanmax(x) + np.nanmin(x),
    "any-all": lambda x: np.where(np.any(x > 1), x, 2 * x) + np.where((x > 0).all(), x, 3 * x),
    "any-along": lambda x: np.any(np.outer(x, x) > 1, axis=1) * x,
    "count_nonzero": lambda x: x.sum() / np.count_nonzero(x > 0),
    "seeded": lambda x: x + np.random.default_rng(3).normal(size=5),
    "block": lambda x: np.block([[np.outer(x, x), x[:, None]], [x[None, :], np.ones((1, 1))]]),
    "multi_dot": lambda x: np.linalg.multi_dot([np.outer(x, x), np.outer(x, x), x]),
    "columns": lambda x: np.outer(x, x + 1)[:, [0, 2]] + np.outer(x, x)[:, np.array([1, 1])],
    "columns-block": lambda x: np.outer(x, x + 1)[:, [[0, 2], [1, 4]]],
    "diff-prepend": lambda x: np.diff(x, prepend=0.0) + np.diff(x, append=x[:1]) + np.ediff1d(x, to_begin=0.0),
    "bincount": lambda x: np.bincount([0, 1, 2, 0, 1], weights=x, minlength=5),
    "reduceat": lambda x: np.add.reduceat(x, [0, 2, 3]),
    "logaddexp-reduce": lambda x: np.logaddexp.reduce(x),
    "flat": lambda x: sum(t * t for t in np.outer(x, x).flat) + np.outer(x, x).flat[3],
    "ndenumerate": lambda x: sum(value * place[0] for place, value in np.ndenumerate(np.outer(x, x))),
    "fortran": lambda x: np.outer(x, x + 1).reshape(-1, order="F") + np.ravel(np.outer(x, x + 1), order="F"),
    "fortran-shape": lambda x: np.arange(6.0).reshape(2, 3) @ np.reshape(np.outer(x[:3], x[:2]), (3, 2), order="F"),
    "result_type": lambda x: x.astype(np.result_type(x, float)),
    "numpy-numbers": lambda x: GAIN * x + x[NUMPY_PLACE] * (2.0 if NUMPY_TRUTH else 1.0),
    "list-times-length": lambda x: sum([x[0]] * len(x)),
    "running-list": lambda x: _running([0.0] * (len(x) + 1), x),
}


def _validated(x):
    if not np.all(np.isfinite(x)) or np.isnan(x).any() or not math.isfinite(x[0]):
        raise ValueError("not finite")
    return x


def _running(best, x):
    for i, t in enumerate(x):
        best[i + 1] = best[i] * 0.5 + t**2
    return best[-1]


B = np.arange(12.0).reshape(4, 3) / 5 + np.eye(4, 3)
SCIPY = {
    "cholesky": lambda a: scipy.linalg.cholesky(a.T @ a, lower=True),
    "cholesky-upper": lambda a: scipy.linalg.cholesky(a.T @ a),
    "cho_solve": lambda a: scipy.linalg.cho_solve(scipy.linalg.cho_factor(a.T @ a), np.ones(3)),
    "solve": lambda a: scipy.linalg.solve(a.T @ a, np.ones(3), assume_a="pos") + scipy.linalg.inv(a.T @ a)[0],
    "solve_triangular": lambda a: scipy.linalg.solve_triangular(np.tril(a.T @ a), np.ones(3), lower=True),
    "det": lambda a: scipy.linalg.det(a.T @ a) + scipy.linalg.norm(a),
    "block_diag": lambda a: scipy.linalg.block_diag(a, 2 * a),
    "cdist": lambda a: scipy.spatial.distance.cdist(a, a[:2] + 9, "sqeuclidean"),
    "trapezoid": lambda a: scipy.integrate.trapezoid(a[:, 0], dx=0.1),
    "norm.logpdf": lambda a: scipy.stats.norm.logpdf(a, loc=a[0, 0], scale=2.0).sum(),
    "norm": lambda a: scipy.stats.norm.pdf(a, scale=a[1, 1]) + scipy.stats.norm.cdf(a) + scipy.stats.norm.logsf(a),
    "mvn": lambda a: scipy.stats.multivariate_normal.logpdf(a, mean=a[0], cov=np.diag([1.0, 2.0, 3.0])),
    "poisson": lambda a: scipy.stats.poisson.logpmf(3, np.exp(a)),
    "gamma": lambda a: scipy.stats.gamma.logpdf(2.0, np.exp(a), scale=3.0),
    "beta": lambda a: scipy.stats.beta.logpdf(0.3, np.exp(a), 2.0) + scipy.stats.expon.logpdf(a + 1, scale=2.0),
    "t": lambda a: scipy.stats.t.logpdf(a, 3.0) + scipy.stats.cauchy.pdf(a) + scipy.stats.laplace.logpdf(a - 9),
    "binom": lambda a: scipy.stats.binom.logpmf(2, 5, 1 / (1 + np.exp(-a))) + scipy.stats.lognorm.pdf(a + 1, 0.5),
    "logistic": lambda a: scipy.stats.logistic.logpdf(a) + scipy.stats.logistic.cdf(a) + scipy.stats.gumbel_r.pdf(a),
    "positive": lambda a: scipy.stats.chi2.logpdf(a + 1, 3.0) + scipy.stats.weibull_min.logpdf(a + 1, 1.5)
    + scipy.stats.rayleigh.logpdf(a + 1) + scipy.stats.halfnorm.logpdf(a + 1) + scipy.stats.invgamma.logpdf(a + 1, 2.5)
    + scipy.stats.pareto.logpdf(a + 2, 2.0),
    "counts": lambda a: scipy.stats.geom.logpmf(3, 1 / (1 + np.exp(-a)))
    + scipy.stats.nbinom.logpmf(3, 4, 1 / (1 + np.exp(-a))) + scipy.stats.bernoulli.logpmf(1, 1 / (1 + np.exp(-a))),
}  # fmt: skip


@pytest.mark.parametrize("function", SCIPY.values(), ids=SCIPY)
def test_scipy(recorded, function):
    recorded(function, B)


def _in_errstate(x):
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.log(x * x)


def _written(y):
    y[0] = 5.0
    return y


@pytest.mark.parametrize("function", NUMPY.values(), ids=NUMPY)
def test_numpy(recorded, function):
    recorded(function, x)


# ---------------------------------------------------------------------------- writing


def add_at(x):
    out = np.zeros(5)
    np.add.at(out, POSITIONS, x[:4])
    np.add.at(out, 1, x[0])
    np.subtract.at(out, [0, 0], 2.0)
    return out


def positions_assigned(x):
    out = np.zeros_like(x)
    out[[0, 0, 3]] = x[:3]
    out[POSITIONS] += 1.0
    return out


def mask_assigned(x):
    y = x * 2
    y[y < 0] = 0.25
    y[MASK] = 9.0
    return y


def out_argument(x):
    y = np.zeros(x.shape)
    np.multiply(x, 3.0, out=y)
    window = y[1:]
    np.add(window, 1.0, out=window)
    return y


def copied_into(x):
    y = np.empty(x.shape)
    np.copyto(y, x)
    y.fill(2.0)
    z = copy.deepcopy(x)
    z[0] += 1
    w = copy.copy(x)
    w *= 2
    return y + z + w + x


def diagonal_filled(x):
    a = np.outer(x, x)
    np.fill_diagonal(a, 0.0)
    return a


def loops(x):
    out = np.zeros((len(x), 2))
    for i, (a, b) in enumerate(zip(x, reversed(x), strict=True)):
        out[i] = [a * b, abs(a)]
        out[i, 0] += i
    return out


def swapped(x):
    a, b = x[0], x[1]
    a, b = b, a
    y, z = x * 1, x * 2
    y, z = z, y
    y[0] = a
    return y - z + b


def views_of_views(x):
    y = x * 1.0
    w = y[1:][::-1][1:]
    w[0] = 0.0
    w += 1
    y[2] *= 3
    return np.concatenate([y, w])


def same_array_twice(x):
    def g(a, b):
        a += 1
        return a * b

    y = x * 1.0
    return g(y, y)


@pytest.mark.parametrize(
    "function",
    [
        add_at, positions_assigned, mask_assigned, out_argument, copied_into, diagonal_filled, loops, swapped,
        views_of_views, same_array_twice,
    ],
    ids=lambda f: f.__name__,
)  # fmt: skip
def test_writing(recorded, function):
    recorded(function, x)


# ---------------------------------------------------------------------------- Python

MATH = {
    name: (lambda f: lambda x: f(x[0]) + 0 * x[1])(getattr(math, name))
    for name in "exp expm1 log1p log2 log10 sqrt sin cos tan asin acos atan sinh cosh tanh fabs asinh atanh degrees "
    "radians erf erfc lgamma log cbrt exp2".split()
}
PYTHON = {
    "math-log-base": lambda x: math.log(x[0], 2.0),
    "math-hypot": lambda x: math.hypot(x[0], x[1]) + math.dist((x[0], x[1]), (0.0, 1.0)) + math.atan2(x[0], x[1]),
    "math-fsum": lambda x: math.fsum(x) + math.prod([x[0], x[1]]) + math.pow(x[0], 1.5),
    "sum": lambda x: sum(x) + sum(t * t for t in x) + sum([x[0]], 1.0),
    "max": lambda x: max(x[0], x[1], 0.1) + min(x[2], 3) + max(x) - min(list(x)),
    "abs-pow": lambda x: abs(x) + pow(x[0], 2) + pow(x, 3),
    "float": lambda x: float(x[0]) * float(len(x)) * x,
    "int": lambda x: int(x.shape[0]) * x,
    "len-range": lambda x: sum(x[i] * i for i in range(len(x) - 1)),
    "zip-map": lambda x: sum(t * t for t in x) + sum(a * b for a, b in itertools.pairwise(x)),
    "reduce": lambda x: functools.reduce(lambda a, b: a * b + 1, x),
    "itertools": lambda x: sum(a * b for a, b in itertools.combinations(x, 2)),
    "operator": lambda x: operator.mul(x, operator.itemgetter(0)(x)) + operator.neg(x),
    "generator": lambda x: sum(_squares(x)),
    "print": lambda x: _printing(x),
    "assert": lambda x: _asserting(x),
    "isinstance": lambda x: x if isinstance(x, (np.ndarray, list)) and not isinstance(x[0], (list, str)) else 0 * x,
    "isinstance-union": lambda x: x if isinstance(x, np.ndarray | list) else 0 * x,
    "hasattr": lambda x: x if hasattr(x, "shape") and not hasattr(x, "extents") else 0 * x,
    "getattr": lambda x: getattr(x, "numpy", None) or x.T * 2,
    "ndim": lambda x: x if x.ndim == 1 and np.ndim(x) == 1 and np.shape(x) else 0 * x,
    "local-import": lambda x: _importing(x),
    "match": lambda x: _matching(x),
    "special": lambda x: scipy.special.expit(x) + scipy.special.logsumexp(x) + scipy.special.gammaln(x[2]),
    "partial": lambda x: partial(_power, exponent=3)(x),
    "cached": lambda x: x * _cached(3),
    "tables": lambda x: TABLE["square"](x) + PAIR[1](x),
    "method": lambda x: MODEL.loss(x),
    "instance-made-here": lambda x: Model(2.0).loss(x),
    "inherited": lambda x: Sharper(2.0).loss(x) + Sharper.twice(x) * Sharper(1.0).width,
    "dataclass": lambda x: Scale(3.0)(x) + SCALE.apply(x),
    "captured-list": lambda x: sum(w * t for w, t in zip(WEIGHTS, x, strict=False)),
    "list-building": lambda x: np.array([t**2 for t in x if t is not None]),
    "dict": lambda x: {"a": x, "b": 2 * x}["b"],
    "vectorized-outside": lambda x: VECTORIZED(x),
}


def _squares(x):
    for t in x:
        yield t * t


def _printing(x):
    print(f"norm {x.sum()}", x)
    return x * 2


def _asserting(x):
    y = np.exp(x)
    assert x.shape == y.shape, f"{x} and {y}"
    return y


def _importing(x):
    from math import exp

    import numpy
    from numpy import sin as sine

    return numpy.zeros(len(x)) + sine(x) * exp(x[0])


def _matching(x):
    match x:
        case list():
            return 0.0
        case np.ndarray():
            return x * 2
    return 1.0


def _power(x, exponent):
    return x**exponent


@lru_cache
def _cached(k):
    return k * 2


class Model:
    def __init__(self, scale):
        self.scale = scale

    def loss(self, x):
        return self._inner(x).sum() if isinstance(x, np.ndarray) else 0.0

    def _inner(self, x):
        return self.scale * np.ones(len(x)) * x**2


class Sharper(Model):
    def loss(self, x):
        return super().loss(x) * 3

    @staticmethod
    def twice(x):
        return 2 * x

    @property
    def width(self):
        return self.scale + 1


@dataclass
class Scale:
    by: float

    def __call__(self, x):
        return self.by * x * np.ones(len(x))

    apply = __call__


TABLE = {"square": lambda x: x * x * np.ones(len(x))}
PAIR = (np.sin, lambda x: x * len(x))
MODEL, SCALE, WEIGHTS = Model(1.5), Scale(2.0), [1.0, 2.0, 3.0]
VECTORIZED = np.vectorize(lambda t: t * math.sin(t))


@pytest.mark.parametrize("function", MATH.values(), ids=MATH)
def test_math(recorded, function):
    recorded(function, x)


@pytest.mark.parametrize("function", PYTHON.values(), ids=PYTHON)
def test_python(recorded, function):
    recorded(function, x)


@pytest.mark.parametrize("function", [rosen, rosen_der, rosen_hess], ids=lambda f: f.__name__)
def test_scipy_unchanged(recorded, function):
    recorded(function, x)


def test_scipy_hessian_product_unchanged(recorded):
    recorded(rosen_hess_prod, x, x**2)


SYMBOLIC = "select full full-traced linspace arange eye tri outer r_ c_ meshgrid diff interp norm".split()


@pytest.mark.parametrize("name", SYMBOLIC)
def test_sizes_stay_symbolic(recorded, name):
    assert recorded(NUMPY[name], x).extents.leaks == []


# ---------------------------------------------------------------------------- refused

REFUSED = {
    "mask of values": (lambda x: x[x > 0], "chooses by values"),
    "index of values": (lambda x: x[int(x[0])], "chooses by values"),
    "assignment by mask": (lambda x: _assign(x, x > 0), "chooses by values"),
    "piecewise with a mean": (lambda x: np.piecewise(x, [x < 0], [np.mean, np.sin]), "elementwise"),
    "allclose": (lambda x: x if np.allclose(x, x) else 0 * x, "branch"),
    "where without values": (lambda x: x[np.where(x > 0)[0]], "np.nonzero"),
    "a generator without a seed": (lambda x: x + np.random.default_rng().normal(size=5), "seed"),
    "sorted": (lambda x: sorted(x)[0], "branch"),
    "argmax": (lambda x: x[np.argmax(x)], "argmax"),
    "round": (lambda x: round(x[0]), "round"),
    "int": (lambda x: int(x[0]), "int"),
    "floor": (lambda x: x * math.floor(x[0]), "integers"),
    "flags": (lambda x: x if x.flags.c_contiguous else 2 * x, "flags"),
    "strides": (lambda x: x * x.strides[0], "strides"),
    "exclusive or": (lambda x: x ^ 2, "xor"),
    "any": (lambda x: x if any(x > 0) else 2 * x, "branch"),
    "sin of a library": (lambda x: scipy.special.struve(1, x), "struve"),
    "text": (lambda x: x if "." in str(x) else 2 * x, "text"),
    "formatted": (lambda x: len(f"{x[0]:.3f}") * x, "text"),
    "joined": (lambda x: len(f"{x}") * x, "text"),
    "id": (lambda x: x * id(x), "id()"),
    "hash": (lambda x: x * hash(x[0]), "hash"),
    "shares_memory": (lambda x: x * np.shares_memory(x, x), "shares_memory"),
    "frame": (lambda x: x * len(__import__("sys")._getframe(0).__sizeof__()), "_getframe"),
    "globals": (lambda x: x * len(globals()), "globals"),
    "eval": (lambda x: eval("x * 2"), "eval"),
    "clock": (lambda x: x * __import__("time").time(), "clock"),
    "raise on overflow": (lambda x: _raising(x), "errstate"),
    "float or NumPy number": (lambda x: x if type(x[0]) is float else 2 * x, "type()"),
    "interp of unknown places": (lambda x: np.interp(0.5, x, x), "np.searchsorted"),
    "vectorize with a signature": (lambda x: np.vectorize(np.sum, signature="(n)->()")(x), "vectorize"),
    "booleans added": (lambda x: ((x > 0) + (x > 1)) * x, "logical_or"),
    "small integers": (lambda x: ((x > 0).astype(np.uint8) * 200 + 100) * x, "wraps"),
    "rounded on assignment": (lambda x: _rounded(x), "float"),
    "rounded": (lambda x: x.astype(int) * x, "integers"),
    "written into an array of outside": (lambda x: _into_weights(x), "float()"),
}


def _assign(x, mask):
    y = x * 1.0
    y[mask] = x[:2]
    return y


def _raising(x):
    with np.errstate(over="raise"):
        return np.exp(x)


def _rounded(x):
    out = np.zeros(len(x), dtype=int)
    out[:] = x
    return out


def _into_weights(x):
    KNOTS[0] = x[0]
    return KNOTS


@pytest.mark.parametrize("function, words", REFUSED.values(), ids=REFUSED)
def test_refused_with_a_reason(traced, function, words):
    trace, program = traced(function, x)
    assert trace.poison, program
    assert any(words in poison.reason for poison in trace.poison[:1]), trace.poison
