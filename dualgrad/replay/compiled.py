"""``dualgrad.compile``: a function that is recorded once for the shapes it is given, and replayed afterwards."""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from threading import RLock
from typing import Any

import numpy as np

from dualgrad.engine.arguments import described, name_of, require_function
from dualgrad.engine.tensor import Tensor, handle
from dualgrad.replay.check import difference
from dualgrad.replay.program import Program
from dualgrad.replay.recorder import Recorded, Session, Uncompilable
from dualgrad.replay.steps import Operand, Recording
from dualgrad.trees import filled, leaves, mapped, shape_of

PROGRAMS = 32  # kept for one function; the one that was used least recently goes
_NARROW = (np.float16, np.float32, np.complex64)


def compile(f: Callable[..., Any]) -> Compiled:
    """The same function, faster: recorded at its first call, and replayed as blocked NumPy code on kept buffers.

    >>> import dualgrad as dg
    >>> step = dg.compile(dg.value_and_grad(lambda x: (x * x).sum()))
    >>> step(np.array([1.0, 2.0]))
    (np.float64(5.0), array([2., 4.]))

    The arguments may be arrays, numbers, tensors without a gradient, and dicts, lists and tuples of them. A recording
    holds for all their entries and for one set of shapes, dtypes and layouts; for others the function is recorded
    again. Integers, truth values, texts and None are part of that set, too. Arrays that the function closes over are
    read at each call; numbers that it closes over, and what it computes of such arrays alone, are as at the first.

    A function that reads entries (``if x > 0``, ``float(x)``), writes to an array in place, or gives something else
    when it is called again is refused with an :class:`~dualgrad.replay.recorder.Uncompilable` that names the line.

    At the first call the eager function runs, too, and each result is held against its own: within 256 ulps of the
    largest entry. Mostly they are equal bit for bit. They differ in the last digits where sums over large arrays
    (256 kB) are taken block by block, or sines through tangents where those are faster. Where the fast code misses
    the 256 ulps, as it may where large terms cancel, code that does what the recording says step by step takes its
    place.
    Floating-point warnings are not given. Threads may call it at the same time.
    """
    return Compiled(require_function("compile", f))


class Compiled:
    """What :func:`compile` returns. ``source`` is the code of the latest recording, for people to read."""

    def __init__(self, f: Callable[..., Any]) -> None:
        functools.update_wrapper(self, f, updated=())
        self._function = f
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._lock = RLock()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given = (args, kwargs)
        flat = list(leaves(given))
        if any(_is_recorded(leaf) for leaf in flat):
            return self._function(*args, **kwargs)
        narrow = any(getattr(leaf, "dtype", None) in _NARROW for leaf in flat)
        key = shape_of(given, lambda leaf: self._seen(leaf, narrow))
        entry = self._entries.get(key)
        if entry is None:
            with self._lock:
                entry = self._entries.get(key) or self._enter(key, given, narrow)
        return entry([leaf for leaf in flat if _changes(leaf, narrow)])

    @property
    def source(self) -> str:
        """The Python code of the latest recording; empty before the first call."""
        return next(reversed(self._entries.values())).program.text if self._entries else ""

    def __repr__(self) -> str:
        return f"<dualgrad.compile({name_of(self._function)})>"

    def _seen(self, leaf: Any, narrow: bool) -> Hashable:
        """What a recording depends on in an argument."""
        if isinstance(leaf, Tensor):
            if leaf.requires_grad:
                raise Uncompilable(
                    f"dualgrad.compile: {name_of(self._function)} was given a tensor that requires a gradient, and "
                    f"what is replayed leaves no graph. Compile the gradient: dualgrad.compile(dualgrad.grad(f))"
                )
            return (Tensor, *_layout(leaf._data))
        if _changes(leaf, narrow):
            return _layout(leaf)
        try:
            hash(leaf)
        except TypeError:
            raise Uncompilable(
                f"dualgrad.compile: {name_of(self._function)} was given {described(leaf)}, expected arrays, numbers, "
                f"and dicts, lists and tuples of them"
            ) from None
        return (type(leaf), leaf if not isinstance(leaf, float) else repr(leaf))

    def _enter(self, key: Hashable, given: Any, narrow: bool) -> _Entry:
        entry = _entered(self._function, given, narrow)
        self._entries[key] = entry
        while len(self._entries) > PROGRAMS:
            self._entries.popitem(last=False)
        return entry


class _Entry:
    """One recording: the program, and how its results are put together."""

    def __init__(self, program: Program, like: Any) -> None:
        self.program = program
        self._like = like
        self._kinds = [_kind(leaf) for leaf in leaves(like)]
        self._single = not isinstance(like, (tuple, list, dict))
        self._flat = type(like) is tuple and not any(isinstance(part, (tuple, list, dict)) for part in like)

    def __call__(self, arguments: Sequence[Any]) -> Any:
        arrays = [_plain(argument) for argument in arguments]
        results = [kind(result) for kind, result in zip(self._kinds, self.program(arrays), strict=True)]
        if self._single:
            return results[0]
        return tuple(results) if self._flat else filled(self._like, results)


