"""Cosines of phases inside a product: one of each size, and sums over a whole period; what is a multiple of a size.

2 cos a cos b  =  cos(a - b) + cos(a + b)            cos(a + π)  =  - cos a
Σ_{k<n} cos(2π k l / n + a)  =  n [l = 0 mod n] cos a            Σ_{k<n} [k = l mod n] f(k)  =  f(l), of period n
Σ_{k<n} cos(π m (2k + 1) / (2n))  =  2n [m = 0 mod 4n] - n [m = 0 mod 2n]
Σ_{k<n} cos(π m k / n)  =  n [m = 0 mod 2n] + [m = 1 mod 2]      Σ_{0<k<n} and Σ_{k<=n} follow from it
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from dualgrad.program.entry import Index
from dualgrad.program.size import Extent
from verify.form import linear as lin
from verify.form.algebra import add, multiply, scale, size_form, substitute, subtract, sum_over
from verify.form.linear import Linear
from verify.form.phases import Phase, linears_of, over, phase_of, plus, reduced, residue
from verify.form.term import ONE, ZERO, Atom, Factors, Form, Term, form_of, number, power_of

MOST_DIVISIONS = 512  # of the circle, whose cosines are put in terms of a basis
HALF = Fraction(1, 2)


def cosine(phase: Phase, size: Extent) -> Form:
    """cos(π phase / (2 size)): in terms of a basis where it is a number."""
    phase = reduced(phase, size)
    if set(phase) <= {()}:
        value = _number(phase.get((), 0), size)
        if value is not None:
            return value
    return power_of(_atom(phase, size))


def turn(name: str, left: Linear, right: Linear, size: Extent) -> Form:
    """The "cos" or "sin" of π left · right / (2 size): a sine is a cosine a quarter of a turn behind."""
    behind: Extent = size * -1 if name == "sin" else 0
    return cosine(phase_of((left, right, (behind, ()), (size, ()))), size)


def multiple(form: Linear, size: Extent) -> Form:
    """1 where the form is a multiple of the size, else 0."""
    from verify.form.settle import truth

    form = near(form, size)
    if size == 2 and isinstance(form[0], int) and form[0] % 2:
        return subtract(ONE, multiple((0, form[1]), size))
    sides = (lin.plus((size - 1, ()), lin.times(form, way)) for way in (1, -1))
    if size == 1 or form == (0, ()):
        return ONE
    if all(map(lin.never_negative, sides)):
        return truth("delta", form)
    return power_of(Atom("multiple", "", (form, (size, ()))))


def near(form: Linear, size: Extent) -> Linear:
    """The form up to multiples of a size: of a number, with coefficients about 0."""
    constant, parts = residue(form, size)

    def around(factor: Extent) -> Extent:
        both = isinstance(factor, int) and isinstance(size, int)
        return (factor + size // 2) % size - size // 2 if both else factor  # type: ignore[operator]

    return lin.linear(around(constant), {index: around(factor) for index, factor in parts})


def turned(bound: frozenset[Index], factors: Factors) -> Form | None:
    """Σ over ``bound`` of a product with cosines or multiples, one step simpler; None where no step is known."""
    for key, (atom, p) in list(factors.items()):
        if atom.kind == "multiple":
            value = multiple(atom.linears[0], _size(atom))
            if value.key != power_of(atom).key:
                return _with(bound, factors, (key,), value)
            done = _chosen(bound, factors, key)
        elif atom.kind == "turn" and p > 0 and p % 1 == 0:
            done = _simpler(bound, factors, key, int(p))
        else:
            continue
        if done is not None:
            return done
    return None


def _chosen(bound: frozenset[Index], factors: Factors, key: str) -> Form | None:
    """Σ_j [j - l is a multiple of n] f(j) = f(l), for j over n places and f of period n."""
    form, size = factors[key][0].linears[0], _size(factors[key][0])
    for index, factor in form[1]:
        others = [atom for k, (atom, _) in factors.items() if k != key and index in atom.free]
        one = factor in (1, -1) and index in bound and index.extent == size
        if one and all(_repeats(atom, index, size) for atom in others):
            rest = (form[0], tuple((i, c) for i, c in form[1] if i is not index))
            term = Term(frozenset(), {k: found for k, found in factors.items() if k != key})
            moved = substitute(Form({term.key: (term, 1)}), {index: lin.times(rest, -1 if factor == 1 else 1)})
            return sum_over(moved, *(bound - {index}))
    return None


def _repeats(atom: Atom, index: Index, period: Extent) -> bool:
    """Whether an atom has this period in an index."""
    if atom.kind == "multiple":
        return _size(atom) == period
    if atom.kind != "turn" or _size(atom) != period:
        return False
    touched = [(indices, c) for indices, c in phase_of(atom.linears).items() if index in indices]
    return all(indices.count(index) == 1 and over(c, 4) is not None for indices, c in touched)


def _simpler(bound: frozenset[Index], factors: Factors, key: str, p: int) -> Form | None:
    """One step with a cosine to a whole power."""
    atom = factors[key][0]
    phase, size = phase_of(atom.linears), _size(atom)
    value = _number(phase.get((), 0), size) if set(phase) <= {()} else None
    if value is not None and value.key != power_of(atom).key:
        return _with(bound, factors, (key,), *[value] * p)
    if p > 1:
        double = scale(add(ONE, cosine(plus(phase, phase, size), size)), HALF)
        return _with(bound, factors, (key,), double, *[power_of(atom)] * (p - 2))
    for other, (two, q) in factors.items():
        if other != key and two.kind == "turn" and q == 1 and _size(two) == size:
            sums = (cosine(plus(phase, phase_of(two.linears), size, sign), size) for sign in (-1, 1))
            return _with(bound, factors, (key, other), scale(add(*sums), HALF))
    for index in sorted(bound & atom.free, key=lambda index: index.serial):
        if not any(index in a.free for k, (a, _) in factors.items() if k != key):
            done = _period(index, phase, size)
            if done is not None:
                return _with(bound - {index}, factors, (key,), done)
    return None


def _with(bound: frozenset[Index], factors: Factors, without: tuple[str, ...], *forms: Form) -> Form:
    rest = Term(frozenset(), {key: factor for key, factor in factors.items() if key not in without})
    return sum_over(multiply(Form({rest.key: (rest, 1)}), *forms), *bound)


def either(term: Term) -> Form:
    """A term with cosines as itself, or as minus the one with an angle half a turn on: of the two, always the same."""
    best, sign = term, 1
    for key, (atom, p) in term.factors.items():
        if atom.kind == "turn" and p == 1 and atom.free:
            size = _size(atom)
            partner = _atom(plus(phase_of(atom.linears), {(): size * 2}, size), size)
            others = {k: factor for k, factor in best.factors.items() if k != key}
            if partner.key in others:  # to a power below 0
                continue
            other = Term(term.bound, {**others, partner.key: (partner, 1)})
            if other.key == best.key:
                return ZERO
            if other.key < best.key:
                best, sign = other, -sign
    return Form({best.key: (best, sign)})


def _atom(phase: Phase, size: Extent) -> Atom:
    return Atom("turn", "", linears_of(phase, size))


def _size(atom: Atom) -> Extent:
    return atom.linears[-1][0]


# ---------------------------------------------------------------------------- sums over a period


def _period(index: Index, phase: Phase, size: Extent) -> Form | None:
    """Σ over an index of a cosine, where the index runs over a whole period, or over half of one."""
    if any(index in indices[:1] == indices[1:] for indices in phase):
        return None
    for times in (1, 2, 4):
        period = over(size, times)
        fine = {indices: over(factor, times) for indices, factor in phase.items()}
        whole = {indices: factor for indices, factor in fine.items() if factor is not None}
        slope = {tuple(i for i in indices if i is not index): f for indices, f in whole.items() if index in indices}
        if period is not None and len(whole) == len(phase) and all(len(indices) < 2 for indices in slope):
            rest = {indices: factor for indices, factor in whole.items() if index not in indices}
            done = _around(index.extent, slope, rest, period)
            if done is not None:
                return done
    return None


def _around(count: Extent, slope: Phase, rest: Phase, period: Extent) -> Form | None:
    """Σ_k cos(π (k slope + rest) / (2 period)) over ``count`` steps; None where they close no circle."""
    quarters, m = _divided(slope, 4, period), _divided(slope, 2, period)
    if count == period and quarters is not None:
        return multiply(size_form(period), multiple(quarters, period), cosine(rest, period))
    if m is None:
        return None
    half: Phase = {(i,): c for i, c in m[1]} | {(): m[0]}
    even, turns = multiple(m, 2), multiply(size_form(period), multiple(m, period * 2))
    alternating = subtract(scale(multiply(size_form(period), multiple(m, period * 4)), 2), turns)
    closed: tuple[tuple[Extent, Phase, Form], ...] = (
        (period, half, alternating),
        (period, {}, add(turns, ONE, scale(even, -1))),
        (period + 1, {}, add(turns, even)),
        (period, plus(half, half, period), add(turns, even, number(-1))),
        (period - 1, plus(half, half, period), subtract(turns, even)),
    )
    for steps, start, value in closed:
        left = plus(rest, start, period, -1)
        if count == steps and left in ({}, reduced({(): period * 2}, period)):
            return multiply(value, cosine(left, period))
    return None


def _divided(slope: Phase, divisor: int, period: Extent) -> Linear | None:
    """The slope over an integer, near 0: as an affine form of indices."""
    parts: dict[Index, Extent] = {}
    constant: Extent = 0
    for indices, factor in slope.items():
        part = over(factor, divisor)
        if part is None:
            return None
        if isinstance(part, int) and isinstance(period, int):
            turn = 4 * period // divisor
            part = (part + turn // 2) % turn - turn // 2
        if indices:
            parts[indices[0]] = part
        else:
            constant = part
    return lin.linear(constant, parts)


# ---------------------------------------------------------------------------- numbers


def _number(steps: Extent, size: Extent) -> Form | None:
    """cos(π steps / (2 size)) for a number of steps that is known, or known in quarters of a turn."""
    if isinstance(steps, int) and isinstance(size, int):
        if 4 * size > MOST_DIVISIONS:
            return None
        basis = in_basis(steps % (4 * size), 4 * size)
        atoms = ((Atom("turn", "", ((k, ()), (size, ()))), c) for k, c in basis if k)
        return add(number(sum(c for k, c in basis if not k)), form_of((_only(atom), c) for atom, c in atoms))
    for quarters, value in enumerate((1, 0, -1, 0)):
        if steps == size * quarters:
            return number(value)
    return None


def _only(atom: Atom) -> Term:
    return Term(frozenset(), {atom.key: (atom, 1)})


@lru_cache(maxsize=4096)
def in_basis(steps: int, divisions: int) -> tuple[tuple[int, Fraction], ...]:
    """cos(2π steps / divisions) as Σ c_k cos(2π k / divisions) over 0 <= k < φ(divisions) / 2, which are independent.

    The polynomial Φ(z) = a_0 z^d + … + a_d is 0 at z = exp(2πi / divisions), and d = φ(divisions). The real part of
    z^(k-d) Φ(z) is Σ_m a_m cos(k - m): for k >= d / 2 it gives the cosine of k steps in terms of those of fewer.

    >>> in_basis(2, 5), in_basis(1, 6)
    (((0, Fraction(-1, 2)), (1, Fraction(-1, 1))), ((0, Fraction(1, 2)),))
    """
    polynomial = cyclotomic(divisions)
    half = max((len(polynomial) - 1) // 2, 1)
    left: dict[int, Fraction] = {min(steps, divisions - steps): Fraction(1)}
    while left and max(left) >= half:
        top = max(left)
        relation: dict[int, int] = {}
        for place, count in enumerate(polynomial):
            relation[abs(top - place)] = relation.get(abs(top - place), 0) + count
        factor = left[top] / relation[top]
        for step, count in relation.items():
            left[step] = left.get(step, Fraction(0)) - factor * count
        left = {step: c for step, c in left.items() if c}
    return tuple(sorted(left.items()))


@lru_cache(maxsize=512)
def cyclotomic(n: int) -> tuple[int, ...]:
    """The coefficients of the polynomial whose roots are the primitive n-th roots of 1, the highest power first.

    >>> cyclotomic(6)
    (1, -1, 1)
    """
    found = [1, *[0] * (n - 1), -1]
    for d in range(1, n):
        if n % d == 0:
            found = _quotient(found, list(cyclotomic(d)))
    return tuple(found)


def _quotient(above: list[int], below: list[int]) -> list[int]:
    left, found = list(above), []
    for place in range(len(above) - len(below) + 1):
        count = left[place]
        found.append(count)
        for k, c in enumerate(below):
            left[place + k] -= count * c
    return found
