"""Check every case of examples/ and write down what was found: examples.json, examples.md, mgh.md.

``python reports/examples.py`` writes them into this folder. With ``--check`` it writes nothing, and exits with 1
where a verdict or the sizes of a claim are others than the committed ones. ``--only NAME`` runs the files whose names
start so.
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
from verify.case import Case
from verify.run import collect
from verify.verdict import Result

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent / "examples"
BUDGET = 120.0
PROBLEMS = ("mgh_fixed", "mgh_variable")
Row = dict[str, Any]


def cases(only: str = "") -> Iterator[tuple[str, Case]]:
    """Every case of every example, with the file's name."""
    for file in sorted(EXAMPLES.glob("*.py")):
        if file.stem.startswith(only) and "verify.case" in file.read_text(encoding="utf-8"):
            for case in collect(str(file)):
                yield file.stem, case


def row(file: str, case: Case, result: Result) -> Row:
    """What is written down of a result: the claim, and no measurement that differs from run to run."""
    return {
        "file": file,
        "case": case.title,
        "kind": "several" if result.parts else result.kind,
        "verdict": str(result.verdict),
        "sizes": result.formula.sizes,
        "domain": list(result.formula.domain),
        "reason": result.reason if not result.ok else result.formula.reason,
    }


def checked(only: str = "") -> Iterator[Row]:
    """Check the cases one after the other."""
    for file, case in cases(only):
        result = verify.check(case.function, *case.arguments, **{"budget": BUDGET, **case.options})
        yield row(file, case, result)


# ---------------------------------------------------------------------------- tables


def table(rows: Sequence[Row], heads: Sequence[str], cells: Sequence[str]) -> str:
    """Rows as a table of Markdown."""
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join("---" for _ in heads) + " |"]
    lines += ["| " + " | ".join(_cell(entry[cell]) for cell in cells) + " |" for entry in rows]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    text = ", ".join(value) if isinstance(value, list) else str(value)
    return (text if len(text) <= 160 else text[:159] + "…").replace("|", "\\|")


def examples_text(rows: Sequence[Row]) -> str:
    """The page of all examples but the test problems."""
    own = [entry for entry in rows if entry["file"] not in PROBLEMS]
    body = table(own, ("file", "function", "of what", "verdict", "sizes", "why not more"),
                 ("file", "case", "kind", "verdict", "sizes", "reason"))  # fmt: skip
    return (
        "# The examples\n\nEach file of `examples/` is checked by `verify run`; this page is made by "
        f"`python reports/examples.py`, and the project's tests hold every verdict against it.\n\n{body}\n"
    )


def problems_text(rows: Sequence[Row]) -> str:
    """The page of the test problems of Moré, Garbow and Hillstrom."""
    found = [{**entry, "number": k} for k, entry in enumerate((r for r in rows if r["file"] in PROBLEMS), 1)]
    proved = sum(entry["verdict"] == "PROVED" for entry in found)
    every = sum(entry["sizes"].startswith("every") for entry in found)
    body = table(found, ("no.", "problem", "verdict", "sizes", "domain", "why not proved"),
                 ("number", "case", "verdict", "sizes", "domain", "reason"))  # fmt: skip
    return (
        "# The problems of Moré, Garbow and Hillstrom (1981)\n\n"
        'J. J. Moré, B. S. Garbow, K. E. Hillstrom, "Testing Unconstrained Optimization Software", ACM Transactions on '
        "Mathematical Software 7(1), 17-41. Residuals and hand-written Jacobians in `examples/mgh_fixed.py` (1 to 20) "
        "and `examples/mgh_variable.py` (21 to 35), checked by `python reports/examples.py`.\n\n"
        f"{len(found)} problems: {proved} Jacobians are proved, {every} of them for every size.\n\n{body}\n"
    )


# ---------------------------------------------------------------------------- the command


def key(entry: Row) -> tuple[str, str]:
    """What names a row."""
    return entry["file"], entry["case"]


def differences(old: Sequence[Row], new: Sequence[Row]) -> Iterator[str]:
    """The rows whose verdict or sizes changed, in words."""
    known = {key(entry): entry for entry in old}
    for entry in new:
        before = known.get(key(entry), {})
        for part in ("verdict", "sizes"):
            if before.get(part) != entry[part]:
                yield f"{entry['file']} {entry['case']}: {part} was {before.get(part)!r}, is {entry[part]!r}"


def main() -> int:
    """Write, or check; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with what is committed, write nothing")
    parser.add_argument("--only", default="", metavar="NAME", help="only the files of examples/ that start so")
    options = parser.parse_args()
    os.chdir(HERE.parent)
    rows = list(checked(options.only))
    committed = HERE / "examples.json"
    if options.check:
        changed = list(differences(json.loads(committed.read_text(encoding="utf-8")), rows))
        print(*changed, sep="\n", file=sys.stderr)
        return 1 if changed else 0
    if options.only and committed.exists():
        fresh = {key(entry): entry for entry in rows}
        rows = [fresh.pop(key(entry), entry) for entry in json.loads(committed.read_text(encoding="utf-8"))]
        rows += fresh.values()
    committed.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (HERE / "examples.md").write_text(examples_text(rows), encoding="utf-8")
    (HERE / "mgh.md").write_text(problems_text(rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
