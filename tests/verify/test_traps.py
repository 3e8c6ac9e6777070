"""Gradients that look wrong and are right, or the other way round, each beside its neighbours of another verdict."""

import numpy as np
import pytest
from scipy import special

from verify import Verdict, check

x = np.array([0.5, -1.5])
PROVED, REFUTED = Verdict.PROVED, Verdict.REFUTED


def test_f_that_overflows_on_the_way_is_judged_by_what_it_means():
    def softplus(x):
        return np.log1p(np.exp(x))

    far = np.array([800.0, 0.5])
    naive = check(softplus, far, grad=lambda x: np.exp(x) / (1 + np.exp(x)))
    assert naive.verdict is REFUTED and naive.formula.verdict is PROVED and "nan" in naive.counterexample.got
    stable = check(softplus, far, grad=lambda x: 1 / (1 + np.exp(-x)))
    assert stable.verdict is PROVED and any("not finite" in note for note in stable.notes)
    for beyond in (lambda x: np.exp(x), lambda x: np.log(x - 800.0)):
        assert check(beyond, far, grad=lambda x: x).verdict is Verdict.UNDECIDED


def test_a_candidate_that_branches_on_an_argument_answers_for_both_sides():
    def g(y, x):
        return np.where(x > 0, x / (x**2 + y**2), -x / (x**2 + y**2))

    y, z = np.array([0.5, 2.0]), np.array([1.5, 3.0])
    assert check(np.arctan2, y, z, grad=g, wrt=0).verdict is REFUTED
    unsaid = check(lambda y, x: y * np.abs(x), y, z, grad=lambda y, x: x, wrt=0)
    assert unsaid.verdict is Verdict.UNDECIDED and "domain=" in unsaid.reason


def test_a_tie_of_a_value_with_itself_is_no_kink():
    result = check(lambda x: np.maximum(x, x), x, grad=np.ones_like)
    assert result.verdict is PROVED and not result.kinks
    assert check(lambda x: np.maximum(x, x), x, grad=lambda x: 0.5 * np.ones_like(x)).verdict is REFUTED


def test_a_named_constant_is_read_as_such_where_terms_cancel():
    def scaled(x):
        return special.erfc(x) * np.exp(x**2)

    far = np.array([8.0, 20.0])
    right = check(scaled, far, grad=lambda x: 2 * x * np.exp(x**2) * special.erfc(x) - 2 / np.sqrt(np.pi))
    assert right.formula.verdict is PROVED and any("named constants" in line for line in right.formula.assumptions)
    wrong = check(scaled, far, grad=lambda x: 2 * x * np.exp(x**2) * special.erfc(x) - 1.128379167095513)
    assert wrong.formula.verdict is not PROVED


@pytest.mark.parametrize(
    "f, g",
    [
        (np.abs, lambda x: x / np.abs(x)),
        (lambda x: np.sqrt(x**2), lambda x: x / np.abs(x)),
        (lambda x: np.maximum(x, 0), lambda x: np.maximum(x, 0) / x),
    ],
    ids=["absolute", "root", "relu"],
)
def test_a_gradient_need_not_have_a_value_where_f_bends(f, g):
    result = check(f, x, grad=g)
    assert result.verdict is PROVED and any("kink" in line for line in result.formula.domain)


@pytest.mark.parametrize(
    "f, g",
    [
        (lambda x: np.maximum(x, 0) - np.maximum(-x, 0), lambda x: x / x),
        (lambda x: x * np.abs(x), lambda x: 2 * x**2 / np.abs(x)),
        (lambda x: np.abs(x) ** 3, lambda x: 3 * x * np.abs(x) ** 2 / np.abs(x)),
        (lambda x: np.sqrt(x**2) ** 2, lambda x: 2 * x * x / x),
    ],
    ids=["cancelled", "smooth once", "smooth twice", "square"],
)
def test_where_a_guard_is_no_kink_it_has_to(f, g):
    result = check(f, x, grad=g)
    assert result.formula.verdict is not PROVED and result.verdict is REFUTED and "nan" in result.counterexample.got


def test_what_is_0_all_around_has_the_derivative_0():
    result = check(np.std, np.array([3.0]), grad=lambda x: (x - np.mean(x)) / (x.size * np.std(x)))
    assert result.verdict is REFUTED and result.numbers.expected == "0"
    assert check(np.std, np.array([3.0]), grad=lambda x: np.zeros(1)).verdict is not REFUTED


