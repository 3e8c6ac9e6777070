"""What model code needs: activations, normalisations, convolutions, pooling, losses."""

from __future__ import annotations

import numpy as np

import dualgrad as dg

from .common import lacking, rank, reduced


def _softmax(function):
    def run(x, dim, dtype=None, **_):
        x = x if dtype is None else x.astype(dtype)
        return function(x, axis=dim) if rank(x) else function(x[None], axis=0)[0]

    return run


def _gelu(x, *, approximate="none"):
    lacking(approximate == "none", "the approximation by tanh")
    return dg.gelu(x)


def _softplus(x, beta=1, threshold=20):
    return dg.softplus(x) if beta == 1 else dg.softplus(beta * x) / beta


def _celu(x, alpha=1.0, inplace=False):
    return alpha * dg.elu(x / alpha)


def _layer_norm(x, normalized_shape, weight=None, bias=None, eps=1e-05):
    return dg.layer_norm(x, tuple(normalized_shape), weight, bias, eps)


def _native_layer_norm(x, normalized_shape, weight, bias, eps):
    return dg.layer_norm(x, tuple(normalized_shape), weight, bias, eps)


def _batch_norm(x, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-05):
    return dg.batch_norm(x, running_mean, running_var, weight, bias, training, eps)


def _batched(function, depth):
    """With a batch of one where PyTorch was given none."""

    def run(x, *args, **kwargs):
        return function(x, *args, **kwargs) if rank(x) == depth + 2 else function(x[None], *args, **kwargs)[0]

    return run


def _conv(function):
    def run(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        depth = rank(weight) - 2
        return _batched(function, depth)(x, weight, bias, _few(stride), _few(padding), _few(dilation), groups)

    return run


def _transposed(function):
    def run(x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
        sizes = map(_few, (stride, padding, output_padding))
        return _batched(function, rank(weight) - 2)(x, weight, bias, *sizes, groups, _few(dilation))

    return run


def _few(given):
    """One number for a sequence of one."""
    return given[0] if isinstance(given, (tuple, list)) and len(given) == 1 else given


def _max_pool(function, depth):
    def run(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
        sizes = (_few(kernel_size), _few(stride) or None, _few(padding), _few(dilation))
        return _batched(function, depth)(x, *sizes, ceil_mode)

    return run


def _avg_pool(function, depth):
    def run(x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
        sizes = (_few(kernel_size), _few(stride) or None, _few(padding))
        rest = [] if divisor_override is None else [divisor_override]
        return _batched(function, depth)(x, *sizes, ceil_mode, count_include_pad, *rest)

    return run


def _embedding(weight, indices, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False):
    lacking(padding_idx is None and max_norm is None and not scale_grad_by_freq, "rows that are not learned")
    return dg.embedding(indices.detach().numpy() if hasattr(indices, "detach") else indices, weight)


def _loss(function):
    def run(x, target, reduction="mean", weight=None, **rest):
        lacking(weight is None, "weights")
        return function(x, target, reduction=reduction, **rest)

    return run


def _smooth_l1(x, target, reduction="mean", beta=1.0):
    lacking(beta > 0, "no smooth part")
    return dg.huber_loss(x, target, reduction, beta) / beta


def _bce_with_logits(x, target, weight=None, reduction="mean", pos_weight=None):
    return dg.bce_with_logits(x, target, reduction, weight, pos_weight)


def _class(target):
    return target if target.dtype.kind == "f" else target.detach().numpy() if hasattr(target, "detach") else target


def _cross_entropy(x, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    return dg.cross_entropy(x, _class(target), reduction, weight, ignore_index, label_smoothing)


def _nll(x, target, weight=None, ignore_index=-100, reduction="mean"):
    return dg.nll_loss(x, _class(target), reduction, weight, ignore_index)


def _linear(x, weight, bias=None):
    found = dg.matmul(x, weight.T)
    return found if bias is None else found + bias


def _bce(x, target, weight=None, reduction="mean"):
    each = -(dg.special.xlogy(target, x) + dg.special.xlog1py(1 - target, -x))
    return reduced(each if weight is None else weight * each, reduction)


def _kl_div(x, target, reduction="mean", log_target=False):
    each = dg.exp(target) * (target - x) if log_target else dg.special.xlogy(target, target) - target * x
    return dg.sum(each) / x.shape[0] if reduction == "batchmean" else reduced(each, reduction)


def _glu(x, dim=-1):
    first, second = dg.split(x, 2, axis=dim)
    return first * dg.sigmoid(second)


def _normalize(x, p=2.0, dim=1, eps=1e-12):
    lacking(rank(x) > 0, "no axes")
    return x / np.maximum(dg.norm(x, p, axis=dim, keepdims=True), eps)


TABLE = {
    "softmax": _softmax(dg.softmax),
    "log_softmax": _softmax(dg.log_softmax),
    "nn.functional.softmin": lambda x, dim, **rest: _softmax(dg.softmax)(-x, dim, **rest),
    "nn.functional.gelu": _gelu,
    "nn.functional.silu": lambda x, inplace=False: dg.silu(x),
    "nn.functional.relu": lambda x, inplace=False: dg.relu(x),
    "nn.functional.relu6": lambda x, inplace=False: np.clip(x, 0, 6),
    "nn.functional.hardtanh": lambda x, min_val=-1.0, max_val=1.0, inplace=False: np.clip(x, min_val, max_val),
    "nn.functional.leaky_relu": lambda x, negative_slope=0.01, inplace=False: dg.leaky_relu(x, negative_slope),
    "nn.functional.elu": lambda x, alpha=1.0, inplace=False: dg.elu(x, alpha),
    "nn.functional.celu": _celu,
    "nn.functional.softplus": _softplus,
    "nn.functional.softsign": dg.softsign,
    "nn.functional.logsigmoid": dg.log_sigmoid,
    "nn.functional.mish": lambda x, inplace=False: x * np.tanh(dg.softplus(x)),
    "nn.functional.tanhshrink": lambda x: x - np.tanh(x),
    "nn.functional.glu": _glu,
    "nn.functional.layer_norm": _layer_norm,
    "native_layer_norm": _native_layer_norm,
    "nn.functional.batch_norm": _batch_norm,
    "nn.functional.linear": _linear,
    "nn.functional.normalize": _normalize,
    "nn.functional.conv1d": _conv(dg.conv1d),
    "nn.functional.conv2d": _conv(dg.conv2d),
    "nn.functional.conv_transpose1d": _transposed(dg.conv_transpose1d),
    "nn.functional.conv_transpose2d": _transposed(dg.conv_transpose2d),
    "nn.functional.max_pool1d": _max_pool(dg.max_pool1d, 1),
    "nn.functional.max_pool2d": _max_pool(dg.max_pool2d, 2),
    "nn.functional.avg_pool1d": _avg_pool(dg.avg_pool1d, 1),
    "nn.functional.avg_pool2d": _avg_pool(dg.avg_pool2d, 2),
    "nn.functional.embedding": _embedding,
    "nn.functional.mse_loss": _loss(dg.mse_loss),
    "nn.functional.l1_loss": _loss(dg.l1_loss),
    "nn.functional.huber_loss": _loss(dg.huber_loss),
    "nn.functional.smooth_l1_loss": _smooth_l1,
    "nn.functional.binary_cross_entropy_with_logits": _bce_with_logits,
    "nn.functional.binary_cross_entropy": _bce,
    "nn.functional.cross_entropy": _cross_entropy,
    "nn.functional.nll_loss": _nll,
    "nn.functional.kl_div": _kl_div,
}
