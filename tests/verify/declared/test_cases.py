"""Declaration files: what they mean is what the same Python would, and what is wrong with one is said."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import verify
from verify.declared.cases import declared_cases
from verify.declared.evaluate import function
from verify.declared.grammar import Refused
from verify.points.witness import full_source, source
from verify.run import UsageError, collect

GOOD = """
[[case]]
name = "least_squares"
function = '''
r = A @ w - b
(r * r).mean()
'''
grad = "2 / len(b) * A.T @ (A @ w - b)"
wrt = "w"
arguments = { w = [1.0, 2.0], A = [[1.0, 2.0], [3, 4], [5, 6.5]], b = [1, 2, 3] }

[[case]]
name = "softplus_wrong"
function = "sum(log1p(exp(x)))"
grad = "1 / (1 + exp(x))"
arguments = { x = [0.3, -2.0] }
"""


@pytest.fixture
def cases(tmp_path):
    path = tmp_path / "cases.toml"
    path.write_text(GOOD)
    return declared_cases(path)


def test_verdicts_are_those_of_the_same_python(cases):
    found = [verify.check(case.function, *case.arguments, **case.options) for case in cases]
    assert [result.verdict.value for result in found] == ["PROVED", "REFUTED"]
    assert found[0].formula.sizes.startswith("every n, m >= 1")


def test_the_script_of_a_counterexample_runs(cases):
    wrong = cases[1]
    result = verify.check(wrong.function, *wrong.arguments, **wrong.options)
    assert result.counterexample is not None
    done = subprocess.run([sys.executable, "-c", result.counterexample.script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "but the derivative is" in done.stdout


def test_places_in_the_file(cases):
    assert [(case.line, case.last_line) for case in cases] == [(2, 11), (12, 16)]
    assert cases[1].text.startswith('[[case]]\nname = "softplus_wrong"')


def test_sources_tell_expressions_apart():
    square, cube = function("f", ["x"], "sum(x**2)"), function("f", ["x"], "sum(x**3)")
    assert full_source(square) != full_source(cube)
    assert source(cube) == "def f(x):\n    return np.sum(x ** 3)"


SAME = [
    "exp(x) @ y",
    "(x * y).sum() / x.size",
    "where(x > y, x, y)[0]",
    "logsumexp(x) + pi",
    "t = x - y; (t * t).mean()",
]


@pytest.mark.parametrize("text", SAME)
def test_values_are_those_of_the_python_text(text):
    declared = function("f", ["x", "y"], text)
    namespace = {"np": np}
    exec(declared.__source_text__, namespace)
    x, y = np.array([0.5, -1.0, 2.0]), np.array([1.0, 0.25, 3.0])
    assert np.array_equal(declared(x, y), namespace["f"](x, y))


@pytest.mark.parametrize("text", ["9 ** 9 ** 9 * x", "2 ** -1 * x", "9007199254740992 * 9007199254740992 * x"])
def test_whole_numbers_stay_small(text):
    with pytest.raises(Refused, match="whole"):
        function("f", ["x"], text)(np.ones(2))


def _case(**changed):
    return {"function": "sum(x)", "arguments": {"x": [1.0]}} | changed


WRONG = [
    ([], "expected an object"),
    ({}, "expected a list of cases"),
    ({"case": []}, "expected a list of cases"),
    ({"case": [3]}, "case 1: the case: expected a table"),
    ({"case": [_case(), _case(gradient="x")]}, "case 2: unknown key 'gradient'"),
    ({"case": [_case(function=3)]}, "function: expected text"),
    ({"case": [_case(name="a b")]}, "the name 'a b'"),
    ({"case": [_case(arguments={})]}, "arguments: expected one or more"),
    ({"case": [_case(arguments={"__x": [1]})]}, "the argument '__x'"),
    ({"case": [_case(arguments={"x": ["1"]})]}, "'1' is not a number"),
    ({"case": [_case(arguments={"x": [[1.0], 2.0]})]}, "the argument x"),
    ({"case": [_case(arguments={"x": [10**400]})]}, "the argument x"),
    ({"case": [_case(arguments={"x": {"values": [1], "dtype": "object"}})]}, "a dtype out of"),
    ({"case": [_case(arguments={"x": [0.0] * 100_001})]}, "more than"),
    ({"case": [_case(wrt="y")]}, "wrt: expected one or more of the arguments x"),
    ({"case": [_case(domain={"x": "odd"})]}, "domain: x = 'odd'"),
    ({"case": [_case(sizes="all")]}, "sizes: expected 'every'"),
    ({"case": [_case(grad="open('f')")]}, "no function 'open'"),
]


@pytest.mark.parametrize(("record", "message"), WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_is_said(tmp_path, record, message):
    path = tmp_path / "cases.json"
    path.write_text(json.dumps(record))
    with pytest.raises(Refused, match=message):
        declared_cases(path)


@pytest.mark.parametrize("text", ["{", "[" * 100_000, '{"case": NaN', "\ufeff{}"])
def test_a_file_that_is_not_json(tmp_path, text):
    path = tmp_path / "cases.json"
    path.write_text(text)
    with pytest.raises(Refused, match="this is not JSON"):
        declared_cases(path)


def test_a_huge_file_is_not_read(tmp_path):
    path = tmp_path / "cases.json"
    path.write_bytes(b" " * (1 << 21))
    with pytest.raises(Refused, match="larger than"):
        declared_cases(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["x", "values", "dtype", "A"]), inner, max_size=3)
    ),
)


@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("name", "function", "arguments", "wrt", "domain", "sizes", "grad"), JSON)
    )
)
def test_any_record_is_read_or_refused(tmp_path_factory, record):
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps({"case": [_case(**record)]}))
    try:
        (case,) = declared_cases(path)
    except Refused:
        return
    assert all(isinstance(value, np.ndarray) for value in case.arguments)


def test_they_are_targets_of_the_command(tmp_path):
    path = tmp_path / "cases.toml"
    path.write_text(GOOD)
    assert [case.key for case in collect(str(path))] == [
        "least_squares[grad=grad, wrt='w']",
        "softplus_wrong[grad=grad]",
    ]
    assert [case.name for case in collect(f"{path}:least_squares")] == ["least_squares"]
    path.write_text("[[case]]\nfunction = 'open(x)'\narguments = { x = 1 }")
    with pytest.raises(UsageError, match="no function 'open'"):
        collect(str(path))
