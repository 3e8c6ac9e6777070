"""Declared expressions as functions: the syntax tree is walked at every call; nothing is compiled."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import special

from verify.declared.functions import CONSTANTS, HOME
from verify.declared.grammar import Refused, parse
from verify.declared.operators import binary, compare
from verify.declared.python import as_python


def function(name: str, parameters: Sequence[str], text: str) -> Callable[..., Any]:
    """Return the function of these parameters that an expression means.

    >>> function("f", ["x"], "sum(3 * (x + 2) ** 2) / size(x)")
    Traceback (most recent call last):
    verify.declared.grammar.Refused: line 1, column 25: there is no function 'size' for declared cases
    >>> int(function("f", ["x"], "sum(3 * (x + 2) ** 2) / x.size")(__import__("numpy").ones(4)))
    27
    """
    lines = parse(text, parameters)

    def declared(*arguments: Any) -> Any:
        scope = dict(zip(parameters, arguments, strict=True))
        for line in lines[:-1]:
            _assign(line, scope)
        return _value(lines[-1].value, scope)  # type: ignore[attr-defined]  # parse ends in an expression

    declared.__name__ = declared.__qualname__ = name
    declared.__source_text__ = as_python(name, parameters, lines)  # type: ignore[attr-defined]
    kind = inspect.Parameter.POSITIONAL_ONLY
    declared.__signature__ = inspect.Signature([inspect.Parameter(each, kind) for each in parameters])  # type: ignore[attr-defined]
    return declared


def _assign(line: ast.stmt, scope: dict[str, Any]) -> None:
    assert isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name)
    scope[line.targets[0].id] = _value(line.value, scope)


def _value(node: ast.expr, scope: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return scope[name] if name in scope else CONSTANTS[name]
        case ast.BinOp(left=left, op=op, right=right):
            return binary(op, _value(left, scope), _value(right, scope))
        case ast.UnaryOp(op=op, operand=operand):
            return -_value(operand, scope) if isinstance(op, ast.USub) else +_value(operand, scope)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return compare(op, _value(left, scope), _value(right, scope))
        case ast.Call(func=called, args=given, keywords=named):
            arguments = [_value(each, scope) for each in given]
            return _called(called, scope)(*arguments, **{str(each.arg): _value(each.value, scope) for each in named})
        case ast.Attribute(value=inner, attr=name):
            return getattr(_value(inner, scope), name)
        case ast.Subscript(value=inner, slice=index):
            return _value(inner, scope)[_value(index, scope)]
        case ast.Tuple(elts=entries):
            return tuple(_value(each, scope) for each in entries)
        case ast.List(elts=entries):
            return [_value(each, scope) for each in entries]
        case ast.Slice(lower=lower, upper=upper, step=step):
            return slice(*(None if each is None else _value(each, scope) for each in (lower, upper, step)))
    raise Refused(f"{type(node).__name__} is not allowed in a declared case")


def _called(called: ast.expr, scope: Mapping[str, Any]) -> Callable[..., Any]:
    if isinstance(called, ast.Name):
        return _named(called.id)
    assert isinstance(called, ast.Attribute)
    method: Callable[..., Any] = getattr(_value(called.value, scope), called.attr)
    return method


def _named(name: str) -> Callable[..., Any]:
    """Looked up at every call, so that a recording finds its own functions in the place of NumPy's."""
    match HOME[name]:
        case "np":
            found = getattr(np, name)
        case "np.linalg":
            found = getattr(np.linalg, name)
        case "special":
            found = getattr(special, name)
        case _:
            found = len
    return found  # type: ignore[no-any-return]
