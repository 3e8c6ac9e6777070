"""Every kind of derivative as a question about a gradient or a Jacobian, which the ladder answers.

Write ⟨a, b⟩ for the sum of the products of the elements, f' for the Jacobian of f, and ∇ for the gradient of a sum
over all outputs. The directions v, t (tangents) and c (cotangents) are drawn here; in a proof they are free.

    vjp    candidate(x, c) = ∇ₓ⟨c, f(x)⟩          a gradient, of the function (x, c) ↦ ⟨c, f(x)⟩
    hess   candidate(x)    = the Jacobian of ∇f    a Jacobian, of the function x ↦ ∇f(x)
    hvp    candidate(x, v) = ∇ₓ⟨∇f(x), v⟩          a gradient, of the function (x, v) ↦ ⟨∇f(x), v⟩
    jvp    candidate(x, t) = ∇_c⟨∇ₓ⟨c, f(x)⟩, t⟩   a gradient, of a function of (x, t, c)
    value  candidate(x)    = ∇_c⟨c, f(x)⟩          a gradient, of a function of (x, c)

The fourth is the derivative along t because ∇ₓ⟨c, f⟩ = f'ᵀc, so that ⟨f'ᵀc, t⟩ = ⟨c, f't⟩, which is linear in c with
the coefficients f't. The last two do not depend on c, and a candidate is never given it. The fifth compares values.

Where ∇f or ∇ₓ⟨c, f⟩ stands inside, it is the program that the engine's backward pass records on the recorded f
(:mod:`verify.question.derive`). That this is the gradient of f is a question of its own, the *base*: it has to be
proved before anything is PROVED, and must hold at every point in balls before anything is said there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

WORDS = {
    "grad": "gradient",
    "jac": "Jacobian",
    "hess": "Hessian",
    "hvp": "Hessian-vector product",
    "vjp": "vector-Jacobian product",
    "jvp": "Jacobian-vector product",
    "value": "value",
}
WITH_TANGENTS = frozenset({"hvp", "jvp"})
WITH_COTANGENTS = frozenset({"vjp", "jvp", "value"})
ON_A_GRADIENT = frozenset({"hess", "hvp", "jvp"})  # the question is about a recorded gradient of f


@dataclass(frozen=True)
class Derived:
    """What f is differentiated by, and the places of the directions among the arguments, behind those of f.

    ``outputs`` is what f returns, with the number of its cotangent in the place of each array.
    """

    kind: str
    by: tuple[int, ...]
    tangents: tuple[int, ...] = ()
    cotangents: tuple[int, ...] = ()
    outputs: Any = None
    across: tuple[int, ...] = ()  # for a row of a Hessian: by what the gradient is differentiated, where not by ``by``

    @property
    def drawn(self) -> tuple[int, ...]:
        """The places of all directions."""
        return (*self.tangents, *self.cotangents)

    @property
    def wrt(self) -> tuple[int, ...]:
        """By what the function of the question is differentiated."""
        return self.cotangents if self.kind in ("jvp", "value") else self.across or self.by

    def own(self, values: Sequence[Any]) -> list[Any]:
        """The arguments of f among all values."""
        return list(values[: len(values) - len(self.drawn)])

    def passed(self, own: Sequence[Any], values: Sequence[Any], structure: Any) -> list[Any]:
        """What the candidate is called with: ``own``, what f is called with, and where its kind says directions.

        ``structure`` is that of the arguments that f is differentiated by: one, or a tuple of several.
        """
        match self.kind:
            case "hvp":
                return [own[0], self._tangents(values, structure), *own[1:]]
            case "jvp":
                return [*own, self._tangents(values, structure)]
            case "vjp":
                return [*own, filled(self.outputs, [values[place] for place in self.cotangents])]
        return list(own)

    def _tangents(self, values: Sequence[Any], structure: Any) -> Any:
        moving = {place: values[tangent] for place, tangent in zip(self.by, self.tangents, strict=True)}
        return filled(structure, {**dict(enumerate(values)), **moving})


def numbered(result: Any, start: int = 0) -> tuple[Any, int]:
    """A result with a number in the place of each array, counted from ``start``, and the next number.

    >>> numbered((1.5, {"a": 2.5}))
    ((0, {'a': 1}), 2)
    """
    if is_record(result):
        inside, start = numbered(fields_of(result), start)
        return Record(result, inside), start
    if isinstance(result, Mapping):
        keys, parts = list(result), list(result.values())
    elif isinstance(result, (tuple, list)) and not is_row(result):
        keys, parts = None, list(result)
    else:
        return start, start + 1
    found = []
    for part in parts:
        one, start = numbered(part, start)
        found.append(one)
    if keys is not None:
        return dict(zip(keys, found, strict=True)), start
    return _like(result, found), start


def _like(given: Any, parts: list[Any]) -> Any:
    """Parts in a list or a tuple, a named one too, as they were given."""
    if isinstance(given, tuple):
        return type(given)(*parts) if hasattr(given, "_fields") else tuple(parts)
    return parts


@dataclass(frozen=True, eq=False)
class Record:
    """An instance of a dataclass in a structure: ``inside`` has the numbers in its fields."""

    given: Any
    inside: dict[str, Any]

    def __repr__(self) -> str:
        return f"{type(self.given).__name__}({', '.join(f'{name}={part}' for name, part in self.inside.items())})"

    def holding(self, values: Mapping[str, Any]) -> Any:
        """A copy of the instance with these values in its fields."""
        made = copy(self.given)
        for name, value in values.items():
            object.__setattr__(made, name, value)  # it may be frozen
        return made


def is_record(value: Any) -> bool:
    """Whether a value is an instance of a dataclass."""
    return is_dataclass(value) and not isinstance(value, type)


def fields_of(value: Any) -> dict[str, Any]:
    """What the fields of an instance of a dataclass hold, as far as its constructor takes them."""
    return {field.name: getattr(value, field.name) for field in fields(value) if field.init}


def is_row(result: Any) -> bool:
    """Whether a list holds numbers only: it is an array to SciPy, and here.

    >>> import numpy as np
    >>> is_row([1.5, 2.5]), is_row((1.5, 2.5)), is_row([np.ones(2)])
    (True, False, False)
    """
    import numpy as np  # here, since the command reads the words above for its help

    if not isinstance(result, list) or not result:
        return False
    return all(
        not isinstance(part, (Mapping, list, tuple, str)) and not is_record(part) and np.ndim(part) == 0
        for part in result
    )


def filled(structure: Any, arrays: Sequence[Any] | Mapping[int, Any]) -> Any:
    """A structure of numbers with the arrays of these numbers in it.

    >>> filled((0, {"a": 1}), [1.5, 2.5])
    (1.5, {'a': 2.5})
    """
    if isinstance(structure, Record):
        return structure.holding(filled(structure.inside, arrays))
    if isinstance(structure, dict):
        return {key: filled(part, arrays) for key, part in structure.items()}
    if isinstance(structure, (list, tuple)):
        return _like(structure, [filled(part, arrays) for part in structure])
    return arrays[structure]


def gathered(structure: Any, result: Any) -> dict[int, Any]:
    """What stands in the places of a structure; LookupError where the result is structured otherwise.

    >>> gathered((0, {"a": 1}), [1.5, {"a": 2.5, "b": 3.5}])
    {0: 1.5, 1: 2.5}
    """
    if isinstance(structure, Record):
        return gathered(structure.inside, fields_of(result) if is_record(result) else result)
    if isinstance(structure, dict):
        if not isinstance(result, Mapping):
            raise LookupError("a dict is expected")
        parts = [(part, result[key]) for key, part in structure.items() if key in result or numbers_in(part)]
    elif isinstance(structure, (list, tuple)):
        if not isinstance(result, (list, tuple)) or len(result) != len(structure):
            raise LookupError(f"{len(structure)} parts are expected")
        parts = list(zip(structure, result, strict=True))
    else:
        return {structure: result}
    found: dict[int, Any] = {}
    for part, inner in parts:
        found.update(gathered(part, inner))
    return found


def numbers_in(structure: Any) -> list[int]:
    """The numbers in a structure, in order."""
    return [structure] if isinstance(structure, int) else [n for part in _parts(structure) for n in numbers_in(part)]


def _parts(structure: Any) -> Sequence[Any]:
    structure = structure.inside if isinstance(structure, Record) else structure
    return tuple(structure.values()) if isinstance(structure, dict) else structure
