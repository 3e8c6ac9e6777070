"""Points of other sizes and kinds: what may be meant is asked about, and not held against a gradient."""

import numpy as np

from verify import Verdict, check


def test_arguments_of_size_one_grow_together():
    def f(x, y):
        return np.sum(np.fmod(x, y))

    result = check(f, np.array([5.5]), np.array([2.0]), grad=lambda x, y: (np.ones_like(x), -np.trunc(x / y)))
    assert result.verdict is not Verdict.REFUTED, str(result)


def test_a_mean_over_one_number_is_tried_longer():
    result = check(lambda x, w: np.sum(w * np.mean(x)), np.array([0.3]), 2.0, grad=lambda x, w: w * np.ones_like(x))
    assert result.verdict is Verdict.REFUTED, str(result)


DISTANCES = np.array([[0.0, 1.0, 4.0], [1.0, 0.0, 1.0], [4.0, 1.0, 0.0]])


def through_kernel(scale, d, y):
    return y @ np.linalg.solve(np.exp(-d / scale) + np.eye(len(y)), y)


def as_if_symmetric(scale, d, y):
    k = np.exp(-d / scale)
    z = np.linalg.solve(k + np.eye(len(y)), y)
    return -z @ (k * d) @ z / scale**2


def test_a_matrix_that_was_given_symmetric_is_asked_about():
    at = 1.7, DISTANCES, np.array([0.3, -0.4, 1.0])
    result = check(through_kernel, *at, grad=as_if_symmetric, wrt=0)
    assert result.verdict is Verdict.UNDECIDED, str(result)
    assert "domain=" in result.reason
    assert check(through_kernel, *at, grad=as_if_symmetric, wrt=0, domain={"d": "symmetric"}).ok


def test_a_number_of_another_size_is_tried_where_nothing_can_be_recorded():
    """irfft of odd length: the last bin counts twice."""

    def f(z, w):
        return float(np.sum(w * np.fft.irfft(z[0] + 1j * z[1], len(w))))

    def grad(z, w, even):
        n = len(w)
        twice = np.full(z.shape[1], 2.0)
        twice[0] = 1.0
        if even or n % 2 == 0:
            twice[-1] = 1.0
        g = twice * np.fft.rfft(w) / n
        g.imag[0] = 0.0
        if even or n % 2 == 0:
            g.imag[-1] = 0.0
        return np.array([g.real, g.imag])

    at = np.array([[1.0, 0.3, -0.7], [0.0, 0.4, 0.2]]), np.array([1.0, 0.5, -0.3, 0.8])
    wrong = check(f, *at, grad=lambda z, w: grad(z, w, even=True), wrt=0)
    assert wrong.verdict is Verdict.REFUTED, str(wrong)
    assert check(f, *at, grad=lambda z, w: grad(z, w, even=False), wrt=0).ok
