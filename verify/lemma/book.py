"""The lemmas known so far, each proved once: by the pattern of the equation that the rule is for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping

from dualgrad.program.record import Equation
from dualgrad.program.size import Extent, dimension
from verify.lemma.lemma import Lemma, pulled
from verify.lemma.pattern import Canonical, canonical, pattern_of, renamed
from verify.lemma.rule import NoRecording, pulling

_known: dict[Hashable, Lemma | str] = {}


def forget() -> None:
    """Prove every lemma anew when it is asked for again."""
    _known.clear()


def lemma_of(
    equation: Equation, resolve: Callable[[Extent], Extent], values: Mapping[str, int], reading: str
) -> tuple[Lemma | str, Canonical]:
    """The lemma that an equation's rule is an instance of, or why there is none; and how its dimensions are named.

    ``values`` are the sizes of the dimensions in the recording that the equation is from.
    """
    found = canonical(pattern_of(equation, resolve))
    key = (found.key, reading)
    if key not in _known:
        _known[key] = _proved(equation, resolve, found, values, reading)
    return _known[key], found


def _proved(
    equation: Equation,
    resolve: Callable[[Extent], Extent],
    named: Canonical,
    values: Mapping[str, int],
    reading: str,
) -> Lemma | str:
    to_own = {theirs: dimension(mine) for mine, theirs in named.names.items()}
    operands = tuple(named.operand(operand, resolve) for operand in equation.inputs)
    params = {name: renamed(value, resolve, to_own) for name, value in equation.params.items()}
    sizes = {mine: values[theirs] for mine, theirs in named.names.items()}
    try:
        rule = pulling(equation.op, operands, params, sizes)
    except NoRecording as error:
        return f"the rule of {equation.op.name} cannot be recorded by itself: {error}"
    if canonical(pattern_of(rule.equation, lambda extent: extent)).key != named.key:
        return f"{equation.op.name} means something else by itself"
    return pulled(rule, reading)
