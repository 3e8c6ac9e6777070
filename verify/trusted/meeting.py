"""Where the two sides of a choice meet, so that any mean of their slopes may be taken there.

Part of what the checker rests on; the standard library alone. Let s be a where c is 1 and b elsewhere, c a matter of
[u > 0], and a = b wherever u = 0. Then [u == 0] (a - b) is 0 at all values, and any multiple of it may be added to s:
where u is 0 on an open set, it is 0 on that set, and so is its derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from verify.trusted.arrays import Array, spread
from verify.trusted.pointwise import APART
from verify.trusted.terms import UNITY, Atom, Form, Number, Poly, inputs, need

COMPARISONS = frozenset({"greater", "greater_equal", "less", "less_equal"})
CONNECTIVES = frozenset(
    {"logical_and", "logical_or", "logical_not", "logical_xor", "bitwise_and", "bitwise_or", "bitwise_xor", "invert"}
)
CONSTANT = frozenset({"zeros_like", "ones_like", "full_like"})
MOST_OPENED = 4  # variables, to see that two sides meet
Opened = Callable[[Form, str], Form]


def seen_through(op: str, operands: Sequence[str], seen: set[str]) -> bool:
    """Whether what an op makes is no array of arbitrary values: numbers, or what comparisons say of arrays."""
    fixed = op in CONSTANT or not operands
    return fixed or op in COMPARISONS or (op in CONNECTIVES and seen.issuperset(operands))


def off_zeros(w: Any, form: Form, v: str, place: Sequence[Poly], ops: Iterable[str]) -> Form:
    """Without c·[v == 0], where an op tells v == 0 apart and c is free of v: where v is 0, it does not move."""
    if APART.isdisjoint(ops):
        return form
    zeros = {atom for term in w.zero(w.atom("input", v, tuple(place))) for atom, _ in term[1]}
    out = Form()
    for term, c in form.items():
        rest = [atom for atom, _ in term[1] if atom not in zeros]
        if len(rest) == len(term[1]) or any(v in inputs(atom) for atom in rest):
            out.gather(term, c)
    return out


def boundary(c: Form) -> Form:
    """The u whose sign decides a choice; refused where that is more than one."""
    found = {atom.body for term in c for atom, _ in term[1] if atom.kind in ("positive", "zero")}
    need(len(found) == 1, "a mean of two sides that meet at more than one boundary")
    return Form(dict(found.pop()))


def mean(w: Any, choice: Sequence[Array], t: Number) -> Array:
    """``where`` with the share t of its first side where both meet."""

    def entry(w: Any, c: Form, a: Form, b: Form) -> Form:
        there: Form = w.mul(w.zero(boundary(c)), UNITY * t - c, a - b)
        return b + w.mul(c, a - b) + there  # type: ignore[no-any-return]

    shape = max((part.shape for part in choice), key=len)
    need(all(part.shape in (shape, ()) for part in choice), "a choice between arrays of different shapes")
    return Array(shape, lambda at: entry(w, *(spread(part, at) for part in choice)), "f")


def meets(w: Any, choice: Sequence[Array], order: Mapping[str, int], opened: Opened) -> bool:
    """Whether a = b wherever u = 0, with variables in ``order`` in terms of their operands, as far as it takes."""
    at = w.places(max((part.shape for part in choice), key=len))
    c, a, b = (spread(part, at) for part in choice)
    u = boundary(c)
    for term, factor in u.items():
        rest = Form({other: k for other, k in u.items() if other != term})
        atom, power = term[1][0] if len(term[1]) == 1 and not term[0] else (Atom(""), 0)
        if atom.kind == "input" and power == 1 and atom.name not in names(rest):
            by = w.mul(rest, UNITY * (Fraction(-1) / factor))
            if any(there(w, jump, atom, by) for jump in opening(a - b, names(u), order, opened)):
                return True
    return False


def opening(form: Form, but: frozenset[str], order: Mapping[str, int], opened: Opened) -> Iterator[Form]:
    """A form, and with the last variables in it in terms of what they are computed from, but for some."""
    yield form
    for _ in range(MOST_OPENED):
        last = max((names(form) & order.keys()) - but, key=order.__getitem__, default=None)
        if last is None:
            return
        form = opened(form, last)
        yield form


def there(w: Any, jump: Form, atom: Atom, value: Form) -> bool:
    """Whether a form is 0 where an entry has a value; not, where it reads the array at other places."""
    if any(name == atom.name and found != atom for name, found in read(jump)):
        return False
    return not w.reduced(w.rewritten(jump, {atom.name}, lambda _: value))


def names(form: Form) -> frozenset[str]:
    """The arrays that a form reads."""
    return frozenset(name for term in form for atom, _ in term[1] for name in inputs(atom))


def read(form: Form) -> Iterable[tuple[str, Atom]]:
    """The entries that a form reads, with their arrays."""
    for term in form:
        for atom, _ in term[1]:
            if atom.kind == "input":
                yield atom.name, atom
            yield from read(Form(dict(atom.body)))
