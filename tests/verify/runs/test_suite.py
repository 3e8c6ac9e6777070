"""Runs as JSON Lines: what is written is read back the same, and a cut or foreign file is refused."""

import numpy as np
import pytest

import verify
from verify.runs.suite import Entry, Run, lines, read
from verify.runs.wire import from_json


def right(x):
    return (3 * (x + 2) ** 2).mean()


def right_gradient(x):
    return 6 * (x + 2) / len(x)


X = np.array([1.0, 2.0, 3.0])


@pytest.fixture(scope="module")
def run():
    refuted = verify.check(right, X, grad=lambda x: 1.5 * (x + 2))
    proved = verify.check(right, X, grad=right_gradient)
    kink = verify.check(lambda x: np.abs(x).sum(), np.array([0.0, 1.0]), grad=np.sign)
    return Run(tuple(Entry(f"file.py::case{n}", result) for n, result in enumerate((refuted, proved, kink))))


def test_what_is_written_is_read_back(run):
    written = list(lines(run))
    again = read(written)
    assert list(lines(again)) == written
    for found, wanted in zip(again.entries, run.entries, strict=True):
        assert str(found.result) == str(wanted.result.explained())
        assert found.result.ok is wanted.result.ok


def test_a_cut_file_is_refused(run):
    with pytest.raises(ValueError, match="the file was cut"):
        read(list(lines(run))[:-1])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 99}', "no json"])
def test_another_file_is_refused(text):
    with pytest.raises(ValueError, match="line 1"):
        read([text])


def test_a_field_of_another_type_is_named(run):
    record = run.entries[0].result.to_json()
    record["numbers"]["points"] = "many"
    with pytest.raises(ValueError, match=r"result\.numbers\.points: expected int, got str"):
        from_json(record)
