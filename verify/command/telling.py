"""What is printed of each case while the run goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum

from rich.console import Console
from rich.text import Text

from verify.execute.suite import Selected
from verify.report.codes import CODES, code
from verify.report.overview import reproduce
from verify.report.paragraph import paragraph
from verify.report.terminal import told
from verify.runs.suite import Entry


class Loudness(Enum):
    """How much is said of each case."""

    SILENT = "nothing"
    QUIET = "a line for what is not ok"
    USUAL = "a line for each, a paragraph for what is not ok"
    VERBOSE = "a paragraph for each"


def teller(chosen: Sequence[Selected], loudness: Loudness, out: Console) -> Callable[[Entry], None]:
    """Return what prints an entry, in columns that fit all that are chosen."""
    width = max((len(each.title) for each in chosen), default=0)

    def tell(entry: Entry) -> None:
        if entry.outcome == "not run":  # told at the end, all together
            return
        if loudness is Loudness.QUIET and not entry.result.ok:
            out.print(told(entry.result, width).split("\n")[0])
        elif loudness is Loudness.VERBOSE and entry.result.ok:
            out.print(Text(paragraph(entry.result) + "\n"))
        elif loudness in (Loudness.USUAL, Loudness.VERBOSE):
            out.print(told(entry.result, width), end="" if not entry.result.ok else "\n")
            _print_hints(entry, out)

    return tell


def _print_hints(entry: Entry, out: Console) -> None:
    """What kind of thing is wrong, and how to see it again."""
    if not entry.result.ok:
        found = CODES[code(entry)]
        out.print(f"  {found.code:<12}{found.title}\n  reproduce   {reproduce(entry)}\n")
