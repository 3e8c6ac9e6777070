"""What each verdict claims, and the records a check returns."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import Enum
from functools import cached_property
from typing import Any


class Verdict(Enum):
    """What was shown about a gradient. Never more than was shown.

    PROVED             the formula is the gradient on the printed domain, for the printed sizes
    CERTIFIED          at every tested point a ball encloses the difference; silent elsewhere
    AGREES             only float evidence could be had: the weakest pass
    REFUTED            a point of the domain where the two enclosures are disjoint
    NONDIFFERENTIABLE  the user's input lies on a kink
    UNDECIDED          none of these, with the reason
    """

    PROVED = "PROVED"
    CERTIFIED = "CERTIFIED"
    AGREES = "AGREES"
    REFUTED = "REFUTED"
    NONDIFFERENTIABLE = "NONDIFFERENTIABLE"
    UNDECIDED = "UNDECIDED"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Expression:
    """A formula for people: as plain text, in LaTeX, and where it fits as a SymPy expression and in matrix notation.

    ``proved`` says whether what is written here was itself proved to be the derivative of what was recorded.
    """

    text: str
    latex: str
    proved: bool = False
    sympy: Any = None
    matrix: str = ""


Written = tuple[Expression, ...]
PASSES = frozenset({Verdict.PROVED, Verdict.CERTIFIED, Verdict.AGREES})


@dataclass(frozen=True)
class Formula:
    """The answer to: is the formula right?"""

    verdict: Verdict
    method: str = ""
    sizes: str = ""  # "every n >= 1", "n = 4", "the sizes run"
    domain: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    written: Written | Callable[[], Written] = field(default=(), compare=False, repr=False)  # made when asked for
    certificate: Mapping[str, Any] | None = None
    reason: str = ""

    @property
    def expression(self) -> str:
        """The derivative as plain text, one line an argument."""
        return "\n".join(each.text for each in self._written)

    @property
    def latex(self) -> tuple[str, ...]:
        """The derivative as LaTeX, one entry an argument."""
        return tuple(each.latex for each in self._written)

    @property
    def sympy(self) -> tuple[Any, ...]:
        """The derivative as a SymPy expression, one an argument; None where intermediates have names of their own."""
        return tuple(each.sympy for each in self._written)

    @property
    def matrix(self) -> tuple[str, ...]:
        """The derivative in matrix notation, one text an argument; "" where there is none."""
        return tuple(each.matrix for each in self._written)

    @property
    def expression_is_proved(self) -> bool:
        """Whether the expression itself was proved to be the derivative, as it is written."""
        return bool(self._written) and all(each.proved for each in self._written)

    @cached_property
    def _written(self) -> Written:
        return self.written() if callable(self.written) else self.written


@dataclass(frozen=True)
class Numbers:
    """The answer to: are the numbers right? Distances are in ulps of the gradient's dtype."""

    status: str  # "ok", "lost", "wrong" or "unknown"
    ulps: float | None = None  # the worst distance at the user's inputs
    condition: float | None = None  # the condition number of the problem at that element
    index: str = ""  # that element, as "x[0, 1]"
    got: str = ""
    expected: str = ""  # decimal digits of the true value
    elements: int = 0  # how many elements were compared
    points: int = 0  # at how many points, the user's first
    reason: str = ""


@dataclass(frozen=True)
class Kink:
    """A place where the function has no derivative, or where a convention is taken."""

    where: str  # the guard, as "x = 0"
    at_input: bool = False
    left: str = ""
    right: str = ""
    got: str = ""
    inside: bool | None = None  # whether the value lies in the Clarke set; None: not known
    convention: str = ""


@dataclass(frozen=True)
class Counterexample:
    """A point of the domain where the gradient is wrong, with both values."""

    arguments: tuple[str, ...]  # valid Python, one an argument: "x=np.array([1.0])"
    index: str  # the element, as "x[0, 1]"
    expected: str
    got: str
    sizes: str = ""
    script: str = ""  # about ten lines of NumPy that show it
    first_wrong: str = ""  # the first node of the tape whose adjoint is wrong, where known


@dataclass(frozen=True)
class Element:
    """One element of a derivative: the true value, the one returned, and the input of the same index, if there is."""

    index: tuple[int, ...]
    expected: float
    got: float
    at: float | None = None


@dataclass(frozen=True)
class Extent:
    """The length of one axis of an argument: "X.shape[0]" and 5."""

    name: str
    size: int


