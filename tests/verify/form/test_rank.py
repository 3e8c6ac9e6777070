"""Sizes at which what is inverted can be of full rank."""

import numpy as np

from dualgrad.program.size import dimension
from verify.form.facts import Facts
from verify.form.rank import extents_for_rank

inv = np.linalg.inv


def extents(recorded, f, *arrays):
    case = recorded(f, *arrays)
    program = case.program
    n, m = (dimension(name) for name in sorted(case.sizes, key=lambda name: list(case.sizes).index(name))[:2])
    return extents_for_rank([program], Facts()), n, m


def test_a_gram_matrix_needs_no_fewer_rows_than_columns(recorded):
    found, n, m = extents(recorded, lambda x: np.sum(inv(x.T @ x)), np.ones((4, 3)))
    assert found == (n - m,)
    found, n, m = extents(recorded, lambda x: np.linalg.slogdet(x @ x.T)[1], np.ones((3, 4)))
    assert found == (m - n,)


def test_a_sum_with_the_identity_needs_nothing(recorded):
    found, _, _ = extents(recorded, lambda x: np.sum(inv(np.eye(x.shape[1]) + x.T @ x)), np.ones((4, 3)))
    assert found == ()


def test_a_determinant_that_is_only_returned_needs_nothing(recorded):
    found, _, _ = extents(recorded, lambda x: np.linalg.det(x.T @ x), np.ones((4, 3)))
    assert found == ()
