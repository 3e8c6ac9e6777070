"""Certificates about inverses and determinants: rules of linear algebra, and what resembles them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import dualgrad as dg
from verify.campaign.subjects import certificate_of
from verify.checker import Judge, check
from verify.trusted.terms import Refused, poly

_rng = np.random.default_rng(3)
A, B = (_rng.normal(size=(4, 4)) + 4 * np.eye(4) for _ in range(2))
X, b = _rng.normal(size=(5, 4)), _rng.normal(size=4)
inv, det = np.linalg.inv, np.linalg.det


def logdet(a: Any) -> Any:
    return np.linalg.slogdet(a)[1]


RIGHT: dict[str, tuple[Callable[..., Any], tuple[Any, ...], Callable[..., Any]]] = {
    "log of a determinant": (logdet, (A,), lambda a: inv(a).T),
    "determinant": (det, (A,), lambda a: det(a) * inv(a).T),
    "determinant of a product": (lambda a, b: det(a @ b), (A, B), lambda a, b: det(a) * det(b) * inv(a).T),
    "determinant of a multiple": (lambda a: det(3 * a), (A,), lambda a: 3.0 ** a.shape[0] * det(a) * inv(a).T),
    "power": (lambda a: det(a @ a @ a), (A,), lambda a: 3 * det(a) ** 3 * inv(a).T),
    "trace of an inverse": (lambda a: np.trace(inv(a)), (A,), lambda a: -(inv(a) @ inv(a)).T),
    "solution": (
        lambda a, b: np.sum(np.linalg.solve(a, b)),
        (A, b),
        lambda a, b: -np.outer(inv(a).T @ np.ones_like(b), inv(a) @ b),
    ),
    "log of a Gram determinant": (lambda x: logdet(x.T @ x), (X,), lambda x: 2 * x @ inv(x.T @ x)),
    "inverse of a sum": (
        lambda a, b: np.sum(inv(a + b)),
        (A, B),
        lambda a, b: -inv((a + b).T) @ np.ones_like(a) @ inv((a + b).T),
    ),
    "inverse of an inverse": (lambda a: np.sum(inv(inv(a)) ** 2), (A,), lambda a: 2 * a),
    "inverse times matrix": (lambda a, b: np.trace(inv(a) @ a @ b), (A, B), lambda a, b: 0 * a),
    "inverse of an antisymmetric matrix": (
        lambda a, b: np.sum(b * inv(a - a.T)),
        (A, B),
        lambda a, b: -(inv(a - a.T) @ (b - b.T) @ inv(a - a.T)),
    ),
    "inverse of a transpose": (lambda a: np.sum(inv(a.T) - inv(a).T) + np.sum(a), (A,), np.ones_like),
}
WRONG: dict[str, tuple[Callable[..., Any], tuple[Any, ...], Callable[..., Any]]] = {
    "not transposed": (logdet, (A,), inv),
    "transposed product": (lambda a, b: np.sum(inv(a @ b)), (A, B), lambda a, b: -inv(a).T @ inv(a).T @ inv(b)),
    "sum of inverses": (lambda a, b: np.sum(inv(a + b)), (A, B), lambda a, b: -inv(a).T @ np.ones_like(a) @ inv(a).T),
    "determinant of a sum": (lambda a, b: det(a + b), (A, B), lambda a, b: det(a) * inv(a).T),
    "a multiple without its power": (lambda a: det(3 * a), (A,), lambda a: 3 * det(a) * inv(a).T),
    "Gram matrix taken apart": (lambda x: logdet(x.T @ x), (X,), lambda x: 2 * x),
    "antisymmetric taken as symmetric": (
        lambda a, b: np.sum(b * inv(a - a.T)),
        (A, B),
        lambda a, b: -(inv(a - a.T) @ (b + b.T) @ inv(a - a.T)),
    ),
    "inverse by entries": (lambda a: np.sum(inv(a)), (A,), lambda a: -1 / a**2),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_gradient_is_accepted(name):
    f, args, grad = RIGHT[name]
    report = check(certificate_of(f, args, grad, wrt=0))
    assert report.accepted, report.reason


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_gradient_is_refused(name):
    f, args, grad = WRONG[name]
    assert not check(certificate_of(f, args, grad, wrt=0)).accepted


def test_an_invertible_matrix_is_asked_for():
    certificate = certificate_of(logdet, (A,), lambda a: inv(a).T)
    assert {c["is"] for c in certificate["conditions"]} == {"invertible"}
    certificate["conditions"].pop()
    assert "not listed" in check(certificate).reason


# ---------------------------------------------------------------------------- the rules by themselves


def algebra() -> Judge:
    return Judge({"n": 1, "m": 1}, [], set(), set())


def entries(w: Judge, name: str, *at: Any) -> Any:
    return w.atom("input", name, at)


def test_only_square_matrices_have_inverses():
    w = algebra()
    r, c = w.index(poly("n")), w.index(poly("m"))
    with pytest.raises(Refused, match="square"):
        w.over("inv", entries(w, "X", r, c), [r, c], (r, c))


def test_a_product_of_matrices_that_are_not_square_is_not_taken_apart():
    w = algebra()
    (r, c, i, j), k = (w.index(poly("n")) for _ in range(4)), w.index(poly("m"))
    tall = w.total(w.mul(entries(w, "X", r, k), entries(w, "Y", k, c)), [k])
    ((term, _),) = w.over("inv", tall, [r, c], (i, j)).items()
    assert [atom.kind for atom, _ in term[1]] == ["inv"]
    square = w.index(poly("n"))
    both = w.total(w.mul(entries(w, "X", r, square), entries(w, "Y", square, c)), [square])
    ((term, _),) = w.over("det", both, [r, c]).items()
    assert [atom.kind for atom, _ in term[1]] == ["det", "det"]


def test_rows_and_columns_are_told_apart():
    w = algebra()
    r, c, i, j = (w.index(poly("n")) for _ in range(4))
    x = entries(w, "X", r, c)
    there, turned = w.over("inv", x, [r, c], (i, j)), w.over("inv", x, [c, r], (i, j))
    assert there != turned
    assert turned == w.over("inv", x, [r, c], (j, i))
    sum_, difference = x + entries(w, "X", c, r), x - entries(w, "X", c, r)
    assert w.over("inv", sum_, [r, c], (i, j)) == w.over("inv", sum_, [r, c], (j, i))
    assert w.over("inv", difference, [r, c], (i, j)) == w.over("inv", difference, [r, c], (j, i)) * -1
    scaled = w.mul(x, entries(w, "f", r))
    assert w.over("inv", scaled, [r, c], (i, j)) == w.mul(there, w.power(entries(w, "f", j), -1))
    assert w.over("inv", x * -2, [r, c], (i, j)) == there * Fraction(-1, 2)


def test_an_index_that_is_used_elsewhere_is_not_contracted():
    """Σ_j f(j) X(i, j) inv(X)(j, k) is not f [i == k]."""
    w = algebra()
    r, c, i, j, k = (w.index(poly("n")) for _ in range(5))
    x, back = entries(w, "X", i, j), w.over("inv", entries(w, "X", r, c), [r, c], (j, k))
    assert w.vanishes(w.total(w.mul(x, back), [j]) - w.relation("==", i - k))
    weighted = w.total(w.mul(entries(w, "f", j), x, back), [j])
    assert not w.vanishes(weighted - w.mul(entries(w, "f", i), w.relation("==", i - k)))
    assert not w.vanishes(w.total(w.mul(entries(w, "X", j, i), back), [j]) - w.relation("==", i - k))


def test_the_adjoint_of_an_equation_in_matrices_is_the_turned_one():
    c = _rng.normal(size=(4, 2))
    d = _rng.normal(size=(2, 2)) + 3 * np.eye(2)

    def solved(q, a, d):
        return np.sum(dg.linalg.solve_sylvester(a, d, q))

    turned = lambda q, a, d: dg.linalg.solve_sylvester(a.T, d.T, np.ones_like(q))  # noqa: E731
    assert check(certificate_of(solved, (c, A, d), turned, wrt=0)).accepted
    assert check(certificate_of(solved, (c, A, d), chain=True)).accepted  # by the matrices too
    for wrong in (
        lambda q, a, d: dg.linalg.solve_sylvester(a, d, np.ones_like(q)),
        lambda q, a, d: dg.linalg.solve_sylvester(a.T, d, np.ones_like(q)),
        lambda q, a, d: dg.linalg.solve_sylvester(a.T, -d.T, np.ones_like(q)),
    ):
        assert not check(certificate_of(solved, (c, A, d), wrong, wrt=0)).accepted


def test_half_a_turn_by_a_function_is_no_float():
    slope = lambda x: np.cos(4 * np.arctan(np.ones_like(x)) * x)  # noqa: E731
    assert check(certificate_of(lambda x: np.sum(x * np.sinc(x)), (b,), slope, wrt=0)).accepted
    rounded = lambda x: np.cos(np.pi * x)  # noqa: E731
    assert not check(certificate_of(lambda x: np.sum(x * np.sinc(x)), (b,), rounded, wrt=0)).accepted
