"""Small changes of a Python source: another comparison, another number, a statement left out, arguments exchanged.

A mutant is a change at one node of the syntax tree. Annotations, docstrings and the words of messages are left alone:
a change there is none of what a module does.
"""

from __future__ import annotations

import ast
import copy
import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

Node = TypeVar("Node", bound=ast.AST)
Item = TypeVar("Item")

COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
}  # fmt: skip
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitOr,
}  # fmt: skip
CALLED = {"all": "any", "any": "all", "min": "max", "max": "min", "sorted": "list"}
ORDERED = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
EITHER_WAY = {"max", "min", "mul", "plus", "times", "isinstance"}  # or never run with them exchanged
DROPPED = (ast.Expr, ast.AugAssign, ast.Raise, ast.Continue, ast.Break, ast.Delete)


@dataclass(frozen=True)
class Mutant:
    """A change: of which kind, where (a line, a column, and the lines of the changed node), and what."""

    kind: str
    line: int
    column: int
    last: int
    what: str
    inside: bool  # the body of a function, and not what runs when the module is imported
    number: int
    unit: str  # the function, method or statement that it is in, the lines before it, and its text in short
    first: int
    digest: str

    @property
    def name(self) -> str:
        """What tells it from every other mutant of its module; the same where only other parts of the module change."""
        return f"{self.unit}+{self.line - self.first}:{self.column} {self.kind}: {self.what}"


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a source, in the order of its text."""
    return [mutant for mutant, _ in _found(ast.parse(source), source)]


def changed(source: str, chosen: Collection[str]) -> Iterator[tuple[Mutant, ast.Module]]:
    """The mutants of these names, each with the tree in which it is made: the next one takes it back."""
    tree = ast.parse(source)
    for mutant, (parent, field, place, new) in _found(tree, source):
        if mutant.name in chosen:
            old = getattr(parent, field) if place is None else getattr(parent, field)[place]
            _put(parent, field, place, new)
            yield mutant, ast.fix_missing_locations(tree)
            _put(parent, field, place, old)


def _found(tree: ast.Module, source: str) -> Iterator[tuple[Mutant, tuple[Any, ...]]]:
    """The mutants of a tree, each with the place where a new node would hang, and that node."""
    number, lines, units = 0, source.splitlines(), list(_units(tree))
    for node, parent, field, place, inside in list(_places(tree, False)):
        for kind, what, new in _changes(node, parent):
            unit, first, last = next(u for u in units if u[1] <= node.lineno <= u[2])
            digest = hashlib.sha256("\n".join(lines[first - 1 : last]).encode()).hexdigest()[:8]
            own = (kind, node.lineno, node.col_offset, _own_end(node), what, inside, number, unit, first, digest)
            yield Mutant(*own), (parent, field, place, new)
            number += 1


def _units(tree: ast.AST, of: str = "") -> Iterator[tuple[str, int, int]]:
    """Functions, methods and the other statements of a module: a name, the first line and the last."""
    for k, node in enumerate(getattr(tree, "body", [])):
        if isinstance(node, ast.ClassDef):
            yield from _units(node, f"{node.name}.")
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(d.lineno for d in decorators)])
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        name = getattr(node, "name", None) or (ast.unparse(targets[0]) if targets[0] is not None else f"statement {k}")
        yield f"{of}{name}", first, node.end_lineno or first


def _own_end(node: ast.AST) -> int:
    """The last line of a node; of one that holds statements, the last line of its head."""
    body = getattr(node, "body", None)
    if isinstance(node, (ast.FunctionDef, ast.If, ast.While, ast.For)) and isinstance(body, list):
        return max(node.lineno, body[0].lineno if isinstance(node, ast.FunctionDef) else body[0].lineno - 1)
    return int(getattr(node, "end_lineno", 0))


def _put(parent: ast.AST, field: str, place: int | None, new: ast.AST) -> None:
    if place is None:
        setattr(parent, field, new)
    else:
        getattr(parent, field)[place] = new


def _places(node: ast.AST, inside: bool) -> Iterator[tuple[ast.AST, ast.AST, str, int | None, bool]]:
    """Every node that may be changed, with where it hangs, and whether it is inside a function."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "type_comment"):
            continue
        own = inside or (isinstance(node, (ast.FunctionDef, ast.Lambda)) and field == "body")
        for place, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST) and not _idle(child, place, node):
                yield child, node, field, place, own
                yield from _places(child, own)


