"""What is known beside the programs: signs of inputs, merged dimensions, sizes that exist."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from dualgrad.program.record import Program, Shape, Variable
from dualgrad.program.size import Extent, Size

# What each named domain says of the sign of every entry.
SIGNS = {
    "real": "real",
    "positive": "positive",
    "nonnegative": "nonnegative",
    "nonzero": "nonzero",
    "unit": "positive",
    "binary": "nonnegative",
    "sign": "nonzero",
    "simplex": "positive",
    "onehot": "nonnegative",
    "symmetric": "real",
    "spd": "real",
    "invertible": "real",
}


# Of these a derivative asks for a neighbourhood that the domain does not hold: nothing is known of an argument's sign.
WITHOUT_NEIGHBOURHOOD = frozenset({"nonnegative", "binary", "onehot"})


def sign_of(word: str, differentiated: bool) -> str:
    """The sign of every entry of an input of a named domain; "real" where it says nothing."""
    return "real" if differentiated and word in WITHOUT_NEIGHBOURHOOD else SIGNS.get(word, "real")


def _itself(extent: Extent) -> Extent:
    return extent


@dataclass(frozen=True, slots=True)
class Facts:
    """What a proof may use.

    ``domains``  a named domain for an input; a variable that is not listed is real, one with another word is
                 real and nothing is claimed to be almost everywhere in it
    ``resolve``  an extent with merged dimensions replaced
    ``sizes``    extents that are known to be >= 0, beside those of the arrays; every dimension is >= 1
    """

    domains: Mapping[Variable, str] = field(default_factory=dict)
    resolve: Callable[[Extent], Extent] = _itself
    sizes: tuple[Extent, ...] = ()

    def said_by(self, programs: Iterable[Program]) -> set[Extent]:
        """The extents of arrays that say more than that a dimension is at least 1."""
        shapes: list[Shape] = []
        for program in programs:
            shapes += [variable.shape for variable in program.inputs]
            shapes += [equation.output.shape for equation in program.equations]
        extents = {self.resolve(extent) for shape in shapes for extent in shape}
        return {extent for extent in extents if isinstance(extent, Size) and len(extent.terms) > 1}
