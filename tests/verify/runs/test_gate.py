import pytest

from verify.runs.baseline import Baseline, Known
from verify.runs.gate import FAILED, INTERRUPTED, PASSED, judge
from verify.runs.settings import GATE, Override, Settings
from verify.runs.suite import Entry, Run
from verify.verdict import Formula, Kink, Numbers, Result, Verdict


def entry(verdict, case="a.py::f", outcome="done", status="ok", hygiene=(), sizes="", inside=None):
    kinks = () if inside is None else (Kink("x = 0", at_input=True, inside=inside),)
    result = Result(verdict, Formula(verdict, sizes=sizes), Numbers(status), kinks=kinks, hygiene=hygiene, reason="why")
    return Entry(case, result, outcome)


PROVED = entry(Verdict.PROVED, sizes="every n >= 1")
UNDECIDED = entry(Verdict.UNDECIDED)
REFUTED = entry(Verdict.REFUTED)
EVERYTHING = Settings(fail_on=tuple(GATE))
NOTHING = Settings(fail_on=(), exit_zero=True)
ACCEPTED = Baseline({"a.py::f": Known("UNDECIDED", ok=False, reason="not yet")})


def kinds(judgement):
    return [finding.kind for finding in judgement.failures]


@pytest.mark.parametrize(
    ("found", "by_default", "by_everything"),
    [
        (PROVED, [], []),
        (entry(Verdict.CERTIFIED), [], []),
        (entry(Verdict.AGREES), [], ["agrees"]),
        (entry(Verdict.NONDIFFERENTIABLE, inside=True), [], []),
        (entry(Verdict.NONDIFFERENTIABLE, inside=False), ["nondifferentiable"], ["nondifferentiable"]),
        (UNDECIDED, ["undecided"], ["undecided"]),
        (REFUTED, ["refuted"], ["refuted"]),
        (entry(Verdict.PROVED, status="lost"), [], ["digits"]),
        (entry(Verdict.PROVED, hygiene=("x is modified",)), [], ["hygiene"]),
        (entry(Verdict.UNDECIDED, outcome="timeout"), ["undecided"], ["undecided"]),
    ],
)
def test_every_class_of_the_gate(found, by_default, by_everything):
    assert kinds(judge(Run((found,)), Settings(), {})) == by_default
    assert judge(Run((found,)), Settings(), {}).code == (FAILED if by_default else PASSED)
    assert kinds(judge(Run((found,)), EVERYTHING, {})) == by_everything
    assert judge(Run((found,)), NOTHING, {}).code == PASSED


@pytest.mark.parametrize("settings", [Settings(), NOTHING, Settings(ignore=("V",)), Settings(select=("V9",))])
def test_a_case_that_was_not_run_always_fails(settings):
    reasons = {"ignore": "x", "select": "x"}
    judgement = judge(Run((PROVED, entry(Verdict.UNDECIDED, "b.py::g", "not run"))), settings, reasons, ACCEPTED)
    assert (kinds(judgement), judgement.code) == (["not run"], FAILED)


def test_an_interrupted_run_is_never_a_pass():
    assert judge(Run((PROVED,), interrupted=True), NOTHING, {}).code == INTERRUPTED


def test_a_baseline_accepts_the_undecided_that_it_knows_and_nothing_else():
    judgement = judge(Run((UNDECIDED,)), Settings(), {}, ACCEPTED)
    assert (judgement.code, [each.accepted for each in judgement.accepted]) == (PASSED, ["not yet"])
    assert judge(Run((entry(Verdict.UNDECIDED, "new.py::g"),)), Settings(), {}, ACCEPTED).code == FAILED
    assert judge(Run((REFUTED,)), Settings(), {}, ACCEPTED).code == FAILED


@pytest.mark.parametrize(
    ("known", "now", "lost"),
    [
        (Known("PROVED", every=True), PROVED, False),
        (Known("PROVED", every=True), entry(Verdict.PROVED, sizes="n = 4"), True),
        (Known("PROVED"), PROVED, False),
        (Known("PROVED"), entry(Verdict.CERTIFIED), True),
        (Known("CERTIFIED"), entry(Verdict.AGREES), True),
        (Known("AGREES"), UNDECIDED, True),
        (Known("UNDECIDED", ok=False, reason="r"), UNDECIDED, False),
        (Known("NONDIFFERENTIABLE"), entry(Verdict.NONDIFFERENTIABLE, inside=False), True),
        (Known("REFUTED", ok=False), UNDECIDED, False),
    ],
)
def test_less_certainty_than_on_record_is_lost(known, now, lost):
    judgement = judge(Run((now,)), Settings(), {}, Baseline({"a.py::f": known}))
    assert ("lost" in kinds(judgement)) is lost


@pytest.mark.parametrize(
    ("before", "now", "lost"),
    [
        (1.0, 6.0, True),
        (1.0, 4.9, False),
        (10.0, 39.0, False),
        (10.0, 41.0, True),
        (None, 9.0, False),
        (1.0, None, False),
        (1.0, float("inf"), True),
    ],
)
def test_more_ulps_than_on_record_fail_where_that_is_asked_for(before, now, lost):
    result = Result(Verdict.AGREES, Formula(Verdict.AGREES), Numbers("ok", ulps=now))
    baseline = Baseline({"a.py::f": Known("AGREES", ulps=before)})
    run = Run((Entry("a.py::f", result),))
    assert kinds(judge(run, Settings(fail_on=("accuracy",)), {}, baseline)) == (["accuracy"] if lost else [])
    assert judge(run, Settings(), {}, baseline).code == PASSED


def test_a_lost_proof_fails_also_where_undecided_does_not():
    settings = Settings(fail_on=("refuted", "lost"))
    assert kinds(judge(Run((UNDECIDED,)), settings, {}, Baseline({"a.py::f": Known("PROVED")}))) == ["lost"]


def test_a_case_that_is_gone_fails_where_that_is_asked_for():
    baseline = Baseline({"gone.py::g": Known("PROVED")})
    assert judge(Run((PROVED,)), Settings(), {}, baseline).code == PASSED
    assert kinds(judge(Run((PROVED,)), EVERYTHING, {}, baseline)) == ["removed"]
    assert kinds(judge(Run((PROVED,), settings={"shard": "1/2"}), EVERYTHING, {}, baseline)) == []


def test_overrides_let_pass_by_code_and_case():
    override = Override(match="a.py::*", ignore=("V1",), reason="ticket 7")
    run = Run((REFUTED, entry(Verdict.REFUTED, "b.py::g")))
    judgement = judge(run, Settings(override=(override,)), {})
    assert [each.case for each in judgement.failures] == ["b.py::g"]
    assert [each.accepted for each in judgement.accepted] == ["ticket 7"]


def test_ids_with_brackets_are_matched_as_they_stand():
    run = Run((entry(Verdict.REFUTED, "a.py::f[grad=g]"),))
    for match, code in (("a.py::f[grad=g]", PASSED), ("a.py::f[*", PASSED), ("a.py::f[g]", FAILED)):
        settings = Settings(override=(Override(match, ("V1",), "r"),))
        assert judge(run, settings, {}).code == code


def test_select_leaves_everything_else_out():
    assert judge(Run((UNDECIDED, REFUTED)), Settings(select=("V5",)), {"select": "r"}).accepted[0].kind == "refuted"
