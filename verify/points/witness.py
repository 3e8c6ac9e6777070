"""Counterexamples in words and as a script: a point of the domain, both values, ten lines of NumPy."""

from __future__ import annotations

import ast
import inspect
import linecache
import os
import textwrap
import types
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from verify.question.problem import Array, Problem
from verify.question.structure import fields_of, is_record, path
from verify.verdict import Counterexample

SCRIPT_ELEMENTS = 64  # larger inputs are described, not printed


def counterexample(
    problem: Problem, arrays: Mapping[int, Array], place: int, index: tuple[int, ...], expected: str, got: str
) -> Counterexample:
    """The record for element ``index`` of the derivative with respect to ``wrt[place]`` at these inputs."""
    name = problem.arguments[problem.wrt[place]].name
    used = spelled(problem.passed([argument.name for argument in problem.arguments]))
    arguments = tuple(
        f"{argument.name}={literal(arrays[position]) if position in arrays else repr(argument.given)}"
        for position, argument in enumerate(problem.arguments)
        if position not in problem.drawn or argument.name in used
    )
    element = f"{name}[{', '.join(map(str, index))}]" if index else name
    return Counterexample(
        arguments=arguments,
        index=element,
        expected=expected,
        got=got,
        script=script(problem, arguments, place, index, expected),
    )


def spelled(given: Any) -> str:
    """The text of a call's arguments, from their names.

    >>> spelled(["x", {"w": "p_w"}])
    "x, {'w': p_w}"
    """
    if isinstance(given, str):
        return given
    if is_record(given):
        return f"{type(given).__name__}({', '.join(f'{k}={spelled(part)}' for k, part in fields_of(given).items())})"
    if isinstance(given, dict):
        return "{" + ", ".join(f"{key!r}: {spelled(part)}" for key, part in given.items()) + "}"
    return ", ".join(part if isinstance(part, str) else _bracketed(part) for part in given)


def _bracketed(given: Any) -> str:
    text = spelled(given)
    return (
        text if isinstance(given, dict) or is_record(given) else f"[{text}]" if isinstance(given, list) else f"({text})"
    )


def script(problem: Problem, arguments: tuple[str, ...], place: int, index: tuple[int, ...], expected: str) -> str:
    """A few lines of NumPy that show the element; the functions' sources are included where they can be found."""
    call = spelled(problem.passed([argument.name for argument in problem.arguments]))
    pick = "" if problem.part is None else f"[{problem.part}]"
    pick += _picked(problem, place)
    where = f"[{', '.join(map(str, index))}]" if index else ""
    word = "value" if problem.asked == "value" else "derivative"
    lines = [
        "import numpy as np",
        source(problem.f, "f"),
        _candidate_lines(problem),
        *arguments,
        f"print(np.asarray({_called(problem)}({call}){pick}){where}, 'but the {word} is', {expected!r})",
    ]
    return "\n".join(line for line in lines if line)


def _picked(problem: Problem, place: int) -> str:
    """What picks the part of a position in ``wrt`` from what the candidate returns."""
    if problem.asked in ("jvp", "value"):
        outputs = problem.derived.outputs if problem.derived is not None else place
        return path(outputs, place)
    if problem.structure and not problem.own:
        return path(problem.around, problem.wrt[place])
    return f"[{place}]" if len(problem.wrt) > 1 else ""


def _called(problem: Problem) -> str:
    """What the script calls the gradient."""
    text = "" if problem.own else source(problem.candidate, "gradient")
    return str(problem.candidate.__name__) if text.startswith("def ") else "gradient"


def _candidate_lines(problem: Problem) -> str:
    """The gradient in the script: its source, the engine's, or a line to fill in."""
    if problem.own:
        f = getattr(problem.f, "__name__", "f").replace("<lambda>", "f")
        which = problem.wrt[0] if len(problem.wrt) == 1 else problem.wrt
        return f"import dualgrad as dg\ngradient = dg.grad(lambda *args: {f}(*args).sum(), {which})"
    code = getattr(problem.candidate, "__code__", None)
    line = f" of {os.path.basename(code.co_filename)}:{code.co_firstlineno}" if code is not None else ""
    return source(problem.candidate, "gradient") or f"gradient = ...  # put the function{line} here"


def literal(array: Array) -> str:
    """An array as Python that rebuilds it exactly; large ones by their shape.

    >>> literal(np.array([0.1, 2.0]))
    'np.array([0.1, 2.0])'
    """
    if array.ndim == 0:
        return repr(array.item())
    if array.size > SCRIPT_ELEMENTS:
        return f"...  # an array of shape {array.shape}"
    dtype = "" if array.dtype == np.float64 else f", dtype=np.{array.dtype}"
    text = "".join(repr(array.tolist()).split("\n"))
    return f"np.array({text}{dtype})".replace("nan", "np.nan").replace("inf", "np.inf")


def source(function: Callable[..., Any], name: str = "f") -> str:
    """The source of a short plain function, without decorators; empty where it is long or cannot be found.

    A lambda becomes an assignment to ``name``.
    """
    declared = getattr(function, "__source_text__", None)  # an expression that was never Python code
    if isinstance(declared, str):
        return declared
    node = node_of(function)
    if node is None:
        return ""
    lines = linecache.getlines(function.__code__.co_filename)
    text = ast.unparse(_assigned(node, name)) if isinstance(node, ast.Lambda) else _segment(lines, node)
    return text if text.count("\n") <= 12 else ""


def node_of(function: Callable[..., Any]) -> ast.FunctionDef | ast.Lambda | None:
    """The syntax of a plain function; None where it cannot be found, or might be another."""
    code = getattr(function, "__code__", None)
    if code is None:
        return None
    try:
        tree = ast.parse("".join(linecache.getlines(code.co_filename)))
    except SyntaxError:
        return None
    found = [node for node in ast.walk(tree) if isinstance(node, _KINDS) and _is(node, code)]
    return found[0] if len(found) == 1 else None


def full_source(function: Callable[..., Any]) -> str:
    """The text that a certificate hashes: the whole source, or the code object where there is none."""
    declared = getattr(function, "__source_text__", None)
    if isinstance(declared, str):
        return declared
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        return repr(function) if code is None else f"{code.co_code.hex()} {code.co_consts!r} {code.co_names!r}"


_KINDS = (ast.FunctionDef, ast.Lambda)


def _is(node: ast.FunctionDef | ast.Lambda, code: types.CodeType) -> bool:
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    named = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    same_name = getattr(node, "name", "<lambda>") == code.co_name
    same = first == code.co_firstlineno and same_name and tuple(named) == code.co_varnames[: len(named)]
    return same and (not isinstance(node, ast.Lambda) or _spans(node, code))


def _spans(node: ast.Lambda, code: types.CodeType) -> bool:
    """Whether the code lies within the lambda's body: several lambdas may stand on one line."""
    body = node.body
    places = [(line, column) for line, _, column, _ in code.co_positions() if line is not None and column]
    start, end = (body.lineno, body.col_offset), (body.end_lineno or 0, body.end_col_offset or 0)
    return bool(places) and start <= min(places) and max(places) < end


def _segment(lines: list[str], node: ast.FunctionDef | ast.Lambda) -> str:
    return textwrap.dedent("".join(lines[node.lineno - 1 : node.end_lineno])).rstrip()


def _assigned(node: ast.Lambda, name: str) -> ast.AST:
    return ast.fix_missing_locations(ast.Assign([ast.Name(name, ast.Store())], node))
