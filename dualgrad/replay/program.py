"""A recording made to run: its source compiled, its buffers kept, one set a thread that is in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dualgrad.replay.emit import Source, Writer
from dualgrad.replay.regroup import regrouped
from dualgrad.replay.scatter import scattered
from dualgrad.replay.simplify import simplified
from dualgrad.replay.steps import Recording


class Program:
    """Runs a recording on arrays of the shapes, dtypes and layouts that it was made for."""

    def __init__(self, recording: Recording, fused: bool = True) -> None:
        simple = simplified(recording)
        self.recording = scattered(regrouped(simple) if fused else simple)
        writer = Writer(self.recording, fused)
        self.rounded = writer.rounded
        self.source: Source = writer.source()
        namespace = dict(self.source.namespace)
        exec(compile(self.source.text, "<dualgrad.compile>", "exec"), namespace)
        self._run, self._workspace = namespace["run"], namespace["workspace"]
        self._idle: list[Any] = []

    def __call__(self, arrays: Sequence[Any]) -> Any:
        """The results, in memory of their own."""
        try:
            workspace = self._idle.pop()
        except IndexError:
            workspace = self._workspace()
        try:
            with np.errstate(all="ignore"):
                return self._run(workspace, *arrays)
        finally:
            self._idle.append(workspace)
