"""The lemma of a recorded rule: for every operand, what the rule gives is the op's derivative applied to a direction.

It is an identity of normal forms in arrays that are all different and of any values, so every instance of it holds:
operands that are the same array, or that depend on each other. That needs more than equality almost everywhere,
which an instance may lose: where max(x, |x|) has x = |x|, a tie is no exception. So nothing is dropped where a guard's
boundary is met; there the rule must be exact too, or take a mean of both sides where these meet, with the same
weights for all operands (the tie clause). A rule that divides by what the op does not need to be non-zero is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

from dualgrad.program.entry import Index
from dualgrad.program.record import Program, Variable
from dualgrad.program.size import Extent, Size
from verify.form import linear as lin
from verify.form.algebra import add, fresh, multiply, substitute, subtract, sum_over
from verify.form.cases import apart, restricted
from verify.form.construct import over_new_index, vanishes
from verify.form.denote import Denotation, Lossy, shapes_agree
from verify.form.differentiate import Derivative
from verify.form.digits import blocks
from verify.form.domain import beyond, equality_tests, holds, never_zero
from verify.form.facts import Facts
from verify.form.gaps import with_forward_indices, with_turned_gaps
from verify.form.interpret import Requirement
from verify.form.ladder import Ladder, settled
from verify.form.limits import is_removable, limit, unsummed
from verify.form.meeting import Means, guards_in, meeting_guards
from verify.form.reflection import zero_on_either_side
from verify.form.setting import Budget, NoForm, TooLarge, Undefined, within
from verify.form.signs import sign
from verify.form.steps import by_quotients, on_domain, with_aligned_guards
from verify.form.term import ONE, ZERO, Atom, Form, atoms, pattern, power_of
from verify.form.text import written
from verify.form.triangles import with_triangles
from verify.lemma.needs import follows
from verify.lemma.rule import Rule, refuses

SECONDS = 4.0  # for all operands of one op
GUARDS = frozenset({"positive", "vanishes"})
ANGLES = frozenset({"sin", "cos", "tan"})
FAILURES = (TooLarge, Undefined, Lossy, NoForm, TypeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Slot:
    """What was shown of one operand: ``blocked`` is empty where the rule is proved, else the step that blocks it.

    ``program`` is None where the rule gives nothing, and what is shown is that the derivative is 0.
    """

    program: Program | None
    blocked: str = ""


@dataclass(frozen=True, slots=True)
class Lemma:
    """What was shown of a rule. ``kinked`` where guards were held constant, ``asks`` where the domain is not all.

    A slot is None for an operand that has no derivative: a number, not floating, or one whose rule refuses to be used.
    ``tie`` is the weight of the upper side where the rule takes a mean; None where no mean is taken or more than one.
    """

    rule: Rule
    slots: tuple[Slot | None, ...]
    kinked: bool
    asks: bool
    tests_equality: bool
    ties: tuple[Fraction, ...] = ()

    @property
    def blocked(self) -> str:
        """Why some operand's rule is not proved; empty where all are."""
        return next((slot.blocked for slot in self.slots if slot is not None and slot.blocked), "")


def pulled(rule: Rule, reading: str = "exact") -> Lemma:
    """The lemma of a VJP: slot k gives Σ_out g[out] ∂y[out] / ∂x_k."""
    return _Prover(rule, reading, _Prover.adjoint).lemma()


def pushed(rule: Rule, reading: str = "exact") -> Lemma:
    """The lemma of a JVP: the tangent of the result is Σ ∂y / ∂x_k[in] t[in]."""
    return _Prover(rule, reading, _Prover.tangent).lemma()


