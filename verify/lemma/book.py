"""The lemmas known so far, each proved once: by the pattern of the equation that the rule is for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

from dualgrad.program.record import Equation
from dualgrad.program.size import Extent, dimension
from verify.lemma.lemma import Lemma, pulled, pushed
from verify.lemma.pattern import Canonical, canonical, pattern_of, renamed
from verify.lemma.rule import NoRecording, pulling, pushing

T = TypeVar("T")
Resolve = Callable[[Extent], Extent]
_pulled: dict[Hashable, Lemma | str] = {}


def forget() -> None:
    """Prove every lemma anew when it is asked for again."""
    _pulled.clear()


def lemma_of(
    equation: Equation, resolve: Resolve, values: Mapping[str, int], reading: str
) -> tuple[Lemma | str, Canonical]:
    """The lemma that an equation's VJP is an instance of, or why there is none; and how its dimensions are named.

    ``values`` are the sizes of the dimensions in the recording that the equation is from.
    """
    found = canonical(pattern_of(equation, resolve))
    key = (found.key, reading)
    if key not in _pulled:
        try:
            _pulled[key] = pulled(_alone(equation, resolve, found, values, pulling), reading)
        except NoRecording as error:
            _pulled[key] = f"the rule of {equation.op.name} cannot be recorded by itself: {error}"
    return _pulled[key], found


def forward_lemmas(
    equation: Equation, resolve: Resolve, values: Mapping[str, int], reading: str
) -> list[Lemma | None] | str:
    """The lemmas of an equation's JVP, one an operand; None for one that does not move. Or why there are none."""
    found = canonical(pattern_of(equation, resolve))
    try:
        rules = _alone(equation, resolve, found, values, pushing)
    except NoRecording as error:
        return f"the rule of {equation.op.name} cannot be recorded by itself: {error}"
    return [None if rule is None else pushed(rule, reading) for rule in rules]


def _alone(
    equation: Equation, resolve: Resolve, named: Canonical, values: Mapping[str, int], record: Callable[..., T]
) -> T:
    """An equation's rule on arrays of its own."""
    to_own = {theirs: dimension(mine) for mine, theirs in named.names.items()}
    operands = tuple(named.operand(operand, resolve) for operand in equation.inputs)
    params = {name: renamed(value, resolve, to_own) for name, value in equation.params.items()}
    sizes = {mine: values[theirs] for mine, theirs in named.names.items()}
    return record(equation.op, operands, params, sizes, named.key)
