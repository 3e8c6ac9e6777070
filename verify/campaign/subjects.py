"""Valid certificates to be changed: small functions of many kinds, with the engine's gradient or a closed form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

import dualgrad
from verify.form.facts import Facts
from verify.form.proof import Proof
from verify.lemma.answer import prove_tape
from verify.proof.certificate import certify, dumps
from verify.question.ask import pose
from verify.question.recording import Recording, record, record_symbolic
from verify.tower.hints import completed
from verify.trusted.schema import parse

Json = dict[str, Any]
_rng = np.random.default_rng(11)
_x, _y = _rng.normal(size=5), _rng.normal(size=5)
_z = _rng.uniform(0.5, 2.0, size=5)
_A, _B = (_rng.normal(size=(4, 4)) + 4 * np.eye(4) for _ in range(2))
_W, _v = _rng.normal(size=(4, 5)), _rng.normal(size=4)
_EYE = np.eye(3)


class Subject(NamedTuple):
    """A function, its arguments, a gradient (None for the engine's) in ``wrt``, and how the certificate is made."""

    f: Callable[..., Any]
    args: tuple[Any, ...]
    grad: Callable[..., Any] | None = None
    wrt: Any = None
    domain: Mapping[str, str] | None = None
    fixed: bool = False
    chain: bool = False
    spelled: bool = False
    tower: bool = False


def certificate_of(
    f: Callable[..., Any],
    args: Any,
    grad: Any = None,
    wrt: Any = None,
    domain: Any = None,
    fixed: bool = False,
    jac: Any = None,
    chain: bool = False,
    spelled: bool = False,
) -> Json:
    """The certificate of a claim, as it is read back from a file; symbolic in its sizes unless ``fixed``.

    With ``chain`` it goes by the chain rule, one variable at a time; with ``spelled`` captured arrays have values.
    """
    problem = pose(f, args, *(("grad", grad) if jac is None else ("jac", jac)), wrt, domain)
    shapes = {p: a.shape for p, a in problem.arrays.items()}
    recording = record(problem, problem.arrays, shapes) if fixed else record_symbolic(problem, problem.arrays)
    if recording.forward is None or recording.gradient is None:
        raise ValueError(f"a certificate of what is not recorded: {recording.refused or recording.gradient_refused}")
    names = [problem.arguments[position].name for position in problem.wrt]
    told = _by_steps(recording, [recording.inputs[p] for p in problem.wrt]) if chain else {}
    certificate = certify(
        recording.forward,
        told.get("gradient", recording.gradient),
        names,
        problem.kind,
        recording.trace.extents,
        facts={problem.arguments[p].name: (d,) for p, d in problem.domain.items() if isinstance(d, str)},
        sources={"f": "def f"},
        spelled=spelled,
        hints={"chain": told["chain"]} if told else {},
    )
    return parse(dumps(certificate))  # type: ignore[no-any-return]


def _by_steps(recording: Recording, wrt: Any) -> Mapping[str, Any]:
    """The gradient as the chain rule composes it, and its adjoints."""
    assert recording.forward is not None
    assert recording.gradient is not None
    assert recording.tape is not None
    extents = recording.trace.extents
    facts = Facts(resolve=extents.resolve, sizes=tuple(extent - least for extent, least in extents.conditions))
    equations, values = recording.trace.equations, extents.values
    found = prove_tape(
        recording.forward, wrt, recording.gradient, recording.tape, equations, facts=facts, values=values
    )
    assert isinstance(found, Proof), found
    return found.certificate


def _attention(q: Any, k: Any, v: Any) -> Any:
    scores = np.exp(q @ k.T / np.sqrt(q.shape[-1]))
    return np.sum((scores / scores.sum(-1, keepdims=True)) @ v)


def _network(x: Any, a: Any, b: Any) -> Any:
    return np.sum(np.tanh(b @ np.tanh(a @ x)) ** 2)


def _layer_norm(x: Any, y: Any) -> Any:
    centred = x - x.mean()
    return np.sum(y * centred / np.sqrt((centred**2).mean() + 1e-5))


def _rectified(w: Any, x: Any, v: Any) -> Any:
    return v @ np.maximum(w @ x, 0)


_ROWS = (_W, _W + 1, _rng.normal(size=(4, 3)))
SUBJECTS: dict[str, Subject] = {
    "mean of squares": Subject(lambda x: (3 * (x + 2) ** 2).mean(), (_x,), lambda x: 6 / x.size * (x + 2)),
    "mean of squares, four": Subject(
        lambda x: (3 * (x + 2) ** 2).mean(), (_x[:4],), lambda x: 3 / 2 * (x + 2), fixed=True
    ),
    "quadratic form": Subject(lambda x, a: x @ a @ x, (_v, _A), lambda x, a: a @ x + a.T @ x, wrt=0),
    "symmetric form": Subject(
        lambda x, a: x @ a @ x, (_v, _A + _A.T), lambda x, a: 2 * a @ x, wrt=0, domain={"a": "symmetric"}
    ),
    "least squares": Subject(
        lambda x, w, b: np.sum((w @ x - b) ** 2), (_x, _W, _v), lambda x, w, b: 2 * w.T @ (w @ x - b), wrt=0
    ),
    "logsumexp": Subject(lambda x: np.log(np.sum(np.exp(x))), (_x,), lambda x: np.exp(x) / np.sum(np.exp(x))),
    "cross-entropy": Subject(lambda x, y: -np.sum(y * dualgrad.log_softmax(x)), (_x, _z)),
    "product log": Subject(lambda z: np.sum(z * np.log(z)), (_z,), lambda z: np.log(z) + 1),
    "roots": Subject(lambda z: np.sqrt(z).sum(), (_z,), lambda z: 0.5 / np.sqrt(z)),
    "rectified": Subject(_rectified, (_W, _x, _v), lambda w, x, v: np.outer(v * (w @ x > 0), x), wrt=0),
    "pieces": Subject(lambda x: np.where(x > 1, x**2, 2 * x - 1).sum(), (_x,), lambda x: np.where(x > 1, 2 * x, 2.0)),
    "differences": Subject(lambda x: np.sum((x[1:] - x[:-1]) ** 2), (_x,)),
    "running sum": Subject(lambda x: np.sum(np.cumsum(x) ** 2), (_x,)),
    "largest": Subject(lambda a: np.sum(np.max(a, axis=0)), (_A,)),
    "convolution": Subject(lambda x, y: np.sum(np.convolve(x, y) ** 2), (_x, _y[:3]), chain=True),
    "reshaped": Subject(lambda w: np.sum(w.reshape(-1) ** 3), (_W,)),
    "log of a determinant": Subject(lambda a: np.linalg.slogdet(a)[1], (_A,), lambda a: np.linalg.inv(a).T),
    "inverse": Subject(lambda a, b: np.trace(np.linalg.inv(a) @ b), (_A, _B)),
    "solution": Subject(lambda a, b: np.sum(np.linalg.solve(a, b) ** 2), (_A, _B)),
    "captured": Subject(
        lambda a: np.trace(np.kron(a, a)), (_A[:3, :3],), lambda a: 2 * np.trace(a) * _EYE, fixed=True, spelled=True
    ),
    "softplus": Subject(
        lambda x: np.sum(np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))),
        (_x,),
        lambda x: 1 / (1 + np.exp(-x)),
        tower=True,
    ),
    "doubled angle": Subject(lambda x: np.sum(np.sin(x) ** 2), (_x,), lambda x: np.sin(2 * x), tower=True),
    "network by steps": Subject(_network, (_v, _A, _B), chain=True),
    "layer norm by steps": Subject(_layer_norm, (_x, _y), chain=True),
    "attention by steps": Subject(_attention, _ROWS, chain=True),
    "kinks by steps": Subject(lambda x, y: np.sum(np.maximum(x, np.abs(y)) * np.minimum(x, y)), (_x, _y), chain=True),
}


def certificates() -> dict[str, Json]:
    """The certificate of every subject."""
    made = {
        name: certificate_of(s.f, s.args, s.grad, s.wrt, s.domain, s.fixed, chain=s.chain, spelled=s.spelled)
        for name, s in SUBJECTS.items()
    }
    return {name: completed(made[name])[0] if SUBJECTS[name].tower else made[name] for name in made}
