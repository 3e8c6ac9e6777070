"""dualgrad with ``dualgrad.compile`` around each transform: recorded at the first call, then replayed."""

import dualgrad as dg

from .dualgrad_engine import DualGrad


class DualGradCompiled(DualGrad):
    name = "dualgrad-compiled"

    def const(self, a):
        return a

    def value_and_grad(self, f, args):
        compiled = dg.compile(dg.value_and_grad(f, range(len(args))))
        return lambda: compiled(*args)

    def hvp(self, f, x, v):
        product = dg.compile(dg.hvp(f))
        return lambda: (0.0, [product(x, v)])

    def hessian(self, f, x):
        matrix = dg.compile(dg.hessian(f))
        return lambda: (0.0, [matrix(x)])

    def jacobian(self, f, x):
        matrix = dg.compile(dg.jacobian(f))
        return lambda: (0.0, [matrix(x)])

    def result(self, out):
        return float(out[0]), list(out[1])
