"""Building blocks for meanings: free indices, reductions over axes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NoReturn

from dualgrad.program.entry import Affine, Count, Element, Entry, Index, Number, Reduce, affine
from dualgrad.program.size import Extent, product
from dualgrad.shapes import Shape

_LETTERS = "ijklmnpq"


def letters(axis: int) -> str:
    """The usual name of the index of an axis."""
    return _LETTERS[axis % len(_LETTERS)]


def free(shape: Shape) -> tuple[Index, ...]:
    """One index an axis."""
    return tuple(Index(letters(axis), extent) for axis, extent in enumerate(shape))


def count(extents: Iterable[Extent]) -> Entry:
    """How many elements a shape has, as a number."""
    extent = product(extents)
    return Number(Fraction(extent)) if isinstance(extent, int) else Count(extent)


def kept(shape: Shape, axis: Sequence[int], keepdims: bool) -> tuple[tuple[Index, ...], dict[int, Index]]:
    """The indices of the result of a reduction, and which input axis each kept one belongs to."""
    indices = {a: Index(letters(a), 1 if a in axis else extent) for a, extent in enumerate(shape)}
    result = tuple(index for a, index in indices.items() if keepdims or a not in axis)
    return result, {a: index for a, index in indices.items() if a not in axis}


def over(
    kind: str, shape: Shape, axis: Sequence[int], at: Mapping[int, Index], body: Callable[[Entry], Entry] = lambda x: x
) -> Entry:
    """Reduce ``body(x[…])`` over these axes of input 0, the others held at the given indices."""
    bound = {a: Index(letters(a), shape[a]) for a in axis if shape[a] != 1}
    result = body(Element(0, tuple(_at(a, {**at, **bound}) for a in range(len(shape)))))
    for index in reversed(bound.values()):
        result = Reduce(kind, index, result)
    return result


def _at(axis: int, indices: Mapping[int, Index]) -> Affine:
    return affine(indices.get(axis, 0))


@dataclass(frozen=True)
class Unread:
    """In the place of a meaning or of a rule: there is none, and whoever asks for it is told why.

    >>> Unread("it has no closed form")()
    Traceback (most recent call last):
    NotImplementedError: it has no closed form
    """

    why: str

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError(self.why)
