"""Functions of whole square matrices: exp, log, sqrt, sin and cos. Part of the checker's trusted base; written from
matrix analysis, for any f that is analytic around the eigenvalues of M.

For f(M) = Σ_k a_k M^k the change of f(M) is df(M)[i, j] = Σ_rc S(M)[i, r, c, j] dM[r, c], where S(M)[i, r, c, j] is
Σ_k a_k Σ_(p + q = k - 1) M^p[i, r] M^q[c, j]: the same for (i, r) and (c, j) exchanged, and for Mᵀ with each of them
turned. By the same series f([[A, T], [0, A]]) = [[f(A), D], [0, f(A)]], D[i, j] being Σ_rc S(A)[i, r, c, j] T[r, c];
and Σ_i S(M)[i, r, c, i] = f'(M)[c, r].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from verify.trusted.terms import FUNCTIONS, SLOPES, Atom, Form, Poly, Term, less, names_of, need, ways

_HALF = Fraction(1, 2)
_OF_NUMBERS: dict[str, Callable[[Any, Form], Form]] = {  # of a matrix with one entry
    "expm": lambda w, u: w.exp(u), "expm slope": lambda w, u: w.exp(u),
    "logm": lambda w, u: w.log(u), "logm slope": lambda w, u: w.power(u, -1),
    "sqrtm": lambda w, u: w.power(u, _HALF), "sqrtm slope": lambda w, u: w.power(u, -_HALF) * _HALF,
    "sinm": lambda w, u: w.function("sin", u), "sinm slope": lambda w, u: w.function("cos", u),
    "cosm": lambda w, u: w.function("cos", u), "cosm slope": lambda w, u: w.function("sin", u) * -1,
}  # fmt: skip


def change(w: Any, atom: Atom) -> tuple[Form, Form, list[Poly]]:
    """The entry of the matrix, the factor of its change in that of the function's entry, and its two indices."""
    need(atom.kind in FUNCTIONS, f"no derivative of the {atom.kind} of a matrix is known")
    entry, (row, column) = w.held(atom)
    i, j = atom.args
    return entry, w.over(f"{atom.kind} slope", *w.held(atom), (i, row, column, j)), [row, column]


def of_whole(w: Any, kind: str, u: Form, indices: Sequence[Poly], args: tuple[Poly, ...]) -> Form:
    """An entry of a function, or of its slopes, of the matrix u over a row and a column."""
    (r, c), u = indices, w.reduced(u)
    need(bool(r) == bool(c) and (not r or w.ranges[r.name] == w.ranges[c.name]), "a matrix that is not square")
    if not r:
        return _OF_NUMBERS[kind](w, u)
    if r.name > c.name:  # what [r == c] makes of a factor depends on their order
        by = {r.name: w.index(w.ranges[r.name]), c.name: w.index(w.ranges[c.name])}
        return of_whole(w, kind, w.at(u, by), list(by.values()), args)
    blocks = _of_blocks(w, kind, u, (r, c), args) if kind in FUNCTIONS else None
    if blocks is not None:
        return blocks
    turned = w.at(u, {r.name: c, c.name: r})
    other = args[::-1] if kind in FUNCTIONS else (args[1], args[0], args[3], args[2])
    one, two = w.holder(kind, u, indices, args), w.holder(kind, turned, indices, other)
    atom = max(one, two, key=lambda atom: atom.body)
    atom = atom._replace(name="symmetric" if one.body == two.body else "")
    return w.atom(*atom._replace(args=min(ways(atom))))  # type: ignore[no-any-return]


def traced(w: Any, term: Term) -> Form | None:
    """One sum over an index that a slope has twice, and nothing else has, as what it is; None without one."""
    binders, factors = w.opened(term)
    for atom in [a for a, p in factors.items() if a.kind in SLOPES and p == 1]:
        others = set().union(*(names_of(a) for a in factors if a != atom))
        for one, two in ((0, 3), (1, 2)):
            name, left = atom.args[one].name, [atom.args[k] for k in range(4) if k not in (one, two)]
            inside = names_of(atom._replace(args=tuple(left))) | others
            if name not in binders or atom.args[one] != atom.args[two] or name in inside:
                continue
            entry, indices = w.held(atom)
            if w.ranges[name] == w.ranges[indices[0].name]:
                made = _derivative(w, atom.kind, entry, indices, tuple(left[::-1] if one == 0 else left))
                return w.emit(Form(), 1, [b for b in binders if b != name], less(factors, atom), [made])  # type: ignore[no-any-return]
    return None


def _derivative(w: Any, kind: str, u: Form, indices: Sequence[Poly], args: tuple[Poly, ...]) -> Form:
    """f'(M) at a place: exp' = exp, sin' = cos, cos' = -sin, log' = 1 / x, √' = 1 / (2 √)."""
    if kind == "logm slope":
        return w.over("inv", u, indices, args)  # type: ignore[no-any-return]
    if kind == "sqrtm slope":
        return w.over("inv", of_whole(w, "sqrtm", u, indices, tuple(indices)), indices, args) * _HALF  # type: ignore[no-any-return]
    name, sign = {"expm slope": ("expm", 1), "sinm slope": ("cosm", 1), "cosm slope": ("sinm", -1)}[kind]
    return of_whole(w, name, u, indices, args) * sign


def _of_blocks(w: Any, kind: str, u: Form, indices: Sequence[Poly], args: tuple[Poly, ...]) -> Form | None:
    """The entry for a matrix of four blocks, the same one twice and zeros below; None for others."""
    r, c = indices
    size = w.ranges[r.name]
    if any(f % 2 for _, f in size):
        return None
    half = Poly((names, f // 2) for names, f in size)
    a, b = w.index(half), w.index(half)

    def block(down: int, right: int) -> Form:
        return w.reduced(w.at(u, {r.name: a + half * down, c.name: b + half * right}))  # type: ignore[no-any-return]

    inner, below = block(0, 0), block(1, 0)
    if below:
        return None if block(0, 1) else _of_blocks(w, kind, u, (c, r), args[::-1])
    sides = [1 if w.always(p - half) else 0 if w.always(half - p - 1) else None for p in args]
    if inner != block(1, 1) or None in sides:
        return None
    i, j = (p - half if side else p for p, side in zip(args, sides, strict=True))
    if sides[0] == sides[1]:
        return of_whole(w, kind, inner, [a, b], (i, j))
    if sides[0]:
        return Form()
    slope = of_whole(w, f"{kind} slope", inner, [a, b], (i, a, b, j))
    return w.total(w.mul(slope, block(0, 1)), [a, b])  # type: ignore[no-any-return]
