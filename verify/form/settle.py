"""One product over bound indices, simplified: deltas contracted, guards merged, unused indices counted.

Σ_j δ(i - j) E(j)  =  E(i), with i's range where it is not j's     δ(i - k) E(k)  =  δ(i - k) E(i)
Σ_j E  =  n E  where j does not occur                              [l >= 0] [l + 1 >= 0]  =  [l >= 0]
Σ_{j<n} [j >= 1] E(j)  =  Σ_{j<n-1} E(j + 1)                       I(u)² = I(u),  I(u) I(-u) = 0
Σ_j M(i, j) inv(M)[j, k]  =  δ(i - k)                           Σ_k cos(2π k l / n)  =  n δ(l)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import floor

from dualgrad.program.entry import Index
from dualgrad.program.size import Extent
from verify.form import linear as lin
from verify.form.algebra import Move, join, multiply, rewrite, scale, size_form, sum_over
from verify.form.contract import contracted
from verify.form.linear import Linear
from verify.form.relations import relation
from verify.form.setting import Undefined, spend
from verify.form.term import PARTS, SLOPES, ZERO, Atom, Factors, Form, Rational, Term
from verify.form.turns import either, turned

TRUTHS = frozenset({"delta", "atleast", "multiple", "positive", "vanishes"})
Replacement = Mapping[Index, Linear]


def settled(bound: frozenset[Index], factors: Factors) -> Form:
    """Σ over ``bound`` of the product of ``factors``, simplified. ``factors`` may be changed."""
    spend(1, len(bound))
    kinds = {atom.kind for atom, _ in factors.values()}
    coefficient: Rational = 1
    if "root" in kinds:
        coefficient = _whole_roots(factors)
    if not kinds.isdisjoint(TRUTHS):
        _truths(factors)
        if "positive" in kinds and _contradict(factors):
            return ZERO
    if "kernel" in kinds:
        related = relation(factors)
        if related is not None:
            return scale(sum_over(multiply(settled(frozenset(), factors), related), *bound), coefficient)
    if "delta" in kinds:
        done = _contract(bound, factors)
        if done is not None:
            return scale(done, coefficient)
    if "atleast" in kinds:
        done = _merge_guards(bound, factors)
        if done is not None:
            return scale(done, coefficient)
    if "turn" in kinds or "multiple" in kinds:
        done = turned(bound, factors)
        if done is not None:
            return scale(done, coefficient)
    if "inv" in kinds and bound:
        done = contracted(bound, factors)
        if done is not None:
            return scale(done, coefficient)
    if not kinds.isdisjoint(PARTS):
        from verify.form.orthonormal import met, with_pairs

        with_pairs(factors)
        done = met(bound, factors)
        if done is not None:
            return scale(done, coefficient)
    if not kinds.isdisjoint(SLOPES) and bound:
        from verify.form.functions import traced

        done = traced(bound, factors)
        if done is not None:
            return scale(done, coefficient)
    return scale(_counted(bound, factors, "turn" in kinds), coefficient)


def truth(kind: str, form: Linear) -> Form:
    """The "delta" or "atleast" of an affine form of indices."""
    atom = Atom(kind, "", (form,))
    return settled(frozenset(), {atom.key: (atom, 1)})


def _product(factors: Factors) -> Form:
    term = Term(frozenset(), factors)
    return Form({term.key: (term, 1)})


def _whole_roots(factors: Factors) -> Rational:
    """Take the integer powers of primes out, as a number."""
    total: Rational = 1
    for key, (atom, power) in list(factors.items()):
        if atom.kind == "root" and (power >= 1 or power < 0):
            whole = floor(power)
            total = total * Fraction(int(atom.name)) ** whole
            del factors[key]
            if power != whole:
                factors[key] = (atom, power - whole)
    return total


def _truths(factors: Factors) -> None:
    """A 0-or-1 atom to a positive power is itself."""
    for key, (atom, power) in list(factors.items()):
        if atom.kind in TRUTHS and power != 1:
            if power < 0:
                raise Undefined(f"1 / {atom.key} has no value where the guard is off")
            factors[key] = (atom, 1)


def _contradict(factors: Factors) -> bool:
    """Whether two guards exclude each other: u > 0 with u < 0, or with u = 0."""
    bodies = {atom.forms[0].key for atom, _ in factors.values() if atom.kind == "positive"}
    zeros = {atom.forms[0].key for atom, _ in factors.values() if atom.kind == "vanishes"}
    if len(bodies) + len(zeros) < 2:
        return False
    opposite = {scale(atom.forms[0], -1).key for atom, _ in factors.values() if atom.kind == "positive"}
    return not bodies.isdisjoint(opposite | zeros) or not opposite.isdisjoint(zeros)


# ---------------------------------------------------------------------------- deltas


def _contract(bound: frozenset[Index], factors: Factors) -> Form | None:
    """Use one delta; None where no delta can do anything more."""
    for key, (atom, _) in list(factors.items()):
        if atom.kind != "delta":
            continue
        form = _reduced_equation(atom.linears[0])
        if form is None or lin.always_negative(form) or lin.always_negative(lin.times(form, -1)):
            return ZERO
        if form == (0, ()):
            del factors[key]
            return settled(bound, factors)
        if form != atom.linears[0]:
            del factors[key]
            _put(factors, "delta", form)
            return settled(bound, factors)
        pair = _digits(form)
        if pair is not None:
            del factors[key]
            for part in pair:
                _put(factors, "delta", part)
            return settled(bound, factors)
        index = _unit(form, bound)
        if index is not None:
            del factors[key]
            return _eliminate(bound, factors, index, _solved(form, index))
        done = _carry(bound, factors, key, form)
        if done is not None:
            return done
    return None


def _digits(form: Linear) -> tuple[Linear, Linear] | None:
    """n a + b = 0 with |b| < n says that both are 0."""
    for high, low, unit in lin.digits(form) if len(form[1]) > 1 else ():
        below = (unit - 1, ())
        if low != (0, ()) and all(lin.never_negative(lin.plus(below, lin.times(low, way))) for way in (1, -1)):
            return high, low
    return None


def _reduced_equation(form: Linear) -> Linear | None:
    """The equation over its greatest common divisor; None where it has no solution."""
    if not form[1]:
        constant = form[0]
        never = constant != 0 and (isinstance(constant, int) or lin.positive(constant) or lin.positive(constant * -1))
        return None if never else form
    divided, divisor = lin.divided(form)
    if divisor == 1 or not isinstance(form[0], int):
        return form
    return (form[0] // divisor, divided[1]) if form[0] % divisor == 0 else None


def _unit(form: Linear, among: frozenset[Index]) -> Index | None:
    """An index with coefficient ±1 to solve for: one whose value is in its range, and the newest, so that free names
    stay."""
    found = [index for index, factor in form[1] if factor in (1, -1) and index in among]
    if len(found) > 1 and len(form[1]) > 2:
        found = [index for index in found if not list(_outside(index, _solved(form, index)))] or found
    return max(found, key=lambda index: index.serial) if found else None


def _outside(index: Index, value: Linear) -> Iterator[Linear]:
    """What must be >= 0 for a value to be in an index's range, and is not known to be."""
    for guard in (value, lin.plus((index.extent - 1, ()), lin.times(value, -1))):
        if not lin.never_negative(guard):
            yield guard


