"""Faults of our own: told as such, and a reason to claim nothing, but none to stop what does not need what failed."""

from __future__ import annotations

import warnings


class Fault(RuntimeWarning):
    """Something in verify itself went wrong. What it could not do is not claimed."""


def told(what: str, error: Exception) -> str:
    """Warn of a fault, which ends a test, and return the sentence for a result.

    >>> with warnings.catch_warnings(record=True) as seen:
    ...     warnings.simplefilter("always")
    ...     print(told("the attempt to prove", IndexError("7")))
    the attempt to prove failed with IndexError: 7. This is a fault of verify and not of your code: please report it
    >>> seen[0].category is Fault
    True
    """
    said = f"{what} failed with {type(error).__name__}: {error}. This is a fault of verify and not of your code"
    said += ": please report it"
    warnings.warn(said, Fault, stacklevel=3)
    return said
