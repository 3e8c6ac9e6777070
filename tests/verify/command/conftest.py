"""A lesson whose cases are answered by their names: these tests are about the command, and not about checking."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import verify
from verify.command import collecting, running
from verify.command.app import main
from verify.execute.suite import Selected
from verify.run import collect
from verify.runs.suite import Entry
from verify.verdict import Formula, Kink, Numbers, Result, Verdict

LESSON = "import verify\n\n@verify.case(1.0)\ndef good(x): return x\n\n@verify.case(1.0)\ndef bad(x): return x\n"
ANSWERS = {
    "good": (Verdict.PROVED, "every n >= 1"),
    "fixed": (Verdict.PROVED, "n = 4"),
    "balls": (Verdict.CERTIFIED, ""),
    "bad": (Verdict.REFUTED, ""),
    "unsure": (Verdict.UNDECIDED, ""),
    "kink": (Verdict.NONDIFFERENTIABLE, ""),
}


@cache
def certificate() -> dict[str, Any]:
    """A proof that the checker accepts: a record's PROVED counts only with one."""
    return verify.check(lambda x: x * x, 1.5, grad=lambda x: 2 * x).formula.certificate


def answered(word: str, name: str = "f", source: str = "lesson.py:3") -> Result:
    """A result as the word says."""
    verdict, sizes = ANSWERS[word]
    passes = verdict not in (Verdict.REFUTED, Verdict.UNDECIDED)
    return Result(
        verdict,
        Formula(verdict, sizes=sizes, certificate=certificate() if verdict is Verdict.PROVED else None),
        Numbers("ok" if passes else "unknown", ulps=0.0 if passes else None),
        kinks=(Kink("x = 0", at_input=True, inside=False),) if word == "kink" else (),
        reason="no rule is known" if word == "unsure" else "",
        name=name,
        source=source,
    )


def _collected(targets, *, timeout, memory, root):
    found = {}
    for target in targets:
        for case in collect(target):
            place = Path(os.path.relpath(case.file, root)).as_posix()
            each = Selected(f"{place}::{case.key}", target, place, case.line, case.title, case.key, case.text)
            found.setdefault(each.id, each)
    return tuple(found[name] for name in sorted(found))


def _entries(selected, **limits):
    for each in reversed(selected):  # as they end
        word = next(word for word in ANSWERS if each.key.startswith(word))
        yield Entry(each.id, answered(word, each.title, f"{each.file}:{each.line}"), seconds=0.25)


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """A folder with lesson.py in it, in which the command is called."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(collecting, "collected", _collected)
    monkeypatch.setattr(running, "entries", _entries)
    for name in [name for name in os.environ if name.startswith("VERIFY_")]:
        monkeypatch.delenv(name)
    (tmp_path / "lesson.py").write_text(LESSON)
    return tmp_path


@pytest.fixture
def command(capsys):
    """Call the command in this process: its exit code, its output, and its complaints on one line."""

    def call(*tokens: str) -> tuple[int, str, str]:
        try:
            code = main(tokens)
        except SystemExit as exited:  # of the parser of the command line
            code = exited.code
        captured = capsys.readouterr()
        return code, captured.out, " ".join(captured.err.replace("│", " ").split())

    return call
