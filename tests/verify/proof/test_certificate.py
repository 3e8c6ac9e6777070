"""Certificates of true claims are accepted; of false ones, and corrupted ones, they are not."""

from __future__ import annotations

import math
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from scipy import special

import dualgrad
from verify.campaign.subjects import certificate_of
from verify.checker import check
from verify.proof.certificate import MOST_SPELLED, _values, certify, check_file, dumps, literal
from verify.question.ask import pose
from verify.question.recording import record

_rng = np.random.default_rng(11)
x, y, z = _rng.normal(size=5), _rng.normal(size=5), _rng.uniform(0.5, 2.0, size=5)
A, S = _rng.normal(size=(5, 5)), _rng.normal(size=(5, 5))
W, b, v = _rng.normal(size=(4, 5)), _rng.normal(size=4), _rng.normal(size=4)
X = _rng.normal(size=(3, 4))


@dataclass(frozen=True)
class Claim:
    """A function, its arguments, its gradient in the first of ``wrt``, and mistakes that are often made with it."""

    name: str
    f: Callable[..., Any]
    args: tuple[Any, ...]
    grad: Callable[..., Any]
    wrong: tuple[Callable[..., Any], ...] = ()
    wrt: str | None = None
    domain: Mapping[str, str] = field(default_factory=dict)


def softmax(x):
    return np.exp(x) / np.sum(np.exp(x))


def _layer_norm(x, y, z):
    centred = x - x.mean()
    return np.sum(y * centred / np.sqrt((centred**2).mean() + 1e-5) + z)


def _layer_norm_gradient(x, y, z):
    centred = x - x.mean()
    scale = np.sqrt((centred**2).mean() + 1e-5)
    return (y - y.mean() - centred / scale * (y * centred / scale).mean()) / scale


def _layer_norm_halved(x, y, z):
    centred = x - x.mean()
    scale = np.sqrt((centred**2).mean() + 1e-5)
    return (y - y.mean()) / scale


def _hidden(W, x):
    return 1 - np.tanh(W @ x) ** 2


