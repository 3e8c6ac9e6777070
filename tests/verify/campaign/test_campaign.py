"""A small campaign of corrupted certificates; ``python -m verify.campaign`` runs ten thousand."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

from verify.campaign.changes import EDITS, changed
from verify.campaign.run import campaign, summary
from verify.campaign.subjects import certificates
from verify.campaign.truth import untrue
from verify.checker import check

CHANGES = 400


@pytest.fixture(scope="module")
def subjects() -> dict[str, Any]:
    return certificates()


def test_every_subject_is_valid_and_true(subjects):
    for name, certificate in subjects.items():
        report = check(certificate)
        assert report.accepted, f"{name}: {report.reason}"
        assert untrue(certificate) == "", name


def test_what_is_untrue_is_refused(subjects):
    outcomes = campaign(CHANGES, random.Random(5), subjects)
    found = summary(outcomes)
    assert found["accepted although untrue"] == 0, found["survivors"]
    assert found["refused"] == CHANGES
    assert found["accepted and true still"] < 0.25 * len(outcomes)
    assert set(found["refused by kind"]) >= {"op", "literal", "operand", "map of adjoints", "condition", "output"}


def test_a_change_is_one(subjects):
    rng = random.Random(1)
    for number in range(60):
        original = subjects[sorted(subjects)[number % len(subjects)]]
        before = json.dumps(original)
        change = changed(original, rng)
        assert json.dumps(original) == before
        assert change.certificate != original
        assert change.kind in EDITS


def test_the_judge_of_claims_sees_what_is_wrong(subjects):
    """Without the checker: each of these claims is false, or leaves out what has to be said."""
    valid = subjects["mean of squares"]
    for path, value in (
        (("F", "equations", 2, "operands", 0), {"int": "4"}),
        (("G", "equations", 0, "op"), "multiply"),
        (("G", "outputs"), ["x"]),
        (("claim", "kind"), "hess"),
        (("conditions",), []),
        (("trusted",), 1),
        (("dimensions", 0, "least"), 0),
        (("reading",), "decimal"),
    ):
        wrong: Any = copy.deepcopy(valid)
        at = wrong
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value
        assert untrue(wrong), path
