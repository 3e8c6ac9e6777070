"""Every example says what it should: no case of examples/ is refuted or undecided."""

from __future__ import annotations

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
