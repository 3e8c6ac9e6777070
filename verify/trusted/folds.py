"""Maxima and products of entries over indices, what holds these entries, and few of them written out.

Part of what the checker rests on; the standard library alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

from verify.trusted import terms
from verify.trusted.decompositions import PARTS
from verify.trusted.functions import of_whole
from verify.trusted.terms import Atom, Factors, Form, Poly, need, poly

MOST_PLACES = 16  # of an index that has a number of places, each looked at alone


class Folds:
    """Functions of all entries over some indices."""

    ranges: Mapping[str, Poly]
    always: Callable[[Poly], bool]
    reduced: Callable[[Form], Form]
    mul: Callable[..., Form]
    atom: Callable[..., Form]
    at: Callable[..., Form]
    power: Callable[..., Form]
    of_matrix: Callable[..., Form]
    opened: Callable[..., Any]
    emit: Callable[..., Form]
    replaced: Callable[..., Any]
    rebuilt: Callable[..., Form]

    def over(self, kind: str, u: Form, indices: Sequence[Poly], args: tuple[Poly, ...] = ()) -> Form:
        """max over indices, prod over one of the entries u; of the matrix u, its inverse at a place or its determinant.

        What is stored is the one term Σ_j entry(u), only to hold the bound indices; markers tell a row from a column.
        """
        if kind in ("inv", "det"):
            return self.of_matrix(kind, u, indices, args)
        if kind in terms.WHOLE:
            return of_whole(self, kind, u, indices, args)
        if kind in PARTS:
            need(all(indices), f"the {kind} of a matrix of one row or one column")
            return self.atom(*self.holder(kind, self.reduced(u), indices, args))
        if kind == "max":  # over all of them at once: nested, the entries that attain it would share another way
            several = [index for index in indices if index]
            return self.atom(*self.holder(kind, u, several)) if several else u
        (index,) = indices
        if not index:
            return u
        if self.few(index.name):
            places = [self.unrolled(self.at(u, {index.name: poly(k)})) for k in range(self.ranges[index.name][0][1])]
            single = all(len(entry) <= 1 for entry in places)
            return self.mul(*places) if single else self.atom(*self.holder(kind, u, indices))
        for atom in sorted({a for term in u for a, _ in term[1] if a.kind == "=="}):
            value = terms.solution(atom.args[0], index.name)
            if value is not None and self.always(value) and self.always(self.ranges[index.name] - 1 - value):
                rest = Form({term: c for term, c in u.items() if atom not in dict(term[1])})  # where j is not the value
                here, instead = self.at(u, {index.name: value}), self.at(rest, {index.name: value})
                return self.mul(self.over(kind, rest, indices), here, self.power(instead, -1))
        return self.atom(*self.holder(kind, u, indices))

    def few(self, name: str) -> bool:
        """Whether an index has a number of places, and few of them."""
        return [names for names, _ in self.ranges[name]] == [()] and self.ranges[name][0][1] <= MOST_PLACES

    def unrolled(self, form: Form) -> Form:
        """The form with sums over few known entries written out, in the arguments of functions too."""
        out = Form()
        for term, c in form.items():
            binders, factors = self.opened(term)
            few = [name for name in binders if self.few(name)]
            for at in product(*(range(self.ranges[name][0][1]) for name in few)):
                by = dict(zip(few, map(poly, at), strict=True))
                kept, values = self.replaced(factors, by)
                inner = [atom for atom in kept if atom.body]
                values += [self.power(self.rebuilt(atom, self.unrolled, atom.args), kept.pop(atom)) for atom in inner]
                self.emit(out, c, [name for name in binders if name not in by], kept, values)
        return out

    def holder(self, kind: str, u: Form, indices: Sequence[Poly], args: tuple[Poly, ...] = ()) -> Atom:
        """The factor that holds the entries u over these indices."""
        marks = {Atom("axis", "" if kind == "max" else str(k), (index,)): 1 for k, index in enumerate(indices)}
        held: Factors = {Atom("entry", "", (), tuple(sorted(u.items()))): 1, **marks}
        return Atom(kind, "", args, ((terms.canonical(held, {i.name: self.ranges[i.name] for i in indices}), 1),))

    def held(self, atom: Atom) -> tuple[Form, list[Poly]]:
        """The entries that a factor holds, and their indices under fresh names."""
        _, opened = self.opened(atom.body[0][0])
        marks = sorted((a.name, a.args[0]) for a in opened if a.kind == "axis")
        (entry,) = (Form(dict(a.body)) for a in opened if a.kind == "entry")
        return entry, [index for _, index in marks]
