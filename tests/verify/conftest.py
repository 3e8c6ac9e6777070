"""One hand-made result of every verdict, for the tests of how results are told; and a way to take guards out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from dualgrad.frontends.trace import Trace
from dualgrad.program.record import Program, Variable
from verify.verdict import Counterexample, Expression, Formula, Kink, Numbers, Result, Row, Step, Verdict


@pytest.fixture
def proved() -> Result:
    """The notebook's function, proved for four elements."""
    return Result(
        Verdict.PROVED,
        Formula(
            Verdict.PROVED,
            method="index normal form",
            sizes="n = 4",
            domain=("x real",),
            assumptions=("0.1 is read as 1/10",),
            written=(
                Expression(
                    "∂o/∂xᵢ = 3/2 (xᵢ + 2)",
                    r"\frac{\partial o}{\partial x_{i}} = \frac{3}{2} \left(x_{i} + 2\right)",
                    proved=True,
                ),
            ),
            certificate={"steps": [{"rule": "delta"}]},
        ),
        Numbers("ok", ulps=0.0, condition=1.25, index="x[0, 0]", got="4.5", expected="4.5", elements=4, points=1),
        name="notebook",
        source="examples/notebook.py:14",
        notes=("uint8 was promoted",),
        program=(Row("z", "multiply", "(2, 2)", "27", r"3 \left(x_{i} + 2\right)^{2}", "z = y * y * 3"),),
        derivation=(Step("the delta picks i = j", r"\frac{3}{2} \left(x_{i} + 2\right)"),),
        value="9/2",
        engine="[[4.5, 4.5], [4.5, 4.5]]",
    )


@pytest.fixture
def refuted() -> Result:
    """A gradient off by a few units in its tenth digit."""
    return Result(
        Verdict.REFUTED,
        Formula(Verdict.REFUTED, method="balls"),
        Numbers("wrong", ulps=4.5e6, index="x[3]"),
        counterexample=Counterexample(
            arguments=("x=np.array([1.0])",),
            index="x[0]",
            expected="0.41997434161",
            got="0.41997434203",
            sizes="n = 1",
            script="import numpy as np\n\nx = np.array([1.0])\n",
            first_wrong="tanh",
        ),
        name="almost",
    )


@pytest.fixture
def on_kink() -> Result:
    """relu at zero, the value inside the Clarke set."""
    place = Kink("x[0] = 0", at_input=True, left="0", right="1", got="0", inside=True, convention="relu'(0) = 0")
    formula = Formula(Verdict.PROVED, sizes="every n >= 1")
    return Result(Verdict.NONDIFFERENTIABLE, formula, Numbers("ok"), kinks=(place,), name="relu")


@pytest.fixture
def undecided() -> Result:
    """A function that raised."""
    return Result(
        Verdict.UNDECIDED,
        Formula(Verdict.UNDECIDED),
        Numbers("unknown"),
        name="broken",
        reason="f raised ValueError: no",
    )


@dataclass(frozen=True)
class Recorded:
    """A function recorded for every size, with the inputs it was recorded at."""

    program: Program
    wrt: tuple[Variable, ...]
    inputs: dict[Variable, np.ndarray]
    sizes: dict[str, int]


def _input(trace, name, array):
    return trace.input(name, array, [f"{name}{axis}" for axis in range(array.ndim)])


@pytest.fixture(scope="session")
def recorded():
    """``recorded(f, *arrays)``: f in a proof trace, its arguments named x, y, z, w."""

    def record(f, *arrays):
        trace = Trace()
        tracers = [_input(trace, name, np.asarray(array)) for name, array in zip("xyzw", arrays, strict=False)]
        wrt = tuple(tracer.operand for tracer in tracers)
        out = f(*tracers)
        outs = out if isinstance(out, tuple) else (out,)
        program = trace.program("f", wrt, [result.operand for result in outs])
        inputs = dict(zip(wrt, map(np.asarray, arrays), strict=True))
        return Recorded(program, wrt, inputs, dict(trace.extents.values))

    return record


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[[Iterable[tuple[Any, str, Any]]], None]:
    """Takes guards out: each is an owner, the name of what guards there, and what stands in its place."""

    def take_out(guards: Iterable[tuple[Any, str, Any]]) -> None:
        for owner, name, replacement in guards:
            monkeypatch.setattr(owner, name, replacement)

    return take_out
