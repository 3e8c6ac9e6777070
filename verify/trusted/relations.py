"""Relations between indices: what they say an index is, or keep it within.

Part of what the checker rests on; the standard library alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from verify.trusted import terms
from verify.trusted.terms import ZERO, Atom, Factors, Poly


class Relations:
    """What relations say, by what is evident of sizes and ranges."""

    ranges: Mapping[str, Poly]
    nonnegative: Callable[[Poly], bool]
    always: Callable[[Poly], bool]

    def windows(self, name: str, factors: Factors) -> Iterator[tuple[set[Atom], Poly, Poly]]:
        """Two relations that keep an index within its range, and within a stretch of known length: start and length."""
        ends = [
            (atom, dict(atom.args[0]).get((name,)), terms.solution(atom.args[0], name))
            for atom in factors
            if atom.kind == ">="
        ]
        for low, _, start in [end for end in ends if end[1] == 1]:
            for high, _, last in [end for end in ends if end[1] == -1]:
                if start is not None and last is not None and self.always(start):
                    length = last - start + 1
                    fixed = all(n[0] not in "#@" for names, _ in length for n in names)
                    if fixed and self.nonnegative(length) and self.always(self.ranges[name] - 1 - last):
                        yield {low, high}, start, length

    def radix(self, p: Poly, kind: str) -> list[Atom]:
        """n·a + b == 0 with |b| < n means a == 0 and b == 0; n·a + b >= 0 with 0 <= b < n means a >= 0, and with
        -n <= b < 0 it means a >= 1: for n an integer times dimensions."""
        units = {(tuple(n for n in names if n[0] != "#"), abs(f)) for names, f in p} - {((), 1)}
        for unit, g in sorted(units, key=lambda unit: (-len(unit[0]), -unit[1], unit)):
            within = {names: not f % g and names[len(names) - len(unit) :] == unit for names, f in p}
            a = Poly((names[: len(names) - len(unit)], f // g) for names, f in p if within[names])
            b, n = Poly((names, f) for names, f in p if not within[names]), Poly([(unit, g)])
            if not any(name[0] == "#" for names, _ in a for name in names):
                continue
            if kind == "==" and b and all(self.always(n - 1 - q) for q in (b, ZERO - b)):
                return [terms.related("==", a), terms.related("==", b)]
            if kind == ">=" and self.always(b) and self.always(n - 1 - b):
                return [terms.related(">=", a)]
            if kind == ">=" and self.always(ZERO - b - 1) and self.always(n + b):
                return [terms.related(">=", a - 1)]
        return []
