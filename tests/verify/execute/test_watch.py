"""Changes of the library are seen wherever they are made; what is added is none."""

from __future__ import annotations

import importlib
import sys
import types

import numpy as np
import pytest

import dualgrad as dg
import verify
from verify import checker, verdict
from verify.answer import decide
from verify.execute.watch import remember
from verify.points import numbers

check = importlib.import_module("verify.check")  # the name in the package is that of the function


def another(*_, **__):
    return None


@pytest.fixture(scope="module")
def changed():
    found = remember()
    assert found() == ()
    return found


@pytest.mark.parametrize(
    ("owner", "name", "value", "told"),
    [
        (check, "check", another, "verify.check.check"),
        (numbers, "OK", 1e9, "verify.points.numbers.OK"),
        (decide, "look", another, "verify.answer.decide.look"),
        (verdict.Result, "ok", property(another), "verify.verdict.Result.ok"),
        (checker.Reader, "check", another, "verify.checker.Reader.check"),
        (dg.Tensor, "backward", another, "dualgrad.engine.tensor.Tensor.backward"),
        (np, "isfinite", another, "numpy.isfinite"),
        (np.linalg, "norm", another, "numpy.linalg.norm"),
    ],
)
def test_a_replaced_name_is_told(changed, monkeypatch, owner, name, value, told):
    monkeypatch.setattr(owner, name, value)
    assert told in changed()
    monkeypatch.undo()
    assert changed() == ()


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (numbers.judge, "verify.points.numbers.judge"),
        (verdict.Result.ok.fget, "verify.verdict.Result.ok"),
        (checker.Reader.check, "verify.checker.Reader.check"),
    ],
)
def test_replaced_code_is_told(changed, monkeypatch, function, told):
    free = function.__code__.co_freevars
    assert not free
    monkeypatch.setattr(function, "__code__", another.__code__)
    assert changed() == (told,)


def test_a_name_that_is_gone_is_told_wherever_it_stood(changed, monkeypatch):
    for name in [name for name, value in vars(numbers).items() if callable(value)]:
        with monkeypatch.context() as patched:
            patched.delattr(numbers, name)
            assert f"verify.points.numbers.{name}" in changed()
    assert changed() == ()  # put back in another order


def test_what_is_added_and_what_is_run_is_no_change(changed, monkeypatch):
    monkeypatch.setattr(verify, "something_new", 1, raising=False)
    monkeypatch.setitem(sys.modules, "verify.new", types.ModuleType("verify.new"))
    assert verify.check(lambda x: np.sum(x**2), np.ones(2), grad=lambda x: 2 * x).ok
    assert not verify.check(lambda x: np.sum(x**2), np.ones(2), grad=lambda x: x).ok
    assert changed() == ()
