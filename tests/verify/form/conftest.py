"""What the tests of forms share: programs recorded with symbolic sizes, and decided; forms as numbers."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy import linalg, special

from dualgrad.program.size import evaluate
from verify.form.facts import Facts
from verify.form.prove import prove_gradient
from verify.form.setting import Budget
from verify.question.problem import Argument, Problem
from verify.question.recording import record_symbolic

SIZES = {"n": 3, "m": 5, "k": 2}


def _decided(f, g, shapes, wrt=0, kind="grad", domains=None):
    arguments = []
    for name, shape in shapes.items():
        array = np.ones([SIZES.get(axis) or int(axis) for axis in shape.split()])
        if array.ndim == 2 and array.shape[0] == array.shape[1]:
            array += np.eye(len(array))  # functions that invert it run
        arguments.append(Argument(name, array, array))
    problem = Problem(f, g, kind, tuple(arguments), (wrt,), {}, "f", own=g is None)
    recording = record_symbolic(problem, problem.arrays)
    assert recording.forward is not None, recording.refused
    assert recording.gradient is not None, recording.gradient_refused
    names = {variable.name: variable for variable in recording.inputs.values()}
    return prove_gradient(
        recording.forward,
        [recording.inputs[wrt]],
        recording.gradient,
        facts=Facts({names[name]: word for name, word in (domains or {}).items()}, recording.trace.extents.resolve),
        kind=kind,
        budget=Budget(seconds=10),
        engine=(recording.gradient,) if g is None else (),
    )


@pytest.fixture
def decide():
    """``decide(f, g, shapes, wrt=0, kind="grad", domains=None)``: the answer for f and g (None: the engine's own)."""
    return _decided


# ---------------------------------------------------------------------------- forms as numbers

KERNELS = {
    "log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh, "cosh": np.cosh, "arctan": np.arctan,
    "arctanh": np.arctanh, "arcsin": np.arcsin, "arccos": np.arccos, "erf": special.erf, "erfinv": special.erfinv,
    "floor": np.floor, "reciprocal_gamma": special.rgamma, "digamma": special.digamma, "gammaln": special.gammaln,
    "bessel_j": special.jv, "bessel_y": special.yv, "bessel_i": special.iv, "bessel_k": special.kv,
    "hypergeometric_2f1": special.hyp2f1, "hypergeometric_1f1": special.hyp1f1,
    "polygamma": special.polygamma, "power": np.power,
}  # fmt: skip
EXTREMES = {"max": np.max, "min": np.min, "prod": np.prod}


class Values:
    """Values of arrays, by label, and of dimensions."""

    def __init__(self, arrays: dict[str, Any] | None = None, **sizes: int) -> None:
        self.arrays = {name: np.asarray(array, dtype=float) for name, array in (arrays or {}).items()}
        self.sizes, self.known = sizes, dict[Any, Any]()

    def form(self, form: Any, at: Any = ()) -> float:
        """A form where its free indices are at places."""
        at = dict(at)
        return float(sum(float(factor) * self.term(term, at) for term, factor in form.terms.values()))

    def term(self, term: Any, at: dict[Any, int]) -> float:
        """A term, its bound indices summed over."""
        bound = list(term.bound)
        ranges = [range(self.size(index.extent)) for index in bound]
        factors = sorted(term.factors.values(), key=lambda pair: pair[0].kind not in ("delta", "atleast"))
        return sum(self.product(factors, {**at, **dict(zip(bound, place, strict=True))}) for place in product(*ranges))

    def product(self, factors: Any, at: dict[Any, int]) -> float:
        """A product; what a guard of positions excludes is not looked at."""
        total = 1.0
        for atom, p in factors:
            total *= self.atom(atom, at) ** float(p)
            if not total and atom.kind in ("delta", "atleast"):
                return 0.0
        return total

    def size(self, extent: Any) -> int:
        """An extent."""
        return int(evaluate(extent, self.sizes))

    def place(self, linear: Any, at: dict[Any, int]) -> int:
        """A position."""
        return self.size(linear[0]) + sum(self.size(factor) * at[index] for index, factor in linear[1])

    def atom(self, atom: Any, at: dict[Any, int]) -> float:
        """A factor."""
        places = [self.place(linear, at) for linear in atom.linears]
        match atom.kind:
            case "cell":
                return float(self.arrays[atom.source.label][tuple(places)])
            case "dim":
                return float(self.sizes[atom.name])
            case "root":
                return float(atom.name)
            case "constant":
                return {"π": np.pi}[atom.name]
            case "delta":
                return float(places[0] == 0)
            case "atleast":
                return float(places[0] >= 0)
            case "multiple":
                return float(places[0] % places[1] == 0)
            case "turn":
                *pairs, shift, size = places
                steps = sum(a * b for a, b in zip(pairs[::2], pairs[1::2], strict=True)) + shift
                return float(np.cos(np.pi * steps / (2 * size)))
            case "exp":
                return float(np.exp(self.form(atom.forms[0], at)))
            case "base":
                return self.form(atom.forms[0], at)
            case "kernel":
                return float(KERNELS[atom.name](*(self.form(form, at) for form in atom.forms)))
            case "positive":
                return float(self.form(atom.forms[0], at) > 0)
            case "vanishes":
                return float(self.form(atom.forms[0], at) == 0)
            case "extreme":
                (index,), (body,) = atom.binders, atom.forms
                return float(
                    EXTREMES[atom.name]([self.form(body, {**at, index: k}) for k in range(self.size(index.extent))])
                )
        key = (atom.kind, atom.binders, atom.forms[0].key)
        if key not in self.known or not atom.forms[0].free <= {*atom.binders}:
            self.known[key] = part(atom.kind, self.matrix(atom.binders, atom.forms[0], at))
        return float(self.known[key][tuple(places)])

    def matrix(self, binders: Any, form: Any, at: Any = ()) -> np.ndarray[Any, Any]:
        """The matrix of a form over a row and a column."""
        row, column = binders
        rows, columns = range(self.size(row.extent)), range(self.size(column.extent))
        return np.array([[self.form(form, {**dict(at), row: r, column: c}) for c in columns] for r in rows])


def part(kind: str, matrix: Any) -> Any:
    """A function of a matrix; vectors begin (or their rows do) with what is positive, and so is the diagonal of R."""
    match kind:
        case "inv" | "det":
            return getattr(np.linalg, kind)(matrix)
        case "cholesky":
            return np.linalg.cholesky(matrix)
        case "eigenvalue":
            return np.linalg.eigvalsh(matrix)
        case "eigenvector" | "upper_eigenvector":
            vectors = np.linalg.eigh(matrix, "L" if kind == "eigenvector" else "U")[1]
            return vectors * np.sign(vectors[:1])
        case "q" | "r":
            q, r = np.linalg.qr(matrix)
            signs = np.sign(np.diag(r))
            return q * signs if kind == "q" else r * signs[:, None]
        case "expm" | "logm" | "sqrtm" | "sinm" | "cosm":
            return getattr(linalg, kind)(matrix)
        case _ if kind.endswith("_slope"):
            return _slopes(getattr(linalg, kind.removesuffix("_slope")), matrix)
    u, s, v = np.linalg.svd(matrix, full_matrices=False)
    signs = np.sign(u[:1])
    return {"left_vector": u * signs, "singular_value": s, "right_vector": v * signs.T}[kind]


def _slopes(f: Any, matrix: Any) -> Any:
    """S[i, r, c, j], how f(m)[i, j] changes with m[r, c]: by differences."""
    n, step = len(matrix), 1e-3
    found = np.zeros((n,) * 4)
    for r, c in np.ndindex(n, n):
        unit = np.zeros((n, n))
        unit[r, c] = step
        near, far = (f(matrix + k * unit) - f(matrix - k * unit) for k in (1, 2))
        found[:, r, c, :] = (8 * near - far) / (12 * step)
    return found


@pytest.fixture(scope="session")
def values():
    """``values(arrays, **sizes).form(form, {index: place})``: what a form is, by nothing that makes forms."""
    return Values


@pytest.fixture(scope="session")
def part_of():
    """``part_of(kind, matrix)``: a part of a decomposition, by NumPy."""
    return part
