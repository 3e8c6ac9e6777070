"""Changes of a gradient, by class: each the kind of mistake that is made when one is written by hand."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from verify.strategies.program import Program, Ref, Step, compiled

Array = np.ndarray[Any, Any]
Values = Mapping[str, Array]


@dataclass(frozen=True)
class Mutant:
    """A changed gradient: the class of the change, and what was changed, in a line."""

    kind: str
    program: Program
    what: str


def grouped(kind: str, what: str) -> str:
    """The class of a change; factors by their size, which "(1 + 1e-9)" in what was changed tells, in three groups."""
    exponent = re.search(r"\(1 \+ 1e-(\d+)\)", what)
    if kind != "factor" or exponent is None:
        return kind
    k = int(exponent[1])
    return "factor 1 + 1e-1 … 1e-8" if k <= 8 else "factor 1 + 1e-9 … 1e-12" if k <= 12 else "factor 1 + 1e-13 … 1e-15"


class Mutator:
    """A gradient with the values of its steps at some arguments, from which changes are made."""

    def __init__(self, program: Program, args: Sequence[Any], rng: random.Random) -> None:
        self.program, self.rng = program, rng
        self.values: Values = intermediates(program, args)
        self.alive = read_by_value(program)

    def mutant(self, kind: str) -> Mutant | None:
        """A change of this class; None where the gradient has no place for one."""
        made = CLASSES[kind](self)
        if made is None:
            return None
        program, what = made
        program = program.trimmed()
        return None if program == self.program.trimmed() else Mutant(kind, program, what)

    # ------------------------------------------------------------------------ places

    def steps(self, fits: Callable[[Step], bool]) -> list[int]:
        """The places of the steps of a kind."""
        return [k for k, step in enumerate(self.program.steps) if step.name in self.alive and fits(step)]

    def step(self, fits: Callable[[Step], bool]) -> int | None:
        """The place of one of them."""
        found = self.steps(fits)
        return self.rng.choice(found) if found else None

    def floating(self, name: Ref) -> bool:
        """Whether this is an array of floats: not of truth values."""
        return isinstance(name, str) and self.values[name].dtype.kind == "f"

    def shape(self, ref: Ref) -> tuple[int, ...]:
        """The shape of a value."""
        return self.values[ref].shape if isinstance(ref, str) else ()

    # ------------------------------------------------------------------------ edits

    def replaced(self, k: int, **changes: Any) -> Program:
        """The program with one step changed."""
        steps = list(self.program.steps)
        steps[k] = replace(steps[k], **changes)
        return replace(self.program, steps=tuple(steps))

    def renamed(self, k: int, ref: Ref) -> Program:
        """The program with another value wherever this step's was used."""
        name = self.program.steps[k].name
        steps = [replace(s, refs=tuple(ref if r == name else r for r in s.refs)) for s in self.program.steps]
        outputs = tuple(ref if r == name else r for r in self.program.outputs)
        return Program(self.program.inputs, tuple(steps), outputs)

    def wrapped(self, word: str, *more: Ref, fits: Callable[[Ref], bool] | None = None, **params: Any) -> Any:
        """The program with a step put between one value and one of its uses, or a result."""
        wanted = fits or self.floating
        places: list[tuple[int, int]] = [
            (k, j)
            for k, s in enumerate(self.program.steps)
            if s.name in self.alive and s.word not in _SHAPES_ONLY
            for j, ref in enumerate(s.refs)
            if wanted(ref)
        ]
        ends = [(-1, j) for j, ref in enumerate(self.program.outputs) if wanted(ref)]
        if not places and not ends:
            return None
        k, j = self.rng.choice(places if places and (self.rng.random() < 0.7 or not ends) else ends)
        held = self.program.outputs if k < 0 else self.program.steps[k].refs
        new = Step("w", word, (held[j], *more), params)
        refs = tuple("w" if place == j else ref for place, ref in enumerate(held))
        steps, outputs = list(self.program.steps), self.program.outputs
        if k < 0:
            steps, outputs = [*steps, new], refs
        else:
            steps[k : k + 1] = [new, replace(steps[k], refs=refs)]
        where = "the result" if k < 0 else f"an operand of {self.program.steps[k].word}"
        return Program(self.program.inputs, tuple(steps), outputs), f"{word}{more or ''} of {held[j]}, {where}"


