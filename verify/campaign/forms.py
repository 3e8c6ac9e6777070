"""Normal forms decide polynomial identities: pairs of programs without kernels, against exact evaluation.

That p = q is asked as a question about a gradient: Σ y p(x) has the gradient p in y, and the candidate is q.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np

from verify.campaign.exact import Outside, exactly, values
from verify.campaign.figures import Outcome
from verify.campaign.mutate import Mutator
from verify.clock import now
from verify.proof.attempt import attempt
from verify.question.ask import pose
from verify.strategies.builder import Builder
from verify.strategies.draw import arguments
from verify.strategies.moves import contraction, outer
from verify.strategies.program import Input, Program, Ref, Step
from verify.strategies.values import LARGEST

SECONDS = 20.0
FAR = 1e-40  # absolute, between values of moderate size
SHAPES: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("n",),), (("n",), ("n",)), (("n", "m"), ("m",)), (("n", "m"),), (("n", "n"), ("n",)), (("n", "m"), ("m", "k")),
)  # fmt: skip
CHANGES = ("sign", "operand", "term", "digit", "off by one", "transpose", "lost 1/n", "factor")


def trial(seed: int, index: int) -> Outcome:
    """A polynomial program against one that is rewritten, and against one that is also changed; a unit is a pair."""
    outcome, rng = Outcome(), random.Random(f"{seed}/forms/{index}")
    p = polynomial(rng)
    args = arguments(p, seed * 1_000_003 + index)
    q = p
    for _ in range(4):
        q = rewritten(q, rng)
    with np.errstate(all="ignore"):
        value = np.asarray(p.function("f")(*args))
    shown = Input("y", tuple(f"d{k}" for k in range(value.ndim)), 0.5, 2.0)
    y = np.random.default_rng(index).uniform(0.5, 2.0, value.shape)
    f = _weighted(p, shown)
    args = [*args, y if value.ndim else float(y)]
    candidates = [_beside(q, shown)]
    mutant = Mutator(candidates[0], args, rng).mutant(rng.choice(CHANGES))
    candidates += [mutant.program] if mutant is not None and _is_polynomial(mutant.program) else []
    for candidate in candidates:
        off = _differs(p, candidate, args, index)
        problem = pose(f.function("f"), args, "grad", candidate.function("g"), len(args) - 1, None)
        formula = attempt(problem, now() + SECONDS, looking=False).formula
        outcome.units += 1
        outcome.counts[f"{'other' if off else 'equal'}, {'proved' if formula else 'not proved'}"] += 1
        if bool(formula) == off:
            why = "proved, and another" if off else "equal, and not proved"
            outcome.failures.append({"why": why, "f": f.source(), "gradient": candidate.source("g")})
    return outcome


def _is_polynomial(p: Program) -> bool:
    """Whether no exponent was changed into one that is not whole: 0 ** 2.2 is 0, and no polynomial says so."""
    return all(step.params.get("exponent", 1) % 1 == 0 for step in p.steps)


def _weighted(p: Program, shown: Input) -> Program:
    end = (Step("ya", "multiply", ("y", p.outputs[0])), Step("yb", "sum", ("ya",), {"axis": None, "keepdims": False}))
    return Program((*p.inputs, shown), (*p.steps, *end), ("yb",))


def _beside(q: Program, shown: Input) -> Program:
    return Program((*q.inputs, shown), q.steps, q.outputs)


def _differs(p: Program, candidate: Program, args: list[Any], seed: int) -> bool:
    """Whether the candidate is another polynomial, by 110 digits at random points."""
    for k in range(3):
        at = exactly(args if k == 0 else [*arguments(p, 7919 * seed + k), args[-1]])
        try:
            (one,), (two,) = values(p, at[:-1]), values(candidate, at)
        except (ValueError, Outside):  # the candidate does not run, or is no polynomial any more
            return True
        if one.shape != two.shape or any(abs(a - b) > FAR for a, b in zip(one.flat, two.flat, strict=True)):
            return True
    return False


def polynomial(rng: random.Random) -> Program:
    """A program of sums, products, contractions and powers alone."""
    shapes = rng.choice(SHAPES)
    inputs = tuple(Input(name, shape, -0.8, 0.8) for name, shape in zip("xzw", shapes, strict=False))
    builder = Builder(rng.randrange, inputs)
    for _ in range(1 + rng.randrange(5)):
        _poly(builder) if rng.random() < 0.6 else rng.choice([contraction, outer, _summed])(builder)
    return Program(inputs, tuple(builder.steps), (builder.last.name,)).trimmed()


def _poly(b: Builder) -> None:
    one = b.last
    how = b.pick(("number", "square", "product", "sum", "difference", "product"))
    if how == "number":
        c = b.pick((2, 3, 0.5, -1, 1.5))
        b.add(b.pick(("multiply", "add", "subtract")), [one.name, c], one.shape, -LARGEST, LARGEST)
    elif how == "square":
        b.add("power_constant", [one.name], one.shape, -LARGEST, LARGEST, exponent=b.pick((2, 3)))
    else:
        other = b.pick([v for v in b.values if v.shape == one.shape])
        word = {"product": "multiply", "sum": "add", "difference": "subtract"}[how]
        b.add(word, [one.name, other.name], one.shape, -LARGEST, LARGEST)


def _summed(b: Builder) -> None:
    one = b.last
    if one.shape:
        axis = b.choose(len(one.shape))
        shape = tuple(n for k, n in enumerate(one.shape) if k != axis)
        b.add(b.pick(("sum", "mean")), [one.name], shape, -LARGEST, LARGEST, axis=axis, keepdims=False)


# ---------------------------------------------------------------------------- rewriting


def rewritten(p: Program, rng: random.Random) -> Program:
    """The same polynomial with one step written in another way."""
    known = {step.name: step for step in p.steps}
    k = rng.randrange(len(p.steps)) if p.steps else 0
    if not p.steps:
        return p
    step = p.steps[k]
    made = _other_way(step, known, f"{step.name}r")
    return replace(p, steps=(*p.steps[:k], *made, *p.steps[k + 1 :])) if made else p


def _other_way(step: Step, known: dict[str, Step], new: str) -> list[Step]:
    name, refs = step.name, step.refs
    inner = [known.get(ref) if isinstance(ref, str) else None for ref in refs]
    sums = ("add", "subtract")
    match step.word:
        case "multiply" if inner[0] is not None and inner[0].word in sums:
            a, b = (Step(f"{new}{j}", "multiply", (ref, refs[1])) for j, ref in enumerate(inner[0].refs))
            return [a, b, Step(name, inner[0].word, (a.name, b.name))]
        case "multiply" if refs[1] == 2:
            return [Step(name, "add", (refs[0], refs[0]))]
        case "add" | "multiply":
            return [Step(name, step.word, refs[::-1])]
        case "subtract":
            first = Step(new, "negative", (refs[1],)) if isinstance(refs[1], str) else None
            return [first, Step(name, "add", (refs[0], new))] if first else []
        case "power_constant":
            rest: list[Step] = [Step(new, "multiply", (refs[0], refs[0]))] if step.params["exponent"] == 3 else []
            by: Ref = new if rest else refs[0]
            return [*rest, Step(name, "multiply", (by, refs[0]))]
        case "sum" | "mean" if inner[0] is not None and inner[0].word in sums and _alike(inner[0]):
            a, b = (Step(f"{new}{j}", step.word, (ref,), step.params) for j, ref in enumerate(inner[0].refs))
            return [a, b, Step(name, inner[0].word, (a.name, b.name))]
        case "matmul" if inner[0] is not None and inner[0].word in sums and _alike(inner[0]):
            a, b = (Step(f"{new}{j}", "matmul", (ref, refs[1])) for j, ref in enumerate(inner[0].refs))
            return [a, b, Step(name, inner[0].word, (a.name, b.name))]
    return []


def _alike(step: Step) -> bool:
    """Whether both operands are arrays: of one shape, as these programs have it."""
    return all(isinstance(ref, str) for ref in step.refs)
