"""Traps and identities of our own: what is asked for is what is answered, and what falls short says so."""

import linecache
import re
from pathlib import Path

import numpy as np
import pytest

from verify import Verdict, check

CORPUS = Path(__file__).parent / "corpus"
PASSES = ("PROVED", "CERTIFIED", "AGREES")
LOOSE = ("UNDECIDED", "NONDIFFERENTIABLE")
# The verdict that is asked for, and those that would be unsound.
TRUTHS = {
    "equal": ("PROVED", ("REFUTED",)),
    "equal at this size": ("PROVED", ("REFUTED",)),
    "wrong": ("REFUTED", PASSES),
    "an ulp off": ("REFUTED", ("PROVED",)),
    "kink": ("NONDIFFERENTIABLE", (*PASSES, "REFUTED")),
    "kink, value outside": ("NONDIFFERENTIABLE", PASSES),
    "undefined": ("UNDECIDED", (*PASSES, "REFUTED")),
    "digits lost": ("REFUTED", PASSES),
    "digits lost, formula right": ("PROVED", ("CERTIFIED", "AGREES")),
    "isolated": ("CERTIFIED", ("PROVED",)),
    "isolated at the input": ("REFUTED", PASSES),
}
SIZES = {"n": 3, "m": 5, "k": 2, "d": 3, "h": 4, "b": 3, "t": 3, "s": 4, "e": 2, "mn": 15, "n2": 6, "n+m-1": 7}
DOMAINS = {
    "spd": "spd",
    "sym": "symmetric",
    "inv": "invertible",
    "pos": "positive",
    "nonzero": "nonzero",
    "unit": "unit",
    "lab01": "binary",
    "pm1": "sign",
    "onehot": "onehot",
}


def cases(name):
    """The cases of a file: the parts of their headings, and their fields as lists of lines."""
    found = []
    for line in (CORPUS / name).read_text().splitlines():
        if re.match(r"# \w+ \|", line):
            found.append(([part.strip() for part in line[2:].split("|")], {}))
        elif field := re.match(r"(\w+):(.*)", line):
            found[-1][1][field[1]] = [field[2].strip()]
        elif found and line.strip() and not line.startswith("#"):
            found[-1][1][field_of(found[-1][1])].append(line)
    return {head[0]: (head, fields) for head, fields in found}


def field_of(fields):
    return next(reversed(fields))


def function(name, arguments, lines):
    """The function whose statements a field holds, its source kept where tracebacks and certificates look for it."""
    first, *rest = lines
    *before, last = first.split(";")
    body = rest or [*(f"    {statement.strip()}" for statement in before), f"    return {last.strip()}"]
    parts = ["import numpy as np", "from scipy import special", f"def {name}({', '.join(arguments)}):", *body]
    source, label = "\n".join(parts) + "\n", f"<{name}>"
    linecache.cache[label] = (len(source), None, source.splitlines(True), label)
    namespace = {"__name__": "case"}
    exec(compile(source, label, "exec"), namespace)
    return namespace[name]


def expected(fields, ideal):
    """The verdict that is answered today: the ideal one, or the one that a case says it falls short with."""
    return fields["now"][0].partition(",")[0] if "now" in fields else ideal


# ---------------------------------------------------------------------------- traps

TRAPS = cases("traps_own.txt")


def given(text):
    value, _, dtype = text.partition(" :")
    return np.array(eval(value, {"np": np}), dtype=dtype or float)[()]


def answered(name, **more):
    (_, truth, arguments, *_), fields = TRAPS[name]
    arrays = [given(text) for text in arguments.split(" / ")]
    names = "xyz"[: len(arrays)]
    f, g = (function(name, names, fields[name]) for name in ("f", "g"))
    return truth, check(f, *arrays, grad=g, wrt=0, **more)


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_answered_as_its_case_says(name):
    truth, result = answered(name)
    verdict = (result.formula if truth.startswith("equal") else result).verdict.name
    ideal, unsound = TRUTHS[truth]
    assert verdict not in unsound, str(result)
    assert verdict == expected(TRAPS[name][1], ideal), str(result)
    if truth == "equal at this size":
        assert (
            result.formula.sizes.startswith("the sizes run") and "at other sizes it is wrong" in result.formula.reason
        )
        assert answered(name, sizes="every")[1].verdict is Verdict.REFUTED


def test_a_gradient_that_counts_its_calls_passes_nowhere():
    def counts(x):
        counts.calls = getattr(counts, "calls", 0) + 1
        return 2 * x if counts.calls < 4000 else 3 * x

    assert not check(lambda x: np.sum(x**2), np.array([0.5, 1.5]), grad=counts).ok


def test_most_traps_get_the_verdict_that_is_asked_for():
    assert len(TRAPS) >= 100
    assert sum("now" in fields for _, fields in TRAPS.values()) <= len(TRAPS) / 7


# ---------------------------------------------------------------------------- identities

IDENTITIES = cases("identities_own.txt")


def drawn(name):
    """The arguments of an identity, and what is declared of them."""
    rng = np.random.default_rng([1, *name.encode()])
    arrays, domain = {}, {}
    for entry in IDENTITIES[name][0][1].split():
        argument, axes, *constraint = entry.split(":")
        x = rng.normal(size=[SIZES[axis] for axis in axes.split(",") if axis])
        kind = constraint[0] if constraint else ""
        if kind == "spd":
            x = x @ x.T / len(x) + np.eye(len(x))
        elif kind == "sym":
            x = (x + x.T) / 2
        elif kind == "inv":
            x = x + 4 * np.eye(len(x))
        elif kind in ("pos", "unit"):
            x = rng.uniform(0.2, 0.9, size=x.shape)
        elif kind == "pm1":
            x = np.where(x > 0, 1.0, -1.0)
        elif kind == "onehot":
            x = np.eye(x.shape[1])[rng.integers(x.shape[1], size=len(x))]
        arrays[argument] = x[()]
        domain |= {argument: DOMAINS[kind]} if kind in DOMAINS else {}
    return arrays, domain


@pytest.mark.parametrize("name", IDENTITIES)
def test_an_identity_is_proved_and_its_variant_refuted(name):
    (_, _, wrt, *kind), fields = IDENTITIES[name]
    arrays, domain = drawn(name)
    f, right, wrong = (function(part, arrays, fields[part]) for part in ("f", "d", "w"))
    asked = kind[0] if kind else "grad"
    found = check(f, *arrays.values(), **{asked: right}, wrt=wrt, domain=domain)
    assert found.formula.verdict.name == expected(fields, "PROVED"), str(found)
    if found.formula.verdict is Verdict.PROVED:
        assert found.formula.sizes.startswith("every") == ("now" not in fields), str(found)
    refuted = check(f, *arrays.values(), **{asked: wrong}, wrt=wrt, domain=domain)
    assert refuted.formula.verdict is Verdict.REFUTED, str(refuted)


def test_nearly_all_identities_are_proved_and_most_for_every_size():
    assert len(IDENTITIES) >= 40
    assert sum("now" in fields for _, fields in IDENTITIES.values()) <= len(IDENTITIES) / 8
