"""Where an expression is zero on a set of measure zero only."""

from __future__ import annotations

import pytest

from dualgrad.program.entry import Index
from dualgrad.program.size import dimension
from verify.form import linear as lin
from verify.form.algebra import add, multiply, scale, size_form, subtract, sum_over
from verify.form.construct import kernel, positive
from verify.form.null import null
from verify.form.power import exponential, power
from verify.form.term import ONE, Atom, Source, number, power_of

N = dimension("n")
X, Y, W, D = Source("x", (N,)), Source("y", (N,)), Source("w", (N, N)), Source("d", (N,))
I_, J_, K_ = Index("i", N), Index("j", N), Index("k", N)
CONTINUOUS = frozenset({X, Y, W})


def cell(source, *places):
    return power_of(Atom("cell", "", tuple(p if isinstance(p, tuple) else lin.of_index(p) for p in places), (), source))


RELU = multiply(cell(X, I_), positive(cell(X, I_)))
TOTAL = sum_over(cell(X, J_), J_)
MEAN = multiply(TOTAL, power(size_form(N), -1))
NEXT = cell(X, (1, ((I_, 1),)))

SHOWN = {
    "an entry": (cell(X, I_), ()),
    "two arrays": (subtract(cell(X, I_), cell(Y, I_)), ()),
    "an entry against a guard on another array": (add(cell(Y, I_), RELU), ()),
    "a product": (multiply(cell(X, I_), cell(Y, I_), exponential(cell(X, I_))), ()),
    "a constant term": (
        subtract(ONE, multiply(cell(D, I_), sum_over(multiply(cell(W, I_, K_), cell(X, K_)), K_))),
        (),
    ),
    "a product of matrices": (sum_over(multiply(cell(W, I_, K_), cell(X, K_)), K_), ()),
    "neighbours": (subtract(NEXT, cell(X, I_)), ()),
    "a sum of squares less one": (subtract(sum_over(power(cell(X, J_), 2), J_), ONE), ()),
    "a deviation": (subtract(cell(X, I_), MEAN), (("n", 2),)),
    "a sine": (kernel("sin", cell(X, I_)), ()),
    "a cosine of a product": (kernel("cos", scale(multiply(cell(X, I_), cell(Y, I_)), 3)), ()),
}
NOT_SHOWN = {
    "a guard": RELU,
    "two entries that may be one": subtract(cell(X, I_), cell(X, K_)),
    "a given array": cell(D, I_),
    "zero": scale(cell(X, I_), 0),
    "a sine of a guard": kernel("sin", RELU),
    "a function that vanishes at 0 and 1": subtract(kernel("sin", cell(X, I_)), kernel("sin", power(cell(X, I_), 2))),
    "a form without inputs": subtract(size_form(N), number(3)),
}


@pytest.mark.parametrize("name", SHOWN)
def test_shown(name):
    form, sizes = SHOWN[name]
    found = null(form, CONTINUOUS)
    assert found.shown
    assert found.sizes == sizes


@pytest.mark.parametrize("name", NOT_SHOWN)
def test_not_shown(name):
    assert not null(NOT_SHOWN[name], CONTINUOUS).shown
