"""How dualgrad works, built before your eyes: a small engine of the same shape, and the same answers.

Read it from top to bottom; run it with ``python docs/how_it_works.py``. Each part names the module that does it
for real.
"""

import itertools

import numpy as np

import dualgrad as dg

# 1. An op is declared once (dualgrad/op.py, dualgrad/ops).
#
# It has a forward in plain NumPy and, for each operand, a rule: given the cotangent g of the result, what is the
# cotangent of the operand? Rules are plain NumPy too, which is what part 5 lives on.

OPS = {}


class Op:
    def __init__(self, ufunc, *rules):
        self.forward, self.rules = ufunc, rules
        OPS[ufunc] = self

    def __call__(self, *inputs):
        if any(isinstance(x, Tensor) for x in inputs):
            return record(self, inputs)
        return self.forward(*inputs)


add = Op(np.add, lambda g, y, a, b: g, lambda g, y, a, b: g)
multiply = Op(np.multiply, lambda g, y, a, b: g * b, lambda g, y, a, b: g * a)
tanh = Op(np.tanh, lambda g, y, x: g * (1 / np.cosh(x) ** 2))
cosh = Op(np.cosh, lambda g, y, x: g * np.sinh(x))
sinh = Op(np.sinh, lambda g, y, x: g * np.cosh(x))
divide = Op(np.divide, lambda g, y, a, b: g / b, lambda g, y, a, b: g * -(y / b))
negative = Op(np.negative, lambda g, y, x: -g)
square = Op(np.square, lambda g, y, x: g * (2 * x))


# 2. A tensor is an array with a place in the graph (dualgrad/engine/tensor.py).
#
# It speaks NumPy's protocol, so that np.tanh(tensor) and 2 * tensor reach the ops above.


class Tensor:
    def __init__(self, data, node=None):
        self.data, self.node = data, node

    def __array_ufunc__(self, ufunc, method, *inputs):
        return OPS[ufunc](*inputs)

    def __add__(self, other):
        return np.add(self, other)

    def __mul__(self, other):
        return np.multiply(self, other)

    def __truediv__(self, other):
        return np.divide(self, other)

    def __rtruediv__(self, other):
        return np.divide(other, self)

    def __neg__(self):
        return np.negative(self)

    def __pow__(self, two):
        return np.square(self)

    __radd__, __rmul__ = __add__, __mul__


# 3. Running leaves a graph behind (dualgrad/engine/graph.py).
#
# One node an operation: the op, what it was given, what it gave. Serial numbers are an order in which every node
# comes after those it depends on.

serial = itertools.count()


class Node:
    def __init__(self, op, inputs, value):
        self.op, self.inputs, self.value, self.serial = op, inputs, value, next(serial)


def record(op, inputs):
    value = op.forward(*(x.data if isinstance(x, Tensor) else x for x in inputs))
    return Tensor(value, Node(op, inputs, value))


def leaf(data):
    return Tensor(data, Node(None, (), data))


x = leaf(np.array([0.5, -1.0]))
y = np.tanh(x) * x + 2
assert y.node.op is add
assert y.node.inputs[0].node.op is multiply


# 4. Backward walks it, the latest node first (dualgrad/engine/backward.py).
#
# No recursion, and no writing in place: an adjoint may be shared.


def reachable(node):
    seen, stack = set(), [node]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(x.node for x in node.inputs if isinstance(x, Tensor) and x.node)
    return sorted(seen, key=lambda node: -node.serial)


def backward(output, seed, on=lambda x: x.data if isinstance(x, Tensor) else x):
    """The cotangent at every node. ``on`` says what the rules run on: by default, plain arrays."""
    adjoints = {output.node: seed}
    for node in reachable(output.node):
        if node.op:
            y = on(Tensor(node.value, node))
            for rule, operand in zip(node.op.rules, node.inputs, strict=True):
                if isinstance(operand, Tensor) and operand.node:
                    cotangent = rule(adjoints[node], y, *map(on, node.inputs))
                    seen = adjoints.get(operand.node)
                    adjoints[operand.node] = cotangent if seen is None else seen + cotangent
    return adjoints


def f(x):
    return np.tanh(x) * x + 2


gradient = backward(y, np.ones(2))[x.node]
assert np.array_equal(gradient, dg.grad(lambda x: np.sum(f(x)))(x.data))

# 5. The same rules on tensors are recorded like anything else: higher order (create_graph=True).
#
# In the same way the rules run on tracers (dualgrad/frontends), which hold no values: then the backward pass
# itself is a program, which the verifier proves right for every value and size.

slope = backward(y, Tensor(np.ones(2)), on=lambda x: x)[x.node]
assert np.array_equal(slope.data, gradient)  # bit for bit
curvature = backward(slope, np.ones(2))[x.node]
np.testing.assert_allclose(curvature, np.diag(dg.hessian(lambda x: np.sum(f(x)))(x.data)))

print("gradient ", gradient)
print("curvature", curvature)
