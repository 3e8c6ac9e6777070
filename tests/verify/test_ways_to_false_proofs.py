"""Ways to a false proof, each met in a trial. Each is refused; with the guard that refuses it taken out, it is not.

A way is a false claim with the layer that must not accept it: the first key (a recording, a proof by the normal form,
a certificate that the checker accepts), the second key, the form alone, the checker alone or the kernel tower. The
guards named are what stands between the claim and that layer: without them the layer accepts, so the test can fail.
"""

from __future__ import annotations

import json
import time
import types
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any
from unittest import mock

import numpy as np
import pytest

import verify.checker
import verify.form.cases
import verify.form.construct
import verify.form.denote
import verify.form.interpret
import verify.form.literals
import verify.form.pairing
import verify.form.power
import verify.form.prove
import verify.form.term
import verify.proof.attempt
import verify.proof.key
import verify.proof.prove
import verify.question.claim
import verify.question.recording
import verify.tower.decide
import verify.tower.equal
import verify.trusted.tower
from dualgrad.frontends import advanced, python, rewire, state, tracer, watch
from dualgrad.frontends.dims import Extents
from dualgrad.frontends.trace import Trace
from dualgrad.frontends.tracer import Tracer
from dualgrad.program.entry import Element, entry, kernel
from verify import checker
from verify.clock import now
from verify.form.canonical import naming
from verify.form.facts import Facts
from verify.form.meeting import Means
from verify.form.null import Null
from verify.form.proof import Proof
from verify.form.prove import prove_gradient
from verify.form.setting import Budget
from verify.form.term import ONE, ZERO, Source, constant_value, term_text
from verify.proof.certificate import dumps
from verify.proof.prove import certified, prove
from verify.question.ask import pose
from verify.question.claim import sizes_text
from verify.question.recording import record_symbolic
from verify.tower.equal import equal
from verify.trusted.terms import Refused

x = np.array([0.7, -1.3, 2.1, 0.4])
p = np.array([0.7, 1.3, 2.1, 0.4])
square4 = np.arange(16.0).reshape(4, 4) - 7.5


# ---------------------------------------------------------------------------- the layers


def first_key(f, g, *args, domain=None):
    """The sizes for which recording, form and checker together say that g is the gradient of f; "" for none."""
    problem = pose(f, args, "grad", g, (0,), domain)
    recording = record_symbolic(problem, problem.arrays)
    if recording.forward is None or recording.gradient is None:
        return ""
    found = prove(problem, recording, now() + 5)
    if found.proof is None:
        return ""
    return sizes_text(problem, recording, False) if certified(problem, recording, found)[1].accepted else ""


def for_every_size(f, g, *args):
    """Whether the first key accepts the claim for every size."""
    return first_key(f, g, *args).startswith("every")


def second_key(f, g, *args):
    """Whether the second key agrees with a claim."""
    problem = pose(f, args, "grad", g, (0,), None)
    recording = record_symbolic(problem, problem.arrays)
    return verify.proof.key.second_key(problem, recording, "exact").agrees


def form(f, g, *args, literals="exact", domains=None):
    """Whether the form proves that g is the gradient of f."""
    problem = pose(f, args, "grad", g, (0,), None)
    recording = record_symbolic(problem, problem.arrays)
    names = {variable.name: variable for variable in recording.inputs.values()}
    facts = Facts({names[name]: word for name, word in (domains or {}).items()}, recording.trace.extents.resolve)
    wrt = [recording.inputs[0]]
    found = prove_gradient(
        recording.forward, wrt, recording.gradient, facts=facts, literals=literals, budget=Budget(seconds=5)
    )
    return isinstance(found, Proof) and not found.only_gradient


def second_key_of_what_is_recorded(f, g, *args):
    """The second key's answer where the recording takes another path than the arrays do."""
    with mock.patch.object(Tracer, "looks_like", _as_tracer):
        return second_key(f, g, *args)


def down_to_one(f, g, *args):
    """Whether a claim for every size is also made for axes of length 1."""
    problem = pose(f, args, "grad", g, (0,), None)
    recording = record_symbolic(problem, problem.arrays)
    return verify.proof.attempt._holds_at_one(problem, recording, now() + 5)


def replayed(nodes, tree):
    """Whether the checker's own tower takes a tree of cases for a proof that the last node is 0, in one variable."""
    proof = {"generators": [["var", [], "0"]], "tree": tree}
    try:
        verify.trusted.tower.zero(nodes, ["real"], [], proof)
    except Refused:
        return False
    return True


