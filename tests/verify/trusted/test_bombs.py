"""Small certificates that ask for a lot: refused before anything is built, in little time and memory."""

from __future__ import annotations

import resource
from typing import Any

import pytest

from verify.checker import check
from verify.trusted.arrays import valued
from verify.trusted.terms import MOST_BITS, MOST_POWER, Refused, bounded

N = [[1, ["n"]]]
SEVEN: Any = {"int": "7"}


@pytest.fixture(autouse=True)
def _little():
    """What a bomb would take is not there to be taken."""
    before, spent = resource.getrlimit(resource.RLIMIT_AS), resource.getrusage(resource.RUSAGE_SELF).ru_utime
    resource.setrlimit(resource.RLIMIT_AS, (3 << 30, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - spent < 20


@pytest.fixture
def checked(whole):
    """``checked(F, G)``: the report on a certificate of these equations."""

    def report(*equations: Any) -> Any:
        forward = [whole.equation(*one[:-1], [N], **one[-1]) for one in equations]
        forward.append(whole.equation("o", "sum", [equations[-1][0]], [], axis=[0], keepdims=False))
        back = [whole.equation("g", "multiply", ["x", {"int": "1"}], [N])]
        changed = {
            **whole.HAND,
            "F": {"name": "f", "equations": forward, "outputs": ["o"]},
            "G": {"name": "g", "equations": back, "outputs": ["g"]},
            "conditions": [],
        }
        return check(changed)

    return report


@pytest.mark.parametrize("exponent", [677_777_782, MOST_POWER + 1, 10**18, -(10**18)])
def test_a_power_is_not_written_out_at_any_length(checked, exponent):
    """Found by a fuzzer: a list of 677,777,782 factors."""
    for equations in (
        [("y", "add", ["x", SEVEN], {}), ("s", "power_constant", ["y"], {"exponent": exponent})],
        [("y", "multiply", ["x", SEVEN], {}), ("s", "power_constant", ["y"], {"exponent": exponent})],
    ):
        report = checked(*equations)
        assert not report.accepted


@pytest.mark.parametrize("op", ["square", "negative"])
def test_numbers_do_not_double_their_digits_without_end(checked, op):
    equations = [("y0", "multiply", ["x", SEVEN], {})]
    for k in range(40):
        equations.append((f"y{k + 1}", op, [f"y{k}"], {}))
    report = checked(*equations)
    assert not report.accepted
    assert ("long numbers" in report.reason) is (op == "square")


def test_powers_of_powers_of_numbers_end(checked):
    equations = [("y0", "multiply", ["x", SEVEN], {})]
    for k in range(6):
        equations.append((f"y{k + 1}", "power_constant", [f"y{k}"], {"exponent": -1000}))
    report = checked(*equations)
    assert not report.accepted
    assert "out of budget" in report.reason


def test_exponents_that_are_used_fit():
    assert bounded(1024) == 1024
    assert bounded(-MOST_POWER) == -MOST_POWER
    with pytest.raises(Refused, match="too high"):
        bounded(MOST_POWER + 1)
    assert MOST_BITS > 10 * 1074  # a few products of the least floats


@pytest.mark.parametrize("shape", [[10**9, 10**9], [2, 2], [-1, -2], [0, 10**12], []])
def test_the_places_of_an_array_are_as_many_as_its_values(shape):
    item = {"name": "c", "shape": shape, "dtype": "float64", "values": ["0x1p+0", "0x1p+1"], "sha256": ""}
    with pytest.raises(Refused, match="the values of c"):
        valued(None, item)
