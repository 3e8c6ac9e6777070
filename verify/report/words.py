"""The sentences of a report: what is claimed, in words, and never more than was shown."""

from __future__ import annotations

from verify.question.kinds import WORDS
from verify.report.text import line
from verify.verdict import Kink, Numbers, Result, Verdict

MEANING = {
    Verdict.PROVED: "The formula is the gradient on the printed domain, for the printed sizes; "
    "where kinks are listed, at almost every point of it.",
    Verdict.CERTIFIED: "At every tested point a rigorous enclosure holds the difference. Nothing is said elsewhere.",
    Verdict.AGREES: "The numbers agree in floating point. The weakest pass: a gate may refuse it.",
    Verdict.REFUTED: "The gradient is wrong: at a point of the domain the two enclosures are disjoint, or what is "
    "returned cannot be it, as another shape, or another value on a second call.",
    Verdict.NONDIFFERENTIABLE: "The input lies on a kink, where no gradient exists.",
    Verdict.UNDECIDED: "Nothing is claimed, and the reason is given.",
}


def claim(result: Result) -> str:
    """Return the one sentence that a reader should take away."""
    return _CLAIMS[result.verdict](result)


def distance(numbers: Numbers) -> str:
    """Return the worst distance from the true gradient in words, or an empty text where it is not known.

    >>> distance(Numbers("ok", ulps=0.0)), distance(Numbers("ok", ulps=1.0)), distance(Numbers("ok", ulps=2.34e9))
    ('0 ulps', '1 ulp', '2.3e+09 ulps')
    """
    if numbers.ulps is None:
        return ""
    count = f"{numbers.ulps:.2g}" if numbers.ulps < 100 else f"{numbers.ulps:.3g}"
    count = f"{numbers.ulps:.1e}" if numbers.ulps >= 1e6 else count
    return f"{count} {'ulp' if count == '1' else 'ulps'}"


def scope(numbers: Numbers) -> str:
    """Return what the numbers were compared at: elements, points and condition.

    >>> scope(Numbers("ok", elements=4, points=1, condition=1.333))
    '4 elements, 1 point, condition 1.3'
    """
    parts = [_count(numbers.elements, "element"), _count(numbers.points, "point")]
    if numbers.condition is not None:
        parts.append(f"condition {numbers.condition:.2g}")
    return ", ".join(part for part in parts if part)


def kink(place: Kink) -> str:
    """Return one kink in words."""
    parts = [line(place.where) + (" (at the input)" if place.at_input else "")]
    if place.left or place.right:
        parts.append(f"slopes {line(place.left) or '?'} from the left, {line(place.right) or '?'} from the right")
    if place.got:
        parts.append(f"returned {line(place.got)}{_INSIDE[place.inside]}")
    if place.convention:
        parts.append(f"convention: {line(place.convention)}")
    return "; ".join(parts)


_INSIDE = {True: ", inside the Clarke set", False: ", outside the Clarke set", None: ""}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""


def _proved(result: Result) -> str:
    return f"The {_noun(result)} of {line(result.name)} is right: proved {_for_sizes(result)}{_on_domain(result)}."


def _noun(result: Result) -> str:
    return WORDS[result.kind]


def _for_sizes(result: Result) -> str:
    sizes = line(result.formula.sizes)
    if not sizes:
        return ""
    return f"for {sizes}, " if sizes.startswith("every") else f"for {sizes} and not beyond, "


def _on_domain(result: Result) -> str:
    if result.formula.domain:
        return "almost everywhere on the domain printed" if result.kinks else "on the domain printed"
    return "almost everywhere" if result.kinks else "wherever it is defined"


def _certified(result: Result) -> str:
    of = f"The {_noun(result)} of {line(result.name)}"
    return f"{of} is right at every tested point, rigorously; nothing is claimed elsewhere."


def _agrees(result: Result) -> str:
    return f"The {_noun(result)} of {line(result.name)} agrees with float evidence; nothing rigorous could be had."


def _refuted(result: Result) -> str:
    of, point, numbers = f"{_noun(result)} of {line(result.name)}", result.counterexample, result.numbers
    if result.formula.verdict in (Verdict.PROVED, Verdict.CERTIFIED) and numbers.status == "wrong":
        return f"The formula of the {of} is right, but its numbers are wrong."
    if point is None:
        reason = line(result.reason or result.formula.reason)
        return f"The {of} is wrong{': ' if reason else ''}{reason.rstrip('.')}."
    index = f" at {line(point.index)}" if point.index else ""
    return f"The {of} is wrong{index}: it is {line(point.expected)}, and {line(point.got)} was returned."


def _nondifferentiable(result: Result) -> str:
    places = ", ".join(line(place.where) for place in result.kinks if place.at_input)
    where = f" ({places})" if places else ""
    inside = {place.inside for place in result.kinks if place.at_input}
    lies = "lies outside" if False in inside else "lies in" if result.ok else "is not known to lie in"
    return f"{line(result.name)} has no {_noun(result)} at this input{where}; the value returned {lies} the Clarke set."


def _undecided(result: Result) -> str:
    reason = line(result.reason or result.formula.reason) or "no reason was given"
    return f"Nothing is claimed about the {_noun(result)} of {line(result.name)}: {reason}"


_CLAIMS = {
    Verdict.PROVED: _proved,
    Verdict.CERTIFIED: _certified,
    Verdict.AGREES: _agrees,
    Verdict.REFUTED: _refuted,
    Verdict.NONDIFFERENTIABLE: _nondifferentiable,
    Verdict.UNDECIDED: _undecided,
}
