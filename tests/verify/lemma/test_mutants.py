"""Wrong rules made from right ones: the quick form of ``python -m verify.campaign rules``."""

from __future__ import annotations

import numpy as np
import pytest

from verify.campaign.rules import of_op

SOME = "multiply divide tanh matmul maximum softmax where cumsum transpose norm logsumexp".split()


@pytest.mark.parametrize("name", SOME)
def test_no_wrong_rule_is_proved(name):
    outcome = of_op(name, np.random.default_rng(23), each=3)
    assert outcome.counts["wrong rules refused"] >= 3
    assert not outcome.failures
