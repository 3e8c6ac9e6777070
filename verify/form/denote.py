"""Programs as forms: each variable once, over the shared indices of its axes."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Sequence

from dualgrad.program.entry import Index
from dualgrad.program.record import Equation, Literal, Operand, Program, Shape, SizeOf, Variable
from dualgrad.program.size import Extent
from verify.form import linear as lin
from verify.form.algebra import Fill, plain_factors, rewrite, size_form, substitute
from verify.form.clear import without_ties
from verify.form.construct import is_truth
from verify.form.entry_signs import entry_sign
from verify.form.facts import Facts, sign_of
from verify.form.interpret import Interpreter, Requirement
from verify.form.linear import Linear
from verify.form.literals import read
from verify.form.setting import Undefined
from verify.form.signs import Sign, sign
from verify.form.term import Atom, Form, Source, power_of


class Lossy(Exception):
    """An equation rounds: its result's dtype holds less than its meaning. The message says where."""


WORDS = {(True, True): "positive", (True, False): "nonnegative", (False, True): "nonzero", (False, False): "real"}
OF_WORDS = {word: known for known, word in WORDS.items()}
Position = tuple[Linear, ...]
INEQUALITIES = frozenset({"greater", "greater_equal", "less", "less_equal"})
CONNECTIVES = frozenset(
    {"logical_and", "logical_or", "logical_not", "logical_xor", "bitwise_and", "bitwise_or", "bitwise_xor", "invert"}
)


