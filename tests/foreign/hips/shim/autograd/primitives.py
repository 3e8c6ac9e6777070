"""A user's own primitives, in HIPS' way: nodes of dualgrad's graph whose rules are looked up when they are needed."""

import warnings
from itertools import count

import numpy as np

from autograd.trees import leaves, rebuilt
from autograd.vectors import vspace
from dualgrad import Tensor
from dualgrad.op import Complex, Kind, Op, bind

primitive_vjps = {}
primitive_jvps = {}


def primitive(function):
    def run(*args, **kwargs):
        slots = [(number, place) for number, arg in enumerate(args) for place, _ in enumerate(leaves(arg))]
        operands = [leaf for arg in args for leaf in leaves(arg)]
        boxed = [k for k, leaf in enumerate(operands) if isinstance(leaf, Tensor) and leaf.requires_grad]
        plain = [leaf.detach().numpy() if isinstance(leaf, Tensor) else leaf for leaf in operands]
        answer = function(*_refilled(args, plain), **kwargs)
        if not boxed:
            return answer
        call = _Call(run, args, kwargs, operands, boxed, [slots[k] for k in boxed], answer)
        given = [operands[k] for k in boxed]
        places = range(len(leaves(answer)))
        return rebuilt(answer, [bind(_PRIMITIVE, given, {"call": call, "place": place}) for place in places])

    run.__name__ = getattr(function, "__name__", "primitive")
    run.__doc__ = function.__doc__
    run.fun = function
    run.defvjp = _warned(lambda rule, argnum: _adding(run, _staged(rule, argnum), argnum))
    run.defgrad = _warned(lambda rule, argnum: _adding(run, rule, argnum))
    run.defvjp_is_zero = lambda argnums=(0,): [_adding(run, None, argnum) for argnum in argnums]
    return run


class _Call:
    """One application of a primitive, from which its rules are run."""

    def __init__(self, function, args, kwargs, operands, boxed, slots, answer):
        self.function, self.args, self.kwargs = function, args, kwargs
        self.operands, self.boxed, self.slots, self.answer = operands, boxed, slots, answer
        self.numbers = tuple(dict.fromkeys(number for number, _ in slots))

    def given(self, inputs):
        """The arguments with these in place of the operands that are differentiated."""
        found = [leaf.detach().numpy() if isinstance(leaf, Tensor) else leaf for leaf in self.operands]
        for k, value in zip(self.boxed, inputs, strict=True):
            found[k] = value
        return _refilled(self.args, found)

    def value(self, place, y):
        found = leaves(self.answer)
        found[place] = y
        return rebuilt(self.answer, found)

    def only(self, place, g):
        """The (co)tangent of the whole answer that has but this part."""
        parts = leaves(vspace(self.answer).zeros())
        parts[place] = g
        return rebuilt(self.answer, parts)


def _pull(g, y, *inputs, slot, call, place):
    if call.function not in primitive_vjps:
        raise NotImplementedError(f"VJP of {call.function.__name__} wrt argnums {call.numbers} not defined")
    make = primitive_vjps[call.function]
    pulled = list(make(call.numbers, call.value(place, y), call.given(inputs), call.kwargs)(call.only(place, g)))
    number, part = call.slots[slot]
    return leaves(pulled[call.numbers.index(number)])[part]


def _push(t, y, *inputs, slot, call, place):
    if call.function not in primitive_jvps:
        raise NotImplementedError(f"JVP of {call.function.__name__} wrt argnums {call.numbers} not defined")
    args = call.given(inputs)
    number, part = call.slots[slot]
    tangent = leaves(vspace(args[number]).zeros())
    tangent[part] = t
    make = primitive_jvps[call.function]
    pushed = make((number,), [rebuilt(args[number], tangent)], call.value(place, y), args, call.kwargs)
    return leaves(pushed)[place]


def _unread(*args, **kwargs):
    raise NotImplementedError("a primitive of HIPS has no meaning")


def _answered(*inputs, call, place):
    leaf = leaves(call.answer)[place]
    return leaf if hasattr(leaf, "dtype") else np.float64(leaf)


_PRIMITIVE = Op(
    "primitive",
    Kind.COMPOSITE,
    call=_unread,
    forward=_answered,
    meaning=_unread,
    vjp=(_pull,),
    jvp=(_push,),
    variadic=True,
    complex=Complex.ANALYTIC,
)


def _refilled(args, found):
    found = iter(found)
    return tuple(rebuilt(arg, [next(found) for _ in leaves(arg)]) for arg in args)


# ---------------------------------------------------------------------------- defining rules


def defvjp_argnums(function, make):
    primitive_vjps[function] = make


def defvjp_argnum(function, make):
    def rules(numbers, *rest):
        each = [make(number, *rest) for number in numbers]
        return lambda g: [rule(g) for rule in each]

    primitive_vjps[function] = rules


def defvjp(function, *makers, argnums=None):
    by_number = dict(zip(count() if argnums is None else argnums, makers, strict=False))

    def make(number, answer, args, kwargs):
        if number not in by_number:
            raise NotImplementedError(f"VJP of {function.__name__} wrt argnum {number} not defined")
        if by_number[number] is None:
            return lambda g: vspace(args[number]).zeros()
        return by_number[number](answer, *args, **kwargs)

    defvjp_argnum(function, make)
    function.rules = by_number


def defjvp_argnums(function, make):
    primitive_jvps[function] = make


def defjvp_argnum(function, make):
    primitive_jvps[function] = lambda numbers, gs, *rest: make(numbers[0], gs[0], *rest)


def defjvp(function, *rules, argnums=None):
    by_number = dict(zip(count() if argnums is None else argnums, rules, strict=False))

    def push(number, g, answer, args, kwargs):
        rule = by_number[number]
        if rule is None:
            return vspace(answer).zeros()
        if rule == "same":
            return function(*args[:number], g, *args[number + 1 :], **kwargs)
        return rule(g, answer, *args, **kwargs)

    defjvp_argnum(function, push)


def def_linear(function):
    def push(number, g, answer, args, kwargs):
        return function(*args[:number], g, *args[number + 1 :], **kwargs)

    defjvp_argnum(function, push)


def _adding(function, rule, number):
    known = {**getattr(function, "rules", {}), number: rule}
    defvjp(function, *known.values(), argnums=list(known))


def _staged(rule, number):
    """A rule of the old kind, which took the cotangent at once and the spaces of operand and cotangent."""
    return lambda answer, *args, **kwargs: lambda g: rule(g, answer, vspace(args[number]), vspace(g), *args, **kwargs)


def _warned(enter):
    def define(rule, argnum=0):
        warnings.warn("the method is deprecated", stacklevel=2)
        enter(rule, argnum)

    return define
