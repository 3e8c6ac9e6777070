"""Meanings that a certificate writes out: of ops that the table does not know, entry by entry.

Part of what the checker rests on; the standard library alone. A meaning is a tree of lists: what it says is what the
claim is about, and a reader sees it in the certificate. Its functions are those of the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from verify.trusted.arrays import literal
from verify.trusted.pointwise import FLOATING
from verify.trusted.terms import UNITY, Form, need

DEFINED = (-1, "where its meaning has a value")  # the condition of every op whose meaning is written out
MOST_NODES = 400
FUNCTIONS = frozenset(
    "exp log sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh arccosh arctanh erf erfc erfinv gammaln digamma "
    "power arctan2 floor airy_ai airy_ai_slope airy_bi airy_bi_slope erfi sine_integral cosine_integral fresnel_sine "
    "fresnel_cosine hyperbolic_sine_integral hyperbolic_cosine_integral".split()
)


def value(w: Any, tree: Any, slots: Sequence[Form], reading: str) -> Form:
    """The form of a meaning, of the forms of the op's operands."""
    need(type(tree) is list and tree and type(tree[0]) is str, "a meaning")
    kind, *parts = tree
    if kind == "slot":
        need(len(parts) == 1 and type(parts[0]) is int and 0 <= parts[0] < len(slots), "a meaning: an operand")
        found: Form = slots[parts[0]]
        return found
    if kind == "number":
        (number,) = parts
        return UNITY * Fraction(number) if type(number) is str else literal(w, number, reading)[0]
    if kind == "power":
        base, exponent = parts
        need(type(exponent) is str, "a meaning: an exponent")
        return w.power(value(w, base, slots, reading), Fraction(exponent))  # type: ignore[no-any-return]
    name = parts.pop(0) if kind in ("function", "guard") else ""
    forms = [value(w, part, slots, reading) for part in parts]
    if kind == "plus":
        return sum(forms, start=Form())
    if kind == "times":
        return w.mul(*forms)  # type: ignore[no-any-return]
    if kind == "function":
        need(name in FUNCTIONS, f"a meaning: the function {name}")
        return FLOATING[name](w, *forms)
    if kind == "guard":
        need(name in (">", "==") and len(forms) == 1, "a meaning: a guard")
        return w.positive(*forms) if name == ">" else w.zero(*forms)  # type: ignore[no-any-return]
    need(kind == "select" and len(forms) == 3, f"a meaning: {kind}")
    condition, yes, no = forms
    return no + w.mul(condition, yes - no)  # type: ignore[no-any-return]


def has_guards(tree: Any) -> bool:
    """Whether a meaning tells cases apart, or steps."""
    return type(tree) is list and (
        tree[:1] == ["guard"] or tree[:2] == ["function", "floor"] or any(map(has_guards, tree))
    )


def counted(tree: Any) -> int:
    """How many nodes a meaning has."""
    return 1 + sum(map(counted, tree)) if type(tree) is list else 1
