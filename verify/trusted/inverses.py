"""Inverses and determinants of matrices of forms, simplified by what the matrix is a product of.

Part of what the checker rests on; the standard library alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from verify.trusted import terms
from verify.trusted.algebra import Algebra
from verify.trusted.terms import UNITY, Factors, Form, Poly, names_of, need, poly


class Inverses(Algebra):
    """The algebra with inverses and determinants."""

    def of_matrix(self, kind: str, u: Form, indices: Sequence[Poly], args: tuple[Poly, ...]) -> Form:
        """inv(u) at the place ``args``, or det(u), where u is invertible; simplified by what u is a product of."""
        (r, c), u = indices, self.reduced(u)
        if not r:
            return self.power(u, -1 if args else 1)
        if r.name > c.name:  # what [r == c] makes of a factor depends on their order
            by = {r.name: self.index(self.ranges[r.name]), c.name: self.index(self.ranges[c.name])}
            return self.of_matrix(kind, self.at(u, by), list(by.values()), args)
        n = self.ranges[r.name]
        need(u and n == self.ranges[c.name], "an inverse of zero, or of what is not square")
        if all(terms.related("==", r - c) in dict(term[1]) for term in u):
            diagonal = self.at(u, {c.name: r})
            if not args:
                return self.over("prod", diagonal, [r])
            there = self.power(self.at(diagonal, {r.name: args[0]}), -1)
            return self.mul(self.relation("==", args[0] - args[1]), there)
        outer, rest = self.split(u, not args)
        names = ((), (r.name,), (c.name,), (r.name, c.name))
        axes = {atom: tuple(sorted(names_of(atom) & {r.name, c.name})) for atom in outer}
        sides: list[Factors] = [{a: p for a, p in outer.items() if axes[a] == side} for side in names]
        scale, rows, columns, both = (self.emit(Form(), 1, [], side) for side in sides)
        if any(sides[:3]):
            inside = self.of_matrix(kind, self.mul(rest, both), indices, args)
            if args:
                ends = [scale, self.at(columns, {c.name: args[0]}), self.at(rows, {r.name: args[1]})]
                return self.mul(inside, *(self.power(factor, -1) for factor in ends))
            ends = [self.over("prod", f, [x]) for f, x in ((rows, r), (columns, c)) if f != UNITY]
            return self.mul(inside, self.exp(self.mul(self.number(n), self.log(scale))), *ends)
        product = self.of_product(kind, u, indices, args) if len(u) == 1 else None
        if product is not None:
            return product
        turned = self.at(u, {r.name: c, c.name: r})
        choices = [(self.holder(kind, u, indices, args), 1), (self.holder(kind, turned, indices, args[::-1]), 1)]
        symmetric = choices[0][0].body == choices[1][0].body
        for form, place in ((u, args), (turned, args[::-1])) if args else ():
            choices.append((self.holder(kind, form * -1, indices, place), -1))
        atom, sign = max(choices, key=lambda choice: (choice[0].body, choice[0].args))
        if symmetric:  # and so is the inverse
            atom = atom._replace(name="symmetric", args=tuple(sorted(atom.args)))
        return self.emit(Form(), sign, [], {atom: 1})

    def of_product(self, kind: str, u: Form, indices: Sequence[Poly], args: tuple[Poly, ...]) -> Form | None:
        """The inverse or determinant of the inverse of a matrix, or of Σ_k a(r, k)·b(k, c), all of them square."""
        ((term, f),), (r, c) = u.items(), indices
        binders, factors = self.opened(term)
        atom = next(iter(factors))
        if len(factors) == f == factors[atom] == 1 and not binders and atom.kind == "inv" and {*atom.args} == {r, c}:
            entry, inner = self.held(atom)
            place = args if atom.args == (r, c) else args[::-1]
            by = dict(zip((index.name for index in inner), place, strict=True)) if args else {}
            return self.at(entry, by) if args else self.power(self.over("det", entry, inner), -1)
        for k in [name for name in binders if self.ranges[name] == self.ranges[r.name]]:
            near, grown = set[str](), {r.name}
            while near != grown:
                near = grown
                grown = near.union(*(names_of(a) - {k} for a in factors if names_of(a) & near))
            if c.name not in near:
                left = {a: p for a, p in factors.items() if names_of(a) & near}
                right = {a: p for a, p in factors.items() if a not in left}
                a = self.emit(Form(), f, [b for b in binders if b in near], left)
                b = self.emit(Form(), 1, [b for b in binders if b not in near and b != k], right)
                if not args:
                    return self.mul(self.over(kind, a, [r, poly(k)]), self.over(kind, b, [poly(k), c]))
                m = self.index(self.ranges[k])
                last = self.over(kind, a, [r, poly(k)], (m, args[1]))
                return self.total(self.mul(self.over(kind, b, [poly(k), c], (args[0], m)), last), [m])
        return None
