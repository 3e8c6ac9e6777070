"""No verdict flips when a pair of program and gradient is rewritten so that it says the same."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import verify
from verify.campaign.case import READ, Subject, told, tried
from verify.campaign.figures import Outcome
from verify.campaign.judge import wrong
from verify.campaign.right import BUDGET
from verify.strategies.program import Program, Ref, Step
from verify.verdict import Result

Pair = tuple[Program, Program]
EACH = 4  # rewritings of one pair


def trial(seed: int, index: int) -> Outcome:
    """One pair, by turns right and wrong, and some rewritings of it; a unit is a rewriting."""
    return tried(seed, index, _examined)


def _examined(given: Subject, outcome: Outcome) -> None:
    gradient, right = given.gradient, True
    if given.seed % 2:
        for mutant in given.mutants(1):
            gradient = mutant.program
            right = wrong(given.program, gradient, given.args, given.seed, READ) is None
    first = _checked(given.program, gradient, given.args)
    for name in given.rng.sample(sorted(REWRITINGS), EACH):
        f, g = REWRITINGS[name]((given.program, gradient), given.rng)
        second = _checked(f, g, given.args)
        outcome.units += 1
        outcome.counts[f"{name}: {first.verdict} then {second.verdict}"] += 1
        if _flips(first, second) or (not right and second.ok):
            more = {"rewriting": name, "first": str(first.verdict), "then": str(second.verdict)}
            told_more = {**more, "f after": f.source(), "gradient after": g.source("g"), "reason": second.reason}
            outcome.failures.append(told(given, gradient, **told_more))


def _checked(f: Program, g: Program, args: Any) -> Result:
    return verify.check(f.function("f"), *args, grad=g.function("g"), budget=BUDGET)


def _flips(one: Result, two: Result) -> bool:
    """Whether one is accepted and the other refuted; losing or gaining certainty is no flip."""
    verdicts = {one.verdict.name, two.verdict.name}
    return "REFUTED" in verdicts and (one.ok or two.ok)


# ---------------------------------------------------------------------------- rewritings


def _renamed(pair: Pair, rng: random.Random) -> Pair:
    """Other names for arguments and intermediates."""
    names = ["alpha", "beta", "gamma", "delta"]
    to: dict[str, str] = {i.name: name for i, name in zip(pair[0].inputs, names, strict=False)}

    def other(program: Program) -> Program:
        def ref(r: Ref) -> Ref:
            return to.get(r, f"q{r}") if isinstance(r, str) else r

        steps = tuple(replace(s, name=f"q{s.name}", refs=tuple(map(ref, s.refs))) for s in program.steps)
        inputs = tuple(replace(i, name=to[i.name]) for i in program.inputs)
        return Program(inputs, steps, tuple(map(ref, program.outputs)))

    return other(pair[0]), other(pair[1])


def _before(program: Program, made: Callable[[str, str], list[Step]]) -> Program:
    """Every argument goes through the same steps before the program sees it."""
    new = {i.name: f"p{i.name}" for i in program.inputs}
    first = [step for i in program.inputs for step in made(i.name, new[i.name])]

    def ref(r: Ref) -> Ref:
        return new.get(r, r) if isinstance(r, str) else r

    steps = (replace(s, refs=tuple(map(ref, s.refs))) for s in program.steps)
    return Program(program.inputs, (*first, *steps), tuple(map(ref, program.outputs)))


def _plus_zero(pair: Pair, rng: random.Random) -> Pair:
    """x + 0 for x, in the program."""
    return _before(pair[0], lambda old, new: [Step(new, "add", (old, 0))]), pair[1]


def _identity(pair: Pair, rng: random.Random) -> Pair:
    """2 x / 2 for x, in the program."""
    return _before(
        pair[0], lambda old, new: [Step(f"{new}h", "multiply", (old, 2)), Step(new, "divide", (f"{new}h", 2))]
    ), pair[1]


def _after(program: Program, word: str, *more: Ref) -> Program:
    """A step after every result."""
    ends = [Step(f"z{k}", word, (ref, *more)) for k, ref in enumerate(program.outputs)]
    return Program(program.inputs, (*program.steps, *ends), tuple(step.name for step in ends))


def _doubled(pair: Pair, rng: random.Random) -> Pair:
    """2 f with 2 g."""
    return _after(pair[0], "multiply", 2), _after(pair[1], "multiply", 2)


def _split(pair: Pair, rng: random.Random) -> Pair:
    """f as three quarters of it and a quarter of it."""
    f = pair[0]
    parts = (
        Step("za", "multiply", (f.outputs[0], 0.75)),
        Step("zb", "multiply", (f.outputs[0], 0.25)),
        Step("z", "add", ("za", "zb")),
    )
    return Program(f.inputs, (*f.steps, *parts), ("z",)), pair[1]


def _reversed(pair: Pair, rng: random.Random) -> Pair:
    """Every argument reversed twice along its first axis in the program: once by an index, once by another."""
    sized = {i.name for i in pair[0].inputs if i.shape}
    back = {"key": {"key": [[None, None, -1]]}}

    def made(old: str, new: str) -> list[Step]:
        if old not in sized:
            return [Step(new, "add", (old, 0))]
        return [Step(f"{new}r", "getitem", (old,), back), Step(new, "getitem", (f"{new}r",), back)]

    return _before(pair[0], made), pair[1]


def _dead_branch(pair: Pair, rng: random.Random) -> Pair:
    """A branch that is never taken: where(f > f + 1, 0, f)."""
    f = pair[0]
    end = f.outputs[0]
    branch = (
        Step("za", "add", (end, 1)),
        Step("zb", "greater", (end, "za")),
        Step("z", "where", ("zb", 0.0, end)),
    )
    return Program(f.inputs, (*f.steps, *branch), ("z",)), pair[1]


def _fused(pair: Pair, rng: random.Random) -> Pair:
    """f + Σ sin x with g + cos x: a pair whose verdict is known is added."""
    f, g = pair
    more = [Step("ya", "sin", (f.inputs[0].name,)), Step("yb", "sum", ("ya",), {"axis": None, "keepdims": False})]
    whole = [Step("yc", "sum", (f.outputs[0],), {"axis": None, "keepdims": False}), Step("yd", "add", ("yc", "yb"))]
    slope = [Step("ya", "cos", (g.inputs[0].name,)), Step("y", "add", (g.outputs[0], "ya"))]
    fused = Program(f.inputs, (*f.steps, *more, *whole), ("yd",))
    return fused, Program(g.inputs, (*g.steps, *slope), ("y", *g.outputs[1:]))


REWRITINGS: dict[str, Callable[[Pair, random.Random], Pair]] = {
    "renamed": _renamed,
    "x + 0": _plus_zero,
    "2 f": _doubled,
    "f in two parts": _split,
    "entries reversed twice": _reversed,
    "the identity before": _identity,
    "a dead branch": _dead_branch,
    "fused with sin": _fused,
}


def same_values(pair: Pair, other: Pair, args: Any) -> bool:
    """Whether a rewriting computes what it rewrites, up to the factor that "2 f" brings in; what tests ask."""
    with np.errstate(all="ignore"):
        one, two = (np.sum(each.function("f")(*args)) for each in (pair[0], other[0]))
    return bool(np.isclose(one, two) or np.isclose(2 * one, two))
