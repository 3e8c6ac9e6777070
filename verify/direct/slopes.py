"""The derivative that a problem asks for, from a function's slopes along lines: one line for each element."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from flint import arb

from verify.direct.run import objects, run_on_series
from verify.direct.series import Series, Unread, as_series
from verify.question.problem import Array, Problem

BallArray = np.ndarray[Any, Any]
Moves = Mapping[int, Array]  # argument -> the direction in which it moves
MOST_LINES = 600


def derivative(problem: Problem, arrays: Mapping[int, Array]) -> tuple[BallArray, ...]:
    """The true derivative at a point as enclosures, an array for each argument in ``wrt``.

    Raises Unread where the function does not run on numbers with slopes, or does something else on them.
    """
    if problem.tensors:
        raise Unread("the function takes tensors")
    lines = _Lines(problem, arrays)
    match problem.asked:
        case "value":
            return lines.placed(lines.outputs({}), 0)
        case "jvp":
            assert problem.derived is not None
            moves = {p: arrays[t] for p, t in zip(problem.derived.by, problem.derived.tangents, strict=True)}
            return lines.placed(lines.outputs(moves), 1)
        case "hess" | "hvp":
            return lines.second()
    return lines.first()


class _Lines:
    """One problem at one point."""

    def __init__(self, problem: Problem, arrays: Mapping[int, Array]) -> None:
        self.problem, self.arrays, self.known = problem, arrays, dict[tuple[bytes, ...], arb]()
        by = problem.wrt if problem.derived is None else problem.derived.by
        count = sum(arrays[position].size for position in by)
        if (count * count if problem.asked == "hess" else count) > MOST_LINES:
            raise Unread(f"the function has {count} inputs, which are moved one after the other")

    def outputs(self, moves: Moves) -> list[list[Series]]:
        """What f returns where its arguments move along t, each output as a flat list."""
        values = [
            self._moving(argument.scalar, self.arrays[place], moves.get(place, np.zeros_like(self.arrays[place])))
            if place in self.arrays
            else argument.given
            for place, argument in enumerate(self.problem.arguments)
        ]
        found = run_on_series(self.problem.f, self.problem.taken(values))
        outputs = [_series(leaf) for leaf in self.problem.leaves(found)]
        self._must_be_the_function(outputs)
        return outputs

    def _moving(self, scalar: bool, array: Array, direction: Array) -> Any:
        moved = [Series.of(float(x), float(s)) for x, s in zip(array.flat, np.ravel(direction), strict=True)]
        return moved[0] if scalar or not array.ndim else objects(moved, len(moved)).reshape(array.shape)

    def _must_be_the_function(self, outputs: list[list[Series]]) -> None:
        native = self.problem.value(self.arrays)
        if [out.size for out in native] != [len(out) for out in outputs]:
            raise Unread("the function returns another shape on numbers with slopes")
        for out, found in zip(native, outputs, strict=True):
            scale = float(np.abs(out).max(initial=0.0)) + 1e-300
            loose = 2.0**-6 if out.dtype.itemsize == 2 else 2.0**-12 if out.dtype.itemsize == 4 else 2.0**-26
            for value, series in zip(out.flat, found, strict=True):
                if not abs(series.terms[0].real - float(value)) < loose * scale + 1e-13:
                    raise Unread("the function returns another value on numbers with slopes")

    def first(self) -> tuple[BallArray, ...]:
        """Gradients, Jacobians and products with a cotangent."""
        problem = self.problem
        made = []
        for position in problem.wrt:
            rows = [self._slopes(self.outputs({position: unit})) for unit in _units(self.arrays[position])]
            shape = self.arrays[position].shape
            if problem.asked == "jac":
                shape = (*problem.value(self.arrays)[0].shape, *shape)
            made.append(np.array(rows, dtype=object).T.reshape(shape))
        return tuple(made)

    def _slopes(self, outputs: list[list[Series]]) -> Any:
        """What an element takes of the outputs: their sum, all of the first, or a product with a cotangent."""
        if self.problem.asked == "jac":
            return [value.terms[1].real for value in outputs[0]]
        return self._total(outputs, 1)

    def _total(self, outputs: list[list[Series]], order: int) -> arb:
        derived = self.problem.derived
        places = derived.cotangents if derived is not None else ()
        weights = [self.arrays[place].ravel().tolist() for place in places] or [[1.0] * len(out) for out in outputs]
        pairs = zip(weights, outputs, strict=True)
        return sum((arb(w) * v.terms[order].real for ws, out in pairs for w, v in zip(ws, out, strict=True)), arb(0))

    def placed(self, outputs: list[list[Series]], order: int) -> tuple[BallArray, ...]:
        """A coefficient of every output, in the outputs' shapes."""
        shapes = [self.arrays[position].shape for position in self.problem.wrt]
        return tuple(
            np.array([value.terms[order].real for value in out], dtype=object).reshape(shape)
            for out, shape in zip(outputs, shapes, strict=True)
        )

    def second(self) -> tuple[BallArray, ...]:
        """Hessians and their products."""
        problem, derived = self.problem, self.problem.derived
        assert derived is not None
        if problem.asked == "hvp":
            along = {p: self.arrays[t] for p, t in zip(derived.by, derived.tangents, strict=True)}
            return tuple(
                np.array([self._mixed({p: e}, along) for e in _units(self.arrays[p])], dtype=object).reshape(
                    self.arrays[p].shape
                )
                for p in derived.by
            )
        (position,) = derived.by
        units = list(_units(self.arrays[position]))
        made = []
        for other in derived.wrt:
            rows = [[self._mixed({position: a}, {other: b}) for b in _units(self.arrays[other])] for a in units]
            shape = (*self.arrays[position].shape, *self.arrays[other].shape)
            made.append(np.array(rows, dtype=object).reshape(shape))
        return tuple(made)

    def _mixed(self, one: Moves, two: Moves) -> arb:
        """uᵀ H v = q(u + v) - q(u) - q(v), where q is half the second derivative along a line."""
        none = {p: np.zeros(self.arrays[p].shape) for p in (*one, *two)}
        both = {p: one.get(p, none[p]) + two.get(p, none[p]) for p in none}
        return self._curved(both) - self._curved(one) - self._curved(two)

    def _curved(self, moves: Moves) -> arb:
        key = tuple(part for p in sorted(moves) for part in (str(p).encode(), np.asarray(moves[p], float).tobytes()))
        if key not in self.known:
            self.known[key] = self._total(self.outputs(moves), 2)
        return self.known[key]


def _units(array: Array) -> Iterator[Array]:
    for place in range(array.size):
        unit = np.zeros(array.size)
        unit[place] = 1.0
        yield unit.reshape(array.shape)


def _series(leaf: Any) -> list[Series]:
    found = [as_series(value) for value in np.ravel(np.asarray(leaf, dtype=object))]
    if any(value is None for value in found):
        raise Unread("the function returns something that is no number")
    return [value for value in found if value is not None]
