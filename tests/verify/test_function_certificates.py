"""Certificates about functions of whole matrices: what their laws show, and wrong variants that resemble it."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from scipy import linalg

import verify
from verify.campaign.subjects import certificate_of
from verify.checker import Judge, check
from verify.trusted import functions
from verify.trusted.terms import FUNCTIONS, Form, Refused, poly, ways

_rng = np.random.default_rng(6)
X = 0.3 * _rng.normal(size=(3, 3)) + np.diag([1.0, 2.0, 3.0])
W = _rng.normal(size=(3, 3))


def block(x: Any, w: Any) -> Any:
    zeros = np.zeros_like(x)
    return np.concatenate([np.concatenate([x, w], 1), np.concatenate([zeros, x], 1)], 0)


def frechet(f: Any, x: Any, w: Any) -> Any:
    return f(block(x, w))[: len(x), len(x) :]


def summed(f: Any) -> Any:
    return lambda x, w: np.sum(f(x) * w)


CASES: dict[str, tuple[Any, Any, bool]] = {
    **{name: (summed(f), lambda x, w, f=f: frechet(f, x.T, w), True)
       for name, f in ((name, getattr(linalg, name)) for name in sorted(FUNCTIONS))},
    "below": (summed(linalg.expm), lambda x, w: linalg.expm(block(x.T, w).T)[3:, :3].T, True),
    "of the symmetric part": (
        lambda x, w: np.sum(linalg.expm((x + x.T) / 2) * w),
        lambda x, w: frechet(linalg.expm, (x + x.T) / 2, (w + w.T) / 2), True,
    ),
    "after a product": (
        lambda x, w: np.sum(np.tanh(linalg.sinm(w @ x))),
        lambda x, w: w.T @ frechet(linalg.sinm, (w @ x).T, 1 - np.tanh(linalg.sinm(w @ x)) ** 2), True,
    ),
    "not turned": (summed(linalg.expm), lambda x, w: frechet(linalg.expm, x, w), False),
    "turned back": (summed(linalg.expm), lambda x, w: frechet(linalg.expm, x.T, w).T, False),
    "twice": (summed(linalg.logm), lambda x, w: 2 * frechet(linalg.logm, x.T, w), False),
    "another function": (summed(linalg.sinm), lambda x, w: frechet(linalg.cosm, x.T, w), False),
    "another corner": (summed(linalg.sqrtm), lambda x, w: linalg.sqrtm(block(x.T, w))[:3, :3], False),
    "another lower block": (
        summed(linalg.expm),
        lambda x, w: linalg.expm(np.concatenate([block(x.T, w)[:3], block(x, w)[3:]], 0))[:3, 3:], False,
    ),
    "as if they commuted": (summed(linalg.expm), lambda x, w: linalg.expm(x.T) @ w, False),
}  # fmt: skip


TRACES: dict[str, Any] = {
    "expm": lambda x: linalg.expm(x).T, "logm": lambda x: np.linalg.inv(x).T, "sinm": lambda x: linalg.cosm(x).T,
    "cosm": lambda x: -linalg.sinm(x).T, "sqrtm": lambda x: np.linalg.inv(linalg.sqrtm(x)).T / 2,
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_gradients_of_traces(name: str) -> None:
    f = lambda x: np.trace(getattr(linalg, name)(x))  # noqa: E731
    right = check(certificate_of(f, (X,), TRACES[name], (0,)))
    assert right.accepted, right.reason
    for wrong in (lambda x: TRACES[name](x).T, lambda x: TRACES[name](x) * 2, lambda x: TRACES[name](x) + 0 * x + 1):
        assert not check(certificate_of(f, (X,), wrong, (0,))).accepted


def certificate(name: str) -> Any:
    f, gradient, _ = CASES[name]
    return certificate_of(f, (X, W), gradient, (0,))


@pytest.mark.parametrize("name", CASES)
def test_laws_of_functions(name: str) -> None:
    report = check(certificate(name))
    assert report.accepted is CASES[name][2], report.reason


def test_each_law_is_relied_upon(monkeypatch: pytest.MonkeyPatch) -> None:
    told = certificate("cosm")
    law = functions.change

    def doubled(w: Any, atom: Any) -> Any:
        entry, factor, over = law(w, atom)
        return entry, factor * 2, over

    monkeypatch.setattr(functions, "change", doubled)
    assert not check(told).accepted
    monkeypatch.setattr(functions, "change", law)
    assert check(told).accepted
    monkeypatch.setattr(functions, "_of_blocks", lambda *args: None)
    assert not check(told).accepted


@pytest.mark.parametrize("name", ["logm", "sqrtm"])
def test_their_domain_is_listed(name: str) -> None:
    told = copy.deepcopy(certificate(name))
    told["conditions"] = [one for one in told["conditions"] if "eigenvalue" not in one["is"]]
    report = check(told)
    assert not report.accepted
    assert "is not listed" in report.reason


def test_slopes_have_no_derivative() -> None:
    w = Judge({"n": 1}, [], set(), set())
    r, c = w.index(poly("n")), w.index(poly("n"))
    i, j, k, m = (w.index(poly("n")) for _ in range(4))
    form = w.over("expm slope", w.atom("input", "A", (r, c)), [r, c], (i, j, k, m))
    with pytest.raises(Refused, match="no derivative of the expm slope"):
        w.derivative(form, "A", [i, j])


def test_ways_in_which_a_slope_is_one() -> None:
    w = Judge({"n": 1}, [], set(), set())
    r, c, *places = (w.index(poly("n")) for _ in range(6))
    i, j, k, m = places
    a, turned = w.atom("input", "A", (r, c)), w.atom("input", "A", (c, r))

    def slope(body: Form, *at: Any) -> Form:
        return w.over("logm slope", body, [r, c], at)  # type: ignore[no-any-return]

    one = slope(a, i, j, k, m)
    assert one == slope(a, k, m, i, j) == slope(turned, j, i, m, k) == slope(turned, m, k, j, i)
    assert one not in (slope(a, j, i, m, k), slope(a, m, k, j, i), slope(turned, i, j, k, m), slope(a, i, j, m, k))
    both = slope(a + turned, i, j, k, m)
    assert both == slope(a + turned, j, i, m, k) == slope(a + turned, m, k, j, i)
    (atom,) = (atom for term in both for atom, _ in term[1])
    assert len({*ways(atom)}) == 4


def test_a_slope_summed_over_other_places_stays() -> None:
    w = Judge({"n": 2}, [], set(), {"A", "B"})
    n = poly("n")
    r, c, i, j, k = (w.index(n) for _ in range(5))
    a = w.atom("input", "A", (r, c))

    def summed_over(*at: Any, more: Form | None = None) -> Form:
        slope = w.over("expm slope", a, [r, c], at)
        return w.reduced(w.total(slope if more is None else w.mul(slope, more), [i]))

    def kinds(form: Form) -> set[str]:
        return {atom.kind for term in form for atom, _ in term[1]}

    assert summed_over(i, j, k, i) == summed_over(k, i, i, j) == w.over("expm", a, [r, c], (k, j))
    for at in ((i, i, j, k), (i, j, i, k), (i, i, i, i), (i, i, k, i)):
        assert kinds(summed_over(*at)) == {"expm slope"}
    assert kinds(summed_over(i, j, k, i, more=w.atom("input", "B", (i, j)))) == {"expm slope", "input"}


def test_of_one_number_they_are_functions_of_numbers() -> None:
    for name in sorted(FUNCTIONS):
        f = getattr(linalg, name)
        told = certificate_of(summed(f), (X[:1, :1], W[:1, :1]), lambda x, w, f=f: f(block(x.T, w))[:1, 1:], (0,))
        report = check(told)
        assert report.accepted, report.reason
    told = certificate_of(lambda x: np.sum(linalg.expm(x)), (X[:1, :1],), np.exp, (0,))
    assert check(told).accepted


def test_a_check_of_the_exponential_is_proved_and_a_wrong_one_refuted() -> None:
    f = lambda x: np.sum(linalg.expm(x) * W)  # noqa: E731
    right = verify.check(f, X, grad=lambda x: frechet(linalg.expm, x.T, W))
    assert right.verdict.name == "PROVED", right.reason
    wrong = verify.check(f, X, grad=lambda x: linalg.expm(x.T) @ W)
    assert wrong.verdict.name == "REFUTED"
