"""Random programs: compiled, with blocks and without, they give what the eager ones give."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import dualgrad as dg
from dualgrad.replay import schedule, steps
from dualgrad.replay.check import difference
from dualgrad.replay.compiled import recorded
from dualgrad.replay.program import Program

UNARY = ("sin", "cos", "tanh", "exp", "sigmoid", "negative", "square", "relu", "absolute", "softplus")
BINARY = ("add", "subtract", "multiply", "maximum", "where", "divide")
SHAPES = ((), (1,), (7,), (40, 7), (40, 1), (1, 7), (3, 40, 7), (0, 7))


def moved(draw, x):
    """A view or a reduction of an array."""
    choice = draw(("sum", "mean", "max", "slice", "reshape", "transpose", "take", "stack", "softmax"))
    if not x.ndim or not x.size:
        return x * 2
    axis = draw(range(x.ndim))
    cut = (slice(None),) * axis + (slice(draw((0, 1)), None),)
    return {
        "sum": lambda: dg.sum(x, axis=axis, keepdims=draw((True, False))),
        "mean": lambda: dg.mean(x, axis=axis, keepdims=True),
        "max": lambda: dg.max(x, axis=axis),
        "slice": lambda: x[cut] if x.shape[axis] > 1 else x,
        "reshape": lambda: dg.reshape(x, (-1,)),
        "transpose": lambda: dg.transpose(x),
        "take": lambda: x[np.array([0, -1, 0])],
        "stack": lambda: dg.concatenate([x, x * 0.5], axis=axis),
        "softmax": lambda: dg.softmax(x, axis),
    }[choice]()


def combined(name, x, y):
    if name == "where":
        return dg.where(x > y, x, 0.0)
    if name == "divide":
        return x / (y * y + 1.0)
    return getattr(dg, name)(x, y)


def program(draw, arrays):
    """A value made of the arrays in some steps."""
    pool = list(arrays)
    for _ in range(draw(range(1, 10))):
        x = draw(pool)
        kind = draw("uubbmn")
        if kind == "u":
            name = draw(UNARY)
            pool.append(getattr(dg, name)(dg.tanh(x) if name in ("exp", "square") else x))
        elif kind == "m":
            pool.append(moved(draw, x))
        elif kind == "n":
            pool.append(x * draw((1.0, -1.0, 0.0, 2, 0.5)))
        else:
            fitting = [y for y in pool if fits(x, y)]
            pool.append(combined(draw(BINARY), x, draw(fitting)))
    return pool[-1], sum((dg.sum(x) for x in pool if x.size), 0.0)


def fits(x, y):
    try:
        return np.broadcast_shapes(x.shape, y.shape) is not None
    except ValueError:
        return False


class Replayed:
    """Choices among options that are the same at each run of a function."""

    def __init__(self, data):
        self.data, self.made, self.at = data, [], 0

    def __call__(self, options):
        if self.at == len(self.made):
            self.made.append(self.data.draw(st.integers(0, 2**16)))
        self.at += 1
        return options[self.made[self.at - 1] % len(options)]


def held_against_eager(data, fused):
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    count = data.draw(st.integers(1, 3))
    arrays = [rng.standard_normal(data.draw(st.sampled_from(SHAPES))) for _ in range(count)]
    choices = Replayed(data)

    def value(*xs):
        choices.at = 0
        return program(choices, xs)[0]

    def loss(*xs):
        choices.at = 0
        return program(choices, xs)[1]

    for f in (value, dg.value_and_grad(loss, range(count))):
        with np.errstate(all="ignore"):
            expected = f(*arrays)
        recording, _ = recorded(f, (tuple(arrays), {}))
        got = Program(recording, fused)([np.asarray(x)[()] if not x.ndim else x for x in arrays])
        flat = [expected] if f is value else [expected[0], *expected[1]]
        for one, other in zip(got, flat, strict=True):
            assert not difference(one, other), recording
            assert fused or np.array_equal(one, other, equal_nan=True), recording


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_code_without_blocks_gives_the_eager_bits(data):
    held_against_eager(data, fused=False)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_code_in_blocks_is_within_rounding(data):
    held_against_eager_with_small_blocks(data)


def held_against_eager_with_small_blocks(data):
    """As if small arrays were large, so that loops have many blocks and an odd one at the end."""
    before = steps.LARGE, schedule.BLOCK
    changed = [module for module in _users() if hasattr(module, "LARGE")]
    for module in changed:
        module.LARGE = 64
    schedule.BLOCK = 256
    try:
        held_against_eager(data, fused=True)
    finally:
        for module in changed:
            module.LARGE = before[0]
        schedule.BLOCK = before[1]


def _users():
    from dualgrad.replay import regroup, scatter

    return (steps, schedule, regroup, scatter)
