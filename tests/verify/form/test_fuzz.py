"""Random expressions: a form has the value of the entry it was made from, and forms decide polynomial identities."""

from __future__ import annotations

import operator
import random
from fractions import Fraction
from functools import reduce
from itertools import product

import flint
import pytest

from dualgrad.program import entry as e
from dualgrad.program.entry import Index
from dualgrad.program.size import dimension, evaluate
from verify.form import linear as lin
from verify.form.algebra import subtract
from verify.form.cases import reduce_ties
from verify.form.clear import cleared
from verify.form.differentiate import Derivative
from verify.form.fragment import is_polynomial
from verify.form.interpret import Interpreter
from verify.form.matrix_steps import with_symmetric_matrices
from verify.form.setting import Budget, TooLarge, Undefined, within
from verify.form.steps import by_exponentials, with_aligned_guards
from verify.form.term import Atom, Source, power_of

N = dimension("n")
X, A, S = Source("x", (N,)), Source("A", (N, N)), Source("s", ())
SOURCES = (X, A, S)
INTERPRETER = Interpreter(
    lambda slot, position: power_of(Atom("cell", "", position, (), SOURCES[slot])),
    lambda extent: extent,
    "exact",
    lambda form, relation, path: None,
)


NAMES = {"gammaln": "lgamma", **{f"arc{k}": f"a{k}" for k in ("sin", "cos", "tan", "sinh", "cosh", "tanh")}}
ORDER = {"delta": 0, "atleast": 0, "positive": 1, "vanishes": 1}


class Skip(Exception):
    """The entry has no value at this point."""


# ---------------------------------------------------------------------------- numbers


class Dual:
    """An exact rational with its derivative."""

    def __init__(self, value, slope=0):
        self.value, self.slope = Fraction(value), Fraction(slope)

    def __add__(self, other):
        return Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other):
        return Dual(self.value * other.value, self.value * other.slope + self.slope * other.value)

    def power(self, exponent):
        if exponent.denominator != 1 or (exponent < 0 and self.value == 0):
            raise Skip
        if exponent == 0:
            return Dual(1)
        return Dual(self.value**exponent, exponent * self.value ** (exponent - 1) * self.slope)

    def kernel(self, name):
        raise Skip

    def compare(self):
        """-1, 0 or 1; a derivative on a boundary is not asked for."""
        if self.value == 0 and self.slope != 0:
            raise Skip
        return (self.value > 0) - (self.value < 0)


class Ball:
    """A real number in an enclosure."""

    def __init__(self, value):
        self.value = (
            value if isinstance(value, flint.arb) else flint.arb(flint.fmpq(*Fraction(value).as_integer_ratio()))
        )

    def checked(self, value):
        if not value.is_finite():
            raise Skip
        return Ball(value)

    def __add__(self, other):
        return Ball(self.value + other.value)

    def __mul__(self, other):
        return Ball(self.value * other.value)

    def power(self, exponent):
        if exponent.denominator == 1:
            return self.checked(self.value ** int(exponent))
        if not self.value > 0:
            raise Skip
        return self.checked((self.value.log() * flint.arb(flint.fmpq(*exponent.as_integer_ratio()))).exp())

    def kernel(self, name):
        if name == "floor":
            raise Skip
        return self.checked(getattr(self.value, NAMES.get(name, name))())

    def compare(self):
        if self.value > 0:
            return 1
        if self.value < 0:
            return -1
        raise Skip


# ---------------------------------------------------------------------------- values of entries and forms


