"""The engine's own gradient of a function, as a candidate like any other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

import dualgrad as dg
from dualgrad.frontends.numpy import rewiring
from dualgrad.frontends.trace import Trace
from verify.question.structure import fields_of, filled, is_complex, is_record, is_row, numbered, parted


def engine_gradient(
    f: Callable[..., Any], wrt: Sequence[int], watch: Callable[[Any, Sequence[Any]], None] | None = None
) -> Callable[..., Any]:
    """The function that runs f on Tensors and returns its ``.grad`` arrays for the arguments in ``wrt``.

    The gradient is that of the sum over all elements of all outputs. Arrays may be tracers: the backward
    pass is then recorded like any other program. ``watch`` is shown that sum and the arguments before it.
    """

    def gradient(*args: Any) -> Any:
        given = [as_tensor(arg, position in wrt) for position, arg in enumerate(args)]
        total: Any = 0.0
        for leaf in leaves(f(*given)):
            total = total + (leaf.sum() if hasattr(leaf, "sum") else leaf)
        if isinstance(total, dg.Tensor) and total.requires_grad:
            if watch is not None:
                watch(total, given)
            total.backward()
        return tuple(_grad_of(given[position]) for position in wrt)

    return gradient


def gradient_on_copies(f: Callable[..., Any], wrt: Sequence[int]) -> Callable[..., Any]:
    """The engine's gradient of a copy of f in which the arrays that f makes (``np.zeros(n)``) can hold tensors."""

    def gradient(*args: Any) -> Any:
        trace = Trace(concrete=True)
        wires = rewiring(trace, wrap=dg.Tensor)
        given = [
            trace.input(f"x{position}", np.asarray(arg)) if as_tensor(arg, False) is not arg else arg
            for position, arg in enumerate(args)
        ]
        found = wires.watched(engine_gradient(wires.translate(f), wrt), *given)
        return tuple(trace.value(part) for part in found)

    return gradient


def on_leaves(f: Callable[..., Any], structure: Sequence[Any]) -> Callable[..., Any]:
    """f as a function of the leaves of its arguments, which are structures of their numbers."""

    def function(*given: Any) -> Any:
        return f(*(filled(part, given) for part in structure))

    return function


def on_tensors(f: Callable[..., Any]) -> Callable[..., Any]:
    """f called with Tensors instead of arrays, also of those in dicts, lists and tuples."""

    def function(*args: Any) -> Any:
        return f(*map(_tensors_in, args))

    return function


def _tensors_in(value: Any) -> Any:
    if (isinstance(value, (Mapping, list, tuple)) or is_record(value)) and any(
        hasattr(leaf, "dtype") for leaf in leaves(value)
    ):
        made, _ = numbered(value)
        return filled(made, [as_tensor(leaf, False) for leaf in real_leaves(value)])
    return as_tensor(value, False)


def leaves(result: Any) -> Iterator[Any]:
    """The leaves of nested tuples, lists and dicts, in order; a list of numbers is an array."""
    if is_row(result):
        yield np.stack(
            [
                part if hasattr(part, "ndim") else np.array(part, complex if isinstance(part, complex) else float)
                for part in result
            ]
        )
        return
    if is_record(result):
        result = fields_of(result)
    if isinstance(result, Mapping):
        result = tuple(result.values())
    if isinstance(result, (tuple, list)):
        for part in result:
            yield from leaves(part)
    else:
        yield result


def real_leaves(result: Any) -> Iterator[Any]:
    """The leaves, where one of complex numbers is two: their real and their imaginary parts."""
    for leaf in leaves(result):
        yield from parted(leaf) if is_complex(leaf) else (leaf,)


def as_tensor(value: Any, requires_grad: bool) -> Any:
    """An array, tracer or float as a Tensor; anything else as it is."""
    if isinstance(value, (bool, int, str)) or (not hasattr(value, "dtype") and not isinstance(value, float)):
        return value
    return dg.Tensor(value, requires_grad=requires_grad)


def _grad_of(tensor: Any) -> Any:
    return tensor.data * 0.0 if tensor.grad is None else tensor.grad.data
