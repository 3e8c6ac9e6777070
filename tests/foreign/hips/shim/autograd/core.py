"""``make_vjp`` and ``make_jvp``, by dualgrad.

HIPS pulls back by the transposed Jacobian; dualgrad, as PyTorch, by the adjoint one: two conjugations apart.
"""

# ruff: noqa: F401
import warnings

import numpy as np

import dualgrad
from autograd.primitives import (
    def_linear,
    defjvp,
    defjvp_argnum,
    defjvp_argnums,
    defvjp,
    defvjp_argnum,
    defvjp_argnums,
    primitive,
    primitive_jvps,
    primitive_vjps,
)
from autograd.tracer import getval
from autograd.trees import leaves, mapped, rebuilt
from autograd.vectors import VSpace, vspace
from dualgrad import Tensor, enable_grad

primitive_with_deprecation_warnings = primitive


def make_vjp(fun, x):
    fresh = [_fresh(leaf) for leaf in leaves(x)]
    with enable_grad():
        out = fun(rebuilt(x, fresh))
    reached = [y for y in leaves(out) if isinstance(y, Tensor) and y.requires_grad]
    if not reached:
        warnings.warn("Output seems independent of input.", stacklevel=2)
    lifted = _lifted(reached, fresh)

    def vjp(g):
        recorded = lifted or any(isinstance(leaf, Tensor) and leaf.requires_grad for leaf in leaves(g))
        pairs = [(y, leaf) for y, leaf in zip(leaves(out), leaves(g), strict=True) if any(y is r for r in reached)]
        found = dualgrad.autograd.grad(
            [y for y, _ in pairs],
            fresh,
            [_conjugate(leaf) for _, leaf in pairs],
            retain_graph=True,
            create_graph=recorded,
            allow_unused=True,
        )
        grads = [np.zeros_like(getval(t)) if d is None else _conjugate(d) for t, d in zip(fresh, found, strict=True)]
        return rebuilt(x, grads if recorded else map(getval, grads))

    return vjp, out if lifted else mapped(getval, out)


def make_jvp(fun, x):
    points = leaves(x)

    def jvp(v):
        fresh = [_fresh(leaf) for leaf in points]
        with enable_grad():
            out = fun(rebuilt(x, fresh))
        parts = leaves(out)
        lifted = _lifted([y for y in parts if isinstance(y, Tensor) and y.requires_grad], fresh)
        pushed = [dualgrad.jvp(_component(fun, x, place), points, leaves(v))[1] for place, _ in enumerate(parts)]
        return out if lifted else mapped(getval, out), rebuilt(out, pushed)

    return jvp


def _component(fun, x, place):
    def component(*found):
        return leaves(fun(rebuilt(x, found)))[place]

    return component


def _fresh(leaf):
    if isinstance(leaf, Tensor) and leaf.requires_grad:
        return dualgrad.positive(leaf)
    array = np.asarray(getval(leaf))
    return dualgrad.tensor(array if array.dtype.kind in "fc" else array.astype(float), requires_grad=True)


def _lifted(results, fresh):
    """Whether the results also depend on what is being differentiated outside."""
    mine, stack, seen = {id(t) for t in fresh}, [y.grad_fn for y in results if not y.is_leaf], set()
    if any(y.is_leaf and id(y) not in mine for y in results):
        return True
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if node.name() != "AccumulateGrad":
            stack.extend(edge for edge, _ in node.next_functions if edge is not None)
        elif id(node.variable) not in mine:
            return True
    return False


def _conjugate(leaf):
    return np.conj(leaf) if np.iscomplexobj(leaf) else leaf
