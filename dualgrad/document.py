"""The docstring of an op, from its declaration: nothing in it is typed twice."""

from __future__ import annotations

import inspect
from typing import Any

_KINDS = {
    "pointwise": "Pointwise: entry by entry, with broadcasting.",
    "multilinear": "Multilinear: the differential is the op itself, with one operand replaced by its tangent.",
    "selection": "A selection: each entry of the result is one of the operands' entries, chosen by their values.",
    "composite": "Composite: what it means is written in smaller ops.",
}
_COMPLEX = {
    "refused": "Complex operands are refused.",
    "analytic": "Analytic: gradients of complex operands follow PyTorch's convention, the conjugate of the derivative.",
    "adjoint": "Complex operands: gradients follow PyTorch's convention, the adjoint of the differential.",
}


def docstring(op: Any) -> str:
    """Return what a declaration says, as a docstring.

    >>> import dualgrad as dg
    >>> print(docstring(dg.tanh).splitlines()[0])
    tanh(x, /)
    """
    said = [f"{op.name}{plain(op.signature)}", "", op.doc or f"As {namesake(op)}.", "", _KINDS[op.kind.value]]
    said += [f"At {kink.where} it has no derivative; taken: {kink.takes}, because {kink.because}." for kink in op.kinks]
    if op.domain:
        said.append(f"Differentiable where {op.domain}.")
    if op.kind.value == "pointwise":
        said.append(f"Each partial derivative is within {op.ulps:g} ulps, where the problem is well conditioned.")
    said.append(_COMPLEX[op.complex.value])
    return "\n".join(said)


def namesake(op: Any) -> str:
    """Return the function that an op is named after.

    >>> import dualgrad as dg
    >>> namesake(dg.exp), namesake(dg.erf), namesake(dg.linalg.inv)
    ('numpy.exp', 'scipy.special.erf', 'numpy.linalg.inv')
    """
    for function in op.numpy:
        name = getattr(function, "__name__", "")
        if name:
            return f"{getattr(function, '__module__', None) or 'numpy'}.{name}"
    return f"scipy.special.{op.name}"


def plain(signature: inspect.Signature) -> str:
    """Return a signature without its annotations, which in declarations are all Any."""
    bare = [each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


class Documented:
    """The ``__doc__`` of a class whose instances have docstrings of their own."""

    def __init__(self, own: str | None) -> None:
        self.own = own

    def __get__(self, op: Any, owner: type | None = None) -> str | None:
        return self.own if op is None else docstring(op)
