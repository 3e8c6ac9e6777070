"""Programs of some length, proved step by step: what reports/composition.py measures, with fewer steps of each loop."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from verify.clock import now
from verify.proof.prove import certified, prove
from verify.question.ask import pose
from verify.question.recording import record, record_symbolic

REPORTS = Path(__file__).parents[3] / "reports"


def _load(name):
    spec = importlib.util.spec_from_file_location(name, REPORTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


programs = _load("programs")
MADE = {
    "tanh network": lambda: programs.tanh_network(100),
    "transformer block": programs.transformer_block,
    "LSTM": lambda: programs.lstm(4),
    "convolutional network": programs.convolutional_network,
    "Gaussian process, by determinant": lambda: programs.gaussian_process(by_factor=False),
    "Gaussian process, by Cholesky": programs.gaussian_process,
    "Kalman filter": lambda: programs.kalman_filter(3),
}
OF_KNOWN_SIZES = {"convolutional network"}  # what is pooled and laid out in a row


def shown(made):
    """The recording, the proof by lemmas, and what the checker says of its certificate."""
    f, args = made
    problem = pose(f, args, "grad", None, None, None)
    recording = record_symbolic(problem, problem.arrays)
    every = recording.gradient is not None
    if not every:
        recording = record(problem, problem.arrays, {k: array.shape for k, array in problem.arrays.items()})
    found = prove(problem, recording, now() + 60, ("exact",), "lemmas")
    assert found.proof is not None, found.reason
    return recording, found.proof, certified(problem, recording, found)[1], every


@pytest.mark.parametrize("name", MADE)
def test_a_long_program_is_proved_by_lemmas_and_its_certificate_accepted(name):
    recording, proof, report, every = shown(MADE[name]())
    assert report.accepted, report.reason
    assert every == (name not in OF_KNOWN_SIZES)
    assert proof.statistics["lemmas"] <= min(60, len(recording.forward.equations))


def test_the_cost_grows_with_the_number_of_ops_and_not_with_the_sizes():
    """The checker's steps: the same for each layer of tanh, and for any width."""
    of_depth = {depth: shown(programs.tanh_network(depth)) for depth in (10, 20, 40)}
    steps = {depth: report.steps for depth, (_, _, report, _) in of_depth.items()}
    assert steps[40] - steps[20] <= 2 * (steps[20] - steps[10]) <= 20 * 5
    assert {proof.statistics["lemmas"] for _, proof, _, _ in of_depth.values()} == {3.0}
    widths = {shown(programs.tanh_network(10, width))[2].steps for width in (2, 8, 64)}
    assert widths == {steps[10]}


def test_an_array_that_is_used_at_every_step_costs_in_proportion():
    """What is added up for it, one contribution a step, is read once."""
    steps = {count: shown(programs.lstm(count))[2].steps for count in (2, 4, 8)}
    assert steps[8] - steps[4] <= 2.5 * (steps[4] - steps[2])


def test_a_certificate_is_as_long_for_wide_layers_as_for_narrow_ones():
    """The point of the domain in it is one of small sizes where the arguments are large."""
    lengths = []
    for width in (64, 256):
        f, args = programs.tanh_network(4, width)
        problem = pose(f, args, "grad", None, None, None)
        recording = record_symbolic(problem, problem.arrays)
        found = prove(problem, recording, now() + 60, ("exact",), "lemmas")
        certificate, report = certified(problem, recording, found)
        assert report.accepted, report.reason
        lengths.append(len(json.dumps(certificate)))
    assert lengths[0] == lengths[1] < 20_000