class Point:
    """Values of the arrays at one size."""

    def __init__(self, n, arrays, number):
        self.sizes, self.arrays, self.number, self.known = {"n": n}, arrays, number, {}

    def total(self, parts):
        return reduce(operator.add, parts, self.number(0))

    def times(self, parts):
        return reduce(operator.mul, parts, self.number(1))

    def size(self, extent):
        return evaluate(extent, self.sizes)

    def entry(self, node, at):
        """The value of an entry."""
        match node:
            case e.Number(value):
                return self.number(value)
            case e.Count(extent):
                return self.number(self.size(extent))
            case e.Element(slot, position):
                place = tuple(self.size(p.constant) + sum(self.size(c) * at[i] for i, c in p.terms) for p in position)
                return self.arrays[slot][place]
            case e.Plus(args):
                return self.total(self.entry(arg, at) for arg in args)
            case e.Times(args):
                return self.times(self.entry(arg, at) for arg in args)
            case e.Power(base, exponent):
                return self.entry(base, at).power(exponent)
            case e.Kernel(name, args):
                return self.entry(args[0], at).kernel(name)
            case e.Reduce("sum", index, body):
                return self.total(self.entry(body, {**at, index: k}) for k in range(self.size(index.extent)))
            case e.Holds(relation, form):
                value = self.size(form.constant) + sum(self.size(c) * at[i] for i, c in form.terms)
                return self.number(value == 0 if relation == "==" else value >= 0)
            case e.Guard(relation, value):
                side = self.entry(value, at).compare()
                return self.number(side > 0 if relation == ">" else side == 0)
            case e.Select(condition, yes, no):
                return self.entry(yes if self.entry(condition, at).value == 1 else no, at)
            case e.MatrixEntry(kind, row, column, body, position):
                matrix = self.listed(node, row, column, lambda places: self.entry(body, {**at, **places}))
                place = [self.size(p.constant) + sum(self.size(c) * at[i] for i, c in p.terms) for p in position]
                return self.of_matrix(kind, matrix, place)
        raise AssertionError(node)

    def form(self, form, at):
        """The value of a form; a term that a guard switches off is not evaluated."""
        return self.total(self.term(term, at) * self.number(factor) for term, factor in form.terms.values())

    def term(self, term, at):
        bound = list(term.bound)
        factors = sorted(term.factors.values(), key=lambda pair: ORDER.get(pair[0].kind, 2))
        parts = []
        for place in product(*(range(self.size(index.extent)) for index in bound)):
            inner = {**at, **dict(zip(bound, place, strict=True))}
            parts.append(self.product(factors, inner))
        return self.total(parts)

    def product(self, factors, at):
        total = self.number(1)
        for atom, p in factors:
            value = self.atom(atom, at)
            if atom.kind in ORDER and value.value == 0:
                return self.number(0)
            total = total * value.power(Fraction(p))
        return total

    def atom(self, atom, at):
        match atom.kind:
            case "cell":
                place = tuple(self.linear(form, at) for form in atom.linears)
                # Guards keep positions in range; what stands outside of it may be anything.
                return self.arrays[SOURCES.index(atom.source)].get(place) or self.number(Fraction(7 + sum(place), 11))
            case "dim":
                return self.number(self.sizes[atom.name])
            case "root":
                return self.number(int(atom.name))
            case "constant":
                return Ball(flint.arb.pi())
            case "delta":
                return self.number(self.linear(atom.linears[0], at) == 0)
            case "atleast":
                return self.number(self.linear(atom.linears[0], at) >= 0)
        if atom.kind in ("inv", "det"):
            row, column = atom.binders
            assert atom.forms[0].free <= {row, column}
            matrix = self.listed(atom, row, column, lambda places: self.form(atom.forms[0], {**at, **places}))
            return self.of_matrix(atom.kind, matrix, [self.linear(form, at) for form in atom.linears])
        if atom.kind == "extreme":
            assert atom.name == "prod"
            lines = range(self.size(atom.index.extent))
            return self.times(self.form(atom.forms[0], {**at, atom.index: k}) for k in lines)
        value = self.form(atom.forms[0], at)
        match atom.kind:
            case "base":
                return value
            case "positive":
                return self.number(value.compare() > 0)
            case "vanishes":
                return self.number(value.compare() == 0)
        return value.kernel(atom.name or "exp")

    def listed(self, owner, row, column, entry):
        """The matrix of an inverse or a determinant, none of which stands in a stack here."""
        if id(owner) not in self.known:
            lines = range(self.size(row.extent))
            self.known[id(owner)] = owner, [[entry({row: r, column: c}) for c in lines] for r in lines]
        return self.known[id(owner)][1]

    def of_matrix(self, kind, matrix, place):
        """By minors; without a value where the determinant is 0."""
        whole = self.minors(matrix)
        if whole.value == 0:
            raise Skip
        if kind == "det":
            return whole
        row, column = place
        left = [line[:row] + line[row + 1 :] for k, line in enumerate(matrix) if k != column]
        return self.minors(left) * self.number((-1) ** (row + column)) * whole.power(Fraction(-1))

    def minors(self, matrix):
        if not matrix:
            return self.number(1)
        rest = matrix[1:]
        return self.total(
            first * self.number((-1) ** k) * self.minors([line[:k] + line[k + 1 :] for line in rest])
            for k, first in enumerate(matrix[0])
        )

    def linear(self, form, at):
        return self.size(form[0]) + sum(self.size(c) * at[i] for i, c in form[1])


