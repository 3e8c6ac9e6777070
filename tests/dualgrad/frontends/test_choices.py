"""What is chosen by values: recorded at a point, with the conditions under which the choice is the same."""

from contextlib import suppress

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.lib.stride_tricks import sliding_window_view
from scipy.spatial.distance import pdist, squareform

x = np.array([0.31, -1.2, 2.5, 0.72, 1.13, -0.4])
NEAR = x + np.array([0.01, -0.02, 0.01, 0.02, -0.01, 0.005])  # the same choices
TABLE = np.array([2.0, -1.0, 0.5, 4.0])
PLACES = np.array([-2.0, 0.0, 1.0, 3.0])


def assigned(x):
    y = x.copy()
    y[y > 1] -= 1.0
    y[(x < 0)] = x[x < 0] ** 2
    return y


def nothing_written(x):
    y = x.copy()
    y[y > 10] -= x[0]
    return y


def filled(x):
    y = x * 1.0
    np.putmask(y, x > 1, 0.0)
    return y


def sorted_in_place(x):
    y = x * 2
    y.sort()
    return y * np.arange(6)


CHOICES = {
    "mask": lambda x: x[x > 0],
    "mask of none": lambda x: np.sum(x[x > 10]) + x[0],
    "mask of none, written to": nothing_written,
    "mask of rows": lambda x: x.reshape(3, 2)[x.reshape(3, 2).sum(axis=1) > 1],
    "mask of two axes": lambda x: x.reshape(3, 2)[x.reshape(3, 2) > 0] ** 2,
    "columns": lambda x: np.outer(x, x)[:, x > 1],
    "assignment": assigned,
    "putmask": filled,
    "sort in place": sorted_in_place,
    "nonzero": lambda x: x[np.nonzero(x > 0)[0]],
    "flatnonzero": lambda x: x[np.flatnonzero(x > 0)],
    "where": lambda x: x[np.where(x > 0)],
    "argwhere": lambda x: x[np.argwhere(x > 0)[:, 0]],
    "sort": lambda x: np.sort(x) * np.arange(6),
    "sort of rows": lambda x: np.sort(x.reshape(2, 3), axis=0),
    "argsort": lambda x: x[np.argsort(-x)[:2]],
    "argsort, a method": lambda x: x[x.argsort()] * np.arange(6),
    "partition": lambda x: np.partition(x, 2)[:2].sum(),
    "argpartition": lambda x: x[np.argpartition(x, 3)[3:]].sum(),
    "argmax": lambda x: x[np.argmax(x)] ** 2,
    "argmin of rows": lambda x: x.reshape(2, 3)[[0, 1], x.reshape(2, 3).argmin(axis=1)],
    "max with a key": lambda x: x[max(range(6), key=lambda k: x[k] ** 2)],
    "median": lambda x: np.median(x) + np.median(x[:5]),
    "quantiles": lambda x: np.quantile(x, [0.1, 0.9]) + np.percentile(x, 30),
    "searchsorted": lambda x: TABLE[np.searchsorted(PLACES, x) % 4] * x,
    "digitize": lambda x: TABLE[np.digitize(x, PLACES) % 4] * x,
    "digitize, downwards": lambda x: TABLE[np.digitize(x, PLACES[::-1]) % 4] * x,
    "interp": lambda x: np.interp(x[:2], x[[1, 0, 2]], x[3:]),
    "int": lambda x: TABLE[int(x[0] * 10)] * x,
    "astype": lambda x: TABLE[np.floor(np.abs(x)).astype(int)] * x,
    "index": lambda x: x[(x > 0).sum()],
    "compress": lambda x: np.compress(x > 0, x) + np.extract(x > 0, x),
    "np.minimum.reduce of a list": lambda x: np.minimum.reduce([x**2, np.sin(x), x]),
    "running maximum": lambda x: np.maximum.accumulate(x),
}
EVERYWHERE = {
    "a ufunc of a list": lambda x: np.sin([x[0], x[1]]) + np.add([x[2], 1.0], [x[0], x[1]]),
    "windows": lambda x: sliding_window_view(x, 3) @ x[:3],
    "windows of two axes": lambda x: np.sum(sliding_window_view(np.outer(x, x), (2, 3)) ** 2, axis=(2, 3)),
    "mask of outside": lambda x: x.reshape(3, 2)[np.array([[True, False], [True, True], [False, True]])],
    "pdist": lambda x: pdist(x.reshape(3, 2)),
    "squareform": lambda x: squareform(pdist(x.reshape(3, 2))),
    "lstsq": lambda x: np.linalg.lstsq(np.vander(PLACES, 2), x[:4], rcond=None)[0],
    "sparse": lambda x: MATRIX @ x + MATRIX.dot(x) - MATRIX.T.dot(MATRIX @ x)[:4],
    "sparse on the right": lambda x: x[:4] @ MATRIX,
    "sparse of an old kind": lambda x: sp.csr_matrix(MATRIX) * x,
    "sparse made inside": lambda x: sp.diags(x, 0) @ x + sp.eye(6) @ x + sp.kron(sp.eye(3), np.ones((2, 2))) @ x,
    "sparse of traced entries": lambda x: sp.coo_matrix((x[:3], ([0, 1, 1], [1, 0, 0])), shape=(2, 2)) @ x[:2],
    "tolist": lambda x: np.array([v * v for v in x.tolist()]) + x[0].item(),
    "floor division": lambda x: x // 0.5 * x,
    "isclose": lambda x: np.where(np.isclose(x, 0.3, atol=0.1), 0.0, x),
    "polyval": lambda x: np.polynomial.polynomial.polyval(0.5, x),
}  # fmt: skip
MATRIX = sp.random(4, 6, 0.5, format="csr", random_state=1)


