"""No false AGREES: wrong gradients of functions that cannot be recorded, where floats are all the evidence there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import verify
from verify.campaign.case import Subject, told, tried
from verify.campaign.figures import Outcome
from verify.campaign.judge import wrong
from verify.campaign.mutate import Mutant
from verify.campaign.replay import arguments, holds
from verify.campaign.right import BUDGET
from verify.strategies.program import Program, Step, compiled
from verify.verdict import Counterexample

MUTANTS = 4
DIFFERENCES = 1e-5  # relative; how near to a slope differences are that refute
AGREED = 1e-9  # relative; an error above that must not agree


def trial(seed: int, index: int) -> Outcome:
    """One program whose arguments go through text, and changed gradients; a unit is a wrong one, checked."""
    return tried(seed, index, _examined)


def _examined(given: Subject, outcome: Outcome) -> None:
    for mutant in given.mutants(MUTANTS):
        off = wrong(given.program, mutant.program, given.args, given.seed)
        result = verify.check(opaque(given.program), *given.args, grad=opaque(mutant.program), budget=BUDGET)
        said = "wrong" if off is not None and off.relative > AGREED else "off by less" if off is not None else "right"
        outcome.counts[f"{said}: {result.verdict}"] += 1
        outcome.units += said == "wrong"
        example = result.counterexample
        if said == "right" and result.verdict.name == "REFUTED" and _unfounded(given, mutant, example):
            outcome.failures.append(told(given, mutant.program, why=f"right, and refuted: {result.reason}"))
        if said == "wrong" and off is not None and result.ok:
            more = {"change": mutant.what, "relative": off.relative, "verdict": str(result.verdict)}
            outcome.failures.append(told(given, mutant.program, **more, method=result.formula.method))
    if given.seed % 10 == 0:
        _nothing_compared(given, outcome)


def _unfounded(given: Subject, mutant: Mutant, example: Counterexample | None) -> str:
    """Why a refutation of a gradient that is right at random points does not hold either."""
    with np.errstate(all="ignore"):
        made = mutant.program.function("g")(*given.args)
    if not all(np.isfinite(part).all() for part in (made if isinstance(made, tuple) else (made,))):
        return ""
    if example is None:
        return "it has no counterexample"
    if _names_an_element(given.program, example):
        return holds(given.program, mutant.program, example, DIFFERENCES)
    there = wrong(given.program, mutant.program, arguments(given.program, example), given.seed)
    return "" if there is not None else "it names no element, and the gradient is right there"


def _names_an_element(f: Program, example: Counterexample) -> bool:
    """Whether it is about one entry of an argument, and not about a slope along a line."""
    name, _, rest = example.index.partition("[")
    sizes = {i.name: np.ndim(arg) for i, arg in zip(f.inputs, arguments(f, example), strict=True)}
    return sizes.get(name) == len([part for part in rest.rstrip("]").split(",") if part.strip()])


def opaque(program: Program) -> Callable[..., Any]:
    """The program as a function that cannot be recorded: every number goes through its text first."""
    copies = tuple(Step(i.name, "copy", (i.name,)) for i in program.inputs if i.shape)
    text = replace(program, steps=(*copies, *program.steps)).source("f")
    for step in copies:
        again = f"np.array([float(repr(v)) for v in {step.name}.ravel().tolist()]).reshape({step.name}.shape)"
        text = text.replace(f"{step.name} = np.copy({step.name})", f"{step.name} = {again}")
    for i in program.inputs:
        if not i.shape:
            text = text.replace("\n", f"\n    {i.name} = float(repr(float({i.name})))\n", 1)
    return compiled(text, "f")


def _nothing_compared(given: Subject, outcome: Outcome) -> None:
    """Arguments without elements: there is nothing to agree about."""
    if not any(i.shape for i in given.program.inputs):
        return
    empty = [np.zeros((0,) * np.ndim(arg)) if np.ndim(arg) else arg for arg in given.args]
    result = verify.check(lambda *args: np.zeros(0), *empty, grad=lambda *args: tuple(map(np.zeros_like, args)))
    outcome.units += 1
    outcome.counts[f"empty: {result.verdict}"] += 1
    if result.ok:
        outcome.failures.append({"why": "arguments without elements were accepted", "family": given.family})
