"""Complex arrays in a recording: what is recorded of their parts is what NumPy computes."""

import cmath

import numpy as np
import pytest
import scipy.fft
from numpy import fft

A = np.array([0.7, -1.2, 0.4, 2.1])
B = np.array([-0.3, 0.8, 1.5, -0.6])
M = np.array([[0.9, -0.4], [1.3, 0.2]])
Z = np.array([1.0 - 2.0j, 0.5j, -1.0 + 0.1j, 2.0])


def written(x, y):
    out = np.zeros(4, dtype=complex)
    out[:2] = x[:2] + 1j * y[:2]
    out[2] += y[0]
    view = out[1:]
    view *= 2j
    out.real[0] += 1
    out.imag = out.imag * 3
    return (out * np.conj(out)).real


def looped(x, y):
    z = x[0] + 1j * y[0]
    total = 0
    for k in range(3):
        z = z**2 + (x[k] - 1j * y[k])
        total = total + z / (1 + abs(z) ** 2)
    return total.imag


def listed(x, y):
    zs = np.array([x[0] + 1j * y[0], complex(x[1], y[1]), x[2], 2j])
    return np.abs(np.sum(zs)) + np.linalg.norm(zs)


FUNCTIONS = {
    "products": lambda x, y: ((x + 1j * y) * (y - 2j * x) * (1 + 1j)).imag,
    "quotients": lambda x, y: ((x + 1j * y) / (y - 2j * x) + 1 / (x + 3j)).real,
    "exponentials": lambda x, y: np.abs(np.exp(1j * x) - 2 * np.exp(x - 1j * y)),
    "logarithms": lambda x, y: (np.log(x + 1j * y) * np.log10(y + 2j) + np.log2(1j * x) + np.log1p(x + 1j * y)).imag,
    "roots": lambda x, y: (np.sqrt(x + 1j * y) + (x + 1j * y) ** 0.5 + np.sqrt(x + 0j)).imag,
    "powers": lambda x, y: ((x + 1j * y) ** 3 + (x + 1j * y) ** -2 + (x + 1j * y) ** 0.3 + 2.0 ** (1j * x)).real,
    "power of powers": lambda x, y: ((x + 1j * y) ** (y + 1j * x)).imag,
    "angles": lambda x, y: np.angle(x + 1j * y) + np.angle(Z * x, deg=True),
    "circles": lambda x, y: (np.sin(x + 1j * y) * np.cos(y - 1j * x) + np.tan(x + 1j)).real,
    "hyperbolas": lambda x, y: (np.sinh(x + 1j * y) + np.cosh(1j * x) * np.tanh(y - 1j)).imag,
    "parts": lambda x, y: np.real(Z * x) - np.imag(Z * y) + (Z * x).real * np.conj(Z + y).imag,
    "sums": lambda x, y: np.abs(np.sum(Z * x) + np.mean(x - 1j * y) + np.cumsum(x * 1j)[1] + np.prod(x + 1j * y)),
    "spread": lambda x, y: np.std(x + 1j * y) + np.var(x * Z),
    "matrices": lambda x, y: np.abs((x[:2] + 1j * y[:2]) @ (M + 1j * M.T) @ np.conj(x[2:] - 1j * y[2:])),
    "einsum": lambda x, y: np.einsum("i,ij,j->", x[:2] * 1j, M * (1 - 1j), y[:2] + 2j).real,
    "dots": lambda x, y: (np.vdot(x + 1j * y, Z) + np.dot(x, Z) + np.outer(x, Z * y).sum()).imag,
    "trace": lambda x, y: np.trace(np.outer(x + 1j * y, Z)).real + np.kron(x * 1j, y).imag.sum(),
    "shapes": lambda x, y: np.concatenate([x + 1j * y, Z, y])[::2].reshape(2, 3).T.flatten().imag,
    "moves": lambda x, y: np.abs(np.roll(np.stack([x, 1j * y]), 1, axis=1)[:, ::-1] + np.pad(x[:2], 1) * 1j),
    "choices": lambda x, y: np.where(x > y, x + 1j * y, Z).imag + np.abs(np.where(x > y, 1j, y)),
    "indices": lambda x, y: (x + 1j * y)[[2, 0, 2]].imag + (Z * x)[np.array([True, True, False, True])].real,
    "solving": lambda x, y: np.abs(np.linalg.solve(M + 1j * np.diag(x[:2]), y[:2] - 2j)),
    "inverses": lambda x, y: (np.linalg.inv(M + 1j * np.outer(x[:2], y[:2])) @ (x[2:] * 1j)).real,
    "determinants": lambda x, y: np.linalg.det(M + 1j * np.outer(x[:2], y[:2])).imag
    + np.linalg.slogdet(M + 1j * np.diag(x[2:]))[1],
    "written": written,
    "looped": looped,
    "listed": listed,
    "cmath": lambda x, y: (cmath.exp(x[0] + 1j * y[0]) + cmath.sqrt(x[1]) * cmath.phase(Z[0] * y[1])).imag,
    "polynomials": lambda x, y: np.abs(np.polyval(x, 0.3 + 1j * y[0])),
    "signs": lambda x, y: np.sign(x + 1j * y).real + np.abs(np.exp(1j * x) - 1) + np.absolute(1j * y),
    "types": lambda x, y: (x.astype(complex) * 1j).imag + np.asarray(np.ones_like(x * 1j) * y).real,
    "questions": lambda x, y: x * np.iscomplexobj(x * 1j) + y * np.isfinite(x + 1j * y),
    "fft": lambda x, y: np.abs(fft.fft(x) * fft.ifft(y + 1j * x)),
    "norms": lambda x, y: fft.fft(x, norm="ortho").imag + fft.ifft(y, norm="forward").imag,
    "padded": lambda x, y: fft.fft(x, 6).real + fft.fft(y, 6, norm="ortho").imag + fft.ifft(x, 3).real.sum(),
    "halves": lambda x, y: np.abs(fft.rfft(x)) + fft.rfft(y, norm="ortho").imag + fft.rfft(x[:3], 4).real,
    "even": lambda x, y: fft.irfft((x + 1j * y)[:3]) + fft.irfft((x + 1j * y)[:3], 4, norm="ortho"),
    "odd": lambda x, y: fft.irfft((x + 1j * y)[:3], 5) + fft.irfft(x[:2] + 1j * y[:2], 5, norm="forward"),
    "long": lambda x, y: fft.irfft(x + 1j * y, 3).sum() + fft.irfft(1j * y, 8) + fft.irfft(x, 8),
    "planes": lambda x, y: np.abs(fft.fft2(np.outer(x, y[:3]))) + fft.ifftn(np.outer(x, 1j * y[:3])).real,
    "half planes": lambda x, y: fft.irfft2(fft.rfft2(np.outer(x, y)) * (1 + 2j), s=(4, 4)),
    "Hermitian": lambda x, y: fft.hfft(x[:3] + 1j * y[:3]) + np.abs(fft.ihfft(y)).sum(),
    "shifts": lambda x, y: fft.ifftshift(np.abs(fft.fftshift(fft.fft(x)))) * fft.fftfreq(4) + fft.rfftfreq(7),
    "axes": lambda x, y: fft.fft(np.outer(x, y), axis=0).imag.sum(1),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_recorded_is_what_numpy_computes(name, traced, replay):
    """At the sizes run, and for all sizes where nothing asks for them."""
    native = np.asarray(FUNCTIONS[name](A.copy(), B.copy()))
    for symbolic in (False, True):
        trace, program = traced(FUNCTIONS[name], A, B, symbolic=symbolic)
        if program is None and symbolic:
            assert trace.extents.leaks, trace.poison
            continue
        assert program is not None, trace.poison
        np.testing.assert_allclose(replay(trace, program, A, B), native, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("angle", [0.0, 2.0, 3.0, -3.0, -2.0, 1e-3])
def test_principal_branches(angle, recorded):
    at = np.array([np.cos(angle), np.sin(angle)])
    for function in (np.sqrt, np.log, np.angle, lambda z: z**0.3, lambda z: z ** (1 + 2j), lambda z: np.log(z) ** 2):
        recorded(lambda x: np.real(function(x[0] + 1j * x[1])) + np.imag(function(x[0] + 1j * x[1])), 1.7 * at)  # noqa: B023


def test_negative_numbers_as_complex_ones(recorded):
    for shift in (1.0, -1.0):
        recorded(lambda x: np.abs(np.sqrt(x * shift + 0j)) + np.sqrt(x * shift + 0j).imag, np.array([-0.5, 2.0]))  # noqa: B023


@pytest.mark.parametrize("function", [
    lambda x: np.sort(x * 1j).imag, lambda x: np.max(x + 1j), lambda x: np.linalg.eigvals(np.diag(x) * 1j).real,
    lambda x: np.arcsin(x * 1j).imag, lambda x: (x * 1j < 2).sum(), lambda x: np.linalg.det(np.eye(4) * x[0] * 1j).real,
    lambda x: x * float(np.asarray(x[0] * 1j).tobytes() == b""), lambda x: np.cumprod(x * 1j).real, lambda x: x * 1j,
], ids=["sort", "max", "eigvals", "arcsin", "order", "det", "bytes", "cumprod", "a complex result"])  # fmt: skip
def test_what_has_no_meaning_is_refused(function, traced):
    trace, program = traced(function, A, symbolic=False)
    assert program is None
    assert trace.poison


def test_the_length_of_a_transform_stays_symbolic_where_nothing_asks_for_it(traced):
    trace, program = traced(lambda x: np.abs(fft.ifft(fft.fft(x) * 1j)), A)
    assert program is not None
    assert not trace.extents.leaks
    trace, _ = traced(lambda x: np.abs(fft.rfft(x)), A)
    assert any("half of n" in leak.how for leak in trace.extents.leaks)


TRANSFORMS = [(f"{i}d{c}t", kind) for i in ("", "i") for c in "cs" for kind in (1, 2, 3, 4)]


@pytest.mark.parametrize("norm", [None, "ortho", "forward"])
@pytest.mark.parametrize(("name", "kind"), TRANSFORMS)
def test_cosine_and_sine_transforms(name, kind, norm, recorded):
    transform = getattr(scipy.fft, name)
    recorded(lambda x: transform(x, kind, norm=norm), np.array([0.7, -1.2, 0.4, 2.1, 0.3]))


def test_transforms_of_scipy_over_axes_and_lengths(traced, replay):
    for function in (
        lambda x: scipy.fft.dct(np.outer(x, x), n=3, axis=0) + scipy.fft.dct(np.outer(x[:3], x), norm="ortho"),
        lambda x: scipy.fft.idctn(scipy.fft.dctn(np.outer(x, x), 3, norm="ortho", orthogonalize=False), 3),
        lambda x: scipy.fft.dstn(np.outer(x, x), axes=[1], s=[6])[:, :4] + scipy.fft.idst(x, 1, n=4),
        lambda x: np.abs(scipy.fft.fft(x, workers=1)) + scipy.fft.irfft(scipy.fft.rfft(x), 4),
    ):
        trace, program = traced(function, A, symbolic=False)
        assert program is not None, trace.poison
        np.testing.assert_allclose(replay(trace, program, A), function(A), rtol=1e-12, atol=1e-14)


def test_distinct_values_lines_in_order_and_counts(traced, replay):
    tied = np.array([0.7, -1.2, 0.7, 2.1])
    for function in (
        lambda x, y: np.unique(x) ** 2,
        lambda x, y: np.unique(x)[np.unique(x, return_inverse=True)[1]] * np.unique(y, return_index=True)[1],
        lambda x, y: np.unique(x) * np.unique(x, return_counts=True)[1],
        lambda x, y: y[np.lexsort((y, x))],
        lambda x, y: y * np.lexsort([x, np.array([1, 0, 1, 0])]),
        lambda x, y: x * np.histogram(x, bins=4)[0] + np.histogram(x, 4, weights=y)[0] + np.histogram(y, 3)[1],
        lambda x, y: x[:2] * np.histogram(x, [-2.0, 0.7, 3.0])[0] + np.histogram(y, 2, (-1.0, 1.0), density=True)[0],
    ):
        for x in (A, tied):
            trace, program = traced(function, x, B, symbolic=False)
            assert program is not None, trace.poison
            np.testing.assert_allclose(replay(trace, program, x, B), function(x, B), rtol=1e-12, atol=1e-14)
            assert all(condition.outcome in (True, False) for condition in trace.conditions)
            assert trace.conditions
    for function in (lambda x: np.unique(x), lambda x: x * np.lexsort((x,)), lambda x: x * np.histogram(x)[0][0]):
        assert traced(function, A)[1] is None, "of every value, they have no recording"
    assert traced(lambda x: np.histogram(x, "auto")[0] * 1.0, A, symbolic=False)[1] is None
    assert traced(lambda x: np.unique(np.outer(x, x), axis=0), A, symbolic=False)[1] is None
