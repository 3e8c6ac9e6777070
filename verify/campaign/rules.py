"""No wrong rule of the engine is proved: rules changed in a sign, a factor, an operand, an axis, an op, or a term.

A change counts where it computes something else than the rule at random points.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import dualgrad  # noqa: F401  (fills the registry)
from dualgrad.frontends.trace import Trace
from dualgrad.op import REGISTRY
from dualgrad.program.record import Equation, Literal, Operand, Program, Variable
from dualgrad.program.size import Size, evaluate
from verify.campaign.figures import Outcome
from verify.form.setting import Undefined
from verify.lemma.book import lemma_of
from verify.lemma.lemma import Lemma, pulled

EACH = 8
SIZES = (2, 3, 4)
SWAPS = {
    "add": "subtract", "subtract": "add", "multiply": "add", "divide": "multiply", "sin": "cos", "cos": "sin",
    "exp": "cosh", "cosh": "exp", "greater": "less", "less": "greater", "tanh": "sin", "log": "tanh",
    "greater_equal": "less", "maximum": "minimum", "square": "exp", "sqrt": "exp",
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A changed rule: of which op and operand, and what was changed."""

    op: str
    slot: int
    change: str
    lemma: Lemma
    program: Program


def mutants(lemma: Lemma) -> Iterator[Mutant]:
    """Every change of every rule of a lemma."""
    for slot, shown in enumerate(lemma.slots):
        if shown is not None and shown.program is not None and not shown.blocked:
            for change, program in _changed(shown.program, lemma):
                yield Mutant(lemma.rule.equation.op.name, slot, change, lemma, program)


def is_proved(mutant: Mutant) -> bool:
    """Whether the changed rule is shown to be right."""
    rule = mutant.lemma.rule
    programs = tuple(mutant.program if k == mutant.slot else p for k, p in enumerate(rule.slots))
    try:
        shown = pulled(replace(rule, slots=programs)).slots[mutant.slot]
    except Undefined:
        return False
    return shown is not None and not shown.blocked


def differs(mutant: Mutant, rng: np.random.Generator) -> bool:
    """Whether the mutant gives something else than the rule somewhere: else it is none."""
    right = mutant.lemma.slots[mutant.slot]
    assert right is not None and right.program is not None
    for _ in range(4):
        for low in (0.1, -2.0):
            values = _point(mutant.lemma, rng, low)
            one, other = (_run(program, values) for program in (right.program, mutant.program))
            if one is None or other is None:
                continue
            if one.shape != other.shape or not np.allclose(one, other, rtol=1e-11, atol=1e-13, equal_nan=True):
                return True
    return False


def _point(lemma: Lemma, rng: np.random.Generator, low: float) -> dict[Variable, Any]:
    sizes = {f"d{k}": SIZES[k % 3] for k in range(12)}
    found = {}
    for variable in lemma.rule.inputs:
        shape = tuple(evaluate(extent, sizes) for extent in variable.shape)
        drawn = rng.uniform(low, 2.0, shape)
        found[variable] = drawn if variable.dtype.kind == "f" else (drawn > 1).astype(variable.dtype)
    return found


def _run(program: Program, values: dict[Variable, Any]) -> Any:
    sizes = {f"d{k}": SIZES[k % 3] for k in range(12)}
    known: dict[Any, Any] = {**values, **program.captured}

    def value(operand: Operand) -> Any:
        if isinstance(operand, Variable):
            return known[operand]
        return operand.value if isinstance(operand, Literal) else evaluate(operand.extent, sizes)

    try:
        with np.errstate(all="ignore"):
            for eq in program.equations:
                params = {name: _numbers(param, sizes) for name, param in eq.params.items()}
                known[eq.output] = eq.op.forward(*map(value, eq.inputs), **params)
        return np.asarray(value(program.outputs[0]))
    except Exception:
        return None


def _numbers(param: Any, sizes: dict[str, int]) -> Any:
    if isinstance(param, Size):
        return evaluate(param, sizes)
    return type(param)(_numbers(part, sizes) for part in param) if isinstance(param, (tuple, list)) else param


# ---------------------------------------------------------------------------- changes


def _changed(program: Program, lemma: Lemma) -> Iterator[tuple[str, Program]]:
    own = lemma.rule.equation.output
    steps = [k for k, eq in enumerate(program.equations) if eq.output is not own]
    (result,) = program.outputs
    if isinstance(result, Variable):
        for name, factor in (("sign", -1.0), ("twice", 2.0), ("almost", 1 + 2.0**-30)):
            yield name, _appended(program, result, factor)
    for place in steps:
        eq = program.equations[place]
        for what, new in _steps(eq, lemma):
            if new is not None:
                yield f"{eq}: {what}", _with(program, place, new)
        for operand in eq.inputs:
            if isinstance(operand, Variable) and operand.shape == eq.output.shape and operand.dtype == eq.output.dtype:
                yield f"{eq}: left out, {operand}", _without(program, place, operand)


