"""Parts of a decomposition against each other, inside a product: what its defining equations say.

Σ_k L[i, k] L[j, k] = M(i, j)            Σ_k L⁻¹[k, i] L⁻¹[k, j] = M⁻¹(i, j)
Σ_i V[i, a] V[i, b] = δ(a - b)           Σ_k V[i, k] V[j, k] = δ(i - j)        Σ_k V[i, k] λ[k] V[j, k] = M(i, j)
Σ_i U[i, a] U[i, b] = δ(a - b)           Σ_k U[i, k] s[k] Vᵀ[k, j] = M(i, j), and the same of V, of Q, and of Q R
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dualgrad.program.entry import Index
from verify.form import linear as lin
from verify.form.algebra import join, multiply, sum_over
from verify.form.contract import delta
from verify.form.linear import Linear
from verify.form.matrices import inverse, of_atom, shorter
from verify.form.setting import NoForm
from verify.form.term import PARTS, Atom, Factors, Form, Rational, Term

VECTORS = frozenset({"eigenvector", "upper_eigenvector"})
# The axis of a part along which its vectors run: summed over, they are orthonormal.
ALONG = {**dict.fromkeys(VECTORS, 0), "left_vector": 0, "right_vector": 1, "q": 0}
Pair = tuple[Atom, Rational]


def met(bound: frozenset[Index], factors: Factors) -> Form | None:
    """Σ over ``bound`` of the product with parts of one decomposition put together; None where there are none."""
    for index in sorted(bound, key=lambda index: index.serial):
        here = [(key, *pair) for key, pair in sorted(factors.items()) if index in pair[0].free]
        if not here or not any(atom.kind in PARTS for _, atom, _ in here):
            continue
        found = _met(index, [(atom, p) for _, atom, p in here])
        if found is not None:
            rest = {key: pair for key, pair in factors.items() if all(key != taken for taken, _, _ in here)}
            term = Term(frozenset(), rest)
            return sum_over(multiply(Form({term.key: (term, 1)}), found), *(bound - {index}))
    return None


def _met(index: Index, pairs: Sequence[Pair]) -> Form | None:
    """What a sum over an index of these factors is."""
    single = [atom for atom, p in pairs for _ in range(2 if p == 2 else 1)]
    if any(p not in (1, 2) for _, p in pairs) or any(_inside(index, atom) for atom in single):
        return None
    values = [atom for atom in single if atom.kind in ("eigenvalue", "singular_value")]
    parts = [atom for atom in single if atom not in values]
    if len(parts) != 2 or len(values) > 1:
        return None
    first, second = parts
    for a, b in ((first, second), (second, first)):
        made = _together(index, a, b, values)
        if made is not None:
            return made
    return None


def _inside(index: Index, atom: Atom) -> bool:
    """Whether the index occurs in the matrix itself, or in more than one position, or not alone in one."""
    if not atom.forms or index in atom.forms[0].free:
        return True
    places = [place for place in atom.linears if any(i is index for i, _ in place[1])]
    return len(places) != 1 or lin.single(places[0]) is not index


def _together(index: Index, a: Atom, b: Atom, values: Sequence[Atom]) -> Form | None:
    side = _side(index, a), _side(index, b)
    i, j = a.linears[1 - side[0]], b.linears[1 - side[1]]
    if not _of_one(a, b, *values):
        return None
    matrix = of_atom(a)
    if values:
        value = values[0].kind
        if (a.kind, b.kind, value, side) == ("left_vector", "right_vector", "singular_value", (1, 0)):
            return matrix.at(i, j)
        if a.kind == b.kind and a.kind in VECTORS and (value, side) == ("eigenvalue", (1, 1)):
            return matrix.at(i, j)
        return None
    if a.kind == b.kind == "cholesky" and side == (1, 1):
        return matrix.at(i, j)
    if (a.kind, b.kind, side) == ("q", "r", (1, 0)):
        return matrix.at(i, j)
    if a.kind == b.kind == "inv" and side == (0, 0):
        whole = _factored(a)
        return None if whole is None else inverse(of_atom(whole), i, j)
    if a.kind == b.kind and side[0] == side[1] and a.kind in ALONG:
        return delta(i, j) if side[0] == ALONG[a.kind] or _is_square(a) else None
    return None


def _side(index: Index, atom: Atom) -> int:
    return next(k for k, place in enumerate(atom.linears) if lin.single(place) is index)


def _of_one(*atoms: Atom) -> bool:
    """Whether all are of one matrix."""
    return len({_text(atom) for atom in atoms}) == 1


def _text(atom: Atom) -> str:
    row, column = atom.binders
    zero: tuple[Linear, ...] = ()
    return Atom("matrix", "", zero, atom.forms, None, (row, column)).key


def _is_square(atom: Atom) -> bool:
    """Whether a part has as many vectors as these have entries."""
    matrix = of_atom(atom)
    try:
        count = shorter(matrix)
    except NoForm:
        return False
    length = matrix.column.extent if atom.kind == "right_vector" else matrix.row.extent
    return count == length


def _factored(atom: Atom) -> Atom | None:
    """The Cholesky factor L that an inverse is of."""
    for inner in _whole(atom):
        if inner.kind == "cholesky" and tuple(map(lin.single, inner.linears)) == atom.binders:
            return inner
    return None


def _whole(atom: Atom) -> Iterator[Atom]:
    """The atom that a matrix is, where it is one."""
    (form,) = atom.forms
    if len(form.terms) == 1:
        ((term, factor),) = form.terms.values()
        if factor == 1 and not term.bound and len(term.factors) == 1:
            ((inner, p),) = term.factors.values()
            if p == 1 and inner.forms and inner.forms[0].free.isdisjoint(atom.binders):
                yield inner


def with_pairs(factors: Factors) -> None:
    """Vectors of both readings differ by a sign: an even number of the upper ones is as many of the lower ones, and an
    odd number of both, an odd number of them upper, is as many upper ones. A vector of one entry is ±1."""
    for key, (atom, p) in list(factors.items()):
        if atom.kind in ALONG and atom.binders[ALONG[atom.kind]].extent == 1 and p.denominator == 1:
            del factors[key]
            if p % 2:
                factors[key] = (atom, 1)
    columns: dict[tuple[str, Linear], list[tuple[str, Atom, Rational]]] = {}
    for key, (atom, p) in factors.items():
        if atom.kind in VECTORS:
            columns.setdefault((_text(atom), atom.linears[1]), []).append((key, atom, p))
    for found in columns.values():
        upper = sum(p for _, atom, p in found if atom.kind == "upper_eigenvector")
        count = sum(p for _, _, p in found)
        if all(p.denominator == 1 for _, _, p in found) and upper and (upper % 2 == 0 or count % 2):
            _renamed(factors, found, "upper_eigenvector" if upper % 2 else "eigenvector")


def _renamed(factors: Factors, found: Sequence[tuple[str, Atom, Rational]], kind: str) -> None:
    for key, _, _ in found:
        del factors[key]
    for _, atom, p in found:
        new = Atom(kind, "", atom.linears, atom.forms, None, atom.binders)
        join(factors, new.key, new, p)