def certificate(f, g, *args):
    """The certificate of a right claim, as JSON that can be changed."""
    problem = pose(f, args, "grad", g, (0,), None)
    recording = record_symbolic(problem, problem.arrays)
    made, report = certified(problem, recording, prove(problem, recording, now() + 5))
    assert report.accepted, report.reason
    return json.loads(dumps(made))


def accepts(data):
    return checker.check(data).accepted


# ---------------------------------------------------------------------------- the claims


def counted(x):
    count = 0
    for _ in range(x.shape[0]):
        count += 1
    return np.sum(x**2) / count


def parity(x):
    return 2 * x if x.shape[0] % 2 == 0 else 3 * x


def two_axes(X):
    return 2 * X if X.shape[0] == X.shape[1] else 3 * X


def one_less(x):
    return 2 * x / 3 * max(range(x.shape[0]))


def reads_a_value(x):
    return 2 * x * (x[0].item() + 0.3)


def reads_a_float(x):
    return 2 * x * (float(x[0]) + 0.3)


def mean_of_squares(x):
    return np.mean(3 * (x + 2) ** 2)


def not_decided(x):
    return np.sum(np.where(np.sin(x) ** 2 + np.cos(x) ** 2 > 1, 3 * x, 2 * x))


def branches_on_a_value(x):
    return 2 * x if x[0] < 50 else 3 * x


def catches(x):
    try:
        x.tobytes()
        return 3 * x
    except TypeError:
        return 2 * x


def catches_c_code(x):
    try:
        np.frombuffer(x)
        return 3 * x
    except Exception:
        return 2 * x


def knows_the_class(x):
    return 2 * x if not isinstance(x, np.ndarray) else 3 * x


def random_mask(x):
    return 2 * x * (np.random.rand(*x.shape) < 2)  # noqa: NPY002


def reads_a_clock(x):
    return 2 * x * (1.0 if time.time() > 0 else 2.0)


calls = {"count": 0}


def counts(x):
    calls["count"] += 1
    return 2 * x if calls["count"] < 10_000 else 3 * x


def square(x):
    return np.sum(x**2)


def writes_through_a_view(x):
    y = x.copy()
    view = y[1:]
    view *= 0
    return 2 * y


def twice_the_first(x):
    return x[0] + x[0] + 0 * np.sum(x)


def adds_where_it_is_repeated(x):
    out = 0 * x
    out[np.array([0, 0])] += 1.0
    return out


def squeezed(x):
    return 2 * np.squeeze(x[:, None])


def sliver(x):
    return np.where((x > 0) & (x < 1e-3), 3 * x, 2 * x)


def meets_on_an_open_set(x):
    return np.sum(x * np.where(np.maximum(x, 0) >= 0, 1.0, 0.0))


def equality_on_data(x):
    return np.sum(np.where(x == 1, 5 * x, x**2))


def absolute(x):
    return np.sum(np.abs(x))


def maximum_of_both(x, a, b):
    return np.sum(np.maximum(x, np.abs(x)) * a * b)


def both_slopes(x, a, b):
    """Where x = |x|, which is on half the line, the slopes of both sides."""
    of_first = np.where(x >= np.abs(x), 1.0, 0.0) * a * b
    of_second = np.where(np.abs(x) >= x, 1.0, 0.0) * a * b
    return of_first + of_second * np.sign(x)


def tail(x):
    g = 0 * x
    g[3:] = 2 * x[3:]
    return g


def with_rows_captured(w, x, A):
    return (0 * w + 1) * np.sum(x) * np.exp(np.trace(A))


def two_symmetric(W, a, b):
    return a @ W @ b + b @ W @ a


def with_rows(w, x, A):
    return np.sum(w) * np.sum(x * np.exp(np.sum(A, axis=1)))


# ---------------------------------------------------------------------------- what is put in place of a guard


def _refuse_without_poison(self, reason):
    raise TypeError(reason)


def _as_tracer(self, asked, question):
    return question(Tracer)


def _added(target, key, value):
    advanced.at(np.add, target, key[0] if isinstance(key, tuple) else key, value)


def _sizes(arrays, taken=(), like=None):
    return {position: array.shape for position, array in arrays.items()}


def _trusted(function):
    """A function that the watch over traced code takes for one of ours."""
    return types.FunctionType(function.__code__, {**function.__globals__, "__name__": "dualgrad"}, function.__name__)


