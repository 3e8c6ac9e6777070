"""A run as JSON: one document, or a line for the head and one for each case."""

from __future__ import annotations

import json as _json
import re
import unicodedata
from collections.abc import Sequence

from verify.report.text import HIDDEN
from verify.report.trends import Past
from verify.suite import Run, lines


def jsonl(run: Run, against: Run | None, past: Sequence[Past]) -> str:
    """Return JSON Lines, which :func:`verify.suite.read` reads back."""
    return "".join(f"{inert(text)}\n" for text in lines(run))


def json(run: Run, against: Run | None, past: Sequence[Past]) -> str:
    """Return one document: the head of the run, and all cases as its ``entries``."""
    head, *entries = (_json.loads(text) for text in lines(run))
    del head["cases"]
    return inert(_json.dumps({**head, "entries": entries}, ensure_ascii=False, indent=1)) + "\n"


def inert(text: str) -> str:
    r"""Return JSON with every invisible character of its texts as an escape: it means the same and hides nothing.

    >>> inert('"a\u202eb ##[error]"')
    '"a\\u202eb \\u0023#[error]"'
    """
    return re.sub(r"[^\x20-\x7e\n]|#(?=#\[)", _escaped, text)


def _escaped(found: re.Match[str]) -> str:
    letter = found[0]
    if letter != "#" and unicodedata.category(letter) not in HIDDEN:
        return letter
    return _json.dumps(letter)[1:-1] if letter != "#" else r"\u0023"
