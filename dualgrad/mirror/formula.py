"""Formulas: an equation between a named value, or its derivative, and an entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from dualgrad.mirror.evaluate import Evaluation
from dualgrad.mirror.latex import Latex
from dualgrad.mirror.naming import Context
from dualgrad.mirror.printing import Printer
from dualgrad.mirror.text import Text
from dualgrad.program.entry import Entry, Index, affine
from dualgrad.program.record import Shape

LINES = 12  # definitions of intermediates that are printed below a formula


@dataclass(frozen=True)
class Formula:
    """``of`` = body, or ∂``of``/∂``wrt`` = body. ``str`` is a line of Unicode, ``latex`` the same in LaTeX.

    ``rows`` and ``columns`` are the indices of ``of`` and of ``wrt``; ``where`` defines the intermediates that
    the body names, by their number. A formula is a reading for people; it is no verdict.
    """

    of: str
    wrt: str
    rows: tuple[Index, ...]
    columns: tuple[Index, ...]
    body: Entry
    names: tuple[str, ...]
    shapes: tuple[Shape, ...]
    where: tuple[tuple[int, Formula], ...] = ()
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def text(self) -> str:
        """The right-hand side in Unicode."""
        return Text().show(self.body, self._context)

    @property
    def latex(self) -> str:
        """The equation in LaTeX, without delimiters."""
        return f"{self.head_latex} = {Latex().show(self.body, self._context)}"

    @property
    def head(self) -> str:
        """The left-hand side in Unicode."""
        printer = Text()
        of = self._named(printer, self.of, self.rows)
        return f"∂{of}/∂{self._named(printer, self.wrt, self.columns)}" if self.wrt else of

    @property
    def head_latex(self) -> str:
        """The left-hand side in LaTeX."""
        printer = Latex()
        of = self._named(printer, self.of, self.rows)
        if not self.wrt:
            return of
        return rf"\frac{{\partial {of}}}{{\partial {self._named(printer, self.wrt, self.columns)}}}"

    @property
    def body_latex(self) -> str:
        """The right-hand side in LaTeX."""
        return Latex().show(self.body, self._context)

    @cached_property
    def matrix(self) -> str:
        """The equation in matrix notation, and the definitions below it; "" where one of them has none.

        Functions and powers of vectors apply element by element, ⊙ multiplies so, and 1 is the vector of ones.
        """
        from dualgrad.mirror.notation import in_matrices

        found = []
        for formula in (self, *(definition for _, definition in self.where)):
            long = [index for index in (*formula.rows, *formula.columns) if index.extent != 1]
            text = in_matrices(formula.body, long, formula._context)
            if text is None:
                return ""
            of = f"∂{formula.of}/∂{formula.wrt}" if formula.wrt else formula.of
            found.append(f"{of} = {text}")
        return "\n  with ".join(found)

    @cached_property
    def expression(self) -> Any:
        """The right-hand side as a SymPy expression over real symbols, Indexed, Sum and KroneckerDelta."""
        from dualgrad.mirror.symbols import expression

        return expression(self.body, self._context)

    @cached_property
    def _context(self) -> Context:
        return Context(self.names, self.shapes, {}).with_indices([*self.rows, *self.columns])

    def _named(self, printer: Printer, name: str, indices: Sequence[Index]) -> str:
        places = ["0" if i.extent == 1 else printer.form(affine(i), self._context) for i in indices]
        return printer.subscripted(name, places)

    def at(self, arrays: Mapping[int, Any], sizes: Mapping[str, int] | None = None) -> np.ndarray[Any, Any]:
        """The values at arrays given by the number of their variable: Fractions where exact, floats elsewhere."""
        known = dict(arrays)
        for number, definition in self.where:
            known[number] = definition.at(known, sizes)
        return Evaluation(known, sizes or {}).table((*self.rows, *self.columns), self.body)

    def __str__(self) -> str:
        shown = [f"  with {definition.head} = {definition.text}" for _, definition in self.where[:LINES]]
        rest = [f"  … and {len(self.where) - LINES} more"] if len(self.where) > LINES else []
        return "\n".join([f"{self.head} = {self.text}", *shown, *rest])

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return displayed([self.latex, *(definition.latex for _, definition in self.where[:LINES])])


def displayed(lines: Sequence[str]) -> str:
    """Lines of LaTeX as notebooks show them."""
    if len(lines) == 1:
        return rf"$\displaystyle {lines[0]}$"
    return r"$$\begin{gathered} " + r" \\ ".join(lines) + r" \end{gathered}$$"
