"""A run as JUnit XML: what is not ok is a failure, what could not be run is an error."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence

from verify.report.codes import CODES, code
from verify.report.overview import message, place, reproduce
from verify.report.paragraph import paragraph
from verify.report.terminal import told
from verify.report.text import line
from verify.report.trends import Past
from verify.runs.suite import Entry, Run


def junit(run: Run, against: Run | None, past: Sequence[Past]) -> str:
    """Return one test suite with a test case for each entry."""
    failed = [entry for entry in run.entries if not entry.result.ok]
    broken = sum(entry.outcome != "done" for entry in failed)
    counts = {
        "tests": str(len(run.entries)),
        "failures": str(len(failed) - broken),
        "errors": str(broken),
        "time": _seconds(sum(entry.seconds for entry in run.entries)),
    }
    root = ElementTree.Element("testsuites", {"name": "verify", **counts})
    suite = ElementTree.SubElement(root, "testsuite", {"name": line(run.title) or "verify", **counts, "skipped": "0"})
    if run.started:
        suite.set("timestamp", line(run.started).removesuffix("Z").partition("+")[0])
    _properties(suite, {"commit": run.commit, **run.environment})
    for entry in run.entries:
        _case(suite, entry)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, entry: Entry) -> None:
    result, (file, _) = entry.result, place(entry)
    said = {"name": line(entry.case), "classname": file, "time": _seconds(entry.seconds)}
    case = ElementTree.SubElement(suite, "testcase", said)
    if result.ok:
        ElementTree.SubElement(case, "system-out").text = str(told(result))
        return
    found = code(entry)
    kind = "failure" if entry.outcome == "done" else "error"
    tag = ElementTree.SubElement(case, kind, {"type": found, "message": f"{CODES[found].title}: {message(entry)}"})
    tag.text = f"{paragraph(result)}\n  reproduce   {reproduce(entry)}"


def _properties(owner: ElementTree.Element, values: dict[str, str]) -> None:
    given = {line(name): line(value) for name, value in values.items() if value}
    if given:
        inside = ElementTree.SubElement(owner, "properties")
        for name, value in given.items():
            ElementTree.SubElement(inside, "property", {"name": name, "value": value})


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"
