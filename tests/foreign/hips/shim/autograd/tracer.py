"""Boxes are dualgrad's tensors; a trace is a run on fresh ones."""

from dualgrad import Tensor

Box = Tensor
box_types = {Tensor}


def isbox(x):
    return isinstance(x, Tensor)


def getval(x):
    return x.detach().numpy() if isinstance(x, Tensor) else x


class Node:
    """HIPS lets its users subclass the nodes of its graph; those of dualgrad are its own."""


def trace(start_node, fun, x):
    raise NotImplementedError("HIPS' tracer with nodes of the user's own")


def notrace_primitive(function):
    def run(*args, **kwargs):
        return function(*map(getval, args), **kwargs)

    return run


def __getattr__(name):
    if name == "primitive":
        from autograd.core import primitive

        return primitive
    raise AttributeError(name)
