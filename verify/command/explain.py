"""``verify explain``: what a rule code means, or why a case has its verdict."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from verify.command.options import settings_of
from verify.command.refer import run_of
from verify.command.say import say
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
        A rule code such as V103, a verdict such as PROVED, or the id of a case or a part of it that fits one alone.
    run
        The run that the case is looked up in: a number of "verify history list", last, green, or a JSON Lines file.
    """
    if what.upper() in CODES:
        say(_rule(CODES[what.upper()]))
    elif what.upper() in Verdict.__members__:
        say(f"{what.upper()}  {MEANING[Verdict[what.upper()]]}")
    elif re.fullmatch(r"[Vv]\d+", what):
        raise UsageError(
            f"{what}: there is no such rule code.{meant(what.upper(), CODES)} Those there are: {', '.join(CODES)}."
        )
    else:
        say("\n".join(_case(_found(what, run_of(run, settings_of().root), run))))
    return PASSED


def _rule(rule: Code) -> str:
    return f"{rule.code}  {rule.title}  ({rule.level})\n  {rule.help}"


def _found(what: str, run: Run, reference: str) -> Entry:
    exact = [entry for entry in run.entries if entry.case == what]
    fitting = exact or [entry for entry in run.entries if what in entry.case]
    if not fitting:
        ids = [entry.case for entry in run.entries]
        raise UsageError(
            f"{what}: this is no rule code, no verdict, and no case of the run {reference!r}, which has "
            f"{len(ids)}.{meant(what, ids)} Cases are listed by: verify history show {reference}"
        )
    if len(fitting) > 1:
        raise UsageError(f"{what}: this fits {len(fitting)} cases: {', '.join(entry.case for entry in fitting[:10])}.")
    return fitting[0]


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
