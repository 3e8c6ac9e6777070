"""The data of the normal form: atoms, terms, forms, and their canonical texts.

    Form = Σ rational · Term        Term = Σ over bound indices of a product of atoms to rational powers

An atom is one of

    cell      x[i, j]                       an entry of an array
    dim       n                             a dimension, a number >= 1
    root      2                             a prime, only to powers strictly between 0 and 1
    constant  π                             a named real constant
    delta     δ(i - j)                      1 where an affine form of indices is 0, else 0
    atleast   [i - j >= 0]                  1 where it is >= 0, else 0
    multiple  [i - j is a multiple of n]    1 where it is, else 0
    turn      cos(π (j k + 1) / (2n))       of a quadratic form of indices over a size: see verify.form.phases
    exp       exp(t)                        of a term with coefficient 1; the coefficient is the power
    base      P(form)                       a form under a negative or fractional power
    kernel    tanh(form)                    any other function
    positive  I(form > 0)                   1 where a form is > 0, else 0
    vanishes  I(form == 0)                  1 where a form is 0, else 0
    extreme   max_i form                    the largest, the smallest, or the product over an index
    inv       inv_rc(form)[i, j]            an entry of the inverse of the matrix of a form over a row and a column
    det       det_rc(form)                  its determinant
    cholesky  cholesky_rc(form)[i, j]       an entry of another function of it: see dualgrad.program.entry
    expm_slope  (form)[i, r, c, j]          of the slopes of a function of it, and
    distance  distance_from_negative(form)  how near its eigenvalues come to those <= 0: see verify.form.functions

Values are immutable by convention. Two forms are equal exactly if their keys are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

from dualgrad.program.entry import Index
from dualgrad.program.size import Extent
from verify.form.canonical import Names, naming
from verify.form.linear import Linear, times
from verify.form.phases import multiple_text, turn_text

Rational = int | Fraction
T = TypeVar("T")
_NONE: frozenset[Any] = frozenset()
NO_NAMES: Names = {}
PARTS = frozenset({"inv", "cholesky", "eigenvector", "upper_eigenvector", "left_vector", "right_vector", "q", "r"})
FUNCTIONS = {name: f"{name}_slope" for name in ("expm", "logm", "sqrtm", "sinm", "cosm")}
SLOPES = frozenset(FUNCTIONS.values())
DISTANCE = "distance_from_negative"
TURNED = frozenset({"inv", "det", DISTANCE, *FUNCTIONS, *SLOPES})  # the same of the transposed matrix, elsewhere
_WAYS = {False: ((0, 1, 2, 3), (2, 3, 0, 1)), True: ((1, 0, 3, 2), (3, 2, 1, 0))}  # where slopes are read the same


def tidy(value: Rational) -> Rational:
    """An int where it is one."""
    return value.numerator if value.denominator == 1 else value


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """An array whose entries are atoms: an input, a captured array, or an opaque intermediate.

    ``label`` is unique in a proof. ``sign`` is what is known of every entry.
    """

    label: str
    shape: tuple[Extent, ...]
    sign: str = "real"  # "real", "nonzero", "nonnegative" or "positive"
    symmetric: bool = False  # x[i, j] = x[j, i]: only ever set after differentiation

    def __repr__(self) -> str:
        return self.label


def _union(sets: list[frozenset[T]]) -> frozenset[T]:
    """All elements of some sets; the one set itself where there is one, which is nearly always."""
    return sets[0] if len(sets) == 1 else _NONE.union(*sets) if sets else _NONE


class Atom:
    """One factor of a term, without its power. See the module's table of kinds."""

    __slots__ = ("_key", "binders", "forms", "free", "height", "kind", "linears", "name", "source", "sources")

    def __init__(
        self,
        kind: str,
        name: str = "",
        linears: tuple[Linear, ...] = (),
        forms: tuple[Form, ...] = (),
        source: Source | None = None,
        binders: tuple[Index, ...] = (),
    ) -> None:
        self.kind = kind
        self.name = name
        self.linears = linears
        self.forms = forms
        self.source = source
        self.binders = binders  # indices that are bound in the forms, not in the positions
        inner = _union([form.free for form in forms]).difference(binders) if forms else _NONE
        self.free: frozenset[Index] = inner.union([i for form in linears for i, _ in form[1]])
        self.height: int = max((form.height for form in forms), default=0) + bool(binders)
        below = _union([form.sources for form in forms])
        self.sources: frozenset[Source] = below | {source} if source is not None else below
        self._key: str | None = None

    @property
    def index(self) -> Index | None:
        """The index that an extreme is over."""
        return self.binders[0] if len(self.binders) == 1 else None

    @property
    def key(self) -> str:
        """The text with free indices by their serial numbers."""
        if self._key is None:
            self._key = _atom_text(self, NO_NAMES)
        return self._key

    def __repr__(self) -> str:
        return self.key


