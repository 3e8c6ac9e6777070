"""PyTorch's OpInfo samples, replayed: outputs and gradients agree to a few roundings, or stand in the ledger.

The records were made by generate.py; what they leave out is in coverage.toml. NumPy is all that is needed here, and
mpmath to judge differences.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from functools import cache

import numpy as np
import pytest

from . import truths
from .comparing import EPSILON, apart, distances, natural
from .records import HERE, cotangent, load
from .replay import differentiated, pushed, run

ENTRYWISE = 16  # roundings, of a function of each entry on its own
SUMS = 64  # roundings, of what adds up

# Functions of one entry at a time, so that the smallest derivative counts as much as the largest.
OF_EACH_ENTRY = frozenset(
    "abs acos acosh asin asinh atan atan2 atanh ceil clamp copysign cos cosh deg2rad digamma div erf erfc erfinv exp "
    "exp2 expm1 float_power floor fmax fmin hypot i0 lgamma log log10 log1p log2 logaddexp logaddexp2 logit maximum "
    "minimum mul mvlgamma nn.functional.celu nn.functional.elu nn.functional.gelu nn.functional.leaky_relu "
    "nn.functional.logsigmoid nn.functional.mish nn.functional.silu nn.functional.softplus nn.functional.softsign "
    "nn.functional.tanhshrink polygamma positive pow rad2deg reciprocal remainder rsqrt sigmoid sign sin sinc sinh "
    "special.entr special.erfcx special.i0e special.i1 special.i1e special.log_ndtr special.ndtr special.ndtri "
    "special.polygamma special.xlog1py sqrt square tan tanh true_divide trunc xlogy".split()
)


@cache
def recorded():
    return load()


def by_op():
    found = defaultdict(dict)
    for call in recorded()[0]:
        calls = found[call["op"]]
        number = sum(name.startswith(call["dtype"]) for name in calls)
        calls[f"{call['dtype']}#{number}"] = call
    return found


CALLS = by_op()
LEDGER = tomllib.loads((HERE / "ledger.toml").read_text(encoding="utf-8"))["entry"]


def listed(op):
    return {name: entry["kind"] for entry in LEDGER if entry["op"] == op for name in entry["calls"]}


def named(kind):
    return [(entry["op"], name) for entry in LEDGER if entry["kind"] == kind for name in entry["calls"]]


def pairs(call):
    """Ours, theirs, the bound and the size to count relative to, for each output and each gradient."""
    arrays = recorded()[1]
    outputs, gradients = run(call, arrays)
    expected = [arrays[number] for number in call["outputs"]]
    cotangents = [cotangent(y.shape, y.dtype, k) for k, y in enumerate(expected)]
    each = call["op"] in OF_EACH_ENTRY
    assert len(outputs) == len(expected)
    for ours, theirs in zip(outputs, expected, strict=True):
        yield ours, theirs, *((ENTRYWISE, None) if each else (SUMS, 0.0))
    for ours, number, leaf in zip(gradients, call["gradients"], differentiated(call, arrays), strict=True):
        ours = np.zeros_like(leaf) if ours is None else ours
        theirs = np.zeros_like(leaf) if number is None else arrays[number]
        alone = each and leaf.shape == expected[0].shape
        yield ours, theirs, *((ENTRYWISE, None) if alone else (SUMS, natural(cotangents, expected, leaf)))


def agrees(call):
    return all(apart(ours, theirs, size) <= bound for ours, theirs, bound, size in pairs(call))


@pytest.mark.parametrize("op", sorted(CALLS))
def test_each_call_agrees_or_is_listed(op):
    differ = {name for name, call in CALLS[op].items() if not agrees(call)}
    assert differ == set(listed(op))


@pytest.mark.parametrize("op", sorted(CALLS))
def test_forward_mode_gives_what_reverse_mode_does(op):
    arrays = recorded()[1]
    for name, call in CALLS[op].items():
        leaves = differentiated(call, arrays)
        tangents = [cotangent(a.shape, a.dtype, 50 + k) for k, a in enumerate(leaves)]
        outputs, gradients = run(call, arrays)
        cotangents = [cotangent(y.shape, y.dtype, k) for k, y in enumerate(outputs)]
        expected = scale = 0.0
        for a, t, g in zip(leaves, tangents, gradients, strict=True):
            g = np.zeros_like(a) if g is None else g
            expected += float(np.sum(np.real(np.conj(g) * t)))
            scale += float(np.sum(np.abs(g * t)) + natural(cotangents, outputs, a) * np.sum(np.abs(t)))
        if np.isfinite(scale):
            assert abs(pushed(call, arrays, tangents) - expected) <= SUMS * EPSILON * scale, name


def test_the_ledger_gives_reasons():
    assert {entry["kind"] for entry in LEDGER} <= {"digits", "condition", "convention"}
    assert all(entry["because"] and entry["op"] in CALLS and entry["calls"] for entry in LEDGER)


def truth(call, x, g):
    """The true output and gradient of a call, and how far a rounding of the input moves each entry of the gradient."""
    op, rest = call["op"], call["args"][1:]
    if op == "logcumsumexp":
        terms = truths.logcumsumexp(x, np.abs(g), rest[0])
        return None, truths.logcumsumexp(x, g, rest[0]), np.abs(x) * terms
    if op.endswith("layer_norm"):  # of one entry, which is its own mean
        return None, np.zeros(x.shape), np.zeros(x.shape)
    each = np.vectorize(lambda part, *given: part(op, *given, rest), otypes=[object])
    return each(truths.value, x), each(truths.pulled, x, g), each(truths.magnified, x, g)


@pytest.mark.parametrize(("op", "name"), named("digits"))
def test_where_digits_differ_ours_are_nearer_to_the_truth(op, name):
    call, arrays = CALLS[op][name], recorded()[1]
    x, y = differentiated(call, arrays)[0], arrays[call["outputs"][0]]
    *true, spread = truth(call, x, cotangent(y.shape, y.dtype, 0))
    looked_at = 0
    for (ours, theirs, bound, size), exact in zip(pairs(call), true, strict=False):
        far = distances(ours, theirs, size) > bound
        if exact is None or not far.any():
            continue
        looked_at += int(np.sum(far))
        for mine, other, right, moved in zip(ours[far], theirs[far], exact[far], spread[far], strict=True):
            assert abs(mine - right) < abs(other - right) or abs(mine - right) <= ENTRYWISE * EPSILON * moved
    assert looked_at


def condition(call):
    """By how much the problem magnifies a rounding of its matrices, at least."""
    a = differentiated(call, recorded()[1])[0]
    if call["op"] == "matrix_exp":
        return np.max(np.sum(np.abs(a), axis=-2))
    return np.max(np.linalg.cond(a + np.conj(a.mT) if call["kwargs"].get("hermitian") else a))


@pytest.mark.parametrize(("op", "name"), named("condition"))
def test_what_the_problem_magnifies_stays_within_that(op, name):
    call = CALLS[op][name]
    for ours, theirs, bound, size in pairs(call):
        assert apart(ours, theirs, size) <= bound * condition(call)
