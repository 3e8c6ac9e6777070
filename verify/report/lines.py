"""A run as JSON: one document, or a line for the head and one for each case."""

from __future__ import annotations

import json as _json
import unicodedata
from collections.abc import Sequence

from verify.report.text import HIDDEN
from verify.report.trends import Past
from verify.runs.suite import Run, lines


def jsonl(run: Run, against: Run | None, past: Sequence[Past]) -> str:
    """Return JSON Lines, which :func:`verify.runs.suite.read` reads back."""
    return "".join(f"{inert(text)}\n" for text in lines(run))


def json(run: Run, against: Run | None, past: Sequence[Past]) -> str:
    """Return one document: the head of the run, and all cases as its ``entries``, a line each."""
    head, *entries = lines(run)
    about = _json.loads(head)
    del about["cases"]
    opened = _json.dumps(about, ensure_ascii=False).removesuffix("}")
    return inert(f'{opened}, "entries": [\n' + ",\n".join(entries) + "\n]}\n")


def inert(text: str) -> str:
    r"""Return JSON with every invisible character of its texts as an escape: it means the same and hides nothing.

    >>> inert('"a\u202eb ##[error]"')
    '"a\\u202eb \\u0023#[error]"'
    """
    hidden = (letter for letter in set(text) if letter != "\n" and unicodedata.category(letter) in HIDDEN)
    shown = text.translate({ord(letter): _json.dumps(letter)[1:-1] for letter in hidden})
    while "##[" in shown:
        shown = shown.replace("##[", r"\u0023#[")
    return shown
