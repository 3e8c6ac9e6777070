"""Regrouping around products of large stacks of rows with small matrices.

x ∘ d + x M is x (M + diag d); the sum of the rows of x M is that of the rows of x, times M; the sums of the columns of
x ∘ y are the diagonal of xᵀ y, where that is there already. Each takes a pass over the large array away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from dualgrad.op import REGISTRY, Kind
from dualgrad.replay.steps import Inner, Operand, Step, Value

NARROW = 64  # columns of rows that are shorter to multiply than to add


def _with_diagonal(matrix: Any, diagonal: Any, out: Any = None) -> Any:
    result = np.array(matrix, order="C") if out is None else out
    if out is not None:
        np.copyto(out, matrix)
    places = np.arange(result.shape[-1])
    result[..., places, places] += diagonal[..., 0, :]
    return result


def _row_of_diagonal(a: Any) -> Any:
    return np.diagonal(a, axis1=-2, axis2=-1)[..., None, :].copy()


def _column_sum(a: Any, out: Any = None) -> Any:
    return np.matmul(np.ones((1, a.shape[-2])), a, out)


def _row_sum(a: Any, out: Any = None) -> Any:
    return np.matmul(a, np.ones(a.shape[-1]), out)


WITH_DIAGONAL = Inner("with_diagonal", _with_diagonal, Kind.MULTILINEAR, writes=True)
DIAGONAL = Inner("row_of_diagonal", _row_of_diagonal, Kind.MULTILINEAR)
COLUMN_SUM = Inner("column_sum", _column_sum, Kind.MULTILINEAR, writes=True)
ROW_SUM = Inner("row_sum", _row_sum, Kind.MULTILINEAR, writes=True)


def joined(step: Step, product: Step | None, scaled: Step | None) -> Iterator[Step]:
    """x ∘ d + x M, given the steps of both terms; nothing where they are not such."""
    if product is None or scaled is None:
        return
    x, matrix = product.inputs
    for one, row in (scaled.inputs, scaled.inputs[::-1]):
        if one is x and _is_row(row, step.output) and _is_square(matrix, row):
            whole = Value(f"{step.output.name}m", matrix.shape, step.output.dtype, tuple(range(len(matrix.shape))))
            yield Step(WITH_DIAGONAL, (matrix, row), {}, whole, (), step.line)
            yield replace(product, inputs=(x, whole), output=step.output)
            return


def summed(step: Step, product: Step | None, made: dict[Value, Step]) -> Iterator[Step]:
    """The sum of the rows of a product; nothing where it is none."""
    if product is None:
        return
    x, y = product.inputs
    if product.op.name == "matmul" and isinstance(x, Value) and len(x.shape) == len(step.output.shape):
        row = Value(f"{step.output.name}r", (*x.shape[:-2], 1, x.shape[-1]), x.dtype, tuple(range(len(x.shape))))
        yield from columns(replace(step, inputs=(x,), output=row))
        yield replace(product, inputs=(row, y), output=step.output)
    elif product.op.name == "multiply" and (table := _table(x, y, made)) is not None:
        yield replace(step, op=DIAGONAL, inputs=(table,), params={})


def columns(step: Step) -> Iterator[Step]:
    """The sums of the columns of narrow matrices, as a product with ones."""
    (a,) = step.inputs
    narrow = isinstance(a, Value) and a.shape[-1] <= NARROW and a.order == tuple(range(len(a.shape)))
    yield replace(step, op=COLUMN_SUM, params={}) if narrow else step


def _table(x: Operand, y: Operand, made: dict[Value, Step]) -> Value | None:
    """xᵀ y or yᵀ x, where a step has made it."""
    for value, step in made.items():
        if step.op is REGISTRY["matmul"] and isinstance(step.inputs[0], Value):
            left, right = made.get(step.inputs[0]), step.inputs[1]
            turned = left is not None and left.op.name == "transpose" and _exchanges(left)
            if turned and left is not None and {left.inputs[0], right} == {x, y} and x is not y:
                return value
    return None


def _exchanges(step: Step) -> bool:
    """Whether a transpose is that of the last two axes."""
    axes = tuple(step.params["axes"])
    return len(axes) > 2 and axes == (*range(len(axes) - 2), len(axes) - 1, len(axes) - 2)


def _is_row(row: Operand, output: Value) -> bool:
    return len(row.shape) == len(output.shape) and len(row.shape) > 2 and row.shape[-2:] == (1, output.shape[-1])


def _is_square(matrix: Operand, row: Operand) -> bool:
    return isinstance(matrix, Value) and matrix.shape == (*row.shape[:-2], row.shape[-1], row.shape[-1])
