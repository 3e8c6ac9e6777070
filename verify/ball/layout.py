"""A program at concrete sizes as a flat list of steps.

Every entry expression is unrolled once over the index values at which it is needed: each node over the
indices it depends on, index relations decided here and now. What is left for a run are lists of balls.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from dualgrad.program import entry as e
from dualgrad.program.record import Equation, Operand, Program, Variable
from dualgrad.program.size import evaluate
from verify.ball.branches import Choose, Decision, Extreme, Floor, Guard
from verify.ball.decompose import FAMILY, WHOLE, part, unknowns
from verify.ball.functions import Function
from verify.ball.grid import Grid, Ints, Mask
from verify.ball.matrix import SQUARE, Parts, TimesInverse
from verify.ball.steps import (
    Argument,
    Constant,
    Difference,
    Fold,
    Gather,
    Given,
    Kernel,
    Plus,
    Power,
    Product,
    Spread,
    Step,
    Sum,
    Times,
    Turns,
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Steps, and where the program's operands are among them."""

    program: Program
    sizes: Mapping[str, int]
    steps: list[Step]
    places: Mapping[Variable, int]
    outputs: tuple[int, ...]
    conditions: tuple[int, ...]
    parts: Mapping[Variable, Ints] | None = None  # the elements of each variable that are listed; None: all of them
    shapes: dict[Operand, tuple[int, ...]] = field(default_factory=dict)  # as they were asked for
    changing: dict[tuple[Variable, ...], bytearray] = field(default_factory=dict)  # see active

    def shape(self, operand: Operand) -> tuple[int, ...]:
        """The lengths of an operand's axes; where only parts are listed, how many elements are."""
        if operand not in self.shapes:
            if self.parts is not None and isinstance(operand, Variable):
                self.shapes[operand] = (len(self.parts[operand]),)
            else:
                self.shapes[operand] = concrete_shape(operand, self.sizes)
        return self.shapes[operand]

    def active(self, wrt: tuple[Variable, ...]) -> bytearray:
        """Which steps change with these. What a decision gives is constant wherever it is decided."""
        if wrt not in self.changing:
            found = self.changing[wrt] = bytearray(len(self.steps))
            for variable in wrt:
                found[self.places[variable]] = 1
            for step in self.steps:
                if not isinstance(step, Decision) and any(found[argument.node] for argument in step.args):
                    found[step.node] = 1
        return self.changing[wrt]

    def done(self, known: Container[Variable]) -> dict[int, Variable | None]:
        """The steps of equations whose results are known: those results, and None for what leads there."""
        results = {n: equation.output for n, equation in enumerate(self.program.equations) if equation.output in known}
        found: dict[int, Variable | None] = {step.node: None for step in self.steps if step.equation in results}
        return found | {self.places[variable]: variable for variable in results.values()}


