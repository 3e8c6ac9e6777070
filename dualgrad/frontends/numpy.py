"""The tracing counterparts of what NumPy's protocols do not reach: the table by which functions are copied."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from dualgrad.frontends import counting
from dualgrad.frontends.checks import questions
from dualgrad.frontends.choosing import choices
from dualgrad.frontends.composing import compositions, listings, vectorizing
from dualgrad.frontends.host import Host
from dualgrad.frontends.making import constructors
from dualgrad.frontends.python import mathematics, python_functions, unfollowed
from dualgrad.frontends.rewire import Rewiring
from dualgrad.frontends.scipy import scipy_functions
from dualgrad.frontends.sparse import sparse_functions
from dualgrad.frontends.stats import distributions
from dualgrad.frontends.trace import Trace
from dualgrad.frontends.transforms import transforms
from dualgrad.frontends.ufuncs import ufuncs
from dualgrad.op import BY_NUMPY

_Group = Callable[[], Mapping[Any, Any]]  # makes replacements, by the original

_OPTIONAL = (
    "scipy._lib._array_api", "scipy._lib.array_api_extra", "scipy.fft", "scipy.integrate", "scipy.linalg",
    "scipy.spatial.distance", "scipy.special", "scipy.stats", "scipy.sparse", "scipy.sparse.linalg",
)  # fmt: skip
_Places = tuple[dict[int, tuple[Any, int]], tuple[str, ...]]  # the group of each original, the names of built-in ones
_known: dict[tuple[Any, ...], _Places] = {}


def rewiring(trace: Trace, wrap: Callable[[Any], Any] | None = None) -> Rewiring:
    """The copies that one trace uses.

    ``wrap`` is what traced code sees of an array that it makes (``np.zeros(n)``): the tracer where it is None, or
    ``wrap(tracer)``, as the engine's ``Tensor`` where the code runs on tensors.
    """
    host = Host(trace) if wrap is None else Host(trace, wrap)
    groups: tuple[_Group, ...] = (
        ufuncs,
        lambda: listings(len(BY_NUMPY)),
        partial(compositions, host),
        partial(constructors, host),
        partial(python_functions, host),
        partial(mathematics, host),
        partial(unfollowed, host),
        partial(questions, host),
        choices,
        counting.choices,
        distributions,
        lambda: sparse_functions(trace.refuse),
        lambda: scipy_functions(lambda: wires.translate(np)),
        transforms,
    )
    table = _Replacements(groups)
    wires = Rewiring(table, trace.refuse, table.builtins, vectorizing(host), for_every_call=not trace.concrete)
    return wires


class _Replacements(Mapping[int, tuple[Any, Any]]):
    """Originals and their replacements, by the id of the original; a group is made when one of it is asked for.

    A recording asks for few of the hundreds that there are.
    """

    def __init__(self, groups: Sequence[_Group]) -> None:
        self._groups = groups
        self._made: dict[int, Mapping[Any, Any]] = {}
        self._places, self.builtins = _places_in(groups)

    def __getitem__(self, key: int) -> tuple[Any, Any]:
        original, group = self._places[key]
        if group not in self._made:
            self._made[group] = self._groups[group]()
        return original, self._made[group][original]

    def get(self, key: int, default: Any = None) -> Any:
        """As for any mapping."""
        return self[key] if key in self._places else default

    def __contains__(self, key: object) -> bool:
        return key in self._places

    def __iter__(self) -> Iterator[int]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _places_in(groups: Sequence[_Group]) -> _Places:
    """Which group replaces what, the last that does; found out anew where SciPy or another op came in."""
    key = (len(BY_NUMPY), *(name in sys.modules for name in _OPTIONAL))
    if key not in _known:
        places = {id(original): (original, n) for n, group in enumerate(groups) for original in group()}
        _known[key] = places, tuple(name for name, value in vars(builtins).items() if id(value) in places)
    return _known[key]
