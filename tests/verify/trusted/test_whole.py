"""The checker as a whole: files and the command, matrices within matrices, the chain rule, what is read strictly."""

from __future__ import annotations

import copy
import hashlib
import itertools
import json
import runpy
import struct
import sys
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import verify
from verify import checker
from verify.campaign.subjects import certificate_of
from verify.checker import Judge, check, main
from verify.trusted.arrays import Array, literal, valued
from verify.trusted.decompositions import PARTS, RESTS
from verify.trusted.meanings import Ops
from verify.trusted.schema import HOLDS, MAX_BYTES, shaped
from verify.trusted.terms import UNITY, Form, Refused, poly, size

n = poly("n")
X = np.array([0.5, -1.5, 2.0, 0.25])
A = np.array([[2.0, 0.5, 0.1], [-0.3, 1.5, 0.7], [0.2, -0.4, 1.0]])
B = np.array([[1.0, -0.5, 0.3], [0.4, 2.5, -0.2], [0.6, 0.1, 3.0]])


@pytest.fixture
def w() -> Judge:
    return Judge({"n": 1}, [], {"p"}, {"A", "B"})


@pytest.fixture
def value(whole):
    values = whole.Values({"A": A, "B": B, "x": X[:3], "p": np.array([0.5, 2.0, 3.0])}, {"n": 3})
    return lambda form, **at: values.form(form, {name.replace("_", "#"): k for name, k in at.items()})


# ---------------------------------------------------------------------------- the command


@pytest.fixture
def files(whole, tmp_path):
    good, bad, ugly = (tmp_path / f"{name}.json" for name in ("good", "bad", "ugly"))
    good.write_text(json.dumps(whole.HAND), encoding="utf-8")
    bad.write_text(json.dumps(whole.edited("trusted", 7)), encoding="utf-8")
    ugly.write_text('{"a": 1.5}', encoding="utf-8")
    return SimpleNamespace(good=str(good), bad=str(bad), ugly=str(ugly), none=str(tmp_path / "none.json"))


def test_files_are_checked_one_by_one(files, capsys):
    assert main([files.good]) == 0
    assert "good.json: accepted (6 trusted steps, " in capsys.readouterr().out
    assert main([files.good, files.bad, files.good]) == 1
    told = capsys.readouterr().out.splitlines()
    assert [": accepted" in line for line in told] == [True, False, True]
    assert "rejected: there are 6 trusted steps, not 7 (0 trusted steps, 0 steps checked)" in told[1]
    assert main([]) == 2


def test_a_file_that_cannot_be_read_is_rejected(files, tmp_path, capsys):
    large = tmp_path / "large.json"
    large.write_text(" " * (MAX_BYTES + 1) + "{}", encoding="utf-8")
    bytes_ = tmp_path / "bytes.json"
    bytes_.write_bytes(b"\xff\xfe")
    deep = tmp_path / "deep.json"
    deep.write_text("[" * 100_000, encoding="utf-8")
    assert main([files.ugly, files.none, str(large), str(bytes_), str(deep)]) == 1
    told = capsys.readouterr().out.splitlines()
    assert all("rejected: not readable: " in line for line in told)
    assert "1.5 is not a whole number" in told[0]
    assert "too large" in told[2]


def test_it_is_a_program(files, monkeypatch, capsys):
    """As a file it sees neither the package nor its own folder, whose modules have names of the library."""
    monkeypatch.setattr(sys, "argv", ["checker.py", files.good])
    monkeypatch.setattr(sys, "path", [str(checker.__file__).removesuffix("/checker.py"), *sys.path])
    monkeypatch.setitem(sys.modules, "verify", verify)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(checker.__file__, run_name="__main__")
    assert ended.value.code == 0
    assert sys.modules["verify"] is not verify
    assert not any(path == str(checker.__file__).removesuffix("/checker.py") for path in sys.path)
    assert "accepted" in capsys.readouterr().out