def concrete_shape(operand: Operand, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The lengths of an operand's axes at these sizes."""
    try:
        return tuple(evaluate(extent, sizes) for extent in operand.shape)
    except KeyError as error:
        raise KeyError(
            f"verify.ball: the size of dimension {error} is not given; got sizes for {sorted(sizes)}, "
            f"expected one for every dimension of {operand!r}"
        ) from None


def lay_out(program: Program, sizes: Mapping[str, int]) -> Layout:
    """Unroll a program at these sizes."""
    builder = _Builder(sizes)
    for variable in (*program.inputs, *program.captured):
        builder.operand(variable)
    for number, equation in enumerate(program.equations):
        if equation.output not in builder.places:
            builder.equation(number, equation)
    outputs = tuple(map(builder.operand, program.outputs))
    conditions = tuple(builder.operand(condition.operand) for condition in program.conditions)
    return Layout(program, sizes, builder.steps, builder.places, outputs, conditions)


def lay_out_parts(program: Program, sizes: Mapping[str, int], outputs: Mapping[int, Ints]) -> Layout:
    """Unroll only what these elements of outputs (by their flat positions) are computed from.

    ``outputs`` of the layout are those asked for, in their order. Conditions of the program are not looked at.
    """
    asked: dict[Variable, list[Ints]] = {}
    for place, flat in outputs.items():
        operand = program.outputs[place]
        if isinstance(operand, Variable):
            asked.setdefault(operand, []).append(flat)
    parts: dict[Variable, Ints] = {}
    for number, equation in reversed(tuple(enumerate(program.equations))):
        if equation.output in asked:
            parts[equation.output] = _merged(asked.pop(equation.output))
            reader = _Builder(sizes, parts=parts, asked=asked)
            reader.equation(number, equation)
    parts.update((variable, _merged(lists)) for variable, lists in asked.items())
    builder = _Builder(sizes, parts=parts)
    for variable in (*program.inputs, *program.captured):
        if variable in parts:
            builder.operand(variable)
    for number, equation in enumerate(program.equations):
        if equation.output in parts:
            builder.equation(number, equation)
    found = []
    for place, flat in outputs.items():
        operand = program.outputs[place]
        node = builder.operand(operand)
        if isinstance(operand, Variable):
            node = builder.add(Gather, (Argument(node, np.searchsorted(parts[operand], flat).tolist()),), len(flat))
        found.append(node)
    return Layout(program, sizes, builder.steps, builder.places, tuple(found), (), parts)


def _merged(lists: list[Ints]) -> Ints:
    return np.unique(np.concatenate(lists))


_Found = tuple[int, Grid]  # a step, and the grid over which it is listed


@dataclass(slots=True)
class _Builder:
    sizes: Mapping[str, int]
    steps: list[Step] = field(default_factory=list)
    places: dict[Variable, int] = field(default_factory=dict)
    number: int = -1  # the equation at hand
    operands: tuple[tuple[int, tuple[int, ...]], ...] = ()  # its operands: step and shape
    seen: dict[Any, _Found] = field(default_factory=dict)
    free: dict[int, frozenset[e.Index]] = field(default_factory=dict)
    kept: list[e.Entry] = field(default_factory=list)
    parts: Mapping[Variable, Ints] | None = None  # the elements that are listed, where not all are
    asked: dict[Variable, list[Ints]] | None = None  # where it is only found out what an equation reads: that
    read: tuple[Operand, ...] = ()  # the operands of the equation at hand

    def operand(self, operand: Operand) -> int:
        if isinstance(operand, Variable) and operand in self.places:
            return self.places[operand]
        size = prod(concrete_shape(operand, self.sizes))
        if self.parts is not None and isinstance(operand, Variable):
            if operand not in self.parts:
                return -1  # nothing of it is read
            size = len(self.parts[operand])
        node = self.add(Given, (), size, key=operand)
        if isinstance(operand, Variable):
            self.places[operand] = node
        return node

    def equation(self, number: int, equation: Equation) -> None:
        self.number, self.seen, self.free, self.read = number, {}, {}, equation.inputs
        self.operands = tuple((self.operand(x), concrete_shape(x, self.sizes)) for x in equation.inputs)
        points = None if self.parts is None else self.parts[equation.output]
        grid = Grid(equation.meaning.indices, tuple(self.extent(index) for index in equation.meaning.indices), points)
        found = self.entry(equation.meaning.body, grid)
        self.places[equation.output] = self.on(found, grid)
        self.number = -1

    # ------------------------------------------------------------------------ helpers

    def extent(self, index: e.Index) -> int:
        return evaluate(index.extent, self.sizes)

    def add(self, kind: type[Step], args: tuple[Argument, ...], size: int, **rest: Any) -> int:
        self.steps.append(kind(len(self.steps), args, size, self.number, **rest))
        return len(self.steps) - 1

    def on(self, found: _Found, grid: Grid) -> int:
        """A step listed over all points of the grid."""
        take = grid.reads(found[1])
        return found[0] if take is None else self.add(Gather, (Argument(found[0], take),), grid.size)

    def depends(self, node: e.Entry) -> frozenset[e.Index]:
        if id(node) not in self.free:
            self.kept.append(node)  # an id is only good while its object lives
            below = frozenset[e.Index]().union(*map(self.depends, e.children(node)))
            self.free[id(node)] = e.free_indices(node, below)
        return self.free[id(node)]

    def entry(self, node: e.Entry, need: Grid) -> _Found:
        """A step that lists the node over a grid from which every point of ``need`` can be read."""
        grid = need.over(self.depends(node))
        key = (id(node), grid.key())
        if key not in self.seen:
            self.seen[key] = self.build(node, grid), grid
        return self.seen[key]

    def args(self, nodes: tuple[e.Entry, ...], grid: Grid) -> tuple[Argument, ...]:
        found = [self.entry(node, grid) for node in nodes]
        return tuple(Argument(place, grid.reads(inner)) for place, inner in found)

    # ------------------------------------------------------------------------ entries

    def build(self, node: e.Entry, grid: Grid) -> int:
        match node:
            case e.Number(value):
                return self.add(Constant, (), grid.size, numbers=(value,) * grid.size)
            case e.Count(extent):
                count = Fraction(evaluate(extent, self.sizes))
                return self.add(Constant, (), grid.size, numbers=(count,) * grid.size)
            case e.Holds():
                held = tuple(Fraction(int(h)) for h in grid.holds(node, self.sizes))
                return self.add(Constant, (), grid.size, numbers=held)
            case e.Turn():
                turns = tuple(Fraction(int(top), int(below)) for top, below in grid.turns(node, self.sizes))
                return self.add(Turns, (), grid.size, name=node.name, turns=turns)
            case e.Element(slot, position):
                return self.element(slot, position, grid)
            case e.Plus((a, e.Times((e.Number(Fraction(numerator=-1, denominator=1)), b)))):
                return self.add(Difference, self.args((a, b), grid), grid.size)
            case e.Plus(args):
                return self.add(Plus, self.args(args, grid), grid.size)
            case e.Times():
                return self.times(node, grid)
            case e.Power(base, exponent):
                return self.add(Power, self.args((base,), grid), grid.size, exponent=exponent)
            case e.Kernel("floor", args):
                return self.add(Floor, self.args(args, grid), grid.size, relation="floor", grid=grid)
            case e.Kernel(name, args):
                return self.add(Kernel, self.args(args, grid), grid.size, name=name)
            case e.Reduce(kind, index, body):
                return self.reduce(kind, index, body, grid)
            case e.Guard(relation, value):
                return self.add(Guard, self.args((value,), grid), grid.size, relation=relation, grid=grid)
            case e.Select(condition, yes, no):
                return self.select(condition, yes, no, grid)
            case e.MatrixEntry():
                return self.of_matrix(node, grid)
        raise NotImplementedError(f"verify.ball: no reading of {type(node).__name__}")

    def element(self, slot: int, position: tuple[e.Affine, ...], grid: Grid) -> int:
        source, shape = self.operands[slot]
        if self.parts is None and grid.is_read_whole(position, shape):
            return source
        flat = np.zeros(grid.size, dtype=np.int64)
        inside = np.ones(grid.size, dtype=np.bool_)
        for form, length in zip(position, shape, strict=True):
            along = grid.form(form, self.sizes)
            inside &= (along >= 0) & (along < length)
            flat = flat * length + along
        flat[~inside] = -1
        flat, count = self.among(slot, flat, prod(shape))
        if grid.size == count and np.array_equal(flat, np.arange(grid.size)):
            return source
        return self.add(Gather, (Argument(source, flat.tolist()),), grid.size)

    def among(self, slot: int, flat: Ints, count: int) -> tuple[Ints, int]:
        """Positions among the elements of an operand that are listed, and how many those are."""
        operand = self.read[slot]
        if self.asked is not None and isinstance(operand, Variable):
            self.asked.setdefault(operand, []).append(np.unique(flat[flat >= 0]))
        listed = self.parts.get(operand) if self.parts is not None and isinstance(operand, Variable) else None
        if listed is None:
            return flat, count
        return np.where(flat >= 0, np.searchsorted(listed, flat), -1), len(listed)

    def times(self, node: e.Entry, grid: Grid) -> int:
        """A product. Where an index relation among its factors fails it is 0, and the rest is not looked at."""
        mask, rest = self.relations(node, grid)
        if not rest:
            held = np.ones(grid.size, dtype=np.bool_) if mask is None else mask
            return self.add(Constant, (), grid.size, numbers=tuple(Fraction(int(each)) for each in held))
        inner = grid if mask is None else grid.where(mask)
        product = self.add(Times, self.args(rest, inner), inner.size) if len(rest) > 1 else self.single(rest[0], inner)
        if mask is None or inner is grid:
            return product
        return self.add(Spread, (Argument(product),), grid.size, places=np.flatnonzero(mask).tolist())

    def single(self, node: e.Entry, grid: Grid) -> int:
        return self.on(self.entry(node, grid), grid)

    def relations(self, node: e.Entry, grid: Grid) -> tuple[Mask | None, tuple[e.Entry, ...]]:
        """Where all index relations among the node's factors hold, None where there are none, and the other factors."""
        factors = _factors(node)
        mask = None
        for factor in factors:
            if isinstance(factor, e.Holds):
                held = grid.holds(factor, self.sizes)
                mask = held if mask is None else mask & held
        return mask, tuple(factor for factor in factors if not isinstance(factor, e.Holds))

    def reduce(self, kind: str, index: e.Index, body: e.Entry, grid: Grid) -> int:
        extent = self.extent(index)
        whole = grid.extended(index, extent)
        mask, rest = self.relations(body, whole) if kind == "sum" else (None, (body,))
        inner = whole if mask is None else whole.where(mask)
        if mask is None:
            ends = [extent * count for count in range(grid.size + 1)]
        else:
            ends = np.concatenate([[0], np.cumsum(mask.reshape(grid.size, extent).sum(axis=1))]).tolist()
        node = body if inner is whole else e.Times(rest) if rest else e.Number(Fraction(1))
        argument = self.args((node,), inner)
        fold: type[Fold] = {"sum": Sum, "prod": Product}.get(kind, Extreme)
        more = {"relation": kind, "grid": grid} if fold is Extreme else {}
        return self.add(fold, argument, grid.size, bounds=list(pairwise(ends)), **more)

    def select(self, condition: e.Entry, yes: e.Entry, no: e.Entry, grid: Grid) -> int:
        known = _known(condition, grid, self.sizes)
        if known is None:
            return self.add(Choose, self.args((condition, yes, no), grid), grid.size)
        parts = []
        for branch, mask in ((yes, known != 0), (no, known == 0)):
            inner = grid.where(mask)
            if inner is grid:
                return self.single(branch, grid)
            if inner.size:
                place = Argument(self.single(branch, inner))
                parts.append(self.add(Spread, (place,), grid.size, places=np.flatnonzero(mask).tolist()))
        return self.add(Plus, tuple(map(Argument, parts)), grid.size) if parts else self.single(no, grid)

    def of_matrix(self, node: e.MatrixEntry, grid: Grid) -> int:
        """Entries of a function of matrices, which are computed as a whole, one for each point of the stack."""
        m, n = self.extent(node.row), self.extent(node.column)
        stack = grid.over(self.depends(node.body) - {node.row, node.column})
        step = self.whole(node, stack, m, n)
        shape, places = part(node.kind, m, n)
        flat = np.zeros(grid.size, dtype=np.int64)
        inside = np.ones(grid.size, dtype=np.bool_)
        for form, extent in zip(node.at, shape, strict=True):
            along = grid.form(form, self.sizes)
            inside &= (along >= 0) & (along < extent)
            flat = flat * extent + along
        start = np.array(grid.reads(stack) or range(grid.size), dtype=np.int64) * unknowns(node.kind, m, n)
        found = start + np.take(np.array([*places, 0]), np.where(inside, flat, -1))
        return self.add(Gather, (Argument(step, np.where(inside, found, -1).tolist()),), grid.size)

    def whole(self, node: e.MatrixEntry, stack: Grid, m: int, n: int) -> int:
        """The function of all matrices of a stack; all parts of a decomposition at once."""
        kind = FAMILY.get(node.kind, node.kind)
        key = (kind, id(node.body), stack.key())
        if key not in self.seen:
            listed = stack.extended(node.row, m).extended(node.column, n)
            argument = self.args((node.body,), listed)
            size = stack.size * unknowns(kind, m, n)
            if kind in SQUARE:
                step = self.add(SQUARE[kind], argument, size, rows=n)
                step = self.add(TimesInverse, (Argument(step),), size, rows=n) if kind == "inv" else step
            elif kind in WHOLE:
                step = self.add(Function, argument, size, rows=n, name=kind)
            else:
                step = self.add(Parts, argument, size, family=kind, shape=(m, n))
            self.seen[key] = step, stack
        return self.seen[key][0]


def _factors(node: e.Entry) -> tuple[e.Entry, ...]:
    if isinstance(node, e.Times):
        return tuple(factor for arg in node.args for factor in _factors(arg))
    return (node,)


def _known(node: e.Entry, grid: Grid, sizes: Mapping[str, int]) -> Any:
    """The exact values of a node over the grid where only indices and sizes decide them; None elsewhere."""
    match node:
        case e.Number(value):
            return np.full(grid.size, value, dtype=object)
        case e.Count(extent):
            return np.full(grid.size, Fraction(evaluate(extent, sizes)), dtype=object)
        case e.Holds():
            return grid.holds(node, sizes).astype(object)
        case e.Plus(args) | e.Times(args):
            parts = [_known(arg, grid, sizes) for arg in args]
            if any(part is None for part in parts):
                return None
            return sum(parts) if isinstance(node, e.Plus) else np.prod(parts, axis=0)
    return None
