"""A result as plain text: one sentence, then what it rests on, a line each."""

from __future__ import annotations

from collections.abc import Iterator

from verify.report.text import line, printable, shortened
from verify.report.words import claim, distance, kink, scope
from verify.verdict import Counterexample, Formula, Numbers, Result

_LABEL = 12
_WIDEST = 200  # characters of an array: the report has it in full


def paragraph(result: Result) -> str:
    """Return the result as text that a person reads, every foreign character printable.

    >>> from verify.verdict import Expression, Verdict
    >>> written = (Expression("3/2 (x + 2)", ""),)
    >>> formula = Formula(Verdict.PROVED, method="index normal form", sizes="n = 4", written=written)
    >>> print(paragraph(Result(Verdict.PROVED, formula, Numbers("ok", ulps=0.0, elements=4), name="notebook")))
    PROVED  notebook
      The gradient of notebook is right: proved for n = 4 and not beyond, wherever it is defined.
      formula     3/2 (x + 2)
      sizes       n = 4
      method      index normal form
      numbers     ok: 0 ulps (4 elements)
    """
    place = f"  ({line(result.source)})" if result.source else ""
    body = [f"{result.verdict}  {line(result.name)}{place}", f"  {claim(result)}"]
    body += [_labelled(label, text) for label, text in _details(result) if text and not _repeats(label, text, result)]
    return "\n".join(body + _script(result.counterexample))


def _repeats(label: str, text: str, result: Result) -> bool:
    """Whether the first sentence says it already, or the line on the numbers does."""
    said = f"{claim(result)}\n{line(result.numbers.reason)}" if label == "reason" else claim(result)
    return label in ("expected", "got", "reason") and text in said


def _details(result: Result) -> Iterator[tuple[str, str]]:
    yield "asked", printable(result.asked)
    yield from _formula(result.formula)
    yield "value", shortened(line(result.value), _WIDEST)
    yield "returned", shortened(line(result.engine), _WIDEST)
    yield "numbers", _numbers(result.numbers, claim(result))
    yield from (("kink", kink(place)) for place in result.kinks)
    yield from (("hygiene", line(note)) for note in result.hygiene)
    yield from (("note", line(note)) for note in result.notes)
    if result.counterexample is not None:
        yield from _counterexample(result.counterexample)
    yield "reason", line(result.reason)


def _formula(formula: Formula) -> Iterator[tuple[str, str]]:
    entries, matrices = printable(formula.expression).strip(), printable("\n".join(formula.matrix))
    yield "formula", entries
    if all(formula.matrix) and matrices != entries:  # of a number, both say the same
        yield "matrices", matrices
    yield "sizes", line(formula.sizes)
    yield "domain", "; ".join(line(part) for part in formula.domain)
    yield from (("assuming", line(part)) for part in formula.assumptions)
    yield "method", line(formula.method)


def _numbers(numbers: Numbers, said: str) -> str:
    parts = [distance(numbers), f"at {line(numbers.index)}" if numbers.index else ""]
    worst = " ".join(part for part in parts if part)
    if numbers.got and numbers.expected:
        worst += f", got {line(numbers.got)} for {line(numbers.expected)}"
    compared = scope(numbers)
    told = f"{line(numbers.status)}{f': {worst}' if worst else ''}{f' ({compared})' if compared else ''}"
    return told if line(numbers.reason) in said else f"{told}; {line(numbers.reason)}"


def _counterexample(point: Counterexample) -> Iterator[tuple[str, str]]:
    if not point.script:  # a script begins with its input
        yield "input", ", ".join(line(argument) for argument in point.arguments)
    yield "at sizes", line(point.sizes)
    yield "expected", line(point.expected)
    yield "got", line(point.got)
    yield "first wrong", line(point.first_wrong)


def _script(point: Counterexample | None) -> list[str]:
    if point is None or not point.script:
        return []
    return ["  to see it", *(f"    {row}".rstrip() for row in printable(point.script).strip("\n").split("\n"))]


def _labelled(label: str, text: str) -> str:
    first, *rest = text.split("\n")
    return "\n".join([f"  {label:<{_LABEL}}{first}", *(" " * (_LABEL + 2) + row for row in rest)])
