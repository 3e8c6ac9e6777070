"""What functions of square matrices mean: part of the checker's trusted base, written from linear algebra.

An inverse or a determinant is a function of a matrix: two bound indices and the form of the entry at them.
"""

from __future__ import annotations


class Matrices:
    """The ops of ``meanings.Ops`` that read their operands as matrices, stacked along the leading axes."""
