"""The transforms, of functions of dicts, lists and tuples of arrays that may return such.

What is differentiated in is taken apart into its arrays, and the arrays of the result are strung together into one
vector; a transform of arrays does the rest. A list or tuple of nothing but numbers is an array, as NumPy takes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from itertools import accumulate, pairwise
from math import prod
from typing import Any

import numpy as np

from dualgrad.engine import transforms
from dualgrad.engine.arguments import described, name_of, positions, require_function
from dualgrad.op import REGISTRY
from dualgrad.shapes import extents
from dualgrad.trees import filled, leaves, mapped, shape_of

Function = Callable[..., Any]
_NUMBERS = (bool, int, float, complex, np.generic)


def is_tree(value: Any) -> bool:
    """Whether an argument is to be taken apart.

    >>> is_tree([1.0, [2.0]]), is_tree([np.ones(2), 1.0]), is_tree({"a": 1.0})
    (False, True, True)
    """
    if isinstance(value, (list, tuple)):
        return not all(isinstance(leaf, _NUMBERS) for leaf in leaves(value)) or any(map(is_tree, value))
    return isinstance(value, dict)


class _Arguments:
    """A call of f as a call on the arrays that it is to be differentiated in."""

    def __init__(self, asked: str, f: Function, args: Sequence[Any], argnums: int | Sequence[int]) -> None:
        self.f, self.args, self.single = f, args, isinstance(argnums, int)
        self.chosen = positions(asked, f, args, argnums)
        self.parts = [list(leaves(args[k])) if is_tree(args[k]) else [args[k]] for k in self.chosen]
        self.flat = [part for parts in self.parts for part in parts]

    def function(self, outputs: _Outputs | None = None) -> Function:
        """f as a function of these arrays."""

        @wraps(self.f)
        def flat(*arrays: Any, **kwargs: Any) -> Any:
            given = list(self.args)
            for k, value in zip(self.chosen, self._trees(arrays), strict=True):
                given[k] = value
            found = self.f(*given, **kwargs)
            return found if outputs is None else outputs.strung(found)

        return flat

    def back(self, found: Sequence[Any]) -> Any:
        """What was found for each of the arrays, as the arguments are nested."""
        trees = tuple(self._trees(found))
        return trees[0] if self.single else trees

    def _trees(self, arrays: Sequence[Any]) -> list[Any]:
        ends = list(accumulate((len(parts) for parts in self.parts), initial=0))
        return [
            filled(self.args[k], arrays[start:end]) if is_tree(self.args[k]) else arrays[start]
            for k, (start, end) in zip(self.chosen, pairwise(ends), strict=True)
        ]


class _Outputs:
    """What f returned, where that is no single array: strung together, and how it was."""

    def __init__(self, asked: str, f: Function) -> None:
        self.asked, self.f = asked, f
        self.tree: Any = None
        self.shapes: list[tuple[int, ...]] = []

    def strung(self, found: Any) -> Any:
        """All entries in one vector; what is a single array as it is."""
        if not isinstance(found, (dict, list, tuple)):
            return found
        arrays = [part if hasattr(part, "shape") else np.asarray(part) for part in leaves(found)]
        if not arrays or any(array.dtype.kind not in "fc" for array in arrays):
            raise TypeError(
                f"dualgrad.{self.asked}: {name_of(self.f)} returned {described(found)} that holds something else than "
                f"arrays of floats. Return these apart, or nothing else"
            )
        self.tree = mapped(lambda part: None, found)
        self.shapes = [extents(array) for array in arrays]
        return REGISTRY["concatenate"]([np.reshape(array, (-1,)) for array in arrays], 0)

    def apart(self, vector: Any) -> Any:
        """A vector like the strung one, or a stack of them along its first axis, as the results are nested."""
        return vector if self.tree is None else filled(self.tree, self.each(vector))

    def each(self, vector: Any) -> list[Any]:
        """Its parts, in order."""
        ends = list(accumulate(map(prod, self.shapes), initial=0))
        rest = extents(vector)[1:]
        return [
            np.reshape(vector[start:end], (*shape, *rest))
            for shape, (start, end) in zip(self.shapes, pairwise(ends), strict=True)
        ]

    def cotangent(self, given: Any) -> Any:
        """What a user gave as a cotangent of the results, strung together."""
        if self.tree is None:
            return given
        if shape_of(mapped(lambda part: None, given), repr) != shape_of(self.tree, repr):
            raise ValueError(
                f"dualgrad.{self.asked}: the cotangent is {described(given)}, expected it nested as what "
                f"{name_of(self.f)} returned"
            )
        parts = [part if hasattr(part, "shape") else np.asarray(part) for part in leaves(given)]
        for part, shape in zip(parts, self.shapes, strict=True):
            if extents(part) != shape:
                raise ValueError(
                    f"dualgrad: got a (co)tangent of shape {extents(part)}, expected {shape}, as the value"
                )
        return REGISTRY["concatenate"]([np.reshape(part, (-1,)) for part in parts], 0)


def _holds_trees(args: Sequence[Any]) -> bool:
    return any(isinstance(value, (dict, list, tuple)) and is_tree(value) for value in args)


def grad(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """The gradient of a scalar function, as a function of the same arguments; of a dict, list or tuple, nested alike.

    >>> grad(lambda x: x**3)(2.0)
    np.float64(12.0)
    >>> grad(lambda p: p["w"] * p["b"][0])({"w": 2.0, "b": [3.0]})
    {'w': np.float64(3.0), 'b': [np.float64(2.0)]}
    """
    return _of_scalar("grad", transforms.grad, f, argnums)


def value_and_grad(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """A function that returns the value and the gradient of a scalar function: see :func:`grad`.

    >>> value_and_grad(lambda x: x**3)(2.0)
    (np.float64(8.0), np.float64(12.0))
    """
    return _of_scalar("value_and_grad", transforms.value_and_grad, f, argnums)


def _of_scalar(asked: str, transform: Function, f: Function, argnums: int | Sequence[int]) -> Function:
    plain = transform(f, argnums)

    def derivative(*args: Any, **kwargs: Any) -> Any:
        if not _holds_trees(args):
            return plain(*args, **kwargs)
        given = _Arguments(asked, f, args, argnums)
        found = transform(given.function(), range(len(given.flat)))(*given.flat, **kwargs)
        return given.back(found) if asked == "grad" else (found[0], given.back(found[1]))

    return derivative


def vjp(f: Function, *args: Any) -> tuple[Any, Function]:
    """The value of f, and the function that takes a cotangent of it to the cotangents of the arguments.

    >>> value, pull = vjp(lambda x, y: x * y, 3.0, 4.0)
    >>> pull(1.0)
    (np.float64(4.0), np.float64(3.0))
    """
    require_function("vjp", f)
    given, outputs = _Arguments("vjp", f, args, range(len(args))), _Outputs("vjp", f)
    value, pull = transforms.vjp(given.function(outputs), *given.flat)
    return outputs.apart(value), lambda cotangent: given.back(pull(outputs.cotangent(cotangent)))


def jvp(f: Function, args: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """The value of f, and its directional derivative along the tangents, nested as the arguments are.

    >>> jvp(lambda x, y: x * y, (3.0, 4.0), (1.0, 0.0))
    (np.float64(12.0), np.float64(4.0))
    """
    require_function("jvp", f)
    if not _holds_trees(args) or len(args) != len(tangents):
        given, along = _Arguments("jvp", f, args, range(len(args))), tangents
    else:
        given = _Arguments("jvp", f, args, range(len(args)))
        along = [part for k, t in enumerate(tangents) for part in (leaves(t) if is_tree(args[k]) else [t])]
    outputs = _Outputs("jvp", f)
    value, tangent = transforms.jvp(given.function(outputs), given.flat, along)
    return outputs.apart(value), outputs.apart(tangent)


def jacobian(f: Function, argnums: int | Sequence[int] = 0, holomorphic: bool = False) -> Function:
    """The derivatives of every output in every input, of shape ``output.shape + input.shape``; one an argument.

    Of results and arguments that are nested, a block for every pair of their arrays: nested as the result is, and in
    that as the argument. Of a real output in a complex input z it is ∂/∂Re z + i ∂/∂Im z, as for ``grad``. A complex
    output has a derivative in complex inputs where f is holomorphic, which is to be said.

    >>> jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    require_function("jacobian", f)

    def derivative(*args: Any, **kwargs: Any) -> Any:
        given, outputs = _Arguments("jacobian", f, args, argnums), _Outputs("jacobian", f)
        flat = transforms.jacobian(given.function(outputs), range(len(given.flat)), holomorphic)
        blocks = flat(*given.flat, **kwargs)
        if outputs.tree is None:
            return given.back(blocks)
        by_output = zip(*map(outputs.each, blocks), strict=True)
        return filled(outputs.tree, [given.back(row) for row in by_output])

    return derivative