def test_a_kink_that_only_differences_show_is_one():
    def largest(a):
        return np.linalg.eigvalsh(a)[-1]

    result = check(largest, 2.0 * np.eye(2), grad=lambda a: np.outer(*[np.linalg.eigh(a)[1][:, -1]] * 2))
    assert result.verdict is Verdict.NONDIFFERENTIABLE and not result.ok
    (kink,) = result.kinks
    assert {float(kink.left), float(kink.right)} == {0.0, 2.0}


def test_products_of_all_but_one_are_proved_though_one_is_zero():
    given = np.array([2.0, 0.0, 3.0])

    def leaving_out(x):
        return np.array([np.prod(np.delete(x, i)) for i in range(x.size)])

    assert check(np.prod, given, grad=leaving_out).verdict is PROVED
    assert check(np.prod, given, grad=lambda x: leaving_out(x)[::-1]).verdict is REFUTED


def test_what_may_never_be_zero_is_asked_about_and_what_is_a_power_is_not():
    positive = np.array([0.7, 1.4])

    def divides(x):
        return special.iv(1, x) + 0 * special.iv(0, x) / x

    asked = check(lambda x: special.iv(0, x).sum(), positive, grad=divides)
    assert asked.verdict is Verdict.UNDECIDED and "domain=" in asked.reason
    assert check(lambda x: special.iv(0, x).sum(), positive, grad=divides, domain={"x": "positive"}).ok
    assert check(lambda x: special.iv(0, x).sum(), -positive, grad=divides).verdict is REFUTED
    assert check(lambda x: np.sum(x**0), positive, grad=lambda x: 0 * x ** (-1.0)).verdict is REFUTED


def test_a_kink_that_cancels_is_none_at_a_hard_point_either():
    def shrunk(x):
        return np.where((x > 0) | (x < 0), x, 0.0)

    assert check(shrunk, x, grad=lambda x: 1.0 * ((x > 0) | (x < 0))).verdict is REFUTED
    assert check(shrunk, x, grad=np.ones_like).ok


@pytest.mark.parametrize(
    ("f", "g", "wrong"),
    [
        (special.j1, lambda x: special.j0(x) - special.j1(x) / x, lambda x: special.j0(x) - special.j1(x)),
        (special.i1, lambda x: special.i0(x) - special.i1(x) / x, lambda x: special.i0(x) + special.i1(x) / x),
        (
            lambda x: special.jv(2, x),
            lambda x: special.j1(x) - 2 * special.jv(2, x) / x,
            lambda x: special.j1(x) - special.jv(2, x) / x,
        ),
    ],
    ids=["j1", "i1", "j2"],
)
def test_bessel_functions_by_those_of_neighbouring_orders(f, g, wrong):
    for domain in ("positive", "nonzero"):
        assert check(f, np.array([0.3, 1.2, 5.0]), grad=g, domain={0: domain}).verdict is PROVED
        assert check(f, np.array([0.3, 1.2, 5.0]), grad=wrong, domain={0: domain}).verdict is REFUTED


def test_where_the_domain_is_asked_for_the_formula_may_be_proved_on_it():
    positive = np.array([0.3, 1.2])

    def divides(x):
        return np.cos(x) * x / x

    asked = check(np.sin, positive, grad=divides)
    assert asked.verdict is Verdict.UNDECIDED and "domain=" in asked.reason and not asked.ok
    assert asked.formula.verdict is PROVED and "x[i] != 0" in asked.formula.domain
    lacking = check(np.sin, -positive, grad=divides)
    assert lacking.verdict is REFUTED and lacking.formula.verdict is not PROVED
    assert check(np.sin, positive, grad=divides, domain={"x": "positive"}).verdict is PROVED


@pytest.mark.parametrize(
    "g",
    [
        lambda x: 2 * x * np.sqrt(x) / np.sqrt(x),  # without values on an open set
        lambda x: 2 * x * np.maximum(x, 0) / np.maximum(x, 0),
        lambda x: 2 * x * (x - x) / (x - x),
        lambda x: 3 * x * x / x,
    ],
    ids=["root", "relu", "nothing", "wrong"],
)
def test_a_gradient_that_lacks_values_on_an_open_set_or_is_wrong_has_no_proved_formula(g):
    assert check(np.square, np.array([0.3, 1.2]), grad=g).formula.verdict is not PROVED
