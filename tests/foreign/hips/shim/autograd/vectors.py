"""The vector space that a value lies in, as HIPS' test utilities ask for it."""

import numpy as np

from autograd.trees import is_tree, leaves, mapped, rebuilt


def vspace(value):
    return VSpace(value)


class VSpace:
    """The space of trees of arrays with these shapes and dtypes. Complex numbers are pairs of real ones."""

    def __init__(self, value):
        self.like = mapped(_blank, value)

    def __eq__(self, other):
        here, there = leaves(self.like), leaves(other.like)
        return _skeleton(self.like) == _skeleton(other.like) and all(
            a.shape == b.shape and a.dtype == b.dtype for a, b in zip(here, there, strict=True)
        )

    def __repr__(self):
        return f"VSpace({mapped(lambda a: f'{a.dtype}{list(a.shape)}', self.like)})"

    @property
    def shape(self):
        return self.like.shape

    @property
    def dtype(self):
        return self.like.dtype

    @property
    def ndim(self):
        return self.like.ndim

    @property
    def iscomplex(self):
        return not is_tree(self.like) and self.like.dtype.kind == "c"

    @property
    def size(self):
        return sum(a.size * (2 if a.dtype.kind == "c" else 1) for a in leaves(self.like))

    def zeros(self):
        return mapped(np.zeros_like, self.like)

    def ones(self):
        return mapped(lambda a: np.full_like(a, 1 + 1j if a.dtype.kind == "c" else 1), self.like)

    def randn(self):
        return mapped(_normal, self.like)

    def standard_basis(self):
        zeros = leaves(self.zeros())
        for place, zero in enumerate(zeros):
            for index in np.ndindex(*zero.shape):
                for unit in (1.0, 1.0j) if zero.dtype.kind == "c" else (1.0,):
                    one = zero.copy()
                    one[index] = unit
                    yield rebuilt(self.like, [*zeros[:place], one, *zeros[place + 1 :]])

    def add(self, x, y):
        return mapped(lambda a, b: a + b, x, y)

    def scalar_mul(self, x, a):
        return mapped(lambda leaf: leaf * a, x)

    def covector(self, x):
        return mapped(lambda leaf: np.conj(leaf) if np.iscomplexobj(leaf) else leaf, x)

    def inner_prod(self, x, y):
        parts = [_inner(a, b) for a, b in zip(leaves(x), leaves(y), strict=True)]
        return sum(parts[1:], parts[0]) if parts else 0.0


def _blank(leaf):
    if isinstance(leaf, (bool, int, str, np.bool_, np.integer)):
        raise TypeError(f"Can't find vector space for value {leaf} of type {type(leaf)}")
    array = leaf if hasattr(leaf, "dtype") else np.asarray(leaf)
    return np.zeros(array.shape, array.dtype)


def _skeleton(tree):
    return mapped(lambda leaf: None, tree)


def _normal(like):
    drawn = np.array(np.random.randn(*like.shape))  # noqa: NPY002  (HIPS seeds the old generator)
    if like.dtype.kind == "c":
        drawn = drawn + 1j * np.random.randn(*like.shape)  # noqa: NPY002
    return np.asarray(drawn.astype(like.dtype))


def _inner(x, y):
    if np.iscomplexobj(x) or np.iscomplexobj(y):
        return np.real(np.dot(np.conj(np.ravel(x)), np.ravel(y)))
    return np.dot(np.ravel(x), np.ravel(y))