def hessian(f: Function, argnums: int = 0) -> Function:
    """The second derivatives of a scalar function; of a nested argument, a block for every pair of its arrays.

    >>> hessian(lambda x: (x**3).sum())(np.array([1.0, 2.0]))
    array([[ 6.,  0.],
           [ 0., 12.]])
    """
    plain = transforms.hessian(f, argnums)

    def derivative(*args: Any, **kwargs: Any) -> Any:
        twice = plain if not _holds_trees(args) else jacobian(grad(f, argnums), argnums)
        return twice(*args, **kwargs)

    return derivative


def hvp(f: Function) -> Function:
    """The Hessian of a scalar function in its first argument, times a vector: a function of x, v and what else f takes.

    >>> hvp(lambda x: (x**3).sum())(np.array([1.0, 2.0]), np.array([1.0, 10.0]))
    array([  6., 120.])
    """
    plain = transforms.hvp(f)

    def derivative(x: Any, v: Any, *args: Any, **kwargs: Any) -> Any:
        if not _holds_trees((x,)):
            return plain(x, v, *args, **kwargs)
        return jvp(lambda x: grad(f)(x, *args, **kwargs), (x,), (v,))[1]

    return derivative


def vhp(f: Function) -> Function:
    """A vector times the Hessian of a scalar function in its first argument: it is symmetric, see :func:`hvp`."""
    return hvp(f)
