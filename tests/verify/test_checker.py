"""The checker by itself: what its forms mean, held against NumPy, and what it refuses."""

from __future__ import annotations

import ast
import copy
import functools
import itertools
import json
import math
import random
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy import linalg, special

import verify
from dualgrad.meanings import Unread
from dualgrad.op import REGISTRY
from verify.checker import FORMAT, Judge, Reader, check
from verify.proof.certificate import _Writer, certify, dumps, literal
from verify.question.ask import pose
from verify.question.recording import record_symbolic
from verify.trusted.algebra import HELD
from verify.trusted.meanings import COMPOSED, STRUCTURAL
from verify.trusted.pointwise import ARITHMETIC, COMPARISONS, CONDITIONS, FLOATING, LAWS
from verify.trusted.schema import MAX_BYTES, parse
from verify.trusted.special import LAWS_OF_SEVERAL, OF_ELEMENTS
from verify.trusted.terms import UNITY, Form, Poly, Refused, bound, factorised, poly

HERE = Path(verify.__file__).parent
FILES = [HERE / "checker.py", *sorted((HERE / "trusted").glob("*.py"))]

# ---------------------------------------------------------------------------- a certificate written by hand

N = [[1, ["n"]]]


def equation(name: str, op: str, operands: list[Any], shape: list[Any], **params: Any) -> dict[str, Any]:
    return {"name": name, "op": op, "operands": operands, "params": params, "shape": shape, "line": ""}


F = [
    equation("y", "add", ["x", {"int": "2"}], [N]),
    equation("s", "square", ["y"], [N]),
    equation("z", "multiply", ["s", {"float": "0x1.8p+1"}], [N]),
    equation("o", "mean", ["z"], [], axis=[0], keepdims=False),
]
G = [equation("c", "divide", [{"int": "6"}, {"size": N}], []), equation("g", "multiply", ["c", "y"], [N])]
HAND = {
    "format": FORMAT,
    "claim": {"wrt": ["x"], "kind": "grad", "text": "the mean of 3 (x + 2)², by hand"},
    "dimensions": [{"name": "n", "least": 1}],
    "merges": {},
    "size_conditions": [],
    "leaks": [],
    "inputs": [{"name": "x", "shape": [N], "dtype": "float64", "facts": []}],
    "captured": [],
    "F": {"name": "f", "equations": F, "outputs": ["o"]},
    "G": {"name": "g", "equations": G, "outputs": ["g"]},
    "reading": "exact",
    "assumptions": [],
    "conditions": [{"at": "c", "operand": 1, "is": "!= 0"}],
    "kinks": [],
    "witnesses": [],
    "versions": {},
    "hints": {},
    "trusted": 6,
}


def edited(path: str, value: Any) -> Any:
    """The certificate with the part at this path replaced; a value of ``...`` removes it."""
    changed = copy.deepcopy(HAND)
    *front, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    at: Any = changed
    for part in front:
        at = at[part]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return changed


