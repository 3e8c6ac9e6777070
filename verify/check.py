"""``verify.check``: is this the gradient? And ``assert_gradient``, which raises when it is not."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from verify.ask import pose, source_of
from verify.decide import decide
from verify.problem import Problem, Undecidable
from verify.verdict import Formula, Numbers, Result, Verdict

BUDGET = 10.0  # seconds
LONGEST = 86_400.0


class _OutOfTime(BaseException):
    """Raised by the alarm inside user code; not an Exception, so that user code does not catch it by accident."""


def check(
    f: Callable[..., Any],
    *args: Any,
    grad: Callable[..., Any] | None = None,
    jac: Callable[..., Any] | None = None,
    wrt: Any = None,
    domain: Any = None,
    budget: float = BUDGET,
) -> Result:
    """Whether ``grad`` is the gradient of ``f``, and whether its numbers are right at ``args``.

    ``grad(*args)`` returns the gradient of the sum over all elements of all outputs of ``f``, one array for each
    argument in ``wrt``; ``jac(*args)`` the Jacobian, of shape ``out.shape + wrt.shape``. Without either, the
    engine's own gradient of ``f`` is checked, and ``f`` is called with Tensors. ``wrt`` is a position or name, or
    several; None means every floating argument, or only the first when the gradient returns one array.
    ``domain`` maps an argument to what is known of it (verify.domain.NAMED, or a predicate); nothing is inferred
    from values. ``budget`` bounds the whole call, in seconds.

    Raises TypeError or ValueError for misuse of ``check`` itself; whatever ``f`` and ``grad`` do becomes a result.

    >>> import numpy as np
    >>> result = check(lambda x: np.sum(x**2), np.array([1.0, 2.0]), grad=lambda x: 2 * x)
    >>> print(result.verdict, result.formula.sizes)
    PROVED every n >= 1 (x: n)
    """
    started = time.monotonic()
    budget = _seconds(budget)
    problem = None
    try:
        with _alarm(budget):
            problem = pose(f, args, grad, jac, wrt, domain)
            result = decide(problem, started + 0.8 * budget)
    except Undecidable as error:
        result = undecided(str(error))
    except _OutOfTime:
        result = undecided(f"the time budget of {budget:g} s ran out; raise it with budget=")
    return replace(
        result,
        name=problem.name if isinstance(problem, Problem) else getattr(f, "__name__", type(f).__name__),
        source=source_of(f),
        kind="grad" if jac is None else "jac",
        seconds=time.monotonic() - started,
    )


def _seconds(budget: Any) -> float:
    """The budget as a number of seconds; TypeError or ValueError for what is none."""
    if isinstance(budget, bool) or not isinstance(budget, (int, float)):
        raise TypeError(f"verify.check: budget is {budget!r}; expected a number of seconds, such as budget=10")
    if not 0 < budget <= LONGEST:
        raise ValueError(f"verify.check: budget is {budget!r}; expected more than 0 and at most {LONGEST:g} seconds")
    return float(budget)


def assert_gradient(f: Callable[..., Any], *args: Any, **kwargs: Any) -> Result:
    """:func:`check`, raising AssertionError with the result's paragraph unless the result is ok.

    >>> import numpy as np
    >>> print(assert_gradient(np.sin, 0.5, grad=np.cos).verdict)
    PROVED
    """
    result = check(f, *args, **kwargs)
    if not result.ok:
        raise AssertionError(str(result))
    return result


def undecided(reason: str) -> Result:
    """A result that says only why nothing was decided."""
    return Result(
        Verdict.UNDECIDED, Formula(Verdict.UNDECIDED, reason=reason), Numbers("unknown", reason=reason), reason=reason
    )


@contextmanager
def _alarm(budget: float) -> Iterator[None]:
    """Interrupt Python code after the budget, where a timer can be had: in the main thread, and not in use."""
    usable = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
    if not usable or signal.getitimer(signal.ITIMER_REAL)[0] or signal.getsignal(signal.SIGALRM) is None:
        yield
        return
    before = signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, budget)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _ring(*_: Any) -> None:
    raise _OutOfTime
