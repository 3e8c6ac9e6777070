"""Rules of the algebra of forms, one by one: a rule keeps the value of what it rewrites, and is used where it holds."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy import special

from verify.checker import Judge
from verify.trusted import decompositions, scalar, terms
from verify.trusted.arrays import literal
from verify.trusted.pointwise import LAWS, conditions, named
from verify.trusted.terms import ONE, UNITY, ZERO, Atom, Form, Refused, poly

HALF = Fraction(1, 2)
n, m = poly("n"), poly("m")
_rng = np.random.default_rng(4)
S = _rng.normal(size=(3, 3))
S = S @ S.T + np.eye(3)
INPUTS = {"x": np.array([0.5, -1.25, 2.0]), "p": np.array([0.7, 1.5, 3.0]), "A": S, "B": _rng.normal(size=(3, 3))}


@pytest.fixture
def w() -> Judge:
    """The algebra for n, m >= 1, where p is positive and x, A and B are anything."""
    return Judge({"n": 1, "m": 1}, [], {"p"}, {"x", "A"})


@pytest.fixture
def value(whole):
    """The value of a form where indices are at places; n = 3, m = 2."""
    values = whole.Values(INPUTS, {"n": 3, "m": 2})
    return lambda form, **at: values.form(form, {name.replace("_", "#"): k for name, k in at.items()})


def x(w: Judge, at: Any) -> Form:
    return w.atom("input", "x", (poly(at) if isinstance(at, int) else at,))


def p(w: Judge, at: Any = 0) -> Form:
    return w.atom("input", "p", (poly(at) if isinstance(at, int) else at,))


def entry(w: Judge, name: str, *at: Any) -> Form:
    return w.atom("input", name, at)


def alone(form: Form) -> Atom:
    ((term, _),) = form.items()
    ((atom, _),) = term[1]
    assert not term[0]
    return atom


# ---------------------------------------------------------------------------- sizes and positions


def test_what_is_evident_of_positions(w):
    i, j = w.index(n), w.index(m)
    always = [i, n - 1 - i, n * i, n * m - 1 - m * i - j, ZERO, n - 1, n * m - n, m * i + j]
    for evident in always:
        assert w.always(evident), evident
    for other in (i - 1, n - 2 - i, n - 2, (n - m) * i, n - m, m - n, ZERO - 1, n * m - 2 - m * i - j, j - i):
        assert not w.always(other), other


def test_facts_about_sizes_are_used_once_each():
    w = Judge({"n": 1, "m": 1, "k": 1}, [n - m, m - poly("k") - 1], set(), set())
    assert w.nonnegative(n - m)
    assert w.nonnegative(n - m + 3)
    assert w.nonnegative(m - poly("k") - 1)
    assert not w.nonnegative(n - m - 1)
    assert not w.nonnegative(m - n)
    assert not w.nonnegative(m - poly("k") - 2)


def test_the_least_sizes_count():
    w = Judge({"n": 3}, [], set(), set())
    assert w.nonnegative(n - 3)
    assert not w.nonnegative(n - 4)
    assert w.nonnegative(n * n - 9)


def test_an_axis_of_size_1_has_one_position(w):
    assert w.index(ONE) == ZERO
    assert w.index(n).name
    assert w.index(poly(2)).name


# ---------------------------------------------------------------------------- sums


def sums(w: Judge) -> dict[str, tuple[Any, Any]]:
    """Forms with a sum over j, and the function of i and k that each is."""
    i, k, j = w.index(n), w.index(n), w.index(n)
    ge, eq = (lambda q: w.relation(">=", q)), (lambda q: w.relation("==", q))
    v = INPUTS["x"]
    return {
        "a window between two indices": (
            w.total(w.mul(ge(j - i), ge(k - j), x(w, j)), [j]),
            lambda i, k: sum(v[j] for j in range(3) if i <= j <= k),
        ),
        "the same": (w.total(w.mul(eq(j - i), x(w, j)), [j]), lambda i, k: v[i]),
        "after": (w.total(w.mul(ge(j - i - 1), x(w, j)), [j]), lambda i, k: v[i + 1 :].sum()),
        "before": (w.total(w.mul(ge(i - j - 1), x(w, j)), [j]), lambda i, k: v[:i].sum()),
        "the next": (w.total(w.mul(eq(j - i - 1), x(w, j)), [j]), lambda i, k: v[i + 1] if i < 2 else 0),
        "the one before": (w.total(w.mul(eq(j - i + 1), x(w, j)), [j]), lambda i, k: v[i - 1] if i else 0),
        "twice": (w.total(w.mul(eq(j + j - i), x(w, j)), [j]),
                  lambda i, k: v[i // 2] if i % 2 == 0 else 0),
        "backwards": (w.total(w.mul(x(w, n - 1 - j), ge(j - i)), [j]), lambda i, k: v[: 3 - i].sum()),
        "count": (w.total(ge(j - i), [j]), lambda i, k: 3 - i),
        "both ways": (w.total(w.mul(ge(j - i), ge(i - j), x(w, j)), [j]), lambda i, k: v[i]),
        "never": (w.total(w.mul(ge(j - i - 1), ge(i - j), x(w, j)), [j]), lambda i, k: 0),
        "not the same": (w.total(w.mul(UNITY - eq(i - j), x(w, j)), [j]), lambda i, k: v.sum() - v[i]),
        "from the other end": (w.total(w.mul(eq(i + j - n + 1), x(w, j)), [j]), lambda i, k: v[2 - i]),
        "two relations": (
            w.total(w.mul(eq(i - j), eq(k - j), x(w, j)), [j]), lambda i, k: v[i] if i == k else 0
        ),
        "at most": (w.total(w.mul(ge(i + k - j), x(w, j)), [j]), lambda i, k: v[: i + k + 1].sum()),
    }  # fmt: skip


@pytest.mark.parametrize("name", sums(Judge({"n": 1, "m": 1}, [], {"p"}, {"x"})))
def test_a_sum_keeps_its_value(w, value, name):
    form, expected = sums(w)[name]
    for i, k in itertools.product(range(3), repeat=2):
        assert value(form, _000000=i, _000001=k) == pytest.approx(expected(i, k), abs=1e-12)


def test_a_stretch_of_known_length_is_summed_within_it(w, value):
    """Σ_j [j - 1 >= 0] [2 - j >= 0] x(j) over four, and the same where the length is a dimension."""
    w.ranges["#four"] = poly(4)
    j = poly("#four")
    form = w.total(w.mul(w.relation(">=", j - 1), w.relation(">=", poly(2) - j), x(w, j)), [j])
    assert value(form) == pytest.approx(INPUTS["x"][1] + INPUTS["x"][2])
    assert not any(atom.kind == ">=" for term in form for atom, _ in term[1])
    w.ranges["#long"] = n + m
    j = poly("#long")
    form = w.total(w.mul(w.relation(">=", j - m), w.relation(">=", n + m - 1 - j), x(w, j - m)), [j])
    assert value(form) == pytest.approx(INPUTS["x"].sum())
    outside = w.total(w.mul(w.relation(">=", j - m), w.relation(">=", n + m - j), x(w, j - m)), [j])
    assert value(outside) == pytest.approx(INPUTS["x"].sum())


# ---------------------------------------------------------------------------- guards and powers


def test_guards_of_what_has_a_sign(w):
    e = w.exp(x(w, 0))
    assert w.positive(e) == UNITY
    assert w.positive(e * -1) == w.zero(e) == w.zero(e * -2) == Form()
    assert w.positive(Form()) == Form()
    assert w.zero(Form()) == UNITY
    assert w.positive(p(w)) == UNITY
    assert w.positive(p(w) + e) == UNITY
    assert w.positive(p(w) - e) not in (UNITY, Form())
    assert w.positive(w.number(n) - UNITY * 3) not in (UNITY, Form())


def test_a_guard_of_a_guard_is_its_opposite(w):
    guard = w.positive(x(w, 0))
    assert w.zero(guard) == UNITY - guard
    assert w.zero(UNITY - guard) == guard
    assert w.mul(guard, guard) == guard
    assert w.mul(guard, w.zero(x(w, 0))) == Form()
    assert w.zero(guard * 2) != UNITY - guard * 2


def test_guards_of_opposites_sum_to_1(w):
    u = x(w, 0) - p(w)
    assert w.positive(u) + w.positive(u * -1) + w.zero(u) == UNITY
    assert w.zero(u) == w.zero(u * -3)
    assert w.positive(u) == w.positive(u * 3)


@pytest.mark.parametrize("tie", [0, HALF, 1, 2])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_slope_of_relu_at_a_tie_is_the_one_asked_for(w, value, tie, sign, monkeypatch):
    w.tie = Fraction(tie)
    slope = w.derivative(w.relu(x(w, 0) * sign), "x", [ZERO])
    at = {}
    for u in (-1.0, 0.0, 2.0):
        monkeypatch.setitem(INPUTS, "x", np.array([u]))
        at[u] = value(slope)
    assert at == {-1.0: min(sign, 0), 0.0: sign * tie, 2.0: max(sign, 0)}


def test_an_absolute_value_is_a_root_of_a_square(w):
    u = x(w, 0)
    root = w.power(w.mul(u, u), HALF)
    assert root not in (u, u * -1)
    assert w.power(w.mul(p(w), p(w)), HALF) == p(w)
    assert w.power(w.power(u, 3), Fraction(1, 3)) != u
    assert w.mul(w.power(p(w), HALF), w.power(p(w), HALF)) == p(w)


@pytest.mark.parametrize(("name", "square"), [("sin", 1), ("sinh", -1)])
def test_squares_of_sines_are_written_with_cosines(w, value, name, square):
    other = {"sin": "cos", "sinh": "cosh"}[name]
    u = x(w, 0)
    s, c = w.function(name, u), w.function(other, u)
    assert w.mul(s, s) == (UNITY - w.mul(c, c)) * square
    assert w.mul(s, s, s, s, s) == w.mul(s, w.mul(s, s), w.mul(s, s))
    third = w.function(name, u, 3)
    assert value(third) == pytest.approx(value(s) ** 3)


def test_numbers_to_fractional_powers(w, value):
    for base, power in [(8, HALF), (Fraction(9, 4), HALF), (Fraction(2, 27), Fraction(2, 3)), (12, Fraction(-3, 2))]:
        assert value(w.power(UNITY * base, power)) == pytest.approx(float(base) ** float(power))
    assert w.power(UNITY * 4, HALF) == UNITY * 2
    assert value(w.log(UNITY * 12)) == pytest.approx(np.log(12))
    assert value(w.log(p(w) * 3)) == pytest.approx(np.log(2.1))
    assert w.log(w.exp(x(w, 0))) == x(w, 0)
    assert w.exp(w.log(p(w))) == p(w)


# ---------------------------------------------------------------------------- literals and what is on the table


def test_literals_of_every_kind(w):
    assert literal(w, {"bool": True}, "exact") == (UNITY, "b")
    assert literal(w, {"bool": False}, "exact") == (Form(), "b")
    assert literal(w, {"int": "-12"}, "exact") == (UNITY * -12, "i")
    assert literal(w, {"float": "0x1.8p+1"}, "exact") == (UNITY * 3, "f")
    for bad in (
        {"bool": 1},
        {"int": 1},
        {"int": "1.5"},
        {"float": "0.5"},
        {"float": 0.5},
        {"int": "1" * 401},
        {"x": "1"},
    ):
        with pytest.raises(Refused):
            literal(w, bad, "exact")


@pytest.mark.parametrize(
    "number", [np.pi, np.sqrt(2), np.sqrt(2 / np.pi), np.log(2), 1 / np.log(2), np.log(10), np.log10(np.e), 2 * np.pi]
)
def test_named_numbers_are_the_nearest_floats(w, value, number):
    form = named(w, float(number))
    assert form is not None
    assert value(form) == pytest.approx(float(number), rel=1e-15)
    for other in (np.nextafter(number, 9), np.nextafter(number, -9), number + 1e-3):
        assert named(w, float(other)) is None


@pytest.mark.parametrize(
    "number", [np.sqrt(2 * np.pi), np.sqrt(np.pi), 1 / np.sqrt(2), (2 * np.pi) ** -0.5, 1 / 3, -2 / 3]
)
def test_named_numbers_are_also_what_floats_make_of_them(w, value, number):
    form = named(w, float(number))
    assert form is not None
    assert value(form) == pytest.approx(float(number), rel=1e-15)


def test_numbers_that_are_what_they_are_have_no_other_name(w):
    assert all(named(w, k) in (None, UNITY * Fraction(k)) for k in (0.5, 1.0, 2.0, 3.0))


@pytest.mark.parametrize(
    ("op", "params", "found"),
    [
        ("power_constant", {"exponent": HALF}, [(0, "> 0")]),
        ("power_constant", {"exponent": -2}, [(0, "!= 0")]),
        ("power_constant", {"exponent": Fraction(-1, 2)}, [(0, "> 0")]),
        ("power_constant", {"exponent": 2}, []),
        ("p_norm", {"ord": 3}, conditions("p_norm", {"ord": 5})),
        ("add", {}, []),
        ("divide", {}, [(1, "!= 0")]),
    ],
)
def test_conditions_of_ops(op, params, found):
    assert conditions(op, params) == found


def test_a_norm_of_broken_order_needs_what_is_not_0():
    assert set(conditions("p_norm", {"ord": Fraction(5, 2)})) - set(conditions("p_norm", {"ord": 2})) == {(0, "!= 0")}


# ---------------------------------------------------------------------------- decompositions


def part(w: Judge, kind: str, *at: Any, of: str = "A") -> Form:
    r, c = w.index(n), w.index(n)
    return w.over(kind, entry(w, of, r, c), [r, c], at)


def test_values_are_told_apart(w):
    """[λ(i) - λ(j) == 0] = [i == j], so for other powers of what is positive; and nothing else is decided."""
    i, j = w.index(n), w.index(n)
    same = w.relation("==", i - j)
    for kind in ("eigenvalue", "singular"):
        a, b = part(w, kind, i), part(w, kind, j)
        assert w.zero(a - b) == w.zero(b - a) == same
        assert w.zero((a - b) * 3) == same
        assert w.zero(a + b) != same
        assert w.zero(a * 2 - b) != same
        assert w.zero(a - part(w, kind, j, of="B")) != same
        assert w.zero(a - b + UNITY) != same
        assert w.zero(a - b + p(w)) != same
        squares = w.zero(w.mul(a, a) - w.mul(b, b))
        assert (squares == same) is (kind == "singular")
        assert w.zero(w.mul(a, a) - b) != same
        assert (w.zero(a) == Form()) is (kind == "singular")
        assert w.zero(w.power(a, -1) - w.power(b, -1)) == same
        assert w.zero(w.mul(a, x(w, 0)) - w.mul(b, x(w, 0))) != same


def products(w: Judge) -> dict[str, tuple[Any, Any]]:
    """Sums over k of parts of A, and what each is, or None where it is left as it is."""
    i, j, k = w.index(n), w.index(n), w.index(n)
    P = lambda kind, *at: part(w, kind, *at)  # noqa: E731
    same, a = w.relation("==", i - j), entry(w, "A", i, j)
    return {
        "L Lᵀ": ([P("cholesky", i, k), P("cholesky", j, k)], a),
        "Lᵀ L": ([P("cholesky", k, i), P("cholesky", k, j)], None),
        "V Λ Vᵀ": ([P("eigenvector", i, k), P("eigenvalue", k), P("eigenvector", j, k)], a),
        "V Vᵀ": ([P("eigenvector", i, k), P("eigenvector", j, k)], same),
        "Vᵀ V": ([P("eigenvector", k, i), P("eigenvector", k, j)], same),
        "V Λ² Vᵀ": ([P("eigenvector", i, k), P("eigenvalue", k), P("eigenvalue", k), P("eigenvector", j, k)], None),
        "V S Vᵀ": ([P("eigenvector", i, k), P("singular", k), P("eigenvector", j, k)], None),
        "U S V": ([P("left", i, k), P("singular", k), P("right", k, j)], a),
        "U V": ([P("left", i, k), P("right", k, j)], None),
        "Uᵀ U": ([P("left", k, i), P("left", k, j)], same),
        "V Vᵀ of the right": ([P("right", i, k), P("right", j, k)], same),
        "Q R": ([P("q", i, k), P("r", k, j)], a),
        "Qᵀ Q": ([P("q", k, i), P("q", k, j)], same),
        "R Rᵀ": ([P("r", i, k), P("r", j, k)], None),
        "Q R, turned": ([P("q", k, i), P("r", k, j)], None),
        "of two matrices": ([P("q", i, k), part(w, "r", k, j, of="B")], None),
        "with a third": ([P("q", i, k), P("r", k, j), x(w, k)], None),
    }


@pytest.mark.parametrize("name", products(Judge({"n": 1, "m": 1}, [], {"p"}, {"x"})))
def test_parts_of_one_matrix_make_it_again(w, value, name):
    factors, expected = products(w)[name]
    k = next(poly(index) for index in sorted(w.ranges) if index == "#000002")
    form = w.total(w.mul(*factors), [k])
    found = w.reduced(form)
    assert found == (form if expected is None else expected)
    if expected is not None:
        for i, j in itertools.product(range(3), repeat=2):
            assert value(form, _000000=i, _000001=j) == pytest.approx(value(found, _000000=i, _000001=j), abs=1e-9)


def test_vectors_of_both_readings_differ_by_a_sign(w):
    """Two of one kind are two of the other, of the same column: one of each is left alone."""
    i, j, k, q = (w.index(n) for _ in range(4))
    v, u = (lambda *at: part(w, "eigenvector", *at)), (lambda *at: part(w, "upper", *at))
    assert w.mul(u(i, k), u(j, k)) == w.mul(v(i, k), v(j, k))
    assert w.mul(u(i, k), u(i, k)) == w.mul(v(i, k), v(i, k))
    assert w.mul(u(i, k), v(j, k), v(q, k)) == w.mul(u(i, k), u(j, k), u(q, k))
    assert w.mul(v(i, k), u(j, k), u(q, k)) == w.mul(v(i, k), v(j, k), v(q, k))
    assert w.mul(u(i, k), v(j, k)) != w.mul(v(i, k), v(j, k))
    assert w.mul(u(i, k), u(j, q)) != w.mul(v(i, k), v(j, q))
    assert u(i, k) != v(i, k)
    other = part(w, "upper", j, k, of="B")
    assert w.mul(u(i, k), other) != w.mul(v(i, k), part(w, "eigenvector", j, k, of="B"))


def inverse(w: Judge, kind: str, at: Any, turned: bool = False) -> Form:
    r, c = w.index(n), w.index(n)
    return w.over("inv", part(w, kind, *((c, r) if turned else (r, c))), [r, c], at)


def test_inverses_of_a_factor_make_the_inverse(w, value):
    """Σ_k inv(L)[k, i] inv(L)[k, j] = inv(A)[i, j], and not the product taken along the other side."""
    i, j, k, r, c = (w.index(n) for _ in range(5))
    whole = w.over("inv", entry(w, "A", r, c), [r, c], (i, j))
    good = w.total(w.mul(inverse(w, "cholesky", (k, i)), inverse(w, "cholesky", (k, j))), [k])
    assert w.reduced(good) == whole
    other = w.total(w.mul(inverse(w, "cholesky", (i, k)), inverse(w, "cholesky", (j, k))), [k])
    assert w.reduced(other) == other
    upper = w.total(w.mul(inverse(w, "r", (k, i)), inverse(w, "r", (k, j))), [k])
    assert w.reduced(upper) == upper
    for a, b in itertools.product(range(3), repeat=2):
        assert value(good, _000000=a, _000001=b) == pytest.approx(np.linalg.inv(S)[a, b])


def test_where_entries_of_triangles_are_0(w):
    i, j = w.index(n), w.index(n)
    ordered = {
        "cholesky": part(w, "cholesky", i, j), "r": part(w, "r", j, i),
        "its inverse": inverse(w, "cholesky", (i, j)), "the inverse of r": inverse(w, "r", (j, i)),
        "of the transpose": inverse(w, "cholesky", (j, i), turned=True),
    }  # fmt: skip
    for name, form in ordered.items():
        assert list(decompositions.implied(alone(form))) == [i - j], name
    r, c = w.index(n), w.index(n)
    plain = w.over("inv", entry(w, "A", r, c) + entry(w, "B", r, c), [r, c], (i, j))
    scaled = w.over("inv", w.mul(part(w, "cholesky", r, c), p(w, r)) + part(w, "r", r, c), [r, c], (i, j))
    for form in (part(w, "q", i, j), plain, scaled, part(w, "eigenvector", i, j)):
        assert all(list(decompositions.implied(atom)) == [] for term in form for atom, _ in term[1])


def test_guards_next_to_triangles_that_follow_are_dropped(w):
    i, j, k = w.index(n), w.index(n), w.index(n)
    ge = lambda q: w.relation(">=", q)  # noqa: E731
    lower = part(w, "cholesky", i, j)
    settled = lambda *factors: decompositions.settled(w, w.mul(*factors))  # noqa: E731
    assert settled(lower, ge(i - j)) == lower
    assert settled(lower, ge(j - i - 1)) == Form()
    diagonal = settled(lower, ge(j - i))
    assert any(atom.kind == "==" for term in diagonal for atom, _ in term[1])
    assert not any(atom.kind == ">=" for term in diagonal for atom, _ in term[1])
    both = settled(lower, part(w, "cholesky", j, i))
    assert any(atom.kind == "==" for term in both for atom, _ in term[1])
    chain = settled(lower, part(w, "cholesky", j, k), ge(i - k))
    assert not any(atom.kind == ">=" for term in chain for atom, _ in term[1])
    apart = settled(lower, ge(k - i))
    assert any(atom.kind == ">=" for term in apart for atom, _ in term[1])


def test_other_directions_of_a_factor_keep_its_value(w, value):
    i, j = w.index(n), w.index(n)
    same = w.relation("==", i - j)
    guard = w.relation(">=", i - j)
    gap = x(w, i) - x(w, j)
    reciprocals = [w.power(gap + same, -1), w.power(gap - same, -1), w.power(same - gap * 2, -1)]
    for form, number in [(guard, 1), *((f, 3) for f in reciprocals)]:
        ((term, c),) = form.items()
        found = list(decompositions._directions(w, *term[1][0]))
        assert len(found) == number
        form = form * c
        for other, sign, more in found:
            assert other != form
            for a, b in itertools.product(range(3), repeat=2):
                at = {"_000000": a, "_000001": b}
                assert value(form, **at) == pytest.approx(sign * value(other, **at) + value(more, **at))


def test_a_factor_has_no_other_direction_where_the_rule_does_not_hold(w):
    i, j, k = w.index(n), w.index(n), w.index(n)
    same, gap = w.relation("==", i - j), x(w, i) - x(w, j)
    kept = [
        w.power(gap, -1),  # no delta
        w.power(gap + same * 2, -1),  # with another factor
        w.power(gap + x(w, k) + same, -1),  # what is beside it is not 0 where it is 1
        w.power(gap + same - w.relation("==", i - k), -1),  # two of them
        w.power(gap + same, -2),
        w.power(gap + same, HALF),
    ]
    for form in kept:
        ((term, _),) = form.items()
        assert not list(decompositions._directions(w, *term[1][0])), form
    for p in (i - j - 1, i + j - 2, i - 1, i - j - n, i + i - j):
        assert not list(decompositions._directions(w, Atom(">=", "", (p,)), 1)), p


# ---------------------------------------------------------------------------- scalar claims


def claim(w: Judge, form: Form, null: bool = False) -> Any:
    (found,) = scalar.claims(form, False, w.certainly_positive, lambda atom: null)
    return found


def test_a_form_as_nodes(w):
    """3 √2 p exp(x) + [x > 0]: a prime to a power, what is positive, a function, a guard."""
    root = w.power(UNITY * 2, HALF)
    found = claim(w, w.mul(root, p(w), w.exp(x(w, 0))) * 3)
    kinds = [node[0] for node in found.nodes]
    assert sorted(kinds) == sorted(["num", "num", "pow", "var", "var", "num", "mul", "add", "exp", "mul", "add"])
    assert ["num", "2"] in found.nodes and ["num", "3"] in found.nodes
    assert set(found.signs) == {"positive", "real"}
    two = found.nodes.index(["num", "2"])
    assert found.facts == [[two, "> 0"]]
    assert found.nodes[-1][0] == "add"


def test_what_the_tower_knows_of_is_spelled_and_the_rest_are_variables(w):
    i, j = w.index(n), w.index(n)
    for kind in ("erf", "arctan", "gammaln"):
        assert f"fun:{kind}" in [node[0] for node in claim(w, w.function(kind, x(w, 0))).nodes]
    truth = claim(w, w.relation(">=", i - j))
    assert truth.signs == ["truth"]
    largest = claim(w, w.over("max", x(w, i), [i]))
    assert largest.signs == ["real"]
    assert claim(w, w.number(n)).signs == ["positive"]
    assert claim(w, w.atom("pi")).signs == ["positive"]
    sines = claim(w, w.function("sinh", x(w, 0)))
    assert [node[0] for node in sines.nodes].count("exp") == 2


def test_a_sum_is_one_variable_and_positive_where_its_terms_are(w):
    i = w.index(n)
    mixed = w.mul(w.total(w.exp(x(w, i)), [i]), p(w))
    found = claim(w, mixed)
    assert found.signs == ["positive", "positive"]
    other = claim(w, w.mul(w.total(x(w, i), [i]), p(w)))
    assert sorted(other.signs) == ["positive", "real"]
    assert [node[0] for node in other.nodes].count("var") == 2


def test_pointwise_every_way_to_sum_is_a_claim(w):
    i = w.index(n)
    form = w.total(x(w, i), [i]) + w.total(p(w, i), [i]) + x(w, 0)
    found = scalar.claims(form, True, w.certainly_positive, lambda atom: False)
    assert len(found) == 2
    assert sorted(len(one.signs) for one in found) == [1, 2]
    assert len(scalar.claims(form, False, w.certainly_positive, lambda atom: False)) == 1


@pytest.mark.parametrize("null", [False, True])
def test_what_a_factor_requires_is_a_fact(w, null):
    u = x(w, 0) + p(w)
    reciprocal, root, log = w.power(u, -1), w.power(u, HALF), w.log(u)
    assert [relation for _, relation in claim(w, reciprocal).facts] == ["!= 0"]
    assert [relation for _, relation in claim(w, root).facts] == ["> 0"]
    assert [relation for _, relation in claim(w, log).facts] == ["> 0"]
    assert claim(w, w.power(u, 2)).facts == []
    guard = claim(w, w.positive(u), null)
    assert [relation for _, relation in guard.facts] == ["!= 0"] * null


def test_a_proof_for_each_claim_is_wanted(w):
    i = w.index(n)
    hints = scalar.Hints([{"pointwise": True, "proofs": []}, None])
    form = w.total(x(w, i), [i])
    with pytest.raises(Refused, match="a proof for each claim"):
        hints.show(form, w.certainly_positive, lambda atom: False)
    assert not hints.show(form, w.certainly_positive, lambda atom: False)
    assert not hints.show(form, w.certainly_positive, lambda atom: False)
    assert hints.taken == 3


def test_names_that_occur_are_renamed_everywhere(w):
    """Σ_j A[j, i] x[j] with i = 0 differs from that with i = 1; a bound index is not captured by a free one."""
    i, j = w.index(n), w.index(n)
    form = w.total(w.mul(entry(w, "A", j, i), x(w, j)), [j])
    assert w.at(form, {i.name: poly(0)}) != w.at(form, {i.name: poly(1)})
    inner = w.total(w.exp(w.total(w.mul(entry(w, "A", i, j), x(w, j)), [j])), [i])
    ((term, _),) = inner.items()
    assert terms.bound(term) == ("@2.0",)


# ---------------------------------------------------------------------------- laws of differentiation

POINTS = {"arccosh": (1.25, 40.0), "arctanh": (-0.75, 0.5), "arcsin": (-0.5, 0.25), "arccos": (-0.5, 0.25),
          "erfinv": (-0.5, 0.25), "log": (0.3, 7.5), "dilogarithm": (-2.5, 0.7), "cosine_integral": (0.3, 9.0),
          "hyperbolic_cosine_integral": (0.3, 4.0), "expi": (0.3, 3.0)}  # fmt: skip


def slope_by_differences(function: Any, at: float) -> float:
    """By central differences of sixth order: about eleven digits."""
    h = 2.0**-7 * min(1.0, abs(at))
    weights = {1: 45, 2: -9, 3: 1}
    return sum(c * (function(at + k * h) - function(at - k * h)) for k, c in weights.items()) / (60 * h)


@pytest.mark.parametrize("name", sorted(set(LAWS) - {"base"}))
def test_the_law_of_a_function_is_its_derivative(w, whole, name, monkeypatch):
    """To eight digits and more: a law that is wrong by a millionth is seen."""
    for k in range(7):
        monkeypatch.setitem(whole.FUNCTIONS, f"polygamma{k}", lambda u, k=k: float(special.polygamma(k, u)))
    law = LAWS[name](w, x(w, 0))
    for at in POINTS.get(name, (0.375, 1.75)):
        values = whole.Values({"x": np.array([at])}, {})
        expected = slope_by_differences(whole.FUNCTIONS[name], at)
        assert values.form(law, {}) == pytest.approx(expected, rel=2e-9), at
    assert w.derivative(w.function(name, x(w, 0)), "x", [poly(0)]) == law


# ---------------------------------------------------------------------------- random products


def factor_of(w: Judge, rng: random.Random, indices: list[Any]) -> Form:
    """An entry, an entry of an inverse, a reciprocal or a root of a sum, or a term that such a sum has."""
    i, j = rng.choice(indices), rng.choice(indices)

    def inverse_of(*names: str) -> Form:
        r, c = w.index(n), w.index(n)
        return w.over("inv", sum((entry(w, name, r, c) for name in names), start=Form()), [r, c], (i, j))

    def below(at: Any) -> Form:
        k = w.index(n)
        return w.mul(x(w, at), p(w, at)) + w.total(w.mul(p(w, k), p(w, k)), [k]) + UNITY * 9

    def squares() -> Form:
        k = w.index(n)
        return w.total(w.mul(p(w, k), p(w, k)), [k])

    made = rng.choice(
        ["A", "A", "B", "inv", "inv", "both", "squared", "over", "root", "x", "p", "squares", "same", "after"]
    )
    match made:
        case "A" | "B":
            return entry(w, made, i, j)
        case "inv":
            return inverse_of("A")
        case "both":
            return inverse_of("A", "B")
        case "squared":
            return w.mul(inverse_of("A"), inverse_of("A")) if rng.random() < 0.5 else w.power(inverse_of("A"), 2)
        case "over":
            return w.power(below(i), -rng.choice([1, 1, 2]))
        case "root":
            return w.power(below(i), rng.choice([HALF, -HALF]))
        case "x" | "p":
            return x(w, i) if made == "x" else p(w, i)
        case "squares":
            return squares()
        case "same":
            return w.relation("==", i - j)
    return w.relation(">=", i - j)


@pytest.mark.parametrize("seed", range(60))
def test_what_is_reduced_keeps_its_value(w, value, seed):
    rng = random.Random(seed)
    free, bound = [w.index(n), w.index(n)], [w.index(n), w.index(n)]
    form = w.total(w.mul(*(factor_of(w, rng, [*free, *bound]) for _ in range(rng.choice([2, 3, 3, 4])))), bound)
    reduced = w.reduced(form)
    for i, k in [(0, 0), (0, 2), (2, 1), (1, 1)]:
        at = {"_000000": i, "_000001": k}
        assert value(reduced, **at) == pytest.approx(value(form, **at), rel=1e-9, abs=1e-9)
    moved = w.at(form, {free[0].name: free[1]})
    assert value(moved, _000001=2) == pytest.approx(value(form, _000000=2, _000001=2), rel=1e-9, abs=1e-9)


def test_what_is_reduced_is_recognised(w):
    """Inverses against their matrix, from both sides, in a sum, next to others: what is left is what it should be."""
    i, j, k = (w.index(n) for _ in range(3))
    r, c = w.index(n), w.index(n)
    inv = lambda *at: w.over("inv", entry(w, "A", r, c) + entry(w, "B", r, c), [r, c], at)  # noqa: E731
    whole = lambda a, b: entry(w, "A", a, b) + entry(w, "B", a, b)  # noqa: E731
    same = w.relation("==", i - j)
    assert w.reduced(w.total(w.mul(whole(i, k), inv(k, j)), [k])) == same
    assert w.reduced(w.total(w.mul(inv(i, k), whole(k, j)), [k])) == same
    assert w.reduced(w.total(w.mul(whole(k, i), inv(k, j)), [k])) != same
    twice = w.total(w.mul(whole(i, k), inv(k, j), x(w, k)), [k])
    assert w.reduced(twice) != w.mul(same, x(w, i))
    below = w.mul(x(w, i), x(w, i)) + p(w, i)
    assert w.reduced(w.mul(below, w.power(below, -2))) == w.power(below, -1)
    assert w.reduced(w.mul(below, w.power(below * 3, -1))) == UNITY * Fraction(1, 3)


def test_what_vanishes_and_what_does_not(w):
    """Denominators are cleared; a guard on a null set is dropped only where it is shown to be one."""
    i = w.index(n)
    a, b = x(w, i) + p(w, i), p(w, i) + UNITY
    quotient = w.power(a, -1) + w.power(b, -1) - w.mul(a + b, w.power(a, -1), w.power(b, -1))
    assert w.vanishes(quotient)
    assert not w.vanishes(quotient + w.power(a, -1))
    assert w.vanishes(w.mul(w.zero(x(w, i)), p(w, i)))
    known = w.atom("input", "k", (i,))  # nothing is known of it: it may be 0 everywhere
    for guard in (
        w.zero(known), w.zero(known - p(w, i)), w.zero(w.mul(x(w, i), known)),
        w.zero(w.function("floor", x(w, i))), w.zero(w.positive(x(w, i)) + w.positive(p(w, i) - UNITY)),
    ):  # fmt: skip
        assert not w.vanishes(w.mul(guard, p(w, i))), guard
    j = w.index(n - 1)
    empty = Judge({"n": 1}, [], {"p"}, {"x"})
    k = empty.index(n - 1)
    maybe = empty.total(empty.atom("input", "x", (k,)), [k]) + p(empty, 0) - p(empty, 1)
    assert not empty.vanishes(empty.mul(empty.zero(maybe), p(empty, 0)))
    assert j != k


def test_nothing_is_cancelled_that_is_used_elsewhere(w, value):
    """Where a match would be wrong by one index or by one power, the product stays what it is."""
    i, j, k = (w.index(n) for _ in range(3))
    r, c = w.index(n), w.index(n)
    inv = lambda *at: w.over("inv", entry(w, "A", r, c), [r, c], at)  # noqa: E731
    squares = w.total(w.mul(p(w, r), p(w, r)), [r]) + UNITY
    kept = [
        w.total(w.mul(p(w, j), p(w, j), x(w, j), w.power(squares, -1)), [j]),  # the index of the sum is in the rest
        w.total(w.mul(entry(w, "A", i, j), w.power(inv(j, k), 2)), [j]),
        w.mul(entry(w, "A", i, j), inv(j, k)),  # no sum
        w.mul(entry(w, "A", i, j), inv(j, j)),
        w.total(w.mul(entry(w, "A", i, j), inv(j, j)), [j]),
        w.total(w.mul(entry(w, "A", i, j), inv(j, k), x(w, j)), [j]),
        w.total(w.mul(entry(w, "A", i, j), inv(j, k), entry(w, "A", j, k)), [j]),
        w.total(w.mul(entry(w, "A", j, i), inv(j, k)), [j]),
    ]
    for form in kept:
        reduced = w.reduced(form)
        for a, b, d in itertools.product(range(3), repeat=3):
            at = {"_000000": a, "_000001": b, "_000002": d}
            assert value(reduced, **at) == pytest.approx(value(form, **at), abs=1e-9)
    assert w.reduced(w.total(w.mul(entry(w, "A", i, j), inv(j, k)), [j])) == w.relation("==", i - k)
    whole = w.total(w.mul(p(w, j), p(w, j), w.power(squares, -1)), [j]) + w.power(squares, -1)
    assert w.reduced(whole) == UNITY


def test_a_denominator_under_a_sum_is_not_cleared(w):
    i, k = w.index(n), w.index(n)
    under = w.total(w.power(x(w, i) + p(w, k), -1), [k])
    single = w.power(x(w, i) + p(w, 0), -1)
    assert w.vanishes(under - under)
    assert not w.vanishes(under - single)
    assert not w.vanishes(under - w.mul(w.number(n), single))
    assert not w.vanishes(under)
    both = under + w.power(x(w, i), -1) - w.mul(w.mul(under, x(w, i)) + UNITY, w.power(x(w, i), -1))
    assert w.vanishes(both)


@pytest.mark.parametrize("power", [-1, -2, HALF, -HALF])
def test_the_law_of_a_base_is_that_of_powers(w, whole, power):
    """d/dx (x² + 3)^q = q (x² + 3)^(q - 1) 2 x"""
    base = w.mul(x(w, 0), x(w, 0)) + UNITY * 3
    slope = w.derivative(w.power(base, power), "x", [poly(0)])
    values = whole.Values({"x": np.array([0.75])}, {})
    q = float(power)
    assert values.form(slope, {}) == pytest.approx(q * 3.5625 ** (q - 1) * 1.5, rel=1e-12)


def test_a_root_says_that_its_sum_is_positive_and_a_power_does_not(w):
    base = Atom("base", "", (), ())
    assert [w.positive_factor((base, power)) for power in (Fraction(1, 2), Fraction(-3, 2), 2, -1)] == [
        True, True, False, False,
    ]  # fmt: skip