# ---------------------------------------------------------------------------- matrices


def matrix(w: Judge, name: str, r: Any, c: Any) -> Form:
    return w.atom("input", name, (r, c))


def inverse(w: Judge, entry: Any, at: Any) -> Form:
    r, c = w.index(n), w.index(n)
    return w.over("inv", entry(r, c), [r, c], at)


def determinant(w: Judge, entry: Any) -> Form:
    r, c = w.index(n), w.index(n)
    return w.over("det", entry(r, c), [r, c])


def product(w: Judge, a: Any, b: Any) -> Any:
    def entry(r: Any, c: Any) -> Form:
        k = w.index(n)
        return w.total(w.mul(a(r, k), b(k, c)), [k])

    return entry


def held(w: Judge, form: Form, value: Any, expected: Any) -> None:
    """A form of the places of the first two indices is this matrix."""
    for i, j in itertools.product(range(3), repeat=2):
        assert value(form, _000000=i, _000001=j) == pytest.approx(expected[i, j], abs=1e-10)


def test_inverses_of_what_is_a_product(w, value):
    i, j = w.index(n), w.index(n)
    a, b = (lambda r, c: matrix(w, "A", r, c)), (lambda r, c: matrix(w, "B", r, c))
    inv = np.linalg.inv
    held(w, inverse(w, lambda r, c: inverse(w, a, (r, c)), (i, j)), value, A)
    assert inverse(w, lambda r, c: inverse(w, a, (r, c)), (i, j)) == a(i, j)
    assert inverse(w, lambda r, c: inverse(w, a, (c, r)), (i, j)) == a(j, i)
    held(w, inverse(w, product(w, a, b), (i, j)), value, inv(A @ B))
    assert inverse(w, product(w, a, b), (i, j)) == product(
        w, lambda r, c: inverse(w, b, (r, c)), lambda r, c: inverse(w, a, (r, c))
    )(i, j)
    held(w, inverse(w, lambda r, c: a(c, r), (i, j)), value, inv(A.T))
    p = lambda k: w.atom("input", "p", (k,))  # noqa: E731
    P = np.diag([0.5, 2.0, 3.0])
    held(w, inverse(w, lambda r, c: w.mul(p(r), a(r, c)), (i, j)), value, inv(P @ A))
    held(w, inverse(w, lambda r, c: w.mul(a(r, c), p(c)), (i, j)), value, inv(A @ P))
    held(w, inverse(w, lambda r, c: w.mul(p(poly(1)), a(r, c)), (i, j)), value, inv(2 * A))
    held(w, inverse(w, lambda r, c: a(r, c) * 3, (i, j)), value, inv(3 * A))
    held(w, inverse(w, lambda r, c: w.mul(w.relation("==", r - c), p(r)), (i, j)), value, inv(P))
    three = product(w, product(w, a, b), a)
    held(w, inverse(w, three, (i, j)), value, inv(A @ B @ A))


def test_determinants_of_what_is_a_product(w, value):
    a, b = (lambda r, c: matrix(w, "A", r, c)), (lambda r, c: matrix(w, "B", r, c))
    p = lambda k: w.atom("input", "p", (k,))  # noqa: E731
    det, both = np.linalg.det(A), np.linalg.det(A) * np.linalg.det(B)
    for entry, expected in [
        (lambda r, c: inverse(w, a, (r, c)), 1 / det),
        (lambda r, c: inverse(w, a, (c, r)), 1 / det),
        (product(w, a, b), both),
        (lambda r, c: a(c, r), det),
        (lambda r, c: w.mul(p(r), a(r, c)), 3 * det),
        (lambda r, c: w.mul(p(c), a(r, c)), 3 * det),
        (lambda r, c: w.mul(p(poly(1)), a(r, c)), 8 * det),
        (lambda r, c: w.mul(w.relation("==", r - c), p(r)), 3.0),
        (lambda r, c: w.relation("==", r - c), 1.0),
    ]:
        assert value(determinant(w, entry)) == pytest.approx(expected)
    assert determinant(w, product(w, a, b)) == w.mul(determinant(w, a), determinant(w, b))


