"""A result as HTML: a section for a notebook, a self-contained page for a file."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from verify.report import words
from verify.report.mathml import formula
from verify.report.overview import summary
from verify.report.text import line, printable, shortened
from verify.verdict import Result

_HERE = Path(__file__).parent
_TEMPLATES = _HERE / "templates"


def section(result: Result) -> str:
    """Return one result as an HTML fragment with its own style, for a notebook's output cell."""
    return _environment().get_template("section.html").render(styles=_styles(), view=_view(result, 1))


def page(results: Sequence[Result], title: str, environment: Mapping[str, str]) -> str:
    """Return all results as one file that needs nothing else: no script, no font, no address is fetched."""
    views = [_view(result, number) for number, result in enumerate(results, 1)]
    return (
        _environment()
        .get_template("page.html")
        .render(
            styles=_font() + _styles(),
            title=line(title),
            summary=summary(results),
            views=views,
            environment=environment,
            meanings=[(verdict.value, text) for verdict, text in words.MEANING.items()],
        )
    )


@dataclass(frozen=True)
class _View:
    """A result as its template needs it: sentences made, text still unescaped."""

    result: Result
    anchor: str
    kind: str
    claim: str
    formulas: tuple[Markup, ...]
    distance: str
    scope: str
    kinks: tuple[str, ...]
    facts: tuple[tuple[str, tuple[str, ...]], ...]
    certificate: str


def _view(found: Result, number: int) -> _View:
    result = found.explained()
    return _View(
        result=result,
        anchor=f"case-{number}",
        kind=result.verdict.value.lower(),
        claim=words.claim(result),
        formulas=tuple(formula(latex) for latex in result.formula.latex),
        distance=words.distance(result.numbers),
        scope=words.scope(result.numbers),
        kinks=tuple(words.kink(place) for place in result.kinks),
        facts=tuple((label, entries) for label, entries in _facts(result) if entries),
        certificate=_certificate(result.formula.certificate),
    )


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
