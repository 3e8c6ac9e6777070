"""``verify explain``: what a rule code means, or why a case has its verdict."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from verify.command.naming import fitting, nearest, several
from verify.command.options import codes, settings_of
from verify.command.refer import run_of
from verify.command.say import counted, say
from verify.report.causes import cause
from verify.report.codes import CODES, Code, code
from verify.report.overview import reproduce
from verify.report.paragraph import paragraph
from verify.report.words import MEANING
from verify.run import UsageError
from verify.runs.gate import PASSED
from verify.runs.reading import meant
from verify.runs.suite import Entry, Run
from verify.verdict import Verdict


def explain(what: str, /, *, run: str = "last") -> int:
    """Say what a rule code or a verdict means, or why a case of a run has its verdict.

    Parameters
    ----------
    what
        A rule code such as V103 or the beginning of some, as V1; a verdict such as PROVED; or a case by its id, its
        function, or a part of its id that fits one alone.
    run
        The run that the case is looked up in: a number of "verify history list", last, green, or a JSON Lines file.
    """
    if what.upper() in Verdict.__members__:
        say(f"{what.upper()}  {MEANING[Verdict[what.upper()]]}")
    elif re.fullmatch(r"[Vv]\d+", what):
        say("\n".join(_rule(CODES[each]) for each in codes(what, "")))
    else:
        say("\n".join(_case(_found(what, run_of(run, settings_of().root), run))))
    return PASSED


def _rule(rule: Code) -> str:
    return f"{rule.code}  {rule.title}  ({rule.level})\n  {rule.help}"


def _found(what: str, run: Run, reference: str) -> Entry:
    ids = [entry.case for entry in run.entries]
    found = fitting(what, ids)
    if not found:
        near = nearest(what, ids) or meant(what.upper(), Verdict.__members__)
        raise UsageError(
            f"{what}: this is no rule code, no verdict, and no case of the run {reference!r}, which has "
            f"{counted(len(ids), 'case')}.{near} They are listed by: verify history show {reference}"
        )
    if len(found) > 1:
        raise UsageError(f"{what}: this fits {len(found)} cases. Name one: {several(found)}.")
    return next(entry for entry in run.entries if entry.case == found[0])


def _case(entry: Entry) -> Iterator[str]:
    result = entry.result
    yield paragraph(result)
    yield f"  means       {MEANING[result.verdict]}"
    found = cause(result)
    if found is not None:
        yield f"  cause       {found.text}: {found.evidence}"
    if code(entry):
        rule = CODES[code(entry)]
        yield f"  {rule.code:<12}{rule.title}. {rule.help}"
    certificate = result.formula.certificate
    if certificate is not None:
        size = len(json.dumps(certificate))
        yield f"  certificate {size:,} characters of JSON; as a file: verify run TARGET --certificates FOLDER"
    yield f"  reproduce   {reproduce(entry)}"