def _solved(form: Linear, index: Index) -> Linear:
    """What the index is where the form is 0."""
    factor = next(c for i, c in form[1] if i is index)
    rest = (form[0], tuple((i, c) for i, c in form[1] if i is not index))
    return lin.times(rest, -1 if factor == 1 else 1)


def _eliminate(bound: frozenset[Index], factors: Factors, index: Index, value: Linear) -> Form:
    """Put the value for a bound index, which must be in the index's range."""
    moved = _moved(factors, {index: value})
    guards: Factors = {}
    for guard in _outside(index, value):
        _put(guards, "atleast", guard)
    return _again(bound - {index}, moved, guards)


def _carry(bound: frozenset[Index], factors: Factors, key: str, form: Linear) -> Form | None:
    """δ(i - k) E(k) = δ(i - k) E(i): put the newest index solved for in all other factors, and keep the delta."""
    index = _unit(form, frozenset(i for i, _ in form[1]))
    if index is None:
        return None
    others = {k: factor for k, factor in factors.items() if k != key}
    if not any(index in atom.free for atom, _ in others.values()):
        return None
    return _again(bound, _moved(others, {index: _solved(form, index)}), {key: factors[key]})


def _again(bound: frozenset[Index], moved: Factors | Form, more: Factors) -> Form:
    if isinstance(moved, Form):
        return sum_over(multiply(_product(more), moved), *bound)
    for key, (atom, power) in more.items():
        join(moved, key, atom, power)
    return settled(bound, moved)


