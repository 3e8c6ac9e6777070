"""What campaigns try: a generated program with arguments and the engine's gradient of it, and its mutants."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.campaign.figures import Outcome
from verify.campaign.judge import wrong
from verify.campaign.mutate import CLASSES, Mutant, Mutator
from verify.strategies.draw import arguments
from verify.strategies.generate import DEEPEST, generate
from verify.strategies.moves import FAMILIES
from verify.strategies.program import Program
from verify.strategies.recorded import Untold, gradient_of

READ = 4e-16  # the engine's gradient may hold a constant that was rounded once, such as the logarithm of 2


@dataclass(frozen=True)
class Subject:
    """A program of a family, arguments for it, and its gradient."""

    family: str
    program: Program
    args: tuple[Any, ...]
    gradient: Program
    rng: random.Random
    seed: int

    def mutants(self, count: int) -> Iterator[Mutant]:
        """So many changes of the gradient at most, classes in turn."""
        mutator = Mutator(self.gradient, self.args, self.rng)
        kinds = self.rng.sample(sorted(CLASSES), len(CLASSES))
        made, seen = 0, set[str]()
        for k in range(3 * count):
            mutant = mutator.mutant(kinds[k % len(kinds)])
            if mutant is None or mutant.program.source() in seen:
                continue
            seen.add(mutant.program.source())
            if not _runs(mutant.program, self.args):
                continue
            yield mutant
            made += 1
            if made == count:
                return


def _runs(gradient: Program, args: tuple[Any, ...]) -> bool:
    """Whether a gradient runs at all: one that raises is not wrong, it is none."""
    try:
        with np.errstate(all="ignore"):
            gradient.function("g")(*args)
    except (ArithmeticError, ValueError, IndexError, TypeError, AttributeError, np.linalg.LinAlgError):
        return False
    return True


def subject(seed: int, index: int) -> Subject:
    """The subject of this number; Untold where the engine's gradient cannot be written down."""
    rng = random.Random(f"{seed}/{index}")
    family = FAMILIES[index % len(FAMILIES)]
    program = generate(rng.randrange, [family], deepest=DEEPEST if index % 17 == 0 else (2, 4, 8)[index % 3])
    args = arguments(program, seed * 1_000_003 + index)
    return Subject(family, program, tuple(args), gradient_of(program, args), rng, index)


def tried(
    seed: int,
    index: int,
    examine: Callable[[Subject, Outcome], None],
    pick: Callable[[int, int], Subject] = subject,
) -> Outcome:
    """The outcome of one trial: what ``examine`` adds, where the subject can be had and the engine is right on it."""
    outcome = Outcome()
    try:
        given = pick(seed, index)
    except Untold:
        outcome.counts["programs whose gradient is not written down"] += 1
        return outcome
    if _engine_is_wrong(given):
        outcome.failures.append(told(given, given.gradient, kind="the engine's own gradient is wrong"))
    else:
        examine(given, outcome)
    return outcome


def _engine_is_wrong(given: Subject) -> bool:
    """Whether the engine's own gradient is wrong in doubles, which would be a find of another kind."""
    if any(getattr(arg, "dtype", None) == np.float32 for arg in given.args):
        return False
    return wrong(given.program, given.gradient, given.args, given.seed, READ) is not None


def told(given: Subject, gradient: Program, **more: Any) -> dict[str, Any]:
    """A program with a gradient as a failure is kept: all that repeats it."""
    return {
        "family": given.family,
        **more,
        "f": given.program.source("f"),
        "gradient": gradient.source("g"),
        "arguments": [repr(arg.tolist() if hasattr(arg, "tolist") else arg) for arg in given.args],
    }
