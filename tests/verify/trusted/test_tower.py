"""The replay of proofs by cases: small proofs written by hand, and what is wrong with their neighbours."""

from __future__ import annotations

import copy
import math
from fractions import Fraction
from typing import Any

import pytest

from verify.trusted import polynomials, tower
from verify.trusted.polynomials import divided, generator, monic, plain, plus, primes, times
from verify.trusted.signs import ANY, Empty, Meaning, Signs
from verify.trusted.terms import Refused

X, Y = [["1", [[0, 1]]]], [["1", [[1, 1]]]]
ONE = [["1", []]]
VAR_X, VAR_Y = ["var", [], "0"], ["var", [], "1"]
HALF = "1/2"


def leaf(**values: Any) -> Any:
    return {"values": {key.removeprefix("_"): value for key, value in values.items()}}


def cases(split: Any, **ways: Any) -> Any:
    names = {"above": ">", "below": "<", "at": "="}
    return {"split": split, **{names[name]: ways.get(name, leaf()) for name in names}}


def replay(nodes: Any, generators: Any, tree: Any, signs: Any = ("real",), facts: Any = ()) -> None:
    tower.zero(nodes, signs, facts, copy.deepcopy({"generators": generators, "tree": tree}))


def refused(match: str, *given: Any, **more: Any) -> None:
    with pytest.raises(Refused, match=match):
        replay(*given, **more)


RATIO = [["var", 0], ["pow", 0, "-1"], ["mul", 1, 0], ["num", "-1"], ["add", 2, 3]]  # x / x - 1


def twice(at: int) -> Any:
    """Nodes that take a node away from itself, its first power: it is evaluated, as like terms are not."""
    return [["pow", at, "1"], ["num", "-1"], ["mul", at + 2, at + 1], ["add", at, at + 3]]


def test_a_fraction_is_1_wherever_it_has_a_value():
    replay(RATIO, [VAR_X], leaf())


@pytest.mark.parametrize("at", [leaf(), leaf(_0=["1", [[X, 1]]])])
def test_there_is_no_division_by_what_is_0_in_a_case(at):
    """Not even where the proof says that 0 is a product of factors, each of them 0 in this case."""
    nodes = [["var", 0], ["pow", 0, "-1"], *twice(1)]
    replay(nodes, [VAR_X], leaf())
    refused("division by 0", nodes, [VAR_X], cases(X, at=at))
    refused("a difference is left", RATIO, [VAR_X], cases(X, at=at))


def test_a_factor_that_a_proof_names_is_multiplied_out():
    nodes = [["var", 0], ["mul", 0, 0], ["num", "-1"], ["add", 1, 2], ["pow", 3, "-1"], ["mul", 3, 4], ["add", 5, 2]]
    above, below = [["1", [[0, 1]]], ["1", []]], [["1", [[0, 1]]], ["-1", []]]
    replay(nodes, [VAR_X], leaf(_3=["1", [[above, 1], [below, 1]]]))
    refused("is not the product", nodes, [VAR_X], leaf(_3=["1", [[above, 2]]]))
    refused("is not the product", nodes, [VAR_X], leaf(_3=["2", [[above, 1], [below, 1]]]))
    for power in (0, -1, "1", 65):
        refused("the power of a factor", nodes, [VAR_X], leaf(_3=["1", [[above, power], [below, 1]]]))


def test_the_number_before_the_factors_is_not_0():
    nodes = [["var", 0], ["pow", 0, "-1"], *twice(1)]
    refused("is not the product", nodes, [VAR_X], cases(X, at=leaf(_0=["0", []])))


def test_a_truth_is_0_or_1():
    nodes = [["var", 0], ["mul", 0, 0], ["num", "-1"], ["mul", 2, 0], ["add", 1, 3]]
    replay(nodes, [VAR_X], leaf(), ["truth"])
    refused("a difference is left", nodes, [VAR_X], leaf(), ["nonnegative"])


