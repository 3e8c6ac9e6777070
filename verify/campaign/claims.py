"""What a claim of a proof says of sizes, read from its words, so that it is held against points at those sizes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any

from verify.campaign.exact import polynomial
from verify.campaign.judge import EXACT, Distance, distance
from verify.strategies.draw import arguments_of
from verify.strategies.program import Program
from verify.verdict import Formula

_EVERY = re.compile(r"every (?P<names>.+?) >= (?P<least>\d+)(?: with (?P<conditions>.+))? \((?P<shapes>[^()]+)\)")
READ_OTHERWISE = 4e-16  # relative: what reading literals as decimals or named constants may change, by its own words
SIZES = (5, 2, 3, 7, 4, 1)


def shapes(formula: Formula, program: Program) -> Iterator[list[tuple[int, ...]]]:
    """Shapes of the arguments at some sizes that a claim for every size covers; none where it is for the sizes run."""
    said = _EVERY.fullmatch(formula.sizes)
    if said is None:
        return
    names, least = said["names"].split(", "), int(said["least"])
    given = dict(part.split(": ") for part in said["shapes"].split(", "))
    for chosen in itertools.islice(itertools.permutations(SIZES, len(names)), 0, None, 5):
        sizes = dict(zip(names, chosen, strict=True))
        if min(chosen) >= least and all(_holds(text, sizes) for text in (said["conditions"] or "").split(", ") if text):
            made = [given.get(i.name, "") for i in program.inputs]
            found = [tuple(polynomial(extent, sizes) for extent in text.split("×") if extent) for text in made]
            if all(extent > 0 for shape in found for extent in shape):
                yield found


def untrue(formula: Formula, f: Program, g: Program, args: Sequence[Any], seed: int) -> Distance | None:
    """Where a formula that is said to be proved is wrong: at these arguments, or at other points of its claim."""
    allowed = READ_OTHERWISE if formula.assumptions else EXACT
    asked = [list(args), *(arguments_of(f, 31 * seed + k, [_shape(a) for a in args]) for k in range(3))]
    asked += [arguments_of(f, 77 * seed + k, found) for k, found in enumerate(itertools.islice(shapes(formula, f), 4))]
    for k, point in enumerate(asked):
        found = distance(f, g, point, k)
        if found is not None and found.relative > allowed:
            where = ", ".join("×".join(map(str, _shape(a))) or "number" for a in point)
            return Distance(found.relative, f"{found.why or 'it is another'} at arguments of shapes {where}")
    return None


def _shape(arg: Any) -> tuple[int, ...]:
    return tuple(getattr(arg, "shape", ()))


def _holds(text: str, sizes: dict[str, int]) -> bool:
    left, _, right = text.partition(" >= ")
    return polynomial(left, sizes) >= polynomial(right, sizes)
