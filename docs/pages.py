"""Pages that are made from the code: an entry for each op and public function, a page for each rule code."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import dualgrad
import verify
from dualgrad.document import docstring
from dualgrad.op import Op
from verify.report.codes import CODES
from verify.runs.schema import settings_schema
from verify.runs.settings import GATE

MODULES: dict[str, ModuleType] = {
    "dualgrad": dualgrad,
    "dualgrad.linalg": dualgrad.linalg,
    "dualgrad.fft": dualgrad.fft,
    "dualgrad.special": dualgrad.special,
    "dualgrad.autograd": dualgrad.autograd,
    "dualgrad.func": dualgrad.func,
    "dualgrad.random": dualgrad.random,
    "verify": verify,
}


def write_pages(folder: Path) -> None:
    """Write all of them into a folder that does not exist yet."""
    (folder / "rules").mkdir(parents=True)
    seen: dict[int, str] = {}
    for name, module in MODULES.items():
        (folder / f"{name}.rst").write_text("\n".join(_module(name, module, seen)), encoding="utf-8")
    (folder / "command.md").write_text(_command(), encoding="utf-8")
    for code in CODES.values():
        text = f"# {code.code}: {code.title}\n\n{code.help}\n"
        (folder / "rules" / f"{code.code}.md").write_text(text, encoding="utf-8")
    names = "\n".join(f"rules/{code}" for code in CODES)
    rules = (
        f"# Rule codes\n\nEvery result that does not pass carries one of these codes.\n\n```{{toctree}}\n{names}\n```\n"
    )
    (folder / "rules.md").write_text(rules, encoding="utf-8")


def _command() -> str:
    """The help of the command and of each of its commands, as they print it."""
    overview = _help()
    commands = [line.split()[1] for line in overview.splitlines() if line.startswith("│ ") and line[2:3].isalpha()]
    parts = [f"## `verify {name}`\n\n```text\n{_help(name)}\n```\n" for name in commands]
    return f"# The command\n\n```text\n{overview}\n```\n\n" + "\n".join([*parts, *_settings()])


def _settings() -> Iterator[str]:
    """What can be set in pyproject.toml, in the environment and by flags; what the gate can fail on."""
    yield "## Settings\n\nIn `[tool.verify]`; as variables such as `VERIFY_FAIL_ON`, lists with commas; as flags.\n"
    yield "| name | what | default |\n| --- | --- | --- |"
    for name, about in settings_schema()["properties"].items():
        default = json.dumps(about["default"]) if "default" in about else ""
        yield f"| `{name}` | {about['description']} | {f'`{default}`' if default else ''} |"
    yield "\n## The gate\n\nWhat `fail-on` can name.\n\n| name | what |\n| --- | --- |"
    yield from (f"| `{name}` | {told} |" for name, told in GATE.items())


def _help(*words: str) -> str:
    command = [sys.executable, "-m", "verify", *words, "--help"]
    environment = {**os.environ, "COLUMNS": "110", "NO_COLOR": "1"}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.rstrip()


def _module(name: str, module: ModuleType, seen: dict[int, str]) -> Iterator[str]:
    """What a module offers; ``seen`` holds what was described already, here or in a module before it."""
    yield from (
        f"``{name}``",
        "=" * (len(name) + 4),
        "",
        inspect.getdoc(module) or "",
        "",
        f".. py:module:: {name}",
        "",
    )
    for public in sorted(_public(module), key=str.lower):
        found = getattr(module, public)
        if id(found) in seen:
            yield from (
                f".. py:data:: {name}.{public}",
                "   :no-index-entry:",
                "",
                f"   Another name of ``{seen[id(found)]}``.",
                "",
            )
            continue
        seen[id(found)] = f"{name}.{public}"
        yield from _entry(name, public, found)


def _public(module: ModuleType) -> list[str]:
    names = getattr(module, "__all__", None) or [each for each in dir(module) if not each.startswith("_")]
    return [each for each in names if not inspect.ismodule(getattr(module, each))]


def _entry(module: str, name: str, found: object) -> Iterator[str]:
    if isinstance(found, Op):
        title, *said = docstring(found).splitlines()
        yield f".. py:function:: {module}.{name}{title[len(found.name) :]}"
        yield from ("   " + line.replace("|", r"\|").replace("*", r"\*") for line in ["", *said, ""])
    elif inspect.isclass(found):
        yield from (f".. autoclass:: {module}.{name}", "   :members:", "")
    elif callable(found):
        yield from (f".. autofunction:: {module}.{name}", "")
    else:
        yield from (f".. autodata:: {module}.{name}", "")
