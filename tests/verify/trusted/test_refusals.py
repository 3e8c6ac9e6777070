"""What the checker's meanings refuse: places out of range, shapes that do not fit, matrices that are none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from verify.checker import Judge
from verify.trusted import decompositions
from verify.trusted.arrays import Array
from verify.trusted.meanings import Ops
from verify.trusted.terms import UNITY, Atom, Form, Poly, Refused, poly

n, m = poly("n"), poly("m")
N: Any = [[1, ["n"]]]


@pytest.fixture
def w() -> Judge:
    """n >= 2, m >= 1, n >= m + 1."""
    return Judge({"n": 2, "m": 1}, [n - m - 1], {"p"}, {"x", "A"})


def array(name: str, *shape: Poly | int, kind: str = "f", w: Any) -> Array:
    return Array(tuple(map(poly, shape)), lambda at: w.atom("input", name, tuple(at)), kind)


def less(size: int, name: str = "n") -> Any:
    return [[1, [name]], [-size, []]]


@pytest.mark.parametrize(("key", "shape"), [
    ([[0]], ()), ([[1]], ()), ([[less(1)]], ()), ([[0, N, 1]], (n,)), ([[1, less(1), 1]], (n - 1,)),
    ([None, [0]], (1,)), ([[less(1), N, -1]], (n,)), ([[0, 2, 1]], (2,)), ([[0, 0, 1]], (0,)), ([[5, 0, 1]], (0,)),
    ([[less(2), 2, 1]], (2,)), ([[0, N, 1], None], (n, 1)), ([[0, 1, 7]], (1,)), ([[less(1), 2, -1]], (2,)),
])  # fmt: skip
def test_places_within_range(w, key, shape):
    assert Ops(w).apply("getitem", [array("x", n, w=w)], {"key": key}).shape == tuple(map(poly, shape))


@pytest.mark.parametrize("key", [
    [[2]], [[N]], [[-1]], [[less(3)]], [[0, [[1, ["n"]], [1, []]], 1]], [[1, N, 1]], [[0, N, 2]], [[less(2), N, -1]],
    [[-1, 2, 1]], [[0, 2, -1]], [[0, -1, 1]], [[0, 2, [[1, ["m"]]]]], [[1, less(1), -1]],
])  # fmt: skip
def test_places_that_may_be_out_of_range(w, key):
    with pytest.raises(Refused, match=r"out of range|a slice"):
        Ops(w).apply("getitem", [array("x", n, w=w)], {"key": key})


@pytest.mark.parametrize("key", [[], [[0], [0]], [None], [[0, 1]], [[0, 1, 1, 1]], [[]]])
def test_keys_that_are_none(w, key):
    with pytest.raises(Refused, match="a key"):
        Ops(w).apply("getitem", [array("x", n, w=w)], {"key": key})


@pytest.mark.parametrize(("shape", "kind", "reason"), [
    ((2,), "f", ""), ((1,), "f", ""), ((), "f", ""), ((3,), "f", "another shape"), ((1, 2), "f", "another shape"),
    ((n,), "f", "another shape"), ((2,), "i", ""),
])  # fmt: skip
def test_what_is_assigned_fits(w, shape, kind, reason):
    given = [array("x", n, w=w), array("p", *shape, kind=kind, w=w)]
    if not reason:
        assert Ops(w).apply("setitem", given, {"key": [[0, 2, 1]]}).shape == (n,)
        return
    with pytest.raises(Refused, match=reason):
        Ops(w).apply("setitem", given, {"key": [[0, 2, 1]]})


@pytest.mark.parametrize(("into", "value"), [("i", "f"), ("b", "i"), ("b", "f")])
def test_an_assignment_does_not_round(w, into, value):
    with pytest.raises(Refused, match="that rounds"):
        Ops(w).apply("setitem", [array("x", n, kind=into, w=w), array("p", kind=value, w=w)], {"key": [[0]]})


def test_what_is_joined_fits(w):
    ops = Ops(w)
    tall, wide = array("A", n, m, w=w), array("B", m, n, w=w)
    assert ops.apply("concatenate", [tall, tall], {"axis": 0}).shape == (n + n, m)
    assert ops.apply("concatenate", [tall, array("A", 1, m, w=w)], {"axis": 0}).shape == (n + 1, m)
    for arrays, axis in (([tall, wide], 0), ([tall, wide], 1), ([tall, array("x", n, w=w)], 0)):
        with pytest.raises(Refused, match=r"concatenate of different shapes|an axis"):
            ops.apply("concatenate", arrays, {"axis": axis})
    for axis in (2, -1):
        with pytest.raises(Refused, match="an axis"):
            ops.apply("concatenate", [tall, tall], {"axis": axis})


@pytest.mark.parametrize(("positions", "fits"), [([0, 1], True), ([1], True), ([0, 2], False), (1, True), (2, False)])
def test_positions_that_are_taken_are_within_range(w, positions, fits):
    given = [array("x", n, w=w)]
    if fits:
        Ops(w).apply("take", given, {"positions": positions, "axis": 0})
    else:
        with pytest.raises(Refused, match="a position that may be out of range"):
            Ops(w).apply("take", given, {"positions": positions, "axis": 0})


def test_positions_that_are_set_are_apart_and_within_range(w):
    ops = Ops(w)
    x, two = array("x", n, w=w), array("p", 2, w=w)
    assert ops.apply("set_at", [x, two], {"positions": [0, 1]}).shape == (n,)
    for positions, reason in (([1, 1], "set twice"), ([0, 2], "out of range")):
        with pytest.raises(Refused, match=reason):
            ops.apply("set_at", [x, two], {"positions": positions})
    with pytest.raises(Refused, match="entries of a vector"):
        ops.apply("set_at", [x, array("p", 3, w=w)], {"positions": [0, 1]})
    with pytest.raises(Refused, match="that rounds"):
        ops.apply("set_at", [array("x", n, kind="i", w=w), two], {"positions": [0, 1]})


@pytest.mark.parametrize("op", ["inv", "det", "cholesky", "svd_packed", "qr_packed", "logabsdet"])
def test_a_vector_is_no_matrix(w, op):
    with pytest.raises((Refused, IndexError, ValueError)):
        made = Ops(w).apply(op, [array("x", n, w=w)], {})
        made.entry([poly(0)] * len(made.shape))


def test_a_matrix_of_full_rank_is_tall_or_wide():
    w = Judge({"n": 1, "m": 1}, [], set(), {"A"})
    for op in ("pinv", "svd_packed", "qr_packed"):
        with pytest.raises(Refused):
            made = Ops(w).apply(op, [array("A", n, m, w=w)], {})
            made.entry([poly(0), poly(0)])


# ---------------------------------------------------------------------------- guards that are not decided


def test_a_sum_of_reciprocals_may_be_0(w):
    """One factor that has a value is not 0; a sum of such may be."""
    i = w.index(n)
    a, b = w.atom("input", "x", (poly(0),)) + UNITY, w.atom("input", "x", (poly(1),)) - UNITY
    over = lambda u, k=1: w.power(u, -k)  # noqa: E731
    assert w.zero(over(a)) == w.zero(over(a, 2)) == w.zero(w.mul(over(a), over(b))) == Form()
    for open_ in (
        over(a) - over(b), over(a) + over(b), over(a) + UNITY, a,
        w.total(over(w.atom("input", "x", (i,)) + w.atom("input", "p", (poly(0),))), [i]),
        w.mul(over(a), w.atom("input", "x", (poly(0),))),
    ):  # fmt: skip
        assert w.zero(open_) != Form()
    assert w.zero(over(a) * -1) == Form()
    assert w.zero(w.exp(a) + w.exp(b)) == w.zero((w.exp(a) + w.exp(b)) * -1) == Form()


# ---------------------------------------------------------------------------- parts of a tall matrix


def part(w: Judge, kind: str, *at: Any, name: str = "A", columns: Poly = m) -> Form:
    r, c = w.index(n), w.index(columns)
    return w.over(kind, w.atom("input", name, (r, c)), [r, c], at)


def test_columns_of_a_tall_matrix_are_orthonormal_and_its_rows_are_not(w):
    i, j, a, b = w.index(n), w.index(n), w.index(m), w.index(m)
    reduce_ = lambda one, other, k: w.reduced(w.total(w.mul(one, other), [k]))  # noqa: E731
    for kind in ("left", "q"):
        assert reduce_(part(w, kind, i, a), part(w, kind, i, b), i) == w.relation("==", a - b)
        rows = w.total(w.mul(part(w, kind, i, a), part(w, kind, j, a)), [a])
        assert w.reduced(rows) == rows
    for along in (0, 1):
        k = w.index(m)
        one, other = ((a, k), (b, k)) if along else ((k, a), (k, b))
        assert reduce_(part(w, "right", *one), part(w, "right", *other), k) == w.relation("==", a - b)


def test_rows_of_a_wide_matrix_are_orthonormal_and_its_columns_are_not(w):
    def wide(kind: str, *at: Any) -> Form:
        r, c = w.index(m), w.index(n)
        return w.over(kind, w.atom("input", "A", (r, c)), [r, c], at)

    i, j, a, b = w.index(n), w.index(n), w.index(m), w.index(m)
    rows = w.total(w.mul(wide("right", a, i), wide("right", b, i)), [i])
    assert w.reduced(rows) == w.relation("==", a - b)
    columns = w.total(w.mul(wide("right", a, i), wide("right", a, j)), [a])
    assert w.reduced(columns) == columns


def test_vectors_of_both_triangles_are_orthonormal(w):
    i, j, k = w.index(n), w.index(n), w.index(n)
    for kind in ("eigenvector", "upper"):
        for one, other in (((i, k), (j, k)), ((k, i), (k, j))):
            form = w.total(w.mul(part(w, kind, *one, columns=n), part(w, kind, *other, columns=n)), [k])
            assert w.reduced(form) == w.relation("==", i - j)
    mixed = w.total(w.mul(part(w, "upper", i, k, columns=n), part(w, "eigenvector", j, k, columns=n)), [k])
    assert w.reduced(mixed) == mixed
    trace = w.total(w.mul(part(w, "q", k, k, columns=n), part(w, "q", k, j, columns=n)), [k])
    assert w.reduced(trace) == trace
    squared = w.total(w.mul(w.power(part(w, "q", k, i, columns=n), 2), part(w, "q", k, j, columns=n)), [k])
    assert w.reduced(squared) == squared


def test_a_sum_of_triangles_is_taken_for_none(w):
    r, c, i, j = (w.index(n) for _ in range(4))
    lower, upper = part(w, "cholesky", r, c, columns=n), part(w, "r", r, c, columns=n)
    for form in (lower + upper, lower * 2 + upper, w.mul(lower, upper), w.mul(lower, lower), lower + UNITY):
        whole = w.over("inv", form, [r, c], (i, j))
        assert [list(decompositions.implied(atom)) for term in whole for atom, _ in term[1] if atom.kind == "inv"] in (
            [[]],
            [],
        )


@pytest.mark.parametrize("kind", ["exp", "max", "inv", "positive", "log"])
def test_only_a_sum_is_written_another_way(w, kind):
    i, j = w.index(n), w.index(n)
    body = w.atom("input", "x", (i,)) - w.atom("input", "x", (j,)) + w.relation("==", i - j)
    atom = Atom(kind, "", (), tuple(sorted(body.items())))
    assert not list(decompositions._directions(w, atom, -1))
    assert len(list(decompositions._directions(w, atom._replace(kind="base"), -1))) == 3


def test_numbers_hold_what_numpy_computes_of_slices(w, whole):
    """The places of a slice, forwards and backwards, in steps."""
    values = whole.Values({"x": np.arange(10.0, 17.0)}, {"n": 7, "m": 2})
    for key, expected in [
        ([[0, 3, 2]], [10, 12, 14]), ([[6, 4, -2]], [16, 14, 12, 10]), ([[less(1), N, -1]], np.arange(16.0, 9.0, -1)),
        ([[2, 3, 1]], [12, 13, 14]), ([[3]], 13),
    ]:  # fmt: skip
        wide = Judge({"n": 7, "m": 1}, [], set(), {"x"})
        made = Ops(wide).apply("getitem", [array("x", n, w=wide)], {"key": key})
        np.testing.assert_array_equal(whole.entries(wide, made, values), expected)


# ---------------------------------------------------------------------------- laws of decompositions

SQUARE = np.array([[1.5, 0.25, -0.5], [0.75, 2.5, 0.125], [0.5, -0.25, 4.0]])
TALL = np.array([[1.5, 0.25], [0.75, -2.5], [0.5, 1.0]])
OF = {
    "cholesky": 2,
    "eigenvalue": 1,
    "eigenvector": 2,
    "upper": 2,
    "singular": 1,
    "left": 2,
    "right": 2,
    "q": 2,
    "r": 2,
    **dict.fromkeys(("expm", "logm", "sqrtm", "sinm", "cosm"), 2),
}


@pytest.mark.parametrize("kind", OF)
@pytest.mark.parametrize("shape", ["square", "tall"])
def test_the_law_of_a_part_is_its_derivative(whole, kind, shape):
    """Entries of the derivative against differences; parts of symmetric matrices at A + Aᵀ."""
    symmetric = kind in ("cholesky", "eigenvalue", "eigenvector", "upper")
    if shape == "tall" and (symmetric or kind in whole.WHOLE_OF):
        return
    given = SQUARE if shape == "square" else TALL
    w = Judge({"n": 3, "m": 2}, [n - m], {"p"}, {"A"})
    r, c = w.index(n), w.index(n if shape == "square" else m)
    inside = w.atom("input", "A", (r, c))
    inside = inside + w.atom("input", "A", (c, r)) if symmetric else inside
    places = [(1,), (0,)] if OF[kind] == 1 else [(1, 0), (1, 1), (0, 1)]

    def at(matrix: Any) -> Any:
        return whole.PARTS_OF[kind](matrix + matrix.T if symmetric else matrix)

    values = whole.Values({"A": given}, {"n": 3, "m": 2})
    for place in places:
        form = w.over(kind, inside, [r, c], tuple(map(poly, place)))
        for spot in ((0, 0), (2, 1), (0, 1)):
            slope = w.derivative(form, "A", list(map(poly, spot)))
            step = np.zeros_like(given)
            step[spot] = 1e-4
            ends = [at(given + k * step)[place] for k in (2, 1, -1, -2)]
            expected = (-ends[0] + 8 * ends[1] - 8 * ends[2] + ends[3]) / 12e-4
            assert values.form(slope, {}) == pytest.approx(expected, rel=1e-8, abs=1e-9), (place, spot)


# ---------------------------------------------------------------------------- more of what is decided, and kinds


def test_a_guard_of_a_sum_is_not_that_of_its_first_term(w, whole):
    a, b, c = (w.atom("input", "x", (poly(k),)) for k in range(3))
    for point in ([0.0, 2.0, 3.0], [2.0, 0.0, 0.0], [1.0, -3.0, 3.0], [0.0, 0.0, 0.0], [1.0, 2.0, 3.0]):
        values = whole.Values({"x": np.array(point)}, {"n": 3, "m": 1})
        for form, number in (
            (w.mul(a, b) + c, point[0] * point[1] + point[2]),
            (w.mul(a, b), point[0] * point[1]),
            (w.mul(a, b) - w.mul(a, c), point[0] * (point[1] - point[2])),
        ):
            assert values.form(w.zero(form), {}) == (number == 0)
            assert values.form(w.positive(form), {}) == (number > 0)
            assert values.form(w.relu(form), {}) == max(number, 0.0)


def test_kinds_of_results(w):
    ops = Ops(w)
    truths, whole_numbers = array("x", n, kind="b", w=w), array("x", n, kind="i", w=w)
    axis = {"axis": [0], "keepdims": False}
    assert ops.apply("sum", [truths], axis).kind == "i"
    assert ops.apply("sum", [whole_numbers], axis).kind == "i"
    assert ops.apply("max", [truths], axis).kind == "b"
    assert ops.apply("max", [whole_numbers], axis).kind == "i"
    assert ops.apply("full_like", [whole_numbers], {"fill_value": 3}).kind == "i"
    for given, fill in ((whole_numbers, 1.5), (truths, 1), (truths, 0.5)):
        with pytest.raises(Refused, match="a fill value that is rounded"):
            ops.apply("full_like", [given], {"fill_value": fill})


@pytest.mark.parametrize(
    "subscripts", ["ij,jk", "ij,jk->ii", "ij,jk->il", "ij->i", "ij,jk,kl->il", "ijk,jk->i", "ij,ij->"]
)
def test_subscripts_that_do_not_fit(w, subscripts):
    given = [array("A", n, m, w=w), array("B", m, n, w=w)]
    with pytest.raises((Refused, ValueError, KeyError)):
        made = Ops(w).apply("einsum", given, {"subscripts": subscripts})
        made.entry([poly(0)] * len(made.shape))


def test_what_may_be_empty_has_no_extreme_and_no_convolution():
    w = Judge({"n": 1, "m": 1}, [], set(), {"x"})
    short = array("x", n - 1, w=w)
    for op, given, params in (
        ("max", [short], {"axis": [0], "keepdims": False}),
        ("convolve", [short, array("y", n, w=w)], {}),
        ("convolve", [array("y", n, w=w), short], {}),
    ):
        with pytest.raises(Refused):
            Ops(w).apply(op, given, params)
