"""Nested tuples, lists and dicts with arrays, numbers or tensors at the leaves."""


def is_tree(x):
    return isinstance(x, (tuple, list, dict))


def leaves(tree):
    if isinstance(tree, dict):
        return [leaf for branch in tree.values() for leaf in leaves(branch)]
    if isinstance(tree, (tuple, list)):
        return [leaf for branch in tree for leaf in leaves(branch)]
    return [tree]


def rebuilt(tree, found):
    """The tree with these leaves in place of its own."""
    return _rebuilt(tree, iter(found))


def _rebuilt(tree, found):
    if isinstance(tree, dict):
        return type(tree)((key, _rebuilt(branch, found)) for key, branch in tree.items())
    if isinstance(tree, (tuple, list)):
        branches = [_rebuilt(branch, found) for branch in tree]
        return type(tree)(*branches) if hasattr(tree, "_fields") else type(tree)(branches)
    return next(found)


def mapped(function, tree, *others):
    """The function of the leaves at each place; the other trees may be of another kind of sequence."""
    return rebuilt(tree, [function(*each) for each in zip(leaves(tree), *map(leaves, others), strict=True)])
