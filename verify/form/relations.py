"""Algebraic relations between kernels of one argument, used as rewrite rules of a product.

sin²  =  1 - cos²        cosh⁻²  =  1 - tanh²        tanh² coshᵏ  =  coshᵏ - coshᵏ⁻²   (k >= 1)
"""

from __future__ import annotations

from verify.form.algebra import subtract
from verify.form.term import ONE, Atom, Factors, Form, power_of


def relation(factors: Factors) -> Form | None:
    """Take what one relation rewrites out of ``factors`` and return what it is; None where none applies."""
    for key, (atom, power) in factors.items():
        if atom.kind != "kernel" or power.denominator != 1:
            continue
        if atom.name == "sin" and power >= 2:
            _lower(factors, key, 2)
            return subtract(ONE, power_of(_other(atom, "cos"), 2))
        if atom.name == "cosh" and power <= -2:
            _lower(factors, key, -2)
            return subtract(ONE, power_of(_other(atom, "tanh"), 2))
        if atom.name == "tanh" and power >= 2:
            cosh = factors.get(_other(atom, "cosh").key)
            if cosh is not None and cosh[1] >= 1 and cosh[1].denominator == 1:
                _lower(factors, key, 2)
                return subtract(ONE, power_of(cosh[0], -2))
    return None


def _other(atom: Atom, name: str) -> Atom:
    return Atom("kernel", name, (), atom.forms)


def _lower(factors: Factors, key: str, by: int) -> None:
    atom, power = factors.pop(key)
    if power != by:
        factors[key] = (atom, power - by)
