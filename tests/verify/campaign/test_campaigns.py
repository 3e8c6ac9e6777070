"""The quick form of every campaign, and that each would see what it looks for.

One seed is fixed; where the environment names a commit, a second one comes from it.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mpmath import mp, mpf

from verify.campaign import campaigns, claims, conjugates, faults, forms, points, proved, right
from verify.campaign.case import Subject, subject
from verify.campaign.exact import Outside, exactly, partial, slope, values
from verify.campaign.figures import Figures, Outcome, resumed, write
from verify.campaign.judge import distance, wrong
from verify.campaign.mutate import CLASSES, Mutator, grouped
from verify.campaign.page import page
from verify.campaign.replay import holds, in_a_fresh_process
from verify.points.look import Look
from verify.proof import attempt as attempting
from verify.strategies.draw import arguments
from verify.strategies.program import Input, Program, Step
from verify.strategies.recorded import gradient_of
from verify.strategies.words import WORDS
from verify.verdict import Counterexample, Formula, Numbers, Result, Verdict

TRUST = Path(__file__).parents[3] / "reports" / "trust"
SEED = 7
COMMIT = os.environ.get("GITHUB_SHA", "") or os.environ.get("CI_COMMIT_SHA", "")
QUICK = {
    "proved": 2,
    "refuted": 3,
    "faults": 1,
    "certified": 1,
    "agrees": 1,
    "metamorphic": 1,
    "forms": 8,
    "closed": 1,
    "conjugates": 1,
}
SUM = {"axis": None, "keepdims": False}
X = Input("x", ("n",))
CUBES = Program((X,), (Step("v1", "power_constant", ("x",), {"exponent": 3}), Step("v2", "sum", ("v1",), SUM)), ("v2",))
SLOPES = Program(
    (X,), (Step("v1", "power_constant", ("x",), {"exponent": 2}), Step("v2", "multiply", (3, "v1"))), ("v2",)
)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Fewer mutants of each program than a campaign has."""
    monkeypatch.setattr(proved, "MUTANTS", 3)
    monkeypatch.setattr(faults, "MUTANTS", 2)
    monkeypatch.setattr("verify.campaign.closed.EACH", 6)
    monkeypatch.setattr("verify.campaign.metamorphic.EACH", 2)
    monkeypatch.setattr("verify.campaign.agrees.MUTANTS", 2)


@pytest.mark.parametrize("seed", [SEED, *([int(COMMIT[:8], 16)] if COMMIT else [])])
@pytest.mark.parametrize("name", sorted(QUICK))
def test_nothing_fails(name, seed):
    outcomes = [campaigns.CAMPAIGNS[name].trial(seed, 8 * index + 1) for index in range(QUICK[name])]
    assert sum(outcome.units for outcome in outcomes) > 0
    assert [failure for outcome in outcomes for failure in outcome.failures] == []


# ---------------------------------------------------------------------------- the judge


def test_slopes_are_right_to_sixty_digits():
    at = exactly([np.array([0.7, -1.3])])
    with mp.workdps(100):
        assert abs(partial(CUBES, at, 0, (1,)) - 3 * mpf(-1.3) ** 2) < mpf("1e-60")
        assert abs(slope(CUBES, at, exactly([np.array([1.0, 2.0])])) - 3 * (mpf(0.7) ** 2 + 2 * mpf(-1.3) ** 2)) < 1e-60


@pytest.mark.parametrize("word", sorted(set(WORDS) & {*"sin cos tanh exp log1p sqrt cbrt arctan sinh square".split()}))
def test_exact_values_are_those_of_numpy(word):
    program = Program((X,), (Step("v1", word, ("x",)),), ("v1",))
    args = [np.array([0.3, 1.7])]
    (found,) = values(program, exactly(args))
    np.testing.assert_allclose(found.astype(float), program.function()(*args), rtol=1e-15)


@pytest.mark.parametrize("index", range(24))
def test_programs_have_the_same_values_exactly_and_in_floats(index):
    given = subject(SEED, index)
    (found,) = values(given.program, exactly(given.args))
    made = given.program.function()(*given.args)
    np.testing.assert_allclose(found.astype(float), made, rtol=1e-9, atol=1e-12)


def test_what_is_no_real_number_is_outside():
    program = Program((X,), (Step("v1", "log", ("x",)),), ("v1",))
    with pytest.raises(Outside):
        values(program, exactly([np.array([-1.0])]))


@pytest.mark.parametrize("off", [1e-3, 1e-9, 1e-15, 2.0**-52])
def test_the_judge_sees_the_smallest_error(off):
    args = [np.array([0.7, -1.3])]
    nearly = Program((X,), (*SLOPES.steps, Step("v3", "multiply", ("v2", 1 + off))), ("v3",))
    assert wrong(CUBES, SLOPES, args) is None
    found = wrong(CUBES, nearly, args)
    assert found is not None
    assert 0.1 * off < found.relative < 10 * off


