"""Small programs as data: a flat list of steps, from which NumPy source text and a function are made.

A program holds only strings, numbers and lists, so it is written to JSON and read back, changed, and shown. Its text
is plain NumPy, and all that there is to it: a program that was read back from its text alone does the same.
"""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import numpy as np

from verify.strategies.words import WORDS

Ref = str | int | float | dict[str, Any]  # the name of a value, a number, or {"size": "n*m - 1"}
Dimension = str | int
_numbers = count(1)


@dataclass(frozen=True)
class Input:
    """An argument: its name, a dimension's name or a size for every axis, and where its entries lie.

    With ``square`` it is a matrix of that range off the diagonal, with three added on it.
    """

    name: str
    shape: tuple[Dimension, ...]
    low: float = -2.0
    high: float = 2.0
    square: bool = False


@dataclass(frozen=True)
class Step:
    """``name = word(*refs, **params)``, where the word is one of :data:`verify.strategies.words.WORDS`."""

    name: str
    word: str
    refs: tuple[Ref, ...]
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Program:
    """Arguments, steps in the order in which they run, and the values that are returned.

    >>> p = Program((Input("x", ("n",)),), (Step("v1", "sin", ("x",)), Step("v2", "multiply", ("v1", 2))), ("v2",))
    >>> print(p.source("f"))
    def f(x):
        v1 = np.sin(x)
        v2 = v1 * 2
        return v2
    >>> float(p.function()(0.0)), Program.from_json(p.to_json()) == p
    (0.0, True)
    """

    inputs: tuple[Input, ...]
    steps: tuple[Step, ...]
    outputs: tuple[Ref, ...]

    def to_json(self) -> dict[str, Any]:
        """The program as plain dicts, lists, strings and numbers."""
        return {
            "inputs": [[i.name, list(i.shape), i.low, i.high, i.square] for i in self.inputs],
            "steps": [[s.name, s.word, list(s.refs), dict(s.params)] for s in self.steps],
            "outputs": list(self.outputs),
        }

    @staticmethod
    def from_json(given: Mapping[str, Any]) -> Program:
        """The program that :meth:`to_json` wrote; ValueError where a text in it is no word, name or polynomial."""
        _require_plain(given)
        return Program(
            tuple(Input(name, tuple(shape), *rest) for name, shape, *rest in given["inputs"]),
            tuple(Step(name, word, tuple(refs), params) for name, word, refs, params in given["steps"]),
            tuple(given["outputs"]),
        )

    def source(self, name: str = "f") -> str:
        """The function as NumPy source text, which needs nothing but ``np``."""
        lines = [line for step in self.steps for line in _statements(step)]
        lines.append(f"return {', '.join(_ref(ref) for ref in self.outputs)}")
        sizes = self._sizes("\n".join(lines))
        body = "".join(f"    {line}\n" for line in [*sizes, *lines])
        return f"def {name}({', '.join(i.name for i in self.inputs)}):\n{body}".rstrip()

    def _sizes(self, body: str) -> list[str]:
        """One line for each dimension that the body names."""
        found: dict[str, str] = {}
        for given in self.inputs:
            for axis, dimension in enumerate(given.shape):
                if isinstance(dimension, str) and dimension.isidentifier():
                    found.setdefault(dimension, f"{dimension} = {given.name}.shape[{axis}]")
        words = set(_names(body))
        return [line for dimension, line in found.items() if dimension in words]

    def function(self, name: str = "f") -> Callable[..., Any]:
        """The function that its source text defines; the text can be looked up as that of any function in a file."""
        return compiled(self.source(name), name)

    def trimmed(self) -> Program:
        """Without the steps that nothing returned depends on."""
        needed, kept = {ref for ref in self.outputs if isinstance(ref, str)}, list[Step]()
        for step in reversed(self.steps):
            if step.name in needed:
                kept.append(step)
                needed |= {ref for ref in step.refs if isinstance(ref, str)}
        return replace(self, steps=tuple(reversed(kept)))


def compiled(source: str, name: str) -> Callable[..., Any]:
    """The function of that name that a source text defines."""
    file = f"<program {next(_numbers)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"np": np}
    exec(compile(source, file, "exec"), namespace)
    made: Callable[..., Any] = namespace[name]
    return made


def _require_plain(given: Any) -> None:
    """Every text in a program that was read is a word, a name, a polynomial in names, or subscripts of einsum."""
    parts: list[Any] = [given]
    while parts:
        part = parts.pop()
        if isinstance(part, Mapping):
            parts += [*part.keys(), *part.values()]
        elif isinstance(part, (list, tuple)):
            parts += part
        elif isinstance(part, str) and not _PLAIN.fullmatch(part):
            raise ValueError(f"{part!r} is no part of a program: expected names, words and polynomials in names")


_PLAIN = re.compile(r"[A-Za-z0-9_]{1,40}|-?[a-z0-9_]+(?:(?: [+-] |\*\*?)[a-z0-9_]+)*|[a-z]*(?:,[a-z]*)*->[a-z]*")


def _statements(step: Step) -> list[str]:
    template = WORDS[step.word]
    refs = [_ref(ref, nested=True) for ref in step.refs]
    params = {key: _param(value) for key, value in step.params.items()}
    if "{all}" in template:
        refs = [", ".join(refs)]
        template = template.replace("{all}", "{0}")
    text = template.format(*refs, out=step.name, **params)
    return text.splitlines() if "{out}" in template else [f"{step.name} = {text}"]


def _ref(ref: Ref, nested: bool = False) -> str:
    if isinstance(ref, dict):
        return f"({ref['size']})" if nested and not ref["size"].isidentifier() else str(ref["size"])
    if isinstance(ref, float):
        text = repr(ref) if np.isfinite(ref) else f"float('{ref}')"
        return f"({text})" if nested and text.startswith("-") else text
    return f"({ref})" if nested and isinstance(ref, int) and ref < 0 else str(ref)


def _param(value: Any) -> str:
    if isinstance(value, dict):
        if "size" in value:
            return str(value["size"])
        return _slices(value["key"])
    if isinstance(value, (list, tuple)):
        parts = [_param(part) for part in value]
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
    return repr(value) if isinstance(value, float) else str(value)


def _slices(key: list[Any]) -> str:
    """A key as it stands between brackets: ``None``, a position, ``[start, stop, step]`` or ``{"list": positions}``."""
    parts = []
    for part in key:
        if isinstance(part, dict) and "list" in part:
            parts.append(str(part["list"]))
        elif isinstance(part, (list, tuple)):
            start, stop, step = ("" if p is None else _param(p) for p in part)
            parts.append(f"{start}:{stop}" + (f":{step}" if step else ""))
        else:
            parts.append(_param(part) if part is not None else "None")
    return ", ".join(parts)


def _names(text: str) -> list[str]:
    return "".join(c if c.isalnum() or c == "_" else " " for c in text).split()
