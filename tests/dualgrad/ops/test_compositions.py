"""Public functions made of ops: NumPy's values, on arrays and on tensors, and gradients by the chain rule."""

from __future__ import annotations

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.op import COMPOSED

special = pytest.importorskip("scipy.special")

RNG = np.random.default_rng(0)


class Static(list):
    """A list of numbers that no gradient is asked for."""


def draw(*shape):
    return RNG.uniform(0.5, 2.0, shape)


def square(*shape):
    return 0.2 * draw(*shape, shape[-1]) + np.diag(np.arange(1.0, shape[-1] + 1))


def symmetric(*shape):
    a = square(*shape)
    return 0.5 * (a + np.swapaxes(a, -1, -2))


def holed():
    a = draw(2, 3)
    a[0, 1] = np.nan
    return a


CALLS = {
    "power": [(draw(3), 2), (draw(3), -0.5), (draw(3), draw(3)), (2.0, draw(3))],
    "multigammaln": [(draw(3) + 1, 2), (draw(2) + 2, 3)],
    "factorial": [(draw(3),)],
    **{name: [(draw(3),)] for name in ("i0e", "i1e", "k0e", "k1e")},
    "deg2rad": [(draw(3),)],
    "rad2deg": [(draw(3),)],
    "clip": [(draw(5), 0.7, 1.2), (draw(5), None, 1.2), (draw(5), 0.7, None)],
    "ravel": [(draw(2, 3),)],
    "expand_dims": [(draw(2, 3), 1), (draw(2, 3), (0, -1))],
    "squeeze": [(draw(1, 3, 1),), (draw(1, 3, 1), 0)],
    "atleast_1d": [(np.float64(2.0),), (draw(3),)],
    "atleast_2d": [(draw(3),), (draw(2, 2),)],
    "swapaxes": [(draw(2, 3, 4), 0, -1)],
    "matrix_transpose": [(draw(2, 3, 4),)],
    "moveaxis": [(draw(2, 3, 4), 0, -1), (draw(2, 3, 4), (0, 1), (-1, -2))],
    "repeat": [(draw(2, 3), np.array([2, 0, 1]), 1), (draw(2, 3), 2), (draw(2, 3), 3, 1), (draw(2, 3), 2, 0)],
    "tile": [(draw(2, 3), 2), (draw(3), (2, 2)), (draw(2, 1, 3), (2, 3))],
    "diag": [(draw(3),), (draw(3), 1), (draw(3, 3), -1), (draw(2, 3),)],
    "trace": [(draw(3, 3),), (draw(2, 3, 3), 0, 1, 2), (draw(3, 4), 1)],
    "flip": [(draw(2, 3),), (draw(2, 3), 0), (draw(2, 3), (0, 1))],
    "stack": [([draw(2), draw(2)],), ([draw(2), draw(2)], -1)],
    "vstack": [([draw(2), draw(2)],), ([draw(2, 2), draw(1, 2)],)],
    "hstack": [([draw(2), draw(3)],), ([draw(2, 2), draw(2, 1)],), ([np.float64(1), draw(2)],)],
    "column_stack": [([draw(2), draw(2, 2)],), ([draw(2, 1, 2), draw(2, 2, 2)],)],
    "append": [(draw(2), draw(3)), (draw(2, 2), draw(1, 2), 0)],
    "delete": [(draw(4), 1), (draw(4), -1), (draw(2, 3), 0, 1)],
    "roll": [(draw(2, 3), (1, 2), (0, 1)), (draw(5), 2), (draw(2, 3), 1), (draw(2, 3), -1, 1), (draw(3), 3)],
    "convolve": [
        (draw(4), draw(2)),
        (draw(2), draw(4), "valid"),
        (draw(5), draw(3), "same"),
        (draw(2), draw(3), "same"),
    ],
    "diff": [(draw(4),), (draw(4), 2), (draw(3, 2), 1, 0)],
    "average": [(draw(2, 3),), (draw(2, 3), 0, draw(2, 3)), (draw(3), None, draw(3))],
    "dot": [(draw(3), draw(3)), (draw(2, 3), draw(3)), (2.0, draw(3)), (draw(2, 3), draw(2, 3, 2))],
    "inner": [(draw(3), draw(3)), (draw(2, 3), draw(4, 3)), (2.0, draw(3))],
    "vdot": [(draw(2, 2), draw(2, 2))],
    "vecdot": [(draw(3), draw(3)), (draw(2, 3), draw(3))],
    "outer": [(draw(2), draw(3)), (draw(2, 2), draw(3))],
    "tensordot": [(draw(2, 3), draw(3, 2), 1), (draw(2, 3), draw(3, 2), ([0], [1])), (draw(2, 2), draw(2, 2))],
    "kron": [(draw(2, 2), draw(3, 2)), (draw(2), draw(3)), (draw(2), draw(2, 2))],
    "take_along_axis": [(draw(2, 3), np.array([[0, 2], [1, -1]]), 1), (draw(3), np.array([2, 0]), 0)],
    "compress": [(np.array([True, False, True]), draw(3, 2), 0), (np.array([0, 1]), draw(3))],
    "extract": [(np.array([[True, False], [True, True]]), draw(2, 2))],
    "choose": [(np.array([0, 1, 0]), [draw(3), draw(3)])],
    "select": [([np.array([True, False, False]), np.array([True, True, False])], [draw(3), draw(3)], 0.5)],
    "sort": [(draw(5),), (draw(3, 4), 0), (draw(2, 3), None)],
    "partition": [(draw(6), 2), (draw(2, 5), (1, 3))],
    "quantile": [(draw(5), 0.3), (draw(2, 4), 0.5, 1), (draw(2, 3), Static([0.0, 1.0]), (0, 1))],
    "nanquantile": [(holed(), 0.3), (holed(), 0.5, 1), (holed(), Static([0.0, 0.6, 1.0]), 0)],
    "nanmedian": [(holed(),), (holed(), 1), (draw(2, 4), 1)],
    "percentile": [(draw(5), 30), (draw(4, 2), Static([25.0, 90.0]), 0)],
    "median": [(draw(5),), (draw(4),), (draw(2, 3, 4), (0, 2)), (draw(3, 2), 0)],
    "ptp": [(draw(5),), (draw(2, 3), 1)],
    "interp": [(np.array([0.2, 1.3, 2.6, 9.0]), np.array([1.0, 2.0, 4.0]), draw(3))],
    "pad": [
        (draw(3), 2),
        (draw(2, 3), ((1, 0), (0, 2)), "edge"),
        (draw(4), (2, 1), "reflect"),
        (draw(3), 2, "wrap"),
        (draw(3), 2, "symmetric"),
    ],
    "rot90": [*((draw(2, 3), k) for k in range(4)), (draw(2, 3, 2), 3, (1, 2))],
    "fliplr": [(draw(2, 3),)],
    "flipud": [(draw(2, 3),)],
    "rollaxis": [(draw(2, 3, 4), 2), (draw(2, 3, 4), 0, 3), (draw(2, 3, 4), 1, -1)],
    "atleast_3d": [(np.float64(2.0),), (draw(3),), (draw(2, 3),), (draw(1, 2, 3, 1),)],
    "dstack": [([draw(3), draw(3)],), ([draw(2, 3), draw(2, 3)],)],
    "ediff1d": [(draw(2, 3),)],
    "trapezoid": [
        (draw(4),),
        (draw(2, 4), np.array([0.0, 0.5, 2.0, 3.0])),
        (draw(4, 2), None, 0.5, 0),
        (draw(2, 2), draw(2, 2), 1.0, 0),
    ],
    "gradient": [(draw(5),), (draw(4), 0.5), (draw(4), np.cumsum(draw(4)))],
    "nan_to_num": [(draw(4),)],
    "solve": [(square(3), draw(3)), (square(2, 3), draw(3, 2)), (square(2, 2), draw(2))],
    "eigvalsh": [(symmetric(3),), (symmetric(2, 3), "U")],
    "svdvals": [(draw(2, 3),), (square(2, 3),)],
    "norm": [
        *((draw(4), ord) for ord in (None, 1, 2, 3, 2.5, 0.5, np.inf, -np.inf)),
        *((draw(2, 3), ord) for ord in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)),
        (draw(2, 3), 3, 1, True),
        (draw(2, 3, 2), 1, (2, 0)),
        (draw(2, 3, 2), 2, (0, 1), True),
    ],
    "matrix_power": [(square(3), n) for n in (1, 2, 5, -2)],
    "vector_norm": [(draw(2, 3),)],
    "matrix_norm": [(draw(2, 3),), (draw(2, 3, 3),)],
    "tensorinv": [(square(4).reshape(2, 2, 4), 2), (square(4).reshape(4, 2, 2), 1)],
    "tensorsolve": [(square(4).reshape(2, 2, 4), draw(2, 2)), (square(4).reshape(2, 2, 2, 2), draw(2, 2), (1,))],
    "multi_dot": [([draw(2, 3), draw(3, 2), draw(2)],)],
    "cond": [(square(3),), (square(3), 1)],
    "polyint": [(draw(3),), (draw(2), 2, draw(2))],
    "poly": [(draw(3),)],
    "nancumsum": [(holed(),), (holed(), 1)],
    "nancumprod": [(holed(),), (holed(), 1)],
    "nanpercentile": [(holed(), 30), (holed(), 50, 1)],
    "block": [([[draw(2, 2), draw(2, 1)], [draw(1, 3)]],), ([draw(2), draw(3)],)],
    "diagflat": [(draw(2, 2),), (draw(3), 1)],
    "geomspace": [(np.float64(0.5), np.float64(3.0), 4), (draw(2), draw(2), 3)],
    "logspace": [(np.float64(0.5), np.float64(1.0), 4), (draw(2), draw(2), 3)],
    "matvec": [(draw(2, 3), draw(3)), (draw(2, 2, 3), draw(3))],
    "vecmat": [(draw(3), draw(3, 2)), (draw(2, 3), draw(2, 3, 2))],
    **{name: [(holed(),), (holed(), 1)] for name in ("nansum", "nanprod", "nanmean", "nanvar", "nanstd")},
    **{name: [(holed(),), (holed(), 0)] for name in ("nanmax", "nanmin")},
    "cov": [
        *((draw(3, 5),), (draw(5),), (draw(1, 5),), (draw(2, 5), draw(5)), (draw(5, 2), draw(5, 1), False)),
        (draw(2, 3), None, True, False, None, Static([1, 2, 1])),
        (draw(2, 3), None, True, False, 1, Static([1, 2, 1]), draw(3)),
        (draw(2, 3), None, True, True, None, None, draw(3)),
    ],
    "corrcoef": [(draw(3, 5),), (draw(2, 5), draw(5))],
    "round": [(draw(4),), (draw(4), 2)],
    "insert": [(draw(3), 1, 0.5), (draw(2, 3), -1, draw(3), 0)],
    "polyadd": [(draw(3), draw(2)), (draw(2), draw(4))],
    "polysub": [(draw(3), draw(2))],
    "polymul": [(draw(3), draw(2))],
    "polyder": [(draw(4),), (draw(4), 2)],
    "correlate": [(draw(4), draw(2)), (draw(3), draw(2), "full")],
    "unwrap": [(np.array([0.1, 2.9, -2.8, 0.3, 3.0]),), (5 * draw(2, 4),)],
    "polyval": [(draw(4), draw(3)), (draw(3), draw(2, 2))],
    "vander": [(draw(3),), (draw(3), 2)],
    "cross": [
        (draw(3), draw(3)),
        (draw(2, 3), draw(2, 3)),
        (draw(3, 2), draw(2, 3), 0, 1, 0),
        (draw(3, 2), draw(3, 2), -1, -1, -1, 0),
    ],
}
ELSEWHERE = set(  # test_grids.py, test_positions.py, test_linalg.py, test_complex.py and test_nn.py
    "leaky_relu elu softsign layer_norm batch_norm conv1d conv2d conv_transpose1d conv_transpose2d max_pool1d "
    "max_pool2d avg_pool1d avg_pool2d embedding mse_loss l1_loss huber_loss bce_with_logits nll_loss cross_entropy "
    "slogdet eigh svd qr lstsq unstack broadcast_arrays real imag conj conjugate angle sign real_if_close iscomplexobj "
    "sici shichi fresnel airy eig eigvals cholesky matrix_rank solve_triangular cho_factor cho_solve block_diag "
    "toeplitz fft ifft rfft irfft fft2 ifft2 rfft2 irfft2 fftn ifftn rfftn irfftn hfft ihfft fftshift ifftshift "
    "polyfit roots polydiv modf divmod meshgrid apply_along_axis apply_over_axes piecewise "
    "gather index index_put scatter_add index_add topk cummax cummin array_split split vsplit hsplit dsplit".split()
)
CALLS.update({name: [(draw(4),)] for name in ("cumulative_sum", "cumulative_prod")})
CASES = [(name, place) for name, calls in CALLS.items() for place in range(len(calls))]


