"""What two recordings have in common: a program at a size is the one for every size with that number put in."""

import numpy as np
import pytest

import dualgrad as dg
from verify.question.ask import pose
from verify.question.recording import fingerprint, record

X = np.array([0.5, 1.5, 2.5])


def recorded(f, g, array, labels):
    problem = pose(f, (array,), "grad", g, (0,), None)
    return record(problem, {0: array}, {0: labels})


def own(f):
    return f, dg.grad(f)


@pytest.mark.parametrize(
    "f, g",
    [own(lambda x: dg.sum(dg.sin(x) * x)), own(lambda x: dg.mean(x / (1 + x * x))), (np.sum, lambda x: np.cos(0 * x))],
    ids=["sum", "mean", "plain"],
)
def test_a_program_at_one_is_that_for_every_size_at_one(f, g):
    generic, one = recorded(f, g, X, ("n",)), recorded(f, g, X[:1], (1,))
    for each, other in ((generic.forward, one.forward), (generic.gradient, one.gradient)):
        assert fingerprint(each, {"n": 1}) == fingerprint(other)


def test_an_array_that_is_spread_out_is_not_left_out():
    def spread(x):
        return np.sum(np.broadcast_to(np.mean(x), x.shape) * x)

    def plain(x):
        return np.sum(np.mean(x) * x)

    one, other = (recorded(f, lambda x: x, X, ("n",)).forward for f in (spread, plain))
    assert fingerprint(one, {"n": 1}) != fingerprint(other, {"n": 1})
    assert fingerprint(one, {"n": 2}) != fingerprint(other, {"n": 2})


def falls_back(x):
    try:
        np.exp(x)
    except FloatingPointError:
        return 3 * x
    return 2 * x


@pytest.mark.parametrize("kind", ["raise", "warn"])
def test_what_catches_a_floating_point_error_is_refused_where_numpy_raises_them(kind):
    with np.errstate(over=kind):
        found = recorded(lambda x: np.sum(x**2), falls_back, X, ("n",))
    assert ("np.seterr" in found.gradient_refused) is (kind == "raise")


def test_orders_that_numpy_made_are_plain_numbers():
    orders = np.array([1, 3])
    found = recorded(
        lambda x: np.sum(dg.jv(2, x)), lambda x: (dg.jv(orders[0], x) - dg.jv(orders[1], x)) / 2, X, ("n",)
    )
    assert {type(e.params["v"]) for e in found.gradient.equations if e.op.name == "jv"} == {int}
