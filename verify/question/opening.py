"""Arguments that hold arrays, in dicts, lists, tuples and dataclasses: opened into one argument for each.

An array of complex numbers holds two: its real and its imaginary parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.question.own import leaves, real_leaves
from verify.question.structure import fields_of, is_complex, is_record, numbered, numbers_in


@dataclass(frozen=True)
class Opened:
    """The leaves of all arguments with names of their own, and each argument as a structure of their numbers."""

    values: tuple[Any, ...]
    names: list[str]
    structure: tuple[Any, ...]  # () where no argument holds arrays, and none is complex

    def leaves_of(self, position: int) -> tuple[int, ...]:
        """The numbers of the leaves of an argument."""
        return tuple(numbers_in(self.structure[position])) if self.structure else (position,)


def opened(args: Sequence[Any], names: Sequence[str], wanted: Sequence[int] | None = ()) -> Opened:
    """Open the arguments that hold arrays, and those at the ``wanted`` positions that hold numbers.

    An instance of a dataclass is opened only where it is wanted, or where nothing says what is (None): it may keep
    some of its fields in step with others.

    >>> opened((1.5, {"w": np.ones(2), "b": 0.5}), ["x", "p"]).names
    ['x', 'p_w', 'p_b']
    >>> opened((1.5, np.ones(2) * 1j), ["x", "z"]).names
    ['x', 'z_re', 'z_im']
    """
    opens = [_opens(arg, place, wanted) for place, arg in enumerate(args)]
    if not any(opens):
        return Opened(tuple(args), list(names), ())
    values: list[Any] = []
    labels: list[str] = []
    structure = []
    for arg, name, opening in zip(args, names, opens, strict=True):
        if not opening:
            structure.append(len(values))
            values.append(arg)
            labels.append(name)
            continue
        made, _ = numbered(arg, len(values))
        structure.append(made)
        values += real_leaves(arg)
        labels += [re.sub(r"\W+", "_", label).strip("_") for label in _labels(arg, name)]
    return Opened(tuple(values), _distinct(labels), tuple(structure))


def _opens(arg: Any, place: int, wanted: Sequence[int] | None) -> bool:
    if is_complex(arg):
        return True
    if is_record(arg):
        return (wanted is None or place in wanted) and any(map(_is_floating, leaves(arg)))
    return _holds_arrays(arg) or (place in (wanted or ()) and _is_container(arg))


def _is_container(arg: Any) -> bool:
    if isinstance(arg, list) and not any(isinstance(part, (np.ndarray, Mapping, tuple)) for part in arg):
        return False  # a list of numbers is an array
    return isinstance(arg, (Mapping, tuple, list)) and any(_is_floating(leaf) for leaf in leaves(arg))


def _holds_arrays(arg: Any) -> bool:
    return _is_container(arg) and any(
        isinstance(leaf, (np.ndarray, np.generic)) and leaf.dtype.kind in "fc" for leaf in leaves(arg)
    )


def _is_floating(leaf: Any) -> bool:
    return isinstance(leaf, float | complex) or (isinstance(leaf, (np.ndarray, np.generic)) and leaf.dtype.kind in "fc")


def _labels(arg: Any, name: str) -> Iterator[str]:
    if is_complex(arg):
        yield from (f"{name}_re", f"{name}_im")
        return
    if is_record(arg):
        arg = fields_of(arg)
    if isinstance(arg, Mapping):
        inner = [(f"{name}_{key}", part) for key, part in arg.items()]
    elif isinstance(arg, (list, tuple)):
        keys = getattr(arg, "_fields", range(len(arg)))
        inner = [(f"{name}_{key}", part) for key, part in zip(keys, arg, strict=True)]
    else:
        yield name
        return
    for label, part in inner:
        yield from _labels(part, label)


def _distinct(labels: Sequence[str]) -> list[str]:
    found: list[str] = []
    for label in labels:
        while label in found:
            label += "_"
        found.append(label)
    return found