def _entered(f: Callable[..., Any], given: Any, narrow: bool) -> _Entry:
    args, kwargs = given
    expected = f(*args, **kwargs)
    recording, like = recorded(f, given, narrow)
    if shape_of(like, lambda leaf: None) != shape_of(expected, lambda leaf: None):
        raise Uncompilable(f"dualgrad.compile: {name_of(f)} returned something else when it was called again")
    arrays = [_plain(leaf) for leaf in leaves(given) if _changes(leaf, narrow)]
    wanted = [_plain(leaf) for leaf in leaves(expected)]
    program = Program(recording)
    wrong = _mismatch(program, arrays, wanted)
    if wrong:
        program = Program(recording, fused=False)
        wrong = _mismatch(program, arrays, wanted)
    if wrong:
        raise Uncompilable(f"dualgrad.compile: {name_of(f)} {_blamed(f, given, narrow, recording, wrong)}")
    return _Entry(program, mapped(_shell, expected))


def recorded(f: Callable[..., Any], given: Any, narrow: bool = False) -> tuple[Recording, Any]:
    """The recording of one call, and what the function returned in it."""
    session = Session()

    def stand_in(leaf: Any) -> Any:
        if not _changes(leaf, narrow):
            return leaf
        stand = session.input(_plain(leaf))
        return handle(stand, None) if isinstance(leaf, Tensor) else stand

    args, kwargs = mapped(stand_in, given)
    with np.errstate(all="ignore"):
        like = f(*args, **kwargs)
    if session.refused is not None:
        raise session.refused
    return session.recording([_operand(session, f, leaf) for leaf in leaves(like)]), like


def _operand(session: Session, f: Callable[..., Any], leaf: Any) -> Operand:
    value = leaf._data if isinstance(leaf, Tensor) else leaf
    if not isinstance(value, (Recorded, np.ndarray, np.generic, int, float, complex)):
        raise Uncompilable(
            f"dualgrad.compile: {name_of(f)} returned {described(leaf)}, expected arrays, numbers, and dicts, "
            f"lists and tuples of them"
        )
    return session.operand(value)


def _mismatch(program: Program, arrays: Sequence[Any], wanted: Sequence[Any]) -> list[tuple[int, str]]:
    """The results that differ, and how."""
    found = zip(program(arrays), wanted, strict=True)
    told = [(place, difference(got, expected)) for place, (got, expected) in enumerate(found)]
    return [(place, how) for place, how in told if how]


def _blamed(f: Callable[..., Any], given: Any, narrow: bool, recording: Recording, wrong: list[tuple[int, str]]) -> str:
    """Where the eager and the replayed results part: at what changes from call to call, or at a step."""
    again, _ = recorded(f, given, narrow)
    for before, after in zip(recording.steps, again.steps, strict=False):
        if repr(before) != repr(after) or _captures(recording, before) != _captures(again, after):
            return f"gives something else when it is called again: a random number, or state (at {before.line})"
    place, how = wrong[0]
    output = recording.outputs[place]
    step = next((step for step in recording.steps if step.output is output), None)
    where = f"{step!r} (at {step.line})" if step is not None else repr(output)
    return f"gives {how} when it is replayed, in {where}. Please report this, with the function"


def _captures(recording: Recording, step: Any) -> list[bytes]:
    return [recording.captured[operand].tobytes() for operand in step.inputs if operand in recording.captured]


# ---------------------------------------------------------------------------- leaves


def _is_recorded(leaf: Any) -> bool:
    data = leaf._data if isinstance(leaf, Tensor) else leaf
    return getattr(type(data), "__bind_rank__", 0) > 0


def _changes(leaf: Any, narrow: bool) -> bool:
    """Whether an argument may have other entries at the next call. A number of Python's is a number of NumPy's,
    but next to arrays of less precision, where it gives way: there it counts as known."""
    if isinstance(leaf, (Tensor, np.ndarray, np.inexact)):
        return True
    return type(leaf) in (float, complex) and not narrow


def _layout(array: Any) -> tuple[Any, ...]:
    if isinstance(array, np.ndarray):
        return array.shape, array.dtype.str, array.strides
    return (type(array),)


def _plain(leaf: Any) -> Any:
    value = leaf._data if isinstance(leaf, Tensor) else leaf
    if type(value) is float:
        return np.float64(value)
    return np.complex128(value) if type(value) is complex else value


def _shell(leaf: Any) -> Any:
    """A result as the pattern of later ones: without its entries."""
    value = leaf._data if isinstance(leaf, Tensor) else leaf
    small = np.broadcast_to(np.zeros((), value.dtype), value.shape) if isinstance(value, np.ndarray) else value
    return handle(small, None) if isinstance(leaf, Tensor) else small


def _kind(like: Any) -> Callable[[Any], Any]:
    """What makes a result of the kind that the eager function gives."""
    if isinstance(like, Tensor):
        return lambda result: handle(result, None)
    if isinstance(like, np.ndarray) and not like.ndim:
        return np.asarray
    return type(like) if isinstance(like, (int, float, complex)) and not isinstance(like, np.generic) else _same


def _same(result: Any) -> Any:
    return result[()] if isinstance(result, np.ndarray) and not result.ndim else result
