"""Every registered op, held against its meaning: one file, no code for any op in particular.

The meaning is evaluated here by a small interpreter of its own, in complex arithmetic, so that one evaluation
with an imaginary part of 1e-30 gives the value and the exact directional derivative.
"""

from __future__ import annotations

import cmath
import functools
import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest
from scipy import special

import dualgrad as dg
from dualgrad.engine.pulling import pull
from dualgrad.meanings import Unread
from dualgrad.op import REGISTRY, Call, Complex, Op
from dualgrad.program.entry import (
    Count,
    Element,
    Guard,
    Holds,
    Kernel,
    MatrixEntry,
    Meaning,
    Number,
    Plus,
    Power,
    Reduce,
    Select,
    Times,
    Turn,
)

STEP = 1e-30
TIGHT = {"rtol": 1e-11, "atol": 1e-12}
LOOSE = {"rtol": 1e-6, "atol": 1e-7}

# ---------------------------------------------------------------------------- reading a meaning


class Sizes:
    """Concrete extents: equal or wrong."""

    def same(self, a, b, why):
        if a != b:
            raise ValueError(f"{why}: {a} != {b}")
        return a

    def at_least(self, extent, least, why):
        if extent < least:
            raise ValueError(f"{why}: {extent} < {least}")


def power(base, exponent):
    if exponent == int(exponent):
        return base ** int(exponent)
    return cmath.exp(float(exponent) * cmath.log(base)) if base else 0.0


def moved(x, value, slope):
    """Where SciPy knows a function of real numbers only, its value and slope say what a tiny imaginary part does."""
    return complex(value, slope * x.imag)


def density(a, x):
    """Of the gamma distribution."""
    return math.exp((a - 1) * math.log(x) - x - special.gammaln(a))


def beta_density(a, b, x):
    """Of the beta distribution."""
    return math.exp((a - 1) * math.log(x) + (b - 1) * math.log1p(-x) - special.betaln(a, b))


def owens_t(h, a):
    """Owen's function of real numbers, and what tiny imaginary parts do to it."""
    in_a = math.exp(-(h.real**2) * (1 + a.real**2) / 2) / (2 * math.pi * (1 + a.real**2))
    in_h = -math.exp(-(h.real**2) / 2) * math.erf(a.real * h.real / math.sqrt(2)) / (2 * math.sqrt(2 * math.pi))
    return complex(special.owens_t(h.real, a.real), in_h * h.imag + in_a * a.imag)


def of_real(function, slope):
    """A function of real parameters, and of what moves."""
    return lambda *args: moved(args[-1], function(*(arg.real for arg in args)), slope(*(arg.real for arg in args)))


def of_order(function, slope):
    """A function of a real order."""
    return lambda order, x: moved(x, function(order.real, x.real), slope(order.real, x.real))


def part(function, place):
    """One of the results that SciPy gives together."""
    return lambda x: function(x)[place]


