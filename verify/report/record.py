"""A run as JSON: the claims, which a second run must repeat, apart from what was measured."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from verify.runs.suite import writable
from verify.verdict import Kink, Result

SCHEMA = 1
_REPORTED = ("dualgrad", "numpy", "scipy", "sympy", "python-flint")


def document(results: Sequence[Result]) -> dict[str, Any]:
    """Return the whole run: its ``claims``, its ``results`` with everything measured, and the ``environment``."""
    return {
        "schema": SCHEMA,
        "claims": [claims(result) for result in results],
        "results": [writable(result.to_json()) for result in results],
        "environment": environment(),
    }


def claims(found: Result) -> dict[str, Any]:
    """Return what is the same on every machine: verdicts, formulas, scope, and how each was shown."""
    result = found.explained()
    formula = result.formula
    return {
        "name": result.name,
        "kind": result.kind,
        "source": result.source,
        "asked": result.asked,
        "verdict": result.verdict.value,
        "ok": result.ok,
        "formula": {
            "verdict": formula.verdict.value,
            "method": formula.method,
            "sizes": formula.sizes,
            "domain": list(formula.domain),
            "assumptions": list(formula.assumptions),
            "expression": formula.expression,
            "latex": list(formula.latex),
        },
        "numbers": result.numbers.status,
        "kinks": [_kink(place) for place in result.kinks],
        "program": [[row.name, row.operation, row.shape, row.latex] for row in result.program],
        "derivation": [[step.title, step.latex] for step in result.derivation],
        "value": result.value,
    }


def environment() -> dict[str, str]:
    """Return the versions that a run rests on."""
    found = {"python": platform.python_version(), "platform": f"{platform.system()} {platform.machine()}"}
    return found | {name: _version(name) for name in _REPORTED}


def _kink(place: Kink) -> dict[str, Any]:
    return {
        "where": place.where,
        "at_input": place.at_input,
        "inside": place.inside,
        "convention": place.convention,
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def written(record: Any) -> str:
    """Return the record as the text of a JSON file, laid out so that a change shows as few changed lines."""
    return json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_certificates(results: Sequence[Result], folder: Path) -> Iterator[Path]:
    """Write the certificate of every result that has one to a file of its own, and name the files."""
    for number, result in enumerate(results, 1):
        if result.formula.certificate is not None:
            path = folder / f"{number}-{re.sub('[^A-Za-z0-9_]+', '-', result.name).strip('-')}.json"
            path.write_text(written(dict(result.formula.certificate)), encoding="utf-8")
            yield path
