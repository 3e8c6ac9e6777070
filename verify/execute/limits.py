"""What the system enforces: memory, and that no process outlives what started it.

Linux is held to all of it. Elsewhere memory is limited as far as the system knows RLIMIT_AS, and a process that a case
has started is ended with its group, which it can leave.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

LINUX = sys.platform == "linux"
_ATTEMPTS, _PAUSE = 400, 0.005
_PAGE = resource.getpagesize()
_SET_DEATH_SIGNAL, _SET_CHILD_SUBREAPER = 1, 36


def adopt_orphans() -> None:
    """Make the processes that descend from this one its own children when those between have ended."""
    if LINUX:
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_with_parent() -> None:
    """Have this process killed when the one that started it ends."""
    if LINUX:
        ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def limit_memory(megabytes: int) -> None:
    """Let this process take so much beyond what it has: more is a MemoryError, and a crash dumps no core.

    On Linux what is counted is RLIMIT_DATA: writable memory, and not address space, of which some libraries reserve
    far more than they use.
    """
    limit, taken = (resource.RLIMIT_DATA, _status("VmData")) if LINUX else (resource.RLIMIT_AS, 0)
    _, most = resource.getrlimit(limit)
    wanted = taken + (megabytes << 20)
    wanted = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    with suppress(ValueError, OSError):  # macOS knows RLIMIT_AS by name alone
        resource.setrlimit(limit, (wanted, wanted))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def forget_peak() -> None:
    """Count the peak of memory from here on."""
    with suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def peak() -> int:
    """The most memory this process has held since :func:`forget_peak`, in bytes; 0 where that is not known."""
    return _status("VmHWM") if LINUX else 0


def family(pid: int) -> tuple[int, ...]:
    """A process and those below it, as far as the system tells."""
    return (pid, *_below(pid))


def hold_more(processes: tuple[int, ...], most: int) -> bool:
    """Whether processes hold more bytes than this together; False where that is not known."""
    return sum(map(_resident, processes)) > most and sum(map(_own, processes)) > most  # the second is exact, and slow


def held() -> int:
    """The memory that this process holds, in bytes; 0 where that is not known."""
    return _resident(os.getpid())


def kill_group(pid: int) -> None:
    """Kill a process that leads a group, with its group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def others(pid: int = 0) -> list[int]:
    """The processes below this one but ``pid`` and what is below that, as far as the system tells."""
    return [child for child in _children(os.getpid()) if child != pid]


def kill_others() -> None:
    """Kill whatever is below this process, until nothing is left; it must have no child of which the status counts."""
    for _ in range(_ATTEMPTS):
        left = others()
        for child in left:
            for each in family(child):
                kill_group(each)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not left:
            return
        time.sleep(_PAUSE)


def _below(pid: int) -> Iterator[int]:
    for child in _children(pid):
        yield child
        yield from _below(child)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with suppress(OSError), open(f"/proc/{pid}/task/{task}/children") as file:
                found += map(int, file.read().split())
    return found


def _resident(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _own(pid: int) -> int:
    """Resident memory, with what is shared divided among those that share it."""
    with suppress(OSError), open(f"/proc/{pid}/smaps_rollup") as file:
        for line in file:
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    return _resident(pid)


def _status(name: str) -> int:
    with suppress(OSError), open("/proc/self/status") as file:
        for line in file:
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) << 10
    return 0
