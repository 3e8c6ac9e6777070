"""dualgrad: automatic differentiation with a mirror.

Tensors record the operations that run on them; ``backward`` reads gradients off that record, and ``mirror``
reads the same record as a formula.
"""

from __future__ import annotations

from typing import Any

from dualgrad import autograd, fft, func, linalg, random, special
from dualgrad._version import __version__
from dualgrad.array import public as _public
from dualgrad.engine.checkpoint import checkpoint
from dualgrad.engine.factories import arange, eye, full, linspace, manual_seed, ones, rand, randn, tensor, zeros
from dualgrad.engine.modes import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from dualgrad.engine.structured import grad, hessian, hvp, jacobian, jvp, value_and_grad, vhp, vjp
from dualgrad.engine.tensor import Tensor, Variable

__all__ = [  # noqa: RUF022  (in the order in which one meets them)
    "__version__",
    "Tensor",
    "Variable",
    "tensor",
    "zeros",
    "ones",
    "full",
    "eye",
    "arange",
    "linspace",
    "rand",
    "randn",
    "no_grad",
    "enable_grad",
    "inference_mode",
    "set_grad_enabled",
    "is_grad_enabled",
    "grad",
    "value_and_grad",
    "vjp",
    "jvp",
    "hvp",
    "vhp",
    "jacobian",
    "hessian",
    "checkpoint",
    "compile",
    "autograd",
    "fft",
    "func",
    "linalg",
    "random",
    "manual_seed",
    "special",
]

_OPS = {name: function for name, function in _public().items() if name not in __all__}
globals().update(_OPS)
__all__ += list(_OPS)


def __getattr__(name: str) -> Any:
    """``compile``, which few need; or an op that was registered after the import, as a user's own is."""
    if name == "compile":
        from dualgrad.replay.compiled import compile

        return compile
    found = _public().get(name)
    if found is None:
        raise AttributeError(f"module 'dualgrad' has no attribute {name!r}{_meant(name)}")
    return found


def __dir__() -> list[str]:
    return sorted({*__all__, *_public()})


def _meant(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, __dir__(), 1)
    return f". Did you mean {close[0]!r}?" if close else "; dir(dualgrad) lists what it has"
