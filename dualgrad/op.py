"""The declaration of an op, the registry, and the one place where an op is applied.

An op is declared once, in one place: its forward, its VJP (what the engine uses), its meaning (what every
other reading uses), where it is defined and smooth, and how to draw samples. Its public function, Tensor
method, NumPy protocol entry and tests are derived from the declaration.

    tanh = pointwise("tanh", np.tanh, partials=[lambda y, x: 1 / np.cosh(x) ** 2], meaning=lambda x: kernel("tanh", x))
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache, partial
from typing import Any, NamedTuple, Protocol

import numpy as np

from dualgrad.document import Documented, plain
from dualgrad.program.entry import Affine, Element, Entry, Index, Meaning, affine
from dualgrad.program.size import Extent

Shape = tuple[Extent, ...]


class Kind(Enum):
    """How the analytic derivative of an op follows from its meaning."""

    POINTWISE = "pointwise"  # y[i] = φ(x[i], …): the law of φ
    MULTILINEAR = "multilinear"  # the op itself with one slot replaced
    SELECTION = "selection"  # given its guard, a gather
    COMPOSITE = "composite"  # a fast forward of its own for what is defined by smaller ops: the laws of those


class Complex(Enum):
    """What the rules of an op are where its operands are complex numbers."""

    REFUSED = "refused"  # for real numbers only
    ANALYTIC = "analytic"  # right as they stand: the engine conjugates, so that a cotangent meets the adjoint
    ADJOINT = "adjoint"  # the adjoint itself: they conjugate what has to be


class Sizes(Protocol):
    """What a meaning may ask about extents. A trace merges dimensions here and prints each merge as a hypothesis."""

    def same(self, a: Extent, b: Extent, why: str) -> Extent:
        """The common extent of two axes that the op requires to be equal; ValueError if they cannot be."""

    def at_least(self, extent: Extent, least: int, why: str) -> None:
        """A size condition of the op: the claim carries it; ValueError where it does not hold."""


class Call(NamedTuple):
    """An application before it runs: the array operands and the static arguments."""

    inputs: tuple[Any, ...]
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kink:
    """Where an op has no derivative, which value the engine takes there, and why."""

    where: str
    takes: str
    because: str


_NOTHING: Any = object()


@dataclass(frozen=True, slots=True, eq=False)
class Op:
    """One declared op. Call it like the NumPy function it is named after.

    ``call``      maps NumPy's signature to a :class:`Call` with canonical static arguments
    ``forward``   arrays and static arguments to an array, in plain NumPy
    ``partials``  pointwise only: one function ``(y, *inputs, **params) -> partial`` a slot, or the number it
                  always is, or None for no derivative
    ``vjp``       one function ``(g, y, *inputs, **params) -> cotangent`` a slot, None for no derivative
    ``variadic``  takes any number of operands: its one VJP gets the slot as ``slot=``
    ``each``      ``(g, y, inputs, params) -> the cotangents of all slots``, where they have work in common, or one at a
                  time would take time quadratic in their number; of complex operands, of a variadic op, the adjoint
    ``jvp``       selection and composite, and where a slot does not enter as a factor: one function
                  ``(t, y, *inputs, **params) -> tangent`` a slot
    ``meaning``   ``(sizes, *shapes, **params) -> Meaning``
    ``dtype``     ``(*given, **params) -> dtype``, each given a dtype, or a Python number for a number
    ``samples``   ``(rng) -> sample calls``, see dualgrad.samples
    ``ulps``      the bound each partial holds where the problem is well conditioned
    ``stacked``   ``(which, *inputs, **params) -> array``: the op on each entry along a first axis of the operands that
                  ``which`` marks, all at once; None where that is not to be had for these operands
    ``adds``      ``(into, g, fresh, **params)``, of an op that selects entries of its one operand: adds the cotangent
                  of the result to that of the operand, in place; ``fresh`` says that it holds zeros
    ``complex``   what the rules are on complex operands; the partial of a real result is then ∂y/∂Re x + i ∂y/∂Im x
    """

    name: str
    kind: Kind
    call: Callable[..., Call]
    forward: Callable[..., Any]
    meaning: Callable[..., Meaning]
    partials: tuple[Callable[..., Any] | int | None, ...] = ()
    vjp: tuple[Callable[..., Any] | None, ...] = ()
    jvp: tuple[Callable[..., Any] | None, ...] = ()
    dtype: Callable[..., Any] = lambda *given, **params: np.result_type(*given)
    numpy: tuple[Any, ...] = ()
    method: str | None = None
    variadic: bool = False
    each: Callable[..., Any] | None = None
    aliases: tuple[str, ...] = ()
    kinks: tuple[Kink, ...] = ()
    domain: str = ""
    ulps: float = 4.0
    complex: Complex = Complex.REFUSED
    stacked: Callable[..., Any] | None = None  # pointwise ops need none
    adds: Callable[..., None] | None = None
    samples: Callable[..., Any] | None = None
    doc: str = ""
    direct: bool = False  # the call passes its operands on as they are
    appliers: dict[type, Callable[..., Any]] = field(init=False, repr=False, default_factory=dict)  # see __call__
    signature: inspect.Signature = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "signature", inspect.signature(self.call))

    def __call__(self, first: Any = _NOTHING, /, *args: Any, **kwargs: Any) -> Any:
        try:
            apply = self.appliers.get(type(first))  # what a class has for this op that is quicker than bind
            if apply is not None:
                return apply(first, *args, **kwargs) if args or kwargs else apply(first)
            call = self.call(*(() if first is _NOTHING else (first,)), *args, **kwargs)
        except TypeError:
            self._check(() if first is _NOTHING else (first, *args), kwargs)
            raise
        return bind(self, call.inputs, call.params)

    def _check(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        try:
            self.signature.bind(*args, **kwargs)
        except TypeError as error:
            given = ", ".join([*(type(a).__name__ for a in args), *(f"{key}=..." for key in kwargs)])
            raise TypeError(
                f"dualgrad.{self.name}: {error}; got ({given}), expected {self.name}{plain(self.signature)}"
                f"{_renamed(kwargs, self.signature)}"
            ) from None

    def __repr__(self) -> str:
        return f"dualgrad.{self.name}"


Op.__doc__ = Documented(Op.__doc__)  # type: ignore[assignment]  # help(dg.exp) shows what its declaration says

REGISTRY: dict[str, Op] = {}
COMPOSED: dict[str, Callable[..., Any]] = {}  # public functions that only choose or chain ops
BY_NUMPY: dict[Any, Callable[..., Any]] = {}
METHODS: dict[str, Callable[..., Any]] = {}
ENTERED: list[Callable[[str, Callable[..., Any]], None]] = []  # each is told of a method that is entered later
PYTORCH = {"dim": "axis", "keepdim": "keepdims"}  # its keywords, which methods take and functions point to


def register(op: Op) -> Op:
    """Enter an op under its name, its aliases and its NumPy functions; ValueError when a name is taken."""
    for name in (op.name, *op.aliases):
        if name in REGISTRY:
            raise ValueError(f"dualgrad.op: an op named {name!r} is declared already; choose another name")
        REGISTRY[name] = op
    BY_NUMPY.update(dict.fromkeys(op.numpy, op))
    if op.method is not None:
        _enter_method(op.method, op)
    return op


def _enter_method(name: str, function: Callable[..., Any]) -> None:
    METHODS[name] = function
    for tell in ENTERED:
        tell(name, function)


def composed(*numpy: Any, method: str | None = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a plain function of ops as a public function, under its own name and these NumPy functions."""

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        COMPOSED[function.__name__] = function
        BY_NUMPY.update(dict.fromkeys(numpy, function))
        if method is not None:
            _enter_method(method, function)
        return function

    return enter


