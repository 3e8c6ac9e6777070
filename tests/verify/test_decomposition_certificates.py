"""Certificates about decompositions: what their laws show, and wrong variants that resemble it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from verify.campaign.subjects import certificate_of
from verify.checker import check
from verify.trusted import decompositions

_rng = np.random.default_rng(5)
W, X = _rng.normal(size=(3, 3)), _rng.normal(size=(5, 3))
S = W @ W.T + 3 * np.eye(3)
chol, svd, eigh, inv = np.linalg.cholesky, np.linalg.svd, np.linalg.eigh, np.linalg.inv


def lower(s: Any) -> Any:
    """A gradient in both triangles, taken back to the one that is read."""
    return np.tril(s) + np.tril(s.T, -1)


def pulled_back(s: Any, w: Any, half: float) -> Any:
    factor = chol(s)
    inner = np.tril(factor.T @ np.tril(w))
    inner = inner - half * np.diag(np.diag(inner))
    outer = inv(factor).T @ inner @ inv(factor)
    return lower((outer + outer.T) / 2)


def cubes(x: Any) -> Any:
    return np.sum(svd(x, full_matrices=False)[1] ** 3)


def by_parts(x: Any, power: int, factor: float = 3.0) -> Any:
    u, s, v = svd(x, full_matrices=False)
    return factor * (u * s**power) @ v


def values(s: Any) -> Any:
    return np.sum(eigh(s)[0] ** 3)


def spectral(s: Any, power: int) -> Any:
    w, v = eigh(s)
    return lower(3 * (v * w**power) @ v.T)


CASES = {
    "cholesky": (lambda s, w: np.sum(np.tril(w) * chol(s)), (S, W), lambda s, w: pulled_back(s, w, 0.5), True),
    "another diagonal": (lambda s, w: np.sum(np.tril(w) * chol(s)), (S, W), lambda s, w: pulled_back(s, w, 0.0), False),
    "singular values": (cubes, (X,), lambda x: by_parts(x, 2), True),
    "another power of them": (cubes, (X,), lambda x: by_parts(x, 1), False),
    "another factor": (cubes, (X,), lambda x: by_parts(x, 2, 2.0), False),
    "eigenvalues": (values, (S,), lambda s: spectral(s, 2), True),
    "another power of these": (values, (S,), lambda s: spectral(s, 1), False),
    "one triangle for both": (values, (S,), lambda s: np.tril(spectral(s, 2)) / 2, False),
}  # fmt: skip


def certificate(name: str) -> Any:
    f, args, gradient, _ = CASES[name]
    return certificate_of(f, args, gradient, (0,))


@pytest.mark.parametrize("name", CASES)
def test_laws_of_decompositions(name):
    report = check(certificate(name))
    assert report.accepted is CASES[name][3], report.reason


@pytest.mark.parametrize(("name", "part"), [("cholesky", "cholesky"), ("singular values", "singular")])
def test_each_law_is_relied_upon(name, part, monkeypatch):
    law = decompositions._LAWS[part]
    monkeypatch.setitem(decompositions._LAWS, part, lambda *args: law(*args) * 2)
    assert not check(certificate(name)).accepted


def test_values_are_told_apart_only_where_that_is_a_condition():
    """That λ[i] = λ[j] is i = j only is used where the domain says so: without the condition, the proof is refused."""
    told = certificate("singular values")
    told["conditions"] = [one for one in told["conditions"] if "distinct" not in one["is"]]
    report = check(told)
    assert not report.accepted and "is not listed" in report.reason


def test_what_completes_a_basis_has_no_derivative():
    """The first vectors of a full decomposition are those of the reduced one; the others are anybody's."""
    told = certificate_of(lambda x: svd(x)[1][0], (X,), lambda x: np.outer(svd(x)[0][:, 0], svd(x)[2][0]), (0,))
    assert check(told).accepted
    rest = certificate_of(lambda x: np.sum(svd(x)[0][:, 3:] ** 2), (X,), lambda x: 0 * x, (0,))
    report = check(rest)
    assert not report.accepted and "no derivative of the left rest" in report.reason