def test_a_root_of_what_is_0():
    root = ["root", [X], HALF]
    nodes = [["var", 0], ["pow", 0, HALF], ["pow", 1, "2"], ["num", "-1"], ["mul", 3, 0], ["add", 2, 4]]
    facts = [[0, ">= 0"]]
    replay(nodes, [VAR_X, root], cases(X), facts=facts)
    refused("sign that decides", nodes, [VAR_X, root], leaf())
    inverse = [["var", 0], ["pow", 0, "-1/2"], *twice(1)]
    refused("division by 0", inverse, [VAR_X, root], cases(X), facts=facts)
    replay(inverse, [VAR_X, root], leaf(), ["positive"])


@pytest.mark.parametrize("scale", ["2", "-1/2", "2/3", "1/3"])
def test_a_root_has_a_scale_that_fits(scale):
    nodes = [["var", 0], ["pow", 0, HALF], *twice(1)]
    refused("another scale", nodes, [VAR_X, ["root", [X], scale]], leaf(), ["positive"])
    replay(nodes, [VAR_X, ["root", [X], "1/4"]], leaf(), ["positive"])


def test_factors_whose_signs_are_open_have_one_root_together():
    """√(xy) and √(x⁵y), where only xy > 0 is known."""
    xy = [["1", [[0, 1], [1, 1]]]]
    generators = [VAR_X, VAR_Y, ["root", [xy], HALF]]
    product = [["var", 0], ["var", 1], ["mul", 0, 1]]
    nodes = [*product, ["pow", 2, HALF], ["pow", 3, "2"], ["num", "-1"], ["mul", 5, 2], ["add", 4, 6]]
    replay(nodes, generators, leaf(), ["real", "real"], [[2, "> 0"]])
    fifth = [*product, ["pow", 0, "4"], ["mul", 3, 2], ["pow", 4, HALF], ["pow", 2, HALF], ["pow", 0, "2"]]
    both = [*fifth, ["mul", 6, 7], ["num", "-1"], ["mul", 9, 8], ["add", 5, 10]]
    replay(both, generators, leaf(), ["real", "real"], [[2, "> 0"]])
    third = [*product, ["pow", 0, "2"], *fifth[4:], *both[8:]]
    refused("sign that decides", third, generators, leaf(), ["real", "real"], [[2, "> 0"]])


def test_a_root_of_a_product_is_not_that_of_its_negative():
    """√(xy) = √x √y only where both are positive."""
    nodes = [["var", 0], ["var", 1], ["mul", 0, 1], ["pow", 2, HALF], ["pow", 0, HALF], ["pow", 1, HALF]]
    nodes += [["mul", 4, 5], ["num", "-1"], ["mul", 7, 6], ["add", 3, 8]]
    generators = [VAR_X, VAR_Y, ["root", [X], HALF], ["root", [Y], HALF]]
    replay(nodes, generators, leaf(), ["positive", "positive"])
    with pytest.raises(Refused):
        replay(nodes, generators, leaf(), ["real", "real"], [[2, "> 0"]])


def test_a_logarithm_of_0_has_no_value():
    nodes = [["var", 0], ["log", 0], *twice(1)]
    generators = [VAR_X, ["log", [X], "1"]]
    replay(nodes, generators, leaf())
    refused("division by 0", nodes, generators, cases(X))


def test_odd_functions_and_others():
    zero = [["var", 0], ["num", "-1"], ["mul", 1, 0], ["add", 0, 2]]
    replay([*zero, ["fun:erf", 3]], [VAR_X], leaf())
    refused("names no such generator", [*zero, ["fun:gammaln", 3]], [VAR_X], leaf())
    even = [["var", 0], ["num", "-1"], ["mul", 1, 0], ["fun:erf", 0], ["fun:erf", 2], ["add", 3, 4]]
    generators = [VAR_X, ["fun:erf", [X, ONE], "1"]]
    replay(even, generators, leaf())
    minus = [["-1", [[0, 1]]]]
    other = [*[node if node[0] != "fun:erf" else ["fun:erfc", *node[1:]] for node in even]]
    refused(
        "a difference is left", other, [VAR_X, ["fun:erfc", [X, ONE], "1"], ["fun:erfc", [minus, ONE], "1"]], leaf()
    )
    refused("a kind that is not known", [["var", 0], ["erf", 0]], generators, leaf())


