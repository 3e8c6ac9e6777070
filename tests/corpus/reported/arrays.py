"""Gradients that lose an axis, an index or a size."""

import numpy as np


class RollaxisNegative:
    """rollaxis of a negative axis: the gradient is rolled back from the wrong place."""

    source = "HIPS/autograd#350"

    def f(x, w):
        return float(np.sum(w * np.rollaxis(x, -1)))

    def right(x, w):
        return np.rollaxis(w, 0, w.ndim)

    def wrong(x, w):
        return np.rollaxis(w, 0, -1 + 1)

    shows = (
        [[[1.0, 2.0], [0.5, -1.0]], [[0.3, 0.7], [2.0, -0.4]]],
        [[[0.1, 0.2], [0.3, 0.4]], [[0.5, 0.6], [0.7, 0.8]]],
    )


class TensordotAxes:
    """tensordot with axes (0, 1): the gradient is laid out as for (0, 0)."""

    source = "HIPS/autograd#466"

    def f(a, B, w):
        return float(np.sum(w * np.tensordot(a, B, (0, 1))))

    def right(a, B, w):
        return np.outer(w, a)

    def wrong(a, B, w):
        return np.outer(a, w)

    wrt = (1,)
    shows = ([1.0, 0.0], [[0.0, -1.0], [1.0, 0.0]], [1.0, 2.0])


class EinsumBroadcast:
    """einsum lets an axis of size one be broadcast; the gradient keeps the size one."""

    source = "HIPS/autograd#376"

    def f(x, y):
        return float(np.einsum("i,i", x, y))

    def right(x, y):
        return np.broadcast_to(y, x.shape).copy()

    def wrong(x, y):
        return np.einsum(",i->i", 1.0, y)

    shows = ([2.0, 2.0], [2.0])
    hides = ([0.4, 1.2], [-0.3, 0.8])


class TakeAlongRepeats:
    """take_along_axis with repeated indices: only the last read of an entry counts."""

    source = "jax-ml/jax#1521"

    def f(x, idx, w):
        return float(np.sum(w * np.take_along_axis(x, idx, -1)))

    def right(x, idx, w):
        g = np.zeros_like(x)
        np.add.at(g, (np.arange(x.shape[0])[:, None], idx), w)
        return g

    def wrong(x, idx, w):
        g = np.zeros_like(x)
        np.put_along_axis(g, idx, w, -1)
        return g

    shows = ([[0.3, 1.0, 2.0], [1.0, -1.0, 0.5]], [[0, 0, 2], [1, 2, 1]], [[1.0, 2.0, 3.0], [0.5, -1.0, 0.2]])
    hides = ([[0.3, 1.0, 2.0], [1.0, -1.0, 0.5]], [[0, 1, 2], [1, 2, 0]], [[1.0, 2.0, 3.0], [0.5, -1.0, 0.2]])


class ScatterUpdateRepeats:
    """scatter-update at a repeated index: the last update wins, yet every update gets the gradient."""

    source = "tensorflow/tensorflow#56961"

    def f(t, u, i, w):
        y = t.copy()
        y[i] = u
        return float(np.sum(w * y))

    def right(t, u, i, w):
        last = np.zeros(t.shape, dtype=int)
        last[i] = np.arange(len(i))
        return w[i] * (last[i] == np.arange(len(i)))

    def wrong(t, u, i, w):
        return w[i]

    wrt = (1,)
    shows = ([1.0, 2.0, 3.0], [0.5, 0.7, -1.0], [1, 1, 2], [0.3, 1.1, 0.8])
    hides = ([1.0, 2.0, 3.0], [0.5, 0.7], [2, 0], [0.3, 1.1, 0.8])


