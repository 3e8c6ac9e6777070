"""Rule codes: what kind of thing is wrong with a gradient, by a name that stays the same."""

from __future__ import annotations

from dataclasses import dataclass

from verify.report.causes import cause
from verify.runs.suite import Entry
from verify.verdict import Result, Verdict


@dataclass(frozen=True)
class Code:
    """A rule code: its title, what it means and what to do, and how loud it is ("error", "warning", "note")."""

    code: str
    title: str
    help: str
    level: str = "error"


_SHOWN = "Both values stand beside each other, and the method says how the true one was had."
_FIX = "Run the script of the counterexample: it prints the element and its true value."
_NOTHING = "Nothing is claimed about the gradient; it may be right."
_MODES = f"{_SHOWN} {_FIX} First-order derivatives of the same function are questions of their own: check them too."

_ALL = (
    Code("V101", "a wrong element", f"At least one element of the gradient is wrong. {_SHOWN} {_FIX}"),
    Code("V102", "a wrong sign", f"What is returned is minus the gradient where it is wrong. {_FIX}"),
    Code(
        "V103",
        "a wrong factor",
        "What is returned is a constant times the gradient at every element compared. Usual causes are a mean that is "
        f"differentiated as a sum, a square whose 2 is forgotten, and a factor that is applied twice. {_FIX}",
    ),
    Code(
        "V104",
        "a missing term",
        "Zero is returned where the derivative is not, or the same term is missing everywhere: a path from the "
        f"argument to the result is left out, such as a regularisation term or a second use of the argument. {_FIX}",
    ),
    Code(
        "V105",
        "right values in wrong places",
        f"The result is transposed or otherwise permuted. Look at the order of axes and of operands. {_FIX}",
    ),
    Code(
        "V201",
        "a wrong shape",
        "The gradient must have the shape of the argument, and a Jacobian the shape of the output followed by that of "
        "the argument. Arrays of another shape broadcast later on, without a word.",
    ),
    Code(
        "V202",
        "the value depends on memory layout or repetition",
        "With equal arguments another value was returned: for a Fortran-ordered, strided or read-only array, or when "
        "called again. Look for state that is kept, and for views that are written to.",
    ),
    Code(
        "V203",
        "the gradient raises where there is one",
        "The function can be evaluated at this input and has a derivative there, and its gradient raised. The reason "
        f"says what. {_FIX}",
    ),
    Code(
        "V301",
        "outside the Clarke set at a kink",
        "The function has no gradient at this input, and what is returned is no convention either: it lies outside "
        "the set of limits of gradients around it, or is not known to lie inside.",
    ),
    Code(
        "V302",
        "not finite where the derivative is",
        "NaN or infinity is returned where the true derivative is a number. An intermediate overflows, or 0/0 is "
        "computed; masking the result afterwards is too late, so mask the argument.",
    ),
    Code(
        "V303",
        "wrong at a hard point",
        "The formula is right and its numbers are wrong at a point of the domain that was read off the program: next "
        "to a guard, at a zero, near a pole or where a kernel overflows. Declare a domain that leaves the point out, "
        "or rearrange the formula there.",
    ),
    Code(
        "V401",
        "wrong numbers of a right formula",
        "More than half of the digits are lost beyond what the condition number explains: cancellation, overflow or "
        "underflow on the way. Rearrange the formula (log1p, expm1, logsumexp with its shift, hypot).",
    ),
    Code(
        "V402",
        "digits are lost",
        "The distance from the true gradient is larger than rounding explains at this condition number, though less "
        "than half of the digits are gone. No verdict is lowered by it.",
        "warning",
    ),
    Code("V501", "timeout", f"The case did not end in its time and was stopped. {_NOTHING} Raise timeout.", "warning"),
    Code(
        "V502", "out of memory", f"The case went beyond its memory and was stopped. {_NOTHING} Raise memory.", "warning"
    ),
    Code(
        "V503",
        "crashed",
        f"The process of the case died: a segmentation fault, a signal, or it left by itself. {_NOTHING}",
        "warning",
    ),
    Code(
        "V504", "not run", f"The case was selected and not run. {_NOTHING} A gate cannot pass on such a run.", "warning"
    ),
    Code(
        "V505",
        "the functions cannot be called as asked",
        f"The function or its gradient raised, or returned something that is no array of real numbers. {_NOTHING}",
        "warning",
    ),
    Code(
        "V506",
        "not decided",
        f"{_NOTHING} The reason says what was in the way: an operation that cannot be recorded, a branch on a value, "
        "a proof that was not found in time. More time, a declared domain or smaller functions may decide it.",
        "warning",
    ),
    Code("V601", "a wrong Hessian", _MODES),
    Code("V602", "a wrong Hessian-vector product", _MODES),
    Code("V603", "a wrong vector-Jacobian product", _MODES),
    Code("V604", "a wrong Jacobian-vector product", _MODES),
    Code("V605", "a wrong value", f"The value of value_and_grad is not that of the function. {_FIX}"),
    Code(
        "V901",
        "a fault of the verifier",
        "Two readings contradict each other, or the check itself failed. No verdict is given; please report it.",
    ),
)
CODES = {each.code: each for each in _ALL}

_OUTCOMES = {"timeout": "V501", "memory": "V502", "crashed": "V503", "exited": "V503", "unreadable": "V503"}
_KINDS = {"hess": "V601", "hvp": "V602", "vjp": "V603", "jvp": "V604", "value": "V605"}


def code(entry: Entry) -> str:
    """Return the code of what is wrong with an entry, and an empty text where nothing is.

    >>> from verify.verdict import Formula, Numbers
    >>> undecided = Result(Verdict.UNDECIDED, Formula(Verdict.UNDECIDED), Numbers("unknown"))
    >>> code(Entry("a.py::f", undecided, "timeout")), code(Entry("a.py::f", undecided))
    ('V501', 'V506')
    """
    if entry.outcome == "not run":
        return "V504"
    if entry.outcome in _OUTCOMES:
        return _OUTCOMES[entry.outcome]
    result = entry.result
    if result.ok:
        return "V402" if result.numbers.status == "lost" else ""
    if result.verdict is Verdict.UNDECIDED:
        return _undecided(result)
    return _refuted(result) if result.verdict is Verdict.REFUTED else "V301"


def _undecided(result: Result) -> str:
    reason = result.reason or result.formula.reason
    if "please report it" in reason:
        return "V901"
    if "time budget" in reason:
        return "V501"
    return "V505" if " raised " in reason or "; expected " in reason else "V506"


def _refuted(result: Result) -> str:
    if result.formula.method == "the shapes differ":
        return "V201"
    if " raised " in result.reason:
        return "V203"
    if result.counterexample is None:
        return "V202" if result.hygiene else "V101"
    found = cause(result)
    if found is not None and found.code == "V302":
        return found.code
    if result.formula.verdict in (Verdict.PROVED, Verdict.CERTIFIED):  # so it is the numbers that are wrong
        return "V401" if result.numbers.status == "wrong" else "V303"
    return _KINDS.get(result.kind) or (found.code if found is not None else "V101")
