"""Generic points: inputs drawn from what is known of each argument, with nothing special about them.

Coordinates are doubles with all their digits, of moderate size, so that an identity that holds at such a point
by accident is as good as impossible. A predicate is met by rejection, from ever narrower families.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.question.domain import Domain

Array = NDArray[Any]
Shape = tuple[int, ...]

TRIES = 64  # draws from each family before a predicate is given up
_FAMILIES = ("real", "positive", "unit", "simplex", "symmetric", "spd", "invertible", "binary", "sign", "onehot")


def points(
    shapes: Sequence[Shape],
    domains: Sequence[Domain],
    seed: int = 0,
    dtypes: Sequence[np.dtype[Any]] | None = None,
) -> Iterator[list[Array]]:
    """Endless generic points, each a list with one array for every shape; stops where a domain cannot be met.

    >>> [a.shape for a in next(points([(2, 3), ()], ["positive", "real"]))]
    [(2, 3), ()]
    """
    rng = np.random.default_rng(seed)
    kinds = dtypes or [np.dtype(float)] * len(shapes)
    while True:
        drawn = [draw(shape, domain, rng, dtype) for shape, domain, dtype in zip(shapes, domains, kinds, strict=True)]
        if any(array is None for array in drawn):
            return
        yield [array for array in drawn if array is not None]


def draw(shape: Shape, domain: Domain, rng: np.random.Generator, dtype: Any = float) -> Array | None:
    """One array in the domain; None when the shape has no such array, or a predicate refuses all that were tried.

    >>> draw((2,), "simplex", np.random.default_rng(0)).sum()
    np.float64(1.0)
    """
    if callable(domain):
        return _by_rejection(shape, domain, rng, np.dtype(dtype))
    array = _DRAWS[domain](shape, rng)
    return None if array is None else np.asarray(array).astype(np.dtype(dtype))


def draw_like(array: Array, shape: Shape, rng: np.random.Generator) -> Array:
    """Another array of the kind of this one: whole numbers stay (they may be labels), others keep their sign.

    For arguments that are not differentiated and of which no domain is known: f may mean nothing, or another
    gradient may be right, where a scale is negative. Other shapes take the values in turn.

    >>> draw_like(np.array([1.0, -0.3]), (3,), np.random.default_rng(0)).round(2)
    array([ 1.  , -0.27,  1.  ])
    """
    values = np.resize(array, shape) if array.size else np.zeros(shape)
    drawn = np.where(values == np.floor(values), values, values * rng.uniform(0.5, 2.0, shape))
    return np.asarray(drawn, dtype=array.dtype)


def _by_rejection(shape: Shape, holds: Callable[[Any], bool], rng: np.random.Generator, dtype: Any) -> Array | None:
    for family in _FAMILIES:
        for _ in range(TRIES):
            array = draw(shape, family, rng, dtype)
            if array is None:
                break
            if _accepts(holds, array):
                return array
    return None


def _accepts(holds: Callable[[Any], bool], array: Array) -> bool:
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bool(holds(array.copy()))
    except Exception:
        return False


def _real(shape: Shape, rng: np.random.Generator) -> Array:
    return np.asarray(rng.uniform(0.2, 2.2, shape) * rng.choice([-1.0, 1.0], shape))


def _positive(shape: Shape, rng: np.random.Generator) -> Array:
    return np.asarray(rng.uniform(0.2, 2.2, shape))


def _simplex(shape: Shape, rng: np.random.Generator) -> Array | None:
    """Along the last axis; multiples of 2 ** -20, so that the sum is exactly 1."""
    if not shape or 0 in shape:
        return None
    raw = rng.uniform(0.2, 2.2, shape)
    parts = np.floor(raw / raw.sum(-1, keepdims=True) * 2**20)
    parts[..., 0] += 2**20 - parts.sum(-1)
    return np.asarray(parts / 2**20)


def _onehot(shape: Shape, rng: np.random.Generator) -> Array | None:
    if not shape or shape[-1] == 0:
        return None
    return np.asarray(np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])])


def _square(make: Callable[[Array, Shape], Array]) -> Callable[[Shape, np.random.Generator], Array | None]:
    def drawn(shape: Shape, rng: np.random.Generator) -> Array | None:
        if len(shape) < 2 or shape[-1] != shape[-2]:
            return None
        return make(_real(shape, rng), shape)

    return drawn


def _symmetric(a: Array) -> Array:
    return np.asarray(np.triu(a) + np.swapaxes(np.triu(a, 1), -1, -2))


def _spd(a: Array, shape: Shape) -> Array:
    return _symmetric(a @ np.swapaxes(a, -1, -2) / max(shape[-1], 1) + 0.5 * np.eye(shape[-1]))


_DRAWS: dict[str, Callable[[Shape, np.random.Generator], Array | None]] = {
    "real": _real,
    "nonzero": _real,
    "positive": _positive,
    "nonnegative": _positive,
    "unit": lambda shape, rng: np.asarray(rng.uniform(0.05, 0.95, shape)),
    "binary": lambda shape, rng: np.asarray(rng.integers(2, size=shape), dtype=float),
    "sign": lambda shape, rng: np.asarray(rng.choice([-1.0, 1.0], shape)),
    "simplex": _simplex,
    "onehot": _onehot,
    "symmetric": _square(lambda a, shape: _symmetric(a)),
    "spd": _square(_spd),
    "invertible": _square(lambda a, shape: np.asarray(a + 2 * np.eye(shape[-1]))),
}


def admits(domain: Domain, array: Array) -> bool:
    """Whether an array is in the domain.

    >>> admits("positive", np.array([1.0, 0.0])), admits("real", np.array([-1.0]))
    (False, True)
    """
    return _accepts(domain, array) if callable(domain) else _accepts(_ADMITS[domain], array)


STRUCTURED = frozenset({"symmetric", "spd", "invertible"})


def in_domain(given: Any, domain: Domain, name: str) -> bool:
    """Whether an argument lies in the domain that was declared for it; ValueError where its values do not.

    A matrix without the structure declared is no misuse: f may read one triangle of it. The caller then knows
    nothing of the argument, and says so.
    """
    array = np.asarray(getattr(given, "data", given) if hasattr(given, "requires_grad") else given)
    if array.dtype.kind not in "fiub":
        return True
    words = domain if isinstance(domain, str) else f"a predicate ({getattr(domain, '__name__', 'unnamed')})"
    try:
        inside = bool(domain(np.array(array))) if callable(domain) else admits(domain, array)
    except Exception as error:
        raise ValueError(
            f"verify.check: domain[{name!r}] is {words}, which raised {type(error).__name__} for the argument: "
            f"{error}; expected a function that takes the array and returns True or False"
        ) from error
    if not inside and domain not in STRUCTURED:
        raise ValueError(
            f"verify.check: domain[{name!r}] is {words}, but {name} as it was given is not in it; "
            f"pass an argument of the domain, or declare another"
        )
    return inside


def _sums_to_one(x: Array) -> bool:
    return bool((x > 0).all() and np.allclose(x.sum(-1), 1, rtol=1e-12))


def _is_symmetric(x: Array) -> bool:
    return x.ndim >= 2 and np.array_equal(x, np.swapaxes(x, -1, -2))


_ADMITS: dict[str, Callable[[Array], bool]] = {
    "real": lambda x: True,
    "positive": lambda x: bool((x > 0).all()),
    "nonnegative": lambda x: bool((x >= 0).all()),
    "nonzero": lambda x: bool((x != 0).all()),
    "unit": lambda x: bool(((x > 0) & (x < 1)).all()),
    "binary": lambda x: bool(np.isin(x, (0, 1)).all()),
    "sign": lambda x: bool(np.isin(x, (-1, 1)).all()),
    "simplex": _sums_to_one,
    "onehot": lambda x: bool(np.isin(x, (0, 1)).all() and (x.sum(-1) == 1).all()),
    "symmetric": _is_symmetric,
    "spd": lambda x: _is_symmetric(x) and bool((np.linalg.eigvalsh(x) > 0).all()),
    "invertible": lambda x: bool((np.linalg.cond(x) < 1e12).all()),
}