def test_a_certificate_written_by_hand():
    report = check(HAND)
    assert report.accepted, report.reason
    assert report.trusted == 6
    assert report.steps > 10


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("format", "dualgrad-certificate/0", "another format"),
        ("extra", 1, "expected the keys"),
        ("claim.wrt", [], "wrt names"),
        ("claim.wrt", ["y"], "wrt names"),
        ("claim.kind", "vjp", "another format or kind"),
        ("claim.text", ..., "expected the keys"),
        ("dimensions", [], "not claimed"),
        ("dimensions.0.least", 0, "dimensions are >= 1"),
        ("dimensions.0.least", 1.5, "expected int"),
        ("inputs.0.dtype", "uint8", "malformed"),
        ("inputs.0.dtype", "complex128", "malformed"),
        ("inputs.0.dtype", "int64", "wrt names"),
        ("inputs.0.shape", [], "another shape"),
        ("inputs.0.facts", ["round"], "a fact that is not known"),
        ("inputs.0.facts", ["symmetric"], "not square"),
        ("F.equations.0.op", "pad", "no meaning of pad is known"),
        ("F.equations.1.op", "exp", "not shown to equal"),
        ("F.equations.3.op", "sum", "not shown to equal"),
        ("G.equations.0.operands.0", {"int": "3"}, "not shown to equal"),
        ("F.equations.0.operands.1", {"int": "2.0"}, "a float literal in hexadecimal"),
        ("F.equations.0.operands.1", "w", "used before it is defined"),
        ("F.equations.0.shape", [], "another shape"),
        ("F.equations.0.name", "x", "defined twice"),
        ("F.equations.0.line", 3, "expected str"),
        ("F.equations.2.operands.1", {"float": "0x1.8000000000001p+1"}, "not shown to equal"),
        ("F.equations.3.params.axis", [1], "axes in order"),
        ("F.equations.3.params.keepdims", True, "another shape"),
        ("F.equations.3.params.initial", 1, "malformed"),
        ("F.equations.3", equation("o", "sum", ["z"], [], axis=[0], keepdims=False, fold="max"), "malformed"),
        ("F.equations.3", equation("o", "norm", ["z"], [], axis=[0], keepdims=False, fold="max"), "malformed"),
        ("F.outputs", ["z"], "not shown to equal"),
        ("F.outputs", ["g"], "used before it is defined"),
        ("G.outputs", [], "malformed"),
        ("G.outputs", ["c"], "another shape"),
        ("G.equations.0.operands.1", {"size": [[2, ["n"]]]}, "not shown to equal"),
        ("G.equations.0.operands.1", {"size": [[1, ["m"]]]}, "not claimed"),
        ("conditions", [], "is not listed"),
        ("conditions.0.at", "g", "is not listed"),
        ("conditions.0.is", "> 0", "is not listed"),
        ("kinks", ["nowhere"], "a condition on nothing"),
        ("reading", "decimal", "not among the assumptions"),
        ("trusted", 5, "there are 6 trusted steps, not 5"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_named(path, value, reason):
    report = check(edited(path, value))
    assert not report.accepted
    assert reason in report.reason


@pytest.mark.parametrize("value", [None, [], 3, "x", {"format": FORMAT}], ids=repr)
def test_anything_else_is_rejected(value):
    assert not check(value).accepted


def test_deep_nesting_is_rejected():
    nested: Any = []
    for _ in range(3000):
        nested = [nested]
    assert not check(edited("F.equations.0.params", {"axis": nested})).accepted


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 2}', '{"a": NaN}', '{"a": 1.5}', '{"a": -Infinity}', " " * (MAX_BYTES + 1)]
)
def test_json_is_read_strictly(text):
    with pytest.raises(Refused):
        parse(text)


# ---------------------------------------------------------------------------- the standard library alone


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_but_the_standard_library_is_imported(path):
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    ours = {name for name in names if name.split(".")[0] not in sys.stdlib_module_names}
    assert ours <= {"verify.trusted", *(f"verify.trusted.{other.stem}" for other in FILES)}


