"""Python's own complex numbers as traced code sees them: ``complex(a, b)`` and the functions of ``cmath``."""

from __future__ import annotations

import cmath
from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.frontends.complex_parts import negative, paired, parts, summed
from dualgrad.frontends.host import Host, numbers, traced_or

_NAMES = "exp log10 sqrt sin cos tan sinh cosh tanh".split()


def number(real: Any = 0.0, imag: Any = 0.0) -> Any:
    """``complex(real, imag)``; either may be complex itself."""
    (a, b), (c, d) = map(parts, numbers((real, imag)))
    return paired(summed(a, negative(d)), summed(b, c))


def of_cmath(host: Host) -> dict[Any, Any]:
    """Replacements of the functions of ``cmath``, by the original."""
    functions: dict[str, Callable[..., Any]] = {name: _of_one(getattr(np, name)) for name in _NAMES}
    functions |= {
        "log": lambda z, *base: np.log(number(z)) / np.log(*base) if base else np.log(number(z)),
        "phase": _of_one(np.angle),
        "polar": lambda z: (np.abs(number(z)), np.angle(number(z))),
        "rect": lambda r, phi: number(r * np.cos(phi), r * np.sin(phi)),
    }
    return {
        getattr(cmath, name): traced_or(getattr(cmath, name), _careful(host, name, function))
        for name, function in functions.items()
    }


def _of_one(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda z: function(number(z))


def _careful(host: Host, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def careful(*args: Any) -> Any:
        host.may_raise(f"cmath.{name}")
        return function(*args)

    return careful
