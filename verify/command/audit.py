"""``verify audit``: every op with the proof status of its rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from verify.command.outputs import require_writable
from verify.command.say import say
from verify.run import NothingCollected
from verify.runs.gate import FAILED, PASSED


def audit(target: str = "dualgrad", /, *, json_file: Annotated[Path | None, Parameter(name="--json")] = None) -> int:
    """List every op with the proof status of its rules, and exit with 0 when all is as expected.

    Expected is that every op is proved whose meaning can be read, but for those that are known not to be. PROVED is
    said of an op's rules here, as lemmas; "verify run" proves functions, with a certificate and a second key.

    Parameters
    ----------
    target
        "dualgrad" for all of its ops, or a module or file that declares ops of its own.
    json_file
        Write the table to this file.
    """
    from verify.audit import audit as rows_of
    from verify.audit import counted, document, ops_of
    from verify.report.record import written

    if json_file is not None:
        require_writable(json_file)
    ops = ops_of(target)
    if not ops:
        raise NothingCollected(f"{target}: this declares no op. Ops are declared with dualgrad.op, as in README.md.")
    rows = []
    for row in rows_of(ops):
        rows.append(row)
        seen = f" ({row.seen})" if row.seen else ""
        say(f"{row.verdict:10} {row.op:20} {row.kind:12} {row.sizes:14} {row.blocked}{seen}".rstrip())
    say(counted(rows))
    if json_file is not None:
        json_file.write_text(written(document(rows)), encoding="utf-8")
    return PASSED if all(row.expected for row in rows) else FAILED
