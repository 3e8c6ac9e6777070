"""What every rule may ask while a proof runs: how much may be spent, and which extents are known to be sizes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from dualgrad.program.size import Extent
from verify.clock import now

LOOKS = 16  # one of so many askings looks at the clock, which is a call of the system


class TooLarge(Exception):
    """The budget is spent; the message says on what."""


class NoForm(Exception):
    """What is met is not in the normal form, or has no derivative there; the message says what."""


class Undefined(Exception):
    """The expression has no value anywhere, as 1 / (x - x); the message says which."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The most a proof may cost: terms of one form, bound indices of one term, seconds."""

    terms: int = 512
    bound: int = 12
    seconds: float = 2.0


@dataclass(slots=True)
class Setting:
    """A running proof. ``sizes`` are extents of arrays that exist, so they are >= 0; every dimension is >= 1."""

    budget: Budget = field(default_factory=Budget)
    sizes: tuple[Extent, ...] = ()
    deadline: float = float("inf")
    spent: int = 0  # how often spending was asked for


_setting: ContextVar[Setting] = ContextVar("setting")
_DEFAULT = Setting()


def current() -> Setting:
    """The setting of the proof that runs; without one, the default budget and no deadline."""
    return _setting.get(_DEFAULT)


@contextmanager
def within(budget: Budget, sizes: tuple[Extent, ...] = ()) -> Iterator[None]:
    """Run a proof under a budget: TooLarge is raised where it is exceeded."""
    token = _setting.set(Setting(budget, sizes, now() + budget.seconds))
    try:
        yield
    finally:
        _setting.reset(token)


@contextmanager
def at_most(terms: int, seconds: float) -> Iterator[None]:
    """Within a running proof, allow less: for what is only said, not needed."""
    outer = current()
    budget = Budget(min(terms, outer.budget.terms), outer.budget.bound, outer.budget.seconds)
    token = _setting.set(Setting(budget, outer.sizes, min(outer.deadline, now() + seconds)))
    try:
        yield
    finally:
        _setting.reset(token)


def spend(terms: int, bound: int = 0) -> None:
    """TooLarge when a form of this many terms, or a term of this many bound indices, is more than the budget."""
    setting = current()
    if terms > setting.budget.terms:
        raise TooLarge(f"a form of more than {setting.budget.terms} terms")
    if bound > setting.budget.bound:
        raise TooLarge(f"a term of more than {setting.budget.bound} bound indices")
    setting.spent += 1
    if setting.spent % LOOKS == 0 and now() > setting.deadline:
        raise TooLarge(f"more than {setting.budget.seconds} seconds")
