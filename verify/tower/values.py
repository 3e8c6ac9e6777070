"""The values of nodes in one case, as fractions of polynomials in generators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from flint import fmpq

from verify.tower.kernels import Kernels, Split, rational
from verify.tower.nodes import Node
from verify.tower.ring import Field, Generator, NoValue, Poly, Quotient, TooMuch
from verify.tower.signs import Factored, Signs

MOST_POWER = 64


class Values:
    """Evaluates nodes. ``factored`` keeps the factors that were found."""

    def __init__(self, nodes: Sequence[Node], field: Field, signs: Signs, scales: Mapping[str, Fraction]) -> None:
        self.nodes = nodes
        self.field = field
        self.signs = signs
        self.kernels = Kernels(field, signs, scales)
        self.factored: dict[int, Factored] = {}
        self._values: dict[int, Quotient] = {}

    def value(self, at: int) -> Quotient:
        """The value of a node."""
        if at not in self._values:
            self._values[at] = self._evaluate(at)
        return self._values[at]

    def known(self, at: int) -> bool:
        """Whether a node was evaluated, to something other than 0."""
        return at in self._values and not self._values[at].num.is_zero()

    def _evaluate(self, at: int) -> Quotient:
        kind, *args = self.nodes[at]
        field = self.field
        match kind:
            case "var":
                return self._variable(int(args[0]))
            case "num":
                return field.number(rational(Fraction(args[0])))
            case "add":
                return self._sum([int(arg) for arg in args])
            case "mul":
                return self._times([int(arg) for arg in args])
            case "pow":
                return self._power(int(args[0]), Fraction(args[1]))
            case "positive" | "zero":
                return self._truth(int(args[0]), 1 if kind == "positive" else 0)
            case "log":
                return self.kernels.log(self.factors(int(args[0])))
            case "exp":
                return self.kernels.exp(self.value(int(args[0])))
            case "sin" | "cos":
                return self.kernels.turned(self.value(int(args[0])))[kind == "sin"]
        return self.kernels.opaque(str(kind), [self.value(int(arg)) for arg in args])

    def _variable(self, number: int) -> Quotient:
        made = self.field.ring.generator(Generator("var", (), Fraction(number)))
        if self.signs.variables[number] == "truth":
            self.field.relate(made * made - made)
        return self.field.poly(made)

    # ------------------------------------------------------------------------ sums and products

    def _sum(self, args: Sequence[int]) -> Quotient:
        """Like terms are collected first: what a guard leaves out is not evaluated."""
        parts: dict[tuple[int, ...], Any] = {}
        for arg in args:
            rest, factor = self._guarded(arg)
            parts[rest] = parts.get(rest, 0) + factor
        total = self.field.zero
        for rest, factor in parts.items():
            if factor:
                total = self.field.add(total, self.field.mul(self.field.number(factor), self._times(rest)))
        return total

    def _guarded(self, at: int) -> tuple[tuple[int, ...], Any]:
        """A node as a number times other nodes: guards have a value of 0 or 1 in the case at hand."""
        kind, *args = self.nodes[at]
        parts = [int(arg) for arg in args] if kind == "mul" else [at]
        factor: Any = fmpq(1)
        rest: list[int] = []
        for part in parts:
            inner = self.nodes[part]
            if inner[0] == "num":
                factor = factor * rational(Fraction(inner[1]))
            elif inner[0] in ("positive", "zero"):
                factor = factor * self.value(part).num.leading_coefficient() if self.value(part).num else fmpq(0)
            else:
                rest.append(part)
            if not factor:
                return (), fmpq(0)
        return tuple(sorted(rest)), factor

    def _times(self, args: Sequence[int]) -> Quotient:
        """The product; what comes after a factor of 0 is not evaluated."""
        guards = [arg for arg in args if self.nodes[arg][0] in ("positive", "zero")]
        if any(self.value(guard).num.is_zero() for guard in guards):
            return self.field.zero
        total = self.field.one
        for arg in args:
            if arg not in guards and not total.num.is_zero():
                total = self.field.mul(total, self.value(arg))
        return total

    # ------------------------------------------------------------------------ factors and signs

    def factors(self, at: int) -> Factored:
        """The value of a node as a number times powers of polynomials."""
        if at not in self.factored:
            self.factored[at] = self.kernels.factor(self.value(at))
        return self.factored[at]

    def _truth(self, at: int, wanted: int) -> Quotient:
        """1 where the sign of a node is this one, else 0."""
        value = self.value(at)
        if value.num.is_zero():
            return self.field.one if wanted == 0 else self.field.zero
        factored = self.factors(at)
        sign = self.signs.of_factored(factored)
        if sign == frozenset({wanted}):
            return self.field.one
        if wanted not in sign:
            return self.field.zero
        raise Split(self._open(factored))

    def _open(self, factored: Factored) -> Poly:
        """A factor whose sign is open."""
        signs = ((p, power, self.signs.of(p)) for p, power in factored[1])
        return next(p for p, power, sign in signs if (power % 2 and len(sign) > 1) or 0 in sign)

    def _power(self, at: int, exponent: Fraction) -> Quotient:
        if exponent.denominator == 1:
            if abs(exponent) > MOST_POWER:
                raise TooMuch("a power that is too high")
            return self.field.power(self.value(at), int(exponent))
        if self.value(at).num.is_zero():
            if exponent < 0:
                raise NoValue
            return self.field.zero
        return self.kernels.root(self.factors(at), exponent)
