"""Reading an expression by a whitelist over Python's syntax tree, with limits that hold before it is parsed."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from verify.declared.functions import ATTRIBUTES, CONSTANTS, HOME, METHODS
from verify.declared.limits import DEPTH, NAME, NODES, TEXT, WHOLE

BINARY = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult)
COMPARE = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_OPERATORS = (*BINARY, *COMPARE, ast.UAdd, ast.USub, ast.Load)
_OPEN, _CLOSE = "([{", ")]}"


class Refused(ValueError):
    """A declared case holds what is not allowed; the message says what and where."""


def parse(text: str, names: Collection[str]) -> tuple[ast.stmt, ...]:
    """Return the lines of an expression: assignments to names of its own, and a last line with the value.

    ``names`` are the arguments. :class:`Refused` says what is not allowed and where.

    >>> [type(line).__name__ for line in parse("r = A @ w - b; sum(r * r)", ["A", "w", "b"])]
    ['Assign', 'Expr']
    >>> parse("__import__('os')", [])
    Traceback (most recent call last):
    verify.declared.grammar.Refused: line 1, column 1: there is no function '__import__' for declared cases
    """
    _require_small(text)
    try:
        tree = ast.parse(text.strip(), mode="exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Refused(f"this is not an expression: {error}") from error
    _require_few(tree)
    if not tree.body:
        raise Refused("the expression is empty")
    known = set(names)
    for line in tree.body[:-1]:
        known.add(_assigned(line, known))
    last = tree.body[-1]
    if not isinstance(last, ast.Expr):
        raise _refused(last, "the last line must be the value, not a statement")
    _require_allowed(last.value, known)
    return tuple(tree.body)


def require_name(text: str, what: str) -> str:
    """Return the text where it is a plain name that an argument or a case may have."""
    if not (text.isidentifier() and text.isascii() and len(text) <= NAME and not text.startswith("_")):
        raise Refused(f"{what} {text[:NAME]!r}: expected a name of letters, digits and _ that starts with a letter")
    return text


def _require_small(text: str) -> None:
    if len(text) > TEXT:
        raise Refused(f"the expression has {len(text)} characters, more than {TEXT}")
    depth = 0
    for character in text:
        depth += (character in _OPEN) - (character in _CLOSE)
        if depth > DEPTH:
            raise Refused(f"the expression nests deeper than {DEPTH}")


def _require_few(tree: ast.AST) -> None:
    level: list[ast.AST] = [tree]
    count = depth = 0
    while level:
        count, depth = count + len(level), depth + 1
        if count > NODES or depth > 3 * DEPTH:
            raise Refused(f"the expression has more than {NODES} parts or nests deeper than {3 * DEPTH}")
        level = [child for node in level for child in ast.iter_child_nodes(node)]


def _assigned(line: ast.stmt, known: set[str]) -> str:
    if not (isinstance(line, ast.Assign) and len(line.targets) == 1 and isinstance(line.targets[0], ast.Name)):
        raise _refused(line, "only lines such as  r = A @ w - b  may come before the value")
    _require_allowed(line.value, known)
    name = require_name(line.targets[0].id, "the name")
    if name in HOME or name in CONSTANTS:
        raise _refused(line, f"{name!r} is a function or a constant; choose another name")
    return name


def _require_allowed(root: ast.expr, known: set[str]) -> None:
    pending: list[ast.AST] = [root]
    while pending:
        pending.extend(_parts(pending.pop(), known))


def _parts(node: ast.AST, known: set[str]) -> Iterator[ast.AST]:
    """What of a node is left to look at; raises where the node itself is not allowed."""
    match node:
        case ast.operator() | ast.cmpop() | ast.unaryop() | ast.expr_context():
            if not isinstance(node, _OPERATORS):
                raise Refused(f"the operator {type(node).__name__} is not allowed in a declared case")
        case ast.Constant(value=value):
            _require_number(node, value)
        case ast.Name(id=name) if name not in known and name not in CONSTANTS:
            raise _refused(node, f"{name!r} is not an argument, a name given before, or one of {', '.join(CONSTANTS)}")
        case ast.Attribute(value=inner, attr=name):
            if name not in ATTRIBUTES:
                raise _refused(node, f".{name} is not allowed. Allowed are .{', .'.join(sorted(ATTRIBUTES))}")
            yield inner
        case ast.Call(func=called, args=given, keywords=named):
            yield from _called(called)
            yield from given
            yield from (_keyword(each) for each in named)
        case ast.BinOp() | ast.UnaryOp() | ast.Compare() | ast.Tuple() | ast.List() | ast.Subscript() | ast.Slice():
            yield from ast.iter_child_nodes(node)
        case ast.Name():
            pass
        case _:
            raise _refused(node, f"{type(node).__name__} is not allowed in a declared case")


def _called(function: ast.expr) -> Iterator[ast.AST]:
    match function:
        case ast.Name(id=name) if name in HOME:
            return
        case ast.Name(id=name):
            raise _refused(function, f"there is no function {name!r} for declared cases")
        case ast.Attribute(value=inner, attr=name) if name in METHODS:
            yield inner
        case ast.Attribute(attr=name):
            raise _refused(function, f"the method .{name}() is not allowed. Allowed are {', '.join(sorted(METHODS))}")
        case _:
            raise _refused(function, "only a function by its name or a method can be called")


_KEYWORDS = frozenset("axis axes axis1 axis2 keepdims ddof offset k ord weights dx x shift".split())


def _keyword(given: ast.keyword) -> ast.expr:
    if given.arg not in _KEYWORDS:  # out= and where= write or leave elements undefined, dtype= and like= name classes
        raise _refused(
            given.value, f"the keyword {given.arg}= is not allowed. Allowed are {', '.join(sorted(_KEYWORDS))}"
        )
    return given.value


def _require_number(node: ast.Constant, value: object) -> None:
    if value is None or value is ... or isinstance(value, bool):
        return
    if isinstance(value, str):
        _require_subscripts(node, value)
    elif not isinstance(value, (int, float, complex)):
        raise _refused(node, f"{type(value).__name__} is not a number")
    elif isinstance(value, int) and abs(value) > WHOLE:
        raise _refused(node, "the whole number is larger than 2**53; write it with a point, as 1e20")


def _require_subscripts(node: ast.Constant, text: str) -> None:
    """Strings are the subscripts of einsum and the name of a norm, and hold nothing else."""
    if len(text) > NAME or not all(letter.isascii() and (letter.isalpha() or letter in ",->. ") for letter in text):
        raise _refused(node, "a string may only hold the subscripts of einsum, as 'ij,j->i', or the name of a norm")


def _refused(node: ast.AST, message: str) -> Refused:
    line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    return Refused(f"line {line}, column {column + 1}: {message}")