Made = tuple[Program, str] | None
_SHAPES_ONLY = ("ones_like", "zeros_like", "full_like")


def read_by_value(program: Program) -> set[str]:
    """The names whose values matter: not those of which only the shape is asked."""
    alive = {ref for ref in program.outputs if isinstance(ref, str)}
    for step in reversed(program.steps):
        if step.name in alive and step.word not in _SHAPES_ONLY:
            alive |= {ref for ref in step.refs if isinstance(ref, str)}
    return alive


def intermediates(program: Program, args: Sequence[Any]) -> dict[str, Array]:
    """The value of every name of a program, run on floats."""
    text = program.source("traced")
    head, _, _ = text.rpartition("\n    return")
    found = compiled(f"{head}\n    return dict(locals())", "traced")(*args)
    return {name: np.asarray(value) for name, value in found.items()}


def _sign(m: Mutator) -> Made:
    k = m.step(lambda s: s.word in ("add", "subtract"))
    if k is not None and m.rng.random() < 0.4:
        word = "subtract" if m.program.steps[k].word == "add" else "add"
        return m.replaced(k, word=word), f"{m.program.steps[k].word} -> {word} at {m.program.steps[k].name}"
    k = m.step(lambda s: s.word == "negative")
    if k is not None and m.rng.random() < 0.5:
        return m.renamed(k, m.program.steps[k].refs[0]), f"the minus of {m.program.steps[k].name} is lost"
    made: Made = m.wrapped("negative")
    return made


def _factor(m: Mutator) -> Made:
    k = m.rng.randrange(1, 16)
    made: Made = m.wrapped("multiply", 1 + 10.0**-k)
    return made and (made[0], f"{made[1]} (1 + 1e-{k})")


def _operand(m: Mutator) -> Made:
    def fits(s: Step) -> bool:
        return s.word in ("subtract", "divide", "matmul", "solve_matrix", "maximum", "minimum", "multiply", "add")

    k = m.step(fits)
    if k is None:
        return None
    step = m.program.steps[k]
    if step.word in ("subtract", "divide", "matmul", "solve_matrix") and m.rng.random() < 0.5:
        return m.replaced(k, refs=step.refs[::-1]), f"the operands of {step.name} = {step.word} are swapped"
    j = m.rng.randrange(len(step.refs))
    before = [i.name for i in m.program.inputs] + [s.name for s in m.program.steps[:k]]
    others = [n for n in before if n != step.refs[j] and m.shape(n) == m.shape(step.refs[j]) and m.floating(n)]
    if not others:
        return None
    other = m.rng.choice(others)
    refs = tuple(other if place == j else ref for place, ref in enumerate(step.refs))
    return m.replaced(k, refs=refs), f"{other} for {step.refs[j]} in {step.name} = {step.word}"


def _transpose(m: Mutator) -> Made:
    k = m.step(lambda s: s.word == "transpose")
    if k is not None and m.rng.random() < 0.5:
        return m.renamed(k, m.program.steps[k].refs[0]), f"the transpose {m.program.steps[k].name} is lost"

    def square(ref: Ref) -> bool:
        shape = m.shape(ref)
        return len(shape) == 2 and shape[0] == shape[1] and shape[0] > 1 and m.floating(ref)

    made: Made = m.wrapped("transpose", fits=square, axes=[1, 0])
    return made


def _term(m: Mutator) -> Made:
    def fits(s: Step) -> bool:
        return s.word in ("add", "subtract") and any(m.shape(ref) == m.shape(s.name) for ref in s.refs)

    k = m.step(fits)
    if k is None:
        return None
    step = m.program.steps[k]
    kept = m.rng.choice([ref for ref in step.refs if m.shape(ref) == m.shape(step.name)])
    if step.word == "subtract" and kept == step.refs[1]:
        return m.replaced(k, word="negative", refs=(kept,)), f"only {kept} is left of {step.name} = subtract"
    return m.renamed(k, kept), f"only {kept} is left of {step.name} = {step.word}"


