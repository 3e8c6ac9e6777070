"""Measure how near the engine's gradient of every op is to the true one, over the range of its arguments.

``python reports/accuracy.py`` writes accuracy.md and accuracy.svg, the curves as accuracy.measured.json, and the
declared bounds with whether they held as accuracy.json, into this folder; ``accuracy.py NAME ...`` prints some ops and
writes nothing. The truth is read in balls at exactly the inputs, so every figure is certified: it is the largest
distance at the points tried, in ulps, divided by the condition of the problem there.
"""

from __future__ import annotations

import math
import multiprocessing
import resource
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from dualgrad.op import REGISTRY, Op, bind
from verify.points.look import Point, finite_value, fits, sizes_at
from verify.points.numbers import Question, judge
from verify.question.ask import pose
from verify.question.problem import Problem, Undecidable
from verify.question.recording import Recording, record, with_inputs
from verify.report.record import written

HERE = Path(__file__).resolve().parent
POWERS = (
    *range(-300, -60, 60),
    *range(-60, 12, 6),
    12,
    18,
    24,
    30,
)  # binades of the arguments; beyond, balls of erfc grow
EACH = 2  # points of a binade and sign, for functions of one number
SAMPLES = 2  # calls of the other ops that are scaled
SECONDS = 4  # of the processor, for one op
LARGEST = 40  # elements of all arguments of those
PARAMS: dict[str, dict[str, Any]] = {"power_constant": {"exponent": 2.5}, "polygamma": {"n": 0}}

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Measured:
    """One op: at how many points, its curve (argument's magnitude, ulps by condition), and the worst point."""

    name: str
    bound: float
    points: int
    curve: tuple[tuple[float, float], ...]
    worst: float
    ulps: float
    condition: float
    at: str

    @property
    def held(self) -> bool:
        """Whether the declared bound was kept at every point."""
        return self.worst <= self.bound


def ops() -> list[Op]:
    """Every op with a derivative, each once."""
    found = dict.fromkeys(REGISTRY.values())
    return sorted((op for op in found if any(op.partials) or any(op.vjp) or op.each), key=lambda op: op.name)


def measure(op: Op) -> Measured | str:
    """The figures of one op; why there are none, where f cannot be read or nothing could be compared."""
    curve: dict[float, float] = {}
    worst, points, why = (0.0, 0.0, 1.0, ""), 0, "no sample with numbers to differentiate by"
    for f, calls in _functions(op):
        known: dict[tuple[Any, ...], tuple[Problem, Recording]] = {}
        for size, arrays in calls:
            try:
                found = _judged(f, arrays, known)
            except Undecidable as error:
                found = str(error)
            if isinstance(found, str):
                why = found
                continue
            if found is None:
                continue
            distance, condition, where = found
            share = distance / max(condition, 1.0)
            points += 1
            curve[size] = max(curve.get(size, 0.0), share)
            worst = max(worst, (share, distance, condition, where), key=lambda entry: entry[0])
    if not points:
        return why
    return Measured(op.name, op.ulps, points, tuple(sorted(curve.items())), *worst)


