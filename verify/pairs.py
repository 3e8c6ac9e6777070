"""A function and its gradient named on the command line, as a small file that declares the case.

The point is read as Python literals and written as such: nothing of it is ever run.
"""

from __future__ import annotations

import ast
import inspect
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from verify.run import UsageError, function

_FOLDER = Path(".verify") / "pairs"
_WRITE = "Write numbers and nested lists of them, as in: --point 'x=[1.5, 2.0]' --point 'n=3'."


def pair_file(target: str, grad: str, point: Sequence[str], root: Path) -> str:
    """Write the file for this pair below ``root``, and return its path; UsageError says what is wrong with the pair."""
    if not point:
        raise UsageError(f"--grad {grad}: where should it be checked? {_WRITE}")
    f, _ = function(target), function(grad)
    arguments = ", ".join(_source(value) for value in bound(f, point))
    call = f"verify.case({arguments}, grad=function({grad!r}))(function({target!r}))"
    made_by = f"verify run {target} --grad {grad} {' '.join(f'--point {shlex.quote(each)}' for each in point)}"
    path = root / _FOLDER / f"{_word(target)}-{_word(grad)}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    (root / _FOLDER.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    text = f"# Made by: {made_by!r}\nimport numpy as np\nimport verify\nfrom verify.run import function\n\n{call}\n"
    path.write_text(text, encoding="utf-8")
    return path.as_posix()


def bound(f: Any, point: Sequence[str]) -> tuple[Any, ...]:
    """The arguments of ``f`` in order, from texts ``NAME=LITERAL`` or ``LITERAL``.

    >>> bound(lambda x, n: None, ["n=3", "x=[1.0, 2.0]"])
    ([1.0, 2.0], 3)
    """
    placed, named = [], {}
    for text in point:
        name, value = _read(text)
        if name:
            named[name] = value
        else:
            placed.append(value)
    try:
        signature = inspect.signature(f)
    except (TypeError, ValueError):
        signature = None
    if signature is None or not named:
        if named:
            raise UsageError(f"--point: the arguments of {f} have no names. Give their values in order, without names.")
        return tuple(placed)
    try:
        found = signature.bind(*placed, **named)
    except TypeError as error:
        takes = ", ".join(signature.parameters)
        raise UsageError(f"--point: {getattr(f, '__name__', 'f')}({takes}) cannot be called so: {error}.") from error
    if found.kwargs:
        raise UsageError(f"--point: {', '.join(found.kwargs)} can only be given by name; a check gives by position.")
    return found.args


def arrays(values: Sequence[Any]) -> tuple[Any, ...]:
    """The values as a case holds them: lists as arrays of NumPy."""
    import numpy as np

    return tuple(np.array(value) if isinstance(value, (list, tuple)) else value for value in values)


def _read(text: str) -> tuple[str, Any]:
    name, value = "", text
    given = re.match(r"\s*([^\W\d]\w*)\s*=(?!=)(.*)", text, re.DOTALL)
    if given:
        name, value = given.groups()
    try:
        read = ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise UsageError(f"--point {text!r}: this is no value. {_WRITE}") from error
    if not _is_numeric(read):
        raise UsageError(f"--point {text!r}: this holds more than numbers. {_WRITE}")
    return name, read


def _is_numeric(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_is_numeric(each) for each in value)
    return isinstance(value, (bool, int, float, complex))


def _source(value: Any) -> str:
    return f"np.array({value!r})" if isinstance(value, (list, tuple)) else repr(value)


def _word(text: str) -> str:
    return re.sub(r"\W+", "_", text).strip("_")
