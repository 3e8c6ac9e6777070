"""What a worker sends is heard and not believed: what has no meaning here is no result, and breaks nothing."""

from __future__ import annotations

import socket
from types import SimpleNamespace

import pytest

from verify.execute.child import FAILED
from verify.execute.keeper import LOADING, Keeper, _weighed
from verify.execute.messages import Channel

SENT = {"outcome": "done", "changed": [], "left": False, "seconds": 0.1, "peak": 1}


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"outcome": "fine", "reason": "all is well"},
        {"outcome": ["done"], "reason": ""},
        {"outcome": "crashed"},
        {"cases": 3},
        {"cases": [["key"]]},
        {"cases": [{"key": "f", "line": "first"}]},
        SENT,
        SENT | {"result": "PROVED"},
        SENT | {"result": {"verdict": "PROVED"}},
        SENT | {"changed": None, "result": {}},
    ],
)
def test_an_answer_that_is_none_is_told(answer):
    weighed = _weighed(answer)
    assert weighed["outcome"] == "unreadable"
    assert weighed["reason"].startswith("no result came from the case: what was sent is none")


def test_what_comes_from_a_changed_library_is_not_even_read():
    weighed = _weighed(SENT | {"changed": ["verify.check.check"], "result": {}})
    assert weighed["reason"].endswith("it changed verify.check.check, so what was found counts for nothing")


def test_cases_are_text_but_for_their_line():
    assert _weighed({"cases": [{"key": 1, "line": 3.0}]}) == {"outcome": "done", "cases": [{"key": "1", "line": 3}]}


@pytest.mark.parametrize(
    ("code", "printed", "told"),
    [
        (FAILED, b"Traceback\nMemoryError\n", "memory ran out: the case may take 7 MB"),
        (FAILED, b"Traceback\nKeyError: 1\n", f"loading the target ended its process, with exit code {FAILED}"),
        (0, b"MemoryError", "loading the target ended its process, with exit code 0"),
    ],
)
def test_a_worker_without_memory_to_say_so_ran_out_of_memory(code, printed, told):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        keeper = Keeper(Channel(ours), 7, "worker")
        worker = SimpleNamespace(ended=lambda: code << 8, drain=lambda: None, printed=printed)
        assert keeper._ended(worker, LOADING)["reason"] == told
