"""Gradients through linear algebra."""

import numpy as np


class CholeskyGhost:
    """Cholesky reads one triangle; the gradient leaks into the other."""

    source = "jax-ml/jax#40421"

    def f(A, W):
        return float(np.sum(W * np.linalg.cholesky(A)))

    def right(A, W):
        L = np.linalg.cholesky(A)
        P = np.tril(L.T @ np.tril(W))
        P = P - 0.5 * np.diag(np.diag(P))
        Li = np.linalg.inv(L)
        S = Li.T @ P @ Li
        S = S + S.T
        return np.tril(S) - 0.5 * np.diag(np.diag(S))

    def wrong(A, W):
        L = np.linalg.cholesky(A)
        P = np.tril(L.T @ np.tril(W))
        P = P - 0.5 * np.diag(np.diag(P))
        Li = np.linalg.inv(L)
        return Li.T @ P @ Li

    shows = ([[4.0, 1.0], [1.0, 3.0]], [[1.0, 0.0], [1.0, 1.0]])


class NormOfSvd:
    """norm of U S Vᵀ at equal singular values: the divided differences are 0 / 0."""

    source = "jax-ml/jax#8732"

    def f(A):
        U, s, Vt = np.linalg.svd(A)
        return float(np.sqrt(np.sum(((U * s) @ Vt) ** 2)))

    def right(A):
        return A / np.sqrt(np.sum(A**2))

    def wrong(A):
        with np.errstate(all="ignore"):
            U, s, Vt = np.linalg.svd(A)
            D = s[None, :] ** 2 - s[:, None] ** 2
            F = np.where(np.eye(len(s)) > 0, 0.0, 1 / D) * 0.0
            return (U * s) @ Vt / np.sqrt(np.sum(s**2)) + np.sum(F)

    shows = ([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 2.0]],)
    hides = ([[1.0, 0.4, 0.2], [0.1, 0.7, -0.5], [0.3, 0.6, 2.0]],)


class SolveMatrixDropped:
    """linear solve: the cotangent of the matrix is dropped."""

    source = "tensor4all/tenferro-rs#772"

    def f(A, b, w):
        return float(w @ np.linalg.solve(A, b))

    def right(A, b, w):
        adjoint = np.linalg.solve(A.T, w)
        return -np.outer(adjoint, np.linalg.solve(A, b)), adjoint

    def wrong(A, b, w):
        return np.zeros_like(A), np.linalg.solve(A.T, w)

    wrt = (0, 1)
    shows = ([[2.0, 0.5], [0.0, 1.0]], [0.3, 1.0], [1.0, -0.4])


class DeterminantCotangent:
    """determinant: the adjugate is returned without the incoming gradient."""

    source = "google/tangent#36"

    def f(A):
        return float(np.linalg.det(A) ** 2)

    def right(A):
        d = np.linalg.det(A)
        return 2 * d**2 * np.linalg.inv(A).T

    def wrong(A):
        d = np.linalg.det(A)
        return d * np.linalg.inv(A).T

    shows = ([[2.0, 0.5], [0.3, 1.0]],)
    hides = ([[1.0, 0.5], [0.0, 0.5]],)


class VectorTimesMatrix:
    """transposed vector times matrix: the matrix is summed along the wrong axis."""

    source = "JuliaDiff/ReverseDiff.jl#235"

    def f(x, A):
        return float(np.sum(x @ A))

    def right(x, A):
        return np.sum(A, axis=1)

    def wrong(x, A):
        return np.sum(A, axis=0)

    shows = ([5.0, 6.0], [[1.0, 2.0], [3.0, 4.0]])
    hides = ([5.0, 6.0, -1.0], [[1.0, 2.0, 0.0], [0.0, 1.0, 2.0], [2.0, 0.0, 1.0]])


class PolarFactorRotation:
    """orthogonal polar factor U Vᵀ at a rotation: V is held fixed where the singular values are equal."""

    source = "NVIDIA/warp#1831"

    def f(A):
        U, _, Vt = np.linalg.svd(A)
        return float((U @ Vt)[0, 1])

    def right(A):
        t = 1.0 if A[0, 0] * A[1, 1] > A[0, 1] * A[1, 0] else -1.0
        p, q = A[0, 0] + t * A[1, 1], A[0, 1] - t * A[1, 0]
        r3 = (p * p + q * q) ** 1.5
        return np.array([[-p * q / r3, p * p / r3], [-t * p * p / r3, -t * p * q / r3]])

    def wrong(A):
        t = 1.0 if A[0, 0] * A[1, 1] > A[0, 1] * A[1, 0] else -1.0
        p, q = A[0, 0] + t * A[1, 1], A[0, 1] - t * A[1, 0]
        r3 = (p * p + q * q) ** 1.5
        s = np.linalg.svd(A)[1]
        if s[0] == s[1]:
            return np.array([[0.0, 0.5], [0.5, 0.0]]) / s[0]
        return np.array([[-p * q / r3, p * p / r3], [-t * p * p / r3, -t * p * q / r3]])

    shows = ([[0.0, -1.0], [1.0, 0.0]],)
    hides = ([[1.0, -0.3], [0.4, 0.8]],)
