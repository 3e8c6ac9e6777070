"""Verifiers. ``tool.prepare(problem, seed)`` once, then ``tool.check(inject) -> bool``.

``inject`` is None, or (flat index, relative error): the gradient handed to the verifier is wrong by
that relative error in that one element (counted over all inputs, concatenated). True = accepted.
Tools with their own verdict use their defaults. ``scipy.optimize.check_grad``, numdifftools and the
symbolic ones return numbers, not a verdict; their decision rule here is in each class.
"""

import inspect
import time

import numpy as np


def split_index(args, flat):
    for k, a in enumerate(args):
        if flat < a.size:
            return k, flat
        flat -= a.size
    raise IndexError


def relative(a, b):
    """Worst element-wise relative difference: what a tighter tolerance could reach."""
    scale = np.maximum(np.abs(b), 1e-3 * np.max(np.abs(b)) + 1e-300)
    return float(np.max(np.abs(a - b) / scale))


def autograd_api():
    from ..engines.autograd_engine import Autograd

    api = Autograd()
    api.setup(1)
    return api


LEVELS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8)  # of relative errors in one element


class Tool:
    levels = LEVELS
    stochastic = False  # a fresh random direction at every call
    evals_per_input = 0  # function evaluations per input element, for the cost forecast

    def prepare(self, problem, seed=0):
        self.problem = problem
        self.args, self.consts = problem.make(np.random.default_rng(seed))
        self.size = sum(a.size for a in self.args)
        self.setup()

    def scales(self, inject):
        """One multiplier array per input, or None where the gradient is left alone."""
        out = [None] * len(self.args)
        if inject:
            k, i = split_index(self.args, inject[0])
            s = np.ones(self.args[k].size, self.args[k].dtype)
            s[i] += inject[1]
            out[k] = s.reshape(self.args[k].shape)
        return out


class TorchSlow(Tool):
    fast = False
    evals_per_input = 2

    def setup(self):
        import torch

        from ..engines.torch_engine import Torch

        self.torch, api = torch, Torch()
        api.setup(1)
        self.f = self.problem.build(api, self.consts)
        self.leaves = [torch.tensor(a, requires_grad=True) for a in self.args]

        class Inject(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x, s):
                ctx.s = s
                return x.clone()

            @staticmethod
            def backward(ctx, g):
                return g * ctx.s, None

        self.inject = Inject.apply

    def evaluate(self):
        with self.torch.no_grad():
            self.f(*self.leaves)

    def check(self, inject=None):
        sc = [None if s is None else self.torch.as_tensor(s) for s in self.scales(inject)]

        def f(*xs):
            return self.f(*[x if s is None else self.inject(x, s) for x, s in zip(xs, sc, strict=True)])

        return self.torch.autograd.gradcheck(f, self.leaves, fast_mode=self.fast, raise_exception=False)


class TorchFast(TorchSlow):
    fast = True
    evals_per_input = 0


class Jax(Tool):
    """jax.test_util.check_grads(order=1, modes=["rev"]), un-jitted function, x64 enabled."""

    def setup(self):
        from ..engines.jax_engine import JaxEager

        api = JaxEager()
        api.setup(1)
        import jax
        import jax.test_util

        self.jax, self.f = jax, self.problem.build(api, self.consts)
        self.xs = [jax.numpy.asarray(a) for a in self.args]

    def check(self, inject=None):
        jax, sc = self.jax, self.scales(inject)

        def wrap(x, s):
            ident = jax.custom_vjp(lambda x: x)
            ident.defvjp(lambda x: (x, None), lambda _, g: (g * s,))
            return ident(x)

        def f(*xs):
            return self.f(*[x if s is None else wrap(x, s) for x, s in zip(xs, sc, strict=True)])

        try:
            jax.test_util.check_grads(f, tuple(self.xs), order=1, modes=["rev"])
            return True
        except AssertionError:
            return False


