"""The side that asks: a keeper that cannot start is told, one that is lost is replaced."""

from __future__ import annotations

import os
import signal

import pytest

from verify.execute import supervisor
from verify.execute.supervisor import Limits, NotStarted, Supervisor

LESSON = "import verify\n@verify.case(1.0)\ndef f(x): return x\n"


@pytest.fixture
def asking(tmp_path):
    (tmp_path / "lesson.py").write_text(LESSON)
    asking = Supervisor(Limits(folder=str(tmp_path)))
    yield asking
    asking.close()


def test_a_keeper_that_is_killed_is_replaced_and_closing_leaves_none(asking):
    keys = []
    for _ in range(2):
        keys += [case["key"] for case in asking.ask({"target": "lesson.py"})["cases"]]
        os.kill(asking._process.pid, signal.SIGKILL)
    assert keys == ["f", "f"]
    asking.ask({"target": "lesson.py"})
    process = asking._process
    asking.close()
    assert process.returncode == 0
    assert asking.ask({"target": "lesson.py"}) == {"outcome": "not run", "reason": supervisor.INTERRUPTED}


def test_a_keeper_that_cannot_start_is_told_with_its_last_words(asking, monkeypatch):
    monkeypatch.setattr(supervisor, "_MAIN", "raise RuntimeError('no library here')")
    with pytest.raises(NotStarted, match="no process can be started in which to run cases: RuntimeError: no library"):
        asking.ask({"target": "lesson.py"})
