"""Write the table of every op's rules, audit.md and audit.json, into this folder; or check that it still holds.

What is not proved is looked at, at points. With ``--check`` it is not, nothing is written, and the exit code is 1 where
a rule is not proved that the table says is.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from verify.audit import audit, counted, document, ops_of, table
from verify.report.record import written

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Write, or check; return the exit code."""
    rows = list(audit(ops_of("dualgrad"), look=sys.argv[1:] != ["--check"]))
    print(counted(rows))
    if sys.argv[1:] != ["--check"]:
        (HERE / "audit.json").write_text(written(document(rows)), encoding="utf-8")
        (HERE / "audit.md").write_text(table(rows), encoding="utf-8")
        return 0
    known = json.loads((HERE / "audit.json").read_text(encoding="utf-8"))["ops"]
    now = {row.op: row for row in rows}
    lost = [op for op, facts in known.items() if facts["verdict"] == "PROVED" and now[op].verdict != "PROVED"]
    for op in lost:
        print(f"{op} is not proved any more: {now[op].blocked}", file=sys.stderr)
    return 1 if lost or not all(row.expected for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
