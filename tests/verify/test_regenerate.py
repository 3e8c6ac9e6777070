import importlib.util
import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "reports"


@pytest.fixture(scope="module")
def regenerate():
    spec = importlib.util.spec_from_file_location("regenerate", FOLDER / "regenerate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_equal_records_do_not_differ(regenerate):
    record = {"claims": [{"verdict": "PROVED", "kinks": []}]}
    assert list(regenerate.differences(record, record)) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            {"claims": [{"v": "PROVED"}]},
            {"claims": [{"v": "REFUTED"}]},
            "claims[0].v: committed 'PROVED', now 'REFUTED'",
        ),
        ({"a": 1}, {}, "a: committed 1, now None"),
        ({}, {"a": 1}, "a: committed None, now 1"),
        ({"a": [1]}, {"a": [1, 2]}, "a: committed [1], now [1, 2]"),
        ({"a": [1]}, {"a": {}}, "a: committed [1], now {}"),
    ],
)
def test_a_difference_is_named_with_its_place_and_both_values(regenerate, old, new, told):
    assert list(regenerate.differences(old, new)) == [told]


def test_three_files_are_written_and_the_claims_hold_no_measurement(regenerate, proved, tmp_path):
    regenerate.write([proved], tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"notebook.html", "notebook.json", "notebook.measured.json"}
    claims = json.loads((tmp_path / "notebook.json").read_text(encoding="utf-8"))
    assert claims["claims"][0]["verdict"] == "PROVED"
    assert "ulps" not in (tmp_path / "notebook.json").read_text(encoding="utf-8")


def test_the_committed_reports_tell_one_story():
    claims = json.loads((FOLDER / "notebook.json").read_text(encoding="utf-8"))["claims"]
    results = json.loads((FOLDER / "notebook.measured.json").read_text(encoding="utf-8"))["results"]
    assert claims
    assert [claim["verdict"] for claim in claims] == [result["verdict"] for result in results]
