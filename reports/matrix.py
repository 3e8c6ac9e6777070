"""Ask every op for its derivatives by kind and dtype, and write the verdicts: matrix.json and matrix.html.

Each cell is one check of the engine's own derivative at the op's first sample: ``grad`` and ``hvp`` go backward (the
second one twice), ``jvp`` forward. The rules themselves are proved or not in audit.json, whose columns stand beside.
With names of ops, only these are asked, and nothing is written; with ``--check``, every verdict is compared with the
one in matrix.json, and the exit code is 1 where one is weaker. A run takes minutes.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import dualgrad as dg
import verify
from dualgrad.op import Op
from verify.audit import as_function, ops_of
from verify.report.matrix import of_audit
from verify.report.page import matrix_page
from verify.report.record import written
from verify.runs.changes import RANK
from verify.verdict import Verdict

HERE = Path(__file__).resolve().parent
ASKED = (("grad", "float64"), ("grad", "float32"), ("grad", "float16"), ("jvp", "float64"), ("hvp", "float64"))
BUDGET = 8.0  # seconds, for one cell; few need one


def cells(op: Op) -> Iterator[tuple[str, str]]:
    """The columns of one op with its verdicts; nothing where there is no real argument to differentiate by."""
    asked = as_function(op)
    if asked is None:
        return
    function, arrays = asked.function, asked.arrays
    modes = _modes(function, len(arrays))
    if asked.grad is not None:
        modes["grad"]["grad"] = asked.grad
    for mode, dtype in ASKED:
        given = [array.astype(dtype) for array in arrays]
        yield f"{mode} {dtype}", str(verify.check(function, *given, budget=BUDGET, **modes[mode]).verdict)


def _modes(function: Callable[..., Any], count: int) -> dict[str, dict[str, Any]]:
    """What is asked of the check in each mode: of all arguments, or of the first where a kind takes one."""

    def forward(*given: Any) -> Any:
        arguments, tangents = given[:count], given[count:]
        return dg.jvp(function, arguments, tangents[0] if count > 1 else tangents)[1]

    def twice(x: Any, v: Any, *rest: Any) -> Any:
        return dg.hvp(lambda first: dg.sum(function(first, *rest)))(x, v)

    return {
        "grad": {"wrt": tuple(range(count))},
        "jvp": {"jvp": forward, "wrt": tuple(range(count))},
        "hvp": {"hvp": twice},
    }


def table(ops: Sequence[Op]) -> dict[str, dict[str, str]]:
    """All cells, by op and column."""
    found: dict[str, dict[str, str]] = {}
    for op in sorted(ops, key=lambda op: op.name):
        found[op.name] = dict(cells(op))
        print(op.name, *found[op.name].values(), file=sys.stderr, flush=True)
    return {name: row for name, row in found.items() if row}


def weaker(known: dict[str, dict[str, str]], now: dict[str, dict[str, str]]) -> list[str]:
    """The cells that are weaker than they were, in words."""
    return [
        f"{op}, {column}: {verdict} was committed, now {now.get(op, {}).get(column, 'nothing')}"
        for op, row in known.items()
        for column, verdict in row.items()
        if column not in now.get(op, {}) or RANK[Verdict(now[op][column])] < RANK[Verdict(verdict)]
    ]


def main(arguments: Sequence[str]) -> int:
    """Write, check or print; return the exit code."""
    names = [argument for argument in arguments if argument != "--check"]
    found = table([op for op in ops_of("dualgrad") if not names or op.name in names])
    told = counted(found)
    print(told)
    if "--check" in arguments:
        known = json.loads((HERE / "matrix.json").read_text(encoding="utf-8"))
        lost = weaker({op: row for op, row in known.items() if not names or op in names}, found)
        print("\n".join(lost) or "nothing is weaker than committed")
        return 1 if lost else 0
    if names:
        print(written(found))
        return 0
    (HERE / "matrix.json").write_text(written(found), encoding="utf-8")
    (HERE / "matrix.html").write_text(page(found), encoding="utf-8")
    return 0


def page(found: dict[str, dict[str, str]]) -> str:
    """The matrix as a page, beside what the audit says of the rules."""
    audit = json.loads((HERE / "audit.json").read_text(encoding="utf-8"))
    told = (
        f"{counted(found)} VJP and JVP are the op's rules, proved as lemmas or open; each other cell is one check "
        "of the engine's own derivative at the op's first sample, its hard points among them."
    )
    return matrix_page(of_audit(audit, found), "Every op, kind of derivative and dtype", told)


def counted(found: dict[str, dict[str, str]]) -> str:
    """How many cells have which verdict, in one sentence."""
    counts = Counter(verdict for row in found.values() for verdict in row.values())
    said = ", ".join(f"{count:,} {verdict.lower()}" for verdict, count in counts.most_common())
    return f"{len(found)} ops, {counts.total():,} checks: {said}."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
