"""The mirror of every registered op on its own samples: its value, and its derivative against the engine's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.meanings import Unread
from dualgrad.mirror import Formula, Mirror, gradient, point
from dualgrad.mirror.constants import Unreadable
from dualgrad.mirror.evaluate import TooLong
from dualgrad.op import REGISTRY, Op

WITHOUT_KERNEL = {"polygamma"}  # the derivative of trigamma is no kernel
UNDETERMINED = {"svd_left_rest", "svd_right_rest", "qr_rest"}  # any vectors that complete a basis
DECOMPOSITIONS = {
    "cholesky", "eigh_packed", "svd_packed", "qr_packed", "expm", "logm", "sqrtm", "sinm", "cosm",
}  # fmt: skip  # no formula for the derivative
LONG = {"solve_sylvester"}
WITHOUT_FLOATS = {"bitwise_and", "bitwise_or", "invert"}
OPS = {op.name: op for op in REGISTRY.values() if op.samples is not None}
OPS = {name: op for name, op in OPS.items() if name not in WITHOUT_KERNEL | WITHOUT_FLOATS | UNDETERMINED}


def numbers(formula: Formula, mirror: Mirror, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    where = point(mirror.reading, mirror.graph.values)
    return formula.at(where.arrays, where.sizes).astype(float).reshape(shape)


def wrapped(value: Any, found: list[Any]) -> Any:
    if isinstance(value, (list, tuple)) and any(isinstance(item, np.ndarray) for item in value):
        return type(value)(wrapped(item, found) for item in value)
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        found.append(dg.tensor(value, requires_grad=True))
        return found[-1]
    return value


def calls(op: Op) -> list[tuple[Any, list[Any]]]:
    made = []
    for sample in op.samples(np.random.default_rng(11)):
        found: list[Any] = []
        args = [wrapped(arg, found) for arg in sample.args]
        kwargs = {name: wrapped(arg, found) for name, arg in sample.kwargs.items()}
        out = op(*args, **kwargs)
        if found:
            made.append((out, found))
    return made


def read(op: Op) -> bool:
    """Whether the op has a meaning, on all of its samples."""
    try:
        return all(str(out.mirror) for out, _ in calls(op))
    except Unreadable as why:
        assert "has no meaning to read" in str(why)
        return False


READ = [name for name, op in sorted(OPS.items()) if read(op)]


def test_most_ops_are_read() -> None:
    assert len(READ) > 0.7 * len(OPS)


@pytest.mark.parametrize("name", READ)
def test_an_op_is_read_as_what_it_computes(name: str) -> None:
    for out, _ in calls(OPS[name]):
        mirror = out.mirror
        np.testing.assert_allclose(numbers(mirror.formula, mirror, out.shape), out.data, rtol=1e-11, atol=1e-12)
        assert str(mirror)


@pytest.mark.parametrize("name", sorted(DECOMPOSITIONS))
def test_the_derivative_of_a_decomposition_is_refused(name: str) -> None:
    for out, inputs in calls(OPS[name]):
        with pytest.raises(Unreadable, match="no formula for its derivative"):
            out.mirror.derivative(inputs[0])


REFUSED = {name for name in READ if any(isinstance(rule, Unread) for rule in OPS[name].partials)}


def test_an_op_without_a_derivative_by_an_operand_is_known() -> None:
    distributions = {"gammainc", "gammaincc", "gammaincinv", "gammainccinv", "betainc", "betaincc", "betaincinv"}
    assert {"zeta", *distributions} == REFUSED


@pytest.mark.parametrize("name", sorted(LONG))
def test_a_formula_of_too_many_terms_is_refused(name: str) -> None:
    """An inverse over pairs of indices, of which every entry is a sum over four."""
    out, inputs = next(iter(calls(OPS[name])))
    mirror = out.mirror
    formula = gradient(mirror.reading, mirror.graph.variables[inputs[0]._edge])
    with pytest.raises(TooLong, match="use the engine"):
        numbers(formula, mirror, inputs[0].shape)


@pytest.mark.parametrize("name", [name for name in READ if name not in DECOMPOSITIONS | REFUSED | LONG])
def test_the_derivative_of_an_op_is_the_engines(name: str) -> None:
    for out, inputs in calls(OPS[name]):
        if not out.requires_grad:
            continue
        mirror = out.mirror
        known = [(x, mirror.graph.variables[x._edge]) for x in inputs if x._edge in mirror.graph.variables]
        shown = [gradient(mirror.reading, variable) for _, variable in known]
        out.sum().backward()
        assert all(x.grad is None for x in inputs if x._edge not in mirror.graph.variables)
        for (x, _), formula in zip(known, shown, strict=True):
            values = numbers(formula, mirror, x.shape)
            np.testing.assert_allclose(values, x.grad.data, rtol=1e-8, atol=1e-11, err_msg=str(formula))
