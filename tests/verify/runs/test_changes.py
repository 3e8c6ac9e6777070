from verify.report.overview import not_ok, sentence
from verify.runs.changes import KINDS, changes
from verify.runs.suite import Entry, Run
from verify.verdict import Formula, Kink, Numbers, Result, Verdict


def result(verdict, ulps=None):
    kinks = (Kink("x = 0", at_input=True, inside=True),) if verdict is Verdict.NONDIFFERENTIABLE else ()
    return Result(verdict, Formula(verdict), Numbers("ok", ulps=ulps), kinks=kinks)


def entry(case, verdict, ulps=None, seconds=0.0):
    return Entry(case, result(verdict, ulps), seconds=seconds)


PROVED, REFUTED, UNDECIDED = Verdict.PROVED, Verdict.REFUTED, Verdict.UNDECIDED
BEFORE = Run(
    (
        entry("a", PROVED),
        entry("b", REFUTED),
        entry("c", PROVED),
        entry("d", UNDECIDED),
        entry("e", PROVED, 1.0),
        entry("f", PROVED, 1.0, 1.0),
        entry("g", PROVED),
        entry("h", PROVED, 3.0, 0.1),
        entry("k", UNDECIDED),
    )
)
AFTER = Run(
    (
        entry("a", REFUTED),
        entry("b", UNDECIDED),
        entry("c", Verdict.CERTIFIED),
        entry("d", Verdict.AGREES),
        entry("e", PROVED, 5.5),
        entry("f", PROVED, 4.9, 2.1),
        entry("h", PROVED, 6.9, 0.3),
        entry("i", PROVED),
        entry("j", REFUTED),
        entry("k", UNDECIDED),
    )
)


def test_every_kind_of_change_worse_first():
    found = changes(BEFORE, AFTER)
    assert [(change.case, change.kind) for change in found] == [
        ("a", "new failure"),
        ("j", "new failure"),
        ("c", "lost certainty"),
        ("g", "removed"),
        ("e", "accuracy lost"),
        ("f", "slower"),
        ("b", "fixed"),
        ("d", "gained"),
        ("i", "added"),
    ]
    assert {change.kind for change in found} == set(KINDS)
    assert found[4].detail == "1 -> 5.5 ulps"
    assert found[5].detail == "1.00 -> 2.10 s"


def test_a_run_has_not_changed_against_itself():
    assert changes(AFTER, AFTER) == ()


def test_what_is_worse_comes_back_as_better():
    back = {change.case: change.kind for change in changes(AFTER, BEFORE)}
    assert (back["a"], back["c"], back["i"], back["g"]) == ("fixed", "gained", "removed", "added")


def test_the_sentence_begins_with_what_is_worse():
    told = sentence(AFTER, BEFORE)
    assert told.startswith(
        "2 new failures, 1 lost certainty, 1 removed, 1 accuracy lost, 1 slower. 10 gradients: 2 refuted,"
    )
    assert sentence(AFTER, AFTER).startswith("Nothing is worse than before. ")
    assert sentence(AFTER) == "10 gradients: 2 refuted, 2 undecided, 1 agrees, 1 certified, 4 proved."


def test_the_sentence_says_what_was_not_run():
    left = Run((entry("a", PROVED), Entry("b", result(UNDECIDED), "not run")), interrupted=True)
    assert sentence(left) == "2 gradients: 1 undecided, 1 proved. 1 of them was not run. The run was interrupted."


def test_new_failures_come_before_old_ones_and_both_before_what_is_undecided():
    before = Run((entry("a", REFUTED), entry("b", PROVED), entry("c", PROVED), entry("d", UNDECIDED)))
    after = Run((entry("a", REFUTED), entry("b", REFUTED), entry("c", UNDECIDED), entry("d", UNDECIDED)))
    assert [each.case for each in not_ok(after, before)] == ["b", "a", "c", "d"]
    assert [each.case for each in not_ok(after)] == ["a", "b", "c", "d"]