def test_what_only_resembles_a_product_is_kept(w, value):
    """Σ_k A[r, k] B[k, c] A[c, k] is none of two matrices: r and c are joined by more than k."""
    i, j = w.index(n), w.index(n)

    def joined(r: Any, c: Any) -> Form:
        k = w.index(n)
        return w.total(w.mul(matrix(w, "A", r, k), matrix(w, "B", k, c), matrix(w, "A", r, c)), [k])

    form = inverse(w, joined, (i, j))
    held(w, form, value, np.linalg.inv((A @ B) * A))
    assert [atom.kind for term in form for atom, _ in term[1]] == ["inv"]


def test_there_is_no_inverse_of_zero_or_of_what_is_not_square():
    w = Judge({"n": 1, "m": 1}, [], set(), set())
    r, c, k = w.index(n), w.index(n), w.index(poly("m"))
    for form, places in ((Form(), [r, c]), (w.atom("input", "A", (r, k)), [r, k])):
        with pytest.raises(Refused, match="an inverse of zero, or of what is not square"):
            w.over("inv", form, places, (poly(0), poly(0)))


def test_a_matrix_of_one_entry_is_a_number(w):
    entry = w.atom("input", "A", (poly(0), poly(0)))
    assert w.over("inv", entry, [poly(0), poly(0)], (poly(0), poly(0))) == w.power(entry, -1)
    assert w.over("det", entry, [poly(0), poly(0)]) == entry


# ---------------------------------------------------------------------------- meanings of truths


TRUTHS = {
    "add": np.logical_or, "bitwise_or": np.logical_or, "bitwise_and": np.logical_and, "multiply": np.logical_and,
    "maximum": np.logical_or, "minimum": np.logical_and, "logical_or": np.logical_or,
}  # fmt: skip


@pytest.mark.parametrize("op", TRUTHS)
def test_arithmetic_of_truths_is_logic(w, whole, op):
    a, b = (Array((), lambda at, k=k: w.positive(w.atom("input", "x", (poly(k),))), "b") for k in (0, 1))
    made = Ops(w).apply(op, [a, b], {})
    assert made.kind == "b"
    for signs in itertools.product((-1.0, 1.0), repeat=2):
        values = whole.Values({"x": np.array(signs)}, {})
        assert values.form(made.entry([]), {}) == TRUTHS[op](signs[0] > 0, signs[1] > 0)


def test_truths_that_are_inverted_and_ops_that_have_none(w):
    ops = Ops(w)
    a = Array((), lambda at: w.positive(w.atom("input", "A", (poly(0), poly(0)))), "b")
    assert ops.apply("invert", [a], {}).entry([]) == UNITY - a.entry([])
    assert ops.apply("logical_not", [a], {}).entry([]) == UNITY - a.entry([])
    for op, params in (
        ("subtract", {}),
        ("negative", {}),
        ("square", {}),
        ("exp", {"x": 1}),
        ("reciprocal", {}),
        ("none", {}),
    ):
        with pytest.raises(Refused):
            ops.apply(op, [a] * (2 if op == "subtract" else 1), params)
    with pytest.raises(Refused, match="arguments of exp"):
        ops.apply("exp", [], {})


