"""``verify list``: the cases that a run would check."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from verify.command.collecting import selected
from verify.command.options import settings_of
from verify.command.say import counted, say
from verify.report.text import line
from verify.runs.gate import PASSED


def listing(
    *targets: str,
    keyword: Annotated[str, Parameter(name=["-k", "--keyword"])] = "",
    shard: str = "",
    long: Annotated[bool, Parameter(name=["-l", "--long"], negative="")] = False,
) -> int:
    """List the cases that a run of these targets would check, by their ids. Nothing is checked.

    Parameters
    ----------
    targets
        Files, folders, modules, or one function of a file or module; those of the settings where none is named.
    keyword
        Only cases whose id fits: parts of ids joined by and, or, not, as in 'loss and not slow'.
    shard
        I/N: the I-th part of N of all cases.
    long
        With the file and line of each, and how many there are.
    """
    resolved = settings_of(targets=targets)
    found = selected(resolved.settings.targets, resolved, keyword, shard)
    width = max((len(each.id) for each in found), default=0)
    for each in found:
        say(f"{line(each.id):<{width}}  {line(each.file)}:{each.line}" if long else line(each.id))
    if long:
        say(counted(len(found), "case"))
    return PASSED
