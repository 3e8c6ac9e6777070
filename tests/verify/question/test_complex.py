"""Gradients by complex arguments: right ones are proved, dropped conjugates and other mistakes are refuted."""

from __future__ import annotations

import numpy as np
import pytest

from verify import Verdict, check
from verify.question.structure import Complex, filled, gathered, joined, numbered, path

rng = np.random.default_rng(23)


def _drawn(*shape):
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


z, w, b = _drawn(4), _drawn(4), _drawn(3)
A, H = _drawn(3, 4), _drawn(4, 4)
H = H + H.conj().T
t = np.linspace(0.1, 1.2, 4)


def energy(z):
    return np.sum(np.abs(z) ** 2)


def overlap(z, w):
    return np.abs(np.vdot(z, w)) ** 2


def residual(z, A, b):
    return np.sum(np.abs(A @ z - b) ** 2)


def expectation(z, H):
    return np.real(np.vdot(z, H @ z))


def phases(z):
    return np.sum(np.angle(z) ** 2)


def spectrum(z):
    return np.sum(np.abs(np.fft.fft(z)) ** 4)


def moments(p):
    return np.sum(np.abs(p["z"]) ** 2 * p["t"])


GRADIENTS = {
    "energy": (energy, (z,), {}, lambda z: 2 * z, [lambda z: 2 * np.conj(z), lambda z: z, lambda z: 2 * z.real]),
    "length": (
        lambda z: np.sum(np.abs(z)), (z,), {}, lambda z: z / np.abs(z),
        [lambda z: np.conj(z) / np.abs(z), lambda z: z / np.abs(z) ** 2],
    ),
    "overlap": (
        overlap, (z, w), {}, lambda z, w: (2 * np.conj(np.vdot(z, w)) * w, 2 * np.vdot(z, w) * z),
        [
            lambda z, w: (2 * np.vdot(z, w) * w, 2 * np.vdot(z, w) * z),
            lambda z, w: (2 * np.conj(np.vdot(z, w)) * w, 2 * np.conj(np.vdot(z, w)) * z),
            lambda z, w: (2 * np.conj(np.dot(z, w)) * w, 2 * np.vdot(z, w) * z),
        ],
    ),
    "residual": (
        residual, (z, A, b), {"wrt": 0}, lambda z, A, b: 2 * A.conj().T @ (A @ z - b),
        [lambda z, A, b: 2 * A.T @ (A @ z - b), lambda z, A, b: A.conj().T @ (A @ z - b)],
    ),
    "expectation": (
        expectation, (z, H), {"wrt": 0, "domain": {"H": "hermitian"}}, lambda z, H: 2 * H @ z,
        [lambda z, H: 2 * H.T @ z, lambda z, H: H @ z, lambda z, H: 2 * np.conj(H @ z)],
    ),
    "phases": (
        phases, (z,), {}, lambda z: 2 * np.angle(z) * 1j * z / np.abs(z) ** 2,
        [lambda z: 2 * np.angle(z) * 1j / np.abs(z) ** 2, lambda z: -2j * np.angle(z) * np.conj(z) / np.abs(z) ** 2],
    ),
    "spectrum": (
        spectrum, (z,), {},
        lambda z: 4 * len(z) * np.fft.ifft(np.abs(np.fft.fft(z)) ** 2 * np.fft.fft(z)),
        [lambda z: 4 * np.fft.ifft(np.abs(np.fft.fft(z)) ** 2 * np.fft.fft(z))],
    ),
    "arrays in a dict": (
        moments, ({"z": z, "t": t},), {}, lambda p: {"z": 2 * p["z"] * p["t"], "t": np.abs(p["z"]) ** 2},
        [lambda p: {"z": 2 * np.conj(p["z"]) * p["t"], "t": np.abs(p["z"]) ** 2}],
    ),
    "one number": (
        lambda z: np.abs(z * z + 1) ** 2, (0.3 + 0.7j,), {}, lambda z: 4 * np.conj(z) * (z * z + 1),
        [lambda z: 4 * z * (z * z + 1), lambda z: 4 * np.conj(z) * (z * z - 1)],
    ),
    "single precision": (energy, (z.astype(np.complex64),), {}, lambda z: 2 * z, [lambda z: 2 * z * (1 + 1e-5)]),
}  # fmt: skip


def slope(z):
    return (2 * z + z * z) * np.exp(z)


def power(z):
    return z * z * np.exp(z)


