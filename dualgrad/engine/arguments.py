"""What the transforms are given and what the function returns, looked at before anything runs on it.

Each error names the transform and the argument, what was got, what was expected, and what to do.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dualgrad.engine.tensor import Tensor, owned


def require_function(asked: str, f: Any) -> Callable[..., Any]:
    """The function itself; TypeError where it cannot be called."""
    if callable(f):
        return f  # type: ignore[no-any-return]
    written = f"dualgrad.{asked}(f, ...)" if asked in ("vjp", "jvp") else f"dualgrad.{asked}(f)(x)"
    raise TypeError(
        f"dualgrad.{asked}: f is {described(f)}, expected a function. Write {written}; "
        f"for the gradient of a tensor use dualgrad.autograd.grad"
    )


def positions(asked: str, f: Callable[..., Any], args: Sequence[Any], argnums: int | Sequence[int]) -> list[int]:
    """The arguments to differentiate in, counted from the front."""
    chosen = list(argnums) if isinstance(argnums, (tuple, list, range)) else [argnums]
    return [_position(asked, f, len(args), number) for number in chosen]


def _position(asked: str, f: Callable[..., Any], count: int, number: Any) -> int:
    if not count:
        raise TypeError(
            f"dualgrad.{asked}: {name_of(f)} was called without a positional argument, expected at least one. "
            f"Give what is to be differentiated by position, not by keyword"
        )
    try:
        place = operator.index(number)
    except TypeError:
        raise TypeError(
            f"dualgrad.{asked}: argnums holds {described(number)}, expected positions, as in (0, 1)"
        ) from None
    if not -count <= place < count:
        given = "1 positional argument" if count == 1 else f"{count} positional arguments"
        raise ValueError(
            f"dualgrad.{asked}: argnums={number}, but {name_of(f)} was called with {given}. "
            f"Count them from 0, and give what is to be differentiated by position"
        )
    return place % count


def argument(asked: str, f: Callable[..., Any], position: int, value: Any) -> Tensor:
    """An argument as a tensor."""
    try:
        return owned(value._data if isinstance(value, Tensor) else value)
    except (TypeError, ValueError):
        raise TypeError(
            f"dualgrad.{asked}: argument {position} of {name_of(f)} is {described(value)}, expected a tensor, an array "
            f"or a number. Pass others by keyword, or name the arguments to differentiate in with argnums"
        ) from None


def result(asked: str, f: Callable[..., Any], out: Any) -> Tensor:
    """What f returned, as a tensor."""
    if isinstance(out, Tensor):
        return out
    if out is None:
        hint = "Does it end without a return?"
    elif isinstance(out, (tuple, list, dict)):
        hint = "Return one of them, or what combines them: their sum, or dualgrad.stack(...)"
    else:
        try:
            return Tensor(out)
        except (TypeError, ValueError):
            hint = "Return what the operations on its arguments gave"
    raise TypeError(
        f"dualgrad.{asked}: {name_of(f)} returned {described(out)}, expected one tensor, array or number. {hint}"
    )


def typed(value: Any, dtype: Any) -> Tensor:
    """A cotangent or tangent as a tensor of this dtype; a complex one is not made real."""
    known = hasattr(value, "extents") or (dtype.kind != "c" and np.iscomplexobj(value))
    return owned(value if known else np.asarray(value, dtype))


def described(value: Any) -> str:
    """A value in a few words, for a message.

    >>> described(3), described(None), described((1, 2)), described("yes")
    ('3 (an int)', 'None', 'a tuple of 2', "'yes' (a str)")
    """
    if value is None:
        return "None"
    kind = type(value).__name__
    a = "an" if kind[0] in "aeiou" else "a"
    if isinstance(value, (tuple, list, dict, set)):
        return f"{a} {kind} of {len(value)}"
    if isinstance(value, (int, float, complex, str)):
        return f"{value!r} ({a} {kind})"
    shape = getattr(value, "shape", None)
    return f"{a} {kind}" if shape is None else f"{a} {kind} of dtype {getattr(value, 'dtype', '?')} and shape {shape}"


def name_of(f: Callable[..., Any]) -> str:
    """The function's name; "f" where it has none of its own."""
    name = getattr(f, "__name__", "f")
    return "f" if name == "<lambda>" else str(name)
