"""Writing a schedule as Python source: plain NumPy calls on buffers that are kept between calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dualgrad.ops.index import native
from dualgrad.replay.loops import LoopWriter
from dualgrad.replay.memory import Pool, last_uses, roots_of
from dualgrad.replay.scatter import SCATTERED, plan
from dualgrad.replay.schedule import Item, Loop, scheduled, steps_of
from dualgrad.replay.spell import VIEWS, Names, elementwise, key_text, spelled, takes_out
from dualgrad.replay.steps import Number, Operand, Recording, Step, Value, values


@dataclass(frozen=True)
class Source:
    """The text of ``workspace()`` and ``run(workspace, *inputs)``, and what its names stand for."""

    text: str
    namespace: dict[str, Any]


class Writer:
    """The text in the making."""

    def __init__(self, recording: Recording, fused: bool) -> None:
        self.recording = recording
        self.items: tuple[Item, ...] = scheduled(recording) if fused else recording.steps
        self.names = Names()
        self.pool = Pool("b")
        self.name: dict[Value, str] = {value: value.name for value in recording.inputs}
        self.home: dict[Value, str] = {}  # the buffer that a root lies in
        self.setup: dict[str, str] = {}  # views of buffers, made once: text -> name
        self.lines: list[str] = []
        self.roots = roots_of(steps_of(self.items), (*recording.inputs, *recording.captured))
        self.last = last_uses(self.items, self.roots, recording.outputs)
        self.claimed = self._claims()
        self._line = ""
        for value, array in recording.captured.items():
            self.name[value] = self.names.of(array, f"captured_{value.name}")

    def source(self) -> Source:
        """Write every item, then the results."""
        for place, item in enumerate(self.items):
            if isinstance(item, Loop):
                LoopWriter(self, item, place).write()
            else:
                self.single(item, place)
            self.release(item, place)
        results = self._results()
        head = [f"def run(workspace, {', '.join(value.name for value in self.recording.inputs)}):"]
        kept = [*self.pool.made, *self.setup.values()]
        if kept:
            head.append(f"    ({', '.join(kept)},) = workspace")
        body = [*head, *("    " + line for line in self.lines), f"    return ({results})"]
        return Source("\n".join([*self._workspace(kept), "", "", *body, ""]), self.names.namespace)

    def _workspace(self, kept: Sequence[str]) -> list[str]:
        made = [f"    {name} = {self._empty(*kind)}" for name, kind in self.pool.made.items()]  # type: ignore[misc]
        views = [f"    {name} = {text}" for text, name in self.setup.items()]
        return ["def workspace():", *made, *views, f"    return ({''.join(name + ', ' for name in kept)})"]

    def _empty(self, shape: tuple[int, ...], dtype: np.dtype[Any], order: tuple[int, ...]) -> str:
        named = self.names.literal(dtype)
        if order == tuple(range(len(shape))):
            return f"empty({shape}, {named})"
        back = tuple(map(order.index, range(len(order))))
        return f"empty({tuple(shape[axis] for axis in order)}, {named}).transpose({back})"

    # ------------------------------------------------------------------------ results

    def _claims(self) -> frozenset[Value]:
        """The values that are made in memory of their own each time, as they leave the function in it."""
        claimed: set[Value] = set()
        given = {*self.recording.inputs, *self.recording.captured}
        given |= {step.output for step in self.recording.steps if step.op.name == "broadcast_to"}  # read-only
        for value in values(self.recording.outputs):
            roots = self.roots[value]
            if len(roots) == 1 and roots[0] not in given:
                claimed.add(roots[0])
        return frozenset(claimed)

    def _results(self) -> str:
        returned: set[Value] = set()
        texts = [self._result(operand, returned) for operand in self.recording.outputs]
        return "".join(text + ", " for text in texts)

    def _result(self, operand: Operand, returned: set[Value]) -> str:
        text = self.text(operand)
        if isinstance(operand, Number) or operand.number:
            return text
        roots = set(self.roots[operand])
        own = roots <= self.claimed and not roots & returned
        returned |= roots
        return text if own else f"array({text})"

    # ------------------------------------------------------------------------ single steps

    def text(self, operand: Operand) -> str:
        """An operand as it is written."""
        return self.names.literal(operand.value) if isinstance(operand, Number) else self.name[operand]

    def single(self, step: Step, place: int) -> None:
        """Write a step that runs by itself."""
        self.remark(step)
        args = list(map(self.text, step.inputs))
        if step.op is SCATTERED:
            self.name[step.output] = self.allocated(step.output)
            self._place(step, args)
        elif step.op.name in VIEWS and step.shows and not step.output.number:
            self.name[step.output] = self._view(step, args)
        elif takes_out(step):
            out = self._over(step, place) or self.allocated(step.output)
            self.name[step.output] = out
            self.lines.append(spelled(step, args, out, self.names))
        else:
            self.name[step.output] = step.output.name
            self.lines.append(f"{step.output.name} = {spelled(step, args, None, self.names)}")

    def _place(self, step: Step, args: list[str]) -> None:
        """Blocks at their places in one array."""
        parts, total = step.params["parts"], self.name[step.output]
        placing = plan(parts, step.params["shape"], range(len(parts)))
        for start, stop in placing.fills:
            self.lines.append(f"{total}[{start}:{stop}] = 0")
        for number, (part, block) in enumerate(zip(parts, args, strict=True)):
            if part.rounds:
                self.lines.append(f"{self.names.of(part.add, 'add_at')}({total}, {block})")
                continue
            place = f"{total}[{key_text(native(part.key))}]"
            if number in placing.sets and not part.minus:
                self.lines.append(f"{place} = {block}")
            else:
                self.lines.append(f"{place} {'-=' if part.minus else '+='} {block}")
                if number in placing.sets:
                    self.lines[-1] = f"{self.names.ufunc('negative')}({block}, {place})"

    def _view(self, step: Step, args: list[str]) -> str:
        """A view of a buffer is made once, with the buffer; one of something that changes, each time."""
        text = spelled(step, args, None, self.names)
        if not all(root in self.home for root in self.roots[step.output]):
            self.lines.append(f"{step.output.name} = {text}")
            return step.output.name
        return self.setup.setdefault(text, f"w{len(self.setup)}")

    def _over(self, step: Step, place: int) -> str | None:
        """The buffer of an operand that nobody looks at after this step, where the result may lie in it."""
        if not elementwise(step) or step.output in self.claimed:
            return None
        for operand in values(step.inputs):
            if operand in self.home and self.last[operand] == place and self.kind(operand) == self.kind(step.output):
                others = [other for other in values(step.inputs) if other is not operand]
                if not any(operand in self.roots[other] for other in others):
                    self.home[step.output] = self.home.pop(operand)
                    return self.home[step.output]
        return None

    def allocated(self, value: Value) -> str:
        """Memory for a value: a buffer, or new memory where it leaves the function."""
        if value in self.claimed:
            self.lines.append(f"{value.name} = {self._empty(*self.kind(value))}")
            return value.name
        self.home[value] = self.pool.take(self.kind(value))
        return self.home[value]

    def kind(self, value: Value) -> tuple[tuple[int, ...], np.dtype[Any], tuple[int, ...]]:
        """What a buffer for a value has to be."""
        return value.shape, value.dtype, value.order

    def release(self, item: Item, place: int) -> None:
        """Give back the memory that nobody looks at after this item."""
        steps = item.steps if isinstance(item, Loop) else (item,)
        seen = dict.fromkeys(v for step in steps for v in (*values(step.inputs), step.output))
        for root in dict.fromkeys(root for value in seen for root in self.roots[value]):
            if self.last[root] == place and root in self.home:
                self.pool.give(self.home.pop(root))

    def remark(self, step: Step) -> None:
        """The line of the user's source, where it is another one."""
        if step.line != self._line and step.line:
            self._line = step.line
            self.lines.append(f"# {step.line}")
