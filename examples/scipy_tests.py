"""Functions with `jac`, `hess` and `hessp` as SciPy's optimisation tests and tutorials have them, from their formulas.

Maximum entropy, enzyme kinetics, exponential fitting, Broyden's tridiagonal system, constraints, electrons on a sphere.
Run it with ``verify run examples/scipy_tests.py``.
"""

import numpy as np

import verify

# ---------------------------------------------------------------------------- maximum entropy (test_optimize)

FEATURES = np.array([[1.0, 1, 1], [1, 1, 0], [1, 0, 1], [1, 0, 0], [1, 0, 0]])
MEANS = np.array([1, 0.3, 0.5])


def entropy_jac(params):
    weights = np.exp(FEATURES @ params)
    return FEATURES.T @ (weights / weights.sum()) - MEANS


def entropy_hess(params):
    weights = np.exp(FEATURES @ params)
    p = weights / weights.sum()
    return FEATURES.T @ (np.diag(p) - np.outer(p, p)) @ FEATURES


@verify.case(np.array([0.2, -0.4, 0.3]), grad=entropy_jac, hess=entropy_hess)
def maximum_entropy(params):
    return np.log(np.sum(np.exp(FEATURES @ params))) - MEANS @ params


# ---------------------------------------------------------------------------- least squares (test_least_squares)

SUBSTRATE = np.array([4.0, 2.0, 1.0, 0.5, 0.25, 0.167])
RATE = np.array([0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627])


def enzyme_jac(x, u, y):
    den = u**2 + x[2] * u + x[3]
    num = u**2 + x[1] * u
    J = np.empty((u.size, x.size))
    J[:, 0] = num / den
    J[:, 1] = x[0] * u / den
    J[:, 2] = -x[0] * num * u / den**2
    J[:, 3] = -x[0] * num / den**2
    return J


@verify.case(np.array([2.5, 3.9, 0.415, 0.39]), SUBSTRATE, RATE, jac=enzyme_jac, wrt="x")
def enzyme(x, u, y):
    return x[0] * (u**2 + x[1] * u) / (u**2 + x[2] * u + x[3]) - y


def exponential_jac(p, x, y):
    J = np.empty((len(x), 2))
    J[:, 0] = 1
    J[:, 1] = x * np.exp(p[1] * x)
    return J


@verify.case(np.array([0.4, 0.1]), np.array([0.0, 1.0, 2.0, 3.0]), np.zeros(4), jac=exponential_jac, wrt="p")
def exponential_fit(p, x, y):
    return p[0] + np.exp(p[1] * x) - y


def tridiagonal_jac(x):
    n = len(x)
    J = np.diag(3 - 2 * x)
    for i in range(n - 1):
        J[i, i + 1] = -2
        J[i + 1, i] = -1
    return J


@verify.case(np.array([-1.0, -0.8, -1.2, -0.9]), jac=tridiagonal_jac)
def broyden_tridiagonal(x):
    f = (3 - x) * x + 1
    f[1:] -= x[:-1]
    f[:-1] -= 2 * x[1:]
    return f


def power_law_jac(x, a, b):
    return np.vstack((b * np.log(x) * x**a, x**a)).T


@verify.case(
    np.array([1.0, 2.0, 3.5]), 1.4, 0.7, wrt=("a", "b"), domain={"x": "positive"},
    jac=lambda x, a, b: tuple(power_law_jac(x, a, b).T),
)  # fmt: skip
def power_law(x, a, b):
    """The model of a `curve_fit`; its columns are the derivatives by the two parameters."""
    return b * x**a


# ---------------------------------------------------------------------------- minimize (tutorial, test_slsqp)


def rosen_args_jac(x, a, b):
    xm, xm_m1, xm_p1 = x[1:-1], x[:-2], x[2:]
    der = np.zeros_like(x)
    der[1:-1] = 2 * a * (xm - xm_m1**2) - 4 * a * (xm_p1 - xm**2) * xm - 2 * (1 - xm)
    der[0] = -4 * a * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0])
    der[-1] = 2 * a * (x[-1] - x[-2] ** 2)
    return der


def rosen_args_hessp(x, p, a, b):
    product = np.zeros_like(x)
    product[0] = (12 * a * x[0] ** 2 - 4 * a * x[1] + 2) * p[0] - 4 * a * x[0] * p[1]
    product[1:-1] = (
        -4 * a * x[:-2] * p[:-2]
        + (2 * a + 2 + 12 * a * x[1:-1] ** 2 - 4 * a * x[2:]) * p[1:-1]
        - 4 * a * x[1:-1] * p[2:]
    )
    product[-1] = -4 * a * x[-2] * p[-2] + 2 * a * p[-1]
    return product


@verify.case(np.array([1.3, 0.7, 0.8, 1.9, 1.2]), grad=rosen_args_jac, hvp=rosen_args_hessp, args=(0.5, 1.0))
def rosen_with_args(x, a, b):
    return np.sum(a * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2) + b


def saddle_jac(d, sign=1.0):
    x, y = d[0], d[1]
    return np.array([sign * (-2 * x + 2 * y + 2), sign * (2 * x - 4 * y)], float)


@verify.case(np.array([-1.0, 1.0]), grad=saddle_jac, hess=lambda d: np.array([[-2.0, 2.0], [2.0, -4.0]]))
def saddle(d, sign=1.0):
    x, y = d[0], d[1]
    return sign * (2 * x * y + 2 * x - x**2 - 2 * y**2)


@verify.case(np.array([0.5, 0.3]), jac=lambda x: [[2 * x[0], 1], [2 * x[0], -1]],
             vjp=lambda x, v: np.array([2 * (v[0] + v[1]) * x[0], v[0] - v[1]]))  # fmt: skip
def constraints(x):
    """The nonlinear constraint of the tutorial."""
    return np.array([x[0] ** 2 + x[1], x[0] ** 2 - x[1]])


def coupled_jac(x):
    near, far = 1.5 * (x[0] - x[1]) ** 2, 1.5 * (x[1] - x[0]) ** 2
    return np.array([[1 + near, -near], [-far, 1 + far]])


@verify.case(np.array([0.2, 0.9]), jac=coupled_jac)
def coupled(x):
    """The system of the tutorial on `root`."""
    return [x[0] + 0.5 * (x[0] - x[1]) ** 3 - 1.0, 0.5 * (x[1] - x[0]) ** 3 + x[1]]


# ---------------------------------------------------------------------------- electrons (test_minimize_constrained)

CHARGES = np.array([[0.6, 0.2, -0.7], [-0.5, 0.8, 0.3], [0.1, -0.9, 0.4]])


def apart(places):
    return places[:, None, :] - places[None, :, :]


def electrons_jac(places):
    d = apart(places)
    squared = np.sum(d**2, axis=-1)
    np.fill_diagonal(squared, 1.0)
    return -np.sum(d / squared[:, :, None] ** 1.5, axis=1)


@verify.case(CHARGES, grad=electrons_jac)
def electrons(places):
    """The Coulomb energy of electrons, each pair counted once."""
    n = len(places)
    energy = 0.0
    for i in range(n):
        for j in range(i):
            energy += 1 / np.sqrt(np.sum((places[i] - places[j]) ** 2))
    return energy


def on_sphere_jac(places):
    n = len(places)
    J = np.zeros((n, *places.shape))
    for i in range(n):
        J[i, i] = 2 * places[i]
    return J


@verify.case(CHARGES, jac=on_sphere_jac)
def on_sphere(places):
    return np.sum(places**2, axis=1) - 1