def test_the_exponential_of_a_logarithm_is_a_root_and_that_of_a_sum_a_product():
    nodes = [["var", 0], ["log", 0], ["num", "3"], ["mul", 2, 1], ["exp", 3], ["pow", 0, "3"], ["num", "-1"]]
    nodes += [["mul", 6, 5], ["add", 4, 7]]
    generators = [VAR_X, ["log", [X], "1"]]
    replay(nodes, generators, leaf(), ["positive"])
    refused("sign that decides", nodes, generators, leaf())
    both = [["var", 0], ["var", 1], ["add", 0, 1], ["exp", 2], ["exp", 0], ["exp", 1], ["mul", 4, 5], ["num", "-1"]]
    both += [["mul", 7, 6], ["add", 3, 8]]
    exps = [VAR_X, VAR_Y, ["exp", [X, ONE], "1"], ["exp", [Y, ONE], "1"]]
    replay(both, exps, leaf(), ["real", "real"])
    refused("another scale", both, [*exps[:2], ["exp", [X, ONE], "2"], exps[3]], leaf(), ["real", "real"])


def test_angles_have_one_scale_and_few_turns():
    nodes = [["var", 0], ["num", "2"], ["mul", 1, 0], ["sin", 2], ["sin", 0], ["cos", 0], ["num", "-2"]]
    nodes += [["mul", 6, 4, 5], ["add", 3, 7]]
    replay(nodes, [VAR_X, ["cos", [X, ONE], "1"], ["sin", [X, ONE], "1"]], leaf())
    for c, s in (("1", "2"), ("2", "2"), ("2/3", "2/3")):
        refused("another scale", nodes, [VAR_X, ["cos", [X, ONE], c], ["sin", [X, ONE], s]], leaf())
    refused("another scale", nodes, [VAR_X, ["cos", [X, ONE], "1/65"], ["sin", [X, ONE], "1/65"]], leaf())
    less = [*nodes[:6], ["num", "2"], *nodes[7:]]
    refused("a difference is left", less, [VAR_X, ["cos", [X, ONE], "1"], ["sin", [X, ONE], "1"]], leaf())


# ---------------------------------------------------------------------------- cases

STEP = [["var", 0], ["positive", 0], ["zero", 0], ["num", "-1"], ["mul", 3, 0], ["positive", 4], ["add", 1, 2, 5, 3]]


def test_the_three_guards_make_1():
    replay(STEP, [VAR_X], cases(X))
    refused("sign that decides", STEP, [VAR_X], leaf())


def test_every_case_has_to_hold():
    for way in ("above", "below", "at"):
        nodes = [*STEP[:-1], ["num", {"above": "5", "below": "5", "at": "5"}[way]]]
        guard = {"above": 1, "below": 5, "at": 2}[way]
        nodes += [["mul", guard, 6]]
        refused("a difference is left", nodes, [VAR_X], cases(X))


def test_facts_that_exclude_every_point_show_nothing():
    nodes = [["var", 0], ["num", "-1"], ["mul", 1, 0], ["num", "5"]]
    refused("exclude every point", nodes, [VAR_X], leaf(), ["positive"], [[2, "> 0"]])
    refused("exclude every point", nodes, [VAR_X], cases(X), ["real"], [[2, "> 0"], [0, "> 0"]])


def test_a_fact_that_has_no_value_to_tell_adds_nothing():
    """That √x is not 0 is left out where the sign of x is open, and used where it is known."""
    nodes = [["var", 0], ["pow", 0, HALF], ["num", "1"], ["mul", 2, 0], *[["pow", 3, "1"], ["num", "-1"]]]
    nodes += [["mul", 5, 4], ["add", 0, 6]]
    generators = [VAR_X, ["root", [X], HALF]]
    replay(nodes, generators, leaf(), facts=[[1, "!= 0"]])
    inverse = [["var", 0], ["pow", 0, HALF], ["pow", 0, "-1"], *twice(2)]
    replay(inverse, generators, cases(X, at=leaf()), ["nonnegative"], [[1, "> 0"]])
    refused("division by 0", inverse, generators, cases(X, at=leaf()), ["nonnegative"])


