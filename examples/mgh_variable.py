"""The test problems of Moré, Garbow and Hillstrom (1981) with any number of variables, 21 to 35, with Jacobians.

J. J. Moré, B. S. Garbow, K. E. Hillstrom, "Testing Unconstrained Optimization Software", ACM Transactions on
Mathematical Software 7(1), 17-41. Residuals from the paper's formulas at its starting points; Jacobians by hand.
Run it with ``verify run examples/mgh_variable.py``.
"""

import numpy as np

import verify


def jac_21(x):
    rows = np.zeros((x.size, x.size))
    for i in range(0, x.size, 2):
        rows[i, i], rows[i, i + 1], rows[i + 1, i] = -20 * x[i], 10, -1
    return rows


@verify.case(np.array([-1.2, 1.0, -1.2, 1.0]), jac=jac_21)
def extended_rosenbrock(x):
    return np.stack([10 * (x[1::2] - x[::2] ** 2), 1 - x[::2]], axis=1).reshape(-1)


def jac_22(x):
    rows = np.zeros((x.size, x.size))
    for i in range(0, x.size, 4):
        inner, outer = 2 * (x[i + 1] - 2 * x[i + 2]), 2 * np.sqrt(10) * (x[i] - x[i + 3])
        rows[i, i], rows[i, i + 1] = 1, 10
        rows[i + 1, i + 2], rows[i + 1, i + 3] = np.sqrt(5), -np.sqrt(5)
        rows[i + 2, i + 1], rows[i + 2, i + 2] = inner, -2 * inner
        rows[i + 3, i], rows[i + 3, i + 3] = outer, -outer
    return rows


@verify.case(np.array([3.0, -1.0, 0.0, 1.0, 3.0, -1.0, 0.0, 1.0]), jac=jac_22)
def extended_powell_singular(x):
    out = np.zeros(x.size)
    for i in range(0, x.size, 4):
        out[i] = x[i] + 10 * x[i + 1]
        out[i + 1] = np.sqrt(5) * (x[i + 2] - x[i + 3])
        out[i + 2] = (x[i + 1] - 2 * x[i + 2]) ** 2
        out[i + 3] = np.sqrt(10) * (x[i] - x[i + 3]) ** 2
    return out


def jac_23(x):
    return np.concatenate([np.sqrt(1e-5) * np.eye(x.size), 2 * x[None, :]])


@verify.case(np.arange(1.0, 5.0), jac=jac_23)
def penalty_1(x):
    return np.concatenate([np.sqrt(1e-5) * (x - 1), (np.sum(x**2) - 0.25)[None]])


def jac_24(x):
    n, a = x.size, np.sqrt(1e-5)
    rows = np.zeros((2 * n, n))
    rows[0, 0] = 1
    for i in range(1, n):
        rows[i, i], rows[i, i - 1] = a * np.exp(x[i] / 10) / 10, a * np.exp(x[i - 1] / 10) / 10
        rows[n + i - 1, i] = a * np.exp(x[i] / 10) / 10
    rows[2 * n - 1] = 2 * np.arange(n, 0, -1) * x
    return rows


@verify.case(np.full(4, 0.5), jac=jac_24)
def penalty_2(x):
    n, a = x.size, np.sqrt(1e-5)
    e = np.exp(x / 10)
    i = np.arange(2, n + 1)
    y = np.exp(i / 10) + np.exp((i - 1) / 10)
    last = np.sum(np.arange(n, 0, -1) * x**2) - 1
    return np.concatenate([x[:1] - 0.2, a * (e[1:] + e[:-1] - y), a * (e[1:] - np.exp(-0.1)), last[None]])


def jac_25(x):
    j = np.arange(1, x.size + 1)
    total = np.sum(j * (x - 1))
    return np.concatenate([np.eye(x.size), j[None, :], (2 * total * j)[None, :]])


@verify.case(1 - np.arange(1, 5) / 4, jac=jac_25)
def variably_dimensioned(x):
    total = np.sum(np.arange(1, x.size + 1) * (x - 1))
    return np.concatenate([x - 1, total[None], (total**2)[None]])


def jac_26(x):
    i = np.arange(1, x.size + 1)
    return np.sin(x)[None, :] + np.diag(i * np.sin(x) - np.cos(x))


@verify.case(np.full(4, 0.25), jac=jac_26)
def trigonometric(x):
    i = np.arange(1, x.size + 1)
    return x.size - np.sum(np.cos(x)) + i * (1 - np.cos(x)) - np.sin(x)


def jac_27(x):
    n = x.size
    rows = np.eye(n) + np.ones((n, n))
    rows[n - 1] = [np.prod(np.delete(x, i)) for i in range(n)]
    return rows


@verify.case(np.full(4, 0.5), jac=jac_27)
def brown_almost_linear(x):
    return np.concatenate([x[:-1] + np.sum(x) - (x.size + 1), (np.prod(x) - 1)[None]])


