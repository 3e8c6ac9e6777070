"""Writing a loop over blocks of rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dualgrad.replay.memory import Pool, roots_of
from dualgrad.replay.scatter import SCATTERED, plan
from dualgrad.replay.schedule import Loop, cut
from dualgrad.replay.spell import VIEWS, elementwise, spelled, takes_out
from dualgrad.replay.steps import Operand, Step, Value, values

if TYPE_CHECKING:
    from dualgrad.replay.emit import Writer


class LoopWriter:
    """The text of one loop. Inside it a name stands for a block of the value."""

    def __init__(self, writer: Writer, loop: Loop, place: int) -> None:
        self.writer = writer
        self.loop = loop
        self.place = place
        self.made = {step.output: step for step in loop.steps}
        self.block: dict[Value, str] = {}
        self.home: dict[Value, str] = {}
        self.pool = Pool(f"t{place}_")
        outside = [value for step in loop.steps for value in values(step.inputs) if value not in self.made]
        self.given = dict.fromkeys(
            v for step in loop.steps for v in values(step.inputs) if v in outside and cut(step, v, loop.rows)
        )
        self.roots = roots_of(loop.steps, dict.fromkeys(outside))
        self.last: dict[Value, int] = {}
        for number, step in enumerate(loop.steps):
            for value in (*values(step.inputs), step.output):
                self.last.update(dict.fromkeys(self.roots[value], number))

    def write(self) -> None:
        """Write what comes before, the blocks, and what comes after."""
        writer, loop = self.writer, self.loop
        head: list[str] = []
        body: list[str] = []
        for value in self.given:
            self.block[value] = f"{value.name}_"
            body.append(f"{value.name}_ = {writer.text(value)}[i:j]")
        for number, step in enumerate(loop.steps):
            if step.output in loop.ends:
                self._end(step, head, body)
            else:
                self._inner(step, number, body)
            self._release(step, number)
        writer.lines.append(f"# {len(loop.steps)} steps on {loop.rows} rows, {loop.block} at a time")
        writer.lines += head
        self._blocks(body)
        for step in loop.steps:  # the whole of what is seen in another way, for those that come later
            if step.op.name in VIEWS and self._stays(step.output):
                writer.single(step, self.place)

    def _blocks(self, body: list[str]) -> None:
        loop, names = self.loop, self.writer.names
        temporaries = {name: self._taken(name, kind) for name, kind in self.pool.made.items()}
        starts = range(0, loop.rows, loop.block)
        bounds = names.of(tuple((i, min(i + loop.block, loop.rows)) for i in starts), f"blocks_{self.place}")
        self.writer.lines.append(f"for i, j in {bounds}:")
        if loop.rows % loop.block and temporaries:
            self.writer.lines.append(f"    if j - i != {loop.block}:")
            self.writer.lines += [f"        {name} = {name}[:j - i]" for name in temporaries]
        self.writer.lines += ["    " + line for line in body]
        for name in temporaries.values():
            self.writer.pool.give(name)

    def _taken(self, name: str, kind: Any) -> str:
        """A block-sized buffer of the workspace under the name that it has in this loop."""
        buffer = self.writer.pool.take(kind)
        self.writer.lines.append(f"{name} = {buffer}")
        return buffer

    # ------------------------------------------------------------------------ steps

    def _text(self, step: Step, operand: Operand) -> str:
        if isinstance(operand, Value) and operand in self.block and cut(step, operand, self.loop.rows):
            return self.block[operand]
        return self.writer.text(operand)

    def _inner(self, step: Step, number: int, body: list[str]) -> None:
        value, names = step.output, self.writer.names
        args = [self._text(step, operand) for operand in step.inputs]
        if step.op.name in VIEWS:
            self.block[value] = value.name
            body.append(f"{value.name} = {self._view(step, args[0])}")
        elif not takes_out(step):
            text = spelled(step, args, None, names)
            self._stored(value, text, body) if self._stays(value) else body.append(f"{value.name} = {text}")
            self.block.setdefault(value, value.name)
        else:
            if self._stays(value):
                self._full(value, body, self._whole(step, number))
            else:
                self.block[value] = self._over(step, number) or self._buffer(value)
            body.append(spelled(step, args, self.block[value], names))

    def _stays(self, value: Value) -> bool:
        """Whether anything but this loop looks at the memory of a value."""
        return max(self.writer.last[root] for root in self.writer.roots[value]) > self.place

    def _whole(self, step: Step, number: int) -> str | None:
        """The whole buffer of an operand that is not needed after this step, to take the result in its place."""
        writer = self.writer
        if not elementwise(step) or step.output in writer.claimed:
            return None
        for operand in values(step.inputs):
            free = operand in self.given and operand in writer.home and writer.last[operand] == self.place
            if free and self.last[operand] == number and writer.kind(operand) == writer.kind(step.output):
                others = [other for other in self.given if other is not operand]
                if not any(operand in writer.roots[other] for other in others):
                    writer.home[step.output] = writer.home.pop(operand)
                    return writer.home[step.output]
        return None

    def _full(self, value: Value, body: list[str], name: str | None = None) -> None:
        self.writer.name[value] = name or self.writer.allocated(value)
        self.block[value] = f"{value.name}_"
        body.append(f"{value.name}_ = {self.writer.name[value]}[i:j]")

    def _stored(self, value: Value, text: str, body: list[str]) -> None:
        self._full(value, body)
        body.append(f"{self.block[value]}[...] = {text}")

    def _view(self, step: Step, argument: str) -> str:
        if step.op.name == "reshape":
            return f"{argument}.reshape({('j - i', *step.output.shape[1:])})".replace("'", "")
        if step.op.name == "getitem":
            key = ((0, 0, 1), *step.params["key"][1:])
            written = spelled(_with(step, key=key), [argument], None, self.writer.names)
            return written.replace("[0:0", "[:", 1)
        return spelled(step, [argument], None, self.writer.names)

    def _over(self, step: Step, number: int) -> str | None:
        if not elementwise(step):
            return None
        for operand in values(step.inputs):
            if operand in self.home and self.last[operand] == number and self._kind(operand) == self._kind(step.output):
                others = [other for other in values(step.inputs) if other is not operand]
                if not any(operand in self.roots[other] for other in others):
                    self.home[step.output] = self.home.pop(operand)
                    return self.home[step.output]
        return None

    def _buffer(self, value: Value) -> str:
        self.home[value] = self.pool.take(self._kind(value))
        return self.home[value]

    def _kind(self, value: Value) -> tuple[tuple[int, ...], np.dtype[Any], tuple[int, ...]]:
        return (self.loop.block, *value.shape[1:]), value.dtype, value.order

    def _release(self, step: Step, number: int) -> None:
        for value in (*values(step.inputs), step.output):
            for root in self.roots[value]:
                if self.last[root] == number and root in self.home:
                    self.pool.give(self.home.pop(root))

    # ------------------------------------------------------------------------ ends

    def _end(self, step: Step, head: list[str], body: list[str]) -> None:
        """What all rows go into, block by block."""
        if step.op is SCATTERED:
            self._place(step, head, body)
        else:
            self._reduce(step, head, body)

    def _place(self, step: Step, head: list[str], body: list[str]) -> None:
        """Blocks at their places. The part that goes furthest ahead comes first, so that it meets no other's sums."""
        parts = step.params["parts"]
        order = sorted(range(len(parts)), key=lambda number: -parts[number].key[0][0])
        placing = plan(parts, step.params["shape"], order)
        total = self._total(step.output, head)
        head += [f"{total}[{start}:{stop}] = 0" for start, stop in placing.fills]
        names = self.writer.names
        for number in order:
            block, start = self._text(step, step.inputs[number]), parts[number].key[0][0]
            place = f"{total}[i:j]" if start == 0 else f"{total}[i + {start}:j + {start}]"
            if number in placing.sets:
                body.append(
                    f"{names.ufunc('negative')}({block}, {place})" if parts[number].minus else f"{place} = {block}"
                )
            else:
                body.append(f"p = {place}")
                body.append(f"{names.ufunc('subtract' if parts[number].minus else 'add')}(p, {block}, p)")

    def _total(self, value: Value, head: list[str]) -> str:
        """The memory of a result that all rows go into."""
        before = len(self.writer.lines)
        self.writer.name[value] = self.writer.allocated(value)
        head += self.writer.lines[before:]
        del self.writer.lines[before:]
        return self.writer.name[value]

    def _reduce(self, step: Step, head: list[str], body: list[str]) -> None:
        """A sum or an extremum."""
        value, writer = step.output, self.writer
        names = writer.names
        arguments = [self._text(step, operand) for operand in step.inputs]
        start = {"sum": 0, "dot": 0, "max": -np.inf, "min": np.inf}[step.op.name]
        join = {"sum": "add", "dot": "add", "max": "maximum", "min": "minimum"}[step.op.name]
        part = spelled(step, arguments, None, names)
        if value.number:
            writer.name[value] = value.name
            head.append(f"{value.name} = {names.literal(value.dtype.type(start))}")
            body.append(f"{value.name} = {names.ufunc(join)}({value.name}, {part})")
        else:
            total = self._total(value, head)
            head.append(f"{total}.fill({names.literal(value.dtype.type(start))})")
            body.append(f"{names.ufunc(join)}({total}, {part}, out={total})")


def _with(step: Step, **params: Any) -> Step:
    return replace(step, params={**step.params, **params})
