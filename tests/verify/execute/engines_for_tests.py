"""Engines that the tests name: threads of this process, and one that loses whatever it is given."""

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ClassVar


def threads():
    return ThreadPoolExecutor(2)


class Losing(Executor):
    submitted: ClassVar[list[int]] = []

    def submit(self, fn, /, *args, **kwargs):
        self.submitted.append(len(args[0].requests))
        future = Future()
        future.set_exception(BrokenProcessPool("lost"))
        return future


losing = Losing
