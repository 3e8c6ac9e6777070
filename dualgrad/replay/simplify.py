"""Simplifying a recording: the same numbers from fewer steps.

Every rule here gives the bits that it takes away, the sign of a zero, the payload of a NaN and results below the
smallest normal number aside. One walk folds what is known, spells steps more cheaply and shares equal ones; what
nothing needs any more is dropped at the end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dualgrad.op import REGISTRY, Kind
from dualgrad.replay.masks import chosen
from dualgrad.replay.steps import Inner, Number, Operand, Recording, Step, Value, alive, pointwise, values

ufunc = {name: Inner(name, getattr(np, name)) for name in ("square", "sqrt", "reciprocal", "negative")}
_COMMUTATIVE = frozenset({"add", "multiply", "maximum", "minimum", "equal", "not_equal", "logical_and", "logical_or"})
# Not broadcast_to: `spread` takes negatives into it, and the two rules would undo each other for ever.
_ODD = frozenset({"multiply", "divide", "sum", "mean", "matmul", "reshape", "transpose", "getitem", "put"})
_FILLS = {"ones_like": 1, "zeros_like": 0}


@dataclass
class Walk:
    """What is known on the way: where operands went, which step made a value, which steps there are."""

    steps: list[Step] = field(default_factory=list)
    made: dict[Value, Step] = field(default_factory=dict)
    gone: dict[Value, Operand] = field(default_factory=dict)
    known: dict[Hashable, Value] = field(default_factory=dict)

    def maker(self, operand: Operand, name: str) -> Step | None:
        """The step that made an operand, where it applied the op of this name."""
        step = self.made.get(operand) if isinstance(operand, Value) else None
        return step if step is not None and step.op.name == name else None

    def now(self, operand: Operand) -> Operand:
        """What has taken the place of an operand."""
        return self.gone.get(operand, operand) if isinstance(operand, Value) else operand

    def enter(self, step: Step) -> None:
        """Add a step, or find its result in an equal one."""
        key = _key(step)
        known = self.known.get(key) if key is not None else None
        if known is not None:
            self.gone[step.output] = known
            return
        if key is not None:
            self.known[key] = step.output
        self.steps.append(step)
        self.made[step.output] = step


Rule = Callable[[Walk, Step], Step | Operand]


def simplified(recording: Recording) -> Recording:
    """The recording after all rules, and without the steps that nothing needs."""
    walk = Walk()
    for step in recording.steps:
        given = tuple(map(walk.now, step.inputs))
        found = _simplest(walk, step if given == step.inputs else replace(step, inputs=given))
        if isinstance(found, Step):
            walk.enter(found)
        else:
            walk.gone[step.output] = found
    result = replace(recording, steps=tuple(walk.steps), outputs=tuple(map(walk.now, recording.outputs)))
    return replace(result, steps=alive(result))


def shared(recording: Recording) -> Recording:
    """The recording with equal steps as one."""
    walk = Walk()
    for step in recording.steps:
        walk.enter(replace(step, inputs=tuple(map(walk.now, step.inputs))))
    return replace(recording, steps=tuple(walk.steps), outputs=tuple(map(walk.now, recording.outputs)))


def _simplest(walk: Walk, step: Step) -> Step | Operand:
    found: Step | Operand = step
    before: Step | Operand | None = None
    while found is not before:
        before = found
        for rule in (*RULES.get(found.op.name, ()), *GENERAL) if isinstance(found, Step) else ():
            if isinstance(found, Step):
                found = rule(walk, found)
    return found


# ---------------------------------------------------------------------------- rules


def filled(walk: Walk, step: Step) -> Step | Operand:
    """Arrays of one number, known by shape and dtype alone, as that number spread out."""
    if step.op.name not in _FILLS:
        return step
    number = Number(step.output.dtype.type(_FILLS[step.op.name]))
    if not step.output.shape:
        return number
    return replace(step, op=SPREAD, inputs=(number,), params={"shape": step.output.shape}, shows=())


def folded(walk: Walk, step: Step) -> Step | Operand:
    """A number made of known numbers."""
    if step.output.shape or not all(isinstance(operand, Number) for operand in step.inputs):
        return step
    with np.errstate(all="ignore"):
        result = step.op.forward(
            *(operand.value for operand in step.inputs if isinstance(operand, Number)), **step.params
        )
    return Number(np.asarray(result)[()])


def unmoved(walk: Walk, step: Step) -> Step | Operand:
    """What leaves every entry where it is; and an axis of length 1 around a known number."""
    (first, *_), output, name = step.inputs, step.output, step.op.name
    if name in ("positive", "copy") or (name == "astype" and first.dtype == output.dtype):
        return first if _stands_for(first, output) else step
    if step.op is SPREAD:
        return step
    if name in ("reshape", "broadcast_to") and isinstance(first, Number):
        return replace(step, op=SPREAD, inputs=(_typed(first, output),), params={"shape": output.shape}, shows=())
    if name in ("reshape", "broadcast_to") and isinstance(first, Value):
        inner = walk.made.get(first)
        if inner is not None and inner.op is SPREAD:
            return replace(inner, output=output, params={"shape": output.shape})
        return first if first.shape == output.shape else step
    if name == "getitem" and isinstance(first, Value) and first.shape == output.shape:
        whole = all(
            key is not None and key == (0, length, 1)
            for key, length in zip(step.params["key"], first.shape, strict=True)
        )
        return first if whole else step
    return _unturned(walk, step) if name == "transpose" else step


def _unturned(walk: Walk, step: Step) -> Step | Operand:
    (first,), axes = step.inputs, step.params["axes"]
    inner = walk.maker(first, "transpose")
    if inner is not None:
        first, axes = inner.inputs[0], tuple(inner.params["axes"][axis] for axis in axes)
        step = replace(step, inputs=(first,), params={"axes": axes})
    return first if tuple(axes) == tuple(range(len(axes))) else step


def spread(walk: Walk, step: Step) -> Step | Operand:
    """A pointwise step broadcasts by itself: it takes what is spread out as it was before, and is spread out itself."""
    if not step.output.shape or not pointwise(step.op):
        return step
    makers = [walk.maker(operand, "broadcast_to") for operand in step.inputs]
    if not any(makers):
        return step
    given = [op if maker is None else maker.inputs[0] for op, maker in zip(step.inputs, makers, strict=True)]
    shape = np.broadcast_shapes(*(operand.shape for operand in given))
    if shape == step.output.shape:
        return replace(step, inputs=tuple(given))
    if not shape:
        return step
    small = replace(step.output, name=f"{step.output.name}b", shape=shape, order=tuple(range(len(shape))))
    found = _simplest(walk, replace(step, inputs=tuple(given), output=small))
    if isinstance(found, Step):
        walk.enter(found)
        found = walk.now(small)
    shape_of = {"shape": step.output.shape}
    return replace(step, op=REGISTRY["broadcast_to"], inputs=(found,), params=shape_of, shows=(0,))


def constant(walk: Walk, step: Step) -> Step | Operand:
    """An array made of known numbers, each entry the same."""
    if not step.output.shape or step.op is SPREAD or not pointwise(step.op):
        return step
    makers = [walk.made.get(operand) if isinstance(operand, Value) else None for operand in step.inputs]
    numbers: list[Any] = []
    for operand, maker in zip(step.inputs, makers, strict=True):
        known = operand if maker is None or maker.op is not SPREAD else maker.inputs[0]
        if not isinstance(known, Number):
            return step
        numbers.append(known.value)
    with np.errstate(all="ignore"):
        number = Number(step.output.dtype.type(step.op.forward(*numbers, **step.params)))
    return replace(step, op=SPREAD, inputs=(number,), params={"shape": step.output.shape}, shows=())


def neutral(walk: Walk, step: Step) -> Step | Operand:
    """Times 1, over 1, minus 0."""
    if step.op.name not in ("multiply", "divide", "subtract"):
        return step
    first, second = step.inputs
    number = 0 if step.op.name == "subtract" else 1
    if isinstance(second, Number) and second.value == number:
        return _wide(first, step)
    if step.op.name == "multiply" and isinstance(first, Number) and first.value == 1:
        return _wide(second, step)
    return step


def _wide(operand: Operand, step: Step) -> Step | Operand:
    """An operand in the place of a result, broadcast if need be."""
    if _stands_for(operand, step.output):
        return operand
    if isinstance(operand, Number) or operand.dtype != step.output.dtype or not step.output.shape:
        return step
    return replace(
        step, op=REGISTRY["broadcast_to"], inputs=(operand,), params={"shape": step.output.shape}, shows=(0,)
    )


def signs(walk: Walk, step: Step) -> Step | Operand:
    """a + (-b) is a - b, and the like."""
    if step.op.name not in ("add", "subtract") or step.output.dtype.kind not in "fc":
        return step
    first, second = step.inputs
    minus = walk.maker(second, "negative")
    if minus is not None:
        other = "subtract" if step.op.name == "add" else "add"
        return replace(step, op=REGISTRY[other], inputs=(first, minus.inputs[0]))
    minus = walk.maker(first, "negative")
    if minus is None:
        return step
    if step.op.name == "add":
        return replace(step, op=REGISTRY["subtract"], inputs=(second, minus.inputs[0]))
    return _negated(walk, replace(step, op=REGISTRY["add"], inputs=(minus.inputs[0], second)))


def outward(walk: Walk, step: Step) -> Step | Operand:
    """A sign is taken out of products, quotients, sums and moves, to where it meets another or a sum."""
    name = step.op.name
    if name == "negative":
        minus = walk.maker(step.inputs[0], "negative")
        return step if minus is None else minus.inputs[0]
    if name not in _ODD or step.output.dtype.kind != "f":
        return step
    for slot in range(min(len(step.inputs), 2)):
        minus = walk.maker(step.inputs[slot], "negative")
        if minus is not None:
            given = list(step.inputs)
            given[slot] = minus.inputs[0]
            other = given[1 - slot] if len(given) > 1 else None
            if isinstance(other, Number) and name in ("multiply", "divide"):
                given[1 - slot] = Number(-other.value)
                return replace(step, inputs=tuple(given))
            return _negated(walk, replace(step, inputs=tuple(given)))
    return step


def _negated(walk: Walk, step: Step) -> Step:
    """Enter a step under a name of its own; its negative takes its place."""
    inner = replace(step.output, name=f"{step.output.name}n")
    entered = _simplest(walk, replace(step, output=inner))
    if isinstance(entered, Step):
        walk.enter(entered)
        positive: Operand = walk.now(inner)
    else:
        positive = entered
    return replace(step, op=ufunc["negative"], inputs=(positive,), params={}, shows=())


def _factor(product: Step) -> tuple[Number, Operand] | None:
    """The known number among two factors, and the other one."""
    for slot in (0, 1):
        number = product.inputs[slot]
        if isinstance(number, Number) and isinstance(number.value, (float, int, np.floating)):
            return number, product.inputs[1 - slot]
    return None


def doubled(walk: Walk, step: Step) -> Step | Operand:
    """c*x + c*x is (2c)*x, where that is less to double."""
    if step.op.name != "add" or step.inputs[0] is not step.inputs[1] or step.output.dtype.kind != "f":
        return step
    product = walk.maker(step.inputs[0], "multiply")
    found = _factor(product) if product is not None else None
    if product is None:
        return step
    if found is not None:
        return replace(product, inputs=(Number(found[0].value * 2), found[1]), output=step.output)
    small = next((part for part in values(product.inputs) if part.nbytes < step.output.nbytes), None)
    if small is None:
        return step
    twice = replace(small, name=f"{step.output.name}h")
    walk.enter(replace(step, inputs=(small, small), output=twice))
    given = tuple(walk.now(twice) if part is small else part for part in product.inputs)
    return replace(product, inputs=given, output=step.output)


def masked(walk: Walk, step: Step) -> Step | Operand:
    """Entries or zero, as bits."""
    found = chosen(step)
    return step if found is None else replace(step, op=found[0], inputs=found[1])


def even(walk: Walk, step: Step) -> Step | Operand:
    """Functions that do not see a sign."""
    minus = walk.maker(step.inputs[0], "negative")
    return step if minus is None else replace(step, inputs=minus.inputs)


def logistic(walk: Walk, step: Step) -> Step | Operand:
    """The sigmoid, without choosing entries: exp(min(x, 0)) / (1 + exp(-|x|))."""
    (x,), output = step.inputs, step.output
    if output.dtype.kind != "f" or output.number or output.dtype != x.dtype:
        return step

    def entered(letter: str, name: str, *inputs: Operand) -> Operand:
        made = replace(output, name=f"{output.name}{letter}")
        found = _simplest(walk, replace(step, op=REGISTRY[name], inputs=inputs, output=made))
        if isinstance(found, Step):
            walk.enter(found)
            return walk.now(made)
        return found

    decay = entered("c", "exp", entered("b", "negative", entered("a", "absolute", x)))
    growth = entered("f", "exp", entered("e", "minimum", x, Number(0)))
    return replace(step, op=REGISTRY["divide"], inputs=(growth, entered("d", "add", Number(1), decay)))


def powers(walk: Walk, step: Step) -> Step | Operand:
    """The exponents for which NumPy itself takes another function."""
    if step.op.name != "power_constant" or step.inputs[0].dtype is None or step.inputs[0].dtype.kind != "f":
        return step
    cheap = {2: "square", 0.5: "sqrt", -1: "reciprocal"}.get(step.params["exponent"])
    return step if cheap is None else replace(step, op=ufunc[cheap], params={})


def averaged(walk: Walk, step: Step) -> Step | Operand:
    """A mean is a sum over a count, and the sum may be part of a loop."""
    (first, *_), output = step.inputs, step.output
    if step.op.name != "mean" or first.dtype not in (np.float64, np.float32):
        return step
    count = math.prod(first.shape[axis] for axis in step.params["axis"])
    if not 0 < count <= 1 << 24:
        return step
    total = replace(output, name=f"{output.name}s")
    walk.enter(replace(step, op=REGISTRY["sum"], output=total))
    return replace(step, op=REGISTRY["divide"], inputs=(walk.now(total), Number(count)), params={})


GENERAL: tuple[Rule, ...] = (folded, constant, spread)
RULES: Mapping[str, tuple[Rule, ...]] = {
    **dict.fromkeys(("ones_like", "zeros_like"), (filled,)),
    **dict.fromkeys(("positive", "copy", "astype"), (unmoved,)),
    **dict.fromkeys(("reshape", "broadcast_to", "getitem", "transpose"), (unmoved, outward)),
    **dict.fromkeys(("negative", "sum", "matmul", "put"), (outward,)),
    **dict.fromkeys(("multiply", "divide"), (neutral, outward)),
    "subtract": (neutral, signs),
    "add": (signs, doubled),
    "power_constant": (powers,),
    "mean": (outward, averaged),
    **dict.fromkeys(("absolute", "square", "cos", "cosh"), (even,)),
    "sigmoid": (logistic,),
    "where": (masked,),
}
SPREAD = Inner("broadcast_to", REGISTRY["broadcast_to"].forward, Kind.MULTILINEAR)


def _stands_for(operand: Operand, output: Value) -> bool:
    """Whether an operand may be used wherever this result is."""
    return (
        isinstance(operand, Value)
        and operand.shape == output.shape
        and operand.dtype == output.dtype
        and (operand.number == output.number or not operand.shape)
    )


def _typed(number: Number, output: Value) -> Number:
    return Number(output.dtype.type(number.value))


# ---------------------------------------------------------------------------- equal steps


def _key(step: Step) -> Hashable:
    """What makes two steps equal; None where that is not known."""
    given: Any = [operand if isinstance(operand, Number) else operand.name for operand in step.inputs]
    if step.op.name in _COMMUTATIVE and len(given) == 2:
        given.sort(key=repr)
    static = _frozen(step.params)
    key = (id(step.op), *given, static)
    try:
        hash(key)
    except TypeError:
        return None
    return key


def _frozen(value: Any) -> Hashable:
    if isinstance(value, Mapping):
        return tuple((key, _frozen(part)) for key, part in value.items())
    if isinstance(value, (tuple, list)):
        return (type(value), *map(_frozen, value))
    if isinstance(value, (int, float, complex, np.generic)):
        return (type(value), repr(value))
    return value  # type: ignore[no-any-return]
