"""Dicts, lists and tuples of arrays, taken apart and put together again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any


def leaves(tree: Any) -> Iterator[Any]:
    """What is in dicts, lists and tuples, in order.

    >>> list(leaves({"a": 1, "b": (2, [3])}))
    [1, 2, 3]
    """
    if isinstance(tree, dict):
        for part in tree.values():
            yield from leaves(part)
    elif isinstance(tree, (list, tuple)):
        for part in tree:
            yield from leaves(part)
    else:
        yield tree


def mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """The tree with a function applied to every leaf.

    >>> mapped(str, {"a": 1, "b": (2, [3])})
    {'a': '1', 'b': ('2', ['3'])}
    """
    if isinstance(tree, dict):
        return type(tree)((key, mapped(function, part)) for key, part in tree.items())
    if isinstance(tree, (list, tuple)):
        parts = [mapped(function, part) for part in tree]
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
    return function(tree)


def shape_of(tree: Any, leaf: Callable[[Any], Any]) -> Any:
    """A hashable picture of a tree, with ``leaf(x)`` in the place of every leaf."""
    if isinstance(tree, dict):
        return (type(tree), *((key, shape_of(part, leaf)) for key, part in tree.items()))
    if isinstance(tree, (list, tuple)):
        return (type(tree), *(shape_of(part, leaf) for part in tree))
    return leaf(tree)


def filled(tree: Any, with_leaves: Sequence[Any]) -> Any:
    """The tree with other leaves, in order."""
    supply = iter(with_leaves)
    return mapped(lambda _: next(supply), tree)
