"""A run as Markdown: whole, or cut to what the summary of a job may hold.

Text from outside stands in code only, where it is neither markup, nor a link, nor the mention of a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from verify.report.codes import CODES, code
from verify.report.overview import by_reason, changed, loosened, not_ok, reproduce, sentence
from verify.report.paragraph import paragraph
from verify.report.text import line, printable, shortened
from verify.report.trends import Past
from verify.report.words import distance
from verify.runs.suite import Entry, Run
from verify.verdict import Verdict

LIMIT = 2**20  # bytes of a job's summary; a longer one is not shown at all
_LONGEST = 6000  # characters of one case
_NAMED = 20  # cases under one reason
_CHANGES = 200


def markdown(run: Run, against: Run | None, past: Sequence[Past]) -> str:
    """Return the run as a page: the sentence, what changed, what failed, what is undecided, and all cases."""
    return "\n\n".join([*_blocks(run, against), *_cases(run)]) + "\n"


def summary(run: Run, against: Run | None, past: Sequence[Past]) -> str:
    """Return the page without the cases that are ok, as far as a job's summary holds it."""
    cut = "_The rest is cut: a job's summary holds 1 MiB. The report has all of it._\n"
    kept: list[str] = []
    used = len(cut) + 2
    for block in _blocks(run, against):
        used += len(block.encode()) + 2
        if used >= LIMIT:
            return "\n\n".join([*kept, cut])
        kept.append(block)
    return "\n\n".join(kept) + "\n"


def _blocks(run: Run, against: Run | None) -> Iterator[str]:
    yield f"# Gradients{f' of {span(run.title)}' if run.title else ''}"
    yield f"**{sentence(run, against)}**"
    about = {"commit": run.commit, "started": run.started, **run.environment}
    yield " · ".join(f"{span(name)} {span(value)}" for name, value in about.items() if value) or "no environment"
    found = changed(run, against)
    if found:
        yield "## What changed"
        rows = [(each.kind, cell(each.case), each.detail) for each in found[:_CHANGES]]
        yield _table(("", "case", ""), rows)
    if len(found) > _CHANGES:
        yield f"and {len(found) - _CHANGES:,} more"
    bad = not_ok(run, against)
    wrong = [entry for entry in bad if entry.result.verdict is not Verdict.UNDECIDED]
    if wrong:
        yield "## Not ok"
    for entry in wrong:
        yield _failure(entry)
    undecided = by_reason([entry for entry in bad if entry.result.verdict is Verdict.UNDECIDED])
    if undecided:
        yield "## Undecided"
    for reason, entries in undecided.items():
        yield _group(reason, entries)
    kept = loosened(run.settings)
    if kept:
        yield "## What was loosened, and why"
        yield "\n".join(f"- {span(what)}: {span(why)}" for what, why in kept)


def _failure(entry: Entry) -> str:
    rule = CODES[code(entry)]
    text = shortened(f"{paragraph(entry.result)}\n\n{reproduce(entry)}", _LONGEST)
    return f"### {entry.result.verdict} {rule.code} {span(entry.result.name)}\n\n{rule.title}\n\n{_block(text)}"


def _group(reason: str, entries: Sequence[Entry]) -> str:
    rows = [f"- {span(entry.case)}" for entry in entries[:_NAMED]]
    if len(entries) > _NAMED:
        rows.append(f"- and {len(entries) - _NAMED:,} more")
    return f"**{len(entries):,}**: {span(reason)}\n\n" + "\n".join(rows)


def _cases(run: Run) -> Iterator[str]:
    yield "## All cases"
    rows = [
        (
            entry.result.verdict.value,
            code(entry),
            cell(entry.case),
            cell(entry.result.formula.sizes),
            distance(entry.result.numbers),
        )
        for entry in run.entries
    ]
    yield _table(("verdict", "code", "case", "for sizes", "distance"), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


def span(text: str) -> str:
    """Return text as code within a line, fenced by more backticks than it holds.

    >>> span("a `b` <script>"), span("")
    ('`` a `b` <script> ``', '')
    """
    shown = line(text)
    if not shown:
        return ""
    fence = "`" * (_longest_run(shown) + 1)
    padding = " " if "`" in shown else ""
    return f"{fence}{padding}{shown}{padding}{fence}"


def cell(text: str) -> str:
    """Return text as code in a cell of a table, where a bar would end it.

    >>> cell("a|b")
    '`a\\\\x7cb`'
    """
    return span(text.replace("|", r"\x7c"))


def _block(text: str) -> str:
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}text\n{printable(text)}\n{fence}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