def point(rng, n, number, draw):
    """Random values at size n; the first array also carries slopes where numbers have them."""
    arrays = [
        {(k,): draw(rng) for k in range(n)},
        {place: draw(rng) for place in product(range(n), repeat=2)},
        {(): draw(rng)},
    ]
    return Point(n, [{place: number(value) for place, value in array.items()} for array in arrays], number)


def whole(rng):
    return rng.randint(-2, 2)


def fraction(rng):
    return Fraction(rng.randint(-40, 40), rng.randint(7, 19))


# ---------------------------------------------------------------------------- random entries


def polynomial(rng, free, depth):
    """A random polynomial in x[i], A[i, j], s, n with sums and deltas."""
    if depth == 0 or rng.random() < 0.2:
        choice = rng.random()
        if choice < 0.45:
            return e.Element(0, (e.affine(rng.choice(free)),))
        if choice < 0.75:
            return e.Element(1, (e.affine(rng.choice(free)), e.affine(rng.choice(free))))
        if choice < 0.85:
            return e.equal(rng.choice(free), rng.choice(free))
        return rng.choice([e.Element(2, ()), e.Count(N), e.Number(Fraction(rng.randint(-2, 2)))])
    choice = rng.random()
    if choice < 0.35:
        return e.Plus((polynomial(rng, free, depth - 1), polynomial(rng, free, depth - 1)))
    if choice < 0.65:
        return e.Times((polynomial(rng, free, depth - 1), polynomial(rng, free, depth - 1)))
    if choice < 0.95:
        index = Index("j", N)
        return e.total(index, polynomial(rng, [*free, index, index], depth - 1))
    return e.Power(polynomial(rng, free, depth - 1), Fraction(2))


def guarded(rng, free, depth):
    """A random expression with guards, selections, quotients and relations between indices."""
    if depth == 0 or rng.random() < 0.15:
        return polynomial(rng, free, 0)
    pieces = [lambda: guarded(rng, free, depth - 1) for _ in range(3)]
    choice = rng.random()
    if choice < 0.2:
        return e.Plus((pieces[0](), pieces[1]()))
    if choice < 0.4:
        return e.Times((pieces[0](), pieces[1]()))
    if choice < 0.55:
        index = Index("j", N)
        return e.total(index, guarded(rng, [*free, index], depth - 1))
    if choice < 0.62:
        return e.Power(pieces[0](), Fraction(rng.choice([-2, -1, 2])))
    if choice < 0.72:
        return e.select(e.positive(pieces[0]()), pieces[1](), pieces[2]())
    if choice < 0.79:
        return e.select(e.zero(pieces[0]()), pieces[1](), pieces[2]())
    if choice < 0.86:
        value = pieces[0]()
        return e.select(e.positive(value), value, -value)
    if choice < 0.93:
        return e.at_least(rng.choice(free), e.affine(rng.choice(free)) + rng.choice([-1, 0, 1])) * pieces[0]()
    return shifted(rng, free)


