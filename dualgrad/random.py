"""Random numbers that are functions of their parameters: drawn as noise, which is a constant, and then shaped.

So gradients flow to the parameters (reparameterisation), and where a function is recorded or compiled, the noise is
one of the constants that it captured. Names and parameters are NumPy's. What cannot be written like that is not
here; of gamma the scale has a gradient, and its shape is to be a constant.

>>> rng = default_rng(0)
>>> loc = Tensor(1.0, requires_grad=True)
>>> rng.normal(loc, 2.0, size=3).sum().backward()
>>> loc.grad
tensor(3.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.array import public
from dualgrad.engine.factories import Noise, manual_seed
from dualgrad.engine.tensor import Tensor, owned
from dualgrad.positions import sizes, values
from dualgrad.shapes import extents

__all__ = ["Generator", "default_rng", "manual_seed"]

_op = public()


class Generator:
    """A source of noise, with its distributions as methods; ``seed`` is a number, a NumPy Generator, or None.

    ``size`` is the shape of the result; without it, the shape that the parameters broadcast to. Results are tensors,
    or arrays where a parameter is one.
    """

    def __init__(self, seed: Any = None) -> None:
        self._own = np.random.default_rng(seed)

    @property
    def noise(self) -> np.random.Generator:
        """What is drawn from."""
        return self._own

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
        """Evenly spread from low to high."""
        return _shaped(self.noise.random, lambda u, low, high: low + (high - low) * u, size, low, high)

    def normal(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        """The normal distribution; ``scale`` is its standard deviation."""
        return _shaped(self.noise.standard_normal, lambda z, loc, scale: loc + scale * z, size, loc, scale)

    def lognormal(self, mean: Any = 0.0, sigma: Any = 1.0, size: Any = None) -> Any:
        """The exponential of a normal distribution."""
        return _op["exp"](self.normal(mean, sigma, size))

    def exponential(self, scale: Any = 1.0, size: Any = None) -> Any:
        """Waiting times with this mean."""
        return _shaped(self.noise.standard_exponential, lambda e, scale: scale * e, size, scale)

    def gumbel(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        """The largest of many: minus the logarithm of waiting times."""
        return _shaped(
            lambda shape: self.noise.gumbel(size=shape), lambda z, loc, scale: loc + scale * z, size, loc, scale
        )

    def laplace(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        """Exponential to both sides."""
        return _shaped(
            lambda shape: self.noise.laplace(size=shape), lambda z, loc, scale: loc + scale * z, size, loc, scale
        )

    def logistic(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        """The distribution whose share below x is the sigmoid of x."""
        return _shaped(
            lambda shape: self.noise.logistic(size=shape), lambda z, loc, scale: loc + scale * z, size, loc, scale
        )

    def standard_cauchy(self, size: Any = None) -> Any:
        """The quotient of two standard normal numbers; loc and scale are for the caller to apply."""
        return _shaped(self.noise.standard_cauchy, lambda z: z * 1.0, size)

    def weibull(self, a: Any, size: Any = None) -> Any:
        """Waiting times to the power of 1 / a."""
        return _shaped(self.noise.standard_exponential, lambda e, a: _op["power"](e, 1 / a), size, a)

    def gamma(self, shape: Any, scale: Any = 1.0, size: Any = None) -> Any:
        """The gamma distribution; a gradient flows to the scale."""
        if isinstance(shape, Tensor) and shape.requires_grad:
            raise TypeError(
                "dualgrad.random.gamma: shape requires grad, but a sample is no elementary function of it; "
                "detach it, or use lognormal or weibull"
            )
        held = values(shape)
        wide = size if size is not None else np.broadcast_shapes(held.shape, sizes(scale))
        return _shaped(lambda shape: self.noise.standard_gamma(held, shape), lambda z, s: s * z, wide, scale)

    def multivariate_normal(self, mean: Any, cov: Any, size: Any = None) -> Any:
        """Normal vectors with this mean and covariance: the mean and a Cholesky factor times standard normal ones."""
        root = _op["cholesky"](cov)
        wide = (*_sizes(size), *sizes(mean))
        return _shaped(self.noise.standard_normal, lambda z, mean, root: mean + z @ root.mT, wide, mean, root)

    def dropout_mask(self, p: float, size: Any) -> Any:
        """Zeros with probability p, and 1 / (1 - p) elsewhere."""
        return _shaped(lambda shape: (self.noise.random(shape) >= p) / (1 - p), lambda keep: keep * 1.0, size)


class _Shared(Generator):
    """The noise that ``dualgrad.rand`` and ``randn`` draw from, and the functions of this module."""

    @property
    def noise(self) -> np.random.Generator:
        return Noise.shared


default_rng = Generator
_shared = _Shared()


def __getattr__(name: str) -> Callable[..., Any]:
    """A distribution, drawn from the noise that all share."""
    if name.startswith("_") or not callable(getattr(Generator, name, None)):
        raise AttributeError(f"module 'dualgrad.random' has no attribute {name!r}; it has the methods of Generator")
    found: Callable[..., Any] = getattr(_shared, name)
    return found


def _sizes(size: Any) -> tuple[int, ...]:
    return () if size is None else tuple(size) if isinstance(size, (tuple, list)) else (int(size),)


def _shaped(draw: Callable[..., Any], function: Callable[..., Any], size: Any, *parameters: Any) -> Any:
    """A function of noise and parameters, of this shape or that of the parameters."""
    given = [np.asarray(x) if isinstance(x, (list, tuple)) else x for x in parameters]
    shape = np.broadcast_shapes(*(sizes(x) for x in given)) if size is None else _sizes(size)
    noise: Any = np.asarray(draw(shape))
    arrays = [x for x in given if hasattr(x, "dtype")]
    kinds = [x.dtype for x in arrays if x.dtype.kind == "f"]
    if kinds:
        noise = noise.astype(np.result_type(*kinds), copy=False)
    noise = noise[()]
    if not arrays or any(isinstance(x, Tensor) for x in arrays):
        noise = owned(noise)
    result = function(noise, *given)
    if extents(result) != shape:
        raise ValueError(
            f"dualgrad.random: parameters of shapes {[extents(x) for x in given]} do not broadcast to size={shape}"
        )
    return result
