"""What a worker sends counts only where it follows from itself, and where its proof is one."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest

import verify
from verify.execute.judge import judged
from verify.runs.suite import writable
from verify.verdict import Verdict

X = np.array([1.0, 2.0])


def record(f, **options):
    return json.loads(json.dumps(writable(verify.check(f, X, **options).to_json())))


@pytest.fixture(scope="module")
def proved():
    return record(lambda x: np.sum(x**2), grad=lambda x: 2 * x)


@pytest.fixture(scope="module")
def refuted():
    return record(lambda x: np.sum(x**2), grad=lambda x: x)


@pytest.fixture(scope="module")
def both():
    return record(lambda x: np.sum(x**2), value_and_grad=lambda x: (np.sum(x**2), x))


def changed(record, **values):
    """A copy with some entries replaced; ``formula__verdict`` is ``record["formula"]["verdict"]``."""
    made = copy.deepcopy(record)
    for path, value in values.items():
        *inner, last = path.split("__")
        place = made
        for name in inner:
            place = place[name]
        place[last] = value
    return made


def test_what_holds_is_what_was_sent(proved, refuted, both):
    for sent in (proved, refuted, both):
        assert writable(judged(sent).to_json()) == sent


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("refuted", {"verdict": "PROVED"}, "its verdict is PROVED and that of its formula REFUTED"),
        ("refuted", {"verdict": "CERTIFIED", "formula__verdict": "CERTIFIED"}, "its numbers are wrong"),
        (
            "refuted",
            {"verdict": "CERTIFIED", "formula__verdict": "CERTIFIED", "numbers__status": "ok"},
            "it has a counterexample",
        ),
        ("refuted", {"verdict": "NONDIFFERENTIABLE"}, "it calls the input a kink and names none"),
        ("proved", {"formula__certificate": None}, "it says PROVED and has no certificate"),
        ("proved", {"formula__certificate__G__outputs": ["x"]}, "its certificate is rejected: the derivative in x"),
        ("proved", {"formula__certificate": {}}, "its certificate is rejected"),
        ("proved", {"formula__certificate__hints": {"rests_on": {}}}, "its certificate is rejected"),
        ("proved", {"kinks": [{"where": "x = 1", "at_input": True}]}, "the input lies on a kink"),
        ("both", {"verdict": "PROVED"}, "its verdict is PROVED and that of its weakest part REFUTED"),
    ],
)
def test_a_verdict_that_does_not_follow_is_none(request, name, values, told):
    result = judged(changed(request.getfixturevalue(name), **values))
    assert result.verdict is Verdict.UNDECIDED
    assert not result.ok
    assert told in result.reason


def test_the_word_ok_of_a_worker_is_not_heard(refuted):
    assert not judged(changed(refuted, ok=True)).ok


@pytest.mark.parametrize(
    "values", [{"verdict": "FINE"}, {"numbers": 3}, {"formula": []}, {"kinks": [1]}, {"numbers__points": "many"}]
)
def test_what_is_no_result_is_refused(proved, values):
    with pytest.raises(ValueError, match="result"):
        judged(changed(proved, **values))
