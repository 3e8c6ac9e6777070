"""The sign of an entry by how it is built: an even power is never negative, even where its expansion hides it."""

from __future__ import annotations

from collections.abc import Callable

from dualgrad.program import entry as e
from dualgrad.program.size import Extent
from verify.form import linear as lin
from verify.form.signs import Sign

_UNKNOWN: Sign = (False, False)


def entry_sign(node: e.Entry, element: Callable[[int], Sign], resolve: Callable[[Extent], Extent]) -> Sign:
    """(never negative, never zero) wherever the entry has a value; ``element`` is the sign of an operand's entries."""

    def of(inner: e.Entry) -> Sign:
        return entry_sign(inner, element, resolve)

    match node:
        case e.Number(value):
            return (value >= 0, value != 0)
        case e.Count(extent):
            return (lin.nonnegative(resolve(extent)), lin.positive(resolve(extent)))
        case e.Element(slot, _):
            return element(slot)
        case e.Plus(args):
            signs = [of(arg) for arg in args]
            return (all(s[0] for s in signs), all(s[0] for s in signs) and any(s[1] for s in signs))
        case e.Times(args):
            signs = [of(arg) for arg in args]
            same = all(arg is args[0] for arg in args) and len(args) % 2 == 0
            return (same or all(s[0] for s in signs), all(s[1] for s in signs))
        case e.Power(base, exponent):
            nonnegative, nonzero = of(base)
            return (nonnegative or exponent.denominator != 1 or exponent % 2 == 0, nonzero or exponent < 0)
        case e.Kernel("exp" | "cosh", _):
            return (True, True)
        case e.Reduce(kind, index, body):
            nonnegative, nonzero = of(body)
            some = lin.positive(resolve(index.extent))
            return (nonnegative, nonnegative and nonzero and some if kind == "sum" else nonzero)
        case e.Holds() | e.Guard():
            return (True, False)
        case e.Select(_, yes, no):
            first, second = of(yes), of(no)
            return (first[0] and second[0], first[1] and second[1])
    return _UNKNOWN
