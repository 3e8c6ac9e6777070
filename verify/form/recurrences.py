"""Bessel functions of large orders by two of small ones, where the argument is not 0: as Y and K ask for.

K_v = K_(v-2) + 2 (v - 1) K_(v-1) / z        Y_v = 2 (v - 1) Y_(v-1) / z - Y_(v-2)        for constant orders v >= 2,
I_v = I_(v-2) - 2 (v - 1) I_(v-1) / z        J_v = 2 (v - 1) J_(v-1) / z - J_(v-2)        where z is known not to be 0
"""

from __future__ import annotations

from collections.abc import Callable, Container

from verify.form.algebra import add, multiply, rewrite, scale
from verify.form.construct import kernel, vanishes
from verify.form.power import power
from verify.form.signs import sign
from verify.form.steps import Step
from verify.form.term import Atom, Form, Rational, constant_value, inside, number, pattern

_SIGNS = {"bessel_k": (1, 1), "bessel_y": (1, -1), "bessel_i": (-1, 1), "bessel_j": (1, -1)}  # of orders v-1, v-2
_NOT_OF_ZERO = frozenset({"bessel_k", "bessel_y"})
LARGEST = 16


def by_recurrence(form: Form, nonzero: Container[str] = ()) -> Form:
    """The form with orders below 2 only, where the argument asks to be positive or is among ``nonzero`` by pattern."""

    def lowered(atom: Atom) -> bool:
        return _is_large(atom) and (atom.name in _NOT_OF_ZERO or _is_known(atom.forms[1], nonzero))

    return rewrite(form, lambda atom: any(map(lowered, inside(atom))), _Lowered(lowered))


def _is_known(argument: Form, nonzero: Container[str]) -> bool:
    if sign(argument)[1]:
        return True
    guards = [atom for term, _ in vanishes(argument).terms.values() for atom, _ in term.factors.values()]
    return len(guards) == 1 and pattern(guards[0].forms[0]) in nonzero


class _Lowered(Step):
    def __init__(self, lowered: Callable[[Atom], bool]) -> None:
        self.lowered = lowered

    def atom(self, atom: Atom, p: Rational) -> Form | None:
        """One function as two of smaller orders."""
        if not self.lowered(atom):
            return None
        order = constant_value(atom.forms[0])
        assert order is not None
        z = rewrite(atom.forms[1], self._touches, self)
        last, before = (rewrite(kernel(atom.name, number(order - k), z), self._touches, self) for k in (1, 2))
        of_last, of_before = _SIGNS[atom.name]
        upper = scale(multiply(power(z, -1), last), 2 * (order - 1) * of_last)
        return power(add(upper, scale(before, of_before)), p)

    def _touches(self, atom: Atom) -> bool:
        return any(map(self.lowered, inside(atom)))


def _is_large(atom: Atom) -> bool:
    if atom.kind != "kernel" or atom.name not in _SIGNS:
        return False
    order = constant_value(atom.forms[0])
    return order is not None and 2 <= order <= LARGEST
