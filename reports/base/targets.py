"""What is fuzzed: every reader of what comes from outside, and every writer of reports, each as a function of bytes.

A target returns "accepted" or "refused"; whatever it raises is a finding. A reader may refuse with the one error that
it documents. What a reader accepts is handed on: a run is written in every format and read back.
"""

from __future__ import annotations

import copy
import html.parser
import json
import tempfile
import unicodedata
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from verify import checker
from verify.campaign.subjects import certificate_of
from verify.check import check
from verify.declared.cases import declared_cases
from verify.declared.evaluate import function
from verify.declared.grammar import Refused
from verify.execute.judge import judged
from verify.report.formats import FORMATS, write
from verify.run import UsageError
from verify.runs import baseline, settings, suite, wire
from verify.trusted.schema import parse
from verify.verdict import Result

HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
VALUES: list[Any] = [
    None, True, 0, -1, 1, 2, 10**400, 1e308, -0.5, float("nan"), float("inf"), "", "x", "nan", "-inf", "PROVED", "ok",
    "\x1b[31m", "<script>", "::error::", "]]>", "\ud800", "\u202e", "\n", "a" * 300, [], [1], [[]], {}, {"x": 1},
    [1, "x"], {"float": "0x1p+1"}, {"size": [[1, ["n"]]]}, {"int": "9" * 5000},
]  # fmt: skip


