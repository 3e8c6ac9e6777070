"""``verify init``: settings, a first case and a job for CI, written into the project of the working directory."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from verify.command.say import say
from verify.run import UsageError
from verify.runs.gate import PASSED

_CASE = '''"""Gradients to verify: `verify run` checks every case in this file."""

import numpy as np
import verify


def gradient(w, A, b):
    return 2 / len(b) * A.T @ (A @ w - b)


@verify.case(np.ones(3), np.ones((4, 3)), np.zeros(4), grad=gradient, wrt="w")
def loss(w, A, b):
    return ((A @ w - b) ** 2).mean()
'''
_SETTINGS = """[tool.verify]
targets = ["gradients.py"]
"""
_GITHUB = """name: verify

on:
  push:
    branches: [main]
  pull_request:

permissions:
  contents: read

concurrency:
  group: ${{ github.workflow }}-${{ github.ref }}
  cancel-in-progress: true

jobs:
  gradients:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          persist-credentials: false
      - uses: actions/setup-python@0b93645e9fea7318ecaed2b359559ac225c90a2b # v5.3.0
        with:
          python-version: "3.13"
      # Install your own package here too, where the cases import it.
      - run: python -m pip install dualgrad
      - run: >-
          verify run --report verify.html --output-format github
          --output-format summary="$GITHUB_STEP_SUMMARY" --output-format jsonl=verify.jsonl
      - uses: actions/upload-artifact@b4b15b8c7c6ac21ea08fcf65892d2ee8f75cf882 # v4.4.3
        if: always()
        with:
          name: verify
          path: |
            verify.html
            verify.jsonl
"""
_GITLAB = """verify:
  image: python:3.13
  script:
    # Install your own package here too, where the cases import it.
    - python -m pip install dualgrad
    - verify run --report verify.html --output-format junit=verify.xml --output-format gitlab=verify.json
  artifacts:
    when: always
    paths: [verify.html]
    reports:
      junit: verify.xml
      codequality: verify.json
"""
_PRE_COMMIT = """repos:
  - repo: local
    hooks:
      - id: verify
        name: verify
        entry: verify run --quiet
        language: system
        pass_filenames: false
        types: [python]
        stages: [pre-push]
"""
_JOBS = {
    "github": (Path(".github", "workflows", "verify.yml"), _GITHUB),
    "gitlab": (Path(".gitlab-ci.yml"), _GITLAB),
    "pre-commit": (Path(".pre-commit-config.yaml"), _PRE_COMMIT),
}


def init(*, ci: Literal["github", "gitlab", "pre-commit"] | None = None) -> int:
    """Write settings and a first case into this folder, and a job for CI. No file is overwritten.

    Parameters
    ----------
    ci
        Also write a workflow of GitHub Actions, a job of GitLab, or a hook of pre-commit.
    """
    _write_settings(Path("pyproject.toml"))
    _write(Path("gradients.py"), _CASE, hint=False)
    if ci is not None:
        _write(*_JOBS[ci])
    say("Next: verify run")
    return PASSED


def _write_settings(file: Path) -> None:
    if not file.exists():
        _write(file, _SETTINGS)
        return
    try:
        held = file.read_text(encoding="utf-8")
        has_table = "verify" in tomllib.loads(held).get("tool", {})
    except (OSError, ValueError) as error:
        raise UsageError(f"{file}: this cannot be read as TOML: {error}. Repair it first.") from error
    if has_table:
        say(f"{file}: has [tool.verify] already, and is left as it is")
        return
    gap = "" if not held or held.endswith("\n\n") else "\n" if held.endswith("\n") else "\n\n"
    _written(file, held + gap + _SETTINGS)
    say(f"{file}: [tool.verify] added")


def _write(file: Path, text: str, hint: bool = True) -> None:
    if file.exists():
        missing = hint and file.read_text(encoding="utf-8", errors="replace") != text
        say(f"{file}: is there already, and is left as it is{f'. Add to it:{chr(10)}{text}' if missing else ''}")
        return
    _written(file, text)
    say(f"{file}: written")


def _written(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror}.") from error
