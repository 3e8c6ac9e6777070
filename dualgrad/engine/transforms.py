"""Functions of functions: gradients, products with Jacobians, Jacobians and Hessians.

Arguments may be arrays, numbers or tensors. The results are arrays, and tensors where a tensor was given or one
from outside that requires a gradient takes part. So transforms nest: each gives its arguments an identity of their
own, and no nested one takes another's perturbation for its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np

from dualgrad.engine.arguments import argument, name_of, positions, require_function, result, typed
from dualgrad.engine.autograd import ones
from dualgrad.engine.backward import Adjoints, cast, no_complex, pull_back, scaled
from dualgrad.engine.backward import lifted as lifted_operands
from dualgrad.engine.graph import General, Leaf, Node, reachable
from dualgrad.engine.modes import enable_grad, no_grad
from dualgrad.engine.overwritten import hand_out
from dualgrad.engine.tensor import Tensor, handle, owned
from dualgrad.op import REGISTRY, Complex, Op, bind
from dualgrad.program.size import product
from dualgrad.shapes import extents

Function = Callable[..., Any]


def grad(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """The gradient of a scalar function, as a function of the same arguments.

    >>> grad(lambda x: x**3)(2.0)
    np.float64(12.0)
    """
    return _value_and_grad("grad", f, argnums, lambda value, gradient: gradient)


def value_and_grad(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """A function that returns the value and the gradient of a scalar function.

    >>> value_and_grad(lambda x: x**3)(2.0)
    (np.float64(8.0), np.float64(12.0))
    """
    return _value_and_grad("value_and_grad", f, argnums, lambda value, gradient: (value, gradient))


def _value_and_grad(asked: str, f: Function, argnums: int | Sequence[int], give: Callable[[Any, Any], Any]) -> Function:
    require_function(asked, f)

    def derivative(*args: Any, **kwargs: Any) -> Any:
        run = _Run.of(asked, f, args, kwargs, argnums)
        if any(extent != 1 for extent in run.out.extents):
            raise ValueError(
                f"dualgrad.{asked}: {name_of(f)} returned an array of shape {run.out.extents}, expected a scalar; "
                f"sum it, or use dualgrad.jacobian or dualgrad.vjp"
            )
        if run.out.dtype.kind == "c":
            raise ValueError(
                f"dualgrad.{asked}: {name_of(f)} returned a complex number, expected a real one; take its real part "
                f"or absolute value, or use dualgrad.jacobian or dualgrad.vjp"
            )
        return give(run.value, _per_argument(run.pull(ones(run.out._data)), argnums))

    return derivative


def _per_argument(found: tuple[Any, ...], argnums: int | Sequence[int]) -> Any:
    return found[0] if isinstance(argnums, int) else found


def vjp(f: Function, *args: Any) -> tuple[Any, Function]:
    """The value of f, and the function that takes a cotangent of it to the cotangents of the arguments.

    >>> value, pull = vjp(lambda x, y: x * y, 3.0, 4.0)
    >>> pull(1.0)
    (np.float64(4.0), np.float64(3.0))
    """
    run = _Run.of("vjp", f, args, {}, range(len(args)))
    for array in (run.out._data, *(x._data for x in run.fresh)):
        hand_out(array)  # the user may write to it before pulling
    return run.value, run.pull


def jvp(f: Function, args: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """The value of f, and its directional derivative along the tangents.

    >>> jvp(lambda x, y: x * y, (3.0, 4.0), (1.0, 0.0))
    (np.float64(12.0), np.float64(4.0))
    """
    if len(args) != len(tangents):
        raise ValueError(f"dualgrad.jvp: got {len(tangents)} tangents for {len(args)} arguments, expected one each")
    run = _Run.of("jvp", f, args, {}, range(len(args)))
    return run.value, run.push(tangents)


def jacobian(f: Function, argnums: int | Sequence[int] = 0, holomorphic: bool = False) -> Function:
    """The derivatives of every output in every input, of shape ``output.shape + input.shape``; one an argument.

    Of a real output in a complex input z it is ∂/∂Re z + i ∂/∂Im z, as for ``grad``. A complex output has a
    derivative in complex inputs where f is holomorphic, which is to be said.

    >>> jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    require_function("jacobian", f)

    def derivative(*args: Any, **kwargs: Any) -> Any:
        run = _Run.of("jacobian", f, args, kwargs, argnums)
        shape = run.out.extents
        rows = list(run.rows(f, holomorphic))
        blocks = tuple(
            np.reshape(np.stack([row[k] for row in rows]), (*shape, *x.extents))
            if rows
            else np.zeros((*shape, *x.extents))
            for k, x in enumerate(run.fresh)
        )
        return _per_argument(blocks, argnums)

    return derivative


