"""The derivative of a form with respect to one entry of an array.

The whole rule set: sums and products; dx[i] / dx[k] = δ(i - k); exp; powers; kernels by the committed table;
an extreme follows the entries at which it is attained, in equal shares; inverses and determinants of invertible
matrices. Guards and deltas are constant: off the boundary of a guard that is exact, and boundaries have measure zero.
"""

from __future__ import annotations

from dualgrad.program.entry import Index
from verify.form import functions
from verify.form import linear as lin
from verify.form.algebra import add, fresh, multiply, scale, substitute, subtract, sum_over
from verify.form.clear import without_ties
from verify.form.construct import extreme, over_new_index, vanishes
from verify.form.decompose import slope_of
from verify.form.derivatives import DERIVATIVES
from verify.form.interpret import Interpreter, Requirement
from verify.form.linear import Linear
from verify.form.matrices import inverse, of_atom
from verify.form.power import power
from verify.form.setting import NoForm
from verify.form.settle import settled, truth
from verify.form.term import FUNCTIONS, ONE, ZERO, Atom, Form, Rational, Source, Term, power_of, tidy

TRUTHS = frozenset({"positive", "vanishes", "atleast", "multiple", "delta"})


class NoDerivative(NoForm):
    """The table has no derivative for a kernel; the message names it."""


class Derivative:
    """d / d source[position]. What it meets is kept: guards that were held constant, and what it requires."""

    def __init__(self, source: Source, position: tuple[Linear, ...]) -> None:
        self.source = source
        self.position = position
        self.guards: dict[str, Atom] = {}
        self.requirements: list[Requirement] = []
        self._path = ONE
        self._known: dict[tuple[int, str], tuple[Form, Form]] = {}

    def of(self, form: Form) -> Form:
        """The derivative of a form."""
        if self.source not in form.sources:
            return ZERO
        place = (id(form), self._path.key)
        known = self._known.get(place)
        if known is None:
            parts = [scale(self._term(term), factor) for term, factor in form.terms.values()]
            known = self._known[place] = (form, without_ties(add(*parts)))
        return known[1]

    def _term(self, term: Term) -> Form:
        if self.source not in term.sources:
            return ZERO
        outer = self._path
        self._path = multiply(outer, *(power_of(atom) for atom, _ in term.factors.values() if atom.kind in TRUTHS))
        slope = self._product(term)
        self._path = outer
        return slope

    def _product(self, term: Term) -> Form:
        parts: list[Form] = []
        for key, (atom, p) in term.factors.items():
            if self.source not in atom.sources:
                continue
            slope = self._atom(atom, p)
            if slope.terms:
                others = {k: factor for k, factor in term.factors.items() if k != key}
                parts.append(sum_over(multiply(settled(frozenset(), others), slope), *term.bound))
        return add(*parts)

    def _atom(self, atom: Atom, p: Rational) -> Form:
        """The derivative of an atom's power."""
        match atom.kind:
            case "cell":
                if p.denominator != 1 and p < 1:
                    self._require(power_of(atom), "> 0", ONE)
                return multiply(_lowered(atom, p), self._same_entry(atom))
            case "exp":
                return multiply(power_of(atom, p), scale(self.of(atom.forms[0]), p))
            case "base":
                if p.denominator != 1 and p < 1:
                    self._require(atom.forms[0], "> 0", ONE)
                return multiply(_lowered(atom, p), self.of(atom.forms[0]))
            case "kernel":
                return multiply(_lowered(atom, p), self._kernel(atom))
            case "extreme":
                return multiply(_lowered(atom, p), self._extreme(atom))
            case "inv":
                return multiply(_lowered(atom, p), self._inverse(atom))
            case "det":
                return multiply(power_of(atom, p), scale(self._trace(atom), p))
            case _ if atom.binders:
                return multiply(_lowered(atom, p), self._decomposition(atom))
            case "positive" | "vanishes":
                self.guards[atom.key] = atom
        return ZERO

    def _same_entry(self, atom: Atom) -> Form:
        pairs = zip(atom.linears, self.position, strict=True)
        return multiply(*(truth("delta", lin.minus(mine, other)) for mine, other in pairs))

    def _kernel(self, atom: Atom) -> Form:
        if atom.name == "log":
            return multiply(power(atom.forms[0], -1), self.of(atom.forms[0]))
        if atom.name == "floor":
            self.guards[atom.key] = atom
            return ZERO
        if atom.name not in DERIVATIVES:
            raise NoDerivative(f"no derivative is known of {atom.name}")
        interpreter = Interpreter(lambda slot, _: atom.forms[slot], lambda extent: extent, "exact", self._require)
        parts = []
        for slope, form in zip(DERIVATIVES[atom.name], atom.forms, strict=True):
            change = self.of(form)
            if change.terms:
                if slope is None:
                    raise NoDerivative(f"no derivative is known of {atom.name.replace('_', ' ')} in its order")
                parts.append(multiply(interpreter.value(slope, {}), change))
        return add(*parts)

    def _require(self, form: Form, relation: str, path: Form) -> None:
        self.requirements.append(Requirement(form, relation, multiply(self._path, path)))

    def _inverse(self, atom: Atom) -> Form:
        """d inv(M)[i, j] = -Σ_rc inv(M)[i, r] dM(r, c) inv(M)[c, j]"""
        matrix, (i, j) = of_atom(atom), atom.linears
        left, right = inverse(matrix, i, lin.of_index(matrix.row)), inverse(matrix, lin.of_index(matrix.column), j)
        return scale(sum_over(multiply(left, self.of(matrix.form), right), *matrix.binders), -1)

    def _trace(self, atom: Atom) -> Form:
        """Σ_rc inv(M)[c, r] dM(r, c), for d det(M) = det(M) times it: where M is invertible."""
        matrix = of_atom(atom)
        self._require(power_of(atom), "!= 0", ONE)
        turned = inverse(matrix, lin.of_index(matrix.column), lin.of_index(matrix.row))
        return sum_over(multiply(turned, self.of(matrix.form)), *matrix.binders)

    def _decomposition(self, atom: Atom) -> Form:
        matrix = of_atom(atom)
        slope = functions.slope_of(atom, matrix) if atom.kind in FUNCTIONS else slope_of(atom, matrix)
        if slope is None:
            raise NoDerivative(f"no derivative is known of the {atom.kind.replace('_', ' ')} of a matrix")
        return sum_over(multiply(slope, self.of(matrix.form)), *matrix.binders)

    def _extreme(self, atom: Atom) -> Form:
        index, body = over_new_index(atom)
        if atom.name == "prod":
            return self._product_of_others(index, body)
        self.guards[atom.key] = atom
        attained = vanishes(subtract(body, power_of(atom)))
        other = fresh(index)
        ties = sum_over(substitute(attained, {index: lin.of_index(other)}), other)
        return multiply(power(ties, -1), sum_over(multiply(attained, self.of(body)), index))

    def _product_of_others(self, index: Index, body: Form) -> Form:
        """Σ_i (the product of the others) d body(i): no division, so exact at zeros."""
        other = fresh(index)
        same = truth("delta", lin.minus(lin.of_index(index), lin.of_index(other)))
        others = extreme("prod", index, add(same, multiply(subtract(ONE, same), body)))
        at_other = substitute(body, {index: lin.of_index(other)})
        return sum_over(multiply(others, self.of(at_other)), other)


def _lowered(atom: Atom, p: Rational) -> Form:
    """p times the atom to the power p - 1."""
    return scale(power_of(atom, tidy(p - 1)) if p != 1 else ONE, p)
