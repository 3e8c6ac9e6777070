"""One argument's proof in the making, and how it ends where there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from dualgrad.program.record import Variable
from verify.form.interpret import Requirement
from verify.form.proof import Failure
from verify.form.term import Form


class NotShown(Exception):
    """There is no proof, for the reason that the failure gives."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure


class NotNull(NotShown):
    """A convention is taken on a set that is not shown to have measure zero."""


@dataclass
class Found:
    """One argument's proof in the making."""

    gradient: str
    kinks: list[str]
    required: list[Requirement]
    bends: list[Form] = field(default_factory=list)  # that are 0 only where F has no derivative
    ties: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    opaque: list[str] = field(default_factory=list)
    domains: list[str] = field(default_factory=list)
    certificate: dict[str, object] = field(default_factory=dict)
    composed: bool = False
    pairs: dict[Variable, Variable] = field(default_factory=dict)
    shares: dict[Variable, Fraction] = field(default_factory=dict)
    derivative: Form | None = None
