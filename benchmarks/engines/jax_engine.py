import os

import numpy as np

from .base import Engine


class JaxJit(Engine):
    name, package, jit = "jax-jit", "jax", True

    def setup(self, threads):
        if threads == 1:
            os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        import jax

        jax.config.update("jax_enable_x64", True)
        import jax.numpy as jnp

        self.jax, self.jnp = jax, jnp
        for n in "exp log sin cos tanh sqrt abs sum mean max reshape transpose concatenate".split():
            setattr(self, n, getattr(jnp, n))
        self.relu, self.sigmoid = jax.nn.relu, jax.nn.sigmoid
        self.solve, self.cholesky, self.diag = jnp.linalg.solve, jnp.linalg.cholesky, jnp.diagonal
        self.logsumexp = jax.nn.logsumexp

    def sum(self, *a):  # replaced in setup
        raise NotImplementedError

    def const(self, a):
        return self.jnp.asarray(a)

    labels = index = const

    def cross_entropy(self, z, y):
        lp = self.jax.nn.log_softmax(z, axis=1)
        return -self.jnp.mean(self.jnp.take_along_axis(lp, y[:, None], axis=1))

    def _wrap(self, fn, *args):
        args = [self.jnp.asarray(a) for a in args]
        if self.jit:
            fn = self.jax.jit(fn)
        ready = self.jax.block_until_ready
        return lambda: ready(fn(*args))

    def value_and_grad(self, f, args):
        return self._wrap(self.jax.value_and_grad(f, argnums=tuple(range(len(args)))), *args)

    def hvp(self, f, x, v):
        g = self.jax.grad(f)
        return self._wrap(lambda x, v: (0.0, [self.jax.jvp(g, (x,), (v,))[1]]), x, v)

    def hessian(self, f, x):
        h = self.jax.hessian(f)
        return self._wrap(lambda x: (0.0, [h(x)]), x)

    def jacobian(self, f, x):
        j = self.jax.jacrev(f)
        return self._wrap(lambda x: (0.0, [j(x)]), x)

    def result(self, out):
        return float(out[0]), [np.asarray(g) for g in out[1]]


class JaxEager(JaxJit):
    name, jit = "jax-eager", False
