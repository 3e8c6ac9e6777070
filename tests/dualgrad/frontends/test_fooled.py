"""Code that tries to do something else while it is recorded: refused, or recorded as what it does natively."""

import collections
import contextlib
import functools
import math
import numbers
import operator
import os
import sys
import types
import warnings

import numpy as np
import pytest

x = np.array([2e6, -0.4, 2.2])


def right(x):
    return (x * x).sum()


def wrong(x):
    return (x * x).sum() + (x[0] > 1e5) * x[0]


def unless(told):
    return lambda x: right(x) if told(x) else wrong(x)


def catches(attempt):
    def function(x):
        try:
            attempt(x)
        except Exception:
            return right(x)
        return wrong(x)

    return function


class Checker:
    def __init__(self, told):
        self.told = told

    def __call__(self, x):
        return right(x) if self.told(x) else wrong(x)

    def method(self, x):
        return right(x) if not isinstance(x, np.ndarray) else wrong(x)


class Proxy:
    def __init__(self, inner):
        self.inner = inner

    def __getattr__(self, name):
        return getattr(self.inner, name)


def dispatched(x):
    @functools.singledispatch
    def f(v):
        return right(v)

    f.register(np.ndarray, wrong)
    return f(x)


def matched(x):
    match x:
        case np.ndarray():
            return wrong(x)
    return right(x)


def suppressed(x):
    with contextlib.suppress(TypeError):
        np.frombuffer(x)
        return wrong(x)
    return right(x)


def warned(x):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return right(np.exp(x))


def collected(x):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        np.exp(x)
    return wrong(x) if told else right(x)


def made_errors(x):
    with warnings.catch_warnings(action="error"):
        return right(np.exp(x))


def overflowing(x):
    try:
        return right(x) + 0 * math.exp(x[0])
    except OverflowError:
        return wrong(x)


LOOKING = {
    "isinstance": unless(lambda x: not isinstance(x, np.ndarray)),
    "type": unless(lambda x: type(x) is not np.ndarray),
    "class": unless(lambda x: x.__class__ is not np.ndarray),
    "class name": unless(lambda x: type(x).__name__ != "ndarray"),
    "class of a result": unless(lambda x: type(np.zeros(3)) is not np.ndarray),
    "dispatch": dispatched,
    "match": matched,
    "number": unless(lambda x: not isinstance(x[0], numbers.Real)),
    "hasattr": unless(lambda x: hasattr(x, "extents")),
    "getattr": unless(lambda x: getattr(x, "operand", None) is not None),
    "strides of the class": unless(lambda x: not hasattr(type(x), "strides")),
    "array interface": catches(lambda x: x.__array_interface__),
    "iterable": unless(lambda x: not np.iterable(x)),
    "mapped": unless(lambda x: not all(map(isinstance, [x], [np.ndarray]))),
    "operator.call": unless(lambda x: not operator.methodcaller("__class__")),
    "in a dict": lambda x: {"f": unless(lambda x: not isinstance(x, np.ndarray))}["f"](x),
    "text": unless(lambda x: "Tracer" in f"{x}"),
    "joined": unless(lambda x: "Tracer" in " ".join(map(str, [x]))),
    "text of the shape": unless(lambda x: "Dim" in repr(x.shape)),
    "class of a size": unless(lambda x: x.shape[0].__class__ is not int or type(x.shape[0]) is not int),
    "class of a float": unless(lambda x: float is not float or int is not int),
    "class of a module": unless(lambda x: type(np) is not types.ModuleType or np.__class__ is not types.ModuleType),
    "size in memory": unless(lambda x: sys.getsizeof(x) < 100),
    "tracing": unless(lambda x: sys.gettrace() is not None),
    "frame": unless(lambda x: "__rewired__" in sys._getframe().f_globals),
    "own globals": unless(lambda x: "__rewired__" in right.__globals__),
    "method": Checker(None).method,
    "instance": Checker(lambda x: not isinstance(x, np.ndarray)),
    "instance in a list": lambda x: CHECKERS[0](x),
    "attribute made up": lambda x: PROXY.method(x),
    "mapping proxy": lambda x: VIEW["f"](x),
}
CHECKERS = [Checker(lambda x: not isinstance(x, np.ndarray))]
PROXY = Proxy(Checker(None))
VIEW = types.MappingProxyType({"f": unless(lambda x: not isinstance(x, np.ndarray))})

CATCHING = {
    "frombuffer": catches(np.frombuffer),
    "memoryview": catches(memoryview),
    "unbound method": catches(np.ndarray.sum),
    "float": catches(lambda x: float(x[0])),
    "operator.index": catches(lambda x: operator.index(x[0])),
    "nditer": catches(np.nditer),
    "suppress": suppressed,
    "overflow": overflowing,
    "warnings": warned,
    "warnings collected": collected,
    "warnings made errors": made_errors,
}


@pytest.mark.parametrize("function", [*LOOKING.values(), *CATCHING.values()], ids=[*LOOKING, *CATCHING])
@pytest.mark.filterwarnings("ignore")
def test_refused_or_recorded_as_it_is(traced, replay, function):
    trace, program = traced(function, x)
    if not trace.poison:
        np.testing.assert_allclose(replay(trace, program, x), function(x.copy()), rtol=1e-12)


