"""From targets to entries: which cases there are, and what became of each, in processes of their own."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from verify.execute.batch import Batch, run_batch
from verify.execute.engines import Engine, engine
from verify.execute.messages import Json
from verify.execute.supervisor import Limits, NotStarted, Supervisor
from verify.run import NothingCollected, Target, UsageError
from verify.runs.suite import INTERRUPTED, Entry
from verify.runs.wire import from_json
from verify.verdict import Formula, Numbers, Result, Verdict

EXPLAINED = 200  # cases of a run in which also those that are ok come with a formula and its derivation
ISOLATIONS = ("worker", "case")
_LOOK = 0.2  # seconds between two looks whether to stop
_REGISTERS = re.compile(r"\bverify\b.*\bcase\b|\bcase\b.*\bverify\b|^\s*import verify\b", re.MULTILINE)
_NO_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages"})


@dataclass(frozen=True)
class Selected:
    """A case as data: enough to find it again in another process, and to say which it is."""

    id: str  # "examples/notebook.py::notebook[grad=lambda]": no line in it, and the same in every run
    target: str  # what a worker loads: the absolute path of a file, or a module's dotted name
    file: str
    line: int
    title: str
    key: str  # its name among the cases of the target
    text: str = ""  # the lines that registered it
    kind: str = "grad"


def collected(
    targets: Sequence[str], *, timeout: float = 60.0, memory: int = 2048, root: Path | None = None
) -> tuple[Selected, ...]:
    """The cases of all targets, sorted by id, each once. They are loaded in a process of their own, under limits.

    A target is a file, a folder (every Python file below it that names ``verify.case``), a module, or one function of
    a file or module. Paths in ids start at ``root``, or the working directory. :class:`UsageError` says what cannot
    be loaded, and :class:`NothingCollected` where no case is.
    """
    if not targets:
        raise UsageError("nothing to run. Name a target, as in: verify run examples/notebook.py")
    found: dict[str, Selected] = {}
    supervisor = Supervisor(Limits(memory=memory, loading=timeout, checks=False))
    try:
        for target in targets:
            for selected in _of_target(supervisor, target, root or Path.cwd()):
                found.setdefault(selected.id, selected)
    except NotStarted as error:
        raise UsageError(str(error)) from error
    finally:
        supervisor.close()
    return tuple(found[name] for name in sorted(found))


def entries(
    selected: Sequence[Selected],
    *,
    jobs: int = 0,
    timeout: float = 30.0,
    memory: int = 2048,
    seed: int = 0,
    engine: str = "local",
    isolation: str = "worker",
) -> Generator[Entry, None, None]:
    """What became of each case, as they end: every one that was selected comes out, once.

    ``jobs`` workers run at a time on the local engine, 0 for as many as there are processors. A case has ``timeout``
    seconds and ``memory`` MB; one that takes more, or ends its process, is UNDECIDED with the reason, and the others
    go on. ``isolation="case"`` runs each in a process of its own.

    While this runs, the first interrupt from the terminal ends it early: what has ended comes out, then the rest as
    "not run". Of more than 200 cases only those that are not ok come with formulas to read. :class:`UsageError` where
    the engine or the isolation is none.
    """
    if isolation not in ISOLATIONS:
        raise UsageError(f"isolation is {isolation!r}; expected one of {', '.join(ISOLATIONS)}")
    limits = Limits(timeout, memory, isolation, folder=os.getcwd())
    return _entries(sorted(selected, key=lambda case: case.id), jobs, limits, seed, engine)


def seed_of(seed: int, name: str) -> int:
    """The seed of a case: its own, and the same in whatever order and on whatever machine it runs.

    >>> seed_of(0, "lesson.py::f") == seed_of(0, "lesson.py::f") != seed_of(1, "lesson.py::f")
    True
    """
    return int.from_bytes(hashlib.blake2b(f"{seed} {name}".encode(), digest_size=8).digest())


# ---------------------------------------------------------------------------- collecting


def _of_target(supervisor: Supervisor, target: str, root: Path) -> Iterator[Selected]:
    """The cases of a target; of a folder those of its files, of which some may have none."""
    folder = Path(target)
    if not folder.is_dir():
        yield from _listed(supervisor, target, root)
        return
    found = False
    for path in _files(folder):
        with suppress(NothingCollected):
            for selected in _listed(supervisor, str(path), root):
                found = True
                yield selected
    if not found:
        raise NothingCollected(f"{target}: no Python file below this folder registers a case with verify.case.")


def _files(folder: Path) -> Iterator[Path]:
    """The Python files below a folder in which a case may stand."""
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).parts
        if _NO_FOLDERS & set(parts) or any(part.startswith(".") for part in parts):
            continue
        if _REGISTERS.search(path.read_text(encoding="utf-8", errors="replace")):
            yield path


def _listed(supervisor: Supervisor, text: str, root: Path) -> Iterator[Selected]:
    wanted = Target.parse(text)
    path = Path(wanted.module)
    target = str(path.resolve()) if path.is_file() else wanted.module
    answer = supervisor.ask({"target": text})
    if answer["outcome"] != "done":
        kind = NothingCollected if answer.get("empty") else UsageError
        raise kind(answer["reason"] if answer["outcome"] == "not run" else f"{text}: {answer['reason']}")
    for case in answer["cases"]:
        file = _relative(case["file"], root)
        where = _relative(target, root) if path.is_file() else case["module"]
        yield Selected(
            f"{where}::{case['key']}",
            target,
            file,
            case["line"],
            case["title"],
            case["key"],
            case["text"],
            case["kind"],
        )


def _relative(file: str, root: Path) -> str:
    return Path(os.path.relpath(file, root)).as_posix()


# ---------------------------------------------------------------------------- running


def _entries(
    cases: Sequence[Selected], jobs: int, limits: Limits, seed: int, name: str
) -> Generator[Entry, None, None]:
    left = {case.id: case for case in cases}
    with _interrupts() as interrupted, engine(name, jobs, limits) as chosen:
        for case, answer in _answers(cases, chosen, limits, seed, interrupted):
            if left.pop(case.id, None) is not None:
                yield _entry(case, answer)
            if interrupted.is_set():
                break
    for case in left.values():
        yield _entry(case, {"outcome": "not run", "reason": INTERRUPTED})


def _answers(
    cases: Sequence[Selected], chosen: Engine, limits: Limits, seed: int, interrupted: threading.Event
) -> Iterator[tuple[Selected, Json]]:
    """What became of each case, as batches end. A batch that the engine loses is run again, case by case, once."""
    done: SimpleQueue[tuple[Sequence[Selected], Future[Any]]] = SimpleQueue()

    def submit(part: Sequence[Selected]) -> None:
        requests = tuple(
            {"target": c.target, "key": c.key, "seed": seed_of(seed, c.id), "explain": explain} for c in part
        )
        future = chosen.executor.submit(run_batch, Batch(requests, limits))
        future.add_done_callback(lambda future: done.put((part, future)))

    explain = len(cases) <= EXPLAINED
    parts = [cases[start : start + chosen.size] for start in range(0, len(cases), chosen.size)]
    for part in parts:
        submit(part)
    waiting, again = len(parts), set[str]()
    while waiting and not interrupted.is_set():
        try:
            part, future = done.get(timeout=_LOOK)
        except Empty:
            continue
        waiting -= 1
        try:
            answers: Sequence[Json] = future.result()
        except NotStarted as error:
            raise UsageError(str(error)) from error
        except (Exception, CancelledError) as error:  # an engine fails with errors of its own
            fresh = [case for case in part if case.id not in again]
            again |= {case.id for case in fresh}
            for case in fresh:
                submit([case])
            waiting += len(fresh)
            answers = [{"outcome": "crashed", "reason": f"the engine lost the case twice: {type(error).__name__}"}]
            part = [case for case in part if case not in fresh]
        yield from zip(part, answers, strict=False)


def _entry(case: Selected, answer: Json) -> Entry:
    outcome = answer["outcome"]
    if outcome == "done":
        return Entry(case.id, from_json(answer["result"]), outcome, float(answer["seconds"]), int(answer["peak"]))
    reason = answer["reason"]
    undecided = Formula(Verdict.UNDECIDED, reason=reason)
    result = Result(
        Verdict.UNDECIDED,
        undecided,
        Numbers("unknown", reason=reason),
        reason=reason,
        name=case.title,
        source=f"{case.file}:{case.line}",
        asked=case.text,
        kind=case.kind,
    )
    return Entry(case.id, result, outcome)


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """An event that the first interrupt sets; the second one is as it was before."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = signal.getsignal(signal.SIGINT)

    def once(*_: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, once)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
