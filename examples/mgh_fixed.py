"""The test problems of Moré, Garbow and Hillstrom (1981) with a fixed number of variables, 1 to 20, with Jacobians.

J. J. Moré, B. S. Garbow, K. E. Hillstrom, "Testing Unconstrained Optimization Software", ACM Transactions on
Mathematical Software 7(1), 17-41. Residuals from the paper's formulas at its starting points; Jacobians by hand.
Run it with ``verify run examples/mgh_fixed.py``.
"""

import numpy as np
from scipy.special import xlogy

import verify


def jac_1(x):
    return np.array([[-20 * x[0], 10], [-1, 0]])


@verify.case(np.array([-1.2, 1.0]), jac=jac_1)
def rosenbrock(x):
    return np.array([10 * (x[1] - x[0] ** 2), 1 - x[0]])


def jac_2(x):
    return np.array([[1, (10 - 3 * x[1]) * x[1] - 2], [1, (3 * x[1] + 2) * x[1] - 14]])


@verify.case(np.array([0.5, -2.0]), jac=jac_2)
def freudenstein_roth(x):
    return np.array([-13 + x[0] + ((5 - x[1]) * x[1] - 2) * x[1], -29 + x[0] + ((x[1] + 1) * x[1] - 14) * x[1]])


def jac_3(x):
    return np.array([[1e4 * x[1], 1e4 * x[0]], [-np.exp(-x[0]), -np.exp(-x[1])]])


@verify.case(np.array([0.0, 1.0]), jac=jac_3)
def powell_badly_scaled(x):
    return np.array([1e4 * x[0] * x[1] - 1, np.exp(-x[0]) + np.exp(-x[1]) - 1.0001])


def jac_4(x):
    return np.array([[1, 0], [0, 1], [x[1], x[0]]])


@verify.case(np.array([1.0, 1.0]), jac=jac_4)
def brown_badly_scaled(x):
    return np.array([x[0] - 1e6, x[1] - 2e-6, x[0] * x[1] - 2])


BEALE = np.array([1.5, 2.25, 2.625])


def jac_5(x):
    return np.array([[x[1] ** i - 1, i * x[0] * x[1] ** (i - 1)] for i in (1, 2, 3)])


@verify.case(np.array([1.0, 1.0]), jac=jac_5)
def beale(x):
    return np.array([BEALE[i - 1] - x[0] * (1 - x[1] ** i) for i in (1, 2, 3)])


def jac_6(x):
    i = np.arange(1, 11)
    return np.stack([-i * np.exp(i * x[0]), -i * np.exp(i * x[1])], axis=1)


@verify.case(np.array([0.3, 0.4]), jac=jac_6)
def jennrich_sampson(x):
    i = np.arange(1, 11)
    return 2 + 2 * i - (np.exp(i * x[0]) + np.exp(i * x[1]))


def jac_7(x):
    square = x[0] ** 2 + x[1] ** 2
    turn = 50 / (np.pi * square)
    radius = np.sqrt(square)
    return np.array([[turn * x[1], -turn * x[0], 10], [10 * x[0] / radius, 10 * x[1] / radius, 0], [0, 0, 1]])


@verify.case(np.array([-1.0, 0.0, 0.0]), jac=jac_7)
def helical_valley(x):
    angle = np.arctan(x[1] / x[0]) / (2 * np.pi) + np.where(x[0] > 0, 0, 0.5)
    return np.array([10 * (x[2] - 10 * angle), 10 * (np.sqrt(x[0] ** 2 + x[1] ** 2) - 1), x[2]])


BARD = np.array([0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39])


def jac_8(x):
    u = np.arange(1, 16)
    v = 16 - u
    w = np.minimum(u, v)
    below = (v * x[1] + w * x[2]) ** 2
    return np.stack([-np.ones(15), u * v / below, u * w / below], axis=1)


@verify.case(np.array([1.0, 1.0, 1.0]), jac=jac_8)
def bard(x):
    u = np.arange(1, 16)
    v = 16 - u
    return BARD - (x[0] + u / (v * x[1] + np.minimum(u, v) * x[2]))


HALF = [0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521]
GAUSSIAN = np.array([*HALF, 0.3989, *HALF[::-1]])
GAUSSIAN_T = (8 - np.arange(1, 16)) / 2


def jac_9(x):
    d = GAUSSIAN_T - x[2]
    e = np.exp(-x[1] * d**2 / 2)
    return np.stack([e, -x[0] * e * d**2 / 2, x[0] * e * x[1] * d], axis=1)


@verify.case(np.array([0.4, 1.0, 0.0]), jac=jac_9)
def gaussian(x):
    return x[0] * np.exp(-x[1] * (GAUSSIAN_T - x[2]) ** 2 / 2) - GAUSSIAN


MEYER = np.array(
    [34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744, 8261, 7030, 6005, 5147, 4427, 3820, 3307, 2872.0]
)
MEYER_T = 45 + 5.0 * np.arange(1, 17)


