"""The question a check asks: which function, which candidate, at which arguments, with respect to what."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import numpy as np

from verify.clock import Slow, at_most
from verify.question.kinds import OF_COMPLEX, ON_A_GRADIENT, WORDS, Derived
from verify.question.own import leaves, on_tensors, real_leaves
from verify.question.structure import Complex, complexes_in, filled, gathered, numbers_in

Array = np.ndarray[Any, Any]


class Undecidable(Exception):
    """The question has no answer at these arguments; the message is the reason of an UNDECIDED."""


NO_MEMORY = "memory ran out"


class OutOfMemory(Undecidable):
    """There was not enough memory for a call, which says nothing about the function."""


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
    ``out.shape + wrt.shape``), of f or, where there is ``derived``, of the function that this says. ``candidate``
    returns one array for each position in ``wrt``. ``part`` picks from a candidate that returns (value, gradient).
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
    derived: Derived | None = None
    part: int | None = None
    structure: tuple[Any, ...] = ()  # each argument of f as a structure of numbers of ours; () where they are the same
    frame: tuple[tuple[Any, int], ...] = ()  # structures in a result to go through, and which of their parts to take
    hermitian: tuple[str, ...] = ()  # complex matrices of which only the Hermitian part is read
    output: int | None = None  # the only one of the outputs of f that is in question
    patience: float = inf  # seconds that a call may take, away from the given arguments
    every_size: bool = False  # the claim is for every size, and being wrong at another one refutes it
    lacking: bool = False  # the candidate may lack values on a null set, which the claim's domain then says
    longer: float = 0.0  # seconds that are added to the budget for every op of a gradient of the engine's

    @property
    def asked(self) -> str:
        """The keyword of the check: "grad", "hess", …"""
        return self.kind if self.derived is None else self.derived.kind

    @property
    def what(self) -> str:
        """What the candidate computes, in words."""
        return f"the {WORDS[self.asked]} of {self.name}"

    @property
    def base(self) -> Problem | None:
        """The question whether the recorded gradient that this one is about is one; None where it is about f."""
        if self.derived is None or self.derived.kind not in ON_A_GRADIENT:
            return None
        return replace(self, kind="grad", wrt=self.derived.by, derived=None, part=None, frame=())

    @property
    def drawn(self) -> tuple[int, ...]:
        """The positions of directions, which are not arguments of f."""
        return () if self.derived is None else self.derived.drawn

    @property
    def moving(self) -> tuple[int, ...]:
        """The positions along which a kink can be left: those that f is differentiated by."""
        return self.wrt if self.derived is None else tuple(dict.fromkeys((*self.derived.by, *self.wrt)))

    @property
    def arrays(self) -> dict[int, Array]:
        """The traceable arguments by position."""
        return {position: a.array for position, a in enumerate(self.arguments) if a.array is not None}

    def at(self, arrays: Mapping[int, Array]) -> Problem:
        """The same problem with other arrays as they were given."""
        arguments = [
            replace(argument, given=arrays[place], array=arrays[place]) if place in arrays else argument
            for place, argument in enumerate(self.arguments)
        ]
        return replace(self, arguments=tuple(arguments))

    def call(self, arrays: Mapping[int, Array]) -> list[Any]:
        """Fresh values of all arguments, directions among them, with these arrays in place."""
        return [a.at(arrays[i]) if i in arrays else a.given for i, a in enumerate(self.arguments)]

    def value(self, arrays: Mapping[int, Array]) -> list[Array]:
        """f run natively, flattened to a list of arrays; Undecidable when it raises or returns something else."""
        return self.chosen(self.outputs(self.result(arrays)))

    def leaves(self, result: Any) -> Iterator[Any]:
        """What f returned, one array after the other: complex ones as two, where its kind of derivative is of those."""
        return real_leaves(result) if self.asked in OF_COMPLEX else leaves(result)

    def outputs(self, result: Any) -> list[Array]:
        """What f returned, run natively, as arrays of numbers."""
        return outputs_of(self.name, result, self.leaves)

    def chosen(self, outputs: Sequence[Any]) -> list[Any]:
        """Those of the outputs of f that are in question."""
        return list(outputs) if self.output is None else [outputs[self.output]]

    def result(self, arrays: Mapping[int, Array]) -> Any:
        """What f returns, run natively."""
        function = on_tensors(self.f) if self.tensors else self.f
        return run(self.name, function, self.taken(self.call(arrays)), self.patience)

    def taken(self, values: Sequence[Any]) -> list[Any]:
        """What f is called with, of the values of all arguments."""
        own = list(values) if self.derived is None else self.derived.own(values)
        return [filled(part, own) for part in self.structure] or own

    @property
    def around(self) -> Any:
        """The structure of the arguments that f is differentiated by: one, or a tuple of several."""
        by = self.wrt if self.derived is None else self.derived.across or self.derived.by
        found = tuple(part for part in self.structure if set(numbers_in(part)) & set(by)) or by
        return found[0] if len(found) == 1 else found

    def passed(self, values: Sequence[Any]) -> list[Any]:
        """What the candidate is called with, of the values of all arguments."""
        if self.own:  # the engine's gradient is by the leaves
            return list(values)
        own = self.taken(values)
        return own if self.derived is None else self.derived.passed(own, values, self.around)

    def answer(self, values: Sequence[Any]) -> Any:
        """What the candidate returns for the values of all arguments."""
        return run(self.what, self.candidate, self.passed(values), self.patience)

    def picked(self, result: Any) -> Any:
        """The part of the candidate's result that is in question."""
        if self.part is not None:
            if not isinstance(result, (tuple, list)) or len(result) != 2:
                raise Undecidable(f"value_and_grad= returned {_describe(result)}; expected a value and a gradient")
            result = result[self.part]
        for structure, number in self.frame:
            try:
                result = gathered(structure, result)[number]
            except LookupError as error:
                raise Undecidable(f"{self.what} returned {_describe(result)}: {error}") from error
        return result

    def parts(self, result: Any) -> list[Any] | None:
        """What the candidate returned, as a part for each position in ``wrt``; None for another structure."""
        if self.asked in ("jvp", "value"):
            return self._of_outputs(self.picked(result))
        if not self.structure:
            return split_result(self.picked(result), len(self.wrt))
        result = self.picked(result)
        if self.own:
            return split_result(result, len(self.wrt))
        for form in (result, *(result if isinstance(result, tuple) and len(result) == 1 else ())):
            try:
                found = gathered(self.around, form)
                return [found[position] for position in self.wrt]
            except LookupError:
                continue
        return None

    def _of_outputs(self, result: Any) -> list[Any] | None:
        """What was returned for every output of f."""
        if self.derived is None or not complexes_in(self.derived.outputs):
            return split_result(result, len(self.wrt))
        try:
            return list(gathered(self.derived.outputs, result).values())
        except LookupError:
            return None

    def gradient(self, arrays: Mapping[int, Array]) -> list[Array]:
        """The candidate run natively, one array a position in ``wrt``."""
        return self.split(self.answer(self.call(arrays)))

    def split(self, result: Any) -> list[Array]:
        """What the candidate returned, as one array a position in ``wrt``."""
        parts = self.parts(result)
        if parts is None:
            expected = "one array" if len(self.wrt) == 1 else f"a tuple of {len(self.wrt)} arrays"
            if isinstance(self.around, Complex):
                expected = "one array of complex numbers"
            elif self.structure:
                expected = f"arrays structured as {self.around}, where the numbers stand for arrays"
            raise Undecidable(f"{self.what} returned {_describe(result)}; expected {expected}")
        return [_numeric(self.what, part) for part in parts]

    def shape(self, place: int, value: Array) -> tuple[int, ...]:
        """The shape of the derivative with respect to ``wrt[place]``, where f returns ``value`` first."""
        own: tuple[int, ...] = self.arrays[self.wrt[place]].shape
        if self.kind == "grad":
            return own
        before = value if self.derived is None else self.arrays[self.derived.by[0]]
        return (*before.shape, *own)

    def fitted(self, arrays: Mapping[int, Array]) -> dict[int, Array]:
        """The arrays with directions of the shapes that these arguments need."""
        if self.derived is None:
            return dict(arrays)
        like = [arrays[position].shape for position in self.derived.by[: len(self.derived.tangents)]]
        like += [out.shape for out in self.value(arrays)] if self.derived.cotangents else []
        resized = {p: np.resize(arrays[p], shape) for p, shape in zip(self.drawn, like, strict=True)}
        return {**arrays, **resized}