def _mean(m: Mutator) -> Made:
    k = m.step(lambda s: s.word == "mean" or (s.word == "divide" and isinstance(s.refs[1], dict)))
    if k is None:
        return None
    step = m.program.steps[k]
    if step.word == "mean":
        return m.replaced(k, word="sum"), f"{step.name}: sum for mean"
    return m.renamed(k, step.refs[0]), f"1/{step.refs[1]['size']} is lost at {step.name}"  # type: ignore[index]


def _literals(m: Mutator, fits: Callable[[Any], bool]) -> list[tuple[int, int | str]]:
    found: list[tuple[int, int | str]] = []
    for k in m.steps(lambda step: True):
        step = m.program.steps[k]
        found += [(k, j) for j, ref in enumerate(step.refs) if fits(ref)]
        found += [(k, key) for key in ("exponent", "fill_value") if key in step.params and fits(step.params[key])]
    return found


def _with_literal(m: Mutator, k: int, j: int | str, value: Any) -> Program:
    step = m.program.steps[k]
    if isinstance(j, str):
        return m.replaced(k, params={**step.params, j: value})
    return m.replaced(k, refs=tuple(value if place == j else ref for place, ref in enumerate(step.refs)))


def _held(step: Step, j: int | str) -> Any:
    return step.params[j] if isinstance(j, str) else step.refs[j]


def _is_number(ref: Any) -> bool:
    return isinstance(ref, (int, float)) and not isinstance(ref, bool)


def _digit(m: Mutator) -> Made:
    found = _literals(m, lambda ref: _is_number(ref) and ref != 0)
    if not found:
        return None
    k, j = m.rng.choice(found)
    old = _held(m.program.steps[k], j)
    text = list(repr(float(old)))
    places = [place for place, c in enumerate(text) if c.isdigit()]
    place = m.rng.choice(places)
    text[place] = m.rng.choice([c for c in "0123456789" if c != text[place]])
    new = float("".join(text))
    if m.rng.random() < 0.3:
        new = float(old) * (1 + m.rng.choice([1, -1]) * 10.0 ** -m.rng.randrange(3, 16))
    return _with_literal(m, k, j, new), f"{old!r} -> {new!r} in {m.program.steps[k].name}"


def _element(m: Mutator) -> Made:
    found = [j for j, ref in enumerate(m.program.outputs) if m.shape(ref)]
    if not found:
        return None
    j = m.rng.choice(found)
    held = m.program.outputs[j]
    assert isinstance(held, str)
    place = [m.rng.choice([0, -1]) for _ in m.shape(held)]
    key = {"key": {"key": place}}
    by, c = m.rng.choice(
        [("multiply", 1.001), ("multiply", 0), ("add", 1e-6), ("multiply", -1), ("multiply", 1 + 1e-9)]
    )
    steps = (
        Step("w1", "getitem", (held,), key),
        Step("w2", by, ("w1", c)),
        Step("w", "setitem", (held, "w2"), key),
    )
    outputs = tuple("w" if k == j else ref for k, ref in enumerate(m.program.outputs))
    program = Program(m.program.inputs, (*m.program.steps, *steps), outputs)
    return program, f"{by} {c} at {place} of the result {held}"


def _branch(m: Mutator) -> Made:
    k = m.step(lambda s: s.word == "where")
    tests = m.step(lambda s: s.word in ("greater", "less", "greater_equal", "less_equal"))
    if k is None and tests is None:
        return None
    if tests is not None and (k is None or m.rng.random() < 0.4):
        step = m.program.steps[tests]
        word = m.rng.choice([w for w in ("greater", "less", "greater_equal", "less_equal") if w != step.word])
        return m.replaced(tests, word=word), f"{step.word} -> {word} at {step.name}"
    assert k is not None
    test, one, two = m.program.steps[k].refs
    options = [(test, two, one), (test, one, one), (test, two, two), (test, one, 0), (test, 0, two)]
    refs = m.rng.choice([refs for refs in options if refs != (test, one, two)])
    return m.replaced(k, refs=refs), f"where{m.program.steps[k].refs} -> where{refs}"