def test_a_case_on_a_null_set_alone_shows_nothing():
    """Only x = 0 is left: the claim holds there, and on no open set."""
    nodes = [["var", 0], ["num", "-1"], ["mul", 1, 0], ["num", "0"], ["mul", 0, 3]]
    refused("exclude every point", nodes, [VAR_X], cases(X), ["real"], [[2, ">= 0"], [0, ">= 0"]])


def test_a_split_is_of_a_polynomial_that_is_not_0():
    refused("a case of the sign of 0", STEP, [VAR_X], {"split": [], ">": leaf(), "<": leaf(), "=": leaf()})
    with pytest.raises(KeyError):
        replay(STEP, [VAR_X], {"split": X, ">": leaf(), "<": leaf()})


def test_cases_are_counted(monkeypatch):
    monkeypatch.setattr(tower, "MAX_CASES", 4)
    replay(STEP, [VAR_X], cases(X))
    monkeypatch.setattr(tower, "MAX_CASES", 3)
    refused("too many cases", STEP, [VAR_X], cases(X))
    monkeypatch.setattr(tower, "MAX_CASES", 400)
    monkeypatch.setattr(tower, "MAX_SECONDS", -1.0)
    refused("out of budget", STEP, [VAR_X], cases(X))


def test_generators_are_named_in_order_and_of_something():
    nodes = [["var", 0], ["log", 0], *twice(1)]
    refused("a monomial", nodes, [["log", [Y], "1"], VAR_X], leaf())
    refused("a generator of nothing", nodes, [VAR_X, ["log", [[]], "1"]], leaf())
    refused("a generator of nothing", nodes, [[3, [], "0"]], leaf())
    refused("names no such generator: log", nodes, [VAR_X], leaf())
    refused("names no such generator: var", nodes, [], leaf())


# ---------------------------------------------------------------------------- signs


def known(*signs: str, roots: Any = ()) -> Signs:
    meaning = [Meaning("var", (), Fraction(k)) for k in range(len(signs))]
    return Signs([*meaning, *(Meaning("root", (polynomials.key(p),), Fraction(1, 2)) for p in roots)], signs)


def poly(**terms: int) -> Any:
    """x2y=3 is 3 x² y; c is the constant."""
    out: Any = {}
    for name, c in terms.items():
        powers: dict[int, int] = {}
        for letter, power in zip(name[::2], name[1::2], strict=True) if name != "c" else ():
            powers["xyzr".index(letter)] = int(power)
        out[tuple(sorted(powers.items(), reverse=True))] = Fraction(c)
    return out


@pytest.mark.parametrize(
    ("signs", "p", "sign"),
    [
        (("real",), poly(x1=1), ANY),
        (("real",), poly(x2=1), {0, 1}),
        (("nonzero",), poly(x2=1), {1}),
        (("nonzero",), poly(x1=1), {-1, 1}),
        (("real",), poly(x2=1, c=1), {1}),
        (("real",), poly(x2=-1, c=-1), {-1}),
        (("real",), poly(x2=1, c=-1), ANY),
        (("nonnegative",), poly(x1=1), {0, 1}),
        (("nonnegative",), poly(x1=-2), {0, -1}),
        (("nonnegative", "positive"), poly(x1=1, y1=1), {1}),
        (("nonnegative", "nonnegative"), poly(x1=1, y1=1), {0, 1}),
        (("positive", "real"), poly(x1y1=1), ANY),
        (("positive", "nonzero"), poly(x3y1=-1), {-1, 1}),
        (("truth",), poly(x1=1), {0, 1}),
        ((), {}, {0}),
    ],
)
def test_signs_by_shape(signs, p, sign):
    assert known(*signs).sign(p) == sign


