"""A point: values for the inputs of a reading, and what formulas are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from dualgrad.mirror.constants import Unreadable
from dualgrad.mirror.evaluate import exact
from dualgrad.mirror.formula import Formula
from dualgrad.mirror.latex import Latex
from dualgrad.mirror.numerals import is_ratio
from dualgrad.mirror.printing import Printer
from dualgrad.mirror.reading import Reading
from dualgrad.mirror.text import Text
from dualgrad.program.record import Variable
from dualgrad.program.size import dimension, dimensions, evaluate

SHOWN = 6  # elements of an array that are printed
DIGITS = 7  # of a number that is not rational


@dataclass(frozen=True)
class Point:
    """Arrays by the number of their variable, laid out as the book reads them, and the sizes they have."""

    arrays: Mapping[int, np.ndarray[Any, Any]]
    sizes: Mapping[str, int]


def point(reading: Reading, values: Mapping[Variable, Any]) -> Point:
    """The inputs at these values, with the arrays that the program captured."""
    book = reading.book
    known = {book.number[v]: np.asarray(a) for v, a in {**book.program.captured, **values}.items()}
    sizes: dict[str, int] = {}
    for number, array in known.items():
        lengths = [*zip(map(book.resolve, book.variables[number].shape), array.shape, strict=True)]
        if len(book.shapes[number]) == 1:
            lengths.append((book.shapes[number][0], array.size))
        sizes.update(
            (name, size) for extent, size in lengths for name in dimensions(extent) if extent == dimension(name)
        )
    laid = {n: array.reshape([evaluate(e, sizes) for e in book.shapes[n]]) for n, array in known.items()}
    return Point(laid, sizes)


def value_at(formula: Formula, where: Point) -> np.ndarray[Any, Any] | None:
    """The values of a formula at a point; None where they would take too long or cannot be had."""
    try:
        return formula.at(where.arrays, where.sizes)
    except (Unreadable, KeyError, ArithmeticError, ValueError):
        return None


def shown(values: np.ndarray[Any, Any] | None, printer: Printer) -> str:
    """Values in print: one number where all are equal, else the first few; empty where there are none."""
    if values is None or values.size == 0:
        return ""
    given = values.dtype != object  # inputs, which are exactly what they are; results of kernels stay decimals
    first = values.reshape(-1)[: SHOWN + 1].tolist()
    numbers = [_number(exact(value) if given else value, printer) for value in first]
    if all(value == values.flat[0] for value in values.flat):
        return numbers[0]
    return printer.parenthesised(", ".join([*numbers[:SHOWN], *(["…"] if values.size > SHOWN else [])]))


def value_text(values: np.ndarray[Any, Any] | None) -> str:
    """Values in Unicode: 9/2, or (1, 1/2, 0.3333333)."""
    return shown(values, Text())


def value_latex(values: np.ndarray[Any, Any] | None) -> str:
    """Values in LaTeX."""
    return shown(values, Latex())


def _number(value: Fraction | float, printer: Printer) -> str:
    if not np.isfinite(float(value)):
        return str(value)
    exact = value if isinstance(value, Fraction) and is_ratio(value) else None
    text = (
        printer.number(abs(exact)) if exact is not None else printer.decimal(f"{abs(float(value)):.{DIGITS}g}")
    ).text
    return (printer.minus if value < 0 else "") + text
