"""Bugs of real libraries, restated: what was wrong is refuted where it shows and, mostly, found where it does not."""

import inspect
import runpy
from pathlib import Path

import numpy as np
import pytest

from verify import Verdict, check

PASS = {Verdict.PROVED, Verdict.CERTIFIED, Verdict.AGREES}
FILES = sorted((Path(__file__).parent / "corpus" / "reported").glob("*.py"))
BUGS = [bug for path in FILES for bug in runpy.run_path(str(path)).values() if inspect.isclass(bug)]
HIDDEN = [bug for bug in BUGS if hasattr(bug, "hides")]

# What is decided otherwise than one would wish, and why. A test fails as soon as one of these is no longer so.
RIGHT_AND_NO_PASS = {
    "PolarFactorRotation": (Verdict.UNDECIDED, "a decomposition at equal singular values has no enclosure"),
    "MedianTies": (Verdict.UNDECIDED, "f chooses by values and is not smooth there, so that nothing is enclosed"),
}
HIDDEN_AND_NOT_FOUND = {
    "AvgPoolCeil": (Verdict.PROVED, "for the sizes run: f wants two lengths that fit each other"),
    "EinsumBroadcast": (Verdict.PROVED, "for sizes that agree, which the claim says"),
    "MedianTies": (Verdict.CERTIFIED, "kinks away from the given arguments lower nothing"),
    "PolarFactorRotation": (Verdict.UNDECIDED, "its test for equality held at no point"),
    "StdOfOne": (Verdict.PROVED, "for more than one number, which the claim says"),
}


def argument(value):
    return np.array(value) if isinstance(value, list) else np.float64(value) if isinstance(value, float) else value


def checked(bug, candidate, inputs):
    wrt = getattr(bug, "wrt", (0,))
    asked = {getattr(bug, "kind", "grad"): candidate, "wrt": wrt if len(wrt) > 1 else wrt[0]}
    return check(bug.f, *map(argument, inputs), **asked)


def name(bug):
    return f"{bug.__name__}-{bug.source}"


def expected(table, bug):
    verdict, reason = table.get(bug.__name__, (None, ""))
    return verdict, f"{bug.__name__}: no longer {verdict}, which was put down to this: {reason}"


@pytest.mark.parametrize("bug", BUGS, ids=name)
def test_what_was_reported_is_caught_where_it_shows(bug):
    result = checked(bug, bug.wrong, bug.shows)
    assert not result.ok, str(result)
    convention = getattr(bug, "kink", False)
    assert result.verdict is Verdict.REFUTED or (convention and result.verdict is not Verdict.PROVED), str(result)


@pytest.mark.parametrize("bug", BUGS, ids=name)
def test_what_is_right_passes_there(bug):
    result = checked(bug, bug.right, bug.shows)
    known, said = expected(RIGHT_AND_NO_PASS, bug)
    assert result.verdict is not Verdict.REFUTED, str(result)
    if known is not None:
        assert result.verdict is known, said
    elif getattr(bug, "kink", False):
        assert result.ok or result.verdict is Verdict.NONDIFFERENTIABLE, str(result)
    else:
        assert result.verdict in PASS, str(result)


@pytest.mark.parametrize("bug", HIDDEN, ids=name)
def test_it_is_found_from_inputs_that_do_not_show_it(bug):
    result = checked(bug, bug.wrong, bug.hides)
    known, said = expected(HIDDEN_AND_NOT_FOUND, bug)
    if known is not None:
        assert result.verdict is known, said
    else:
        assert result.verdict is Verdict.REFUTED, str(result)


def test_four_of_five_that_do_not_show_are_found():
    assert len(HIDDEN_AND_NOT_FOUND) <= len(HIDDEN) / 5


def test_every_thread_is_named_and_what_is_right_is_not_what_is_wrong():
    for bug in BUGS:
        owner, _, rest = bug.source.partition("/")
        repository, _, number = rest.partition("#")
        assert owner and repository and number.isdigit(), bug.source
        args = list(map(argument, bug.shows))
        right, wrong = map(parts, (bug.right(*args), bug.wrong(*args)))
        assert not all(map(np.array_equal, right, wrong)), bug.__name__


def parts(gradient):
    return gradient if isinstance(gradient, tuple) else (gradient,)
