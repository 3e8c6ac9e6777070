"""What expressions require, in words and not, and what of it follows; ladders, pairs and budgets at their ends."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from dualgrad.program import entry as e
from dualgrad.program.entry import Index
from dualgrad.program.size import dimension
from verify.form import domain, ladder, rank
from verify.form.algebra import add, multiply, scale, subtract
from verify.form.construct import kernel, positive
from verify.form.denote import Denotation
from verify.form.facts import Facts
from verify.form.interpret import Interpreter, Requirement
from verify.form.power import power
from verify.form.proof import Failure, Proof
from verify.form.scalar import follows, zero_by_tower
from verify.form.setting import Budget, NoForm, TooLarge, Undefined, spend, within
from verify.form.term import ONE, ZERO, Atom, Source, power_of
from verify.question.ask import pose
from verify.question.recording import record_symbolic

N, M = dimension("n"), dimension("m")


@pytest.fixture(autouse=True)
def _budget():
    with within(Budget(seconds=20.0)):
        yield


def entry(name):
    return power_of(Atom("cell", "", (), (), Source(name, ())))


X, Y = entry("x"), entry("y")


@pytest.fixture
def denote():
    """The denotation of a program of two arguments."""
    problem = pose(lambda x, y: (np.exp(x) * y).sum(), (np.ones(3), np.ones(3)), "grad", None, None, None)
    recording = record_symbolic(problem, problem.arrays)
    return Denotation((recording.forward,), Facts(resolve=recording.trace.extents.resolve), "exact")


# ---------------------------------------------------------------------------- what a kernel requires


def required(name, *args):
    """What a function requires of x, y, … and numbers, as (form, relation)."""
    asked = []
    slots = [X, Y, entry("z"), entry("w")]
    interpreter = Interpreter(lambda slot, _: slots[slot], lambda extent: extent, "exact",
                              lambda form, relation, path: asked.append((form.key, relation)))  # fmt: skip
    nodes = tuple(e.Element(arg, ()) if isinstance(arg, int) else e.Number(Fraction(arg)) for arg in args)
    form = interpreter.value(e.Kernel(name, nodes), {})
    return form, asked


def test_what_functions_of_several_arguments_require():
    one_less = lambda form: subtract(ONE, form).key  # noqa: E731
    gamma = lambda form: kernel("reciprocal_gamma", form).key  # noqa: E731
    for name, args, expected in (
        ("bessel_j", ["2", 0], []), ("bessel_j", ["0.5", 0], [(X.key, "> 0")]), ("bessel_i", [0, 1], [(Y.key, "> 0")]),
        ("bessel_i", ["3", 0], []), ("bessel_k", ["1", 0], [(X.key, "> 0")]), ("bessel_y", ["1", 0], [(X.key, "> 0")]),
        ("gamma_distribution", [0, 1], [(X.key, "> 0"), (Y.key, "> 0")]),
        ("gamma_quantile", [0, 1], [(X.key, "> 0"), (Y.key, "> 0"), (one_less(Y), "> 0")]),
        ("hypergeometric_1f1", ["1", 0, 1], [(gamma(X), "!= 0")]),
        ("hypergeometric_2f1", ["1", "2", 0, 1], [(one_less(Y), "> 0"), (gamma(X), "!= 0")]),
        ("hurwitz_zeta", [0, 1], [(Y.key, "> 0"), (subtract(X, ONE).key, "> 0")]),
        ("arctan2", [0, 1], [(add(power(X, 2), power(Y, 2)).key, "!= 0")]),
        ("power", [0, 1], [(X.key, "> 0")]), ("power", [0, "2"], []), ("power", [0, "-2"], [(X.key, "!= 0")]),
        ("power", [0, "0.5"], [(X.key, ">= 0")]),
    ):  # fmt: skip
        _, asked = required(name, *args)
        assert asked == expected, name
    assert required("power", 0, "2")[0].key == power(X, 2).key
    assert required("power", 0, "0.5")[0].key == power(X, Fraction(1, 2)).key


def test_what_is_no_entry_is_refused():
    interpreter = Interpreter(lambda slot, _: X, lambda extent: extent, "exact", lambda *given: None)
    with pytest.raises(TypeError, match="no clause for str"):
        interpreter.value("x", {})
    r, c = Index("r", N), Index("c", M)
    for kind in ("inv", "det"):
        with pytest.raises(NoForm, match="is not square"):
            interpreter.value(e.MatrixEntry(kind, r, c, e.Element(0, ()), ()), {})


# ---------------------------------------------------------------------------- requirements


def test_requirements_in_words(denote, monkeypatch):
    asked = [Requirement(X, "> 0", ONE), Requirement(ONE, "> 0", ONE), Requirement(Y, "!= 0", ZERO)]
    assert domain.in_words(asked, denote) == ("x > 0",)
    with pytest.raises(Undefined, match="zero everywhere is required to be != 0 here"):
        domain.in_words([Requirement(ZERO, "!= 0", ONE, "here")], denote)
    monkeypatch.setattr(domain, "MOST_TERMS_SAID", 0)
    monkeypatch.setattr(domain.Denotation, "unfold", _too_large)
    assert domain.in_words(asked, denote) == ("x > 0",)


def _too_large(self, form):
    raise TooLarge("a form of a million terms")


def test_what_is_too_large_to_unfold_does_not_follow(denote, monkeypatch):
    asked, known = [Requirement(multiply(X, Y), "> 0", ONE)], [Requirement(X, "> 0", ONE), Requirement(Y, "> 0", ONE)]
    same = [Requirement(scale(X, 2), "> 0", ONE)]
    assert domain.beyond(same, known, denote) == []
    assert domain.beyond(asked, [known[0]], denote) == asked
    assert domain.beyond_all(asked, known, denote) == []
    assert len(domain.always_positive(known, denote)) == 2
    assert domain.in_terms_of_inputs(known, denote) == known
    monkeypatch.setattr(domain.Denotation, "unfold", _too_large)
    assert domain.beyond(same, known, denote) == same
    assert domain.always_positive(known, denote) == frozenset()
    assert domain.in_terms_of_inputs(known, denote) == []


def test_requirements_are_looked_at_on_either_side_of_a_guard(denote):
    """3 [x > 0] + 1 and [x > 0] y + 1 - [x > 0]: the first is positive, the second where y is."""
    guard = positive(X)
    sure = add(scale(guard, 3), ONE)
    half = add(multiply(guard, Y), subtract(ONE, guard))
    known = [Requirement(Y, "> 0", ONE)]
    assert len(list(domain._cases(Requirement(half, "> 0", ONE)))) == 2
    assert [one.form.key for one in domain._cases(Requirement(half, "!= 0", ONE))] == [half.key]
    assert domain.beyond([Requirement(half, "> 0", ONE)], known, denote) == []
    assert domain.beyond([Requirement(half, "> 0", ONE)], [], denote)
    assert domain.holds(Requirement(sure, "> 0", ONE))


def test_a_requirement_that_cannot_be_computed_does_not_hold(monkeypatch):
    assert domain.holds(Requirement(X, "> 0", ZERO))

    def undefined(one):
        raise Undefined("no value")

    monkeypatch.setattr(domain, "_failing", undefined)
    assert not domain.holds(Requirement(X, "> 0", ZERO))


def test_what_is_not_0_where_its_gamma_function_has_a_value(denote):
    """1 / Γ(x) is 0 at x = 0."""
    gamma = kernel("reciprocal_gamma", X)
    known = [Requirement(gamma, "!= 0", ONE)]
    assert domain.beyond([Requirement(X, "!= 0", ONE)], known, denote) == []
    other = [Requirement(subtract(X, ONE), "!= 0", ONE)]
    assert domain.beyond(other, known, denote) == other


def test_parts_of_what_is_not_0_are_looked_at_a_number_of_times(denote, monkeypatch):
    names = [entry(name) for name in "abcdefghij"]
    whole = [Requirement(multiply(*names), "!= 0", ONE)]
    asked = [Requirement(name, "!= 0", ONE) for name in names]
    assert domain.beyond(asked, whole, denote) == []
    monkeypatch.setattr(domain, "MOST_PARTS", 1)
    assert len(domain.beyond(asked, whole, denote)) == len(asked)


# ---------------------------------------------------------------------------- the tower


def test_only_relations_that_it_knows_are_asked_of_the_tower():
    assert follows(Requirement(multiply(X, Y), "> 0", ONE), [Requirement(X, "> 0", ONE), Requirement(Y, "> 0", ONE)])
    assert not follows(Requirement(X, "is even", ONE), [Requirement(X, "is even", ONE)])


def test_the_tower_is_not_asked_what_is_too_long(monkeypatch):
    from verify.form import scalar

    form = subtract(power(add(X, Y), 3), multiply(add(X, Y), add(X, Y), add(X, Y)))
    other = subtract(kernel("tanh", X), multiply(kernel("tanh", X), ONE))
    assert zero_by_tower(other, [])
    shown = subtract(multiply(power(add(X, ONE), -1), add(X, ONE)), ONE)
    assert zero_by_tower(shown, [Requirement(add(X, ONE), "!= 0", ONE)])
    monkeypatch.setattr(scalar, "MOST_NODES", 1)
    assert not zero_by_tower(shown, [Requirement(add(X, ONE), "!= 0", ONE)])
    assert not form.terms


# ---------------------------------------------------------------------------- budgets


def test_a_budget_ends_by_terms_by_indices_and_by_time(monkeypatch):
    with within(Budget(terms=3, bound=2, seconds=20.0)):
        spend(3, 2)
        with pytest.raises(TooLarge, match="more than 3 terms"):
            spend(4)
        with pytest.raises(TooLarge, match="more than 2 bound indices"):
            spend(1, 3)
    with within(Budget(seconds=0.0)), pytest.raises(TooLarge, match=r"more than 0\.0 seconds"):
        for _ in range(10_000):
            spend(1)


def test_ranks_that_are_too_much_to_look_at_are_left_out(monkeypatch):
    problem = pose(lambda x: np.linalg.slogdet(x.T @ x)[1], (np.ones((3, 2)) + np.eye(3, 2),), "grad", None, None, None)
    recording = record_symbolic(problem, problem.arrays)
    facts = Facts(resolve=recording.trace.extents.resolve)
    assert len(rank.extents_for_rank([recording.forward], facts)) == 1

    def too_large(programs, denote):
        raise TooLarge("a form of a million terms")
        yield

    monkeypatch.setattr(rank, "_missing", too_large)
    assert rank.extents_for_rank([recording.forward], facts) == ()


# ---------------------------------------------------------------------------- proofs


def test_a_jacobian_is_of_one_output(decide):
    found = decide(lambda x: (x, x * 2), lambda x: np.eye(x.shape[0]), {"x": "n"}, kind="jac")
    assert isinstance(found, Failure)
    assert found.reason == "a Jacobian is of one output"


def test_a_difference_that_takes_long_to_settle_is_left(monkeypatch):
    form = subtract(multiply(power(add(X, ONE), -1), add(X, ONE)), ONE)
    assert ladder.settled_soon(form) is not None
    monkeypatch.setattr(ladder, "MOST_TERMS", 0)
    assert ladder.settled_soon(form) is None


def test_a_proof_by_steps_of_a_program_with_guards_is_made_again_as_a_whole(decide):
    found = decide(lambda x: np.maximum(np.sin(x), 0).sum(), None, {"x": "n"})
    assert isinstance(found, Proof)
    assert found.kinks
