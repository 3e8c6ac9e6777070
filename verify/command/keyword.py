"""The expressions of ``-k``: parts of ids, joined by and, or, not and brackets."""

from __future__ import annotations

import re
from collections.abc import Callable

from verify.run import UsageError

Test = Callable[[str], bool]
_WORDS = frozenset({"and", "or", "not", "(", ")"})


def matcher(expression: str) -> Test:
    """Return the test that an expression stands for; UsageError where it is none.

    >>> wanted = matcher("loss and not (slow or gpu)")
    >>> wanted("model.py::loss"), wanted("model.py::loss[slow]")
    (True, False)
    """
    tokens = re.findall(r"[()]|[^\s()]+", expression)
    test, rest = _either(tokens, expression)
    if rest:
        raise _wrong(expression, f"{rest[0]!r} is one too many")
    return test


def _either(tokens: list[str], text: str) -> tuple[Test, list[str]]:
    left, rest = _both(tokens, text)
    if rest[:1] == ["or"]:
        right, rest = _either(rest[1:], text)
        return (lambda case: left(case) or right(case)), rest
    return left, rest


def _both(tokens: list[str], text: str) -> tuple[Test, list[str]]:
    left, rest = _one(tokens, text)
    if rest[:1] == ["and"]:
        right, rest = _both(rest[1:], text)
        return (lambda case: left(case) and right(case)), rest
    return left, rest


def _one(tokens: list[str], text: str) -> tuple[Test, list[str]]:
    if not tokens:
        raise _wrong(text, "something is missing at its end")
    word, *rest = tokens
    if word == "not":
        inner, rest = _one(rest, text)
        return (lambda case: not inner(case)), rest
    if word == "(":
        inner, rest = _either(rest, text)
        if rest[:1] != [")"]:
            raise _wrong(text, "a closing bracket is missing")
        return inner, rest[1:]
    if word in _WORDS:
        raise _wrong(text, f"a part of an id is missing before {word!r}")
    return (lambda case: word.lower() in case.lower()), rest


def _wrong(text: str, what: str) -> UsageError:
    return UsageError(f"-k {text!r}: {what}. Write parts of ids joined by and, or, not, as in: -k 'loss and not slow'.")