def jac_10(x):
    below = MEYER_T + x[2]
    e = np.exp(x[1] / below)
    return np.stack([e, x[0] * e / below, -x[0] * x[1] * e / below**2], axis=1)


@verify.case(np.array([0.02, 4000.0, 250.0]), jac=jac_10)
def meyer(x):
    return x[0] * np.exp(x[1] / (MEYER_T + x[2])) - MEYER


GULF_T = np.arange(1, 11) / 100
GULF_Y = 25 + (-50 * np.log(GULF_T)) ** (2 / 3)


def jac_11(x):
    d = np.abs(GULF_Y - x[1])
    power = d ** x[2]
    e = np.exp(-power / x[0])
    slope = x[2] * d ** (x[2] - 1) * np.sign(GULF_Y - x[1])
    return np.stack([e * power / x[0] ** 2, e * slope / x[0], -e * xlogy(power, d) / x[0]], axis=1)


def in_the_box(x):
    """Where the problem is posed: beyond, powers of distances overflow."""
    return 0.1 <= x[0] <= 100 and 0 <= x[1] <= 25.6 and 0 <= x[2] <= 5


@verify.case(np.array([5.0, 2.5, 0.15]), jac=jac_11, domain={"x": in_the_box})
def gulf(x):
    return np.exp(-(np.abs(GULF_Y - x[1]) ** x[2]) / x[0]) - GULF_T


BOX_T = np.arange(1, 11) / 10


def jac_12(x):
    t = BOX_T
    return np.stack([-t * np.exp(-t * x[0]), t * np.exp(-t * x[1]), np.exp(-10 * t) - np.exp(-t)], axis=1)


@verify.case(np.array([0.0, 10.0, 20.0]), jac=jac_12)
def box_three_dimensional(x):
    t = BOX_T
    return np.exp(-t * x[0]) - np.exp(-t * x[1]) - x[2] * (np.exp(-t) - np.exp(-10 * t))


def jac_13(x):
    inner, outer = 2 * (x[1] - 2 * x[2]), 2 * np.sqrt(10) * (x[0] - x[3])
    return np.array([[1, 10, 0, 0], [0, 0, np.sqrt(5), -np.sqrt(5)], [0, inner, -2 * inner, 0], [outer, 0, 0, -outer]])


@verify.case(np.array([3.0, -1.0, 0.0, 1.0]), jac=jac_13)
def powell_singular(x):
    return np.array(
        [x[0] + 10 * x[1], np.sqrt(5) * (x[2] - x[3]), (x[1] - 2 * x[2]) ** 2, np.sqrt(10) * (x[0] - x[3]) ** 2]
    )


def jac_14(x):
    a, b, c = np.sqrt(90), np.sqrt(10), 1 / np.sqrt(10)
    return np.array(
        [
            [-20 * x[0], 10, 0, 0], [-1, 0, 0, 0], [0, 0, -2 * a * x[2], a], [0, 0, -1, 0], [0, b, 0, b], [0, c, 0, -c],
        ]
    )  # fmt: skip


@verify.case(np.array([-3.0, -1.0, -3.0, -1.0]), jac=jac_14)
def wood(x):
    return np.array(
        [
            10 * (x[1] - x[0] ** 2), 1 - x[0], np.sqrt(90) * (x[3] - x[2] ** 2), 1 - x[2],
            np.sqrt(10) * (x[1] + x[3] - 2), (x[1] - x[3]) / np.sqrt(10),
        ]
    )  # fmt: skip


KOWALIK = np.array([0.1957, 0.1947, 0.1735, 0.1600, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246])
KOWALIK_U = np.array([4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625])


def jac_15(x):
    u = KOWALIK_U
    above, below = u**2 + u * x[1], u**2 + u * x[2] + x[3]
    return np.stack([-above / below, -x[0] * u / below, x[0] * above * u / below**2, x[0] * above / below**2], axis=1)


@verify.case(np.array([0.25, 0.39, 0.415, 0.39]), jac=jac_15)
def kowalik_osborne(x):
    u = KOWALIK_U
    return KOWALIK - x[0] * (u**2 + u * x[1]) / (u**2 + u * x[2] + x[3])


BROWN_T = np.arange(1, 21) / 5


def jac_16(x):
    t = BROWN_T
    a, b = 2 * (x[0] + t * x[1] - np.exp(t)), 2 * (x[2] + x[3] * np.sin(t) - np.cos(t))
    return np.stack([a, a * t, b, b * np.sin(t)], axis=1)


@verify.case(np.array([25.0, 5.0, -5.0, -1.0]), jac=jac_16)
def brown_dennis(x):
    t = BROWN_T
    return (x[0] + t * x[1] - np.exp(t)) ** 2 + (x[2] + x[3] * np.sin(t) - np.cos(t)) ** 2