def test_a_quotient_by_zero_that_is_left_out_hides_no_wrong_gradient():
    """0 for 3 x², where(x > 9, x / 0, 0) as a program writes it."""
    nothing = (Step("v1", "subtract", ("x", "x")), Step("v2", "divide", ("x", "v1")), Step("v3", "greater", ("x", 9)))
    chosen = Program((X,), (*nothing, Step("v4", "where", ("v3", "v2", 0))), ("v4",))
    at = [np.array([0.5, 1.5])]
    assert wrong(CUBES, chosen, at).relative == 1.0
    assert wrong(CUBES, replace(chosen, outputs=("v2",)), at) is None  # where it is taken, nothing is said
    with pytest.raises(Outside):
        values(replace(chosen, steps=(*nothing, Step("v4", "maximum", ("v2", 0)))), exactly(at))


def test_another_shape_is_wrong():
    other = Program((X,), (*SLOPES.steps, Step("v3", "sum", ("v2",), SUM)), ("v3",))
    found = distance(CUBES, other, [np.array([0.7, -1.3])])
    assert found is not None and found.relative == float("inf")


# ---------------------------------------------------------------------------- mutants


@pytest.mark.parametrize("kind", sorted(CLASSES))
def test_every_class_changes_something(kind):
    changed = 0
    for index in range(40):
        given = subject(SEED, index)
        mutant = Mutator(given.gradient, given.args, random.Random(index)).mutant(kind)
        if mutant is not None:
            assert mutant.program.source() != given.gradient.source()
            assert mutant.what
            changed += wrong(given.program, mutant.program, given.args) is not None
        if changed >= 2:
            return
    assert changed, f"no mutant of the class {kind} is wrong"


def test_factors_are_grouped_by_what_hides_them():
    assert grouped("factor", "multiply of v1 (1 + 1e-9)") == "factor 1 + 1e-9 … 1e-12"
    assert grouped("sign", "negative (1 + 1e-9)") == "sign"


# ---------------------------------------------------------------------------- each campaign sees what it looks for


def test_a_false_proof_is_seen(monkeypatch):
    said = Formula(Verdict.PROVED, sizes="the sizes run")
    monkeypatch.setattr(proved, "proved", lambda given, mutant: said)
    outcome = proved.trial(SEED, 1)
    assert outcome.units > 0
    assert len(outcome.failures) == outcome.units


def test_a_proof_for_every_size_is_held_against_other_sizes():
    """1/4 of the sum is the mean at four entries alone."""
    f = Program((X,), (Step("v1", "mean", ("x",), SUM),), ("v1",))
    g = Program((X,), (Step("v1", "ones_like", ("x",)), Step("v2", "divide", ("v1", 4))), ("v2",))
    args = arguments(f, 0)
    assert claims.untrue(Formula(Verdict.PROVED, sizes="the sizes run (x: 4)"), f, g, args, 1) is None
    found = claims.untrue(Formula(Verdict.PROVED, sizes="every n >= 1 (x: n)"), f, g, args, 1)
    assert found is not None


def test_sizes_are_read_from_a_claim():
    program = Program((Input("x", ("n", "m")), Input("y", ("m",))), (), ("x",))
    said = Formula(Verdict.PROVED, sizes="every n, m >= 2 with n >= m + 1 (x: n×m - 1, y: 2*m)")
    found = list(claims.shapes(said, program))
    assert found
    assert all(shapes[1][0] == 2 * (shapes[0][1] + 1) and shapes[0][0] > shapes[0][1] + 1 for shapes in found)
    assert not list(claims.shapes(Formula(Verdict.PROVED, sizes="the sizes run (x: 4×3)"), program))


def test_a_false_refutation_is_seen(monkeypatch):
    example = Counterexample(("x=np.array([0.5, 0.25])",), "x[1]", "0.5", "0.1875")
    said = Result(Verdict.REFUTED, Formula(Verdict.REFUTED), Numbers("wrong"), counterexample=example)
    given = Subject("hostile", CUBES, (np.array([0.5, 0.25]),), SLOPES, random.Random(SEED), 0)
    monkeypatch.setattr(right, "_hostile", lambda seed, index: given)
    monkeypatch.setattr(right, "checked", lambda given, gradient: said)
    outcome = right.trial(SEED, 2)
    assert len(outcome.failures) == 1
    assert "is not the slope" in outcome.failures[0]["why"]


def test_a_counterexample_holds_or_does_not():
    double = Program((X,), (*SLOPES.steps, Step("v3", "multiply", ("v2", 2))), ("v3",))
    example = Counterexample(("x=np.array([0.5, 0.25])",), "x[1]", "0.1875", "0.375")
    assert holds(CUBES, double, example) == ""
    assert "the slope the same" in holds(CUBES, SLOPES, example)
    assert in_a_fresh_process([(CUBES, double, example), (CUBES, SLOPES, example)]) == [True, False]


