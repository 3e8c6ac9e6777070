"""Choices by values: orders, places of extremes, masks, bins, whole numbers.

They are constant almost everywhere, so a recording at a point makes them from the values there, and records what they
rest on as conditions, as it does for an ``if``: it then stands for the points at which all of these come out the same.
A recording for every value refuses.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from dualgrad.frontends.arrays import is_array, is_traced, stacked
from dualgrad.program.record import Variable

if TYPE_CHECKING:
    from dualgrad.frontends.tracer import Tracer

LIMIT = 1024  # conditions of one choice, at most
_WHOLE = frozenset({"floor", "ceil", "trunc", "rint", "sign", "floor_divide", "heaviside"})


def tracer_of(array: Any) -> Tracer:
    """The tracer under tensors."""
    while not hasattr(array, "_cell"):
        array = array.data
    found: Tracer = array
    return found


def values_of(array: Any, what: str) -> Any:
    """The numbers at the point of the recording; a recording for every value refuses."""
    if not is_array(array):
        return np.asarray(array)
    tracer = tracer_of(array)
    if tracer._value is None:
        tracer._trace.refuse(f"{what} chooses by values; a proof covers every value, so it is checked at points")
    if tracer._value.size > LIMIT:
        tracer._trace.refuse(f"{what} chooses by {tracer._value.size} values; at most {LIMIT} can be recorded")
    return tracer._value


def truth(mask: Any, what: str = "a mask") -> Any:
    """The truth values at the point of the recording, each a condition of it."""
    found = np.asarray(values_of(mask, what), dtype=bool)
    if is_array(mask):
        for place in np.ndindex(found.shape):
            bool(mask[place])
    return found


def _compare(a: Any, i: int, j: int, downwards: bool = False) -> None:
    """Record which of two entries comes first, of equal ones the one in front: it is on the left, so either may be."""
    one, other = a[min(i, j)], a[max(i, j)]
    bool(one >= other if downwards else one <= other)


# ---------------------------------------------------------------------------- orders


def argsort(a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, stable: Any = None) -> Any:
    """``np.argsort``."""
    a, axis = _along(a, axis)
    found = np.argsort(values_of(a, "np.argsort"), axis, kind="stable")
    for row, places in _rows(a, found, axis):
        for i, j in pairwise(places.tolist()):
            _compare(row, i, j)
    return found


def argpartition(a: Any, kth: int, axis: int | None = -1, kind: Any = None) -> Any:
    """``np.argpartition``."""
    a, axis = _along(a, axis)
    found = np.argpartition(values_of(a, "np.argpartition"), kth, axis)
    for row, places in _rows(a, found, axis):
        for place in places.tolist():
            pivot = int(places[kth])
            if place != pivot:
                _compare(row, place, pivot)
                _compare(row, place, pivot, downwards=True)  # of equal ones either may come first
    return found


def sort(a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, stable: Any = None) -> Any:
    """``np.sort``."""
    a, axis = _along(a, axis)
    return _moved(a, argsort(a, axis), axis)


def partition(a: Any, kth: int, axis: int | None = -1, kind: Any = None) -> Any:
    """``np.partition``."""
    a, axis = _along(a, axis)
    return _moved(a, argpartition(a, kth, axis), axis)


def argmax(a: Any, axis: int | None = None, out: Any = None, keepdims: bool = False) -> Any:
    """``np.argmax``."""
    return _extreme(a, axis, keepdims, np.argmax)


def argmin(a: Any, axis: int | None = None, out: Any = None, keepdims: bool = False) -> Any:
    """``np.argmin``."""
    return _extreme(a, axis, keepdims, np.argmin)


def _extreme(a: Any, axis: int | None, keepdims: bool, which: Any) -> Any:
    found = which(values_of(stacked(a), f"np.{which.__name__}"), axis=axis, keepdims=keepdims)
    a, along = _along(a, axis)
    places = np.expand_dims(which(values_of(a, ""), axis=along), along)
    for row, place in _rows(a, places, along):
        for other in range(row.shape[0]):
            if other != place[0]:
                _compare(row, other, int(place[0]), downwards=which is np.argmax)
    return found


def _along(a: Any, axis: int | None) -> tuple[Any, int]:
    a = stacked(a)
    return (np.reshape(a, -1), 0) if axis is None else (a, axis % a.ndim)


def _rows(a: Any, found: Any, axis: int) -> Any:
    """Each line along an axis, with what was found of it."""
    last = np.moveaxis(found, axis, -1)
    lines = a if a.ndim == 1 else np.moveaxis(a, axis, -1)
    return ((lines[place] if place else lines, last[place]) for place in np.ndindex(last.shape[:-1]))


def _moved(a: Any, order: Any, axis: int) -> Any:
    return a[order] if a.ndim == 1 else np.take_along_axis(a, order, axis)


def quantile(a: Any, q: Any, axis: int | None = None, **rest: Any) -> Any:
    """``np.quantile`` by linear interpolation."""
    a, axis = _along(a, axis)
    if rest or is_traced(q):
        return a.__refuse__("np.quantile with these arguments cannot be recorded; interpolate between np.sort(x)")
    ordered = np.moveaxis(sort(a, axis), axis, 0) if a.ndim > 1 else sort(a, axis)
    places = np.asarray(q, float) * (int(ordered.shape[0]) - 1)
    found = [_between(ordered, float(place)) for place in places.flat]
    return found[0] if not places.ndim else np.reshape(np.stack(found), (*places.shape, *found[0].shape))


def percentile(a: Any, q: Any, axis: int | None = None, **rest: Any) -> Any:
    """``np.percentile`` by linear interpolation."""
    return quantile(a, np.asarray(q, float) / 100, axis, **rest)


def median(a: Any, axis: int | None = None, out: Any = None, overwrite_input: bool = False, **rest: Any) -> Any:
    """``np.median``."""
    return quantile(a, 0.5, axis, **rest)


def _between(ordered: Any, place: float) -> Any:
    low = int(place)
    share = place - low
    return ordered[low] if not share else ordered[low] * (1 - share) + ordered[low + 1] * share


# ---------------------------------------------------------------------------- bins and masks


def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """``np.searchsorted``."""
    a, v = stacked(a), stacked(v)
    find: Any = np.searchsorted
    found = find(values_of(a, "np.searchsorted"), values_of(v, "np.searchsorted"), side, sorter)
    order = range(len(a)) if sorter is None else sorter
    for place in np.ndindex(np.shape(found)):
        value, bin_ = (v[place] if np.ndim(v) else v), int(found[place])
        for at in {bin_ - 1, bin_} & set(range(len(a))):
            bool(a[order[at]] < value) if side == "left" else bool(a[order[at]] <= value)
    return found


def digitize(x: Any, bins: Any, right: bool = False) -> Any:
    """``np.digitize``."""
    steps = np.diff(values_of(bins, "np.digitize"))
    side = "left" if right else "right"
    if (steps >= 0).all():
        return searchsorted(bins, x, side)
    if (steps > 0).any():
        raise ValueError("bins must be monotonically increasing or decreasing")
    return len(bins) - searchsorted(stacked(bins)[::-1], x, side)


def nonzero(a: Any) -> Any:
    """``np.nonzero``, and ``np.where`` of a condition alone."""
    a = stacked(a)
    return np.nonzero(truth(a if a.dtype == bool else np.not_equal(a, 0.0), "np.nonzero"))


def flatnonzero(a: Any) -> Any:
    """``np.flatnonzero``."""
    return nonzero(np.reshape(stacked(a), -1))[0]


def argwhere(a: Any) -> Any:
    """``np.argwhere``."""
    return np.transpose(nonzero(a))


# ---------------------------------------------------------------------------- whole numbers


def whole(x: Any) -> Any:
    """``x.astype(int)``, as plain integers: between which half numbers each lies is a condition."""
    found = np.asarray(np.trunc(values_of(x, "a conversion to integers")), dtype=np.int64)
    cut = x if _is_whole(tracer_of(x)) else np.trunc(x)
    for place in np.ndindex(found.shape):
        entry = cut[place] if place else cut
        bool(entry > int(found[place]) - 0.5), bool(entry > int(found[place]) + 0.5)
    return found


def number(x: Any) -> int:
    """``int(x)``."""
    if x.ndim:
        raise TypeError("only 0-dimensional arrays can be converted to Python scalars")
    return int(whole(x))


def _is_whole(tracer: Tracer) -> bool:
    """Whether the numbers are whole by what made them, so that cutting them off would only add edges."""
    operand = tracer.operand
    made = {e.output: e for e in tracer._trace.equations} if isinstance(operand, Variable) else {}
    equation = made.get(operand) if isinstance(operand, Variable) else None
    return tracer.dtype.kind in "iub" or (equation is not None and equation.op.name in _WHOLE)


def is_made_of_sizes(array: Any) -> bool:
    """Whether an array of integers depends on sizes only, as np.arange(n) does."""
    tracer = tracer_of(array)
    made = {equation.output: equation for equation in tracer._trace.equations}
    waiting = [tracer.operand]
    while waiting:
        operand = waiting.pop()
        if isinstance(operand, Variable) and operand not in tracer._trace.captured:
            if operand not in made:
                return False
            waiting.extend(made[operand].inputs)
    return True


def choices() -> dict[Any, Any]:
    """Replacements of NumPy's functions that choose by values, by the original."""
    functions = (
        argsort, argpartition, sort, partition, argmax, argmin, quantile, percentile, median, searchsorted, digitize,
        nonzero, flatnonzero, argwhere,
    )  # fmt: skip
    return {(f := getattr(np, function.__name__)): _traced_or(f, function) for function in functions}


def _traced_or(plain: Any, traced: Any) -> Any:
    return lambda *args, **kwargs: (traced if is_traced((*args, *kwargs.values())) else plain)(*args, **kwargs)
