"""Making tensors: PyTorch's signatures, NumPy's default dtype float64."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.engine.tensor import Tensor, owned


def tensor(data: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor with a copy of the data.

    >>> tensor([[1.0, 2.0], [3.0, 4.5]])
    tensor([[1.0000, 2.0000],
            [3.0000, 4.5000]])
    """
    data = data._data if isinstance(data, Tensor) else data
    return owned(data if hasattr(data, "extents") else np.array(data, dtype), requires_grad)


def zeros(*size: Any, dtype: Any = float, requires_grad: bool = False) -> Tensor:
    """Zeros of this shape.

    >>> zeros(2)
    tensor([0., 0.])
    """
    return owned(np.zeros(_shape(size), dtype), requires_grad)


def ones(*size: Any, dtype: Any = float, requires_grad: bool = False) -> Tensor:
    """Ones of this shape.

    >>> ones(2, 2, requires_grad=True)
    tensor([[1., 1.],
            [1., 1.]], requires_grad=True)
    """
    return owned(np.ones(_shape(size), dtype), requires_grad)


def full(size: Any, fill_value: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """One value, in this shape.

    >>> full((2,), 0.5)
    tensor([0.5000, 0.5000])
    """
    return owned(np.full(size, fill_value, dtype), requires_grad)


def eye(n: int, m: int | None = None, dtype: Any = float, requires_grad: bool = False) -> Tensor:
    """The identity matrix.

    >>> eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    return owned(np.eye(n, m, dtype=dtype), requires_grad)


def arange(*limits: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """The numbers from start (0) to before stop in steps (of 1): ``arange(stop)``, ``arange(start, stop, step)``.

    >>> arange(3)
    tensor([0, 1, 2])
    """
    return owned(np.arange(*limits, dtype=dtype), requires_grad)


def linspace(start: float, end: float, steps: int, dtype: Any = float, requires_grad: bool = False) -> Tensor:
    """Evenly spaced numbers, both ends included.

    >>> linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    return owned(np.linspace(start, end, steps, dtype=dtype), requires_grad)


class Noise:
    """Where random numbers come from when no seed is given: one source for all, as ``manual_seed`` set it."""

    shared = np.random.default_rng()


def manual_seed(seed: int) -> None:
    """Start the noise that is drawn without a seed of its own anew.

    >>> manual_seed(0)
    >>> a = rand(2)
    >>> manual_seed(0)
    >>> bool((rand(2) == a).all())
    True
    """
    Noise.shared = np.random.default_rng(seed)


def _noise(seed: int | None) -> np.random.Generator:
    return Noise.shared if seed is None else np.random.default_rng(seed)


def rand(*size: Any, seed: int | None = None, requires_grad: bool = False) -> Tensor:
    """Random numbers between 0 and 1.

    >>> rand(2, 3, seed=0).shape
    (2, 3)
    """
    return owned(_noise(seed).random(_shape(size)), requires_grad)


def randn(*size: Any, seed: int | None = None, requires_grad: bool = False) -> Tensor:
    """Random numbers from the standard normal distribution.

    >>> randn(2, 3, seed=0).shape
    (2, 3)
    """
    return owned(_noise(seed).standard_normal(_shape(size)), requires_grad)


def _shape(size: tuple[Any, ...]) -> Any:
    return size[0] if len(size) == 1 and isinstance(size[0], (tuple, list)) else size