class Autograd(Tool):
    """autograd.test_util.check_grads(modes=["rev"], order=1)."""

    stochastic = True

    def setup(self):
        from autograd.extend import defvjp, primitive
        from autograd.test_util import check_grads

        self.check_grads, self.primitive, self.defvjp = check_grads, primitive, defvjp
        self.f = self.problem.build(autograd_api(), self.consts)

    def check(self, inject=None):
        sc = self.scales(inject)

        def wrap(s):
            if s is None:
                return lambda x: x
            p = self.primitive(lambda x: x)
            self.defvjp(p, lambda ans, x: lambda g: g * s)
            return p

        ws = [wrap(s) for s in sc]
        try:
            self.check_grads(
                lambda *xs: self.f(*[w(x) for w, x in zip(ws, xs, strict=True)]),
                tuple(range(len(self.args))),
                modes=["rev"],
                order=1,
            )(*self.args)
            return True
        except AssertionError:
            return False


class Flat(Tool):
    """Function and candidate gradient of one flat vector (candidate: autograd's, float dtype kept)."""

    def setup(self):
        from ..engines.numpy_engine import NumpyForward

        api = autograd_api()
        vg = api.ag.value_and_grad(self.problem.build(api, self.consts), argnum=tuple(range(len(self.args))))
        self.shapes = [a.shape for a in self.args]
        self.cuts = np.cumsum([a.size for a in self.args])[:-1]
        self.x0 = np.concatenate([a.ravel() for a in self.args])
        self.cand = np.concatenate([np.ravel(g) for g in vg(*self.args)[1]])
        fwd = self.problem.build(NumpyForward(), self.consts)
        self.fflat = lambda v: fwd(*[p.reshape(s) for p, s in zip(np.split(v, self.cuts), self.shapes, strict=True)])

    def evaluate(self):
        self.fflat(self.x0)

    def gradient(self, inject):
        g = self.cand.copy()
        if inject:
            g[inject[0]] *= 1 + inject[1]
        return g


class ScipyAll(Flat):
    """Returned 2-norm error must be below 1e-6 of the gradient's norm (forward differences)."""

    direction = "all"
    evals_per_input = 1

    def check(self, inject=None):
        from scipy.optimize import check_grad

        g = self.gradient(inject)
        err = check_grad(self.fflat, lambda v: g, self.x0, direction=self.direction)
        return bool(err <= 1e-6 * max(1.0, np.linalg.norm(g)))


class ScipyRandom(ScipyAll):
    direction, stochastic, evals_per_input = "random", True, 0


class NumDiffTools(Flat):
    """Element-wise |candidate - Richardson| <= 10 x its own error estimate + 1e-8 (1 + |g|)."""

    evals_per_input = 30  # measured

    def setup(self):
        super().setup()
        self.cache = None

    def check(self, inject=None):
        import numdifftools as nd

        if self.cache is None or inject is None:
            info = nd.Gradient(self.fflat, full_output=True)(self.x0)
            self.cache = np.ravel(info[0]), np.ravel(info[1])
        val, est = self.cache
        g = self.gradient(inject)
        return bool(np.all(np.abs(g - val) <= 10 * est + 1e-8 * (1 + np.abs(g))))

    def residual(self):
        return relative(self.cand, self.cache[0])


class Symbolic(Flat):
    """Scalarise, differentiate, lambdify, evaluate; verdict np.allclose(candidate, exact), defaults."""

    def setup(self):
        super().setup()
        self.exact = None

    def check(self, inject=None):
        if self.exact is None or inject is None:
            self.exact = self.symbolic()
        return bool(np.allclose(self.gradient(inject), self.exact))

    def residual(self):
        return relative(self.cand, self.exact)


class ObjectApi:
    """The task api on NumPy object arrays of symbolic expressions."""

    def __init__(self, lib, absf):
        def one(fn):
            return lambda x: np.frompyfunc(fn, 1, 1)(x)

        for n in "exp log sin cos tanh sqrt".split():
            setattr(self, n, one(getattr(lib, n)))
        self.abs = one(absf)
        self.relu = one(lambda v: lib.Max(v, 0))
        self.add = lib.Add

    def const(self, a):
        return a.astype(object)

    def labels(self, a):
        return a

    index = labels
    reshape, transpose = staticmethod(np.reshape), staticmethod(np.transpose)

    def sum(self, x, axis=None):
        def add(v):
            return self.add(*v)

        return add(x.ravel()) if axis is None else np.apply_along_axis(add, axis, x)

    def mean(self, x, axis=None):
        return self.sum(x, axis) / (x.size if axis is None else x.shape[axis])

    def logsumexp(self, x, axis):
        return self.log(self.sum(self.exp(x), axis))

    def cross_entropy(self, z, y):
        return self.mean(self.logsumexp(z, 1) - z[np.arange(len(y)), y])


