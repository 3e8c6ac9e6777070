"""Is a difference zero? Identities tried one after the other, the cheap and general ones first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.form.algebra import Fill
from verify.form.clear import cleared, without_ties
from verify.form.contiguous import by_contiguity
from verify.form.denote import Denotation, Position
from verify.form.domain import in_terms_of_inputs, never_zero
from verify.form.gaps import with_turned_gaps
from verify.form.inputs import under_domains
from verify.form.interpret import Requirement
from verify.form.literals import read
from verify.form.matrix_steps import with_symmetric_matrices, without_inverses
from verify.form.recurrences import by_recurrence
from verify.form.scalar import zero_by_tower
from verify.form.setting import TooLarge, Undefined, at_most
from verify.form.steps import (
    at_each_place,
    by_angles,
    by_exponentials,
    by_quotients,
    has_known_extents,
    on_domain,
    with_aligned_guards,
)
from verify.form.term import ZERO, Form, Source
from verify.form.text import written
from verify.form.triangles import with_triangles

Array = np.ndarray[Any, Any]
MOST_TERMS, SECONDS = 256, 0.25  # for a difference on the way
KERNEL_STEPS = frozenset({"exponentials", "angles"})  # the tower does better without them


@dataclass(frozen=True, slots=True)
class Settled:
    """What shows that a difference is zero; ``rests_on`` are inputs of which more than signs was used."""

    by: str
    difference: str = ""
    rests_on: tuple[str, ...] = ()


def settled(difference: Form) -> Settled | None:
    """Zero by itself: equal normal forms, or with denominators cleared."""
    difference = without_ties(difference)
    if not difference.terms:
        return Settled("equal normal forms")
    if cleared(difference).zero:
        return Settled("denominators cleared", written(difference))
    return None


def settled_soon(difference: Form) -> Settled | None:
    """The same, where it takes little."""
    try:
        with at_most(MOST_TERMS, SECONDS):
            return settled(difference)
    except TooLarge:
        return None


class Ladder:
    """Decides differences of unfolded forms.

    ``required`` holds on the domain of the claim; ``captured`` are arrays whose values are known.
    """

    def __init__(self, denote: Denotation, required: Sequence[Requirement], captured: Mapping[Source, Array]) -> None:
        self.denote = denote
        self.required = required
        self.captured = captured
        self._scalar = ZERO
        self._rests_on: tuple[str, ...] = ()

    def zero(self, difference: Form) -> Settled | None:
        """What shows that the difference is zero, or None."""
        self._scalar, self._rests_on = difference, ()
        try:
            found = self._climb(difference)
        except (TooLarge, Undefined):
            found = None
        return found or self._by_tower()

    def _by_tower(self) -> Settled | None:
        """The kernel tower's answer, on what the steps before kernels are rewritten have left."""
        try:
            shown = zero_by_tower(self._scalar, in_terms_of_inputs(self.required, self.denote))
        except (TooLarge, Undefined):
            return None
        return Settled("kernel tower", written(self._scalar), self._rests_on) if shown else None

    def _climb(self, difference: Form) -> Settled | None:
        found = settled(difference)
        rests_on: tuple[str, ...] = ()
        for name, step in self._steps():
            if found is not None:
                return Settled(found.by, found.difference, rests_on)
            changed = step(difference)
            if changed.key == difference.key and changed.sources == difference.sources:
                continue
            found, difference = settled(changed), changed
            if name not in KERNEL_STEPS:
                self._scalar, self._rests_on = difference, rests_on
            if name == "domains":
                self._rests_on = rests_on = tuple(f"{v.name}: {word}" for v, word in self.denote.facts.domains.items())
        if found is None and self._zero_at_each_place(difference):
            values = (f"{source!r}: its values" for source in self.captured if source in difference.sources)
            return Settled("every entry at the known sizes", rests_on=(*rests_on, *values))
        return None if found is None else Settled(found.by, found.difference, rests_on)

    def _steps(self) -> Iterator[tuple[str, Callable[[Form], Form]]]:
        yield "domain", lambda form: on_domain(form, never_zero(self.required, self.denote))
        yield "quotients", lambda form: by_quotients(form, never_zero(self.required, self.denote))
        yield "domains", self._under_domains
        yield "triangles", with_triangles
        yield "gaps", with_turned_gaps
        yield "guards", with_aligned_guards
        yield "symmetric matrices", with_symmetric_matrices
        yield "recurrences", lambda form: by_recurrence(form, never_zero(self.required, self.denote))
        yield "contiguous functions", by_contiguity
        yield "exponentials", by_exponentials
        yield "angles", by_angles
        yield "inverses", without_inverses

    def _under_domains(self, form: Form) -> Form:
        domains = self.denote.facts.domains
        return under_domains(form, {self.denote.source(v): word for v, word in domains.items()})

    def _zero_at_each_place(self, difference: Form) -> bool:
        if not has_known_extents(difference):
            return False
        return all(settled(place) is not None for place in at_each_place(difference, Fill(self._constant)))

    def _constant(self, source: Source, position: Position) -> Form | None:
        """An entry of a captured array, where its position is known."""
        array = self.captured.get(source)
        place = tuple(form[0] for form in position if not form[1] and isinstance(form[0], int))
        if array is None or len(place) < len(position):
            return None
        if not all(0 <= k < extent for k, extent in zip(place, array.shape, strict=True)):
            return None
        return read(array[place].item(), self.denote.reading)
