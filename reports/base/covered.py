"""The lines and branches that tests reach: ``python reports/base coverage``, or of one of mutation testing's groups.

All tests of the groups run once; what they reach of the modules is written beside what is known of others.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import coverage
import pytest
from mutation import GROUPS

Json = dict[str, Any]


def run(groups: Sequence[str], file: Path) -> None:
    """Run the tests of some groups, and write what they reach of their modules."""
    patterns = [pattern for group in groups for pattern in GROUPS[group][0]]
    tests = dict.fromkeys(test for group in groups for test in GROUPS[group][1])
    paths = sorted({path.as_posix() for pattern in patterns for path in Path().glob(f"verify/{pattern}")})
    seen = coverage.Coverage(data_file=None, branch=True, include=[*paths], config_file=False)
    seen.start()
    failed = pytest.main(["-q", "-p", "no:cacheprovider", *(f"tests/verify/{test}" for test in tests)])
    seen.stop()
    known: Json = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    for path in paths:
        known[path] = of(seen, path)
    file.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n", encoding="utf-8")
    print(f"tests ended with {int(failed)}")


def of(seen: coverage.Coverage, path: str) -> Json:
    """What is reached of a module."""
    found = seen._analyze(str(Path(path).resolve()))
    numbers = found.numbers
    return {
        "lines": numbers.n_statements,
        "lines reached": numbers.n_executed,
        "branches": numbers.n_branches,
        "branches reached": numbers.n_executed_branches,
        "missing": found.missing_formatted(branches=True),
    }


def summary(known: Json) -> str:
    """A table of modules that are not reached whole, under what all come to."""
    rows = ["| modules | lines | reached | branches | reached |", "|---|--:|--:|--:|--:|"]
    for folder in sorted({str(Path(path).parent) for path in known}):
        of = [figures for path, figures in known.items() if str(Path(path).parent) == folder]
        cells = [
            sum(figures[key] for figures in of) for key in ("lines", "lines reached", "branches", "branches reached")
        ]
        rows.append(f"| {folder} | {' | '.join(map(str, cells))} |")
    open_ = [f"- `{path}`: {figures['missing']}" for path, figures in known.items() if figures["missing"]]
    whole = len(known) - len(open_)
    return "\n".join([*rows, "", f"{whole} of {len(known)} modules are reached whole. Of the others, not:", "", *open_])