def test_every_composition_is_tried():
    assert set(CALLS) | ELSEWHERE == set(COMPOSED)


def lifted(value, lift):
    if isinstance(value, list) and not isinstance(value, Static) and value and not isinstance(value[0], int):
        return [lifted(part, lift) for part in value]
    floating = isinstance(value, (np.ndarray, np.float64)) and value.dtype.kind == "f"
    return lift(value) if floating else value


def reference(name):
    """The function of NumPy or SciPy that one of ours is named after."""
    return next(getattr(home, name) for home in (np, np.linalg, special) if hasattr(home, name))


@pytest.mark.parametrize(("name", "place"), CASES)
def test_values_are_numpys(name, place):
    args, numpys = CALLS[name][place], reference(name)
    expected = numpys(*args)
    np.testing.assert_allclose(getattr(dg, name)(*args), expected, rtol=1e-14)
    tensors = lifted(list(args), lambda x: dg.Tensor(x, requires_grad=True))
    by_protocol = (getattr(dg, name) if numpys is getattr(special, name, None) else numpys)(*tensors)
    assert by_protocol.requires_grad
    np.testing.assert_allclose(by_protocol.detach(), expected, rtol=1e-14)


@pytest.mark.parametrize(("name", "place"), CASES)
def test_gradients_are_those_of_small_steps(name, place):
    args = list(CALLS[name][place])
    leaves = []
    tensors = lifted(args, lambda x: leaves.append(dg.Tensor(x, requires_grad=True)) or leaves[-1])
    y = getattr(dg, name)(*tensors)
    g = np.cos(np.arange(y.size)).reshape(y.shape)
    y.backward(g)
    for k, leaf in enumerate(leaves):
        direction = np.sin(np.arange(leaf.size) + 1.0).reshape(leaf.shape)

        def moved(step, k=k, direction=direction):
            place = iter(range(len(leaves)))
            return lifted(args, lambda x: x + step * direction if next(place) == k else x)

        def weighted(step, moved=moved):
            return np.sum(g * reference(name)(*moved(step)))

        slope = (weighted(1e-5) - weighted(-1e-5)) / 2e-5
        np.testing.assert_allclose(np.sum(leaf.grad.data * direction), slope, rtol=1e-6, atol=1e-8)


