"""A keeper: forks workers, holds them to their limits, and judges their answers. No code of a target runs here."""

from __future__ import annotations

import gc
import os
import re
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from verify.execute.limits import (
    adopt_orphans,
    end_with_parent,
    family,
    held,
    hold_more,
    kill_group,
    kill_others,
    limit_memory,
    others,
)
from verify.execute.messages import SECRET, Channel, Closed, Garbled, Json
from verify.execute.watch import Changed, remember
from verify.execute.worker import serve
from verify.suite import writable

CASES_EACH = 50  # before a worker is replaced
PROCESSES = 64  # of a case
TICK = 0.1  # seconds between two looks at a worker's memory
NAMED = 3  # changes of the library
SHOWN = 8192  # bytes that are kept of what a case prints
_DEATH = 0.5  # seconds that a worker which closed its end has to end
_FRAME = re.compile(r'File "([^"]+)", line (\d+)')


@dataclass
class _Worker:
    """A child with the target that it has loaded."""

    pid: int
    target: str
    channel: Channel
    output: int
    ending: int  # readable when the child ends, -1 where the system has no such thing
    cases: int = 0
    printed: bytes = b""

    def drain(self) -> None:
        with suppress(BlockingIOError):
            self.printed = (self.printed + os.read(self.output, 1 << 16))[-SHOWN:]

    def ended(self) -> int | None:
        """Its wait status, where it has ended."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        return status if pid else None


class Keeper:
    """Runs one request after the other, each in a worker, until the asking side closes."""

    def __init__(self, asked: Channel, memory: int, isolation: str) -> None:
        self._asked, self._memory, self._isolation = asked, memory, isolation
        self._most = held() + (memory << 20)
        self._worker: _Worker | None = None
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
        answer = self._once(request)
        if answer["outcome"] == "killed":  # by nobody here, so by the system or a person: no fault of the case
            answer = self._once(request)
        if answer["outcome"] == "killed":
            answer = {"outcome": "crashed", "reason": "the case was killed by signal 9 (SIGKILL), twice"}
        return answer

    def _once(self, request: Json) -> Json:
        worker = self._ready(request["target"])
        answer = self._heard(worker, request)
        left = others(worker.pid)
        strange = answer.pop("left", True) or left or answer.get("changed")
        if strange or self._isolation == "case" or worker.cases >= CASES_EACH:
            self._end()
        return self._no_memory() if answer.get("outcome") == "memory" else _weighed(answer)

    # ------------------------------------------------------------------------ one worker

    def _ready(self, target: str) -> _Worker:
        worker = self._worker
        if worker is None or worker.target != target:  # a target's modules must not be those of another
            self._end()
            self._worker = worker = self._forked(target)
        worker.cases += 1
        return worker

    def _forked(self, target: str) -> _Worker:
        ours, theirs = socket.socketpair()
        output, printing = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                ours.close()
                self._asked.close()
                _enter(printing, self._memory)
                serve(theirs, self._changed)
            except Closed:
                os._exit(0)
            except BaseException:
                sys.excepthook(*sys.exc_info())
            os._exit(70)
        theirs.close()
        os.close(printing)
        os.set_blocking(output, False)
        ending = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else -1
        return _Worker(pid, target, Channel(ours), output, ending)

    def _end(self) -> None:
        """Kill the worker and whatever descends from it."""
        worker, self._worker = self._worker, None
        if worker is not None:
            kill_group(worker.pid)
            worker.channel.close()
            for descriptor in (worker.output, worker.ending):
                if descriptor >= 0:
                    os.close(descriptor)
        kill_others()

    # ------------------------------------------------------------------------ one request

    def _heard(self, worker: _Worker, request: Json) -> Json:
        """What the worker answers, or what became of it instead."""
        secret, worker.printed = os.urandom(SECRET), b""
        try:
            worker.channel.send(secret, request)
        except Closed:
            return self._ended(worker)
        seconds, what = request["loading"], "loading the target"
        until = time.monotonic() + seconds
        while True:
            try:
                found = self._awaited(worker, min(TICK, max(0.0, until - time.monotonic())))
            except Closed:
                return self._ended(worker)
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

    def _awaited(self, worker: _Worker, seconds: float) -> tuple[bytes, Json] | None:
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

    def _ended(self, worker: _Worker) -> Json:
        """What a worker came to that closed its end."""
        until = time.monotonic() + _DEATH
        while (status := worker.ended()) is None:
            if time.monotonic() > until:
                return _unreadable("it closed the connection over which it is sent")
            time.sleep(0.005)
        with suppress(OSError):
            worker.drain()
        if not os.WIFSIGNALED(status):
            code = os.WEXITSTATUS(status)
            return {"outcome": "exited", "reason": f"the case ended its process, with exit code {code}"}
        number = os.WTERMSIG(status)
        if number == signal.SIGKILL:
            return {"outcome": "killed"}
        name = signal.Signals(number).name if number in set(signal.Signals) else "unknown"
        return {"outcome": "crashed", "reason": f"the case ended by signal {number} ({name}){_place(worker)}"}

    def _no_memory(self) -> Json:
        return {"outcome": "memory", "reason": f"memory ran out: the case may take {self._memory} MB"}


def _unreadable(why: str) -> Json:
    return {"outcome": "unreadable", "reason": f"no result came from the case: {why}"}


def _place(worker: _Worker) -> str:
    """The line of the target at which it crashed, as far as that was printed."""
    frames = _FRAME.findall(worker.printed.decode("utf-8", "replace"))
    here = [(file, line) for file, line in frames if file == worker.target.partition(":")[0]] or frames
    return f" at {os.path.basename(here[0][0])}:{here[0][1]}" if here else ""


def _enter(printing: int, memory: int) -> None:
    """Become a worker: a group of its own, nothing to read, what is printed goes to the keeper, limits set."""
    os.setsid()
    end_with_parent()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(printing, 1)
    os.dup2(printing, 2)
    os.close(nothing)
    os.close(printing)
    limit_memory(memory)


def _weighed(answer: Json) -> Json:
    """An answer as it counts: a result is judged here, and what came from a changed library is none."""
    from verify.execute.judge import judged  # which loads all that a check needs

    try:
        if "cases" in answer:
            return {"outcome": "done", "cases": answer["cases"]}
        if answer["outcome"] != "done":
            return {name: answer[name] for name in ("outcome", "reason", "empty") if name in answer}
        if answer["changed"]:
            changed = ", ".join(answer["changed"][:NAMED])
            return _unreadable(f"it changed {changed}, so what was found counts for nothing")
        result = writable(judged(answer["result"]).to_json())
        return {"outcome": "done", "result": result, "seconds": answer["seconds"], "peak": answer["peak"]}
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