KERNELS = {
    **{name: getattr(cmath, name) for name in ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{f"arc{name}": getattr(cmath, f"a{name}") for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "erf": special.erf,
    "erfc": lambda x: 1 - special.erf(x),
    "gammaln": special.loggamma,
    "digamma": special.digamma,
    "erfinv": lambda x: moved(
        x, special.erfinv(x.real), math.sqrt(math.pi) / 2 * math.exp(special.erfinv(x.real) ** 2)
    ),
    "trigamma": lambda x: moved(x, special.polygamma(1, x.real), special.polygamma(2, x.real)),
    "power": lambda x, y: cmath.exp(y * cmath.log(x)),
    "arctan2": lambda y, x: cmath.atan(y / x) + (math.copysign(math.pi, y.real) if x.real < 0 else 0),
    "floor": lambda x: math.floor(x.real),
    **{f"bessel_{name}": of_order(getattr(special, f"{name}v"), getattr(special, f"{name}vp")) for name in "jyik"},
    "hurwitz_zeta": lambda s, x: moved(x, special.zeta(s.real, x.real), -s.real * special.zeta(s.real + 1, x.real)),
    "exponential_integral": lambda x: moved(x, special.expi(x.real), math.exp(x.real) / x.real),
    "reciprocal_gamma": lambda x: moved(x, special.rgamma(x.real), -special.rgamma(x.real) * special.psi(x.real)),
    "dilogarithm": lambda x: special.spence(1 - x),
    "owens_t": owens_t,
    "hypergeometric_0f1": of_real(special.hyp0f1, lambda b, x: special.hyp0f1(b + 1, x) / b),
    "hypergeometric_1f1": of_real(special.hyp1f1, lambda a, b, x: a / b * special.hyp1f1(a + 1, b + 1, x)),
    "hypergeometric_2f1": of_real(
        special.hyp2f1, lambda a, b, c, x: a * b / c * special.hyp2f1(a + 1, b + 1, c + 1, x)
    ),
    "gamma_distribution": of_real(special.gammainc, density),
    "gamma_quantile": of_real(special.gammaincinv, lambda a, y: 1 / density(a, special.gammaincinv(a, y))),
    "beta_distribution": of_real(special.betainc, beta_density),
    "beta_quantile": of_real(special.betaincinv, lambda a, b, y: 1 / beta_density(a, b, special.betaincinv(a, b, y))),
    "erfi": special.erfi,
    "airy_ai": lambda x: moved(x, *special.airy(x.real)[:2]),
    "airy_ai_slope": lambda x: moved(x, special.airy(x.real)[1], x.real * special.airy(x.real)[0]),
    "airy_bi": lambda x: moved(x, *special.airy(x.real)[2:]),
    "airy_bi_slope": lambda x: moved(x, special.airy(x.real)[3], x.real * special.airy(x.real)[2]),
    "sine_integral": lambda x: moved(x, special.sici(x.real)[0], math.sin(x.real) / x.real),
    "cosine_integral": lambda x: moved(x, special.sici(x.real)[1], math.cos(x.real) / x.real),
    "hyperbolic_sine_integral": lambda x: moved(x, special.shichi(x.real)[0], math.sinh(x.real) / x.real),
    "hyperbolic_cosine_integral": lambda x: moved(x, special.shichi(x.real)[1], math.cosh(x.real) / x.real),
    **{name: part(special.fresnel, k) for k, name in enumerate(("fresnel_sine", "fresnel_cosine"))},
}


def place(form, at):
    return sum(at[index] * factor for index, factor in form.terms) + form.constant


def value(node, inputs, at):
    def sub(child):
        return value(child, inputs, at)

    match node:
        case Number(number):
            return complex(number)
        case Count(extent):
            return complex(extent)
        case Element(slot, position):
            where = tuple(place(form, at) for form in position)
            assert all(0 <= k < n for k, n in zip(where, inputs[slot].shape, strict=True)), "read out of bounds"
            return complex(inputs[slot][where])
        case Plus(args):
            return sum(map(sub, args))
        case Times(args):
            return math.prod(map(sub, args))
        case Power(base, exponent):
            return power(sub(base), exponent)
        case Kernel(name, args):
            return complex(KERNELS[name](*map(sub, args)))
        case Reduce(kind, index, body):
            values = [value(body, inputs, {**at, index: k}) for k in range(index.extent)]
            return {"sum": sum, "prod": math.prod, "max": largest, "min": smallest}[kind](values)
        case Holds(relation, form):
            return float(place(form, at) >= 0 if relation == ">=" else place(form, at) == 0)
        case Turn(name, left, right, size):
            return complex(getattr(math, name)(math.pi * place(left, at) * place(right, at) / (2 * size)))
        case Guard(relation, body):
            return float(sub(body).real > 0 if relation == ">" else sub(body).real == 0)
        case Select(condition, yes, no):
            return sub(yes) if sub(condition) == 1 else sub(no)
        case MatrixEntry(kind, row, column, body, position):
            matrix = [
                [value(body, inputs, {**at, row: r, column: c}) for c in range(column.extent)]
                for r in range(row.extent)
            ]
            return of_matrix(kind, matrix, [place(form, at) for form in position])
    raise AssertionError(node)


def of_matrix(kind, matrix, at):
    """By minors, and decompositions by what defines them."""
    if kind == "undetermined":
        return complex(math.nan, math.nan)
    if kind in PART:
        family, number = PART[kind]
        return complex(decomposed(family, tuple(map(tuple, matrix)))[number][tuple(at)])
    if kind in WHOLE:
        return complex(whole(kind, tuple(map(tuple, matrix)))[tuple(at)])
    assert all(len(line) == len(matrix) for line in matrix)
    if kind == "det":
        return expanded(matrix)
    row, column = at
    return (-1) ** (row + column) * expanded(without(matrix, column, row)) / expanded(matrix)


def without(matrix, row, column):
    return [line[:column] + line[column + 1 :] for k, line in enumerate(matrix) if k != row]


def expanded(matrix):
    if not matrix:
        return 1
    return sum((-1) ** k * x * expanded(without(matrix, 0, k)) for k, x in enumerate(matrix[0]))


PART = {
    "cholesky": ("cholesky", 0),
    "eigenvalue": ("eigh", 0),
    "eigenvector": ("eigh", 1),
    "upper_eigenvector": ("eigh of the upper triangle", 1),
    "left_vector": ("svd", 0),
    "singular_value": ("svd", 1),
    "right_vector": ("svd", 2),
    "q": ("qr", 0),
    "r": ("qr", 1),
}
EIGEN = lambda a, w, v: (a @ v - v * w, np.sum(v * v, 0) - 1)  # noqa: E731
DEFINED = {
    "cholesky": (
        lambda a: (np.linalg.cholesky(a),),
        lambda a, y: (np.tril(y @ y.T - a) + np.triu(y, 1),),
    ),
    "eigh": (np.linalg.eigh, EIGEN),
    "eigh of the upper triangle": (lambda a: np.linalg.eigh(a, "U"), EIGEN),
    "svd": (
        lambda a: np.linalg.svd(a, full_matrices=False),
        lambda a, u, s, v: (a @ v.T - u * s, a.T @ u - v.T * s, np.sum(u * u, 0) + np.sum(v * v, 1) - 2),
    ),
    "qr": (
        np.linalg.qr,
        lambda a, q, r: (q @ r - a, np.triu(q.T @ q - np.eye(len(r))) + np.tril(r, -1)),
    ),
}


@functools.lru_cache
def decomposed(family, lines):
    """Newton's steps from the decomposition of the real part. Of quadratic equations, differences are the slopes."""
    a, (start, equations) = np.array(lines), DEFINED[family]
    parts = start(a.real)
    ends = np.cumsum([part.size for part in parts])[:-1]
    y = np.concatenate([part.ravel() for part in parts]).astype(complex)

    def opened(y):
        return [piece.reshape(part.shape) for piece, part in zip(np.split(y, ends), parts, strict=True)]

    def left(y):
        return np.concatenate([np.ravel(part) for part in equations(a, *opened(y))])

    for _ in range(2):
        slopes = np.transpose([(left(y + e) - left(y - e)) / 2 for e in np.eye(y.size)])
        y = y - np.linalg.solve(slopes, left(y))
    return opened(y)


def trigonometric(a):
    """Cosine and sine by power series, and doubled angles."""
    doublings = max(0, int(np.ceil(np.log2(np.abs(a).sum() + 1))))
    small = a / 2**doublings
    powers = [np.eye(len(a))]
    for k in range(1, 30):
        powers.append(powers[-1] @ small / k)
    cosine, sine = (sum((-1) ** k * power for k, power in enumerate(powers[start::2])) for start in (0, 1))
    for _ in range(doublings):
        cosine, sine = 2 * cosine @ cosine - np.eye(len(a)), 2 * sine @ cosine
    return cosine, sine


def exponential(a):
    small = a / 2**12
    total = sum((np.linalg.matrix_power(small, k) / math.factorial(k) for k in range(8)), np.zeros_like(a))
    return np.linalg.matrix_power(total, 2**12)


def principal_root(a):
    root, inverse = a, np.eye(len(a))
    for _ in range(20):
        root, inverse = (root + np.linalg.inv(inverse)) / 2, (inverse + np.linalg.inv(root)) / 2
    return root


def logarithm(a):
    for _ in range(8):
        a = principal_root(a)
    rest = a - np.eye(len(a))
    return 2**8 * sum(((-1) ** (k + 1) * np.linalg.matrix_power(rest, k) / k for k in range(1, 12)), 0 * a)


WHOLE = {
    "expm": exponential, "logm": logarithm, "sqrtm": principal_root,
    "cosm": lambda a: trigonometric(a)[0], "sinm": lambda a: trigonometric(a)[1],
}  # fmt: skip


@functools.lru_cache
def whole(name, lines):
    """By rational operations alone, which complex steps follow."""
    return WHOLE[name](np.array(lines, dtype=complex))


def largest(values):
    return max(values, key=lambda number: number.real)


def smallest(values):
    return min(values, key=lambda number: number.real)


def evaluated(meaning: Meaning, inputs) -> np.ndarray:
    arrays = [np.asarray(x, complex) for x in inputs]
    result = np.zeros(meaning.shape, complex)
    for at in itertools.product(*map(range, meaning.shape)):
        result[at] = value(meaning.body, arrays, dict(zip(meaning.indices, at, strict=True)))
    return result


# ---------------------------------------------------------------------------- the cases


OPS = list(dict.fromkeys(REGISTRY.values()))


def calls(op: Op) -> Iterator[Call]:
    rng = np.random.default_rng(len(op.name))
    for sample in op.samples(rng):
        call = op.call(*sample.args, **sample.kwargs)
        for array in call.inputs:
            if isinstance(array, np.ndarray):
                array.setflags(write=False)
        yield call


def meaning_of(op: Op, call: Call) -> Meaning:
    return op.meaning(Sizes(), *(np.shape(x) for x in call.inputs), **call.params)


def slots(op: Op, call: Call) -> list[int]:
    """The operands that a gradient flows to."""
    rules = (op.vjp or op.partials) * (len(call.inputs) if op.variadic else 1)
    floating = [np.asarray(x).dtype.kind == "f" for x in call.inputs]
    ruled = [rule is not None and not isinstance(rule, Unread) for rule in rules]
    return [slot for slot, rule in enumerate(ruled) if rule and floating[slot]]


def function(op: Op, call: Call, chosen: list[int]):
    """The op as a function of the chosen operands only."""

    def f(*given):
        operands = list(call.inputs)
        for slot, x in zip(chosen, given, strict=True):
            operands[slot] = x
        return dg.op.bind(op, operands, call.params)

    return f


def is_real(op: Op, call: Call) -> bool:
    """Whether it computes with real numbers; the checks on complex numbers take the others."""
    return not any(np.iscomplexobj(x) for x in (*call.inputs, op.forward(*call.inputs, **call.params)))


def real_calls(op: Op) -> Iterator[Call]:
    return (call for call in calls(op) if is_real(op, call))


def differentiable():
    return [op for op in OPS if any(slots(op, call) for call in real_calls(op))]


def read(op: Op, call: Call) -> bool:
    """Whether the op has a meaning for this call, or refuses to have one."""
    try:
        meaning_of(op, call)
    except NotImplementedError as why:
        assert len(str(why)) > 20
        return False
    return True


READ = {op: [read(op, call) for call in calls(op)] for op in OPS}

every_op = pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
every_op_with_a_meaning = pytest.mark.parametrize("op", [op for op in OPS if any(READ[op])], ids=lambda op: op.name)
every_differentiable_op = pytest.mark.parametrize("op", differentiable(), ids=lambda op: op.name)


def random_like(x, rng):
    return rng.standard_normal(np.shape(x))[()]


def differences(f, points, tangents):
    """The directional derivative of f, by central differences of fourth order."""

    def along(step):
        return f(*(x + step * t for x, t in zip(points, tangents, strict=True)))

    return (8 * (along(1e-3) - along(-1e-3)) - (along(2e-3) - along(-2e-3))) / 12e-3


# ---------------------------------------------------------------------------- the checks


@every_op_with_a_meaning
def test_the_meaning_is_what_the_forward_computes(op):
    for call in itertools.compress(calls(op), READ[op]):
        meaning, y = meaning_of(op, call), op.forward(*call.inputs, **call.params)
        assert meaning.shape == np.shape(y)
        meant = evaluated(meaning, call.inputs).real
        if op.name.endswith("_rest"):  # any vectors that complete a basis: the meaning is that there is none
            assert np.isnan(meant).all()
        else:
            np.testing.assert_allclose(meant, y, **TIGHT)


# Samples are random, so none is tied: these ops jump or bend where their operands are equal, or 0.
AT_TIES = {
    1: "absolute floor ceil logical_not relu rint round_half sign signbit trunc zeros_like ones_like",
    2: "equal greater greater_equal heaviside less less_equal logical_and logical_or logical_xor maximum "
    "minimum fmax fmin not_equal fdim",
}
TIED = [0.0, 1.0, -1.0, 2.0]


@pytest.mark.parametrize(("count", "name"), [(n, s) for n in AT_TIES for s in AT_TIES[n].split() if s in REGISTRY])
def test_the_meaning_is_what_the_forward_computes_at_ties(count, name):
    op = REGISTRY[name]
    given = [np.array(each) for each in zip(*itertools.product(TIED, repeat=count), strict=True)]
    call = op.call(*given)
    meant = evaluated(meaning_of(op, call), call.inputs).real
    np.testing.assert_array_equal(meant, op.forward(*call.inputs, **call.params).astype(float))


@every_op
def test_the_dtype_is_known_before_running(op):
    for call in calls(op):
        for dtype in (np.float32, np.float64):
            inputs = [x.astype(dtype) if np.asarray(x).dtype.kind == "f" else x for x in map(np.asarray, call.inputs)]
            found = op.dtype(*(x.dtype for x in inputs), **call.params)
            assert found == np.asarray(op.forward(*inputs, **call.params)).dtype


@every_differentiable_op
def test_the_jvp_is_the_derivative_of_the_meaning(op):
    rng = np.random.default_rng(1)
    for call in real_calls(op):
        chosen = slots(op, call)
        points = [call.inputs[slot] for slot in chosen]
        tangents = [random_like(x, rng) for x in points]
        _, found = dg.jvp(function(op, call, chosen), points, tangents)
        if read(op, call):
            moved = list(map(np.asarray, call.inputs))
            for slot, tangent in zip(chosen, tangents, strict=True):
                moved[slot] = moved[slot] + 1j * STEP * tangent
            expected = evaluated(meaning_of(op, call), moved).imag / STEP
            np.testing.assert_allclose(found, expected, **TIGHT)
        else:
            expected = differences(function(op, call, chosen), points, tangents)
            np.testing.assert_allclose(found, expected, **LOOSE)
        assert np.shape(found) == np.shape(expected)


@every_differentiable_op
def test_the_vjp_is_the_adjoint_of_the_jvp(op):
    rng = np.random.default_rng(2)
    for call in real_calls(op):
        chosen = slots(op, call)
        for slot in chosen:
            f, point = function(op, call, [slot]), call.inputs[slot]
            y, pullback = dg.vjp(f, point)
            g, t = random_like(y, rng), random_like(point, rng)
            (pulled,) = pullback(g)
            _, pushed = dg.jvp(f, [point], [t])
            assert np.shape(pulled) == np.shape(point)
            np.testing.assert_allclose(np.sum(pulled * t), np.sum(g * pushed), **TIGHT)


@every_differentiable_op
def test_the_recorded_backward_is_the_fast_one_bit_for_bit(op):
    rng = np.random.default_rng(3)
    for call in real_calls(op):
        chosen = slots(op, call)
        leaves = [dg.Tensor(call.inputs[slot], requires_grad=True) for slot in chosen]
        y = function(op, call, chosen)(*leaves)
        g = random_like(y.data, rng)
        np.asarray(g).setflags(write=False)
        fast = dg.autograd.grad(y, leaves, g, retain_graph=True)
        recorded = dg.autograd.grad(y, leaves, g, create_graph=True)
        for quick, slow in zip(fast, recorded, strict=True):
            assert not quick.requires_grad
            assert np.array_equal(quick.data, slow.data)
            assert quick.dtype == slow.dtype


@every_differentiable_op
def test_the_second_derivative_is_that_of_the_first(op):
    rng = np.random.default_rng(4)
    for call in real_calls(op):
        chosen = slots(op, call)
        f, points = function(op, call, chosen), [call.inputs[slot] for slot in chosen]
        g = random_like(f(*points), rng)
        tangents = [random_like(x, rng) for x in points]

        def pulled(*given, f=f, g=g):
            return dg.vjp(f, *given)[1](g)

        for k in range(len(chosen)):

            def slot(*given, k=k, pulled=pulled):
                return pulled(*given)[k]

            _, found = dg.jvp(slot, points, tangents)
            np.testing.assert_allclose(found, differences(slot, points, tangents), **LOOSE)


@every_differentiable_op
def test_the_rules_keep_single_precision(op):
    for call in real_calls(op):
        chosen = slots(op, call)
        leaves = [dg.Tensor(np.asarray(call.inputs[slot], np.float32), requires_grad=True) for slot in chosen]
        inputs = [np.float32(x) if np.asarray(x).dtype == np.float64 else x for x in call.inputs]
        params = {**call.params, "dtype": np.dtype(np.float32)} if "dtype" in call.params else call.params
        y = function(op, Call(tuple(inputs), params), chosen)(*leaves)
        assert y.dtype == np.float32
        for slot in chosen:
            ones = np.ones_like(y.data)
            pulled = pull(op, slot, ones, y.data, y.grad_fn.saved, params)
            assert np.asarray(pulled).real.dtype == np.float32


# ---------------------------------------------------------------------------- on complex numbers

# The gradient of a real L is ∂L/∂Re z + i ∂L/∂Im z, so the VJP is the adjoint: Re⟨g, J t⟩ = Re⟨Jᴴ g, t⟩.
narrowing = pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")


def turned(call: Call, rng: np.random.Generator) -> Iterator[Call]:
    """The call with every floating operand made complex, and, of several, with the first one only."""
    chosen = floating(call)
    for made in [chosen, chosen[:1]] if len(chosen) > 1 else [chosen]:
        operands = list(call.inputs)
        for slot in made:
            x = np.asarray(operands[slot])
            operands[slot] = (x if x.dtype.kind == "c" else x + 0.3j * rng.uniform(-1, 1, x.shape))[()]
        yield Call(tuple(operands), call.params)


def floating(call: Call) -> list[int]:
    return [slot for slot, x in enumerate(call.inputs) if np.asarray(x).dtype.kind in "fc"]


def complex_slots(op: Op, call: Call) -> list[int]:
    rules = (op.vjp or op.partials) * (len(call.inputs) if op.variadic else 1)
    return [slot for slot in floating(call) if rules[slot] is not None and not isinstance(rules[slot], Unread)]


def takes(op: Op, call: Call) -> bool:
    """Whether the function is one of complex numbers: rfft, whose result is complex, is not."""
    try:
        op.forward(*call.inputs, **call.params)
    except TypeError:
        return False
    return True


def complex_calls(op: Op) -> Iterator[Call]:
    rng = np.random.default_rng(5)
    for call in calls(op):
        if complex_slots(op, call):
            yield from (made for made in turned(call, rng) if takes(op, made))
            if not is_real(op, call):
                yield call


# Eigenvectors and singular vectors are determined up to a factor; tests/dualgrad/ops/test_linalg.py holds them.
UP_TO_A_FACTOR = {"eigh_packed", "eig_packed", "svd_packed"}
ACCEPTING = [
    op
    for op in OPS
    if op.complex is not Complex.REFUSED and op.name not in UP_TO_A_FACTOR
    if any(complex_slots(op, call) for call in calls(op))
]
every_op_on_complex_numbers = pytest.mark.parametrize("op", ACCEPTING, ids=lambda op: op.name)


def any_like(x, rng):
    x = np.asarray(x)
    real = rng.standard_normal(x.shape)
    return (real + 1j * rng.standard_normal(x.shape) if x.dtype.kind == "c" else real)[()]


def inner(a, b):
    return np.sum(np.real(np.conj(a) * b))


def cases(op):
    for call in complex_calls(op):
        chosen = complex_slots(op, call)
        yield function(op, call, chosen), [call.inputs[slot] for slot in chosen]


def test_most_ops_of_numpy_take_complex_numbers():
    assert len(ACCEPTING) >= 60


@every_op_on_complex_numbers
@narrowing
def test_the_jvp_is_the_derivative_on_complex_numbers(op):
    rng = np.random.default_rng(1)
    for f, points in cases(op):
        tangents = [any_like(x, rng) for x in points]
        y, found = dg.jvp(f, points, tangents)
        assert np.asarray(found).dtype == np.asarray(y).dtype
        assert np.shape(found) == np.shape(y)
        np.testing.assert_allclose(found, differences(f, points, tangents), **LOOSE)


@every_op_on_complex_numbers
@narrowing
def test_the_vjp_is_the_adjoint_of_the_jvp_on_complex_numbers(op):
    rng = np.random.default_rng(2)
    for f, points in cases(op):
        tangents = [any_like(x, rng) for x in points]
        y, pushed = dg.jvp(f, points, tangents)
        g = any_like(y, rng)
        pulled = dg.vjp(f, *points)[1](g)
        for x, found in zip(points, pulled, strict=True):
            assert np.asarray(found).dtype == np.asarray(x).dtype
            assert np.shape(found) == np.shape(x)
        sides = inner(g, pushed), sum(inner(p, t) for p, t in zip(pulled, tangents, strict=True))
        np.testing.assert_allclose(*sides, **TIGHT)


@every_op_on_complex_numbers
@narrowing
def test_the_recorded_backward_is_the_fast_one_on_complex_numbers(op):
    rng = np.random.default_rng(3)
    for f, points in cases(op):
        leaves = [dg.Tensor(x, requires_grad=True) for x in points]
        y = f(*leaves)
        g = dg.Tensor(any_like(y.data, rng))
        fast = dg.autograd.grad(y, leaves, g, retain_graph=True)
        recorded = dg.autograd.grad(y, leaves, g, create_graph=True)
        for quick, slow in zip(fast, recorded, strict=True):
            # NumPy's complex numbers divide in another way than its arrays do: they differ in the last digit.
            np.testing.assert_allclose(quick.data, slow.data, rtol=4 * np.finfo(float).eps)
            assert quick.dtype == slow.dtype


@every_op_on_complex_numbers
@narrowing
def test_the_second_derivative_is_that_of_the_first_on_complex_numbers(op):
    rng = np.random.default_rng(4)
    for f, points in cases(op):
        g = any_like(f(*points), rng)
        tangents = [any_like(x, rng) for x in points]

        def pulled(*given, f=f, g=g):
            return dg.vjp(f, *given)[1](g)

        for k in range(len(points)):

            def slot(*given, k=k, pulled=pulled):
                return pulled(*given)[k]

            _, found = dg.jvp(slot, points, tangents)
            np.testing.assert_allclose(found, differences(slot, points, tangents), **LOOSE)


def narrow(x):
    x = np.asarray(x)
    return x.astype({"f": np.float32, "c": np.complex64}.get(x.dtype.kind, x.dtype))[()]


@every_op_on_complex_numbers
@narrowing
def test_the_rules_keep_single_precision_on_complex_numbers(op):
    for call in complex_calls(op):
        chosen = complex_slots(op, call)
        params = {**call.params, "dtype": np.dtype(np.complex64)} if "dtype" in call.params else call.params
        f = function(op, Call(tuple(map(narrow, call.inputs)), params), chosen)
        leaves = [dg.Tensor(narrow(call.inputs[slot]), requires_grad=True) for slot in chosen]
        y = f(*leaves)
        assert y.dtype in (np.float32, np.complex64)
        for found, leaf in zip(dg.autograd.grad(y, leaves, dg.ones_like(y)), leaves, strict=True):
            assert found.dtype == leaf.dtype
