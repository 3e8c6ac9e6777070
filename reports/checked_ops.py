"""Check every op as a function with the engine's gradient, and write what comes out: checked_ops.measured.json.

audit.md says which rules are lemmas. A PROVED of ``verify.check`` asks for more: a certificate that the checker
accepts, and the second key. Here is which ops have that at their first sample, and what the others lack. It takes
minutes, and time budgets decide some of it, so the file is not compared.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from verify.audit import as_function, ops_of
from verify.check import check

HERE = Path(__file__).resolve().parent


def checked(op: Any) -> dict[str, Any] | None:
    """The verdict on an op as a function of its arrays; None where it has no gradient in any."""
    asked = as_function(op)
    if asked is None:
        return None
    function, arrays = asked
    started = time.process_time()
    result = check(function, *arrays, wrt=tuple(range(len(arrays))))
    row = {"verdict": result.formula.verdict.name, "seconds": round(time.process_time() - started, 2)}
    if row["verdict"] != "PROVED":
        row["lacks"] = (result.formula.reason or result.reason).removeprefix("not proved: ")[:300]
    return row


def main() -> None:
    """Check, and write."""
    rows = {op.name: checked(op) for op in ops_of("dualgrad")}
    found = {name: row for name, row in sorted(rows.items()) if row is not None}
    counts = Counter(row["verdict"] for row in found.values())
    print(f"{len(found)} ops with a gradient: {', '.join(f'{n} {v}' for v, n in counts.most_common())}")
    text = json.dumps({"counts": dict(counts), "ops": found}, indent=1, ensure_ascii=False) + "\n"
    (HERE / "checked_ops.measured.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