Factors = dict[str, tuple[Atom, Rational]]  # by the atom's key


class Term:
    """Σ over ``bound`` of a product of atoms to powers; without a coefficient."""

    __slots__ = ("_key", "bound", "factors", "free", "height", "sources")

    def __init__(self, bound: frozenset[Index], factors: Factors) -> None:
        self.bound = bound
        self.factors = factors
        atoms = [atom for atom, _ in factors.values()]
        free = _union([atom.free for atom in atoms])
        self.free: frozenset[Index] = free - bound if bound else free
        self.sources: frozenset[Source] = _union([atom.sources for atom in atoms])
        self.height: int = max([atom.height for atom in atoms], default=0) + bool(bound)
        self._key: str | None = None

    @property
    def key(self) -> str:
        """The canonical text with free indices by their serial numbers."""
        if self._key is None:
            self._key = term_text(self, NO_NAMES)
        return self._key

    def __repr__(self) -> str:
        return self.key


class Form:
    """A sum of terms with rational coefficients, by the terms' keys; no coefficient is 0."""

    __slots__ = ("_key", "free", "height", "sources", "terms")

    def __init__(self, terms: dict[str, tuple[Term, Rational]]) -> None:
        self.terms = terms
        inner = [term for term, _ in terms.values()]
        self.free: frozenset[Index] = _union([term.free for term in inner])
        self.height: int = max([term.height for term in inner], default=0)
        self.sources: frozenset[Source] = _union([term.sources for term in inner])
        self._key: str | None = None

    @property
    def key(self) -> str:
        """The canonical text with free indices by their serial numbers."""
        if self._key is None:
            self._key = form_text(self, NO_NAMES)
        return self._key

    def __repr__(self) -> str:
        return self.key or "0"

    def __bool__(self) -> bool:
        return bool(self.terms)


def form_of(terms: Iterable[tuple[Term, Rational]]) -> Form:
    """The sum of terms, equal ones collected."""
    total: dict[str, tuple[Term, Rational]] = {}
    for term, factor in terms:
        known = total.get(term.key)
        if known is None:
            total[term.key] = (term, factor)
            continue
        factor = tidy(known[1] + factor)
        if factor:
            total[term.key] = (known[0], factor)
        else:
            del total[term.key]
    return Form(total)


def number(value: Rational) -> Form:
    """A rational number."""
    return Form({UNIT.key: (UNIT, tidy(value))}) if value else ZERO


def power_of(atom: Atom, exponent: Rational = 1) -> Form:
    """An atom to a power, as it is."""
    term = Term(frozenset(), {atom.key: (atom, exponent)})
    return Form({term.key: (term, 1)})


def constant_value(form: Form) -> Rational | None:
    """The rational number a form is, if it is one."""
    if not form.terms:
        return 0
    if len(form.terms) == 1 and UNIT.key in form.terms:
        return form.terms[UNIT.key][1]
    return None


# ---------------------------------------------------------------------------- texts


def form_text(form: Form, names: Names) -> str:
    """The canonical text of a form under names for (some of) its free indices."""
    if names and form.free.isdisjoint(names):
        return form.key
    return "+".join(sorted(f"{factor}·{term_text(term, names)}" for term, factor in form.terms.values()))


def term_text(term: Term, names: Names) -> str:
    """The canonical text of a term under names for (some of) its free indices."""
    if names and term.free.isdisjoint(names):
        return term.key
    if not term.bound:
        return "·".join(sorted(_factor_text(atom, power, names) for atom, power in term.factors.values()))
    own = canonical_names(term, names)
    extents = ",".join(str(index.extent) for index in sorted(own, key=lambda index: own[index]))
    inner = {**names, **own}
    return f"Σ<{extents}>" + "·".join(sorted(_factor_text(a, p, inner) for a, p in term.factors.values()))