class FmodBroadcast:
    """fmod broadcasts; the gradient is not summed back to the operand's shape."""

    source = "Oneflow-Inc/oneflow#8769"

    def f(x, y):
        return float(np.sum(np.fmod(x, y)))

    def right(x, y):
        return np.full(x.shape, np.broadcast(x, y).size / x.size)

    def wrong(x, y):
        return np.ones(np.broadcast_shapes(x.shape, y.shape))[..., 0]

    shows = ([5.0], [[2.0], [2.0]])


class MeanAlongAxis:
    """mean along an axis: the gradient divides by the number of all entries."""

    source = "swiftlang/swift#23033"

    def f(x, w):
        return float(np.sum(w * np.mean(x, axis=1)))

    def right(x, w):
        return np.broadcast_to(w[:, None] / x.shape[1], x.shape).copy()

    def wrong(x, w):
        return np.broadcast_to(w[:, None] / x.size, x.shape).copy()

    shows = ([[1.0, 2.0, 3.0], [0.3, 0.1, -1.0]], [1.0, 0.4])
    hides = ([[1.0, 2.0, 3.0]], [1.0])


class AvgPoolCeil:
    """average pooling with a last window that hangs over: forward divides by what is inside, backward by the kernel."""

    source = "tracel-ai/burn#5604"

    def f(x, w):
        s = 0.0
        for i in range(len(w)):
            s = s + w[i] * np.mean(x[2 * i : 2 * i + 2])
        return s

    def right(x, w):
        g = np.zeros_like(x)
        for i in range(len(w)):
            g[2 * i : 2 * i + 2] += w[i] / len(x[2 * i : 2 * i + 2])
        return g

    def wrong(x, w):
        g = np.zeros_like(x)
        for i in range(len(w)):
            g[2 * i : 2 * i + 2] += w[i] / 2
        return g

    shows = ([1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 1.0, 1.0])
    hides = ([1.0, 2.0, 3.0, 4.0], [1.0, 0.5])


class MaxPoolPadding:
    """max pooling with padding: the gradient is written without the padding's offset."""

    source = "FluxML/NNlib.jl#133"

    def f(x, w):
        z = np.concatenate([np.full(1, -np.inf), x, np.full(1, -np.inf)])
        return float(sum(w[i] * np.max(z[2 * i : 2 * i + 2]) for i in range(len(w))))

    def right(x, w):
        z = np.concatenate([np.full(1, -np.inf), x, np.full(1, -np.inf)])
        g = np.zeros_like(z)
        for i in range(len(w)):
            g[2 * i + np.argmax(z[2 * i : 2 * i + 2])] += w[i]
        return g[1:-1]

    def wrong(x, w):
        g = np.zeros_like(x)
        for i in range(len(w)):
            if 2 * i + 2 <= len(x):
                g[2 * i + np.argmax(x[2 * i : 2 * i + 2])] += w[i]
        return g

    shows = ([1.0, 4.0, 2.0, 3.0], [1.0, 0.5, 0.7])


class ConvWeightStrideDilation:
    """convolution of stride 2: the gradient of the kernel exchanges stride and dilation."""

    source = "huggingface/candle#2337"

    def f(x, k, w):
        return float(sum(w[i] * np.sum(x[2 * i : 2 * i + len(k)] * k) for i in range(len(w))))

    def right(x, k, w):
        return np.array([np.sum(w * x[j : j + 2 * len(w) - 1 : 2]) for j in range(len(k))])

    def wrong(x, k, w):
        return np.array([np.sum(w * x[2 * j : 2 * j + len(w)]) for j in range(len(k))])

    wrt = (1,)
    shows = ([0.3, 1.0, -0.4, 0.7, 0.2, 0.9], [0.5, -1.0], [1.0, 0.6])


