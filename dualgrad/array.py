"""What Tensor and Tracer share: operators, methods and NumPy's protocols, derived from the registry."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

import dualgrad.ops  # noqa: F401  (fills the registry)
from dualgrad.op import BY_NUMPY, COMPOSED, ENTERED, METHODS, PYTORCH, REGISTRY, Over
from dualgrad.positions import is_advanced
from dualgrad.shapes import extents, one_axis, plain_extents, rank

__all__ = ["ArrayMethods", "extents", "one_axis", "plain_extents", "public", "rank"]

_REDUCTIONS = {np.add: "sum", np.multiply: "prod", np.maximum: "max", np.minimum: "min"}
_RUNNING = {
    np.add: "cumsum",
    np.multiply: "cumprod",
    np.maximum: "cummax",
    np.minimum: "cummin",
    np.logaddexp: "logcumsumexp",
}
_OPERATORS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "pow": "power",
    "matmul": "matmul",
    "mod": "remainder",
    "and": "bitwise_and",
    "or": "bitwise_or",
}
_COMPARISONS = {
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "eq": "equal",
    "ne": "not_equal",
}


BY_NUMPY.update({np.shape: lambda a: a.shape, np.ndim: rank})


def public() -> dict[str, Callable[..., Any]]:
    """Every public function by name: the ops, and what is composed of them."""
    return {**REGISTRY, **COMPOSED}


class ArrayMethods:
    """The operators, methods and protocols of an array whose ops are bound by ``__bind__``.

    A subclass has ``shape``, ``extents``, ``dtype`` and ``__refuse__(message)``, which raises.
    """

    __slots__ = ()
    __array_priority__ = 1000.0

    if TYPE_CHECKING:

        @property
        def dtype(self) -> Any: ...
        def __add__(self, other: Any) -> Any: ...
        def __sub__(self, other: Any) -> Any: ...
        def __mul__(self, other: Any) -> Any: ...
        def __truediv__(self, other: Any) -> Any: ...
        def __pow__(self, other: Any) -> Any: ...
        def __matmul__(self, other: Any) -> Any: ...
        def __radd__(self, other: Any) -> Any: ...
        def __rsub__(self, other: Any) -> Any: ...
        def __rmul__(self, other: Any) -> Any: ...
        def __rtruediv__(self, other: Any) -> Any: ...
        def __lt__(self, other: Any) -> Any: ...
        def __le__(self, other: Any) -> Any: ...
        def __gt__(self, other: Any) -> Any: ...
        def __ge__(self, other: Any) -> Any: ...

    def __refuse__(self, message: str) -> Any:
        """Raise, saying why something cannot be done with this array."""
        raise TypeError(message)

    # ------------------------------------------------------------------------ NumPy's protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        if out is not None:
            return self.__refuse__(f"np.{ufunc.__name__}: out= would write into an array unseen; assign the result")
        if method == "__call__" and ufunc not in BY_NUMPY:
            _adopt_special(ufunc)
        if method == "__call__" and ufunc in BY_NUMPY:
            try:
                return self.__apply__(BY_NUMPY[ufunc], ufunc.__name__, inputs, kwargs)
            except TypeError:
                if any(map(_container, inputs)):
                    return NotImplemented
                raise
        if method == "reduce" and ufunc in _REDUCTIONS:
            return self.__apply__(REGISTRY[_REDUCTIONS[ufunc]], ufunc.__name__, inputs, {"axis": 0, **kwargs})
        if method == "accumulate" and ufunc in _RUNNING:
            return self.__apply__(public()[_RUNNING[ufunc]], ufunc.__name__, inputs, {"axis": 0, **kwargs})
        if method == "outer" and ufunc in BY_NUMPY and len(inputs) == 2:
            first, second = inputs
            return BY_NUMPY[ufunc](np.reshape(first, (*extents(first), *(1,) * rank(second))), second)
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        return self.__refuse__(f"np.{name} is not an op of dualgrad; write it with ops that are, or declare it")

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        name = f"{getattr(func, '__module__', 'numpy')}.{getattr(func, '__name__', func)}"
        if func not in BY_NUMPY:
            return self.__refuse__(f"{name} is not an op of dualgrad; write it with ops that are, or declare it")
        if kwargs.pop("out", None) is not None:
            return self.__refuse__(f"{name}: out= would write into an array unseen; assign the result")
        return self.__apply__(BY_NUMPY[func], name, args, kwargs)

    def __apply__(self, function: Callable[..., Any], name: str, args: Any, kwargs: Any) -> Any:
        """Call a public function; an argument it does not take is refused, not ignored."""
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            return self.__refuse__(str(error) if "dualgrad" in str(error) else f"{name}: {error}")

    # ------------------------------------------------------------------------ what NumPy spells as methods

    def __getitem__(self, key: Any) -> Any:
        return COMPOSED["index"](self, key) if is_advanced(key) else REGISTRY["getitem"](self, key)

    def __pos__(self) -> Any:
        return REGISTRY["positive"](self)

    def __neg__(self) -> Any:
        return REGISTRY["negative"](self)

    def __invert__(self) -> Any:
        return REGISTRY["invert"](self)

    def __abs__(self) -> Any:
        return REGISTRY["absolute"](self)

    @property
    def T(self) -> Any:
        """All axes reversed."""
        return REGISTRY["transpose"](self)

    @property
    def real(self) -> Any:
        """The real part; what is real itself."""
        return COMPOSED["real"](self)

    @property
    def imag(self) -> Any:
        """The imaginary part; zeros for what is real."""
        return COMPOSED["imag"](self)

    @property
    def mT(self) -> Any:
        """The last two axes exchanged."""
        return COMPOSED["swapaxes"](self, -1, -2)

    def reshape(self, *shape: Any, order: str = "C") -> Any:
        """The same entries in row-major order, in another shape."""
        return REGISTRY["reshape"](self, shape[0] if len(shape) == 1 else shape, order=order)

    def transpose(self, *axes: Any) -> Any:
        """The axes in another order; reversed without arguments."""
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
        return REGISTRY["transpose"](self, order)

    def flatten(self, order: str = "C") -> Any:
        """All elements in one axis."""
        return COMPOSED["ravel"](self, order=order)

    def astype(
        self, dtype: Any, order: str = "K", casting: str = "unsafe", subok: bool = True, copy: bool = True
    ) -> Any:
        """The array in another dtype."""
        return REGISTRY["astype"](self, dtype)

    def __eq__(self, other: object) -> Any:
        return REGISTRY["equal"](self, other)

    def __ne__(self, other: object) -> Any:
        return REGISTRY["not_equal"](self, other)

    __hash__ = object.__hash__


def _adopt_special(ufunc: np.ufunc) -> None:
    """Enter a function of scipy.special under the op of its name; SciPy is not imported for it before it is used."""
    special = sys.modules.get("scipy.special")
    known = public().get(ufunc.__name__)
    if known is not None and getattr(special, ufunc.__name__, None) is ufunc:
        BY_NUMPY[ufunc] = known


_FOREIGN = (type(None), str, bytes, dict, set, Over)  # Python then asks the other operand, and says what it cannot add


def _container(other: Any) -> bool:
    """Whether this is an array of another kind, which may hold ours: an operator is for it to apply."""
    return hasattr(type(other), "__array_ufunc__") and not isinstance(other, (np.ndarray, np.generic, ArrayMethods))


def _forward(function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    def operator(self: Any, other: Any) -> Any:
        if isinstance(other, _FOREIGN) or getattr(type(other), "__array_ufunc__", self) is None:
            return NotImplemented
        try:
            return function(self, other)
        except TypeError:
            if _container(other):
                return NotImplemented
            raise

    return operator


def _reflected(function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    return lambda self, other: NotImplemented if isinstance(other, _FOREIGN) else function(other, self)


def _derive() -> None:
    functions = public()
    for sign, name in _OPERATORS.items():
        setattr(ArrayMethods, f"__{sign}__", _forward(functions[name]))
        setattr(ArrayMethods, f"__r{sign}__", _reflected(functions[name]))
    for sign, name in _COMPARISONS.items():
        if sign not in ("eq", "ne"):
            setattr(ArrayMethods, f"__{sign}__", _forward(functions[name]))
    for name, function in METHODS.items():
        _give(name, function)
    ENTERED.append(_give)


def _give(name: str, function: Callable[..., Any]) -> None:
    """A method of every array; also for an op that is registered later, as a user's own is."""
    setattr(ArrayMethods, name, method(name, function))


def method(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A public function as a method of its first argument; PyTorch's ``dim`` and ``keepdim`` are understood."""

    def bound(self: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs:
            kwargs = {PYTORCH.get(key, key): value for key, value in kwargs.items()}
        return function(self, *args, **kwargs)

    bound.__doc__ = f"The method form of ``dualgrad.{name}``."
    return bound


_derive()
