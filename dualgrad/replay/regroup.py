"""Cheaper ways to the same numbers, to the last digits: sums in another order, sines through tangents.

These rules change results by rounding alone, and none adds to what rounding may do: a sum of products is a dot
product, never a difference of two. They are for large arrays; small ones keep their bits. The code is used only
where it meets the eager results (see ``check``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from dualgrad.op import REGISTRY, Kind
from dualgrad.replay import matrices
from dualgrad.replay.steps import LARGE, Inner, Number, Operand, Recording, Step, Value, alive, values
from dualgrad.replay.trigonometry import cosine, sine, tangent_is_fast

SINES = {
    "sin": Inner("sine", sine, writes=True),
    "cos": Inner("cosine", cosine, writes=True),
}
DOT = Inner("dot", np.vdot, Kind.MULTILINEAR)
ROW_DOT = Inner("row_dot", np.vecdot, Kind.MULTILINEAR)


@dataclass
class Walk:
    """The steps so far, which of them made a value, and how often a value is used."""

    uses: Counter[Value]
    steps: list[Step] = field(default_factory=list)
    made: dict[Value, Step] = field(default_factory=dict)
    inverses: dict[Value, Value] = field(default_factory=dict)

    def only(self, operand: Operand, name: str) -> Step | None:
        """The step of this op that made an operand, where nothing else needs it."""
        step = self.made.get(operand) if isinstance(operand, Value) else None
        return step if step is not None and step.op.name == name and self.uses[step.output] == 1 else None


def regrouped(recording: Recording) -> Recording:
    """The recording with every rule applied once, in order."""
    walk = Walk(Counter(value for step in recording.steps for value in values(step.inputs)))
    walk.uses.update(values(recording.outputs))
    for step in recording.steps:
        for found in _found(walk, step):
            walk.steps.append(found)
            walk.made[found.output] = found
    result = replace(recording, steps=tuple(walk.steps))
    return replace(result, steps=alive(result))


def _found(walk: Walk, step: Step) -> Iterator[Step]:
    (first, *_), output = step.inputs, step.output
    large = isinstance(first, Value) and first.nbytes >= LARGE
    if large and step.op is REGISTRY.get(step.op.name) and output.dtype == np.float64:
        if step.op.name in SINES and tangent_is_fast():
            yield replace(step, op=SINES[step.op.name])
            return
        if step.op.name == "sum" and isinstance(first, Value) and first.dtype == np.float64:
            yield from _sum(walk, step, first)
            return
        if step.op.name == "add":
            yield from _added(walk, step)
            return
        if step.op.name == "divide":
            yield from _divided(walk, step)
            return
    yield step


def _divided(walk: Walk, step: Step) -> Iterator[Step]:
    """A large array over a small one, as a product with its reciprocal: 1 ulp more, and less work."""
    numerator, denominator = step.inputs
    if not isinstance(denominator, Value) or denominator.nbytes * 8 > step.output.nbytes or denominator.number:
        yield step
        return
    over = walk.inverses.get(denominator)
    if over is None:
        over = walk.inverses[denominator] = replace(denominator, name=f"{denominator.name}i")
        yield replace(step, op=REGISTRY["divide"], inputs=(Number(1.0), denominator), output=over)
    yield replace(step, op=REGISTRY["multiply"], inputs=(numerator, over))


def _added(walk: Walk, step: Step) -> Iterator[Step]:
    """A sum of two terms: with a scaled stack of rows among them, a product; a + t + t is a + 2t."""
    first, second = step.inputs
    before = walk.only(first, "add")
    product = walk.made.get(second) if isinstance(second, Value) else None
    twice = before is not None and second in before.inputs and product is not None and product.op.name == "multiply"
    if twice and isinstance(second, Value) and before is not None and product is not None:
        small = next((part for part in values(product.inputs) if part.nbytes * 8 <= second.nbytes), None)
        if small is not None and walk.uses[second] == 2:
            rest = before.inputs[1] if before.inputs[0] is second else before.inputs[0]
            half, whole = (replace(value, name=f"{value.name}t") for value in (small, second))
            yield replace(step, op=REGISTRY["add"], inputs=(small, small), output=half)
            given = tuple(half if part is small else part for part in product.inputs)
            yield replace(product, inputs=given, output=whole)
            yield replace(step, inputs=(rest, whole))
            return
    found: list[Step] = []
    for one, other in ((first, second), (second, first)):
        found = found or list(matrices.joined(step, walk.only(one, "matmul"), walk.only(other, "multiply")))
    yield from found or [step]


# ---------------------------------------------------------------------------- sums


def _sum(walk: Walk, step: Step, summed: Value) -> Iterator[Step]:
    axis, ndim = tuple(step.params["axis"]), len(summed.shape)
    if step.output.number and axis == tuple(range(ndim)):
        yield from _total(walk, step, summed)
    elif axis == (ndim - 1,) and not step.params["keepdims"]:
        product = _product(walk, summed)
        yield step if product is None else replace(step, op=ROW_DOT, inputs=product, params={})
    elif axis == (ndim - 2,) and ndim > 2 and step.params["keepdims"]:
        product_of = walk.only(summed, "matmul") or walk.only(summed, "multiply")
        found = list(matrices.summed(step, product_of, walk.made))
        yield from found or matrices.columns(step)
    else:
        yield step


def _product(walk: Walk, summed: Value) -> tuple[Operand, Operand] | None:
    """The factors of what is summed, where both have its shape."""
    product = walk.only(summed, "multiply")
    squared = walk.only(summed, "square")
    factors = product.inputs if product is not None else squared.inputs * 2 if squared is not None else ()
    if len(factors) != 2 or any(not isinstance(part, Value) or part.shape != summed.shape for part in factors):
        return None
    return factors[0], factors[1]


def _weighted(walk: Walk, summed: Value) -> tuple[Value, Value] | None:
    """An array and the row that it is multiplied with."""
    product = walk.only(summed, "multiply")
    for whole, row in (product.inputs, product.inputs[::-1]) if product is not None else ():
        if not isinstance(whole, Value) or not isinstance(row, Value) or whole.shape != summed.shape:
            continue
        if len(whole.shape) == 2 and row.shape in (whole.shape[1:], (1, *whole.shape[1:])):
            return whole, row
    return None


def _total(walk: Walk, step: Step, summed: Operand) -> Iterator[Step]:
    """The sum of all entries: a dot product; of squares with positive factors, each by itself."""
    factors = _product(walk, summed) if isinstance(summed, Value) else None
    if factors is not None and all(part.rows for part in values(factors)):
        yield replace(step, op=DOT, inputs=factors, params={})
        return
    by_rows = _weighted(walk, summed) if isinstance(summed, Value) else None
    if by_rows is not None:
        whole, row = by_rows
        column = replace(whole, name=f"{step.output.name}c", shape=row.shape, order=row.order)
        keep = {"axis": (0,), "keepdims": len(row.shape) == len(whole.shape)}
        yield replace(step, inputs=(whole,), params=keep, output=column)
        yield replace(step, op=DOT, inputs=(column, row), params={})
        return
    scaled = walk.only(summed, "multiply")
    number = next((part for part in scaled.inputs if isinstance(part, Number)), None) if scaled is not None else None
    if scaled is not None and number is not None:
        other = next(part for part in scaled.inputs if part is not number)
        inner = replace(step.output, name=f"{step.output.name}_1")
        yield from _total(walk, replace(step, output=inner), other)
        yield replace(step, op=REGISTRY["multiply"], inputs=(number, inner), params={})
        return
    both = walk.only(summed, "add")
    if both is not None and all(_not_negative(walk, part) for part in both.inputs):
        parts = [replace(step.output, name=f"{step.output.name}_{k}") for k in (2, 3)]
        for part, value in zip(parts, both.inputs, strict=True):
            yield from _total(walk, replace(step, output=part), value)
        yield replace(step, op=REGISTRY["add"], inputs=tuple(parts), params={})
        return
    yield step if summed is step.inputs[0] else replace(step, inputs=(summed,))


def _not_negative(walk: Walk, operand: Operand) -> bool:
    """Whether an operand is a square, or one times a positive number: so that no sum of such cancels."""
    step = walk.only(operand, "multiply")
    if step is None:
        return False
    first, second = step.inputs
    if first is second:
        return True
    for number, other in ((first, second), (second, first)):
        if isinstance(number, Number) and np.real(number.value) > 0:
            return _not_negative(walk, other)
    return False
