"""From the arguments of ``verify.check`` to a :class:`Problem`. Only misuse of ``check`` itself raises here."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from verify.question.domain import HERMITIAN, argument_position, parse_domain
from verify.question.domain import WORDS as WORDS_OF_DOMAINS
from verify.question.generic import in_domain
from verify.question.kinds import WITH_COTANGENTS, WITH_TANGENTS, WORDS, Derived
from verify.question.opening import Opened, opened
from verify.question.own import engine_gradient, gradient_on_copies, on_leaves, real_leaves
from verify.question.problem import Argument, Problem, Undecidable, outputs_of, parameter_names
from verify.question.structure import Complex, complexes_in, filled, gathered, numbered, numbers_in


@dataclass(frozen=True)
class Question:
    """One kind of derivative, and the function that claims to compute it; None for the engine itself.

    ``part`` picks from what the function returns, where that is a value and a gradient.
    """

    kind: str = "grad"
    candidate: Callable[..., Any] | None = None
    part: int | None = None


def questions(f: Any, given: Mapping[str, Any], count: int) -> tuple[Question, ...]:
    """What a call of ``verify.check`` with ``count`` arguments of f asks, by the keywords that were given.

    A SymPy expression becomes the function of those arguments that it is; TypeError for what cannot be called.
    """
    if not callable(f):
        raise TypeError(
            f"verify.check: f is {type(f).__name__} {f!r}, which cannot be called; pass a function, then its arguments"
        )
    found = []
    for keyword, candidate in given.items():
        if candidate is None:
            continue
        candidate = _expression(candidate, f, count)
        if not callable(candidate):
            raise TypeError(
                f"verify.check: {keyword}= is {type(candidate).__name__}, which cannot be called; "
                f"pass a function, called as {CALLED[keyword]}"
            )
        parts = (("value", 0), ("grad", 1)) if keyword == "value_and_grad" else ((keyword, None),)
        found += [Question(kind, candidate, part) for kind, part in parts]
    return tuple(found) or (Question(),)


def _expression(candidate: Any, f: Any, count: int) -> Any:
    """A SymPy expression as a function; whatever else it is as it is."""
    if "sympy" not in sys.modules:
        return candidate
    from dualgrad.frontends.sympy import as_function, is_sympy

    return as_function(candidate, parameter_names(f, count)) if is_sympy(candidate) else candidate


CALLED = {
    "grad": "grad(*args)",
    "jac": "jac(*args)",
    "hess": "hess(*args)",
    "hvp": "hvp(x, v, *rest)",
    "vjp": "vjp(*args, cotangent)",
    "jvp": "jvp(*args, tangent)",
    "value_and_grad": "value_and_grad(*args)",
}


def pose(
    f: Any, args: Sequence[Any], kind: str, candidate: Any, wrt: Any, domain: Any, part: int | None = None
) -> Problem:
    """The problem that a call of ``verify.check`` poses: TypeError or ValueError for misuse, Undecidable for inputs."""
    if not args:
        raise TypeError(
            "verify.check: no arguments were given to evaluate f at; pass them after f: check(f, x, grad=g)"
        )
    own_names = parameter_names(f, len(args))
    asked = None if wrt is None else _positions(wrt, own_names)
    inner = opened(args, own_names, asked)
    args, names = inner.values, inner.names
    known_of = parse_domain(domain, own_names)
    declared = _of_real_numbers(known_of, inner, own_names)
    domains = {p: known for p, known in declared.items() if in_domain(args[p], known, names[p])}
    positions = None if asked is None else tuple(p for q in asked for p in inner.leaves_of(q))
    arguments, notes = _arguments(args, names, positions)
    notes += tuple(
        f"{names[p]} is not {declared[p]} as it was given, so nothing is known of it" for p in declared.keys() - domains
    )
    floating = _floating(arguments, names)
    for q in asked or ():
        if all(arguments[p].array is None for p in inner.leaves_of(q)):
            kind = type(args[inner.leaves_of(q)[0]]).__name__
            raise TypeError(
                f"verify.check: wrt names argument {own_names[q]!r}, which is {kind}; expected a float or an array of "
                f"numbers"
            )
    positions = positions and tuple(p for p in positions if arguments[p].array is not None)
    problem = Problem(
        f=f,
        candidate=candidate or engine_gradient(_on_leaves(f, inner), positions or floating),
        kind="jac" if kind in ("jac", "hess") else "grad",
        arguments=arguments,
        wrt=positions or floating,
        domain=domains,
        name=getattr(f, "__name__", type(f).__name__),
        own=candidate is None,
        tensors=any(_is_tensor(arg) for arg in args) or candidate is None,
        notes=notes,
        part=part,
        structure=inner.structure,
    )
    if problem.own:
        return _with_copies(problem)
    problem = problem if positions else _by_default(problem, kind, names)
    _must_have_one_array(problem, kind)
    return _directed(_on_hermitian(problem, known_of, own_names), kind, names)


def _of_real_numbers(domain: Mapping[int, Any], inner: Opened, names: Sequence[str]) -> dict[int, Any]:
    """The domains of the leaves of arguments; ValueError for one of an argument that holds complex numbers."""
    for place, known in domain.items():
        part = inner.structure[place] if inner.structure else place
        if known == HERMITIAN and not isinstance(part, Complex):
            raise ValueError(
                f"verify.check: domain[{names[place]!r}] is 'hermitian', but it is no array of complex numbers; "
                f"'symmetric' is said of real ones"
            )
        if known != HERMITIAN and complexes_in((part,)):
            raise ValueError(
                f"verify.check: domain names {names[place]!r}, which holds complex numbers; expected 'hermitian' for a "
                f"matrix, and else give f the real and the imaginary parts as two arguments"
            )
    return {p: known for q, known in domain.items() if known != HERMITIAN for p in inner.leaves_of(q)}


def _on_hermitian(problem: Problem, domain: Mapping[int, Any], names: Sequence[str]) -> Problem:
    """The problem with matrices that are declared to be Hermitian read as such, where they are as they were given."""
    structure, declared, notes = list(problem.structure), [], []
    for place in (place for place, known in domain.items() if known == HERMITIAN):
        part, name = structure[place], names[place]
        if part.re in problem.wrt:
            raise ValueError(
                f"verify.check: domain[{name!r}] is 'hermitian', and f is differentiated by it; expected it of an "
                f"argument that wrt does not name"
            )
        made, hermitian = (filled(each, problem.arrays) for each in (part, replace(part, hermitian=True)))
        if np.array_equal(made, hermitian):
            structure[place] = replace(part, hermitian=True)
            declared.append(name)
        else:
            notes.append(f"{name} is not {WORDS_OF_DOMAINS[HERMITIAN]} as it was given, so nothing is known of it")
    return replace(problem, structure=tuple(structure), hermitian=tuple(declared), notes=(*problem.notes, *notes))


def _must_have_one_array(problem: Problem, kind: str) -> None:
    """Undecidable for a matrix of derivatives by complex numbers: that is two, by the parts."""
    if kind in ("jac", "hess") and any(part.re in problem.wrt for part in complexes_in(problem.structure)):
        one = {"jac": "vjp= or jvp=", "hess": "hvp="}[kind]
        raise Undecidable(f"the {WORDS[kind]} by complex numbers is not one array; pass {one}")


# ---------------------------------------------------------------------------- by what, and along what


def _on_leaves(f: Callable[..., Any], inner: Opened) -> Callable[..., Any]:
    """f as a function of all leaves of its arguments."""
    return on_leaves(f, inner.structure) if inner.structure else f


def _by_default(problem: Problem, kind: str, names: list[str]) -> Problem:
    """Every floating argument, or only the first where the candidate is for one."""
    around = problem.around
    several = isinstance(around, tuple) and len(around) > 1 and not _is_one(problem)
    if not several or kind in ("jvp", "value"):
        return problem
    first = replace(problem, wrt=tuple(p for p in problem.wrt if p in numbers_in(around[0])))
    if kind in ("hess", "hvp"):
        return first
    posed = _directed(problem, kind, names)
    result = posed.answer(posed.call(posed.arrays))
    result = result[posed.part] if posed.part is not None else result
    if not isinstance(result, (tuple, list)) or len(result) != len(around):
        return first
    return problem if not problem.structure or _fits(around, result) else first


def _fits(structure: Any, result: Any) -> bool:
    try:
        return all(not isinstance(part, (tuple, list, dict)) for part in gathered(structure, result).values())
    except LookupError:
        return False


def _is_one(problem: Problem) -> bool:
    """Whether f is differentiated by one argument, which may hold several arrays."""
    return sum(bool(set(numbers_in(part)) & set(problem.wrt)) for part in problem.structure) == 1


def _directed(problem: Problem, kind: str, names: list[str]) -> Problem:
    """The problem with what its kind derives from f, and the directions that this takes."""
    if kind in ("grad", "jac"):
        return problem
    by, count = problem.wrt, len(problem.arguments)
    rng = np.random.default_rng(8)
    drawn = []
    if kind in WITH_TANGENTS:
        word = "v" if kind == "hvp" else "tangent"
        like = [problem.arguments[position] for position in by]
        labels = [word if len(by) == 1 else f"{word}_{argument.name}" for argument in like]
        drawn += [
            _direction(_unused(label, names), a.array, a.scalar, rng) for label, a in zip(labels, like, strict=True)
        ]
    tangents = tuple(range(count, count + len(drawn)))
    outputs = None
    if kind in WITH_COTANGENTS:
        result = problem.result(problem.arrays)
        word = "cotangent" if kind == "vjp" else "output"
        outputs, total = numbered(result)
        values = outputs_of(problem.name, result, real_leaves)
        labels = [word if total == 1 else f"{word}_{place}" for place in range(total)]
        if isinstance(outputs, Complex):
            labels = [f"{word}_re", f"{word}_im"]
        drawn += [
            _direction(_unused(label, names), value, not value.ndim, rng)
            for label, value in zip(labels, values, strict=True)
        ]
    cotangents = tuple(range(count + len(tangents), count + len(drawn)))
    derived = Derived(kind, by, tangents, cotangents, outputs)
    return replace(problem, arguments=(*problem.arguments, *drawn), wrt=derived.wrt, derived=derived)


def rows(problem: Problem) -> tuple[Problem, ...]:
    """The questions that one about a Hessian by several arguments, or the Jacobian of several outputs, is made of."""
    if problem.asked == "hess" and problem.derived is not None and len(problem.derived.by) > 1:
        by, around = problem.derived.by, problem.around
        return tuple(
            replace(problem, derived=replace(problem.derived, by=(p,), across=by), frame=((around, p),)) for p in by
        )
    if problem.asked == "jac":
        outputs, count = numbered(problem.result(problem.arrays))
        if count > 1:
            return tuple(replace(problem, output=k, frame=((outputs, k),)) for k in range(count))
    return (problem,)


def _direction(name: str, like: Any, scalar: bool, rng: np.random.Generator) -> Argument:
    """A direction in the shape of an array: with all its digits, of moderate size and either sign."""
    dtype = like.dtype if like.dtype.kind == "f" else np.dtype(float)
    drawn = rng.uniform(0.5, 1.5, like.shape) * rng.choice([-1.0, 1.0], like.shape)
    array = np.asarray(drawn, dtype=dtype)
    return Argument(name, array, array, scalar=scalar)


def _unused(name: str, names: list[str]) -> str:
    return _unused(f"{name}_", names) if name in names else name


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
    if isinstance(given, np.ndarray) and kind not in ("f", "i", "u", "b") and (wanted or kind != "c"):
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


def _floating(arguments: Sequence[Argument], names: list[str]) -> tuple[int, ...]:
    found = tuple(position for position, argument in enumerate(arguments) if argument.array is not None)
    if not found:
        raise TypeError(
            f"verify.check: none of the arguments {', '.join(names)} is a float or an array of numbers; "
            f"pass one to differentiate by"
        )
    return found


def _is_tensor(value: Any) -> bool:
    return type(value).__module__.startswith("dualgrad.")
