"""A run as lines of a terminal: one a result, the whole paragraph for those that did not pass."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.text import Text

from verify.report.paragraph import paragraph
from verify.report.text import line, shortened
from verify.report.words import distance
from verify.verdict import Result, Verdict

_STYLES = {
    Verdict.PROVED: "bold green",
    Verdict.CERTIFIED: "bold cyan",
    Verdict.AGREES: "bold blue",
    Verdict.REFUTED: "bold red",
    Verdict.NONDIFFERENTIABLE: "bold yellow",
    Verdict.UNDECIDED: "bold magenta",
}
_VERDICT_WIDTH = 10
_NAME_WIDTH = 40


def console(error: bool = False) -> Console:
    """Return a console that colours on a terminal only, and neither wraps nor interprets what it is given."""
    stream = sys.stderr if error else sys.stdout
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")  # formulas must not fail on a terminal without their letters
    return Console(file=stream, soft_wrap=True, highlight=False, markup=False, emoji=False)


def told(result: Result, name_width: int = 0) -> Text:
    """Return the result as one line, and as its paragraph after that where it is not ok.

    >>> from verify.verdict import Formula, Numbers
    >>> formula = Formula(Verdict.PROVED, sizes="every n >= 1")
    >>> print(told(Result(Verdict.PROVED, formula, Numbers("ok", ulps=0.0), name="f", source="a.py:3")))
    PROVED     f  for every n >= 1, 0 ulps  a.py:3
    """
    found = f"{result.verdict.value:<{_VERDICT_WIDTH}}"
    name = shortened(line(result.name), _NAME_WIDTH)
    text = Text.assemble(
        (found, _STYLES[result.verdict]), " ", f"{name:<{min(name_width, _NAME_WIDTH)}}", _brief(result)
    )
    if result.source:
        text.append(f"  {line(result.source)}", "dim")
    if not result.ok:
        text.append("\n" + "\n".join(f"  {row}".rstrip() for row in paragraph(result).split("\n")[1:]) + "\n")
    return text


def _brief(result: Result) -> str:
    sizes = f"for {line(result.formula.sizes)}" if result.formula.sizes else ""
    parts = [part for part in (sizes, distance(result.numbers)) if part]
    return f"  {', '.join(parts)}" if parts else ""
