"""The question a check asks: which function, which candidate, at which arguments, with respect to what."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.own import leaves, on_tensors

Array = np.ndarray[Any, Any]


class Undecidable(Exception):
    """The question has no answer at these arguments; the message is the reason of an UNDECIDED."""


@dataclass(frozen=True)
class Argument:
    """One positional argument: ``array`` where it is one that can be traced, else None and passed as it is."""

    name: str
    given: Any
    array: Array | None
    scalar: bool = False  # given as a Python number: the function sees a number again
    promoted: bool = False  # given as integers

    def at(self, array: Array) -> Any:
        """What the function is called with when this argument has the value ``array``: a private copy."""
        return type_of_number(array) if self.scalar else np.array(array)


@dataclass(frozen=True)
class Problem:
    """A function, a candidate for its derivative, and where to look.

    ``kind`` is "grad" (the gradient of the sum over all elements of all outputs) or "jac" (shape
    ``out.shape + wrt.shape``). ``candidate`` returns one array for each position in ``wrt``.
    """

    f: Callable[..., Any]
    candidate: Callable[..., Any]
    kind: str
    arguments: tuple[Argument, ...]
    wrt: tuple[int, ...]
    domain: Mapping[int, Any]
    name: str
    own: bool = False  # the candidate is the engine's own gradient of f
    tensors: bool = False  # f takes Tensors
    notes: tuple[str, ...] = ()

    @property
    def arrays(self) -> dict[int, Array]:
        """The traceable arguments by position."""
        return {position: a.array for position, a in enumerate(self.arguments) if a.array is not None}

    def call(self, arrays: Mapping[int, Array]) -> list[Any]:
        """Fresh positional arguments with these arrays in place."""
        return [a.at(arrays[i]) if i in arrays else a.given for i, a in enumerate(self.arguments)]

    def value(self, arrays: Mapping[int, Array]) -> list[Array]:
        """f run natively, flattened to a list of arrays; Undecidable when it raises or returns something else."""
        function = on_tensors(self.f) if self.tensors else self.f
        return outputs_of(self.name, run(self.name, function, self.call(arrays)))

    def gradient(self, arrays: Mapping[int, Array]) -> list[Array]:
        """The candidate run natively, one array a position in ``wrt``."""
        return self.split(run(f"the gradient of {self.name}", self.candidate, self.call(arrays)))

    def split(self, result: Any) -> list[Array]:
        """What the candidate returned, as one array a position in ``wrt``."""
        parts = split_result(result, len(self.wrt))
        if parts is None:
            raise Undecidable(
                f"the gradient of {self.name} returned {_describe(result)}; expected "
                f"{'one array' if len(self.wrt) == 1 else f'a tuple of {len(self.wrt)} arrays'}"
            )
        return [_numeric(f"the gradient of {self.name}", part) for part in parts]


def split_result(result: Any, count: int) -> list[Any] | None:
    """The candidate's result as ``count`` parts, or None when it has another structure."""
    if isinstance(result, tuple) or (isinstance(result, list) and count > 1):
        return list(result) if len(result) == count else None
    return [result] if count == 1 else None


def run(what: str, function: Callable[..., Any], args: Sequence[Any]) -> Any:
    """Call user code quietly; whatever it raises becomes Undecidable with the reason."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(*args)
    except Undecidable:
        raise
    except (Exception, SystemExit, GeneratorExit) as error:
        raise Undecidable(f"{what} raised {type(error).__name__}: {error}") from error


def outputs_of(what: str, result: Any) -> list[Array]:
    """The arrays in a result (an array, a number, or nested tuples, lists and dicts of them)."""
    found = [_numeric(what, leaf) for leaf in leaves(result)]
    if not found:
        raise Undecidable(f"{what} returned {_describe(result)}; expected numbers or arrays")
    return found


def parameter_names(f: Callable[..., Any], count: int) -> list[str]:
    """Names of the first ``count`` positional parameters, x0, x1, … where the signature does not say."""
    fallback = [f"x{position}" if count > 1 else "x" for position in range(count)]
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        return fallback
    positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return (positional + fallback[len(positional) :])[:count]


def type_of_number(array: Array) -> Any:
    """A 0-d array as the Python number it came from."""
    return array.item()


def _numeric(what: str, value: Any) -> Array:
    value = getattr(value, "data", value) if type(value).__module__.startswith("dualgrad") else value
    try:
        array = np.asarray(value)
    except Exception as error:
        raise Undecidable(f"{what} returned {_describe(value)}, which is not an array: {error}") from error
    if array.dtype.kind not in "fiub":
        raise Undecidable(f"{what} returned {_describe(value)} of dtype {array.dtype}; expected real numbers")
    return array.astype(np.float64) if array.dtype.kind == "b" else array


def _describe(value: Any) -> str:
    text = repr(value)
    kind = type(value).__name__
    return f"{kind} {text if len(text) <= 40 else text[:37] + '...'}"
