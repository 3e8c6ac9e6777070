"""Where a rule of the checker ends: beside each, what is one index, one power or one factor too far."""

from __future__ import annotations

import copy
import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy import special

from verify.campaign.subjects import certificate_of
from verify.checker import Judge, check
from verify.trusted import decompositions
from verify.trusted.meeting import off_zeros
from verify.trusted.pointwise import APART, named
from verify.trusted.special import _bessel
from verify.trusted.terms import UNITY, Form, names_of, poly

n = poly("n")
_rng = np.random.default_rng(4)
S = _rng.normal(size=(3, 3))
INPUTS = {"x": np.array([0.5, -1.25, 2.0]), "p": np.array([0.7, 1.5, 3.0]), "A": S @ S.T + np.eye(3)}


@pytest.fixture
def w() -> Judge:
    """The algebra for n >= 1, where p is positive and x and A are anything."""
    return Judge({"n": 1}, [], {"p"}, {"x", "A"})


@pytest.fixture
def value(whole):
    """The value of a form where indices are at places; n = 3."""
    values = whole.Values(INPUTS, {"n": 3})
    return lambda form, **at: values.form(form, {name.replace("_", "#"): k for name, k in at.items()})


def entry(w: Judge, name: str, *at: Any) -> Form:
    return w.atom("input", name, tuple(poly(k) if isinstance(k, int) else k for k in at))


def part(w: Judge, kind: str, *at: Any) -> Form:
    r, c = w.index(n), w.index(n)
    return w.over(kind, entry(w, "A", r, c), [r, c], at)


# ---------------------------------------------------------------------------- denominators


def test_denominators_are_cleared_beside_one_that_is_under_a_sum(w):
    """Σ_k 1 / (x_i + p_k) stays, as it holds an index that is bound; what stands beside it is cleared all the same."""
    i, k = w.index(n), w.index(n)
    under = w.total(w.power(entry(w, "x", i) + entry(w, "p", k), -1), [k])
    for far in ("x", "p"):  # a denominator that is first in order, or last
        a, b = entry(w, far, i) + UNITY * 2, entry(w, "p", i) + UNITY
        quotient = w.power(a, -1) + w.power(b, -1) - w.mul(a + b, w.power(a, -1), w.power(b, -1))
        assert w.vanishes(w.mul(under, quotient))
        assert not w.vanishes(w.mul(under, quotient + w.power(a, -1)))
        assert not w.vanishes(w.mul(under, quotient) + under)


# ---------------------------------------------------------------------------- where v = 0 is told apart


@pytest.mark.parametrize("told", [True, False])
def test_what_does_not_move_at_a_zero_that_is_told_apart(w, told):
    """c · [v == 0] is left out where c is free of all of v, and an op tells v == 0 apart; nothing else is."""
    i, j = w.index(n), w.index(n)
    zero, other = w.zero(entry(w, "x", i)), w.zero(entry(w, "p", i) - UNITY)
    free, reads = entry(w, "p", j), entry(w, "x", j)
    inside = w.exp(entry(w, "x", j))
    uses = [sorted(APART)[0] if told else "exp", "multiply"]
    off = lambda form: off_zeros(w, form, "x", (i,), uses)  # noqa: E731
    assert off(w.mul(zero, free)) == (Form() if told else w.mul(zero, free))
    for kept in (w.mul(zero, reads), w.mul(zero, inside), w.mul(other, free), free, reads):
        assert off(kept) == kept
    assert off(w.mul(zero, free) + w.mul(zero, reads) + free) == w.mul(zero, reads) + free + (
        Form() if told else w.mul(zero, free)
    )


def test_a_use_by_an_op_of_whole_numbers_passes_nothing_on():
    """The derivative of a truth is 0: no adjoint of it is asked for, and one that is wrong changes nothing."""
    x = np.array([0.5, -1.5, 2.0])
    certificate = certificate_of(lambda x: np.sum(np.where(x > 1, x**2, 2 * x)), (x,), chain=True)
    assert check(certificate).accepted, check(certificate).reason
    truths = [item["name"] for item in certificate["F"]["equations"] if item["op"] == "greater"]
    assert truths
    adjoints = certificate["hints"]["chain"]["adjoints"]
    for other in (["x"], [], adjoints["x"]):
        changed = copy.deepcopy(certificate)
        changed["hints"]["chain"]["adjoints"][truths[0]] = other
        assert check(changed).accepted
        changed["hints"]["chain"]["adjoints"]["x"] = other
        assert check(changed).accepted is (other == adjoints["x"])


# ---------------------------------------------------------------------------- parts of matrices


@pytest.mark.parametrize("power", [-1, 2, 3, Fraction(1, 2)])
def test_parts_meet_beside_a_plain_value_alone(w, value, power):
    """Σ_k V[i, k] λ[k]^q V[j, k] is the matrix for q = 1, and stays for any other power."""
    i, j, k = (w.index(n) for _ in range(3))
    for kinds, middle in ((("eigenvector", "eigenvector"), "eigenvalue"), (("left", "right"), "singular")):
        second = (j, k) if kinds[0] == kinds[1] else (k, j)
        both = w.mul(part(w, kinds[0], i, k), part(w, kinds[1], *second))
        form = w.total(w.mul(both, w.power(part(w, middle, k), power)), [k])
        reduced = w.reduced(form)
        assert any(term[0] for term in reduced)
        for a, b in itertools.product(range(3), repeat=2):
            at = {"_000000": a, "_000001": b}
            assert value(reduced, **at) == pytest.approx(value(form, **at), abs=1e-9)


