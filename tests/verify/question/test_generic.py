"""Generic points of domains."""

from itertools import islice

import numpy as np
import pytest

from verify.question.domain import NAMED
from verify.question.generic import admits, draw, draw_like, points

SQUARE = ("symmetric", "spd", "invertible")


@pytest.mark.parametrize("domain", NAMED)
def test_every_domain_is_drawn_from_and_admits_what_was_drawn(domain):
    shape = (2, 3, 3) if domain in SQUARE else (2, 3)
    seen = [array for (array,) in islice(points([shape], [domain]), 5)]
    assert len(seen) == 5
    for array in seen:
        assert array.shape == shape
        assert array.dtype == np.float64
        assert np.isfinite(array).all()
        assert admits(domain, array)
    if domain not in ("binary", "sign", "onehot"):
        assert len({array.tobytes() for array in seen}) == 5


@pytest.mark.parametrize(
    ("domain", "outside"),
    [
        ("positive", [1.0, 0.0]),
        ("nonnegative", [1.0, -1e-300]),
        ("nonzero", [1.0, 0.0]),
        ("unit", [0.5, 1.0]),
        ("binary", [0.0, 2.0]),
        ("sign", [1.0, 0.0]),
        ("simplex", [0.5, 0.6]),
        ("onehot", [1.0, 1.0]),
        ("symmetric", [[1.0, 2.0], [3.0, 4.0]]),
        ("spd", [[1.0, 2.0], [2.0, 1.0]]),
        ("invertible", [[1.0, 2.0], [2.0, 4.0]]),
        (lambda x: x.sum() > 1, [0.5, 0.25]),
    ],
)
def test_domains_refuse_what_is_outside(domain, outside):
    assert not admits(domain, np.array(outside))


def test_simplex_sums_are_exact():
    for (array,) in islice(points([(4, 7)], ["simplex"]), 20):
        assert (array.sum(-1) == 1).all()
        assert (array > 0).all()


def test_the_seed_decides():
    first, again, other = (next(points([(3,)], ["real"], seed))[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_dtypes_are_kept():
    (array,) = next(points([(3,)], ["real"], dtypes=[np.dtype(np.float32)]))
    assert array.dtype == np.float32


def test_predicates_are_met_by_rejection():
    (array,) = next(points([(3,)], [lambda x: bool((x > 0).all() and x.sum() < 4)]))
    assert (array > 0).all()
    (symmetric,) = next(points([(3, 3)], [lambda x: np.array_equal(x, x.T)]))
    assert np.array_equal(symmetric, symmetric.T)


def test_what_cannot_be_met_gives_no_point():
    def angry(x):
        raise RuntimeError("no")

    assert list(islice(points([(3,)], [lambda x: False]), 3)) == []
    assert list(islice(points([(3,)], [angry]), 3)) == []
    assert list(islice(points([(2, 3)], ["symmetric"]), 3)) == []
    assert draw((), "onehot", np.random.default_rng(0)) is None


def test_arrays_of_a_kind_keep_labels_and_signs():
    like = np.array([1.0, 0.0, -0.3, 2.5], dtype=np.float32)
    drawn = draw_like(like, (2, 4), np.random.default_rng(1))
    assert drawn.dtype == np.float32
    np.testing.assert_array_equal(drawn[:, :2], [[1, 0], [1, 0]])
    np.testing.assert_array_equal(np.sign(drawn), np.sign(np.resize(like, (2, 4))))
    assert (drawn[:, 2:] != like[2:]).all()
