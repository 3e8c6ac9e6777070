"""Every op with the status of its rules: PROVED as lemmas, or what else is known and the step that blocks a proof.

PROVED is said of a rule here: the form reading shows its lemma. It is less than what ``verify.check`` calls PROVED,
which also takes a certificate that the checker accepts, and the second key.

What is not proved is looked at in balls at the op's own samples, like any function and its gradient: the table says at
how many points, and to how many digits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from dualgrad.meanings import Unread
from dualgrad.op import REGISTRY, Op
from dualgrad.samples import Sample, Samples, over
from verify.check import check
from verify.lemma.survey import SEED, Status, has_elements, survey
from verify.question.own import engine_gradient
from verify.run import load
from verify.verdict import Result, Verdict

SECONDS = 10.0  # for looking at one op
_MOST = 3  # operands of a pointwise op that ordinary samples are made for
NO_RULE = "-"  # an op of truths, or of complex numbers alone
# Ops with a meaning whose rules are not proved, and for which that is known, with the step that blocks each.
OPEN = {
    "logcumsumexp": "a product of shares over a window, which telescopes; and sums below the least float, of which the "
    "rule takes the terms for none",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One op: ``verdict`` is the weakest of its rules', ``blocked`` the step that blocks the first unproved one.

    ``seen`` says how it was looked at, where that was done.
    """

    op: str
    kind: str
    verdict: str
    vjp: tuple[str, ...]
    jvp: tuple[str, ...]
    sizes: str
    reading: str
    blocked: str
    seen: str = ""
    unread: bool = False  # the op has no meaning that could be read

    @property
    def expected(self) -> bool:
        """Whether the op is proved, or known not to be, and nothing speaks against its rules."""
        known = self.verdict in ("PROVED", NO_RULE) or self.unread or self.op in OPEN
        return known and self.verdict != "REFUTED"


def ops_of(target: str) -> list[Op]:
    """The ops that "dualgrad" declares, or those that importing another module or file adds to them."""
    if target == "dualgrad":
        return list(dict.fromkeys(REGISTRY.values()))
    known = set(REGISTRY.values())
    load(target)
    return [op for op in dict.fromkeys(REGISTRY.values()) if op not in known]


def audit(ops: Sequence[Op], look: bool = True) -> Iterator[Row]:
    """One row an op, in the order given; without a look at them, what is not proved is "OPEN"."""
    for op in ops:
        yield _row(op, survey(op, _samples(op)), look)


def counted(rows: Sequence[Row]) -> str:
    """How many rows have which verdict, in one line."""
    rows = [row for row in rows if row.verdict != NO_RULE]
    counts = Counter(row.verdict for row in rows)
    said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in sorted(counts, key=lambda v: -counts[v])) or "none"
    return f"{len(rows)} ops with rules for real numbers: {said}"


def document(rows: Sequence[Row]) -> dict[str, Any]:
    """The table as JSON."""
    return {
        "schema": "dualgrad-audit/1",
        "counts": dict(sorted(Counter(row.verdict for row in rows).items())),
        "ops": {row.op: _facts(row) for row in sorted(rows, key=lambda row: row.op)},
    }


def _facts(row: Row) -> Mapping[str, Any]:
    found: dict[str, Any] = {"kind": row.kind, "verdict": row.verdict, "vjp": list(row.vjp), "jvp": list(row.jvp)}
    more = {"sizes": row.sizes, "literals": row.reading, "blocked": row.blocked, "seen": row.seen}
    usual = {"sizes": "every size", "literals": "exact", "blocked": "", "seen": ""}
    return found | {name: value for name, value in more.items() if value != usual[name]}


def table(rows: Sequence[Row]) -> str:
    """The table as Markdown."""
    lines = [
        "# The rules of every op",
        "",
        f"{counted(rows)}. Written by `python reports/audit.py`.",
        "",
        *_CLAIM,
        "",
        "| op | kind | verdict | for | what blocks a proof | seen instead |",
        "|---|---|---|---|---|---|",
    ]
    for row in sorted(rows, key=lambda row: row.op):
        blocked = row.blocked.replace("|", "\\|")
        lines.append(f"| {row.op} | {row.kind} | {row.verdict} | {row.sizes} | {blocked} | {row.seen} |")
    return "\n".join(lines) + "\n"


_CLAIM = (
    "PROVED is said of a *rule* here: the form reading shows the lemma that it is the derivative of its op's meaning,",
    "in both directions. That is less than what `verify.check` calls PROVED, which is said of a function and its",
    "gradient, and also takes a certificate that the checker accepts, and the second key in balls.",
)

# ---------------------------------------------------------------------------- one op

_ORDINARY = (0.25, 0.75)  # where nearly every function of numbers is defined


