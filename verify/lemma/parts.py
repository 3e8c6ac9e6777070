"""Rules of complex ops, proved in real and imaginary parts: of ops without a meaning of their own, as dft.

The engine's rules run on pairs of real recorded arrays, as they run on numbers. With y = op(x), the cotangent of x is
shown to be the gradient of Σ Re(conj(g) y) in the real and the imaginary parts of x, for every cotangent g; and the
tangent of y is shown to be the gradient of Σ Re(conj(t) x̄) in those of g, which says that it is the adjoint of the
cotangent x̄. What is shown is shown almost everywhere: these ops have no kinks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

import dualgrad as dg
from dualgrad.frontends.pairs import Pair
from dualgrad.frontends.trace import Trace
from dualgrad.op import Complex, Op
from dualgrad.program.record import Operand
from dualgrad.samples import Sample
from verify.form.facts import Facts
from verify.form.proof import Failure
from verify.form.prove import prove_gradient
from verify.form.setting import Budget

SECONDS = 4.0  # for one rule
READINGS = ("exact", "named")


class Part(NamedTuple):
    """What was shown of one rule: ``blocked`` is empty where it is proved."""

    direction: str
    slot: int
    blocked: str
    sizes: str
    reading: str


class _Question(NamedTuple):
    """What the gradient is of, in which arrays, and what it is claimed to be; all as real arrays."""

    of: Any
    wrt: tuple[Any, ...]
    claimed: tuple[Any, ...]


def in_parts(op: Op, sample: Sample) -> list[Part] | None:
    """What is shown of an op's rules at a sample of real numbers; None where parts say no more of it.

    For complex operands where the op takes them, else for real ones; for every size where the op and its rules allow
    that, else at the sizes of the sample.
    """
    if op.complex is Complex.REFUSED:
        return None
    for symbolic in (True, False):
        for complex_ in (True, False):
            asked = _Asked(op, sample, symbolic, complex_)
            try:
                questions = asked.questions()
            except Exception:  # a sample that cannot be recorded in this way
                continue
            if not asked.trace.poison and not asked.trace.extents.leaks:
                return [asked.shown(*question) for question in questions]
    return None


class _Asked:
    """The questions about an op at a sample, with what is recorded for them."""

    def __init__(self, op: Op, sample: Sample, symbolic: bool, complex_: bool) -> None:
        self.op, self.sample = op, sample
        self.symbolic, self.complex = symbolic, complex_
        self.trace = Trace()
        self.inputs: list[Any] = []

    def questions(self) -> list[tuple[str, int, _Question]]:
        """Of every operand's cotangent, and of the tangent of the result."""
        sample = self.sample
        places = [place for place, value in enumerate(sample.args) if isinstance(value, np.ndarray)]
        given, tangents = (
            [self._array(f"{name}{place}", sample.args[place]) for place in places] for name in ("x", "t")
        )

        def applied(*arrays: Any) -> Any:
            args = list(sample.args)
            for place, array in zip(places, arrays, strict=True):
                args[place] = array
            return self.op(*args, **sample.kwargs)

        result = applied(*given)
        cotangent = self._like("g", result)
        pull = dg.vjp(applied, *map(dg.Tensor, given))[1]
        bars = pull(dg.Tensor(cotangent))
        pulled = [_bare(bar) for bar in (bars if isinstance(bars, tuple) else (bars,))]
        pushed = _bare(dg.jvp(applied, tuple(map(dg.Tensor, given)), tuple(map(dg.Tensor, tangents)))[1])
        total, bars = _along(cotangent, result), list(zip(given, pulled, strict=True))
        found = [("VJP", slot, _Question(total, _parts(x), _parts(bar))) for slot, (x, bar) in enumerate(bars)]
        moved = sum(_along(tangent, bar) for tangent, bar in zip(tangents, pulled, strict=True))
        return [*found, ("JVP", 0, _Question(moved, _parts(cotangent), _parts(pushed)))]

    def shown(self, way: str, slot: int, question: _Question) -> Part:
        """What the form reading shows of a question."""
        trace, sizes = self.trace, "every size" if self.symbolic else "the sizes run"
        inputs = self._operands(self.inputs)
        programs = [
            trace.program(name, inputs, self._operands(arrays))  # type: ignore[arg-type]
            for name, arrays in (("op", (question.of,)), ("rule", question.claimed))
        ]
        found: Any = None
        for reading in READINGS:
            wrt, facts = self._operands(question.wrt), Facts({}, trace.extents.resolve)
            budget = Budget(seconds=SECONDS)
            found = prove_gradient(programs[0], wrt, programs[1], facts=facts, literals=reading, budget=budget)  # type: ignore[arg-type]
            if not isinstance(found, Failure):
                return Part(way, slot, "", sizes, reading)
        return Part(way, slot, found.reason, sizes, READINGS[0])

    def _operands(self, arrays: Iterable[Any]) -> list[Operand]:
        return [self.trace.operand(array) for array in arrays]

    def _array(self, name: str, array: Any) -> Any:
        labels = [f"n{axis}" if size > 1 and self.symbolic else size for axis, size in enumerate(array.shape)]
        return self._input(name, np.ones(array.shape), labels, self.complex)

    def _like(self, name: str, result: Any) -> Any:
        """A new input in the shape of a result."""
        sizes = [self.trace.extents.concrete(extent) for extent in result.extents]
        labels = [extent if isinstance(extent, int) else str(extent) for extent in result.extents]
        return self._input(name, np.ones(sizes), labels, isinstance(result, Pair))

    def _input(self, name: str, array: Any, labels: Sequence[str | int], complex_: bool) -> Any:
        names = (f"{name}_re", f"{name}_im") if complex_ else (name,)
        found = [self.trace.input(each, array, labels) for each in names]
        self.inputs += found
        return Pair(*found) if complex_ else found[0]


def _bare(array: Any) -> Any:
    """The pair or tracer under tensors."""
    while not isinstance(array, Pair) and not hasattr(array, "_cell"):
        array = array.data
    return array


def _parts(array: Any) -> tuple[Any, ...]:
    return (array.re, array.im) if isinstance(array, Pair) else (array,)


def _along(g: Any, y: Any) -> Any:
    """Σ Re(conj(g) y)."""
    return sum(np.sum(a * b) for a, b in zip(_parts(g), _parts(y), strict=True))
