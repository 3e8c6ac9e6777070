"""Choices by comparison in the checker's chain rule: what decides is read, and means are taken where sides meet."""

from __future__ import annotations

from typing import Any

import pytest

import verify.trusted.meeting as meeting
from tests.verify.test_chain import HALF, ONE, SUM, TWO, ZERO, Line, tape
from verify.checker import Chain, check
from verify.trusted.terms import Refused

BAR = [("one", "ones_like", ["s"], {}, []), ("gz", "broadcast_to", ["one"], {"shape": [{"size": [[1, ["n"]]]}]})]


def choice(test: str, sides: tuple[Any, Any], slope: list[Any], ties: dict[str, str] | None = None) -> Any:
    """Σ where(x test 0, …) with a gradient that chooses among numbers."""
    forward = [("c", test, ["x", ZERO]), ("h", "multiply", ["x", HALF]), ("q", "multiply", ["x", "x"]),
               ("z", "where", ["c", *sides]), SUM]  # fmt: skip
    return tape(forward, [*BAR, *slope, ("gx", "multiply", ["gz", "m"])], {"z": ["gz"], "x": ["gx"]}, ties)


OWN = [("m", "where", ["c", ONE, HALF])]
AT_LEAST = [("d", "greater_equal", ["x", ZERO]), ("m", "where", ["d", ONE, HALF])]
BELOW = [("d", "less", ["x", ZERO]), ("m", "where", ["d", HALF, ONE])]


@pytest.mark.parametrize(("slope", "ties"), [(OWN, {}), (OWN, {"z": "0"}), (AT_LEAST, {"z": "1"}), (BELOW, {"z": "1"})])
def test_a_slope_that_is_a_mean_where_sides_meet_is_accepted(slope: list[Any], ties: dict[str, str]) -> None:
    assert check(choice("greater", ("x", "h"), slope, ties)).accepted


@pytest.mark.parametrize(
    ("slope", "ties"),
    [(AT_LEAST, {}), (AT_LEAST, {"z": "0"}), (AT_LEAST, {"z": "1/2"}), (OWN, {"z": "1"}),
     ([("m", "where", ["c", HALF, ONE])], {}), ([("m", "where", ["c", TWO, HALF])], {"z": "1"})],
)  # fmt: skip
def test_another_slope_is_not(slope: list[Any], ties: dict[str, str]) -> None:
    report = check(choice("greater", ("x", "h"), slope, ties))
    assert not report.accepted
    assert "not shown to be one" in report.reason


@pytest.mark.parametrize("sides", [("x", ONE), ("h", ONE), ("q", ONE)])
def test_no_mean_is_taken_of_sides_that_do_not_meet(sides: tuple[Any, Any]) -> None:
    report = check(choice("greater", sides, AT_LEAST, {"z": "1"}))
    assert not report.accepted
    assert "not shown to meet" in report.reason


def test_sides_meet_by_what_they_are_computed_from() -> None:
    slope = [("d", "greater_equal", ["x", ZERO]), ("two", "multiply", ["x", TWO]), ("m", "where", ["d", "two", HALF])]
    assert check(choice("greater", ("q", "h"), slope, {"z": "1"})).accepted
    assert not check(choice("greater", ("q", "h"), [*slope[:2], ("m", "where", ["d", TWO, HALF])], {"z": "1"})).accepted


def on_a_half_line(slope: list[Any], ties: dict[str, str] | None = None, second: Any = ZERO) -> Any:
    """Σ where(r > 0, x, …), r = max(x, 0), which is 0 on half of the line."""
    forward = [("r", "maximum", ["x", ZERO]), ("c", "greater", ["r", ZERO]), ("z", "where", ["c", "x", second]), SUM]
    return tape(forward, [*BAR, *slope, ("gx", "multiply", ["gz", "m"])], {"z": ["gz"], "x": ["gx"]}, ties)


def test_what_decides_may_be_0_on_an_open_set() -> None:
    right = [("m", "where", ["c", ONE, ZERO])]
    wrong = [("d", "greater_equal", ["r", ZERO]), ("m", "where", ["d", ONE, ZERO])]
    assert check(on_a_half_line(right)).accepted
    assert not check(on_a_half_line(wrong)).accepted
    assert not check(on_a_half_line(wrong, {"z": "1"})).accepted


def two_layers(second: str) -> Any:
    """Two layers of slopes 1 and 1/2; the gradient takes 1 where numbers are positive, in both."""
    forward = [("c", "greater", ["x", ZERO]), ("hx", "multiply", ["x", HALF]), ("y", "where", ["c", "x", "hx"]),
               ("d", second, ["y", ZERO]), ("hy", "multiply", ["y", HALF]),
               ("z", "where", ["d", "y", "hy"]), SUM]  # fmt: skip
    backward = [*BAR, ("p", "less", [ZERO, "y"]), ("sy", "where", ["p", ONE, HALF]), ("gy", "multiply", ["gz", "sy"]),
                ("q", "less", [ZERO, "x"]), ("sx", "where", ["q", ONE, HALF]),
                ("gx", "multiply", ["gy", "sx"])]  # fmt: skip
    return tape(forward, backward, {"z": ["gz"], "y": ["gy"], "x": ["gx"]})