def _moved(factors: Factors, by: Replacement) -> Factors | Form:
    """The factors with indices replaced: factors again where no atom holds a form that changes."""
    touched = [key for key, (atom, _) in factors.items() if not atom.free.isdisjoint(by)]
    if any(factors[key][0].forms for key in touched):
        return rewrite(_product(factors), lambda atom: not atom.free.isdisjoint(by), Move(by))
    moved = {key: factor for key, factor in factors.items() if key not in touched}
    for key in touched:
        atom, power = factors[key]
        linears = tuple(lin.replace(form, by) for form in atom.linears)
        new = Atom(atom.kind, atom.name, linears, (), atom.source)
        join(moved, new.key, new, power)
    return moved


def _put(factors: Factors, kind: str, form: Linear) -> None:
    atom = Atom(kind, "", (form,))
    factors[atom.key] = (atom, 1)


# ---------------------------------------------------------------------------- affine guards


def _merge_guards(bound: frozenset[Index], factors: Factors) -> Form | None:
    """Drop guards that are implied, tighten, and turn guards on one bound index into its range."""
    old = {key: atom.linears[0] for key, (atom, _) in factors.items() if atom.kind == "atleast"}
    tight: dict[tuple[tuple[Index, Extent], ...], Extent] = {}
    for form in old.values():
        form = _reduced_inequality(form)
        if lin.always_negative(form):
            return ZERO
        if lin.never_negative(form):
            continue
        known = tight.get(form[1])
        if known is None or lin.nonnegative(known - form[0]):
            tight[form[1]] = form[0]
        elif not lin.nonnegative(form[0] - known):
            return None
    for key in old:
        del factors[key]
    for parts, constant in tight.items():
        _put(factors, "atleast", (constant, parts))
    for parts, constant in tight.items():
        done = _opposite(bound, factors, tight, parts, constant)
        if done is not None:
            return done
    for parts, constant in tight.items():
        done = _range(bound, factors, (constant, parts))
        if done is not None:
            return done
    return None


def _reduced_inequality(form: Linear) -> Linear:
    """The same with smaller coefficients: over a common divisor, or, for n a + b >= 0 with 0 <= b < n, of a alone."""
    for high, low, unit in lin.digits(form) if len(form[1]) > 1 else ():
        for shift in (0, 1):
            lowered = lin.plus(low, (unit * shift, ()))
            if lin.never_negative(lowered) and lin.never_negative(lin.minus((unit - 1, ()), lowered)):
                return _reduced_inequality(lin.plus(high, (-shift, ())))
    divided, divisor = lin.divided(form)
    if divisor == 1 or not isinstance(form[0], int):
        return form
    return form[0] // divisor, divided[1]


