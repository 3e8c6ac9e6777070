"""Choices by values that count or compare whole rows: np.unique, np.lexsort, np.histogram.

As in :mod:`dualgrad.frontends.choosing`, they are made from the values at the point of the recording, and what they
rest on is recorded as conditions.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from dualgrad.frontends.arrays import is_array, is_traced, stacked
from dualgrad.frontends.choosing import argsort, values_of


def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    **_: Any,
) -> Any:
    """``np.unique``: the first of each group of equal values. That values are equal is on a boundary."""
    ar = stacked(ar)
    if axis is not None:
        return ar.__refuse__("np.unique along an axis cannot be recorded; of all elements it can")
    flat = np.reshape(ar, -1)
    order = argsort(flat)
    groups: list[list[int]] = [[int(order[0])]] if len(order) else []
    for before, after in pairwise(order.tolist()):
        if flat[before] < flat[after]:
            groups.append([after])
        else:
            groups[-1].append(after)
    first = np.array([group[0] for group in groups], dtype=np.intp)
    found = [flat[first]]
    if return_index:
        found.append(first)
    if return_inverse:
        inverse = np.empty(len(order), dtype=np.intp)
        for place, group in enumerate(groups):
            inverse[group] = place
        found.append(inverse.reshape(values_of(ar, "np.unique").shape))
    if return_counts:
        found.append(np.array([len(group) for group in groups], dtype=np.intp))
    return tuple(found) if len(found) > 1 else found[0]


def lexsort(keys: Any, axis: int = -1) -> Any:
    """``np.lexsort`` of keys of one axis: the last one counts first."""
    rows = [stacked(key) for key in keys]
    if any(np.ndim(row) != 1 for row in rows):
        row = next(row for row in rows if is_array(row))
        return row.__refuse__("np.lexsort of keys of several axes cannot be recorded; sort each line")
    order = np.lexsort([values_of(row, "np.lexsort") for row in rows])
    for i, j in pairwise(order.tolist()):
        for row in reversed(rows):
            if bool(row[i] < row[j]):
                break
    return order


def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> tuple[Any, Any]:
    """``np.histogram``: the counts are constant but where a value passes an edge."""
    a = np.reshape(stacked(a), -1)
    edges = _edges(a, bins, range)
    values, places = values_of(a, "np.histogram"), values_of(edges, "np.histogram")
    count = len(places) - 1
    members: list[list[int]] = [[] for _ in places[1:]]
    for k, value in enumerate(values):
        here = min(int(np.searchsorted(places, value, "right")) - 1, count - 1)
        inside = here >= 0 and value <= places[-1]
        if inside:
            members[here].append(k)
        for edge in {here, here + 1} & {*np.arange(count + 1).tolist()}:
            bool(a[k] >= edges[edge])
    if weights is None:
        found: Any = np.array([len(group) for group in members], dtype=np.intp)
    else:
        weights = np.reshape(stacked(weights), -1)
        sums = [sum((weights[k] for k in group), 0.0) for group in members]
        found = np.stack([part + 0.0 * np.sum(weights) for part in sums]) if is_array(weights) else np.array(sums)
    if density:
        found = found / np.diff(edges) / np.sum(found)
    return found, edges


def _edges(a: Any, bins: Any, limits: Any) -> Any:
    if isinstance(bins, str):
        return a.__refuse__(f"np.histogram with bins={bins!r} chooses by values; give a number of bins or their edges")
    if not isinstance(bins, (int, np.integer)):
        return stacked(bins)
    low, high = (np.min(a), np.max(a)) if limits is None else limits
    if not is_traced((low, high)):
        return np.linspace(low, high, int(bins) + 1)
    inner = [low + (high - low) * (k / int(bins)) for k in range(1, int(bins))]
    return np.stack([low, *inner, high])


def choices() -> dict[Any, Any]:
    """Replacements of NumPy's functions, by the original."""
    functions = (unique, lexsort, histogram)
    return {(f := getattr(np, function.__name__)): _traced_or(f, function) for function in functions}


def _traced_or(plain: Any, traced: Any) -> Any:
    return lambda *args, **kwargs: (traced if is_traced((*args, *kwargs.values())) else plain)(*args, **kwargs)
