"""``verify.check``: is this the derivative? And ``assert_gradient``, which raises when it is not."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import numpy as np

from verify.answer.decide import decide
from verify.clock import alarm, started
from verify.fault import told
from verify.points.triangle import REASON
from verify.question.ask import Question, pose, questions, rows, source_of
from verify.question.constant import held_constant
from verify.question.kinds import WORDS
from verify.question.problem import NO_MEMORY, Problem, Undecidable, parameter_names
from verify.question.symmetric import through_symmetric_parts
from verify.verdict import Formula, Numbers, Result, Verdict

FUNCTIONS = (FunctionType, MethodType, BuiltinFunctionType, np.ufunc, partial)
BUDGET = 10.0  # seconds of processor time,
AN_OP = 0.004  # and so many more for every op of a long gradient, where the caller names no budget
LONGEST = 86_400.0
AGAIN = 1.0  # seconds until the alarm is repeated, where the code it rang in caught what it raised


class _OutOfTime(BaseException):
    """Raised by the alarm inside user code; not an Exception, so that user code does not catch it by accident."""


def check(
    f: Callable[..., Any],
    *at: Any,
    grad: Callable[..., Any] | None = None,
    jac: Callable[..., Any] | None = None,
    hess: Callable[..., Any] | None = None,
    hvp: Callable[..., Any] | None = None,
    vjp: Callable[..., Any] | None = None,
    jvp: Callable[..., Any] | None = None,
    value_and_grad: Callable[..., Any] | None = None,
    args: Any = (),
    wrt: Any = None,
    domain: Any = None,
    sizes: str | None = None,
    budget: float | None = None,
    **unknown: Any,
) -> Result:
    """Whether these functions compute the derivatives of ``f``, and whether their numbers are right at ``at``.

    ====================  ===========================================================================================
    ``grad(*at)``         the gradient of the sum over all elements of all outputs of f, one array for each in ``wrt``
    ``jac(*at)``          the Jacobian, of shape ``out.shape + wrt.shape``; of several outputs one for each
    ``hess(*at)``         the Jacobian of that gradient, of shape ``wrt.shape + wrt.shape``; by several arguments a
                          tuple for each, as the rows of a matrix
    ``hvp(x, v, *rest)``  the Hessian times v, which has the shape of the argument; the second argument, as in SciPy
    ``vjp(*at, c)``       the gradient of the sum of c times the outputs; c is structured as what f returns
    ``jvp(*at, t)``       the derivative of the outputs along t, which has the shape of the argument
    ``value_and_grad``    returns a pair of the value of f and its gradient: both are checked
    ====================  ===========================================================================================

    Arguments may be dicts, lists and tuples that hold arrays: what is returned is then structured as they are.
    Complex arguments are taken for their real and imaginary parts, ``z_re`` and ``z_im``: the gradient of a real f is
    df/da + i df/db for z = a + ib, PyTorch's convention, and ⟨c, f⟩ is the real part of the sum of conj(c) f.
    v, c and t are drawn. Where several arguments are in ``wrt``, v and t are tuples. Without any function the engine's
    own gradient of ``f`` is checked, and ``f`` is called with Tensors. With several functions the result is the
    weakest, and ``result.parts`` holds one for each.

    ``wrt`` is a position or name, or several. None means every floating argument, or only the first where the
    function returns one array; for hess and hvp the first. ``args`` are more arguments of all functions, as in SciPy,
    and are not differentiated by unless ``wrt`` names them. ``domain`` maps an argument to what is known of it
    (verify.question.domain.NAMED, or a predicate); nothing is inferred from values. ``sizes="every"`` says that the
    functions are meant for arguments of every size: what is right at these and wrong at others is then refuted, with
    the sizes.
    ``budget`` bounds the whole call, in seconds of processor time, and by four times as many on the wall: a busy
    machine changes no verdict. None means 10 seconds, and 4 ms more for every recorded op of the engine's own gradient,
    where that is in question: it is proved step by step, which takes time in proportion.

    Raises TypeError or ValueError for misuse of ``check`` itself; whatever the functions do becomes a result.

    >>> import numpy as np
    >>> result = check(lambda x: np.sum(x**2), np.array([1.0, 2.0]), grad=lambda x: 2 * x)
    >>> print(result.verdict, result.formula.sizes)
    PROVED every n >= 1 (x: n)
    >>> print(check(lambda x: np.sum(x**3), np.array([1.0, 2.0]), hvp=lambda x, v: 6 * x * v).verdict)
    PROVED
    """
    _require_keywords(f, at, unknown)
    more = args if isinstance(args, tuple) else (args,)
    asked = questions(
        f,
        {
            "value_and_grad": value_and_grad, "grad": grad, "jac": jac, "hess": hess, "hvp": hvp, "vjp": vjp,
            "jvp": jvp,
        },
        len(at) + len(more),
    )  # fmt: skip
    if more and wrt is None:
        wrt = tuple(range(len(at)))
    each = (BUDGET if budget is None else _seconds(budget)) / len(asked)
    given = {"every_size": _every(sizes), "longer": AN_OP if budget is None else 0.0}
    return together([_answer(f, (*at, *more), question, wrt, domain, given, each) for question in asked])


def _require_keywords(f: Any, at: tuple[Any, ...], unknown: dict[str, Any]) -> None:
    """TypeError for a keyword that check does not take, and for a gradient that was passed without one."""
    if unknown:
        raise TypeError(
            f"verify.check: there is no keyword {', '.join(unknown)}; pass a gradient as grad=, what is known of an "
            f"argument as domain=, and a further argument of f by position or with functools.partial"
        )
    takes = parameter_names(f, len(at)) if callable(f) else []
    for name, given in zip((*takes, *(f"number {k}" for k in range(len(takes), len(at)))), at, strict=False):
        if isinstance(given, FUNCTIONS):
            called = getattr(given, "__name__", "partial(…)")
            raise TypeError(
                f"verify.check: the argument {name} of f is the function {called}; expected numbers or arrays: "
                f"pass a gradient as grad={called.replace('<lambda>', 'lambda …')}, and bind what f is not "
                f"differentiated by with a lambda"
            )


def _answer(
    f: Callable[..., Any],
    at: tuple[Any, ...],
    asked: Question,
    wrt: Any,
    domain: Any,
    given: dict[str, Any],
    budget: float,
) -> Result:
    began = time.monotonic()
    problem = None
    try:
        with started(), alarm(budget, _OutOfTime, AGAIN):
            problem = replace(pose(f, at, asked.kind, asked.candidate, wrt, domain, asked.part), **given)
            parts = rows(problem)
            each = 0.8 * budget / len(parts)
            found = [_decided(part, each * (place + 1)) for place, part in enumerate(parts)]
            result = together([replace(part, kind=asked.kind) for part in found])
    except Undecidable as error:
        result = undecided(str(error))
    except SystemError as error:  # the alarm rang inside compiled code that cannot pass an exception on
        if time.monotonic() - began < budget:
            raise
        result = undecided(f"the time budget of {budget:g} s ran out; raise it with budget= ({error})")
    except MemoryError as error:
        result = undecided(f"{NO_MEMORY}: {error}")
    except _OutOfTime:
        result = undecided(f"the time budget of {budget:g} s ran out; raise it with budget=")
    return replace(
        result,
        name=problem.name if isinstance(problem, Problem) else getattr(f, "__name__", type(f).__name__),
        kind=asked.kind,
        source=source_of(f),
        seconds=time.monotonic() - began,
    )


def _decided(problem: Problem, deadline: float) -> Result:
    try:
        result = _decided_by_symmetry(problem, deadline)
        constant = held_constant(problem) if result.verdict is Verdict.REFUTED else ""
        return undecided(constant) if constant else result
    except (Undecidable, MemoryError, SystemError):
        raise
    except Exception as error:
        return undecided(told("the check", error))


def _decided_by_symmetry(problem: Problem, deadline: float) -> Result:
    """Where f reads one triangle and the gradient is spread over both, an argument declared symmetric settles it."""
    result = decide(problem, deadline)
    places = [p for p in problem.wrt if problem.domain.get(p) in ("symmetric", "spd")]
    if result.reason != REASON or not places or problem.structure or problem.derived is not None:
        return result
    names = " and ".join(problem.arguments[p].name for p in places)
    said = f"f reads one triangle of {names}; the gradient is that of f of the symmetric part, ({names} + {names}ᵀ)/2"
    result = decide(replace(problem, f=through_symmetric_parts(problem.f, places)), deadline)
    return replace(result, formula=replace(result.formula, assumptions=(*result.formula.assumptions, said)))


STRENGTH = ("REFUTED", "UNDECIDED", "NONDIFFERENTIABLE", "AGREES", "CERTIFIED", "PROVED")


def together(results: Sequence[Result]) -> Result:
    """The weakest of several results, with all of them as its parts; a single one as it is."""
    if len(results) == 1:
        return results[0]
    weakest = min(results, key=lambda result: (result.ok, STRENGTH.index(result.verdict.name)))
    others = [
        f"the {WORDS[part.kind]}: {part.verdict} {part.reason or part.formula.sizes}".rstrip() for part in results
    ]
    return replace(
        weakest,
        parts=tuple(results),
        notes=(*weakest.notes, *others),
        hygiene=tuple(dict.fromkeys(finding for part in results for finding in part.hygiene)),
        seconds=sum(part.seconds for part in results),
    )


def _seconds(budget: Any) -> float:
    """The budget as a number of seconds; TypeError or ValueError for what is none."""
    if isinstance(budget, bool) or not isinstance(budget, (int, float)):
        raise TypeError(f"verify.check: budget is {budget!r}; expected a number of seconds, such as budget=10")
    if not 0 < budget <= LONGEST:
        raise ValueError(f"verify.check: budget is {budget!r}; expected more than 0 and at most {LONGEST:g} seconds")
    return float(budget)


def _every(sizes: Any) -> bool:
    """Whether the claim is for every size; ValueError for what says neither."""
    if sizes not in (None, "every"):
        raise ValueError(
            f"verify.check: sizes is {sizes!r}; expected 'every', where the functions are meant for arguments of every "
            f"size, or None"
        )
    return sizes is not None


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
