import json

import pytest

from verify.run import UsageError
from verify.runs.baseline import Baseline, Known, improved, load, text, updated
from verify.runs.suite import Entry, Run
from verify.verdict import Formula, Numbers, Result, Verdict


def entry(verdict, case="a.py::f", outcome="done", sizes="", ulps=None):
    return Entry(case, Result(verdict, Formula(verdict, sizes=sizes), Numbers("ok", ulps=ulps)), outcome)


PROVED = entry(Verdict.PROVED, sizes="every n >= 1", ulps=1.23456)
UNDECIDED = entry(Verdict.UNDECIDED)
ACCEPTED = Known("UNDECIDED", ok=False, reason="not yet")


def test_the_file_is_sorted_with_a_case_a_line_and_reads_back(tmp_path):
    held = Baseline({"b.py::g": ACCEPTED, "a.py::ü": Known("PROVED", every=True, ulps=0.5)})
    path = tmp_path / "baseline.json"
    path.write_text(text(held), encoding="utf-8")
    assert load(path) == held
    lines = text(held).splitlines()
    assert (len(lines), lines[1].startswith('"a.py::'), lines[2].startswith('"b.py::')) == (4, True, True)
    assert json.loads(text(Baseline()))["cases"] == {}


def test_by_itself_it_only_improves():
    before = Baseline({"a.py::f": Known("PROVED", every=True), "b.py::g": ACCEPTED, "c.py::h": Known("CERTIFIED")})
    run = Run(
        (
            entry(Verdict.CERTIFIED),
            entry(Verdict.AGREES, "b.py::g"),
            entry(Verdict.PROVED, "c.py::h"),
            entry(Verdict.UNDECIDED, "d.py::new"),
            entry(Verdict.PROVED, "e.py::new"),
        )
    )
    after = improved(before, run).cases
    assert {case: known.verdict for case, known in after.items()} == {
        "a.py::f": "PROVED",
        "b.py::g": "AGREES",
        "c.py::h": "PROVED",
        "e.py::new": "PROVED",
    }
    assert after["b.py::g"].reason == ""


@pytest.mark.parametrize("verdict", [Verdict.UNDECIDED, Verdict.REFUTED, Verdict.NONDIFFERENTIABLE])
def test_what_does_not_pass_is_no_improvement_even_on_what_was_refuted(verdict):
    before = Baseline({"a.py::f": Known("REFUTED", ok=False)})
    assert improved(before, Run((entry(verdict),))) == before


def test_an_update_accepts_only_with_a_reason_and_keeps_the_one_there_is():
    with pytest.raises(UsageError, match=r"would accept UNDECIDED of a\.py::f\. Say why"):
        updated(Baseline(), Run((UNDECIDED,)), " ", prune=False)
    held = updated(Baseline(), Run((UNDECIDED,)), "not yet", prune=False)
    assert held.cases == {"a.py::f": ACCEPTED}
    assert updated(held, Run((UNDECIDED,)), "", prune=False) == held
    assert updated(held, Run((PROVED,)), "", prune=False).cases["a.py::f"].reason == ""


def test_an_update_writes_less_certainty_only_with_a_reason():
    held = Baseline({"a.py::f": Known("PROVED", every=True)})
    fixed = Run((entry(Verdict.PROVED, sizes="n = 4"),))
    with pytest.raises(UsageError, match="would accept PROVED of"):
        updated(held, fixed, "", prune=False)
    assert updated(held, fixed, "a size is baked in", prune=False).cases["a.py::f"].every is False


def test_a_refuted_case_is_written_and_never_with_a_reason_to_accept_it():
    held = updated(Baseline(), Run((entry(Verdict.REFUTED),)), "because", prune=False)
    assert held.cases["a.py::f"] == Known("REFUTED", ok=False)
    assert held.accepts(entry(Verdict.REFUTED)) == ""


def test_an_update_keeps_cases_that_the_run_did_not_have_unless_told_to_drop_them():
    held = Baseline({"gone.py::g": Known("PROVED"), "a.py::f": Known("PROVED")})
    run = Run((PROVED, entry(Verdict.UNDECIDED, "b.py::g", "not run")))
    assert set(updated(held, run, "", prune=False).cases) == {"gone.py::g", "a.py::f"}
    assert set(updated(held, run, "", prune=True).cases) == {"a.py::f"}


def test_ulps_are_kept_to_three_digits_where_they_are_finite():
    found = updated(Baseline(), Run((PROVED, entry(Verdict.PROVED, "b", ulps=float("inf")))), "", prune=False)
    assert [found.cases[case].ulps for case in ("a.py::f", "b")] == [1.23, None]


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (None, "there is no such baseline. Make one from the newest run: verify baseline update"),
        ("[", "this baseline cannot be read"),
        ("[]", "this is no baseline of schema 1"),
        ('{"schema": 2, "cases": {}}', "this is no baseline of schema 1"),
        ('{"schema": 1, "cases": {"f": {"verdict": "PROVEN"}}}', "f: the verdict is 'PROVEN'; expected one of PROVED,"),
        ('{"schema": 1, "cases": {"f": {}}}', "f: this is no record of a case"),
        ('{"schema": 1, "cases": {"f": 3}}', "f: this is no record of a case"),
        ('{"schema": 1, "cases": {"f": {"verdict": "UNDECIDED", "ok": false}}}', "accepted without a reason"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(tmp_path, held, told):
    path = tmp_path / "baseline.json"
    if held is not None:
        path.write_text(held, encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        load(path)
    assert told in str(raised.value)


@pytest.mark.parametrize("case", [".verify/pairs/m-g-1.py::f[grad=g]", "../other/a.py::f", "/elsewhere/a.py::f"])
def test_what_is_not_of_the_project_is_not_in_its_baseline(case):
    run = Run((entry(Verdict.PROVED, case),))
    assert improved(Baseline(), run) == updated(Baseline(), run, "because", prune=False) == Baseline()