OTHERS = {
    "vjp": (power, (z,), lambda z, c: c * np.conj(slope(z)), [lambda z, c: c * slope(z)]),
    "jvp": (power, (z,), lambda z, t: slope(z) * t, [lambda z, t: np.conj(slope(z)) * t, lambda z, t: z * t]),
    "hvp": (energy, (z,), lambda z, v: 2 * v, [lambda z, v: 2 * np.conj(v), lambda z, v: 2 * v.real]),
    "jac": (
        lambda x: np.exp(1j * x), (t,), lambda x: np.diag(1j * np.exp(1j * x)),
        [lambda x: np.diag(-1j * np.exp(1j * x)), lambda x: np.diag(-np.sin(x))],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GRADIENTS)
def test_a_right_gradient_is_proved(name):
    f, args, more, right, _ = GRADIENTS[name]
    result = check(f, *args, grad=right, **more)
    assert result.verdict is Verdict.PROVED, result
    assert name in ("one number", "spectrum") or result.formula.sizes.startswith("every")


@pytest.mark.parametrize("name", GRADIENTS)
def test_wrong_gradients_are_refuted(name):
    f, args, more, _, wrong = GRADIENTS[name]
    for candidate in wrong:
        assert check(f, *args, grad=candidate, **more).verdict is Verdict.REFUTED


@pytest.mark.parametrize("kind", OTHERS)
def test_other_kinds_of_derivatives(kind):
    f, args, right, wrong = OTHERS[kind]
    assert check(f, *args, **{kind: right}).verdict is Verdict.PROVED
    for candidate in wrong:
        assert check(f, *args, **{kind: candidate}).verdict is Verdict.REFUTED


def test_the_engines_own_gradient_is_of_the_same_convention():
    assert check(lambda z: np.sum(np.real(np.exp(z) * z)), z).verdict is Verdict.PROVED


def test_the_other_convention_is_named():
    result = check(energy, z, grad=lambda z: 2 * np.conj(z))
    assert any("as JAX does" in note for note in result.notes)
    assert not any("JAX" in note for note in check(energy, z, grad=lambda z: 3 * z).notes)


def test_a_script_shows_what_is_wrong(capsys):
    for more in ({}, {"domain": {"H": "hermitian"}}):
        result = check(expectation, z, H, grad=lambda z, H: 2 * H.T @ z, wrt=0, **more)
        exec(result.counterexample.script, {})
        got, _, expected = capsys.readouterr().out.partition("but the derivative is")
        assert float(got) != pytest.approx(float(expected.strip()))


def test_nothing_is_known_of_a_matrix_that_is_not_hermitian():
    square = _drawn(4, 4)
    result = check(expectation, z, square, grad=lambda z, H: (H + H.conj().T) @ z, wrt=0, domain={"H": "hermitian"})
    assert result.verdict is Verdict.PROVED
    assert not result.formula.domain
    assert any("nothing is known" in note for note in result.notes)


def test_what_was_assumed_of_a_hermitian_matrix_is_said():
    result = check(expectation, z, H, grad=lambda z, H: 2 * H @ z, wrt=0, domain={"H": "hermitian"})
    assert result.formula.domain == ("H equal to its conjugate transpose",)


@pytest.mark.parametrize(
    ("domain", "said"),
    [
        ({"z": "positive"}, "holds complex numbers"),
        ({"z": "hermitian"}, "differentiated by it"),
        ({"t": "hermitian"}, "no array of complex numbers"),
    ],
)
def test_domains_that_cannot_be_meant(domain, said):
    with pytest.raises(ValueError, match=said):
        check(lambda z, t: np.sum(np.abs(z) ** 2 * t), z, t, grad=lambda z, t: 2 * z * t, wrt=0, domain=domain)


@pytest.mark.parametrize(
    ("f", "asked", "said"),
    [
        (lambda z: z**2, {"grad": lambda z: 2 * z}, "expected real numbers"),
        (energy, {"hess": lambda z: 2 * np.eye(4)}, "pass hvp="),
        (power, {"jac": lambda z: np.diag(slope(z))}, "pass vjp= or jvp="),
        (energy, {"grad": lambda z: (2 * z.real, 2 * z.imag)}, "expected one array of complex numbers"),
        (energy, {"grad": lambda z: None}, "is a return missing"),
    ],
)
def test_what_is_not_asked_is_said(f, asked, said):
    result = check(f, z, **asked)
    assert result.verdict is Verdict.UNDECIDED
    assert said in result.reason


def test_a_structure_takes_complex_arrays_apart():
    structure, count = numbered({"z": z, "t": t})
    assert (structure, count) == ({"z": Complex(0, 1), "t": 2}, 3)
    made = filled(structure, [z.real, z.imag, t])
    assert made["z"].tolist() == z.tolist()
    assert gathered(structure, made)[1].tolist() == z.imag.tolist()
    assert [path(structure, number) for number in range(3)] == ["['z'].real", "['z'].imag", "['t']"]
    assert joined(np.float32([1]), np.float32([2])).dtype == np.complex64
