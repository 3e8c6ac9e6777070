"""The tracing counterparts of what NumPy's protocols do not reach: the table by which functions are copied."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.array import public
from dualgrad.frontends.composing import compositions, vectorizing
from dualgrad.frontends.host import Host, is_traced, traced_or
from dualgrad.frontends.making import constructors
from dualgrad.frontends.python import python_functions
from dualgrad.frontends.rewire import Rewiring
from dualgrad.frontends.trace import Trace


def rewiring(trace: Trace, wrap: Callable[[Any], Any] | None = None) -> Rewiring:
    """The copies that one trace uses.

    ``wrap`` is what traced code sees of an array that it makes (``np.zeros(n)``): the tracer where it is None, or
    ``wrap(tracer)``, as the engine's ``Tensor`` where the code runs on tensors.
    """
    host = Host(trace) if wrap is None else Host(trace, wrap)
    replaced = {**compositions(host), **constructors(host), **python_functions(host), **_scipy()}
    return Rewiring({id(a): (a, b) for a, b in replaced.items()}, trace.refuse, vectorizing(host))


def _scipy() -> dict[Any, Any]:
    """SciPy's own array-API plumbing, where SciPy is loaded: its functions then run on tracers as they stand."""
    library = sys.modules.get("scipy._lib._array_api")
    if library is None:
        return {}
    found: dict[Any, Any] = {}
    if hasattr(library, "array_namespace"):
        found[library.array_namespace] = lambda *arrays, **_: (
            np if any(map(is_traced, arrays)) else library.array_namespace(*arrays)
        )
    if hasattr(library, "xp_promote"):
        found[library.xp_promote] = _xp_promote(library.xp_promote)
    return found | _special()


def _special() -> dict[Any, Any]:
    """Functions of scipy.special that are written in Python, as the ops that they are."""
    special = sys.modules.get("scipy.special")
    functions = public()
    return {
        getattr(special, name): traced_or(getattr(special, name), functions[name])
        for name in ("logsumexp", "softmax", "log_softmax", "xlogy")
        if special is not None and name in functions
    }


def _xp_promote(original: Callable[..., Any]) -> Callable[..., Any]:
    def promote(*args: Any, **kwargs: Any) -> Any:
        if not any(map(is_traced, args)):
            return original(*args, **kwargs)
        return args[0] if len(args) == 1 else args

    return promote