def _index(m: Mutator) -> Made:
    k = m.step(lambda s: s.word in ("getitem", "put", "add_at", "setitem", "roll", "flip", "cumsum", "tril", "triu"))
    if k is None:
        return None
    step = m.program.steps[k]
    if step.word == "flip":
        return m.renamed(k, step.refs[0]), f"{step.name}: not flipped"
    if step.word == "roll":
        return m.replaced(k, params={**step.params, "shift": step.params["shift"] + 1}), f"{step.name}: rolled further"
    if step.word == "cumsum":
        return m.renamed(k, step.refs[0]), f"{step.name}: no running sum"
    if step.word in ("tril", "triu"):
        word = "triu" if step.word == "tril" else "tril"
        return m.replaced(k, word=word), f"{step.name}: {word}"
    key = list(step.params["key"]["key"])
    axis = m.rng.randrange(len(key))
    key[axis] = _moved(key[axis], m.rng)
    return m.replaced(k, params={**step.params, "key": {"key": key}}), f"{step.name}: at {key}"


def _moved(part: Any, rng: random.Random) -> Any:
    """A key's part that reads or writes elsewhere."""
    if isinstance(part, dict) and "list" in part:
        places = list(part["list"])
        if places and isinstance(places[0], int):
            place = rng.randrange(len(places))
            places[place] = 1 - places[place] if places[place] in (0, 1) else places[place] - 1
        return {"list": places}
    if isinstance(part, list):
        start, stop, step = part
        if step == -1:
            return [None, None, None]
        if start == 1:
            return [0, {"size": f"{stop['size']} - 1"} if isinstance(stop, dict) else stop, step]
        return [None, None, -1]
    return 1 if part in (0, -1) else 0


def _by_one(m: Mutator) -> Made:
    found = _literals(m, lambda ref: isinstance(ref, dict) or (isinstance(ref, int) and not isinstance(ref, bool)))
    if not found:
        return None
    k, j = m.rng.choice(found)
    old = _held(m.program.steps[k], j)
    by = m.rng.choice([-1, 1])
    new = {"size": f"{old['size']} {'+' if by > 0 else '-'} 1"} if isinstance(old, dict) else old + by
    return _with_literal(m, k, j, new), f"{old} -> {new} in {m.program.steps[k].name}"


def _rounded(m: Mutator) -> Made:
    made: Made = m.wrapped("to_float32")
    return made


def _function(m: Mutator) -> Made:
    k = m.step(lambda s: s.word in _ALIKE)
    if k is None:
        return None
    step = m.program.steps[k]
    word = m.rng.choice(_ALIKE[step.word])
    return m.replaced(k, word=word), f"{word} for {step.word} at {step.name}"


_ALIKE: Mapping[str, tuple[str, ...]] = {
    "sin": ("cos", "tanh"), "cos": ("sin", "cosh"), "exp": ("expm1", "exp2", "cosh"), "expm1": ("exp",),
    "log": ("log1p", "log2"), "log1p": ("log",), "sqrt": ("cbrt", "square"), "tanh": ("sin", "arctan"),
    "cosh": ("exp", "sinh"), "sinh": ("cosh",), "square": ("abs",), "sum": ("mean", "max"), "max": ("min",),
    "min": ("max",), "maximum": ("minimum",), "minimum": ("maximum",), "arctan": ("tanh",), "abs": ("square",),
    "det": ("logabsdet",), "arcsin": ("sin",), "arctanh": ("tanh",), "mean": ("sum",),
}  # fmt: skip

CLASSES: dict[str, Callable[[Mutator], Made]] = {
    "sign": _sign,
    "factor": _factor,
    "operand": _operand,
    "transpose": _transpose,
    "term": _term,
    "lost 1/n": _mean,
    "digit": _digit,
    "element": _element,
    "branch": _branch,
    "index": _index,
    "off by one": _by_one,
    "float32": _rounded,
    "function": _function,
}
