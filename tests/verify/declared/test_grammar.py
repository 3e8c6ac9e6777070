"""What a declared expression may hold, and that nothing else ever gets through."""

import ast
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.declared.functions import HOME
from verify.declared.grammar import Refused, parse, require_name
from verify.declared.limits import TEXT

ALLOWED = [
    "x",
    "mean(3 * (x + 2) ** 2)",
    "r = A @ x - b\n(r * r).mean()",
    "where(x > 0, x, 0.1 * x)",
    "A.T @ x[:, None] / len(x)",
    "x[..., 1:3].sum(axis=-1, keepdims=True)",
    "einsum('ij,j->i', A, x)",
    "norm(A, 'fro') + pi * e",
    "concatenate([x, zeros_like(x)], axis=0)",
    "-x % 2 // 1.5 - +x",
]


@pytest.mark.parametrize("text", ALLOWED)
def test_allowed(text):
    assert isinstance(parse(text, ["x", "A", "b"])[-1], ast.Expr)


REFUSED = {
    "__import__('os').system('true')": "method .system",
    "__import__('os')": "no function '__import__'",
    "().__class__.__bases__": "not allowed",
    "x.__class__": "not allowed",
    "x.dtype": "not allowed",
    "x.tofile('f')": "method .tofile",
    "x.dump('f')": "method .dump",
    "x.T.base": "not allowed",
    "load('f')": "no function 'load'",
    "exec('1')": "no function 'exec'",
    "getattr(x, 'T')": "no function 'getattr'",
    "np.exp(x)": "method .exp",
    "y": "not an argument",
    "exp": "not an argument",
    "[exp][0](x)": "only a function by its name",
    "(lambda: x)()": "only a function by its name",
    "lambda: x": "Lambda is not allowed",
    "[x for x in x]": "ListComp is not allowed",
    "{1: x}": "Dict is not allowed",
    "{x}": "Set is not allowed",
    "f'{x}'": "JoinedStr is not allowed",
    "x if x else x": "IfExp is not allowed",
    "x and x": "BoolOp is not allowed",
    "(y := x)": "NamedExpr is not allowed",
    "exp(*x)": "Starred is not allowed",
    "exp(**x)": "keyword None=",
    "exp(x, out=x)": "keyword out=",
    "sum(x, where=x)": "keyword where=",
    "sum(x, dtype='f')": "keyword dtype=",
    "x << 99": "operator LShift",
    "~x": "operator Invert",
    "not x": "operator Not",
    "x is x": "operator Is",
    "x in x": "operator In",
    "b'abc'": "bytes is not a number",
    "'ij; import os'": "may only hold",
    "99999999999999999999": "larger than 2\\*\\*53",
    "import os": "the last line must be the value",
    "import os; x": "only lines such as",
    "x += 1; x": "only lines such as",
    "x.T = x; x": "only lines such as",
    "a, b = x; a": "only lines such as",
    "exp = x; exp": "is a function or a constant",
    "_a = x; _a": "starts with a letter",
    "def f(): pass": "the last line must be the value",
    "while 1: pass": "the last line must be the value",
    "": "is empty",
    "x +": "not an expression",
    "x\0": "not an expression",
    "(" * 100 + "x" + ")" * 100: "nests deeper",
    "-" * 3000 + "x": "nests deeper|not an expression",
    "x" + "+x" * 1500: "nests deeper|more than",
    "x" * (TEXT + 1): "more than",
    "9" * 4000: "larger than 2\\*\\*53",
}


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_refused_with_the_reason(text):
    with pytest.raises(Refused, match=REFUSED[text]):
        parse(text, ["x", "A", "b"])


_PIECES = st.sampled_from(
    [
        *"x()[]{}.,:+-*/%@=<>!~^&|;'\"\\\n #`$?0123456789_",
        "**",
        "//",
        "exp",
        "sum",
        "__class__",
        "lambda ",
        "import ",
        "é",
        "\0",
    ]
)


@given(st.lists(_PIECES, max_size=60).map("".join))
def test_any_text_is_parsed_or_refused(text):
    """Nothing else is raised, and what is let through names only what is listed."""
    try:
        lines = parse(text, ["x"])
    except Refused:
        return
    calls = [node.func for line in lines for node in ast.walk(line) if isinstance(node, ast.Call)]
    assert all(isinstance(call, ast.Attribute) or call.id in HOME for call in calls)
    names = {node.attr for line in lines for node in ast.walk(line) if isinstance(node, ast.Attribute)}
    assert not any(name.startswith("_") for name in names)


@pytest.mark.parametrize("name", ["__class__", "a b", "", "1x", "é", "a" * 100, "_x", "x;y"])
def test_names_are_plain(name):
    with pytest.raises(Refused, match="expected a name"):
        require_name(name, "the argument")


def test_every_function_exists_and_none_reads_files_or_calls_back():
    from scipy import special

    homes = {"np": np, "np.linalg": np.linalg, "special": special}
    for name, home in HOME.items():
        assert home == "" or callable(getattr(homes[home], name))
    dangerous = (
        "load save fromfile tofile loadtxt genfromtxt memmap frompyfunc vectorize apply_along_axis piecewise eval exec"
    )
    assert not set(dangerous.split()) & set(HOME)


def test_refusing_is_quick():
    started = time.process_time()
    for text in ("((((" * 900, "x" + "**x" * 1300, "[" * 3999, "'" * 3999, "x[" * 1300):
        with pytest.raises(Refused):
            parse(text, ["x"])
    assert time.process_time() - started < 2
