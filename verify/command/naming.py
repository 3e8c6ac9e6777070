"""Cases by the names that people write: a whole id, its key, the function alone, or a part of an id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches

from verify.report.text import line

_LISTED = 10
_NEAR = 0.5  # of 1, which is the same


def fitting(what: str, ids: Sequence[str], parts: bool = True) -> list[str]:
    """Return the ids that are meant: the first of these ways in which there are any decides.

    An id is meant by itself, by its key (what follows the file), by its file and function, by its function, and, with
    ``parts``, by a part of it.

    >>> ids = ["model.py::g", "model.py::f[grad=g]", "model.py::f[grad=h]"]
    >>> fitting("g", ids), fitting("f[grad=h]", ids), fitting("model.py::f", ids)
    (['model.py::g'], ['model.py::f[grad=h]'], ['model.py::f[grad=g]', 'model.py::f[grad=h]'])
    """
    ways: list[Callable[[str], bool]] = [
        lambda name: what == name,
        lambda name: what == _key(name),
        lambda name: what == _bare(name),
        lambda name: what == _bare(_key(name)),
        *([lambda name: what in name] if parts else []),
    ]
    shown = {name: line(name) for name in ids}  # as reports print them
    for way in ways:
        found = [name for name, told in shown.items() if way(name) or way(told)]
        if found:
            return found
    return []


def several(names: Iterable[str]) -> str:
    """Return names in one line: the first ten, and how many more there are."""
    listed = [line(name) for name in names]
    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    return f"{', '.join(listed[:_LISTED])}{more}"


def nearest(what: str, ids: Sequence[str]) -> str:
    """Return a question after the id whose key, function or whole is nearest; "" where none is near."""
    known = {form: name for name in ids for form in (name, _key(name), _bare(_key(name)))}
    found = get_close_matches(what, known, 1, _NEAR)
    return f" Did you mean {line(known[found[0]])!r}?" if found else ""


def _key(name: str) -> str:
    return name.partition("::")[2] or name


def _bare(name: str) -> str:
    return name.partition("[")[0].partition("#")[0]
