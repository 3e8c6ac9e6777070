"""A keeper: forks workers, holds them to their limits, and judges their answers. No code of a target runs here."""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import time
from contextlib import suppress

import numpy as np

from verify.execute.child import FAILED, Child, forked
from verify.execute.limits import adopt_orphans, family, held, hold_more, kill_others, limit_memory, others
from verify.execute.messages import SECRET, Channel, Closed, Garbled, Json
from verify.execute.watch import Changed, remember
from verify.execute.worker import serve
from verify.runs.suite import OUTCOMES, writable

CASES_EACH = 100  # before a worker is replaced
PROCESSES = 64  # of a case
TICK = 0.1  # seconds between two looks at a worker's memory
NAMED = 3  # changes of the library
LOADING = "loading the target"
KILLED: Json = {}  # in place of an answer
_DEATH = 0.5  # seconds that a worker which closed its end has to end


class Keeper:
    """Runs one request after the other, each in a worker, until the asking side closes."""

    def __init__(self, asked: Channel, memory: int, isolation: str) -> None:
        self._asked, self._memory, self._isolation = asked, memory, isolation
        self._most = held() + (memory << 20)
        self._worker: Child | None = None
        self._changed: Changed = remember()

    def serve(self) -> None:
        """Answer until the other side closes; then nothing that was started is left."""
        self._asked.send(bytes(SECRET), {"ready": True})
        with suppress(Closed):
            while True:
                secret, request = self._asked.receive()
                answer = self._answer(request)
                self._asked.send(secret, answer)
        self._end()

    def _answer(self, request: Json) -> Json:
        for _ in range(2):
            answer = self._once(request)
            if answer is not KILLED:  # by nobody here, so by the system or a person: no fault of the case
                return answer
        return {"outcome": "crashed", "reason": "the case was killed by signal 9 (SIGKILL), twice"}

    def _once(self, request: Json) -> Json:
        worker = self._ready(request["target"])
        answer = self._heard(worker, request)
        left = others(worker.pid)
        strange = answer.get("left", True) or left or answer.get("changed")
        if strange or self._isolation == "case" or worker.cases >= CASES_EACH:
            self._end()
        if answer is KILLED:
            return answer
        return self._no_memory() if answer.get("outcome") == "memory" else _weighed(answer)

    # ------------------------------------------------------------------------ one worker

    def _ready(self, target: str) -> Child:
        worker = self._worker
        if worker is None or worker.target != target:  # a target's modules must not be those of another
            self._end()
            self._worker = worker = forked(target, self._serve)
        worker.cases += 1
        return worker

    def _end(self) -> None:
        """Kill the worker and whatever descends from it."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()
        kill_others()

    def _serve(self, end: socket.socket) -> None:
        """What a worker does with its end of the socket, once it is forked."""
        self._asked.close()
        limit_memory(self._memory)
        serve(end, self._changed)

    # ------------------------------------------------------------------------ one request

    def _heard(self, worker: Child, request: Json) -> Json:
        """What the worker answers, or what became of it instead."""
        secret, worker.printed = os.urandom(SECRET), b""
        try:
            worker.channel.send(secret, request)
        except Closed:
            return self._ended(worker, "the case")
        seconds, what = request["loading"], LOADING
        until = time.monotonic() + seconds
        while True:
            try:
                found = self._awaited(worker, min(TICK, max(0.0, until - time.monotonic())))
            except Closed:
                return self._ended(worker, what)
            except Garbled as error:
                return _unreadable(f"something else was sent in its place: {error}")
            if found is not None and found[0] != secret:
                return _unreadable("something else was sent in its place")
            if found is not None and "loaded" not in found[1]:
                return found[1]
            if found is not None:
                seconds, what = request["timeout"], "the case"
                until = time.monotonic() + seconds
            elif time.monotonic() >= until:
                return {
                    "outcome": "timeout",
                    "reason": f"time ran out: {what} took more than {seconds:g} s and was stopped",
                }
            else:
                processes = family(worker.pid)
                if len(processes) > PROCESSES:
                    return {"outcome": "crashed", "reason": f"the case started more than {PROCESSES - 1} processes"}
                if hold_more(processes, self._most):
                    return self._no_memory()

    def _awaited(self, worker: Child, seconds: float) -> tuple[bytes, Json] | None:
        """A message of the worker, where one comes in this time; ``Closed`` where none can come any more."""
        sources = [self._asked.fileno(), worker.channel.fileno(), worker.output, worker.ending]
        ready, _, _ = select.select([source for source in sources if source >= 0], [], [], seconds)
        if self._asked.fileno() in ready:  # nothing is asked before the answer: the other side is gone
            self._end()
            os._exit(0)
        if worker.output in ready:
            worker.drain()
        found = worker.channel.arrived()
        if found is None and worker.ending in ready and worker.channel.fileno() not in ready:
            raise Closed
        return found

    def _ended(self, worker: Child, what: str) -> Json:
        """What a worker came to that closed its end while it did this."""
        until = time.monotonic() + _DEATH
        while (status := worker.ended()) is None:
            if time.monotonic() > until:
                return _unreadable("it closed the connection over which it is sent")
            time.sleep(0.005)
        with suppress(OSError):
            worker.drain()
        if not os.WIFSIGNALED(status):
            code = os.WEXITSTATUS(status)
            if code == FAILED and b"MemoryError" in worker.printed:  # too little is left even to say so
                return self._no_memory()
            return {"outcome": "exited", "reason": f"{what} ended its process, with exit code {code}"}
        number = os.WTERMSIG(status)
        if number == signal.SIGKILL:
            return KILLED
        name = signal.Signals(number).name if number in set(signal.Signals) else "unknown"
        return {"outcome": "crashed", "reason": f"{what} ended by signal {number} ({name}){worker.place()}"}

    def _no_memory(self) -> Json:
        return {"outcome": "memory", "reason": f"memory ran out: the case may take {self._memory} MB"}


def _unreadable(why: str) -> Json:
    return {"outcome": "unreadable", "reason": f"no result came from the case: {why}"}


def _listed(case: Json) -> Json:
    """A case as a target lists it, which is text but for its line."""
    return {name: int(value) if name == "line" else str(value) for name, value in case.items()}


def _weighed(answer: Json) -> Json:
    """An answer as it counts: a result is judged here, and what came from a changed library is none."""
    from verify.execute.judge import judged  # which loads all that a check needs

    try:
        if "cases" in answer:
            return {"outcome": "done", "cases": [_listed(case) for case in answer["cases"]]}
        if answer["outcome"] != "done":
            outcome = OUTCOMES[OUTCOMES.index(answer["outcome"])]
            return {"outcome": outcome, "reason": str(answer["reason"]), "empty": answer.get("empty") is True}
        if answer["changed"]:
            changed = ", ".join(answer["changed"][:NAMED])
            return _unreadable(f"it changed {changed}, so what was found counts for nothing")
        result = writable(judged(answer["result"]).to_json())
        return {"outcome": "done", "result": result, "seconds": float(answer["seconds"]), "peak": int(answer["peak"])}
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        return _unreadable(f"what was sent is none: {type(error).__name__}: {error}")


def main(descriptor: int, memory: int, isolation: str, checks: bool) -> None:
    """Be a keeper on this socket; for checks with everything loaded that one needs."""
    adopt_orphans()
    if checks:
        from verify.check import check

        check(lambda x: (x * x).sum(), np.array([1.0, 2.0]), grad=lambda x: 2 * x).to_json()
    gc.collect()
    gc.freeze()
    Keeper(Channel(socket.socket(fileno=descriptor)), memory, isolation).serve()
