"""The documents that are programs run, and come to the values they speak of."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np

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
