"""Is the formula that a person reads the derivative? The mirror's text, proved like any other gradient.

The mirror writes a formula for people, by rules of its own. Here that formula becomes a program again, one equation a
definition, and the form reading is asked whether it is the derivative of what was recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

import numpy as np

from dualgrad.meanings import Unread
from dualgrad.mirror import Formula, Reading
from dualgrad.mirror.constants import Constant
from dualgrad.op import Call, Kind, Op
from dualgrad.program.entry import (
    Affine,
    Count,
    Element,
    Entry,
    Holds,
    Index,
    MatrixEntry,
    Meaning,
    Reduce,
    Times,
    Turn,
    affine,
    rebuild,
)
from dualgrad.program.record import Equation, Program, Variable
from dualgrad.program.size import Extent, dimensions, product, substitute
from verify.clock import now
from verify.proof.prove import prove
from verify.question.problem import Problem
from verify.question.recording import Recording

SECONDS = 2.0
_WRITTEN = Op(
    name="written",
    kind=Kind.COMPOSITE,
    call=lambda *operands: Call(operands, {}),
    forward=Unread("a formula is read and not run"),
    meaning=Unread("a formula brings its own"),
)


class _NotAProgram(Exception):
    """The formula holds what the language of meanings does not."""


def is_proved(
    problem: Problem, recording: Recording, reading: Reading, found: Sequence[Formula], sizes: Mapping[str, Extent]
) -> bool:
    """Whether these formulas, one an argument, are proved to be the derivatives of the recorded function.

    ``sizes`` says what the letters in the formulas stand for in the recording.
    """
    assert recording.forward is not None
    try:
        program = _program(recording.forward, reading, found, sizes, [recording.inputs[p] for p in problem.wrt])
    except _NotAProgram:
        return False
    asked = replace(recording, gradient=program)
    return prove(problem, asked, now() + SECONDS, ("exact",)).proof is not None


def _program(
    forward: Program, reading: Reading, found: Sequence[Formula], sizes: Mapping[str, Extent], wrt: Sequence[Variable]
) -> Program:
    equations: list[Equation] = []
    outputs = []
    for place, (formula, variable) in enumerate(zip(found, wrt, strict=True)):
        known = {number: v for number, v in enumerate(reading.book.variables) if v not in reading.book.definitions}
        for number, line in formula.where:
            restored = _Restored(reading, sizes, known, _axes(reading))
            known[number] = restored.defined(line, restored.shape_of(number), f"{line.of} of {place}", equations)
        restored = _Restored(reading, sizes, known, _axes(reading))
        rows = reading.outputs[0].shape if formula.rows else ()
        outputs.append(restored.defined(formula, (*rows, *variable.shape), f"derivative {place}", equations))
    return Program("the formula", forward.inputs, tuple(equations), tuple(outputs), forward.captured)


@dataclass
class _Restored:
    """Entries of the mirror with the axes and dimensions of the recording."""

    reading: Reading
    sizes: Mapping[str, Extent]
    known: Mapping[int, Variable]
    row: tuple[Extent, ...]  # the axes that one index for all elements stands for; () where each has its own
    used: list[Variable] = field(default_factory=list)

    def shape_of(self, number: int) -> tuple[Extent, ...] | None:
        """The recorded shape of a variable of the program; None for a name that the mirror gave."""
        variables = self.reading.book.variables
        return variables[number].shape if number < len(variables) else None

    def defined(self, line: Formula, shape: Sequence[Extent] | None, name: str, equations: list[Equation]) -> Variable:
        """The variable that a line defines; its equation is appended."""
        given = [*line.rows, *line.columns]
        if self.row and shape is None:
            raise _NotAProgram
        if self.row:
            own = [Index("i", extent) for extent in shape or ()]
            axes = self._split(given, own)
        else:
            own = [Index(index.name, self.extent(index.extent)) for index in given]
            axes = {old: (new,) for old, new in zip(given, own, strict=True)}
        body = self.entry(line.body, axes)
        output = Variable(name, tuple(index.extent for index in own), np.dtype(float))
        equations.append(Equation(_WRITTEN, tuple(self.used), {}, output, Meaning(tuple(own), body), name))
        return output

    def _split(self, given: Sequence[Index], own: Sequence[Index]) -> dict[Index, tuple[Index, ...]]:
        """The axes that each row index stands for."""
        long, width = [index for index in own if index.extent != 1], len(self.row)
        if len(long) != len(given) * width:
            raise _NotAProgram
        return {index: tuple(long[k * width : (k + 1) * width]) for k, index in enumerate(given)}

    def extent(self, extent: Extent) -> Extent:
        """An extent in the dimensions of the recording."""
        return substitute(extent, self.sizes)

    def entry(self, node: Entry, axes: Mapping[Index, tuple[Index, ...]]) -> Entry:
        """The entry with indices replaced by those of the axes that they stand for."""
        match node:
            case Constant():
                raise _NotAProgram
            case Element(slot, position):
                return self._element(slot, position, axes)
            case Count(extent):
                return Count(self.extent(extent))
            case Holds("==", form) if self.row:
                return self._same(form, axes)
            case Holds(relation, form):
                return Holds(relation, self._form(form, axes))
            case Turn(name, left, right, size):
                if self.row:
                    raise _NotAProgram
                return Turn(name, self._form(left, axes), self._form(right, axes), self.extent(size))
            case Reduce(kind, index, body):
                fresh = self._fresh(index)
                inner = self.entry(body, {**axes, index: fresh})
                return reduce(lambda inside, bound: Reduce(kind, bound, inside), fresh, inner)
            case MatrixEntry(kind, row, column, body, at):
                if self.row:
                    raise _NotAProgram
                ends = {index: self._fresh(index) for index in (row, column)}
                ((r,), (c,)) = ends.values()
                inner = self.entry(body, {**axes, **ends})
                return MatrixEntry(kind, r, c, inner, tuple(self._form(form, axes) for form in at))
        return rebuild(node, lambda child: self.entry(child, axes))

    def _fresh(self, index: Index) -> tuple[Index, ...]:
        extents = self.row or (self.extent(index.extent),)
        if product(extents) != self.extent(index.extent):
            raise _NotAProgram
        return tuple(Index(index.name, extent) for extent in extents)

    def _element(self, slot: int, position: tuple[Affine, ...], axes: Mapping[Index, tuple[Index, ...]]) -> Entry:
        variable = self.known[slot]
        if variable not in self.used:
            self.used.append(variable)
        number = self.used.index(variable)
        if not self.row:
            return Element(number, tuple(self._form(form, axes) for form in position))
        places = iter(self._places(position, axes))
        return Element(number, tuple(affine(0) if extent == 1 else affine(next(places)) for extent in variable.shape))

    def _places(self, position: tuple[Affine, ...], axes: Mapping[Index, tuple[Index, ...]]) -> tuple[Index, ...]:
        if not position:
            return ()
        (form,) = position
        if form.constant != 0 or len(form.terms) != 1 or form.terms[0][1] != 1:
            raise _NotAProgram
        return axes[form.terms[0][0]]

    def _form(self, form: Affine, axes: Mapping[Index, tuple[Index, ...]]) -> Affine:
        total = affine(self.extent(form.constant))
        for index, factor in form.terms:
            (new,) = axes[index]
            total = total + affine(new) * self.extent(factor)
        return total

    def _same(self, form: Affine, axes: Mapping[Index, tuple[Index, ...]]) -> Entry:
        """δ of two row indices: of each pair of their axes."""
        if form.constant != 0 or len(form.terms) != 2 or {factor for _, factor in form.terms} != {1, -1}:
            raise _NotAProgram
        (one, _), (other, _) = form.terms
        pairs = zip(axes[one], axes[other], strict=True)
        return Times(tuple(Holds("==", affine(a) - affine(b)) for a, b in pairs))


def letters(reading: Reading, named: Mapping[str, Extent]) -> dict[str, Extent]:
    """What the letters of a reading stand for, given what the labels that it was opened with do."""
    found: dict[str, Extent] = {}
    for label, letter in reading.book.letters.items():
        found.update(dict.fromkeys(dimensions(letter), named[label]))
    row = reading.book.row
    if row is not None:
        found.update(dict.fromkeys(dimensions(row.extent) - found.keys(), product(_axes(reading))))
    return found


def _axes(reading: Reading) -> tuple[Extent, ...]:
    """The recorded axes of the arrays that are read in a row; () where none is."""
    if reading.book.row is None:
        return ()
    shapes = [tuple(extent for extent in v.shape if extent != 1) for v in reading.book.variables]
    return next(shape for shape in shapes if shape)
