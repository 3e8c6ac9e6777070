"""From the arguments of ``verify.check`` to a :class:`Problem`. Only misuse of ``check`` itself raises here."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from verify.domain import argument_position, parse_domain
from verify.own import engine_gradient, gradient_on_copies
from verify.points import require_in_domain
from verify.problem import Argument, Problem, Undecidable, parameter_names, run


def pose(f: Any, args: Sequence[Any], grad: Any, jac: Any, wrt: Any, domain: Any) -> Problem:
    """The problem that a call of ``verify.check`` poses: TypeError or ValueError for misuse, Undecidable for inputs."""
    candidate, kind = _candidate(f, grad, jac)
    if not args:
        raise TypeError(
            "verify.check: no arguments were given to evaluate f at; pass them after f: check(f, x, grad=g)"
        )
    names = parameter_names(f, len(args))
    positions = None if wrt is None else _positions(wrt, names)
    domains = parse_domain(domain, names)
    for position, known in domains.items():
        require_in_domain(args[position], known, names[position])
    tensors = any(_is_tensor(arg) for arg in args) or candidate is None
    arguments, notes = _arguments(args, names, positions)
    chosen = positions if positions is not None else _default_wrt(arguments, candidate, names)
    for position in chosen:
        if arguments[position].array is None:
            raise TypeError(
                f"verify.check: wrt names argument {names[position]!r}, which is {type(args[position]).__name__}; "
                f"expected a float or an array of numbers"
            )
    problem = Problem(
        f=f,
        candidate=candidate or engine_gradient(f, chosen),
        kind=kind,
        arguments=arguments,
        wrt=chosen,
        domain=domains,
        name=getattr(f, "__name__", type(f).__name__),
        own=candidate is None,
        tensors=tensors,
        notes=notes,
    )
    return _with_copies(problem) if problem.own else problem


def _with_copies(problem: Problem) -> Problem:
    """Where f makes NumPy arrays and puts tensors into them, the engine's gradient of a copy in which it can."""
    try:
        problem.gradient(problem.arrays)
    except Undecidable:
        note = f"{problem.name} makes NumPy arrays, which cannot hold tensors: the engine ran a copy in which they can"
        other = replace(problem, candidate=gradient_on_copies(problem.f, problem.wrt), notes=(*problem.notes, note))
        try:
            other.gradient(problem.arrays)
        except Undecidable:
            return problem
        return other
    return problem


def source_of(f: Any) -> str:
    """The file and line of a function, the file relative to the working directory where it lies below it."""
    code = getattr(f, "__code__", None) or getattr(getattr(f, "__func__", None), "__code__", None)
    if code is None:
        return ""
    path = code.co_filename
    relative = os.path.relpath(path) if os.path.isabs(path) else path
    return f"{relative if not relative.startswith('..') else os.path.basename(path)}:{code.co_firstlineno}"


def _candidate(f: Any, grad: Any, jac: Any) -> tuple[Callable[..., Any] | None, str]:
    if not callable(f):
        raise TypeError(
            f"verify.check: f is {type(f).__name__} {f!r}, which cannot be called; pass a function, then its arguments"
        )
    if grad is not None and jac is not None:
        raise TypeError("verify.check: got grad= and jac= together; check one at a time")
    given, kind = (grad, "grad") if jac is None else (jac, "jac")
    if given is not None and not callable(given):
        raise TypeError(
            f"verify.check: {kind}= is {type(given).__name__}, which cannot be called; "
            f"pass a function of the same arguments as f"
        )
    return given, kind


def _positions(wrt: Any, names: list[str]) -> tuple[int, ...]:
    keys = wrt if isinstance(wrt, (tuple, list)) else (wrt,)
    if not keys:
        raise ValueError("verify.check: wrt is empty; name at least one argument, or leave it out")
    positions = tuple(argument_position(key, names, "wrt") for key in keys)
    if len(set(positions)) != len(positions):
        raise ValueError(f"verify.check: wrt names an argument twice: {wrt!r}; name each once")
    return positions


def _arguments(
    args: Sequence[Any], names: list[str], wrt: tuple[int, ...] | None
) -> tuple[tuple[Argument, ...], tuple[str, ...]]:
    arguments, notes = [], []
    floating = any(_kind(arg) == "f" for arg in args)
    for position, (name, given) in enumerate(zip(names, args, strict=True)):
        wanted = position in wrt if wrt is not None else not floating
        argument = _argument(name, given, wanted)
        if argument.promoted:
            notes.append(
                f"{name} holds integers; it was promoted to float64 (the gradient was also run on the integers)"
            )
        arguments.append(argument)
    return tuple(arguments), tuple(notes)


def _argument(name: str, given: Any, wanted: bool) -> Argument:
    if _is_tensor(given):
        given = np.asarray(given.data)
    kind = _kind(given)
    number = isinstance(given, (int, float)) and not isinstance(given, np.generic)
    if kind == "f" or (kind in ("i", "u", "b") and wanted):
        array = np.array(given, dtype=None if kind == "f" else np.float64)
        if not np.isfinite(array).all():
            raise Undecidable(f"argument {name} holds NaN or infinity; a gradient is judged where its input is finite")
        return Argument(name, given, array, scalar=number, promoted=kind != "f")
    if isinstance(given, np.ndarray) and kind not in ("f", "i", "u", "b"):
        raise Undecidable(f"argument {name} has dtype {given.dtype}; expected real numbers")
    return Argument(name, given, None)


def _kind(value: Any) -> str:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind
    if isinstance(value, list) and value:
        try:
            return np.asarray(value).dtype.kind
        except ValueError:  # ragged
            return ""
    return {float: "f", int: "i"}.get(type(value), "f" if _is_tensor(value) else "")


def _default_wrt(arguments: Sequence[Argument], candidate: Any, names: list[str]) -> tuple[int, ...]:
    floating = tuple(position for position, argument in enumerate(arguments) if argument.array is not None)
    if not floating:
        raise TypeError(
            f"verify.check: none of the arguments {', '.join(names)} is a float or an array of numbers; "
            f"pass one to differentiate by"
        )
    if candidate is None or len(floating) == 1:
        return floating
    args = [argument.at(argument.array) if argument.array is not None else argument.given for argument in arguments]
    result = run("the gradient", candidate, args)
    return floating if isinstance(result, (tuple, list)) and len(result) == len(floating) else floating[:1]


def _is_tensor(value: Any) -> bool:
    return type(value).__module__.startswith("dualgrad.")
