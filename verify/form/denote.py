"""Programs as forms: each variable once, over the shared indices of its axes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from dualgrad.program.entry import Index
from dualgrad.program.record import Equation, Literal, Operand, Program, Shape, SizeOf, Variable
from dualgrad.program.size import Extent
from verify.form import linear as lin
from verify.form.algebra import size_form, substitute
from verify.form.cases import reduce_ties
from verify.form.facts import SIGNS, Facts
from verify.form.interpret import Interpreter, Requirement
from verify.form.linear import Linear
from verify.form.literals import read
from verify.form.term import Atom, Form, Source, power_of

Position = tuple[Linear, ...]


class Denotation:
    """Forms of the variables of some programs over the same inputs.

    A variable's form has the indices ``axes(shape)`` free. ``opaque`` variables are read as arrays of their
    own. What each equation requires of its operands is kept in ``requirements``.
    """

    def __init__(self, programs: Iterable[Program], facts: Facts, reading: str, opaque: Iterable[Variable] = ()) -> None:
        self.facts = facts
        self.reading = reading
        self.equations: dict[Variable, Equation] = {}
        for program in programs:
            self.equations.update({equation.output: equation for equation in program.equations})
        self.opaque = frozenset(opaque)
        self.requirements: dict[Variable, list[Requirement]] = {}
        self._forms: dict[Variable, Form] = {}
        self._sources: dict[Variable, Source] = {}
        self._labels: set[str] = set()
        self._axes: dict[tuple[int, Extent], Index] = {}

    def axes(self, shape: Shape, first: int = 0) -> tuple[Index, ...]:
        """The shared free indices of axes ``first``, ``first + 1``, … of these extents."""
        return tuple(self._axis(first + axis, self.facts.resolve(extent)) for axis, extent in enumerate(shape))

    def _axis(self, axis: int, extent: Extent) -> Index:
        if (axis, extent) not in self._axes:
            self._axes[axis, extent] = Index("ijklmnpq"[axis % 8], extent)
        return self._axes[axis, extent]

    def source(self, variable: Variable) -> Source:
        """The array that an input, a captured array or an opaque variable is."""
        if variable not in self._sources:
            label = self._label(variable.name)
            shape = tuple(map(self.facts.resolve, variable.shape))
            sign = "nonnegative" if variable.dtype.kind in "bu" else "real"
            sign = SIGNS[self.facts.domains[variable]] if variable in self.facts.domains else sign
            self._sources[variable] = Source(label, shape, sign)
        return self._sources[variable]

    def _label(self, name: str) -> str:
        """A name that no other array has, of letters and digits."""
        plain = re.sub(r"\W", "_", name) or "x"
        label = next(
            candidate
            for candidate in (plain, *(f"{plain}~{k}" for k in range(1, len(self._labels) + 2)))
            if candidate not in self._labels
        )
        self._labels.add(label)
        return label

    def cell(self, variable: Variable, position: Position) -> Form:
        """An entry of an array as an atom."""
        return power_of(Atom("cell", "", position, (), self.source(variable)))

    def at(self, operand: Operand, position: Position) -> Form:
        """An operand's entry at a position."""
        match operand:
            case Literal(value):
                return read(value, self.reading)
            case SizeOf(extent):
                return size_form(self.facts.resolve(extent))
        if operand not in self.equations or operand in self.opaque:
            return self.cell(operand, position)
        axes = self.axes(operand.shape)
        return substitute(self.form(operand), {i: p for i, p in zip(axes, position, strict=True) if i.extent != 1})

    def form(self, variable: Variable) -> Form:
        """The form of a computed variable over the shared indices of its axes."""
        if variable not in self._forms:
            for pending in self._order(variable):
                self._forms[pending] = self.one_step(self.equations[pending])
        return self._forms[variable]

    def _order(self, variable: Variable) -> list[Variable]:
        """What must be evaluated before the variable and itself, operands first; without recursion."""
        done: list[Variable] = []
        seen: set[Variable] = set()
        stack: list[tuple[Variable, bool]] = [(variable, False)]
        while stack:
            current, ready = stack.pop()
            if ready:
                done.append(current)
                continue
            if current in seen or current in self._forms:
                continue
            seen.add(current)
            stack.append((current, True))
            stack.extend((operand, False) for operand in self.operands(current))
        return done

    def operands(self, variable: Variable) -> list[Variable]:
        """The computed variables, not opaque, that a variable's equation reads."""
        inputs = self.equations[variable].inputs
        return [x for x in inputs if isinstance(x, Variable) and x in self.equations and x not in self.opaque]

    def one_step(self, equation: Equation, cells: bool = False) -> Form:
        """An equation's meaning over its operands: as forms, or with ``cells`` all as atoms."""
        meaning = equation.meaning
        found: list[Requirement] = []

        def element(slot: int, position: Position) -> Form:
            operand = equation.inputs[slot]
            if cells and isinstance(operand, Variable):
                return self.cell(operand, position)
            return self.at(operand, position)

        def require(form: Form, relation: str, path: Form) -> None:
            found.append(Requirement(form, relation, path, equation.line))

        interpreter = Interpreter(element, self.facts.resolve, self.reading, require)
        axes = self.axes(meaning.shape)
        at = {index: lin.of_index(axis) for index, axis in zip(meaning.indices, axes, strict=True)}
        form = reduce_ties(interpreter.value(meaning.body, at))
        if not cells:
            self.requirements[equation.output] = found
        return form

    def required(self, program: Program) -> list[Requirement]:
        """What a program's equations require, in order."""
        return [one for equation in program.equations for one in self.requirements.get(equation.output, [])]

    def positions(self, shape: Shape, first: int = 0) -> Position:
        """The positions at the shared free indices."""
        return tuple(map(lin.of_index, self.axes(shape, first)))


def shapes_agree(a: Sequence[Extent], b: Sequence[Extent], facts: Facts) -> bool:
    """Whether two shapes are the same, extent by extent: nothing broadcasts."""
    return [*map(facts.resolve, a)] == [*map(facts.resolve, b)]
