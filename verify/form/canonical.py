"""Canonical names for bound indices: colour refinement, then the smallest text inside the colour classes.

Two terms are equal up to renaming of bound indices exactly if their texts are equal. Texts are compared in
full, never by hash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dualgrad.program.entry import Index
from verify.form.setting import TooLarge, spend

Names = Mapping[Index, str]
MOST_LEAVES = 720


def naming(bound: Sequence[Index], level: int, write: Callable[[Names], list[str]]) -> dict[Index, str]:
    """Names ``b<level>.<k>`` for the bound indices such that ``write`` gives the smallest text.

    ``write`` gives the texts of the factors under a naming. A binder further in has a smaller level, so that
    no name of a scope can be met in a scope inside it.
    """
    colours = _ranked({index: str(index.extent) for index in bound})
    if len(bound) > 1 and len(set(colours.values())) < len(bound):
        return _Search(bound, level, write).best(colours)
    return _names(colours, level)


class _Search:
    def __init__(self, bound: Sequence[Index], level: int, write: Callable[[Names], list[str]]) -> None:
        self.bound = bound
        self.level = level
        self.write = write
        self.leaves = 0

    def best(self, colours: dict[Index, int]) -> dict[Index, str]:
        """The naming with the smallest text among those that the colours allow."""
        return self._descend(colours)[1]

    def _descend(self, colours: dict[Index, int]) -> tuple[list[str], dict[Index, str]]:
        colours = self._refine(colours)
        tied = _first_tie(colours)
        if not tied:
            self.leaves += 1
            spend(1)
            if self.leaves > MOST_LEAVES:
                raise TooLarge("the bound indices of a term are too symmetric to name")
            names = _names(colours, self.level)
            return sorted(self.write(names)), names
        tried: list[Index] = []
        found: list[tuple[list[str], dict[Index, str]]] = []
        for index in tied:
            if not any(self._exchangeable(index, other) for other in tried):
                tried.append(index)
                found.append(self._descend(_singled_out(colours, index)))
        return min(found, key=lambda pair: pair[0])

    def _refine(self, colours: dict[Index, int]) -> dict[Index, int]:
        while len(set(colours.values())) < len(self.bound):
            names = _names(colours, self.level)
            seen = {index: (colours[index], tuple(sorted(self.write({**names, index: "@"})))) for index in self.bound}
            finer = _ranked(seen)
            if len(set(finer.values())) == len(set(colours.values())):
                return finer
            colours = finer
        return colours

    def _exchangeable(self, a: Index, b: Index) -> bool:
        names = {index: f"b{self.level}:{position}" for position, index in enumerate(self.bound)}
        swapped = {**names, a: names[b], b: names[a]}
        return sorted(self.write(names)) == sorted(self.write(swapped))


def _ranked(values: Mapping[Index, object]) -> dict[Index, int]:
    order = {value: rank for rank, value in enumerate(sorted(set(values.values())))}  # type: ignore[type-var]
    return {index: order[value] for index, value in values.items()}


def _names(colours: Mapping[Index, int], level: int) -> dict[Index, str]:
    return {index: f"b{level}.{colour}" for index, colour in colours.items()}


def _first_tie(colours: Mapping[Index, int]) -> list[Index]:
    classes: dict[int, list[Index]] = {}
    for index, colour in colours.items():
        classes.setdefault(colour, []).append(index)
    return next((classes[colour] for colour in sorted(classes) if len(classes[colour]) > 1), [])


def _singled_out(colours: Mapping[Index, int], chosen: Index) -> dict[Index, int]:
    return _ranked({index: (colour, index is not chosen) for index, colour in colours.items()})
