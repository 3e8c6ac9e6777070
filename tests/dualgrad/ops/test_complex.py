"""Complex numbers: values are NumPy's, and gradients are ∂L/∂Re z + i ∂L/∂Im z, held against small steps."""

from __future__ import annotations

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.array import public

RNG = np.random.default_rng(9)


def draw(*shape):
    return RNG.uniform(0.5, 1.5, shape) + 1j * RNG.uniform(-1, 1, shape)


def reals(*shape):
    return RNG.uniform(0.5, 1.5, shape)


def square(*shape):
    return 0.2 * draw(*shape, shape[-1]) + np.diag(np.arange(1.0, shape[-1] + 1))


CALLS = {
    "real": [(draw(3),), (reals(3),)],
    "imag": [(draw(3),), (draw(),)],
    "conj": [(draw(2, 3),), (reals(3),)],
    "conjugate": [(draw(3),)],
    "angle": [(draw(3),), (draw(3), True), (-draw(2, 2),)],
    "abs": [(draw(3),), (draw(),)],
    "sign": [(draw(3),)],
    "real_if_close": [(draw(3),), (reals(3) + 0j,)],
    "power": [(draw(3), 2), (draw(3), -0.5), (draw(3), draw(3)), (reals(3), draw(3)), (draw(3), 2j), (2.0, draw(3))],
    "square": [(draw(3),)],
    "divide": [(draw(3), draw(3)), (1j, draw(3)), (reals(2), draw(2)), (draw(2, 1), reals(3))],
    "where": [(np.array([True, False, True]), draw(3), reals(3))],
    "sum": [(draw(2, 3), 0)],
    "mean": [(draw(2, 3),)],
    "prod": [(draw(4),), (np.array([1j, 0, 2.0]),), (draw(2, 3), 1)],
    "cumprod": [(draw(4),), (draw(2, 3), 1)],
    "cumsum": [(draw(2, 3), 0)],
    "var": [(draw(5),), (draw(2, 3), 1)],
    "std": [(draw(5),), (draw(2, 3), 1)],
    "dot": [(draw(3), draw(3)), (draw(2, 3), reals(3))],
    "vdot": [(draw(3), draw(3)), (reals(3), draw(3))],
    "inner": [(draw(3), draw(3))],
    "outer": [(draw(2), draw(3))],
    "matmul": [(draw(2, 3), draw(3, 2)), (reals(2, 3), draw(3, 2)), (draw(2, 2, 3), draw(3))],
    "tensordot": [(draw(2, 3), draw(3, 2), 1)],
    "kron": [(draw(2, 2), draw(2))],
    "convolve": [(draw(4), draw(2)), (reals(2), draw(4), "valid")],
    "trace": [(draw(3, 3),)],
    "concatenate": [([draw(2), reals(3)],)],
    "stack": [([draw(2), draw(2)],)],
    "diff": [(draw(4),)],
    "trapezoid": [(draw(4),)],
    "gradient": [(draw(5),)],
    "polyval": [(draw(3), draw(2, 2)), (reals(3), draw(2))],
    "cov": [(draw(3, 5),)],
    "flip": [(draw(3),)],
    "roll": [(draw(3), 1)],
    "cross": [(draw(3), draw(3))],
    **{
        name: [(draw(4),), (reals(5), 3), (draw(2, 3), 4, 0, "ortho"), (draw(3, 2), None, -1, "forward")]
        for name in ("fft", "ifft", "irfft", "hfft")
    },
    **{
        name: [(reals(4),), (reals(5),), (reals(5), 3), (reals(2, 3), 4, 0, "ortho"), (reals(3, 2), 5, -1, "forward")]
        for name in ("rfft", "ihfft")
    },
    **{
        name: [(draw(2, 3),), (draw(2, 3, 2), (2, 4), (2, 0)), (draw(2, 3), (3, 2), (0, 1), "ortho")]
        for name in ("fft2", "ifft2", "fftn", "ifftn", "irfft2", "irfftn")
    },
    **{
        name: [(reals(2, 3),), (reals(2, 3, 2), (2, 4), (2, 0)), (reals(2, 3), (3, 2), (0, 1), "ortho")]
        for name in ("rfft2", "rfftn")
    },
    "fftshift": [(draw(5),), (reals(2, 3),), (draw(2, 3), 1)],
    "ifftshift": [(draw(5),), (reals(2, 3),), (draw(2, 3), (0,))],
}
CASES = [(name, place) for name, calls in CALLS.items() for place in range(len(calls))]


def reference(name):
    return next(
        getattr(home, name)
        for home in (np, np.linalg, np.fft)
        if callable(getattr(home, name, None))
        if hasattr(home, name)
    )


def lifted(value, lift):
    if isinstance(value, list):
        return [lifted(part, lift) for part in value]
    return lift(value) if getattr(value, "dtype", np.dtype(bool)).kind in "fc" else value


def step_like(x, seed):
    rng = np.random.default_rng(seed)
    real = rng.standard_normal(np.shape(x))
    return (real + 1j * rng.standard_normal(np.shape(x)) if np.iscomplexobj(x) else real)[()]