def test_scipys_functions_are_recorded():
    x = dg.tensor([0.5, 1.5], requires_grad=True)
    for function in (special.expit, special.erf, special.gammaln, special.log_expit, special.psi):
        assert function(x).requires_grad


# ---------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: dg.reshape(x, (4, -1)), ValueError, "is not determined by"),
        (lambda x: dg.reshape(x, (-1, -1)), ValueError, "more than one -1"),
        (lambda x: dg.reshape(x, (3, 2), order="F"), TypeError, "order='F' is not an op"),
        (lambda x: dg.squeeze(x, 0), ValueError, "is not of size 1"),
        (lambda x: dg.transpose(x, (0,)), ValueError, "do not name each of the 2 axes"),
        (lambda x: dg.diag(x[None]), ValueError, "expected a vector or a matrix"),
        (lambda x: dg.diagonal(x[0]), ValueError, "it needs at least two"),
        (lambda x: dg.triu(x[0]), ValueError, "an array with 1 axes has no triangle"),
        (lambda x: dg.matmul(x, 2.0), ValueError, "an operand has no axes"),
        (lambda x: dg.einsum("ij,jk", x), ValueError, "names 2 operands, but 1 were given"),
        (lambda x: dg.einsum("i", x), ValueError, "does not name each axis"),
        (lambda x: dg.einsum(x), TypeError, "expected a string"),
        (lambda x: dg.concatenate([]), ValueError, "got no arrays"),
        (lambda x: dg.convolve(x, x), ValueError, "expected two vectors"),
        (lambda x: dg.norm(x, 3), ValueError, "is no norm of matrices"),
        (lambda x: dg.norm(x[None], 1), ValueError, "name one axis or two"),
        (lambda x: dg.inv(x[0]), ValueError, "expected a matrix"),
        (lambda x: dg.svd(x).Vh.sum().backward(), TypeError, "use full_matrices=False for svd"),
        (lambda x: dg.qr(x.T, "complete").Q.sum().backward(), TypeError, "or mode='reduced' for qr"),
        (lambda x: dg.qr(x, "raw"), TypeError, "use 'reduced', 'complete' or 'r'"),
        (lambda x: dg.solve_triangular(x, x, "H"), ValueError, "expected 0, 1 or 2"),
        (lambda x: dg.eigh(x, "M"), ValueError, "expected 'L' or 'U'"),
        (lambda x: dg.sum(x, axis=2), ValueError, "axis 2 is out of bounds"),
        (lambda x: x[[0, 2]], IndexError, "out of bounds for an axis of size 2"),
        (lambda x: dg.take(x, [0.5]), TypeError, "are not positions; give integers"),
        (lambda x: dg.topk(x, 4), ValueError, "at most that many"),
        (lambda x: dg.quantile(x, 1.5), ValueError, "from 0 to 1"),
        (lambda x: dg.pad(x, 1, "mean"), TypeError, "mode='mean' is not an op"),
        (lambda x: dg.split(x, 2, 1), ValueError, "has no 2 equal parts"),
        (lambda x: dg.gradient(x, edge_order=3), ValueError, "expected 1 or 2"),
        (lambda x: x[2], IndexError, "index 2 is out of bounds for an axis of size 2"),
        (lambda x: x[0, 0, 0], IndexError, "the array has 2 axes, but 3 were indexed"),
        (lambda x: dg.average(x, 0, x[0]), TypeError, "reshape them to broadcast"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refusals_say_what_to_do(call, error, message):
    with pytest.raises(error, match=message):
        call(dg.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True))


