"""A recording made to run: its source compiled, its buffers kept, one set a thread that is in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dualgrad.replay.emit import Writer
from dualgrad.replay.numbers import NumberProgram, all_numbers
from dualgrad.replay.places import placed
from dualgrad.replay.regroup import regrouped
from dualgrad.replay.scatter import scattered
from dualgrad.replay.simplify import shared, simplified
from dualgrad.replay.steps import Recording


class Program:
    """Runs a recording on arrays of the shapes, dtypes and layouts that it was made for."""

    def __init__(self, recording: Recording, fused: bool = True) -> None:
        self.recording = simplified(recording)
        self._numbers: NumberProgram | None = None
        self._idle: list[Any] = []
        if all_numbers(self.recording):
            self._numbers = NumberProgram(self.recording)
            self.text = self._numbers.text
            return
        ordered = shared(regrouped(self.recording)) if fused else self.recording
        self.recording = placed(scattered(ordered, rounding=fused))
        source = Writer(self.recording, fused).source()
        self.text = source.text
        namespace = dict(source.namespace)
        exec(compile(source.text, "<dualgrad.compile>", "exec"), namespace)
        self._run, self._workspace = namespace["run"], namespace["workspace"]

    def __call__(self, arrays: Sequence[Any]) -> Any:
        """The results, in memory of their own."""
        if self._numbers is not None:
            return self._numbers(arrays)
        try:
            workspace = self._idle.pop()
        except IndexError:
            workspace = self._workspace()
        try:
            with np.errstate(all="ignore"):
                return self._run(workspace, *arrays)
        finally:
            self._idle.append(workspace)
