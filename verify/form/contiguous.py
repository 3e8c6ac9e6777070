"""Gauss's hypergeometric functions whose parameters differ by integers, by two of them.

F(a, b; c; z) is among those of an argument the one of least a and b and largest c. From it, with θ = z d/dz:

    F(a + 1) = F + θF / a      F(c - 1) = F + θF / (c - 1)      θF = (a b / c) z F(a + 1, b + 1; c + 1)
    θθF = θF + (a b z F - (c - (a + b + 1) z) θF) / (1 - z)     (DLMF 15.5.3, 15.5.4, 15.5.1, 15.10.1; where z < 1)
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from verify.form.algebra import add, multiply, rewrite, scale, subtract
from verify.form.construct import kernel
from verify.form.power import power
from verify.form.steps import Step
from verify.form.term import ONE, Atom, Form, Rational, atoms, constant_value, inside, number

NAME = "hypergeometric_2f1"
MOST_STEPS = 6
Parameters = tuple[Fraction, Fraction, Fraction]


def by_contiguity(form: Form) -> Form:
    """The form with at most two functions for each argument and each class of parameters."""
    groups: dict[tuple[str, frozenset[Fraction], Fraction], set[Parameters]] = {}
    for atom in atoms(form):
        if (found := _parameters(atom)) is not None:
            groups.setdefault(_class(atom, found), set()).add(found)
    bases = {key: _base(members) for key, members in groups.items() if len(members) > 2}
    if not bases:
        return form
    return rewrite(form, lambda atom: any(_is_one(inner) for inner in inside(atom)), _Lowered(bases))


def _is_one(atom: Atom) -> bool:
    return atom.kind == "kernel" and atom.name == NAME


def _parameters(atom: Atom) -> Parameters | None:
    """The parameters, a and b in an order that depends on what they are modulo 1 first; None where not constant."""
    if not _is_one(atom):
        return None
    values = [constant_value(part) for part in atom.forms[:3]]
    if None in values:
        return None
    a, b, c = (Fraction(value) for value in values if value is not None)
    a, b = sorted((a, b), key=lambda x: (x % 1, x))
    return a, b, c


def _class(atom: Atom, found: Parameters) -> tuple[str, frozenset[Fraction], Fraction]:
    a, b, c = found
    return atom.forms[3].key, frozenset((a % 1, b % 1)), c % 1


def _base(members: set[Parameters]) -> Parameters:
    return min(a for a, _, _ in members), min(b for _, b, _ in members), max(c for _, _, c in members)


class _Lowered(Step):
    def __init__(self, bases: dict[tuple[str, frozenset[Fraction], Fraction], Parameters]) -> None:
        self.bases = bases

    def atom(self, atom: Atom, p: Rational) -> Form | None:
        """One function by its class's two."""
        found = _parameters(atom)
        base = None if found is None else self.bases.get(_class(atom, found))
        made = None if found is None or base is None else _raised(base, found, atom.forms[3])
        return None if made is None else power(made, p)


@dataclass(frozen=True)
class _Pair:
    """A function and θ of it."""

    a: Fraction
    b: Fraction
    c: Fraction
    value: Form
    theta: Form

    def stepped(self, change: Parameters, divisor: Fraction, z: Form) -> _Pair:
        """The pair of F + θF / divisor, which has these parameters more."""
        a, b, c = self.a, self.b, self.c
        inner = subtract(scale(multiply(z, self.value), a * b), multiply(self._slope(z), self.theta))
        twice = add(self.theta, multiply(inner, power(subtract(ONE, z), -1)))
        value = add(self.value, scale(self.theta, 1 / divisor))
        theta = add(self.theta, scale(twice, 1 / divisor))
        return _Pair(a + change[0], b + change[1], c + change[2], value, theta)

    def _slope(self, z: Form) -> Form:
        return subtract(number(self.c), scale(z, self.a + self.b + 1))


def _raised(base: Parameters, found: Parameters, z: Form) -> Form | None:
    """The function of parameters ``found`` from the base; None where a step would divide by 0, or many are needed."""
    a, b, c = base
    more = (found[0] - a, found[1] - b, c - found[2])
    if sum(more) > MOST_STEPS or any(step % 1 for step in more) or not c:
        return None
    first, second = (kernel(NAME, number(a + k), number(b + k), number(c + k), z) for k in (0, 1))
    pair = _Pair(a, b, c, first, scale(multiply(z, second), a * b / c))
    one, none = Fraction(1), Fraction(0)
    for _ in range(int(more[0])):
        if not pair.a:
            return None
        pair = pair.stepped((one, none, none), pair.a, z)
    for _ in range(int(more[1])):
        if not pair.b:
            return None
        pair = pair.stepped((none, one, none), pair.b, z)
    for _ in range(int(more[2])):
        if pair.c == 1:
            return None
        pair = pair.stepped((none, none, -one), pair.c - 1, z)
    return pair.value
