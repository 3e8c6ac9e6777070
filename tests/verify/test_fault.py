"""A fault of verify itself claims nothing, stops nothing that does not need what failed, and is loud in tests."""

import numpy as np
import pytest

from verify import Verdict, check
from verify.fault import Fault

DOUBLED = (lambda x: (x * x).sum(), np.array([1.5, 2.5]))


def fails(*_args, **_rest):
    raise IndexError("of a tuple")


def test_where_the_attempt_to_prove_fails_points_are_looked_at(monkeypatch):
    monkeypatch.setattr("verify.proof.attempt._proved", fails)
    with pytest.warns(Fault, match="the attempt to prove failed with IndexError: of a tuple"):
        result = check(*DOUBLED, grad=lambda x: 2 * x)
    assert result.verdict is Verdict.CERTIFIED
    assert check(*DOUBLED, grad=lambda x: 2.1 * x).verdict is Verdict.REFUTED  # seen before anything is tried


def test_where_the_rest_fails_nothing_is_claimed(monkeypatch):
    monkeypatch.setattr("verify.answer.decide.search", fails)
    with pytest.warns(Fault, match="please report it"):
        result = check(*DOUBLED, grad=lambda x: 2 * x)
    assert result.verdict is Verdict.UNDECIDED
    assert "a fault of verify and not of your code" in result.reason


def test_in_tests_a_fault_is_an_error(monkeypatch):
    monkeypatch.setattr("verify.proof.attempt._proved", fails)
    with pytest.raises(Fault):
        check(*DOUBLED, grad=lambda x: 2 * x)


def test_misuse_is_no_fault():
    with pytest.raises(TypeError):
        check(*DOUBLED, gradient=lambda x: 2 * x)
