"""Check every op as a function with the engine's gradient, and write what comes out: checked_ops.measured.json.

audit.md says which rules are lemmas. A PROVED of ``verify.check`` asks for more: a certificate that the checker
accepts, and the second key. Here is which ops have that at their first sample, and what the others lack. It takes
minutes, and a budget of a minute an op could decide some of it, so the file is not compared.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from verify.audit import Asked, as_function, checked, ops_of
from verify.verdict import Result, Verdict

SECONDS = 60.0  # for one op, so that a busy machine decides nothing
HERE = Path(__file__).resolve().parent
STRENGTH = [Verdict.REFUTED, Verdict.UNDECIDED, Verdict.AGREES, Verdict.CERTIFIED, Verdict.PROVED]


def row_of(op: Any) -> dict[str, Any] | None:
    """The verdict on an op as a function of its arrays; None where it has no gradient in any."""
    asked = as_function(op)
    if asked is None:
        return None
    started = time.process_time()
    formula = weakest(asked).formula
    row = {"verdict": formula.verdict.name, "seconds": round(time.process_time() - started, 2)}
    if formula.verdict is not Verdict.PROVED:
        row |= {"seen": formula.method, "lacks": formula.reason.removeprefix("not proved: ")[:300]}
    return row


def weakest(asked: Asked) -> Result:
    """The result for all arrays together; where it is not decided, the weakest for one of them after the other."""
    found = checked(asked, budget=SECONDS)
    if found.formula.verdict is not Verdict.UNDECIDED or len(asked.arrays) == 1:
        return found
    each = [checked(asked, [place], budget=SECONDS) for place in range(len(asked.arrays))]
    return min(each, key=lambda result: STRENGTH.index(result.formula.verdict))


def main() -> None:
    """Check, and write."""
    rows = {op.name: row_of(op) for op in ops_of("dualgrad")}
    found = {name: row for name, row in sorted(rows.items()) if row is not None}
    counts = Counter(row["verdict"] for row in found.values())
    print(f"{len(found)} ops with a gradient: {', '.join(f'{n} {v}' for v, n in counts.most_common())}")
    text = json.dumps({"counts": dict(counts), "ops": found}, indent=1, ensure_ascii=False) + "\n"
    (HERE / "checked_ops.measured.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
