"""Text from outside, made safe to print: names, reprs and messages of the code under test."""

from __future__ import annotations

import re
import unicodedata

# Controls (Cc) move the cursor; formats (Cf) reverse or hide text; the others are line breaks or no characters at all.
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


# A line of a job's log that begins with :: or holds ##[ is a command to the machine that runs it.
_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#\[)", re.MULTILINE)


def printable(text: str) -> str:
    r"""Return the text with every control or invisible character, newlines apart, written as an escape.

    So is the first character of what a build server would take for a command.

    >>> printable("a\x1b[31mb"), printable("::error::no")
    ('a\\x1b[31mb', '\\x3a:error::no')
    """
    shown = "".join(letter if letter == "\n" else _shown(letter) for letter in text.expandtabs(4))
    return _COMMAND.sub(lambda found: r"\x23" if found[1] is None else rf"{found[1]}\x3a", shown)


def line(text: str) -> str:
    r"""Return the text as one printable line, so that it cannot pose as several.

    >>> line("f\nPROVED g")
    'f PROVED g'
    """
    return printable(" ".join(text.split()))


def shortened(text: str, width: int) -> str:
    """Return at most ``width`` characters, the cut marked.

    >>> shortened("abcdef", 4)
    'abc…'
    """
    return text if len(text) <= width else text[: width - 1] + "…"


def _shown(letter: str) -> str:
    if unicodedata.category(letter) not in HIDDEN:
        return letter
    return letter.encode("unicode_escape").decode("ascii")
