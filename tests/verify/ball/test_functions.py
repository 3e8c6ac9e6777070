"""Functions of whole matrices in balls: what defines them, SciPy's numbers, and differences at high precision."""

from __future__ import annotations

import numpy as np
import pytest
from flint import arb, arb_mat
from scipy import linalg

import dualgrad as dg
from verify.ball.functions import MOST_ROWS, slopes, value
from verify.ball.precision import working_precision
from verify.ball.read import gradient

RNG = np.random.default_rng(5)
NAMES = ("expm", "logm", "sqrtm", "sinm", "cosm")
A = np.round(0.3 * RNG.standard_normal((3, 3)) * 64) / 64 + np.diag([1.0, 2.0, 3.0])
W = np.round(RNG.standard_normal((3, 3)) * 8) / 8
DEFECTIVE = np.block([[A, W], [np.zeros((3, 3)), A]])  # every eigenvalue twice, with one vector


def balls(matrix):
    return [arb(float(x)) for x in np.ravel(matrix)]


def floats(found, *shape):
    assert all(ball.is_finite() for ball in found)
    return np.array([float(ball.mid()) for ball in found]).reshape(shape)


@pytest.mark.parametrize("matrix", [A, DEFECTIVE, np.array([[0.5]])], ids=["apart", "defective", "one by one"])
@pytest.mark.parametrize("name", NAMES)
def test_values_are_scipys_and_narrow(name, matrix):
    n = len(matrix)
    with working_precision(128):
        found = value(name, n, balls(matrix))
    np.testing.assert_allclose(floats(found, n, n), getattr(linalg, name)(matrix), rtol=1e-8, atol=1e-8)
    assert max(float(ball.rad()) for ball in found) < 2.0**-85


def test_what_defines_them_is_enclosed():
    with working_precision(200):
        given = arb_mat(6, 6, balls(DEFECTIVE))
        root, log, sine, cosine = (
            arb_mat(6, 6, value(name, 6, given.entries())) for name in ("sqrtm", "logm", "sinm", "cosm")
        )
        one = arb_mat(6, 6, [int(i == j) for i in range(6) for j in range(6)])
        assert (root * root).contains(given)
        assert log.exp().contains(given)
        assert (sine * sine + cosine * cosine).contains(one)
        assert (sine * cosine - cosine * sine).contains(arb_mat(6, 6))


def test_slopes_are_those_of_differences_at_high_precision():
    step = arb(2) ** -120
    for name in NAMES:
        with working_precision(128):
            found = slopes(name, 3, balls(A))
        assert all(ball.is_finite() and ball.rad() < 2.0**-80 for ball in found)
        with working_precision(500):
            for place in range(9):
                ends = [
                    value(name, 3, [x + sign * step * int(k == place) for k, x in enumerate(balls(A))])
                    for sign in (1, -1)
                ]
                for k, (above, below) in enumerate(zip(*ends, strict=True)):
                    assert abs((above - below) / (2 * step) - found[k * 9 + place]) < 2.0**-80


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_of_a_program_is_that_of_a_block(recorded, name):
    case = recorded(lambda x, w: np.sum(getattr(dg, name)(x) * w), A, W)
    found = gradient(case.program, case.wrt, case.inputs, case.sizes).arrays[0]
    block = np.block([[A.T, W], [np.zeros((3, 3)), A.T]])
    np.testing.assert_allclose(floats(found.ravel(), 3, 3), getattr(linalg, name)(block)[:3, 3:], rtol=1e-9, atol=1e-9)


def test_stacks_are_read_one_by_one(recorded):
    case = recorded(lambda x: np.sum(dg.sqrtm(x)), np.stack([A, A.T]))
    found = gradient(case.program, case.wrt, case.inputs, case.sizes).arrays[0]
    np.testing.assert_allclose(floats(found[1].ravel(), 3, 3), floats(found[0].ravel(), 3, 3).T)


@pytest.mark.parametrize("name", ["sqrtm", "logm"])
@pytest.mark.parametrize(
    "matrix",
    [
        np.diag([1.0, -1.0]),
        np.diag([1.0, 0.0]),
        np.zeros((2, 2)),
        np.array([[0.0, 1.0], [0.0, 0.0]]),
        np.diag([-4.0, -4.0]),  # it has real roots, none of them the principal one
        np.array([[1e300, 0.0], [0.0, 1e-300]]) - 2 * np.eye(2),
    ],
    ids=["negative", "singular", "zero", "nilpotent", "a pair", "far apart"],
)
def test_no_principal_root_and_no_logarithm(name, matrix):
    assert not any(ball.is_finite() for ball in value(name, 2, balls(matrix)))
    assert not any(ball.is_finite() for ball in slopes(name, 2, balls(matrix)))


def test_a_wide_matrix_has_a_wide_root_or_none():
    for radius, certified in ((2.0**-20, True), (0.25, True), (2.0, False)):
        found = value("sqrtm", 2, [arb(x, radius) for x in (2.0, 1.0, 0.0, 3.0)])
        assert all(ball.is_finite() for ball in found) is certified
        if certified:
            for corner in (-radius, radius):
                exact = linalg.sqrtm(np.array([[2.0 + corner, 1.0 - corner], [corner, 3.0]]))
                assert all(ball.contains(arb(float(x), 1e-13)) for ball, x in zip(found, exact.ravel(), strict=True))


def test_what_is_no_number_or_too_large_is_not_certified():
    for name in NAMES:
        assert not any(ball.is_finite() for ball in value(name, 1, [arb("nan")]))
        assert value(name, 0, []) == slopes(name, 0, []) == []
    n = MOST_ROWS + 1
    assert not any(ball.is_finite() for ball in value("sqrtm", n, balls(np.eye(n))))
    assert not any(ball.is_finite() for ball in slopes("expm", 1, [arb(2) ** 30]))
