"""Bessel functions of large orders by two of small ones, where the argument is positive, as Y and K ask for.

K_v = K_(v-2) + 2 (v - 1) K_(v-1) / z        Y_v = 2 (v - 1) Y_(v-1) / z - Y_(v-2)        for constant orders v >= 2
"""

from __future__ import annotations

from verify.form.algebra import add, multiply, rewrite, scale
from verify.form.construct import kernel
from verify.form.power import power
from verify.form.steps import Step
from verify.form.term import Atom, Form, Rational, constant_value, inside, number

_SIGNS = {"bessel_k": 1, "bessel_y": -1}
LARGEST = 16


def by_recurrence(form: Form) -> Form:
    """The form with orders below 2 only."""
    return rewrite(form, lambda atom: any(map(_is_large, inside(atom))), _Lowered())


class _Lowered(Step):
    def atom(self, atom: Atom, p: Rational) -> Form | None:
        """One function as two of smaller orders."""
        if not _is_large(atom):
            return None
        order = constant_value(atom.forms[0])
        assert order is not None
        z = rewrite(atom.forms[1], lambda inner: any(map(_is_large, inside(inner))), self)
        last, before = (by_recurrence(kernel(atom.name, number(order - k), z)) for k in (1, 2))
        upper = scale(multiply(power(z, -1), last), 2 * (order - 1))
        return power(add(upper, scale(before, _SIGNS[atom.name])), p)


def _is_large(atom: Atom) -> bool:
    if atom.kind != "kernel" or atom.name not in _SIGNS:
        return False
    order = constant_value(atom.forms[0])
    return order is not None and 2 <= order <= LARGEST
