"""Where the tower ends: what is too large, has no value, or needs a case more; and what each of its parts refuses."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dualgrad.program.entry import Count, Element, entry, kernel
from verify.tower import decide as deciding
from verify.tower import ring
from verify.tower.decide import ROOM, decide
from verify.tower.equal import equal
from verify.tower.export import spelled
from verify.tower.hints import _hint, proofs
from verify.tower.nodes import SIGNS, Nodes
from verify.tower.ring import Field, Generator, NoValue, Ring, TooMuch
from verify.tower.signs import Signs
from verify.trusted.scalar import Claim

x, y = Element(0, ()), Element(1, ())
HALF = Fraction(1, 2)
GUARDS = [("positive", 0), ("mul", 1, 1), ("num", Fraction(-1)), ("mul", 3, 2), ("add", 1, 4)]  # [x > 0] - [x > 0]²


def twice(*nodes):
    """Nodes less the first power of the last: it is evaluated, as like terms are not."""
    at = len(nodes) - 1
    return [*nodes, ("pow", at, Fraction(1)), ("num", Fraction(-1)), ("mul", at + 2, at + 1), ("add", at, at + 3)]


def said(nodes, *signs, facts=(), seconds=2.0):
    return decide(nodes, list(signs), facts, seconds)


def test_scales_that_do_not_settle(monkeypatch):
    third = twice(("var", 0), ("exp", 0))
    assert said(third, "real").proved
    monkeypatch.setattr(deciding, "MOST_RESTARTS", 1)
    assert said(third, "real").reason == "the scales of its kernels do not settle"


def test_exponents_that_are_an_ulp_from_whole_numbers_end():
    nodes = [("var", 0), ("pow", 0, 5 * (1 + Fraction(1, 2**50))), ("num", Fraction(1)), ("add", 1, 2)]
    assert said(nodes, "positive", facts=[(3, "> 0")]).reason == "polynomials of too high a degree"


def test_cases_are_counted_and_end(monkeypatch):
    nodes = [("var", 0), *GUARDS]
    assert said(nodes, "real").proved
    assert said(nodes, "real", seconds=-1.0).reason == "too many cases"
    monkeypatch.setattr(deciding, "MOST_CASES", 3)
    assert said(nodes, "real").reason == "too many cases"
    monkeypatch.setattr(deciding, "MOST_CASES", 4)
    assert said(nodes, "real").proved
    monkeypatch.setattr(deciding, "MOST_SPLITS", 0)
    assert said(nodes, "real").reason == "too many cases inside one another"


def test_a_division_by_zero_in_a_case():
    inverse = [("var", 0), *GUARDS, ("pow", 0, Fraction(-1)), ("pow", 6, Fraction(1)), ("mul", 3, 7), ("add", 5, 6, 8)]
    found = said(inverse, "real")
    assert not found.proved
    assert found.reason == "a division by zero"
    assert found.where == ("v0 = 0",)
    assert said(inverse, "nonzero").proved


@pytest.mark.parametrize("kind", ["log", "root"])
def test_what_has_no_value_at_zero(kind):
    made = [("log", 0)] if kind == "log" else [("pow", 0, -HALF)]
    nodes = [("var", 0), *GUARDS, *made, ("pow", 6, Fraction(1)), ("mul", 3, 7), ("add", 5, 6, 8)]
    assert said(nodes, "nonnegative").reason == "a division by zero"
    assert said(nodes, "positive").proved
    root = [("var", 0), *GUARDS, ("pow", 0, HALF), ("pow", 6, Fraction(2)), ("mul", 3, 0), ("add", 5, 7, 8)]
    assert said(root, "nonnegative").proved


def test_facts_that_exclude_every_point_prove_nothing():
    nodes = [("var", 0), ("num", Fraction(-1)), ("mul", 1, 0), ("num", Fraction(5))]
    assert said(nodes, "positive", facts=[(2, "> 0")]).reason == "the facts exclude every point"
    both = [("var", 0), ("num", Fraction(-1)), ("mul", 1, 0), ("mul", 0, 0), ("num", Fraction(0)), ("mul", 4, 3)]
    assert said(both, "real", facts=[(0, ">= 0"), (2, "> 0")]).reason == "the facts exclude every point"


def test_what_is_too_large():
    for nodes in (twice(("var", 0), ("pow", 0, Fraction(65))), twice(("var", 0), ("pow", 0, Fraction(-65)))):
        assert said(nodes, "positive").reason == "a power that is too high"
    assert said(twice(("var", 0), ("pow", 0, Fraction(64))), "positive").proved
    far = [("var", 0), ("num", Fraction(100)), ("mul", 1, 0), ("exp", 2), ("exp", 0), ("add", 3, 4)]
    assert said(far, "real").reason == "a power of an exponential that is too high"
    turned = [("var", 0), ("num", Fraction(13)), ("mul", 1, 0), ("cos", 2), ("cos", 0), ("add", 3, 4)]
    assert said(turned, "real").reason == "an angle that is too large a multiple"


@pytest.mark.parametrize(("count", "proved"), [(ROOM - 1, True), (ROOM + 10, True), (4 * ROOM + 1, False)])
def test_room_for_generators_grows_to_a_limit(count, proved):
    nodes = [("var", k) for k in range(count)]
    other = [("add", *range(1, count)), ("num", Fraction(-1)), ("mul", count + 1, count), ("mul", count + 1, 0)]
    nodes += [("add", *range(count)), *[(k, *(a + 1 if k != "num" else a for a in args)) for k, *args in other]]
    nodes[count + 1] = ("add", *range(1, count))
    nodes[count + 3 :] = [("mul", count + 2, count + 1), ("mul", count + 2, 0), ("pow", count, Fraction(1))]
    nodes.append(("add", count + 5, count + 3, count + 4))
    found = said(nodes, *["real"] * count, seconds=20.0)
    assert found.proved is proved, found.reason
    assert proved or found.reason == "more generators than there is room for"


def test_a_root_of_a_product_asks_for_the_sign_of_a_factor():
    nodes = twice(("var", 0), ("var", 1), ("mul", 0, 1), ("pow", 2, HALF))
    assert said(nodes, "real", "real").proved
    assert said(nodes, "real", "real", facts=[(2, "> 0")]).proved


def test_a_number_is_above_0_or_0_or_below():
    nodes = [("var", 0), ("num", Fraction(-1)), ("mul", 1, 0), ("positive", 0), ("zero", 0), ("positive", 2)]
    assert said([*nodes, ("add", 3, 4, 5, 1)], "real").proved
    for left_out in (3, 4, 5):
        some = [k for k in (3, 4, 5) if k != left_out]
        assert not said([*nodes, ("add", *some, 1)], "real").proved


def test_a_root_of_a_product_that_is_negative(monkeypatch):
    """√(-x y) squared is -x y where x y < 0, whatever the signs of x and y."""
    monkeypatch.setattr(deciding, "MOST_SPLITS", 0)
    nodes = [("var", 0), ("var", 1), ("num", Fraction(-1)), ("mul", 0, 1, 2), ("pow", 3, HALF), ("mul", 4, 4)]
    facts = [(3, "> 0")]
    assert said([*nodes, ("mul", 0, 1), ("add", 5, 6)], "real", "real", facts=facts).proved
    assert not said([*nodes, ("mul", 0, 1, 2), ("add", 5, 6)], "real", "real", facts=facts).proved


def test_a_root_of_a_ninth_power_asks_for_no_sign(monkeypatch):
    """√((xy)⁹) = √(xy) (xy)⁴ where xy > 0, whatever the signs of x and y."""
    monkeypatch.setattr(deciding, "MOST_SPLITS", 0)
    ninth = [("var", 0), ("var", 1), ("mul", 0, 1), ("pow", 2, Fraction(9)), ("pow", 3, HALF), ("pow", 2, HALF)]
    ninth += [("pow", 2, Fraction(4)), ("mul", 5, 6), ("num", Fraction(-1)), ("mul", 8, 7), ("add", 4, 9)]
    assert said(ninth, "real", "real", facts=[(2, "> 0")]).proved


def test_a_term_that_cancels_in_every_case_is_not_evaluated():
    """[x > 0] w + [x = 0] w + [-x > 0] w - w, for a w of angles that are too many turns."""
    nodes = [("var", 0), ("num", Fraction(-1)), ("mul", 1, 0), ("positive", 0), ("zero", 0), ("positive", 2)]
    many = [("num", Fraction(50)), ("var", 1), ("mul", 6, 7), ("cos", 8), ("cos", 7), ("mul", 10, 9)]
    ends = [("mul", 3, 11), ("mul", 4, 11), ("mul", 5, 11), ("mul", 1, 11), ("add", 12, 13, 14, 15)]
    assert said([*nodes, *many, *ends], "real", "real").proved
    assert not said([*nodes, *many, *ends[:-1], ("add", 12, 13, 15)], "real", "real").proved


def test_odd_functions_of_zero():
    zero = [("var", 0), ("num", Fraction(-1)), ("mul", 1, 0), ("add", 0, 2)]
    assert said([*zero, ("fun:erf", 3)], "real").proved
    assert not said([*zero, ("fun:digamma", 3)], "real").proved


def test_truths_are_their_own_squares():
    square = [("var", 0), ("mul", 0, 0), ("num", Fraction(-1)), ("mul", 2, 0), ("add", 1, 3)]
    assert said(square, "truth").proved
    assert not said(square, "nonnegative").proved


# ---------------------------------------------------------------------------- rings


def test_a_ring_has_room_for_so_many_generators():
    ring = Ring(1)
    made = Generator("var", (), Fraction(0))
    assert ring.generator(made) == ring.generator(made)
    with pytest.raises(TooMuch, match="more generators"):
        ring.generator(Generator("var", (), Fraction(1)))


def test_fractions_and_relations():
    ring = Ring(80)
    gens = [ring.generator(Generator("var", (), Fraction(k))) for k in range(80)]
    over = Field(ring)
    with pytest.raises(NoValue):
        over.quotient(ring.one, ring.constant(0))
    with pytest.raises(NoValue):
        over.power(over.zero, -1)
    assert over.power(over.poly(gens[0]), -2).den == gens[0] ** 2
    assert over.quotient(gens[0] * gens[1], gens[1]).num == gens[0]
    for k in reversed(range(1, 80)):
        over.relate(gens[k] - gens[k - 1])
        over.relate(gens[k] - gens[k - 1])
    assert len(over.relations) == 79
    assert over.reduce(gens[20]) == gens[0]
    with pytest.raises(TooMuch, match="does not end"):
        over.reduce(gens[79])


def test_a_conjugate_tells_the_sign_of_the_larger_part():
    """With r = √x: x + 1 - r > 0, as (x + 1)² - x is."""
    ring = Ring(4)
    over = Field(ring)
    signs = Signs(over, ["positive"])
    a = ring.generator(Generator("var", (), Fraction(0)))
    root = ring.generator(Generator("root", (over.poly(a),), HALF))
    over.relate(root**2 - a)
    assert signs.of(a + 1 - root) == {1}
    assert signs.of(root - a - 1) == {-1}
    assert signs.of(2 * root - a) == {-1, 0, 1}
    assert signs.of(root + a) == {1}


@pytest.mark.parametrize(
    ("word", "samples"),
    [("real", (-2, 0, 3)), ("nonzero", (-2, 3)), ("nonnegative", (0, 3)), ("truth", (0, 1)), ("positive", (3, 5))],
)
def test_a_word_says_which_signs_there_are(word, samples):
    assert {(v > 0) - (v < 0) for v in samples} == SIGNS[word]


def test_what_a_product_says_of_its_factors():
    ring = Ring(3)
    p, q, r = (ring.generator(Generator("var", (), Fraction(k))) for k in range(3))
    signs = Signs(Field(ring), ["real"] * 3)
    signs.learn(p, frozenset({0}))
    signs.learn_factored((1, [(p, 1), (q, 1)]), frozenset({0}))
    assert signs.of(q) == {-1, 0, 1}  # 0 q = 0 says nothing
    signs.learn(r, frozenset({-1}))
    signs.learn_factored((1, [(r, 1), (q, 1)]), frozenset({1}))
    assert signs.of(q) == {-1}
    open_ = Signs(Field(ring), ["real"] * 3)
    open_.learn(p * q, frozenset({1}))
    assert open_.of_factored((1, [(p, 1), (q, 1)])) == {1}
    assert open_.of_factored((1, [(p, 1), (r, 1)])) == {-1, 0, 1}


def test_fractions_of_high_degree_are_refused():
    ring = Ring(2)
    x, y = (ring.generator(Generator("var", (), Fraction(k))) for k in range(2))
    assert Field(ring).quotient(x**512, y).num == x**512
    for num, den in ((x**513, ring.one), (ring.one, y**513)):
        with pytest.raises(TooMuch, match="too high a degree"):
            Field(ring).quotient(num, den)


def test_a_conjugate_tells_nothing_of_a_cosine_and_only_that_a_sum_is_not_zero():
    """4 c² > 1 does not say which sign 1 + 2 c has, as c may be negative; a² ≠ x says that a + √x is not 0."""
    ring = Ring(4)
    over = Field(ring)
    signs = Signs(over, ["positive", "real", "truth"])
    x, a, t = (ring.generator(Generator("var", (), Fraction(k))) for k in range(3))
    c = ring.generator(Generator("cos", (over.poly(x),), HALF))
    signs.learn(4 * c**2 - 1, frozenset({1}))
    assert signs.of(2 * c + 1) == {-1, 0, 1}
    assert signs.of(t) == {0, 1}
    ring = Ring(4)
    over = Field(ring)
    signs = Signs(over, ["positive", "real"])
    x, a = (ring.generator(Generator("var", (), Fraction(k))) for k in range(2))
    root = ring.generator(Generator("root", (over.poly(x),), HALF))
    over.relate(root**2 - x)
    signs.learn(a * a - x, frozenset({-1, 1}))
    assert signs.of(a + root) == {-1, 1}


# ---------------------------------------------------------------------------- what is read and written


def test_entries_that_are_read():
    assert equal(kernel("power", x, y), kernel("exp", y * kernel("log", x)), ["positive", "real"]).proved
    assert not equal(kernel("power", x, y), kernel("exp", x * kernel("log", y)), ["positive", "positive"]).proved
    nodes = Nodes()
    with pytest.raises(ValueError, match="tower: Count is not scalar"):
        nodes.entry(Count(3), [])
    with pytest.raises(ValueError, match="is not scalar"):
        nodes.entry(Element(0, (1,)), [0])


@pytest.mark.parametrize(
    ("name", "relation"),
    [("arcsin", ">= 0"), ("arccos", ">= 0"), ("arctanh", "> 0"), ("erfinv", "> 0"), ("arccosh", ">= 0"),
     ("gammaln", "> 0"), ("digamma", "> 0"), ("trigamma", "> 0"), ("log", "> 0"), ("tan", "!= 0")],
)  # fmt: skip
def test_what_a_function_requires(name, relation):
    nodes = Nodes()
    slot = nodes.variable()
    ((at, found),) = nodes.conditions(kernel(name, x), [slot])
    assert found == relation
    kind, *args = nodes.nodes[at]
    expected = {"arcsin": "add", "arccos": "add", "arctanh": "add", "erfinv": "add", "arccosh": "add", "tan": "cos"}
    assert kind == expected.get(name, "var")
    if name == "arccosh":
        assert args[0] == slot


def test_powers_require_what_they_need():
    nodes = Nodes()
    slot = nodes.variable()
    for exponent, relation in [(HALF, ">= 0"), (-HALF, "> 0"), (-2, "!= 0")]:
        assert [found for _, found in nodes.conditions(entry(x) ** exponent, [slot])] == [relation]
    assert nodes.conditions(entry(x) ** 2, [slot]) == []


def test_a_hint_is_pointwise_where_only_that_is_proved():
    """The whole is not shown to be 0 by the first claims, and each way of summing is by the second."""
    good = Claim([["var", 0], ["num", "-1"], ["mul", 1, 0], ["add", 0, 2]], ["real"], [])
    bad = Claim([["var", 0]], ["real"], [])
    found = _hint([[bad], [good, good]], 1e9)
    assert found is not None and found["pointwise"] is True and len(found["proofs"]) == 2
    assert _hint([[good], [bad]], 1e9)["pointwise"] is False
    assert _hint([[bad], [bad]], 1e9) is None


def test_only_a_proof_is_spelled():
    with pytest.raises(ValueError, match="is not a proof"):
        spelled(said([("var", 0)], "real"))


def test_hints_are_for_all_claims_or_none():
    good = Claim([["var", 0], ["num", "-1"], ["mul", 1, 0], ["add", 0, 2]], ["real"], [])
    bad = Claim([["var", 0]], ["real"], [])
    assert len(proofs([good, good], 1e9) or []) == 2
    assert proofs([good, bad], 1e9) is None
    assert proofs([good], -1.0) is None


# ---------------------------------------------------------------------------- angles and roots


def sin(u):
    return kernel("sin", u)


def cos(u):
    return kernel("cos", u)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (sin(-x), -sin(x)),
        (cos(-x), cos(x)),
        (sin(x - y), sin(x) * cos(y) - cos(x) * sin(y)),
        (cos(x - 2 * y), cos(x) * cos(2 * y) + sin(x) * sin(2 * y)),
        (sin(-3 * x), 4 * sin(x) ** 3 - 3 * sin(x)),
    ],
    ids=range(5),
)
def test_angles_of_either_sign(a, b):
    assert equal(a, b, ["real", "real"]).proved
    assert not equal(a, -1 * b, ["real", "real"]).proved


@pytest.mark.parametrize("power", [3, 5, 6, 7])
def test_roots_of_powers_of_a_product(power):
    """√((xy)^k) = |xy|^(k/2), where nothing but xy > 0 is known."""
    nodes = [
        ("var", 0),
        ("var", 1),
        ("mul", 0, 1),
        ("pow", 0, Fraction(power)),
        ("pow", 1, Fraction(power)),
        ("mul", 3, 4),
    ]
    nodes += [("pow", 5, HALF), ("pow", 2, HALF), ("pow", 7, Fraction(power)), ("num", Fraction(-1)), ("mul", 9, 8)]
    assert said([*nodes, ("add", 6, 10)], "real", "real", facts=[(2, "> 0")]).proved
    other = [*nodes[:8], ("pow", 7, Fraction(power + 1)), *nodes[9:], ("add", 6, 10)]
    assert not said(other, "real", "real", facts=[(2, "> 0")]).proved


def test_what_is_refused_is_not_proved(monkeypatch):
    monkeypatch.setattr(deciding, "MOST_RESTARTS", 0)
    assert not said([("num", Fraction(0))]).proved


def test_polynomials_of_too_many_terms(monkeypatch):
    square = twice(("var", 0), ("var", 1), ("add", 0, 1), ("mul", 2, 2))
    assert said(square, "real", "real").proved
    monkeypatch.setattr(ring, "MOST_TERMS", 3)
    assert said(square, "real", "real").reason == "polynomials of too many terms"
