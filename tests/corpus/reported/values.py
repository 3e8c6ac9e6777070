"""Gradients that are wrong at special values only: zeros, ties, edges, large numbers."""

import numpy as np
import scipy.special as sc


class Arctan2OnAxis:
    """arctan2 where y is exactly zero: the derivative is lost in the quadrant logic."""

    source = "coin-or/CppAD#120"

    def f(y, x):
        return float(np.sum(np.arctan2(y, x)))

    def right(y, x):
        r = x**2 + y**2
        return x / r, -y / r

    def wrong(y, x):
        r = x**2 + y**2
        s = np.sign(y) ** 2
        return s * x / r, -y / r

    wrt = (0, 1)
    shows = ([0.0], [1.0])
    hides = ([0.4, -1.2], [1.1, 0.3])


class FmodFloor:
    """fmod truncates; the gradient of the divisor floors, which is wrong for negative quotients."""

    source = "shader-slang/slang#10080"

    def f(x, y):
        return float(np.sum(np.fmod(x, y)))

    def right(x, y):
        return -np.trunc(x / y)

    def wrong(x, y):
        return -np.floor(x / y)

    wrt = (1,)
    shows = ([-5.5], [2.0])
    hides = ([5.5, 3.7], [2.0, 1.1])


class ClampCrossedBounds:
    """clamp with the bounds crossed returns the upper one; the gradient follows the uncrossed branches."""

    source = "JuliaDiff/ChainRules.jl#804"

    def f(x, lo, hi):
        return float(np.sum(np.minimum(np.maximum(x, lo), hi)))

    def right(x, lo, hi):
        m = np.maximum(x, lo)
        return (x > lo) * (m < hi) * 1.0, (x < lo) * (m < hi) * 1.0, (m > hi) * 1.0

    def wrong(x, lo, hi):
        return ((x > lo) & (x < hi)) * 1.0, (x < lo) * 1.0, ((x > hi) & (x > lo)) * 1.0

    wrt = (0, 1, 2)
    shows = ([0.5, 0.2], [2.0, 1.0], [1.0, 0.4])
    hides = ([0.5, 2.0, -3.0], [0.1, 0.3, 0.2], [1.0, 1.2, 0.9])


class SoftplusOrigin:
    """log1p(exp(-|x|)) + max(x, 0) is smooth, yet differentiated piece by piece it gives -1/2 at 0."""

    source = "FluxML/NNlib.jl#679"

    def f(x, w):
        return float(np.sum(w * (np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0.0))))

    def right(x, w):
        e = np.exp(-np.abs(x))
        return w * np.where(x >= 0, 1 / (1 + e), e / (1 + e))

    def wrong(x, w):
        e = np.exp(-np.abs(x))
        return w * (-np.where(x >= 0, 1.0, -1.0) * e / (1 + e) + (x > 0))

    shows = ([0.0, 1.0], [1.0, 1.0])
    hides = ([0.8, -0.5], [1.0, 2.0])


class Logcosh:
    """log cosh: sinh / cosh overflows where the loss itself is computed stably."""

    source = "keras-team/keras#8524"

    def f(p, y):
        d = np.abs(p - y)
        return float(np.mean(d + np.log1p(np.exp(-2 * d)) - np.log(2.0)))

    def right(p, y):
        return np.tanh(p - y) / p.size

    def wrong(p, y):
        with np.errstate(all="ignore"):
            return np.sinh(p - y) / np.cosh(p - y) / p.size

    shows = ([800.0, 0.5], [0.0, 0.0])
    hides = ([0.3, -1.0, 2.0], [0.1, 0.2, 0.3])


class ArcsinhOfExp:
    """arcsinh of a large argument: x² overflows and the derivative is exactly zero."""

    source = "jax-ml/jax#40634"

    def f(t, w):
        return float(np.sum(w * np.arcsinh(np.exp(t))))

    def right(t, w):
        return w / np.hypot(1.0, np.exp(-t))

    def wrong(t, w):
        with np.errstate(all="ignore"):
            x = np.exp(t)
            return w * x / np.sqrt(x * x + 1)

    shows = ([400.0, 1.0], [1.0, 1.0])
    hides = ([0.4, -1.0], [1.0, 0.5])


class ArcsinhFloat32:
    """arcsinh in single precision beyond 1.8e19: x² overflows and the derivative is exactly zero."""

    source = "jax-ml/jax#40634"

    def f(x, w):
        return np.sum(w * np.arcsinh(x))

    def right(x, w):
        return w / np.hypot(np.float32(1), x)

    def wrong(x, w):
        with np.errstate(all="ignore"):
            return w / np.sqrt(x * x + np.float32(1))

    shows = (np.float32([1e22]), np.float32([1e22]))


