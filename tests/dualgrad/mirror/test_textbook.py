"""Formulas as textbooks print them, with indices and in matrix notation; and what the notation says, computed."""

from __future__ import annotations

import re
from functools import reduce

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.mirror import point

rng = np.random.default_rng(5)
x, y = rng.normal(size=4), rng.uniform(0.1, 1.0, 4)
A = rng.normal(size=(4, 4))
S = A @ A.T + 4 * np.eye(4)
W, b, U, V = rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=(3, 2)), rng.normal(size=(5, 2))
Y, Z = rng.normal(size=(3, 5)), rng.normal(size=(5, 3))


def attention(Q, K, V):
    return np.sum(dg.softmax(0.5 * Q @ K.T, axis=-1) @ V)


BOOK = {
    "quadratic form": (lambda x, A: x @ A @ x, (x, A), "Σⱼ xⱼ (Aᵢⱼ + Aⱼᵢ)", "(A + Aᵀ) x"),
    "least squares": (lambda x, W, b: np.sum((W @ x - b) ** 2), (x, W, b), "2 Σⱼ Wⱼᵢ (Σₖ Wⱼₖ xₖ − bⱼ)",
                      "2 Wᵀ (W x − b)"),
    "ridge": (lambda W, x, b: np.sum((W @ x - b) ** 2) + 0.5 * np.sum(W**2), (W, x, b),
              "2 xⱼ (Σₖ Wᵢₖ xₖ − bᵢ) + Wᵢⱼ", "2 (W x − b) xᵀ + W"),
    "logsumexp": (lambda x: np.log(np.sum(np.exp(x))), (x,), "softmax(x)ᵢ", "softmax(x)"),
    "cross entropy": (lambda x, y: -np.sum(y * dg.log_softmax(x)), (x, y), "softmax(x)ᵢ Σⱼ yⱼ − yᵢ",
                      "(1ᵀ y) softmax(x) − y"),
    "softmax": (lambda x, y: y @ dg.softmax(x), (x, y), "softmax(x)ᵢ (yᵢ − Σⱼ yⱼ softmax(x)ⱼ)",
                "softmax(x) ⊙ (y − yᵀ softmax(x))"),
    "sigmoid": (lambda x: np.sum(dg.sigmoid(x)), (x,), "sigmoid(xᵢ) (1 − sigmoid(xᵢ))",
                "sigmoid(x) ⊙ (1 − sigmoid(x))"),
    "sigmoid, by hand": (lambda x: np.sum(1 / (1 + np.exp(-2 * x))), (x,), "2 sigmoid(2 xᵢ) (1 − sigmoid(2 xᵢ))",
                         "2 (sigmoid(2 x) ⊙ (1 − sigmoid(2 x)))"),
    "logistic regression": (lambda x, W, b: np.sum(np.log(1 + np.exp(-b * (W @ x)))), (x, W, b),
                            "−Σⱼ bⱼ Wⱼᵢ sigmoid(−bⱼ Σₖ Wⱼₖ xₖ)", "−Wᵀ (sigmoid(−b ⊙ (W x)) ⊙ b)"),
    "norm": (lambda x: np.sqrt(np.sum(x**2)), (x,), "xᵢ/√(Σⱼ xⱼ²)", "x/√(xᵀ x)"),
    "cosine": (lambda x, y: x @ y / (np.sqrt(x @ x) * np.sqrt(y @ y)), (x, y),
               "(yᵢ − xᵢ (Σⱼ xⱼ yⱼ)/Σⱼ xⱼ²)/(√(Σⱼ xⱼ²) √(Σⱼ yⱼ²))",
               "(y − (xᵀ y) x/(xᵀ x))/(√(xᵀ x) √(yᵀ y))"),
    "rayleigh": (lambda x, A: x @ A @ x / (x @ x), (x, A),
                 "(Σⱼ xⱼ (Aᵢⱼ + Aⱼᵢ) − 2 xᵢ (Σⱼ xⱼ Σₖ xₖ Aₖⱼ)/Σⱼ xⱼ²)/Σⱼ xⱼ²",
                 "((A + Aᵀ) x − 2 (xᵀ Aᵀ x) x/(xᵀ x))/(xᵀ x)"),
    "log determinant": (lambda S: np.linalg.slogdet(S)[1], (S,), "(S⁻¹)ⱼᵢ", "S⁻ᵀ"),
    "determinant": (np.linalg.det, (S,), "det(S) (S⁻¹)ⱼᵢ", "det(S) S⁻ᵀ"),
    "trace of an inverse": (lambda S, A: np.trace(A @ np.linalg.inv(S)), (S, A),
                            "−Σₖ (S⁻¹)ⱼₖ Σₗ Aₖₗ (S⁻¹)ₗᵢ", "−S⁻ᵀ Aᵀ S⁻ᵀ"),
    "Gaussian, its covariance": (lambda S, x: (x @ np.linalg.solve(S, x) + np.linalg.slogdet(S)[1]) / 2, (S, x),
                                 "1/2 ((S⁻¹)ⱼᵢ − (Σₖ xₖ (S⁻¹)ⱼₖ) Σₖ xₖ (S⁻¹)ₖᵢ)",
                                 "1/2 (S⁻ᵀ − (S⁻ᵀ x) (S⁻¹ x)ᵀ)"),
    "Gaussian, its mean": (lambda x, y, S: 0.5 * ((y - x) @ np.linalg.inv(S) @ (y - x)), (x, y, S),
                           "−1/2 Σⱼ (yⱼ − xⱼ) ((S⁻¹)ᵢⱼ + (S⁻¹)ⱼᵢ)", "−1/2 (S⁻¹ + S⁻ᵀ) (y − x)"),
    "a layer of tanh": (lambda W, x, b: np.sum(np.tanh(W @ x + b)), (W, x, b), "xⱼ (1 − tanh(Σₖ Wᵢₖ xₖ + bᵢ)²)",
                        "(1 − tanh(W x + b)²) xᵀ"),
    "a layer of relu": (lambda W, x: np.sum(np.maximum(W @ x, 0)), (W, x), "xⱼ [Σₖ Wᵢₖ xₖ > 0]", "[W x > 0] xᵀ"),
    "entropy": (lambda y: -np.sum(y * np.log(y)), (y,), "−(log(yᵢ) + 1)", None),
    "variance": (lambda x: np.var(x), (x,), "2/n (xᵢ − 1/n Σⱼ xⱼ)", "2/n (x − 1/n 1ᵀ x)"),
    "Frobenius norm": (lambda W, A: np.sum((W @ A) ** 2), (W, A), "2 Σₖ Aⱼₖ Σₗ Wᵢₗ Aₗₖ", "2 W A Aᵀ"),
    "factorisation": (lambda U, V, Y: np.sum((U @ V.T - Y) ** 2), (U, V, Y), "2 Σₖ Vₖⱼ (Σₗ Uᵢₗ Vₖₗ − Yᵢₖ)",
                      "2 (U Vᵀ − Y) V"),
    "product": (lambda y: np.prod(y), (y,), "Π[j ≠ i] yⱼ", None),
    "cumulative sum": (lambda x, y: np.sum(y * np.cumsum(x)), (x, y), "Σⱼ yⱼ [j ≥ i]", None),
    "maximum": (lambda x: np.max(x), (x,), "[xᵢ = maxⱼ xⱼ]", None),
    "attention, values": (lambda V, Q, K: attention(Q, K, V), (Z, U, V), "Σₖ softmaxᵢ(Σₗ 1/2 Qₖₗ Kᵢₗ)",
                          "(softmax(1/2 Q Kᵀ)ᵀ 1) 1ᵀ"),
    "attention, queries": (attention, (U, V, Z), "1/2 Σₖ zᵢₖ Kₖⱼ (Σₗ Vₖₗ − Σₗ zᵢₗ Σₚ Vₗₚ)",
                           "1/2 (z ⊙ (1 (V 1)ᵀ − (z V 1) 1ᵀ)) K"),
    "attention, keys": (lambda K, Q, V: attention(Q, K, V), (V, U, Z), "1/2 Σₖ zₖᵢ Qₖⱼ (Σₗ Vᵢₗ − Σₗ zₖₗ Σₚ Vₗₚ)",
                        "1/2 (zᵀ ⊙ ((V 1) 1ᵀ − 1 (z V 1)ᵀ)) Q"),
}  # fmt: skip


