"""Cosines and sines of parts of a turn as people write them: cos(2π jk/n)."""

from __future__ import annotations

from dualgrad.program.entry import Affine, Turn, affine


def angle(node: Turn) -> tuple[list[Affine], Affine]:
    """The factors of the angle over π, and what they are over.

    >>> angle(Turn("cos", affine(4), affine(1), 6))
    ([Affine(terms=(), constant=2)], Affine(terms=(), constant=6))
    """
    half = _halved(node.left)
    factors = [node.left if half is None else half, node.right]
    return [form for form in factors if form != affine(1)], affine(node.size * (2 if half is None else 1))


def bracketed(text: str, form: Affine) -> str:
    """The text of a form as a factor: in brackets where it is a sum."""
    return f"({text})" if len(form.terms) + (form.constant != 0) > 1 else text


def _halved(form: Affine) -> Affine | None:
    whole = [number for number in (form.constant, *(f for _, f in form.terms)) if isinstance(number, int)]
    if len(whole) <= len(form.terms) or any(number % 2 for number in whole):
        return None
    constant, *factors = (number // 2 for number in whole)
    return Affine(tuple(zip((index for index, _ in form.terms), factors, strict=True)), constant)