class RunningMaximum:
    """cumulative maximum: every step's gradient goes to its own entry."""

    source = "pytorch/pytorch#26637"

    def f(x, w):
        return float(np.sum(w * np.maximum.accumulate(x)))

    def right(x, w):
        g, best = np.zeros_like(x), 0
        for i in range(len(x)):
            if x[i] > x[best]:
                best = i
            g[best] += w[i]
        return g

    def wrong(x, w):
        return w * (x == np.maximum.accumulate(x))

    shows = ([1.0, 0.4, 2.0, 1.5], [1.0, 0.5, 0.3, 0.7])
    hides = ([0.4, 1.0, 1.5, 2.0], [1.0, 0.5, 0.3, 0.7])


class FftPower:
    """power in part of a spectrum: the adjoint of the transform is taken for the transform."""

    source = "HIPS/autograd#185"

    def f(x, m):
        F = np.fft.fft(x)
        return float(np.sum(m * (F.real**2 + F.imag**2)))

    def right(x, m):
        return 2 * len(x) * np.fft.ifft(m * np.fft.fft(x)).real

    def wrong(x, m):
        return 2 * np.fft.fft(m * np.fft.fft(x)).real

    shows = ([0.3, 1.0, -0.4, 0.9], [1.0, 1.0, 0.0, 0.0])


class IrfftOdd:
    """irfft of odd length: the last bin is no Nyquist bin and counts twice."""

    source = "ooples/AiDotNet.Tensors#911"

    def f(X, w):
        return float(np.sum(w * np.fft.irfft(X[0] + 1j * X[1], len(w))))

    def right(X, w):
        n = len(w)
        c = np.full(X.shape[1], 2.0)
        c[0] = 1.0
        if n % 2 == 0:
            c[-1] = 1.0
        g = c * np.fft.rfft(w) / n
        im = g.imag.copy()
        im[0] = 0.0
        if n % 2 == 0:
            im[-1] = 0.0
        return np.array([g.real, im])

    def wrong(X, w):
        n = len(w)
        c = np.full(X.shape[1], 2.0)
        c[0] = c[-1] = 1.0
        g = c * np.fft.rfft(w) / n
        im = g.imag.copy()
        im[0] = im[-1] = 0.0
        return np.array([g.real, im])

    shows = ([[1.0, 0.3, -0.7], [0.0, 0.4, 0.2]], [1.0, 0.5, -0.3, 0.8, 0.1])
    hides = ([[1.0, 0.3, -0.7], [0.0, 0.4, 0.2]], [1.0, 0.5, -0.3, 0.8])


class IntegerBuffer:
    """the gradient is filled into an array of integers and truncated."""

    source = "nu-radio/NuRadioMC#1061"

    def f(p):
        return float(1.78 - 0.43 * np.exp(p[2] / 3.0))

    def right(p):
        return np.array([0.0, 0.0, -0.43 / 3.0 * np.exp(p[2] / 3.0)])

    def wrong(p):
        g = np.array([0, 0, 0])
        g[2] = -0.43 / 3.0 * np.exp(p[2] / 3.0)
        return g

    shows = ([1.0, 2.0, -0.5],)


class IntegerArgument:
    """square of an integer: the gradient of a discrete argument is taken for zero."""

    source = "jlowin/pyautodiff#11"

    def f(x):
        return x**2

    def right(x):
        return 2.0 * x

    def wrong(x):
        return 0.0 * x

    shows = (100,)


class MedianTies:
    """median of an even number: every entry equal to a middle one gets a half."""

    source = "PaddlePaddle/Paddle#42385"

    def f(x):
        return float(np.median(x))

    def right(x):
        o = np.argsort(x, kind="stable")
        g = np.zeros_like(x)
        n = len(x)
        g[o[(n - 1) // 2]] += 0.5
        g[o[n // 2]] += 0.5
        return g

    def wrong(x):
        s = np.sort(x)
        n = len(x)
        a, b = s[(n - 1) // 2], s[n // 2]
        return 0.5 * (x == a) + 0.5 * (x == b)

    shows = ([2.0, 3.0, 2.0, 3.0],)
    hides = ([0.3, 1.0, -0.4, 2.0],)
    kink = True
