"""A declared expression as the text of a Python function, for a reader and for scripts that show a counterexample."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from verify.declared.functions import CONSTANTS, HOME


def as_python(name: str, parameters: Sequence[str], lines: Sequence[ast.stmt]) -> str:
    """Return a function of plain NumPy and SciPy that computes the same.

    >>> print(as_python("f", ["x"], ast.parse("y = exp(x); sum(y)").body))
    def f(x):
        y = np.exp(x)
        return np.sum(y)
    """
    *before, last = [ast.unparse(ast.fix_missing_locations(_Named(parameters).visit(_copy(line)))) for line in lines]
    imports = ["from scipy import special"] if any("special." in line for line in (*before, last)) else []
    body = "".join(f"\n    {line}" for line in (*imports, *before, f"return {last}"))
    return f"def {name}({', '.join(parameters)}):{body}"


def _copy(line: ast.stmt) -> ast.stmt:
    return ast.parse(ast.unparse(line)).body[0]


class _Named(ast.NodeTransformer):
    """Names of functions and constants as a module would write them."""

    def __init__(self, parameters: Sequence[str]) -> None:
        self.own = set(parameters)

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        return ast.Assign(node.targets, self.visit(node.value))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and HOME.get(node.func.id):
            node.func.id = f"{HOME[node.func.id]}.{node.func.id}"
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in CONSTANTS and node.id not in self.own:
            node.id = f"np.{node.id}"
        return node