def test_linspace_of_tensors():
    start, stop = dg.tensor([1.0, 2.0], requires_grad=True), dg.tensor(5.0, requires_grad=True)
    for rest in ((4,), (4, False)):
        found = np.linspace(start, stop, *rest, axis=1)
        np.testing.assert_allclose(found.detach(), np.linspace([1.0, 2.0], 5.0, *rest, axis=1), rtol=1e-15)
        share = np.linspace(0, 1, *rest)
        np.testing.assert_allclose(dg.autograd.grad(found.sum(), stop)[0], 2 * share.sum(), rtol=1e-15)


def test_a_number_beats_nan():
    x, y = dg.tensor([np.nan, 1.0, 3.0], requires_grad=True), dg.tensor([2.0, np.nan, 3.0], requires_grad=True)
    for function in (np.fmax, np.fmin):
        found = dg.autograd.grad(function(x, y).sum(), (x, y))
        np.testing.assert_array_equal(found[0], [0, 1, 0.5])
        np.testing.assert_array_equal(found[1], [1, 0, 0.5])


@pytest.mark.parametrize("method", ["linear", "lower", "higher", "midpoint", "nearest"])
def test_methods_of_quantiles(method):
    a, shares = holed(), np.linspace(0, 1, 11)
    np.testing.assert_allclose(dg.nanquantile(a, shares, 1, method=method), np.nanquantile(a, shares, 1, method=method))
    full = draw(3, 5)
    np.testing.assert_allclose(dg.quantile(full, shares, method=method), np.quantile(full, shares, method=method))


@pytest.mark.parametrize("edge_order", [1, 2])
@pytest.mark.parametrize("spacing", [(), (0.5,), (np.cumsum(draw(4)), 2.0)], ids=["units", "even", "uneven"])
def test_slopes_at_the_edges(edge_order, spacing):
    a = draw(4, 5)
    for found, expected in zip(
        dg.gradient(a, *spacing, edge_order=edge_order),
        np.gradient(a, *spacing, edge_order=edge_order),
        strict=True,
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_running_sums_and_products_may_start_with_nothing():
    x = dg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    assert np.cumulative_sum(x, axis=1, include_initial=True).tolist() == [[0, 1, 3], [0, 3, 7]]
    assert np.cumulative_prod(x, axis=0, include_initial=True).tolist() == [[1, 1], [1, 2], [3, 8]]
    with pytest.raises(ValueError, match="name an axis"):
        np.cumulative_sum(x)
