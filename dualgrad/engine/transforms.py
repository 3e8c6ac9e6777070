"""Functions of functions: gradients, products with Jacobians, Jacobians and Hessians.

Arguments may be arrays, numbers or tensors; :mod:`dualgrad.engine.structured` takes apart what holds several. The
results are arrays, and tensors where a tensor was given or one from outside that requires a gradient takes part. So
transforms nest: each gives its arguments an identity of their own, and no nested one takes another's perturbation for
its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import numpy as np

from dualgrad.engine.arguments import argument, name_of, positions, require_function, result, typed
from dualgrad.engine.autograd import ones
from dualgrad.engine.backward import pull_back
from dualgrad.engine.diagonal import Diagonal
from dualgrad.engine.forward import push_on
from dualgrad.engine.graph import General, Node, walk
from dualgrad.engine.modes import enable_grad, no_grad
from dualgrad.engine.overwritten import hand_out
from dualgrad.engine.second import derivative_of_gradient
from dualgrad.engine.spaces import full
from dualgrad.engine.stack import Stack
from dualgrad.engine.tensor import Tensor, handle, owned
from dualgrad.engine.through import Adjoints
from dualgrad.op import REGISTRY
from dualgrad.program.size import product
from dualgrad.shapes import extents

Function = Callable[..., Any]
_MOST = 1 << 22  # entries that the arrays of one node may have, all directions together


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
        return give(run.value, _per_argument(run.pull(ones(run.out._data), once=True), argnums))

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
        if run.plain:
            return _per_argument(run.all_rows(), argnums)
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

    def derivative(*args: Any, **kwargs: Any) -> Any:
        run = _Run.of("hessian", f, args, kwargs, argnums)
        if run.plain and len(run.fresh) == 1 and all(extent == 1 for extent in run.out.extents):
            return run.all_seconds()
        return jacobian(grad(f, argnums), argnums)(*args, **kwargs)

    return derivative


def hvp(f: Function) -> Function:
    """The Hessian of a scalar function in its first argument, times a vector: a function of x, v and what else f takes.

    >>> hvp(lambda x: (x**3).sum())(np.array([1.0, 2.0]), np.array([1.0, 10.0]))
    array([  6., 120.])
    """
    require_function("hvp", f)

    def derivative(x: Any, v: Any, *args: Any, **kwargs: Any) -> Any:
        run = _Run.of("hvp", f, (x, *args), kwargs, 0)
        if run.plain and not isinstance(v, Tensor) and all(extent == 1 for extent in run.out.extents):
            return run.second(_matching(v, run.fresh[0], False))
        return jvp(lambda x: grad(f)(x, *args, **kwargs), (x,), (v,))[1]

    return derivative


def vhp(f: Function) -> Function:
    """A vector times the Hessian of a scalar function in its first argument: it is symmetric, see :func:`hvp`."""
    return hvp(f)


# ---------------------------------------------------------------------------- one run of f


class _Run(NamedTuple):
    """f, run once on fresh tensors in place of the arguments to be differentiated."""

    fresh: tuple[Tensor, ...]
    out: Tensor
    tensors: bool  # whether results are tensors
    lifted: bool  # whether what is done with the graph is itself recorded
    nodes: list[Node]  # what ran, the latest first

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
        nodes, leaves = walk([out._edge] if out._edge is not None else [])
        lifted = not leaves <= {x._edge for x in fresh.values()}
        tensors = lifted or any(isinstance(args[position], Tensor) for position in chosen)
        return cls(tuple(fresh[position] for position in chosen), out, tensors, lifted, nodes)

    @property
    def value(self) -> Any:
        """What f returned, without the graph of this run where nothing outside needs it."""
        return self.out if self.lifted else self.out.detach() if self.tensors else self.out._data

    @property
    def plain(self) -> bool:
        """Whether all directions may be taken at once: on real arrays, through nodes that are what their op says."""
        values = [x._data for x in (*self.fresh, self.out)]
        return (
            not self.tensors
            and bool(self.nodes)
            and all(_stacks(x) and x.dtype.kind == "f" for x in values)
            and all(node.watch is None and "ctx" not in node.params for node in self.nodes)
        )

    def all_rows(self) -> tuple[Any, ...]:
        """The derivatives of the result in each argument, a pass for as many entries of it as memory is fine with."""
        shape = self.out.extents
        edges = [x._edge for x in self.fresh if x._edge is not None]
        assert self.out._edge is not None
        parts: list[list[Any]] = [[] for _ in self.fresh]
        for count, units in self._units(self.out):
            with no_grad():
                found = pull_back([(self.out._edge, units)], edges, retain=True)
            for part, x in zip(parts, self.fresh, strict=True):
                part.append(_entries(found.get(x._edge) if x._edge is not None else None, count, x))
        return tuple(_joined(part, (*shape, *x.extents), x.dtype) for part, x in zip(parts, self.fresh, strict=True))

    def all_seconds(self) -> Any:
        """The second derivatives of the result in the one argument."""
        (x,) = self.fresh
        parts = [_entries(self.second(units), count, x) for count, units in self._units(x)]
        return np.moveaxis(_joined(parts, (x.size, *x.extents), x.dtype), 0, -1).reshape(*x.extents, *x.extents)

    def second(self, tangent: Any) -> Any:
        """The derivative of the gradient along a tangent, or a stack of them: forward over reverse."""
        (x,), out = self.fresh, self.out._edge
        assert x._edge is not None and out is not None
        found = derivative_of_gradient(self.nodes, out, ones(self.out._data), x._edge, tangent)
        return np.zeros_like(x._data) if found is None else full(found, x._data)

    def _units(self, like: Tensor) -> Iterator[tuple[int, Stack | Diagonal]]:
        """The arrays like this one with a single 1, some at a time, in order, and how many these are."""
        size = int(like.size)
        most = max(_MOST // max(int(node.value.size) for node in self.nodes), 1)
        for start in range(0, size, most):
            stop = min(start + most, size)
            if stop - start == size and like.ndim == 1:
                yield size, Diagonal(np.ones_like(like._data))
            else:
                units = np.eye(stop - start, size, start, like.dtype)
                yield stop - start, Stack(units.reshape(-1, *like.extents))

    def pull(self, cotangent: Any, once: bool = False) -> tuple[Any, ...]:
        """The cotangents of the arguments; ``once`` says that this run is asked for nothing else."""
        lifted = self.lifted or (isinstance(cotangent, Tensor) and cotangent.requires_grad)
        found = self._adjoints(_matching(cotangent, self.out, lifted), lifted, lifted or not once)
        return tuple(self._result(found.get(x._edge, None), x) for x in self.fresh if x._edge is not None)

    def _adjoints(self, seed: Any, lifted: bool, retain: bool) -> Adjoints:
        if self.out._edge is None:
            return {}
        edges = [x._edge for x in self.fresh if x._edge is not None]
        with _recording(lifted):
            return pull_back([(self.out._edge, seed)], edges, handle if lifted else None, retain)

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
        with _recording(lifted):
            push_on(reversed(self.nodes), pushed, handle if lifted else None)
        return self._result(None if self.out._edge is None else pushed.get(self.out._edge), self.out)

    def _result(self, found: Any, like: Tensor) -> Any:
        if found is None:
            found = np.zeros_like(like._data)
        if self.tensors or isinstance(found, Tensor):
            return found if isinstance(found, Tensor) else handle(found, None)
        return found


def _stacks(x: Any) -> bool:
    return isinstance(x, (np.ndarray, np.generic)) or hasattr(type(x), "__stacks__")


def _entries(found: Any, count: int, like: Tensor) -> Any:
    """The arrays of a stack of as many, one after another; zeros where there is none."""
    if hasattr(found, "entries"):
        return found.entries
    return np.broadcast_to(np.zeros_like(like._data), (count, *like.extents))


def _joined(parts: Sequence[Any], shape: tuple[int, ...], dtype: Any) -> Any:
    """All in an array of their own."""
    if not parts:
        return np.zeros(shape, dtype)
    return (parts[0].copy() if len(parts) == 1 else np.concatenate(parts)).reshape(shape)


def _fresh(asked: str, f: Function, position: int, value: Any) -> Tensor:
    """The argument with an identity of its own: a leaf, or a node on top of a tensor from outside."""
    if isinstance(value, Tensor) and value._edge is not None:
        data = value._data
        return handle(data, General(REGISTRY["positive"], (data,), {}, data, (value._edge,)))
    tensor = argument(asked, f, position, value)
    return owned(tensor._data if tensor.dtype.kind in "fc" else tensor._data.astype(float), requires_grad=True)


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
    if lifted:
        hand_out(tensor._data)  # what is recorded holds it, and the user may have it
        return tensor
    return tensor._data


def _basis(shape: tuple[Any, ...]) -> Iterator[Any]:
    """The arrays of this shape with a single 1."""
    if not isinstance(product(shape), int):
        raise TypeError("dualgrad.jacobian: the output has a symbolic size; use vjp, or known sizes")
    for place in np.ndindex(*shape):
        unit = np.zeros(shape)
        unit[place] = 1
        yield unit