def test_what_completes_a_basis_has_a_shape_and_no_meaning_but_itself(w):
    w = Judge({"n": 1, "m": 1}, [n - poly("m")], set(), set())
    ops, m = Ops(w), poly("m")
    tall = Array((n, m), lambda at: w.atom("input", "A", tuple(at)), "f")
    wide = Array((m, n), lambda at: w.atom("input", "A", tuple(at)), "f")
    assert ops.apply("svd_left_rest", [tall], {}).shape == ops.apply("qr_rest", [tall], {}).shape == (n, n - m)
    assert ops.apply("svd_right_rest", [wide], {}).shape == (n - m, n)
    kinds = {next(iter(ops.apply(op, [a], {}).entry([poly(0), poly(0)])))[1][0][0].kind
             for op, a in (("svd_left_rest", tall), ("svd_right_rest", wide), ("qr_rest", tall))}  # fmt: skip
    assert kinds == RESTS == {"left rest", "right rest", "q rest"}
    assert kinds < PARTS  # so that nothing is made of them as of a function
    stack = Array((poly(3), n, m), lambda at: w.atom("input", "A", tuple(at)), "f")
    rest = ops.apply("svd_left_rest", [stack], {})
    assert rest.shape == (poly(3), n, n - m)
    assert rest.entry([poly(k) for k in (1, 0, 0)]) != rest.entry([poly(k) for k in (2, 0, 0)])
    with pytest.raises(Refused, match="a basis that is complete"):
        ops.apply("qr_rest", [wide], {})


# ---------------------------------------------------------------------------- what is read


def test_readings_of_literals(w, value):
    tenth = {"float": (0.1).hex()}
    assert literal(w, tenth, "exact")[0] == UNITY * Fraction(0.1)
    assert literal(w, tenth, "decimal")[0] == literal(w, tenth, "named")[0] == UNITY * Fraction(1, 10)
    pi = {"float": (-np.pi).hex()}
    assert literal(w, pi, "named")[0] == w.atom("pi") * -1
    assert literal(w, pi, "decimal")[0] == UNITY * Fraction("-3.141592653589793")


@pytest.mark.parametrize(("dtype", "code"), [("float64", "d"), ("float32", "f"), ("int64", "q"), ("bool", "?")])
def test_values_have_the_hash_that_is_said(w, dtype, code):
    numbers = [1.0, 0.0] if dtype == "bool" else [3.0, -2.0]
    kinds = {"d": float, "f": float, "q": int, "?": bool}
    digest = hashlib.sha256(struct.pack(f"<2{code}", *map(kinds[code], numbers))).hexdigest()
    item = {"name": "c", "shape": [2], "dtype": dtype, "values": [x.hex() for x in numbers], "sha256": digest}
    entry = valued(w, item)
    assert [entry([poly(k)]) for k in (0, 1)] == [UNITY * Fraction(x) for x in numbers]
    for wrong in (
        {"values": item["values"][::-1]},
        {"values": item["values"][:1]},
        {"shape": [3]},
        {"sha256": "0" * 64},
    ):
        with pytest.raises(Refused, match="the values of c"):
            valued(w, item | wrong)


def test_sizes_are_whole_numbers_and_names():
    assert size(3) == poly(3)
    assert size([[2, ["n"]], [-1, []]]) == n + n - 1
    assert size([[1, ["n", "m"]]]) == size([[1, ["m", "n"]]])
    for bad in (
        "n",
        1.5,
        True,
        [[1.0, ["n"]]],
        [[1, "n"]],
        [[1, ["n"] * 9]],
        [[1, ["2"]]],
        [[1, [3]]],
        [[1]],
        [1],
        [[True, []]],
    ):
        with pytest.raises(Refused, match="a size"):
            size(bad)
    assert size([[1, ["n"] * 8]])


def test_a_schema_is_exact():
    schema = {"a": [int], "b": {str: str}}
    shaped({"a": [1, 2], "b": {"x": "y"}}, schema, "top")
    for bad in (
        {"a": [1]}, {"a": [1], "b": {}, "c": 1}, {"a": 1, "b": {}}, {"a": [True], "b": {}}, {"a": ["1"], "b": {}},
        {"a": [], "b": {"x": 1}}, {"a": [], "b": []}, [],
    ):  # fmt: skip
        with pytest.raises(Refused, match=r"top.*: expected"):
            shaped(bad, schema, "top")


