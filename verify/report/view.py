"""A result as its template needs it: sentences made, formulas and pictures drawn, text still unescaped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from verify.report import words
from verify.report.causes import Cause, cause
from verify.report.codes import CODES, Code, code
from verify.report.graph import first_wrong, graph
from verify.report.mathml import formula
from verify.report.overview import reproduce
from verify.report.pictures import curve, heat
from verify.report.text import line
from verify.runs.suite import Entry
from verify.verdict import Result

WIDE = 160  # characters of LaTeX, beyond which a formula has a row to itself
LONG = 1200  # beyond which it is folded


@dataclass(frozen=True)
class Shown:
    """A formula as MathML, and whether it is so long that it is folded, or has a row to itself."""

    mathml: Markup
    long: bool
    wide: bool


@dataclass(frozen=True)
class View:
    """One result; empty texts and None stand for what there is not."""

    result: Result
    case: str
    anchor: str
    kind: str
    claim: str
    formulas: tuple[Shown, ...]
    terms: tuple[str, ...]  # what the letters in the formulas stand for, and what is said of them
    distance: str
    scope: str
    facts: tuple[tuple[str, tuple[str, ...]], ...]
    certificate: str
    rule: Code | None
    cause: Cause | None
    pictures: tuple[tuple[str, Markup], ...]
    graph: Markup
    wrong: int
    reproduce: str


def view(entry: Entry, number: int, again: bool = True) -> View:
    """Return the view of an entry; ``again`` says whether a command can check it again."""
    result = entry.result.explained()
    told = result.counterexample.first_wrong if result.counterexample is not None else ""
    wrong = first_wrong(result.program, told)
    found = code(Entry(entry.case, result, entry.outcome))
    return View(
        result=result,
        case=entry.case,
        anchor=f"case-{number}",
        kind=result.verdict.value.lower(),
        claim=words.claim(result),
        formulas=tuple(Shown(formula(text), len(text) > LONG, len(text) > WIDE) for text in result.formula.latex),
        terms=tuple(dict.fromkeys(_terms(result.formula.expression))),
        distance=words.distance(result.numbers),
        scope=words.scope(result.numbers),
        facts=tuple((label, entries) for label, entries in _facts(result) if entries),
        certificate=_certificate(result.formula.certificate),
        rule=CODES.get(found),
        cause=cause(result),
        pictures=tuple(_pictures(result)),
        graph=Markup("") if result.ok else graph(result.program, wrong),
        wrong=wrong,
        reproduce=reproduce(entry) if again and not result.ok else "",
    )


def _terms(expression: str) -> Iterator[str]:
    """The lines below the formulas of a text: they stand further in."""
    return (line(row) for row in expression.splitlines() if row.startswith("  "))


def _pictures(result: Result) -> Iterator[tuple[str, Markup]]:
    compared = result.comparison
    if compared is not None and len(compared.elements) > 1:
        spread = "" if compared.complete else f" ({len(compared.elements)} of them)"
        yield f"Errors of the elements of {line(compared.argument)}{spread}, at {line(compared.where)}", heat(compared)
    for each in result.curves:
        yield each.title, curve(each)


def _facts(result: Result) -> Iterator[tuple[str, tuple[str, ...]]]:
    claimed = result.formula
    yield "Sizes", _given(claimed.sizes)
    yield "Domain", claimed.domain
    yield "Assuming", claimed.assumptions
    yield "Method", _given(claimed.method)
    yield "Kinks", tuple(words.kink(place) for place in result.kinks)
    yield "Numbers", _given(_unsaid(result.numbers.reason, words.claim(result)))
    yield "Hygiene", result.hygiene
    yield "Notes", result.notes
    yield "Reason", _given(_unsaid(result.reason, f"{words.claim(result)}\n{line(result.numbers.reason)}"))


def _unsaid(text: str, said: str) -> str:
    """The text, unless the reader has met it: an undecided result's claim is its reason already."""
    return "" if line(text) in said else text


def _given(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _certificate(certificate: Mapping[str, Any] | None) -> str:
    return "" if certificate is None else json.dumps(certificate, indent=2, ensure_ascii=False, default=str)
