"""What a lemma is not made of: rules that fail, read sizes or tie them, tapes and passes that are not what they say."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.engine.pulling import pull
from dualgrad.frontends.trace import Trace
from dualgrad.frontends.tracer import Cell, Tracer
from dualgrad.op import REGISTRY
from dualgrad.program import entry as e
from dualgrad.program.entry import Index
from dualgrad.program.record import SizeOf, Variable
from dualgrad.program.size import dimension
from dualgrad.samples import Sample
from verify.form import linear as lin
from verify.form.algebra import multiply, scale, subtract
from verify.form.construct import extreme, positive
from verify.form.facts import Facts
from verify.form.interpret import Requirement
from verify.form.proof import Failure
from verify.form.setting import Budget, TooLarge, Undefined, within
from verify.form.term import ONE, ZERO, Atom, Source, power_of
from verify.lemma import answer, compose, needs, rule
from verify.lemma import lemma as lemmas
from verify.lemma import pattern as patterns
from verify.lemma.answer import prove_tape
from verify.lemma.book import forget, forward_lemmas, lemma_of
from verify.lemma.compose import NotComposed
from verify.lemma.pattern import canonical, pattern_of
from verify.lemma.survey import Status, _Place, _weaker, has_elements, survey
from verify.lemma.tape import tape_of
from verify.question.ask import pose
from verify.question.own import engine_gradient
from verify.question.recording import record_symbolic

X = np.array([0.5, -1.25, 2.0])


@pytest.fixture(autouse=True)
def _forgotten():
    forget()
    yield
    forget()


def recorded(f, *args):
    problem = pose(f, args, "grad", None, None, None)
    return problem, record_symbolic(problem, problem.arrays)


def parts(f, *args):
    problem, recording = recorded(f, *args)
    extents = recording.trace.extents
    wrt = [recording.inputs[k] for k in problem.wrt]
    programs = [recording.forward, wrt, recording.gradient, recording.tape, recording.trace.equations]
    return [*programs, extents.resolve, extents.values]


def check(f, *args):
    """The check of a backward pass, before it runs."""
    forward, wrt, gradient, tape, equations, resolve, values = parts(f, *args)
    return compose._Check(forward, wrt, gradient, tape, equations, resolve, values, "exact")


def step(name, f, *args):
    """An equation of an op in a recording, what resolves its sizes, and their values."""
    *_, equations, resolve, values = parts(f, *args)
    return next(equation for equation in equations if equation.op.name == name), resolve, values


def outer(x, y):
    return (x[:, None] * y).sum()


# ---------------------------------------------------------------------------- rules


def _raises(*given):
    raise ValueError("no rule at all")


def _reads_a_size(op, slot, cotangent, result, given, params):
    int(given[0].shape[0])
    return pull(op, slot, cotangent, result, given, params)


def _ties_sizes(op, slot, cotangent, result, given, params):
    given[0][:, 0] + given[1]
    return pull(op, slot, cotangent, result, given, params)


def _poisons(op, slot, cotangent, result, given, params):
    with suppress(TypeError):
        float(given[0])
    return pull(op, slot, cotangent, result, given, params)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [(_raises, "no rule at all"), (_reads_a_size, "it reads a size"), (_ties_sizes, "it needs sizes to agree"),
     (_poisons, "float")],
)  # fmt: skip
def test_a_rule_that_is_not_recorded_for_every_size_is_no_lemma(monkeypatch, wrong, reason):
    equation, resolve, values = step("multiply", outer, X, np.ones(3))
    found, _ = lemma_of(equation, resolve, values, "exact")
    assert not isinstance(found, str)
    forget()
    monkeypatch.setattr(rule, "pull", wrong)
    found, _ = lemma_of(equation, resolve, values, "exact")
    assert isinstance(found, str)
    assert found.startswith("the rule of multiply cannot be recorded by itself: ")
    assert reason in found
    given = parts(outer, X, np.ones(3))
    with pytest.raises(NotComposed, match="cannot be recorded by itself"):
        compose.compose(*given)


def test_a_forward_rule_that_cannot_be_recorded_says_so(monkeypatch):
    equation, resolve, values = step("multiply", outer, X, np.ones(3))
    assert [lemma is not None for lemma in forward_lemmas(equation, resolve, values, "exact")] == [True, True]
    monkeypatch.setattr(rule, "push", _raises)
    assert "no rule at all" in forward_lemmas(equation, resolve, values, "exact")


def test_an_op_that_records_as_another_is_no_lemma(monkeypatch):
    equation, resolve, values = step("multiply", outer, X, np.ones(3))
    named = canonical(pattern_of(equation, resolve))
    sizes = {mine: values[theirs] for mine, theirs in named.names.items()}
    operands = [named.operand(operand, resolve) for operand in equation.inputs]
    assert rule.pulling(equation.op, operands, equation.params, sizes, named.key)
    with pytest.raises(rule.NoRecording, match="means something else by itself"):
        rule.pulling(equation.op, operands, equation.params, sizes, "another key")


def test_an_operand_that_is_a_size_stays_one():
    *_, equations, resolve, values = parts(lambda x: (x * x.shape[0]).sum(), X)
    equation = next(eq for eq in equations if any(isinstance(operand, SizeOf) for operand in eq.inputs))
    found, named = lemma_of(equation, resolve, values, "exact")
    assert not isinstance(found, str)
    assert [isinstance(operand, SizeOf) for operand in found.rule.equation.inputs].count(True) == 1
    assert named.operand(SizeOf(resolve(dimension(next(iter(values))))), resolve) == SizeOf(dimension("d0"))


def test_an_op_that_says_that_it_has_no_derivative_gets_no_program():
    """In the first argument of the incomplete gamma function there is none: the lemma holds in the other alone."""
    of_both = lambda a, x: dg.gammainc(a, x).sum()  # noqa: E731
    equation, resolve, values = step("gammainc", lambda x: of_both(np.ones(3), x), X + 2)
    found, _ = lemma_of(equation, resolve, values, "exact")
    assert [rule.refuses(equation.op, slot) for slot in (0, 1)] == [True, False]
    assert found.rule.slots[0] is None
    assert found.rule.slots[1] is not None


def test_a_node_that_is_not_known_is_refused():
    with pytest.raises(TypeError, match="no clause for int"):
        patterns._Spelling(lambda extent: extent).entry(3)


# ---------------------------------------------------------------------------- tapes


def taped(f, *sizes):
    """The tape of f, run on tensors of tracers, and the variables of the arguments."""
    trace, tapes = Trace(), []
    given = [Tracer(trace, Cell(Variable(f"x{k}", (size,), np.dtype(float))), None) for k, size in enumerate(sizes)]
    engine_gradient(f, range(len(given)), lambda total, tensors: tapes.append(tape_of(total, tensors)))(*given)
    return tapes[0] if tapes else None, [tracer.operand for tracer in given]


def test_the_tape_says_what_each_operand_came_from():
    tape, (x, y) = taped(lambda x, y: np.sin(x) * y + x, dimension("n"), dimension("n"))
    sources = [entry.sources for entry in tape]
    assert sources[:3] == [(x,), (0, y), (1, x)]
    assert all(isinstance(entry.result, Variable) for entry in tape)
    assert [entry.sources for entry in tape[3:]] == [(2,), (None, 3)]


def test_there_is_no_tape_of_what_is_no_tensor_or_no_tracer():
    assert tape_of(3.0, []) == ()
    x = dg.tensor(X, requires_grad=True)
    assert tape_of((x * 2).sum(), [x]) is None
    assert tape_of((x * 2).sum(), []) is None
    seen = []
    run = engine_gradient(lambda x: (x * np.ones(3)).sum(), [0], lambda total, given: seen.append(tape_of(total, [])))
    run(Tracer(Trace(), Cell(Variable("x", (3,), np.dtype(float))), None))
    assert seen == [None]


def test_a_result_that_is_handed_in_stays_a_step_of_the_tape():
    tapes = []

    def f(x):
        y = x * 2.0
        tapes.append(tape_of((y * y).sum(), [x, y]))
        return y

    tape, (x,) = taped(f, dimension("n"))
    assert tape is not None
    assert [entry.sources for entry in tapes[0]] == [(x, None), (0, 0), (1,)]


# ---------------------------------------------------------------------------- passes


def test_sums_have_to_occur_in_the_pass_and_fit():
    whole = check(lambda x: (np.sin(x) + np.exp(x)).sum(), X)
    of = whole.wrt[0]
    assert whole._summed(of, []) is None
    a, b = (equation.output for equation in whole.forward.equations[:2])
    with pytest.raises(NotComposed, match="are not added up"):
        whole._summed(of, [compose.Part(a, a), compose.Part(of, of)])
    (total,) = whole.forward.outputs
    with pytest.raises(NotComposed, match="another shape or dtype"):
        whole._summed(of, [compose.Part(total, total)])
    added = next(equation for equation in whole.forward.equations if equation.op.name == "add")
    for first, second in ((a, b), (b, a)):
        assert whole._summed(of, [compose.Part(first, first), compose.Part(second, second)]).found is added.output


def test_what_is_left_over_or_missing_at_the_ends_is_refused():
    whole = check(lambda x: np.sin(x).sum(), X)
    with pytest.raises(NotComposed, match="nothing depends on"):
        whole._results()
    whole = check(lambda x: np.sin(x).sum(), X)
    (output,) = whole.gradient.outputs
    whole.received[whole.wrt[0]] = [compose.Part(output, output)]
    whole.received[0] = [compose.Part(output, output)]
    with pytest.raises(NotComposed, match="contributions are left"):
        whole._results()


def test_a_seed_that_cannot_be_read_is_none(monkeypatch):
    whole = check(lambda x: np.sin(x).sum(), X)
    (output,) = whole.gradient.outputs
    with pytest.raises(NotComposed, match="is not one"):
        whole._require_one(output)

    def too_large(self, operand, place):
        raise TooLarge("a seed of a million terms")

    monkeypatch.setattr(compose.Denotation, "at", too_large)
    with pytest.raises(NotComposed, match="the seed cannot be read: a seed of a million terms"):
        whole._require_one(output)


def test_a_truth_that_is_said_to_move_is_refused(monkeypatch):
    given = parts(lambda x: np.where(x > 1, x, 2 * x).sum(), X)
    assert compose.compose(*given)
    greater = next(equation for equation in given[0].equations if equation.op.name == "greater")
    lemma, named = lemma_of(greater, *given[-2:], "exact")
    for slots in ((None, *lemma.slots[1:]), (replace(lemma.slots[0], blocked="a jump"), *lemma.slots[1:])):
        changed = replace(lemma, slots=slots)
        with monkeypatch.context() as patch:
            patch.setattr(
                compose, "lemma_of", lambda eq, *rest, to=changed: (to, named) if eq is greater else lemma_of(eq, *rest)
            )
            with pytest.raises(NotComposed, match="is not shown to be constant"):
                compose.compose(*given)


def test_numbers_that_a_rule_uses_have_to_be_those_of_the_pass():
    whole = check(lambda x: (x * np.array([1.0, 2.0, 4.0])).sum(), X)
    equation = next(equation for equation in whole.forward.equations if equation.op.name == "multiply")
    lemma, named = whole._lemma(equation)
    instance = compose._Instance(whole, equation, lemma, named, compose.Part(equation.output, equation.output))
    for variable, array in whole.gradient.captured.items():
        assert instance._captured(Variable("c", variable.shape, variable.dtype), array.tobytes()) is variable
        with pytest.raises(NotComposed, match="uses other numbers"):
            instance._captured(Variable("c", variable.shape, variable.dtype), (array + 1).tobytes())
    assert whole.gradient.captured


@pytest.mark.parametrize("error", [TooLarge, Undefined])
def test_a_proof_that_cannot_be_said_is_none(monkeypatch, error):
    forward, wrt, gradient, tape, equations, resolve, values = parts(lambda x: np.sin(x).sum(), X)

    def fails(self, started):
        raise error("out of words")

    monkeypatch.setattr(answer._Said, "proof", fails)
    found = prove_tape(forward, wrt, gradient, tape, equations, facts=Facts(resolve=resolve), values=values)
    assert isinstance(found, Failure)
    assert found.reason == f"{error.__name__}: out of words"


# ---------------------------------------------------------------------------- what follows


def entry(name):
    return power_of(Atom("cell", "", (), (), Source(name, ())))


def test_cases_of_cases_end_and_nothing_is_known_of_zero():
    with within(Budget()):
        x, y = entry("x"), entry("y")
        side = positive(x)
        asked, known = Requirement(y, "!= 0", side), [Requirement(y, "> 0", side)]
        assert needs.follows(asked, known)
        assert not needs.follows(asked, known, 0)
        assert not needs._nonzero(ZERO, known, 3)
        assert not needs._nonzero(subtract(x, y), [Requirement(x, "!= 0", ONE)], 0)
        twice = [Requirement(scale(x, -2), "!= 0", ONE)]
        assert needs._nonzero(x, twice, 1)
        assert not needs._nonzero(x, twice, 0)
        assert not needs._nonzero(y, twice, 1)


def test_what_cannot_be_computed_does_not_follow(monkeypatch):
    def undefined(*given):
        raise Undefined("no value")

    with within(Budget()):
        x = entry("x")
        asked = Requirement(multiply(x, entry("y")), "!= 0", ONE)
        known = [Requirement(x, "!= 0", ONE), Requirement(entry("y"), "!= 0", ONE)]
        assert needs.follows(asked, known)
        monkeypatch.setattr(needs, "_nonzero", undefined)
        assert not needs.follows(asked, known)


# ---------------------------------------------------------------------------- surveys


def test_the_weaker_of_two_statuses_is_kept():
    plain = Status("sin", "pointwise", "VJP", 0)
    blocked, run = replace(plain, blocked="a kink"), replace(plain, sizes="the sizes run", reading="named")
    assert _weaker(None, plain) is plain
    assert _weaker(plain, blocked) is blocked
    assert _weaker(blocked, plain) is blocked
    assert _weaker(blocked, replace(blocked, blocked="another")) is blocked
    assert _weaker(plain, run) == _weaker(run, plain) == run


def test_an_op_of_several_arrays_in_one_argument_is_surveyed():
    assert {status.blocked for status in survey(REGISTRY["concatenate"])} == {""}


def test_every_array_of_a_sample_has_dimensions_of_its_own():
    trace = Trace()
    place = _Place(trace, True, "fb")
    first, (second, number) = place.of(np.ones((2, 1))), place.of([np.ones((2, 3)), 4])
    shapes = [tracer.operand.shape for tracer in (first, second)]
    assert number == 4
    assert shapes[0][1] == 1
    assert len({shapes[0][0], *shapes[1]}) == 3
    assert place.of(np.arange(3)).dtype == int


def test_samples_of_complex_numbers_or_of_nothing_are_not_surveyed():
    assert has_elements(Sample((X, 2.0)))
    for array in (X + 1j, X[:0]):
        assert not has_elements(Sample((X, array)))
        assert not has_elements(Sample((X, [X, array])))


# ---------------------------------------------------------------------------- patterns


def test_meanings_are_told_apart_by_every_part():
    spelled = lambda node: patterns._Spelling(lambda extent: extent).entry(node)  # noqa: E731
    one, two = e.Number(1), e.Number(2)
    nodes = [
        e.Kernel("sin", (one,)), e.Kernel("cos", (one,)), e.Kernel("sin", (two,)), e.Power(one, 2), e.Power(one, 3),
        e.Power(two, 2), e.Guard(">", one), e.Guard("==", one), e.Guard(">", two), e.Plus((one, two)),
        e.Times((one, two)), e.Plus((two, one)), e.Select(one, one, two), e.Select(one, two, one), one, two,
    ]  # fmt: skip
    assert len({spelled(node) for node in nodes}) == len(nodes)
    assert None not in {spelled(node) for node in nodes}


def test_only_extents_that_say_more_are_asked_to_be():
    """That n >= 1 is known; that n - 1 >= 0 is asked for."""
    equation, resolve, values = step("multiply", outer, X, np.ones(3))
    found, _ = lemma_of(equation, resolve, values, "exact")
    assert lemmas._sizes(found.rule) == ()
    equation, resolve, values = step("getitem", lambda x: x[1:].sum(), X)
    found, _ = lemma_of(equation, resolve, values, "exact")
    assert dimension("d0") - 1 in lemmas._sizes(found.rule)


def test_shares_are_those_of_maxima_and_minima():
    with within(Budget()):
        j = Index("j", dimension("n"))
        entry_at = power_of(Atom("cell", "", (lin.of_index(j),), (), Source("x", (dimension("n"),))))
        for name, count in (("max", 1), ("min", 1), ("prod", 0)):
            assert len(lemmas._shares(extreme(name, j, entry_at))) == count
