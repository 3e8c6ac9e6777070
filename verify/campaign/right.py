"""No false REFUTED: right gradients, and such as break differences; what is refuted is held against 60 digits."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

import verify
from verify.campaign.case import Subject, told, tried
from verify.campaign.figures import Outcome
from verify.campaign.replay import holds, in_a_fresh_process
from verify.campaign.replay import shapes as shapes_of
from verify.strategies.draw import arguments
from verify.strategies.generate import generate
from verify.strategies.program import Input, Program, Ref, Step
from verify.strategies.recorded import gradient_of
from verify.verdict import Result

BUDGET = 20.0  # seconds a check


def trial(seed: int, index: int) -> Outcome:
    """One right gradient, by turns an ordinary one and one that breaks differences; a unit is a check."""
    if index % 3 == 2:
        return tried(seed, index, lambda given, outcome: _examined(given, given.family, outcome), _hostile)
    return tried(seed, index, lambda given, outcome: _examined(given, "ordinary", outcome))


def _examined(given: Subject, how: str, outcome: Outcome) -> None:
    result = checked(given, given.gradient)
    outcome.units = 1
    outcome.counts[f"{how}: {result.verdict}"] += 1
    if result.verdict.name == "REFUTED":
        _refuted(given, result, outcome)


def checked(given: Subject, gradient: Program) -> Result:
    """What a check says of a gradient of the subject's program."""
    return verify.check(given.program.function("f"), *given.args, grad=gradient.function("g"), budget=BUDGET)


def _refuted(given: Subject, result: Result, outcome: Outcome) -> None:
    """A right gradient that was refuted: truly wrong where it was refuted, or a false verdict."""
    example = result.counterexample
    if example is None:
        why = f"no counterexample: {result.reason}"
    elif not in_a_fresh_process([(given.program, given.gradient, example)])[0]:
        why = "the counterexample does not replay in a fresh process"
    else:
        why = holds(given.program, given.gradient, example)
    if why:
        more: dict[str, Any] = {"why": why, "reason": result.reason}
        if example is not None:
            more |= {"at": list(example.arguments), "index": example.index, "expected": example.expected}
        outcome.failures.append(told(given, given.gradient, **more))
        return
    assert example is not None
    elsewhere = shapes_of(given.program, example) != [np.shape(arg) for arg in given.args]
    where = "for axes longer than the 1 that was given" if elsewhere else f"there ({result.reason.split(':')[0]})"
    outcome.counts[f"refuted and truly wrong {where}"] += 1


# ---------------------------------------------------------------------------- what breaks differences

_N: tuple[str, ...] = ("n",)


def _hostile(seed: int, index: int) -> Subject:
    """An ordinary program behind, or in front of, something that differences cannot follow."""
    rng = random.Random(f"{seed}/hostile/{index}")
    how = rng.choice(["large offset", "fast wave", "denormal", "beside a kink", "float32", "small step", "tiny scale"])
    family = rng.choice(["elementwise", "reductions", "branches", "indexing"])
    inner = generate(rng.randrange, [family], deepest=4)
    program, args = inner, arguments(inner, seed * 1_000_003 + index)
    if how == "float32":
        args = [np.asarray(arg, dtype=np.float32) if np.ndim(arg) else arg for arg in args]
    elif how == "denormal":
        program, args = _denormal(rng)
    elif how == "beside a kink":
        args = [_beside(arg, inner, rng) for arg in args]
    else:
        program = _before(inner, how)
    return Subject(how, program, tuple(args), gradient_of(program, args), rng, index)


def _before(inner: Program, how: str) -> Program:
    """Every argument goes through a function that is hard to difference before the program sees it."""
    if how == "large offset":  # 1e10 + f(x): the differences of the value have six digits left, the gradient has all
        end = Step("far", "add", (1e10, inner.outputs[0]))
        return Program(inner.inputs, (*inner.steps, end), ("far",))
    steps: list[Step] = []
    for given in inner.inputs:
        n = f"u{given.name}"
        middle = (given.low + given.high) / 2
        if how == "fast wave":  # sin(1e4 x), within the range of the argument
            width = (given.high - given.low) / 2
            steps += [
                Step(f"{n}a", "multiply", (1e4, given.name)),
                Step(f"{n}b", "sin", (f"{n}a",)),
                Step(f"{n}c", "multiply", (width, f"{n}b")),
                Step(n, "add", (middle, f"{n}c")),
            ]
        elif how == "small step":
            steps += [Step(f"{n}a", "multiply", (given.name, 1e-9)), Step(n, "add", (f"{n}a", middle))]
        else:
            steps += [Step(f"{n}a", "multiply", (given.name, 1e-150)), Step(n, "multiply", (f"{n}a", 1e150))]
    if any(given.square for given in inner.inputs):
        return inner
    renamed = [
        Step(s.name, s.word, tuple(f"u{r}" if r in {i.name for i in inner.inputs} else r for r in s.refs), s.params)
        for s in inner.steps
    ]
    outputs = tuple(f"u{r}" if r in {i.name for i in inner.inputs} else r for r in inner.outputs)
    return Program(inner.inputs, (*steps, *renamed), outputs).trimmed()


def _denormal(rng: random.Random) -> tuple[Program, list[Any]]:
    """Arguments below the least normal number."""
    word, c = rng.choice(["multiply", "add"]), rng.choice([2, 3.5, -1, 1e8])
    steps = (
        Step("v1", word, ("x", c)),
        Step("v2", rng.choice(["sin", "tanh", "exp", "arctan", "square"]), ("v1",)),
        Step("v3", "multiply", ("v2", _picked(rng, ("x", 2, "v1")))),
        Step("v4", "sum", ("v3",), {"axis": None, "keepdims": False}),
    )
    values = np.array([rng.uniform(-1, 1) * 10.0 ** rng.uniform(-323, -308) for _ in range(3)])
    return Program((Input("x", _N, -1e-308, 1e-308),), steps, ("v4",)), [values]


def _picked(rng: random.Random, options: tuple[Ref, ...]) -> Ref:
    return options[rng.randrange(len(options))]


def _beside(arg: Any, inner: Program, rng: random.Random) -> Any:
    """The argument with some entries right beside the numbers that the program compares with, but not on them."""
    numbers = [r for s in inner.steps for r in s.refs if isinstance(r, (int, float)) and not isinstance(r, bool)]
    array = np.array(arg, dtype=float)
    for place in np.ndindex(array.shape):
        if rng.random() < 0.5:
            centre = float(rng.choice([0.0, *numbers]))
            array[place] = centre + rng.choice([-1, 1]) * rng.choice([1e-12, 1e-9, max(abs(centre), 1e-3) * 2.0**-52])
    return array if np.ndim(arg) else float(array)
