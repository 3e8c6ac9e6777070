"""What a program and its gradient do where numbers that they test for equality are equal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, partial

from dualgrad.program.record import Equation, Operand, Program, Shape, Variable
from verify.form.across import across
from verify.form.adjoint import Gradient, unfolded
from verify.form.algebra import fresh, multiply, substitute, subtract, sum_over
from verify.form.denote import Denotation, Position
from verify.form.differentiate import Derivative
from verify.form.domain import equality_tests
from verify.form.equalities import Tests, equalities
from verify.form.limits import is_removable
from verify.form.linear import of_index
from verify.form.setting import NoForm
from verify.form.term import Form, Source, power_of


class Told:
    """The tests for equality of F and of G, but for those of the ``engine``, of which a backward pass is."""

    def __init__(
        self, forward: Program, gradient: Program, plain: Denotation, kind: str, engine: Sequence[Program]
    ) -> None:
        self.forward, self.gradient, self.plain, self.kind = forward, gradient, plain, kind
        first = equalities(forward)
        own = [one for one in equalities(gradient) if one not in first]
        self.equations = [*(first if forward not in engine else ()), *(own if gradient not in engine else ())]

    def __bool__(self) -> bool:
        return bool(self.equations)

    def of_values(self, wrt: Sequence[Variable]) -> list[Equation]:
        """The tests of F that look at what depends on the arguments, unless that makes no difference to a step."""
        return list(equality_tests(self.forward, wrt, lambda one: is_removable(self.plain.step(one))))

    @cached_property
    def tests(self) -> Tests:
        """The tests, apart."""
        return Tests((self.forward, self.gradient), self.equations, self.plain)

    def across(self, variable: Variable, tests: Sequence[Equation]) -> Gradient | None:
        """The derivative of F, also where one of its tests holds; None where that is not shown."""
        if not all(test in self.equations for test in tests):
            return None
        gradient, source = unfolded(self.forward, variable, self.kind, self.plain), self.plain.source(variable)
        values = [self.tests.apart.at(x, self.plain.positions(x.shape)) for x in self.forward.outputs]
        form = across(values, gradient.form, partial(self._derived, source, variable.shape), source, self.tests)
        if form is None:
            return None
        kinks = {key: atom for key, atom in gradient.guards.items() if atom.kind != "vanishes"}
        return Gradient(form, kinks, gradient.requirements)

    def _derived(self, source: Source, shape: Shape, form: Form) -> Form:
        """The derivative of the sum of a form over its free indices."""
        if self.kind == "jac":
            raise NoForm("a Jacobian of what is not smooth")
        own = {index: fresh(index) for index in form.free}
        total = sum_over(substitute(form, {old: of_index(new) for old, new in own.items()}), *own.values())
        return Derivative(source, self.plain.positions(shape)).of(total)

    def differences(
        self, variable: Variable, operand: Operand, place: Position, derivative: Form | None
    ) -> Iterator[Form]:
        """What is to be 0 where some tests hold: G less the derivative, which is known also where F's tests hold."""
        given, constant = (
            self.tests.apart.at(operand, place),
            unfolded(self.forward, variable, self.kind, self.tests.apart).form,
        )
        expected = derivative or unfolded(self.forward, variable, self.kind, self.plain).form
        for held in self.tests.together(self.tests.guards(given, constant)):
            if any(self.plain.source(variable) in guard.sources for guard in held):
                there = multiply(*map(power_of, held), expected)
            else:
                there = self.tests.where(constant, held)
            yield subtract(self.tests.where(given, held), there)
