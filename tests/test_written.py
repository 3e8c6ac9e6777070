"""Functions as people write them, in files of corpus/written: the right derivative passes, and wrong ones are refuted.

A wrong derivative is the source of the right one with a small change: a lost factor, a sign, an index, an axis.
"""

import importlib.util
import inspect
import linecache
import sys
import textwrap
import types
from pathlib import Path

import pytest

from verify import Verdict, check

WRITTEN = Path(__file__).parent / "corpus" / "written"
KINDS = {"grad", "jac", "hess", "hvp", "vjp", "jvp", "value_and_grad"}
PASS = {Verdict.PROVED, Verdict.CERTIFIED, Verdict.AGREES}


def cases(path):
    spec = importlib.util.spec_from_file_location(f"written_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where inspect looks for the source of a class
    spec.loader.exec_module(module)
    return module.CASES


CASES = {name: case for path in sorted(WRITTEN.glob("*.py")) for name, case in cases(path).items()}
WRONG = [(name, what) for name, case in CASES.items() for what in case["wrong"]]


def changed(function, old, new):
    """A function whose source has another text in one place; of a method, the class has."""
    if isinstance(function, types.MethodType):
        kind = type(function.__self__)
        again = executed(kind, old, new, function.__func__.__globals__)[kind.__name__]
        return types.MethodType(vars(again)[function.__name__], function.__self__)
    return executed(function, old, new, function.__globals__)[function.__name__]


def executed(thing, old, new, around):
    source = textwrap.dedent(inspect.getsource(thing))
    assert source.count(old) == 1, (old, source)
    source, label = source.replace(old, new), f"<{thing.__qualname__} with {new!r}>"
    linecache.cache[label] = (len(source), None, source.splitlines(True), label)
    namespace = dict(around)
    exec(compile(source, label, "exec"), namespace)
    return namespace


def checked(case, derivative=None):
    (kind,) = KINDS & case.keys()
    return check(
        case["f"], *case["args"], **{kind: derivative or case[kind]}, wrt=case.get("wrt"), domain=case.get("domain")
    )


@pytest.mark.parametrize("name", CASES)
def test_the_right_derivative_passes(name):
    result = checked(CASES[name])
    assert result.verdict in PASS, str(result)


@pytest.mark.parametrize("name, what", WRONG, ids=[f"{name}: {what}" for name, what in WRONG])
def test_a_wrong_one_is_refuted(name, what):
    case = CASES[name]
    (kind,) = KINDS & case.keys()
    result = checked(case, changed(case[kind], *case["wrong"][what]))
    assert result.verdict is Verdict.REFUTED, str(result)


def test_there_are_forty_of_every_kind():
    assert len(CASES) >= 40
    assert {kind for case in CASES.values() for kind in KINDS if kind in case} == KINDS
    assert all(len(case["wrong"]) >= 2 for case in CASES.values())
