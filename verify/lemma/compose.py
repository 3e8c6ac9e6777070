"""Is a recorded backward pass the gradient of a recorded function? By lemmas, one step at a time.

The cost is linear in the programs and does not depend on sizes. What is checked: the uses of every array are taken
from the forward program; the rule of each use is an instance of its lemma, on that equation's own operands and
result; every contribution is added once to an adjoint of the array it is for; the seed is one; each result is the
adjoint of the argument it is for. Then the pass is the gradient, by induction from the outputs. An array may have
several adjoints whose sum counts: where the function computes the same thing twice, the engine goes back twice.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import NamedTuple

from dualgrad.op import REGISTRY, Op
from dualgrad.program.record import Equation, Literal, Operand, Program, SizeOf, Variable
from dualgrad.program.size import Extent, dimension, substitute
from verify.form.denote import Denotation
from verify.form.facts import Facts
from verify.form.setting import TooLarge, Undefined
from verify.form.term import ONE
from verify.lemma.book import lemma_of
from verify.lemma.lemma import Lemma
from verify.lemma.pattern import Canonical, Pattern, pattern_of
from verify.lemma.tape import Tape

Resolve = Callable[[Extent], Extent]


class Part(NamedTuple):
    """A contribution to an adjoint, or a sum of some: where it was found, and in the pass with nothing shared."""

    found: Variable
    own: Variable


class NotComposed(Exception):
    """The backward pass is not shown to be made of instances of lemmas; the message names the step."""


@dataclass(frozen=True)
class Composition:
    """What was shown: the adjoints of every array, whose sum is its gradient, and the lemma of each equation used.

    ``gradient`` is the backward pass with nothing shared between two rules or with the function: a recording has equal
    steps once, also where they are equal by accident.
    """

    adjoints: Mapping[Variable, tuple[Variable, ...]]
    lemmas: Mapping[Equation, Lemma]
    gradient: Program

    @property
    def distinct(self) -> int:
        """How many different lemmas were used."""
        return len(set(map(id, self.lemmas.values())))


def compose(
    forward: Program,
    wrt: Sequence[Variable],
    gradient: Program,
    tape: Tape,
    equations: Sequence[Equation],
    resolve: Resolve,
    values: Mapping[str, int],
    reading: str = "exact",
) -> Composition:
    """Show that the outputs of ``gradient`` are the derivatives of the sum of the outputs of ``forward`` in ``wrt``.

    ``equations`` are all of the recording that the tape is from. NotComposed where it is not shown.
    """
    return _Check(forward, tuple(wrt), gradient, tape, equations, resolve, values, reading).run()


class _Check:
    def __init__(
        self,
        forward: Program,
        wrt: tuple[Variable, ...],
        gradient: Program,
        tape: Tape,
        equations: Sequence[Equation],
        resolve: Resolve,
        values: Mapping[str, int],
        reading: str,
    ) -> None:
        self.forward, self.wrt, self.gradient, self.tape = forward, wrt, gradient, tape
        self.resolve, self.values, self.reading = resolve, values, reading
        self.makes = {equation.output: equation for equation in equations}
        self.own = {equation.output: equation for equation in forward.equations}
        self.active = self._active()
        self.index: dict[tuple[Op, tuple[object, ...]], list[Equation]] = defaultdict(list)
        for equation in dict.fromkeys((*forward.equations, *gradient.equations)):
            self.index[equation.op, tuple(map(self._identity, equation.inputs))].append(equation)
        self.patterns: dict[Equation, Pattern] = {}
        self.lemmas: dict[Equation, Lemma] = {}
        self.received: dict[int | Variable, list[Part]] = defaultdict(list)
        self.seeded: Counter[Variable] = Counter()
        self.adjoints: dict[Variable, list[Variable]] = defaultdict(list)
        self.steps: list[Equation] = []  # of the backward pass with nothing shared
        self.taken = {variable.name for variable in (*forward.inputs, *self.makes, *gradient.captured)}

    # ------------------------------------------------------------------------ the forward program

    def _active(self) -> set[Variable]:
        """The floating arrays that depend on the arguments."""
        active = set(self.wrt)
        for equation in self.forward.equations:
            if equation.output.dtype.kind == "f" and not active.isdisjoint(_variables(equation.inputs)):
                active.add(equation.output)
        return active

    def _identity(self, operand: Operand) -> object:
        match operand:
            case Literal(value):
                return (type(value), repr(value))
            case SizeOf(extent):
                return ("count", self.resolve(extent))
        return operand

    # ------------------------------------------------------------------------ the walk

    def run(self) -> Composition:
        """Walk the tape backwards."""
        for number in range(len(self.tape) - 1, -1, -1):
            result = self.tape[number].result
            if number == len(self.tape) - 1:
                adjoint: Part | None = self._one(result)
            else:
                adjoint = self._summed(result, self.received.pop(number, []))
            if adjoint is not None:
                self._pull(number, result, adjoint)
        self._all_seeded()
        for equation in self.forward.equations:
            self._constant_steps(equation)
        self._results()
        return Composition({v: tuple(parts) for v, parts in self.adjoints.items()}, self.lemmas, self._apart())

    def _apart(self) -> Program:
        """The backward pass with nothing shared."""
        outputs = tuple(self.adjoints[variable][-1] for variable in self.wrt)
        own = [step for step in self.gradient.equations if step.output in self.own]
        return replace(self.gradient, equations=(*own, *self.steps), outputs=outputs)

    def again(self, step: Equation, inputs: tuple[Operand, ...]) -> Variable:
        """A step of the backward pass with a result of its own."""
        name = next(name for k in count(len(self.steps)) if (name := f"w{k}") not in self.taken)
        self.taken.add(name)
        output = Variable(name, step.output.shape, step.output.dtype)
        self.steps.append(replace(step, inputs=inputs, output=output))
        return output

    def _one(self, total: Variable) -> Part:
        """The seed of the tape: found by what it is; that it is 1 is checked where it reaches the function."""
        for equation in self.gradient.equations:
            if equation.op is REGISTRY["ones_like"] and equation.inputs == (total,):
                self.steps += self._leading_to(equation.output)
                return Part(equation.output, equation.output)
        raise NotComposed("the backward pass does not begin with a one")

    def _leading_to(self, variable: Variable) -> list[Equation]:
        """The equations outside of the function that a variable of the backward pass needs."""
        needed: list[Equation] = []
        wanted: set[Operand] = {variable}
        for equation in reversed(self.gradient.equations):
            if equation.output in wanted and equation.output not in self.own:
                needed.append(equation)
                wanted.update(equation.inputs)
        return needed[::-1]

    def _summed(self, of: Variable, parts: list[Part]) -> Part | None:
        """The sum of contributions, as the program adds them up."""
        if not parts:
            return None
        total = parts[0]
        for part in parts[1:]:
            step = self._add(total.found, part.found)
            inputs = (total.own, part.own)
            if step is None:
                step, inputs = self._add(part.found, total.found), inputs[::-1]
            if step is None:
                raise NotComposed(f"the contributions to {of} are not added up: {total} + {part} does not occur")
            total = Part(step.output, self.again(step, inputs))
        if self._shape(total.found) != self._shape(of) or total.found.dtype != of.dtype:
            raise NotComposed(f"the adjoint of {of} has another shape or dtype")
        return total

    def _add(self, a: Variable, b: Variable) -> Equation | None:
        same = self._shape(a) == self._shape(b)
        found = self.index.get((REGISTRY["add"], (a, b)), ()) if same else ()
        return found[0] if found else None

    def _shape(self, variable: Variable) -> tuple[Extent, ...]:
        return tuple(map(self.resolve, variable.shape))

    def _pull(self, number: int, result: Variable, adjoint: Part) -> None:
        equation = self.own.get(result) or self.makes.get(result)
        sources = self.tape[number].sources
        if equation is None or len(sources) != len(equation.inputs):
            raise NotComposed(f"the tape has a step that makes {result} and the recording has none")
        ours = result in self.own
        lemma, named = self._lemma(equation)
        if ours:
            self.adjoints[result].append(adjoint.own)
        for slot, operand in enumerate(equation.inputs):
            if ours and operand not in self.active:
                continue
            shown = lemma.slots[slot]
            if shown is None:
                if ours:
                    raise NotComposed(f"{equation.op.name} {equation.line}: no derivative in operand {slot} is claimed")
                continue  # outside of the function: a number
            if ours and shown.blocked:
                raise NotComposed(f"{equation.op.name} {equation.line}: {shown.blocked}".replace(" :", ":"))
            if shown.program is not None:
                assert isinstance(operand, Variable)
                given = _Instance(self, equation, lemma, named, adjoint).output(shown.program)
                self._give(given, operand, number, sources[slot], ours)

    def _give(self, given: Part, operand: Variable, number: int, source: int | Variable | None, ours: bool) -> None:
        """Hand a contribution to the step before, or the argument, that the operand came from."""
        target = self.tape[source].result if isinstance(source, int) else source
        if target is not operand or (isinstance(source, int) and source >= number):
            raise NotComposed(f"the tape takes a contribution to {operand} elsewhere")
        if not ours and (operand in self.own or operand in self.wrt):
            self._require_one(given.found)
            self.seeded[operand] += 1
        assert source is not None
        self.received[source].append(given)

    def _require_one(self, seed: Variable) -> None:
        program = Program("seed", self.gradient.inputs, tuple(self._leading_to(seed)), (seed,), self.gradient.captured)
        denote = Denotation((program,), Facts(resolve=self.resolve), self.reading)
        try:
            is_one = denote.at(seed, denote.positions(seed.shape)).key == ONE.key
        except (TooLarge, Undefined) as error:
            raise NotComposed(f"the seed cannot be read: {error}") from error
        if not is_one:
            raise NotComposed("the seed of an output is not one")

    def _lemma(self, equation: Equation) -> tuple[Lemma, Canonical]:
        found, named = lemma_of(equation, self.resolve, self.values, self.reading)
        if isinstance(found, str):
            raise NotComposed(found)
        if equation.output in self.own:
            self.lemmas[equation] = found
        return found, named

    # ------------------------------------------------------------------------ the ends

    def _all_seeded(self) -> None:
        outputs = Counter(v for v in self.forward.outputs if v in self.active and isinstance(v, Variable))
        if outputs != self.seeded:
            raise NotComposed("not every output is seeded once")

    def _constant_steps(self, equation: Equation) -> None:
        """An equation of truths or integers, which passes nothing on: its derivative has to be 0."""
        if equation.output.dtype.kind != "f" and not self.active.isdisjoint(_variables(equation.inputs)):
            lemma, _ = self._lemma(equation)
            for operand, slot in zip(equation.inputs, lemma.slots, strict=True):
                if operand in self.active and (slot is None or slot.program is not None or slot.blocked):
                    raise NotComposed(
                        f"{equation.op.name} gives {equation.output.dtype} and is not shown to be constant"
                    )

    def _results(self) -> None:
        if len(self.gradient.outputs) != len(self.wrt):
            raise NotComposed(f"there are {len(self.gradient.outputs)} results for {len(self.wrt)} arguments")
        for variable, output in zip(self.wrt, self.gradient.outputs, strict=True):
            adjoint = self._summed(variable, self.received.pop(variable, []))
            if adjoint is None:
                raise NotComposed(f"nothing depends on {variable}")
            self.adjoints[variable].append(adjoint.own)
            if adjoint.found is not output:
                raise NotComposed(f"the result for {variable} is not its adjoint")
        if self.received:
            raise NotComposed("contributions are left that reach no array")


class _Instance:
    """A lemma's programs, found again in the backward pass with the equation's own arrays in place."""

    def __init__(self, check: _Check, equation: Equation, lemma: Lemma, named: Canonical, adjoint: Part) -> None:
        self.check = check
        self.equation = equation
        self.own = lemma.rule.equation
        self.bound: dict[Variable, Operand] = {self.own.output: equation.output, lemma.rule.direction: adjoint.found}
        for mine, theirs in zip(self.own.inputs, equation.inputs, strict=True):
            if isinstance(mine, Variable):
                self.bound[mine] = theirs
        self.copies: dict[Variable, Operand] = {**self.bound, lemma.rule.direction: adjoint.own}
        self.names: dict[str, Extent] = {mine: dimension(theirs) for mine, theirs in named.names.items()}
        self.sizes: dict[Extent, Extent] = {}

    def output(self, program: Program) -> Part:
        """What the program's output is there."""
        for variable, array in program.captured.items():
            self.bound[variable] = self.copies[variable] = self._captured(variable, array.tobytes())
        for step in program.equations:
            if step.output not in self.bound:
                found = self._found(step)
                inputs = tuple(self._there(operand, self.copies) for operand in step.inputs)
                self.bound[step.output], self.copies[step.output] = found.output, self.check.again(found, inputs)
        (result,) = program.outputs
        there, own = self._there(result, self.bound), self._there(result, self.copies)
        if not isinstance(there, Variable) or not isinstance(own, Variable):
            raise NotComposed(f"the rule of {self.equation.op.name} gives a number")
        return Part(there, own)

    def _there(self, operand: Operand, bound: Mapping[Variable, Operand]) -> Operand:
        if isinstance(operand, Variable):
            return bound[operand]
        if isinstance(operand, SizeOf):
            return SizeOf(self._renamed(operand.extent))
        return operand

    def _renamed(self, extent: Extent) -> Extent:
        known = self.sizes.get(extent)
        if known is None:
            known = self.sizes[extent] = substitute(extent, self.names)
        return known

    def _found(self, step: Equation) -> Equation:
        operands = tuple(self.check._identity(self._there(operand, self.bound)) for operand in step.inputs)
        wanted = _pattern(step)
        extents = tuple(map(self._renamed, wanted.extents))
        for candidate in self.check.index.get((step.op, operands), ()):
            known = self.check.patterns.get(candidate)
            if known is None:
                known = self.check.patterns[candidate] = pattern_of(candidate, self.check.resolve)
            if known.text == wanted.text and known.extents == extents:
                return candidate
        raise NotComposed(f"the rule of {self.equation.op.name} {self.equation.line} did something else: no {step!r}")

    def _captured(self, variable: Variable, content: bytes) -> Variable:
        for known, array in self.check.gradient.captured.items():
            if array.shape == variable.shape and array.dtype == variable.dtype and array.tobytes() == content:
                return known
        raise NotComposed(f"the rule of {self.equation.op.name} uses other numbers")


_patterns: dict[Equation, Pattern] = {}  # of the steps of lemmas, which are kept


def _pattern(step: Equation) -> Pattern:
    if step not in _patterns:
        _patterns[step] = pattern_of(step, lambda extent: extent)
    return _patterns[step]


def _variables(operands: Sequence[Operand]) -> set[Operand]:
    return {operand for operand in operands if isinstance(operand, Variable)}
