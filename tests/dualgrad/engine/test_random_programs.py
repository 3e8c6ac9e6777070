"""Random programs: the engine's gradient against the exact derivative by a complex step, for every composition."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import dualgrad as dg

STEP = 1e-30

UNARY = [
    np.sin,
    lambda x: np.exp(x * 0.1),
    lambda x: 1 / (x * x + 1.5),
    np.negative,
    np.ravel,
    np.transpose,
    lambda x: np.sum(x, axis=-1, keepdims=True) if x.ndim else x,
    lambda x: np.mean(x) if x.size else x,
    lambda x: np.reshape(x, (-1, 1)),
    lambda x: x[..., ::-1] if x.ndim else x,
    lambda x: x[None],
    lambda x: x[1:] if x.ndim and x.shape[0] > 1 else x,
    lambda x: np.cumsum(x, axis=0) if x.ndim else x,
    lambda x: np.concatenate([x, x * 2], axis=-1) if x.ndim else x,
    lambda x: np.broadcast_to(x, (2, *x.shape)),
    lambda x: x**3,
    lambda x: np.prod(x * 0.3 + 1, axis=0) if x.ndim else x,
    lambda x: np.var(np.ravel(x)) if x.dtype.kind != "c" else np.mean((x - np.mean(x)) ** 2),
]


def aligned(f):
    """The binary function where the shapes broadcast, else its first operand."""

    def function(x, y):
        try:
            np.broadcast_shapes(x.shape, y.shape)
        except ValueError:
            return x
        return f(x, y)

    return function


def product(x, y):
    return np.matmul(x, y) if x.ndim == y.ndim == 2 and x.shape[1] == y.shape[0] else x


BINARY = [
    aligned(lambda x, y: x + y),
    aligned(lambda x, y: x * y),
    aligned(lambda x, y: x - 2 * y),
    aligned(lambda x, y: x / (y * y + 1.5)),
    product,
    lambda x, y: np.einsum("...i,j->...", x, y) if x.ndim and y.ndim == 1 else x,
    lambda x, y: np.outer(x, y) if x.size * y.size < 50 else x,
]


@st.composite
def programs(draw):
    """Steps that each take one or two of the values made so far: (function, operands)."""
    steps = []
    for made in range(2, 2 + draw(st.integers(1, 8))):
        function = draw(st.sampled_from([*UNARY, *BINARY]))
        arity = 1 if function in UNARY else 2
        steps.append((function, [draw(st.integers(0, made - 1)) for _ in range(arity)]))
    return steps


def run(steps, inputs):
    values = list(inputs)
    for function, operands in steps:
        result = function(*(values[k] for k in operands))
        values.append(result if result.size < 200 else values[operands[0]])
    return sum(np.sum(np.sin(value)) for value in values)


@settings(max_examples=150)
@given(programs(), st.integers(0, 2**32 - 1))
def test_the_gradient_is_the_derivative(steps, seed):
    rng = np.random.default_rng(seed)
    points = [rng.uniform(-1, 1, (2, 3)), rng.uniform(-1, 1, (3,))]
    tangents = [rng.uniform(-1, 1, x.shape) for x in points]
    with np.errstate(all="ignore"):
        slope = run(steps, [x + 1j * STEP * t for x, t in zip(points, tangents, strict=True)]).imag / STEP
        gradient = dg.grad(lambda *x: run(steps, x), argnums=(0, 1))(*points)
        _, pushed = dg.jvp(lambda *x: run(steps, x), points, tangents)
    along = sum(np.sum(g * t) for g, t in zip(gradient, tangents, strict=True))
    if np.isfinite(slope) and abs(slope) < 1e6:
        np.testing.assert_allclose([along, pushed], slope, rtol=1e-7, atol=1e-7)