def test_an_accepted_mistake_is_seen(monkeypatch):
    said = Result(
        Verdict.CERTIFIED, Formula(Verdict.CERTIFIED, method="balls at 9 points, to 24 digits"), Numbers("ok")
    )
    monkeypatch.setattr(faults, "checked", lambda given, gradient: said)
    outcome = faults.trial(SEED, 1)
    assert outcome.units > 0
    assert len(outcome.failures) == outcome.units


def test_a_false_certificate_of_a_point_is_seen(monkeypatch):
    def equal(problem, point, recording):
        return Look(point, "equal", recording)

    monkeypatch.setattr(points, "look", equal)
    outcome = points.trial(SEED, 1)
    assert outcome.units > 0
    assert len(outcome.failures) == outcome.units


def test_a_dropped_conjugate_that_is_accepted_is_seen(monkeypatch):
    agreed = Result(Verdict.AGREES, Formula(Verdict.AGREES), Numbers("ok"))
    monkeypatch.setattr("verify.campaign.conjugates.verify.check", lambda *_, **__: agreed)
    outcome = conjugates.trial(SEED, 1)
    assert outcome.units == len(outcome.failures) > 0


def test_a_missed_identity_is_seen(monkeypatch):
    nothing = Result(Verdict.UNDECIDED, None, Numbers("unknown"))
    monkeypatch.setattr(forms, "attempt", lambda problem, deadline, looking: nothing)
    outcome = forms.trial(SEED, 0)
    assert [failure["why"] for failure in outcome.failures] == ["equal, and not proved"]


def test_the_proof_itself_is_attacked(monkeypatch):
    """What is seen to be wrong at the given arguments is not proved either way; it has to be tried here."""
    tried, proved = [], attempting._proved
    monkeypatch.setattr(attempting, "_proved", lambda *args: tried.append(args) or proved(*args))
    for index in range(3):
        before = len(tried)
        units = forms.trial(SEED, index).units
        assert 0 < units <= len(tried) - before


def test_a_mutant_that_is_no_polynomial_is_not_asked_about():
    """(z - z) ** 2 with another exponent, 2.2, is 0 as well: which no polynomial identity says."""
    outcome = forms.trial(20261124, 1485)
    assert (outcome.units, outcome.counts, outcome.failures) == (1, Counter({"equal, proved": 1}), [])


def test_a_trial_that_raises_is_a_failure(monkeypatch):
    def trial(seed, index):
        raise RuntimeError("oh")

    monkeypatch.setitem(campaigns.CAMPAIGNS, "x", campaigns.Campaign("x", "x", 1, trial))
    figures = campaigns.run("x", 1, 0, seconds=0.05)
    assert figures.failed == figures.next > 0
    assert "RuntimeError: oh" in figures.failures[0]["why"]


# ---------------------------------------------------------------------------- figures


def test_a_campaign_goes_on_where_it_was(tmp_path, monkeypatch):
    seen = []

    def trial(seed, index):
        seen.append(index)
        return Outcome(2, Counter(tried=1))

    monkeypatch.setitem(campaigns.CAMPAIGNS, "x", campaigns.Campaign("x", "x", 1, trial))
    path = tmp_path / "x.json"
    assert campaigns.run("x", 4, 5, path).units == 4
    again = campaigns.run("x", 10, 5, path)
    assert (seen, again.units, again.counts) == ([0, 1, 2, 3, 4], 10, {"tried": 5})
    with pytest.raises(ValueError, match="not of x with 6"):
        resumed(path, "x", 6)


def test_two_processes_count_as_one_does():
    alone, together = (campaigns.run("forms", 5, SEED, jobs=jobs) for jobs in (1, 2))
    assert replace(together, seconds=0.0) == replace(alone, seconds=0.0)
    assert alone.units >= 5


def test_the_bound_is_the_rule_of_three():
    assert Figures("x", 1, units=3000).bound == pytest.approx(1e-3)
    assert Figures("x", 1, units=3000, failed=4).bound > 3e-3


def test_figures_are_read_back(tmp_path):
    figures = Figures("x", 1)
    figures.add(Outcome(3, Counter(a=1), [{"why": "b"}]), 0.5)
    write(tmp_path / "x.json", figures)
    assert resumed(tmp_path / "x.json", "x", 1) == figures


def test_the_page_says_what_the_figures_say():
    assert (TRUST / "README.md").read_text(encoding="utf-8") == page(TRUST)


def test_no_figure_of_the_page_is_of_another_campaign():
    for path in TRUST.glob("*.json"):
        if path.stem != "others":
            assert json.loads(path.read_text(encoding="utf-8"))["name"] == path.stem


def test_the_gradient_of_a_program_is_written_down():
    made = gradient_of(CUBES, [np.array([0.5, 0.25])])
    np.testing.assert_array_equal(made.function("g")(np.array([0.5, 0.25])), [0.75, 0.1875])
