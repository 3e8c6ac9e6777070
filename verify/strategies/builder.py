"""A program while it is made: its steps, and what is known of their values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from verify.strategies.program import Dimension, Input, Ref, Step
from verify.strategies.values import LARGEST, SQUASHING, UNARY, Value

T = TypeVar("T")
SIZE = 6  # the largest size that ranges are right for


class Builder:
    """A program while it is made: its steps, and what is known of their values."""

    def __init__(self, choose: Callable[[int], int], inputs: Sequence[Input]) -> None:
        self.choose = choose
        self.steps: list[Step] = []
        self.values = [Value(i.name, i.shape, i.low, i.high + 3.2 * i.square) for i in inputs]
        self.squares = [i.name for i in inputs if i.square]
        self.inputs = tuple(i.name for i in inputs)
        self.unused = list(self.inputs)

    @property
    def last(self) -> Value:
        """The newest value."""
        return self.values[-1]

    def pick(self, options: Sequence[T]) -> T:
        """One of these, as the chooser wills."""
        return options[self.choose(len(options))]

    def value(self, wanted: Callable[[Value], bool] = lambda value: True) -> Value | None:
        """A value of this kind: mostly the newest, so that programs become deep."""
        found = [value for value in self.values if wanted(value)]
        if not found:
            return None
        fresh = [value for value in found if value.name in self.unused]
        if fresh and self.choose(3) == 0:
            return self.pick(fresh)
        return found[-1] if self.choose(4) else self.pick(found)

    def other(self, shape: Sequence[Dimension]) -> Value:
        """A value of this shape, which need not be the newest."""
        found = [value for value in self.values if value.shape == tuple(shape) and value.most <= LARGEST]
        return self.pick(found[-4:] + [value for value in found if value.name in self.unused])

    def tame(self, wanted: Callable[[Value], bool] = lambda value: True, most: float = LARGEST) -> Value | None:
        """A value of this kind, squashed where its range is large."""
        value = self.value(wanted)
        if value is None or value.most <= most:
            return value
        return self.unary(self.pick(SQUASHING[:4]), value)

    def unary(self, word: str, value: Value) -> Value:
        """One of the functions of one number, of a value in whose range it is allowed."""
        low, high = UNARY[word][1](value.low, value.high)
        return self.add(word, [value.name], value.shape, low, high)

    def add(
        self, word: str, refs: Sequence[Ref], shape: Sequence[Dimension], low: float, high: float, /, **params: Any
    ) -> Value:
        """The next step, and its value."""
        value = Value(f"v{len(self.steps) + 1}", tuple(shape), low, high)
        self.steps.append(Step(value.name, word, tuple(refs), params))
        self.values.append(value)
        self.unused = [name for name in self.unused if name not in refs]
        return value

    def _reached(self, name: str) -> set[str]:
        """The names that a value depends on, its own among them."""
        found = {name}
        for step in reversed(self.steps):
            if step.name in found:
                found |= {ref for ref in step.refs if isinstance(ref, str)}
        return found

    def finish(self) -> None:
        """Bring in arguments that were left out, and end with one number, or with an array."""
        reached = self._reached(self.last.name)
        for name in [i for i in self.inputs if i not in reached]:
            value, last = next(v for v in self.values if v.name == name), self.last
            if value.shape != last.shape:
                value = self.add(
                    "sum", [name], (), -(SIZE**3) * value.most, SIZE**3 * value.most, axis=None, keepdims=False
                )
            self.add("multiply" if self.choose(2) else "add", [value.name, last.name], last.shape, -1e9, 1e9)
        how = self.choose(4)
        if self.last.shape and how:
            self.add("mean" if how == 3 else "sum", [self.last.name], (), -1e9, 1e9, axis=None, keepdims=False)