def apart(op: Op) -> Measured | str:
    """The same in a process of its own, with a limit: balls of some functions far out take more than there is."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_sent, args=(op, theirs))
    child.start()
    theirs.close()
    try:
        return ours.recv()  # type: ignore[no-any-return]
    except EOFError:
        return f"it takes more than {SECONDS} s of the processor"
    finally:
        child.join()


def _sent(op: Op, pipe: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    pipe.send(measure(op))


def _functions(op: Op) -> Iterator[tuple[Any, Iterator[tuple[float, list[Array]]]]]:
    """Functions that apply the op, each with the arguments to try and their magnitude."""
    if op.samples is None:
        return
    taken = 0
    for sample in op.samples(np.random.default_rng(0)):
        call = op.call(*sample.args, **sample.kwargs)
        floats = [i for i, x in enumerate(call.inputs) if np.asarray(x).dtype.kind == "f"]
        arrays = [np.asarray(call.inputs[i], dtype=float) for i in floats]
        total = sum(array.size for array in arrays)
        if not floats or not all(array.size for array in arrays) or total > LARGEST:
            continue
        if taken == SAMPLES:
            return
        taken += 1
        params = PARAMS.get(op.name, call.params)
        single = len(call.inputs) == 1 and bool(op.partials)
        with np.errstate(all="ignore"):
            shape = np.shape(op.forward(*call.inputs, **params))
        weights = None if single or not shape else np.random.default_rng(2).uniform(0.5, 1.5, shape)
        f = partial(_applied, op, tuple(call.inputs), tuple(floats), params, weights)
        yield f, _binades() if single else _scaled(arrays)
        if single:
            return


def _applied(
    op: Op, inputs: tuple[Any, ...], floats: tuple[int, ...], params: Any, weights: Array | None, *given: Any
) -> Any:
    """The op with some operands in place, and its results weighted: the sum of a softmax has no gradient."""
    operands = list(inputs)
    for place, value in zip(floats, given, strict=True):
        operands[place] = value
    result = bind(op, operands, params)
    return result if weights is None else result * weights


def _binades() -> Iterator[tuple[float, list[Array]]]:
    rng = np.random.default_rng(1)
    for power in POWERS:
        for sign in (1.0, -1.0):
            for _ in range(EACH):
                yield 2.0**power, [np.array([sign * 2.0**power * rng.uniform(1, 2)])]


def _scaled(arrays: Sequence[Array]) -> Iterator[tuple[float, list[Array]]]:
    for power in range(-24, 25, 6):
        yield 2.0**power, [array * 2.0**power for array in arrays]


def _judged(
    f: Any, arrays: list[Array], known: dict[tuple[Any, ...], tuple[Problem, Recording]]
) -> tuple[float, float, str] | str | None:
    shapes = tuple(array.shape for array in arrays)
    if shapes not in known:
        problem = pose(f, arrays, "grad", None, tuple(range(len(arrays))), None)
        known[shapes] = problem, record(problem, problem.arrays, dict(enumerate(shapes)))
    problem, recording = known[shapes]
    if recording.forward is None:
        return recording.refused
    given = dict(enumerate(arrays))
    if not finite_value(problem, given):
        return None
    point = Point("", given)
    assert fits(recording, point)
    wrt = tuple(recording.inputs[place] for place in problem.wrt)
    got = tuple(problem.gradient(given))
    names = tuple(problem.arguments[place].name for place in problem.wrt)
    asked = Question(recording.forward, wrt, with_inputs(recording, given), sizes_at(recording, point), got, names)
    numbers = judge(asked)
    if numbers.status == "unknown" or numbers.ulps is None:
        return None
    where = ", ".join(np.array2string(a, precision=17, threshold=4, separator=", ") for a in arrays)
    return numbers.ulps, numbers.condition or math.inf, where.replace("\n", "")


# ---------------------------------------------------------------------------- writing


def picture(rows: Sequence[Measured]) -> str:
    """Every op's curve as one SVG of small panels: ulps by condition over the argument's magnitude."""
    wide, high, columns = 150, 74, 6
    parts = []
    for number, row in enumerate(rows):
        x, y = number % columns * wide, number // columns * high
        sizes = [math.log2(size) for size, _ in row.curve]
        low, span = min(sizes), max(max(sizes) - min(sizes), 1.0)
        places = " ".join(
            f"{x + 8 + (math.log2(size) - low) / span * (wide - 20):.1f},{y + _up(share, high):.1f}"
            for size, share in row.curve
        )
        bound = y + _up(row.bound, high) if math.isfinite(row.bound) else y + 14
        parts.append(f'<text x="{x + 8}" y="{y + 11}">{row.name}</text>')
        parts.append(f'<path d="M{x + 8} {bound:.1f}h{wide - 20}" stroke="#c33" stroke-dasharray="3 2"/>')
        parts.append(f'<polyline points="{places}" fill="none" stroke="#247"/>')
    size = (columns * wide, (len(rows) + columns - 1) // columns * high)
    style = "text{font:9px sans-serif;fill:#444}path,polyline{stroke-width:1}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" role="img">'
        f"<title>Ulps by condition over the magnitude of the argument; dashed: the declared bound</title>"
        f'<style>{style}</style><rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _up(share: float, high: float) -> float:
    """The height of a figure in a panel, from a hundredth of an ulp to a thousand."""
    return 14 + (high - 22) * (3 - min(max(math.log10(max(share, 1e-9)), -2.0), 3.0)) / 5


def table(rows: Sequence[Measured], without: Sequence[tuple[str, str]]) -> str:
    """The worst point of every op as Markdown."""
    lines = [
        "# How near the gradients of all ops are to the true ones",
        "",
        "Written by accuracy.py: distances in ulps from the true derivative, read in balls at exactly the inputs.",
        "The bound that an op declares is for ulps divided by the condition of the problem at that point.",
        "",
        "| op | points | declared | worst | ulps there | condition | at |",
        "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    lines += [
        f"| {row.name} | {row.points} | {row.bound:g} | {row.worst:.2g}{'' if row.held else ' **above**'} | "
        f"{row.ulps:.3g} | {row.condition:.2g} | `{row.at[:60]}` |"
        for row in sorted(rows, key=lambda row: -row.worst)
    ]
    lines += ["", "Not measured, and why:", ""]
    lines += [f"- {name}: {why[:160]}" for name, why in without]
    return "\n".join(lines) + "\n"


def main(names: Sequence[str]) -> int:
    """Measure, print what is above its bound, and write; the exit code is 1 where an op is."""
    chosen = [op for op in ops() if not names or op.name in names]
    found = [(op.name, measure(op) if names else apart(op)) for op in chosen]
    rows = [row for _, row in found if isinstance(row, Measured)]
    without = [(name, why) for name, why in found if isinstance(why, str)]
    above = [row for row in rows if not row.held]
    for row in rows if names else above:
        print(f"{row.name}: {row.worst:.3g} ulps by condition (declared {row.bound:g}) at {row.at}")
    print(f"{len(rows)} ops measured, {len(above)} above their bound, {len(without)} not measured")
    if not names:
        facts = {row.name: {"declared": _number(row.bound), "held": row.held} for row in rows}
        curves = {
            row.name: {
                "points": row.points, "worst": _number(row.worst), "ulps": _number(row.ulps),
                "condition": _number(row.condition),
                "at": row.at, "curve": [[size, _number(share)] for size, share in row.curve],
            }
            for row in rows
        }  # fmt: skip
        (HERE / "accuracy.json").write_text(written({"ops": facts, "not measured": dict(without)}), encoding="utf-8")
        (HERE / "accuracy.measured.json").write_text(written(curves), encoding="utf-8")
        (HERE / "accuracy.md").write_text(table(rows, without), encoding="utf-8")
        (HERE / "accuracy.svg").write_text(picture(rows), encoding="utf-8")
    return 1 if above else 0


def _number(value: float) -> float | str:
    return value if math.isfinite(value) else "inf"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
