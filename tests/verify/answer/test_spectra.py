"""Matrices with equal eigenvalues: 0 / 0 in a gradient is wrong where f is smooth, and only there."""

import numpy as np

from verify import Verdict, check

A = np.array([[2.0, 0.5], [0.5, 1.0]])


def exponential(a):
    values, vectors = np.linalg.eigh(a)
    return np.trace((vectors * np.exp(values)) @ vectors.T)


def through_differences(a):
    """The gradient with divided differences of the eigenvalues, which are 0 / 0 where two are equal."""
    values, vectors = np.linalg.eigh(a)
    with np.errstate(all="ignore"):
        d = values[:, None] - values[None, :]
        quotients = np.where(np.eye(len(values)) > 0, np.exp(values), np.expm1(d) / d * np.exp(values)[None, :])
    full = vectors @ (quotients * (vectors.T @ vectors)) @ vectors.T
    return np.tril(full) + np.tril(full, -1)


def directly(a):
    values, vectors = np.linalg.eigh(a)
    full = (vectors * np.exp(values)) @ vectors.T
    return np.tril(full) + np.tril(full, -1)


def test_divided_differences_are_tried_where_eigenvalues_are_equal():
    result = check(exponential, A, grad=through_differences)
    assert result.verdict is Verdict.REFUTED, str(result)
    assert "eigenvalues" in result.reason or "rank" in result.reason


def test_what_is_finite_there_passes():
    assert check(exponential, A, grad=directly).ok


def test_the_largest_eigenvalue_has_no_derivative_there_and_refutes_nobody():
    def largest(a):
        return np.linalg.eigvalsh(a)[-1]

    def right(a):
        values, vectors = np.linalg.eigh(a)
        v = vectors[:, -1] / (values[-1] != values[-2])
        full = np.outer(v, v)
        return np.tril(full) + np.tril(full, -1)

    with np.errstate(all="ignore"):
        result = check(largest, A, grad=right)
    assert result.verdict is not Verdict.REFUTED, str(result)
