"""Steps that decide: guards, choices, extremes, floors. A ball that does not decide is reported, never guessed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

from flint import arb

from verify.ball.grid import Grid
from verify.ball.kernels import NAN
from verify.ball.run import ZERO, Balls, Mark, Run
from verify.ball.steps import ONE, Fold, Link, Step

_ZERO_OR_ONE = arb(0.5, 0.5)


@dataclass(frozen=True, slots=True, eq=False)
class Decision(Step):
    """A step that decides something by the sign of its argument, at the points of a grid."""

    relation: str
    grid: Grid


@dataclass(frozen=True, slots=True, eq=False)
class Guard(Decision):
    """1 where the value is > 0, or == 0; else 0."""

    def _value(self, run: Run) -> Balls:
        return [self._decide(run, element, u) for element, u in enumerate(run.read(self.args[0]))]

    def _decide(self, run: Run, element: int, u: arb) -> arb:
        side = run.side(self.node, self.args[0], element, u)
        if side is None:
            return _ZERO_OR_ONE if u.is_finite() else NAN
        return ONE if side == (1 if self.relation == ">" else 0) else ZERO


@dataclass(frozen=True, slots=True, eq=False)
class Floor(Decision):
    """The greatest integer below; a step at every integer."""

    def _value(self, run: Run) -> Balls:
        return [self._decide(run, element, u) for element, u in enumerate(run.read(self.args[0]))]

    def _decide(self, run: Run, element: int, u: arb) -> arb:
        below = u.floor()
        if not below.is_exact():
            run.marks.append(Mark("undecided", self.node, element, u))
            return below
        return below - 1 if run.side(self.node, self.args[0], element, u - below) == -1 else below


@dataclass(frozen=True, slots=True, eq=False)
class Choose(Step):
    """``yes`` where the condition is 1, ``no`` where it is 0. The arguments are condition, yes, no."""

    def _value(self, run: Run) -> Balls:
        conditions, yes, no = (run.read(argument) for argument in self.args)
        return [_chosen(*three) for three in zip(conditions, yes, no, strict=True)]

    def _links(self, run: Run) -> Iterator[Link]:
        return self._branches(run)

    def _reads(self, run: Run) -> Iterator[Link]:
        yield Link(*self.args[0], None, None)
        yield from self._branches(run)

    def _branches(self, run: Run) -> Iterator[Link]:
        conditions = run.read(self.args[0])
        for argument, other in ((self.args[1], 0), (self.args[2], 1)):
            target = [element for element, c in enumerate(conditions) if not (c - other).is_zero()]
            origin = target if argument.take is None else [argument.take[element] for element in target]
            undecided = any(not conditions[element].is_exact() for element in target)
            factor = [ONE if conditions[e].is_exact() else NAN for e in target] if undecided else None
            yield Link(argument.node, origin, target, factor)


def _chosen(condition: arb, yes: arb, no: arb) -> arb:
    if condition.is_zero():
        return no
    return yes if (condition - 1).is_zero() else yes.union(no)


@dataclass(frozen=True, slots=True, eq=False)
class Extreme(Fold):
    """The greatest (relation "max") or least of every group."""

    relation: str
    grid: Grid

    def _value(self, run: Run) -> Balls:
        body = run.read(self.args[0])
        winners = [self._winner(run, group, body, *ends) for group, ends in enumerate(self.bounds)]
        run.winners[self.node] = winners
        return [self._extreme(body, winner, *ends) for winner, ends in zip(winners, self.bounds, strict=True)]

    def _links(self, run: Run) -> Iterator[Link]:
        node, take = self.args[0]
        winners = run.winners[self.node]
        origin, target, factor = [], [], []
        for group, (winner, (start, stop)) in enumerate(zip(winners, self.bounds, strict=True)):
            for place in [winner] if winner >= 0 else range(start, stop):
                origin.append(place if take is None else take[place])
                target.append(group)
                factor.append(ONE if winner >= 0 else NAN)
        yield Link(node, origin, target, factor)

    def _extreme(self, body: Balls, winner: int, start: int, stop: int) -> arb:
        if winner >= 0:
            return body[winner]
        return reduce(arb.max if self.relation == "max" else arb.min, body[start:stop]) if stop > start else NAN

    def _winner(self, run: Run, group: int, body: Balls, start: int, stop: int) -> int:
        best = start
        for place in range(start + 1, stop):
            if self._ahead(body[place], body[best]):
                best = place
        rivals = [place for place in range(start, stop) if place != best and not self._ahead(body[best], body[place])]
        if not rivals:
            return best if stop > start else -1
        if all((body[best] - body[place]).is_zero() for place in rivals):
            return self._among(run, group, body, [best, *rivals])
        if run.is_active(self.args[0].node) or not all(map(arb.is_finite, body[start:stop])):
            run.marks.append(Mark("undecided", self.node, group, body[best] - body[rivals[0]]))
        return -1

    def _among(self, run: Run, group: int, body: Balls, tied: list[int]) -> int:
        if not run.is_active(self.args[0].node):
            return tied[0]
        run.marks.append(Mark("boundary", self.node, group, body[tied[0]] - body[tied[1]]))
        if run.tangents is None:
            return tied[0]
        best = tied[0]
        for place in tied[1:]:
            if self._ahead(run.change(self.args[0], place), run.change(self.args[0], best)):
                best = place
        return best

    def _ahead(self, a: arb, b: arb) -> bool:
        return bool(a > b if self.relation == "max" else a < b)
