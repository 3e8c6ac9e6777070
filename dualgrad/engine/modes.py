"""Whether operations are being recorded (``no_grad``, ``enable_grad``, ``set_grad_enabled``), and with their lines."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextlib import ContextDecorator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

RECORDING, ANOMALY = 1, 2
_mode: ContextVar[int] = ContextVar("dualgrad_mode", default=RECORDING)
mode = _mode.get  # asked once an operation: a sum of the two
_PACKAGE = str(Path(__file__).parents[1])


def is_grad_enabled() -> bool:
    """True where operations on tensors that require a gradient are recorded."""
    return bool(mode() & RECORDING)


def is_anomaly_enabled() -> bool:
    """True within :class:`detect_anomaly`."""
    return bool(mode() & ANOMALY)


def _switch(what: int, on: bool) -> bool:
    """Set one of the two, and say what it was."""
    before = mode()
    _mode.set(before | what if on else before & ~what)
    return bool(before & what)


class detect_anomaly:
    """Within it a backward pass that gives NaN, or raises, names the operation and the line that ran it.

    >>> import dualgrad as dg
    >>> with dg.autograd.detect_anomaly():
    ...     y = dg.sqrt(dg.tensor(0.0, requires_grad=True)) * 0
    >>> y.backward()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    RuntimeError: Function 'SqrtBackward0' returned nan values in its 0th output...
    """

    def __init__(self) -> None:
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(_switch(ANOMALY, True))

    def __exit__(self, *exception: object) -> None:
        _switch(ANOMALY, self._before.pop())


def user_line() -> str:
    """The innermost line of code outside of this package and NumPy, as a traceback shows it."""
    frames = [frame for frame in traceback.extract_stack() if not frame.filename.startswith(_PACKAGE)]
    return traceback.format_list(frames[-1:])[0].rstrip() if frames else ""


class _Mode(ContextDecorator):
    """Sets the mode on entry and restores it on exit; may be nested, re-entered, and used as a decorator."""

    enabled: bool

    def __init__(self) -> None:
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(_switch(RECORDING, self.enabled))

    def __exit__(self, *exception: object) -> None:
        _switch(RECORDING, self._before.pop())

    def _recreate_cm(self) -> _Mode:
        return type(self)()


class _Switch(_Mode):
    """Works as ``@no_grad`` as well as ``@no_grad()``."""

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        return super().__new__(cls) if function is None else cls()(function)

    def __init__(self, function: Callable[..., Any] | None = None) -> None:
        super().__init__()


class no_grad(_Switch):
    """Within it nothing is recorded: results do not require a gradient.

    >>> import dualgrad as dg
    >>> x = dg.ones(2, requires_grad=True)
    >>> with dg.no_grad():
    ...     (x * 2).requires_grad
    False
    """

    enabled = False


inference_mode = no_grad


class enable_grad(_Switch):
    """Within it operations are recorded, also inside :class:`no_grad`."""

    enabled = True


class set_grad_enabled(_Mode):
    """Sets the mode at once; as a context manager, restores it on exit.

    >>> import dualgrad as dg
    >>> with dg.set_grad_enabled(False):
    ...     dg.is_grad_enabled()
    False
    """

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self.enabled = bool(mode)
        self._before.append(_switch(RECORDING, self.enabled))

    def __enter__(self) -> None:
        _switch(RECORDING, self.enabled)

    def __call__(self, function: Any) -> Any:
        _switch(RECORDING, self._before.pop())
        return (enable_grad if self.enabled else no_grad)(function)
