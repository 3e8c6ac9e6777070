"""The likelihood of a local level model by the Kalman filter, with the gradient that a forward recursion gives.

J. Durbin and S. J. Koopman, "Time Series Analysis by State Space Methods", section 2.2 and 2.10.
Run it with ``verify run examples/kalman.py``.
"""

import numpy as np

import verify

SERIES = np.array([0.3, 0.1, 0.8, 0.4, 1.1, 0.9])


def gradient(theta, y):
    """The derivatives of level, variance and likelihood are carried along."""
    noise, drift = np.exp(theta[0]), np.exp(theta[1])
    level, variance = 0.0, 1.0 + drift
    level_by, variance_by = np.zeros(2), np.array([0.0, drift])
    noise_by, drift_by = np.array([noise, 0.0]), np.array([0.0, drift])
    total = np.zeros(2)
    for value in y:
        spread, spread_by = variance + noise, variance_by + noise_by
        error, error_by = value - level, -level_by
        total = total + 0.5 * (spread_by / spread + 2 * error * error_by / spread - error**2 * spread_by / spread**2)
        gain = variance / spread
        gain_by = variance_by / spread - variance * spread_by / spread**2
        level, level_by = level + gain * error, level_by + gain_by * error + gain * error_by
        variance_by = variance_by * (1 - gain) - variance * gain_by + drift_by
        variance = variance * (1 - gain) + drift
    return total


@verify.case(np.array([-1.0, -2.0]), SERIES, grad=gradient, wrt="theta")
@verify.case(np.array([-1.0, -2.0]), SERIES, wrt="theta")
def negative_log_likelihood(theta, y):
    noise, drift = np.exp(theta[0]), np.exp(theta[1])
    level, variance, total = 0.0, 1.0 + drift, 0.0
    for value in y:
        spread = variance + noise
        error = value - level
        total = total + 0.5 * (np.log(spread) + error**2 / spread)
        gain = variance / spread
        level, variance = level + gain * error, variance * (1 - gain) + drift
    return total
