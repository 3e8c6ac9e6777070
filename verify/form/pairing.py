"""Pairing adjoints: where the gradient program computes the adjoint of an intermediate, it stays opaque.

Both programs then meet at every intermediate, and the cost is linear in the length of the program. A pair is
proved, not guessed: the two forms are equal, for all values of what is opaque in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from fractions import Fraction

from dualgrad.program.record import Equation, Program, Variable
from verify.form.algebra import multiply
from verify.form.denote import Denotation
from verify.form.ladder import MOST_TERMS, SECONDS
from verify.form.meeting import Means, guards_in, meeting_guards
from verify.form.setting import TooLarge, at_most
from verify.form.term import Atom, Form, Source, pattern, power_of
from verify.form.ties import guards_of

WIDEST = 24  # equations that a candidate may take to unfold
WIDEST_LIKELY = 64  # the same, where it has the adjoint's values
MOST_OPENED = 8  # intermediates, so that two forms name the same ones
MOST_BETWEEN = 4  # steps from a variable to a result of it that is opened instead


class Pairing:
    """Finds the variable of the gradient program that is an adjoint of the forward program.

    ``likely`` are those with its values at a point, by the variable of the forward, where that was looked at.
    """

    def __init__(
        self,
        forward: Program,
        gradient: Program,
        denote: Denotation,
        likely: Mapping[Variable, Sequence[Variable]] | None = None,
    ) -> None:
        own = {equation.output for equation in forward.equations}
        self.denote, self.likely = denote, likely
        self.steps = forward.equations
        self.made = {denote.source(equation.output): place for place, equation in enumerate(self.steps)}
        self.uses: dict[Source, list[Equation]] = {source: [] for source in self.made}
        for equation in self.steps:
            for source in denote.step(equation).sources & self.made.keys():
                self.uses[source].append(equation)
        self.order = [equation.output for equation in gradient.equations if equation.output not in own]
        self.paired: dict[Variable, Variable] = {}  # an array of the forward to its adjoint in the gradient program
        steps = [equation for equation in forward.equations if equation.output not in denote.seen_through]
        self.means = Means(meeting_guards(map(denote.step, steps), self._opening))

    def __call__(self, variable: Variable, adjoint: Form) -> Form:
        """The adjoint of a variable as one opaque array where the gradient program has it, else as it is."""
        if _is_small(adjoint):
            return adjoint
        found = self._find(variable, adjoint)
        if found is None:
            return adjoint
        self.denote.fold(found, self.order[self.order.index(found) :])
        self.paired[variable] = found
        return self.denote.cell(found, self.denote.positions(found.shape))

    def _find(self, variable: Variable, adjoint: Form) -> Variable | None:
        shape = tuple(map(self.denote.facts.resolve, variable.shape))
        known = None if self.likely is None else self.likely.get(variable)
        for candidate in self.order if known is None else known:
            if candidate in self.denote.opaque:
                continue
            widest = WIDEST if known is None else WIDEST_LIKELY
            near = tuple(map(self.denote.facts.resolve, candidate.shape)) == shape and self._is_near(candidate, widest)
            if near and self._equal(self.denote.form(candidate), adjoint, known is not None):
                return candidate
        return None

    def _equal(self, form: Form, adjoint: Form, is_likely: bool) -> bool:
        """Whether both are the same over some intermediates; of what is likely more are opened, the linear ones first.

        Each is in terms of what it is computed from, so that it holds for all values of what is left opaque.
        """
        form, adjoint = self.levelled(form, adjoint)
        for _ in range(MOST_BETWEEN):
            if self._same(form, adjoint):
                return True
            equation = self._linear(form, adjoint) if is_likely else None
            if equation is None:
                return False
            form, adjoint = (self.denote.opened_in(each, equation) for each in (form, adjoint))
        return False

    def _linear(self, *forms: Form) -> Equation | None:
        """The latest equation that adds and scales, of what stands in no root, reciprocal or function: a difference
        from the mean sums to 0, which what is opaque does not."""
        powers: dict[Source, bool] = {}
        for term, _ in (pair for form in forms for pair in form.terms.values()):
            for atom, power in term.factors.values():
                plain = atom.kind == "cell" and power > 0 and power.denominator == 1
                if atom.kind not in ("positive", "vanishes"):
                    powers |= {source: plain and powers.get(source, True) for source in atom.sources}
        found = [source for source, plain in powers.items() if plain and source in self.made and self._adds(source)]
        return self.steps[max(map(self.made.__getitem__, found))] if found else None

    def _adds(self, source: Source) -> bool:
        step = self.denote.step(self.steps[self.made[source]])
        cells = [[a for a, _ in term.factors.values() if a.kind != "dim"] for term, _ in step.terms.values()]
        return all(len(atoms) <= 1 and all(a.kind == "cell" for a in atoms) for atoms in cells)

    def levelled(self, form: Form, adjoint: Form) -> tuple[Form, Form]:
        """Both over the same intermediates, where a few are opened, the latest first.

        The slope of a root or of exp is one of its operand in a derivative, and one of its result in a program.
        """
        opened: list[Equation] = []
        ours, theirs = form.sources, adjoint.sources
        while ours != theirs:
            equation = self._next((ours ^ theirs) & self.made.keys(), ours | theirs)
            if equation is None or len(opened) == MOST_OPENED:
                return form, adjoint
            opened.append(equation)
            source, inner = self.denote.source(equation.output), self.denote.step(equation).sources
            ours, theirs = ((each - {source}) | inner if source in each else each for each in (ours, theirs))
        for equation in opened:
            form, adjoint = (self.denote.opened_in(each, equation) for each in (form, adjoint))
        return form, adjoint

    def _next(self, apart: Set[Source], named: Set[Source]) -> Equation | None:
        """What to open of the latest variable that one form alone names: a result of it that is named, or itself."""
        latest = max(apart, key=self.made.__getitem__, default=None)
        if latest is None:
            return None
        results = {latest}
        for _ in range(MOST_BETWEEN):
            results |= {self.denote.source(equation.output) for source in results for equation in self.uses[source]}
        return self.steps[max(self.made[source] for source in results if source is latest or source in named)]

    def _same(self, form: Form, adjoint: Form) -> bool:
        if form.sources != adjoint.sources:
            return False
        if form.key != adjoint.key and not guards_in(adjoint) and self.likely is None:
            return False
        try:
            with at_most(MOST_TERMS, SECONDS):
                return self.means.allow(form, adjoint)
        except TooLarge:
            return False

    def shares(self) -> dict[Variable, Fraction]:
        """Of each step whose sides meet where a mean is taken, the share of what it is where its operands fall."""
        found = {}
        for equation in self.steps:
            for atom in guards_of(self.denote.step(equation), self.means.weights):
                upper = self._upper(equation, atom)
                if upper is not None:
                    weight = self.means.weights[pattern(atom.forms[0])]
                    found[equation.output] = weight if upper else 1 - weight
        return found

    def _upper(self, equation: Equation, guard: Atom) -> bool | None:
        """Whether a guard is 1 where the condition of a choice is, or where the first operand exceeds the other."""
        first = equation.inputs[0]
        if not isinstance(first, Variable):
            return None
        if first in self.denote.seen_through:
            there = multiply(power_of(guard), self.denote.form(first))
            return True if there.key == power_of(guard).key else None if there.terms else False
        for term, factor in guard.forms[0].terms.values():
            if {atom.source for atom, _ in term.factors.values()} == {self.denote.source(first)}:
                return factor > 0
        return None

    def _opening(self, form: Form) -> Iterator[Form]:
        """A form with more and more of the latest intermediates opened."""
        for _ in range(MOST_BETWEEN):
            latest = max(form.sources & self.made.keys(), key=self.made.__getitem__, default=None)
            if latest is None:
                return
            form = self.denote.opened_in(form, self.steps[self.made[latest]])
            yield form

    def _is_near(self, variable: Variable, widest: int) -> bool:
        """Whether unfolding the variable down to what is opaque takes few equations."""
        seen = {variable}
        stack = [variable]
        while stack and len(seen) <= widest:
            for operand in self.denote.operands(stack.pop()):
                if operand not in seen:
                    seen.add(operand)
                    stack.append(operand)
        return len(seen) <= widest


def _is_small(form: Form) -> bool:
    if len(form.terms) > 1:
        return False
    return all(not term.bound and len(term.factors) <= 2 for term, _ in form.terms.values())
