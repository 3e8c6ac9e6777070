"""The gradient of a program: by the chain rule over its equations, or of its unfolded form.

The chain rule leaves every intermediate opaque: an identity that holds then holds for all their values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dualgrad.program.entry import Index
from dualgrad.program.record import Equation, Operand, Program, Variable
from verify.form import linear as lin
from verify.form.algebra import add, fresh, multiply, substitute, sum_over
from verify.form.denote import Denotation
from verify.form.differentiate import Derivative
from verify.form.interpret import Requirement
from verify.form.settle import truth
from verify.form.term import ONE, ZERO, Atom, Form

Pair = Callable[[Variable, Form], Form]


class Gradient:
    """A derivative form, and what was held constant or required on the way."""

    def __init__(self, form: Form, guards: dict[str, Atom], requirements: list[Requirement]) -> None:
        self.form = form
        self.guards = guards
        self.requirements = requirements


def unfolded(program: Program, wrt: Variable, kind: str, denote: Denotation) -> Gradient:
    """The derivative of the program's form, over the shared indices of the result's axes."""
    shapes = [operand.shape for operand in program.outputs] if kind == "jac" else [()]
    first = len(shapes[0])
    derivative = Derivative(denote.source(wrt), denote.positions(wrt.shape, first))
    if kind == "jac":
        value = denote.at(program.outputs[0], denote.positions(shapes[0]))
    else:
        value = add(*(total(operand, denote) for operand in program.outputs))
    return Gradient(derivative.of(value), derivative.guards, derivative.requirements)


def total(operand: Operand, denote: Denotation) -> Form:
    """Σ over all entries of an output."""
    own = tuple(fresh(index) for index in denote.axes(operand.shape))
    return sum_over(denote.at(operand, tuple(map(lin.of_index, own))), *own)


def by_chain_rule(
    program: Program, wrt: Sequence[Variable], kind: str, denote: Denotation, pair: Pair
) -> dict[Variable, Gradient]:
    """The derivatives with all intermediates opaque, over the shared indices of the result's axes.

    What is held constant or required is that of all of them together. ``pair`` may replace the adjoint of a variable by
    an equal form.
    """
    chain = _Chain(program, wrt, denote, pair)
    first: tuple[Index, ...] = ()
    if kind == "jac":
        first = tuple(fresh(index) for index in denote.axes(program.outputs[0].shape))
    for operand in program.outputs:
        if isinstance(operand, Variable):
            chain.receive(operand, _seed(operand, first, denote))
    chain.run()
    outer = denote.axes(program.outputs[0].shape) if first else ()
    found = {}
    for variable in wrt:
        places = denote.axes(variable.shape, len(first))
        moves = dict(zip(denote.axes(variable.shape), map(lin.of_index, places), strict=True))
        moves |= dict(zip(first, map(lin.of_index, outer), strict=True))
        form = substitute(chain.adjoints.get(variable, ZERO), moves)
        found[variable] = Gradient(form, chain.guards, chain.requirements)
    return found


def _seed(operand: Variable, at: tuple[Index, ...], denote: Denotation) -> Form:
    if not at:
        return ONE
    pairs = zip(denote.axes(operand.shape), at, strict=True)
    return multiply(*(truth("delta", lin.minus(lin.of_index(i), lin.of_index(o))) for i, o in pairs))


class _Chain:
    def __init__(self, program: Program, wrt: Sequence[Variable], denote: Denotation, pair: Pair) -> None:
        self.pair = pair
        self.program = program
        self.wrt = wrt
        self.denote = denote
        self.adjoints: dict[Variable, Form] = {}
        self.guards: dict[str, Atom] = {}
        self.requirements: list[Requirement] = []
        self.active = self._depending()

    def _depending(self) -> set[Variable]:
        active = set(self.wrt)
        for equation in self.program.equations:
            if any(operand in active for operand in equation.inputs if isinstance(operand, Variable)):
                active.add(equation.output)
        return active

    def receive(self, variable: Variable, form: Form) -> None:
        """Add to the adjoint of a variable, over the shared indices of its axes."""
        known = self.adjoints.get(variable)
        self.adjoints[variable] = form if known is None else add(known, form)

    def run(self) -> None:
        """The adjoints of everything, from the outputs back."""
        for equation in reversed(self.program.equations):
            adjoint = self.adjoints.get(equation.output)
            if adjoint is not None and adjoint.terms:
                self._pull(equation, self.pair(equation.output, adjoint))

    def _pull(self, equation: Equation, adjoint: Form) -> None:
        axes = self.denote.axes(equation.output.shape)
        own = tuple(fresh(index) for index in axes)
        moves = dict(zip(axes, map(lin.of_index, own), strict=True))
        adjoint = substitute(adjoint, moves)
        meaning = substitute(self.denote.step(equation), moves)
        for operand in dict.fromkeys(equation.inputs):
            if isinstance(operand, Variable) and operand in self.active:
                derivative = Derivative(self.denote.source(operand), self.denote.positions(operand.shape))
                slope = derivative.of(meaning)
                self.guards |= derivative.guards
                self.requirements += derivative.requirements
                self.receive(operand, sum_over(multiply(adjoint, slope), *own))
