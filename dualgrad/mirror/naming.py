"""Letters for indices and sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dualgrad.program.entry import Index
from dualgrad.program.record import Shape

BAR = "\u0304"  # y with a bar is the derivative of the output in y
SUM = "Σ"  # Σo is the sum of the elements of o
DIMENSIONS = "nmdhwqbcg"  # names of sizes; indices and arrays have other letters
LETTERS = "ijklprstuv"


@dataclass(frozen=True)
class Context:
    """The names and shapes of the variables, by number, and the letters of the indices in scope."""

    names: Sequence[str]
    shapes: Sequence[Shape]
    letters: Mapping[Index, str]

    def with_indices(self, indices: Sequence[Index]) -> Context:
        """The context with a letter for each further index."""
        letters = dict(self.letters)
        taken = {*letters.values(), *self.names}
        fresh = (letter for letter in _endless() if letter not in taken)
        for index in indices:
            if index not in letters:
                letters[index] = next(fresh)
        return Context(self.names, self.shapes, letters)


def _endless() -> Iterator[str]:
    yield from LETTERS
    yield from (f"{letter}{number}" for number in range(1, 1000) for letter in LETTERS)


def size_order(name: str) -> tuple[int, str]:
    """n before m, as sizes are named; others by the alphabet."""
    return DIMENSIONS.find(name) if name in DIMENSIONS else len(DIMENSIONS), name