def shifted(rng, free):
    """A sum over a shorter or reversed axis."""
    if rng.random() < 0.5:
        index = Index("r", N)
        return e.total(index, e.Element(0, (e.affine(N) - 1 - index,)) * e.at_least(rng.choice(free), index))
    index = Index("r", N - 1)
    return e.total(index, e.Element(0, (e.affine(index) + 1,)) * e.Element(0, (e.affine(index),)))


SMOOTH = ("exp", "sin", "cos", "tanh", "cosh", "sinh", "tan", "arctan", "arcsinh", "erf", "erfc")
PARTIAL = ("log", "gammaln", "arcsin", "arctanh", "arccosh")


def kernels(rng, free, depth):
    """A random expression with kernels and fractional powers."""
    if depth == 0 or rng.random() < 0.15:
        return polynomial(rng, free, 0)
    choice = rng.random()
    if choice < 0.2:
        return e.Plus((kernels(rng, free, depth - 1), kernels(rng, free, depth - 1)))
    if choice < 0.45:
        return e.Times((kernels(rng, free, depth - 1), kernels(rng, free, depth - 1)))
    if choice < 0.55:
        index = Index("j", N)
        return e.total(index, kernels(rng, [*free, index], depth - 1))
    if choice < 0.7:
        exponent = rng.choice(
            [Fraction(-1), Fraction(1, 2), Fraction(-1, 2), Fraction(2), Fraction(3, 2), Fraction(-2), Fraction(1, 3)]
        )
        return e.Power(kernels(rng, free, depth - 1), exponent)
    if choice < 0.8:
        value = kernels(rng, free, depth - 1)
        return e.select(e.positive(value), value, -value)
    return e.kernel(rng.choice(SMOOTH * 2 + PARTIAL), kernels(rng, free, depth - 1))


def made(rng, grammar, depth=4):
    """A random entry over one free index, its form, and that index."""
    index = Index("i", N)
    node = grammar(rng, [index], depth)
    return index, node, INTERPRETER.value(node, {index: lin.of_index(index)})


def attempts(seed, count, grammar, depth=4):
    rng = random.Random(seed)
    tried = 0
    while tried < count:
        try:
            with within(Budget(terms=200, bound=5, seconds=0.5), (N - 1,)):
                yield rng, made(rng, grammar, depth)
                tried += 1
        except (TooLarge, Undefined):
            continue


# ---------------------------------------------------------------------------- the tests


@pytest.mark.parametrize("seed", range(4))
def test_polynomials_keep_their_values_and_equality_is_decided(seed):
    decided = 0
    for rng, (index, node, form) in attempts(seed, 60, polynomial):
        with within(Budget(), (N - 1,)):
            other = INTERPRETER.value(shuffled(rng, node), {index: lin.of_index(index)})
            third = INTERPRETER.value(polynomial(rng, [index], 3), {index: lin.of_index(index)})
        assert is_polynomial(form)
        assert form.key == other.key
        points = [point(rng, n, Dual, fraction) for n in (1, 2, 3, 5)]
        same = True
        for at in points:
            for k in range(at.sizes["n"]):
                value = at.form(form, {index: k}).value
                assert value == at.entry(node, {index: k}).value
                same = same and value == at.form(third, {index: k}).value
        assert same == (form.key == third.key)
        decided += 1
    assert decided == 60


def shuffled(rng, node):
    """The same entry with sums and products in another order, sums over renamed indices, and products distributed."""
    match node:
        case e.Plus(args) | e.Times(args):
            args = [shuffled(rng, arg) for arg in args]
            rng.shuffle(args)
            if isinstance(node, e.Times) and isinstance(args[0], e.Plus):
                return e.Plus(tuple(e.Times((part, *args[1:])) for part in args[0].args))
            return type(node)(tuple(args))
        case e.Power(base, exponent) if exponent == 2:
            return e.Times((shuffled(rng, base), shuffled(rng, base)))
        case e.Reduce(kind, index, body):
            new = Index("z", index.extent)
            return e.Reduce(kind, new, renamed(shuffled(rng, body), index, new))
    return node


