"""Collecting and running in processes of their own: stable ids, one entry a case, the same whatever ran it."""

from __future__ import annotations

import dataclasses
import json
import signal
from pathlib import Path

import pytest

import verify
from verify.execute import suite
from verify.execute.suite import collected, entries, seed_of
from verify.execute.supervisor import Limits, Supervisor
from verify.run import NothingCollected, UsageError
from verify.runs.suite import entry_to_json
from verify.verdict import Verdict

LESSON = """
import numpy as np
import verify

X = np.array([0.5, 2.0])

@verify.case(X, grad=np.cos)
@verify.case(X)
def sine(x):
    return np.sum(np.sin(x))

@verify.case(X, grad=lambda x: x)
def wrong(x):
    return np.sum(x**2)

@verify.case(X, grad=lambda x: np.sign(x) + np.random.rand())
def drawn(x):
    return np.sum(np.abs(x))
"""
OTHER = """
import helper, verify

@verify.case(2.0, grad=lambda x: helper.SLOPE + 0 * x)
def line(x):
    return helper.SLOPE * x
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lessons")
    (folder / "sines.py").write_text(LESSON)
    for name, slope in (("one", 2.0), ("two", 3.0)):  # two files with neighbours of one name
        (folder / name).mkdir()
        (folder / name / "lesson.py").write_text(OTHER)
        (folder / name / "helper.py").write_text(f"SLOPE = {slope}\n")
    (folder / "quiet.py").write_text("import verify  # and no case\n")
    (folder / "notes.py").write_text("raise RuntimeError('not a file of cases')\n")
    (folder / "empty.py").write_text("x = 1\n")
    (folder / "hangs.py").write_text("while True: pass  # v erify c ase\n")
    (folder / "leaves.py").write_text("import os; os._exit(0)\n")
    (folder / "breaks.py").write_text("\n1 / 0\n")
    (folder / "none").mkdir()
    return folder


@pytest.fixture(scope="module")
def selected(folder):
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        return collected(["."])


def written(found):
    """The entries as they are stored, but for what is measured."""
    records = [entry_to_json(entry) for entry in sorted(found, key=lambda entry: entry.case)]
    for record in records:
        del record["seconds"], record["peak"], record["result"]["seconds"]
    return json.dumps(records, indent=1, sort_keys=True)


@pytest.fixture(scope="module")
def supervisor(folder):
    """One for all tests of what cannot be collected; a target has a second to load."""
    shared = Supervisor(Limits(loading=1.0, folder=str(folder), checks=False))
    yield shared
    shared.close()


@pytest.fixture(scope="module")
def alone(folder, selected):
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        return list(entries(selected, jobs=1))


def test_ids_name_the_file_and_the_case_and_no_line(selected):
    assert [case.id for case in selected] == [
        "one/lesson.py::line[grad=lambda]",
        "sines.py::drawn[grad=lambda]",
        "sines.py::sine",
        "sines.py::sine[grad=cos]",
        "sines.py::wrong[grad=lambda]",
        "two/lesson.py::line[grad=lambda]",
    ]


def test_what_was_selected_says_where_it_stands(folder, selected):
    case = selected[3]
    assert (case.target, case.file, case.line) == (str(folder / "sines.py"), "sines.py", 7)
    assert (case.title, case.text, case.kind) == ("sine [grad=cos]", "@verify.case(X, grad=np.cos)", "grad")


def test_paths_in_ids_start_at_the_root_and_a_target_counts_once(folder, monkeypatch, supervisor):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(suite, "Supervisor", lambda limits: supervisor)
    monkeypatch.setattr(supervisor, "close", lambda: None)
    found = collected(["sines.py:wrong", str(folder / "sines.py"), "sines:wrong"], root=folder.parent)
    ids = [case.id for case in found]
    assert ids[0] == f"{folder.name}/sines.py::drawn[grad=lambda]"
    assert len(ids) == 5
    assert ids[-1] == "sines::wrong[grad=lambda]"


@pytest.mark.parametrize(
    ("target", "kind", "told"),
    [
        ("empty.py", NothingCollected, "empty.py: no case was found"),
        ("none", NothingCollected, "none: no Python file below this folder registers a case"),
        ("nothing.py", UsageError, "nothing.py: there is no such file"),
        ("sines.py:worse", UsageError, "no case is named 'worse'. The module's cases: sine, wrong, drawn."),
        ("hangs.py", UsageError, "hangs.py: time ran out: loading the target took more than 1 s and was stopped"),
        ("leaves.py", UsageError, "leaves.py: loading the target ended its process, with exit code 0"),
        ("breaks.py", UsageError, "importing it failed with ZeroDivisionError: division by zero (at breaks.py:2)"),
    ],
)
def test_what_cannot_be_collected_is_told(folder, monkeypatch, supervisor, target, kind, told):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(suite, "Supervisor", lambda limits: supervisor)
    monkeypatch.setattr(supervisor, "close", lambda: None)
    with pytest.raises(UsageError) as caught:
        collected([target])
    assert type(caught.value) is kind
    assert told in str(caught.value)


def test_no_target_is_told():
    with pytest.raises(UsageError, match="nothing to run"):
        collected([])


def test_every_case_has_its_verdict(alone):
    verdicts = {entry.case: entry.result.verdict for entry in alone}
    assert verdicts["sines.py::sine"] is verdicts["sines.py::sine[grad=cos]"] is Verdict.PROVED
    assert verdicts["sines.py::wrong[grad=lambda]"] is Verdict.REFUTED
    assert verdicts["sines.py::drawn[grad=lambda]"] is Verdict.REFUTED


def test_files_do_not_share_the_modules_beside_them(alone):
    lines = [entry.result for entry in alone if "line" in entry.case]
    assert [result.verdict for result in lines] == [Verdict.PROVED, Verdict.PROVED]
    assert [result.formula.expression for result in lines] == ["∂o/∂x = 2", "∂o/∂x = 3"]


def test_an_entry_is_what_a_check_in_this_process_finds(folder, selected, alone, monkeypatch):
    monkeypatch.chdir(folder)
    from verify.run import collect, run

    for case, result in zip(collect("sines.py:sine"), run(collect("sines.py:sine"), verify.check, 60), strict=True):
        (entry,) = (entry for entry in alone if entry.case == f"sines.py::{case.key}")
        here, there = (
            dataclasses.replace(each, formula=dataclasses.replace(each.formula, certificate=None))
            for each in (result.explained(), entry.result)
        )
        assert here == there


@pytest.mark.parametrize(
    "options",
    [{"jobs": 2, "isolation": "case"}, {"engine": "engines_for_tests:threads"}],
    ids=["two workers and a process each", "another engine"],
)
def test_the_same_comes_out_whatever_runs_it(folder, selected, alone, monkeypatch, options):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONHASHSEED", "12345")
    monkeypatch.syspath_prepend(Path(__file__).parent)
    assert written(entries(selected, **options)) == written(alone)


def test_a_seed_is_that_of_the_case_whatever_runs_before_it():
    assert seed_of(0, "a") != seed_of(0, "b")
    assert seed_of(0, "a") != seed_of(1, "a")
    assert seed_of(0, "a") == 12243797845391084588


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"isolation": "none"}, "isolation is 'none'; expected one of worker, case"),
        ({"engine": "slurm"}, 'engine \'slurm\': there is none of this name; expected "local", "dask:ADDRESS"'),
        ({"engine": "no_such_module:f"}, "engine 'no_such_module:f': No module named 'no_such_module'"),
        ({"engine": "os:getcwd"}, "getcwd() returned str; expected a concurrent.futures.Executor"),
    ],
)
def test_an_engine_that_is_none_is_told(selected, options, told):
    with pytest.raises(UsageError) as caught:
        list(entries(selected, **options))
    assert told in str(caught.value)


def test_an_engine_that_loses_a_batch_is_asked_again_for_each_case_and_then_no_more(folder, selected, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(Path(__file__).parent)
    import engines_for_tests

    found = list(entries(selected, engine="engines_for_tests:losing"))
    assert len(found) == len(selected)
    assert {entry.outcome for entry in found} == {"crashed"}
    assert {entry.result.reason for entry in found} == {"the engine lost the case twice: BrokenProcessPool"}
    assert engines_for_tests.Losing.submitted == [6, 1, 1, 1, 1, 1, 1]


WAITS = """
import time, verify

@verify.case(1.0, grad=lambda x: 2 * x)
def a_quick_one(x):
    return x**2

@verify.case(1.0, grad=lambda x: 2 * x)
def b_waits(x):
    time.sleep(600)

@verify.case(1.0, grad=lambda x: 2 * x)
def c_comes_later(x):
    return x**2
"""


def test_an_interrupt_saves_what_is_done_and_says_what_was_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "waits.py").write_text(WAITS)
    before = signal.getsignal(signal.SIGINT)
    running = entries(collected(["waits.py"]), jobs=1, timeout=500)
    found = [next(running)]
    signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before  # a second one interrupts as ever
    found += running
    assert [(entry.case.partition("::")[2][:1], entry.outcome) for entry in found] == [
        ("a", "done"),
        ("b", "not run"),
        ("c", "not run"),
    ]
    assert found[1].result.reason == "not run: the run was interrupted"
    assert not found[1].result.ok
