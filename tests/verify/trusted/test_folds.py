"""Maxima and products over several axes in certificates: the entries that share, and few entries written out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import dualgrad as dg
from verify.campaign.subjects import certificate_of
from verify.checker import check

ROOT = Path(__file__).parents[3]
M = np.array([[0.5, -1.2, 2.0], [0.7, 1.9, -0.3]])
ENGINES = {
    "max of a matrix": (lambda x: np.max(x), False),
    "min of a matrix": (lambda x: np.min(x), False),
    "max of a matrix, with axes kept": (lambda x: np.max(x * x, axis=(0, 1), keepdims=True), False),
    "max of a stack": (lambda x: np.max(x[None] * x[:, None], axis=(0, 2)), False),
    "product of a matrix": (lambda x: np.prod(x), True),
    "product of a row": (lambda x: np.prod(x, axis=1), False),
    "products up to a place, down": (lambda x: np.cumprod(x, axis=0), True),
    "products up to a place, along": (lambda x: np.cumprod(x, axis=1), True),
    "a recurrence": (lambda x: dg.recurrence(x, x * x, axis=1), True),
}


@pytest.mark.parametrize("name", ENGINES)
def test_the_engines_rule_is_accepted(name):
    f, fixed = ENGINES[name]
    report = check(certificate_of(f, (M,), fixed=fixed, chain=True))
    assert report.accepted, report.reason


def test_entries_that_attain_a_maximum_share_over_all_axes_at_once():
    """Shares of rows first, and then of the rows' maxima, add up to one too, and are others at ties."""
    data = certificate_of(lambda x: np.max(x, axis=(0, 1)), (M,), chain=True)
    nested = json.loads(json.dumps(certificate_of(lambda x: np.max(np.max(x, axis=1)), (M,), chain=True)))
    assert check(data).accepted and check(nested).accepted
    for certificate, other in ((data, nested), (nested, data)):
        swapped = {**certificate, "F": {**certificate["F"], "equations": other["F"]["equations"]}}
        assert not check(swapped).accepted


WRONG = {
    "product": (lambda x: np.prod(x), lambda x: np.prod(x) * np.ones_like(x)),
    "product of the others, but one": (lambda x: np.prod(x), lambda x: np.prod(x[1:]) * np.prod(x[0]) / x[0]),
    "sum for a product": (lambda x: np.prod(x), lambda x: np.sum(x) - x),
    "cumprod": (lambda x: np.cumprod(x, axis=0), lambda x: np.cumprod(x, axis=0) / x),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_gradient_of_a_product_is_refused(name):
    f, grad = WRONG[name]
    assert not check(certificate_of(f, (M[:, :1] * np.ones((2, 3)),), grad, fixed=True)).accepted


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_the_checker_says_the_same_in_every_process(seed, tmp_path):
    """Whatever order sets of texts have there."""
    path = tmp_path / "certificate.json"
    path.write_text(json.dumps(certificate_of(lambda x: np.cumprod(x, axis=0), (M,), fixed=True, chain=True)))
    run = [sys.executable, "-c", "import sys; from verify.checker import main; sys.exit(main(sys.argv[1:]))", str(path)]
    found = subprocess.run(run, cwd=ROOT, env={"PYTHONHASHSEED": seed, "PATH": ""}, capture_output=True, check=False)
    assert found.returncode == 0, found.stdout.decode() + found.stderr.decode()
