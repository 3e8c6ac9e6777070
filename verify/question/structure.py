"""Arguments and results that hold arrays, as structures of numbers: one in the place of each array of real numbers.

An array of complex numbers is two arrays: its real and its imaginary parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, fields, is_dataclass
from typing import Any


def numbered(result: Any, start: int = 0) -> tuple[Any, int]:
    """A result with a number in the place of each array, counted from ``start``, and the next number.

    >>> numbered((1.5, {"a": 2.5, "b": 1j}))
    ((0, {'a': 1, 'b': 2 + 3j}), 4)
    """
    if is_complex(result):
        return Complex(start, start + 1), start + 2
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


@dataclass(frozen=True)
class Complex:
    """A complex array in a structure, by the numbers of its real and its imaginary parts.

    Of a ``hermitian`` one, only the Hermitian part is read: what holds for that of every matrix holds for every
    Hermitian matrix.
    """

    re: int
    im: int
    hermitian: bool = False

    def __repr__(self) -> str:
        return f"{self.re} + {self.im}j"


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
    if isinstance(structure, Complex):
        made = joined(arrays[structure.re], arrays[structure.im])
        return _hermitian_part(made) if structure.hermitian else made
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
    if isinstance(structure, Complex):
        if isinstance(result, (Mapping, tuple)):
            raise LookupError("an array of complex numbers is expected")
        return dict(zip((structure.re, structure.im), parted(result), strict=True))
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


def complexes_in(structure: Any) -> list[Complex]:
    """The complex arrays in a structure, in order."""
    if isinstance(structure, (int, Complex)):
        return [structure] if isinstance(structure, Complex) else []
    return [found for part in _parts(structure) for found in complexes_in(part)]


def path(structure: Any, number: int) -> str:
    """What picks the array of a number from a result that is structured so, as Python.

    >>> path((0, {"a": 1}), 1), path({"z": Complex(0, 1)}, 1)
    ("[1]['a']", "['z'].imag")
    """
    if isinstance(structure, int):
        return ""
    if isinstance(structure, Complex):
        return ".real" if structure.re == number else ".imag"
    record = isinstance(structure, Record)
    inside = structure.inside if record else structure
    keys = inside.items() if isinstance(inside, dict) else enumerate(inside)
    key, part = next((key, part) for key, part in keys if number in numbers_in(part))
    return (f".{key}" if record else f"[{key!r}]") + path(part, number)


def _parts(structure: Any) -> Sequence[Any]:
    if isinstance(structure, Complex):
        return (structure.re, structure.im)
    structure = structure.inside if isinstance(structure, Record) else structure
    return tuple(structure.values()) if isinstance(structure, dict) else structure


# ---------------------------------------------------------------------------- complex numbers


def is_complex(value: Any) -> bool:
    """Whether a value is a complex number, or an array of them, recorded ones too.

    >>> is_complex(1j), is_complex([1j, 2.0]), is_complex(1.5)
    (True, True, False)
    """
    if is_row(value):
        return any(map(is_complex, value))
    return isinstance(value, complex) or getattr(getattr(value, "dtype", None), "kind", "") == "c"


def joined(re: Any, im: Any) -> Any:
    """A complex array of its parts; of numbers a number, of names the text that makes it, of recorded ones a pair."""
    import numpy as np

    from dualgrad.frontends.complex_numbers import number
    from dualgrad.frontends.tracer import Tracer

    if isinstance(re, str):
        return f"({re} + 1j * {im})"
    if isinstance(re, float) and isinstance(im, float):
        return complex(re, im)
    if all(isinstance(part, np.ndarray | np.generic) and part.dtype.kind == "f" for part in (re, im)):
        made = np.empty(np.broadcast_shapes(np.shape(re), np.shape(im)), np.result_type(re, im, np.complex64))
        made.real, made.imag = re, im
        return made
    if isinstance(re, Tracer):
        return number(re, im)
    return re + 1j * im


def _hermitian_part(made: Any) -> Any:
    """(H + H*) / 2 of a matrix, or of a stack of them; of a text that makes one, the text that makes it."""
    import numpy as np

    if isinstance(made, str):
        return f"({made} + np.conj({made}).swapaxes(-1, -2)) / 2"
    return (made + np.conj(np.swapaxes(made, -1, -2))) / 2


def parted(value: Any) -> tuple[Any, Any]:
    """The real and the imaginary parts of a complex array, or of a real one; of nothing, nothing."""
    import numpy as np

    if is_row(value):
        value = np.stack(value)
    return (np.real(value), np.imag(value)) if value is not None else (None, None)
