"""What the command says: results on the standard output, complaints on the error output, all of it made printable."""

from __future__ import annotations

import sys

from verify.report.terminal import console
from verify.report.text import printable


def say(text: str = "", error: bool = False) -> None:
    """Print a text as it is, or on the error output."""
    console(error=error).print(printable(text))


def pour(text: str) -> None:
    """Write the text of a format on the standard output: as UTF-8 where no terminal is, whatever the locale says."""
    if sys.stdout.isatty() or not hasattr(sys.stdout, "buffer"):
        console().file.write(text)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
    sys.stdout.flush()


def complain(text: str) -> None:
    """Print what is wrong on the error output, after the name of the command."""
    say(f"verify: {text}", error=True)


def counted(number: int, noun: str, several: str = "") -> str:
    """A number with its noun.

    >>> counted(1, "case"), counted(2, "case"), counted(0, "entry", "entries")
    ('1 case', '2 cases', '0 entries')
    """
    return f"{number} {noun if number == 1 else several or noun + 's'}"
