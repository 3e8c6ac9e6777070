"""No wrong closed form is proved: gradients as people write them, changed; what is proved is held against 60 digits."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from verify.campaign.case import Subject
from verify.campaign.case import told as told_pair
from verify.campaign.claims import untrue
from verify.campaign.figures import Outcome
from verify.campaign.judge import wrong
from verify.clock import now
from verify.proof.attempt import attempt
from verify.question.ask import pose
from verify.question.problem import Undecidable
from verify.question.recording import record_symbolic
from verify.strategies.draw import arguments
from verify.strategies.program import Dimension, Input, Program
from verify.strategies.recorded import told

SECONDS = 4.0
EACH = 24


class Pair(NamedTuple):
    """A function of one argument or two, its gradient in the first as a closed form, and the arguments' shapes."""

    f: Callable[..., Any]
    grad: Callable[..., Any]
    shapes: tuple[tuple[Dimension, ...], ...]
    low: float = -2.0


def _softmax(x: Any) -> Any:
    e = np.exp(x)
    return e / np.sum(e, axis=-1, keepdims=True)


N, NM, SQUARE = ("n",), ("n", "m"), ("n", "n")
PAIRS: dict[str, Pair] = {
    "mean of squares": Pair(lambda x: np.mean((3 * x + 2) ** 2), lambda x: 6 / x.size * (3 * x + 2), (N,)),
    "least squares": Pair(lambda x, a: np.sum((a @ x) ** 2), lambda x, a: 2 * a.T @ (a @ x), (("m",), NM)),
    "quadratic form": Pair(lambda x, a: x @ a @ x, lambda x, a: a @ x + a.T @ x, (N, SQUARE)),
    "logsumexp": Pair(lambda x: np.log(np.sum(np.exp(x))), lambda x: _softmax(x), (N,)),
    "entropy": Pair(lambda x: -np.sum(x * np.log(x)), lambda x: -np.log(x) - 1, (N,), 0.2),
    "logistic": Pair(lambda x: np.sum(np.log1p(np.exp(x))), lambda x: 1 / (1 + np.exp(-x)), (N,)),
    "norm": Pair(lambda x: np.sqrt(np.sum(x**2)), lambda x: x / np.sqrt(np.sum(x**2)), (N,)),
    "cosine": Pair(
        lambda x, y: np.sum(x * y) / np.sqrt(np.sum(x * x)),
        lambda x, y: y / np.sqrt(np.sum(x * x)) - x * np.sum(x * y) / np.sum(x * x) ** 1.5,
        (N, N),
    ),
    "variance": Pair(lambda x: np.mean((x - np.mean(x)) ** 2), lambda x: 2 * (x - np.mean(x)) / x.size, (N,)),
    "differences": Pair(
        lambda x: np.sum((x[1:] - x[:-1]) ** 2),
        lambda x: 2 * np.concatenate((x[:1] - x[1:2], 2 * x[1:-1] - x[:-2] - x[2:], x[-1:] - x[-2:-1])),
        (N,),
    ),
    "Gaussian": Pair(lambda x: np.sum(np.exp(-(x**2) / 2)), lambda x: -x * np.exp(-(x**2) / 2), (N,)),
    "rectified": Pair(lambda x: np.sum(np.maximum(x, 0) ** 2), lambda x: 2 * np.maximum(x, 0), (N,)),
    "Huber": Pair(
        lambda x: np.sum(np.where(np.abs(x) < 1, x**2 / 2, np.abs(x) - 0.5)), lambda x: np.clip(x, -1, 1), (N,)
    ),
    "trace of a product": Pair(lambda a, b: np.trace(a @ b), lambda a, b: b.T, (NM, ("m", "n"))),
    "Frobenius": Pair(lambda a, b: np.sum((a @ b) ** 2), lambda a, b: 2 * (a @ b) @ b.T, (NM, ("m", "k"))),
    "log of a determinant": Pair(lambda a: np.linalg.slogdet(a)[1], lambda a: np.linalg.inv(a).T, (SQUARE,)),
    "determinant": Pair(lambda a: np.linalg.det(a), lambda a: np.linalg.det(a) * np.linalg.inv(a).T, (SQUARE,)),
    "trace of an inverse": Pair(
        lambda a: np.trace(np.linalg.inv(a)), lambda a: -(np.linalg.inv(a) @ np.linalg.inv(a)).T, (SQUARE,)
    ),
    "cubic": Pair(lambda x: np.sum(x**3 - 2 * x), lambda x: 3 * x**2 - 2, (N,)),
    "ratio": Pair(
        lambda x: np.sum(x) / np.sum(x**2),
        lambda x: (np.sum(x**2) - 2 * x * np.sum(x)) / np.sum(x**2) ** 2,
        (N,),
    ),
    "outer": Pair(lambda x, y: np.sum(np.sin(np.outer(x, y))), lambda x, y: np.cos(np.outer(x, y)) @ y, (N, ("m",))),
    "row means": Pair(
        lambda a: np.sum(np.mean(a, axis=1) ** 2),
        lambda a: 2 * np.mean(a, axis=1, keepdims=True) / a.shape[1] + np.zeros_like(a),
        (NM,),
    ),
}


def trial(seed: int, index: int) -> Outcome:
    """One closed form, changed two dozen times; a unit is a wrong one."""
    outcome, rng = Outcome(), random.Random(f"{seed}/closed/{index}")
    name = sorted(PAIRS)[index % len(PAIRS)]
    f, g, args = programs(PAIRS[name], seed * 1_000_003 + index)
    given = Subject(name, f, tuple(args), g, rng, index)
    for mutant in given.mutants(EACH):
        off = wrong(f, mutant.program, args, index)
        if off is None:
            outcome.counts["right still"] += 1
            continue
        outcome.units += 1
        try:
            problem = pose(f.function("f"), args, "grad", mutant.program.function("g"), 0, None)
            formula = attempt(problem, now() + SECONDS, looking=False).formula
        except Undecidable:
            formula = None
        outcome.counts[f"{mutant.kind}: {'proved' if formula else 'not proved'}"] += 1
        false = untrue(formula, f, mutant.program, args, index) if formula is not None else None
        if false is not None:
            outcome.failures.append(told_pair(given, mutant.program, change=mutant.what, why=false.why, name=name))
    return outcome


def programs(pair: Pair, seed: int) -> tuple[Program, Program, list[Any]]:
    """The function and its closed form as programs, and arguments."""
    inputs = tuple(
        Input(name, shape, pair.low, 2.0, square=shape == SQUARE)
        for name, shape in zip(inspect.signature(pair.f).parameters, pair.shapes, strict=True)
    )
    args = arguments(Program(inputs, (), ()), seed)
    problem = pose(pair.f, args, "grad", pair.grad, 0, None)
    recording = record_symbolic(problem, problem.arrays)
    assert recording.forward is not None and recording.gradient is not None, recording.gradient_refused
    return told(recording.forward, inputs), told(recording.gradient, inputs), args
