"""Proofs for what a checker could not decide by itself: its claims, decided, as hints of a certificate."""

from __future__ import annotations

import time
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from verify.tower.decide import decide
from verify.tower.export import spelled
from verify.tower.nodes import Fact, Node
from verify.trusted.scalar import Claim

Json = dict[str, Any]


def proofs(claims: Sequence[Claim], seconds: float) -> list[Json] | None:
    """A proof of each claim, or None where one is not proved in time."""
    deadline = time.monotonic() + seconds
    found: list[Json] = []
    for claim in claims:
        facts: list[Fact] = [(at, relation) for at, relation in claim.facts]
        decision = decide([_node(node) for node in claim.nodes], claim.signs, facts, deadline - time.monotonic())
        if not decision.proved:
            return None
        found.append(spelled(decision))
    return found


def _node(node: Sequence[Any]) -> Node:
    """A node with its numbers read."""
    kind, *args = node
    return (kind, *(Fraction(arg) if isinstance(arg, str) else arg for arg in args))
