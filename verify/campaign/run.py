"""The campaign: changes, what the checker says of each, and whether what it accepts is true."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from verify import checker
from verify.campaign import figures
from verify.campaign.changes import changed
from verify.campaign.subjects import certificates
from verify.campaign.truth import untrue

Json = dict[str, Any]
LARGEST = 60_000  # characters of a certificate


class Outcome(NamedTuple):
    """A change of a subject's certificate: whether it was accepted, and what makes its claim untrue ("" if nothing)."""

    subject: str
    kind: str
    accepted: bool
    untrue: str
    what: str


def campaign(number: int, rng: random.Random, subjects: Mapping[str, Json] | None = None) -> list[Outcome]:
    """Change certificates until so many changes were refused or made a claim untrue; what stays true is extra."""
    valid = certificates() if subjects is None else subjects
    usable = {name: c for name, c in valid.items() if len(json.dumps(c)) < LARGEST}
    for name, certificate in usable.items():
        report = checker.check(certificate)
        if not report.accepted:
            raise ValueError(f"{name}: the certificate is not valid to begin with: {report.reason}")
    outcomes, meant = list[Outcome](), 0
    names = sorted(usable)
    while meant < number:
        name = names[len(outcomes) % len(names)]
        change = changed(usable[name], rng)
        accepted = checker.check(change.certificate).accepted
        why = untrue(change.probe) if accepted else "refused"
        what = _difference(usable[name], change.certificate) if accepted else ""
        outcomes.append(Outcome(name, change.kind, accepted, why, what))
        meant += why != ""
    return outcomes


@cache
def _usable() -> dict[str, Json]:
    return {name: c for name, c in certificates().items() if len(json.dumps(c)) < LARGEST}


def trial(seed: int, index: int) -> figures.Outcome:
    """One change of a valid certificate; a unit is one that is refused or makes the claim untrue."""
    valid, outcome = _usable(), figures.Outcome()
    names = sorted(valid)
    name = names[index % len(names)]
    change = changed(valid[name], random.Random(f"{seed}/certificates/{index}"))
    accepted = checker.check(change.certificate).accepted
    why = untrue(change.probe) if accepted else "refused"
    said = "refused" if not accepted else "accepted although untrue" if why else "accepted and true still"
    outcome.units = int(bool(why))
    outcome.counts[said] += 1
    outcome.counts[f"{change.kind}: {said}"] += 1
    if accepted and why:
        what = _difference(valid[name], change.certificate)
        outcome.failures.append({"certificate": name, "kind": change.kind, "untrue": why, "change": what})
    return outcome


def summary(outcomes: list[Outcome]) -> Json:
    """The figures, and every change that was accepted."""
    refused = sum(not o.accepted for o in outcomes)
    bad = [o for o in outcomes if o.accepted and o.untrue]
    true = [o for o in outcomes if o.accepted and not o.untrue]
    meant = refused + len(bad)
    return {
        "changes": len(outcomes),
        "refused": refused,
        "accepted although untrue": len(bad),
        "accepted and true still": len(true),
        "refused, of those that were refused or untrue, in percent": round(100 * refused / max(meant, 1), 4),
        "refused by kind": dict(sorted(Counter(o.kind for o in outcomes if not o.accepted).items())),
        "accepted by kind": dict(sorted(Counter(o.kind for o in outcomes if o.accepted).items())),
        "survivors": dict(Counter(map(_told, [*bad, *true]))),
    }


def _told(outcome: Outcome) -> str:
    """A change that was accepted, in a line."""
    return f"{outcome.subject}, {outcome.kind} ({outcome.untrue or 'true still'}): {outcome.what[:160]}"


def _difference(old: Any, new: Any, place: str = "") -> str:
    """The places at which two certificates differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        parts = [_difference(old.get(key), new.get(key), f"{place}.{key}") for key in sorted(old.keys() | new.keys())]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        parts = [_difference(a, b, f"{place}[{k}]") for k, (a, b) in enumerate(zip(old, new, strict=True))]
    else:
        return "" if old == new else f"{place}: {json.dumps(old)[:120]} -> {json.dumps(new)[:120]}"
    return "; ".join(part for part in parts if part)
