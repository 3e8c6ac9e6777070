"""The declared ops, a family a file. Importing this package fills the registry."""

from dualgrad.ops import (
    arithmetic,
    comparison,
    constant,
    diagonal,
    exponential,
    hyperbolic,
    index,
    join,
    piecewise,
    product,
    reduce,
    scan,
    shape,
    special,
    statistics,
    trigonometric,
)

__all__ = [
    "arithmetic",
    "comparison",
    "constant",
    "diagonal",
    "exponential",
    "hyperbolic",
    "index",
    "join",
    "piecewise",
    "product",
    "reduce",
    "scan",
    "shape",
    "special",
    "statistics",
    "trigonometric",
]