def _steps(eq: Equation, lemma: Lemma) -> Iterator[tuple[str, Equation | None]]:
    other = REGISTRY.get(SWAPS.get(eq.op.name, ""))
    if other is not None:
        yield f"{other.name} for {eq.op.name}", _again(eq, op=other)
    if len(eq.inputs) == 2 and eq.op.name in ("subtract", "divide", "matmul", "greater", "power"):
        yield "operands exchanged", _again(eq, inputs=eq.inputs[::-1])
    for slot, operand in enumerate(eq.inputs):
        for instead in lemma.rule.inputs:
            same = isinstance(operand, Variable) and instead.shape == operand.shape and instead.dtype == operand.dtype
            if same and instead is not operand:
                yield f"{instead} for {operand}", _again(eq, inputs=_put(eq.inputs, slot, instead))
        if isinstance(operand, Literal) and not isinstance(operand.value, bool):
            yield "a number", _again(eq, inputs=_put(eq.inputs, slot, Literal(operand.value + 1)))
    for name, param in eq.params.items():
        if name == "axes" and len(param) > 1:
            yield "axes", _again(eq, params={**eq.params, name: (*param[1:], param[0])})
        if name == "exponent":
            yield "exponent", _again(eq, params={**eq.params, name: param + 1})
        if name == "axis" and isinstance(param, tuple) and param and len(eq.inputs[0].shape) > 1:
            yield "axis", _again(eq, params={**eq.params, name: (len(eq.inputs[0].shape) - 1 - param[0],)})


def _again(eq: Equation, **changes: Any) -> Equation | None:
    """The changed step with its meaning read anew; None where the op does not take this."""
    trial = replace(eq, **changes)
    trace = Trace()
    try:
        meaning = trial.op.meaning(trace.extents, *(operand.shape for operand in trial.inputs), **trial.params)
    except Exception:
        return None
    fits = meaning.shape == eq.output.shape and not trace.extents.hypotheses
    return replace(trial, meaning=meaning) if fits else None


def _put(inputs: tuple[Operand, ...], slot: int, operand: Operand) -> tuple[Operand, ...]:
    return (*inputs[:slot], operand, *inputs[slot + 1 :])


def _with(program: Program, place: int, new: Equation) -> Program:
    return replace(program, equations=(*program.equations[:place], new, *program.equations[place + 1 :]))


def _without(program: Program, place: int, operand: Variable) -> Program:
    """A step left out, one of its operands in its place."""
    gone = program.equations[place].output

    def other(known: Operand) -> Operand:
        return operand if known is gone else known

    later = [replace(eq, inputs=tuple(map(other, eq.inputs))) for eq in program.equations[place + 1 :]]
    return replace(program, equations=(*program.equations[:place], *later), outputs=tuple(map(other, program.outputs)))


def _appended(program: Program, result: Variable, factor: float) -> Program:
    multiply = REGISTRY["multiply"]
    output = Variable("changed", result.shape, result.dtype)
    meaning = multiply.meaning(Trace().extents, result.shape, ())
    last = Equation(multiply, (result, Literal(factor)), {}, output, meaning)
    return replace(program, equations=(*program.equations, last), outputs=(output,))


# ---------------------------------------------------------------------------- the campaign


def lemmas(names: list[str] | None = None) -> Iterator[Lemma]:
    """The proved lemmas of ops that are read for every size, at a sample of each."""
    from verify.lemma.survey import recorded_samples

    for op in dict.fromkeys(REGISTRY.values()):
        if names is None or op.name in names:
            for equation, trace in recorded_samples(op):
                found, _ = lemma_of(equation, trace.extents.resolve, trace.extents.values, "exact")
                if not isinstance(found, str) and any(s is not None and not s.blocked for s in found.slots):
                    yield found


def trial(seed: int, index: int) -> Outcome:
    """The changed rules of one op; StopIteration where every op had its turn."""
    names = sorted({op.name for op in REGISTRY.values()})
    if index >= len(names):
        raise StopIteration
    return of_op(names[index], np.random.default_rng([seed, index]))


def of_op(name: str, rng: np.random.Generator, each: int = EACH) -> Outcome:
    """Changed rules of an op, so many at most at each of its samples; a unit computes something else than the rule."""
    outcome = Outcome()
    for lemma in lemmas([name]):
        tried = 0
        for mutant in mutants(lemma):
            if tried >= each:
                break
            if not differs(mutant, rng):
                outcome.counts["changes that change nothing"] += 1
                continue
            tried += 1
            outcome.units += 1
            if is_proved(mutant):
                change = f"operand {mutant.slot}: {mutant.change}"
                outcome.failures.append({"op": mutant.op, "change": change, "program": str(mutant.program)})
            else:
                outcome.counts["wrong rules refused"] += 1
    return outcome
