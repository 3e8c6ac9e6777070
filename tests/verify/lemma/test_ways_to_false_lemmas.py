"""Ways to a false lemma, and to a false composition of right ones. Each is refused; with its guard out, it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import verify.lemma.compose
import verify.lemma.lemma
from dualgrad.frontends.trace import Trace
from dualgrad.op import Call, Kind, Op, pointwise_meaning
from dualgrad.program.entry import kernel, positive, select, zero
from verify.form.algebra import subtract
from verify.form.cases import restricted
from verify.form.ladder import settled
from verify.form.meeting import Means
from verify.form.term import ZERO, atoms
from verify.lemma.book import forget, lemma_of
from verify.lemma.compose import NotComposed, compose
from verify.lemma.tape import Entry
from verify.question.ask import pose
from verify.question.recording import record_symbolic

x, y = np.array([0.7, -1.3, 2.1]), np.array([0.2, 0.9, -0.4])


# ---------------------------------------------------------------------------- the layers


def lemma(meaning, *partials):
    """Whether the lemma of an op with these rules is claimed, for all operands."""
    forget()
    op = Op(
        name="new",
        kind=Kind.POINTWISE,
        call=lambda *inputs: Call(inputs, {}),
        forward=lambda *operands: operands[0],
        meaning=lambda sizes, *shapes: pointwise_meaning(sizes, shapes, meaning),
        partials=partials,
    )
    trace = Trace()
    given = [trace.input(f"a{k}", np.ones(3), ("n",)) for k, _ in enumerate(partials)]
    trace.record(op, given, {})
    found, _ = lemma_of(trace.equations[0], trace.extents.resolve, trace.extents.values, "exact")
    forget()
    return not found.blocked


def recorded(f, *args):
    problem = pose(f, args, "grad", None, None, None)
    return problem, record_symbolic(problem, problem.arrays)


def composed(f, *args, change):
    """Whether lemmas compose to a proof of what was recorded of f, changed."""
    problem, recording = recorded(f, *args)
    known = {
        "forward": recording.forward,
        "wrt": [recording.inputs[k] for k in problem.wrt],
        "gradient": recording.gradient,
        "tape": recording.tape,
        "equations": recording.trace.equations,
    }
    try:
        compose(
            **(known | change(recording)),
            resolve=recording.trace.extents.resolve,
            values=recording.trace.extents.values,
        )
    except NotComposed:
        return False
    return True


# ---------------------------------------------------------------------------- what is false, and without its guard


def larger(a, b):
    return select(positive(a - b), a, b)


def ratio(a):
    return select(zero(a), 1, (kernel("exp", a) - 1) / a)


def _slope_of_ratio(out, a):
    nowhere = np.equal(a, 0)
    return np.where(nowhere, 7.0, (np.exp(a) - out) / np.where(nowhere, 1.0, a))


class _Forgetful(dict):
    def get(self, key, default=None):
        return default


def _means_of_each_operand(meeting):
    found = Means(meeting)
    found.taken = _Forgetful()
    return found


def _almost_everywhere(self, given, expected):
    """Equality of forms off what holds on null sets of an op's own operands."""
    form = subtract(given, expected)
    for atom in atoms(form):
        if atom.kind == "vanishes":
            form = restricted(form, atom, 0)
    return settled(form) is not None


def _results_as_they_are(self):
    for variable, output in zip(self.wrt, self.gradient.outputs, strict=True):
        self.adjoints[variable].append(output)


def _wherever_it_comes_from(self, given, operand, number, source, ours):
    if not ours and operand in self.own:
        self.seeded[operand] += 1
    self.received[source].append(given)


def _exchanged(recording):
    return {"gradient": replace(recording.gradient, outputs=recording.gradient.outputs[::-1])}


def _crossed(recording):
    """The tape with the operands of the product said to have come from each other's steps."""
    return {
        "tape": tuple(
            Entry(entry.result, entry.sources[::-1]) if len(entry.sources) == 2 and None not in entry.sources else entry
            for entry in recording.tape
        )
    }