def split_result(result: Any, count: int) -> list[Any] | None:
    """A result as ``count`` parts, or None when it has another structure."""
    if isinstance(result, tuple) or (isinstance(result, list) and count > 1):
        return list(result) if len(result) == count else None
    return [result] if count == 1 else None


def run(what: str, function: Callable[..., Any], args: Sequence[Any], patience: float = inf) -> Any:
    """Call user code quietly; whatever it raises becomes Undecidable with the reason, and so does taking too long."""
    try:
        with at_most(patience), np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(*args)
    except Undecidable:
        raise
    except Slow as error:
        raise Undecidable(f"{what}: {error}") from error
    except MemoryError as error:
        raise OutOfMemory(f"{NO_MEMORY}: {what} raised MemoryError: {error}") from error
    except (Exception, SystemExit, GeneratorExit) as error:
        raise Undecidable(f"{what} raised {type(error).__name__}: {error}") from error


def outputs_of(what: str, result: Any, each: Callable[[Any], Iterator[Any]] = leaves) -> list[Array]:
    """The arrays in a result (an array, a number, or tuples, lists and dicts of them), as ``each`` goes through."""
    found = [_numeric(what, leaf) for leaf in each(result)]
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
    if value is None:
        raise Undecidable(f"{what} returned None; expected an array: is a return missing?")
    value = getattr(value, "data", value) if type(value).__module__.startswith("dualgrad") else value
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise Undecidable(f"{what} returned masked elements, which have no value; expected numbers: fill them")
    try:
        array = np.asarray(value)
    except Exception as error:
        raise Undecidable(f"{what} returned {_describe(value)}, which is not an array: {error}") from error
    if array.dtype.kind == "c" and not array.imag.any():
        array = array.real.copy()
    if array.dtype.kind not in "fiub":
        raise Undecidable(f"{what} returned {_describe(value)} of dtype {array.dtype}; expected real numbers")
    return array.astype(np.float64) if array.dtype.kind == "b" else array


def _describe(value: Any) -> str:
    kind = type(value).__name__
    try:
        text = repr(value)
    except Exception:
        return kind
    return f"{kind} {text if len(text) <= 40 else text[:37] + '...'}"