def hessian(f: Function, argnums: int = 0) -> Function:
    """The second derivatives of a scalar function.

    >>> hessian(lambda x: (x**3).sum())(np.array([1.0, 2.0]))
    array([[ 6.,  0.],
           [ 0., 12.]])
    """
    require_function("hessian", f)
    return jacobian(grad(f, argnums), argnums)


# ---------------------------------------------------------------------------- one run of f


@dataclass(frozen=True)
class _Run:
    """f, run once on fresh tensors in place of the arguments to be differentiated."""

    fresh: tuple[Tensor, ...]
    out: Tensor
    tensors: bool  # whether results are tensors
    lifted: bool  # whether what is done with the graph is itself recorded

    @classmethod
    def of(
        cls, asked: str, f: Function, args: Sequence[Any], kwargs: dict[str, Any], argnums: int | Sequence[int]
    ) -> _Run:
        require_function(asked, f)
        chosen = positions(asked, f, args, argnums)
        fresh = {position: _fresh(asked, f, position, args[position]) for position in chosen}
        given = [fresh.get(position, value) for position, value in enumerate(args)]
        with enable_grad():
            out = result(asked, f, f(*given, **kwargs))
        lifted = _reaches_outside(out, fresh.values())
        tensors = lifted or any(isinstance(args[position], Tensor) for position in chosen)
        return cls(tuple(fresh[position] for position in chosen), out, tensors, lifted)

    @property
    def value(self) -> Any:
        """What f returned, without the graph of this run where nothing outside needs it."""
        return self.out if self.lifted else self.out.detach() if self.tensors else self.out._data

    def pull(self, cotangent: Any) -> tuple[Any, ...]:
        """The cotangents of the arguments."""
        lifted = self.lifted or (isinstance(cotangent, Tensor) and cotangent.requires_grad)
        found = self._adjoints(_matching(cotangent, self.out, lifted), lifted)
        return tuple(self._result(found.get(x._edge, None), x) for x in self.fresh if x._edge is not None)

    def _adjoints(self, seed: Any, lifted: bool) -> Adjoints:
        if self.out._edge is None:
            return {}
        edges = [x._edge for x in self.fresh if x._edge is not None]
        with _recording(lifted):
            return pull_back([(self.out._edge, seed)], edges, handle if lifted else None, retain=True)

    def rows(self, f: Function, holomorphic: bool) -> Iterator[tuple[Any, ...]]:
        """The derivatives of each entry of the result in the arguments."""
        turned = self.out.dtype.kind == "c"
        if turned and not holomorphic and any(x.dtype.kind == "c" for x in self.fresh):
            raise ValueError(
                f"dualgrad.jacobian: {name_of(f)} maps complex numbers to complex ones. Where it is holomorphic say "
                f"holomorphic=True; else differentiate its real and imaginary parts, or use dualgrad.vjp and jvp"
            )
        for unit in _basis(self.out.extents):
            row = self.pull(unit)
            if turned:
                row = tuple(
                    np.conjugate(one) if x.dtype.kind == "c" else one + 1j * other
                    for x, one, other in zip(self.fresh, row, self.pull(1j * unit), strict=True)
                )
            yield row

    def push(self, tangents: Sequence[Any]) -> Any:
        """The tangent of the result."""
        lifted = self.lifted or any(isinstance(t, Tensor) and t.requires_grad for t in tangents)
        pushed: Adjoints = {}
        for x, tangent in zip(self.fresh, tangents, strict=True):
            if x._edge is not None:
                pushed[x._edge] = _matching(tangent, x, lifted)
        with _recording(lifted), np.errstate(all="ignore"):
            for node in reversed(reachable([self.out._edge] if self.out._edge is not None else [])):
                if node not in pushed and any(edge in pushed for edge in node.edges):
                    pushed[node] = _pushed(node, pushed, lifted)
        return self._result(None if self.out._edge is None else pushed.get(self.out._edge), self.out)

    def _result(self, found: Any, like: Tensor) -> Any:
        if found is None:
            found = np.zeros_like(like._data)
        if self.tensors or isinstance(found, Tensor):
            return found if isinstance(found, Tensor) else handle(found, None)
        return found