def inner(a, b):
    return np.sum(np.real(np.conj(a) * b))


@pytest.mark.parametrize(("name", "place"), CASES)
def test_values_are_numpys_and_gradients_those_of_small_steps(name, place):
    args, numpys = CALLS[name][place], reference(name)
    leaves = []
    tensors = lifted(list(args), lambda x: leaves.append(dg.Tensor(x, requires_grad=True)) or leaves[-1])
    y = public()[name](*tensors)
    assert numpys(*tensors).dtype == y.dtype
    np.testing.assert_allclose(y.detach().numpy(), numpys(*args), rtol=1e-13)
    assert y.dtype == np.asarray(numpys(*args)).dtype
    g = step_like(y.data, 1)
    y.backward(g)
    steps = [step_like(leaf.data, k + 2) for k, leaf in enumerate(leaves)]

    def weighted(step):
        along = iter(steps)
        return inner(g, numpys(*lifted(list(args), lambda x: x + step * next(along))))

    slope = (8 * (weighted(1e-3) - weighted(-1e-3)) - (weighted(2e-3) - weighted(-2e-3))) / 12e-3
    assert all(leaf.grad.dtype == leaf.dtype for leaf in leaves)
    found = sum(inner(leaf.grad.data, step) for leaf, step in zip(leaves, steps, strict=True))
    np.testing.assert_allclose(found, slope, rtol=1e-7, atol=1e-8)


# ---------------------------------------------------------------------------- PyTorch's manners


def test_the_gradient_of_a_real_function_points_where_it_grows():
    z = dg.tensor([1 + 2j, -0.5j], requires_grad=True)
    (z.abs() ** 2).sum().backward()
    np.testing.assert_allclose(z.grad.data, 2 * z.data)
    z.grad = None
    (z**3).real.sum().backward()
    np.testing.assert_allclose(z.grad.data, 3 * np.conj(z.data) ** 2)


def test_a_complex_result_needs_a_gradient():
    z = dg.tensor(1 + 2j, requires_grad=True)
    with pytest.raises(RuntimeError, match="only for real scalar outputs but got complex128"):
        (z * z).backward()
    with pytest.raises(RuntimeError, match="For complex Tensors, both grad_output and output are required"):
        z.real.backward(dg.tensor(1j))
    (z * z).backward(1j)
    assert z.grad.item() == 1j * np.conj(2 * (1 + 2j))


def test_a_real_operand_of_a_complex_op_has_a_real_gradient():
    x, z = dg.tensor([1.0, 2.0], requires_grad=True), np.array([1j, 3 - 1j])
    y = x * z
    y.backward(np.array([2j, 1.0]))
    assert x.grad.dtype == np.float64
    np.testing.assert_array_equal(x.grad.data, np.real(np.conj(z) * np.array([2j, 1.0])))


def test_an_op_of_real_numbers_says_so():
    z = dg.tensor([1 + 2j, -0.5j], requires_grad=True)
    with pytest.raises(TypeError, match=r"dualgrad.maximum: its derivative is known for real operands only"):
        dg.maximum(z, 0).sum().backward(1.0)


def test_it_prints_as_pytorch_does():
    assert str(dg.tensor([1 + 2j, -0.5j])) == "tensor([ 1.0000+2.0000j, -0.0000-0.5000j])"
    assert str(dg.tensor(1 + 2j)) == "tensor(1.+2.j)"
    assert str(dg.tensor([1j], dtype=np.complex64)) == "tensor([0.+1.j], dtype=complex64)"


# ---------------------------------------------------------------------------- transforms


def test_the_jacobian_of_a_holomorphic_function_is_its_derivative():
    z = draw(3)
    np.testing.assert_allclose(dg.jacobian(np.exp, holomorphic=True)(z), np.diag(np.exp(z)))
    with pytest.raises(ValueError, match="holomorphic=True"):
        dg.jacobian(np.exp)(z)
    with pytest.raises(ValueError, match="take its real part"):
        dg.grad(np.sum)(z)


def test_the_jacobian_of_a_complex_function_of_real_numbers_is_complex():
    x = reals(3)
    np.testing.assert_allclose(dg.jacobian(lambda x: np.exp(1j * x))(x), np.diag(1j * np.exp(1j * x)))


def test_the_derivative_of_a_gradient_along_a_direction():
    z, t = draw(3), draw(3)

    def loss(z):
        return np.sum(np.abs(z) ** 4 + np.real(z**3))

    _, found = dg.jvp(dg.grad(loss), [z], [t])
    step = 1e-5
    expected = (dg.grad(loss)(z + step * t) - dg.grad(loss)(z - step * t)) / (2 * step)
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_a_complex_tangent_of_a_real_value_is_refused():
    with pytest.raises(TypeError, match="got a complex"):
        dg.jvp(np.sin, [1.0], [1j])


def test_writing_in_place():
    z = dg.tensor(draw(3), requires_grad=True)
    w = z * 1
    w[1] = 2j * z[0]
    w *= w
    w.abs().sum().backward()
    first, _, last = z.data
    np.testing.assert_allclose(z.grad.data, [2 * first + 8 * first, 0, 2 * last])
