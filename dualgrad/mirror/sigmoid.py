"""Sigmoid by its name: exp(u)/(1 + exp(u)) is sigmoid(u), and exp(u)/(1 + exp(u))² is sigmoid(u) (1 − sigmoid(u))."""

from __future__ import annotations

from collections.abc import Sequence

from dualgrad.mirror.algebra import MINUS, ONE, plus, split, times
from dualgrad.mirror.equality import key
from dualgrad.program.entry import Entry, Kernel, Plus, Power


def with_sigmoid(top: Sequence[Entry], bottom: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """The factors above and below a bar, with each sigmoid among them under its name."""
    above, below = list(top), []
    for divisor in bottom:
        base, exponent = (divisor.base, divisor.exponent) if isinstance(divisor, Power) else (divisor, 1)
        inner = _logistic(base)
        if inner is None or exponent not in (1, 2):
            below.append(divisor)
            continue
        place = next((k for k, factor in enumerate(above) if key(factor) == key(Kernel("exp", (inner,)))), None)
        if place is None:
            share = _sigmoid(times(MINUS, inner))
            above += [share] * int(exponent)
        else:
            above[place : place + 1] = _slope(inner) if exponent == 2 else [_sigmoid(inner)]
    return above, below


def _slope(inner: Entry) -> list[Entry]:
    """sigmoid(u) (1 − sigmoid(u)), which is even in u: without a sign in front."""
    share = _sigmoid(times(MINUS, inner) if split(inner)[0] < 0 else inner)
    return [share, plus(ONE, times(MINUS, share))]


def _logistic(node: Entry) -> Entry | None:
    """The u of 1 + exp(u)."""
    if isinstance(node, Plus) and len(node.args) == 2:
        for one, other in (node.args, node.args[::-1]):
            if one == ONE and isinstance(other, Kernel) and other.name == "exp":
                return other.args[0]
    return None


def _sigmoid(inner: Entry) -> Entry:
    """Made where a formula is printed, and nowhere else."""
    return Kernel("sigmoid", (inner,))
