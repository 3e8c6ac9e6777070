"""The check of a recorded backward pass: what is proved, and every way in which a wrong one might slip through."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import dualgrad as dg
from verify.form.facts import Facts
from verify.form.proof import Failure, Proof
from verify.lemma.answer import prove_tape
from verify.lemma.book import forget
from verify.lemma.compose import NotComposed, compose
from verify.lemma.tape import Entry
from verify.question.ask import pose
from verify.question.recording import record_symbolic

RNG = np.random.default_rng(7)


def recorded(f, *args):
    problem = pose(f, args, "grad", None, None, None)
    return problem, record_symbolic(problem, problem.arrays)


def parts(problem, recording, **changes):
    extents = recording.trace.extents
    known = {
        "forward": recording.forward,
        "wrt": [recording.inputs[k] for k in problem.wrt],
        "gradient": recording.gradient,
        "tape": recording.tape,
        "equations": recording.trace.equations,
    } | changes
    return [*known.values(), extents.resolve, extents.values]


def composed(f, *args, **changes):
    problem, recording = recorded(f, *args)
    assert recording.gradient is not None, recording.refused or recording.gradient_refused
    *programs, resolve, values = parts(problem, recording, **changes)
    return prove_tape(*programs, facts=Facts(resolve=resolve), values=values)


CAPTURED = np.array([0.5, 2.0, 3.5])


def vector(n=3):
    return RNG.normal(size=n)


def matrix(n=3, m=4):
    return RNG.normal(size=(n, m))


PROGRAMS = {
    "one step": (lambda x: np.sin(x), vector()),
    "a network": (lambda x, w, v: (v @ np.tanh(w @ np.tanh(w @ x))).sum(), vector(), matrix(3, 3), matrix(4, 3)),
    "broadcasting": (lambda x, y: ((x + y[:, None]) * x).sum(), matrix(3, 4), vector(3)),
    "size 1": (lambda x, y: (x * y).sum(), matrix(1, 4), matrix(3, 1)),
    "used thrice": (lambda x: (x * x + x * np.exp(x)).sum(), vector()),
    "one array in both places": (lambda x: (x * x).sum() + np.maximum(x, x).sum(), vector()),
    "computed twice": (lambda x: ((x - x.mean()) / np.sqrt(((x - x.mean()) ** 2).mean())).sum(), vector()),
    "two outputs": (lambda x: (np.sin(x), x * 2.0), vector()),
    "an output that is used": (lambda x: (np.sin(x), np.exp(np.sin(x))), vector()),
    "an argument that nothing is done to": (lambda x, y: (x, (x * y).sum()), vector(), vector()),
    "an argument without influence through a mask": (lambda x, y: (x * (y > 0)).sum() + y.sum(), vector(), vector()),
    "ties on an open set": (lambda x: np.maximum(x, np.abs(x)).sum(), vector()),
    "softmax": (lambda x: dg.softmax(x @ x.T).sum(), matrix()),
    "norm": (lambda x: np.linalg.norm(x), vector()),
    "views and writes": (lambda x: _written(x), vector()),
    "solve": (lambda a, b: np.linalg.solve(a, b).sum(), matrix(3, 3), vector(3)),
    "max over both axes": (lambda x: x.max(), matrix()),
    "captured arrays, with which rules compute": (
        lambda x: (np.arctan2(x, CAPTURED) + CAPTURED**x + x**CAPTURED).sum(),
        np.abs(vector()),
    ),
    "a product": (lambda x: np.prod(x), vector()),
}


def _written(x):
    y = x * 2.0
    y[1:] = np.sin(y[:-1])
    return y.sum()


@pytest.mark.parametrize("name", PROGRAMS)
def test_backward_passes_are_composed(name):
    f, *args = PROGRAMS[name]
    found = composed(f, *args)
    assert isinstance(found, Proof), found


def test_lemmas_are_proved_once_for_all_layers():
    weights = [matrix(4, 4) for _ in range(30)]

    def network(x, *weights):
        for weight in weights:
            x = np.tanh(weight @ x)
        return x.sum()

    forget()
    assert composed(network, vector(4), *weights).statistics["lemmas"] == 3


def test_conditions_and_kinks_are_those_of_the_steps():
    found = composed(lambda x: np.log(np.abs(x) - 1.0).sum(), vector() + 4.0)
    assert any("> 0" in text for text in found.forward)
    assert any("x[i]" in text for text in found.kinks)


# ---------------------------------------------------------------------------- what must not be composed


def changed_output(change):
    """A backward pass that returns something else."""
    problem, recording = recorded(lambda x, y: (np.sin(x) * y).sum() + (x * x).sum(), vector(), vector())
    gradient = replace(recording.gradient, outputs=change(recording.gradient))
    with pytest.raises(NotComposed) as error:
        compose(*parts(problem, recording, gradient=gradient))
    return str(error.value)


def test_results_that_are_exchanged():
    assert "is not its adjoint" in changed_output(lambda gradient: gradient.outputs[::-1])


def test_a_contribution_left_out():
    def one_part(gradient):
        first, second = gradient.outputs
        total = next(eq for eq in gradient.equations if eq.output is first)
        assert total.op is dg.add or total.op.name == "add"
        return (total.inputs[0], second)

    assert "is not its adjoint" in changed_output(one_part)


def test_a_result_missing():
    assert "1 results for 2 arguments" in changed_output(lambda gradient: gradient.outputs[:1])


def test_a_step_of_the_pass_that_is_another():
    problem, recording = recorded(lambda x: np.exp(np.sin(x)).sum(), vector())
    changed = [
        replace(eq, op=next(e.op for e in recording.gradient.equations if e.op.name == "exp"))
        if eq.op.name == "cos"
        else eq
        for eq in recording.gradient.equations
    ]
    gradient = replace(recording.gradient, equations=tuple(changed))
    with pytest.raises(NotComposed, match="did something else"):
        compose(*parts(problem, recording, gradient=gradient))


LIES = {
    "no source": lambda known: (known[0], None),
    "exchanged": lambda known: known[::-1],
    "too few": lambda known: known[:1],
}


@pytest.mark.parametrize("sources", LIES.values(), ids=LIES)
def test_a_tape_that_lies_about_where_operands_come_from(sources):
    problem, recording = recorded(lambda x, y: (np.sin(x) * np.exp(y)).sum(), vector(), vector())
    tape = [
        Entry(entry.result, sources(entry.sources)) if len(entry.sources) == 2 and None not in entry.sources else entry
        for entry in recording.tape
    ]
    with pytest.raises(NotComposed):
        compose(*parts(problem, recording, tape=tuple(tape)))


def test_a_tape_with_a_step_left_out():
    problem, recording = recorded(lambda x: np.exp(np.sin(x)).sum(), vector())
    for place in range(len(recording.tape)):
        with pytest.raises((NotComposed, IndexError)):
            compose(*parts(problem, recording, tape=recording.tape[:place] + recording.tape[place + 1 :]))


def test_a_forward_that_is_another_function():
    problem, recording = recorded(lambda x: np.exp(np.sin(x)).sum(), vector())
    _, other = recorded(lambda x: np.exp(np.cos(x)).sum(), vector())
    with pytest.raises(NotComposed):
        compose(*parts(problem, recording, forward=other.forward))


def test_an_output_that_is_not_seeded():
    problem, recording = recorded(lambda x: (np.sin(x) * x).sum(), vector())
    (output,) = recording.forward.outputs
    for outputs in ((output, output), ()):
        with pytest.raises(NotComposed, match="seeded"):
            compose(*parts(problem, recording, forward=replace(recording.forward, outputs=outputs)))


def test_what_is_detached_is_not_differentiated():
    assert isinstance(composed(lambda x: (x.detach() * x).sum(), vector()), Failure)
    assert isinstance(composed(lambda x: (np.sin(x).detach() + x).sum(), vector()), Failure)


def test_hooks_are_not_composed():
    def f(x):
        y = np.sin(x)
        if hasattr(y, "register_hook"):
            y.register_hook(lambda g: g * 2.0)
        return y.sum()

    _, recording = recorded(f, vector())
    if recording.gradient is not None:
        assert recording.tape is None or isinstance(composed(f, vector()), Failure)


def test_rounding_is_no_identity():
    found = composed(lambda x: (x.astype(np.float32) * x).sum(), vector())
    assert isinstance(found, Failure)


def test_equality_tests_are_named():
    found = composed(lambda x: np.where(np.equal(x, 1.0), x * x, x).sum(), vector())
    assert isinstance(found, Failure) or found.equality_tests