@dataclass(frozen=True)
class Comparison:
    """A wrong derivative by one argument, element by element: what a cause is read off."""

    argument: str
    where: str  # "the given arguments", or "the counterexample"
    shape: tuple[int, ...]
    elements: tuple[Element, ...]  # all, or a spread of them where there are many
    extents: tuple[Extent, ...] = ()  # of all arguments

    @property
    def complete(self) -> bool:
        """Whether every element is there."""
        return len(self.elements) == math.prod(self.shape)


@dataclass(frozen=True)
class Series:
    """Points of a picture, in the order of the first axis."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True)
class Curve:
    """A picture as data: series over one axis, with marked places. Both axes are logarithmic."""

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    marks: tuple[Series, ...] = ()  # vertical lines: label and places in x


@dataclass(frozen=True)
class Row:
    """One line of the program table: an intermediate with its formula and its value."""

    name: str
    operation: str
    shape: str
    value: str
    latex: str = ""
    line: str = ""


@dataclass(frozen=True)
class Step:
    """One line of a derivation: what was done, and the formula it gives."""

    title: str
    latex: str


@dataclass(frozen=True, repr=False)
class Result:
    """What :func:`verify.check` found. ``ok`` is what a gate reads, and what the result is as a truth value."""

    verdict: Verdict
    formula: Formula
    numbers: Numbers
    kinks: tuple[Kink, ...] = ()
    hygiene: tuple[str, ...] = ()
    counterexample: Counterexample | None = None
    reason: str = ""
    name: str = "f"
    source: str = ""  # file and line of the function, relative where possible
    notes: tuple[str, ...] = ()
    program: tuple[Row, ...] = ()
    derivation: tuple[Step, ...] = ()
    value: str = ""  # the gradient's value by the formula, as "9/2" or digits
    engine: str = ""  # the gradient under test at the user's inputs
    asked: str = ""  # the lines that registered the case, where one did
    kind: str = "grad"  # what was checked, by the keyword of the check: "jac", "hess", …
    seconds: float = field(default=0.0, compare=False)
    explain: Callable[[Result], Result] | None = field(default=None, compare=False, repr=False)
    comparison: Comparison | None = None  # where the gradient is wrong, and there are numbers to compare
    curves: tuple[Curve, ...] = ()  # how its error moves, where it is wrong
    parts: tuple[Result, ...] = ()  # where several functions were checked, the result of each

    @property
    def ok(self) -> bool:
        """PROVED, CERTIFIED, AGREES, or NONDIFFERENTIABLE with the value inside the Clarke set."""
        if self.verdict is Verdict.NONDIFFERENTIABLE:
            at_input = [kink for kink in self.kinks if kink.at_input]
            return bool(at_input) and all(kink.inside is True for kink in at_input)
        return self.verdict in PASSES

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return f"<{self.verdict} {self.name}: {self.reason or self.formula.sizes}>"

    def explained(self) -> Result:
        """The result with the program's intermediates and the derivation filled in, which a check leaves for later."""
        return self if self.explain is None else replace(self.explain(self), explain=None)

    def to_json(self) -> dict[str, Any]:
        """Everything, as plain dicts, lists, strings, numbers and None."""
        return {**_plain(self.explained()), "ok": self.ok}

    def __str__(self) -> str:
        from verify.report.paragraph import paragraph

        return paragraph(self)

    def _repr_html_(self) -> str:
        from verify.report.page import section

        return section(self.explained())

    def _repr_latex_(self) -> str | None:
        """The formula, for readers of notebooks that take no HTML; None where there is none."""
        lines = r" \\ ".join(self.formula.latex)
        return rf"$$\begin{{gathered}} {lines} \end{{gathered}}$$" if lines else None

    def __rich__(self) -> Any:
        from verify.report.terminal import told

        return told(self)


def _plain(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        named = {
            part.name: getattr(value, part.name) for part in fields(value) if part.name not in ("explain", "written")
        }
        read = _shown(value) if isinstance(value, Formula) else {}
        return {name: _plain(part) for name, part in {**named, **read}.items()}
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    return value


_PLAIN = frozenset({str, int, float, bool, type(None)})


def _shown(formula: Formula) -> dict[str, Any]:
    return {
        "expression": formula.expression,
        "latex": formula.latex,
        "matrix": formula.matrix,
        "expression_is_proved": formula.expression_is_proved,
    }


def escape(text: str) -> str:
    """The one place where text from outside becomes HTML."""
    return html.escape(text, quote=True)
