"""Write the committed reports anew, or check that a new run still claims what they claim.

``python reports/regenerate.py`` writes notebook.html, notebook.json (the claims) and notebook.measured.json into this
folder. With ``--check DIR`` it writes them into DIR instead, and exits with 1 where the claims differ.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import verify
from verify.report.page import page
from verify.report.record import document, written
from verify.run import collect, run
from verify.runs.suite import run_of
from verify.verdict import Result

HERE = Path(__file__).resolve().parent
TARGET = "examples/notebook.py"
BUDGET = 600.0


def results() -> list[Result]:
    """Check every case of the notebook, with paths counted from the top of the repository."""
    os.chdir(HERE.parent)
    return list(run(collect(TARGET), verify.check, BUDGET))


def write(found: Sequence[Result], folder: Path) -> None:
    """Write the page, the claims and the measurements, each to a file of its own."""
    record = document(found)
    claims = {"schema": record["schema"], "claims": record["claims"]}
    measured = {"results": record["results"], "environment": record["environment"]}
    texts = {
        "notebook.html": page(run_of(found, TARGET, record["environment"])),
        "notebook.json": written(claims),
        "notebook.measured.json": written(measured),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def differences(old: Any, new: Any, place: str = "") -> Iterator[str]:
    """Name every place at which two records differ, with both values."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from differences(old.get(key), new.get(key), f"{place}.{key}" if place else key)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, pair in enumerate(zip(old, new, strict=True)):
            yield from differences(*pair, f"{place}[{index}]")
    elif old != new:
        yield f"{place}: committed {old!r}, now {new!r}"


def main() -> int:
    """Write, or check; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", metavar="DIR", type=Path, help="write into DIR and compare the claims")
    checked: Path | None = parser.parse_args().check
    folder = HERE if checked is None else checked.resolve()
    write(results(), folder)
    changed = list(differences(_claims(HERE), _claims(folder)))
    for difference in changed:
        print(difference, file=sys.stderr)
    return 1 if changed else 0


def _claims(folder: Path) -> Any:
    return json.loads((folder / "notebook.json").read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
