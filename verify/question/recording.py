"""Recording a problem: the function and its candidate on one trace, so that they share what they share."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import dualgrad as dg
from dualgrad.frontends.arrays import stacked
from dualgrad.frontends.dims import Extents, Leak
from dualgrad.frontends.numpy import rewiring
from dualgrad.frontends.rewire import Rewiring
from dualgrad.frontends.trace import Trace
from dualgrad.frontends.tracer import Tracer
from dualgrad.program.entry import Guard, Reduce, walk
from dualgrad.program.record import Equation, Literal, Operand, Program, SizeOf, Variable
from dualgrad.program.size import Size, dimension, dimensions, substitute
from verify.clock import at_most
from verify.lemma.tape import Tape, tape_of
from verify.question.derive import stages
from verify.question.own import engine_gradient, on_leaves, on_tensors
from verify.question.problem import Array, Problem
from verify.question.state import call_elsewhere
from verify.question.structure import complexes_in

Labels = dict[int, tuple[str | int, ...]]  # argument position -> a dimension's name or a size, one an axis
TRACED = 10.0  # how much longer than a call its recording may take
NAMES = "n m k l p q r s t u v w".split()


@dataclass(frozen=True)
class Recording:
    """What was recorded of f and of the candidate; a program is None where its recording was refused.

    ``forward`` is what the candidate is about: f itself, or a function derived from it, and then ``base`` holds the
    gradient of f that this one is made of, where it is. ``function`` is always f.
    """

    trace: Trace
    labels: Labels
    inputs: dict[int, Variable]
    forward: Program | None
    gradient: Program | None
    refused: str = ""  # why f could not be recorded
    gradient_refused: str = ""
    looked_at: frozenset[tuple[int, int]] = (
        frozenset()
    )  # (argument, axis) whose size the candidate turned into a number
    leaks: tuple[Leak, ...] = ()  # where dimensions became numbers, also in recordings that were narrowed for it
    function: Program | None = None
    base: Recording | None = None
    tape: Tape | None = None  # how the engine's own gradient went back, where this is it

    @property
    def wrt(self) -> tuple[Variable, ...]:
        """All traced inputs, in order."""
        return tuple(self.inputs.values())


def symbolic_labels(arrays: Mapping[int, Array], taken: Iterable[str] = (), like: Mapping[int, int] = {}) -> Labels:
    """A dimension of its own for every axis longer than 1: n, m, k, …, but no name that is taken; others stay.

    Arrays that are ``like`` another have its dimensions.
    """
    taken = set(taken)
    names = iter([name for name in NAMES if name not in taken])
    count = 0

    def fresh() -> str:
        nonlocal count
        count += 1
        return next(names, f"d{count}")

    labels: Labels = {}
    for position, array in arrays.items():
        own = labels.get(like.get(position, position))
        labels[position] = own or tuple(fresh() if size > 1 else size for size in array.shape)
    return labels


def record(problem: Problem, arrays: Mapping[int, Array], labels: Labels | None) -> Recording:
    """Record f, then the candidate, on the same inputs.

    With labels this is a proof trace (no values; named dimensions); without, a concrete one at ``arrays``.
    """
    if labels is None:
        call_elsewhere(problem, arrays)
    trace = Trace(concrete=labels is None)
    shapes = labels or {position: array.shape for position, array in arrays.items()}
    tracers = {
        position: trace.input(problem.arguments[position].name, array, shapes[position])
        for position, array in arrays.items()
    }
    inputs = {position: _variable(tracer) for position, tracer in tracers.items()}
    wires = rewiring(trace, wrap=dg.Tensor if problem.tensors else None)
    taken, passed = problem.taken(_given(problem, tracers)), problem.passed(_given(problem, tracers))
    function, refused = _program(
        trace,
        wires,
        problem.name,
        lambda: _forward(problem, wires),
        taken,
        tracers,
        lambda result: problem.chosen(list(problem.leaves(result))),
        problem.patience,
    )
    forward, base, refused = _derived(problem, trace, function, tracers, refused)
    gradient, gradient_refused = None, refused
    tapes: list[Tape | None] = []
    before = len(trace.extents.leaks)
    if forward is not None:
        gradient, gradient_refused = _program(
            trace,
            wires,
            problem.what.removeprefix("the "),
            lambda: _candidate(problem, wires, tapes),
            passed,
            tracers,
            lambda result: _without_last_axis(problem, arrays, problem.parts(result)),
            problem.patience,
        )
    looked_at = frozenset(_axes(dict(shapes), trace.extents, trace.extents.leaks[before:]))
    if forward is not None and gradient is not None:
        _fixed_by_the_result(problem, trace, forward, gradient, inputs)
    leaks = tuple(trace.extents.leaks)
    labels = dict(shapes)
    rests_on = None if base is None else Recording(trace, labels, inputs, *base, function=function)
    tape = tapes[-1] if tapes else None
    return Recording(
        trace, labels, inputs, forward, gradient, refused, gradient_refused, looked_at, leaks, function, rests_on, tape
    )


def _fixed_by_the_result(
    problem: Problem, trace: Trace, forward: Program, gradient: Program, inputs: Mapping[int, Variable]
) -> None:
    """A candidate that returns a fixed number of elements is for arguments of that size: a leak of the dimension."""
    for position, output in zip(problem.wrt, gradient.outputs, strict=True):
        expected = trace.shape(inputs[position])
        if problem.kind == "jac":
            expected = (*trace.shape(forward.outputs[0]), *expected)
        for wanted, got in zip(expected, trace.shape(output), strict=False):
            if isinstance(wanted, Size) and isinstance(got, int) and trace.extents.concrete(wanted) == got:
                how = f"the candidate returns {got} elements along an axis of {wanted}"
                trace.extents.leaks.append(Leak(dimensions(wanted), how, "its end"))


def _without_last_axis(problem: Problem, arrays: Mapping[int, Array], parts: list[Any] | None) -> list[Any] | None:
    """A Jacobian by a number may keep a last axis of 1: the parts without it."""
    if parts is None or problem.kind != "jac":
        return parts
    before = problem.shape(0, problem.value(arrays)[0])
    rank = len(before) - arrays[problem.wrt[0]].ndim
    pairs = zip(problem.wrt, parts, strict=True)
    return [
        part[..., 0] if arrays[place].ndim == 0 and getattr(part, "ndim", 0) == rank + 1 else part
        for place, part in pairs
    ]


def _derived(
    problem: Problem, trace: Trace, function: Program | None, tracers: Mapping[int, Tracer], refused: str
) -> tuple[Program | None, tuple[Program, Program] | None, str]:
    """The function that the candidate is about, and what that rests on: a function with its gradient."""
    if function is None or problem.derived is None:
        return function, None, refused
    try:
        found = stages(trace, problem.derived, function, tracers)
        programs = [
            trace.program(name, list(map(_variable, tracers.values())), [trace.operand(output) for output in outputs])
            for name, outputs in (
                (f"what {problem.what} is about", found.forward),
                (problem.name, found.base),
                (f"gradient of {problem.name}", found.gradient),
            )
        ]
    except Exception as error:
        reason = trace.poison[0].reason if trace.poison else f"{type(error).__name__}: {error}"
        return None, None, f"the engine could not differentiate {problem.name}: {reason}"
    if trace.poison:
        return None, None, f"the engine could not differentiate {problem.name}: {trace.poison[0].reason}"
    forward, base, gradient = programs
    return forward, (base, gradient) if found.base else None, ""


def _given(problem: Problem, tracers: Mapping[int, Tracer]) -> list[Any]:
    return [
        tracers[i].rebound(tracers[i].operand) if i in tracers else a.given for i, a in enumerate(problem.arguments)
    ]


def _forward(problem: Problem, wires: Rewiring) -> Any:
    function = wires.translate(problem.f)
    return on_tensors(function) if problem.tensors else function


def _candidate(problem: Problem, wires: Rewiring, tapes: list[Tape | None]) -> Any:
    if problem.own:
        copy = wires.translate(problem.f)
        return engine_gradient(
            on_leaves(copy, problem.structure) if problem.structure else copy,
            problem.wrt,
            lambda total, given: tapes.append(tape_of(total, given)),
        )
    return wires.translate(problem.candidate)


def record_symbolic(problem: Problem, arrays: Mapping[int, Array]) -> Recording:
    """A proof trace with as many symbolic dimensions as the code allows: leaked ones are fixed, then it is redone."""
    parts = {part.im: part.re for part in complexes_in(problem.structure)}
    labels = symbolic_labels(arrays, (argument.name for argument in problem.arguments), parts)
    looked_at: frozenset[tuple[int, int]] = frozenset()
    leaks: tuple[Leak, ...] = ()
    while True:
        recording = record(problem, arrays, labels)
        looked_at |= recording.looked_at
        leaks += recording.leaks
        fixed = set(_axes(labels, recording.trace.extents, recording.leaks))
        if not fixed:
            return replace(recording, looked_at=looked_at, leaks=leaks)
        labels = {
            position: tuple(
                arrays[position].shape[axis] if (position, axis) in fixed else label for axis, label in enumerate(axes)
            )
            for position, axes in labels.items()
        }


def _axes(labels: Labels, extents: Extents, leaks: Sequence[Leak]) -> Iterator[tuple[int, int]]:
    """The symbolic axes whose size a leak gave away."""
    leaked = {name for leak in leaks for name in leak.dimensions}
    for position, axes in labels.items():
        for axis, label in enumerate(axes):
            if isinstance(label, str) and _touches(extents, label, leaked):
                yield position, axis


def _touches(extents: Extents, label: str, leaked: set[str]) -> bool:
    return label in leaked or bool(dimensions(extents.resolve(dimension(label))) & leaked)


def _program(
    trace: Trace,
    wires: Rewiring,
    name: str,
    copy: Any,
    args: Sequence[Any],
    tracers: Mapping[int, Tracer],
    parts: Callable[[Any], list[Any] | None],
    patience: float,
) -> tuple[Program | None, str]:
    raising = {"raise", "call"} & set(np.geterr().values())
    try:
        with at_most(TRACED * patience), np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = wires.watched(copy(), *args)
        if raising and wires.excepting:
            trace.refuse("exceptions are caught where np.seterr raises them: values then choose what the code does")
        found = parts(result)
        if found is None:
            return None, f"{name} returned another structure while being recorded"
        outputs = [trace.operand(_unwrapped(leaf)) for leaf in found]
    except Exception as error:
        first = trace.poison[0].reason if trace.poison else f"{type(error).__name__}: {error}"
        return None, f"{name} could not be recorded: {first}"
    if trace.poison:
        poison = trace.poison[0]
        return None, f"{name} could not be recorded: {poison.reason} ({poison.line})"
    return trace.program(name, [_variable(tracer) for tracer in tracers.values()], outputs), ""


def _variable(tracer: Tracer) -> Variable:
    operand = tracer.operand
    assert isinstance(operand, Variable)
    return operand


def _unwrapped(leaf: Any) -> Any:
    leaf = stacked(leaf)  # rows in lists
    if isinstance(leaf, Tracer) or not type(leaf).__module__.startswith("dualgrad.engine"):
        return leaf
    return leaf.data


# ---------------------------------------------------------------------------- reading back


def fingerprint(program: Program, at: Mapping[str, int] | None = None) -> tuple[Any, ...]:
    """A program up to the names of its intermediates: equal for two recordings that did the same.

    ``at`` gives some dimensions a number, as a recording at that size would: what then broadcasts an array to the shape
    that it has is none of it.
    """
    sizes = at or {}
    names: dict[Variable, Any] = {variable: ("input", place) for place, variable in enumerate(program.inputs)}
    lines: list[tuple[Any, ...]] = []
    for equation in program.equations:
        operands = tuple(_reference(operand, names, program, sizes) for operand in equation.inputs)
        params = tuple(sorted((key, repr(_substituted(value, sizes))) for key, value in equation.params.items()))
        shape = tuple(_substituted(extent, sizes) for extent in equation.output.shape)
        if sizes and equation.op.name == "broadcast_to":
            given = tuple(_substituted(extent, sizes) for extent in equation.inputs[0].shape)
            if given == shape:
                names[equation.output] = operands[0]
                continue
        names[equation.output] = ("equation", len(lines))
        lines.append((equation.op.name, operands, params, shape))
    return (tuple(lines), tuple(_reference(operand, names, program, sizes) for operand in program.outputs))


def _reference(operand: Operand, names: Mapping[Variable, Any], program: Program, sizes: Mapping[str, int]) -> Any:
    if isinstance(operand, Variable):
        if operand in names:
            return names[operand]
        array = program.captured[operand]
        return ("captured", array.shape, array.tobytes())
    if isinstance(operand, SizeOf):
        extent = _substituted(operand.extent, sizes)
        return repr(Literal(extent) if isinstance(extent, int) else SizeOf(extent))
    return repr(operand)


def _substituted(value: Any, sizes: Mapping[str, int]) -> Any:
    """A static argument with the dimensions in it that have a number replaced."""
    if not sizes or type(value) is int:
        return value
    if isinstance(value, Size):
        return substitute(value, sizes)
    if isinstance(value, (tuple, list)):
        return type(value)(_substituted(part, sizes) for part in value)
    return value


def run_floats(program: Program, inputs: Mapping[Variable, Array], sizes: Mapping[str, int]) -> list[Array]:
    """The recorded program run with the ops' forwards, in floating point."""
    values = float_values(program, inputs, sizes)
    return [np.asarray(float_operand(operand, values, sizes)) for operand in program.outputs]


