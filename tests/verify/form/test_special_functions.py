"""Functions of an order: at whole numbers, by functions of smaller orders, and what cannot be said of them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from scipy import special

from verify.form.algebra import add, multiply, scale, subtract
from verify.form.construct import kernel, vanishes
from verify.form.contiguous import MOST_STEPS, NAME, by_contiguity
from verify.form.power import power
from verify.form.recurrences import LARGEST, by_recurrence
from verify.form.setting import Budget, within
from verify.form.term import ONE, ZERO, Atom, Source, atoms, number, pattern, power_of

X = power_of(Atom("cell", "", (), (), Source("x", ())))
Y = power_of(Atom("cell", "", (), (), Source("y", ())))
HALF = Fraction(1, 2)


@pytest.fixture(autouse=True)
def _budget():
    with within(Budget(seconds=20.0)):
        yield


# ---------------------------------------------------------------------------- at numbers


def bessel(kind, order, argument=X):
    return kernel(f"bessel_{kind}", number(order), argument)


@pytest.mark.parametrize(
    "both",
    [
        lambda: (bessel("j", -3), scale(bessel("j", 3), -1)),
        lambda: (bessel("j", -2), bessel("j", 2)),
        lambda: (bessel("y", -1), scale(bessel("y", 1), -1)),
        lambda: (bessel("i", -3), bessel("i", 3)),
        lambda: (bessel("k", -HALF), bessel("k", HALF)),
        lambda: (bessel("j", 0, ZERO), ONE),
        lambda: (bessel("i", 0, ZERO), ONE),
        lambda: (bessel("j", 2, ZERO), ZERO),
        lambda: (bessel("j", 3, scale(X, -1)), scale(bessel("j", 3), -1)),
        lambda: (bessel("i", 2, scale(X, -1)), bessel("i", 2)),
        lambda: (kernel("reciprocal_gamma", number(5)), number(Fraction(1, 24))),
        lambda: (kernel("reciprocal_gamma", number(-2)), ZERO),
        lambda: (kernel("floor", number(Fraction(-7, 2))), number(-4)),
        lambda: (kernel("tanh", kernel("arctanh", X)), X),
        lambda: (kernel("sin", scale(kernel("arcsin", X), -1)), scale(X, -1)),
    ],
    ids=[str(k) for k in range(15)],
)
def test_at_numbers_and_of_opposites(both, values):
    found, expected = both()
    assert found.key == expected.key
    seen = values({"x": 0.7})
    assert seen.form(found) == pytest.approx(seen.form(expected))


@pytest.mark.parametrize(
    ("kind", "order", "argument"), [("j", -2.0, 0.7), ("y", -3.0, 0.7), ("i", -1.0, 0.7), ("k", -0.5, 0.7)]
)
def test_the_same_of_scipys_functions(kind, order, argument, values):
    """What is held against numbers above is held against the numbers of the function that was asked for."""
    function = {"j": special.jv, "y": special.yv, "i": special.iv, "k": special.kv}[kind]
    found = bessel(kind, Fraction(order))
    assert values({"x": argument}).form(found) == pytest.approx(function(order, argument))


@pytest.mark.parametrize("kind", "jyi")
def test_orders_that_are_no_whole_numbers_are_not_reflected(kind):
    form = bessel(kind, -HALF)
    assert [atom.forms[0].key for atom in atoms(form) if atom.kind == "kernel"] == [number(-HALF).key]


@pytest.mark.parametrize("name", ["cosh", "cos"])
def test_only_the_inverse_of_an_odd_function_passes_a_sign_through(name):
    """cos(-arccos x) is x too, and is not undone: nothing is said of it but what is sure."""
    inner = {"cosh": "arccosh", "cos": "arccos"}[name]
    assert kernel(name, kernel(inner, X)).key == X.key
    assert kernel(name, scale(kernel(inner, X), 2)).key != scale(X, 2).key
    assert kernel("arccos", kernel("cos", X)).key != X.key


# ---------------------------------------------------------------------------- recurrences


@pytest.mark.parametrize("kind", "jyik")
@pytest.mark.parametrize("order", [2, 3, 5, Fraction(7, 2)])
def test_large_orders_by_small_ones(kind, order, values):
    form = bessel(kind, order)
    nonzero = {pattern(a.forms[0]) for term, _ in vanishes(X).terms.values() for a, _ in term.factors.values()}
    lowered = by_recurrence(form, nonzero)
    assert all(atom.forms[0].key in {number(order % 1 + k).key for k in (0, 1)} for atom in atoms(lowered)
               if atom.kind == "kernel")  # fmt: skip
    for x in (0.4, 3.25):
        assert values({"x": x}).form(lowered) == pytest.approx(values({"x": x}).form(form), rel=1e-9)


def test_an_order_is_lowered_only_where_the_argument_is_not_0():
    """Y and K have no value at 0; J and I have."""
    assert by_recurrence(bessel("y", 2)).key != bessel("y", 2).key
    assert by_recurrence(bessel("k", 2)).key != bessel("k", 2).key
    for kind in "ji":
        form = bessel(kind, 2)
        assert by_recurrence(form).key == form.key
        of_both = bessel(kind, 2, multiply(X, Y))
        assert by_recurrence(of_both, {pattern(X)}).key == of_both.key


@pytest.mark.parametrize("order", [0, 1, LARGEST + 1, -HALF])
def test_small_orders_and_far_too_large_ones_stay(order):
    form = add(bessel("k", order), X)
    assert by_recurrence(form).key == form.key
    symbolic = kernel("bessel_k", Y, X)
    assert by_recurrence(symbolic).key == symbolic.key


def test_functions_inside_of_others_are_lowered_too(values):
    inner = bessel("k", 2)
    form = add(kernel("tanh", inner), power(bessel("k", 3, inner), 2))
    lowered = by_recurrence(form)
    orders = {atom.forms[0].key for atom in atoms(lowered) if atom.name == "bessel_k"}
    assert orders == {number(0).key, number(1).key}
    assert values({"x": 0.9}).form(lowered) == pytest.approx(values({"x": 0.9}).form(form), rel=1e-9)


# ---------------------------------------------------------------------------- contiguous functions


def gauss(a, b, c):
    return kernel(NAME, *(part if hasattr(part, "terms") else number(part) for part in (a, b, c)), X)


@pytest.mark.parametrize(
    "family",
    [
        pytest.param([(HALF, 0, 1), (HALF, 1, 1), (HALF, 2, 1)], id="b = 0"),
        pytest.param([(-1, HALF, 1), (0, HALF, 1), (1, HALF, 1)], id="through a = 0"),
        pytest.param([(HALF, -1, 1), (HALF, 0, 1), (HALF, 1, 1)], id="through b = 0"),
        pytest.param([(HALF, Fraction(1, 3), 2), (HALF, Fraction(1, 3), 1), (HALF, Fraction(1, 3), 0)], id="c = 1"),
        pytest.param([(HALF, HALF, 0), (HALF, HALF, -1), (1 + HALF, HALF, 0)], id="c = 0"),
        pytest.param([(HALF, HALF, 1), (HALF, HALF + MOST_STEPS + 1, 1), (1 + HALF, HALF, 1)], id="too far"),
    ],
)
def test_a_step_that_would_divide_by_0_is_not_taken(family, values):
    form = add(*(gauss(*parameters) for parameters in family))
    lowered = by_contiguity(form)
    for parameters in family:
        if parameters[2] <= 0:  # no value: what has none is not lowered
            assert gauss(*parameters).key in {power_of(atom).key for atom in atoms(lowered)}
    if all(c > 0 for _, _, c in family):
        assert values({"x": 0.3}).form(lowered) == pytest.approx(values({"x": 0.3}).form(form), rel=1e-9)


def test_parameters_that_are_not_constant_stay():
    form = add(gauss(Y, HALF, 1), gauss(add(Y, ONE), HALF, 1), gauss(subtract(Y, ONE), HALF, 1))
    assert by_contiguity(form).key == form.key