def _idle(node: ast.AST, place: int | None, parent: ast.AST) -> bool:
    """Whether a node only tells: a docstring, the text of a message, an import, what is for type checkers."""
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.JoinedStr)):
        return True
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("cast", "TypeVar"):
        return True
    return place == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changes(node: ast.AST, parent: ast.AST) -> Iterator[tuple[str, str, ast.AST]]:
    """What may stand in the place of a node: the kind of change, told, and the new node."""
    if isinstance(node, ast.Compare):
        for k, op in enumerate(node.ops):
            for other in COMPARED[type(op)]:
                new_ops = _with(node.ops, k, other())
                yield "comparison", f"{type(op).__name__} -> {other.__name__}", _again(node, ops=new_ops)
    elif isinstance(node, ast.BinOp) and type(node.op) in COMPUTED:
        if not isinstance(node.left, ast.Constant) or not isinstance(node.left.value, str):
            other_op = COMPUTED[type(node.op)]
            yield "arithmetic", f"{type(node.op).__name__} -> {other_op.__name__}", _again(node, op=other_op())
        if isinstance(node.op, ORDERED):
            yield "exchange", ast.unparse(node), _again(node, left=node.right, right=node.left)
    elif isinstance(node, ast.BoolOp):
        other_bool = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield "logic", f"{type(node.op).__name__} -> {type(other_bool).__name__}", _again(node, op=other_bool)
        for k in range(len(node.values)):
            kept = [value for j, value in enumerate(node.values) if j != k]
            new = kept[0] if len(kept) == 1 else _again(node, values=kept)
            yield "left out", ast.unparse(node.values[k]), copy.deepcopy(new)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        yield (
            "logic" if isinstance(node.op, ast.Not) else "arithmetic",
            f"without {type(node.op).__name__}",
            node.operand,
        )
    elif isinstance(node, ast.Constant):
        yield from _constants(node, parent)
    elif isinstance(node, ast.Call):
        yield from _calls(node)
    elif isinstance(node, (ast.If, ast.While, ast.IfExp)):
        yield "negated", ast.unparse(node.test), _again(node, test=ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.comprehension):
        pass
    elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
        for k, part in enumerate(node.generators):
            for j, test in enumerate(part.ifs):
                less = _again(part, ifs=[other for i, other in enumerate(part.ifs) if i != j])
                new = _again(node, generators=_with(node.generators, k, less))
                yield "left out", f"if {ast.unparse(test)}", new
    elif isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield "nothing returned", ast.unparse(node.value), ast.Return(ast.Constant(None))
    elif isinstance(node, DROPPED):
        yield "left out", ast.unparse(node), ast.Pass()


def _constants(node: ast.Constant, parent: ast.AST) -> Iterator[tuple[str, str, ast.AST]]:
    value = node.value
    if isinstance(value, bool):
        yield "constant", f"{value} -> {not value}", ast.Constant(not value)
    elif isinstance(value, int):
        yield "constant", f"{value} -> {value + 1}", ast.Constant(value + 1)
        yield "constant", f"{value} -> {value - 1}", ast.Constant(value - 1)
    elif isinstance(value, float):
        yield "constant", f"{value} -> {2 * value + 1}", ast.Constant(2 * value + 1)
    elif isinstance(value, str) and isinstance(parent, (ast.Compare, ast.Set, ast.Dict, ast.Subscript, ast.Tuple)):
        yield "constant", f"{value!r} -> {value + '~'!r}", ast.Constant(value + "~")


def _calls(node: ast.Call) -> Iterator[tuple[str, str, ast.AST]]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if len(node.args) > 1 and name not in EITHER_WAY and not any(map(_fixed, node.args[:2])):
        first, second, *rest = node.args
        if ast.dump(first) != ast.dump(second):
            yield "exchange", ast.unparse(node), _again(node, args=[second, first, *rest])
    if isinstance(node.func, ast.Name) and node.func.id in CALLED:
        other = CALLED[node.func.id]
        if not (other == "list" and node.keywords):
            yield "called", f"{node.func.id} -> {other}", _again(node, func=ast.Name(other, ast.Load()))


def _fixed(node: ast.expr) -> bool:
    """Whether an argument is of a kind that only its own place takes."""
    text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return text or isinstance(node, (ast.Starred, ast.JoinedStr, ast.Lambda))


def _again(node: Node, **changes: object) -> Node:
    new = copy.copy(node)
    for name, value in changes.items():
        setattr(new, name, value)
    return new


def _with(items: list[Item], place: int, new: Item) -> list[Item]:
    return [*items[:place], new, *items[place + 1 :]]
