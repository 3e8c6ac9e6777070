"""The chain rule in the checker: tapes by hand, right ones accepted, and every way to cheat refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

import verify.checker
from verify.checker import FORMAT, Chain, check
from verify.trusted.pointwise import STEPS, conditions

N = [[1, ["n"]]]
ZERO, HALF, ONE, TWO = {"int": "0"}, {"float": "0x1.0000000000000p-1"}, {"int": "1"}, {"int": "2"}
Line = tuple[Any, ...]


def lines(program: list[Line]) -> list[dict[str, Any]]:
    """Equations from (name, op, operands, parameters, shape); a vector of n entries where no shape is given."""
    out = []
    for name, op, operands, *rest in program:
        params, shape = (*rest, *({}, [N])[len(rest) :])
        equation = {"name": name, "op": op, "operands": operands, "params": params, "shape": shape, "line": ""}
        out.append(equation)
    return out


def tape(
    forward: list[Line],
    backward: list[Line],
    adjoints: dict[str, Any],
    ties: dict[str, str] | None = None,
    inputs: tuple[str, ...] = ("x",),
    output: str = "s",
) -> Any:
    """A certificate by the chain rule for the derivative in x."""
    f, g = lines(forward), lines(backward)
    asked = [{"at": e["name"], "operand": k, "is": what} for e in f + g for k, what in conditions(e["op"], e["params"])]
    return {
        "format": FORMAT,
        "claim": {"wrt": ["x"], "kind": "grad", "text": "by hand"},
        "dimensions": [{"name": "n", "least": 1}],
        "merges": {},
        "size_conditions": [],
        "leaks": [],
        "inputs": [{"name": name, "shape": [N], "dtype": "float64", "facts": []} for name in inputs],
        "captured": [],
        "F": {"name": "f", "equations": f, "outputs": [output]},
        "G": {"name": "g", "equations": g, "outputs": [adjoints["x"][0]]},
        "reading": "exact",
        "assumptions": [],
        "conditions": asked,
        "kinks": [e["name"] for e in f + g if e["op"] in STEPS],
        "witnesses": [],
        "versions": {},
        "hints": {"chain": {"adjoints": dict(adjoints), "ties": ties or {}}},
        "trusted": len({e["op"] for e in f + g}) + 1,
    }


SUM = ("s", "sum", ["z"], {"axis": [0], "keepdims": False}, [])
SEED = [("one", "ones_like", ["s"], {}, []), ("gz", "broadcast_to", ["one"], {"shape": [{"size": N}]})]
RESIDUAL = [("y", "tanh", ["x"]), ("z", "multiply", ["x", "y"]), SUM]  # Σ x tanh x
BACK = [
    *SEED,
    ("gy", "multiply", ["gz", "x"]),
    ("yy", "multiply", ["y", "y"]),
    ("slope", "subtract", [ONE, "yy"]),
    ("g1", "multiply", ["gy", "slope"]),
    ("g0", "multiply", ["gz", "y"]),
    ("gx", "add", ["g0", "g1"]),
]
ADJOINTS = {"s": ["one"], "z": ["gz"], "y": ["gy"], "x": ["gx"]}


def residual(**changes: Any) -> Any:
    return tape(**({"forward": RESIDUAL, "backward": BACK, "adjoints": ADJOINTS} | changes))


def changed(program: list[Line], name: str, *rest: Any) -> list[Line]:
    """The program with another equation of this name."""
    return [(name, *rest) if line[0] == name else line for line in program]


def test_a_tape_is_accepted():
    report = check(residual())
    assert report.accepted, report.reason


def test_an_adjoint_in_two_parts():
    """Where f computes the same twice and is recorded once, the engine goes back twice."""
    parts = [
        ("half", "multiply", [HALF, "gy"]),
        ("rest", "subtract", ["gy", "half"]),
        ("both", "add", ["half", "rest"]),
    ]
    split = changed([*BACK[:3], *parts, *BACK[3:]], "g1", "multiply", ["both", "slope"])
    assert check(residual(backward=split, adjoints=ADJOINTS | {"y": ["half", "rest"]})).accepted
    assert not check(residual(backward=split, adjoints=ADJOINTS | {"y": ["half"]})).accepted
    assert not check(residual(backward=split, adjoints=ADJOINTS | {"y": ["half", "rest", "rest"]})).accepted


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("gx", ("subtract", ["g0", "g1"])),
        ("gx", ("add", ["g0", "g0"])),
        ("gx", ("copy", ["g1"])),
        ("g0", ("multiply", ["gz", "x"])),
        ("g1", ("multiply", ["gz", "slope"])),
        ("gy", ("multiply", ["gz", "y"])),
        ("slope", ("subtract", [TWO, "yy"])),
        ("one", ("full_like", ["s"], {"fill_value": 2}, [])),
        ("gz", ("multiply", ["x", "one"])),
        ("one", ("zeros_like", ["s"], {}, [])),
    ],
)
def test_a_wrong_step_is_refused(name, line):
    report = check(residual(backward=changed(BACK, name, *line)))
    assert not report.accepted
    assert "not shown to be one" in report.reason


@pytest.mark.parametrize(
    "adjoints",
    [
        ADJOINTS | {"y": ["gz"]},
        ADJOINTS | {"y": ["x"]},
        ADJOINTS | {"z": ["gx"]},
        ADJOINTS | {"x": ["g0"]},
        ADJOINTS | {"s": [TWO]},
        ADJOINTS | {"y": []},
        ADJOINTS | {"y": ["gy", "gy"]},
        ADJOINTS | {"y": ["nothing"]},
    ],
)
def test_a_wrong_map_is_refused(adjoints):
    assert not check(residual(adjoints=adjoints)).accepted


@pytest.mark.parametrize("named", ["szx", "zyx", "syx", "x"])
def test_adjoints_that_are_not_named_are_made_by_the_rule(named):
    adjoints = {name: ADJOINTS[name] for name in named}
    report = check(residual(adjoints=adjoints))
    assert report.accepted, report.reason
    for wrong in (("add", ["g0", "g0"]), ("subtract", ["g0", "g1"]), ("copy", ["g1"])):
        assert not check(residual(backward=changed(BACK, "gx", *wrong), adjoints=adjoints)).accepted
    for name, line in (("slope", ("subtract", [TWO, "yy"])), ("gz", ("multiply", ["x", "one"]))):
        assert not check(residual(backward=changed(BACK, name, *line), adjoints=adjoints)).accepted


def test_the_result_is_the_adjoint():
    wrong = residual()
    wrong["G"]["outputs"] = ["g0"]
    assert "is not what G returns" in check(wrong).reason
    del wrong["hints"]["chain"]["adjoints"]["x"]
    assert not check(wrong).accepted


def test_other_outputs_are_seeded_too():
    both = residual()
    both["F"]["outputs"] = ["s", "y"]
    assert not check(both).accepted
    seeded = changed(BACK, "gy", "add", ["gyz", "ones"])
    seeded[2:2] = [("gyz", "multiply", ["gz", "x"]), ("ones", "ones_like", ["y"])]
    right = residual(backward=seeded)
    assert not check(right).accepted
    right["F"]["outputs"] = ["s", "y"]
    assert check(right).accepted
    right["F"]["outputs"] = ["s", "y", "y"]
    assert not check(right).accepted


# ---------------------------------------------------------------------------- ties


def larger(weight_x: Any, weight_y: Any, ties: dict[str, str]) -> Any:
    """Σ max(x, |x|), with these weights where the two are equal, which for positive x they are."""
    forward = [("y", "absolute", ["x"]), ("z", "maximum", ["x", "y"]), SUM]
    backward = [
        *SEED,
        ("more", "greater", ["x", "y"]),
        ("less", "greater", ["y", "x"]),
        ("tie", "equal", ["x", "y"]),
        ("wx", "where", ["tie", weight_x, "more"]),
        ("wy", "where", ["tie", weight_y, "less"]),
        ("gy", "multiply", ["gz", "wy"]),
        ("sign", "sign", ["x"]),
        ("gxz", "multiply", ["gz", "wx"]),
        ("gxy", "multiply", ["gy", "sign"]),
        ("gx", "add", ["gxz", "gxy"]),
    ]
    return tape(forward, backward, {"s": ["one"], "z": ["gz"], "y": ["gy"], "x": ["gx"]}, ties)


def test_weights_at_a_tie_sum_to_one():
    assert check(larger(HALF, HALF, {"z": "1/2", "y": "1/2"})).accepted
    assert check(larger(ONE, ZERO, {"z": "1", "y": "1/2"})).accepted
    assert check(larger(ZERO, ONE, {"z": "0", "y": "1/2"})).accepted
    for weights in ((ONE, ONE), (ZERO, ZERO), (ONE, HALF), (TWO, HALF)):
        for tie in ("0", "1/2", "1", "2"):
            assert not check(larger(*weights, {"z": tie, "y": "1/2"})).accepted


def test_what_holds_almost_everywhere_alone_is_refused():
    """[relu(x) == 0] holds on half of the line: Σ relu(relu(x))² + that is not what it seems."""
    forward = [("y", "relu", ["x"]), ("z", "add", ["y", "w"]), SUM]
    backward = [
        *SEED,
        ("at", "equal", ["y", ZERO]),
        ("more", "add", ["gz", "at"]),
        ("on", "greater", ["x", ZERO]),
        ("gx", "multiply", ["more", "on"]),
    ]
    adjoints = {"s": ["one"], "z": ["gz"], "y": ["more"], "x": ["gx"]}
    assert not check(tape(forward, backward, adjoints, inputs=("x", "w"))).accepted


# ---------------------------------------------------------------------------- problems that are not the same


def twice(first: Line, second: Line, back: Callable[[str, str, str], list[Line]]) -> Any:
    """Two steps, taken back by the same rule."""
    forward = [("y", *first), ("z", *second), SUM]
    backward = [*SEED, *back("z", "y", "gz"), *back("y", "x", "gy")]
    return tape(forward, backward, {"s": ["one"], "z": ["gz"], "y": ["gy"], "x": ["gx"]})


def scaled(k: Any) -> Callable[[str, str, str], list[Line]]:
    return lambda result, operand, g: [(f"g{operand}", "multiply", [g, k])]


def test_a_problem_is_known_again_only_where_it_is_the_same():
    """Each pair is a right step and a wrong one that resembles it; the right one comes first, from the outputs."""
    double = ("multiply", ["y", TWO])
    assert check(twice(("multiply", ["x", TWO]), double, scaled(TWO))).accepted
    assert not check(twice(("multiply", ["x", {"int": "3"}]), double, scaled(TWO))).accepted
    assert not check(twice(("multiply", ["x", "x"]), double, scaled(TWO))).accepted
    assert not check(twice(("add", ["x", TWO]), double, scaled(TWO))).accepted
    assert not check(twice(("multiply", ["x", {"size": N}]), double, scaled(TWO))).accepted
    square = ("power_constant", ["y"], {"exponent": 2})

    def pulled(result: str, operand: str, g: str) -> list[Line]:
        return [(f"t{operand}", "multiply", [TWO, operand]), (f"g{operand}", "multiply", [g, f"t{operand}"])]

    assert check(twice(("power_constant", ["x"], {"exponent": 2}), square, pulled)).accepted
    assert not check(twice(("power_constant", ["x"], {"exponent": 3}), square, pulled)).accepted


def test_names_cannot_be_taken_for_others():
    """A variable named like a dimension, or like a static argument, is no way to make two problems one."""
    for name in ("n", "axis"):
        text = json.dumps(residual()).replace('"y"', f'"{name}"')
        assert check(json.loads(text)).accepted
        assert not check(json.loads(text.replace('"subtract"', '"add"'))).accepted


def test_a_hint_of_another_kind_is_refused():
    for hint in ([], {}, {"adjoints": {}}, {"adjoints": ADJOINTS, "ties": {"y": "nan"}}, {"adjoints": ADJOINTS}):
        wrong = residual()
        wrong["hints"]["chain"] = hint
        assert not check(wrong).accepted


def test_a_jacobian_is_not_for_the_chain_rule():
    wrong = copy.deepcopy(residual())
    wrong["claim"]["kind"] = "jac"
    assert not check(wrong).accepted


def test_a_sum_is_read_term_by_term_and_one_that_doubles_itself_too_often_is_refused():
    """g0 + g1 as (g0 + g1 + d) - d, and d doubled again and again: refused before its terms are written out."""
    doubled = [("d0", "add", ["g0", "g0"]), *((f"d{k}", "add", [f"d{k - 1}", f"d{k - 1}"]) for k in range(1, 40))]
    most, last = doubled[:5], doubled[-1][0]
    ends = lambda d: [("back", "negative", [d]), ("up", "add", ["gx", d]), ("end", "add", ["up", "back"])]  # noqa: E731
    right = residual(backward=[*BACK, *most, *ends("d4")], adjoints=ADJOINTS | {"x": ["end"]})
    assert check(right).accepted
    once = residual(backward=[*BACK, *most, *ends("d4")], adjoints=ADJOINTS | {"x": ["up"]})
    assert not check(once).accepted
    many = residual(backward=[*BACK, *doubled, *ends(last)], adjoints=ADJOINTS | {"x": ["end"]})
    assert check(many).reason == "a sum of too many terms"


def test_a_sum_that_broadcasts_is_no_sum_of_its_terms():
    """Σ_i g[i] in every entry: of one entry and of n, the sum of both adds that one everywhere."""
    spread = ("gx", "add", ["total", "g1"])
    total = ("total", "sum", ["g0"], {"axis": [0], "keepdims": True}, [1])
    backward = [*BACK[:-1], total, spread]
    assert not check(residual(backward=backward)).accepted


# ---------------------------------------------------------------------------- each guard, taken out


def but_for(words: str) -> Callable[[Any, str], None]:
    """What the checker demands, but for what it refuses with these words."""
    demanded = verify.checker.need

    def need(holds: Any, why: str) -> None:
        if words not in why:
            demanded(holds, why)

    return need


def almost_everywhere(self: Chain, *given: Any) -> None:
    generic = given[0].w.generic
    of_the_chain(self, *given)
    self.w.generic = generic | {"x", "y", "z"}


of_the_chain = Chain.__init__


def not_returned() -> Any:
    wrong = residual()
    wrong["G"]["outputs"] = ["g0"]
    return wrong


def with_another_second(op: str, operands: list[Any]) -> Any:
    return twice(("multiply", ["x", TWO]), (op, operands), scaled(TWO))


GUARDS: dict[str, tuple[Callable[[], Any], tuple[tuple[Any, str, Any], ...]]] = {
    "the result is not the adjoint": (not_returned, ((verify.checker, "need", but_for("is not what G returns")),)),
    "weights at a tie sum to two": (
        lambda: larger(ONE, ONE, {"z": "1/2", "y": "1/2"}),
        ((Chain, "__init__", almost_everywhere),),
    ),
    "weights at a tie sum to nothing": (
        lambda: larger(ZERO, ZERO, {"z": "1/2", "y": "1/2"}),
        ((Chain, "__init__", almost_everywhere),),
    ),
    "a problem like one that was shown": (
        lambda: with_another_second("multiply", ["y", {"int": "3"}]),
        ((Chain, "described", lambda self, local, uses, steps: uses[0]["op"] if uses else ""),),
    ),
    "a step that is not shown": (
        lambda: residual(backward=changed(BACK, "gx", "add", ["g0", "g0"])),
        ((verify.checker, "need", but_for("is not shown to be one")),),
    ),
}


@pytest.mark.parametrize("name", GUARDS)
def test_it_is_its_guard_that_refuses_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong, guards = GUARDS[name]
    assert not check(wrong()).accepted
    for owner, attribute, replacement in guards:
        monkeypatch.setattr(owner, attribute, replacement)
    report = check(wrong())
    assert report.accepted, report.reason
