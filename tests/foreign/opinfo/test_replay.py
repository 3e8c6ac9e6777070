"""PyTorch's OpInfo samples, replayed: outputs and gradients agree to a few roundings, or stand in the ledger.

The records were made by generate.py; what they leave out is in coverage.toml. NumPy is all that is needed here, and
mpmath to judge differences.
"""

from __future__ import annotations

import itertools
import json
import tomllib
from collections import defaultdict
from functools import cache

import numpy as np
import pytest

from . import truths
from .comparing import EPSILON, apart, distances, natural
from .records import HERE, cotangent, load
from .replay import differentiated, gradient_along, inner, paired, pulled, pushed, run

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


def along(call, number):
    """The leaves of a call, and directions at them."""
    leaves = differentiated(call, recorded()[1])
    return leaves, [cotangent(a.shape, a.dtype, number + k) for k, a in enumerate(leaves)]


def sizes(call):
    """The size of the gradient in each leaf by its dimension, and that of the outputs times their cotangents."""
    arrays = recorded()[1]
    outputs = [arrays[number] for number in call["outputs"]]
    cotangents = [cotangent(y.shape, y.dtype, k) for k, y in enumerate(outputs)]
    found = [natural(cotangents, outputs, leaf) for leaf in differentiated(call, arrays)]
    return found, natural(cotangents, outputs, np.ones(1))


@pytest.mark.parametrize("op", sorted(CALLS))
def test_forward_mode_gives_what_reverse_mode_does(op):
    for name, call in CALLS[op].items():
        (leaves, tangents), function = along(call, 50), paired(call, recorded()[1])
        gradients, (rough, _) = pulled(function, leaves), sizes(call)
        scale = sum(np.sum((abs(g) + r) * abs(t)) for g, r, t in zip(gradients, rough, tangents, strict=True))
        if np.isfinite(scale):
            difference = pushed(function, leaves, tangents) - sum(map(inner, tangents, gradients))
            assert abs(difference) <= SUMS * EPSILON * scale, name


@pytest.mark.parametrize("op", sorted(CALLS))
def test_second_derivatives_are_the_same_by_both_modes(op):
    some = itertools.chain(*(itertools.islice(calls, 12) for calls in by_dtype(op)))
    for call in some:
        (leaves, tangents), (_, others), function = along(call, 50), along(call, 80), paired(call, recorded()[1])
        seconds, (rough, whole) = pulled(gradient_along(function, tangents), leaves), sizes(call)
        first, second = (sum(r * np.sum(abs(t)) for r, t in zip(rough, ts, strict=True)) for ts in (tangents, others))
        scale = sum(np.sum(abs(h * u)) for h, u in zip(seconds, others, strict=True)) + first * second / (whole or 1)
        if np.isfinite(scale):
            difference = pushed(gradient_along(function, others), leaves, tangents) - sum(map(inner, others, seconds))
            assert abs(difference) <= SUMS * EPSILON * scale


def by_dtype(op):
    return [[call for name, call in CALLS[op].items() if name.startswith(dtype)] for dtype in ("float64", "complex128")]


SINGLE = {"float64": np.float32, "complex128": np.complex64}


class Singles(list):
    """The recorded arrays in single precision, each when it is asked for."""

    def __getitem__(self, number):
        array = super().__getitem__(number)
        return array.astype(SINGLE.get(str(array.dtype), array.dtype))


WIDENED = frozenset({"clamp", "cov"})  # NumPy gives float64 for float32 with int32, limits or weights here


@pytest.mark.parametrize("op", sorted(set(CALLS) - WIDENED))
def test_single_precision_stays_single(op):
    for name, call in CALLS[op].items():
        if '"dtype":' not in json.dumps([call["args"], call["kwargs"]]):
            outputs, gradients = run(call, Singles(recorded()[1]))
            found = [a for a in (*outputs, *gradients) if a is not None]
            assert {a.dtype for a in found} <= {np.dtype(np.float32), np.dtype(np.complex64)}, name


def test_the_ledger_gives_reasons():
    assert {entry["kind"] for entry in LEDGER} <= {"digits", "condition", "convention"}
    assert all(entry["because"] and entry["op"] in CALLS and entry["calls"] for entry in LEDGER)


def truth(call, x, g):
    """The true output and gradient of a call, and how far a rounding of the input moves each entry of the gradient."""
    op, rest = call["op"], call["args"][1:]
    if op == "logcumsumexp":
        terms = truths.logcumsumexp(x, np.abs(g), rest[0])
        return None, truths.logcumsumexp(x, g, rest[0]), np.abs(x) * terms
    if op == "logsumexp":
        axes = rest[0]["tuple"]
        kept = g if rest[-1] is True or not x.ndim else np.expand_dims(g, tuple(axes))
        return None, truths.logsumexp(x, kept, axes), np.zeros(x.shape)
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
