"""What a case does to the process that it runs in costs that case alone, and never makes it pass."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from verify.execute.suite import collected, entries
from verify.verdict import Verdict

LESSON = Path(__file__).with_name("hostile_lesson.py")
TIMEOUT = 5.0
STOPPED = "time ran out: the case took more than 5 s and was stopped"
MEMORY = "memory ran out: the case may take 1024 MB"
UNDONE = {
    "spins_in_python": ("timeout", STOPPED),
    "spins_in_c": ("timeout", STOPPED),
    "backtracks_in_c": ("timeout", STOPPED),
    "sleeps_whatever_is_raised": ("timeout", STOPPED),
    "takes_ten_gigabytes": ("memory", MEMORY),
    "takes_memory_in_lists": ("memory", MEMORY),
    "takes_memory_in_its_gradient": ("memory", MEMORY),
    "reads_address_zero": ("crashed", "the case ended by signal 11 (SIGSEGV) at hostile_lesson.py:"),
    "aborts": ("crashed", "the case ended by signal 6 (SIGABRT) at hostile_lesson.py:"),
    "kills_itself": ("crashed", "the case was killed by signal 9 (SIGKILL), twice"),
    "forks_many_and_waits": ("crashed", "the case started more than 63 processes"),
    "exits_with_zero": ("exited", "the case ended its process, with exit code 0"),
    "raises_an_interrupt": ("exited", "the case raised KeyboardInterrupt"),
    "closes_every_descriptor": ("exited", "the case ended its process, with exit code 0"),
    "recurses_into_the_stack_of_c": ("crashed", "the case ended by signal 11 (SIGSEGV) at hostile_lesson.py:"),
    "writes_to_every_descriptor": ("unreadable", "no result came from the case: something else was sent in its place"),
    "replaces_the_check": (
        "unreadable",
        "it changed verify.check.check, so what was found counts for nothing",
    ),
    "replaces_the_code_of_the_rule": ("unreadable", "it changed verify.points.numbers.judge"),
    "replaces_a_constant": ("unreadable", "it changed verify.points.numbers.OK"),
    "replaces_a_property": ("unreadable", "it changed verify.verdict.Result.ok"),
    "replaces_what_numpy_says": ("unreadable", "it changed numpy.isfinite"),
    "is_misused": (
        "not run",
        "the case 'is_misused' cannot be checked: verify.check: there is no keyword wrong_keyword",
    ),
}
UNDECIDED = {
    "leaves_by_sys_exit": "raised SystemExit: 0",
    "recurses_in_python": "RecursionError",
    "returns_what_is_odd": "returned Odd of dtype object",
    "has_a_gradient_that_is_odd": "returned Odd of dtype object",
}
PROVED = {
    "ordinary_first",
    "ordinary_last",
    "prints_ten_megabytes",
    "forks_and_both_go_on",
    "forks_one_that_lives_on",
    "starts_a_program_that_lives_on",
}
REFUTED = {"prints_what_looks_like_a_result", "wrong_last"}
SLEEP = f"9{os.getpid()}"


@pytest.fixture(scope="module")
def found():
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("VERIFY_CASE_SLEEP", SLEEP)
        selected = collected([str(LESSON)])
        ended = list(entries(selected, jobs=2, timeout=TIMEOUT, memory=1024))
    assert sorted(entry.case for entry in ended) == [case.id for case in selected]
    return {entry.case.partition("::")[2].partition("[")[0]: entry for entry in ended}


def test_every_case_is_told(found):
    assert set(found) == {*UNDONE, *UNDECIDED, *PROVED, *REFUTED}


@pytest.mark.parametrize("name", UNDONE)
def test_what_ends_its_process_or_its_limits_is_undecided_with_the_reason(found, name):
    outcome, reason = UNDONE[name]
    entry = found[name]
    assert (entry.outcome, entry.result.verdict) == (outcome, Verdict.UNDECIDED)
    assert reason in entry.result.reason
    assert not entry.result.ok


@pytest.mark.parametrize("name", UNDECIDED)
def test_what_python_can_tell_is_a_result(found, name):
    entry = found[name]
    assert (entry.outcome, entry.result.verdict) == ("done", Verdict.UNDECIDED)
    assert UNDECIDED[name] in entry.result.reason


@pytest.mark.parametrize("name", sorted(PROVED))
def test_what_hinders_nothing_is_proved(found, name):
    assert (found[name].outcome, found[name].result.verdict) == ("done", Verdict.PROVED)


@pytest.mark.parametrize("name", sorted(REFUTED))
def test_what_is_wrong_is_refuted_whatever_it_prints(found, name):
    assert (found[name].outcome, found[name].result.verdict) == ("done", Verdict.REFUTED)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked for where Linux lists them")
def test_nothing_that_a_case_started_is_left(found):
    assert found
    running = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            running.append(path.read_bytes().split(b"\0"))
        except OSError:
            continue
    assert running
    assert not [words for words in running if SLEEP.encode() in words]