def _fresh(asked: str, f: Function, position: int, value: Any) -> Tensor:
    """The argument with an identity of its own: a leaf, or a node on top of a tensor from outside."""
    if isinstance(value, Tensor) and value._edge is not None:
        data = value._data
        return handle(data, General(REGISTRY["positive"], (data,), {}, data, (value._edge,)))
    tensor = argument(asked, f, position, value)
    return owned(tensor._data if tensor.dtype.kind in "fc" else tensor._data.astype(float), requires_grad=True)


def _reaches_outside(out: Tensor, fresh: Any) -> bool:
    """True where the result depends on a leaf that is not one of the fresh ones."""
    mine = {x._edge for x in fresh}
    edges = [out._edge, *(edge for node in reachable([out._edge] if out._edge else []) for edge in node.edges)]
    return any(isinstance(edge, Leaf) and edge not in mine for edge in edges)


def _recording(lifted: bool) -> AbstractContextManager[None]:
    return enable_grad() if lifted else no_grad()


def _matching(value: Any, like: Tensor, lifted: bool) -> Any:
    """A cotangent or tangent of ``like``: of its shape and dtype, a tensor where what follows is recorded."""
    tensor = value if isinstance(value, Tensor) else typed(value, like.dtype)
    if extents(tensor) != like.extents:
        raise ValueError(
            f"dualgrad: got a (co)tangent of shape {tensor.extents}, expected {like.extents}, as the value"
        )
    if tensor.dtype.kind != "c" == like.dtype.kind:
        tensor = tensor.astype(like.dtype)
    if tensor.dtype.kind == "c" != like.dtype.kind:
        raise TypeError(f"dualgrad: got a complex (co)tangent of a real value of dtype {like.dtype}; give a real one")
    return tensor if lifted else tensor._data


def _pushed(node: Node, tangents: Adjoints, lifted: bool) -> Any:
    """The tangent of a node's result: the sum over the operands that have one."""
    inputs, value = node.saved, node.value
    if lifted:
        inputs, value = lifted_operands(node, handle), handle(value, node)
    total: Any = None
    for slot, edge in enumerate(node.edges):
        if edge in tangents:
            part = push(node.op, slot, tangents[edge], value, inputs, node.params)
            total = part if total is None else total + part
    if total.dtype != node.dtype:
        total = cast(total, node.dtype)
    return total if extents(total) == node.shape else np.broadcast_to(total, node.shape)


def push(op: Op, slot: int, t: Any, y: Any, inputs: Sequence[Any], params: Any) -> Any:
    """The tangent of the result along a tangent of one operand."""
    if op.complex is Complex.REFUSED and "c" in (t.dtype.kind, y.dtype.kind):
        raise TypeError(no_complex(op))
    if op.partials:
        if t.dtype.kind == "c" != y.dtype.kind:  # the partial of a real result is a gradient: see Op.complex
            return np.real(scaled(np.conjugate(t), op.partials[slot], y, inputs, params))
        return scaled(t, op.partials[slot], y, inputs, params)
    if op.jvp and op.variadic:
        return op.jvp[0](t, y, *inputs, slot=slot, **params)  # type: ignore[misc]
    if op.jvp:
        return op.jvp[slot](t, y, *inputs, **params)  # type: ignore[misc]
    return bind(op, [*inputs[:slot], t, *inputs[slot + 1 :]], params)


def _basis(shape: tuple[Any, ...]) -> Iterator[Any]:
    """The arrays of this shape with a single 1."""
    if not isinstance(product(shape), int):
        raise TypeError("dualgrad.jacobian: the output has a symbolic size; use vjp, or known sizes")
    for place in np.ndindex(*shape):
        unit = np.zeros(shape)
        unit[place] = 1
        yield unit
