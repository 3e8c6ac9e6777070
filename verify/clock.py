"""Time limits on calls of user code, within the alarm that bounds the whole check."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from typing import Any

AGAIN = 0.2  # seconds after which a block that caught the exception is interrupted again


class Slow(Exception):
    """A call did not return in time."""


class _Rung(BaseException):
    """Raised by the timer inside user code; not an Exception, so that user code does not catch it by accident."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Interrupt the block after so many seconds with :class:`Slow`, where a longer alarm is set already.

    Without one (in another thread, or where the caller uses the timer itself) the block runs freely.
    """
    mine = threading.current_thread() is threading.main_thread() and hasattr(signal, "getitimer")
    left, again = signal.getitimer(signal.ITIMER_REAL) if mine else (0.0, 0.0)
    if seconds == inf or seconds >= left:
        yield
        return
    rung: list[float] = []

    def ring(*_: Any) -> None:
        # Again only after work of this process: not while the first exception is on its way to the handler below.
        if not rung or time.process_time() - rung[-1] > AGAIN / 2:
            rung.append(time.process_time())
            raise _Rung

    before = signal.signal(signal.SIGALRM, ring)
    started = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    except (_Rung, SystemError) as error:  # compiled code turns what rings inside it into a SystemError
        if isinstance(error, SystemError) and not rung:
            raise
        raise Slow(f"it did not return within {seconds:.2g} s") from error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - started), 1e-3), again)
