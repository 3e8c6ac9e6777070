"""The script that asks every op for its derivatives: a few ops, and the file that is committed."""

import importlib.util
import json
from pathlib import Path

import pytest

from dualgrad.op import REGISTRY

REPORTS = Path(__file__).parents[2] / "reports"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("reports_matrix", REPORTS / "matrix.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def committed():
    return json.loads((REPORTS / "matrix.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["exp", "multiply", "sum"])
def test_simple_ops_are_as_committed(script, committed, name):
    found = dict(script.cells(REGISTRY[name]))
    assert script.weaker({name: committed[name]}, {name: found}) == []
    assert found["grad float64"] == found["jvp float64"] == found["hvp float64"] == "PROVED"


def test_what_became_weaker_or_went_away_is_named(script):
    known = {"exp": {"grad float64": "PROVED", "jvp float64": "CERTIFIED"}, "sin": {"grad float64": "AGREES"}}
    now = {"exp": {"grad float64": "CERTIFIED", "jvp float64": "PROVED"}}
    assert script.weaker(known, now) == [
        "exp, grad float64: PROVED was committed, now CERTIFIED",
        "sin, grad float64: AGREES was committed, now nothing",
    ]


def test_the_page_shows_what_is_committed(script, committed):
    text = (REPORTS / "matrix.html").read_text(encoding="utf-8")
    assert script.counted(committed) in text
    assert all(f'<th scope="row">{name}</th>' in text for name in committed)
