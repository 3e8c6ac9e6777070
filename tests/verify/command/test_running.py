import io

import pytest
from rich.console import Console

from verify.command import running
from verify.command.keyword import matcher
from verify.execute.suite import Selected
from verify.run import UsageError
from verify.runs.settings import Settings
from verify.runs.suite import Entry
from verify.verdict import Formula, Numbers, Result, Verdict

CHOSEN = [Selected(f"a.py::f{number}", "a.py", "a.py", number, f"f{number}", f"f{number}") for number in (1, 2, 3)]


def entries(selected, **limits):
    for each in selected:
        yield Entry(each.id, Result(Verdict.AGREES, Formula(Verdict.AGREES), Numbers("ok"), source="elsewhere:9"))


@pytest.mark.parametrize("looked_at", [True, False])
def test_progress_is_shown_where_somebody_looks(monkeypatch, looked_at):
    monkeypatch.setattr(running, "entries", entries)
    out = Console(file=io.StringIO(), force_terminal=looked_at, width=100)
    told = []
    found, interrupted = running.run_cases(CHOSEN, Settings(), 60.0, told.append, out)
    assert ("3/3" in out.file.getvalue()) is looked_at
    assert not interrupted
    assert [entry.case for entry in told] == [entry.case for entry in found] == [each.id for each in CHOSEN]
    assert [entry.result.source for entry in found] == ["a.py:1", "a.py:2", "a.py:3"]


def test_what_the_budget_leaves_out_is_stopped_and_told_as_not_run(monkeypatch):
    closed = []

    def slow(selected, **limits):
        try:
            yield from entries(selected)
        finally:
            closed.append(limits["timeout"])

    times = iter([0.0, 1.0, 6.0])
    monkeypatch.setattr(running, "entries", slow)
    monkeypatch.setattr(running.time, "monotonic", lambda: next(times))
    told = []
    found, interrupted = running.run_cases(CHOSEN, Settings(), 5.0, told.append, Console(file=io.StringIO()))
    assert [entry.outcome for entry in found] == ["done", "done", "not run"]
    assert found[2].result.reason == "not run: the budget of 5 s for the whole run was used up"
    assert (interrupted, closed, len(told)) == (False, [5.0], 3)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a", "abc ab a"),
        ("B", "abc ab b"),
        ("a and b", "abc ab"),
        ("a or b", "abc ab a b"),
        ("not a", "b"),
        ("not a or c", "abc b"),
        ("not (a or c)", "b"),
        ("a and b or b", "abc ab b"),
        ("a and not b", "a"),
        ("a and (b or c) and not c", "ab"),
    ],
)
def test_keywords_combine_as_in_python(expression, expected):
    wanted = matcher(expression)
    assert " ".join(case for case in ("abc", "ab", "a", "b") if wanted(case)) == expected


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("", "something is missing at its end"),
        ("a b", "'b' is one too many"),
        ("(a", "a closing bracket is missing"),
        ("a)", "')' is one too many"),
        ("or a", "a part of an id is missing before 'or'"),
        ("a and", "something is missing at its end"),
    ],
)
def test_what_is_no_expression_is_told(expression, told):
    with pytest.raises(UsageError) as raised:
        matcher(expression)
    assert told in str(raised.value)
