"""State that goes on changing: what is read may make a later call another; what is only counted, logged or kept not."""

import array
import functools
import io
import itertools
import os
import random
import threading
import types

import numpy as np
import pytest

from verify import Verdict, check
from verify.question.change import state_of, still_changing

POINT = np.array([0.5, 1.5])
COUNT, LOG, SCHEDULE = [0], [], itertools.count()
calls = 0


def square(x):
    return np.sum(x**2)


def counting(x):
    counting.calls = getattr(counting, "calls", 0) + 1
    return 2 * x if counting.calls < 4000 else 3 * x


def global_count(x):
    global calls
    calls += 1
    return 2 * x if calls < 4000 else 3 * x


def log_is_read(x):
    LOG.append(x)
    return 2 * x if len(LOG) < 4000 else 3 * x


def helper(x):
    COUNT[0] += 1
    return 1.0 if COUNT[0] < 4000 else 1.5


def through_a_helper(x):
    return 2 * x * helper(x)


RNG = np.random.default_rng(0)


def noisy(x, rng=RNG):
    return 2 * x if rng.random() < 1 - 1e-9 else 3 * x


def globally_noisy(x):
    return 2 * x if random.random() < 1 - 1e-9 else 3 * x


def closure():
    count = 0

    def gradient(x):
        nonlocal count
        count += 1
        return 2 * x if count < 4000 else 3 * x

    return gradient


def keyword(x, *, schedule=SCHEDULE):
    return 2 * x if next(schedule) < 4000 else 3 * x


class Model:
    """Methods that count their calls: one looks at the count, the others do not."""

    kept: np.ndarray

    def __init__(self):
        self.calls = 0

    def gradient(self, x):
        self.calls += 1
        return 2 * x

    def decaying(self, x):
        self.calls += 1
        return 2 * x * self.rate

    @property
    def rate(self):
        return 1.0 if self.calls < 4000 else 0.5

    def __call__(self, x):
        self.kept = x.copy()
        self.calls = self.calls + 1
        return 2 * x


class Schedule(Model):
    """An object that looks at its count where it is called."""

    def __call__(self, x):
        return super().__call__(x) * min(1.0, 4000 / self.calls)


class Calls:
    """A count of a class."""

    number = 0


def of_a_class(x):
    Calls.number += 1
    return 2 * x if Calls.number < 4000 else 3 * x


NAMESPACE, LOCAL, BYTES, TEXT = types.SimpleNamespace(calls=0), threading.local(), bytearray(), io.StringIO()
NUMBERS, OBJECTS, LEFT = array.array("i"), np.array([0], dtype=object), iter([2.0] * 9000)


def of_a_namespace(x):
    NAMESPACE.calls += 1
    return 2 * x if NAMESPACE.calls < 4000 else 3 * x


def of_a_thread(x):
    LOCAL.calls = getattr(LOCAL, "calls", 0) + 1
    return 2 * x if LOCAL.calls < 4000 else 3 * x


def of_bytes(x):
    BYTES.extend(b"a")
    return 2 * x if len(BYTES) < 4000 else 3 * x


def of_text(x):
    TEXT.write("a")
    return 2 * x if TEXT.tell() < 4000 else 3 * x


def of_numbers(x):
    NUMBERS.append(1)
    return 2 * x if len(NUMBERS) < 4000 else 3 * x


def of_objects(x):
    OBJECTS[0] = OBJECTS[0] + 1
    return 2 * x if OBJECTS[0] < 4000 else 3 * x


def of_the_environment(x):
    os.environ["CALLS_OF_A_TEST"] = os.environ.get("CALLS_OF_A_TEST", "") + "a"
    return 2 * x if len(os.environ["CALLS_OF_A_TEST"]) < 4000 else 3 * x


def counted_up():
    n = 0
    while True:
        n += 1
        yield n


COUNTER, CYCLE = counted_up(), itertools.chain([2.0] * 9000, itertools.repeat(3.0))


def of_a_generator(x):
    return 2 * x if next(COUNTER) < 4000 else 3 * x


def of_what_is_left(x):
    return next(LEFT) * x


def of_a_chain(x):
    return next(CYCLE) * x


READ = {
    "a class": (of_a_class, "Calls.number"),
    "a namespace": (of_a_namespace, "NAMESPACE.calls"),
    "a thread's": (of_a_thread, "LOCAL.calls"),
    "bytes": (of_bytes, "BYTES"),
    "text": (of_text, "TEXT"),
    "an array of numbers": (of_numbers, "NUMBERS"),
    "an array of objects": (of_objects, "OBJECTS[0]"),
    "the environment": (of_the_environment, "os.environ['CALLS_OF_A_TEST']"),
    "what a generator holds": (of_a_generator, "COUNTER.n"),
    "what is left of a list": (of_what_is_left, "LEFT"),
    "what is left of a chain": (of_a_chain, "CYCLE[1][1]"),
    "an attribute": (counting, "counting.calls"),
    "a global": (global_count, "calls"),
    "a log": (log_is_read, "len(LOG)"),
    "a helper's": (through_a_helper, "COUNT[0]"),
    "a generator": (noisy, "a default of noisy"),
    "random numbers": (globally_noisy, "the global random state"),
    "a closure": (closure(), "count"),
    "an iterator": (keyword, "schedule"),
    "a property": (Model().decaying, "self.calls"),
    "an object": (Schedule(), ".calls"),
}


@pytest.mark.parametrize("gradient, place", READ.values(), ids=READ)
def test_what_changes_at_every_call_and_is_read_is_undecided(gradient, place):
    result = check(square, POINT, grad=gradient)
    assert result.verdict is Verdict.UNDECIDED
    assert result.reason.startswith(f"{place} changes at every call"), result.reason


def only_counted(x):
    only_counted.calls += 1
    return 2 * x


only_counted.calls = 0
ENTRIES, KEPT = [], {}


def logged(x):
    ENTRIES.append(x.copy())
    return 2 * x


def kept(x):
    key = x.tobytes()
    if key not in KEPT:
        KEPT[key] = 2 * x
    return KEPT[key].copy()


@functools.lru_cache
def factor(n):
    return 2.0


def cached(x):
    return factor(len(x)) * x


WRITTEN = ["counted", "logged", "kept", "cached", "method", "object"]


@pytest.mark.parametrize("gradient", [only_counted, logged, kept, cached, Model().gradient, Model()], ids=WRITTEN)
def test_what_is_only_counted_logged_or_kept_passes(gradient):
    assert check(square, POINT, grad=gradient).ok


def test_a_wrong_gradient_that_counts_is_refuted_all_the_same():
    def wrong(x):
        wrong.calls = getattr(wrong, "calls", 0) + 1
        return 2 * x if wrong.calls < 4000 and x[0] > 0 else 3 * x

    assert check(square, POINT, grad=wrong).verdict is Verdict.REFUTED


def test_a_function_that_changes_with_its_calls_has_no_derivative():
    def drifting(x):
        drifting.calls = getattr(drifting, "calls", 0) + 1
        return np.sum(x**2) if drifting.calls < 9000 else np.sum(x**3)

    assert check(drifting, POINT, grad=lambda x: 2 * x).verdict is Verdict.UNDECIDED


def test_an_array_that_is_written_into_is_a_change():
    buffer = np.zeros(3)

    def writing(x):
        buffer[0] += 1.0
        return x * (buffer[0] > 0)

    before = state_of(writing)
    assert not still_changing(before, state_of(writing))
    writing(1.0)
    assert still_changing(before, state_of(writing)) == "buffer"
