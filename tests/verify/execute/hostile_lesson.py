"""Cases that try what a case can do to the process it runs in, between ordinary ones. Loaded by the tests beside it."""

import contextlib
import ctypes
import json
import os
import re
import struct
import subprocess
import sys
import time

import numpy as np

import verify

X = np.array([1.0, 2.0])


def double(x):
    return 2 * x


@verify.case(X, grad=double)
def ordinary_first(x):
    return np.sum(x**2)


@verify.case(X, grad=double)
def spins_in_python(x):
    while True:
        pass


@verify.case(X, grad=double)
def spins_in_c(x):
    return len(str(7**7**12)) + np.sum(x**2)


@verify.case(X, grad=double)
def backtracks_in_c(x):
    return re.match(r"(a+)+$", "a" * 64 + "b") or np.sum(x**2)


@verify.case(X, grad=double)
def sleeps_whatever_is_raised(x):
    while True:
        with contextlib.suppress(BaseException):
            time.sleep(1000)


@verify.case(X, grad=double)
def takes_ten_gigabytes(x):
    return np.sum(np.ones(10 * 2**30 // 8)) + np.sum(x**2)


@verify.case(X, grad=double)
def takes_memory_in_lists(x):
    held = []
    while True:
        held.append(bytearray(2**24))


@verify.case(X, grad=lambda x: 2 * x + 0 * len(np.empty(2**37)))
def takes_memory_in_its_gradient(x):
    return np.sum(x**2)


@verify.case(X, grad=double)
def reads_address_zero(x):
    return ctypes.string_at(0)


@verify.case(X, grad=double)
def aborts(x):
    os.abort()


@verify.case(X, grad=double)
def kills_itself(x):
    os.kill(os.getpid(), 9)


@verify.case(X, grad=double)
def exits_with_zero(x):
    os._exit(0)


@verify.case(X, grad=double)
def leaves_by_sys_exit(x):
    sys.exit(0)


@verify.case(X, grad=double)
def raises_an_interrupt(x):
    raise KeyboardInterrupt


@verify.case(X, grad=double)
def recurses_in_python(x):
    return recurses_in_python(x)


@verify.case(X, grad=double)
def recurses_into_the_stack_of_c(x):
    sys.setrecursionlimit(10**9)
    return sorted([1, 2], key=lambda _: recurses_into_the_stack_of_c(x))


class Odd:
    """What cannot be written, compared or counted."""

    def __reduce__(self):
        raise RuntimeError("no")

    def __repr__(self):
        raise RuntimeError("no")

    def __float__(self):
        raise RuntimeError("no")


@verify.case(X, grad=double)
def returns_what_is_odd(x):
    return Odd()


@verify.case(X, grad=lambda x: Odd())
def has_a_gradient_that_is_odd(x):
    return np.sum(x**2)


PASS = {"outcome": "done", "result": {"verdict": "PROVED"}, "changed": [], "left": False, "seconds": 0, "peak": 0}


@verify.case(X, grad=lambda x: x)
def prints_what_looks_like_a_result(x):
    for text in ("PROVED", json.dumps(PASS)):
        print(text)
        print(text, file=sys.stderr)
        os.write(1, text.encode())
    return np.sum(x**2)


@verify.case(X, grad=lambda x: x)
def writes_to_every_descriptor(x):
    body = json.dumps(PASS).encode()
    for number in range(256):
        with contextlib.suppress(OSError):
            os.write(number, struct.pack("!16sI", bytes(16), len(body)) + body)
    return np.sum(x**2)


@verify.case(X, grad=double)
def prints_ten_megabytes(x):
    for _ in range(10):
        os.write(1, b"\x1b[2J" * 2**18)
    return np.sum(x**2)


@verify.case(X, grad=double)
def closes_every_descriptor(x):
    os.closerange(0, 256)
    return np.sum(x**2)


FORKED = []


@verify.case(X, grad=double)
def forks_and_both_go_on(x):
    if not FORKED:
        FORKED.append(os.getpid())
        os.fork()
    return np.sum(x**2)


@verify.case(X, grad=double)
def forks_one_that_lives_on(x):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execlp("sleep", "sleep", os.environ.get("VERIFY_CASE_SLEEP", "98765"))
        os._exit(0)
    return np.sum(x**2)


@verify.case(X, grad=double)
def forks_many_and_waits(x):
    for _ in range(100):
        if os.fork() == 0:
            time.sleep(1000)
    time.sleep(1000)


@verify.case(X, grad=double)
def starts_a_program_that_lives_on(x):
    subprocess.Popen(["sleep", os.environ.get("VERIFY_CASE_SLEEP", "98765")])
    return np.sum(x**2)


@verify.case(X, grad=lambda x: x)
def replaces_the_check(x):
    module, check = sys.modules["verify.check"], verify.check
    module.check = lambda function, *at, **options: check(np.sin, 1.0, grad=np.cos)
    return np.sum(x**2)


@verify.case(X, grad=lambda x: x)
def replaces_the_code_of_the_rule(x):
    from verify.points import numbers

    numbers.judge.__code__ = compile("def judge(*_, **__): return Numbers('ok')", "", "exec").co_consts[0]
    return np.sum(x**2)


@verify.case(X, grad=lambda x: x)
def replaces_a_constant(x):
    from verify.points import numbers

    numbers.OK = 1e300
    return np.sum(x**2)


@verify.case(X, grad=lambda x: x)
def replaces_a_property(x):
    verify.Result.ok = property(lambda self: True)
    return np.sum(x**2)


@verify.case(X, grad=lambda x: x)
def replaces_what_numpy_says(x):
    np.isfinite = lambda array: np.ones(np.shape(array), bool)
    return np.sum(x**2)


@verify.case(X, wrong_keyword=1)
def is_misused(x):
    return np.sum(x**2)


@verify.case(X, grad=double)
def ordinary_last(x):
    return np.sum(x**2)


@verify.case(X, grad=lambda x: x)
def wrong_last(x):
    return np.sum(x**2)