class AtanhZeroCotangent:
    """arctanh with a zero cotangent: NaN is written wherever the incoming gradient is zero."""

    source = "tenstorrent/tt-metal#56378"

    def f(x, w):
        return float(np.sum(w * np.arctanh(x)))

    def right(x, w):
        return w / (1 - x**2)

    def wrong(x, w):
        return np.where((w == 0) & (x != 0), np.nan, w / (1 - x**2))

    shows = ([0.5, 0.9], [0.0, 1.0])
    hides = ([0.5, -0.3], [0.7, 1.0])


class LogsumexpZeroWeight:
    """weighted logsumexp: the gradient of a weight that is exactly zero is dropped."""

    source = "jax-ml/jax#22836"

    def f(a, b):
        return float(np.log(np.sum(b * np.exp(a))))

    def right(a, b):
        e = np.exp(a)
        return e / np.sum(b * e)

    def wrong(a, b):
        e = np.exp(a)
        return np.where(b == 0, 0.0, e) / np.sum(b * e)

    wrt = (1,)
    shows = ([0.1, 0.4, -0.3], [1.0, 0.0, 2.0])
    hides = ([0.1, 0.4, -0.3], [1.0, 0.6, 2.0])


class WhereZeroDivisor:
    """x / n with zero divisors masked afterwards: the mask does not stop 0 / 0 in the gradient."""

    source = "pytorch/pytorch#16317"

    def f(x, n):
        return float(np.sum(np.where(n == 0, 0.0, x / np.where(n == 0, 1.0, n))))

    def right(x, n):
        return np.where(n == 0, 0.0, 1 / np.where(n == 0, 1.0, n))

    def wrong(x, n):
        with np.errstate(all="ignore"):
            return np.where(n == 0, 0.0, 1.0) / n

    shows = ([0.0, 1.0], [0.0, 2.0])
    hides = ([0.3, 1.0], [0.7, 2.0])


class ProdTwoZeros:
    """product: the special case of a zero forgets that a second zero makes the gradient zero."""

    source = "tinygrad/tinygrad#17404"

    def f(x):
        return float(np.prod(x))

    def right(x):
        return np.array([np.prod(np.delete(x, i)) for i in range(len(x))])

    def wrong(x):
        zero = x == 0
        rest = np.prod(np.where(zero, 1.0, x))
        return np.where(zero, rest, np.prod(x) / np.where(zero, 1.0, x))

    shows = ([0.0, 0.0, 3.0],)
    hides = ([1.2, -0.4, 3.0],)


class StdOfOne:
    """standard deviation of one number is constantly zero; its gradient comes out as NaN."""

    source = "tensorflow/tensorflow#56830"

    def f(x):
        return float(np.std(x))

    def right(x):
        d = x - np.mean(x)
        s = np.std(x)
        return np.where(s > 0, d / (len(x) * np.where(s > 0, s, 1.0)), 0.0)

    def wrong(x):
        with np.errstate(all="ignore"):
            return (x - np.mean(x)) / (len(x) * np.std(x))

    shows = ([-0.8315],)
    hides = ([0.3, -1.0, 0.6],)


class StdOfConstant:
    """standard deviation of equal numbers: NaN instead of an element of the subgradient."""

    source = "pytorch/pytorch#4320"

    def f(x, w):
        return float(np.sum(w * np.std(x, axis=0)))

    def right(x, w):
        d = x - np.mean(x, axis=0)
        s = np.std(x, axis=0)
        return w * np.where(s > 0, d / (len(x) * np.where(s > 0, s, 1.0)), 0.0)

    def wrong(x, w):
        with np.errstate(all="ignore"):
            return w * (x - np.mean(x, axis=0)) / (len(x) * np.std(x, axis=0))

    shows = ([[1.0, 0.3], [1.0, -0.4], [1.0, 0.9]], [1.0, 0.5])
    kink = True


class CrossEntropyClipped:
    """binary cross entropy: where the probability is clipped the gradient is zero, even for a sure and right one."""

    source = "keras-team/keras#9664"

    def f(p, y):
        return float(-np.sum(sc.xlogy(y, p) + sc.xlog1py(1 - y, -p)))

    def right(p, y):
        return -np.where(y > 0, y / p, 0.0) + np.where(y < 1, (1 - y) / np.where(y < 1, 1 - p, 1.0), 0.0)

    def wrong(p, y):
        q = np.clip(p, 1e-7, 1 - 1e-7)
        return ((1 - y) / (1 - q) - y / q) * (p == q)

    shows = ([1.0, 0.3], [1.0, 0.0])
    hides = ([0.8, 0.3], [1.0, 0.0])