CLAIMS = (
    Claim(
        "notebook",
        lambda x: (3 * (x + 2) ** 2).mean(),
        (x,),
        lambda x: 6 / x.size * (x + 2),
        (
            lambda x: 3 / 2 * (x + 2),
            lambda x: 6 / x.size * x,
            lambda x: 6 * (x + 2),
            lambda x: 6 / (x.size + 1) * (x + 2),
        ),
    ),
    Claim(
        "quadratic form",
        lambda x, A: x @ A @ x,
        (x, A),
        lambda x, A: A @ x + A.T @ x,
        (lambda x, A: 2 * A @ x, lambda x, A: A @ x, lambda x, A: A @ x - A.T @ x),
    ),
    Claim(
        "quadratic form, symmetric",
        lambda x, A: x @ A @ x,
        (x, S + S.T),
        lambda x, A: 2 * A @ x,
        (lambda x, A: A @ x, lambda x, A: 2 * A * x),
        domain={"A": "symmetric"},
    ),
    Claim(
        "least squares",
        lambda x, W, b: np.sum((W @ x - b) ** 2),
        (x, W, b),
        lambda x, W, b: 2 * W.T @ (W @ x - b),
        (lambda x, W, b: W.T @ (W @ x - b), lambda x, W, b: 2 * W.T @ (W @ x + b), lambda x, W, b: 2 * W.T @ (W @ x)),
    ),
    Claim(
        "logsumexp",
        lambda x: np.log(np.sum(np.exp(x))),
        (x,),
        softmax,
        (lambda x: np.exp(x), lambda x: 1 / np.sum(np.exp(x)) + 0 * x, lambda x: softmax(x) / 2),
    ),
    Claim(
        "cross-entropy",
        lambda x, y: -np.sum(y * np.log(softmax(x))),
        (x, y),
        lambda x, y: softmax(x) * y.sum() - y,
        (lambda x, y: softmax(x) - y, lambda x, y: softmax(x) * y.sum() + y, lambda x, y: softmax(x) * y - y),
    ),
    Claim(
        "network",
        lambda W, x, v: v @ np.tanh(W @ x),
        (W, x, v),
        lambda W, x, v: np.outer(v * _hidden(W, x), x),
        (
            lambda W, x, v: np.outer(v, x),
            lambda W, x, v: np.outer(v * (1 - np.tanh(W @ x)), x),
            lambda W, x, v: np.outer(v * _hidden(W, x), x) * 2,
        ),
    ),
    Claim(
        "mean", lambda x: x.mean(), (x,), lambda x: np.ones_like(x) / x.size, (np.ones_like, lambda x: 1 / x.size * x)
    ),
    Claim(
        "variance",
        lambda x: x.var(),
        (x,),
        lambda x: 2 * (x - x.mean()) / x.size,
        (lambda x: 2 * (x - x.mean()) / (x.size - 1), lambda x: 2 * x / x.size, lambda x: (x - x.mean()) / x.size),
    ),
    Claim("layer norm", _layer_norm, (x, y, z), _layer_norm_gradient, (_layer_norm_halved,)),
    Claim(
        "trace",
        lambda X, W: np.trace(X @ W.T),
        (W.copy(), W),
        lambda X, W: 1.0 * W,
        (lambda X, W: 2.0 * W, lambda X, W: W * X),
    ),
    Claim(
        "relu", lambda x: np.maximum(x, 0).sum(), (x,), lambda x: np.where(x >= 0, 1.0, 0.0), (lambda x: 1.0 * (x < 0),)
    ),
    Claim("absolute", lambda x: np.abs(x).sum(), (x,), np.sign, (lambda x: x / x, lambda x: -np.sign(x))),
    Claim(
        "pieces",
        lambda x: np.where(x > 1, x**2, 2 * x - 1).sum(),
        (x,),
        lambda x: np.where(x > 1, 2 * x, 2.0),
        (
            lambda x: np.where(x > 1, 2 * x, 0.0),
            lambda x: np.where(x > 2, 2 * x, 2.0),
            lambda x: np.where(x < 1, 2 * x, 2.0),
        ),
    ),
    Claim(
        "rectified network",
        lambda W, x, b, v: v @ np.maximum(W @ x + b, 0),
        (W, x, b, v),
        lambda W, x, b, v: np.outer(v * (W @ x + b > 0), x),
        (lambda W, x, b, v: np.outer(v * (W @ x > 0), x), lambda W, x, b, v: np.outer(v, x)),
    ),
    Claim(
        "differences",
        lambda x: np.sum((x[1:] - x[:-1]) ** 2),
        (x,),
        lambda x: 2 * (np.concatenate([np.zeros(1), x[1:] - x[:-1]]) - np.concatenate([x[1:] - x[:-1], np.zeros(1)])),
        (lambda x: 2 * np.concatenate([np.zeros(1), x[1:] - x[:-1]]),),
    ),
    Claim(
        "root",
        lambda z: np.sqrt(z).sum(),
        (z,),
        lambda z: 0.5 / np.sqrt(z),
        (lambda z: 0.5 * np.sqrt(z), lambda z: 1 / z),
    ),
    Claim(
        "product log", lambda z: np.sum(z * np.log(z)), (z,), lambda z: np.log(z) + 1, (np.log, lambda z: np.log(z) + z)
    ),
    Claim(
        "gaussian",
        lambda X, Y: np.exp(-np.sum((X[:, None, :] - Y[None]) ** 2, axis=-1)).sum(),
        (X, X + 1),
        lambda X, Y: (
            -2
            * np.sum(
                (X[:, None, :] - Y[None]) * np.exp(-np.sum((X[:, None, :] - Y[None]) ** 2, axis=-1, keepdims=True)),
                axis=1,
            )
        ),
    ),
    Claim(
        "entropy",
        lambda z: -np.sum(z / z.sum() * np.log(z / z.sum())),
        (z,),
        lambda z: -(np.log(z / z.sum()) + (-np.sum(z / z.sum() * np.log(z / z.sum())))) / z.sum(),
    ),
)
OWN = (
    *((claim.name, claim.f, claim.args) for claim in CLAIMS if not claim.domain),
    ("cumulative sum", lambda x: np.sum(np.cumsum(x) ** 2), (x,)),
    ("stable logsumexp", lambda x: x.max() + np.log(np.sum(np.exp(x - x.max()))), (x,)),
    ("standard deviation", lambda x: x.std(), (x,)),
    ("concatenation", lambda x, b: np.sum(np.concatenate([x, b]) ** 3), (x, b)),
    ("row-major", lambda W: np.sum(W.reshape(-1) ** 2), (W,)),
    ("triangle", lambda A: np.sum(np.triu(A) @ A), (A,)),
    ("logistic", lambda v, X, y: np.sum(np.log(1 + np.exp(-y * (X @ v)))), (v, X, y[:3])),
    ("attention", lambda X, Y: np.sum(np.exp(X @ Y.T) / np.exp(X @ Y.T).sum(1, keepdims=True) @ Y), (X, X + 1)),
)  # the engine's own gradients


