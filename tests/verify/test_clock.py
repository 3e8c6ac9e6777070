"""Time limits inside the alarm of a check."""

import gc
import signal
import sys
import time

import pytest

from verify import Verdict, check
from verify.clock import WALL, Slow, at_most, longer, now, started
from verify.clock import alarm as over_after


@pytest.fixture
def alarm():
    class Over(BaseException):
        pass

    def ring(*_):
        raise Over

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 20.0, 5.0)
    yield Over
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def spin(seconds=30.0):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


def test_what_rings_where_python_would_only_print_it_rings_again(alarm, monkeypatch):
    printed = []
    monkeypatch.setattr(sys, "unraisablehook", printed.append)

    def callback(phase, _):
        if phase == "start":
            spin(0.1)

    class Finalised:
        def __del__(self):
            spin(0.1)

    gc.collect()  # so that nothing else is finalised meanwhile
    gc.callbacks.append(callback)
    try:
        with pytest.raises(Slow), at_most(0.05):
            gc.collect()
            spin()
        with pytest.raises(Slow), at_most(0.05):
            Finalised()
            spin()
    finally:
        gc.callbacks.remove(callback)
    assert not printed


def test_a_block_that_takes_too_long_is_slow_and_the_alarm_goes_on(alarm):
    with pytest.raises(Slow, match=r"within 0\.05 s"), at_most(0.05):
        spin()
    left, again = signal.getitimer(signal.ITIMER_REAL)
    assert 10.0 < left < 20.0 and again == 5.0


def test_limits_nest(alarm):
    with at_most(10.0):
        with pytest.raises(Slow), at_most(0.05):
            spin()
        assert 5.0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 10.0
    with pytest.raises(Slow, match=r"0\.1 s"), at_most(0.1), at_most(10.0):
        spin()


def test_a_block_that_catches_everything_is_interrupted_again(alarm):
    def stubborn():
        with_patience = 0
        while True:
            try:
                spin(0.5)
            except BaseException:
                with_patience += 1
                if with_patience > 2:
                    raise

    with pytest.raises(Slow), at_most(0.05):
        stubborn()


def test_without_an_alarm_nothing_is_limited():
    with at_most(0.01):
        spin(0.03)


def test_a_function_that_never_returns_elsewhere_costs_its_time_only():
    def f(x):
        while x < 0:
            pass
        return x**2

    began = time.process_time()
    result = check(f, 1.5, grad=lambda x: 2 * x)
    assert result.verdict is Verdict.CERTIFIED, str(result)
    assert time.process_time() - began < 10.0


def test_what_else_the_machine_does_takes_no_time_from_a_check():
    with started():
        began, until = time.monotonic(), now() + 0.5
        while now() < until and time.monotonic() < began + 10:
            time.sleep(0.01)  # as when other programs have the processor
        assert time.monotonic() - began == pytest.approx(0.5 * WALL, abs=0.3)


def test_a_block_that_waits_is_slow_too(alarm):
    began = time.monotonic()
    with pytest.raises(Slow), at_most(0.1):
        time.sleep(5.0)
    assert time.monotonic() - began < 2.0


def test_more_time_moves_every_deadline_and_the_alarm():
    class Over(BaseException):
        pass

    with started():
        deadline = now() + 0.05
        with over_after(0.05, Over, 0.05):
            longer(5)
            assert now() < deadline - 4
            until = time.process_time() + 0.15
            while time.process_time() < until:
                pass
        with pytest.raises(Over), over_after(0.05, Over, 0.05):
            longer(-5)
            while True:
                pass
