"""The documents that are programs run, and come to the values they speak of."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import verify

ROOT = Path(__file__).parents[1]


def test_how_it_works_agrees_with_the_engine():
    said = runpy.run_path(str(ROOT / "docs" / "how_it_works.py"))
    x = said["x"].data
    np.testing.assert_allclose(said["gradient"], x / np.cosh(x) ** 2 + np.tanh(x), rtol=1e-14)


def test_the_notebook_gives_four_and_a_half(capsys):
    said = runpy.run_path(str(ROOT / "examples" / "notebook.py"))
    assert said["x"].grad.tolist() == [[4.5, 4.5], [4.5, 4.5]]
    printed = capsys.readouterr().out
    assert "tensor(27., grad_fn=<MeanBackward0>)" in printed
    assert "∂o/∂xᵢ = 3/2 (xᵢ + 2)" in printed


@pytest.mark.parametrize("name", ["first_caught_bug", "custom_op", "scipy_jac", "ci_gate"])
def test_what_a_notebook_asserts_holds(name):
    """In a process of its own: one of them declares ops."""
    environment = {**os.environ, "PYTHONPATH": str(Path(verify.__file__).parents[1])}
    command = [sys.executable, str(ROOT / "examples" / f"{name}.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_table_of_verifiers_is_that_of_the_results():
    source = (
        "import json; from benchmarks.verify import table as t; print(t.section(json.load(open(t.RESULTS))), end='')"
    )
    done = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=True)
    readme = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert readme.endswith(done.stdout) and done.stdout.startswith("## dualgrad among the verifiers\n")
    rows = json.loads((ROOT / "benchmarks" / "results" / "verify.json").read_text(encoding="utf-8"))["verify"][
        "dualgrad"
    ]
    assert len(rows) == 24 and all(row["passed"] for row in rows.values())


def test_the_page_on_performance_is_that_of_the_results():
    source = "import json; from benchmarks import performance as p; print(p.page(json.load(open(p.RESULTS))), end='')"
    done = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    tasks = json.loads((ROOT / "benchmarks" / "results" / "engines.json").read_text(encoding="utf-8"))["engine"]["1"]
    assert len(tasks) == 13
    assert not [(t, e) for t, row in tasks.items() for e, found in row.items() if found.get("disagrees")]
