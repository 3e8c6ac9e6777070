"""PyTorch's spellings of what NumPy calls otherwise, as methods of a tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dualgrad.array import ArrayMethods
from dualgrad.op import COMPOSED, REGISTRY


class Manners(ArrayMethods):
    """Methods under PyTorch's names. An ndarray has none of them, so a tracer does not get these."""

    __slots__ = ()

    if TYPE_CHECKING:
        _data: Any

        @property
        def ndim(self) -> int: ...
        @property
        def size(self) -> Any: ...
        @property
        def dtype(self) -> Any: ...

    def dim(self) -> int:
        """The number of axes."""
        return self.ndim

    def numel(self) -> Any:
        """The number of elements."""
        return self.size

    def view(self, *shape: Any) -> Any:
        """The same entries in another shape; -1 stands for the length that is left."""
        return self.reshape(*shape)

    def t(self) -> Any:
        """A matrix transposed; what has fewer axes as it is."""
        if self.ndim > 2:
            raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {self.ndim}D; use transpose()")
        return REGISTRY["transpose"](self)

    def permute(self, *dims: Any) -> Any:
        """The axes in this order."""
        return REGISTRY["transpose"](self, dims[0] if len(dims) == 1 and not isinstance(dims[0], int) else dims)

    def unsqueeze(self, dim: int) -> Any:
        """With an axis of length 1 before this one."""
        return COMPOSED["expand_dims"](self, dim)

    def expand(self, *sizes: Any) -> Any:
        """Broadcast to this shape; -1 keeps a length."""
        wanted = tuple(sizes[0] if len(sizes) == 1 and not isinstance(sizes[0], int) else sizes)
        own = (1,) * (len(wanted) - self.ndim) + tuple(self._data.shape)
        return REGISTRY["broadcast_to"](self, tuple(b if a == -1 else a for a, b in zip(wanted, own, strict=True)))

    def contiguous(self) -> Any:
        """The tensor itself: every op takes any memory layout."""
        return self

    def to(self, dtype: Any) -> Any:
        """In another dtype, or in that of another tensor; itself where nothing changes."""
        try:
            wanted = np.dtype(dtype.dtype if isinstance(dtype, (np.ndarray, ArrayMethods)) else dtype)
        except TypeError:
            raise TypeError(
                f"to() got {dtype!r}, expected a dtype of NumPy, as in x.to(np.float32), or a tensor; "
                f"there are no devices"
            ) from None
        return self if wanted == self.dtype else REGISTRY["astype"](self, wanted)

    def half(self) -> Any:
        """In float16."""
        return self.to(np.float16)

    def float(self) -> Any:
        """In float32, as in PyTorch."""
        return self.to(np.float32)

    def double(self) -> Any:
        """In float64."""
        return self.to(np.float64)

    def long(self) -> Any:
        """In int64."""
        return self.to(np.int64)

    def bool(self) -> Any:
        """As truth values."""
        return self.to(np.bool_)

    def any(self, axis: Any = None, keepdims: Any = False, dim: Any = None) -> Any:
        """Whether any entry is true."""
        return type(self)(np.any(self._data, axis=axis if dim is None else dim, keepdims=keepdims))  # type: ignore[call-arg]

    def all(self, axis: Any = None, keepdims: Any = False, dim: Any = None) -> Any:
        """Whether every entry is true."""
        return type(self)(np.all(self._data, axis=axis if dim is None else dim, keepdims=keepdims))  # type: ignore[call-arg]

    def argmax(self, axis: Any = None, dim: Any = None) -> Any:
        """Where the largest entry is."""
        return type(self)(np.argmax(self._data, axis=axis if dim is None else dim))  # type: ignore[call-arg]

    def argmin(self, axis: Any = None, dim: Any = None) -> Any:
        """Where the smallest entry is."""
        return type(self)(np.argmin(self._data, axis=axis if dim is None else dim))  # type: ignore[call-arg]
