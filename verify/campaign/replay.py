"""Counterexamples run again: by exact evaluation, and in a process that knows nothing but their text."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import mpmath
import numpy as np
from mpmath import mp, mpf

from verify.campaign.exact import DIGITS, Outside, exactly, partial, values
from verify.strategies.program import Program
from verify.verdict import Counterexample

HALF = 1e-7  # relative: the digits that have to be lost for numbers to be wrong


def arguments(program: Program, example: Counterexample) -> list[Any]:
    """The arguments of a counterexample, read from their text."""
    given = dict(text.split("=", 1) for text in example.arguments)
    return [_read(given[i.name]) for i in program.inputs]


def _read(text: str) -> Any:
    """A number or an array, as a counterexample writes it."""
    made = re.fullmatch(r"np\.array\((\[.*\])(?:, dtype=np\.(\w+))?\)", text)
    if made is None:
        return float(text)
    return np.array(json.loads(made[1]), dtype=made[2] or "float64")


def shapes(program: Program, example: Counterexample) -> list[tuple[int, ...]]:
    """The shapes of a counterexample's arguments."""
    return [np.shape(arg) for arg in arguments(program, example)]


def place(program: Program, example: Counterexample) -> tuple[int, tuple[int, ...]]:
    """Which argument's gradient a counterexample is about, and which element of it."""
    name, _, rest = example.index.partition("[")
    index = tuple(int(part) for part in rest.rstrip("]").split(",") if part.strip())
    return [i.name for i in program.inputs].index(name), index


def holds(f: Program, g: Program, example: Counterexample, digits: float = 1e-12) -> str:
    """Why a counterexample does not hold, by exact evaluation; "" where it holds.

    It holds where the gradient's exact value there is not the slope, where its floats have lost half their digits, and
    where they are not finite and those of f are: 0/0 in an entry that f leaves out is no derivative. ``digits`` says
    how near the expected value has to be to the slope.
    """
    args = arguments(f, example)
    position, index = place(f, example)
    if example.got.startswith("shape"):
        return "" if np.shape(_run(g, args)[position]) != np.shape(args[position]) else "the shape is the argument's"
    floats = np.asarray(_run(g, args)[position])[index]
    if not np.isfinite(floats):
        return "" if all(np.isfinite(v).all() for v in _run(f, args)) else "f is not finite there in floats"
    try:
        at = exactly(args)
        true = partial(f, at, position, index)
        left, right = (_moved(f, at, position, index, sign) for sign in (1, -1))
    except Outside as error:
        return f"f is not defined there: {error}"
    with mp.workdps(DIGITS):
        if abs(left - right) > mpf("1e-20") * (abs(left) + abs(right) + mpf("1e-300")):
            return f"f has a kink there: {mpmath.nstr(left, 9)} and {mpmath.nstr(right, 9)}"
        if not _near(mpf(example.expected), true, digits):
            return f"the expected value {example.expected} is not the slope {mpmath.nstr(true, 17)}"
        try:
            exact = np.asarray(values(g, at)[position])[index]
        except Outside:
            return ""
        if not _near(exact, true, 1e-25) or not _near(mpf(float(floats)), true, HALF):
            return ""
    return f"the gradient is {float(floats)!r} there, exactly {mpmath.nstr(exact, 17)}, and the slope the same"


def _moved(f: Program, at: Sequence[Any], position: int, index: tuple[int, ...], sign: int) -> Any:
    """The slope on one side: between the point and a step from it, corrected by half that step."""
    with mp.workdps(DIGITS):
        h = mpf("1e-40")

        def total(step: Any) -> Any:
            moved = [np.array(a, dtype=object) for a in at]
            moved[position][index] = moved[position][index] + step
            return sum((np.sum(v) for v in values(f, moved)), mpf(0))

        here, half, full = total(mpf(0)), total(sign * h / 2), total(sign * h)
        return sign * (4 * half - full - 3 * here) / h


def _near(a: Any, b: Any, relative: float) -> bool:
    return bool(abs(a - b) <= relative * (abs(a) + abs(b)))


def _run(g: Program, args: Sequence[Any]) -> tuple[Any, ...]:
    with np.errstate(all="ignore"):
        made = g.function("g")(*args)
    return made if isinstance(made, tuple) else (made,)


def in_a_fresh_process(found: Sequence[tuple[Program, Program, Counterexample]]) -> list[bool]:
    """Whether each gradient gives, in another process and from its text alone, the number that was refuted."""
    tasks = []
    for f, g, example in found:
        position, index = place(f, example)
        texts = [text.split("=", 1)[1] for text in example.arguments]
        tasks.append([g.source("g"), texts, position, list(index)])
    lines = "".join(json.dumps(task) + "\n" for task in tasks)
    done = subprocess.run([sys.executable, "-c", _AGAIN], input=lines, capture_output=True, text=True, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    answers += [["", ""]] * (len(tasks) - len(answers))
    return [_same(answer, item[2]) for answer, item in zip(answers, found, strict=True)]


_AGAIN = """
import json, sys
import numpy as np
np.seterr(all="ignore")
for line in sys.stdin:
    source, args, position, index = json.loads(line)
    space = {"np": np}
    try:
        exec(source, space)
        made = space["g"](*[eval(text, {"np": np}) for text in args])
        made = np.asarray(made[position] if isinstance(made, tuple) else made)
        print(json.dumps([repr(made[tuple(index)].item()) if index or not made.shape else "", str(made.shape)]))
    except Exception as error:
        print(json.dumps(["", repr(error)]))
"""


def _same(answer: Sequence[str], example: Counterexample) -> bool:
    """Whether what was refuted was returned: the shape, or the number as far as it shows beside the true one."""
    number, shape = answer
    if example.got.startswith("shape"):
        return example.got == f"shape {shape}"
    try:
        got, scale = float(example.got), max(abs(float(example.got)), abs(float(example.expected)))
        return example.got in (number, "nan") or abs(got - float(number)) <= 1e-6 * scale + 1e-300
    except ValueError:
        return False
