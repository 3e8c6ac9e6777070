"""Further steps for a difference that holds inverses or determinants: each an identity where they exist."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from dualgrad.program.entry import Index
from verify.form import linear as lin
from verify.form.algebra import add, fresh, multiply, rewrite, scale, substitute, subtract, sum_over
from verify.form.matrices import Matrix, determinant, inverse, of_atom
from verify.form.power import power
from verify.form.steps import Step, with_aligned_guards
from verify.form.term import Atom, Form, Rational, inside

MOST_ROUNDS = 4
MATRICES = frozenset({"inv", "det"})
_HALF = Fraction(1, 2)


# ---------------------------------------------------------------------------- symmetric matrices


class _Mirrored(Step):
    def atom(self, atom: Atom, p: Rational) -> Form | None:
        """M as (M + Mᵀ) / 2 where M = Mᵀ, which is seen only once guards are aligned."""
        if atom.kind not in MATRICES:
            return None
        matrix = of_atom(atom)
        turned = matrix.at(lin.of_index(matrix.column), lin.of_index(matrix.row))
        if turned.key == matrix.form.key or with_aligned_guards(subtract(matrix.form, turned)).terms:
            return None
        mean = Matrix(matrix.row, matrix.column, scale(add(matrix.form, turned), _HALF))
        return power(inverse(mean, *atom.linears) if atom.kind == "inv" else determinant(mean), p)


def with_symmetric_matrices(form: Form) -> Form:
    """The form with symmetric matrices written so that their text is that of their transposes."""
    return rewrite(form, _holds_guarded_matrix, _Mirrored())


def _holds_guarded_matrix(atom: Atom) -> bool:
    matrices = (held for held in inside(atom) if held.kind in MATRICES)
    return any(inner.kind == "atleast" for held in matrices for inner in inside(held))


# ---------------------------------------------------------------------------- multiplied by what is inverted


def without_inverses(form: Form) -> Form:
    """Σ_i M(a, i) form(i), for a free index i at which an inverse of M is read: zero only where the form is zero.

    Again for other inverses, as long as there are any.
    """
    for _ in range(MOST_ROUNDS):
        choices = {f"{atom.key} {side}": (atom, side, index) for atom, side, index in _read_at_free(form)}
        if not choices:
            break
        form = _multiplied(form, *choices[min(choices)])
    return form


def _read_at_free(form: Form) -> Iterator[tuple[Atom, int, Index]]:
    for term, _ in form.terms.values():
        for atom, p in term.factors.values():
            if atom.kind == "inv" and p == 1 and not atom.forms[0].free - set(atom.binders):
                for side, place in enumerate(atom.linears):
                    index = lin.single(place)
                    if index is None:
                        continue
                    twice = any(other is index for other, _ in atom.linears[1 - side][1])
                    if index in form.free and index.extent == atom.binders[0].extent and not twice:
                        yield atom, side, index


def _multiplied(form: Form, atom: Atom, side: int, index: Index) -> Form:
    matrix, new = of_atom(atom), fresh(index)
    at, over = lin.of_index(index), lin.of_index(new)
    moved = substitute(form, {index: over})
    return sum_over(multiply(matrix.at(at, over) if side == 0 else matrix.at(over, at), moved), new)
