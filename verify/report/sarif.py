"""A run as SARIF 2.1.0: a result for each case that is not ok, and for digits lost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from dualgrad._version import __version__
from verify.report.codes import CODES, Code, code
from verify.report.lines import inert
from verify.report.overview import message, not_ok, place, reproduce
from verify.report.text import line
from verify.report.trends import Past
from verify.runs.suite import Entry, Run

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST = 5000  # results; code scanning takes no more


def sarif(run: Run, against: Run | None, past: Sequence[Past]) -> str:
    """Return the log of one run, the worst results first; those beyond what scanners take are counted in a note."""
    bad = not_ok(run, against)
    found = [*bad, *(entry for entry in run.entries if entry.result.ok and code(entry))]
    kept = found[:MOST]
    used = sorted({code(entry) for entry in kept})
    invocation: dict[str, Any] = {"executionSuccessful": not run.interrupted}
    if len(found) > MOST:
        said = f"{len(found) - MOST} more results are left out: a log holds {MOST}"
        invocation["toolExecutionNotifications"] = [{"level": "warning", "message": {"text": said}}]
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "dualgrad verify",
                        "semanticVersion": __version__,
                        "rules": [_rule(CODES[each]) for each in used],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "invocations": [invocation],
                "results": [_result(entry, used) for entry in kept],
            }
        ],
    }
    return inert(json.dumps(log, ensure_ascii=False, indent=1)) + "\n"


def fingerprint(entry: Entry) -> str:
    """Return what tells one finding from another over runs: the case and its rule."""
    return hashlib.sha256(f"{entry.case}\0{code(entry)}".encode("utf-8", "surrogatepass")).hexdigest()


def _rule(rule: Code) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.title.replace("-", " ").split()),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.help},
        "help": {"text": rule.help},
        "defaultConfiguration": {"level": rule.level},
    }


def _result(entry: Entry, used: Sequence[str]) -> dict[str, Any]:
    file, number = place(entry)
    found = code(entry)
    said = f"{line(entry.result.name)}: {message(entry)}\nReproduce: {reproduce(entry)}"
    return {
        "ruleId": found,
        "ruleIndex": used.index(found),
        "level": CODES[found].level,
        "message": {"text": said},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(file)},
                    "region": {"startLine": number},
                },
                "logicalLocations": [{"fullyQualifiedName": line(entry.case), "kind": "function"}],
            }
        ],
        "partialFingerprints": {"verifyCase/v1": fingerprint(entry)},
        "properties": {"verdict": entry.result.verdict.value, "outcome": entry.outcome},
    }
