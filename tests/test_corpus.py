"""Real identities, traps and bugs: a wrong gradient never passes, a right formula is never refuted."""

import json
import linecache
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from verify import Verdict, check

CORPUS = Path(__file__).parent / "corpus"
DIMS = {"n": 3, "m": 5, "k": 2, "l": 2, "d": 3, "h": 4, "b": 3, "t": 3, "s": 4, "e": 2}
DOMAIN = {
    "spd": "spd",
    "upspd": "spd",
    "sym": "symmetric",
    "inv": "invertible",
    "pos": "positive",
    "nonzero": "nonzero",
    "prob": "simplex",
    "unit": "unit",
    "lab01": "binary",
    "pm1": "sign",
    "onehot": "onehot",
}
PASS = {Verdict.PROVED, Verdict.CERTIFIED, Verdict.AGREES}
CALLED = ("grad", "jac", "hess", "hvp")
NUMBERS = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf}


def rows(name):
    return [json.loads(line) for line in (CORPUS / name).read_text().splitlines()]


def function(source, name, label):
    linecache.cache[label] = (len(source), None, source.splitlines(True), label)
    namespace = {"__name__": "case"}
    exec(compile(source, label, "exec"), namespace)
    return namespace[name]


# ---------------------------------------------------------------------------- identities


def extent(token):
    return {"2n-1": 5, "n2": 6, "n2-k+1": 5, "mn": 15}.get(token) or DIMS[token]


def sample(spec, rng):
    shape = tuple(map(extent, spec["shape"]))
    x = rng.normal(size=shape)
    match (spec.get("constraints") or [""])[0]:
        case "spd":
            x = x @ x.T / shape[0] + np.eye(shape[0])
        case "sym":
            x = (x + x.T) / 2
        case "inv":
            x = x + 2 * np.sqrt(shape[0]) * np.eye(shape[0])
        case "pos":
            x = rng.uniform(0.5, 2.0, size=shape)
        case "unit":
            x = rng.uniform(0.1, 0.9, size=shape)
        case "pm1":
            x = np.where(x > 0, 1.0, -1.0)
        case "nonzero":
            x = np.sign(x) * (0.2 + np.abs(x))
        case "small":
            x = 0.3 * x
        case "big":
            x = 5.0 + np.abs(x)
    return x if shape else float(x)


IDENTITIES = {row["id"]: row for row in rows("matrix_identities_open.jsonl")}
NOT_PROVED = {"eig_sum", "gelu_tanh", "pseudo_huber"}  # eigenvalues of any matrix; products of literals, rounded
UNDECIDED = {"eig_sum"}
SIZES_RUN = {"XT_jac", "tr_kron_AX", "tr_kron_XX", "conv1d_input"}  # the others are proved for every size


@cache
def asked(name, which):
    row = IDENTITIES[name]
    rng = np.random.default_rng([3, *row["id"].encode()])
    inputs = [sample(spec, rng) for spec in row["inputs"].values()]
    constraints = [(spec.get("constraints") or [""])[0] for spec in row["inputs"].values()]
    kind = "grad" if row["output"] == "scalar" else "jac"
    return check(
        function(row["forward"], "f", "<forward>"),
        *inputs,
        **{kind: function(row[which], "f", f"<{which}>")},
        wrt=row["wrt"],
        domain={place: DOMAIN[c] for place, c in enumerate(constraints) if c in DOMAIN},
    )


@pytest.mark.parametrize("name", IDENTITIES)
def test_a_right_identity_is_proved_and_a_wrong_one_is_refuted(name):
    right = asked(name, "derivative")
    if name not in NOT_PROVED:
        assert right.formula.verdict is Verdict.PROVED, str(right)
        assert right.formula.sizes.startswith("every") == (name not in SIZES_RUN), str(right)
    assert right.formula.verdict in PASS or name in UNDECIDED, str(right)
    wrong = asked(name, "wrong")
    assert wrong.formula.verdict is Verdict.REFUTED, str(wrong)


def test_nearly_all_identities_are_proved_and_most_for_every_size():
    right = [asked(name, "derivative").formula for name in IDENTITIES]
    proved = [formula for formula in right if formula.verdict is Verdict.PROVED]
    assert (len(right), len(proved)) == (112, 109)
    assert sum(formula.sizes.startswith("every") for formula in proved) == 105


# ---------------------------------------------------------------------------- traps


def array(entry):
    def number(value):
        return [number(v) for v in value] if isinstance(value, list) else NUMBERS.get(value, value)

    if "fill" in entry:
        return np.full(entry["shape"], number(entry["fill"]), dtype=entry["dtype"])
    x = np.array(number(entry["data"]), dtype=entry["dtype"]).reshape(entry["shape"])
    x = x.transpose(entry["perm"]) if "perm" in entry else x
    return x[()] if x.ndim == 0 else x


@pytest.mark.parametrize("row", rows("traps_open.jsonl"), ids=lambda row: row["id"])
def test_no_trap_is_fallen_into(row):
    f, g = function(row["forward"], "f", "<forward>"), function(row["candidate_grad"], "g", "<gradient>")
    result = check(f, *map(array, row["inputs"]), grad=g, wrt=row["wrt"])
    verdict = result.formula.verdict if row["truth"] == "equal" else result.verdict
    assert verdict.name not in row["unsound_verdicts"], str(result)


# ---------------------------------------------------------------------------- bugs of real libraries

BUGS = [row for row in rows("bugs_open.jsonl") if not row["stateful"] and row["deriv_kind"] in CALLED]
# They are 0/0 at an input that is zero, where the function has a derivative: refuted there, with that input.
NOT_FINITE_AT_ZERO = {"deriv-25-dbinom", "jax-14397-int-exponents", "enzyme-2879-besseli"}


def given(entry):
    if "py" in entry:
        return tuple(entry["py"]) if isinstance(entry["py"], list) else entry["py"]
    return array(entry)


def checked(row, which):
    f, g = function(row["forward"], "f", "<forward>"), function(row[which], "g", "<gradient>")
    args, kind = list(map(given, row["bug_inputs"][0])), row["deriv_kind"]
    if kind == "hvp":
        x, v = args
        args, whole = [x], f
        f = lambda x: whole(x, v)  # noqa: E731
    wrt = tuple(row["wrt"]) if len(row["wrt"]) > 1 else row["wrt"][0]
    return check(f, *args, **{kind: g, "wrt": wrt})


@pytest.mark.parametrize("row", BUGS, ids=lambda row: row["id"])
def test_a_bug_that_a_library_had_is_caught_where_it_shows(row):
    result = checked(row, "wrong_grad")
    assert not result.ok, str(result)
    convention = row["right_semantics"] in ("subgradient", "clarke")
    assert result.verdict is Verdict.REFUTED or (convention and result.verdict is Verdict.NONDIFFERENTIABLE), str(
        result
    )


@pytest.mark.parametrize("row", BUGS[::3], ids=lambda row: row["id"])
def test_what_the_library_does_since_is_not_refuted(row):
    result = checked(row, "right_grad")
    if row["id"] not in NOT_FINITE_AT_ZERO:
        assert result.verdict is not Verdict.REFUTED, str(result)
    elif result.verdict is Verdict.REFUTED:
        assert result.formula.verdict in PASS, str(result)
        assert "nan" in result.counterexample.got, str(result)
