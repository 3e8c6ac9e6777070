"""``torch.func`` of PyTorch, where its names differ from those of :mod:`dualgrad` itself: functions of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dualgrad.engine.structured import grad, hessian, jacobian, jvp, value_and_grad, vjp

__all__ = ["grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "vjp"]

jacrev = jacfwd = jacobian


def grad_and_value(func: Callable[..., Any], argnums: Any = 0) -> Callable[..., Any]:
    """The gradient and the value, in this order.

    >>> grad_and_value(lambda x: x * x)(3.0)
    (np.float64(6.0), np.float64(9.0))
    """
    both = value_and_grad(func, argnums)
    return lambda *args, **kwargs: both(*args, **kwargs)[::-1]
