"""The names that ``dualgrad`` shows: the public ones, and an op of the user's own from when it is declared."""

from __future__ import annotations

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.op import METHODS, REGISTRY, pointwise


@pytest.fixture
def thirds():
    """An op declared after the import."""
    op = pointwise("thirds", lambda x: x / 3, [lambda y, x: 1 / 3], lambda x: x / 3, method="thirds")
    yield op
    del REGISTRY["thirds"], METHODS["thirds"]


def test_only_public_names_are_shown():
    shown = set(dir(dg))
    assert {"Tensor", "grad", "sin", "sum", "stack", "autograd"} <= shown
    assert not {"Any", "annotations", "samples", "shapes", "lazy", "array"} & shown
    assert all(getattr(dg, name) is not None for name in shown)
    assert set(dg.__all__) <= shown


def test_an_op_of_the_users_own_is_a_function_and_a_method(thirds):
    assert dg.thirds is thirds
    assert "thirds" in dir(dg)
    x = dg.tensor([3.0, 6.0], requires_grad=True)
    x.thirds().sum().backward()
    assert np.array_equal(x.grad, [1 / 3, 1 / 3])


def test_a_name_that_is_not_there_is_told_with_one_that_is():
    with pytest.raises(AttributeError, match=r"module 'dualgrad' has no attribute 'sotfmax'. Did you mean 'softmax'\?"):
        _ = dg.sotfmax
    with pytest.raises(AttributeError, match=r"'Tensor' object has no attribute 'sotfmax'"):
        _ = dg.ones(2).sotfmax
    with pytest.raises(AttributeError, match=r"dir\(dualgrad\) lists what it has"):
        _ = dg.zzzzzzzzzz


def test_methods_take_pytorchs_keywords_and_functions_name_numpys():
    x = dg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    assert x.sum(dim=0).tolist() == [4.0, 6.0]
    assert x.mean(dim=1, keepdim=True).shape == (2, 1)
    assert x.softmax(dim=-1).shape == (2, 2)
    with pytest.raises(TypeError, match="write axis= for dim="):
        dg.sum(x, dim=0)
