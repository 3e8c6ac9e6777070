"""Matrix products and their relatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dualgrad.conjugate import conj
from dualgrad.meanings import letters
from dualgrad.op import Call, Kind, Sizes, composed, position, structural
from dualgrad.program.entry import Element, Entry, Index, Meaning, affine, total
from dualgrad.program.size import Extent
from dualgrad.samples import call, drawn
from dualgrad.shapes import Shape, extents, joined, one_axis, rank

# ---------------------------------------------------------------------------- matmul


def _matmul_call(x1: Any, x2: Any, /) -> Call:
    if not rank(x1) or not rank(x2):
        raise ValueError("matmul: an operand has no axes; use * for numbers")
    return Call((x1, x2), {})


def _matmul_meaning(sizes: Sizes, left: Shape, right: Shape) -> Meaning:
    inner = sizes.same(left[-1], right[-2] if len(right) > 1 else right[0], "matmul")
    middle = Index("r", inner)
    batch = [Index(letters(k), extent) for k, extent in enumerate(_batch(sizes, left[:-2], right[:-2]))]
    row = [Index(letters(len(batch)), left[-2])] if len(left) > 1 else []
    column = [Index(letters(len(batch) + 1), right[-1])] if len(right) > 1 else []
    first = Element(0, (*position(left[:-2], batch), *map(affine, row), affine(middle)))
    second = Element(1, (*position(right[:-2], batch), affine(middle), *map(affine, column)))
    return Meaning((*batch, *row, *column), total(middle, first * second))


def _batch(sizes: Sizes, left: Shape, right: Shape) -> Shape:
    result = list(joined(left, right))
    for shape in (left, right):
        for k, extent in enumerate(shape, len(result) - len(shape)):
            if extent != 1:
                result[k] = sizes.same(result[k], extent, "matmul's batch axes")
    return tuple(result)


def _matmul_left(g: Any, y: Any, x1: Any, x2: Any) -> Any:
    if x2.ndim == 1:
        return g * x2 if x1.ndim == 1 else g[..., None] * x2
    if x1.ndim == 1:
        return x2 @ g if x2.ndim == 2 else (x2 @ g[..., None])[..., 0]
    return g @ x2.mT


def _matmul_right(g: Any, y: Any, x1: Any, x2: Any) -> Any:
    if x1.ndim == 1:
        return x1 * g if x2.ndim == 1 else x1[:, None] * g[..., None, :]
    if x2.ndim == 1:
        return g @ x1 if x1.ndim == 2 else (x1.mT @ g[..., None])[..., 0]
    return x1.mT @ g


def _matmul_stacked(which: Sequence[bool], x1: Any, x2: Any) -> Any:
    """With an axis in front of one or both of two vectors or matrices."""
    ranks = x1.ndim - which[0], x2.ndim - which[1]
    if max(ranks) > 2:
        return None
    if all(which):
        rows, columns = (x1 if ranks[0] == 2 else x1[:, None, :]), (x2 if ranks[1] == 2 else x2[:, :, None])
        product = rows @ columns
        product = product if ranks[1] == 2 else product[..., 0]
        return product if ranks[0] == 2 else product[:, 0]
    if which[0] or ranks[1] == 2:
        return x1 @ x2
    return x2 @ x1 if ranks[0] == 1 else x2 @ x1.T


matmul = structural(
    "matmul",
    Kind.MULTILINEAR,
    call=_matmul_call,
    forward=np.matmul,
    stacked=_matmul_stacked,
    meaning=_matmul_meaning,
    vjp=[_matmul_left, _matmul_right],
    numpy=[np.matmul],
    direct=True,
    aliases=("mm",),
    samples=drawn(
        lambda draw: [
            call(draw(2, 3), draw(3, 2)),
            call(draw(3), draw(3)),
            call(draw(2, 3), draw(3)),
            call(draw(3), draw(3, 2)),
            call(draw(2, 2, 3), draw(3, 2)),
            call(draw(2, 1, 2, 3), draw(3, 3, 1)),
            call(draw(3), draw(2, 3, 2)),
            call(draw(2, 2, 3), draw(3)),
            call(draw(1, 1), draw(1, 1)),
            call(draw(2, 0), draw(0, 2)),
        ]
    ),
)

# ---------------------------------------------------------------------------- einsum


def _einsum_call(subscripts: Any, /, *operands: Any) -> Call:
    if operands and not isinstance(subscripts, str):
        subscripts, operands = _lettered(subscripts, *operands)
    if not isinstance(subscripts, str):
        raise TypeError(f"einsum: got subscripts of type {type(subscripts).__name__}, expected a string")
    terms, result = _parsed(subscripts, [rank(operand) for operand in operands])
    pairs = [_without_repeats(term, operand) for term, operand in zip(terms, operands, strict=True)]
    canonical = f"{','.join(term for term, _ in pairs)}->{result}"
    return Call(tuple(operand for _, operand in pairs), {"subscripts": canonical})


def _lettered(*interleaved: Any) -> tuple[str, tuple[Any, ...]]:
    """The call with letters for one that gives each operand's axes as a list of numbers after it."""
    operands, lists = interleaved[: len(interleaved) // 2 * 2 : 2], interleaved[1::2]
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    terms = ["".join("..." if label is Ellipsis else letters[label] for label in axes) for axes in lists]
    result = interleaved[-1] if len(interleaved) % 2 else None
    spelled = ",".join(terms)
    if result is not None:
        spelled += "->" + "".join("..." if label is Ellipsis else letters[label] for label in result)
    return spelled, operands


def _parsed(subscripts: str, ranks: Sequence[int]) -> tuple[list[str], str]:
    """Each operand's labels and the result's, with ``...`` spelled out as capital letters not used otherwise."""
    given, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = given.split(",")
    if len(terms) != len(ranks):
        raise ValueError(f"einsum: {subscripts!r} names {len(terms)} operands, but {len(ranks)} were given")
    spare = [letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if letter not in subscripts]
    wide = [ndim - len(term.replace("...", "")) for term, ndim in zip(terms, ranks, strict=True)]
    longest = max((width for term, width in zip(terms, wide, strict=True) if "..." in term), default=0)
    dots = "".join(spare[:longest])
    if not arrow:
        letters = given.replace(",", "").replace("...", "")
        result = ("..." if "..." in given else "") + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    for term, width in zip(terms, wide, strict=True):
        if width < 0 or (width and "..." not in term):
            raise ValueError(f"einsum: {term!r} of {subscripts!r} does not name each axis of its operand by a letter")
    filled = [term.replace("...", dots[longest - width :]) for term, width in zip(terms, wide, strict=True)]
    return filled, result.replace("...", dots)


def _without_repeats(term: str, operand: Any) -> tuple[str, Any]:
    """Take diagonals until no label occurs twice."""
    for label in term:
        while term.count(label) > 1:
            first = term.index(label)
            second = term.index(label, first + 1)
            operand = np.diagonal(operand, 0, first, second)
            term = term[:first] + term[first + 1 : second] + term[second + 1 :] + label
    return term, operand


def _labels(subscripts: str) -> tuple[list[str], str]:
    given, _, result = subscripts.partition("->")
    return given.split(","), result


def _einsum_meaning(sizes: Sizes, *shapes: Shape, subscripts: str) -> Meaning:
    terms, result = _labels(subscripts)
    extent: dict[str, Extent] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for label, length in zip(term, shape, strict=True):
            known = extent.get(label, 1)
            extent[label] = length if known == 1 else known if length == 1 else sizes.same(known, length, "einsum")
    index = {label: Index(label, length) for label, length in extent.items()}
    body: Entry | None = None
    for slot, (term, shape) in enumerate(zip(terms, shapes, strict=True)):
        place = tuple(affine(0 if length == 1 else index[label]) for label, length in zip(term, shape, strict=True))
        body = Element(slot, place) if body is None else body * Element(slot, place)
    assert body is not None
    for label in extent:
        if label not in result:
            body = total(index[label], body)
    return Meaning(tuple(index[label] for label in result), body)


def _einsum_forward(*operands: Any, subscripts: str) -> Any:
    return np.einsum(subscripts, *operands, optimize=len(operands) > 2)


def _einsum_stacked(which: Sequence[bool], *operands: Any, subscripts: str) -> Any:
    terms, result = _labels(subscripts)
    along = next(letter for letter in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if letter not in subscripts)
    marked = ",".join(along + term if stacked else term for term, stacked in zip(terms, which, strict=True))
    return einsum(f"{marked}->{along}{result}", *operands)


def _einsum_pull(g: Any, y: Any, *operands: Any, slot: int, subscripts: str) -> Any:
    terms, result = _labels(subscripts)
    mine, others = terms[slot], [term for k, term in enumerate(terms) if k != slot]
    found = [label for label in mine if label in result or any(label in term for term in others)]
    rest = [operand for k, operand in enumerate(operands) if k != slot]
    pulled = einsum(f"{','.join([result, *others])}->{''.join(found)}", g, *rest)
    if len(found) == len(mine):
        return pulled
    opened = pulled[tuple(slice(None) if label in found else None for label in mine)]
    return np.broadcast_to(opened, joined(extents(operands[slot]), extents(opened)))


einsum = structural(
    "einsum",
    Kind.MULTILINEAR,
    call=_einsum_call,
    forward=_einsum_forward,
    stacked=_einsum_stacked,
    meaning=_einsum_meaning,
    vjp=[_einsum_pull],
    variadic=True,
    numpy=[np.einsum],
    samples=drawn(
        lambda draw: [
            call("ij,jk->ik", draw(2, 3), draw(3, 2)),
            call("ij->j", draw(2, 3)),
            call("ii", draw(3, 3)),
            call("i,j", draw(2), draw(3)),
            call("i,ij,j->", draw(2), draw(2, 3), draw(3)),
            call("...ij,...j->...i", draw(2, 2, 3), draw(3)),
            call("ij,j->i", draw(2, 1), draw(3)),
            call("iij->j", draw(2, 2, 3)),
        ]
    ),
)

# ---------------------------------------------------------------------------- made of these


@composed(np.dot, method="dot")
def dot(a: Any, b: Any) -> Any:
    """NumPy's dot: the product with a number, the matrix product, or a sum over a's last and b's second-last axis.

    >>> dot(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    np.float64(11.0)
    """
    if not rank(a) or not rank(b):
        return np.multiply(a, b)
    return matmul(a, b) if rank(b) <= 2 else tensordot(a, b, ((-1,), (-2,)))


@composed(np.inner)
def inner(a: Any, b: Any, /) -> Any:
    """The sum of products over the last axes."""
    return np.multiply(a, b) if not rank(a) or not rank(b) else tensordot(a, b, ((-1,), (-1,)))


@composed(np.vdot)
def vdot(a: Any, b: Any, /) -> Any:
    """The sum of products of all elements, in order, the first operand conjugated."""
    return matmul(conj(np.ravel(a)), np.ravel(b))


@composed(np.vecdot, np.linalg.vecdot)
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """The inner products of vectors along an axis; of complex ones, with the first conjugated.

    >>> vecdot(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 1.0]))
    array([3., 7.])
    """
    return np.sum(conj(x1) * x2, axis=axis)


@composed(np.outer)
def outer(a: Any, b: Any) -> Any:
    """All products of an element of a and one of b, as a matrix."""
    return np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1))


