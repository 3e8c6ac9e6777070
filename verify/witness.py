"""Counterexamples in words and as a script: a point of the domain, both values, ten lines of NumPy."""

from __future__ import annotations

import inspect
import os
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from verify.problem import Array, Problem
from verify.verdict import Counterexample

SCRIPT_ELEMENTS = 64  # larger inputs are described, not printed


def counterexample(
    problem: Problem, arrays: Mapping[int, Array], place: int, index: tuple[int, ...], expected: str, got: str
) -> Counterexample:
    """The record for element ``index`` of the derivative with respect to ``wrt[place]`` at these inputs."""
    name = problem.arguments[problem.wrt[place]].name
    arguments = tuple(
        f"{argument.name}={literal(arrays[position]) if position in arrays else repr(argument.given)}"
        for position, argument in enumerate(problem.arguments)
    )
    element = f"{name}[{', '.join(map(str, index))}]" if index else name
    return Counterexample(
        arguments=arguments,
        index=element,
        expected=expected,
        got=got,
        script=script(problem, arguments, place, index, expected),
    )


def script(problem: Problem, arguments: tuple[str, ...], place: int, index: tuple[int, ...], expected: str) -> str:
    """A few lines of NumPy that show the element; the functions' sources are included where they can be found."""
    sources = [source(problem.f)] if problem.own else [source(problem.f), source(problem.candidate) or _unnamed(problem)]
    call = ", ".join(argument.partition("=")[0] for argument in arguments)
    pick = f"[{place}]" if len(problem.wrt) > 1 else ""
    where = f"[{', '.join(map(str, index))}]" if index else ""
    gradient = "gradient" if problem.own else getattr(problem.candidate, "__name__", "gradient")
    gradient = "gradient" if not source(problem.candidate) else gradient
    lines = [
        "import numpy as np",
        *(text for text in sources if text),
        *arguments,
        f"print(np.asarray({gradient}({call}){pick}){where}, 'but the derivative is', {expected!r})",
    ]
    return "\n".join(lines)


def _unnamed(problem: Problem) -> str:
    """A line to fill in where the gradient's source cannot be shown."""
    code = getattr(problem.candidate, "__code__", None)
    where = f" of {os.path.basename(code.co_filename)}:{code.co_firstlineno}" if code is not None else ""
    return f"gradient = ...  # the function{where}"


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


def source(function: Callable[..., Any]) -> str:
    """The source of a short plain function, dedented; empty where it is long, a lambda, or cannot be found."""
    try:
        text = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        return ""
    return text.rstrip() if text.count("\n") <= 12 and text.startswith("def ") else ""
