"""PyTorch's ``torch.autograd``: gradients on graphs, Functions of one's own, derivatives of functions."""

from __future__ import annotations

from dualgrad.engine import forward_ad, functional
from dualgrad.engine.autograd import backward, grad
from dualgrad.engine.function import Function
from dualgrad.engine.modes import detect_anomaly, enable_grad, inference_mode, no_grad, set_grad_enabled
from dualgrad.engine.tensor import Variable

__all__ = [
    "Function",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "forward_ad",
    "functional",
    "grad",
    "inference_mode",
    "no_grad",
    "set_grad_enabled",
]