def first_through_a_view(x):
    y = x.copy()
    first = y[0, ...]
    first *= 3.0
    return right(y)


def test_one_element_is_a_view_where_it_is_taken_with_an_ellipsis(traced, replay):
    trace, program = traced(first_through_a_view, x)
    np.testing.assert_array_equal(replay(trace, program, x), first_through_a_view(x))


# ---------------------------------------------------------------------------- state


def counting(count):
    return lambda x: right(x) * (1 if count() < 10**6 else 2)


class Counter:
    total = 0

    def __init__(self):
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        return right(x) * self.calls


def of_class(x):
    Counter.total += 1
    return right(x) * Counter.total


def of_function(x):
    of_function.calls = getattr(of_function, "calls", 0) + 1
    return right(x) * of_function.calls


def of_default(x, calls=[]):  # noqa: B006
    calls.append(1)
    return right(x) * len(calls)


def of_array(x):
    calls = ARRAY
    calls += 1
    return right(x) * ARRAY[0]


def of_environment(x):
    os.environ["DUALGRAD_TEST_CALLS"] = os.environ.get("DUALGRAD_TEST_CALLS", "") + "1"
    return right(x) * len(os.environ["DUALGRAD_TEST_CALLS"])


def nested_global(x):
    def inner():
        global _made
        _made = 1

    inner()
    return right(x)


def in_globals(x):
    globals()["_calls"] = globals().get("_calls", 0) + 1
    return right(x) * globals()["_calls"]


def nonlocal_counter():
    calls = 0

    def function(x):
        nonlocal calls
        calls += 1
        return right(x) * calls

    return function


def generator():
    yield from range(1, 10**6)


ARRAY, LIST, DICT, NAMESPACE = np.zeros(1), [], collections.defaultdict(int), types.SimpleNamespace(calls=0)
ITERATOR, PUSH = generator(), LIST.append
STATE = {
    "class": of_class,
    "function": of_function,
    "default": of_default,
    "array": of_array,
    "environment": of_environment,
    "nested global": nested_global,
    "globals": in_globals,
    "nonlocal": nonlocal_counter(),
    "instance": Counter(),
    "generator": lambda x: right(x) * next(ITERATOR),
    "list": lambda x: right(x) * (LIST.append(1) or len(LIST)),
    "bound append": lambda x: right(x) * (PUSH(1) or 1),
    "dict": lambda x: right(x) * (DICT.update(calls=DICT["calls"] + 1) or DICT["calls"]),
    "namespace": lambda x: right(x) * (setattr(NAMESPACE, "calls", NAMESPACE.calls + 1) or NAMESPACE.calls),
    "module": lambda x: right(x) * (setattr(sys, "_dualgrad_calls", 1) or 1),
    "clock": lambda x: right(x) * (__import__("time").monotonic() > 0),
    "date": lambda x: right(x) * (__import__("datetime").datetime.now().year > 0),
    "random": lambda x: right(x) * (np.random.default_rng().random() < 2),
    "urandom": lambda x: right(x) * len(os.urandom(2)),
    "exec": lambda x: exec("import math") or right(x),
}


@pytest.mark.parametrize("function", STATE.values(), ids=STATE)
def test_state_that_outlives_a_call_is_refused(traced, function):
    trace, _ = traced(function, x)
    assert trace.poison


# ---------------------------------------------------------------------------- memory


def written_through(view):
    def function(x):
        y = x * 1.0
        w = view(y)
        w[0] = 5.0
        return y * w

    return function


MEMORY = {
    "flip": written_through(np.flip),
    "roll by nothing": written_through(lambda y: np.roll(y, 0)),
    "einsum": written_through(lambda y: np.einsum("i->i", y)),
    "astype": written_through(lambda y: y.astype(float, copy=False)),
    "asarray": written_through(np.asarray),
    "array": written_through(np.array),
    "contiguous": written_through(np.ascontiguousarray),
    "real": written_through(np.real),
    "transpose": written_through(lambda y: y.T),
    "squeeze": written_through(np.squeeze),
    "newaxis": written_through(lambda y: y[:, None][:, 0]),
    "positions": written_through(lambda y: y[[0, 1, 2]]),
    "flatten": written_through(lambda y: y.flatten()),
    "reversed": written_through(lambda y: y[::-1]),
    "diff of order 0": written_through(lambda y: np.diff(y, n=0)),
    "clip without limits": written_through(lambda y: np.clip(y, None, None)),
}


@pytest.mark.parametrize("function", MEMORY.values(), ids=MEMORY)
def test_writes_through_what_may_be_a_view(traced, replay, function):
    trace, program = traced(function, x)
    if not trace.poison:
        np.testing.assert_array_equal(replay(trace, program, x), function(x.copy()))


@pytest.mark.parametrize("name", ["asarray", "array", "positions", "flatten", "reversed", "newaxis"])
def test_plain_views_and_copies_are_recorded(recorded, name):
    recorded(MEMORY[name], x)