def _decided_at_a_sample(form):
    """1 or 0 as the guard is where all entries are 1."""
    from verify.form.algebra import Fill, rewrite
    from verify.form.term import number

    at = rewrite(form, lambda atom: bool(atom.sources), Fill(lambda source, position: number(1)))
    return ONE if (constant_value(at) or 0) > 0 else ZERO


def _careless_means(meeting):
    """Means that choose the weight of each operand of a step apart."""
    found = Means(meeting)
    found.taken = _Forgetful()
    return found


class _Forgetful(dict):
    def get(self, key, default=None):
        return default


def _without_levels(bound, level, write):
    return naming(bound, 0, write)


def _hashed(term, names):
    return str(len(term_text(term, names)) % 1)


def _rounded(read):
    def rounded(value, reading):
        return read(Fraction(value).limit_denominator(10), reading)

    return rounded


def _agreeing(problem, point, recording):
    class Seen:
        status, reading, base, reason = "equal", "exact", None, ""

    return Seen


# ---------------------------------------------------------------------------- the ways


@dataclass(frozen=True)
class Way:
    """A false claim: whether a layer accepts it, and (object, attribute, replacement) for each guard against it."""

    accepted: Callable[[], bool]
    guards: tuple[tuple[Any, str, Any], ...]


u, v = Element(0, ()), Element(1, ())
HALF = Fraction(1, 2)
HIDDEN = kernel("sin", u) ** 2 + kernel("cos", u) ** 2 - 1
X_ALONE = [["1", [[0, 1]]]]
ONE_AND_MINUS = [["var", 0], ["positive", 0], ["num", "-1"], ["num", "1"], ["mul", 2, 0], ["positive", 4]]
SIGN_IS_ODD_ONE_OUT = [*ONE_AND_MINUS, ["add", 1, 5, 2]]  # [x > 0] + [-x > 0] - 1
ALWAYS_POSITIVE = [["var", 0], ["positive", 0], ["num", "-1"], ["add", 1, 2]]
NOWHERE = kernel("log", u) + kernel("log", -u)
REAL = ["real", "real"]
PI_BY_VALUE = {**verify.form.literals._BY_VALUE, 3.14159: verify.form.literals._BY_VALUE[np.pi]}
NO_LEAK = (Extents, "leak", lambda self, names, how: None)
NO_POISON = (Trace, "refuse", _refuse_without_poison)
FACTS_THAT_EXCLUDE_ALL = (verify.tower.decide, "_has_open_leaf", lambda tree: True)
DOMAINS_COMPARED = (verify.tower.equal, "_follow", lambda *_: True)
NOTHING_BEYOND = (verify.form.prove, "beyond_all", lambda *_: [])

RECORDING = {
    "a count baked in": Way(lambda: for_every_size(counted, lambda x: 2 * x / 4.0, x), (NO_LEAK,)),
    "n % 2": Way(lambda: for_every_size(square, parity, x), (NO_LEAK,)),
    "B.shape[0] == B.shape[1]": Way(lambda: for_every_size(square, two_axes, square4), (NO_LEAK,)),
    "n - 1 as a number": Way(lambda: for_every_size(square, one_less, x), (NO_LEAK,)),
    "a value read": Way(
        lambda: bool(first_key(square, reads_a_value, x)), ((Tracer, "item", _trusted(lambda self: 0.7)),)
    ),
    "float(x)": Way(
        lambda: bool(first_key(square, reads_a_float, x)), ((python, "_single", _trusted(lambda value: 0.7)),)
    ),
    "right for one size alone": Way(
        lambda: for_every_size(mean_of_squares, lambda x: 1.5 * (x + 2), x),
        (
            (verify.question.recording, "symbolic_labels", _sizes),
            (verify.question.claim, "free_dimensions", lambda recording: ("n",)),
        ),
    ),
    "a branch on a value": Way(
        lambda: bool(first_key(square, branches_on_a_value, x)), ((Tracer, "__bool__", _trusted(lambda self: True)),)
    ),
    "an exception caught": Way(
        lambda: bool(first_key(square, catches, x)), (NO_POISON, (watch, "ORDINARY", (BaseException,)))
    ),
    "an exception of C code caught": Way(
        lambda: bool(first_key(square, catches_c_code, x)), (NO_POISON, (watch, "ORDINARY", (BaseException,)))
    ),
    "isinstance": Way(
        lambda: bool(first_key(square, knows_the_class, x)),
        ((Tracer, "looks_like", _as_tracer),),
    ),
    "a random mask, a clock": Way(
        lambda: bool(first_key(square, random_mask, x) or first_key(square, reads_a_clock, x)),
        ((rewire, "_changes", _trusted(lambda value: False)),),
    ),
    "in-place aliasing": Way(
        lambda: bool(first_key(square, writes_through_a_view, x)),
        (
            (Tracer, "__getitem__", _trusted(lambda self, key: self._take(key))),
            (tracer, "LOOSE_VIEWS", frozenset()),
        ),
    ),
    "repeated scatter indices": Way(
        lambda: bool(first_key(twice_the_first, adds_where_it_is_repeated, x)), ((advanced, "put", _trusted(_added)),)
    ),
    "a function unlike its recording, for the second key": Way(
        lambda: second_key_of_what_is_recorded(square, knows_the_class, x),
        ((verify.proof.key, "_native_fault", lambda *_: None),),
    ),
    "an axis of length 1": Way(
        lambda: down_to_one(square, squeezed, x), ((verify.proof.attempt, "_proved_at_one", lambda *_: True),)
    ),
    "a call counter": Way(
        lambda: bool(first_key(square, counts, x)), ((state.State, "check", lambda self, refuse: None),)
    ),
}


