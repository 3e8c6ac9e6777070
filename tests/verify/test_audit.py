"""The table of every op's rules, and the command that prints it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dualgrad.op import REGISTRY
from verify.audit import OPEN, as_function, audit, checked, counted, document, ops_of, table
from verify.command.audit import audit as command
from verify.lemma.survey import Status
from verify.run import NothingCollected, UsageError
from verify.runs.gate import FAILED, PASSED

OWN = """
from dualgrad.op import pointwise
from dualgrad.samples import over

{name} = pointwise(
    "{name}", lambda x: x * x * x, [lambda y, x: {factor} * x * x], meaning=lambda x: x**3, samples=over((-2.0, 2.0))
)
"""


@pytest.fixture
def own(tmp_path):
    """A module that declares an op, with a right rule or a wrong one; the op is forgotten afterwards."""
    made = []

    def write(name, factor):
        made.append(name)
        path = tmp_path / f"{name}_ops.py"
        path.write_text(OWN.format(name=name, factor=factor), encoding="utf-8")
        return str(path)

    yield write
    for name in made:
        REGISTRY.pop(name, None)


@pytest.mark.parametrize("name", ["tanh", "multiply", "matmul", "sum", "max", "where", "getitem", "softmax", "inv"])
def test_usual_ops_are_proved_in_both_directions(name):
    (row,) = audit([REGISTRY[name]])
    assert row.verdict == "PROVED"
    assert row.expected
    assert set(row.vjp) == set(row.jvp) == {"PROVED"}


def test_what_is_not_proved_is_looked_at_and_says_what_blocks_it():
    rows = list(audit([REGISTRY["eig_packed"]]))
    (row,) = rows
    assert (row.verdict, row.expected) == ("CERTIFIED", True)
    assert "a matrix defined by an equation" in row.blocked
    assert re.fullmatch(r"Taylor series of balls at \d points, to 1\d digits", row.seen)
    assert f"| {row.blocked} | {row.seen} |" in table(rows)
    assert document(rows)["ops"]["eig_packed"]["seen"] == row.seen


def test_a_known_open_op_says_which_step_is_missing(monkeypatch):
    status = Status("logcumsumexp", "composite", "VJP", 0, "a difference is left: some text")
    monkeypatch.setattr("verify.audit.survey", lambda op, samples: [status])  # which takes half a minute
    (row,) = audit([REGISTRY["logcumsumexp"]], look=False)
    assert (row.verdict, row.blocked, row.expected) == ("OPEN", OPEN["logcumsumexp"], True)


@pytest.mark.parametrize("name", ["dft", "real_dft", "wofz"])
def test_complex_results_are_asked_about_in_parts(name):
    asked = as_function(REGISTRY[name])
    assert asked is not None
    assert [np.asarray(part).dtype.kind for part in asked.function(*asked.arrays)] == ["f", "f"]
    assert checked(asked).formula.verdict.name == "PROVED"


def test_an_op_without_a_meaning_is_open():
    (row,) = audit([REGISTRY["eig_packed"]], look=False)
    assert (row.verdict, row.unread, row.expected) == ("OPEN", True, True)
    assert "a matrix defined by an equation" in row.blocked


def test_ops_that_are_known_to_be_open_exist():
    assert {op.name for op in ops_of("dualgrad")} >= OPEN.keys()


def test_the_table_and_its_claims():
    rows = list(audit([REGISTRY["tanh"], REGISTRY["eig_packed"]], look=False))
    assert counted(rows) == "2 ops with rules for real numbers: 1 PROVED, 1 OPEN"
    assert document(rows)["ops"]["tanh"]["verdict"] == "PROVED"
    assert "| tanh | pointwise | PROVED | every size |  |  |" in table(rows)
    assert "less than what `verify.check` calls PROVED" in table(rows)


def test_a_users_op_is_audited(own, capsys, tmp_path):
    assert command(own("thirdpower", 3), json_file=tmp_path / "audit.json") == PASSED
    assert json.loads((tmp_path / "audit.json").read_text())["counts"] == {"PROVED": 1}
    assert "thirdpower" in capsys.readouterr().out


def test_a_users_op_with_a_wrong_rule_is_refuted(own, capsys):
    assert command(own("thirdpower_wrong", 2)) == FAILED
    assert "REFUTED" in capsys.readouterr().out


@pytest.mark.parametrize(("factor", "code"), [(3, PASSED), (2, FAILED)])
def test_a_users_op_needs_no_samples_to_be_audited(own, tmp_path, capsys, factor, code):
    """A wrong rule must not pass because nothing says on what to look at it."""
    path = Path(own(f"bare_thirdpower_{factor}", factor))
    path.write_text(path.read_text().replace(", samples=over((-2.0, 2.0))", ""))
    assert command(str(path)) == code
    assert ("1 PROVED" if code == PASSED else "1 REFUTED") in capsys.readouterr().out


def test_an_op_that_cannot_be_looked_at_is_not_passed_over():
    (row,) = audit([replace(REGISTRY["matmul"], samples=None)])
    assert (row.verdict, row.expected) == ("UNDECIDED", False)
    assert "samples=" in row.blocked


def test_what_declares_no_op_is_told(tmp_path):
    (tmp_path / "ours.py").write_text("x = 1\n")
    (tmp_path / "breaks.py").write_text("1 / 0\n")
    with pytest.raises(NothingCollected, match="this declares no op"):
        command(str(tmp_path / "ours.py"))
    with pytest.raises(UsageError, match="importing it failed with ZeroDivisionError"):
        command(str(tmp_path / "breaks.py"))
    with pytest.raises(UsageError, match="no_such_module"):
        command("no_such_module")
