"""A counterexample is the smallest input that was found, and it refutes."""

from __future__ import annotations

import numpy as np
import pytest

from verify import Verdict, check

X = np.array([0.3127, -1.2411, 2.7182, 0.577])

CASES = [
    (lambda x: np.sum(x**3), lambda x: 2 * x**2, ("x=np.array([1.0])",)),
    (lambda x: np.sum(np.where(x > 2, x * x, x)), lambda x: np.ones_like(x), None),
    (lambda x: np.sum(np.sqrt(x)), lambda x: 1 / np.sqrt(x), ("x=np.array([1.0])",)),
]


@pytest.mark.parametrize(("f", "g", "arguments"), CASES, ids=["power", "branch", "root"])
def test_a_counterexample_is_small_and_its_script_shows_it(f, g, arguments):
    at = np.abs(X) if arguments is not None else X
    result = check(f, at, grad=g, domain={"x": "positive"} if at is not X else None)
    assert result.verdict is Verdict.REFUTED
    found = result.counterexample
    assert arguments is None or found.arguments == arguments
    scope = {"np": np}
    exec(found.arguments[0], scope)
    assert scope["x"].size == 1
    assert abs(g(scope["x"])[0] - float(found.expected)) > 1e-6
    assert found.arguments[0] in found.script


def test_what_is_known_of_an_argument_is_kept():
    result = check(
        lambda p, y: -np.sum(y * np.log(p)), np.array([0.2, 0.3, 0.5]), np.array([0.0, 1.0, 0.0]), wrt=0,
        grad=lambda p, y: y / p, domain={"p": "simplex", "y": "onehot"},
    )  # fmt: skip
    assert result.verdict is Verdict.REFUTED
    scope = {"np": np}
    exec(result.counterexample.arguments[0], scope)
    assert abs(scope["p"].sum() - 1) < 1e-12
