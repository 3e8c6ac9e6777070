"""Text from outside, made safe to print: names, reprs and messages of the code under test."""

from __future__ import annotations

import unicodedata

# Controls (Cc) move the cursor; formats (Cf) reverse or hide text; the others are line breaks or no characters at all.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str) -> str:
    r"""Return the text with every control or invisible character, newlines apart, written as an escape.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return "".join(letter if letter == "\n" else _shown(letter) for letter in text.expandtabs(4))


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
    if unicodedata.category(letter) not in _HIDDEN:
        return letter
    return letter.encode("unicode_escape").decode("ascii")