class Denotation:
    """Forms of the variables of some programs over the same inputs.

    A variable's form has the indices ``axes(shape)`` free. ``opaque`` variables are read as arrays of their
    own. What each equation requires of its operands, as arrays of their own, is kept in ``requirements``.
    """

    def __init__(
        self,
        programs: Iterable[Program],
        facts: Facts,
        reading: str,
        opaque: Iterable[Variable] = (),
        wrt: Iterable[Variable] = (),
        like: Denotation | None = None,
        seen_through: Iterable[Variable] = (),
    ) -> None:
        """``like`` shares its names of arrays and of indices, so that forms of both can be mixed.

        What is ``seen_through`` is no array of its own in any step, but what it means: see :func:`comparisons`.
        """
        self.wrt: frozenset[Variable] = like.wrt if like else frozenset(wrt)
        self.facts = facts
        self.reading = reading
        self.equations: dict[Variable, Equation] = {}
        for equation in (equation for program in programs for equation in program.equations):
            if self.equations.setdefault(equation.output, equation) is not equation:
                raise Undefined(f"{equation.output} is computed in two ways")
        self.seen_through = frozenset(seen_through)
        self.opaque = set(opaque) - self.seen_through
        self.requirements: dict[Variable, list[Requirement]] = {}
        self._forms: dict[Variable, Form] = {}
        self._steps: dict[Variable, Form] = {}
        self._sources: dict[Variable, Source] = like._sources if like else {}
        self._labels: set[str] = like._labels if like else set()
        self._axes: dict[tuple[int, Extent], Index] = like._axes if like else {}

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
            self._sources[variable] = Source(label, shape, self._sign(variable))
        return self._sources[variable]

    def _sign(self, variable: Variable) -> str:
        """What is known of the sign of every entry: of a computed array, from its equation."""
        if variable in self.facts.domains:
            return sign_of(self.facts.domains[variable], variable in self.wrt)
        if variable in self.equations:
            for pending in self._before(variable):
                self.source(pending)
            return WORDS[self._computed_sign(self.equations[variable])]
        return "nonnegative" if variable.dtype.kind in "bu" else "real"

    def _computed_sign(self, equation: Equation) -> Sign:
        def element(slot: int) -> Sign:
            operand = equation.inputs[slot]
            return OF_WORDS[self.source(operand).sign] if isinstance(operand, Variable) else sign(self.at(operand, ()))

        built = entry_sign(equation.meaning.body, element, self.facts.resolve)
        made = sign(self.step(equation))
        return (built[0] or made[0], built[1] or made[1])

    def _before(self, variable: Variable) -> list[Variable]:
        """The computed variables without a name yet that a variable rests on, operands first."""
        return [v for v in self._order(variable, self._sources, self._computed) if v is not variable]

    def _computed(self, variable: Variable) -> list[Variable]:
        return [x for x in self.equations[variable].inputs if isinstance(x, Variable) and x in self.equations]

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
            for pending in self._order(variable, self._forms, self.operands):
                self._forms[pending] = self._meaning(self.equations[pending], cells=False)
        return self._forms[variable]

    def _order(
        self, variable: Variable, known: Container[Variable], operands: Callable[[Variable], list[Variable]]
    ) -> list[Variable]:
        """What must be evaluated before the variable and itself, operands first; without recursion."""
        done: list[Variable] = []
        seen: set[Variable] = set()
        stack: list[tuple[Variable, bool]] = [(variable, False)]
        while stack:
            current, ready = stack.pop()
            if ready:
                done.append(current)
                continue
            if current in seen or current in known:
                continue
            seen.add(current)
            stack.append((current, True))
            stack.extend((operand, False) for operand in operands(current))
        return done

    def operands(self, variable: Variable) -> list[Variable]:
        """The computed variables, not opaque, that a variable's equation reads."""
        inputs = self.equations[variable].inputs
        return [x for x in inputs if isinstance(x, Variable) and x in self.equations and x not in self.opaque]

    def step(self, equation: Equation) -> Form:
        """An equation's meaning over its operands as atoms, over the shared indices of the result's axes."""
        if equation.output not in self._steps:
            self._steps[equation.output] = self._meaning(equation, cells=True)
        return self._steps[equation.output]

    def _meaning(self, equation: Equation, cells: bool) -> Form:
        meaning = equation.meaning
        found: list[Requirement] = []

        def element(slot: int, position: Position) -> Form:
            operand = equation.inputs[slot]
            if cells and isinstance(operand, Variable) and operand not in self.seen_through:
                return self.cell(operand, position)
            return self.at(operand, position)

        def require(form: Form, relation: str, path: Form) -> None:
            found.append(Requirement(form, relation, path, equation.line))

        interpreter = Interpreter(element, self.facts.resolve, self.reading, require)
        axes = self.axes(meaning.shape)
        at = {index: lin.of_index(axis) for index, axis in zip(meaning.indices, axes, strict=True)}
        form = without_ties(interpreter.value(meaning.body, at))
        if cells and _rounds(equation, form):
            raise Lossy(f"{equation!r} rounds to {equation.output.dtype} {equation.line}".strip())
        if cells:
            self.requirements[equation.output] = found
        return form

    def opened(self, form: Form) -> Form | None:
        """What one entry of a computed array is in terms of its operands; None for any other form."""
        factors = plain_factors(form)
        atom, power = (
            next(iter(factors.values()), (None, 0)) if factors is not None and len(factors) == 1 else (None, 0)
        )
        if atom is None or atom.kind != "cell" or power != 1:
            return None
        variable = next((v for v in self.equations if self._sources.get(v) is atom.source), None)
        if variable is None:
            return None
        axes = self.axes(variable.shape)
        moves = {i: p for i, p in zip(axes, atom.linears, strict=True) if i.extent != 1}
        return substitute(self.step(self.equations[variable]), moves)

    def opened_in(self, form: Form, equation: Equation) -> Form:
        """A form with an opaque variable replaced by what its equation means, one step."""
        opened, meaning, axes = self.source(equation.output), self.step(equation), self.axes(equation.output.shape)

        def fill(source: Source, position: Position) -> Form | None:
            if source is not opened:
                return None
            return substitute(meaning, {i: p for i, p in zip(axes, position, strict=True) if i.extent != 1})

        return rewrite(form, lambda atom: opened in atom.sources, Fill(fill))

    def required(self, program: Program) -> list[Requirement]:
        """What a program's equations require of their operands, in order."""
        for equation in program.equations:
            self.step(equation)
        return [one for equation in program.equations for one in self.requirements[equation.output]]

    def unfold(self, form: Form) -> Form:
        """A form with all computed variables replaced by what they are."""
        by = {self._sources[v]: v for v in self.equations if v in self._sources and v not in self.opaque}
        if form.sources.isdisjoint(by):
            return form
        fill = Fill(lambda source, position: self.at(by[source], position) if source in by else None)
        return rewrite(form, lambda atom: not atom.sources.isdisjoint(by), fill)

    def fold(self, variable: Variable, after: Iterable[Variable]) -> None:
        """Read a variable as opaque from now on; forms of variables ``after`` it are made anew."""
        self.opaque.add(variable)
        for other in after:
            self._forms.pop(other, None)

    def positions(self, shape: Shape, first: int = 0) -> Position:
        """The positions at the shared free indices."""
        return tuple(map(lin.of_index, self.axes(shape, first)))


def comparisons(program: Program) -> list[Variable]:
    """The truths that a program makes by inequalities.

    A step that reads one is a step with guards; a test for equality is not, and stays an array of its own.
    """
    found: dict[Variable, None] = {}
    for equation in program.equations:
        joined = equation.op.name in CONNECTIVES and all(operand in found for operand in equation.inputs)
        if joined or equation.op.name in INEQUALITIES:
            found[equation.output] = None
    return list(found)


def _rounds(equation: Equation, form: Form) -> bool:
    """Whether a result's dtype is narrower than its operands'. Truths fit into any."""
    floats = [x.dtype.itemsize for x in equation.inputs if isinstance(x, Variable) and x.dtype.kind == "f"]
    kept = equation.output.dtype
    if kept.kind == "f":
        return kept.itemsize < max(floats, default=0)
    numbers = any(isinstance(x, Literal) and isinstance(x.value, float) for x in equation.inputs)
    return bool(floats or numbers) and not is_truth(form)


def shapes_agree(a: Sequence[Extent], b: Sequence[Extent], facts: Facts) -> bool:
    """Whether two shapes are the same, extent by extent: nothing broadcasts."""
    return [*map(facts.resolve, a)] == [*map(facts.resolve, b)]