class _Prover:
    def __init__(self, rule: Rule, reading: str, law: Callable[[_Prover, int], Form]) -> None:
        self.rule = rule
        self.law = law
        self.first = Program("op", rule.inputs, (rule.equation,), (rule.equation.output,))
        programs = [program for program in rule.slots if program is not None]
        self.facts = Facts()
        self.denote = Denotation((self.first, *programs), self.facts, reading)
        self.kinked = False
        self.required: list[Requirement] = []

    def lemma(self) -> Lemma:
        """The lemma, each operand's part decided on its own but with the weights at ties in common."""
        with within(Budget(seconds=SECONDS), _sizes(self.rule)):
            blocked = self._begin()
            slots = [self._slot(slot, blocked) for slot in range(len(self.rule.equation.inputs))]
            asks = any(not holds(one) for one in self.required)
        tests = bool(list(equality_tests(self.first, self.rule.inputs)))
        weights = tuple(dict.fromkeys(w for w in self.means.taken.values() if w is not None))
        return Lemma(self.rule, tuple(slots), self.kinked, asks, tests, weights)

    def _begin(self) -> str:
        """Read the op itself; why that cannot be, or nothing."""
        self.means = Means(frozenset())
        try:
            step = self.denote.step(self.rule.equation)
            self.required += _on_all_paths(self.denote.required(self.first))
            self.required += _shares(step)
            self.means = Means(meeting_guards([step]))
        except FAILURES as error:
            return f"{type(error).__name__}: {error}"
        return ""

    def _slot(self, slot: int, blocked: str) -> Slot | None:
        operand = self.rule.equation.inputs[slot]
        if not isinstance(operand, Variable) or operand.dtype.kind != "f" or refuses(self.rule.equation.op, slot):
            return None
        program = self.rule.slots[slot]
        try:
            return Slot(program, blocked or self._decided(slot, program))
        except FAILURES as error:
            return Slot(program, f"{type(error).__name__}: {error}")

    def _decided(self, slot: int, program: Program | None) -> str:
        """Why a slot's rule is not shown to be the derivative; empty where it is."""
        expected = self.law(self, slot)
        if program is None:
            return "" if settled(expected) is not None else "the op has no rule, and its derivative is not 0"
        shape = self._shape(slot)
        (result,) = program.outputs
        if not shapes_agree(result.shape, shape, self.facts):
            return f"the rule gives an array of shape {result.shape}, expected {shape}"
        given = self.denote.at(result, self.denote.positions(shape))
        if not (self._equal(given, expected) or self._removable(given, expected, slot) or self._picks(given, slot)):
            return f"a difference is left: {_short(subtract(given, expected))}"
        removable = is_removable(self.denote.step(self.rule.equation))
        if removable and self._tends(*self._told_apart(given, expected, slot)) is False:
            return "where the operand is 0, the rule does not take what the derivative tends to"
        needs = [self._read_on_domain(one) for one in self.denote.required(program)]
        more = beyond([one for one in needs if not self._known(one)], self.required, self.denote)
        return f"only the rule needs {written(more[0].form)} {more[0].relation}" if more else ""

    def _read_on_domain(self, one: Requirement) -> Requirement:
        form, path = (self._on_domain(self.denote.unfold(form)) for form in (one.form, one.path))
        return Requirement(form, one.relation, path, one.line)

    def _known(self, one: Requirement) -> bool:
        """Whether a requirement of the rule holds everywhere, or follows from the op's own."""
        if not one.path.terms or holds(one):
            return True
        unfold = self.denote.unfold
        own = [Requirement(unfold(k.form), k.relation, unfold(k.path), k.line) for k in self.required]
        return follows(one, own)

    def _equal(self, given: Form, expected: Form) -> bool:
        parts = blocks(subtract(given, expected))
        for change in (
            lambda form: form,
            self._on_domain,
            with_triangles,
            with_turned_gaps,
            with_forward_indices,
            with_aligned_guards,
        ):
            given, expected = change(given), change(expected)
            with suppress(TooLarge):  # on the domain it may be less
                if self.means.allow(given, expected):
                    return True
        if parts and all(self._zero_on_block(part) for part in parts):
            return True
        if zero_on_either_side(subtract(given, expected), never_zero(self.required, self.denote)):
            return True
        # The steps of the ladder hold at every point of the domain, but for poles of half an angle's tangent: there
        # both sides are continuous, unless a guard asks for the angle.
        for atom in (*atoms(given), *atoms(expected)):
            if atom.kind in GUARDS and any(inner.name in ANGLES for form in atom.forms for inner in atoms(form)):
                return False
        guards = guards_in(expected)  # which have their own value at 0 then, in all slots
        if any(self.means.taken.get(guard) is not None for guard in guards):
            return False
        if Ladder(self.denote, self.required, {}).zero(subtract(given, expected)) is None:
            return False
        self.means.taken |= dict.fromkeys(guards)
        return True

    def _zero_on_block(self, part: Form) -> bool:
        for change in (with_triangles, with_turned_gaps, with_triangles, with_aligned_guards, with_triangles):
            part = change(part)
            if settled(part) is not None:
                return True
        return False

    def _removable(self, given: Form, expected: Form, slot: int) -> bool:
        """Whether the rule is right but where the op tells apart that an entry of the operand is 0, and takes what the
        derivative tends to there.

        Where that entry is 0 on an open set, it does not move: there, any finite number times its tangent is right.
        """
        given, expected, tie = self._told_apart(given, expected, slot)
        if tie is None or not self._tends(given, expected, tie):
            return False
        return self._equal(add(given, multiply(power_of(tie[1]), subtract(expected, given))), expected)

    def _told_apart(self, given: Form, expected: Form, slot: int) -> tuple[Form, Form, tuple[Atom, Atom] | None]:
        """The rule and the derivative without sums that they share, and the operand's entry whose being 0 the op tells
        apart, with the guard that asks for it."""
        operand = self.rule.equation.inputs[slot]
        assert isinstance(operand, Variable)
        given, expected = unsummed(*(apart(self._on_domain(form)) for form in (given, expected)))
        source, own = self.denote.source(operand), guards_in(self.denote.step(self.rule.equation))
        cells = {atom.key: atom for atom in atoms(expected) if atom.kind == "cell" and atom.source is source}
        for cell in cells.values():
            found = [atom for atom in atoms(vanishes(power_of(cell))) if atom.kind == "vanishes"]
            if len(cells) == len(found) == 1 and pattern(found[0].forms[0]) in own:
                return given, expected, (cell, found[0])
        return given, expected, None

    def _tends(self, given: Form, expected: Form, tie: tuple[Atom, Atom] | None) -> bool | None:
        """Whether the rule takes at a tie what the derivative tends to; None where no limit is known."""
        tends = None if tie is None else limit(restricted(expected, tie[1], 0), tie[0])
        if tie is None or tends is None:
            return None
        return settled(multiply(power_of(tie[1]), subtract(given, tends))) is not None

    def _picks(self, given: Form, slot: int) -> bool:
        """Whether the rule takes a mean, with weights W that change only where guards do, for which y = Σ W x.

        Between the guards' boundaries y is then linear in x with the derivative W, and on them as well: W picks a
        mean of entries that are all equal to y there, whichever mean it is.
        """
        if len([one for one in self.rule.equation.inputs if isinstance(one, Variable)]) != 1:
            return False
        axes = self.denote.axes(self.rule.equation.inputs[slot].shape)
        own = self.denote.axes(self.rule.equation.output.shape)
        places, results = tuple(map(fresh, axes)), tuple(map(fresh, own))
        ends, starts = ((axes, places), results) if self.law is _Prover.adjoint else ((own, results), places)
        weights = Derivative(self.denote.source(self.rule.direction), _at(starts)).of(_moved(given, *ends))
        operand = self.rule.equation.inputs[slot]
        assert isinstance(operand, Variable)
        picked = sum_over(multiply(weights, self.denote.cell(operand, _at(places))), *places)
        left = subtract(_moved(self.denote.step(self.rule.equation), own, results), picked)
        mean = sign(weights)[0] and settled(subtract(sum_over(weights, *places), ONE)) is not None
        return mean and _changes_with_guards(weights) and settled(left) is not None

    def _on_domain(self, form: Form) -> Form:
        nonzero = never_zero(self.required, self.denote)
        return by_quotients(on_domain(form, nonzero), nonzero)

    def _shape(self, slot: int) -> tuple[Extent, ...]:
        operand = self.rule.equation.inputs[slot]
        return self.rule.equation.output.shape if self.law is _Prover.tangent else operand.shape

    def adjoint(self, slot: int) -> Form:
        """Σ over the result's entries of the cotangent times the derivative in one entry of the operand."""
        axes = self.denote.axes(self.rule.equation.output.shape)
        own = tuple(map(fresh, axes))
        meaning = _moved(self.denote.step(self.rule.equation), axes, own)
        cotangent = self.denote.cell(self.rule.direction, _at(own))
        slope = self._slope(slot, self.denote.axes(self.rule.equation.inputs[slot].shape), meaning)
        return sum_over(multiply(cotangent, slope), *own)

    def tangent(self, slot: int) -> Form:
        """Σ over the operand's entries of the derivative of one entry of the result times the tangent."""
        own = tuple(map(fresh, self.denote.axes(self.rule.equation.inputs[slot].shape)))
        tangent = self.denote.cell(self.rule.direction, _at(own))
        slope = self._slope(slot, own, self.denote.step(self.rule.equation))
        return sum_over(multiply(tangent, slope), *own)

    def _slope(self, slot: int, at: Sequence[Index], meaning: Form) -> Form:
        operand = self.rule.equation.inputs[slot]
        assert isinstance(operand, Variable)
        derivative = Derivative(self.denote.source(operand), _at(at))
        slope = derivative.of(meaning)
        self.required += derivative.requirements
        self.kinked = self.kinked or bool(derivative.guards)
        return slope if slope.terms else ZERO