def _one_more_output(recording):
    (output,) = recording.forward.outputs
    return {"forward": replace(recording.forward, outputs=(output, output))}


def _before_the_last(recording):
    """The function without its last step, so that what was the step's slope is the seed."""
    *equations, last = recording.forward.equations
    return {"forward": replace(recording.forward, equations=tuple(equations), outputs=last.inputs[1:])}


@dataclass(frozen=True)
class Way:
    """A false claim: whether it is accepted, and (object, attribute, replacement) for each guard against it."""

    accepted: Callable[[], bool]
    guards: tuple[tuple[Any, str, Any], ...]


PROVER = verify.lemma.lemma._Prover
CHECK = verify.lemma.compose._Check
WAYS = {
    "a lemma that holds almost everywhere": Way(
        lambda: lemma(lambda a: a * a, lambda out, a: np.where(np.equal(a, 0), 5.0, 2 * a)),
        ((PROVER, "_equal", _almost_everywhere),),
    ),
    "neither side of a maximum where both meet: f(x) = maximum(x, |x|)": Way(
        lambda: lemma(larger, lambda out, a, b: np.where(a > b, 1.0, 0.0), lambda out, a, b: np.where(b > a, 1.0, 0.0)),
        ((PROVER, "_equal", _almost_everywhere),),
    ),
    "both sides of a maximum where both meet": Way(
        lambda: lemma(
            larger, lambda out, a, b: np.where(a >= b, 1.0, 0.0), lambda out, a, b: np.where(b >= a, 1.0, 0.0)
        ),
        ((verify.lemma.lemma, "Means", _means_of_each_operand),),
    ),
    "a rule that divides by what may be zero everywhere": Way(
        lambda: lemma(lambda a, b: a * b, lambda out, a, b: b, lambda out, a, b: a * a / a),
        ((verify.lemma.lemma, "beyond", lambda *_: []),),
    ),
    "any number where a point could be removed": Way(
        lambda: lemma(ratio, _slope_of_ratio), ((PROVER, "_tends", lambda *_: True),)
    ),
    "an operand without a rule, and not constant": Way(
        lambda: lemma(lambda a: 2 * a, None), ((verify.lemma.lemma, "settled", lambda form: ZERO),)
    ),
    "results of one shape exchanged": Way(
        lambda: composed(lambda a, b: (np.sin(a) * b).sum(), x, y, change=_exchanged),
        ((CHECK, "_results", _results_as_they_are),),
    ),
    "a contribution that went to another array": Way(
        lambda: composed(lambda a, b: (a * b).sum(), x, y, change=lambda found: _crossed(found) | _exchanged(found)),
        ((CHECK, "_give", _wherever_it_comes_from),),
    ),
    "an output that is seeded once and counts twice": Way(
        lambda: composed(lambda a: (np.sin(a) * a).sum(), x, change=_one_more_output),
        ((CHECK, "_all_seeded", lambda self: None),),
    ),
    "a seed that is not one": Way(
        lambda: composed(lambda a: 3.0 * np.sin(a).sum(), x, change=_before_the_last),
        ((CHECK, "_require_one", lambda self, seed: None),),
    ),
}


@pytest.mark.parametrize("name", WAYS)
def test_it_is_refused(name):
    assert not WAYS[name].accepted()


@pytest.mark.parametrize("name", WAYS)
def test_it_is_its_guard_that_refuses_it(name, without):
    without(WAYS[name].guards)
    assert WAYS[name].accepted()


def test_the_same_layers_accept_what_is_right():
    assert lemma(larger, lambda out, a, b: np.where(a > b, 1.0, 0.0), lambda out, a, b: np.where(a > b, 0.0, 1.0))
    assert lemma(lambda a: a * a, lambda out, a: 2 * a)
    for f in (lambda a, b: (np.sin(a) * np.exp(b)).sum(), lambda a, b: 3.0 * (np.sin(a) * b).sum()):
        assert composed(f, x, y, change=lambda recording: {})
