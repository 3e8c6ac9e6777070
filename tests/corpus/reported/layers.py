"""Gradients of layers, losses and loops."""

import numpy as np


class BatchNormMean:
    """batch normalisation: the part through the mean is summed, not averaged."""

    source = "mlpack/mlpack#2474"

    def f(x, w):
        c = x - np.mean(x, axis=0)
        return float(np.sum(w * c / np.sqrt(np.mean(c**2, axis=0) + 1e-5)))

    def right(x, w):
        c = x - np.mean(x, axis=0)
        s = 1 / np.sqrt(np.mean(c**2, axis=0) + 1e-5)
        return s * (w - np.mean(w, axis=0)) - c * s**3 * np.mean(w * c, axis=0)

    def wrong(x, w):
        c = x - np.mean(x, axis=0)
        s = 1 / np.sqrt(np.mean(c**2, axis=0) + 1e-5)
        return s * (w - np.sum(w, axis=0)) - c * s**3 * np.mean(w * c, axis=0)

    shows = ([[0.3, 1.0], [-0.2, 0.4], [0.9, -1.0]], [[1.0, 0.5], [0.2, -0.3], [0.7, 0.1]])


class AttentionSink:
    """attention with a sink: the probabilities are rebuilt without the sink in the denominator."""

    source = "NVIDIA/cudnn-frontend#421"

    def f(q, K, V, sink, w):
        s = K @ q
        m = np.maximum(np.max(s), sink)
        e = np.exp(s - m)
        return float(w @ (e @ V) / (np.sum(e) + np.exp(sink - m)))

    def right(q, K, V, sink, w):
        s = K @ q
        m = np.maximum(np.max(s), sink)
        e = np.exp(s - m)
        p = e / (np.sum(e) + np.exp(sink - m))
        t = V @ w
        return K.T @ (p * (t - p @ t))

    def wrong(q, K, V, sink, w):
        s = K @ q
        e = np.exp(s - np.max(s))
        p = e / np.sum(e)
        t = V @ w
        return K.T @ (p * (t - p @ t))

    shows = ([0.3, -0.4], [[1.0, 0.2], [0.4, -1.0], [0.3, 0.8]], [[0.2, 1.0], [0.7, -0.3], [0.1, 0.4]], 0.6, [1.0, 0.5])


class HuberSigned:
    """Huber loss: the threshold is compared with the signed difference."""

    source = "BobMcDear/attorch#13"

    def f(x, y):
        d = np.abs(x - y)
        return float(np.mean(np.where(d < 1.0, 0.5 * d**2, d - 0.5)))

    def right(x, y):
        return np.clip(x - y, -1.0, 1.0) / x.size

    def wrong(x, y):
        d = x - y
        return np.where(d < 1.0, d, np.sign(d)) / x.size

    shows = ([-3.0, -1.5, 0.5, 2.0], [0.0, 0.0, 0.0, 0.0])
    hides = ([0.4, -0.3, 2.0], [0.0, 0.1, 0.2])


class LabelSmoothingIgnored:
    """cross entropy with label smoothing: rows whose label is ignored still get the uniform part."""

    source = "pytorch/pytorch#73205"

    def f(x, t):
        z = x - np.max(x, axis=1, keepdims=True)
        lp = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
        keep = t >= 0
        hot = lp[np.arange(len(t)), np.where(keep, t, 0)]
        rows = -0.8 * hot - 0.2 * np.mean(lp, axis=1)
        return float(np.sum(np.where(keep, rows, 0.0)) / np.sum(keep))

    def right(x, t):
        e = np.exp(x - np.max(x, axis=1, keepdims=True))
        p = e / np.sum(e, axis=1, keepdims=True)
        keep = t >= 0
        hot = (np.arange(x.shape[1]) == t[:, None]) * 1.0
        return keep[:, None] * (p - 0.8 * hot - 0.2 / x.shape[1]) / np.sum(keep)

    def wrong(x, t):
        e = np.exp(x - np.max(x, axis=1, keepdims=True))
        p = e / np.sum(e, axis=1, keepdims=True)
        keep = t >= 0
        hot = (np.arange(x.shape[1]) == t[:, None]) * 1.0
        return (keep[:, None] * 0.8 * (p - hot) + 0.2 * (p - 1 / x.shape[1])) / np.sum(keep)

    shows = ([[0.3, 1.0, -0.4], [0.2, 0.1, 0.7], [1.0, -1.0, 0.5]], [2, -100, 0])
    hides = ([[0.3, 1.0, -0.4], [0.2, 0.1, 0.7]], [2, 0])


class CrossEntropyWeights:
    """cross entropy with label weights that do not sum to one: softmax minus weights."""

    source = "kvark/meganeura#102"

    def f(x, y):
        z = x - np.max(x)
        return float(-np.sum(y * (z - np.log(np.sum(np.exp(z))))))

    def right(x, y):
        e = np.exp(x - np.max(x))
        return np.sum(y) * e / np.sum(e) - y

    def wrong(x, y):
        e = np.exp(x - np.max(x))
        return e / np.sum(e) - y

    shows = ([0.3, -1.0, 0.8], [0.5, 0.0, 2.0])
    hides = ([0.3, -1.0, 0.8], [0.25, 0.5, 0.25])


class ArgmaxLastThread:
    """max over candidates: every output gets the argmax that the last one had."""

    source = "NVIDIA/warp#1552"

    def f(x, c):
        return float(np.sum(np.max(x[:, None] * c[None, :], axis=1)))

    def right(x, c):
        return c[np.argmax(x[:, None] * c[None, :], axis=1)]

    def wrong(x, c):
        return np.full(len(x), c[np.argmax(x[-1] * c)])

    shows = ([0.5, -1.0], [1.0, -2.0, 0.3])
    hides = ([0.5, 1.2], [1.0, -2.0, 0.3])


class InPlaceFactor:
    """x = cos(theta) x in place: the gradient reads x after it was overwritten."""

    source = "taichi-dev/taichi#2505"

    def f(theta, x):
        for _ in range(3):
            x = np.cos(theta) * x
        return x

    def right(theta, x):
        return -3 * np.cos(theta) ** 2 * np.sin(theta) * x

    def wrong(theta, x):
        g, bar = 0.0, 1.0
        y = np.cos(theta) ** 3 * x
        for _ in range(3):
            g = g - bar * np.sin(theta) * y
            bar = bar * np.cos(theta)
        return g

    shows = (0.4, 2.0)