def renamed(node, old, new):
    match node:
        case e.Element(slot, position):
            return e.Element(slot, tuple(moved(form, old, new) for form in position))
        case e.Holds(relation, form):
            return e.Holds(relation, moved(form, old, new))
    return e.rebuild(node, lambda child: renamed(child, old, new))


def moved(form, old, new):
    return e.Affine(tuple((new if index is old else index, factor) for index, factor in form.terms), form.constant)


@pytest.mark.parametrize("seed", range(6))
def test_guards_and_quotients_keep_their_values(seed):
    compared = 0
    for rng, (index, node, form) in attempts(100 + seed, 80, guarded):
        for n in (1, 2, 3):
            at = point(rng, n, Dual, whole)
            for k in range(n):
                compared += agree(at, node, form, {index: k})
        try:
            with within(Budget(terms=200, seconds=0.5), (N - 1,)):
                further = with_aligned_guards(reduce_ties(form))
        except (TooLarge, Undefined):
            continue
        compared += agree(at, node, further, {index: 0})
    assert compared > 300


def agree(at, node, form, place):
    """1 where both have a value, which are then compared; 0 where one has none."""
    try:
        value = at.entry(node, place)
        other = at.form(form, place)
    except Skip:
        return 0
    assert value.value == other.value, (form, at.arrays)
    return 1


@pytest.mark.parametrize("seed", range(6))
def test_kernels_keep_their_values(seed):
    compared = 0
    for rng, (index, node, form) in attempts(200 + seed, 60, kernels):
        try:
            with within(Budget(terms=200, seconds=0.5), (N - 1,)):
                forms = [form, by_exponentials(form)]
        except (TooLarge, Undefined):
            forms = [form]
        for n in (1, 2):
            at = point(rng, n, Ball, fraction)
            for k in range(n):
                for one in forms:
                    compared += overlap(at, node, one, {index: k})
    assert compared > 30


def overlap(at, node, form, place):
    flint.ctx.prec = 200
    try:
        value, other = at.entry(node, place).value, at.form(form, place).value
    except Skip:
        return 0
    finally:
        flint.ctx.prec = 53
    if not (value.is_finite() and other.is_finite()):
        return 0
    assert value.overlaps(other), (form, value, other)
    return int(value.rad() < flint.arb("1e-20") * (1 + abs(value)))


@pytest.mark.parametrize("seed", range(6))
def test_derivatives_are_those_of_dual_numbers(seed):
    compared = 0
    for rng, (index, _, form) in attempts(300 + seed, 60, guarded):
        target = Index("k", N)
        try:
            with within(Budget(terms=200, seconds=0.5), (N - 1,)):
                slope = Derivative(X, (lin.of_index(target),)).of(form)
        except (TooLarge, Undefined):
            continue
        for n in (1, 2, 3):
            at = point(rng, n, Dual, fraction)
            chosen = rng.randrange(n)
            at.arrays[0][(chosen,)].slope = Fraction(1)
            for k in range(n):
                try:
                    expected = at.form(form, {index: k}).slope
                    value = at.form(slope, {index: k, target: chosen}).value
                except Skip:
                    continue
                assert expected == value
                compared += 1
    assert compared > 150


def equal_entries(at, node, other, place):
    try:
        values = at.entry(node, place).value, at.entry(other, place).value
    except Skip:
        return
    assert values[0] == values[1]


@pytest.mark.parametrize("seed", range(4))
def test_what_clears_to_zero_is_zero(seed):
    zeros = 0
    for rng, (index, node, form) in attempts(400 + seed, 60, guarded, 3):
        other = guarded(rng, [index], 2)
        try:
            with within(Budget(terms=200, seconds=0.5), (N - 1,)):
                together = INTERPRETER.value(
                    (node + other) / (other + 3) - node / (other + 3), {index: lin.of_index(index)}
                )
                apart = INTERPRETER.value(other / (other + 3), {index: lin.of_index(index)})
                zero = cleared(subtract(together, apart)).zero
                claimed = cleared(subtract(form, INTERPRETER.value(other, {index: lin.of_index(index)}))).zero
        except (TooLarge, Undefined):
            continue
        zeros += zero
        if claimed:
            equal_entries(point(rng, 3, Dual, fraction), node, other, {index: 1})
    assert zeros > 20