@pytest.mark.parametrize("name", CHOICES | EVERYWHERE)
def test_what_was_recorded_at_a_point_is_what_the_function_does(traced, replay, name):
    function = (CHOICES | EVERYWHERE)[name]
    trace, program = traced(function, x, symbolic=False)
    assert not trace.poison, trace.poison
    for point in (x, NEAR):
        np.testing.assert_allclose(replay(trace, program, point), function(point.copy()), rtol=1e-12)


def scaled_in_place(x, matrix):
    matrix *= 2
    return matrix @ x


@pytest.mark.parametrize(
    "function",
    [
        lambda x: scaled_in_place(x, MATRIX.copy()),
        lambda x: MATRIX.data.fill(1.0) or MATRIX @ x,
        lambda x: np.linalg.lstsq(np.vander(PLACES, 2), x[:4], rcond=0.1)[0],
    ],
    ids=["a sparse matrix in place", "the entries of one", "lstsq that leaves out a part"],
)
def test_what_a_recording_would_lose_is_refused(traced, function):
    kept = MATRIX.copy()
    trace, program = None, None
    with suppress(AssertionError):  # where it raises, which is as good
        trace, program = traced(function, x)
    assert program is None or trace.poison
    assert (kept != MATRIX).nnz == 0


NO_CHOICE = ("putmask", "np.minimum.reduce of a list", "running maximum")


@pytest.mark.parametrize("name", [name for name in CHOICES if name not in NO_CHOICE])
def test_a_choice_is_a_condition_and_no_proof_covers_it(traced, name):
    trace, _ = traced(CHOICES[name], x, symbolic=False)
    assert trace.conditions
    assert traced(CHOICES[name], x)[0].poison


def test_the_conditions_of_a_choice_fail_where_another_is_made(traced, replay):
    trace, program = traced(CHOICES["mask"], x, symbolic=False)
    assert [condition.outcome for condition in trace.conditions] == (x > 0).tolist()
    values = {condition.operand: condition.outcome for condition in program.conditions}
    assert len(values) == 6
