"""Every op with the status of its rules: which are proved as lemmas, and what blocks the others.

An op is surveyed on its own sample calls, with a dimension of its own for every axis where the op and its rules allow
that, else at the sizes of the sample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dualgrad.frontends.trace import Trace
from dualgrad.op import Op
from dualgrad.program.record import Equation
from dualgrad.samples import Sample, Samples
from verify.lemma.book import forward_lemmas, lemma_of
from verify.lemma.lemma import Lemma
from verify.lemma.parts import in_parts

READINGS = ("exact", "decimal", "named")
SEED = 11


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of one rule: ``direction`` "VJP" or "JVP" in operand number ``slot``.

    ``blocked`` is empty where every sample's lemma is proved, and then ``sizes`` is "every size" or "the sizes run",
    the weaker of the samples'; else it is the first step that blocks one.
    """

    op: str
    kind: str
    direction: str
    slot: int
    blocked: str = ""
    sizes: str = "every size"
    reading: str = "exact"
    unread: bool = False  # the op's meaning cannot be read


def survey(op: Op, samples: Samples | None = None) -> list[Status]:
    """The status of every rule of an op; of an op with any number of operands, the first two.

    It is looked at on these samples, or on its own.
    """
    found: dict[tuple[str, int], Status] = {}
    drawn = samples or op.samples
    for sample in drawn(np.random.default_rng(SEED)) if drawn is not None else ():
        if has_elements(sample) and not any(status.blocked for status in found.values()):
            for status in _of_sample(op, sample):
                key = (status.direction, 0 if op.variadic else status.slot)
                found[key] = _weaker(found.get(key), status)
    if not found or any(status.unread for status in found.values()):
        return _by_parts(op, drawn) or [found[key] for key in sorted(found)]
    return [found[key] for key in sorted(found)]


def _by_parts(op: Op, samples: Samples | None) -> list[Status]:
    """The statuses of an op that has no meaning but in real and imaginary parts; none where not all is proved."""
    found: dict[tuple[str, int], Status] = {}
    for sample in samples(np.random.default_rng(SEED)) if samples is not None else ():
        if not all(array.size for value in (*sample.args, *sample.kwargs.values()) for array in _arrays(value)):
            continue
        shown = in_parts(op, sample)
        if shown is None or any(part.blocked for part in shown):
            return []
        for part in shown:
            status = Status(op.name, op.kind.value, part.direction, part.slot, "", part.sizes, part.reading)
            found[part.direction, part.slot] = _weaker(found.get((part.direction, part.slot)), status)
    return [found[key] for key in sorted(found)]


def recorded_samples(op: Op) -> Iterator[tuple[Equation, Trace]]:
    """The op's equation at each sample that can be recorded for every size."""
    for sample in op.samples(np.random.default_rng(SEED)) if op.samples is not None else ():
        found = _recorded(op, sample, True, "fb") if has_elements(sample) else ""
        if not isinstance(found, str):
            yield found


def _weaker(known: Status | None, new: Status) -> Status:
    if known is None or (new.blocked and not known.blocked):
        return new
    if known.blocked:
        return known
    sizes = known.sizes if new.sizes == "every size" else new.sizes
    return replace(known, sizes=sizes, reading=max(known.reading, new.reading, key=READINGS.index))


def _of_sample(op: Op, sample: Sample) -> list[Status]:
    """The statuses at one sample, in the most general way in which all is proved."""
    refused = ""
    found: list[Status] = []
    for symbolic in (True, False):
        for traced in ("fb", "fiub"):
            recorded = _recorded(op, sample, symbolic, traced)
            if isinstance(recorded, str):
                refused = refused or recorded
                continue
            statuses = list(_statuses(op, *recorded, "every size" if symbolic else "the sizes run"))
            if not any(status.blocked for status in statuses):
                return statuses
            found = found or statuses
            break
    slots = range(len(op.partials or op.vjp))
    return found or [Status(op.name, op.kind.value, d, k, refused, unread=True) for d in ("VJP", "JVP") for k in slots]


def _recorded(op: Op, sample: Sample, symbolic: bool, traced: str) -> tuple[Equation, Trace] | str:
    """The op applied to tracers of the sample's arrays; why it cannot be, where it cannot."""
    trace = Trace()
    place = _Place(trace, symbolic, traced)
    try:
        with np.errstate(all="ignore"):
            result = op(*map(place.of, sample.args), **{name: place.of(value) for name, value in sample.kwargs.items()})
        equation = next(eq for eq in trace.equations if eq.output is result.operand and eq.op is op)
    except Exception as error:
        return trace.poison[0].reason if trace.poison else f"{type(error).__name__}: {error}"
    if trace.poison or trace.extents.leaks:
        return trace.poison[0].reason if trace.poison else trace.extents.leaks[0].how
    return equation, trace


class _Place:
    """Puts tracers where arrays are."""

    def __init__(self, trace: Trace, symbolic: bool, traced: str) -> None:
        self.trace, self.symbolic, self.traced = trace, symbolic, traced
        self.count = 0

    def of(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)) and any(isinstance(part, np.ndarray) for part in value):
            return type(value)(map(self.of, value))
        if not isinstance(value, np.ndarray) or value.dtype.kind not in self.traced:
            return value
        self.count += 1
        labels = [
            f"n{self.count}_{axis}" if size > 1 and self.symbolic else size for axis, size in enumerate(value.shape)
        ]
        return self.trace.input(f"a{self.count}", value, labels)


def _statuses(op: Op, equation: Equation, trace: Trace, sizes: str) -> Iterator[Status]:
    resolve, values = trace.extents.resolve, trace.extents.values

    def backward(reading: str) -> Sequence[Lemma | None] | str:
        found, _ = lemma_of(equation, resolve, values, reading)
        return found if isinstance(found, str) else [found] * len(equation.inputs)

    yield from _directed(op, "VJP", equation, backward, sizes)
    yield from _directed(op, "JVP", equation, lambda reading: forward_lemmas(equation, resolve, values, reading), sizes)


def _directed(
    op: Op,
    direction: str,
    equation: Equation,
    lemmas: Callable[[str], Sequence[Lemma | None] | str],
    sizes: str,
) -> Iterator[Status]:
    """The statuses in one direction, under the first reading of literals that proves them."""
    first: list[Status] = []
    for reading in READINGS:
        found = lemmas(reading)
        statuses = []
        for slot in range(len(equation.inputs)):
            shown = None if isinstance(found, str) or found[slot] is None else found[slot].slots[slot]  # type: ignore[union-attr]
            if isinstance(found, str) or shown is not None:
                blocked = found if isinstance(found, str) else shown.blocked if shown is not None else ""
                statuses.append(Status(op.name, op.kind.value, direction, slot, blocked, sizes, reading))
        first = first or statuses
        if not any(status.blocked for status in statuses):
            yield from statuses
            return
    yield from first


def has_elements(sample: Sample) -> bool:
    """Whether the sample is of real numbers, and no array of it is empty."""
    return all(
        array.size and array.dtype.kind != "c"
        for value in (*sample.args, *sample.kwargs.values())
        for array in _arrays(value)
    )


def _arrays(value: Any) -> Iterator[np.ndarray[Any, Any]]:
    for part in value if isinstance(value, (list, tuple)) else (value,):
        if isinstance(part, np.ndarray):
            yield part
