import pytest

from verify.run import UsageError
from verify.runs.merge import merged
from verify.runs.suite import Entry, Run
from verify.verdict import Formula, Numbers, Result, Verdict


def part(shard, *found, seed=1, commit="abc", loosened=(), interrupted=False):
    entries = tuple(
        Entry(case, Result(verdict, Formula(verdict), Numbers("ok")), outcome) for case, verdict, outcome in found
    )
    settings = {"seed": seed, "loosened": list(loosened), "jobs": shard} | ({"shard": shard} if shard else {})
    return Run(entries, "a.py", settings, commit=commit, started=f"2026-{shard}", interrupted=interrupted)


GOOD = ("b.py::g", Verdict.PROVED, "done")


def names(count):
    return [f"{number}.jsonl" for number in range(1, count + 1)]


def test_shards_are_one_run_sorted_by_id():
    found = merged([part("2/2", GOOD, interrupted=True), part("1/2", ("a.py::f", Verdict.CERTIFIED, "done"))], names(2))
    assert [entry.case for entry in found.entries] == ["a.py::f", "b.py::g"]
    assert (found.settings, found.started, found.interrupted) == ({"seed": 1, "loosened": []}, "2026-1/2", True)


def test_each_loosening_is_told_once():
    rows = [{"what": "x", "reason": "r"}]
    found = merged([part("1/2", loosened=rows), part("2/2", loosened=[*rows, {"what": "y", "reason": "s"}])], names(2))
    assert [each["what"] for each in found.settings["loosened"]] == ["x", "y"]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("weaker", [("b.py::g", Verdict.REFUTED, "done"), ("b.py::g", Verdict.UNDECIDED, "not run")])
def test_of_two_results_of_a_case_the_weakest_stays(weaker, order):
    found = merged([part("", GOOD), part("", weaker)][::order], names(2))
    assert [(entry.result.verdict, entry.outcome) for entry in found.entries] == [weaker[1:]]


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([part("1/3"), part("3/3")], "of 3 shards, 2 is missing"),
        ([part("1/3"), part("1/2")], "these are shards of 2 and of 3"),
        ([part("1/2"), part("2/2", seed=2)], "2.jsonl: its seed is 2, and that of 1.jsonl 1: not one run"),
        ([part("1/2"), part("2/2", commit="abd")], "its commit is 'abd', and that of 1.jsonl 'abc'"),
    ],
)
def test_what_is_not_one_whole_run_is_refused(parts, told):
    with pytest.raises(UsageError) as raised:
        merged(parts, names(2))
    assert told in str(raised.value)
