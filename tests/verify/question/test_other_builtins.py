"""Where a notebook has put another function in the place of a built-in one, what does not call it is recorded."""

import builtins

import numpy as np
import pytest

from verify import Verdict, check


class Kernel:
    def raw_input(self, prompt=""):
        return "1.0"


@pytest.fixture
def notebook(monkeypatch):
    monkeypatch.setattr(builtins, "input", Kernel().raw_input)


def test_what_does_not_call_it_is_proved(notebook):
    assert check(lambda x: (x * x).sum(), np.ones(3), grad=lambda x: 2 * x).verdict is Verdict.PROVED


def test_what_calls_it_is_not(notebook):
    result = check(lambda x: (x * float(input())).sum(), np.ones(3), grad=lambda x: np.ones_like(x))
    assert result.verdict is not Verdict.PROVED
    assert "could not be recorded" in result.reason
