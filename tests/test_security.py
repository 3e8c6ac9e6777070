"""No string reaches ``eval``, ``sympify``, ``pickle`` or a shell: a rule over every module of both packages."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import dualgrad
import verify

ROOTS = [Path(package.__file__).parent for package in (dualgrad, verify)]
MODULES = {path.relative_to(root.parent).as_posix(): path for root in ROOTS for path in sorted(root.rglob("*.py"))}

CALLS = frozenset("eval exec compile __import__ sympify parse_expr lambdify S system popen literal_eval".split())
# multiprocessing: what its pipes and queues receive is unpickled.
IMPORTS = frozenset("pickle cPickle _pickle dill cloudpickle joblib marshal multiprocessing shelve yaml pty".split())

# Where one of these stands all the same, and why no text from outside can reach it.
LEDGER = {
    ("dualgrad/frontends/sympy.py", "sympify"): "strict=True: text raises, only SymPy's own objects and numbers pass",
    ("dualgrad/frontends/rewire.py", "__import__"): "the import statement of the user's own function, followed",
    ("dualgrad/replay/numbers.py", "compile"): "code of our own writing from a recording; literals are reprs of floats",
    ("dualgrad/replay/numbers.py", "exec"): "as above",
    ("dualgrad/replay/program.py", "compile"): "code of our own writing from a recording; names are numbered",
    ("dualgrad/replay/program.py", "exec"): "as above",
    ("verify/command/app.py", "shell=True"): "the name of a shell, whose completion is printed; no process is started",
    ("verify/strategies/program.py", "compile"): "text that the strategies themselves wrote; none is read from a file",
    ("verify/strategies/program.py", "exec"): "as above",
}


def found_in(text: str) -> Iterator[str]:
    """What a module calls or imports of the above; ``re.compile`` and ``platform.system`` are other things."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in CALLS:
                yield name
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re" | "platform"))):
                pass
            case ast.Call(func=ast.Attribute(attr=name)) if name in CALLS:
                yield name
            case ast.Call(keywords=named):
                yield from (f"{each.arg}=True" for each in named if each.arg in ("shell", "allow_pickle"))
            case ast.Import(names=names):
                yield from (each.name for each in names if each.name.partition(".")[0] in IMPORTS)
            case ast.ImportFrom(module=str(name)) if name.partition(".")[0] in IMPORTS:
                yield name


@pytest.mark.parametrize("name", MODULES)
def test_nothing_evaluates_text(name):
    unlisted = {found for found in found_in(MODULES[name].read_text(encoding="utf-8")) if (name, found) not in LEDGER}
    assert not unlisted, f"{name} uses {', '.join(sorted(unlisted))}; text from outside must not reach it"


def test_the_ledger_holds_nothing_that_is_gone():
    present = {(name, found) for name, path in MODULES.items() for found in found_in(path.read_text(encoding="utf-8"))}
    assert set(LEDGER) <= present


def test_sympify_is_strict_wherever_it_stands():
    calls = [
        node
        for path in MODULES.values()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "sympify"
    ]
    assert calls
    assert all(any(each.arg == "strict" for each in call.keywords) for call in calls)


@pytest.mark.parametrize(
    "text",
    [
        "eval('1')",
        "import pickle",
        "from cloudpickle import dumps",
        "os.system('x')",
        "subprocess.run('x', shell=True)",
        "sympy.sympify(x)",
        "np.load(f, allow_pickle=True)",
        "from multiprocessing import Pipe",
        "builtins.exec(x)",
    ],
)
def test_the_rule_sees(text):
    assert list(found_in(text))
