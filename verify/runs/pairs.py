"""A function and its gradient named on the command line, as a small file that makes a case of them.

The point is read as JSON, here and where the case is run: nothing of it is ever code, and nothing of the functions is
imported here.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import re
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from verify.run import Target, UsageError

_FOLDER = Path(".verify") / "pairs"
_WRITE = "Write numbers and nested lists of them, as in: --point 'x=[1.5, 2.0]' --point 'n=3'."
_TEXT = """import verify
from verify.runs.pairs import at
from verify.run import function

f = function({target!r})
verify.case(*at(f, {point!r}), grad=function({grad!r}))(f)
"""


def pair_file(target: str, grad: str, point: Sequence[str], root: Path) -> str:
    """Write the file for this pair below ``root``, and return its path; UsageError where no pair is named."""
    for text in (target, grad):
        if not Target.parse(text).name:
            raise UsageError(f"{text}: this names no function. Write FILE.py:NAME or MODULE:NAME.")
    if not point:
        raise UsageError(f"--grad {grad}: where should it be checked? {_WRITE}")
    for given in point:
        _read(given)
    text = _TEXT.format(target=target, grad=grad, point=list(point))
    mark = hashlib.blake2b(text.encode(), digest_size=4).hexdigest()  # other points make other cases
    path = root / _FOLDER / f"{_word(target)}-{_word(grad)}-{mark}.py"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        (root / _FOLDER.parent / ".gitignore").write_text("*\n", encoding="utf-8")
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{path}: the pair cannot be written: {error.strerror}. Call from a folder of yours."
        ) from error
    return path.as_posix()


def pair_id(target: str, grad: str, point: Sequence[str]) -> str:
    """Return the id of a pair: what "verify one" takes to check it again.

    >>> pair_id("model.py:loss", "model.py:slope", ["x=[1.0, 2.0]"])
    "model.py:loss --grad model.py:slope --point 'x=[1.0, 2.0]'"
    """
    return shlex.join([target, "--grad", grad, *(part for given in point for part in ("--point", given))])


def pair_place(target: str) -> str:
    """Return where the function of a pair stands, as FILE:LINE; "" where that is not seen without importing it."""
    wanted = Target.parse(target)
    try:
        body = ast.parse(Path(wanted.module).read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return ""
    lines = [part.lineno for part in body if isinstance(part, ast.FunctionDef) and part.name == wanted.name]
    return f"{wanted.module}:{lines[-1]}" if lines else ""


def at(f: Callable[..., Any], point: Sequence[str]) -> tuple[Any, ...]:
    """The arguments of ``f`` in order, from texts ``NAME=VALUE`` or ``VALUE``; lists are arrays.

    >>> at(lambda x, n: None, ["n=3", "x=[1.0, 2.0]"])
    (array([1., 2.]), 3)
    """
    import numpy as np

    return tuple(np.array(value) if isinstance(value, list) else value for value in _bound(f, point))


def _bound(f: Callable[..., Any], point: Sequence[str]) -> tuple[Any, ...]:
    read = [_read(text) for text in point]
    placed, named = [value for name, value in read if not name], {name: value for name, value in read if name}
    if not named:
        return tuple(placed)
    try:
        signature = inspect.signature(f)
        found = signature.bind(*placed, **named)
    except (TypeError, ValueError) as error:
        name = getattr(f, "__name__", "f")
        raise UsageError(f"--point: {name}{_takes(f)} cannot be called so: {error}.") from error
    if found.kwargs:
        raise UsageError(f"--point: {', '.join(found.kwargs)} can only be given by name; a check gives by position.")
    return found.args


def _takes(f: Callable[..., Any]) -> str:
    try:
        return f"({', '.join(inspect.signature(f).parameters)})"
    except (TypeError, ValueError):
        return ", whose arguments have no names,"


def _read(text: str) -> tuple[str, Any]:
    name, value = "", text
    given = re.match(r"\s*([^\W\d]\w*)\s*=(?!=)(.*)", text, re.DOTALL)
    if given:
        name, value = given.groups()
    try:
        read = json.loads(value)
        numeric = _is_numeric(read)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--point {text!r}: this is no value. {_WRITE}") from error
    if not numeric:
        raise UsageError(f"--point {text!r}: this holds more than numbers. {_WRITE}")
    return name, read


def _is_numeric(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_numeric(each) for each in value)
    return isinstance(value, (bool, int, float))


def _word(text: str) -> str:
    return re.sub(r"\W+", "_", text).strip("_")
