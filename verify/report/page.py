"""A result as a section for a notebook, a run as a self-contained page for a file."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from verify.report import words
from verify.report.codes import CODES, code
from verify.report.mathml import formula
from verify.report.matrix import Matrix, of_run
from verify.report.overview import WORST_FIRST, by_reason, changed, loosened, message, not_ok, sentence
from verify.report.pictures import bar, sparkline
from verify.report.text import line, printable, shortened
from verify.report.trends import Past, past_of
from verify.report.view import view
from verify.runs.changes import WORSE, Change
from verify.runs.suite import Entry, Run
from verify.verdict import Result, Verdict

FULL = 200  # sections at most for cases that are not ok: their formulas are what makes a page heavy
FEW = 40  # cases, up to which those that are ok have sections too
FOLDERS = 16  # bars, one a folder or file
_CHANGES = 500
_HERE = Path(__file__).parent
_TEMPLATES = _HERE / "templates"


def section(result: Result) -> str:
    """Return one result as an HTML fragment with its own style, for a notebook's output cell."""
    shown = view(Entry(result.name, result), 1, again=False)
    return _environment().get_template("section.html").render(styles=_styles(), view=shown)


def page(run: Run, against: Run | None = None, past: Sequence[Past] = ()) -> str:
    """Return the run as one file that needs nothing else: no script, no font, no address is fetched."""
    numbers = {entry.case: number for number, entry in enumerate(run.entries, 1)}
    bad = not_ok(run, against)
    fine = [entry for entry in run.entries if entry.result.ok] if len(run.entries) <= FEW else []
    sections = {entry.case: view(entry, numbers[entry.case]) for entry in (*bad[:FULL], *fine)}
    undecided = [entry for entry in bad if entry.result.verdict is Verdict.UNDECIDED]
    return (
        _environment()
        .get_template("page.html")
        .render(
            styles=_font() + _styles(),
            title=line(run.title) or "a run of verify",
            sentence=sentence(run, against),
            about=_about(run),
            shares=_shares(run.entries),
            folders=_folders(run),
            changes=_Changes.of(changed(run, against)),
            compared=against is not None,
            wrong=[sections[e.case] for e in bad if e.case in sections and e.result.verdict is not Verdict.UNDECIDED],
            more_wrong=[_row(e, numbers, sections) for e in bad[FULL:] if e.result.verdict is not Verdict.UNDECIDED],
            reasons=[
                (reason, CODES[code(entries[0])], [_row(entry, numbers, sections) for entry in entries])
                for reason, entries in by_reason(undecided).items()
            ],
            undecided=[sections[entry.case] for entry in undecided if entry.case in sections],
            fine=[sections[entry.case] for entry in fine],
            rows=[_row(entry, numbers, sections) for entry in run.entries],
            verdicts=[verdict.value for verdict in WORST_FIRST if verdict in {e.result.verdict for e in run.entries}],
            trends=_trends([*past, past_of(run)]) if past else (),
            matrix=of_run(run),
            loosened=loosened(run.settings),
            assumptions=_assumptions(run),
            settings={line(name): line(str(value)) for name, value in sorted(run.settings.items())},
            environment=run.environment,
            meanings=[(verdict.value, text) for verdict, text in words.MEANING.items()],
        )
    )


def matrix_page(matrix: Matrix, title: str, told: str) -> str:
    """Return a matrix of verdicts as a page of its own."""
    return (
        _environment().get_template("matrix.html").render(styles=_styles(), title=line(title), told=told, matrix=matrix)
    )


@dataclass(frozen=True)
class _Row:
    """One case in a line: where its section is, if it has one, and what is said of it."""

    case: str
    anchor: str
    full: bool
    kind: str
    code: str
    sizes: str
    distance: str
    seconds: str
    message: str


def _row(entry: Entry, numbers: Mapping[str, int], sections: Mapping[str, Any]) -> _Row:
    return _Row(
        entry.case,
        f"case-{numbers[entry.case]}",
        entry.case in sections,
        entry.result.verdict.value.lower(),
        code(entry),
        entry.result.formula.sizes,
        words.distance(entry.result.numbers),
        f"{entry.seconds:.2f}" if entry.seconds else "",
        "" if entry.result.ok else message(entry),
    )


@dataclass(frozen=True)
class _Changes:
    """What changed, worse apart from better, each cut to what a reader goes through."""

    worse: tuple[Change, ...]
    better: tuple[Change, ...]
    more: int

    @classmethod
    def of(cls, found: Sequence[Change]) -> _Changes:
        worse = tuple(change for change in found if change.kind in WORSE)
        better = tuple(change for change in found if change.kind not in WORSE)
        shown = worse[:_CHANGES], better[:_CHANGES]
        return cls(*shown, len(found) - len(shown[0]) - len(shown[1]))


def _about(run: Run) -> list[str]:
    seconds = sum(entry.seconds for entry in run.entries)
    found = [
        f"commit {line(run.commit)}" if run.commit else "",
        line(run.started),
        f"{seconds:.1f} s of work" if seconds else "",
    ]
    return [each for each in found if each]


def _shares(entries: Sequence[Entry]) -> Markup:
    found = Counter(entry.result.verdict for entry in entries)
    counts = {verdict.value: found[verdict] for verdict in WORST_FIRST if found[verdict]}
    return bar(counts, ", ".join(f"{count} {name.lower()}" for name, count in counts.items()))


def _folders(run: Run) -> list[tuple[str, int, Markup]]:
    """One bar for each file, or for each folder where there are many files, those with most that is not ok."""
    ways = [_grouped(run, depth) for depth in (None, -1, 2, 1)]
    groups = next((found for found in ways if len(found) <= FOLDERS), ways[-1])
    if len(groups) == 1:
        groups = min(ways, key=lambda found: (len(found) == 1, len(found)))
    ranked = sorted(groups.items(), key=lambda item: (-sum(not e.result.ok for e in item[1]), item[0]))[:FOLDERS]
    return [(name, len(entries), _shares(entries)) for name, entries in ranked] if len(groups) > 1 else []


def _grouped(run: Run, depth: int | None) -> dict[str, list[Entry]]:
    groups: dict[str, list[Entry]] = {}
    for entry in run.entries:
        groups.setdefault("/".join(entry.case.partition("::")[0].split("/")[:depth]) or ".", []).append(entry)
    return groups


def _trends(runs: Sequence[Past]) -> list[tuple[str, Markup, str, str]]:
    names = [verdict.value for verdict in WORST_FIRST if any(run.counts.get(verdict.value) for run in runs)]
    counts = [(name, [float(run.counts.get(name, 0)) for run in runs]) for name in names]
    told = [(name, sparkline(values), f"{values[0]:g}", f"{values[-1]:g}") for name, values in counts]
    times = [run.seconds for run in runs]
    return [*told, ("seconds", sparkline(times), f"{times[0]:.1f}", f"{times[-1]:.1f}")]


def _assumptions(run: Run) -> list[tuple[str, int]]:
    found = Counter(text for entry in run.entries for text in entry.result.formula.assumptions)
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))[:50]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: printable(value) if type(value) is str else value,
    )
    environment.filters.update(formula=formula, line=line, shortened=shortened)
    return environment


@cache
def _styles() -> Markup:
    return Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8"))


@cache
def _font() -> Markup:
    """Without a font for mathematics, as on many machines, brackets do not stretch and exponents float away."""
    data = base64.b64encode((_HERE / "font" / "math.woff2").read_bytes()).decode("ascii")
    return Markup('@font-face {{ font-family: "dualgrad math"; src: url("data:font/woff2;base64,{}"); }}\n').format(
        data
    )
