import numpy as np

from .base import Engine


class MyGrad(Engine):
    name, package = "mygrad", "mygrad"

    def setup(self, threads):
        import mygrad as mg
        from mygrad.nnet.activations import relu, sigmoid
        from mygrad.nnet.losses import softmax_crossentropy

        self.mg = mg
        for n in "exp log sin cos tanh sqrt abs sum mean max reshape".split():
            setattr(self, n, getattr(mg, n))
        self.relu, self.sigmoid, self.cross_entropy = relu, sigmoid, softmax_crossentropy
        self.transpose = lambda x, axes: mg.transpose(x, *axes)
        self.concatenate = lambda xs, axis=0: mg.concatenate(xs, axis=axis)

    def sum(self, *a):  # replaced in setup
        raise NotImplementedError

    def const(self, a):
        return a

    def logsumexp(self, x, axis):
        return self.mg.logsumexp(x, axis=axis) if hasattr(self.mg, "logsumexp") else self._lse(x, axis)

    def _lse(self, x, axis):
        m = x.data.max(axis=axis, keepdims=True)
        return self.mg.log(self.mg.sum(self.mg.exp(x - m), axis=axis)) + m.squeeze(axis)

    def value_and_grad(self, f, args):
        leaves = [self.mg.tensor(a) for a in args]

        def step():
            y = f(*leaves)
            y.backward()
            return y.data, [t.grad for t in leaves]

        return step

    def jacobian(self, f, x):  # no transform of its own: one forward + backward per output
        t, n = self.mg.tensor(x), len(x)

        def step():
            out = np.empty((n, n))
            for i in range(n):
                f(t)[i].backward()
                out[i] = t.grad
            return 0.0, [out]

        return step

    def result(self, out):
        return float(out[0]), [np.asarray(g) for g in out[1]]