GUARDS = {
    "a guard that vanishes on an open set": Way(
        lambda: form(meets_on_an_open_set, lambda x: np.where(np.maximum(x, 0) > 0, 1.0, 0.0), x),
        ((verify.form.prove, "null", lambda *_: Null(True)), (verify.form.construct, "by_cases", lambda *_: None)),
    ),
    "an equality guard on exact data": Way(
        lambda: bool(first_key(equality_on_data, lambda x: 2 * x, x)),
        ((verify.form.told, "equality_tests", lambda *_: ()),),
    ),
    "a region of width 1e-3": Way(
        lambda: form(square, sliver, x), ((verify.form.interpret.construct, "positive", _decided_at_a_sample),)
    ),
    "a kink that is not listed": Way(
        lambda: accepts({**certificate(absolute, np.sign, x), "kinks": []}),
        ((checker.Reader, "domain", lambda self: None),),
    ),
    "slopes of both sides added where they meet": Way(
        lambda: form(maximum_of_both, both_slopes, x, p, p),
        (
            (verify.form.pairing, "Means", _careless_means),
            (verify.form.prove._Question, "_confirmed", lambda self, found, *_: found),
        ),
    ),
    "a case left out of a proof": Way(
        lambda: replayed(SIGN_IS_ODD_ONE_OUT, {"split": X_ALONE, **{way: {"values": {}} for way in "><="}}),
        ((verify.trusted.tower, "WAYS", {">": 1, "<": -1}),),
    ),
    "factors that do not multiply to what they are of": Way(
        lambda: replayed(ALWAYS_POSITIVE, {"values": {"0": ["5", []]}}),
        ((verify.trusted.tower, "need", lambda *_: None),),
    ),
    "empty agreement: no point is left": Way(
        lambda: (
            equal(kernel("log", u) + kernel("log", -u), entry(5) + kernel("log", u) + kernel("log", -u), REAL).proved
        ),
        (FACTS_THAT_EXCLUDE_ALL,),
    ),
    "empty agreement: a guard that is not decided": Way(
        lambda: second_key(not_decided, lambda x: 3 * np.ones_like(x), p), ((verify.proof.key, "look", _agreeing),)
    ),
    "empty agreement: a kink at every point tried": Way(
        lambda: second_key(lambda x: np.sum(np.maximum(x, np.abs(x))), lambda x: 3 * x, p),
        ((verify.proof.key, "look", _agreeing),),
    ),
}

