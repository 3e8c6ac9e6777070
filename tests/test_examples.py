"""Every example says what it should: no case of examples/ is refuted or undecided."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import verify
from verify.run import collect

HERE = Path(__file__).resolve().parent.parent / "examples"
FILES = [file for file in sorted(HERE.glob("*.py")) if "verify.case" in file.read_text(encoding="utf-8")]
CASES = [(file.stem, case) for file in FILES for case in collect(str(file))]


@pytest.mark.parametrize(("file", "case"), CASES, ids=[f"{file}-{case.title}" for file, case in CASES])
def test_a_case_of_the_examples_holds(file, case):
    result = verify.check(case.function, *case.arguments, **{"budget": 60.0, **case.options})
    assert result.verdict in (verify.Verdict.PROVED, verify.Verdict.CERTIFIED), str(result)


def test_the_tables_of_the_reports_hold_every_case_with_its_verdict():
    rows = json.loads((HERE.parent / "reports" / "examples.json").read_text(encoding="utf-8"))
    assert sorted((row["file"], row["case"]) for row in rows) == sorted((file, case.title) for file, case in CASES)
    assert {row["verdict"] for row in rows} <= {"PROVED", "CERTIFIED"}
    problems = (HERE.parent / "reports" / "mgh.md").read_text(encoding="utf-8")
    assert all(f"| {number} | " in problems for number in range(1, 36))
