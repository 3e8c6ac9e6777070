"""A batch: cases as data, and the function that any executor, here or on another machine, is given to run them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from verify.execute.messages import Json
from verify.execute.supervisor import Limits, Supervisor


@dataclass(frozen=True)
class Batch:
    """Requests, each a target with the key and seed of a case, and the limits that hold for each of them."""

    requests: tuple[Json, ...]
    limits: Limits


_of_thread = threading.local()


def run_batch(batch: Batch) -> tuple[Json, ...]:
    """What became of each request of a batch, run here in processes of their own."""
    with _supervisor(batch.limits) as supervisor:
        return tuple(supervisor.ask(request) for request in batch.requests)


@contextmanager
def _supervisor(limits: Limits) -> Iterator[Supervisor]:
    kept: Supervisor | None = getattr(_of_thread, "supervisor", None)
    if kept is not None:
        yield kept
        return
    own = Supervisor(limits)
    try:
        yield own
    finally:
        own.close()


class Local(ThreadPoolExecutor):
    """Threads of this process, each with a supervisor that it keeps from batch to batch; all have these limits."""

    def __init__(self, jobs: int, limits: Limits) -> None:
        self._supervisors: list[Supervisor] = []
        super().__init__(jobs, "verify", self._open, (limits,))

    def _open(self, limits: Limits) -> None:
        _of_thread.supervisor = Supervisor(limits)
        self._supervisors.append(_of_thread.supervisor)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End as the executor does; where what is left is cancelled, also what runs."""
        if cancel_futures:
            super().shutdown(wait=False, cancel_futures=True)
            self._close()
        super().shutdown(wait, cancel_futures=cancel_futures)
        self._close()

    def _close(self) -> None:
        for supervisor in list(self._supervisors):
            supervisor.close()
