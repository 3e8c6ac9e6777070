"""A guard beside a function whose argument holds it too: [u > 0] f(a [u > 0] + b) = [u > 0] f(a + b).

Part of what the checker rests on; the standard library alone. Done for functions that have a value for all numbers that
the argument may be, so that nothing is said of points at which the guard is 0: there both sides are 0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from verify.trusted.terms import Atom, Factors, Form

CELLS = frozenset({"positive", "zero"})
TOTAL = frozenset({"exp", "sin", "cos", "sinh", "cosh", "erf", "erfinv"})  # erfinv by the domain, which has all it asks
PLAIN = frozenset({"input", "==", ">=", *CELLS})


@cache
def guards(atom: Atom) -> frozenset[Atom]:
    """The guards in the arguments of a function."""
    inner = {other for (_, factors), _ in atom.body for other, _ in factors}
    return frozenset({other for other in inner if other.kind in CELLS}.union(*map(guards, inner)))


@cache
def total(atom: Atom) -> bool:
    """Whether a function has a value wherever its inputs have one, and its argument is a polynomial of such."""
    return atom.kind in TOTAL and all(
        other.kind in ("dim", "prime", "pi") or (power > 0 and power % 1 == 0 and (other.kind in PLAIN or total(other)))
        for (_, factors), _ in atom.body
        for other, power in factors
    )


class Cells:
    """What is said of functions in the cell of a guard."""

    opened: Callable[..., Any]
    merged: Callable[..., Factors]
    emit: Callable[..., Form]
    power: Callable[..., Form]
    rebuilt: Callable[..., Form]

    def inside(self, factors: Factors) -> tuple[Factors, list[Form]] | None:
        """The factors with a function put as it is where a guard among them holds; None where no argument has one."""
        for guard in [atom for atom in factors if atom.kind in CELLS]:
            for atom, power in factors.items():
                if guard in guards(atom) and (power > 0 or atom.kind == "exp") and total(atom):
                    left = {other: p for other, p in factors.items() if other != atom}
                    there = self.rebuilt(atom, lambda inner, guard=guard: self.where(inner, guard), atom.args)
                    return Factors(left), [self.power(there, power)]
        return None

    def where(self, form: Form, guard: Atom) -> Form:
        """The form where a guard is 1."""
        out = Form()
        for term, c in form.items():
            binders, factors = self.opened(term)
            kept, values = Factors(), list[Form]()
            for atom, power in factors.items():
                if guard in guards(atom):
                    change = lambda inner: self.where(inner, guard)  # noqa: E731
                    values.append(self.power(self.rebuilt(atom, change, atom.args), power))
                elif atom != guard:
                    kept = self.merged(kept, {atom: power})
            self.emit(out, c, binders, kept, values)
        return out