def _opposite(
    bound: frozenset[Index],
    factors: Factors,
    tight: Mapping[tuple[tuple[Index, Extent], ...], Extent],
    parts: tuple[tuple[Index, Extent], ...],
    constant: Extent,
) -> Form | None:
    """l + a >= 0 and b - l >= 0: nothing where a + b < 0, an equation where a + b = 0."""
    other = lin.times((0, parts), -1)[1]
    if other not in tight:
        return None
    gap = constant + tight[other]
    if lin.positive(gap * -1):
        return ZERO
    if gap != 0:
        return _window(bound, factors, (constant, parts), gap)
    for form in ((constant, parts), (tight[other], other)):
        del factors[Atom("atleast", "", (form,)).key]
    _put(factors, "delta", (constant, parts))
    return settled(bound, factors)


def _window(bound: frozenset[Index], factors: Factors, form: Linear, gap: Extent) -> Form | None:
    """Σ_i over 0 <= i - e <= gap, inside the range of i, as a sum over i - e."""
    for index, factor in form[1]:
        if factor != 1 or index not in bound or len(form[1]) < 2 or not lin.nonnegative(gap):
            continue
        start, length = _solved(form, index), gap + 1
        if not lin.never_negative(start) or list(_outside(index, lin.plus(start, (gap, ())))):
            continue
        for guard in (form, lin.plus(lin.times(form, -1), (gap, ()))):
            del factors[Atom("atleast", "", (guard,)).key]
        new = Index(index.name, length)
        moved = _moved(factors, {index: lin.plus(lin.of_index(new), start)})
        return _again((bound - {index}) | ({new} if length != 1 else set()), moved, {})
    return None


def _range(bound: frozenset[Index], factors: Factors, form: Linear) -> Form | None:
    """A guard on one bound index as a change of its range."""
    if len(form[1]) != 1 or form[1][0][1] not in (1, -1):
        return None
    index, sign = form[1][0]
    if index not in bound:
        return None
    if sign == 1:  # index >= first
        first = form[0] * -1
        extent, value = index.extent - first, first
        fits = lin.nonnegative(first) and lin.nonnegative(extent)
    else:  # index <= last
        extent, value = form[0] + 1, 0
        fits = lin.nonnegative(extent) and lin.nonnegative(index.extent - extent)
    if not fits:
        return None
    if extent == 0:
        return ZERO
    del factors[Atom("atleast", "", (form,)).key]
    new = Index(index.name, extent)
    moved = _moved(factors, {index: lin.plus(lin.of_index(new), (value, ()))})
    return _again((bound - {index}) | ({new} if extent != 1 else set()), moved, {})


# ---------------------------------------------------------------------------- counting and direction


def _counted(bound: frozenset[Index], factors: Factors, turns: bool) -> Form:
    """Unused indices as their extents; the others in the direction in which they are read first."""
    used: frozenset[Index] = frozenset().union(*(atom.free for atom, _ in factors.values()))
    unused = [index for index in bound if index not in used]
    for index in bound & used:
        if _backwards(index, factors):
            flipped = lin.minus((index.extent - 1, ()), lin.of_index(index))
            return _again(bound, _moved(factors, {index: flipped}), {})
    term = Term(bound.intersection(used), factors)
    form = either(term) if turns else Form({term.key: (term, 1)})
    for index in sorted(unused, key=lambda index: index.serial):
        form = multiply(size_form(index.extent), form)
    return form


def _backwards(index: Index, factors: Factors) -> bool:
    """Whether the first array that the index is a position of, by label and axis, is read from its end."""
    first: tuple[str, int] | None = None
    signs: set[bool] = set()
    for atom, _ in factors.values():
        if atom.kind != "cell" or index not in atom.free:
            continue
        for axis, form in enumerate(atom.linears):
            factor = next((c for i, c in form[1] if i is index), None)
            if factor is None:
                continue
            place = (repr(atom.source), axis)
            if first is None or place < first:
                first, signs = place, set()
            if place == first:
                signs.add(lin.nonnegative(factor))
    return signs == {False}
