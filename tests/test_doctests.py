"""Every example in a docstring, and every one in the README, does what it says."""

from __future__ import annotations

import doctest
import importlib
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import dualgrad
import verify

README = Path(__file__).parents[1] / "README.md"
MODULES = [
    found.name
    for package in (dualgrad, verify)
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not found.name.endswith("__main__")
]


@pytest.mark.parametrize("name", ["dualgrad", "verify", *MODULES])
def test_the_examples_of_a_module_run(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder(exclude_empty=True)
    examples = [test for name in MODULES for test in finder.find(importlib.import_module(name)) if test.examples]
    assert len(examples) > 20


# An example, and what it prints where the README shows it: some of the lines, in order.
BLOCKS = re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", README.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize(("block", "shown"), BLOCKS, ids=range(len(BLOCKS)))
def test_the_python_of_the_readme_runs(block, shown, tmp_path):
    """In a process of its own: an example may register an op."""
    (tmp_path / "readme.py").write_text(block, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(Path(verify.__file__).parents[1])}
    done = subprocess.run([sys.executable, "readme.py"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    printed = iter(done.stdout.splitlines())
    assert [row for row in shown.splitlines() if row not in printed] == []


def test_the_readme_has_python():
    assert len(BLOCKS) >= 3 and BLOCKS[0][1]
