import runpy

import numpy as np
import pytest

from verify.run import UsageError, collect
from verify.runs.pairs import at, pair_file, pair_place


def f(x, n=2, *, scale=1):
    return n * x * scale


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        (["[1, 2.5]", "3"], (np.array([1, 2.5]), 3)),
        (["n=3", "x = [[1.0]]"], (np.array([[1.0]]), 3)),
        (["1.5", "n=true"], (1.5, True)),
        (["[[1, 2], [3, 4e-1]]"], (np.array([[1, 2], [3, 0.4]]),)),
    ],
)
def test_a_point_is_values_by_name_or_in_order(point, expected):
    found = at(f, point)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert type(one) is type(other)
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("point", "told"),
    [
        (["x=__import__('os')"], "this is no value"),
        (["x=[1.0"], "this is no value"),
        (['x="text"'], "this holds more than numbers"),
        (["x=[1.0, null]"], "this holds more than numbers"),
        (["x=" + "[" * 5000 + "]" * 5000], "this is no value"),
        (["y=1.0"], "f(x, n, scale) cannot be called so: missing a required argument: 'x'"),
        (["1.0", "x=1.0"], "multiple values for argument 'x'"),
        (["x=1.0", "scale=2"], "scale can only be given by name"),
    ],
)
def test_what_is_no_point_is_told(point, told):
    with pytest.raises(UsageError) as raised:
        at(f, point)
    assert told in str(raised.value)


MODEL = "ran = []\n\ndef loss(x): return x * x\n\ndef slope(x): return 2 * x\n"


def test_the_file_of_a_pair_holds_one_case_and_nothing_is_imported_to_write_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text("1 / 0\n")
    path = pair_file("model.py:loss", "model.py:slope", ["x=[1.0, 2.0]"], tmp_path)
    (tmp_path / "model.py").write_text(MODEL)
    (case,) = collect(path)
    assert (case.key, case.function(3), case.options["grad"](3)) == ("loss[grad=slope]", 9, 6)
    np.testing.assert_array_equal(case.arguments[0], [1.0, 2.0])
    assert pair_file("model.py:loss", "model.py:slope", ["x=[3.0]"], tmp_path) != path


def test_a_name_cannot_become_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = pair_file('m")\nraise SystemExit("ran")\n#.py:f', "m:g", ["1.0"], tmp_path)
    with pytest.raises(UsageError, match="there is no"):
        runpy.run_path(path)


@pytest.mark.parametrize(
    ("target", "grad", "point", "told"),
    [
        ("model.py", "model.py:slope", ["1.0"], "model.py: this names no function. Write FILE.py:NAME"),
        ("model.py:loss", "slope", ["1.0"], "slope: this names no function"),
        ("model.py:loss", "model.py:slope", [], "where should it be checked?"),
        ("model.py:loss", "model.py:slope", ["x=f()"], "this is no value"),
    ],
)
def test_a_pair_that_is_none_is_told_before_anything_is_written(tmp_path, target, grad, point, told):
    with pytest.raises(UsageError) as raised:
        pair_file(target, grad, point, tmp_path)
    assert told in str(raised.value)
    assert not list(tmp_path.iterdir())


def test_where_a_function_stands_is_seen_without_importing_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text("1 / 0\n\ndef loss(x):\n    return x\n")
    assert pair_place("model.py:loss") == "model.py:3"
    assert pair_place("model.py:slope") == pair_place("package.model:loss") == pair_place("nothing.py:f") == ""
