"""What a decision says: a proof with all that it rests on, or a failure with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from dualgrad.program.record import Variable


@dataclass(frozen=True)
class Proof:
    """G's outputs are the derivative of F, wherever both have values, off the listed kinks.

    ``gradients``   the derivative, one text for each input asked for
    ``forward``     what must hold for F to have a value, ``gradient`` for G, ``derivative`` for F to be differentiable
    ``only_gradient``  what of ``gradient`` does not follow: where it fails, F has a derivative and G has no value
    ``rarely``      what ``only_gradient`` asks for fails on a null set only
    ``kinks``       guards of F that were held constant: nothing is claimed where one changes
    ``ties``        guards on whose boundary G follows a convention, shown to be of measure zero
    ``sizes``       (dimension, least value) beyond 1
    ``opaque``      intermediates that stayed opaque: the identity holds for all their values
    ``equality_tests``  F tests a computed value for equality: a caller must not call this proved
    ``composed``    the kinks are those of single steps: kinks that cancel in the whole are among them
    ``pairs``       arrays of F with those of G that are their adjoints, as far as the proof went by them
    ``shares``      of their first operand or upper side, where both sides of these meet
    ``domains``     inputs whose named domain was used beyond the signs of its entries
    """

    gradients: tuple[str, ...]
    forward: tuple[str, ...]
    gradient: tuple[str, ...]
    derivative: tuple[str, ...]
    only_gradient: tuple[str, ...]
    kinks: tuple[str, ...]
    ties: tuple[str, ...]
    sizes: tuple[tuple[str, int], ...]
    opaque: tuple[str, ...]
    equality_tests: tuple[str, ...]
    domains: tuple[str, ...]
    composed: bool
    literals: str
    statistics: dict[str, float]
    certificate: dict[str, object]
    pairs: Mapping[Variable, Variable] = field(default_factory=dict)
    shares: Mapping[Variable, Fraction] = field(default_factory=dict)
    rarely: bool = True


@dataclass(frozen=True)
class Failure:
    """No proof, with the reason.

    ``residual`` is what is left of the difference, as text. ``polynomial`` says that it lies in the fragment
    where the form decides: then the programs differ at some values at the sizes ``refuting`` and above.
    Otherwise a difference that is left says nothing.
    """

    reason: str
    residual: str = ""
    polynomial: bool = False
    refuting: dict[str, int] = field(default_factory=dict)
