"""Gradients of real functions with complex intermediates, as people write them: right ones pass, wrong ones do not.

Each case has three wrong variants: a conjugate left out, a lost 1/n, bins of a half spectrum counted twice, the sign of
a phase, the imaginary part for the real one. All of them are checked with ``pytest -m slow``, one of each otherwise.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.fft import fft, fft2, ifft, ifft2, irfft, rfft

import verify
from verify import Verdict


class Case(NamedTuple):
    """A function, its arguments, its gradient in the first of them, wrong ones, and what is shown of the right one."""

    f: Any
    args: Any
    right: Any
    wrong: Any
    shown: Verdict = Verdict.PROVED
    sizes: str = ""


rng = np.random.default_rng(7)
X, K, T = rng.normal(size=6), rng.normal(size=6), rng.normal(size=6)
A, B = rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
H = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
CASES: dict[str, Case] = {}


def case(name: str, f: Any, args: Any, right: Any, *wrong: Any) -> None:
    CASES[name] = Case(f, args, right, wrong)


# 1 energy of the spectrum (Parseval)
def energy(x):
    return np.sum(np.abs(fft(x)) ** 2)


case(
    "energy",
    energy,
    (X,),
    lambda x: 2 * len(x) * x,
    lambda x: 2 * x,
    lambda x: 2 * np.sqrt(len(x)) * x,
    lambda x: -2 * len(x) * x,
)


# 2 power spectrum against a target
def power(x, t):
    return np.sum((np.abs(fft(x)) ** 2 - t) ** 2)


def power_grad(x, t):
    z = fft(x)
    r = np.abs(z) ** 2 - t
    return 4 * len(x) * ifft(r * z).real


case(
    "power",
    power,
    (X, T**2),
    power_grad,
    lambda x, t: 4 * ifft((np.abs(fft(x)) ** 2 - t) * fft(x)).real,
    lambda x, t: 4 * len(x) * ifft((np.abs(fft(x)) ** 2 - t) * fft(x)).imag,
    lambda x, t: 4 * fft((np.abs(fft(x)) ** 2 - t) * fft(x)).real,
)


# 3 circular convolution
def circular(x, k, t):
    return 0.5 * np.sum((ifft(fft(x) * fft(k)).real - t) ** 2)


case(
    "circular",
    circular,
    (X, K, T),
    lambda x, k, t: ifft(fft(ifft(fft(x) * fft(k)).real - t) * np.conj(fft(k))).real,
    lambda x, k, t: ifft(fft(ifft(fft(x) * fft(k)).real - t) * fft(k)).real,
    lambda x, k, t: len(x) * ifft(fft(ifft(fft(x) * fft(k)).real - t) * np.conj(fft(k))).real,
    lambda x, k, t: ifft(fft(ifft(fft(x) * fft(k)).real - t) * np.conj(fft(k))).imag,
)


# 4 linear convolution by padding
def linear(x, k):
    n = len(x) + len(k) - 1
    return np.sum(irfft(rfft(x, n) * rfft(k, n), n) ** 2)


def linear_grad(x, k):
    n = len(x) + len(k) - 1
    y = irfft(rfft(x, n) * rfft(k, n), n)
    return 2 * irfft(rfft(y, n) * np.conj(rfft(k, n)), n)[: len(x)]


case(
    "linear",
    linear,
    (X[:4], K[:3]),
    linear_grad,
    lambda x, k: 2 * irfft(rfft(irfft(rfft(x, 6) * rfft(k, 6), 6), 6) * rfft(k, 6), 6)[: len(x)],
    lambda x, k: 2 * irfft(rfft(irfft(rfft(x, 6) * rfft(k, 6), 6), 6) * np.conj(rfft(k, 6)), 6)[-len(x) :],
    lambda x, k: irfft(rfft(irfft(rfft(x, 6) * rfft(k, 6), 6), 6) * np.conj(rfft(k, 6)), 6)[: len(x)],
)


# 5 filter in the half spectrum, real gains
def half_filter(x, h):
    return np.sum(irfft(rfft(x) * h, len(x)) ** 2)


case(
    "half_filter",
    half_filter,
    (X, T[:4]),
    lambda x, h: 2 * irfft(rfft(x) * h**2, len(x)),
    lambda x, h: 2 * irfft(rfft(x) * h, len(x)),
    lambda x, h: 2 * len(x) * irfft(rfft(x) * h**2, len(x)),
    lambda x, h: 2 * irfft(rfft(x) * np.abs(h), len(x)),
)


# 6 half power spectrum: bins counted once
def half_power(x):
    return np.sum(np.abs(rfft(x)) ** 2)


def mirrored(z, n):
    """Twice the bins that are their own mirror image, for irfft to count them as often as the others."""
    return np.concatenate([2 * z[:1], z[1:-1], 2 * z[-1:]]) if n % 2 == 0 else np.concatenate([2 * z[:1], z[1:]])


def half_power_grad(x):
    return len(x) * irfft(mirrored(rfft(x), len(x)), len(x))


case(
    "half_power",
    half_power,
    (X,),
    half_power_grad,
    lambda x: 2 * len(x) * irfft(rfft(x), len(x)),
    lambda x: len(x) * irfft(rfft(x), len(x)),
    lambda x: 2 * len(x) * x,
)


# 7 phase of a sum of phasors
def phase(a):
    return np.angle(np.sum(np.exp(1j * a)))


def phase_grad(a):
    z = np.exp(1j * a)
    s = np.sum(z)
    return (z * np.conj(s)).real / np.abs(s) ** 2


case(
    "phase",
    phase,
    (X,),
    phase_grad,
    lambda a: (np.exp(1j * a) * np.sum(np.exp(1j * a))).real / np.abs(np.sum(np.exp(1j * a))) ** 2,
    lambda a: (np.exp(1j * a) * np.conj(np.sum(np.exp(1j * a)))).imag / np.abs(np.sum(np.exp(1j * a))) ** 2,
    lambda a: (np.exp(1j * a) * np.conj(np.sum(np.exp(1j * a)))).real / np.abs(np.sum(np.exp(1j * a))),
)


# 8 phase differences
def coherence(a, b):
    return np.sum(np.abs(np.exp(1j * a) - np.exp(1j * b)) ** 2)


case(
    "coherence",
    coherence,
    (X, K),
    lambda a, b: 2 * np.sin(a - b),
    lambda a, b: -2 * np.sin(a - b),
    lambda a, b: 2 * np.cos(a - b),
    lambda a, b: np.sin(a - b),
)


# 9 Hermitian form, in real coordinates
def hermitian(u, v, P, Q):
    z = u + 1j * v
    M = P + 1j * Q
    M = M + M.conj().T
    return (np.conj(z) @ M @ z).real


case(
    "hermitian",
    hermitian,
    (X[:3], X[3:], H.real, H.imag),
    lambda u, v, P, Q: 2 * (((P + P.T) + 1j * (Q - Q.T)) @ (u + 1j * v)).real,
    lambda u, v, P, Q: 2 * (((P + P.T) - 1j * (Q - Q.T)) @ (u + 1j * v)).real,
    lambda u, v, P, Q: 2 * (((P + P.T) + 1j * (Q - Q.T)) @ (u + 1j * v)).imag,
    lambda u, v, P, Q: (((P + P.T) + 1j * (Q - Q.T)) @ (u + 1j * v)).real,
)


# 10 complex least squares
def squares(u, v, P, Q, y):
    r = (P + 1j * Q) @ (u + 1j * v) - y
    return np.sum(np.abs(r) ** 2)


case(
    "squares",
    squares,
    (X[:2], X[2:4], A, B, T[:3]),
    lambda u, v, P, Q, y: 2 * (np.conj(P + 1j * Q).T @ ((P + 1j * Q) @ (u + 1j * v) - y)).real,
    lambda u, v, P, Q, y: 2 * ((P + 1j * Q).T @ ((P + 1j * Q) @ (u + 1j * v) - y)).real,
    lambda u, v, P, Q, y: 2 * (np.conj(P + 1j * Q).T @ ((P + 1j * Q) @ (u + 1j * v) - y)).imag,
    lambda u, v, P, Q, y: (np.conj(P + 1j * Q).T @ ((P + 1j * Q) @ (u + 1j * v) - y)).real,
)


# 11 Wiener filter output power
def wiener(x, s):
    g = s / (s + 1.0)
    return np.sum(ifft(g * fft(x)).real ** 2)


def wiener_grad(x, s):
    g = s / (s + 1.0)
    return 2 * ifft(g * fft(ifft(g * fft(x)).real)).real


case(
    "wiener",
    wiener,
    (X, T**2),
    wiener_grad,
    lambda x, s: 2 * ifft(s / (s + 1.0) * fft(x)).real,
    lambda x, s: 2 * ifft((s / (s + 1.0)) ** 2 * fft(x)).real,
    lambda x, s: 2 * fft(s / (s + 1.0) * fft(ifft(s / (s + 1.0) * fft(x)).real)).real,
)


# 12 spectral derivative
def derivative(x):
    k = np.fft.fftfreq(len(x)) * len(x)
    return np.sum(ifft(1j * k * fft(x)).real ** 2)


def derivative_grad(x):
    k = np.fft.fftfreq(len(x)) * len(x)
    return 2 * ifft(-1j * k * fft(ifft(1j * k * fft(x)).real)).real


def freq(x):
    return np.fft.fftfreq(len(x)) * len(x)


case(
    "derivative",
    derivative,
    (X[:5],),
    derivative_grad,
    lambda x: 2 * ifft(1j * freq(x) * fft(ifft(1j * freq(x) * fft(x)).real)).real,
    lambda x: 2 * ifft(freq(x) ** 2 * fft(x)).imag,
    lambda x: 2 * ifft(np.abs(freq(x)) * fft(x)).real,
)


# 13 reflection coefficient
def reflection(r, x):
    return np.abs((r + 1j * x - 50) / (r + 1j * x + 50)) ** 2


def reflection_grad(r, x):
    z = r + 1j * x
    s = (z - 50) / (z + 50)
    return (2 * np.conj(s) * 100 / (z + 50) ** 2).real


case(
    "reflection",
    reflection,
    (30.0, 20.0),
    reflection_grad,
    lambda r, x: (2 * ((r + 1j * x - 50) / (r + 1j * x + 50)) * 100 / (r + 1j * x + 50) ** 2).real,
    lambda r, x: (2 * np.conj((r + 1j * x - 50) / (r + 1j * x + 50)) * 100 / (r + 1j * x + 50) ** 2).imag,
    lambda r, x: (2 * np.conj((r + 1j * x - 50) / (r + 1j * x + 50)) * 50 / (r + 1j * x + 50) ** 2).real,
)


# 14 the Mandelbrot iteration
def orbit(a, b):
    c = a + 1j * b
    z = c
    for _ in range(3):
        z = z * z + c
    return np.abs(z) ** 2


def orbit_grad(a, b):
    c = a + 1j * b
    z = c
    d = 1.0
    for _ in range(3):
        d = 2 * z * d + 1
        z = z * z + c
    return 2 * (np.conj(z) * d).real


def orbit_wrong(how):
    def g(a, b):
        c = a + 1j * b
        z = c
        d = 1.0
        for _ in range(3):
            d = 2 * z * d + (0 if how == "one" else 1)
            z = z * z + c
        return (
            2 * (z * d).real
            if how == "conj"
            else 2 * (np.conj(z) * d).imag
            if how == "imag"
            else 2 * (np.conj(z) * d).real
        )

    return g


case("orbit", orbit, (0.2, 0.3), orbit_grad, orbit_wrong("one"), orbit_wrong("conj"), orbit_wrong("imag"))


# 15 a complex gain
def gain(a, b, p, q):
    return np.log(np.abs((a + 1j * b) * p + 1j * q))


def gain_grad(a, b, p, q):
    z = (a + 1j * b) * p + 1j * q
    return (p * np.conj(z)).real / np.abs(z) ** 2


case(
    "gain",
    gain,
    (0.4, 1.1, 2.0, -0.7),
    gain_grad,
    lambda a, b, p, q: (p * np.conj((a + 1j * b) * p + 1j * q)).real / np.abs((a + 1j * b) * p + 1j * q),
    lambda a, b, p, q: -(p * np.conj((a + 1j * b) * p + 1j * q)).imag / np.abs((a + 1j * b) * p + 1j * q) ** 2,
    lambda a, b, p, q: 2 * (p * np.conj((a + 1j * b) * p + 1j * q)).real / np.abs((a + 1j * b) * p + 1j * q) ** 2,
)


# 16 transfer function of a low pass at frequency w
def response(w, r, c):
    return np.abs(1 / (1 + 1j * w * r * c)) ** 2


case(
    "response",
    response,
    (2.0, 3.0, 0.5),
    lambda w, r, c: -2 * w * (r * c) ** 2 / (1 + (w * r * c) ** 2) ** 2,
    lambda w, r, c: 2 * w * (r * c) ** 2 / (1 + (w * r * c) ** 2) ** 2,
    lambda w, r, c: -2 * w * r * c / (1 + (w * r * c) ** 2) ** 2,
    lambda w, r, c: -2 * w * (r * c) ** 2 / (1 + (w * r * c) ** 2),
)


# 17 group of phases times amplitudes: array factor of an antenna
def array_factor(a, d, s):
    return np.abs(np.sum(a * np.exp(1j * d * s))) ** 2


def array_factor_grad(a, d, s):
    e = np.exp(1j * d * s)
    f = np.sum(a * e)
    return 2 * (np.conj(f) * e).real


case(
    "array_factor",
    array_factor,
    (X, K, 0.3),
    array_factor_grad,
    lambda a, d, s: 2 * (np.sum(a * np.exp(1j * d * s)) * np.exp(1j * d * s)).real,
    lambda a, d, s: 2 * (np.conj(np.sum(a * np.exp(1j * d * s))) * np.exp(1j * d * s)).imag,
    lambda a, d, s: (np.conj(np.sum(a * np.exp(1j * d * s))) * np.exp(1j * d * s)).real,
)


# 18 product of (z - root): a polynomial at a complex point
def polynomial(c, u, v):
    z = u + 1j * v
    p = 0
    for k in range(4):
        p = p * z + c[k]
    return np.abs(p) ** 2


def polynomial_grad(c, u, v):
    z = u + 1j * v
    p = 0
    for k in range(4):
        p = p * z + c[k]
    return np.array([2 * (np.conj(p) * z ** (3 - k)).real for k in range(4)])


def poly_wrong(f):
    def g(c, u, v):
        z = u + 1j * v
        p = 0
        for k in range(4):
            p = p * z + c[k]
        return np.array([f(p, z, k) for k in range(4)])

    return g


case(
    "polynomial",
    polynomial,
    (X[:4], 0.5, -0.8),
    polynomial_grad,
    poly_wrong(lambda p, z, k: 2 * (p * z ** (3 - k)).real),
    poly_wrong(lambda p, z, k: 2 * (np.conj(p) * z**k).real),
    poly_wrong(lambda p, z, k: 2 * (np.conj(p) * z ** (3 - k)).imag),
)


# 19 autocorrelation
def autocorrelation(x, t):
    return np.sum((ifft(np.abs(fft(x)) ** 2).real - t) ** 2)


def autocorrelation_grad(x, t):
    z = fft(x)
    r = ifft(np.abs(z) ** 2).real - t
    return 4 * ifft(fft(r).real * z).real


case(
    "autocorrelation",
    autocorrelation,
    (X, T),
    autocorrelation_grad,
    lambda x, t: 2 * ifft(fft(ifft(np.abs(fft(x)) ** 2).real - t).real * fft(x)).real,
    lambda x, t: 4 * ifft(fft(ifft(np.abs(fft(x)) ** 2).real - t) * fft(x)).real,
    lambda x, t: 4 * ifft(fft(ifft(np.abs(fft(x)) ** 2).real - t).real * np.conj(fft(x))).real,
)


# 20 two-dimensional filter
def image(x, k):
    return np.sum(ifft2(fft2(x) * fft2(k)).real ** 2)


def image_grad(x, k):
    y = ifft2(fft2(x) * fft2(k)).real
    return 2 * ifft2(fft2(y) * np.conj(fft2(k))).real


def image_y(x, k):
    return ifft2(fft2(x) * fft2(k)).real


case(
    "image",
    image,
    (A, B),
    image_grad,
    lambda x, k: 2 * ifft2(fft2(image_y(x, k)) * fft2(k)).real,
    lambda x, k: 2 * fft2(fft2(image_y(x, k)) * np.conj(fft2(k))).real,
    lambda x, k: ifft2(fft2(image_y(x, k)) * np.conj(fft2(k))).real,
)


# 21 magnitude loss of a spectrogram frame
def magnitude(x, t):
    return np.sum((np.abs(rfft(x)) - t) ** 2)


def magnitude_grad(x, t):
    z = rfft(x)
    n = len(x)
    return n * irfft(mirrored((1 - t / np.abs(z)) * z, n), n)


def mag_wrong(f):
    def g(x, t):
        z = rfft(x)
        return f((1 - t / np.abs(z)) * z, len(x))

    return g


case(
    "magnitude",
    magnitude,
    (X, np.abs(T[:4])),
    magnitude_grad,
    mag_wrong(lambda g, n: 2 * n * irfft(g, n)),
    mag_wrong(lambda g, n: irfft(mirrored(g, n), n)),
    mag_wrong(lambda g, n: n * irfft(np.conj(mirrored(g, n)), n)),
)


# 22 a band of the spectrum
def band(x, m):
    return np.sum(np.abs(ifft(m * fft(x))) ** 2)


case(
    "band",
    band,
    (X, T),
    lambda x, m: 2 * ifft(m**2 * fft(x)).real,
    lambda x, m: 2 * ifft(m * fft(x)).real,
    lambda x, m: 2 * fft(m**2 * fft(x)).real,
    lambda x, m: ifft(m**2 * fft(x)).real,
)


# 23 complex logarithm and square root
def principal(a, b):
    return (np.sqrt(a + 1j * b) * np.log(a + 1j * b)).real


def principal_grad(a, b):
    z = a + 1j * b
    r = np.sqrt(z)
    return (np.log(z) / (2 * r) + 1 / r).real


case(
    "principal",
    principal,
    (0.8, 0.6),
    principal_grad,
    lambda a, b: (np.log(a + 1j * b) / (2 * np.sqrt(a + 1j * b)) + 1 / np.sqrt(a + 1j * b)).imag,
    lambda a, b: (np.log(a + 1j * b) / np.sqrt(a + 1j * b) + 1 / np.sqrt(a + 1j * b)).real,
    lambda a, b: (np.conj(np.log(a + 1j * b)) / (2 * np.sqrt(a + 1j * b)) + 1 / np.sqrt(a + 1j * b)).real,
)


# 24 phase correlation with a template
def correlation(x, k):
    return np.sum((np.conj(fft(x)) * fft(k)).real)


case(
    "correlation",
    correlation,
    (X, K),
    lambda x, k: fft(ifft(k) * len(x)).real,
    lambda x, k: fft(k).real,
    lambda x, k: ifft(fft(k)).real,
    lambda x, k: len(x) * k[::-1],
)


EVERY_SIZE = {
    "energy", "power", "circular", "phase", "coherence", "hermitian", "squares", "wiener", "array_factor",
    "autocorrelation", "image", "band", "correlation",
}  # fmt: skip
CERTIFIED = {"principal"}  # that its gradient divides by nothing that is 0 is not shown


@pytest.mark.parametrize("name", CASES)
def test_the_right_gradient_is_proved(name: str) -> None:
    one = CASES[name]
    result = verify.check(one.f, *one.args, grad=one.right, wrt=0)
    assert result.verdict is (Verdict.CERTIFIED if name in CERTIFIED else Verdict.PROVED), result.reason
    assert result.numbers.status == "ok"
    if name in EVERY_SIZE:
        assert result.formula.sizes.startswith("every n"), result.formula.sizes


def refuted(name: str, which: int) -> None:
    one = CASES[name]
    result = verify.check(one.f, *one.args, grad=one.wrong[which], wrt=0)
    assert result.verdict is Verdict.REFUTED, result


@pytest.mark.parametrize("name", ["half_power", "phase", "coherence", "hermitian", "response", "energy"])
def test_no_wrong_gradient_passes(name: str) -> None:
    refuted(name, 0)


@pytest.mark.slow
@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("name", CASES)
def test_no_wrong_gradient_of_any_passes(name: str, which: int) -> None:
    refuted(name, which)
