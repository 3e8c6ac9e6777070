"""The steps that a program becomes at concrete sizes: flat lists of balls, and how each depends on those before it.

A step computes a list of balls from earlier lists (``value``) and says how its first-order change follows from
theirs (``links``). A :class:`Link` is a sparse linear map, so one loop pushes tangents forward and one pulls
cotangents back, whatever the step is. A branch not taken has no link.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from operator import add, mul
from typing import NamedTuple

from flint import arb, fmpq

from verify.ball.kernels import NAN, VALUES, power, power_slope, rational, slope, slopes
from verify.ball.literals import exponent
from verify.ball.run import ZERO, Balls, Run

ONE = arb(1)


class Argument(NamedTuple):
    """An earlier step, and for every element here its element there (None: the same)."""

    node: int
    take: list[int] | None = None


class Link(NamedTuple):
    """change[target[t]] += factor[t] * source_change[origin[t]]; None: element by element, or the factor 1."""

    node: int
    origin: list[int] | None
    target: list[int] | None
    factor: Balls | None


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One list of balls, computed from earlier ones."""

    node: int  # its own number
    args: tuple[Argument, ...]
    size: int
    equation: int  # the number of the equation it belongs to, -1 for none

    def value(self, run: Run) -> Balls:
        """The list, given the lists before it."""
        return self._value(run)

    def links(self, run: Run) -> Iterator[Link]:
        """How the list changes with those before it. Called after ``value``."""
        return self._links(run)

    def reads(self, run: Run) -> Iterator[Link]:
        """Which earlier elements this list was computed from, as links without factors."""
        return self._reads(run)

    def _value(self, run: Run) -> Balls:
        raise NotImplementedError

    def _links(self, run: Run) -> Iterator[Link]:
        return iter(())

    def _reads(self, run: Run) -> Iterator[Link]:
        return (Link(node, take, None, None) for node, take in self.args)


def _all(run: Run, step: Step) -> list[Balls]:
    return [run.read(argument) for argument in step.args]


@dataclass(frozen=True, slots=True, eq=False)
class Given(Step):
    """An input, a captured array, or a number."""

    key: object

    def _value(self, run: Run) -> Balls:
        return run.given(self.key)


@dataclass(frozen=True, slots=True, eq=False)
class Constant(Step):
    """Exact rationals."""

    numbers: tuple[Fraction, ...]

    def _value(self, run: Run) -> Balls:
        return [rational(number) for number in self.numbers]


@dataclass(frozen=True, slots=True, eq=False)
class Turns(Step):
    """Cosines, or sines, of rational multiples of π."""

    name: str
    turns: tuple[Fraction, ...]

    def _value(self, run: Run) -> Balls:
        of = arb.sin_pi_fmpq if self.name == "sin" else arb.cos_pi_fmpq
        found = {turn: of(fmpq(turn.numerator, turn.denominator)) for turn in set(self.turns)}
        return [found[turn] for turn in self.turns]


@dataclass(frozen=True, slots=True, eq=False)
class Gather(Step):
    """Elements of one list; a position of -1 is off the array and gives NaN."""

    def _value(self, run: Run) -> Balls:
        source = run.values[self.args[0].node]
        return [source[p] if p >= 0 else NAN for p in self.args[0].take or ()]

    def _links(self, run: Run) -> Iterator[Link]:
        return self._reads(run)

    def _reads(self, run: Run) -> Iterator[Link]:
        node, take = self.args[0]
        inside = [(origin, target) for target, origin in enumerate(take or ()) if origin >= 0]
        yield Link(node, [origin for origin, _ in inside], [target for _, target in inside], None)


@dataclass(frozen=True, slots=True, eq=False)
class Spread(Step):
    """A list put at some places of a longer one; 0 elsewhere, whatever is there."""

    places: list[int]

    def _value(self, run: Run) -> Balls:
        result = [ZERO] * self.size
        for place, ball in zip(self.places, run.read(self.args[0]), strict=True):
            result[place] = ball
        return result

    def _links(self, run: Run) -> Iterator[Link]:
        return self._reads(run)

    def _reads(self, run: Run) -> Iterator[Link]:
        yield Link(self.args[0].node, self.args[0].take, self.places, None)