def jac_28(x):
    h = 1 / (x.size + 1)
    t = h * np.arange(1, x.size + 1)
    slope = 2 + 1.5 * h**2 * (x + t + 1) ** 2
    return np.diag(slope) - np.eye(x.size, k=1) - np.eye(x.size, k=-1)


@verify.case(np.arange(1, 5) / 5 * (np.arange(1, 5) / 5 - 1), jac=jac_28)
def discrete_boundary_value(x):
    h = 1 / (x.size + 1)
    t = h * np.arange(1, x.size + 1)
    before, after = np.concatenate([np.zeros(1), x[:-1]]), np.concatenate([x[1:], np.zeros(1)])
    return 2 * x - before - after + h**2 * (x + t + 1) ** 3 / 2


def jac_29(x):
    h = 1 / (x.size + 1)
    t = h * np.arange(1, x.size + 1)
    slope = 3 * (x + t + 1) ** 2
    kernel = np.tril(np.outer(1 - t, t)) + np.triu(np.outer(t, 1 - t), 1)
    return np.eye(x.size) + h / 2 * kernel * slope[None, :]


@verify.case(np.arange(1, 5) / 5 * (np.arange(1, 5) / 5 - 1), jac=jac_29)
def discrete_integral_equation(x):
    h = 1 / (x.size + 1)
    t = h * np.arange(1, x.size + 1)
    cubes = (x + t + 1) ** 3
    lower = np.cumsum(t * cubes)
    upper = np.sum((1 - t) * cubes) - np.cumsum((1 - t) * cubes)
    return x + h * ((1 - t) * lower + t * upper) / 2


def jac_30(x):
    return np.diag(3 - 4 * x) - np.eye(x.size, k=-1) - 2 * np.eye(x.size, k=1)


@verify.case(np.full(4, -1.0), jac=jac_30)
def broyden_tridiagonal(x):
    before, after = np.concatenate([np.zeros(1), x[:-1]]), np.concatenate([x[1:], np.zeros(1)])
    return (3 - 2 * x) * x - before - 2 * after + 1


def jac_31(x):
    n = x.size
    rows = np.diag(2 + 15 * x**2)
    for i in range(n):
        for j in range(max(0, i - 5), min(n, i + 2)):
            if j != i:
                rows[i, j] = -(1 + 2 * x[j])
    return rows


@verify.case(np.full(8, -1.0), jac=jac_31)
def broyden_banded(x):
    n = x.size
    sums = [sum(x[j] * (1 + x[j]) for j in range(max(0, i - 5), min(n, i + 2)) if j != i) for i in range(n)]
    return x * (2 + 5 * x**2) + 1 - np.array(sums)


def jac_32(x):
    m = 2 * x.size
    return np.eye(m, x.size) - 2 / m


@verify.case(np.ones(4), jac=jac_32)
def linear_full_rank(x):
    m = 2 * x.size
    return np.concatenate([x, np.zeros(x.size)]) - 2 / m * np.sum(x) - 1


def jac_33(x):
    return np.outer(np.arange(1, 2 * x.size + 1), np.arange(1, x.size + 1)) * 1.0


@verify.case(np.ones(4), jac=jac_33)
def linear_rank_1(x):
    return np.arange(1, 2 * x.size + 1) * np.sum(np.arange(1, x.size + 1) * x) - 1


def jac_34(x):
    n, m = x.size, 2 * x.size
    rows = np.zeros((m, n))
    rows[1:-1, 1:-1] = np.outer(np.arange(1, m - 1), np.arange(2, n))
    return rows


@verify.case(np.ones(4), jac=jac_34)
def linear_rank_1_with_zeros(x):
    n, m = x.size, 2 * x.size
    total = np.sum(np.arange(2, n) * x[1:-1])
    return np.concatenate([-np.ones(1), np.arange(1, m - 1) * total - 1, -np.ones(1)])


def shifted_chebyshev(x):
    """The values and slopes of the Chebyshev polynomials T_1, …, T_n, shifted to [0, 1], at x."""
    before, here = np.ones(x.size), 2 * x - 1
    slope_before, slope = np.zeros(x.size), 2 * np.ones(x.size)
    values, slopes = [here], [slope]
    for _ in range(x.size - 1):
        before, here, slope_before, slope = (
            here, 2 * (2 * x - 1) * here - before, slope, 4 * here + 2 * (2 * x - 1) * slope - slope_before,
        )  # fmt: skip
        values, slopes = [*values, here], [*slopes, slope]
    return np.stack(values), np.stack(slopes)


def jac_35(x):
    return shifted_chebyshev(x)[1] / x.size


@verify.case(np.arange(1, 5) / 5, jac=jac_35)
def chebyquad(x):
    i = np.arange(1, x.size + 1)
    integrals = np.where(i % 2 == 0, -1 / np.where(i == 1, 1, i**2 - 1), 0)
    return np.mean(shifted_chebyshev(x)[0], axis=1) - integrals