@pytest.fixture(scope="module")
def certificates() -> dict[str, Any]:
    return {c.name: certificate_of(c.f, c.args, c.grad, wrt=0, domain=c.domain) for c in CLAIMS}


@pytest.mark.parametrize("name", [claim.name for claim in CLAIMS])
def test_a_right_gradient_is_accepted(certificates, name):
    report = check(certificates[name])
    assert report.accepted, report.reason
    assert report.trusted == certificates[name]["trusted"]


@pytest.mark.parametrize(("name", "f", "args"), OWN, ids=[name for name, *_ in OWN])
def test_the_recorded_backward_pass_is_accepted(name, f, args):
    report = check(certificate_of(f, args))
    assert report.accepted, report.reason


WRONG = [(claim, number) for claim in CLAIMS for number in range(len(claim.wrong))]


@pytest.mark.parametrize(("claim", "number"), WRONG, ids=[f"{claim.name} {number}" for claim, number in WRONG])
def test_a_wrong_gradient_is_rejected(claim, number):
    report = check(certificate_of(claim.f, claim.args, claim.wrong[number], wrt=0, domain=claim.domain))
    assert not report.accepted


def test_a_count_baked_in_holds_for_its_size_alone():
    four = np.ones((2, 2))
    f, grad = CLAIMS[0].f, CLAIMS[0].wrong[0]
    assert check(certificate_of(f, (four,), grad, fixed=True)).accepted
    assert not check(certificate_of(f, (four,), grad)).accepted
    assert not check(certificate_of(f, (np.ones((2, 3)),), grad, fixed=True)).accepted


def test_a_jacobian():
    assert check(certificate_of(lambda x, A: A @ x, (x, A), jac=lambda x, A: 1.0 * A, wrt=0)).accepted
    assert not check(certificate_of(lambda x, A: A @ x, (x, S), jac=lambda x, A: 1.0 * A.T, wrt=0, fixed=True)).accepted


def test_a_reading_of_literals_is_an_assumption():
    """0.1 is not a tenth, and 2/sqrt(π) no double: each holds under a reading that the certificate names."""
    tenth = certificate_of(lambda x: np.sum(0.1 * x * 10), (x,), np.ones_like)
    assert not check(tenth).accepted
    assert not check(tenth | {"reading": "decimal"}).accepted
    assert check(tenth | {"reading": "decimal", "assumptions": ["literals are decimals"]}).accepted
    gauss = certificate_of(lambda x: np.sum(special.erf(x)), (x,), lambda x: 2 / math.sqrt(math.pi) * np.exp(-x * x))
    assert not check(gauss).accepted
    assert check(gauss | {"reading": "named", "assumptions": ["literals are named constants"]}).accepted


def test_a_branch_taken_is_not_certified():
    problem = pose(lambda x: x * 2 if x > 0 else x, (1.0,), lambda x: 2.0, None, None, None)
    recording = record(problem, problem.arrays, None)
    assert recording.forward is not None
    assert recording.gradient is not None
    with pytest.raises(ValueError, match="branch"):
        certify(recording.forward, recording.gradient, ["x"], "grad", recording.trace.extents)


def test_symmetry_is_used_only_after_differentiating():
    """With A taken as symmetric first, a'Ab + b'Aa would have the derivative 2ab'."""

    def f(A, a, b):
        return a @ A @ b + b @ A @ a

    both, merged = (lambda A, a, b: np.outer(a, b) + np.outer(b, a)), (lambda A, a, b: 2 * np.outer(a, b))
    args, domain = (S + S.T, x, y), {"A": "symmetric"}
    assert check(certificate_of(f, args, both, wrt=0, domain=domain)).accepted
    assert not check(certificate_of(f, args, merged, wrt=0, domain=domain)).accepted


def test_a_guard_on_an_open_set_is_not_dropped():
    """[relu(x) == 0] holds on half of the line."""

    def grad(x):
        top = np.maximum(x, 0)
        return 1.0 * (x > 0) + 1.0 * (top >= 0) - 1.0 * (top > 0)

    assert not check(certificate_of(lambda x: np.sum(np.maximum(x, 0)), (x,), grad)).accepted


def test_kinks_on_a_thin_domain_are_refused():
    """Almost everywhere says nothing of a simplex: every point of it may lie on the kink Σ x = 1."""
    certificate = certificate_of(lambda x: np.maximum(x.sum(), 1), (z,), lambda x: 1.0 * (x.sum() > 1) + 0 * x)
    assert check(certificate).accepted
    certificate["inputs"][0]["facts"] = ["simplex"]
    assert "null set" in check(certificate).reason