def formula_of(f, arrays):
    names = f.__code__.co_varnames if hasattr(f, "__code__") else ("S",)
    tensors = [dg.tensor(array, requires_grad=True) for array in arrays]
    mirror = f(*tensors).mirror
    called = {tensor._edge: name for tensor, name in zip(tensors, names, strict=False)}
    mirror = type(mirror)(mirror.tensor, mirror.graph, called).general
    return mirror, mirror.derivative(tensors[0])


@pytest.mark.parametrize("name", BOOK)
def test_a_formula_is_printed_as_in_a_book(name):
    f, arrays, text, matrix = BOOK[name]
    _, formula = formula_of(f, arrays)
    assert formula.text.partition(" = ")[2] == text or formula.text == text
    assert (formula.matrix.partition("\n")[0].partition(" = ")[2] or None) == matrix


# ---------------------------------------------------------------------------- what a text says

TOKEN = re.compile(r"\s*(\d+(?:\.\d+)?|[A-Za-z]+|[-−+⊙/()\[\]√>]|\^\([\d/]+\)|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵀ]+)")
UPPER = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
FUNCTIONS = {"softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=-1 if z.shape[1] > 1 else 0, keepdims=True),
             "tanh": np.tanh, "exp": np.exp, "log": np.log, "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
             "det": np.linalg.det}  # fmt: skip
