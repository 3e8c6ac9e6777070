"""Lemmas of single rules: right ones are proved, and what is right almost everywhere only is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.frontends.trace import Trace
from dualgrad.op import Call, Kind, Op, pointwise_meaning
from dualgrad.program.entry import Element, Index, Meaning, affine, kernel, positive, select, zero
from dualgrad.program.record import Program
from verify.form.denote import Denotation
from verify.form.facts import Facts
from verify.form.limits import is_removable
from verify.lemma.book import forward_lemmas, lemma_of
from verify.lemma.pattern import canonical, pattern_of

N = 3


def op(name, forward, meaning, **rules):
    """An op that is in no registry."""
    kind = Kind.POINTWISE if "partials" in rules else Kind.SELECTION
    return Op(
        name=name,
        kind=kind,
        call=lambda *inputs: Call(inputs, {}),
        forward=forward,
        meaning=lambda sizes, *shapes: pointwise_meaning(sizes, shapes, meaning),
        **rules,
    )


def lemma(of, *shapes, reading="exact"):
    trace = Trace()
    labels = [tuple(f"n{axis}" for axis, _ in enumerate(shape)) for shape in shapes]
    given = [
        trace.input(f"a{k}", np.ones(shape), label) for k, (shape, label) in enumerate(zip(shapes, labels, strict=True))
    ]
    result = trace.record(of, given, {})
    equation = next(eq for eq in trace.equations if eq.output is result.operand)
    found, _ = lemma_of(equation, trace.extents.resolve, trace.extents.values, reading)
    forward = forward_lemmas(equation, trace.extents.resolve, trace.extents.values, reading)
    return found, forward


def blocked(of, *shapes):
    found, _ = lemma(of, *shapes)
    return [slot.blocked for slot in found.slots]


def larger(x, y):
    return select(positive(x - y), x, y)


def test_a_users_op_is_proved_on_first_use():
    cube = op("cube", lambda x: x**3, lambda x: x**3, partials=(lambda y, x: 3 * x * x,))
    found, (pushed,) = lemma(cube, (N,))
    assert not found.blocked
    assert not pushed.blocked


WRONG = {
    "power": lambda y, x: 3 * x,
    "sign": lambda y, x: -3 * x * x,
    "factor": lambda y, x: 2 * x * x,
    "right but at 0": lambda y, x: x * x + 2 * y / x,
    "result": lambda y, x: 3 * y,
}


@pytest.mark.parametrize("partial", WRONG.values(), ids=WRONG)
def test_a_wrong_rule_of_a_users_op_is_not(partial):
    cube = op("cube", lambda x: x**3, lambda x: x**3, partials=(partial,))
    found, (pushed,) = lemma(cube, (N,))
    assert found.blocked
    assert pushed.blocked


def test_a_rule_that_divides_by_what_may_vanish_is_refused():
    # g * (x y) / x is right wherever x is not 0, and nowhere after z - z was put for x.
    product = op(
        "product", np.multiply, lambda x, y: x * y, partials=(lambda out, x, y: y, lambda out, x, y: x * x / x)
    )
    first, second = blocked(product, (N,), (N,))
    assert not first
    assert "only the rule needs" in second


def test_ties_of_a_maximum_must_share_one():
    right = op("larger", np.maximum, larger, vjp=(
        lambda g, out, x, y: np.where(x > y, g, 0.0), lambda g, out, x, y: np.where(x > y, 0.0, g)))  # fmt: skip
    halves = op("larger", np.maximum, larger, vjp=(
        lambda g, out, x, y: np.where(x > y, g, np.where(np.equal(x, y), g / 2, 0.0)),
        lambda g, out, x, y: np.where(y > x, g, np.where(np.equal(x, y), g / 2, 0.0))))  # fmt: skip
    both = op("larger", np.maximum, larger, vjp=(
        lambda g, out, x, y: np.where(x >= y, g, 0.0), lambda g, out, x, y: np.where(y >= x, g, 0.0)))  # fmt: skip
    neither = op("larger", np.maximum, larger, vjp=(
        lambda g, out, x, y: np.where(x > y, g, 0.0), lambda g, out, x, y: np.where(y > x, g, 0.0)))  # fmt: skip
    for one in (right, halves):
        assert blocked(one, (N,), (N,)) == ["", ""]
    for one in (both, neither):
        assert any(blocked(one, (N,), (N,)))


@pytest.mark.parametrize("at_zero", [2.0, -5.0, np.pi])
def test_a_value_at_a_kink_outside_of_both_sides_is_refused(at_zero):
    size = op("size", np.abs, lambda x: select(positive(x), x, -x),
              partials=(lambda y, x: np.where(np.equal(x, 0), at_zero, np.sign(x)),))  # fmt: skip
    assert any(blocked(size, (N,)))


def test_any_mean_of_both_sides_will_do_at_a_kink():
    for weight in (-1.0, -0.5, 0.0, 0.25, 1.0):
        size = op("size", np.abs, lambda x: select(positive(x), x, -x),
                  partials=(lambda y, x, w=weight: np.where(np.equal(x, 0), w, np.sign(x)),))  # fmt: skip
        assert blocked(size, (N,)) == [""]


def test_a_jump_has_no_mean():
    step = op("step", np.heaviside, lambda x: select(positive(x), x + 1, x),
              partials=(lambda y, x: np.where(np.equal(x, 0), 1.5, 1.0),))  # fmt: skip
    assert any(blocked(step, (N,)))


def test_a_rule_that_is_missing_must_be_of_a_constant():
    constant = op("count", lambda x: np.floor(x), lambda x: kernel("floor", x), partials=(None,))
    forgotten = op("twice", lambda x: 2 * x, lambda x: 2 * x, partials=(None,))
    assert blocked(constant, (N,)) == [""]
    assert "is not 0" in blocked(forgotten, (N,))[0]


def test_a_meaning_that_depends_on_sizes_is_another_pattern():
    def meaning(sizes, shape):
        index = Index("i", shape[0])
        entry = Element(0, (affine(index),))
        return Meaning((index,), entry * 2 if shape[0] == 3 else entry)

    odd = Op(name="odd", kind=Kind.MULTILINEAR, call=lambda x: Call((x,), {}), forward=lambda x: x,
             meaning=meaning, vjp=(lambda g, y, x: g,))  # fmt: skip
    patterns = []
    for size in (3, 4):
        trace = Trace()
        trace.record(odd, [trace.input("x", np.ones(size))], {})
        patterns.append(canonical(pattern_of(trace.equations[0], trace.extents.resolve)).key)
    assert patterns[0] != patterns[1]
    assert "a difference is left" in _fixed(odd, 3)
    assert not _fixed(odd, 4)


def _fixed(of, size):
    trace = Trace()
    trace.record(of, [trace.input("x", np.ones(size))], {})
    found, _ = lemma_of(trace.equations[0], trace.extents.resolve, {}, "exact")
    return found.blocked


def test_dimensions_that_are_the_same_are_another_pattern():
    def key(*labels):
        trace = Trace()
        trace.record(dg.add, [trace.input(f"a{k}", np.ones((2, 2)), label) for k, label in enumerate(labels)], {})
        return canonical(pattern_of(trace.equations[0], lambda extent: extent)).key

    assert key(("n", "m"), ("n", "m")) == key(("p", "q"), ("p", "q"))
    assert key(("n", "m"), ("n", "m")) != key(("n", "n"), ("n", "n"))


def test_rounding_is_no_rule():
    trace = Trace()
    narrow = op(
        "narrow", lambda x: x.astype(np.float32), lambda x: x, partials=(1,), dtype=lambda given: np.dtype(np.float32)
    )
    trace.record(narrow, [trace.input("x", np.ones(3), ("n",))], {})
    found, _ = lemma_of(trace.equations[0], trace.extents.resolve, {"n": 3}, "exact")
    assert "rounds" in found.blocked


# ---------------------------------------------------------------------------- points that could be removed


def ratio(x):
    """(exp(x) - 1) / x, which is 1 at 0."""
    return select(zero(x), 1, (kernel("exp", x) - 1) / x)


def slope_of_ratio(at_zero):
    def partial(y, x):
        nowhere = np.equal(x, 0)
        away = np.where(nowhere, 1.0, x)
        return np.where(nowhere, at_zero, (np.exp(x) - y) / away)

    return partial


def test_at_a_removable_point_the_rule_takes_what_the_derivative_tends_to():
    right = op("ratio", np.expm1, ratio, partials=(slope_of_ratio(0.5),))
    found, (pushed,) = lemma(right, (N,))
    assert not found.blocked
    assert not pushed.blocked


@pytest.mark.parametrize("at_zero", [0.0, 1.0, -0.5, 0.5 + 2**-40])
def test_at_a_removable_point_another_number_is_refused(at_zero):
    wrong = op("ratio", np.expm1, ratio, partials=(slope_of_ratio(at_zero),))
    found, (pushed,) = lemma(wrong, (N,))
    assert found.blocked
    assert pushed.blocked


def test_a_jump_at_a_point_is_not_removable():
    jump = op("jump", np.abs, lambda x: select(zero(x), 7, (kernel("exp", x) - 1) / x),
              partials=(slope_of_ratio(0.5),))  # fmt: skip
    assert blocked(jump, (N,)) == [""]  # its rule is right almost everywhere, and 0 times a number where x = 0
    trace = Trace()
    trace.record(jump, [trace.input("x", np.ones(N), ("n",))], {})
    step = Denotation((Program("f", (), tuple(trace.equations), ()),), Facts(), "exact").step(trace.equations[0])
    assert not is_removable(step)  # but a program that has it tests a number for equality


def test_what_is_told_apart_by_a_product_is_by_each_factor():
    def root(y, power):
        return select(zero(power), kernel("exp", y), kernel("power", 1 + power * y, 1 / power))

    def in_power(out, y, power):
        t = power * y
        nowhere = np.equal(t, 0)
        away = np.where(nowhere, 1.0, t)
        return out * y * y * np.where(nowhere, -0.5, (away / (1 + away) - np.log(1 + away)) / (away * away))

    right = op("root", np.add, root, partials=(lambda out, y, power: out / (1 + power * y), in_power))
    wrong = op(
        "root", np.add, root,
        partials=(lambda out, y, power: out / (1 + power * y), lambda out, y, p: 2 * in_power(out, y, p)),
    )  # fmt: skip
    assert blocked(right, (N,), (N,)) == ["", ""]
    assert blocked(wrong, (N,), (N,))[1]


# ---------------------------------------------------------------------------- equations in matrices


def sylvester(**changes):
    """The op that solves a x + x b = q, with other rules."""
    known = dg.op.REGISTRY["solve_sylvester"]
    return replace(known, **changes)


def solve(a, b, q):
    return dg.op.REGISTRY["solve_sylvester"](a, b, q)


def t(a):
    return np.swapaxes(a, -1, -2)


WRONG_SYLVESTER = {
    "not turned": lambda g, y, a, b, q: solve(a, b, g),
    "one turned": lambda g, y, a, b, q: solve(t(a), b, g),
    "sign": lambda g, y, a, b, q: -solve(t(a), t(b), g),
    "factor": lambda g, y, a, b, q: solve(t(a), t(b), 2 * g),
}


def lemma_of_sylvester(op):
    trace = Trace()
    labels = [("m", "m"), ("n", "n"), ("m", "n")]
    given = [
        trace.input(f"a{k}", np.ones(s), label)
        for k, (s, label) in enumerate(zip([(3, 3), (2, 2), (3, 2)], labels, strict=True))
    ]
    result = trace.record(op, given, {})
    equation = next(eq for eq in trace.equations if eq.output is result.operand)
    found, _ = lemma_of(equation, trace.extents.resolve, trace.extents.values, "exact")
    return [slot.blocked for slot in found.slots]


def test_a_linear_equation_in_matrices_is_solved_backwards_by_the_turned_one():
    assert lemma_of_sylvester(sylvester()) == ["", "", ""]


@pytest.mark.parametrize("rule", WRONG_SYLVESTER.values(), ids=WRONG_SYLVESTER)
def test_and_by_no_other(rule):
    known = dg.op.REGISTRY["solve_sylvester"]
    first, second, third = lemma_of_sylvester(sylvester(vjp=(*known.vjp[:2], rule)))
    assert (first, second) == ("", "")
    assert third


# ---------------------------------------------------------------------------- the tangent of QR


def qr_tangent(push):
    trace = Trace()
    op = replace(dg.op.REGISTRY["qr_packed"], jvp=(push,))
    result = trace.record(op, [trace.input("a", np.ones((3, 2)), ("m", "n"))], {})
    equation = next(eq for eq in trace.equations if eq.output is result.operand)
    found = forward_lemmas(equation, trace.extents.resolve, trace.extents.values, "exact")
    return found if isinstance(found, str) else found[0].slots[0].blocked


def qr_rule(skewed, turned=1.0):
    """The rule with another strict triangle, or another share of the turn."""
    from dualgrad.ops.factor import _qr_parts, adjoint, packed

    def push(t, y, a):
        q, r = _qr_parts(y, a)
        moved = adjoint(np.linalg.solve(adjoint(r), adjoint(t)))
        inner = adjoint(q) @ moved
        turn = turned * skewed(inner)
        return packed(q @ turn + moved - q @ inner, np.triu((inner - turn) @ r))

    return push


def _strict(inner):
    return np.tril(inner, -1) - np.swapaxes(np.tril(inner, -1), -1, -2)


def test_the_tangent_of_qr_is_proved_block_by_block():
    assert qr_tangent(qr_rule(_strict)) == ""


@pytest.mark.parametrize(
    "push",
    [
        qr_rule(lambda inner: np.triu(inner, 1) - np.swapaxes(np.triu(inner, 1), -1, -2)),
        qr_rule(_strict, -1.0),
        qr_rule(_strict, 0.5),
        qr_rule(lambda inner: np.tril(inner) - np.swapaxes(np.tril(inner, -1), -1, -2)),
    ],
    ids=["the other triangle", "turned back", "half of the turn", "with the diagonal"],
)
def test_a_wrong_tangent_of_qr_is_not(push):
    assert qr_tangent(push)
