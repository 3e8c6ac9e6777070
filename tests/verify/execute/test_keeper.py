"""What a worker sends is heard and not believed: what has no meaning here is no result, and breaks nothing."""

from __future__ import annotations

import pytest

from verify.execute.keeper import _weighed

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