class Bytes:
    """Bytes read as numbers and texts, from the front; zeros where they end."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def number(self, below: int) -> int:
        """A number from 0 to below this."""
        width = 1 if below <= 256 else 2
        taken, self.at = self.data[self.at : self.at + width], self.at + width
        return int.from_bytes(taken, "little") % below

    def text(self) -> str:
        """All that is left."""
        taken, self.at = self.data[self.at :], len(self.data)
        return taken.decode("utf-8", "surrogateescape" if len(taken) % 2 else "replace")

    def __bool__(self) -> bool:
        return self.at < len(self.data)


# ---------------------------------------------------------------------------- changed documents


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the parts of a document are."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from places(part, (*path, key))


def changed(document: Any, given: Bytes) -> Any:
    """The document with parts replaced, left out, doubled, or exchanged, as long as there are bytes."""
    document = copy.deepcopy(document)
    while given and (known := list(places(document))):
        *front, last = known[given.number(len(known))]
        at = document
        for part in front:
            at = at[part]
        match given.number(6):
            case 0:
                del at[last]
            case 1:
                at[last] = [at[last]]
            case 2:
                other = document
                for part in known[given.number(len(known))]:
                    try:
                        other = other[part]
                    except (KeyError, IndexError, TypeError):
                        break
                at[last] = copy.deepcopy(other)
            case 3 if isinstance(at, dict):
                at[str(VALUES[given.number(len(VALUES))])] = at.pop(last)
            case 4 if isinstance(at[last], str):
                at[last] += given.text() if given.number(8) == 0 else str(VALUES[given.number(len(VALUES))])
            case _:
                at[last] = copy.deepcopy(VALUES[given.number(len(VALUES))])
    return document


# ---------------------------------------------------------------------------- what is changed


@cache
def results() -> list[dict[str, Any]]:
    """Records of a proof, of what is wrong, of a kink, and of what cannot be told."""
    import numpy as np

    x = np.array([0.5, -1.5, 2.0])
    found: list[Result] = [
        check(lambda x: (3 * (x + 2) ** 2).mean(), x, grad=lambda x: 6 / x.size * (x + 2)),
        check(lambda x: np.sum(np.sin(x)), x, grad=lambda x: np.cos(x) * 1.001),
        check(lambda x: np.sum(np.abs(x)), np.array([0.0, 1.0])),
        check(lambda x: float(x[0]), x, grad=lambda x: x),
    ]
    return [suite.writable(result.to_json()) for result in found]


@cache
def run() -> suite.Run:
    """A run of these."""
    return suite.run_of([wire.from_json(json.loads(json.dumps(record))) for record in results()], "a run")


@cache
def certificates() -> list[dict[str, Any]]:
    """Small certificates, of the whole and by steps."""
    import numpy as np

    x = np.array([0.5, -1.5, 2.0])
    return [
        certificate_of(lambda x: (3 * (x + 2) ** 2).mean(), (x,), lambda x: 6 / x.size * (x + 2)),
        certificate_of(lambda x: np.sum(np.tanh(np.sin(x)) ** 2), (x,), chain=True),
        certificate_of(lambda x: np.where(x > 1, x**2, 2 * x).sum(), (x,), lambda x: np.where(x > 1, 2 * x, 2.0)),
    ]


CASE = {
    "case": [
        {
            "name": "squares",
            "function": "y = x + 2\nsum(3 * y ** 2) / x.size",
            "grad": "6 * (x + 2) / x.size",
            "arguments": {"x": [1.0, 2.0], "k": {"values": [[1]], "dtype": "int64"}},
            "wrt": "x",
            "domain": {"x": "real"},
            "sizes": "every",
        }
    ]
}
TOML = """[[case]]
name = "squares"
function = "sum(3 * (x + 2) ** 2)"
grad = "6 * (x + 2)"
arguments = { x = [1.0, 2.0], k = {values = [[1]], dtype = "float32"} }
"""
SETTINGS = """[tool.verify]
seed = 3
jobs = 2
fail-on = ["refuted"]
reason = "slow"
timeout = 10.0
[[tool.verify.override]]
match = "a.py::*"
ignore = ["V5"]
reason = "no"
"""
FOLDER = Path(tempfile.mkdtemp())


def _edited(text: str, given: Bytes) -> str:
    """A text with pieces cut out and put in."""
    for _ in range(given.number(4)):
        start, length = given.number(len(text) + 1), given.number(24)
        text = text[:start] + str(VALUES[given.number(len(VALUES))])[:60] + text[start + length :]
    start = given.number(len(text) + 1)
    return text[:start] + given.text() + text[start:]


def _written(name: str, text: str) -> Path:
    path = FOLDER / name
    path.write_bytes(text.encode("utf-8", "surrogateescape" if "\ud800" not in text else "replace"))
    return path


# ---------------------------------------------------------------------------- the targets


def declared_json(data: bytes) -> str:
    """A declaration in JSON, changed as a document."""
    return _declared("case.json", json.dumps(changed(CASE, Bytes(data))))


def declared_text(data: bytes) -> str:
    """A declaration in TOML or JSON, changed as a text."""
    given = Bytes(data)
    if given.number(2):
        return _declared("case.json", _edited(json.dumps(CASE), given))
    return _declared("case.toml", _edited(TOML, given))


def _declared(name: str, text: str) -> str:
    try:
        declared_cases(_written(name, text))
    except Refused:
        return "refused"
    return "accepted"


def expression(data: bytes) -> str:
    """An expression of a declared case: what is accepted is text of Python too, and can be called."""
    given = Bytes(data)
    text = _edited("y = exp(x[0, 1:]) ** 2\nsum(where(y > 1, y @ x.T, -y), axis=0).reshape(-1)", given)
    try:
        made = function("f", ("x",), text)
    except Refused:
        return "refused"
    compile(made.__source_text__, "f", "exec")  # type: ignore[attr-defined]  # not run
    return "accepted"


def result(data: bytes) -> str:
    """A record of a result: what is accepted is judged, and written in every format."""
    given = Bytes(data)
    record = changed(results()[given.number(len(results()))], given)
    try:
        read, fair = wire.from_json(record), judged(record)
    except ValueError:
        return "refused"
    _all_formats(suite.run_of([read, fair], str(record.get("name"))))
    return "accepted"


def run_lines(data: bytes) -> str:
    """A run in JSON Lines, changed in one of its lines: what is accepted is written in every format."""
    given, rows = Bytes(data), list(suite.lines(run()))
    place = given.number(len(rows))
    if given.number(2):
        rows[place] = json.dumps(changed(json.loads(rows[place]), given))
    else:
        rows[place] = _edited(rows[place], given)
    try:
        read = suite.read(rows)
    except ValueError:
        return "refused"
    _all_formats(read)
    return "accepted"


def certificate(data: bytes) -> str:
    """A certificate, changed: the checker never raises; what it reads from a text is refused with its own error."""
    given = Bytes(data)
    document = changed(certificates()[given.number(len(certificates()))], given)
    report = checker.check(document)
    assert isinstance(report, checker.Report)
    return "accepted" if report.accepted else "refused"


def certificate_text(data: bytes) -> str:
    """The text of a certificate."""
    given = Bytes(data)
    try:
        checker.check(parse(_edited(json.dumps(certificates()[0]), given)))
    except (checker.Refused, ValueError, RecursionError):  # as `python checker.py FILE` reads
        return "refused"
    return "accepted"


def settings_text(data: bytes) -> str:
    """The settings of a project."""
    _written("pyproject.toml", _edited(SETTINGS, Bytes(data)))
    try:
        settings.resolved({}, {}, FOLDER)
    except UsageError:
        return "refused"
    return "accepted"


def baseline_text(data: bytes) -> str:
    """A baseline, changed as a document or as a text."""
    given = Bytes(data)
    known = {"schema": 1, "cases": {"a.py::f": {"verdict": "PROVED", "every": True}}}
    text = json.dumps(changed(known, given)) if given.number(2) else _edited(json.dumps(known), given)
    try:
        baseline.text(baseline.load(_written("baseline.json", text)))
    except UsageError:
        return "refused"
    return "accepted"


class _Page(html.parser.HTMLParser):
    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag != "script" and not any(name.startswith("on") for name, _ in attributes), tag


def _all_formats(run: suite.Run) -> None:
    for format in FORMATS:
        text = write(run, format, against=run)
        assert not [c for c in text if c != "\n" and unicodedata.category(c) in HIDDEN], f"{format}: a hidden letter"
        if format == "html":
            page = _Page()
            page.feed(text)
            page.close()
        elif format == "junit":
            ElementTree.fromstring(text)
        elif format in ("sarif", "gitlab", "json"):
            json.loads(text)
        elif format == "jsonl":
            assert len(suite.read(text.splitlines()).entries) == len(run.entries)


TARGETS: dict[str, Callable[[bytes], str]] = {
    f.__name__: f
    for f in (declared_json, declared_text, expression, result, run_lines, certificate, certificate_text,
              settings_text, baseline_text)
}  # fmt: skip