ONES = "1"  # a vector of ones, beside a matrix or a vector


class Said:
    """Matrix notation, read by its grammar: sums of products of matrices, ⊙ binding least of the products."""

    def __init__(self, text, values):
        self.tokens, self.values = TOKEN.findall(text), values
        assert "".join(self.tokens) == text.replace(" ", ""), text

    def peek(self):
        return self.tokens[0] if self.tokens else ""

    def take(self, *wanted):
        assert not wanted or self.peek() in wanted, (wanted, self.tokens)
        return self.tokens.pop(0)

    def sum(self):
        total = -self.each() if self.peek() == "−" and self.take() else self.each()
        while self.peek() in ("+", "−") and self.peek():
            sign = self.take()
            total = total + self.each() if sign == "+" else total - self.each()
        return total

    def each(self):
        total = self.product()
        while self.peek() == "⊙":
            self.take()
            total = total * self.product()
        return total

    def product(self):
        chain, scale = [], np.ones((1, 1))
        while not chain or (self.peek() and self.peek() not in "+−⊙)]>"):
            value = self.factor() if self.peek() != "/" else 1 / self.number([self.take(), self.factor()][1])
            if isinstance(value, str) or value.size > 1:
                chain.append(value)
            else:
                scale = scale * value
                chain = chain or [""]
        chain = [part for part in chain if not isinstance(part, str) or part] or [ONES]
        return scale * self.number(reduce(self.times, chain))

    def number(self, value):
        return np.ones((1, 1)) if isinstance(value, str) else value

    def times(self, a, b):
        """Ones of whatever length are needed: the sum of the rows or columns, or the same ones for all."""
        if isinstance(b, str):
            return a.sum(axis=1, keepdims=True) if b == ONES else a  # beside a column, 1ᵀ is the same in every column
        if isinstance(a, str):
            return b if a == ONES else b.sum(axis=0, keepdims=True)
        return a * b if 1 in (a.size, b.size) else a @ b

    def factor(self):
        token = self.take()
        if token == "√":
            return np.sqrt(self.factor())
        if token in ("(", "["):
            value = self.sum()
            if token == "[":
                self.take(">"), self.take("0")
                value = (value > 0).astype(float)
            self.take(")", "]")
        elif token in FUNCTIONS:
            self.take("(")
            value = np.atleast_2d(FUNCTIONS[token](self.sum()))
            self.take(")")
        elif token == "1" and self.peek() == "ᵀ":
            self.take()
            return "1ᵀ"
        elif token == "1" and self.peek() != "/" and self.peek() not in ("−", "+"):
            return ONES
        else:
            value = np.full((1, 1), float(token)) if token[0].isdigit() else self.values[token]
        return self.raised(value)

    def raised(self, value):
        token = self.peek()
        if token[:1] == "^":
            top, _, bottom = self.take()[2:-1].partition("/")
            return value ** (float(top) / float(bottom or 1))
        if not token or token[0] not in "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵀ":
            return value
        self.take()
        if token in ("⁻¹", "⁻ᵀ"):
            return np.linalg.inv(value) if token == "⁻¹" else np.linalg.inv(value).T
        return value.T if token == "ᵀ" else value ** int(token.translate(UPPER))


@pytest.mark.parametrize("name", [name for name, case in BOOK.items() if case[3] is not None])
def test_matrix_notation_says_what_the_formula_does(name):
    f, arrays, _, _ = BOOK[name]
    mirror, formula = formula_of(f, arrays)
    where = point(mirror.reading, mirror.graph.values)
    expected = formula.at(where.arrays, where.sizes).astype(float)
    names = [mirror.names[edge] for edge in mirror.names]
    values = {n: np.reshape(a, (len(a), -1)) for n, a in zip(names, arrays, strict=False)}
    values |= {word: np.full((1, 1), float(size)) for word, size in where.sizes.items()}
    lines = [line.removeprefix("  with ").partition(" = ")[::2] for line in formula.matrix.split("\n")]
    for word, text in lines[1:]:
        values[word] = Said(text, values).sum()
    said = np.broadcast_to(Said(lines[0][1], values).sum(), np.reshape(expected, (len(expected), -1)).shape)
    np.testing.assert_allclose(said.reshape(expected.shape), expected, rtol=1e-12)
