"""Where the two sides of a guard meet: there, any mean of their derivatives is a derivative of the piece u = 0.

Let a step be f where u > 0 and h elsewhere, with f = h wherever u = 0. On {u = 0} it is then also w f + (1 - w) h,
which is analytic, so a gradient that takes the mean of both slopes there differentiates a piece of the step.
That stays right almost everywhere after composition, even where u vanishes on an open set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import chain

from verify.form.algebra import multiply, subtract
from verify.form.cases import restricted
from verify.form.clear import without_ties
from verify.form.construct import vanishes
from verify.form.ladder import settled
from verify.form.term import Atom, Form, atoms, pattern
from verify.form.ties import Weights, conventions, with_convention

Opening = Callable[[Form], Iterable[Form]]


def meeting_guards(steps: Iterable[Form], opening: Opening = lambda form: ()) -> frozenset[str]:
    """The patterns of those guards of single steps whose two sides meet in every step that has them.

    ``opening`` says the same of a form with operands of a step in terms of what they are computed from: that the sides
    meet holds as well where it takes that.
    """
    found: dict[str, bool] = {}
    for step in steps:
        guards = {atom.key: atom for term, _ in step.terms.values() for atom, _ in term.factors.values()}
        for guard in guards.values():
            if guard.kind == "positive":
                key = pattern(guard.forms[0])
                found[key] = found.get(key, True) and _meets(step, guard, opening)
    return frozenset(key for key, meets in found.items() if meets)


def _meets(step: Form, guard: Atom, opening: Opening) -> bool:
    if any(guard.key in term.factors and not guard.free.isdisjoint(term.bound) for term, _ in step.terms.values()):
        return False
    jump = subtract(restricted(step, guard, 1), restricted(step, guard, 0))
    at = vanishes(guard.forms[0])
    return any(not without_ties(multiply(at, form)).terms for form in chain((jump,), opening(jump)))


class Means:
    """The means that a gradient takes where sides meet, one for each guard and the same wherever it occurs.

    Two operands of one step share its guard: were their weights chosen apart, they might not sum to one, and
    the gradient would be wrong on an open set where the operands are equal.
    """

    def __init__(self, meeting: frozenset[str]) -> None:
        self.meeting = meeting
        self.taken: dict[str, Fraction | None] = {}  # None: the step's own value on its boundary

    def allow(self, given: Form, derivative: Form) -> bool:
        """Whether a form is the derivative under means that agree with those taken so far, which are then kept."""
        return any(self._take(given, derivative, weights) for weights in ({}, *conventions(given, derivative)))

    def _take(self, given: Form, derivative: Form, weights: Weights) -> bool:
        own = guards_in(derivative)
        chosen = {guard: weights.get(guard) for guard in own}
        if not self.meeting.issuperset(weights) or any(self.taken.get(g, w) != w for g, w in chosen.items()):
            return False
        meant = with_convention(derivative, weights) if weights else derivative
        if settled(subtract(given, meant)) is None:
            return False
        self.taken |= chosen
        return True

    @property
    def weights(self) -> Weights:
        """The weight of the upper side, for the guards at which a mean is taken."""
        return {guard: weight for guard, weight in self.taken.items() if weight is not None}

    @property
    def ties(self) -> tuple[str, ...]:
        """The guards at which a mean is taken."""
        return tuple(sorted(self.weights))


def guards_in(form: Form) -> frozenset[str]:
    """The patterns of the guards in a form."""
    return frozenset(pattern(atom.forms[0]) for atom in atoms(form) if atom.kind in ("positive", "vanishes"))