def test_logarithms_keep_their_domain():
    """log(x²) is not 2 log(x) where x < 0: the conditions of both programs belong to the claim."""
    certificate = certificate_of(lambda x: np.log(x**2).sum(), (x,), lambda x: np.exp(-np.log(x)) * 2)
    assert {(c["at"], c["is"]) for c in certificate["conditions"]} == {("v2", "> 0"), ("v4", "> 0")}
    assert check(certificate).accepted
    certificate["conditions"].pop()
    assert "not listed" in check(certificate).reason


def test_a_file_is_checked_again(tmp_path, certificates):
    path = tmp_path / "notebook.json"
    path.write_text(dumps(certificates["notebook"]), encoding="utf-8")
    accepted, sentence = check_file(path)
    assert accepted
    assert sentence.startswith("accepted: gradient of")
    path.write_text(path.read_text(encoding="utf-8").replace("mean", "sum"), encoding="utf-8")
    accepted, sentence = check_file(path)
    assert not accepted
    assert sentence.startswith("rejected: ")
    assert check_file(tmp_path / "nothing.json")[0] is False


def test_what_is_said_of_a_file_is_what_was_checked(tmp_path):
    """Its own text, and a narrower claim than that text, are written into it by hand."""
    certificate = certificate_of(lambda x, y: np.sum(x) * np.sum(y), (x, y), lambda x, y: np.sum(y) * np.ones_like(x))
    certificate["claim"]["text"] = "anything is the derivative of all there is"
    certificate["merges"]["m"] = [[1, ["n"]]]
    certificate["size_conditions"].append({"size": [[2, ["n"]], [-1, []]], "least": 7, "why": "an op"})
    certificate["inputs"][1]["facts"] = ["positive"]
    certificate["witnesses"] = []
    path = tmp_path / "edited.json"
    path.write_text(dumps(certificate), encoding="utf-8")
    accepted, sentence = check_file(path)
    assert accepted and "all there is" not in sentence
    assert "for m = n; n >= 1; 2·n + -1 >= 7; y positive (" in sentence


def test_the_text_is_reproducible(certificates):
    again = certificate_of(CLAIMS[0].f, CLAIMS[0].args, CLAIMS[0].grad)
    assert dumps(again) == dumps(certificates["notebook"])


def test_a_witness_has_the_sizes_and_the_facts_of_the_claim():
    """It is looked at as far as the inputs tell: a point that is none of the domain's is refused."""
    certificate = certificate_of(lambda x, A: x @ A @ x, (x, S + S.T), wrt=0, domain={"A": "symmetric"})

    def at(vector: list[float], matrix: list[list[float]]) -> Any:
        arrays = {"x": np.array(vector), "A": np.array(matrix)}
        points = {
            n: {"shape": list(a.shape), "values": [v.hex() for v in a.ravel().tolist()]} for n, a in arrays.items()
        }
        return check({**certificate, "witnesses": [points]})

    good = [[1.0, 2.0], [2.0, 3.0]]
    assert at([1.0, 2.0], good).accepted
    assert "a witness against a fact of A" in at([1.0, 2.0], [[1.0, 2.0], [0.0, 3.0]]).reason
    assert "a witness of other sizes" in at([1.0, 2.0, 3.0], good).reason
    assert "a witness: x" in at([1.0, math.inf], good).reason
    assert not check({**certificate, "witnesses": [{}]}).accepted


def test_small_arrays_are_spelled_and_large_ones_are_not():
    assert _values(np.full(MOST_SPELLED, 0.5)) == ["0x1.0000000000000p-1"] * MOST_SPELLED
    assert _values(np.full(MOST_SPELLED + 1, 0.5)) == []


def test_a_certificate_says_what_of_and_with_what():
    found = certificate_of(lambda x: np.sum(x**2), (x,), lambda x: 2 * x)
    assert found["claim"]["text"].endswith("is the derivative of the sum of the outputs of <lambda> in x")
    assert found["versions"] == {"dualgrad": dualgrad.__version__, "numpy": np.__version__,
                                 "python": platform.python_version()} | {k: v for k, v in found["versions"].items()
                                                                        if k.startswith("sha256")}  # fmt: skip
    by_rows = certificate_of(lambda x: x**2, (x,), jac=lambda x: np.diag(2 * x))
    assert by_rows["claim"]["text"].endswith("is the derivative of the output of <lambda> in x")
    assert "λ" in dumps({"name": "λ"})


def test_numbers_and_truths_are_spelled_by_kind():
    assert [literal(value) for value in (True, False, 3, 0.5)] == [
        {"bool": True}, {"bool": False}, {"int": "3"}, {"float": "0x1.0000000000000p-1"},
    ]  # fmt: skip
