"""The docstring of every op says what its declaration says."""

import numpy as np
import pytest
from scipy import special

from dualgrad.document import namesake
from dualgrad.op import REGISTRY, Op

OPS = {op.name: op for op in REGISTRY.values()}


@pytest.mark.parametrize("name", OPS)
def test_every_op_has_a_docstring(name):
    op = OPS[name]
    said = op.__doc__
    assert said.startswith(f"{name}(")
    assert all(kink.takes in said and kink.because in said for kink in op.kinks)
    assert op.domain in said
    if op.kind.value == "pointwise":
        assert f"within {op.ulps:g} ulps" in said


@pytest.mark.parametrize("name", [name for name, op in OPS.items() if not op.doc])
def test_a_namesake_exists(name):
    *place, function = namesake(OPS[name]).split(".")
    home = {"numpy": np, "numpy.linalg": np.linalg, "numpy.fft": np.fft, "scipy.special": special}[".".join(place)]
    assert callable(getattr(home, function))


def test_the_class_keeps_its_own():
    assert Op.__doc__.startswith("One declared op.")