@composed(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """The sum of products over several axes of each: the last of a with the first of b, or the axes named."""
    if isinstance(axes, int):
        axes = (range(rank(a) - axes, rank(a)), range(axes))
    first, second = ([one_axis(k, rank(x)) for k in _sequence(chosen)] for x, chosen in zip((a, b), axes, strict=True))
    names = iter("abcdefghijklmnopqrstuvwxyz")
    left = [next(names) for _ in range(rank(a))]
    right = [left[first[second.index(k)]] if k in second else next(names) for k in range(rank(b))]
    free = [label for label in (*left, *right) if (label in left) != (label in right)]
    return einsum(f"{''.join(left)},{''.join(right)}->{''.join(free)}", a, b)


def _sequence(axes: Any) -> Sequence[int]:
    return [axes] if isinstance(axes, int) else list(axes)


@composed(np.kron)
def kron(a: Any, b: Any) -> Any:
    """The Kronecker product: every element of a times all of b, laid out in blocks."""
    ndim = max(rank(a), rank(b))
    left, right = ((1,) * (ndim - rank(x)) + extents(x) for x in (a, b))
    coarse = np.reshape(a, tuple(extent for length in left for extent in (length, 1)))
    fine = np.reshape(b, tuple(extent for length in right for extent in (1, length)))
    return np.reshape(coarse * fine, tuple(m * n for m, n in zip(left, right, strict=True)))


@composed(np.cross)
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """The vector product in three dimensions, over the last axes or those named."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    a1, a2, a3 = (a[..., k] for k in range(3))
    b1, b2, b3 = (b[..., k] for k in range(3))
    product = np.stack([a2 * b3 - a3 * b2, a3 * b1 - a1 * b3, a1 * b2 - a2 * b1], axis=-1)
    return np.moveaxis(product, -1, axisc)