def bind(op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """Apply an op: by the operand that claims it (a Tensor before a Tracer), else its forward on plain arrays."""
    owner: Any = None
    rank = 0
    for operand in inputs:
        kind = type(operand)
        if kind not in _PLAIN:
            claim = getattr(kind, "__bind_rank__", 0)
            if claim > rank:
                owner, rank = kind, claim
    if owner is not None:
        return owner.__bind__(op, inputs, params)
    return run(op, inputs, params)


def run(op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """The forward of an op on plain arrays.

    Where the user has floating-point errors raise, a NumPy function does; in what is computed on the way to the result
    of any other forward they are none of his.
    """
    try:
        return op.forward(*inputs, **params)
    except FloatingPointError:
        if isinstance(op.forward, np.ufunc):
            raise
        with np.errstate(all="ignore"):
            return op.forward(*inputs, **params)


_PLAIN = frozenset({np.ndarray, np.float64, float, int})  # claimed by nobody, and looked at most often


class Over:
    """A partial derivative that is one over something: what it would multiply is divided by that instead.

    >>> 6.0 * Over(3.0)
    2.0
    """

    __slots__ = ("value",)
    __array_ufunc__ = None  # an array leaves the product to __rmul__

    def __init__(self, value: Any) -> None:
        self.value = value

    def __rmul__(self, g: Any) -> Any:
        return g / self.value


def one_over(x: Any) -> Any:
    """``1 / x`` as a partial. A product with it rounds once, and 1 / 3 is a third in a recording, not a float.

    A pair of a value and a tangent is inverted: the product rule asks for its parts.
    """
    return 1 / x if type(x) not in _PLAIN and hasattr(x, "tangent") else Over(x)


# ---------------------------------------------------------------------------- declaring


def pointwise(
    name: str,
    forward: Callable[..., Any],
    partials: Sequence[Callable[..., Any] | int | None],
    meaning: Callable[..., Entry],
    **rest: Any,
) -> Op:
    """Declare ``y[i] = φ(x[i], …)`` with broadcasting. ``meaning`` builds φ from entries; the rest follows."""
    rest.setdefault("direct", "call" not in rest)
    rest.setdefault("call", _fixed_arity(name, forward, len(partials)))
    rest.setdefault("dtype", dtype_of(forward))
    if isinstance(forward, np.ufunc):
        rest.setdefault("numpy", (forward,))
    op = register(
        Op(
            name=name,
            kind=Kind.POINTWISE,
            forward=forward,
            partials=tuple(partials),
            meaning=lambda sizes, *shapes, **params: pointwise_meaning(sizes, shapes, partial(meaning, **params)),
            **rest,
        )
    )
    if op.direct and len(partials) == 1:
        op.appliers[np.ndarray] = lambda x, /: run(op, (x,), {})
    return op


def structural(name: str, kind: Kind, **fields: Any) -> Op:
    """Declare an op that moves or combines entries: multilinear, which is analytic, or a selection."""
    fields.setdefault("complex", Complex.ANALYTIC if kind is Kind.MULTILINEAR else Complex.REFUSED)
    return register(Op(name=name, kind=kind, **{key: _frozen(value) for key, value in fields.items()}))


def dtype_of(forward: Callable[..., Any]) -> Callable[..., Any]:
    """The dtype rule that asks the forward itself, on ones without axes; each question once."""

    @lru_cache(maxsize=256, typed=True)
    def asked(*given: Any, **params: Any) -> Any:
        with np.errstate(all="ignore"):
            return np.asarray(
                forward(*(np.ones((), d) if isinstance(d, np.dtype) else d for d in given), **params)
            ).dtype

    def dtype(*given: Any, **params: Any) -> Any:
        try:
            return asked(*given, **params)
        except TypeError:  # a parameter that cannot be looked up
            return asked.__wrapped__(*given, **params)

    return dtype


def pointwise_meaning(sizes: Sizes, shapes: Sequence[Shape], body: Callable[..., Entry]) -> Meaning:
    """The meaning of a broadcasting pointwise op: align trailing axes, read size-1 axes at 0."""
    rank = max(map(len, shapes))
    aligned = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    indices = tuple(Index("ijklmnpq"[axis % 8], _joined(sizes, [s[axis] for s in aligned])) for axis in range(rank))
    elements = [Element(slot, position(shape, indices)) for slot, shape in enumerate(shapes)]
    return Meaning(indices, body(*elements))


def position(shape: Shape, indices: Sequence[Index]) -> tuple[Affine, ...]:
    """Where an operand of this shape is read when it is broadcast to the indices' shape."""
    offset = len(indices) - len(shape)
    return tuple(affine(0 if extent == 1 else indices[offset + axis]) for axis, extent in enumerate(shape))


def _joined(sizes: Sizes, extents: Sequence[Extent]) -> Extent:
    joined: Extent = 1
    for extent in extents:
        if extent != 1:
            joined = extent if joined == 1 else sizes.same(joined, extent, "broadcasting")
    return joined


def _fixed_arity(name: str, forward: Callable[..., Any], arity: int) -> Callable[..., Call]:
    if arity == 1:
        return lambda x, /: Call((x,), {})
    if arity == 2:
        return lambda x1, x2, /: Call((x1, x2), {})
    return lambda x1, x2, x3, /: Call((x1, x2, x3), {})


def _renamed(kwargs: Mapping[str, Any], signature: inspect.Signature) -> str:
    """What to write instead of PyTorch's keywords."""
    known = [(key, PYTORCH[key]) for key in kwargs if PYTORCH.get(key) in signature.parameters]
    return "".join(f"; write {numpy}= for {torch}=" for torch, numpy in known)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