@pytest.mark.parametrize(
    ("fact", "good", "bad"),
    [
        ("positive", [1.0, 0.1], [0.0, 1.0]), ("simplex", [0.5, 0.5], [0.0, 1.0]), ("nonnegative", [0.0, 1.0], [-0.1]),
        ("nonzero", [-1.0, 1.0], [0.0, 1.0]), ("unit", [0.1, 0.9], [0.0, 0.5]), ("unit", [0.1, 0.9], [0.5, 1.0]),
        ("binary", [0.0, 1.0], [0.5, 1.0]), ("onehot", [0.0, 1.0], [2.0, 1.0]), ("sign", [-1.0, 1.0], [0.0, 1.0]),
    ],
)  # fmt: skip
def test_what_facts_say_of_a_witness(fact, good, bad):
    assert HOLDS[fact]([2], good)
    assert not HOLDS[fact]([2], bad)


def test_a_symmetric_witness_is_square_and_equal_across():
    symmetric = HOLDS["symmetric"]
    assert symmetric([2, 2], [1.0, 2.0, 2.0, 3.0])
    assert not symmetric([2, 2], [1.0, 2.0, 2.5, 3.0])
    assert not symmetric([2, 3], [1.0] * 6)
    assert not symmetric([3, 3], [0.0, 1.0, 2.0, 1.0, 0.0, 4.0, 2.0, 5.0, 0.0])
    assert all(HOLDS[fact]([0], []) for fact in ("positive", "nonnegative", "real", "predicate"))


# ---------------------------------------------------------------------------- whole certificates


@pytest.fixture(scope="module")
def chained():
    """The chain rule over windows whose sizes carry conditions, and over a tie."""
    return {
        "windows": certificate_of(lambda x: np.sum((x[2:] - x[:-2]) ** 2) + np.sum(x[1:] ** 3), (X,), chain=True),
        "ties": certificate_of(lambda x, y: np.sum(np.maximum(x, y) * y), (X, X[::-1].copy()), chain=True),
    }


def test_the_chain_rule_over_sizes_with_conditions(chained):
    assert chained["windows"]["size_conditions"]
    for certificate in chained.values():
        assert check(certificate).accepted, check(certificate).reason


def test_an_adjoint_of_another_value_is_refused(chained):
    certificate = copy.deepcopy(chained["ties"])
    adjoints = certificate["hints"]["chain"]["adjoints"]
    names = [name for name, parts in adjoints.items() if parts]
    for a, b in itertools.permutations(names, 2):
        if adjoints[a] != adjoints[b]:
            changed = copy.deepcopy(certificate)
            changed["hints"]["chain"]["adjoints"][a] = adjoints[b]
            assert not check(changed).accepted, (a, b)
    for name in names:
        for other in ([], [*adjoints[name], *adjoints[name]], [{"int": "1"}]):
            changed = copy.deepcopy(certificate)
            changed["hints"]["chain"]["adjoints"][name] = other
            if other != adjoints[name]:
                assert not check(changed).accepted, (name, other)


def test_a_tie_is_split_as_the_program_splits_it(chained):
    ties = chained["ties"]["hints"]["chain"]["ties"]
    assert ties
    for name in ties:
        for other in ("1/4", "2", "-1"):
            changed = copy.deepcopy(chained["ties"])
            changed["hints"]["chain"]["ties"][name] = other
            assert not check(changed).accepted


