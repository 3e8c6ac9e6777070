"""Wrong use is refused with the function, the argument, what was got, what was expected and what to do."""

from __future__ import annotations

import numpy as np
import pytest

import dualgrad as dg


def leaf(*values):
    return dg.tensor(list(values), requires_grad=True)


def square(x):
    return x * x


def nothing(x):
    x * x


REFUSED = {
    "no function": (lambda: dg.grad(3), TypeError, r"dualgrad.grad: f is 3 \(an int\), expected a function"),
    "no function for vjp": (lambda: dg.vjp(3, 1.0), TypeError, r"dualgrad.vjp: f is 3 .*Write dualgrad.vjp\(f, "),
    "a tensor as the function": (
        lambda: dg.value_and_grad(leaf(1.0)),
        TypeError,
        r"dualgrad.value_and_grad: f is a Tensor of dtype float64 and shape \(1,\).* use dualgrad.autograd.grad",
    ),
    "no argument": (lambda: dg.grad(square)(), TypeError, "dualgrad.grad: square was called without a positional arg"),
    "by keyword": (lambda: dg.jacobian(square)(x=1.0), TypeError, "dualgrad.jacobian: .* by position, not by keyword"),
    "no such argument": (
        lambda: dg.grad(square, argnums=5)(1.0),
        ValueError,
        "dualgrad.grad: argnums=5, but square was called with 1 positional argument. Count them from 0",
    ),
    "argnums by name": (lambda: dg.grad(square, argnums="x")(1.0), TypeError, r"argnums holds 'x' \(a str\), expected"),
    "an argument that is no number": (
        lambda: dg.grad(square)("a"),
        TypeError,
        r"dualgrad.grad: argument 0 of square is 'a' \(a str\), expected a tensor, an array or a number",
    ),
    "nothing returned": (
        lambda: dg.grad(nothing)(1.0),
        TypeError,
        "dualgrad.grad: nothing returned None, expected one tensor, array or number. Does it end without a return?",
    ),
    "two returned": (
        lambda: dg.grad(lambda x: (x, x))(1.0),
        TypeError,
        "dualgrad.grad: f returned a tuple of 2, expected one tensor, .*Return one of them, or what combines them",
    ),
    "text returned": (lambda: dg.jacobian(lambda x: "a")(1.0), TypeError, r"dualgrad.jacobian: f returned 'a' \(a str"),
    "several numbers returned": (
        lambda: dg.grad(square)(np.ones(2)),
        ValueError,
        r"dualgrad.grad: square returned an array of shape \(2,\), expected a scalar; sum it, or use dualgrad.jacobian",
    ),
    "grad in a number": (
        lambda: dg.autograd.grad(leaf(1.0) * 2, 3),
        TypeError,
        r"dualgrad.autograd.grad: element 0 of inputs is 3 \(an int\), expected a tensor that requires grad",
    ),
    "grad of a number": (
        lambda: dg.autograd.grad(3, leaf(1.0)),
        TypeError,
        r"dualgrad.autograd.grad: element 0 of the outputs is 3 \(an int\), expected a tensor",
    ),
    "a gradient of text": (
        lambda: leaf(1.0).backward("a"),
        TypeError,
        r"the gradient of output 0 is 'a' \(a str\), expected a tensor or an array of shape \(1,\)",
    ),
    "too many gradients": (
        lambda: dg.autograd.backward([leaf(1.0)], [1.0, 2.0]),
        RuntimeError,
        "got 1 tensors and 2 gradients",
    ),
    "requires_grad of text": (
        lambda: setattr(leaf(1.0), "requires_grad", "yes"),
        TypeError,
        "requires_grad must be a bool, not 'yes'",
    ),
    "requires_grad of text at once": (lambda: dg.ones(1, requires_grad="yes"), TypeError, "must be a bool, not 'yes'"),
    "a grad that is a number": (
        lambda: setattr(leaf(1.0), "grad", 3),
        TypeError,
        "assigned grad expected to be a Tensor or None but got grad of type int",
    ),
    "a grad of another shape": (
        lambda: setattr(leaf(1.0), "grad", dg.ones(2)),
        RuntimeError,
        r"assigned grad has dtype float64 and shape \(2,\), expected those of the tensor: dtype float64 and shape \(1",
    ),
    "a truth of several": (
        lambda: bool(leaf(1.0, 2.0)),
        RuntimeError,
        "^Boolean value of Tensor with more than one value is ambiguous$",
    ),
    "a truth of none": (
        lambda: bool(dg.zeros(0)),
        RuntimeError,
        "^Boolean value of Tensor with no values is ambiguous$",
    ),
    "dim": (
        lambda: dg.sum(leaf(1.0), dim=0, keepdim=True),
        TypeError,
        r"expected sum\(a, axis=None, dtype=None, \*, keepdims=False\); write axis= for dim=; write keepdims= for keep",
    ),
    "an index of text": (lambda: leaf(1.0)["a"], TypeError, "use integers, slices, arrays, None or Ellipsis$"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_wrong_use_is_told(name):
    wrong, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        wrong()


def test_no_message_shows_the_annotations_of_a_declaration():
    for op in dg.op.REGISTRY.values():
        with pytest.raises(TypeError) as refused:
            op(1.0, no_such_argument=1)
        assert "Any" not in str(refused.value)
        assert "Call" not in str(refused.value)
        assert "..." not in str(refused.value).replace("no_such_argument=...", "")


def test_positions_may_count_from_the_back():
    assert dg.grad(lambda x, y: x * y, argnums=-1)(3.0, 4.0) == 3.0
    assert dg.grad(lambda x, y: x * y, argnums=(1, 1, 0))(3.0, 4.0) == (3.0, 3.0, 4.0)


def test_a_jacobian_an_argument():
    first, second = dg.jacobian(lambda x, y: x * y, argnums=(0, 1))(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    assert first.tolist() == [[3.0, 0.0], [0.0, 4.0]]
    assert second.tolist() == [[1.0, 0.0], [0.0, 2.0]]


def test_a_number_that_is_returned_has_no_gradient():
    assert dg.grad(lambda x: 3.0)(1.0) == 0.0


def test_a_grad_is_set_and_cleared():
    x = leaf(1.0)
    x.grad = dg.tensor([2.0])
    (x * 3).sum().backward()
    assert x.grad.tolist() == [5.0]
    x.grad = None
    assert x.grad is None
