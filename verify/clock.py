"""The clock of a check, and limits on calls of user code within the alarm that bounds the whole check.

It counts the processor time of the check's own thread: what else the machine does then changes no result. A call that
only waits uses none, so a part of the wall's time counts too.
"""

from __future__ import annotations

import gc
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from types import FrameType

WALL = 4.0  # seconds on the wall that count as one
SOON = 0.01  # seconds until the next look at the clock, at least
MOST_PUT_OFF = 40  # times; what goes on for longer may go on for ever
AGAIN = 0.2  # seconds after which a block that caught the exception is interrupted again


class Slow(Exception):
    """A call did not return in time."""


class _Rung(BaseException):
    """Raised by the timer inside user code; not an Exception, so that user code does not catch it by accident."""


_began: ContextVar[tuple[float, float]] = ContextVar("began", default=(0.0, time.monotonic()))
_put_off: list[float] = []  # when it rang where what is raised is swallowed, one time after the other
_rings: list[Callable[[], None]] = []  # what the timer calls, the innermost last: to set its handler takes longer


@contextmanager
def started() -> Iterator[None]:
    """Count from here on, in this context: a deadline is a value of :func:`now` in the same one."""
    token = _began.set(_both())
    try:
        yield
    finally:
        _began.reset(token)


def now() -> float:
    """Seconds of this thread's processor time since the check started, or those on the wall by WALL if these are more.

    >>> until = now() + 60
    >>> now() < until
    True
    """
    return _since(_began.get())


def longer(seconds: float) -> None:
    """Give the check that runs so many seconds more: its clock goes back, and every deadline lies further ahead.

    >>> with started():
    ...     longer(60)
    ...     now() < -59
    True
    """
    processor, wall = _began.get()
    _began.set((processor + seconds, wall + WALL * seconds))


def _both() -> tuple[float, float]:
    return time.thread_time(), time.monotonic()


def _since(began: tuple[float, float]) -> float:
    processor, wall = began
    return max(time.thread_time() - processor, (time.monotonic() - wall) / WALL)


def _dispatch(_: int, frame: FrameType | None) -> None:
    if not _rings:
        return
    if _is_swallowed(frame) and len(_put_off) < MOST_PUT_OFF:
        _put_off.append(now())
        signal.setitimer(signal.ITIMER_REAL, SOON, AGAIN)
        return
    _put_off.clear()
    _rings[-1]()


def _is_swallowed(frame: FrameType | None) -> bool:
    """Whether Python only prints what is raised there: in a finaliser, or a callback of the garbage collector."""
    callbacks = {getattr(callback, "__code__", None) for callback in gc.callbacks}
    while frame is not None:
        if frame.f_code in callbacks or frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False


@contextmanager
def _rung_by(ring: Callable[[], None]) -> Iterator[None]:
    """Have the timer call ``ring``."""
    before = signal.signal(signal.SIGALRM, _dispatch) if not _rings else None
    _rings.append(ring)
    try:
        yield
    finally:
        if before is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        _rings.pop()


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")


@contextmanager
def alarm(seconds: float, over: type[BaseException], again: float) -> Iterator[None]:
    """Raise ``over`` in the block after so many seconds of :func:`now`, and again while it goes on.

    Where no timer can be had (in another thread, or where the caller uses it) the block runs freely.
    """
    if not _in_main_thread() or signal.getitimer(signal.ITIMER_REAL)[0] or signal.getsignal(signal.SIGALRM) is None:
        yield
        return
    until = now() + seconds

    def ring() -> None:
        if now() >= until:
            raise over
        signal.setitimer(signal.ITIMER_REAL, max(until - now(), SOON), again)

    with _rung_by(ring):
        signal.setitimer(signal.ITIMER_REAL, seconds, again)
        yield


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Interrupt the block after so many seconds of :func:`now` with :class:`Slow`, where a longer alarm is set already.

    Without one (in another thread, or where the caller uses the timer itself) the block runs freely.
    """
    left, again = signal.getitimer(signal.ITIMER_REAL) if seconds != inf and _in_main_thread() else (0.0, 0.0)
    if seconds >= left:
        yield
        return
    rung: list[float] = []
    began = _both()

    def ring() -> None:
        rest = seconds - _since(began)
        if rest > 0:
            signal.setitimer(signal.ITIMER_REAL, max(rest, SOON), AGAIN)
            return
        # Again only after work of this process: not while the first exception is on its way to the handler below.
        if not rung or time.process_time() - rung[-1] > AGAIN / 2:
            rung.append(time.process_time())
            raise _Rung

    try:
        with _rung_by(ring):
            signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
            yield
    except (_Rung, SystemError) as error:  # compiled code turns what rings inside it into a SystemError
        if isinstance(error, SystemError) and not rung:
            raise
        raise Slow(f"it did not return within {seconds:.2g} s") from error
    finally:
        signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - began[1]), 1e-3), again)
