"""What a function calls the arrays that it takes from outside, so that formulas can call them that too."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from dualgrad.program.record import Variable


def outer_names(f: Callable[..., Any], captured: Mapping[Variable, np.ndarray[Any, Any]]) -> dict[Variable, str]:
    """The name under which ``f`` sees each captured array: in its closure, its module, its object or its partial.

    Arrays are found by what they hold; where two names hold the same, the first is taken.

    >>> B = np.array([1.0, 2.0])
    >>> def f(x):
    ...     return x @ B
    >>> outer_names(f, {"c1": B.copy()})
    {'c1': 'B'}
    """
    seen = list(_arrays(f))
    found: dict[Variable, str] = {}
    for variable, array in captured.items():
        for name, value in seen:
            if name not in found.values() and value.dtype == array.dtype and np.array_equal(value, array):
                found[variable] = name
                break
    return found


def _arrays(f: Any) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    for name, value in _outside(f):
        array = value if isinstance(value, np.ndarray) else getattr(value, "data", None)
        if isinstance(array, np.ndarray):
            yield name, array


def _outside(f: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(f, functools.partial):
        yield from f.keywords.items()
        yield from _outside(f.func)
    owner = getattr(f, "__self__", None)
    yield from getattr(owner, "__dict__", {}).items()
    code = getattr(f, "__code__", None)
    if code is not None:
        for name, cell in zip(code.co_freevars, f.__closure__ or (), strict=False):
            try:
                yield name, cell.cell_contents
            except ValueError:  # not yet assigned
                continue
        yield from ((name, f.__globals__[name]) for name in code.co_names if name in f.__globals__)
