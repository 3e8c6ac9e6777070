"""From findings to a result: every step of the ladder, and what stands above what."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from verify import Verdict, check
from verify.answer.conclude import TELLING, conclude
from verify.answer.findings import Findings
from verify.points.hygiene import Hygiene
from verify.points.triangle import REASON
from verify.proof.attempt import Attempt
from verify.verdict import Counterexample, Expression, Formula, Kink, Numbers

CLEAN = Hygiene(("the result is an alias of x",), ())
X = np.array([1.0, 2.0])
EXAMPLE = Counterexample(("x=np.array([1.0])",), "x[0]", "2.0", "1.0")
PROVED = Formula(Verdict.PROVED, sizes="every n >= 1", certificate={})
RECORDING: Any = SimpleNamespace(forward="F", gradient_refused="")
OK = Numbers("ok", 1.0, 1.0, "x[0]", elements=2)


def made(problem: Any, arrays: Any, place: int, index: Any, expected: str, got: str) -> Any:
    """What stands for a counterexample here."""
    return (place, index, expected, got)


@pytest.fixture(autouse=True)
def _examples(monkeypatch):
    monkeypatch.setattr("verify.answer.findings.counterexample", made)


def problem(every_size: bool = False) -> Any:
    argument = SimpleNamespace(name="x", value=X)
    return SimpleNamespace(notes=("a note",), every_size=every_size, wrt=(0,), arguments=(argument,), arrays={0: X})


def look(status: str = "equal", reason: str = "") -> Any:
    point = SimpleNamespace(arrays={0: X}, label="the given arguments")
    return SimpleNamespace(status=status, reason=reason, truth=(), point=point, recording=RECORDING)


def attempt(formula: Formula | None = None, reason: str = "no rule") -> Attempt:
    return Attempt(formula=formula, reason=reason, recording=RECORDING)


def findings(
    status: str = "equal", reason: str = "", numbers: Numbers = OK, every: bool = False, **more: Any
) -> Findings:
    given = {"attempt": attempt(), "looked": 5, "bits": 80.0, **more}
    return Findings(problem(every), [X], look(status, reason), numbers, **given)


def said(found: Findings, clean: Hygiene = CLEAN) -> Any:
    return conclude(found, clean)


def test_a_proof_is_the_verdict():
    result = said(findings(attempt=attempt(PROVED)))
    assert result.verdict is result.formula.verdict is Verdict.PROVED
    assert result.formula.certificate == {}
    assert result.notes == ("a note",)
    assert result.hygiene == CLEAN.findings
    assert result.counterexample is None
    assert result.reason == ""


@pytest.mark.parametrize(("every", "sizes", "verdict"), [
    (True, "every n >= 1", Verdict.PROVED), (True, "the sizes run (x: 2)", Verdict.UNDECIDED),
    (False, "the sizes run (x: 2)", Verdict.PROVED),
])  # fmt: skip
def test_every_size_is_what_was_asked_for(every, sizes, verdict):
    result = said(findings(every=every, attempt=attempt(Formula(Verdict.PROVED, sizes=sizes))))
    assert result.verdict is verdict
    assert result.formula.verdict is Verdict.PROVED
    assert ("every size was asked for" in result.reason) is (verdict is Verdict.UNDECIDED)


def test_a_certified_formula_for_the_sizes_run_stays_one_where_every_size_was_asked_for():
    assert said(findings(every=True)).verdict is Verdict.CERTIFIED


def test_a_counterexample_outranks_all_else():
    kinks = (Kink("x = 0", at_input=True),)
    found = findings("kink", numbers=Numbers("wrong"), refutation=EXAMPLE, kinks=kinks, attempt=None)
    found.reason = "disjoint at x"
    result = said(found)
    assert result.verdict is result.formula.verdict is Verdict.REFUTED
    assert result.reason == "disjoint at x"
    assert result.counterexample == EXAMPLE


def test_numbers_that_are_wrong_elsewhere_refute():
    result = said(findings(wrong_numbers=EXAMPLE, reason="the numbers are wrong at x = 1"))
    assert result.verdict is Verdict.REFUTED
    assert result.formula.verdict is Verdict.CERTIFIED
    assert result.counterexample == EXAMPLE


def test_the_smallest_example_is_taken(monkeypatch):
    seen = SimpleNamespace(
        point=SimpleNamespace(arrays={0: X}),
        difference=SimpleNamespace(place=0, index=(1,), expected="3", got="4"),
    )
    answers = iter([seen, None, SimpleNamespace(point=seen.point, difference=None)])
    monkeypatch.setattr("verify.answer.shrink.smallest", lambda *given: next(answers))
    monkeypatch.setattr("verify.answer.conclude.counterexample", made)
    found = findings(refutation=EXAMPLE, refuted_at={0: X})
    assert said(found).counterexample == (0, (1,), "3", "4")
    assert said(found).counterexample == EXAMPLE
    assert said(found).counterexample == EXAMPLE
    assert said(findings(wrong_numbers=EXAMPLE, refuted_at={0: X})).counterexample == EXAMPLE


@pytest.mark.parametrize(("status", "at_input", "direct", "verdict"), [
    ("kink", True, None, Verdict.NONDIFFERENTIABLE),
    ("kink", False, None, Verdict.CERTIFIED),
    ("equal", True, None, Verdict.CERTIFIED),
    ("equal", True, Formula(Verdict.AGREES), Verdict.NONDIFFERENTIABLE),
    ("equal", False, Formula(Verdict.AGREES), Verdict.AGREES),
])  # fmt: skip
def test_the_arguments_lie_on_a_kink_where_one_is_named(status, at_input, direct, verdict):
    beside = SimpleNamespace(formula=direct) if direct is not None else None
    result = said(findings(status, direct=beside, kinks=(Kink("x = 0", at_input=at_input),)))
    assert result.verdict is verdict
    assert len(result.kinks) == 1


def test_wrong_numbers_at_the_arguments_refute_but_for_a_convention():
    wrong = Numbers("wrong", 1e9, 1.0, "x[1]", "1.0", "2.0", reason="")
    result = said(findings(numbers=wrong, attempt=attempt(PROVED)))
    assert result.verdict is Verdict.REFUTED
    assert result.formula.verdict is Verdict.PROVED
    assert result.reason.endswith("the given arguments: x[1]")
    assert result.counterexample == (0, (1,), "2.0", "1.0")
    assert said(findings(numbers=wrong, unsure=REASON)).verdict is Verdict.UNDECIDED


def test_what_changes_the_value_refutes():
    result = said(findings(attempt=attempt(PROVED)), Hygiene((), ("another layout, another value",)))
    assert result.verdict is Verdict.REFUTED
    assert result.reason == "another layout, another value"
    assert result.hygiene == ("another layout, another value",)


@pytest.mark.parametrize("status", ["kink", "outside", "equal"])
@pytest.mark.parametrize("number", ["unknown", "ok"])
@pytest.mark.parametrize("direct", [None, Formula(Verdict.AGREES), Formula(Verdict.UNDECIDED)])
def test_a_proof_elsewhere_says_nothing_of_the_arguments(status, number, direct):
    beside = SimpleNamespace(formula=direct) if direct is not None else None
    result = said(
        findings(status, numbers=Numbers(number, reason="f is not defined"), attempt=attempt(PROVED), direct=beside)
    )
    alone = status != "equal" and number == "unknown" and (direct is None or direct.verdict is Verdict.UNDECIDED)
    assert result.verdict is (Verdict.UNDECIDED if alone else Verdict.PROVED)
    assert ("holds elsewhere; at the given arguments f is not defined" in result.reason) is alone


def test_a_proof_and_a_counterexample_at_the_arguments_are_an_internal_error():
    found = findings("different", refutation=EXAMPLE, attempt=attempt(PROVED))
    assert said(found).formula.verdict is Verdict.UNDECIDED
    assert "internal error" in said(found).formula.reason
    assert said(found).verdict is Verdict.REFUTED
    elsewhere = said(findings("equal", refutation=EXAMPLE, attempt=attempt(PROVED)))
    assert elsewhere.formula.verdict is Verdict.PROVED
    assert elsewhere.verdict is Verdict.REFUTED


# ---------------------------------------------------------------------------- the formula


def formula(*given: Any, **more: Any) -> Formula:
    return said(findings(*given, **more)).formula


def test_points_in_balls_certify_to_so_many_digits():
    found = formula(looked=7, bits=100.0)
    assert found.verdict is Verdict.CERTIFIED
    assert found.method == "balls at 7 points, to 30 digits"
    assert found.sizes == "the sizes run"
    assert found.reason == "not proved: no rule"
    assert found.assumptions == ()
    assert formula(attempt=None).reason == ""
    assert formula(readings=frozenset({"exact", "decimal", "a"})).assumptions == (
        "literals are read as a", "literals are read as decimal",
    )  # fmt: skip


def test_wrong_numbers_leave_the_formula_open():
    found = formula(numbers=Numbers("wrong", reason="half of the digits"))
    assert (found.verdict, found.reason) == (Verdict.UNDECIDED, "half of the digits")


@pytest.mark.parametrize("more", [{"looked": 0}, {"unsure": "who knows"}, {"numbers": Numbers("unknown", reason="no")}])
def test_nothing_is_certified_where_nothing_was_compared_or_something_is_open(more):
    found = formula(**more)
    assert found.verdict is Verdict.UNDECIDED
    assert found.reason == {"looked": "no rule", "unsure": "who knows", "numbers": "no"}[next(iter(more))]


@pytest.mark.parametrize(("status", "condition", "verdict"), [
    ("numbers only", TELLING, Verdict.CERTIFIED), ("numbers only", 2 * TELLING, Verdict.UNDECIDED),
    ("numbers only", None, Verdict.CERTIFIED), ("equal", 2 * TELLING, Verdict.CERTIFIED),
])  # fmt: skip
def test_numbers_alone_tell_nothing_where_the_problem_is_ill_conditioned(status, condition, verdict):
    found = formula(status, "no program", numbers=Numbers("ok", 1.0, condition))
    assert found.verdict is verdict
    assert (found.reason == "at a condition of 1e+08 its numbers tell nothing, and no program") is (
        verdict is Verdict.UNDECIDED
    )


@pytest.mark.parametrize(("status", "number", "reason", "verdict"), [
    ("numbers only", "lost", "no program", "digits are lost, and no program"),
    ("kink", "lost", "", "digits are lost, and the given arguments lie on a guard"),
    ("equal", "lost", "", None), ("kink", "ok", "", None), ("numbers only", "ok", "", None),
])  # fmt: skip
def test_lost_digits_certify_nothing_where_only_numbers_were_compared(status, number, reason, verdict):
    found = formula(status, reason, numbers=Numbers(number))
    assert found.verdict is (Verdict.UNDECIDED if verdict else Verdict.CERTIFIED)
    assert verdict is None or found.reason == verdict


def test_a_test_for_equality_that_never_held_leaves_it_open():
    assert formula(equalities={"x == 1": True}).verdict is Verdict.CERTIFIED
    found = formula(equalities={"x == 1": True, "x == 2": False})
    assert found.verdict is Verdict.UNDECIDED
    assert "at x == 2, which held at no tested point" in found.reason


def test_what_was_only_run_is_told_by_what_was_found_there():
    direct = SimpleNamespace(formula=Formula(Verdict.AGREES, method="differences"))
    assert formula(direct=direct).method == "differences"
    assert formula(direct=direct, attempt=attempt(PROVED)).verdict is Verdict.PROVED


def test_large_arguments_are_compared_beside_the_engine():
    large = findings("large", looked=0, numbers=Numbers("ok", elements=10**6))
    found = said(large).formula
    assert found.verdict is Verdict.AGREES
    assert found.method.startswith("all 1000000 elements")
    assert found.reason == "not proved: no rule"
    assert formula("large", looked=0, attempt=None).reason == ""
    for number in ("lost", "unknown", "wrong"):
        bad = formula("large", looked=0, numbers=Numbers(number, reason="far off"))
        assert (bad.verdict, bad.reason) == (Verdict.UNDECIDED, "far off")
    assert formula("large", looked=0, numbers=Numbers("lost")).reason == "no rule"
    assert formula("large", looked=0, unsure="open").reason == "open"
    smaller = formula("large", looked=3, numbers=Numbers("unknown"))
    assert (smaller.verdict, smaller.sizes) == (Verdict.CERTIFIED, "smaller sizes than those given")


def test_what_branches_say_is_noted():
    found = findings(branches=SimpleNamespace(notes=("one branch was not visited",)), notes=("another",))
    assert said(found).notes == ("a note", "another", "one branch was not visited")


def test_formulas_and_derivations_are_made_when_asked_for():
    result = check(lambda x: np.sum(x**2), X, grad=lambda x: 2 * x)
    assert result.formula.expression == "∂o/∂xᵢ = 2 xᵢ"
    assert result.program == ()
    assert result.explained().program


# ---------------------------------------------------------------------------- how a result shows itself


def test_a_result_shows_itself(proved, undecided):
    assert repr(proved) == "<PROVED notebook: n = 4>"
    assert "f raised ValueError: no" in repr(undecided)
    assert "notebook" in str(proved)
    assert proved._repr_latex_().startswith(r"$$\begin{gathered} \frac{\partial o}")
    assert undecided._repr_latex_() is None
    assert "notebook" in proved.__rich__().plain
    assert bool(proved) and not bool(undecided)
    assert proved.formula.sympy == (None,)
    assert proved.formula.expression_is_proved and not undecided.formula.expression_is_proved


def test_what_may_depend_on_which_array_it_is_given_is_left_open():
    looking = SimpleNamespace(
        forward="F", gradient_refused="id(), dir() or vars() of an array tells that it is recorded"
    )
    tried = Attempt(formula=None, reason="no rule", recording=looking)  # type: ignore[arg-type]
    result = said(findings(attempt=tried))
    assert result.verdict is Verdict.UNDECIDED and "which array" in result.reason


def test_a_formula_is_proved_where_each_of_its_lines_is():
    lines = [Expression("a", "a", proved=True), Expression("b", "b", proved=False)]
    assert not Formula(Verdict.PROVED, written=tuple(lines)).expression_is_proved
    assert Formula(Verdict.PROVED, written=(lines[0], lines[0])).expression_is_proved
    assert not Formula(Verdict.PROVED).expression_is_proved
    assert "written" not in repr(Formula(Verdict.PROVED))
    assert Numbers("ok").elements == Numbers("ok").points == 0


def test_what_changes_the_returned_value_refutes_and_what_might_is_unsettled():
    changing = Hygiene(("it writes into x",), ("it returns something else when called again",))
    result = said(findings(attempt=attempt(PROVED)), changing)
    assert (result.verdict, result.reason) == (Verdict.REFUTED, "it returns something else when called again")
    later = said(findings(attempt=attempt(PROVED)), Hygiene((), (), "it counts its calls"))
    assert (later.verdict, later.reason) == (Verdict.UNDECIDED, "it counts its calls")


def test_a_claim_where_the_candidate_has_values_passes_nowhere():
    claim = Formula(Verdict.PROVED, sizes="every n >= 1", domain=("x != 0",))
    result = said(findings(defined=claim, unsure="say where x may be with domain="))
    assert (result.verdict, result.reason) == (Verdict.UNDECIDED, "say where x may be with domain=")
    assert result.formula.domain == ("x != 0",)


def test_readings_of_literals_are_assumptions_in_one_order():
    for readings in ({"named", "exact", "decimal"}, {"decimal", "named"}):
        said_ = said(findings(readings=readings)).formula.assumptions
        assert said_ == ("literals are read as decimal", "literals are read as named")
