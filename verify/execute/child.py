"""A forked process as the one that forked it sees it: its socket, what it prints, and how it ended."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from verify.execute.limits import end_with_parent, kill_group
from verify.execute.messages import Channel, Closed

SHOWN = 8192  # bytes that are kept of what it prints
FAILED = 70  # the exit code of one whose own code, and no case, fails
_FRAME = re.compile(r'File "([^"]+)", line (\d+)')


@dataclass
class Child:
    """A process of a group of its own, for the cases of one target."""

    pid: int
    target: str
    channel: Channel
    output: int
    ending: int  # readable when it ends, -1 where the system has no such thing
    cases: int = 0
    printed: bytes = b""

    def drain(self) -> None:
        """Read what it printed, and keep the end of it."""
        with suppress(BlockingIOError):
            self.printed = (self.printed + os.read(self.output, 1 << 16))[-SHOWN:]

    def ended(self) -> int | None:
        """Its wait status, where it has ended."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        return status if pid else None

    def place(self) -> str:
        """The line of the target at which it crashed, as far as that was printed."""
        frames = _FRAME.findall(self.printed.decode("utf-8", "replace"))
        here = [(file, line) for file, line in frames if file == self.target] or frames
        return f" at {os.path.basename(here[0][0])}:{here[0][1]}" if here else ""

    def close(self) -> None:
        """Kill it with its group; whoever forked it has still to wait for it."""
        kill_group(self.pid)
        self.channel.close()
        for descriptor in (self.output, self.ending):
            if descriptor >= 0:
                os.close(descriptor)


def forked(target: str, serve: Callable[[socket.socket], None]) -> Child:
    """Fork a child that serves at its end of a socket, with nothing to read and its output to us, and then ends."""
    ours, theirs = socket.socketpair()
    output, printing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            ours.close()
            _enter(printing)
            serve(theirs)
            os._exit(0)
        except Closed:
            os._exit(0)
        except BaseException:
            sys.excepthook(*sys.exc_info())
        os._exit(FAILED)
    theirs.close()
    os.close(printing)
    os.set_blocking(output, False)
    ending = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else -1
    return Child(pid, target, Channel(ours), output, ending)


def _enter(printing: int) -> None:
    os.setsid()
    end_with_parent()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(printing, 1)
    os.dup2(printing, 2)
    os.close(nothing)
    os.close(printing)
