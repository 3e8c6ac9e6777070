"""Readers and writers under random bytes, and what coverage-guided fuzzing found, each in its smallest form."""

import json
import sys
from pathlib import Path

import pytest

from verify.declared.cases import declared_cases
from verify.declared.grammar import Refused
from verify.run import UsageError
from verify.runs import suite
from verify.runs.baseline import load
from verify.runs.suite import Entry, Run
from verify.runs.wire import from_json

BASE = Path(__file__).parents[2] / "reports" / "base"


@pytest.fixture(scope="module")
def fuzz():
    sys.path.insert(0, str(BASE))
    try:
        import fuzz

        yield fuzz
    finally:
        sys.path.remove(str(BASE))


NAMES = ["declared_json", "declared_text", "expression", "result", "run_lines", "certificate", "certificate_text",
         "settings_text", "baseline_text"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_random_bytes_raise_nothing(fuzz, name):
    findings = fuzz.quick(name, 60, 1)
    assert not findings.found
    assert findings.said["refused"]
    assert findings.said["accepted"]


def test_a_finding_is_kept_once_for_each_place_with_its_shortest_bytes(fuzz):
    def target(data):
        if data == b"":
            return "accepted"
        raise (KeyError if data[0] % 2 else OSError)(data)

    findings = fuzz.Findings()
    for data in (b"", b"\x01\x01", b"\x01", b"\x01\x01", b"\x02"):
        findings.tried(target, data)
    assert [kept["bytes"] for kept in findings.found.values()] == ["01", "02"]
    assert [kept["n"] for kept in findings.found.values()] == [3, 1]
    assert findings.said == {"accepted": 1, "raised": 4}


def lines_of(result, changes):
    head, entry = map(json.loads, suite.lines(Run((Entry("a.py::f", result),))))
    for name, value in changes.items():
        record = head if name in head else entry
        if value is ...:
            del record[name]
        else:
            record[name] = value
    return [json.dumps(head), json.dumps(entry)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cases", ...), ("cases", "1"), ("settings", ...), ("settings", []), ("title", 2), ("environment", {"x": 1}),
        ("seconds", float("nan")), ("seconds", float("inf")), ("interrupted", None), ("result", ...), ("case", 3),
        ("seconds", [1]), ("peak", "much"), ("peak", ...),
    ],
)  # fmt: skip
def test_a_run_with_a_field_of_another_type_is_refused_by_its_name(undecided, name, value):
    assert suite.read(lines_of(undecided, {}))
    with pytest.raises(ValueError, match=name if name != "case" or value is ... else "case: expected"):
        suite.read(lines_of(undecided, {name: value}))


@pytest.mark.parametrize(
    ("name", "value"), [("latex", True), ("latex", 3), ("matrix", "x"), ("matrix", []), ("matrix", {"x": 1})]
)
def test_displayed_formulas_are_lists_of_one_length(proved, name, value):
    record = proved.to_json()
    record["formula"][name] = value
    with pytest.raises(ValueError, match="latex and matrix as lists of one length"):
        from_json(record)


@pytest.mark.parametrize("value", [10**400, "many"])
def test_a_number_that_no_float_holds_is_refused_by_its_name(proved, value):
    record = proved.to_json()
    record["numbers"]["ulps"] = value
    with pytest.raises(ValueError, match=r"result\.numbers\.ulps"):
        from_json(record)


@pytest.mark.parametrize(
    ("name", "value"), [("kind", "UNDECIDED"), ("kind", ""), ("seconds", "nan"), ("seconds", "inf")]
)
def test_a_result_of_no_kind_or_without_an_end_is_refused(proved, name, value):
    with pytest.raises(ValueError, match=rf"result\.{name}"):
        from_json(proved.to_json() | {name: value})


@pytest.mark.parametrize("value", [None, [None, 1], [[1], None]])
def test_an_argument_without_a_value_is_refused(tmp_path, value):
    path = tmp_path / "case.json"
    given = {"values": value, "dtype": "int64"}
    path.write_text(json.dumps({"case": [{"function": "x", "arguments": {"x": given}}]}))
    with pytest.raises(Refused, match="the argument x"):
        declared_cases(path)


@pytest.mark.parametrize(
    ("name", "value"), [("verdict", []), ("every", [1]), ("ok", "yes"), ("ulps", "1"), ("reason", 3)]
)
def test_a_record_of_a_baseline_has_its_types(tmp_path, name, value):
    path = tmp_path / "baseline.json"
    path.write_text(json.dumps({"schema": 1, "cases": {"a.py::f": {"verdict": "PROVED", name: value}}}))
    with pytest.raises(UsageError, match=f"{name} is"):
        load(path)


def test_a_curve_has_as_many_numbers_in_y_as_in_x(undecided):
    """Read, it would only fail the page that draws it."""
    record = undecided.to_json()
    line = {"label": "a", "x": [1.0, 2.0], "y": [1.0, 3.0]}
    curve = {"title": "t", "x_label": "x", "y_label": "y", "series": [line], "marks": [{**line, "y": []}]}
    assert from_json({**record, "curves": [curve]}).curves[0].series[0].y == (1.0, 3.0)
    with pytest.raises(ValueError, match=r"curves\[0\].series: expected as many numbers in y as in x"):
        from_json({**record, "curves": [{**curve, "series": [{**line, "y": [1.0]}]}]})
