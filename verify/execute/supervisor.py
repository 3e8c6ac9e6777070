"""The side that asks: starts a keeper, waits for its answers no longer than they can take, starts it anew when lost."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from verify.execute.messages import SECRET, Channel, Closed, Garbled, Json
from verify.execute.surroundings import environment
from verify.runs.suite import INTERRUPTED

STARTS = 3  # attempts, before it is said that it cannot be started
KILLS = 30  # attempts that somebody else ends, which is no fault of the keeper
STARTING = 120.0  # seconds
GRACE = 60.0  # seconds a keeper may take longer than the limits that it holds its worker to, twice over
ENDING = 10.0  # seconds
_MAIN = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from verify.execute.keeper import main; main({})"


class NotStarted(Exception):
    """Processes for cases cannot be started here; the message says why."""


@dataclass(frozen=True)
class Limits:
    """What a case may take, and how its processes are used."""

    timeout: float = 30.0  # seconds a case
    memory: int = 2048  # MB, beyond what a worker takes itself
    isolation: str = "worker"  # or "case": a process for every case
    loading: float = 60.0  # seconds that the import of a target may take
    checks: bool = True  # whether cases are checked, and not only collected
    folder: str = ""  # where relative names start; here, where it is empty or not there


class Supervisor:
    """One keeper as seen from outside. One thread asks; any thread may close."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._socket: socket.socket | None = None
        self._errors: IO[bytes] | None = None
        self._closed = False

    def ask(self, request: Json) -> Json:
        """What became of the request, whatever that is; :class:`NotStarted` where there is no process to do it."""
        asked = request | {"timeout": self._limits.timeout, "loading": self._limits.loading}
        for _ in range(2):
            try:
                return self._once(asked)
            except (Closed, Garbled):
                self._drop()
                if self._closed:
                    return {"outcome": "not run", "reason": INTERRUPTED}
        return {"outcome": "crashed", "reason": "the process that watches over the case was killed twice"}

    def close(self) -> None:
        """End the keeper, its workers, and what these started."""
        self._closed = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)  # which a thread that waits for an answer also sees
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(ENDING)
        self._drop()

    def _once(self, request: Json) -> Json:
        channel = self._channel or self._start()
        secret = os.urandom(SECRET)
        channel.send(secret, request)
        returned, answer = _awaited(channel, 2 * (self._limits.loading + self._limits.timeout) + GRACE)
        if returned != secret:
            raise Garbled("an answer to another request")
        return answer

    def _start(self) -> Channel:
        said, failed, killed = "", 0, 0
        while failed < STARTS and killed < KILLS:
            if self._closed:
                raise Closed
            channel = self._spawn()
            try:
                _awaited(channel, STARTING)
            except (Closed, Garbled):
                said, by = self._last_words()
                failed, killed = (failed, killed + 1) if by == -signal.SIGKILL else (failed + 1, killed)
                self._drop()
            else:
                return channel
        raise NotStarted(f"no process can be started in which to run cases: {said or 'it ends without a word'}")

    def _spawn(self) -> Channel:
        self._socket, theirs = socket.socketpair()
        self._channel = channel = Channel(self._socket)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed in _drop
        folder = self._limits.folder if Path(self._limits.folder).is_dir() else None
        arguments = f"{theirs.fileno()}, {self._limits.memory}, {self._limits.isolation!r}, {self._limits.checks}"
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _MAIN.format(arguments), json.dumps(sys.path)],
            env=environment(os.environ),
            cwd=folder or None,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            start_new_session=True,  # an interrupt from the terminal is for us alone
        )
        theirs.close()
        return channel

    def _last_words(self) -> tuple[str, int | None]:
        """The last line that the keeper wrote, and its exit code."""
        if self._errors is None or self._process is None:
            return "", None
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return (lines[-1] if lines else ""), self._process.returncode

    def _drop(self) -> None:
        process, self._process = self._process, None
        channel, self._channel = self._channel, None
        errors, self._errors = self._errors, None
        if process is not None:
            process.kill()
            process.wait()
        if channel is not None:
            channel.close()
        if errors is not None:
            errors.close()


def _awaited(channel: Channel, seconds: float) -> tuple[bytes, Json]:
    """The next message; ``Closed`` where none comes in this time."""
    until = time.monotonic() + seconds
    while (found := channel.arrived()) is None:
        try:
            ready, _, _ = select.select([channel.fileno()], [], [], max(0.0, until - time.monotonic()))
        except (OSError, ValueError) as error:  # closed by another thread
            raise Closed from error
        if not ready:
            raise Closed
    return found