OSBORNE_1 = np.array(
    [
        0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.850, 0.818, 0.784, 0.751, 0.718, 0.685, 0.658, 0.628, 0.603,
        0.580, 0.558, 0.538, 0.522, 0.506, 0.490, 0.478, 0.467, 0.457, 0.448, 0.438, 0.431, 0.424, 0.420, 0.414, 0.411,
        0.406,
    ]
)  # fmt: skip
OSBORNE_1_T = 10.0 * np.arange(33)


def jac_17(x):
    t = OSBORNE_1_T
    a, b = np.exp(-t * x[3]), np.exp(-t * x[4])
    return np.stack([-np.ones(33), -a, -b, x[1] * t * a, x[2] * t * b], axis=1)


@verify.case(np.array([0.5, 1.5, -1.0, 0.01, 0.02]), jac=jac_17)
def osborne_1(x):
    t = OSBORNE_1_T
    return OSBORNE_1 - (x[0] + x[1] * np.exp(-t * x[3]) + x[2] * np.exp(-t * x[4]))


BIGGS_T = np.arange(1, 14) / 10
BIGGS = np.exp(-BIGGS_T) - 5 * np.exp(-10 * BIGGS_T) + 3 * np.exp(-4 * BIGGS_T)


def jac_18(x):
    t = BIGGS_T
    a, b, c = np.exp(-t * x[0]), np.exp(-t * x[1]), np.exp(-t * x[4])
    return np.stack([-x[2] * t * a, x[3] * t * b, a, -b, -x[5] * t * c, c], axis=1)


@verify.case(np.array([1.0, 2.0, 1.0, 1.0, 1.0, 1.0]), jac=jac_18)
def biggs_exp6(x):
    t = BIGGS_T
    return x[2] * np.exp(-t * x[0]) - x[3] * np.exp(-t * x[1]) + x[5] * np.exp(-t * x[4]) - BIGGS


OSBORNE_2 = np.array(
    [
        1.366, 1.191, 1.112, 1.013, 0.991, 0.885, 0.831, 0.847, 0.786, 0.725, 0.746, 0.679, 0.608, 0.655, 0.616, 0.606,
        0.602, 0.626, 0.651, 0.724, 0.649, 0.649, 0.694, 0.644, 0.624, 0.661, 0.612, 0.558, 0.533, 0.495, 0.500, 0.423,
        0.395, 0.375, 0.372, 0.391, 0.396, 0.405, 0.428, 0.429, 0.523, 0.562, 0.607, 0.653, 0.672, 0.708, 0.633, 0.668,
        0.645, 0.632, 0.591, 0.559, 0.597, 0.625, 0.739, 0.710, 0.729, 0.720, 0.636, 0.581, 0.428, 0.292, 0.162, 0.098,
        0.054,
    ]
)  # fmt: skip
OSBORNE_2_T = np.arange(65) / 10


def jac_19(x):
    t = OSBORNE_2_T
    decay = np.exp(-t * x[4])
    peaks = [(x[k], x[k + 4], t - x[k + 7], np.exp(-((t - x[k + 7]) ** 2) * x[k + 4])) for k in (1, 2, 3)]
    heights = [-bump for _, _, _, bump in peaks]
    widths = [height * d**2 * bump for height, _, d, bump in peaks]
    places = [-2 * height * width * d * bump for height, width, d, bump in peaks]
    return np.stack([-decay, *heights, x[0] * t * decay, *widths, *places], axis=1)


@verify.case(np.array([1.3, 0.65, 0.65, 0.7, 0.6, 3.0, 5.0, 7.0, 2.0, 4.5, 5.5]), jac=jac_19)
def osborne_2(x):
    t = OSBORNE_2_T
    bumps = [x[k] * np.exp(-((t - x[k + 7]) ** 2) * x[k + 4]) for k in (1, 2, 3)]
    return OSBORNE_2 - (x[0] * np.exp(-t * x[4]) + bumps[0] + bumps[1] + bumps[2])


WATSON_T = np.arange(1, 30) / 29


def jac_20(x):
    n = x.size
    powers = np.stack([WATSON_T**k for k in range(n)], axis=1)
    slopes = np.stack([k * WATSON_T ** max(k - 1, 0) for k in range(n)], axis=1)
    last = np.zeros((2, n))
    last[0, 0], last[1, 0], last[1, 1] = 1, -2 * x[0], 1
    return np.concatenate([slopes - 2 * (powers @ x)[:, None] * powers, last])


@verify.case(np.zeros(6), jac=jac_20)
def watson(x):
    n = x.size
    powers = np.stack([WATSON_T**k for k in range(n)], axis=1)
    slopes = np.stack([k * WATSON_T ** max(k - 1, 0) for k in range(n)], axis=1)
    return np.concatenate([slopes @ x - (powers @ x) ** 2 - 1, np.array([x[0], x[1] - x[0] ** 2 - 1])])
