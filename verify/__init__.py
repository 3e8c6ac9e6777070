"""Verify gradients: proved right, refuted with a counterexample, or undecided with the reason.

``check`` answers for one function, ``assert_gradient`` raises where the answer is not good enough, and ``case``
registers a function for ``verify run``.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from verify.case import case
from verify.verdict import Result, Verdict

if TYPE_CHECKING:
    from verify.check import assert_gradient, check

__all__ = ["Result", "Verdict", "assert_gradient", "case", "check"]

# A mark that this file is ours: another distribution owns the name on the package index and would overwrite it.
__distribution__ = "dualgrad"

_LAZY = frozenset({"assert_gradient", "check"})


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'verify' has no attribute {name!r}")
    return getattr(import_module("verify.check"), name)


def __dir__() -> list[str]:
    return sorted(__all__)


class _Package(ModuleType):
    """Importing the module ``verify.check`` must not put it in place of the function ``verify.check``."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _LAZY and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
