"""Some elements of a program's outputs in balls, with only what they are computed from; and what a reading takes."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np
from flint import arb

from dualgrad.program import entry as e
from dualgrad.program.record import Program
from dualgrad.program.size import evaluate
from verify.ball.grid import TooLarge
from verify.ball.layout import lay_out_parts
from verify.ball.precision import working_precision
from verify.ball.read import Inputs, Sizes
from verify.ball.sweep import forward


def elements(
    program: Program, inputs: Inputs, sizes: Sizes, wanted: Mapping[int, list[int]], precision: int, most: int
) -> dict[int, list[arb]] | None:
    """Elements of outputs, ``wanted`` by output and flat position, in the order asked for.

    None where more than ``most`` numbers are needed for them, where a guard is undecided, or where the program only
    holds under conditions.
    """
    if program.conditions:
        return None
    try:
        layout = lay_out_parts(program, sizes, {place: np.array(flat) for place, flat in wanted.items()})
    except TooLarge:
        return None
    if sum(step.size for step in layout.steps) > most:
        return None
    with working_precision(precision):
        run = forward(layout, inputs, (), "exact")
    if any(mark.kind == "undecided" for mark in run.marks):
        return None
    return {place: list(run.values[node]) for place, node in zip(wanted, layout.outputs, strict=True)}


def work(program: Program, sizes: Sizes) -> int:
    """How many numbers a reading of the whole program computes: every part of an entry over the indices it has."""
    return sum(_counted(equation.meaning, sizes) for equation in program.equations)


def _counted(meaning: e.Meaning, sizes: Sizes) -> int:
    total = 0
    free: dict[int, frozenset[e.Index]] = {}
    picked: set[e.Index] = set()  # bound indices of which a relation leaves about one value

    def over(indices: frozenset[e.Index]) -> int:
        return prod(evaluate(index.extent, sizes) for index in indices if index not in picked)

    def visit(node: e.Entry) -> frozenset[e.Index]:
        nonlocal total
        if id(node) in free:
            return free[id(node)]
        if isinstance(node, e.Reduce) and _picks(node):
            picked.add(node.index)
        below = frozenset[e.Index]().union(*map(visit, e.children(node)))
        match node:
            case e.Reduce(_, index, _):
                total += over(below | {index})
            case e.MatrixEntry(_, row, column, _, _):
                total += over(below | {row, column}) * evaluate(row.extent, sizes)
        free[id(node)] = e.free_indices(node, below)
        total += over(free[id(node)])
        return free[id(node)]

    visit(meaning.body)
    return total


def _picks(node: e.Reduce) -> bool:
    """Whether a sum has a factor that is 0 but where its index has one value."""
    factors = node.body.args if isinstance(node.body, e.Times) else (node.body,)
    forms = [factor.form for factor in factors if isinstance(factor, e.Holds) and factor.relation == "=="]
    return node.kind == "sum" and any(index == node.index for form in forms for index, _ in form.terms)