def test_it_runs_as_a_file_with_nothing_installed(tmp_path):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(HAND), encoding="utf-8")
    bad.write_text(json.dumps(edited("trusted", 7)), encoding="utf-8")
    command = [sys.executable, "-S", str(HERE / "checker.py")]
    done = subprocess.run([*command, str(good)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert ": accepted (6 trusted steps" in done.stdout
    done = subprocess.run([*command, str(good), str(bad)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "rejected: there are 6 trusted steps, not 7" in done.stdout
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 2


# ---------------------------------------------------------------------------- what forms mean, by evaluating them

FUNCTIONS = {
    "exp": math.exp, "log": math.log, "sin": math.sin, "cos": math.cos, "sinh": math.sinh, "cosh": math.cosh,
    "arcsin": math.asin, "arccos": math.acos, "arctan": math.atan, "arcsinh": math.asinh, "arccosh": math.acosh,
    "arctanh": math.atanh, "erf": math.erf, "gammaln": math.lgamma, "gamma": math.gamma, "cbrt": math.cbrt,
    "polygamma0": special.digamma, "polygamma1": lambda u: special.polygamma(1, u), "erfinv": special.erfinv,
    "polygamma2": lambda u: special.polygamma(2, u), "floor": math.floor, "rint": round,
    "positive": lambda u: float(u > 0), "zero": lambda u: float(u == 0),
    **{f"airy_{name}": lambda u, k=k: special.airy(u)[k] for k, name in enumerate("ai ai_slope bi bi_slope".split())},
    "expi": special.expi, "erfi": special.erfi, "sine_integral": lambda u: special.sici(u)[0],
    "cosine_integral": lambda u: special.sici(u)[1], "fresnel_sine": lambda u: special.fresnel(u)[0],
    "fresnel_cosine": lambda u: special.fresnel(u)[1], "hyperbolic_sine_integral": lambda u: special.shichi(u)[0],
    "hyperbolic_cosine_integral": lambda u: special.shichi(u)[1], "dilogarithm": lambda u: special.spence(1 - u),
}  # fmt: skip
SEVERAL = {
    "0f1": special.hyp0f1, "1f1": special.hyp1f1, "2f1": special.hyp2f1, "gamma_p": special.gammainc,
    "beta_i": special.betainc, "gamma_p_inverse": special.gammaincinv, "beta_i_inverse": special.betaincinv,
    "owens_t": special.owens_t, "hurwitz_zeta": special.zeta,
    **{f"bessel_{c}": getattr(special, f"{c}v") for c in "jyik"},
}  # fmt: skip


def slopes_of(f: Any) -> Any:
    """S[i, r, c, j], how f(m)[i, j] changes with m[r, c]: by f of a block matrix."""

    def of(m: Any) -> Any:
        n = len(m)
        found = np.zeros((n,) * 4)
        for r, c in np.ndindex(n, n):
            unit = np.zeros((n, n))
            unit[r, c] = 1
            found[:, r, c, :] = f(np.block([[m, unit], [np.zeros((n, n)), m]]))[:n, n:]
        return found

    return of


WHOLE_OF = {name: getattr(linalg, name) for name in ("expm", "logm", "sqrtm", "sinm", "cosm")}
PARTS_OF: dict[str, Any] = {
    **WHOLE_OF, **{f"{name} slope": slopes_of(f) for name, f in WHOLE_OF.items()},
    "inv": np.linalg.inv, "cholesky": np.linalg.cholesky,
    "eigenvalue": lambda m: np.linalg.eigh(m)[0], "eigenvector": lambda m: np.linalg.eigh(m)[1],
    "upper": lambda m: np.linalg.eigh(m, "U")[1],
    "left": lambda m: np.linalg.svd(m, full_matrices=False)[0], "q": lambda m: np.linalg.qr(m)[0],
    "singular": lambda m: np.linalg.svd(m, full_matrices=False)[1], "r": lambda m: np.linalg.qr(m)[1],
    "right": lambda m: np.linalg.svd(m, full_matrices=False)[2],
}  # fmt: skip


@functools.lru_cache(maxsize=512)
def part_of(kind: str, entries: bytes, shape: tuple[int, ...]) -> Any:
    """A part of a matrix, computed once for all of its entries."""
    return PARTS_OF[kind](np.frombuffer(entries).reshape(shape))


class Values:
    """Forms as numbers: inputs as arrays, dimensions as sizes, indices as positions."""

    def __init__(self, inputs: dict[str, Any], sizes: dict[str, int]) -> None:
        self.inputs, self.sizes = inputs, sizes

    def place(self, p: Poly, at: dict[str, int]) -> int:
        return sum(f * math.prod(at[n] if n[0] in "#@" else self.sizes[n] for n in names) for names, f in p)

    def form(self, form: Any, at: dict[str, int]) -> float:
        return math.fsum(float(c) * self.term(term, at) for term, c in dict(form).items())

    def term(self, term: Any, at: dict[str, int]) -> float:
        extents, factors = term
        ranges = [range(self.place(extent, at)) for extent in extents]
        inner = (at | dict(zip(bound(term), places, strict=True)) for places in itertools.product(*ranges))
        return math.fsum(self.product(factors, places) for places in inner)

    def product(self, factors: Any, at: dict[str, int]) -> float:
        relations = [atom for atom, _ in factors if atom.kind in ("==", ">=")]
        signs = [(atom.kind, self.place(atom.args[0], at)) for atom in relations]
        if not all(value == 0 if kind == "==" else value >= 0 for kind, value in signs):
            return 0.0
        return math.prod(self.atom(atom, at) ** float(power) for atom, power in factors if atom not in relations)

    def atom(self, atom: Any, at: dict[str, int]) -> float:
        if atom.kind == "input":
            places = tuple(self.place(arg, at) for arg in atom.args)
            inside = all(0 <= k < size for k, size in zip(places, self.inputs[atom.name].shape, strict=True))
            # Outside, where a guard that was split cancels it, any value must do.
            return float(self.inputs[atom.name][places]) if inside else 1.3 + 0.1 * sum(places)
        if atom.kind in ("dim", "prime", "pi"):
            return (
                math.pi if atom.kind == "pi" else float(self.sizes[atom.name] if atom.kind == "dim" else int(atom.name))
            )
        if atom.kind == "turn":
            steps, size = (self.place(arg, at) for arg in atom.args)
            return math.cos(math.pi * steps / (2 * size))
        if atom.kind == "multiple":
            return float(self.place(atom.args[0], at) % self.place(atom.args[1], at) == 0)
        if atom.kind in HELD:
            return self.held(atom, at)
        if atom.kind in SEVERAL:
            return float(SEVERAL[atom.kind](*(self.form(slot.body, at) for slot, _ in atom.body[0][0][1])))
        value = self.form(atom.body, at)
        return value if atom.kind == "base" else float(FUNCTIONS[atom.kind](value))

    def held(self, atom: Any, at: dict[str, int]) -> float:
        """A function of all entries over some indices."""
        ((term, _),) = atom.body
        (entry,) = (factor for factor, _ in term[1] if factor.kind == "entry")
        axes = [factor.args[0].name for factor, _ in sorted(term[1]) if factor.kind == "axis"]
        sizes = [self.place(term[0][bound(term).index(name)], at) for name in axes]
        values = np.zeros(sizes)
        for places in np.ndindex(*sizes):
            values[places] = self.form(entry.body, at | dict(zip(axes, places, strict=True)))
        if atom.kind in ("max", "prod"):
            return float(values.max() if atom.kind == "max" else values.prod())
        if atom.kind == "det":
            return float(np.linalg.det(values))
        place = tuple(self.place(arg, at) for arg in atom.args)
        part = part_of(atom.kind, values.tobytes(), values.shape)
        inside = all(0 <= k < size for k, size in zip(place, part.shape, strict=True))
        return float(part[place]) if inside else 1.3 + 0.1 * sum(place)


def run(reader: Reader) -> list[Any]:
    """The outputs of F."""
    reader.run(reader.data["F"], False)
    return [reader.operand(output) for output in reader.data["F"]["outputs"]]


def entries(w: Judge, array: Any, values: Values) -> np.ndarray[Any, Any]:
    """An array of forms as numbers, entry by entry."""
    shape = tuple(values.place(extent, {}) for extent in array.shape)
    indices = [w.index(extent) for extent in array.shape]
    form = array.entry(indices)
    out = np.zeros(shape)
    for at in np.ndindex(shape):
        out[at] = values.form(form, {index.name: k for index, k in zip(indices, at, strict=True) if index})
    return out


def slopes(w: Judge, outputs: Any, name: str, values: Values) -> np.ndarray[Any, Any]:
    """The derivative of the sum of the outputs in one input, by the checker's own rules, as numbers."""
    total = Form()
    for output in outputs:
        indices = [w.index(extent) for extent in output.shape]
        total = total + w.total(output.entry(indices), indices)
    shape = values.inputs[name].shape
    place = [w.index(poly(size) if not isinstance(size, Poly) else size) for size in shapes_of(w, name, shape)]
    form = w.reduced(w.derivative(total, name, place))
    out = np.zeros(shape)
    for at in np.ndindex(shape):
        out[at] = values.form(form, {index.name: k for index, k in zip(place, at, strict=True) if index})
    return out


def shapes_of(w: Judge, name: str, shape: tuple[int, ...]) -> Any:
    return getattr(w, "shapes", {}).get(name, shape)


def differences(f: Any, args: list[Any], slot: int) -> np.ndarray[Any, Any]:
    """The gradient of the sum of f by central differences."""
    out = np.zeros(np.shape(args[slot]))
    for place in np.ndindex(out.shape):
        ends = []
        for step in (1e-6, -1e-6):
            moved = [np.array(arg, dtype=float) for arg in args]
            moved[slot][place] += step
            ends.append(float(np.sum(f(*moved))))
        out[place] = (ends[0] - ends[1]) / 2e-6
    return out


DECOMPOSITIONS = {"cholesky", "eigh_packed", "svd_packed", "qr_packed"}
RESTS = {"svd_left_rest", "svd_right_rest", "qr_rest"}  # any columns that complete a basis
MEANT = {*ARITHMETIC, *COMPARISONS, *FLOATING, *OF_ELEMENTS, *COMPOSED, *STRUCTURAL}
KNOWN = sorted(({*REGISTRY} - RESTS) & MEANT)


def bare(arrays: list[Any], op: str, params: dict[str, Any], shape: Any) -> Reader:
    """A reader whose F is one equation on float inputs a0, a1, …"""
    inputs = [{"name": f"a{k}", "shape": list(a.shape), "dtype": "float64", "facts": []} for k, a in enumerate(arrays)]
    line = equation("y", op, [item["name"] for item in inputs], list(shape)) | {"params": params}
    wrt = {"wrt": ["a0"], "kind": "grad", "text": ""}
    changes = {"inputs": inputs, "claim": wrt, "F": {"name": "f", "equations": [line], "outputs": ["y"]}}
    return Reader(copy.deepcopy(HAND) | changes)


@pytest.mark.parametrize("name", KNOWN)
def test_each_meaning_is_what_numpy_computes(name):
    """Values at every sample of the op, and the checker's own derivative against differences."""
    op, seen = REGISTRY[name], 0
    for sample in op.samples(np.random.default_rng(3)):
        call = op.call(*sample.args, **sample.kwargs)
        arrays = [np.asarray(value, dtype=float) for value in call.inputs]
        if name == "solve_sylvester":  # the inverse of a matrix of all entries, each evaluated apart
            arrays = [arrays[0][:2, :2], arrays[1], arrays[2][:2]]
        with np.errstate(all="ignore"):
            expected = np.asarray(op.forward(*arrays, **call.params), dtype=float)
        if expected.size == 0 or not all(array.size for array in arrays):
            continue
        params = {key: _Writer(None).param(value) for key, value in call.params.items()}  # type: ignore[arg-type]
        reader = bare(arrays, op.name, params, expected.shape)
        if name in DECOMPOSITIONS and 1 in arrays[0].shape[-2:]:
            with pytest.raises(Refused, match="of a matrix of one row or one column"):
                run(reader)
            continue
        if name in DECOMPOSITIONS and (arrays[0].ndim > 2 or seen > 1):
            continue  # evaluated entry by entry, parts of parts take seconds
        outputs = run(reader)
        values = Values({f"a{k}": array for k, array in enumerate(arrays)}, {"n": 3})
        np.testing.assert_allclose(entries(reader.w, outputs[0], values), expected, rtol=1e-12, atol=1e-12)
        seen += 1
        for slot in range(len(arrays)):
            if op.partials and isinstance(op.partials[slot], Unread):
                with pytest.raises(Refused, match="in this argument is known"):
                    slopes(reader.w, outputs, f"a{slot}", values)
                continue
            got = slopes(reader.w, outputs, f"a{slot}", values)
            wanted = differences(lambda *a, call=call: op.forward(*a, **call.params), arrays, slot)
            np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)
    assert seen


AT = {
    "0f1": [(1.5, -2.0), (2.0, 0.75), (0.25, 3.0)], "1f1": [(1.5, 2.0, -2.0), (0.5, 1.25, 0.75), (3.0, 0.5, 1.5)],
    "2f1": [(0.5, 1.5, 2.0, -2.0), (1.0, 2.0, 3.5, 0.75), (-0.5, 0.5, 1.0, 0.25)],
    "gamma_p": [(2.5, 0.75), (0.5, 4.0), (9.0, 7.5)], "beta_i": [(2.5, 1.5, 0.75), (0.5, 4.0, 0.125), (9.0, 1.0, 0.5)],
    "gamma_p_inverse": [(2.5, 0.75), (0.5, 0.9), (9.0, 0.25)],
    "beta_i_inverse": [(2.5, 1.5, 0.75), (0.5, 4.0, 0.125), (9.0, 1.0, 0.5)],
    "owens_t": [(0.75, -1.25), (-2.0, 0.5), (0.0, 3.0)], "hurwitz_zeta": [(2.5, 0.75), (1.5, 3.0), (4.0, 0.25)],
    **{f"bessel_{c}": [(0.0, 0.75), (1.0, 2.5), (2.5, 1.25), (3.0, 4.0)] for c in "jyik"},
}  # fmt: skip


def law_agrees(kind: str, slot: int, law: Any, point: tuple[float, ...]) -> bool:
    """Whether a law's value is the function's difference quotient of high order, in 40 digits."""
    functions = {
        "0f1": mpmath.hyp0f1, "1f1": mpmath.hyp1f1, "2f1": mpmath.hyp2f1,
        "gamma_p": lambda a, x: mpmath.gammainc(a, 0, x, regularized=True),
        "beta_i": lambda a, b, x: mpmath.betainc(a, b, 0, x, regularized=True),
        "hurwitz_zeta": mpmath.zeta,
        "owens_t": lambda h, a: mpmath.quad(lambda t: mpmath.exp(-h * h * (1 + t * t) / 2) / (1 + t * t), [0, a])
        / (2 * mpmath.pi),
        **{f"bessel_{c}": getattr(mpmath, f"bessel{c}") for c in "jyik"},
    }  # fmt: skip
    w = algebra()
    names = [w.atom("input", f"x{k}") for k in range(len(point))]
    constant = len(point) - 1 if kind != "owens_t" else 0
    at = [UNITY * Fraction(x) if x else Form() for x in point[:constant]] + names[constant:]
    value = Values({f"x{k}": np.asarray(x) for k, x in enumerate(point)}, {}).form(law(w, *at), {})
    with mpmath.workdps(40):
        if kind.endswith("_inverse"):
            inner = functions[kind.removesuffix("_inverse")]
            *parameters, level = point
            found = SEVERAL[kind](*point)
            place = mpmath.findroot(lambda x: inner(*parameters, x) - level, found)
            expected = 1 / mpmath.diff(lambda x: inner(*parameters, x), place)
        else:
            expected = mpmath.diff(lambda x: functions[kind](*point[:slot], x, *point[slot + 1 :]), point[slot])
    return abs(value - expected) <= 1e-11 + 1e-10 * abs(expected)


@pytest.mark.parametrize(
    ("kind", "slot"), [(k, s) for k in LAWS_OF_SEVERAL for s, law in enumerate(LAWS_OF_SEVERAL[k]) if law]
)
def test_laws_of_functions_of_several_arguments(kind, slot):
    """Every stated identity at several points; and what is near it, a factor or a sign away, is told from it."""
    law = LAWS_OF_SEVERAL[kind][slot]
    assert all(law_agrees(kind, slot, law, point) for point in AT[kind])
    for wrong in (-1, Fraction(1, 2), Fraction(10**9 + 1, 10**9)):
        near = lambda w, *u, law=law, wrong=wrong: law(w, *u) * wrong  # noqa: E731
        assert not all(law_agrees(kind, slot, near, point) for point in AT[kind])


def test_the_table_of_conditions_names_ops():
    assert set(CONDITIONS) <= set(REGISTRY)
    assert "base" in LAWS


# ---------------------------------------------------------------------------- random programs, at several sizes

VECTORS = {
    "flip": lambda x, y: x[::-1],
    "cumsum": lambda x, y: np.cumsum(x),
    "shift": lambda x, y: np.concatenate([x[1:], x[:1]]),
    "difference": lambda x, y: np.concatenate([y[:1], x[1:] - x[:-1]]),
    "middle": lambda x, y: np.concatenate([x[:1], np.concatenate([x, y])[1:-1][: x.shape[0] - 1]]),
    "affine": lambda x, y: 2 * x - y / 4 + 0.5,
    "tanh": lambda x, y: np.tanh(x),
    "square root": lambda x, y: np.sqrt(x * x + 1),
    "exponential": lambda x, y: np.exp(x / 8) * y,
    "logarithm": lambda x, y: np.log(1 + x**2) - y,
    "relu": lambda x, y: np.maximum(x, y),
    "absolute": lambda x, y: np.abs(x - 0.3) + y,
    "pieces": lambda x, y: np.where(x > y, x * y, y - x),
    "centred": lambda x, y: x - x.mean(),
    "normalised": lambda x, y: x / np.sqrt((x**2).sum() + 1),
    "softmax": lambda x, y: np.exp(x / 4) / np.exp(x / 4).sum() + y,
    "shifted": lambda x, y: x - x.max() + y,
    "diagonal": lambda x, y: np.diag(np.outer(x, y)) + x,
    "matrix": lambda x, y: np.diag(x) @ y + x,
    "triangle": lambda x, y: np.triu(np.outer(x, y), 1) @ x + np.tril(np.outer(y, x)) @ y,
    "rows": lambda x, y: np.outer(x, y).sum(0) / x.size,
    "flat": lambda x, y: np.outer(x, y).reshape(-1)[: x.size] + x,
    "blocks": lambda x, y: np.kron(x, np.ones(1)) + y,
    "transposed": lambda x, y: (np.outer(x, y).T @ x) / x.size,
}


def composed(names: list[str]) -> Any:
    def f(x: Any, y: Any) -> Any:
        for name in names:
            x, y = y, VECTORS[name](x, y)
        return (x * y).sum()

    return f


def program_matches(names: list[str], sizes: tuple[int, ...] = (1, 2, 3, 4)) -> None:
    """A random program's form and derivative, proved for every size, are NumPy's values and differences at these."""
    f = composed(names)
    problem = pose(f, (np.ones(5), np.ones(5)), "grad", lambda x, y: (x, y), None, None)
    recording = record_symbolic(problem, problem.arrays)
    assert recording.forward is not None, recording.refused
    assert recording.gradient is not None
    certificate = certify(recording.forward, recording.gradient, ["x", "y"], "grad", recording.trace.extents)
    reader = Reader(parse(dumps(certificate)))
    outputs = run(reader)
    rng = np.random.default_rng(len(names))
    for size in sizes:
        if any(
            reader.size(c["size"]).at({"n": poly(size)}) != poly(0) and _short(reader, c, size)
            for c in certificate["size_conditions"]
        ):
            continue
        given = [rng.uniform(-1.5, 1.5, size), rng.uniform(-1.5, 1.5, size)]
        dims = dict.fromkeys(reader.least, size)
        values = Values(dict(zip(["x", "y"], given, strict=True)), dims)
        expected = float(f(*given))
        np.testing.assert_allclose(entries(reader.w, outputs[0], values), expected, rtol=1e-9, atol=1e-9)
        reader.w.shapes = {name: reader.values[name].shape for name in ("x", "y")}  # type: ignore[attr-defined]
        for slot, name in enumerate("xy"):
            got = slopes(reader.w, outputs, name, values)
            np.testing.assert_allclose(got, differences(f, given, slot), rtol=2e-4, atol=2e-5)


def _short(reader: Reader, condition: Any, size: int) -> bool:
    least = Values({}, dict.fromkeys(reader.least, size)).place(reader.size(condition["size"]), {})
    return least < condition["least"]


@pytest.mark.parametrize("seed", range(24))
def test_forms_of_random_programs_have_numpys_values(seed):
    rng = random.Random(seed)
    program_matches([rng.choice(sorted(VECTORS)) for _ in range(rng.choice([1, 2, 2]))])


# ---------------------------------------------------------------------------- rules with a trap


def algebra() -> Judge:
    return Judge({"n": 1, "m": 1}, [], set(), {"x"})


def test_an_index_that_occurs_twice_is_not_solved_for():
    """n·i + i == f does not mean i == f."""
    w = algebra()
    n = poly("n")
    i, f = w.index(n), w.index(n * n)
    held = w.total(w.mul(w.relation("==", f - n * i - i), w.atom("input", "x", (i,))), [i])
    values = Values({"x": np.arange(1.0, 4.0)}, {"n": 3})
    assert [values.form(held, {f.name: k}) for k in range(9)] == [1, 0, 0, 0, 2, 0, 0, 0, 3]


def test_flat_positions_come_apart_only_within_range():
    w = algebra()
    n, m = poly("n"), poly("m")
    i, j = w.index(n), w.index(m)
    assert w.relation("==", m * i + j - m * 0) == w.mul(w.relation("==", i), w.relation("==", j))
    assert w.relation("==", n * i + j) != w.mul(w.relation("==", i), w.relation("==", j))


def test_numbers_are_taken_apart_exactly():
    for number in (1, 2, 1018, 2**40 * 3**2, 999983, 1009 * 1013):
        assert factorised(parse_fraction(number)) is not None
    w = algebra()
    half = w.power(UNITY * 8, parse_fraction(1) / 2)
    assert w.mul(half, half) == UNITY * 8


def parse_fraction(number: int) -> Any:
    from fractions import Fraction

    return Fraction(number)


def test_coefficients_stay_exact():
    with pytest.raises(Refused):
        (UNITY * 0.5) + UNITY * 0.25


def test_a_power_keeps_the_sign_of_its_base():
    """((x - 1)²)^½ is not x - 1."""
    w = algebra()
    u = w.atom("input", "x", (poly(0),)) - UNITY
    root = w.power(w.mul(u, u), parse_fraction(1) / 2)
    assert not w.vanishes(root - u)
    assert w.vanishes(w.mul(root, root) - w.mul(u, u))


def test_budgets_end_a_check(monkeypatch):
    monkeypatch.setattr("verify.trusted.algebra.MAX_STEPS", 20)
    assert check(HAND).reason == "out of budget"


def test_literals_are_spelled_exactly():
    assert literal(0.1) == {"float": "0x1.999999999999ap-4"}
    assert literal(True) == {"bool": True}
