"""What is known of an argument: named domains, or a predicate. Nothing is inferred from values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

NAMED = (
    "real", "positive", "nonnegative", "nonzero", "unit", "binary", "sign", "simplex", "onehot", "symmetric",
    "spd", "invertible",
)  # fmt: skip
HERMITIAN = "hermitian"  # of complex matrices, which are else of no domain

Domain = str | Callable[[Any], bool]

# What a point of each domain satisfies, in the words a report prints.
WORDS = {
    "real": "real",
    "positive": "> 0",
    "nonnegative": ">= 0",
    "nonzero": "!= 0",
    "unit": "in (0, 1)",
    "binary": "in {0, 1}",
    "sign": "in {-1, 1}",
    "simplex": "> 0 with sum 1",
    "onehot": "one-hot along the last axis",
    "symmetric": "symmetric (the derivative is the unconstrained one)",
    "spd": "symmetric positive definite (the derivative is the unconstrained one)",
    "invertible": "invertible",
    HERMITIAN: "equal to its conjugate transpose",
}


def parse_domain(given: Any, names: list[str]) -> dict[int, Domain]:
    """A ``domain=`` mapping with keys as positions; TypeError or ValueError for what cannot be meant.

    >>> parse_domain({"x": "positive"}, ["x", "y"])
    {0: 'positive'}
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise TypeError(
            f"verify.check: domain got {type(given).__name__} {given!r}, expected a mapping from an argument's name or "
            f"position to a domain, such as {{'x': 'positive'}}"
        )
    return {argument_position(key, names, "domain"): _one(key, value) for key, value in given.items()}


def argument_position(key: Any, names: list[str], keyword: str) -> int:
    """A name or position of an argument as a position."""
    if isinstance(key, str):
        if key in names:
            return names.index(key)
        raise ValueError(
            f"verify.check: {keyword} names {key!r}, but the arguments are {', '.join(names)}; use one of these"
        )
    if isinstance(key, bool) or not hasattr(key, "__index__"):
        raise TypeError(f"verify.check: {keyword} got {key!r}; expected an argument's name or position")
    position = key.__index__()
    if not -len(names) <= position < len(names):
        raise ValueError(
            f"verify.check: {keyword} names argument {position}, but f was given {len(names)}; "
            f"use 0 to {len(names) - 1} or a name: {', '.join(names)}"
        )
    return int(position % len(names))


def _one(key: Any, value: Any) -> Domain:
    if callable(value) or value in (*NAMED, HERMITIAN):
        known: Domain = value
        return known
    raise ValueError(
        f"verify.check: domain[{key!r}] is {value!r}; expected one of {', '.join(NAMED)}, "
        f"or a predicate that takes the array"
    )
