"""Samples are the functions of their parameters and noise that they are said to be, and are distributed so."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import dualgrad as dg

DISTRIBUTIONS = {
    "uniform": ((1.0, 3.0), stats.uniform(1, 2)),
    "normal": ((1.0, 2.0), stats.norm(1, 2)),
    "lognormal": ((0.5, 0.7), stats.lognorm(0.7, scale=np.exp(0.5))),
    "exponential": ((2.0,), stats.expon(scale=2)),
    "gumbel": ((1.0, 2.0), stats.gumbel_r(1, 2)),
    "laplace": ((1.0, 2.0), stats.laplace(1, 2)),
    "logistic": ((1.0, 2.0), stats.logistic(1, 2)),
    "weibull": ((1.7,), stats.weibull_min(1.7)),
    "gamma": ((2.5, 3.0), stats.gamma(2.5, scale=3)),
    "standard_cauchy": ((), stats.cauchy()),
}
CONSTANT = {"gamma": {0}}  # positions of parameters that no gradient flows to


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_samples_are_distributed_as_they_say(name):
    parameters, distribution = DISTRIBUTIONS[name]
    drawn = getattr(dg.random.default_rng(0), name)(*parameters, size=4000)
    assert stats.kstest(drawn.numpy(), distribution.cdf).pvalue > 1e-3


@pytest.mark.parametrize("name", [name for name in DISTRIBUTIONS if DISTRIBUTIONS[name][0]])
def test_gradients_are_those_of_the_sample_with_its_noise_held(name):
    parameters, _ = DISTRIBUTIONS[name]

    def total(*values):
        return np.sum(getattr(dg.random.default_rng(3), name)(*values, size=5))

    chosen = [k for k in range(len(parameters)) if k not in CONSTANT.get(name, ())]
    for k, found in zip(chosen, dg.grad(total, chosen)(*parameters), strict=True):
        up, down = list(parameters), list(parameters)
        up[k] += 1e-6
        down[k] -= 1e-6
        assert found == pytest.approx(float(total(*up) - total(*down)) / 2e-6, rel=1e-7)


def test_normal_vectors_have_their_covariance():
    covariance = np.array([[2.0, 0.6], [0.6, 0.5]])
    rng = dg.random.default_rng(0)
    drawn = rng.multivariate_normal(np.array([1.0, -1.0]), covariance, 20000)
    np.testing.assert_allclose(drawn.mean(axis=0), [1, -1], atol=0.05)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=0.05)
    c = dg.tensor(covariance, requires_grad=True)
    dg.random.default_rng(0).multivariate_normal(dg.zeros(2), c, 3).sum().backward()
    assert c.grad.shape == (2, 2)


def test_the_same_seed_gives_the_same_numbers_and_a_generator_goes_on():
    rng = dg.random.default_rng(5)
    first, second = rng.normal(size=3).tolist(), rng.normal(size=3).tolist()
    assert first != second
    assert dg.random.default_rng(5).normal(size=3).tolist() == first
    assert dg.random.default_rng(np.random.default_rng(5)).normal(size=3).tolist() == first
    dg.manual_seed(5)
    before = (dg.random.normal(size=2).tolist(), dg.randn(2).tolist(), dg.rand(2).tolist())
    dg.manual_seed(5)
    assert (dg.random.normal(size=2).tolist(), dg.randn(2).tolist(), dg.rand(2).tolist()) == before


def test_results_are_of_the_kind_shape_and_dtype_of_the_parameters():
    rng = dg.random.default_rng(0)
    assert isinstance(rng.normal(size=2), dg.Tensor)
    assert isinstance(rng.normal(np.zeros(2), 1.0), np.ndarray)
    assert rng.normal(dg.zeros(2, 1), np.ones(3)).shape == (2, 3)
    assert rng.uniform(dg.zeros(2, dtype=np.float32), 1.0).dtype == np.float32
    assert set(rng.dropout_mask(0.5, (50,)).tolist()) == {0.0, 2.0}
    with pytest.raises(ValueError, match=r"do not broadcast to size=\(2,\)"):
        rng.normal(np.zeros((3, 2)), 1.0, size=2)


def test_the_shape_of_gamma_has_no_gradient_and_it_says_so():
    with pytest.raises(TypeError, match="a sample is no elementary function of it"):
        dg.random.gamma(dg.tensor(2.0, requires_grad=True))


def test_compiled_functions_keep_the_noise_that_they_were_recorded_with():
    f = dg.compile(lambda loc: dg.random.default_rng(0).normal(loc, 1.0))
    first = f(np.zeros(3))
    assert np.array_equal(first, dg.random.default_rng(0).normal(np.zeros(3), 1.0))
    assert np.array_equal(f(np.ones(3)), first + 1)


def test_noise_that_differs_from_call_to_call_is_not_compiled():
    rng = dg.random.default_rng(0)
    with pytest.raises(Exception, match="a random number"):
        dg.compile(lambda loc: rng.normal(loc, 1.0))(np.zeros(3))
