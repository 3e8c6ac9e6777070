"""A result that is not ok in eight lines at most: what a test prints when it fails."""

from __future__ import annotations

from collections.abc import Iterator

from verify.report.causes import cause
from verify.report.codes import CODES, code
from verify.report.text import line, shortened
from verify.report.words import claim, distance
from verify.runs.suite import Entry

MOST = 8  # lines
_WIDEST = 160  # characters


def brief(entry: Entry, again: str) -> str:
    """Return what was found and how to see it again, which is the last line.

    >>> from verify.verdict import Formula, Numbers, Result, Verdict
    >>> undecided = Result(Verdict.UNDECIDED, Formula(Verdict.UNDECIDED), Numbers("unknown"), reason="f is random")
    >>> print(brief(Entry("a.py::f", undecided), "verify one a.py::f"))
    UNDECIDED V506 f: not decided
      Nothing is claimed about the gradient of f: f is random
      reproduce  verify one a.py::f
    """
    result = entry.result
    rule = CODES.get(code(entry))
    place = f" ({line(result.source)})" if result.source else ""
    first = f"{result.verdict} {f'{rule.code} ' if rule is not None else ''}{line(result.name)}{place}"
    rows = [f"{first}: {rule.title}" if rule is not None else first, f"  {claim(result)}"]
    rows += [f"  {label:<11}{text}" for label, text in _details(entry) if text]
    return "\n".join([*(shortened(row, _WIDEST) for row in rows[: MOST - 1]), f"  {'reproduce':<11}{line(again)}"])


def _details(entry: Entry) -> Iterator[tuple[str, str]]:
    result, point = entry.result, entry.result.counterexample
    found = cause(result)
    if found is not None:
        yield "cause", f"{found.text}: {found.evidence}"
    yield "formula", line(result.formula.expression)
    if point is not None:
        yield "at", line(", ".join(point.arguments))
        yield "first wrong", line(point.first_wrong)
    yield "numbers", distance(result.numbers)