@dataclass(frozen=True, slots=True, eq=False)
class Plus(Step):
    """Sums, element by element."""

    def _value(self, run: Run) -> Balls:
        first, *rest = _all(run, self)
        for other in rest:
            first = list(map(add, first, other))
        return first

    def _links(self, run: Run) -> Iterator[Link]:
        return self._reads(run)


@dataclass(frozen=True, slots=True, eq=False)
class Difference(Step):
    """Differences, element by element: 0 of one and the same ball, as of an eigenvalue and itself."""

    def _value(self, run: Run) -> Balls:
        return [ZERO if a is b and a.is_finite() else a - b for a, b in zip(*_all(run, self), strict=True)]

    def _links(self, run: Run) -> Iterator[Link]:
        first, second = self.args
        yield Link(*first, None, None)
        yield Link(*second, None, [-ONE] * self.size)


@dataclass(frozen=True, slots=True, eq=False)
class Times(Step):
    """Products, element by element."""

    def _value(self, run: Run) -> Balls:
        return _products(_all(run, self))

    def _links(self, run: Run) -> Iterator[Link]:
        factors = _all(run, self)
        for slot, argument in enumerate(self.args):
            if run.is_active(argument.node):
                others = _products(factors[:slot] + factors[slot + 1 :])
                yield Link(argument.node, argument.take, None, others)


def _products(factors: list[Balls]) -> Balls:
    first, *rest = factors
    for factor in rest:
        first = list(map(mul, first, factor))
    return first


@dataclass(frozen=True, slots=True, eq=False)
class Power(Step):
    """A constant power, element by element."""

    exponent: Fraction

    def _value(self, run: Run) -> Balls:
        to = exponent(self.exponent, run.literals)
        return [power(base, to) for base in run.read(self.args[0])]

    def _links(self, run: Run) -> Iterator[Link]:
        node, take = self.args[0]
        to = exponent(self.exponent, run.literals)
        yield Link(node, take, None, [power_slope(base, to) for base in run.read(self.args[0])])


@dataclass(frozen=True, slots=True, eq=False)
class Kernel(Step):
    """A scalar kernel, element by element."""

    name: str

    def _value(self, run: Run) -> Balls:
        return list(map(VALUES[self.name], *_all(run, self)))

    def _links(self, run: Run) -> Iterator[Link]:
        operands = _all(run, self)
        if len(operands) == 1:
            node, take = self.args[0]
            yield Link(node, take, None, [slope(self.name, x) for x in operands[0]])
            return
        for slot, (node, take) in enumerate(self.args):
            if run.is_active(node):
                pairs = zip(*operands, strict=True)
                yield Link(node, take, None, [slopes(self.name, slot, pair) for pair in pairs])


# ---------------------------------------------------------------------------- reductions


@dataclass(frozen=True, slots=True, eq=False)
class Fold(Step):
    """Reductions: ``bounds`` are the ends of every group of consecutive elements of the body."""

    bounds: list[tuple[int, int]]

    def owners(self) -> list[int]:
        """For every element of the body, the group it is in."""
        return [group for group, (start, stop) in enumerate(self.bounds) for _ in range(start, stop)]

    def _reads(self, run: Run) -> Iterator[Link]:
        yield Link(self.args[0].node, self.args[0].take, self.owners(), None)


@dataclass(frozen=True, slots=True, eq=False)
class Sum(Fold):
    """Sums over an index."""

    def _value(self, run: Run) -> Balls:
        body = run.read(self.args[0])
        return [sum(body[start:stop], ZERO) for start, stop in self.bounds]

    def _links(self, run: Run) -> Iterator[Link]:
        return self._reads(run)


@dataclass(frozen=True, slots=True, eq=False)
class Product(Fold):
    """Products over an index."""

    def _value(self, run: Run) -> Balls:
        body = run.read(self.args[0])
        return [_running(body[start:stop])[-1] for start, stop in self.bounds]

    def _links(self, run: Run) -> Iterator[Link]:
        body = run.read(self.args[0])
        others: Balls = []
        for start, stop in self.bounds:
            before = _running(body[start:stop])
            after = _running(body[start:stop][::-1])[::-1]
            others += map(mul, before, after[1:])
        yield Link(self.args[0].node, self.args[0].take, self.owners(), others)


def _running(factors: Balls) -> Balls:
    products = [ONE]
    for factor in factors:
        products.append(products[-1] * factor)
    return products
