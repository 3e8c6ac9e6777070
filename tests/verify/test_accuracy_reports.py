"""The commands that measure every op and break every rule, on a few of them."""

import importlib.util
import sys
from pathlib import Path

import pytest

from dualgrad.op import REGISTRY

FOLDER = Path(__file__).parents[2] / "reports"


def loaded(name):
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["exp", "arctan2", "logsumexp"])
def test_an_op_keeps_its_bound_over_the_range_of_its_arguments(name):
    found = loaded("accuracy").measure(REGISTRY[name])
    assert found.points > 5 and found.held and found.worst > 0
    assert len(found.curve) > 3 and found.at


def test_a_rule_that_loses_digits_is_above_its_bound():
    accuracy, sabotage = loaded("accuracy"), loaded("sabotage")
    sabotage.ERROR = 1e-14
    with sabotage.broken(REGISTRY["exp"], "partials", 0, sabotage.Branch(1)):
        found = accuracy.measure(REGISTRY["exp"])
    assert not found.held and found.worst > 20
    assert accuracy.measure(REGISTRY["exp"]).held


def test_the_picture_and_the_table_name_every_op():
    accuracy = loaded("accuracy")
    rows = [accuracy.measure(REGISTRY[name]) for name in ("exp", "sum")]
    assert all(f">{row.name}<" in accuracy.picture(rows) for row in rows)
    text = accuracy.table(rows, [("jv", "no kernel")])
    assert "| exp |" in text and "- jv: no kernel" in text


@pytest.mark.parametrize(
    ("name", "kind", "slot"), [("tanh", "partials", 0), ("matmul", "vjp", 1), ("concatenate", "each", 0)]
)
def test_a_rule_that_is_wrong_by_a_billionth_in_one_branch_is_refuted(name, kind, slot):
    sabotage = loaded("sabotage")
    assert sabotage.outcome(REGISTRY[name], kind, slot, 1) == "REFUTED"


def test_rules_that_are_whole_are_not():
    sabotage = loaded("sabotage")
    sabotage.ERROR = 0.0
    assert sabotage.outcome(REGISTRY["tanh"], "partials", 0, 1) in ("PROVED", "CERTIFIED")
    assert ("vjp", 1) in sabotage.rules(REGISTRY["matmul"]) and ("each", 0) in sabotage.rules(REGISTRY["concatenate"])
