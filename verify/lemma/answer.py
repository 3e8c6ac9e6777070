"""The answer by composition, in the words of a proof: where it holds, and the kinks of its steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from dualgrad.program.record import Equation, Program, Variable
from verify.clock import now
from verify.form.denote import Denotation, Lossy
from verify.form.differentiate import Derivative
from verify.form.domain import equality_tests, holds, in_words, named
from verify.form.facts import Facts
from verify.form.interpret import Requirement
from verify.form.limits import is_removable
from verify.form.proof import Failure, Proof
from verify.form.setting import Budget, NoForm, TooLarge, Undefined, at_most, within
from verify.form.term import Atom, power_of
from verify.form.text import written
from verify.lemma.compose import Composition, NotComposed, compose
from verify.lemma.tape import Tape

SECONDS_TO_SAY, SECONDS_EACH = 0.3, 0.02  # for all side conditions together, and for one
MOST_TERMS_SAID = 16
NEAR = 12  # equations between the arguments and a step that is spoken of in terms of the arguments
LONGEST_SAID = 120  # characters; what is longer is said of the step
T = TypeVar("T")


def prove_tape(
    forward: Program,
    wrt: Sequence[Variable],
    gradient: Program,
    tape: Tape,
    equations: Sequence[Equation],
    *,
    facts: Facts,
    values: Mapping[str, int],
    literals: str = "exact",
) -> Proof | Failure:
    """Decide by lemmas whether the engine's recorded backward pass is the gradient of the sum of all outputs.

    ``equations`` are all of the recording, ``values`` the sizes of its dimensions.
    """
    started = time.perf_counter()
    try:
        found = compose(forward, wrt, gradient, tape, equations, facts.resolve, values, literals)
        with within(Budget(seconds=60.0)):
            return _Said(forward, wrt, facts, literals, found).proof(started)
    except NotComposed as error:
        return Failure(str(error))
    except (Lossy, NoForm, TooLarge, Undefined) as error:
        return Failure(f"{type(error).__name__}: {error}")


class _Said:
    def __init__(
        self, forward: Program, wrt: Sequence[Variable], facts: Facts, literals: str, found: Composition
    ) -> None:
        self.forward, self.wrt, self.literals, self.found = forward, tuple(wrt), literals, found
        self.plain = Denotation((forward,), facts, literals, wrt=wrt)
        self.until = now() + SECONDS_TO_SAY

    def proof(self, started: float) -> Proof:
        """What was shown, as a proof."""
        kinks: dict[str, None] = {}
        asked: dict[str, None] = {}
        for equation in self.forward.equations:
            lemma = self.found.lemmas.get(equation)
            if lemma is None or lemma.kinked or lemma.asks:
                guards, required = self._of(equation)
                asked.update(dict.fromkeys(text for one in required for text in self._in_words(one, equation)))
                kinks.update(dict.fromkeys(self._shown(atom, equation) for atom in guards))
        return Proof(
            gradients=(),
            forward=tuple(asked),
            gradient=(),
            derivative=(),
            only_gradient=(),
            kinks=tuple(kinks),
            ties=(),
            sizes=(),
            opaque=tuple(equation.output.name for equation in self.forward.equations),
            equality_tests=tuple(dict.fromkeys(map(named, equality_tests(self.forward, self.wrt, self._is_removable)))),
            domains=(),
            composed=True,
            literals=self.literals,
            statistics={"seconds": time.perf_counter() - started, "lemmas": float(self.found.distinct)},
            certificate={"chain": self._chain(), "gradient": self.found.gradient},
        )

    def _is_removable(self, equation: Equation) -> bool:
        return is_removable(self.plain.step(equation))

    def _of(self, equation: Equation) -> tuple[list[Atom], list[Requirement]]:
        """The guards of a step that are held constant, and what it and its derivative require."""
        step = self.plain.step(equation)
        guards: dict[str, Atom] = {}
        required = list(self.plain.requirements[equation.output])
        for operand in dict.fromkeys(equation.inputs):
            if isinstance(operand, Variable):
                derivative = Derivative(self.plain.source(operand), self.plain.positions(operand.shape))
                derivative.of(step)
                guards |= derivative.guards
                required += derivative.requirements
        return [atom for _, atom in sorted(guards.items())], [one for one in required if not holds(one)]

    def _in_words(self, one: Requirement, equation: Equation) -> tuple[str, ...]:
        """A requirement in terms of the arguments, or where that is long, of the step's own operands."""
        plain = f"{written(one.form)} {one.relation}{_at(equation)}"
        return self._said(equation, lambda: in_words([one], self.plain), (plain,))

    def _shown(self, atom: Atom, equation: Equation) -> str:
        plain = written(power_of(atom))
        return self._said(equation, lambda: written(self.plain.unfold(power_of(atom))), f"{plain}{_at(equation)}")

    def _said(self, equation: Equation, words: Callable[[], T], otherwise: T) -> T:
        left = self.until - now()
        if left <= 0 or not self._is_near(equation):
            return otherwise
        try:
            with at_most(MOST_TERMS_SAID, min(left, SECONDS_EACH)):
                said = words()
        except (TooLarge, RecursionError):
            return otherwise
        return said if len(str(said)) <= LONGEST_SAID else otherwise

    def _is_near(self, equation: Equation) -> bool:
        """Whether few equations lead from the arguments to this one."""
        seen = {equation.output}
        stack = [equation.output]
        while stack and len(seen) <= NEAR:
            for operand in self.plain.operands(stack.pop()):
                if operand not in seen:
                    seen.add(operand)
                    stack.append(operand)
        return len(seen) <= NEAR

    def _chain(self) -> dict[str, dict[str, list[str] | str]]:
        """The hints that let a checker follow: the adjoints of every array, and the means that rules take at ties."""
        adjoints: dict[str, list[str] | str] = {
            variable.name: [part.name for part in parts] for variable, parts in self.found.adjoints.items()
        }
        ties: dict[str, list[str] | str] = {
            equation.output.name: str(max(lemma.ties)) for equation, lemma in self.found.lemmas.items() if lemma.ties
        }
        return {"adjoints": adjoints, "ties": ties}


def _at(equation: Equation) -> str:
    return f" ({equation.op.name} at {equation.line})" if equation.line else f" ({equation.op.name})"