def _sizes(rule: Rule) -> tuple[Extent, ...]:
    """The extents of arrays that say more than that a dimension is at least 1."""
    programs = [program for program in rule.slots if program is not None]
    shapes = [v.shape for v in rule.inputs] + [eq.output.shape for p in programs for eq in p.equations]
    extents = dict.fromkeys(extent for shape in shapes for extent in shape)
    own = tuple(extent for extent in extents if isinstance(extent, Size) and len(extent.terms) > 1)
    return (*own, *rule.sizes)


def _at(indices: Sequence[Index]) -> tuple[lin.Linear, ...]:
    return tuple(map(lin.of_index, indices))


def _moved(form: Form, axes: Sequence[Index], to: Sequence[Index]) -> Form:
    return substitute(form, dict(zip(axes, _at(to), strict=True)))


def _changes_with_guards(form: Form) -> bool:
    """Whether entries of arrays occur inside of guards only."""
    return all(
        not atom.sources or atom.kind in GUARDS or (atom.kind == "base" and _changes_with_guards(atom.forms[0]))
        for term, _ in form.terms.values()
        for atom, _ in term.factors.values()
    )


def _on_all_paths(required: Sequence[Requirement]) -> list[Requirement]:
    """The requirements, those that hold on either side of a guard without it."""
    paths: dict[tuple[str, str], list[Requirement]] = {}
    for one in required:
        paths.setdefault((one.form.key, one.relation), []).append(one)
    whole = [
        Requirement(ones[0].form, ones[0].relation, ONE, ones[0].line)
        for ones in paths.values()
        if len(ones) > 1 and add(*(one.path for one in ones)).key == ONE.key
    ]
    return [*required, *whole]


def _shares(step: Form) -> list[Requirement]:
    """That a largest or smallest entry is attained: by as many entries as share its derivative, at least one."""
    found = []
    for atom in atoms(step):
        if atom.kind == "extreme" and atom.name in ("max", "min"):
            index, body = over_new_index(atom)
            attained = sum_over(vanishes(subtract(body, power_of(atom))), index)
            found.append(Requirement(attained, "!= 0", ONE))
    return found


def _short(form: Form) -> str:
    text = written(form)
    return text if len(text) <= 120 else f"{text[:117]}..."
