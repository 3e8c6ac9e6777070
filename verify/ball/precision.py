"""The precision of ball arithmetic, which python-flint keeps once for the whole process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import flint


@contextmanager
def working_precision(bits: int) -> Iterator[None]:
    """Compute with this many bits inside the block, and restore what was set before.

    >>> with working_precision(200):
    ...     flint.arb(2).sqrt().rel_accuracy_bits() > 190
    True
    """
    if bits < 2:
        raise ValueError(f"working_precision: got {bits} bits, expected at least 2")
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
        if flint.ctx.prec != bits:
            raise RuntimeError(
                f"working_precision: the process-wide precision was changed from {bits} to {flint.ctx.prec} bits "
                f"while balls were computed; what was computed is discarded"
            )
    finally:
        flint.ctx.prec = before