def test_what_is_known_helps_and_may_exclude_every_point():
    s = known("real", "real")
    s.learn(poly(x1=1, c=-1), frozenset({1}))  # x > 1
    assert s.sign(poly(x1=2, c=-2)) == {1}
    assert s.sign(poly(x1=-3, c=3)) == {-1}
    assert s.sign(poly(x1=1)) == {1}
    assert s.sign(poly(x1=1, c=-2)) == ANY
    s.learn(poly(y1=1, x1=-1), frozenset({0, 1}))  # y >= x
    assert s.sign(poly(y1=1, c=-1)) == {1}
    assert s.sign(poly(x1=1, y1=-1)) == {0, -1}
    with pytest.raises(Empty):
        s.learn(poly(y1=1), frozenset({0}))


def test_what_is_equal_to_0_adds_nothing_strict():
    s = known("real", "real")
    s.learn(poly(x1=1, y1=-1), frozenset({0}))
    assert s.sign(poly(x1=1, y1=-1, c=1)) == {1}
    assert s.sign(poly(x1=-1, y1=1)) == {0}
    assert s.sign(poly(x1=1)) == ANY


@pytest.mark.parametrize("content", [0, 2, -3])
@pytest.mark.parametrize("sign", [{1}, {0, 1}, {-1, 1}, {0}])
def test_the_sign_of_a_number_is_its_sign(content, sign):
    fits = (content > 0) - (content < 0) in sign
    s = known("real")
    if fits:
        s.learn_factored((Fraction(content), []), frozenset(sign))
    else:
        with pytest.raises(Empty):
            s.learn_factored((Fraction(content), []), frozenset(sign))
    assert s.known == []


def test_a_product_says_what_its_factors_leave_open():
    x, y = poly(x1=1), poly(y1=1)
    s = known("real", "positive")
    s.learn_factored((Fraction(-2), [(x, 1), (y, 1)]), frozenset({1}))  # -2 x y > 0
    assert s.sign(x) == {-1}
    s = known("real", "real")
    s.learn_factored((Fraction(1), [(x, 1), (y, 1)]), frozenset({1}))
    assert s.sign(x) == {-1, 1}
    assert s.sign(poly(x1y1=1)) == {1}
    assert s.sign_of((Fraction(-1), [(x, 3), (y, 1)])) == {-1}
    s = known("real", "real")
    s.learn_factored((Fraction(1), [(x, 2), (y, 1)]), frozenset({0, 1}))  # x² y >= 0: y may be anything where x is 0
    assert s.sign(y) == ANY
    s = known("real", "real")
    s.learn_factored((Fraction(1), [(x, 2), (y, -1)]), frozenset({1}))
    assert s.sign(y) == {1}
    assert s.sign(x) == {-1, 1}


def test_signs_by_a_conjugate():
    """With r = √(x² + 1), newest: r > x, r + x > 0; 2 r - x > 0; and r - 2 x may be anything."""
    under = poly(x2=1, c=1)
    s = known("real", roots=[under])
    r = 1
    relation = plus({((r, 2),): Fraction(1)}, under, -1)
    s.relate(relation)
    s.relate(relation)
    assert s.relations == [relation]
    root, x = generator(r), generator(0)
    assert s.sign(root) == {1}
    assert s.sign(plus(root, x, -1)) == {1}
    assert s.sign(plus(root, x)) == {1}
    assert s.sign(plus(x, root, -1)) == {-1}
    assert s.sign(plus(plus(root, root), x, -1)) == {1}
    assert s.sign(plus(root, x, -2)) == ANY
    s.learn(plus(x, polynomials.ONE, -1), frozenset({1}))
    s.learn(plus(times(x, x), polynomials.ONE, -1), frozenset({1}))  # x² > 1: 2 x > r by a² - b² r = 3 x² - 1
    assert s.sign(plus(plus(x, x), root, -1)) == {1}
    assert s.by_conjugate(times(root, root)) == ANY
    assert s.by_conjugate(polynomials.ONE) == ANY


def test_the_root_of_what_may_be_0_may_be_0():
    s = known("nonnegative", roots=[poly(x1=1)])
    assert s.sign(generator(1)) == {0, 1}
    assert known("positive", roots=[poly(x1=1)]).sign(generator(1)) == {1}