def _samples(op: Op) -> Samples | None:
    """The op's samples; of a pointwise one that has none, ordinary numbers."""
    if op.samples is None and op.partials and len(op.partials) <= _MOST:
        return over(*[_ORDINARY] * len(op.partials))
    return op.samples


def _row(op: Op, statuses: Sequence[Status], look: bool) -> Row:
    blocked = next((status.blocked for status in statuses if status.blocked), "")
    otherwise, seen = "" if statuses else NO_RULE, ""
    if _samples(op) is None and (op.partials or op.vjp):
        otherwise, blocked = "UNDECIDED", "it declares no samples on which to look at it: samples="
    elif blocked:
        otherwise, seen = _looked_at(op) if look else ("OPEN", "")
    words = {
        way: tuple("PROVED" if not one.blocked else otherwise for one in statuses if one.direction == way)
        for way in ("VJP", "JVP")
    }
    fixed = [one.sizes for one in statuses if one.sizes != "every size"]
    reading = [one.reading for one in statuses if one.reading != "exact" and not one.blocked]
    return Row(
        op=op.name,
        kind=op.kind.value,
        verdict=otherwise or "PROVED",
        vjp=words["VJP"],
        jvp=words["JVP"],
        sizes=fixed[0] if fixed else "every size",
        reading=reading[0] if reading else "exact",
        blocked=OPEN.get(op.name, _stable(blocked)) if blocked else "",
        seen=seen,
        unread=any(status.unread for status in statuses),
    )


def _stable(reason: str) -> str:
    """What blocks a proof, without what a change elsewhere would change: the text of a difference."""
    return "a difference is left" if reason.startswith("a difference is left") else reason


def _looked_at(op: Op) -> tuple[str, str]:
    """The verdict on the op as a function with the engine's gradient, at its first sample that has one; and how."""
    asked = as_function(op)
    if asked is None:
        return "UNDECIDED", ""
    found = checked(asked, budget=SECONDS).formula
    # A proof almost everywhere is no lemma.
    return ("CERTIFIED" if found.verdict is Verdict.PROVED else found.verdict.name), found.method


class Asked(NamedTuple):
    """An op as a function of the floating arrays of a sample, and its gradient: None for the engine's own."""

    function: Callable[..., Any]
    arrays: list[Any]
    grad: Callable[..., Any] | None = None


def checked(asked: Asked, wrt: Sequence[int] | None = None, **given: Any) -> Result:
    """What ``verify.check`` says of it; of the gradient in some of the arrays, where these are named."""
    places = tuple(range(len(asked.arrays))) if wrt is None else tuple(wrt)
    return check(asked.function, *asked.arrays, grad=asked.grad, wrt=places, **given)


def as_function(op: Op) -> Asked | None:
    """The op as a function of the floating arrays of its first sample that can be differentiated by."""
    rules, samples = op.partials or op.vjp, _samples(op)
    for sample in samples(np.random.default_rng(SEED)) if samples is not None else ():
        operands = op.call(*sample.args, **sample.kwargs).inputs
        moving = [
            x
            for x, rule in zip(operands, rules, strict=False)
            if (rule is not None and not isinstance(rule, Unread)) or op.variadic
        ]
        floats = [
            place
            for place, value in enumerate(sample.args)
            if isinstance(value, np.ndarray) and value.dtype.kind == "f" and any(value is x for x in moving)
        ]
        if has_elements(sample) and floats and sample.args[floats[0]].ndim:
            arrays = [sample.args[place] for place in floats]
            if op.name in INSTEAD:
                return Asked(INSTEAD[op.name], arrays, engine_gradient(INSTEAD[op.name], range(len(arrays))))
            return Asked(partial(_applied, op, sample, floats), arrays)
    return None


def _applied(op: Op, sample: Sample, floats: Sequence[int], *arrays: Any) -> Any:
    """The op applied; of complex numbers their real and imaginary parts."""
    args = list(sample.args)
    for place, array in zip(floats, arrays, strict=True):
        args[place] = array
    found = op(*args, **sample.kwargs)
    return (np.real(found), np.imag(found)) if np.dtype(found.dtype).kind == "c" else found


def _eigen(a: Any) -> Any:
    """What does not depend on the factor of length 1 that an eigenvector is determined up to."""
    values, vectors = np.linalg.eig(a)
    return np.real(values), np.imag(values), np.abs(vectors)


_eigen.__module__ = "asked"  # run on numbers with slopes as a user's function is, not taken for a part of the verifier
# Functions that are asked about in the place of ops that cannot be recorded, and whose results are partly a choice.
INSTEAD: dict[str, Callable[..., Any]] = {"eig_packed": _eigen}
