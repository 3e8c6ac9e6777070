"""The first wrong step of the engine's gradient: each rule is broken in turn, and named."""

from contextlib import contextmanager

import numpy as np
import pytest

import dualgrad as dg
import verify
from dualgrad.op import REGISTRY
from verify.lemma.book import forget
from verify.report.page import section

OPS = {op.name: op for op in REGISTRY.values()}
X = np.array([[0.3, -0.2], [1.0, 0.5]])
W = np.array([[0.5, 1.0], [2.0, -1.0]])


@contextmanager
def broken(name, kind, slot):
    """An op with one of its rules wrong by a relative 1e-6."""
    op = OPS[name]
    whole = getattr(op, kind)

    def wrong(*given, **params):
        return whole[slot](*given, **params) * (1 + 1e-6)

    forget()
    object.__setattr__(op, kind, tuple(wrong if place == slot else rule for place, rule in enumerate(whole)))
    try:
        yield
    finally:
        object.__setattr__(op, kind, whole)
        forget()


def network(x, w):
    h = dg.tanh(x @ w)
    return (dg.exp(h) * h).sum() + (x / (x * x + 1)).sum()


@pytest.mark.parametrize(
    ("name", "kind", "slot", "line", "operand"),
    [
        ("tanh", "partials", 0, "z = tanh(yᵢⱼ) (test_localise.py:38): tanh sends ", "operand 0"),
        ("matmul", "vjp", 1, "y = Σₖ xᵢₖ wₖⱼ (test_localise.py:38): matmul sends ", "operand 1"),
        ("exp", "partials", 0, "u = zᵢⱼ exp(zᵢⱼ) (test_localise.py:39): exp sends ", "operand 0"),
        ("divide", "partials", 1, "h = xᵢⱼ/vᵢⱼ (test_localise.py:39): divide sends ", "operand 1"),
    ],
)
def test_the_rule_that_is_wrong_is_named_with_its_line_and_both_values(name, kind, slot, line, operand):
    with broken(name, kind, slot):
        result = verify.check(network, X, W, budget=60).explained()
        assert result.verdict is verify.Verdict.REFUTED
        told = result.counterexample.first_wrong
    assert told.startswith(line)
    assert f"back to {operand} at [" in told
    got, expected = (float(told.split(word)[1].split()[0].rstrip(",")) for word in (" sends ", ", expected "))
    assert got / expected == pytest.approx(1 + 1e-6, rel=1e-8)
    assert str(result).count(told) == 1
    assert '<tr class="dg-first-wrong">' in section(result)


def test_of_two_wrong_rules_the_one_that_is_met_first_on_the_way_back_is_named():
    with broken("matmul", "vjp", 0), broken("tanh", "partials", 0):
        told = verify.check(network, X, W, budget=60).explained().counterexample.first_wrong
    assert told.startswith("z = tanh")


def test_nothing_is_named_in_a_gradient_that_someone_wrote():
    result = verify.check(np.sin, X, grad=lambda x: 2 * np.cos(x)).explained()
    assert result.counterexample.first_wrong == ""
