"""Numbers that are not rational, and formulas that are not shown."""

from __future__ import annotations

from dataclasses import dataclass

from dualgrad.program.entry import Entry


class Unreadable(ValueError):
    """A formula that the mirror does not show, with the reason."""


@dataclass(frozen=True, slots=True)
class Constant(Entry):
    """A named real number that is not rational, as π, or a float that is no number."""

    name: str


PI = Constant("pi")