def canonical_names(term: Term, names: Names = NO_NAMES) -> dict[Index, str]:
    """The canonical names of a term's bound indices."""
    bound = sorted(term.bound, key=lambda index: index.serial)
    factors = [(atom, power) for atom, power in term.factors.values() if not atom.free.isdisjoint(term.bound)]

    def write(own: Names) -> list[str]:
        inner = {**names, **own}
        return [_factor_text(atom, power, inner) for atom, power in factors]

    return naming(bound, term.height, write)


def _factor_text(atom: Atom, power: Rational, names: Names) -> str:
    text = _atom_text(atom, names) if names and not atom.free.isdisjoint(names) else atom.key
    return text if power == 1 else f"{text}^{power}"


def _atom_text(atom: Atom, names: Names) -> str:
    if atom.kind == "cell":
        return _cell_text(atom, names)
    if atom.kind == "delta":
        return f"δ({min(linear_text(atom.linears[0], names), linear_text(times(atom.linears[0], -1), names))})"
    if atom.kind == "turn":
        return turn_text(atom.linears, names)
    if atom.kind == "multiple":
        return multiple_text(atom.linears, names)
    if len(atom.binders) == 2:
        ways = [False, *([True] if atom.kind in TURNED else [])]
        return min(text for turned in ways for text in _matrix_texts(atom, names, turned))
    positions = ",".join(linear_text(form, names) for form in atom.linears)
    if atom.index is not None:
        own = f"b{atom.height}.0"
        inner = {**names, atom.index: own}
        return f"{atom.kind}:{atom.name}<{own}:{atom.index.extent}>[{positions}]({form_text(atom.forms[0], inner)})"
    return f"{atom.kind}:{atom.name}[{positions}]({';'.join(form_text(form, names) for form in atom.forms)})"


def _matrix_texts(atom: Atom, names: Names, turned: bool) -> Iterator[str]:
    """The texts of a function of a matrix, or of the same of the transposed matrix.

    The body comes first: the positions decide only where it is symmetric, or slopes are read in two ways.
    """
    rows, columns = (f"b{atom.height}.{int(turned)}", f"b{atom.height}.{int(not turned)}")
    row, column = atom.binders
    body = form_text(atom.forms[0], {**names, row: rows, column: columns})
    positions = [linear_text(form, names) for form in atom.linears]
    if atom.kind in SLOPES:
        ways = [[positions[place] for place in way] for way in _WAYS[turned]]
    else:
        ways = [positions[::-1] if turned else positions]
    for way in ways:
        yield f"{atom.kind}<{row.extent},{column.extent}>({body})[{','.join(way)}]"


def _cell_text(atom: Atom, names: Names) -> str:
    positions = [linear_text(form, names) for form in atom.linears]
    if atom.source is not None and atom.source.symmetric:
        positions.sort()
    return f"{atom.source!r}[{','.join(positions)}]"


def linear_text(form: Linear, names: Names) -> str:
    """An affine form of indices under names for (some of) them."""
    constant, parts = form
    if constant == 0 and len(parts) == 1 and parts[0][1] == 1:
        index = parts[0][0]
        return names.get(index) or f"%{index.serial}"
    inner = sorted(f"{names.get(index) or f'%{index.serial}'}*({factor})" for index, factor in parts)
    return f"({constant}|{';'.join(inner)})"


def pattern(form: Form) -> str:
    """The text of a form up to a renaming of its free indices: each by its extent and its first place in the text."""
    names: dict[str, str] = {}

    def named(match: re.Match[str]) -> str:
        return names.setdefault(match[0], f"%{len(names)}")

    text = re.sub(r"%\d+", named, form.key)
    extents = {f"%{index.serial}": str(index.extent) for index in form.free}
    return f"{text} over {[extents.get(name, '') for name in names]}"


def atoms(form: Form) -> Iterator[Atom]:
    """All atoms of a form, also inside others."""
    for term, _ in form.terms.values():
        for atom, _ in term.factors.values():
            yield from inside(atom)


def inside(atom: Atom) -> Iterator[Atom]:
    """An atom and all atoms inside it."""
    yield atom
    for form in atom.forms:
        yield from atoms(form)


UNIT = Term(frozenset(), {})
ZERO = Form({})
ONE = Form({UNIT.key: (UNIT, 1)})
