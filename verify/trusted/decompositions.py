"""Decompositions of matrices: how their parts change, and what they make together. Part of the checker's trusted base.

Each law is the one solution of a differentiated equation, written down from linear algebra: L Lᵀ = M with a lower
triangle L; M V = V Λ with VᵀV = 1; U S V = M with UᵀU = VVᵀ = 1; Q R = M with QᵀQ = 1, R an upper triangle.
Signs of vectors are anybody's: each branch that is continuous follows the law. ``w`` is the checker's algebra.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from verify.trusted import functions, terms
from verify.trusted.terms import UNITY, ZERO, Atom, Factors, Form, Poly, Term, less, names_of, need, poly

VALUES = {"eigenvalue", "singular"}
ALONG = {"eigenvector": 0, "upper": 0, "left": 0, "right": 1, "q": 0}  # the axis along which vectors run
RESTS = {"left rest", "right rest", "q rest"}  # what completes a basis: any columns or rows do, so there is no law
PARTS = {*VALUES, *ALONG, *RESTS, "cholesky", "r"}
Part = Callable[..., Form]


def shorter(w: Any, rows: Poly, columns: Poly) -> Poly:
    """The number of rows or of columns, whichever is not larger for any size."""
    wide = w.nonnegative(columns - rows)
    need(wide or w.nonnegative(rows - columns), "a matrix that may be longer either way")
    return rows if wide else columns


def change(w: Any, atom: Atom) -> tuple[Form, Form, list[Poly]]:
    """The entry of the matrix that a part is of, the factor of its change in that of the part, and its two indices."""
    if atom.kind in terms.WHOLE:
        return functions.change(w, atom)
    need(atom.kind in _LAWS, f"no derivative of the {atom.kind} of a matrix is known")
    entry, (row, column) = w.held(atom)
    of: Part = lambda kind, *at: w.over(kind, *w.held(atom), at)  # noqa: E731
    count = shorter(w, w.ranges[row.name], w.ranges[column.name])
    return entry, _LAWS[atom.kind](w, of, count, row, column, *atom.args), [row, column]


def _inverse(w: Any, of: Part, kind: str, extent: Poly, at: tuple[Poly, Poly]) -> Form:
    """An entry of the inverse of a triangle."""
    r, c = w.index(extent), w.index(extent)
    return w.over("inv", of(kind, r, c), [r, c], at)  # type: ignore[no-any-return]


def _off(w: Any, of: Part, kind: str, a: Poly, b: Poly, power: int) -> Form:
    """1 / (v[b]^p - v[a]^p) for a != b, else 0."""
    same = w.relation("==", a - b)
    gap = w.power(of(kind, b), power) - w.power(of(kind, a), power)
    return w.mul(UNITY - same, w.power(gap + same, -1))  # type: ignore[no-any-return]


def _cholesky(w: Any, of: Part, n: Poly, row: Poly, column: Poly, i: Poly, j: Poly) -> Form:
    k = w.index(n)
    half = w.relation(">=", k - j) - w.relation("==", k - j) * Fraction(1, 2)
    sides = _inverse(w, of, "cholesky", n, (k, row)), _inverse(w, of, "cholesky", n, (j, column))
    return w.total(w.mul(of("cholesky", i, k), half, *sides), [k])  # type: ignore[no-any-return]


def _vector(kind: str) -> Callable[..., Form]:
    def law(w: Any, of: Part, n: Poly, row: Poly, column: Poly, i: Poly, j: Poly) -> Form:
        k = w.index(n)
        gap = _off(w, of, "eigenvalue", k, j, 1)
        return w.total(w.mul(gap, of(kind, i, k), of(kind, row, k), of(kind, column, j)), [k])  # type: ignore[no-any-return]

    return law


def _singular_vector(kind: str) -> Callable[..., Form]:
    other = "right" if kind == "left" else "left"
    way = 1 if kind == "left" else -1

    def law(w: Any, of: Part, n: Poly, row: Poly, column: Poly, *at: Poly) -> Form:
        (i, p), (near, far), a = at[::way], (row, column)[::way], w.index(n)

        def u(i: Poly, a: Poly) -> Form:
            return of(kind, *(i, a)[::way])

        def v(a: Poly, j: Poly) -> Form:
            return of(other, *(a, j)[::way])

        s, t = of("singular", p), of("singular", a)
        both = w.mul(u(near, a), v(p, far), s) + w.mul(t, v(a, far), u(near, p))
        inside = w.total(w.mul(_off(w, of, "singular", a, p, 2), u(i, a), both), [a])
        outside = w.relation("==", i - near) - w.total(w.mul(u(i, a), u(near, a)), [a])
        return inside + w.mul(outside, v(p, far), w.power(s, -1))  # type: ignore[no-any-return]

    return law


def _turned(w: Any, of: Part, n: Poly, row: Poly, column: Poly, a: Poly, b: Poly) -> Form:
    """Of dM, in (Qᵀ dM R⁻¹)[a, b]."""
    return w.mul(of("q", row, a), _inverse(w, of, "r", n, (column, b)))  # type: ignore[no-any-return]


def _above(w: Any, a: Poly, b: Poly) -> Form:
    """[b > a]"""
    return w.relation(">=", b - a) - w.relation("==", b - a)  # type: ignore[no-any-return]


def _q(w: Any, of: Part, n: Poly, row: Poly, column: Poly, i: Poly, p: Poly) -> Form:
    a = w.index(n)
    turned, back = _turned(w, of, n, row, column, a, p), _turned(w, of, n, row, column, p, a)
    inside = w.mul(_above(w, p, a), turned) - w.mul(_above(w, a, p), back) - turned
    moved = w.mul(w.relation("==", i - row), _inverse(w, of, "r", n, (column, p)))
    return w.total(w.mul(of("q", i, a), inside), [a]) + moved  # type: ignore[no-any-return]


def _r(w: Any, of: Part, n: Poly, row: Poly, column: Poly, p: Poly, j: Poly) -> Form:
    b = w.index(n)
    turned, back = _turned(w, of, n, row, column, p, b), _turned(w, of, n, row, column, b, p)
    inside = w.mul(w.relation(">=", b - p), turned) + w.mul(_above(w, p, b), back)
    return w.total(w.mul(inside, of("r", b, j)), [b])  # type: ignore[no-any-return]


_LAWS: dict[str, Callable[..., Form]] = {
    "cholesky": _cholesky, "eigenvector": _vector("eigenvector"), "upper": _vector("upper"), "q": _q, "r": _r,
    "eigenvalue": lambda w, of, n, r, c, i: w.mul(of("eigenvector", r, i), of("eigenvector", c, i)),
    "singular": lambda w, of, n, r, c, i: w.mul(of("left", r, i), of("right", i, c)),
    "left": _singular_vector("left"), "right": _singular_vector("right"),
}  # fmt: skip


# ---------------------------------------------------------------------------- what parts make together


def same_value(w: Any, form: Form) -> Form | None:
    """[v(i) - v(j) == 0] for values of one matrix, which are told apart on the domain; [s == 0] is 0."""
    held = [(term[1], c) for term, c in form.items() if not term[0] and len(term[1]) == 1]
    if len(held) != len(form) or any(factors[0][0].kind not in VALUES for factors, _ in held):
        return None
    if len(held) == 1 and held[0][0][0][0].kind == "singular":
        return Form()
    if len(held) != 2 or held[0][1] != -held[1][1]:
        return None
    ((a, p),), ((b, q),) = held[0][0], held[1][0]
    alone = p == q and (abs(p) == 1 or a.kind == "singular") and a._replace(args=b.args) == b
    return w.relation("==", a.args[0] - b.args[0]) if alone else None


def met(w: Any, term: Term) -> Form | None:
    """One sum over an index of two parts, and perhaps a value, of one matrix as what it is; None without one."""
    if any(atom.kind in terms.SLOPES for atom, _ in term[1]) and (found := functions.traced(w, term)) is not None:
        return found
    binders, factors = w.opened(term)
    for name in binders:
        near = {a: p for a, p in factors.items() if name in names_of(a)}
        if sum(a.kind in PARTS or a.kind == "inv" for a in near) and all(p in (1, 2) for p in near.values()):
            found = _together(w, poly(name), [a for a, p in near.items() for _ in range(int(p))])
            if found is not None:
                rest = {a: p for a, p in factors.items() if a not in near}
                return w.emit(Form(), 1, [b for b in binders if b != name], rest, [found])  # type: ignore[no-any-return]
    return None


def _together(w: Any, index: Poly, atoms: Sequence[Atom]) -> Form | None:
    parts, values = [a for a in atoms if a.kind not in VALUES], [a for a in atoms if a.kind in VALUES]
    inside = any(index.name in names_of(a._replace(args=())) or a.args.count(index) != 1 for a in atoms)
    strange = any(a.kind not in PARTS and a.kind != "inv" for a in atoms)
    if inside or strange or len(parts) != 2 or len(values) > 1 or len({a.body for a in atoms}) != 1:
        return None
    a, b = sorted(parts, key=lambda a: a.kind)
    side, (i, j) = (a.args.index(index), b.args.index(index)), (a.args[a.args[0] == index], b.args[b.args[0] == index])
    entry, (row, column) = w.held(a)
    kinds, value = (a.kind, b.kind), values[0].kind if values else ""
    if (kinds, side, value) in (
        (("left", "right"), (1, 0), "singular"), (("eigenvector", "eigenvector"), (1, 1), "eigenvalue"),
        (("upper", "upper"), (1, 1), "eigenvalue"), (("cholesky", "cholesky"), (1, 1), ""), (("q", "r"), (1, 0), ""),
    ):  # fmt: skip
        return w.at(entry, {row.name: i, column.name: j})  # type: ignore[no-any-return]
    if kinds == ("inv", "inv") and not value:
        return _inverted(w, a, entry, (row, column), side, (i, j))
    if value or a.kind != b.kind or side[0] != side[1] or a.kind not in ALONG:
        return None
    rows, columns = w.ranges[row.name], w.ranges[column.name]
    full = (columns if a.kind == "right" else rows) == shorter(w, rows, columns)
    return w.relation("==", i - j) if side[0] == ALONG[a.kind] or full else None


def _inverted(w: Any, atom: Atom, entry: Form, axes: Sequence[Poly], side: Any, at: tuple[Poly, Poly]) -> Form | None:
    """Σ_k inv(L)[k, i] inv(L)[k, j] = inv(M)[i, j]"""
    ((_, factors), c), *more = entry.items()
    if more or c != 1 or len(factors) != 1:
        return None
    ((inner, p),) = factors
    lower = inner.kind == "cholesky" and p == 1 and {*inner.args} == {*axes}
    if not lower or side != ((0, 0) if inner.args == tuple(axes) else (1, 1)):
        return None
    return w.over("inv", *w.held(inner), at)  # type: ignore[no-any-return]


def signed(w: Any, factors: Factors) -> Factors:
    """Vectors of both readings differ by a sign: as few kinds of them as there may be."""
    found = dict(factors)
    groups: dict[Any, list[Atom]] = {}
    for atom in found:
        if atom.kind in ("eigenvector", "upper"):
            groups.setdefault((atom.body, atom.args[1]), []).append(atom)
    for group in groups.values():
        upper, count = sum(found[a] for a in group if a.kind == "upper"), sum(found[a] for a in group)
        if upper and (upper % 2 == 0 or count % 2):
            kind = "upper" if upper % 2 else "eigenvector"
            powers = [(a._replace(kind=kind), found.pop(a)) for a in group]
            for atom, p in powers:
                found = w.merged(found, {atom: p})
    return found


# ---------------------------------------------------------------------------- triangles


def implied(atom: Atom) -> Iterator[Poly]:
    """What is >= 0 wherever an entry of a triangle is not 0."""
    sign = {"cholesky": 1, "r": -1}.get(atom.kind, 0)
    if atom.kind == "inv":
        sign = _inverse_sign(atom)
    if sign:
        yield (atom.args[0] - atom.args[1]) * sign


def _inverse_sign(atom: Atom) -> int:
    """1 for an inverse of a lower triangle, -1 for one of an upper one."""
    ((_, marks),) = (term for term, _ in atom.body)
    axes = {a.name: a.args[0] for a, _ in marks if a.kind == "axis"}
    (entry,) = (a.body for a, _ in marks if a.kind == "entry")
    if len(entry) != 1 or entry[0][1] != 1 or entry[0][0][0] or len(entry[0][0][1]) != 1:
        return 0
    ((inner, p),) = entry[0][0][1]
    if p != 1 or inner.kind not in ("cholesky", "r") or {*inner.args} != {axes["0"], axes["1"]}:
        return 0
    return (1 if inner.kind == "cholesky" else -1) * (1 if inner.args == (axes["0"], axes["1"]) else -1)


def follows(w: Any, asked: Poly, known: Sequence[Poly], most: int = 3) -> bool:
    """Whether asked >= 0: for all values of its indices, or less up to three that are >= 0 and fall with it."""
    if w.always(asked):
        return True
    falling = {names for names, f in asked if f < 0}
    near = [p for p in known if any(f < 0 and names in falling for names, f in p)] if most else []
    return any(follows(w, asked - p, known, most - 1) for p in near)


def settled(w: Any, form: Form) -> Form:
    """Guards next to triangles that follow are dropped, and others taken in the direction of the least term."""
    out, todo = Form(), list(form.items())
    while todo:
        term, c = todo.pop()
        hit = _simpler(w, term) or _directed(w, term)
        if hit is None:
            out.gather(term, c)
        else:
            todo.extend((other, c * k) for other, k in hit[0].items())
    return out


def _simpler(w: Any, term: Term) -> list[Form] | None:
    binders, factors = w.opened(term)
    triangles = [p for atom in factors for p in implied(atom)]
    guards = {atom: atom.args[0] for atom in factors if atom.kind == ">="}
    for atom, p in guards.items():
        others = [*triangles, *(q for other, q in guards.items() if other != atom)]
        if follows(w, ZERO - p - 1, others):
            return [Form()]
        if follows(w, p, others):
            return [w.emit(Form(), 1, binders, less(factors, atom))]
        if follows(w, ZERO - p, others):
            return [w.emit(Form(), 1, binders, w.merged(less(factors, atom), {terms.related("==", p): 1}))]
    for k, p in enumerate(triangles):
        if p and follows(w, ZERO - p, [*triangles[:k], *triangles[k + 1 :], *guards.values()]):
            return [w.emit(Form(), 1, binders, w.merged(factors, {terms.related("==", p): 1}))]
    return None


def _directed(w: Any, term: Term) -> list[Form] | None:
    """The term in another direction of one factor, where that makes it less."""
    binders, factors = w.opened(term)
    for atom, power in factors.items():
        for other, sign, more in _directions(w, atom, power):
            whole = w.emit(Form(), sign, binders, less(factors, atom), [other])
            if len(whole) == 1 and min(whole) < term:
                return [whole + w.emit(Form(), 1, binders, less(factors, atom), [more])]
    return None


def _directions(w: Any, atom: Atom, power: Any) -> Iterator[tuple[Form, int, Form]]:
    """Other ways to write a factor, as sign · other + more.

    [a >= b] = 1 + [a == b] - [b >= a], and 1 / F = 2 σ δ - 1 / (σ δ - G) for F = G + σ δ, G being 0 where δ is 1; each
    reciprocal with either sign.
    """
    if atom.kind == ">=":
        (p,) = atom.args
        if sorted(f for _, f in p) == [-1, 1] and all(len(names) == 1 and names[0][0] == "#" for names, _ in p):
            yield w.relation(">=", ZERO - p), -1, UNITY + w.relation("==", p)
    if atom.kind != "base" or power != -1:
        return
    whole = Form(dict(atom.body))
    deltas = [(t, c) for t, c in whole.items() if not t[0] and [a.kind for a, _ in t[1]] == ["=="] and abs(c) == 1]
    if len(deltas) != 1:
        return
    ((delta, sigma),) = deltas
    same = Form({delta: sigma})
    if w.mul(Form({delta: 1}), whole - same):
        return
    turned = same - (whole - same)
    for form, sign, more in ((whole * -1, -1, Form()), (turned, -1, same * 2), (turned * -1, 1, same * 2)):
        yield Form({((), ((Atom("base", "", (), tuple(sorted(form.items()))), -1),)): 1}), sign, more