def test_a_reduction_ends():
    """Each round replaces one generator by the one before: so many rounds are not made."""
    s = known(*["real"] * 80)
    for k in range(1, 40):
        s.relate(plus(generator(k), generator(k - 1), -1))
    assert s.reduced(generator(39)) == generator(0)
    t = known(*["real"] * 80)
    for k in reversed(range(1, 80)):
        t.relate(plus(generator(k), generator(k - 1), -1))
    assert t.reduced(generator(30)) == generator(0)
    with pytest.raises(Refused, match="does not end"):
        t.reduced(generator(79))


# ---------------------------------------------------------------------------- polynomials


def test_division_leaves_what_the_lead_does_not_divide():
    p, f = poly(x2y1=3, x1=2, c=1), poly(x1y1=1, c=-1)
    quotient, rest = divided(p, f)
    assert plus(times(quotient, f), rest) == p
    assert quotient == poly(x1=3)
    assert rest == poly(x1=5, c=1)


def test_what_is_read_is_a_polynomial_in_earlier_generators():
    assert polynomials.read([["1/2", [[0, 2], [1, 1]]], ["-1/2", [[1, 1], [0, 2]]]], 2) == {}
    assert polynomials.read([["2", []]], 0) == poly(c=2)
    for bad in ([[0, 0]], [[0, 65]], [[2, 1]], [[-1, 1]], [[0, True]], [["0", 1]], [[0, 1], [0, 2]], [[0, 1], [0, 1]]):
        with pytest.raises(Refused, match="a monomial"):
            polynomials.read([["1", bad]], 2)
    for bad in (1, 0.5, "1" * 400):
        with pytest.raises(Refused, match="a monomial"):
            polynomials.read([[bad, []]], 2)
    assert polynomials.read([["1" * 399, []], ["1", [[0, 64]]]], 2)


def test_numbers_and_monomials_taken_apart():
    assert primes(Fraction(12, 5)) == [(2, 2), (3, 1), (5, -1)]
    assert primes(Fraction(6, 4)) == [(2, -1), (3, 1)]
    assert primes(Fraction(1)) == []
    assert math.prod(Fraction(p) ** k for p, k in primes(Fraction(97 * 121, 49))) == Fraction(97 * 121, 49)
    with pytest.raises(Refused, match="large factors"):
        primes(Fraction((10**6 + 3) * (10**6 + 33)))
    assert plain({}) == (0, [])
    assert plain(poly(x2y1=-3)) == (-3, [(poly(y1=1), 1), (poly(x1=1), 2)])
    assert plain(poly(x1=2, c=4)) == (2, [(poly(x1=1, c=2), 1)])
    assert plain(poly(c=7)) == (7, [])
    assert monic(poly(x2=4, c=2)) == (4, {((0, 2),): 1, (): Fraction(1, 2)})


def test_products_have_a_bound(monkeypatch):
    monkeypatch.setattr(polynomials, "MAX_TERMS", 4)
    assert len(times(poly(x1=1, c=1), poly(y1=1, c=1))) == 4
    with pytest.raises(Refused, match="too long"):
        times(poly(x1=1, c=1), poly(y1=1, x1=1, c=1))


def test_powers_have_a_bound():
    for power in ("64", "-64"):
        replay([["var", 0], ["pow", 0, power], *twice(1)], [VAR_X], leaf())
    for power in ("65", "-65"):
        refused("a power that is too high", [["var", 0], ["pow", 0, power], *twice(1)], [VAR_X], leaf())


def test_powers_of_powers_have_a_bound():
    """Each node multiplies exponents by 64, and the digits of 3: neither is done at any length."""
    chain = [["pow", k, "64"] for k in range(6)]
    down = [["var", 0], ["pow", 0, "-64"], *([name, at + 1, power] for name, at, power in chain)]
    refused("a power that is too high", [*down, *twice(len(down) - 1)], [VAR_X], leaf())
    up = [["num", "3"], *chain]
    refused("long numbers", [*up, *twice(len(up) - 1)], [VAR_X], leaf())
