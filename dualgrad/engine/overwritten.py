"""Arrays that the user can write to behind a graph's back, and whether he did.

An array is watched from when the user has it: a plain operand when the operation is recorded, a tensor's own array
when it is handed out (``.data``, ``.numpy()``). Backward compares before it uses one. Tensors' in-place operations
write to no array, so theirs need no watching.
"""

from __future__ import annotations

import weakref
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

Print = int
Marks = tuple[tuple[Any, Print], ...]

_BLOCK = 4096
_SMALL = 1024
_LITTLE = 1 << 20
_WEIGHTS = np.random.default_rng(0).integers(1, 2**63, _BLOCK, dtype=np.uint64) | np.uint64(1)
handed_out: dict[int, tuple[weakref.ref[Any], Print]] = {}


def fingerprint(array: Any) -> Print:
    """A number that a change of any bit changes, but for one case in billions.

    >>> a = np.array([1.0, 2.0])
    >>> fingerprint(a) == fingerprint(a.copy()), fingerprint(a) == fingerprint(a[::-1])
    (True, False)
    """
    plain = np.ascontiguousarray(array)
    if plain.nbytes <= _SMALL or plain.nbytes % 8:
        return zlib.crc32(plain.tobytes())
    words = plain.reshape(-1).view(np.uint64)
    whole = words.size // _BLOCK * _BLOCK
    sums = words[:whole].reshape(-1, _BLOCK) @ _WEIGHTS
    rest = words[whole:] @ _WEIGHTS[: words.size - whole]
    return hash((sums.tobytes(), int(rest)))


def hand_out(array: Any) -> Any:
    """The array, watched from now on."""
    if isinstance(array, np.ndarray):
        root = _root(array)
        if id(root) not in handed_out:
            key, gone = id(root), handed_out.pop  # at interpreter exit the name means nothing any more
            handed_out[key] = (weakref.ref(root, lambda _: gone(key, None)), fingerprint(root))
    return array


def marks(given: Iterable[Any], saved: Iterable[Any], result: Any) -> Marks:
    """The saved arrays, and the result, that the user has, with their fingerprints."""
    found: Marks = ()
    for operand, value in zip(given, saved, strict=True):
        if type(value) is np.ndarray and (operand is value or _is_out(value)):
            found = (*found, (value, fingerprint(value)))
    if handed_out and type(result) is np.ndarray and _is_out(result):  # a view of what the user has
        found = (*found, (result, fingerprint(result)))
    return found


def _is_out(array: Any) -> bool:
    return id(array if array.base is None else _root(array)) in handed_out


def anything_is_out() -> bool:
    """Whether any array that was handed out is alive."""
    return bool(handed_out)


def nothing_changed() -> bool:
    """Whether all that was handed out is as it was then; False where that is too much to look at."""
    total = 0
    for reference, before in list(handed_out.values()):
        array = reference()
        if array is not None:
            total += array.nbytes
            if total > _LITTLE or fingerprint(array) != before:
                return False
    return True


def changed(marked: Marks, kept: Iterable[Any]) -> Iterator[Any]:
    """The arrays that do not hold what they held when they were recorded or handed out."""
    for array, before in marked:
        if fingerprint(array) != before:
            yield array
    if handed_out:
        known = {id(array) for array, _ in marked}
        for array in kept:
            if type(array) is np.ndarray and id(array) not in known:
                root = _root(array)
                found = handed_out.get(id(root))
                if found is not None and fingerprint(root) != found[1]:
                    yield array


def _root(array: Any) -> Any:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
