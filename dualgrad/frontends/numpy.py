"""The tracing counterparts of what NumPy's protocols do not reach: the table by which functions are copied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.frontends.checks import questions
from dualgrad.frontends.composing import compositions, vectorizing
from dualgrad.frontends.host import Host
from dualgrad.frontends.making import constructors
from dualgrad.frontends.python import python_functions
from dualgrad.frontends.rewire import Rewiring
from dualgrad.frontends.scipy import scipy_functions
from dualgrad.frontends.stats import distributions
from dualgrad.frontends.trace import Trace


def rewiring(trace: Trace, wrap: Callable[[Any], Any] | None = None) -> Rewiring:
    """The copies that one trace uses.

    ``wrap`` is what traced code sees of an array that it makes (``np.zeros(n)``): the tracer where it is None, or
    ``wrap(tracer)``, as the engine's ``Tensor`` where the code runs on tensors.
    """
    host = Host(trace) if wrap is None else Host(trace, wrap)
    table: dict[int, tuple[Any, Any]] = {}
    wires = Rewiring(table, trace.refuse, vectorizing(host), for_every_call=not trace.concrete)
    replaced = {
        **compositions(host),
        **constructors(host),
        **python_functions(host),
        **questions(host),
        **distributions(),
        **scipy_functions(lambda: wires.translate(np)),
    }
    table.update((id(original), (original, replacement)) for original, replacement in replaced.items())
    return wires
