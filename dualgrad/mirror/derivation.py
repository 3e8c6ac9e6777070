"""How a gradient is derived by hand: the program in lines, the slope of each, the chain rule, the result.

What is shown is a reading for people. Nothing here says that a gradient is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dualgrad.mirror.chain import Slope, path_to, product_along
from dualgrad.mirror.formula import Formula
from dualgrad.mirror.gradient import Adjoints, gradient
from dualgrad.mirror.point import Point, value_at, value_latex, value_text
from dualgrad.mirror.reading import Reading, formula
from dualgrad.mirror.rows import line_of
from dualgrad.program.record import Variable

MOST_LINES = 12  # beyond this a derivation shows its result only


@dataclass(frozen=True)
class Step:
    """One line of a derivation: what was done, and the formula it gives."""

    title: str
    latex: str


class Derivation(tuple[Step, ...]):
    """The steps in order; a notebook shows them as formulas."""

    __slots__ = ()

    def _repr_latex_(self) -> str:
        rows = (rf"\text{{{_quoted(step.title)}}} \quad & {step.latex}" for step in self)
        return r"$$\begin{aligned} " + r" \\ ".join(rows) + r" \end{aligned}$$"


def _quoted(text: str) -> str:
    return "".join(rf"\{letter}" if letter in "_$&#%{}" else letter for letter in text if letter not in "\\^~")


def derivation(reading: Reading, wrt: Variable | str | int, where: Point | None = None) -> Derivation:
    """The steps to the gradient of the sum of the output's elements, and its value at a point."""
    variable = reading.variable(wrt)
    result = gradient(reading, variable)
    steps: list[Step] = []
    if 0 < len(reading.lines) <= MOST_LINES:
        steps.extend(_program(reading))
        steps.extend(_chain(reading, path_to(reading, variable), variable))
    steps.append(Step("the result", result.latex))
    steps.extend(Step("where", definition.latex) for _, definition in result.where)
    return Derivation((*steps, *_value(reading, result, where)))


# ---------------------------------------------------------------------------- steps


def _program(reading: Reading) -> Iterator[Step]:
    for number, variable in enumerate(reading.lines, start=1):
        yield Step(f"line {number} of the program", line_of(reading, variable).latex)


def _chain(reading: Reading, path: Sequence[Slope], wrt: Variable) -> Iterator[Step]:
    if not path or path[0].user not in reading.outputs:
        return
    for slope in path:
        shown = formula(reading, slope.rows, slope.columns, slope.body, (), of=slope.user, wrt=slope.variable)
        yield Step(f"the slope of {shown.of} in {shown.wrt}", shown.latex)
    links = [first.variable is second.user for first, second in pairwise(path)]
    if len(path) > 1 and all(links) and len(reading.outputs) == 1:
        yield Step("the chain rule", product_along(reading, path, gradient(reading, wrt).head_latex))
    elif len(path) > 1:
        for variable in dict.fromkeys(slope.variable for slope in path if slope.variable is not wrt):
            shown = Adjoints(reading, reading.lines).formula(variable)
            yield Step(f"the chain rule, back to {shown.wrt}", shown.latex)


def _value(reading: Reading, result: Formula, where: Point | None) -> Iterator[Step]:
    if where is None:
        return
    values = value_at(result, where)
    if values is None or values.size == 0:
        return
    numbers = [reading.book.number[variable] for variable in reading.book.program.inputs]
    texts = {reading.names[n]: value_text(where.arrays[n]) for n in numbers if n in where.arrays}
    uniform = len(texts) == len(numbers) and all(text and "," not in text for text in texts.values())
    title = f"at {', '.join(f'{name} = {text}' for name, text in texts.items())}" if uniform else "at the given point"
    yield Step(title, f"{result.head_latex} = {value_latex(values)}")
