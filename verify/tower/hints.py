"""Proofs for what a checker could not decide by itself, as hints of a certificate."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from verify import checker
from verify.clock import now
from verify.tower.decide import decide
from verify.tower.export import spelled
from verify.tower.nodes import Fact, Node
from verify.trusted.scalar import Claim

Json = dict[str, Any]
SECONDS = 2.0


def completed(certificate: Json) -> tuple[Json, checker.Report]:
    """A certificate with the hints that the checker asks for, and what it says then."""
    given: list[Json | None] = []
    deadline = now() + SECONDS

    def ask(ways: Sequence[Sequence[Claim]]) -> Json | None:
        given.append(_hint(ways, deadline))
        return given[-1]

    report = checker.check(certificate, ask)
    if not any(given):
        return certificate, report
    hinted: Json = {**certificate, "hints": {**certificate["hints"], "tower": given}}
    return hinted, checker.check(hinted)


def _hint(ways: Sequence[Sequence[Claim]], deadline: float) -> Json | None:
    for pointwise, claims in zip((False, True), ways, strict=True):
        found = proofs(claims, deadline)
        if found is not None:
            return {"pointwise": pointwise, "proofs": found}
    return None


def proofs(claims: Sequence[Claim], deadline: float) -> list[Json] | None:
    """A proof of each claim, or None where one is not proved by the deadline."""
    found: list[Json] = []
    for claim in claims:
        facts: list[Fact] = [(at, relation) for at, relation in claim.facts]
        decision = decide([_node(node) for node in claim.nodes], claim.signs, facts, deadline - now())
        if not decision.proved:
            return None
        found.append(spelled(decision))
    return found


def _node(node: Sequence[Any]) -> Node:
    """A node with its numbers read."""
    kind, *args = node
    return (kind, *(Fraction(arg) if isinstance(arg, str) else arg for arg in args))
