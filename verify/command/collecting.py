"""What a command runs: its targets' cases, narrowed by expression and shard."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from verify.command.keyword import matcher
from verify.command.naming import fitting, nearest, several
from verify.execute.suite import Selected, collected
from verify.run import DECLARED, NothingCollected, Target, UsageError, require_file
from verify.runs.settings import Resolved


def selected(
    targets: Sequence[str], resolved: Resolved, keyword: str = "", shard: str = "", untrusted: bool = False
) -> tuple[Selected, ...]:
    """Return the cases to run, sorted by id; UsageError where a target cannot be loaded, or none is left."""
    if not targets:
        raise UsageError(
            "nothing to run. Name a target, as in: verify run examples/notebook.py. "
            'Or put targets = ["…"] under [tool.verify] in pyproject.toml.'
        )
    named = [_case(target, resolved.root) for target in targets]
    for place, _ in named:
        require_file(Target.parse(place))  # known at once; loading a target takes a process
    if untrusted:
        _require_declared([place for place, _ in named])
    wanted = matcher(keyword) if keyword else None
    part = _shard(shard) if shard else None
    found = _found(named, resolved)
    chosen = tuple(each for each in found if wanted is None or wanted(each.id))
    if not chosen:
        raise NothingCollected(
            f"-k {keyword!r} fits none of {len(found)} cases. They are listed by: verify list {shlex.join(targets)}"
        )
    return chosen if part is None else chosen[part[0] - 1 :: part[1]]


def _case(target: str, root: Path) -> tuple[str, str]:
    """The place and the key of a target that is a case's id, whose paths start from the root; else no key."""
    place, _, key = target.partition("::")
    if not key:
        return target, ""
    there = root / place
    return (os.path.relpath(there) if there.is_file() else place), key


def _found(named: Sequence[tuple[str, str]], resolved: Resolved) -> tuple[Selected, ...]:
    """The cases of whole targets, and those that are named one by one; each once, sorted by id."""
    settings = resolved.settings

    def cases(places: Sequence[str]) -> tuple[Selected, ...]:
        return collected(places, timeout=settings.timeout, memory=settings.memory, root=resolved.root)

    whole = [place for place, key in named if not key]
    found = {each.id: each for each in (cases(whole) if whole else ())}
    for place, key in named:
        if key:
            there = {each.key: each for each in cases([place])}
            meant = fitting(key, list(there), parts=False)
            if not meant:
                raise UsageError(
                    f"{place}::{key}: {place} has no such case.{nearest(key, list(there))} Its cases: {several(there)}."
                )
            found |= {there[each].id: there[each] for each in meant}
    return tuple(found[each] for each in sorted(found))


def _shard(text: str) -> tuple[int, int]:
    numbers = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text, re.ASCII)
    part, of = (int(number) for number in numbers.groups()) if numbers else (0, 0)
    if not 1 <= part <= of:
        raise UsageError(f"--shard {text!r}: expected I/N with I from 1 to N, as in: --shard 1/4.")
    return part, of


def _require_declared(targets: Sequence[str]) -> None:
    for target in targets:
        if Path(Target.parse(target).module).suffix not in DECLARED:
            raise UsageError(
                f"{target}: --untrusted runs no Python of others. Name files of declared cases, which are data: "
                f"{', '.join('NAME' + suffix for suffix in DECLARED)}."
            )