def test_witnesses_are_points_of_the_domain():
    right = certificate_of(
        lambda p: np.sum(np.log(p)), (np.array([0.5, 2.0]),), lambda p: 1 / p, domain={"p": "positive"}
    )
    assert check(right).accepted
    right["witnesses"] = [{"p": {"shape": [2], "values": [(0.5).hex(), (2.0).hex()]}}]
    assert check(right).accepted
    for values in ([0.0, 1.0], [-1.0, 1.0], [1.0], [float("inf"), 1.0], [float("nan"), 1.0]):
        changed = copy.deepcopy(right)
        changed["witnesses"][0]["p"]["values"] = [x.hex() for x in values]
        assert "a witness" in check(changed).reason
    changed = copy.deepcopy(right)
    changed["witnesses"][0]["p"] = {"shape": [0], "values": []}
    assert "a witness of other sizes" in check(changed).reason
    changed["witnesses"][0]["p"] = {"shape": [1, 2], "values": [(1.0).hex()] * 2}
    assert not check(changed).accepted


# ---------------------------------------------------------------------------- what a reader asks for


def test_what_a_logarithm_is_taken_of_is_positive():
    """That z > 0 is a condition of log z: √(z²) is z then, and -z never."""
    z = np.array([0.5, 2.0, 1.5])
    told = certificate_of(lambda z: np.sum(np.log(z)), (z,), lambda z: 1 / np.sqrt(z * z))
    assert check(told).accepted, check(told).reason
    assert not check(certificate_of(lambda z: np.sum(np.log(z)), (z,), lambda z: -1 / np.sqrt(z * z))).accepted
    assert not check(certificate_of(lambda z: np.sum(z), (z,), lambda z: z / np.sqrt(z * z))).accepted


@pytest.mark.parametrize("fact", ["binary", "sign", "simplex", "onehot", "predicate"])
def test_kinks_on_a_null_set_are_refused(fact):
    """Where a fact leaves a null set, nothing is known of a kink by leaving one out."""
    told = certificate_of(lambda x: np.sum(np.abs(x)), (X,))
    assert told["kinks"]
    assert check(told).accepted
    told["inputs"][0]["facts"] = [fact]
    assert check(told).reason == "kinks on a domain that is a null set"
    smooth = certificate_of(lambda x: np.sum(x**2), (X,))
    smooth["inputs"][0]["facts"] = [fact]
    assert check(smooth).accepted


@pytest.mark.parametrize("fact", ["real", "positive", "nonnegative", "nonzero", "unit"])
def test_kinks_on_an_open_set_are_left_out(fact):
    told = certificate_of(lambda x: np.sum(np.abs(x)), (X,))
    told["inputs"][0]["facts"] = [fact]
    assert check(told).accepted


def test_a_jacobian_is_of_one_output(whole):
    two = copy.deepcopy(whole.HAND)
    two["F"]["outputs"] = ["o", "o"]
    assert not check(two).accepted
    two["G"]["equations"][0]["operands"][0] = {"int": "12"}
    assert check(two).accepted
    two["claim"]["kind"] = "jac"
    assert check(two).reason == "the Jacobian of one output"
    one = whole.edited("claim.kind", "jac")
    assert check(one).accepted


def test_a_gradient_has_the_shape_of_its_argument(whole):
    wrong = whole.edited("G.outputs", ["g", "g"])
    assert not check(wrong).accepted
    assert check(whole.edited("G.outputs", [{"int": "1"}])).reason == "the gradient in x has another shape"


@pytest.mark.parametrize("fact", ["symmetric", "spd"])
def test_a_symmetric_matrix_is_square(fact, whole):
    rows, columns = [[1, ["n"]]], [[1, ["m"]]]
    for shape in ([rows], [rows, columns], [rows, rows, rows]):
        wrong = whole.edited("inputs.0", {"name": "x", "shape": shape, "dtype": "float64", "facts": [fact]})
        wrong["dimensions"].append({"name": "m", "least": 1})
        assert check(wrong).reason == "symmetric, but not square"
    told = certificate_of(lambda x, a: x @ a @ x, (X[:3], A + A.T), lambda x, a: 2 * a @ x, wrt=0, domain={"a": fact})
    assert check(told).accepted
    told["inputs"][1]["facts"] = []
    assert "not shown to equal" in check(told).reason