def test_an_inverse_of_a_sum_is_that_of_no_factor(w):
    """Σ_k inv(L)[k, i] inv(L)[k, j] is an inverse where L is a Cholesky factor, not where it is more."""
    i, j, k = (w.index(n) for _ in range(3))
    for more in (0, 1):
        for scale in (1, 2):

            def inverse(*at: Any, more: int = more, scale: int = scale) -> Form:
                r, c = w.index(n), w.index(n)
                body = part(w, "cholesky", r, c) * scale + entry(w, "A", r, c) * more
                return w.over("inv", body, [r, c], at)

            form = w.total(w.mul(inverse(k, i), inverse(k, j)), [k])
            assert any(term[0] for term in w.reduced(form)) is bool(more), (more, scale)


def test_an_entry_of_a_triangle_is_0_beside_what_excludes_it(w):
    i, j = w.index(n), w.index(n)
    lower = part(w, "cholesky", i, j)
    assert decompositions.settled(w, w.mul(lower, w.relation(">=", j - i - 1))) == Form()
    assert decompositions.settled(w, w.mul(lower, w.relation(">=", j - i - 1), w.relation(">=", i))) == Form()
    on = decompositions.settled(w, w.mul(lower, w.relation(">=", j - i)))
    assert on != Form()
    assert all("==" in {atom.kind for atom, _ in term[1]} for term in on)


# ---------------------------------------------------------------------------- sizes, and indices that become one


def test_a_size_that_is_known_in_a_case_is_put_in_positions(w):
    case = w.relation("==", n - 2)
    last = w.atom("input", "x", (n - 1,))
    assert w.mul(case, last) == w.mul(case, entry(w, "x", 1))
    assert w.mul(case, last) != w.mul(case, entry(w, "x", 0))
    both = w.mul(case, last, w.relation(">=", n - 2))
    assert both == w.mul(case, entry(w, "x", 1))
    assert w.mul(case, entry(w, "p", 0)) == w.mul(case, entry(w, "p", 0))
    assert {
        name for term in w.mul(case, last) for atom, _ in term[1] if atom.kind == "input" for name in names_of(atom)
    } == set()


def test_indices_that_become_one_do_so_inside_of_functions_of_several(w, value):
    i, j = w.index(n), w.index(n)
    form = w.several("bessel_j", UNITY, entry(w, "x", i) + entry(w, "p", j))
    same = w.at(form, {j.name: i})
    assert same == w.several("bessel_j", UNITY, entry(w, "x", i) + entry(w, "p", i))
    for k in range(3):
        assert value(same, _000000=k) == pytest.approx(value(form, _000000=k, _000001=k))
    summed = w.total(w.mul(w.relation("==", i - j), form), [j])
    assert summed == same


@pytest.mark.parametrize("kind", ["bessel_j", "bessel_i"])
def test_orders_are_lowered_where_the_argument_is_rarely_0(kind, w, value):
    i = w.index(n)
    x, p = entry(w, "x", i), entry(w, "p", i)
    for z in (x, p, w.mul(x, p), x + UNITY):
        low = _bessel(kind, w, 3, z)
        orders = [w.slots(a)[0] for term in low for a, _ in term[1] if a.kind == kind]
        assert orders and all(order in (Form(), UNITY) for order in orders)
        for k in range(3):
            expected = getattr(special, f"{kind[-1]}v")(3, value(z, _000000=k))
            assert value(low, _000000=k) == pytest.approx(expected, rel=1e-9)
    for z in (w.relu(x), x - x, w.mul(x, w.positive(x))):  # 0 on an open set
        assert _bessel(kind, w, 3, z) == w.several(kind, UNITY * 3, z)


def test_a_product_of_which_one_factor_alone_is_not_0(w, value):
    """Π_j [j == 0] x_j over two places is x_0 · 0; over any number of places it is not written as a quotient by 0."""
    j = w.index(poly(2))
    at_first = w.mul(w.relation("==", j), entry(w, "x", j))
    assert w.over("prod", at_first, [j]) == Form()
    shifted = at_first + UNITY
    assert value(w.over("prod", shifted, [j])) == pytest.approx((INPUTS["x"][0] + 1) * 1.0)


@pytest.mark.parametrize("number", [np.pi**2, np.pi**2 / 3])
def test_squares_of_pi_have_a_name(w, value, number):
    form = named(w, float(number))
    assert form is not None
    assert value(form) == pytest.approx(float(number), rel=1e-15)
    assert {atom.name or atom.kind for term in form for atom, _ in term[1]} == {"pi"}
    assert named(w, float(np.nextafter(number, 99))) != form