def float_values(program: Program, inputs: Mapping[Variable, Array], sizes: Mapping[str, int]) -> dict[Any, Any]:
    """The values of all variables of a program that is run in floating point."""
    values: dict[Any, Any] = {**inputs, **program.captured}
    for _ in float_steps(program, values, sizes):
        pass
    return values


def float_steps(
    program: Program, values: dict[Any, Any], sizes: Mapping[str, int]
) -> Iterator[tuple[Equation, list[Any], dict[str, Any]]]:
    """Run a program in floating point, an equation at a time, into ``values``, which holds its inputs and captures.

    Each equation is told with its operands and static arguments before it is run.
    """
    for equation in program.equations:
        operands = [float_operand(operand, values, sizes) for operand in equation.inputs]
        params = static(equation, sizes)
        yield equation, operands, params
        with np.errstate(all="ignore"):
            values[equation.output] = equation.op.forward(*operands, **params)


def float_operand(operand: Operand, values: Mapping[Any, Any], sizes: Mapping[str, int]) -> Any:
    """The value of an operand at these sizes."""
    match operand:
        case Literal(value):
            return value
        case SizeOf(extent):
            return _substituted(extent, sizes)
    return values[operand]


def static(equation: Equation, sizes: Mapping[str, int]) -> dict[str, Any]:
    """The static arguments of an equation at these sizes."""
    return {key: _substituted(value, sizes) for key, value in equation.params.items()}


def with_inputs(recording: Recording, arrays: Mapping[int, Array]) -> dict[Variable, Array]:
    """The recording's input variables with these values."""
    return {variable: arrays[position] for position, variable in recording.inputs.items()}


def guards(program: Program) -> Iterable[Equation]:
    """Equations whose meaning branches on values."""
    for equation in program.equations:
        for node in walk(equation.meaning.body):
            if isinstance(node, Guard) or (isinstance(node, Reduce) and node.kind in ("max", "min")):
                yield equation
                break
