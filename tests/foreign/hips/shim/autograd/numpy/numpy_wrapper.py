"""A namespace of functions as primitives, which HIPS' own modules over SciPy ask for."""

from autograd.extend import primitive


def wrap_namespace(old, new):
    new.update({name: primitive(f) for name, f in old.items() if callable(f) and not isinstance(f, type)})