def test_sizes_that_are_merged_stay_within_what_is_claimed(whole):
    merged = whole.edited("merges", {"m": [[1, ["n"]]]})
    merged["inputs"][0]["shape"] = [[[1, ["m"]]]]
    assert check(merged).accepted
    other = copy.deepcopy(merged)
    other["merges"] = {"m": [[1, ["k"]]]}
    assert "not claimed" in check(other).reason
    for least in (0, -1):
        assert "dimensions are >= 1" in check(whole.edited("dimensions.0.least", least)).reason
    two = whole.edited("dimensions", [{"name": "n", "least": 2}])
    assert check(two).accepted
    named = whole.edited("dimensions", [{"name": "n", "least": 1}, {"name": "2", "least": 1}])
    assert "dimensions are >= 1" in check(named).reason


def test_a_size_that_may_be_negative_is_refused(whole):
    short = whole.edited("F.equations.0", whole.equation("y", "add", ["x", {"int": "2"}], [[[1, ["n"]], [-2, []]]]))
    assert "another shape" in check(short).reason
    given = whole.edited("inputs.0.shape", [[[1, ["n"]], [-2, []]]])
    assert "defined twice, or may have a negative size" in check(given).reason


def test_static_arguments_are_numbers():
    told = certificate_of(lambda x: np.sum((x + 3) ** 2.0), (X,), lambda x: 2 * (x + 3))
    assert check(told).accepted
    assert check(certificate_of(lambda x: np.sum(x**0.0 + x), (X,), lambda x: x * 0 + 1)).accepted
    for equation in told["F"]["equations"]:
        if "exponent" in equation["params"]:
            equation["params"]["exponent"] = {"float": (3.0).hex()}
    assert not check(told).accepted


def test_an_adjoint_that_is_not_named_is_made_by_the_rule_but_for_what_is_claimed(chained):
    for certificate in chained.values():
        adjoints = certificate["hints"]["chain"]["adjoints"]
        for name in [name for name, parts in adjoints.items() if parts]:
            changed = copy.deepcopy(certificate)
            del changed["hints"]["chain"]["adjoints"][name]
            if name in certificate["claim"]["wrt"]:
                assert not check(changed).accepted, name
                continue
            changed["hints"]["chain"]["adjoints"][name] = []
            assert not check(changed).accepted, name  # that it is 0 is another thing to say than nothing


def test_every_part_of_an_adjoint_has_its_shape(chained):
    certificate = chained["ties"]
    for name, parts in certificate["hints"]["chain"]["adjoints"].items():
        shape = next(
            item["shape"] for item in [*certificate["inputs"], *certificate["F"]["equations"]] if item["name"] == name
        )
        changed = copy.deepcopy(certificate)
        changed["hints"]["chain"]["adjoints"][name] = [*parts, {"float": (0.0).hex()}]
        assert check(changed).accepted is (shape == [] and name not in certificate["claim"]["wrt"]), name
        changed["hints"]["chain"]["adjoints"][name] = [*parts, {"int": "0"}]
        assert not check(changed).accepted, name


def test_a_symmetric_argument_within_a_function():
    """What is rewritten for a symmetric matrix is rewritten inside exp and inside a sum too."""
    symmetric = A + A.T
    f = lambda x, a: np.exp(x @ a @ x / 8)  # noqa: E731
    g = lambda x, a: np.exp(x @ a @ x / 8) * (a @ x) / 4  # noqa: E731
    turned = lambda x, a: np.exp(x @ a.T @ x / 8) * (a.T @ x) / 4  # noqa: E731
    for gradient in (g, turned):
        told = certificate_of(f, (X[:3], symmetric), gradient, wrt=0, domain={"a": "symmetric"})
        assert check(told).accepted, check(told).reason
        told["inputs"][1]["facts"] = []
        assert not check(told).accepted
