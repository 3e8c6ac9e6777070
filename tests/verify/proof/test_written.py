"""The formula that is shown is itself proved, as it is written, and a wrong one is not."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import dualgrad as dg
import verify
from dualgrad.mirror import gradient
from dualgrad.program.entry import Element, Entry, Number, Plus, Power, rebuild, walk
from dualgrad.program.size import dimension
from verify.answer import show
from verify.proof.written import is_proved, letters
from verify.question.ask import pose
from verify.question.recording import record_symbolic

rng = np.random.default_rng(3)
VECTOR, MATRIX, SQUARE = rng.normal(size=4), rng.normal(size=(3, 4)), rng.normal(size=(4, 4))


def seed(x):
    return (3 * (x + 2) ** 2).mean()


def cross_entropy(z, y):
    return -np.sum(y * (z - np.log(np.sum(np.exp(z)))))


def attention(q, k, v):
    weights = np.exp(q @ k.T / np.sqrt(q.shape[1]))
    return np.sum(weights / np.sum(weights, axis=1, keepdims=True) @ v)


RECTIFIED = (lambda x: np.sum(np.maximum(x, 0) ** 2), (VECTOR,))  # some changes of it are the same where x > 0
CASES = [
    (seed, (VECTOR,)),
    (seed, (MATRIX,)),
    (lambda x, y: np.sum((x * y) ** 3), (MATRIX, MATRIX[::-1].copy())),
    (lambda x: x @ SQUARE @ x, (VECTOR,)),
    (cross_entropy, (VECTOR, np.abs(VECTOR))),
    (lambda x: np.var(x), (VECTOR,)),
    (lambda x: np.sqrt(np.sum(x**2)), (VECTOR,)),
    RECTIFIED,
    (lambda w, b: np.sum(np.tanh(MATRIX @ w + b)), (VECTOR, rng.normal(size=3))),
    (attention, (rng.normal(size=(3, 2)), rng.normal(size=(4, 2)), rng.normal(size=(4, 2)))),
    (lambda x: np.sum(x[1:] * x[:-1]), (VECTOR,)),
    (lambda x: dg.logsumexp(x * x), (VECTOR,)),
]


@pytest.mark.parametrize(("f", "at"), CASES)
def test_the_formula_shown_is_proved_as_it_is_written(f, at):
    formula = verify.check(f, *at).formula
    assert formula.expression_is_proved
    assert "not proved" not in formula.expression


def opened(f, at):
    problem = pose(f, at, "grad", None, None, None)
    recording = record_symbolic(problem, problem.arrays)
    reading = show._reading(problem, recording)
    named = {show._label(name): dimension(name) for name in recording.trace.extents.values}
    found = [gradient(reading, recording.inputs[position]) for position in problem.wrt]
    return problem, recording, reading, found, letters(reading, named)


def changed(body: Entry, place: int) -> Entry:
    """The entry with one number, power or sum changed."""
    seen = iter(range(10**6))

    def change(node: Entry) -> Entry:
        node = rebuild(node, change)
        if isinstance(node, Number | Power | Plus | Element) and next(seen) == place:
            match node:
                case Number(value):
                    return Number(value + Fraction(1, 10**9))
                case Power(base, exponent):
                    return Power(base, exponent * 2)
                case Plus(args):
                    return Plus(args[1:])
                case _:
                    return node + Fraction(1, 1000)
        return node

    return change(body)


@pytest.mark.parametrize(("f", "at"), [case for case in CASES if case is not RECTIFIED])
def test_a_formula_with_one_thing_changed_is_not_proved(f, at):
    problem, recording, reading, found, stand_for = opened(f, at)
    assert is_proved(problem, recording, reading, found, stand_for)
    places = sum(isinstance(node, Number | Power | Plus | Element) for node in walk(found[0].body))
    assert places
    for place in range(min(places, 6)):
        wrong = [replace(found[0], body=changed(found[0].body, place)), *found[1:]]
        assert not is_proved(problem, recording, reading, wrong, stand_for)


def test_a_definition_below_a_formula_is_part_of_what_is_proved():
    f, at = CASES[9]
    problem, recording, reading, found, stand_for = opened(f, at)
    (number, line), *others = found[0].where
    wrong = replace(found[0], where=((number, replace(line, body=line.body * 2)), *others))
    assert not is_proved(problem, recording, reading, [wrong, *found[1:]], stand_for)


def test_what_is_not_proved_says_so():
    result = verify.check(lambda x: np.sum(x * np.pi), VECTOR)
    assert result.formula.expression_is_proved == ("not proved" not in result.formula.expression)


def test_captured_arrays_have_the_names_that_the_function_gives_them():
    design, target = rng.normal(size=(5, 4)), rng.normal(size=5)
    formula = verify.check(lambda x: np.sum((design @ x - target) ** 2), VECTOR).formula
    assert formula.expression == "∂o/∂xᵢ = 2 Σⱼ designⱼᵢ (Σₖ designⱼₖ xₖ − targetⱼ)"


def test_a_derivative_with_an_inverse_is_written():
    X = np.array([[2.0, 0.5], [0.3, 1.5]])
    result = verify.check(np.linalg.det, X, grad=lambda X: np.linalg.det(X) * np.linalg.inv(X).T)
    assert result.formula.verdict is verify.Verdict.PROVED, str(result)