def test_layers_that_compare_otherwise_are_other_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check(two_layers("greater")).accepted
    for other in ("less", "less_equal", "greater_equal"):
        assert not check(two_layers(other)).accepted
    whole = Chain.described
    monkeypatch.setattr(Chain, "described", lambda self, local, uses, steps: _blind(self, whole, local, uses, steps))
    assert check(two_layers("less")).accepted  # without its guard: the second layer counts as one like the first


def _blind(chain: Chain, whole: Any, local: Any, uses: Any, steps: Any) -> Any:
    seen, chain.reader.seen = chain.reader.seen, set()
    try:
        return whole(chain, local, uses, steps)
    finally:
        chain.reader.seen = seen


def test_a_test_for_equality_is_not_seen_through() -> None:
    forward = [("c", "equal", ["x", ZERO]), ("z", "where", ["c", ZERO, "x"]), SUM]
    wrong = [*BAR, ("m", "where", ["c", TWO, ONE]), ("gx", "multiply", ["gz", "m"])]
    right = [*BAR, ("m", "where", ["c", ZERO, ONE]), ("gx", "multiply", ["gz", "m"])]
    assert check(tape(forward, right, {"z": ["gz"], "x": ["gx"]})).accepted
    assert not check(tape(forward, wrong, {"z": ["gz"], "x": ["gx"]})).accepted
    assert "more than one boundary" in check(tape(forward, wrong, {"z": ["gz"], "x": ["gx"]}, {"z": "1"})).reason


def test_two_boundaries_have_no_mean() -> None:
    forward = [("a", "greater", ["x", ZERO]), ("b", "less", ["x", ONE]), ("c", "logical_and", ["a", "b"]),
               ("z", "where", ["c", "x", ZERO]), SUM]  # fmt: skip
    backward = [*BAR, ("m", "where", ["c", ONE, ZERO]), ("gx", "multiply", ["gz", "m"])]
    assert check(tape(forward, backward, {"z": ["gz"], "x": ["gx"]})).accepted
    assert "more than one boundary" in check(tape(forward, backward, {"z": ["gz"], "x": ["gx"]}, {"z": "1"})).reason


def test_a_share_is_a_number() -> None:
    assert not check(choice("greater", ("x", "h"), OWN, {"z": "one"})).accepted


def test_the_boundary_of_no_choice_is_refused() -> None:
    with pytest.raises(Refused):
        meeting.boundary(meeting.Form())


# ---------------------------------------------------------------------------- numbers, and what is beside a result


def scaled(second: str) -> Any:
    """Two layers that multiply by numbers; the gradient multiplies by 2 in both."""
    like = {"fill_value": {"float": "0x1.0p+1"}}
    forward = [("a", "full_like", ["k"], like), ("y", "multiply", ["x", "a"]),
               ("b", "full_like", ["k"], {"fill_value": {"float": second}}), ("z", "multiply", ["y", "b"]),
               SUM]  # fmt: skip
    backward = [*BAR, ("p", "full_like", ["k"], like), ("gy", "multiply", ["gz", "p"]),
                ("q", "full_like", ["k"], like), ("gx", "multiply", ["gy", "q"])]  # fmt: skip
    return tape(forward, backward, {"z": ["gz"], "y": ["gy"], "x": ["gx"]}, inputs=("x", "k"))


def test_numbers_are_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check(scaled("0x1.0p+1")).accepted
    assert not check(scaled("0x1.8p+1")).accepted
    whole = Chain.described
    monkeypatch.setattr(Chain, "described", lambda self, local, uses, steps: _blind(self, whole, local, uses, steps))
    assert check(scaled("0x1.8p+1")).accepted  # without its guard


def squared(second: Line) -> Any:
    """tanh twice, with a square beside each result that the gradient uses."""
    forward = [
        ("a", "multiply", ["x", "x"]),
        ("y", "tanh", ["x"]),
        ("b", "multiply", ["y", "y"]),
        ("z", "tanh", ["y"]),
        ("d", *second),
        SUM,
    ]
    backward = [*BAR, ("p", "subtract", [ONE, "d"]), ("gy", "multiply", ["gz", "p"]),
                ("q", "subtract", [ONE, "b"]), ("gx", "multiply", ["gy", "q"])]  # fmt: skip
    return tape(forward, backward, {"z": ["gz"], "y": ["gy"], "x": ["gx"]})


def test_what_f_computes_of_a_result_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check(squared(("multiply", ["z", "z"]))).accepted
    for wrong in (("add", ["z", "z"]), ("multiply", ["z", "y"]), ("multiply", ["z", "x"])):
        assert not check(squared(wrong)).accepted
    monkeypatch.setattr(Chain, "beside", lambda self, uses, read: [])
    assert not check(squared(("multiply", ["z", "z"]))).accepted


def test_what_is_beside_a_result_tells_layers_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Chain.described
    own = lambda self, local, uses, steps: whole(self, local, self.above(local[0]), steps)  # noqa: E731
    assert not check(squared(("add", ["z", "z"]))).accepted
    monkeypatch.setattr(Chain, "described", own)
    assert check(squared(("add", ["z", "z"]))).accepted  # without its guard
