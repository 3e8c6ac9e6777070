"""Every kind of derivative as a question about a gradient or a Jacobian, which the ladder answers.

Write ⟨a, b⟩ for the sum of the products of the elements, f' for the Jacobian of f, and ∇ for the gradient of a sum
over all outputs. The directions v, t (tangents) and c (cotangents) are drawn here; in a proof they are free.

    vjp    candidate(x, c) = ∇ₓ⟨c, f(x)⟩          a gradient, of the function (x, c) ↦ ⟨c, f(x)⟩
    hess   candidate(x)    = the Jacobian of ∇f    a Jacobian, of the function x ↦ ∇f(x)
    hvp    candidate(x, v) = ∇ₓ⟨∇f(x), v⟩          a gradient, of the function (x, v) ↦ ⟨∇f(x), v⟩
    jvp    candidate(x, t) = ∇_c⟨∇ₓ⟨c, f(x)⟩, t⟩   a gradient, of a function of (x, t, c)
    value  candidate(x)    = ∇_c⟨c, f(x)⟩          a gradient, of a function of (x, c)

The fourth is the derivative along t because ∇ₓ⟨c, f⟩ = f'ᵀc, so that ⟨f'ᵀc, t⟩ = ⟨c, f't⟩, which is linear in c with
the coefficients f't. The last two do not depend on c, and a candidate is never given it. The fifth compares values.

Where ∇f or ∇ₓ⟨c, f⟩ stands inside, it is the program that the engine's backward pass records on the recorded f
(:mod:`verify.question.derive`). That this is the gradient of f is a question of its own, the *base*: it has to be
proved before anything is PROVED, and must hold at every point in balls before anything is said there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from verify.question.structure import filled

WORDS = {
    "grad": "gradient",
    "jac": "Jacobian",
    "hess": "Hessian",
    "hvp": "Hessian-vector product",
    "vjp": "vector-Jacobian product",
    "jvp": "Jacobian-vector product",
    "value": "value",
}
WITH_TANGENTS = frozenset({"hvp", "jvp"})
WITH_COTANGENTS = frozenset({"vjp", "jvp", "value"})
OF_COMPLEX = frozenset({"jac", "vjp", "jvp", "value"})  # f may return complex numbers
ON_A_GRADIENT = frozenset({"hess", "hvp", "jvp"})  # the question is about a recorded gradient of f


@dataclass(frozen=True)
class Derived:
    """What f is differentiated by, and the places of the directions among the arguments, behind those of f.

    ``outputs`` is what f returns, with the number of its cotangent in the place of each array.
    """

    kind: str
    by: tuple[int, ...]
    tangents: tuple[int, ...] = ()
    cotangents: tuple[int, ...] = ()
    outputs: Any = None
    across: tuple[int, ...] = ()  # for a row of a Hessian: by what the gradient is differentiated, where not by ``by``

    @property
    def drawn(self) -> tuple[int, ...]:
        """The places of all directions."""
        return (*self.tangents, *self.cotangents)

    @property
    def wrt(self) -> tuple[int, ...]:
        """By what the function of the question is differentiated."""
        return self.cotangents if self.kind in ("jvp", "value") else self.across or self.by

    def own(self, values: Sequence[Any]) -> list[Any]:
        """The arguments of f among all values."""
        return list(values[: len(values) - len(self.drawn)])

    def passed(self, own: Sequence[Any], values: Sequence[Any], structure: Any) -> list[Any]:
        """What the candidate is called with: ``own``, what f is called with, and where its kind says directions.

        ``structure`` is that of the arguments that f is differentiated by: one, or a tuple of several.
        """
        match self.kind:
            case "hvp":
                return [own[0], self._tangents(values, structure), *own[1:]]
            case "jvp":
                return [*own, self._tangents(values, structure)]
            case "vjp":
                return [*own, filled(self.outputs, [values[place] for place in self.cotangents])]
        return list(own)

    def _tangents(self, values: Sequence[Any], structure: Any) -> Any:
        moving = {place: values[tangent] for place, tangent in zip(self.by, self.tangents, strict=True)}
        return filled(structure, {**dict(enumerate(values)), **moving})
