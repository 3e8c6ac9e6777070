"""Functions of matrices, real and complex: values are NumPy's and SciPy's, gradients those of small steps.

What is differentiated does not depend on the factors that eigenvectors and singular vectors are determined up to.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg

import dualgrad as dg

RNG = np.random.default_rng(10)


def real(*shape):
    return RNG.standard_normal(shape)


def mixed(*shape):
    return real(*shape) + 1j * real(*shape)


def apart(draw, n, stack=()):
    """Far from singular, with eigenvalues that are apart."""
    return 0.3 * draw(*stack, n, n) + np.diag(np.arange(1.0, n + 1))


def adjoint(a):
    return np.conj(np.swapaxes(a, -1, -2))


def hermitian(a):
    return 0.5 * (a + adjoint(a))


def smooth(w):
    return np.exp(0.3 * w)


def of_eigh(a, uplo="L"):
    w, v = np.linalg.eigh(a, uplo)
    return np.sum(np.abs(v) ** 4 * smooth(w)[..., None, :]) + np.sum(
        np.real((v * smooth(w)[..., None, :]) @ adjoint(v))
    )


def of_eig(a):
    w, v = np.linalg.eig(a)
    first = v * smooth(w)[..., None, :] @ np.linalg.inv(v)
    return np.sum(np.abs(v) ** 4 * np.abs(w)[..., None, :]) + np.sum(np.abs(first) ** 2)


def of_svd(a):
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return (
        np.sum(np.abs(u) ** 4)
        + np.sum(np.real((u * smooth(s)[..., None, :]) @ vh))
        + np.sum(np.abs(vh[..., 0, :]) ** 3)
    )


def of_hermitian_svd(a):
    u, s, vh = np.linalg.svd(hermitian(a), hermitian=True)
    return np.sum(np.abs(u) ** 4) + np.sum(np.real((u * smooth(s)[..., None, :]) @ vh))


def of_qr(a, mode="reduced"):
    q, r = np.linalg.qr(a, mode)
    k = min(a.shape[-2:])
    return np.sum(np.real(q[..., :k]) ** 3) + np.sum(np.sin(np.imag(r))) + np.sum(np.cos(np.real(r)))


def size(y):
    return np.sum(np.abs(y) ** 2) + np.sum(np.real(y))


FUNCTIONS = {
    "inv": (lambda a: size(np.linalg.inv(a)), lambda draw: apart(draw, 3)),
    "inv of a stack": (lambda a: size(np.linalg.inv(a)), lambda draw: apart(draw, 2, (2,))),
    "det": (lambda a: size(np.linalg.det(a)), lambda draw: apart(draw, 3)),
    "slogdet": (lambda a: sum(map(size, np.linalg.slogdet(a))), lambda draw: apart(draw, 3)),
    "cholesky": (lambda a: size(np.linalg.cholesky(a)), lambda draw: hermitian(apart(draw, 3))),
    "upper cholesky": (lambda a: size(np.linalg.cholesky(a, upper=True)), lambda draw: hermitian(apart(draw, 3))),
    "eigh": (of_eigh, lambda draw: hermitian(apart(draw, 3))),
    "eigh of a stack": (of_eigh, lambda draw: hermitian(apart(draw, 3, (2,)))),
    "upper eigh": (lambda a: of_eigh(a, "U"), lambda draw: apart(draw, 3)),
    "eigvalsh": (lambda a: np.sum(smooth(np.linalg.eigvalsh(a))), lambda draw: hermitian(apart(draw, 3))),
    "eig": (of_eig, lambda draw: apart(draw, 3)),
    "eig of a turn": (of_eig, lambda draw: apart(draw, 3) + np.array([[0, -3, 0], [3, 0, 0], [0, 0, 0]])),
    "eigvals": (lambda a: size(np.linalg.eigvals(a)), lambda draw: apart(draw, 3)),
    "tall svd": (of_svd, lambda draw: draw(4, 2)),
    "wide svd": (of_svd, lambda draw: draw(2, 4)),
    "svd of a stack": (of_svd, lambda draw: draw(2, 3, 3)),
    "hermitian svd": (of_hermitian_svd, lambda draw: draw(3, 3)),
    "svdvals": (lambda a: np.sum(smooth(np.linalg.svdvals(a))), lambda draw: draw(3, 2)),
    "tall qr": (of_qr, lambda draw: draw(4, 2)),
    "square qr": (of_qr, lambda draw: draw(3, 3)),
    "wide qr": (of_qr, lambda draw: draw(2, 4)),
    "complete qr": (lambda a: of_qr(a, "complete"), lambda draw: draw(4, 2)),
    "qr of a stack": (of_qr, lambda draw: draw(2, 3, 2)),
    "r of qr": (lambda a: size(np.linalg.qr(a, "r")), lambda draw: draw(2, 3)),
    "tall pinv": (lambda a: size(np.linalg.pinv(a)), lambda draw: draw(4, 2)),
    "wide pinv": (lambda a: size(np.linalg.pinv(a)), lambda draw: draw(2, 4)),
    "pinv of a low rank": (lambda a: size(np.linalg.pinv(a @ adjoint(a))), lambda draw: draw(3, 2)),
    "matrix_power": (lambda a: size(np.linalg.matrix_power(a, 3)), lambda draw: apart(draw, 2)),
    "inverse power": (lambda a: size(np.linalg.matrix_power(a, -2)), lambda draw: apart(draw, 2)),
    "cond": (np.linalg.cond, lambda draw: apart(draw, 3)),
    "inverse cond": (lambda a: np.linalg.cond(a, -2), lambda draw: apart(draw, 3)),
    "cond fro": (lambda a: np.linalg.cond(a, "fro"), lambda draw: apart(draw, 3)),
    "tensorinv": (lambda a: size(np.linalg.tensorinv(a.reshape(2, 2, 4))), lambda draw: apart(draw, 4)),
    **{
        f"norm {order}": (lambda a, order=order: np.linalg.norm(a, order), lambda draw: draw(3, 2))
        for order in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)
    },
    **{
        f"vector norm {order}": (
            lambda a, order=order: np.sum(np.linalg.norm(a, order, axis=0)),
            lambda draw: draw(3, 2),
        )
        for order in (None, 0, 1, 2, 3, 0.5, -1, np.inf, -np.inf)
    },
    "vector_norm": (lambda a: np.linalg.vector_norm(a, ord=3), lambda draw: draw(3, 2)),
    "matrix_norm": (lambda a: np.sum(np.linalg.matrix_norm(a)), lambda draw: draw(2, 3, 2)),
}


def held(f, a, gradient=None):
    """Hold the gradient of f at a against small steps along a direction."""
    found = dg.grad(f)(a) if gradient is None else gradient
    assert found.dtype == a.dtype
    direction = mixed(*a.shape) if np.iscomplexobj(a) else real(*a.shape)

    def at(step):
        return float(np.asarray(f(a + step * direction)))

    slope = (8 * (at(1e-4) - at(-1e-4)) - (at(2e-4) - at(-2e-4))) / 12e-4
    np.testing.assert_allclose(np.sum(np.real(np.conj(found) * direction)), slope, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("draw", [real, mixed])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_are_those_of_small_steps(name, draw):
    f, matrices = FUNCTIONS[name]
    a = matrices(draw)
    np.testing.assert_allclose(f(dg.tensor(a)).numpy(), f(a), rtol=1e-11)
    held(f, a)


@pytest.mark.parametrize("draw", [real, mixed])
@pytest.mark.parametrize("name", [name for name in FUNCTIONS if "eig" in name or "svd" in name or "qr" in name])
def test_second_derivatives_are_those_of_the_first(name, draw):
    f, matrices = FUNCTIONS[name]
    a = matrices(draw)
    direction = draw(*a.shape)
    _, found = dg.jvp(dg.grad(f), [a], [direction])

    def at(step):
        return dg.grad(f)(a + step * direction)

    slope = (8 * (at(1e-4) - at(-1e-4)) - (at(2e-4) - at(-2e-4))) / 12e-4
    np.testing.assert_allclose(found, slope, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("expm", (apart(real, 3),)),
        ("expm", (apart(mixed, 3),)),
        ("expm", (np.array([[0.0, 1.0], [0.0, 0.0]]),)),
        ("logm", (apart(real, 3),)),
        ("sqrtm", (apart(mixed, 3),)),
        ("sinm", (apart(real, 2),)),
        ("cosm", (apart(real, 2),)),
        ("solve_sylvester", (apart(mixed, 3), apart(mixed, 2), mixed(3, 2))),
        ("solve_triangular", (apart(real, 3), real(3))),
        ("solve_triangular", (apart(mixed, 3), mixed(3, 2), 2, True)),
        ("solve_triangular", (apart(real, 3), real(3, 2), "T", False, True)),
        ("block_diag", (real(2, 2), real(1, 3), real(2))),
        ("toeplitz", (real(3), real(4))),
        ("toeplitz", (mixed(3),)),
    ],
    ids=range(14),
)
def test_scipys_functions(name, args):
    mine, scipys = getattr(dg.linalg, name), getattr(linalg, name)
    arrays = [k for k, value in enumerate(args) if isinstance(value, np.ndarray)]
    np.testing.assert_allclose(np.asarray(mine(*args)), scipys(*args), rtol=1e-11, atol=1e-12)
    for k in arrays:

        def f(x, k=k, f=mine):
            return size(f(*args[:k], x, *args[k + 1 :]))

        def plain(x, k=k):
            return size(scipys(*args[:k], x, *args[k + 1 :]))

        held(plain, args[k], dg.grad(f)(args[k]))


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("draw", [real, mixed])
def test_solving_with_a_cholesky_factor(draw, lower):
    a, b = hermitian(apart(draw, 3)), draw(3, 2)

    def f(a):
        return size(dg.linalg.cho_solve(dg.linalg.cho_factor(a, lower), b))

    np.testing.assert_allclose(f(a), size(linalg.cho_solve(linalg.cho_factor(a, lower), b)))
    held(f, a)


def test_the_vectors_of_the_upper_triangle_are_lapacks():
    a = apart(mixed, 3)
    for mine, numpys in zip(np.linalg.eigh(dg.tensor(a), "U"), np.linalg.eigh(a, "U"), strict=True):
        np.testing.assert_array_equal(mine.numpy(), numpys)


def test_vectors_that_complete_a_basis_are_given_and_have_no_derivative():
    a = dg.tensor(real(4, 2), requires_grad=True)
    for found, expected in zip(np.linalg.svd(a), np.linalg.svd(a.detach().numpy()), strict=True):
        np.testing.assert_allclose(found.detach(), expected, atol=1e-12)
    np.linalg.svd(a).S.sum().backward()
    with pytest.raises(TypeError, match="any that complete a basis"):
        np.linalg.svd(a).U.sum().backward()


VECTORS = {
    "eigh": lambda a: np.linalg.eigh(a + adjoint(a))[1],
    "eig": lambda a: np.linalg.eig(a)[1],
    "svd": lambda a: np.linalg.svd(a)[0],
}


@pytest.mark.parametrize("name", VECTORS)
def test_what_depends_on_the_factor_of_a_vector_is_refused(name):
    with pytest.raises(RuntimeError, match="specified up to multiplication by"):
        dg.grad(lambda a: np.sum(np.real(VECTORS[name](a))))(apart(mixed, 3))


def test_real_matrices_with_real_eigenvalues_have_real_ones():
    a = np.array([[2.0, 1.0], [0.0, 3.0]])
    for mine, numpys in zip(np.linalg.eig(dg.tensor(a)), np.linalg.eig(a), strict=True):
        np.testing.assert_array_equal(mine.numpy(), numpys)
        assert mine.dtype == numpys.dtype
    assert dg.grad(lambda a: np.sum(np.linalg.eigvals(a) ** 2))(a).tolist() == (2 * a.T).tolist()


def test_a_rank_is_a_number():
    assert np.linalg.matrix_rank(dg.tensor(np.ones((3, 3)), requires_grad=True)) == 1
