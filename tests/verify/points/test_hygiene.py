"""Hygiene: what a gradient does beside its value, and what its value must not depend on."""

import sys

import numpy as np
import pytest

from verify import Verdict, check

x = np.array([0.3, -1.2, 2.5, 0.7])
y = np.array([1.1, 0.4, -0.6, 0.9])


def square(x):
    return np.sum(x**2)


def product(x, y):
    return np.sum(x * y)


def found(result, words):
    return any(words in finding for finding in result.hygiene)


def doubled_in_place(x):
    x *= 2
    return x


def scaled_cotangent(x, c):
    c *= 2 * x
    return c


def through(dtype):
    return lambda x: (2 * x).astype(dtype).astype(float)


REPORTED = {
    "argument modified": (square, (x,), {"grad": doubled_in_place}, "modifies its argument x"),
    "cotangent modified": (lambda x: x**2, (x,), {"vjp": scaled_cotangent}, "modifies its argument cotangent"),
    "argument returned": (lambda x: np.sum(x**2) / 2, (x,), {"grad": lambda x: x}, "shares memory with its argument x"),
    "f modifies": (lambda x: float(np.sum(np.multiply(x, 2.0, out=x))), (x,), {"grad": lambda x: np.full(4, 2.0)},
                   "modifies its argument x"),
    "read-only": (square, (x,), {"grad": lambda x: (x.__imul__(1.0), 2 * x)[1]}, "raises on read-only"),
    "float32 result": (square, (x,), {"grad": lambda x: (2 * x).astype(np.float32)}, "returns float32"),
    "hidden float32": (square, (x,), {"grad": through(np.float32)}, "computes in float32"),
    "hidden float16": (square, (x,), {"grad": through(np.float16)}, "computes in float16"),
    "integers": (lambda x: np.sum(x) * 2, (x,), {"grad": lambda x: np.full(4, 2)}, "returns integers"),
    "upstream ignored": (lambda x: x**2, (x,), {"vjp": lambda x, c: 2 * x}, "ignores its argument cotangent"),
    "tangent ignored": (lambda x: x**2, (x,), {"jvp": lambda x, t: 2 * x}, "ignores its argument tangent"),
    "direction ignored": (lambda x: np.sum(x**3), (x,), {"hvp": lambda x, v: 6 * x}, "ignores its argument v"),
    "results alias": (lambda x, y: np.sum(x + y) ** 1, (x, y),
                      {"grad": lambda x, y: (np.ones(4),) * 2}, "share memory with one another"),
}  # fmt: skip


@pytest.mark.parametrize("f, args, asked, words", REPORTED.values(), ids=REPORTED)
def test_it_is_reported(f, args, asked, words):
    result = check(f, *args, **asked)
    assert found(result, words), (result.hygiene, str(result))


def only_with(condition):
    return lambda x: 2 * x if condition(x) else 3 * x


CALLS = []
LAST = {}


def cached(x):
    return LAST.setdefault("value", 2 * x)


def alternating(x):
    CALLS.append(1)
    return 2 * x if len(CALLS) % 2 else 2 * x + 1e-3


REFUTED = {
    "Fortran order": (lambda a: np.sum(a**2), (np.outer(x, y),), only_with(lambda a: a.flags.c_contiguous)),
    "strides": (square, (x,), only_with(lambda x: x.strides[0] == 8)),
    "negative strides": (square, (x,), only_with(lambda x: x.strides[0] > 0)),
    "read-only": (square, (x,), only_with(lambda x: x.flags.writeable)),
    "memory read": (
        lambda a: np.sum(a**2),
        (np.outer(x, y),),
        lambda a: 2 * np.frombuffer(a.tobytes("A")).reshape(4, 4),
    ),
    "state": (square, (x,), alternating),
    "a cache that knows no arguments": (square, (x,), cached),
    "random": (square, (x,), lambda x: 2 * x + 1e-3 * np.random.default_rng().normal(size=4)),
}


@pytest.mark.parametrize("f, args, gradient", REFUTED.values(), ids=REFUTED)
def test_what_changes_the_value_is_refuted(f, args, gradient):
    CALLS.clear()
    LAST.clear()
    result = check(f, *args, grad=gradient)
    assert result.verdict is Verdict.REFUTED, str(result)


def test_none_is_no_gradient():
    result = check(square, x, grad=lambda x: None)
    assert result.verdict is Verdict.UNDECIDED
    assert "returned None" in result.reason and "return missing" in result.reason


def test_another_shape_is_refuted_and_another_dtype_is_told():
    assert check(square, x, grad=lambda x: (2 * x)[:, None]).verdict is Verdict.REFUTED
    assert "dtype <U" in check(square, x, grad=lambda x: np.array(["2"] * 4)).reason


def test_a_clean_gradient_has_no_findings():
    assert check(product, x, y, grad=lambda x, y: (y.copy(), x.copy())).hygiene == ()
    assert check(square, x.astype(np.float32), grad=lambda x: 2 * x).hygiene == ()
    assert check(square, np.array([1.0, 2.0, 3.0]), grad=lambda x: 2 * x).hygiene == ()


def test_a_gradient_that_looks_at_which_array_it_is_given_passes_nowhere():
    never = check(square, x, grad=lambda x: 2 * x + (id(x) == 0))
    assert never.verdict is Verdict.UNDECIDED and "which array" in never.reason
    assert not check(square, x, grad=lambda x: 2 * x + (id(x) // 16 % 7 == 3)).ok


def test_a_gradient_that_looks_at_who_calls_it_passes_nowhere():
    def among_modules(x):
        return 2 * x if "verify" in sys.modules else 3 * x

    def in_frames(x):
        return 2 * x if sys._getframe().f_back is not None else 3 * x

    for gradient in (among_modules, in_frames):
        assert check(square, x, grad=gradient).verdict is Verdict.UNDECIDED


def test_numbers_that_only_conditioning_excuses_show_nothing():
    """At 1e15 a rounding of 2π is a large part of a period, which a condition of 1e15 excuses."""
    reduced = lambda x: np.cos(x - 2 * np.pi * np.floor(x / (2 * np.pi)))  # noqa: E731
    assert not check(lambda x: np.sin(x), np.array([1e15, 0.5]), grad=reduced).ok
    assert check(lambda x: np.sin(x), np.array([1e15, 0.5]), grad=np.cos).ok


def centred(x):
    """0 for every x, by cancellation."""
    return (x - x.mean(axis=1, keepdims=True)).sum()


def noise(x):
    """Its gradient, as rounding leaves it, which differs with the order of summation."""
    share = np.full(x.shape, 1 / x.shape[1])
    return (1 - share.sum(axis=1, keepdims=True)) * np.ones_like(x) + (1e-17 if x.flags.c_contiguous else -1e-17) * x


def test_what_is_right_in_either_layout_may_differ_between_them():
    x = np.linspace(0.5, 1.5, 20).reshape(4, 5)
    result = check(centred, x, grad=noise)
    assert not any("arguments" in finding for finding in result.hygiene), str(result)
    assert "Fortran" not in result.reason


def test_what_is_right_in_one_layout_only_is_refuted():
    x = np.linspace(0.5, 1.5, 20).reshape(4, 5)
    result = check(lambda x: (x**2).sum(), x, grad=lambda x: 2 * x if x.flags.c_contiguous else 2 * x + 1e-6)
    assert result.verdict is Verdict.REFUTED
    assert "Fortran" in result.reason