class Sympy(Symbolic):
    def symbolic(self):
        import sympy as sp

        syms = sp.symbols(f"x:{self.size}", real=True)
        xs = [p.reshape(s) for p, s in zip(np.split(np.array(syms, object), self.cuts), self.shapes, strict=True)]
        expr = self.problem.build(ObjectApi(sp, sp.Abs), self.consts)(*xs)
        fn = sp.lambdify(syms, [sp.diff(expr, s) for s in syms], "numpy")
        return np.array(fn(*[float(v) for v in self.x0]), float)


class Symengine(Symbolic):
    def symbolic(self):
        import symengine as se

        syms = se.symbols(f"x0:{self.size}") if self.size > 1 else [se.symbols("x0")]
        xs = [p.reshape(s) for p, s in zip(np.split(np.array(syms, object), self.cuts), self.shapes, strict=True)]
        expr = self.problem.build(ObjectApi(se, abs), self.consts)(*xs)
        fn = se.Lambdify(syms, [expr.diff(s) for s in syms])
        return np.array(fn(np.asarray(self.x0, float)), float)


class DualGrad(Tool):
    """``verify.check`` at its defaults, on the engine's own gradient times the injected error."""

    levels = (1e-1, 1e-6, 1e-8)  # all are caught: what lies between tells nothing

    def setup(self):
        from verify.check import check  # here, as the other tools import what they need

        from ..engines.dualgrad_engine import DualGrad as Api

        api = Api()
        api.setup(1)
        self.verify, self.f = check, self.problem.build(api, self.consts)
        self.step = api.value_and_grad(self.f, self.args)

    def check(self, inject=None):
        import dualgrad as dg

        scales, gradient = self.scales(inject), dg.grad(self.f, tuple(range(len(self.args))))

        def candidate(*xs):
            found = gradient(*xs)
            return tuple(g if s is None else g * s for g, s in zip(found, scales, strict=True))

        self.result = self.verify(self.f, *self.args, grad=candidate, wrt=tuple(range(len(self.args))))
        return self.result.ok

    def details(self):
        """What the last check found, what a value and gradient takes, and how often a check calls the gradient."""
        verdict, numbers = self.result.verdict.name, self.result.numbers.status
        took = []
        for _ in range(7):
            start = time.process_time()
            self.step()
            took.append(time.process_time() - start)
        return {"verdict": verdict, "numbers": numbers, "vg": min(took), "calls": self.calls()}

    def calls(self):
        """How often one check runs the gradient on arrays of the given shapes."""
        from verify.question.problem import Problem

        answer, shapes, count = Problem.answer, [a.shape for a in self.args], [0]

        def counted(problem, values):
            count[0] += [np.shape(value) for value in values] == shapes
            return answer(problem, values)

        Problem.answer = counted
        try:
            self.check()
        finally:
            Problem.answer = answer
        return count[0]

    def refuted(self):
        """Whether the last check found a counterexample."""
        return self.result.verdict.name == "REFUTED"

    def named(self, inject):
        """Whether the last check named the element that was wrong."""
        k, flat = split_index(self.args, inject[0])
        place = ", ".join(str(int(i)) for i in np.unravel_index(flat, self.args[k].shape))
        names = inspect.signature(self.f).parameters
        example = self.result.counterexample
        said = (self.result.numbers.index, example.index if example is not None else "")
        return f"{list(names)[k]}[{place}]" in said


TOOLS = {
    "gradcheck": TorchSlow,
    "gradcheck-fast": TorchFast,
    "jax-check": Jax,
    "autograd-check": Autograd,
    "scipy-all": ScipyAll,
    "scipy-random": ScipyRandom,
    "numdifftools": NumDiffTools,
    "sympy": Sympy,
    "symengine": Symengine,
    "dualgrad": DualGrad,
}
