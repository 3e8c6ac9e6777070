"""What a command runs: its targets' cases, narrowed by expression and shard."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from verify.command.keyword import matcher
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
    for target in targets:
        require_file(Target.parse(target))  # known at once; loading a target takes a process
    if untrusted:
        _require_declared(targets)
    wanted = matcher(keyword) if keyword else None
    part = _shard(shard) if shard else None
    settings = resolved.settings
    found = collected(targets, timeout=settings.timeout, memory=settings.memory, root=resolved.root)
    chosen = tuple(each for each in found if wanted is None or wanted(each.id))
    if not chosen:
        raise NothingCollected(
            f"-k {keyword!r} fits none of {len(found)} cases. They are listed by: verify list {shlex.join(targets)}"
        )
    return chosen if part is None else chosen[part[0] - 1 :: part[1]]


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
