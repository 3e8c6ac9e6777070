"""The decision: is one program the derivative of another, for every value and every size?"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from itertools import chain

from dualgrad.program.record import Equation, Operand, Program, Shape, Variable
from verify.form.adjoint import Gradient, by_chain_rule, unfolded
from verify.form.algebra import plain_factors, subtract
from verify.form.denote import Denotation, Lossy, comparisons, shapes_agree
from verify.form.domain import (
    MOST_TERMS_SAID,
    SECONDS_TO_SAY,
    beyond,
    beyond_all,
    declared,
    holds,
    in_words,
    known_signs,
    named,
)
from verify.form.facts import Facts
from verify.form.found import Found, NotNull, NotShown
from verify.form.fragment import is_polynomial, sizes_that_tell
from verify.form.interpret import Requirement
from verify.form.ladder import Ladder, Settled, settled_soon
from verify.form.meeting import guards_in
from verify.form.null import SHOWN, null
from verify.form.pairing import Pairing
from verify.form.proof import Failure, Proof
from verify.form.setting import Budget, NoForm, TooLarge, Undefined, at_most, within
from verify.form.term import ONE, Atom, Form, Source, atoms, power_of
from verify.form.text import written
from verify.form.ties import bends, conventions, guards_of, with_convention
from verify.form.told import Told

MOST_TERMS_AGAIN = 256
SECONDS_AGAIN = 0.5
MOST_STEPS_SAID = 24  # equations; what longer ones come to is said in terms of their intermediates
GUARDS = frozenset({"positive", "vanishes", "extreme"})
CONTINUOUS = frozenset({"real", "positive", "nonnegative", "nonzero", "unit", "invertible"})


def prove_gradient(
    forward: Program,
    wrt: Sequence[Variable],
    gradient: Program,
    *,
    facts: Facts | None = None,
    literals: str = "exact",
    budget: Budget | None = None,
    kind: str = "grad",
    engine: Sequence[Program] = (),
    likely: Mapping[Variable, Sequence[Variable]] | None = None,
) -> Proof | Failure:
    """Decide whether output k of ``gradient`` is the derivative of ``forward`` with respect to ``wrt[k]``.

    ``kind`` "grad" is the gradient of the sum over all elements of all outputs, "jac" the array of shape
    ``out.shape + wrt.shape``. ``engine`` are those of the two that are the engine's: what these test for equality, and
    nobody wrote, are ties. ``likely`` are variables of G that have the values of the adjoint of one of F at some point:
    pairs are looked for among them. The claim is for every dimension >= 1, or as :class:`Proof` lists.
    """
    facts = facts or Facts()
    started = time.perf_counter()
    try:
        with within(budget or Budget(), (*facts.sizes, *facts.said_by((forward, gradient)))):
            question = _Question(forward, tuple(wrt), gradient, facts, literals, kind, engine, likely)
            return question.answer(started)
    except NotShown as not_shown:
        return not_shown.failure
    except TooLarge as error:
        return Failure(f"the normal form is too large: {error}")
    except Undefined as error:
        return Failure(f"an expression has no value: {error}")
    except (NoForm, Lossy) as error:
        return Failure(str(error))


class _Question:
    def __init__(
        self,
        forward: Program,
        wrt: tuple[Variable, ...],
        gradient: Program,
        facts: Facts,
        literals: str,
        kind: str,
        engine: Sequence[Program],
        likely: Mapping[Variable, Sequence[Variable]] | None,
    ) -> None:
        self.forward = forward
        self.wrt = wrt
        self.gradient = gradient
        self.facts = facts
        self.literals = literals
        self.kind = kind
        self.likely = likely
        self.plain = Denotation((forward, gradient), facts, literals, wrt=wrt)
        captured = {**forward.captured, **gradient.captured}
        self._too_large = False  # whether the form of the whole was, for an argument
        self._told_apart: list[Equation] = []  # where F tests numbers for equality, and more is not shown
        self._told = Told(forward, gradient, self.plain, kind, engine)
        self._captured = {self.plain.source(variable): array for variable, array in captured.items()}

    def answer(self, started: float) -> Proof | Failure:
        """The proof for all arguments together."""
        self._check_shapes()
        pairs = zip(self.wrt, self.gradient.outputs, strict=True)
        found = [self._one(variable, operand) for variable, operand in pairs]
        sizes: dict[str, int] = {}
        for one in found:
            for name, least in one.sizes.items():
                sizes[name] = max(least, sizes.get(name, 1))
        alone = self._only_gradient(found)
        return Proof(
            gradients=tuple(one.gradient for one in found),
            forward=self._said(self.plain.required(self.forward)),
            gradient=self._said(self.plain.required(self.gradient)),
            derivative=self._said([one for each in found for one in each.required]),
            only_gradient=self._said(alone),
            rarely=all(map(self._fails_rarely, alone)),
            kinks=_unique(text for one in found for text in one.kinks),
            ties=_unique(text for one in found for text in one.ties),
            sizes=tuple(sorted(sizes.items())),
            opaque=_unique(text for one in found for text in one.opaque),
            equality_tests=_unique(map(named, self._told_apart)),
            domains=_unique(text for one in found for text in one.domains),
            composed=any(one.composed for one in found),
            literals=self.literals,
            statistics={"seconds": time.perf_counter() - started},
            certificate={"arguments": [one.certificate for one in found]},
            pairs={variable: paired for one in found for variable, paired in one.pairs.items()},
            shares={variable: share for one in found for variable, share in one.shares.items()},
        )

    def _only_gradient(self, found: Sequence[Found]) -> list[Requirement]:
        """What G alone requires: not what F or its derivative does, nor that the input is off F's kinks."""
        known = [*self.plain.required(self.forward), *(one for each in found for one in each.required)]
        known += [Requirement(kink, "!= 0", ONE) for each in found for kink in each.bends]
        known += declared(self.plain)
        return beyond_all(self.plain.required(self.gradient), known, self.plain)

    def _fails_rarely(self, one: Requirement) -> bool:
        """Whether a requirement is shown to fail on a null set only, at every size."""
        try:
            return one.relation == "!= 0" and null(self.plain.unfold(one.form), self._continuous()) == SHOWN
        except (TooLarge, Undefined):
            return False

    def _said(self, requirements: Sequence[Requirement]) -> tuple[str, ...]:
        """Requirements in words, without those that the signs of intermediates imply."""
        open_ones = [one for one in requirements if not holds(one)]
        if open_ones:
            known = [one for program in (self.forward, self.gradient) for one in known_signs(program, self.plain)]
            open_ones = beyond(open_ones, known, self.plain)
        return in_words(open_ones, self.plain)

    # ------------------------------------------------------------------------ before

    def _check_shapes(self) -> None:
        outputs = self.gradient.outputs
        if len(outputs) != len(self.wrt):
            raise NotShown(Failure(f"the gradient returns {len(outputs)} arrays for {len(self.wrt)} arguments"))
        if self.kind == "jac" and len(self.forward.outputs) != 1:
            raise NotShown(Failure("a Jacobian is of one output"))
        for variable, operand in zip(self.wrt, outputs, strict=True):
            expected = self._shape(variable)
            if 0 in expected:
                raise NotShown(Failure(f"the gradient for {variable.name} has no elements to compare"))
            if not shapes_agree(operand.shape, expected, self.facts):
                got = [self.facts.resolve(x) for x in operand.shape]
                want = [self.facts.resolve(x) for x in expected]
                raise NotShown(Failure(f"the gradient for {variable.name} has shape {got}, expected {want}"))

    def _shape(self, variable: Variable) -> Shape:
        before = tuple(self.forward.outputs[0].shape) if self.kind == "jac" else ()
        return (*before, *variable.shape)

    # ------------------------------------------------------------------------ one argument

    def _one(self, variable: Variable, operand: Operand) -> Found:
        found = self._across(variable, operand) or self._plain(variable, operand)
        self._check_tests(variable, operand, found)
        return found

    def _plain(self, variable: Variable, operand: Operand) -> Found:
        """A proof with guards constant."""
        shared = {eq.output for eq in self.forward.equations} & {eq.output for eq in self.gradient.equations}
        if shared:
            try:
                found = self._opaque(variable, operand, shared)
            except (NoForm, TooLarge, Undefined):
                found = None
            if found is not None:
                return self._confirmed(found, variable, operand) if self._has_guards() else found
        return self._unfolded(variable, operand)

    def _confirmed(self, found: Found, variable: Variable, operand: Operand) -> Found:
        """A proof of a program with guards done again unfolded, so that kinks that cancel are seen.

        Where that is too large, for this argument or another one, or kinks are not shown to be rare, the composition
        of steps stands: it is right almost everywhere, as each step takes a mean of its sides only where they meet.
        """
        try:
            if not self._too_large:
                with at_most(MOST_TERMS_AGAIN, SECONDS_AGAIN):
                    return self._unfolded(variable, operand)
        except TooLarge:
            self._too_large = True
        except NotNull:
            pass
        found.composed = True
        return found

    def _has_guards(self) -> bool:
        """Whether the forward has kinks or jumps: a proof off the kinks of each step is none of the whole."""
        steps = [self.plain.step(equation) for equation in self.forward.equations]
        return any(atom.kind in GUARDS or atom.name == "floor" for step in steps for atom in atoms(step))

    @cached_property
    def _by_steps(self) -> tuple[Denotation, Pairing, dict[Variable, Gradient]]:
        """The derivatives with intermediates opaque, for all arguments at once."""
        own = {equation.output for equation in self.forward.equations}
        both, tests = (self.forward, self.gradient), comparisons(self.forward)
        denote = Denotation(both, self.facts, self.literals, own, like=self.plain, seen_through=tests)
        pairing = Pairing(self.forward, self.gradient, denote, self.likely)
        return denote, pairing, by_chain_rule(self.forward, self.wrt, self.kind, denote, pairing)

    def _opaque(self, variable: Variable, operand: Operand, shared: set[Variable]) -> Found | None:
        """A proof with intermediates opaque, unfolded one after the other, the latest first."""
        denote, pairing, gradients = self._by_steps
        gradient, given = gradients[variable], denote.at(operand, denote.positions(self._shape(variable)))
        equations = dict.fromkeys((*self.forward.equations, *self.gradient.equations))
        folded = {denote.source(equation.output): equation for equation in equations}
        if pairing.means.allow(*pairing.levelled(given, gradient.form)):
            found = self._made(variable, gradient, Settled("equal normal forms"), _labels(gradient.form, folded))
            found.ties += [f"both sides meet: {guard}" for guard in pairing.means.ties]
            found.pairs, found.shares = pairing.paired, pairing.shares()
            return found
        if guards_in(gradient.form) or pairing.means.ties:
            return None
        return self._unfolding(variable, gradient, subtract(given, gradient.form), folded, denote)

    def _unfolding(
        self,
        variable: Variable,
        gradient: Gradient,
        difference: Form,
        folded: dict[Source, Equation],
        denote: Denotation,
    ) -> Found | None:
        views = {source for source, equation in folded.items() if _is_view(denote.step(equation))}
        for source in reversed(folded):
            if source in difference.sources and source not in views:
                difference = denote.opened_in(difference, folded[source])
                for view in reversed(folded):
                    if view in views and view in difference.sources:
                        difference = denote.opened_in(difference, folded[view])
                zero = settled_soon(difference)
                if zero is not None:
                    return self._made(variable, gradient, zero, _labels(difference, folded))
        return None

    def _unfolded(self, variable: Variable, operand: Operand, known: Gradient | None = None) -> Found:
        gradient = known or self._gradient(variable)
        given = self.plain.at(operand, self.plain.positions(self._shape(variable)))
        difference = subtract(given, gradient.form)
        ladder = self._ladder(gradient)
        for weights in chain((None,), conventions(given, gradient.form)):
            derivative = gradient.form if weights is None else with_convention(gradient.form, weights)
            zero = ladder.zero(subtract(given, derivative))
            if zero is not None:
                found = self._made(variable, gradient, zero)
                found.derivative = derivative
                for guard in guards_of(gradient.form, weights or {}):
                    self._admit(guard, found)
                return found
        raise NotShown(self._failure(difference))

    def _across(self, variable: Variable, operand: Operand) -> Found | None:
        """A proof where F tests numbers for equality, for the points at which they are equal, too."""
        own = self._told.of_values(self.wrt)
        if not own:
            return None
        try:
            gradient = self._told.across(variable, own)
            if gradient is not None:
                return self._unfolded(variable, operand, gradient)
        except (NoForm, TooLarge, Undefined, NotShown):
            pass
        self._told_apart += own
        return None

    def _check_tests(self, variable: Variable, operand: Operand, found: Found) -> None:
        """That also where a test for equality holds G is the derivative, whatever its form says of it there."""
        if not self._told or self._told_apart:
            return
        ladder, place = self._ladder(self._gradient(variable)), self.plain.positions(self._shape(variable))
        differences = self._told.differences(variable, operand, place, found.derivative)
        if any(ladder.zero(left) is None for left in differences):
            raise NotShown(Failure("a difference is left where a test for equality holds"))

    def _gradient(self, variable: Variable) -> Gradient:
        return unfolded(self.forward, variable, self.kind, self.plain)

    def _ladder(self, gradient: Gradient) -> Ladder:
        programs = (self.forward, self.gradient)
        required = [*(one for each in programs for one in self.plain.required(each)), *gradient.requirements]
        return Ladder(self.plain, required, self._captured)

    def _admit(self, guard: Atom, found: Found) -> None:
        shown = null(guard.forms[0], self._continuous())
        text = f"{written(guard.forms[0])} = 0"
        if not shown.shown:
            raise NotNull(Failure(f"a convention is taken where {text}, which is not shown to have measure zero"))
        found.ties.append(text)
        for name, least in shown.sizes:
            found.sizes[name] = max(least, found.sizes.get(name, 1))

    def _continuous(self) -> frozenset[Source]:
        """The inputs whose domain is open in the space of all their values, up to its boundary."""
        inputs = dict.fromkeys((*self.forward.inputs, *self.gradient.inputs))
        domains = self.facts.domains
        return frozenset(
            self.plain.source(v) for v in inputs if v.dtype.kind == "f" and domains.get(v, "real") in CONTINUOUS
        )

    def _failure(self, difference: Form) -> Failure:
        polynomial = difference.sources <= self._continuous() and is_polynomial(difference)
        refuting = sizes_that_tell(difference) if polynomial else {}
        return Failure("a difference is left", written(difference), polynomial, refuting)

    def _shown(self, form: Form) -> Form:
        """A form in terms of the inputs, or as it is where that is too large, or that of another one was."""
        if len(self.forward.equations) > MOST_STEPS_SAID or self._too_large:
            return form
        try:
            with at_most(MOST_TERMS_SAID, SECONDS_TO_SAY):
                return self.plain.unfold(form)
        except TooLarge:
            self._too_large = True
        except Undefined:
            pass
        return form

    def _made(
        self,
        variable: Variable,
        gradient: Gradient,
        zero: Settled,
        opaque: Sequence[str] = (),
    ) -> Found:
        text = written(self._shown(gradient.form))
        name = f"∂/∂{variable.name}[{', '.join(index.name for index in self.plain.axes(self._shape(variable)))}]"
        certificate = {"argument": variable.name, "derivative": text, "opaque": list(opaque), **asdict(zero)}
        return Found(
            gradient=f"{name} = {text}",
            kinks=[written(self._shown(power_of(atom))) for _, atom in sorted(gradient.guards.items())],
            required=gradient.requirements,
            bends=list(bends(gradient.form)),
            opaque=list(opaque),
            domains=list(zero.rests_on),
            certificate=certificate,
        )


def _labels(form: Form, folded: Iterable[Source]) -> list[str]:
    return sorted(repr(source) for source in form.sources.intersection(folded))


def _is_view(step: Form) -> bool:
    """Whether an equation only reads the entries of one array at other places."""
    factors = plain_factors(step)
    return factors is not None and [(atom.kind, power) for atom, power in factors.values()] == [("cell", 1)]


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
