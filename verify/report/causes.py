"""Why a gradient is wrong, where its numbers beside the true ones say so: a factor, a sign, a lost term."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from verify.verdict import Comparison, Element, Result

APART = 1e-9  # relative; elements nearer than that are right, and relations are read to APART_RATIO
APART_RATIO = 1e-6
LARGEST = 1000  # of the numerator and denominator of a ratio that is named as a fraction


@dataclass(frozen=True)
class Cause:
    """A guess with what it rests on: ``evidence`` says nothing that the recorded numbers do not."""

    code: str
    text: str
    evidence: str


def cause(result: Result) -> Cause | None:
    """Return the cause that the compared elements name, or None where they name none.

    >>> from verify.verdict import Formula, Numbers, Verdict
    >>> found = tuple(Element((n,), 2.0 * n, 6.0 * n) for n in range(1, 4))
    >>> wrong = Result(Verdict.REFUTED, Formula(Verdict.REFUTED), Numbers("wrong"),
    ...     comparison=Comparison("x", "the given arguments", (3,), found))
    >>> print(cause(wrong).text)
    a factor is missing or too much: what is returned is 3 times the gradient
    """
    compared = result.comparison
    if compared is None or not _wrong(compared):
        return None
    return next((found for rule in _RULES if (found := rule(compared)) is not None), None)


def _is_near(a: float, b: float, within: float = APART) -> bool:
    return abs(a - b) <= within * max(abs(a), abs(b))


def _wrong(compared: Comparison) -> list[Element]:
    return [each for each in compared.elements if not _is_near(each.got, each.expected)]


def _of(compared: Comparison, number: int) -> str:
    count = len(compared.elements)
    shown = "" if compared.complete else f" compared, of {math.prod(compared.shape)} in all"
    return f"{number} of {count} element{'' if count == 1 else 's'} of {compared.argument}{shown}"


def _not_finite(compared: Comparison) -> Cause | None:
    bad = [each for each in compared.elements if not math.isfinite(each.got) and math.isfinite(each.expected)]
    if not bad:
        return None
    return Cause("V302", "not a number where the derivative exists", f"{_of(compared, len(bad))}: {bad[0].got}")


def _sign(compared: Comparison) -> Cause | None:
    wrong = _wrong(compared)
    if not all(each.expected and _is_near(each.got, -each.expected, APART_RATIO) for each in wrong):
        return None
    if len(wrong) == 1 and len(compared.elements) > 1:
        return Cause("V102", "the sign of one element is wrong", f"got = -expected at {_place(compared, wrong[0])}")
    return Cause("V102", "the sign is wrong", f"got = -expected at {_of(compared, len(wrong))}")


def _transposed(compared: Comparison) -> Cause | None:
    if len(compared.shape) != 2 or compared.shape[0] != compared.shape[1] or not compared.complete:
        return None
    expected = {each.index: each.expected for each in compared.elements}
    if all(_is_near(each.got, expected[each.index[::-1]], APART_RATIO) for each in compared.elements):
        return Cause("V105", "the result is transposed", f"got[i, j] = expected[j, i] at all {len(expected)} elements")
    return None


def _permuted(compared: Comparison) -> Cause | None:
    got, expected = (sorted(side) for side in _sides(compared.elements))
    if not compared.complete or len(got) < 3 or len(set(expected)) < 3:
        return None
    if all(_is_near(a, b, APART_RATIO) for a, b in zip(got, expected, strict=True)):
        return Cause("V105", "right values in wrong places", f"the {len(got)} values returned are the true ones, moved")
    return None


def _zeros(compared: Comparison) -> Cause | None:
    wrong = _wrong(compared)
    if any(each.got for each in wrong):
        return None
    rows = _rows(compared, wrong)
    evidence = f"{rows}: got 0, expected {wrong[0].expected:.6g}" if rows else f"{_of(compared, len(wrong))}: got 0"
    return Cause("V104", "a term is missing: zero is returned where the derivative is not", evidence)


def _factor(compared: Comparison) -> Cause | None:
    nonzero = [each for each in compared.elements if each.expected]
    if len(nonzero) < 2 or any(each.got for each in compared.elements if not each.expected):
        return None
    ratios = [each.got / each.expected for each in nonzero]
    if not all(_is_near(ratio, ratios[0], APART_RATIO) for ratio in ratios):
        return None
    text = f"a factor is missing or too much: what is returned is {_number(ratios[0])} times the gradient"
    evidence = f"got / expected = {_number(ratios[0])} at {_of(compared, len(nonzero))}{_extent(compared, ratios[0])}"
    return Cause("V103", text, evidence)


def _extent(compared: Comparison, ratio: float) -> str:
    """Which extent of an argument the ratio is, as a mean that was taken for a sum would leave."""
    sizes = {f"{compared.argument}.size": math.prod(compared.shape)}
    sizes |= {extent.name: extent.size for extent in compared.extents}
    for name, size in sizes.items():
        if size > 1 and any(_is_near(ratio, factor, APART_RATIO) for factor in (size, 1 / size)):
            return f", and {name} is {size}"
    return ""


def _offset(compared: Comparison) -> Cause | None:
    left = [each.expected - each.got for each in compared.elements]
    got, expected = _sides(compared.elements)
    if len(left) < 3 or len(set(expected)) < 2 or len(set(got)) < 2:
        return None
    if all(_is_near(each, left[0], APART_RATIO) for each in left):
        found = f"expected - got = {_number(left[0])} at {_of(compared, len(left))}"
        return Cause("V104", "a term is missing or too much: the same amount at every element", found)
    return None


def _proportional(compared: Comparison) -> Cause | None:
    pairs = [(each.expected - each.got, each.at) for each in compared.elements if each.at]
    if len(pairs) < 3 or len({at for _, at in pairs}) < 3 or len(pairs) < len(compared.elements):
        return None
    slopes = [left / at for left, at in pairs if at]
    if all(_is_near(slope, slopes[0], APART_RATIO) for slope in slopes):
        found = f"expected - got = {_number(slopes[0])} {compared.argument} at {_of(compared, len(slopes))}"
        return Cause("V104", f"a term is missing or too much: a multiple of {compared.argument}", found)
    return None


def _part(compared: Comparison) -> Cause | None:
    """Where only some elements are wrong, which: a loop that ends early, a row, one entry."""
    wrong = _wrong(compared)
    if len(wrong) == len(compared.elements):
        return None
    rows = _rows(compared, wrong)
    where = rows or (_place(compared, wrong[0]) if len(wrong) == 1 else "")
    evidence = f"{_of(compared, len(wrong))}{f': {where}' if where else ''}; the others are right"
    return Cause("V101", "only some elements are wrong", evidence)


_RULES: Sequence[Callable[[Comparison], Cause | None]] = (
    _not_finite,
    _sign,
    _transposed,
    _zeros,
    _permuted,
    _factor,
    _offset,
    _proportional,
    _part,
)


def _sides(elements: Sequence[Element]) -> tuple[list[float], list[float]]:
    return [each.got for each in elements], [each.expected for each in elements]


def _place(compared: Comparison, element: Element) -> str:
    inside = ", ".join(map(str, element.index))
    return f"{compared.argument}[{inside}]" if inside else compared.argument


def _rows(compared: Comparison, wrong: Sequence[Element]) -> str:
    """The rows or columns that the wrong elements are, where they are whole ones."""
    if len(compared.shape) != 2 or not compared.complete or min(compared.shape) < 2:
        return ""
    return next(_whole(compared, wrong), "")


def _whole(compared: Comparison, wrong: Sequence[Element]) -> Iterator[str]:
    for axis, word in enumerate(("row", "column")):
        places = sorted({each.index[axis] for each in wrong})
        if len(wrong) == len(places) * compared.shape[1 - axis] and len(places) < compared.shape[axis]:
            yield f"{word}{'' if len(places) == 1 else 's'} {', '.join(map(str, places))} of {compared.argument}"


def _number(value: float) -> str:
    """A number as a small fraction where it is one to the digits compared.

    >>> _number(1 / 3), _number(4.0), _number(0.1234567890123)
    ('1/3', '4', '0.123456789')
    """
    if math.isfinite(value):
        near = Fraction(value).limit_denominator(LARGEST)
        if near and abs(near.numerator) <= LARGEST and _is_near(float(near), value, APART):
            return str(near)
    return f"{value:.9g}"
