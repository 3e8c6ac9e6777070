"""Wrong rules made from right ones: the quick form of the campaign in reports/mutants.py."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

_SPEC = importlib.util.spec_from_file_location("mutants", Path(__file__).parents[3] / "reports" / "mutants.py")
campaign = importlib.util.module_from_spec(_SPEC)
sys.modules["mutants"] = campaign
_SPEC.loader.exec_module(campaign)

SOME = "multiply divide tanh matmul maximum softmax where cumsum transpose norm logsumexp".split()


@pytest.mark.parametrize("name", SOME)
def test_no_wrong_rule_is_proved(name):
    counts, false = campaign.campaign(12, [name], each=3)
    assert counts["refused"] >= 3
    assert not false