# ---------------------------------------------------------------------------- matrices


def matrix(rng, depth):
    """A random square matrix as a function from a row and a column to its entry."""
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(
            [
                lambda r, c: e.Element(1, (e.affine(r), e.affine(c))),
                lambda r, c: e.Element(1, (e.affine(c), e.affine(r))),
                lambda r, c: e.equal(r, c) * e.Element(0, (e.affine(r),)),
                lambda r, c: e.Element(0, (e.affine(r),)) * e.Element(1, (e.affine(r), e.affine(c))),
                lambda r, c: e.Element(1, (e.affine(r), e.affine(c))) * e.at_least(c, r),
                lambda r, c: e.equal(r, c) + e.Element(0, (e.affine(r),)) * e.Element(0, (e.affine(c),)),
            ]
        )
    one, other = matrix(rng, depth - 1), matrix(rng, depth - 1)
    choice = rng.random()
    if choice < 0.3:
        return product_of(one, other)
    if choice < 0.45:
        return lambda r, c: one(r, c) + other(r, c)
    if choice < 0.75:
        return lambda r, c: e.inverse(one, N, r, c)
    if choice < 0.85:
        factor = rng.choice([e.Element(2, ()), e.Number(Fraction(rng.choice([-2, -1, 3]))), e.Count(N)])
        return lambda r, c: factor * one(r, c)
    return lambda r, c: one(c, r)


def product_of(one, other):
    def entry(r, c):
        k = Index("k", N)
        return e.total(k, one(r, k) * other(k, c))

    return entry


def matrices(rng, free, depth):
    """A random expression with inverses and determinants."""
    one, i, j = matrix(rng, depth - 1), rng.choice(free), Index("j", N)
    return rng.choice(
        [
            e.total(j, one(i, j) * e.Element(0, (e.affine(j),))),
            e.total(j, one(j, j)),
            e.determinant(one, N),
            e.determinant(one, N) ** -1 * one(i, i),
            e.inverse(one, N, i, i) * e.Element(0, (e.affine(i),)),
            e.total(j, e.inverse(one, N, i, j) * one(j, i)),
            e.total(j, e.inverse(one, N, j, i) * matrix(rng, depth - 1)(i, j)),
        ]
    )


@pytest.mark.parametrize("seed", range(3))
def test_functions_of_matrices_keep_their_values(seed):
    compared = 0
    for rng, (index, node, form) in attempts(500 + seed, 40, matrices, 3):
        try:
            with within(Budget(seconds=1), (N - 1,)):
                further = with_symmetric_matrices(form)
        except (TooLarge, Undefined):
            continue
        for n in (1, 2, 3):
            at = point(rng, n, Dual, fraction)
            for k in range(n):
                compared += agree(at, node, form, {index: k})
            compared += agree(at, node, further, {index: 0})
    assert compared > 200


@pytest.mark.parametrize("seed", range(2))
def test_derivatives_of_functions_of_matrices_are_those_of_dual_numbers(seed):
    compared = 0
    for rng, (index, node, form) in attempts(600 + seed, 30, matrices, 3):
        row, column = Index("k", N), Index("l", N)
        try:
            with within(Budget(terms=200, seconds=0.5), (N - 1,)):
                slope = Derivative(A, (lin.of_index(row), lin.of_index(column))).of(form)
        except (TooLarge, Undefined):
            continue
        for n in (1, 2, 3):
            at = point(rng, n, Dual, fraction)
            chosen = rng.randrange(n), rng.randrange(n)
            at.known.clear()
            at.arrays[1][chosen].slope = Fraction(1)
            try:
                expected = at.entry(node, {index: 0}).slope
                value = at.form(slope, {index: 0, row: chosen[0], column: chosen[1]}).value
            except Skip:
                continue
            assert expected == value
            compared += 1
    assert compared > 40