DOMAINS = {
    "log(x²) = 2 log x": Way(
        lambda: bool(first_key(lambda x: np.sum(x * np.log(x**2)), lambda x: 2 * np.log(x) + 2, p)), (NOTHING_BEYOND,)
    ),
    "exp(log(x²)/2) = x": Way(
        lambda: form(lambda x: np.sum(np.exp(np.log(x**2) / 2) * x), lambda x: 2 * x, x),
        ((verify.form.power, "is_positive", lambda form: True),),
    ),
    "log(x²) = 2 log x, in the tower": Way(
        lambda: equal(kernel("log", u**2), 2 * kernel("log", u), REAL).proved, (DOMAINS_COMPARED,)
    ),
    "log x = log(-x), in the tower": Way(
        lambda: equal(kernel("log", u), kernel("log", -u), REAL).proved, (DOMAINS_COMPARED, FACTS_THAT_EXCLUDE_ALL)
    ),
    "sqrt(ab) = sqrt a sqrt b": Way(
        lambda: bool(
            first_key(lambda a, b: np.sum(np.sqrt(a * b)), lambda a, b: np.sqrt(b) / np.sqrt(a) / 2, p, p + 1)
        ),
        (NOTHING_BEYOND,),
    ),
    "sqrt(ab) = sqrt a sqrt b, in the tower": Way(
        lambda: equal((u * v) ** HALF, u**HALF * v**HALF, REAL).proved, (DOMAINS_COMPARED,)
    ),
    "c/c for a hidden zero, in the tower": Way(
        lambda: equal(HIDDEN / HIDDEN, entry(1), REAL).proved, (DOMAINS_COMPARED, FACTS_THAT_EXCLUDE_ALL)
    ),
    "a division that only the gradient does": Way(
        lambda: bool(first_key(square, lambda x: 2 * x**2 / x, x)), (NOTHING_BEYOND,)
    ),
    "sizes at which there is nothing": Way(
        lambda: "with" not in first_key(lambda x: np.sum(x[3:] ** 2), tail, p),
        ((Extents, "at_least", lambda self, extent, least, why: None),),
    ),
    "no elements to compare": Way(
        lambda: form(lambda x: np.sum(x**2), lambda x: x**3, np.zeros((0,))),
        ((verify.form.prove._Question, "_check_shapes", lambda self: None),),
    ),
    "a condition that is not listed": Way(
        lambda: accepts({**certificate(lambda x: np.sum(np.log(x)), lambda x: 1 / x, p), "conditions": []}),
        ((checker.Reader, "domain", lambda self: None),),
    ),
}

ALGEBRA = {
    "symmetric before differentiating": Way(
        lambda: form(two_symmetric, lambda W, a, b: 2 * np.outer(a, b), np.eye(3), p[:3], p[1:]),
        ((verify.form.denote, "Source", partial(Source, symmetric=True)),),
    ),
    "labels of arrays that collide": Way(
        lambda: form(lambda x, a, b: np.sum(x * a + 0 * b), lambda x, a, b: b, p, p, p),
        ((verify.form.denote.Denotation, "_label", lambda self, name: "same" if name in ("a", "b") else name),),
    ),
    "labels of binders that collide": Way(
        lambda: form(with_rows, with_rows_captured, p, p, square4),
        ((verify.form.term, "naming", _without_levels),),
    ),
    "a hash taken for equality": Way(
        lambda: form(square, lambda x: 2 * x**3, x), ((verify.form.term, "term_text", _hashed),)
    ),
    "3.14159 read as π": Way(
        lambda: form(lambda x: np.sum(np.sin(np.pi * x)), lambda x: 3.14159 * np.cos(np.pi * x), x, literals="named"),
        ((verify.form.literals, "_BY_VALUE", PI_BY_VALUE),),
    ),
    "an exponent of 2.0004 read as 2": Way(
        lambda: form(lambda x: np.sum(x**3), lambda x: 3 * x**2.0004, p, domains={"x": "positive"}),
        ((verify.form.interpret, "read", _rounded(verify.form.interpret.read)),),
    ),
    "a result of another shape that broadcasts": Way(
        lambda: form(np.sum, lambda x: 1.0, x), ((verify.form.prove, "shapes_agree", lambda *_: True),)
    ),
    "two axes equal by value": Way(
        lambda: form(np.sum, lambda X: np.ones((X.shape[1], X.shape[0])), square4),
        ((verify.form.prove, "shapes_agree", lambda *_: True),),
    ),
    "a dtype that rounds": Way(
        lambda: form(lambda x: np.sum(x.astype(np.float32) ** 2), lambda x: 2 * x, x),
        ((verify.form.denote, "_rounds", lambda *_: False),),
    ),
}

WAYS = {**RECORDING, **GUARDS, **DOMAINS, **ALGEBRA}


@pytest.mark.parametrize("name", WAYS)
def test_it_is_refused(name):
    assert not WAYS[name].accepted()


@pytest.mark.parametrize("name", WAYS)
def test_it_is_its_guard_that_refuses_it(name, without):
    without(WAYS[name].guards)
    assert WAYS[name].accepted()
