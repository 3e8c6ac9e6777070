"""The shape of the house: imports run one way, modules stay small, public names are documented."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import dualgrad
import verify

ROOT = Path(__file__).parents[1]
PACKAGES = [Path(package.__file__).parent for package in (dualgrad, verify)]
SOURCES = {
    ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for package in PACKAGES
    for path in sorted(package.rglob("*.py"))
}
LONGEST = 400
LONGEST_CHECKER = 600  # it shares nothing, so it cannot be split into what others also use

# From the ground up: a module may import from its own layer and from those below.
LAYERS = [
    ["dualgrad._version", "dualgrad.program"],
    [
        "dualgrad.choosing",
        "dualgrad.conjugate",
        "dualgrad.document",
        "dualgrad.lazy",
        "dualgrad.parts",
        "dualgrad.samples",
        "dualgrad.shapes",
        "dualgrad.rounding",
        "dualgrad.sums",
        "dualgrad.trees",
    ],
    ["dualgrad.meanings", "dualgrad.positions"],
    ["dualgrad.op"],
    ["dualgrad.matrices", "dualgrad.matrix_meanings"],
    ["dualgrad.ops"],
    ["dualgrad.array"],
    ["dualgrad.engine", "dualgrad.frontends", "dualgrad.fft", "dualgrad.linalg", "dualgrad.special"],
    ["dualgrad.autograd", "dualgrad.func", "dualgrad.random"],
    ["dualgrad.mirror", "dualgrad.replay"],
    ["dualgrad"],
    ["verify"],
]

# A tensor's attribute ``mirror`` looks the mirror up when it is asked for: the one place that reaches upward.
SEAMS = {"dualgrad.engine.tensor": {"dualgrad.mirror"}}


@cache
def tree(module):
    return ast.parse(SOURCES[module].read_text(encoding="utf-8"))


def named(module, node):
    """The modules that an import statement names. A submodule that is taken from its package names both."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        package = module if SOURCES[module].name == "__init__.py" else module.rpartition(".")[0]
        parts = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*parts, *([node.module] if node.module else [])])
    submodules = [f"{base}.{alias.name}" for alias in node.names if f"{base}.{alias.name}" in SOURCES]
    return [base, *submodules]


def ours(name):
    """The longest prefix of a dotted name that is one of our modules."""
    while name and name not in SOURCES:
        name = name.rpartition(".")[0]
    return name


def imports(module, nodes):
    found = (node for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom)))
    return {ours(name) for node in found for name in named(module, node)} - {"", module}


def running(node, inside_functions):
    """The nodes of the code that runs, which leaves out what is written for type checkers."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, (ast.FunctionDef, ast.Lambda)) and not inside_functions:
            continue
        yield child
        yield from running(child, inside_functions)


def layer(module):
    """The layer of a module: that of the longest name that it lies under."""
    fitting = [
        (len(name), height)
        for height, names in enumerate(LAYERS)
        for name in names
        if module == name or (module.startswith(f"{name}.") and name != "dualgrad")
    ]
    assert fitting, f"{module} lies in no layer: add it to LAYERS, where its imports put it"
    return max(fitting)[1]


def public(module):
    """The public functions and classes that a module defines."""
    named_here = (node for node in tree(module).body if isinstance(node, (ast.FunctionDef, ast.ClassDef)))
    return [node for node in named_here if not node.name.startswith("_")]


def test_there_is_something_to_look_at():
    assert {"dualgrad", "dualgrad.op", "verify", "verify.verdict"} <= set(SOURCES)


def test_no_import_cycle():
    graph = {module: imports(module, running(tree(module), inside_functions=False)) for module in SOURCES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as cycle:
        pytest.fail(" imports ".join(reversed(cycle.args[1])))


def room(module):
    """The folder that a module stands in, below its package; a module right below it is a room of its own."""
    return ".".join(module.split(".")[:2])


def test_rooms_import_one_way():
    graph = {room(module): set() for module in SOURCES}
    for module in SOURCES:
        found = imports(module, running(tree(module), inside_functions=False))
        graph[room(module)] |= {room(name) for name in found} - {room(module), "dualgrad", "verify"}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as cycle:
        pytest.fail(" imports ".join(reversed(cycle.args[1])))


@pytest.mark.parametrize("module", SOURCES)
def test_imports_run_one_way(module):
    found = imports(module, running(tree(module), inside_functions=True))
    upward = {name for name in found if layer(name) > layer(module)}
    upward -= SEAMS.get(module, set())
    assert not upward, f"{module} imports from above: {', '.join(sorted(upward))}"


@pytest.mark.parametrize("module", [name for name in SOURCES if name.startswith("dualgrad.ops.")])
def test_families_of_ops_do_not_import_each_other(module):
    assert not {name for name in imports(module, ast.walk(tree(module))) if name.startswith("dualgrad.ops")}


def test_importing_dualgrad_loads_nothing_heavy(tmp_path):
    code = (
        "import sys, dualgrad\n"
        "heavy = {'sympy', 'scipy', 'flint', 'mpmath', 'jinja2', 'rich', 'verify'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    environment = {**os.environ, "PYTHONPATH": str(PACKAGES[0].parent)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", SOURCES)
def test_no_module_is_too_long(module):
    lines = len(SOURCES[module].read_text(encoding="utf-8").splitlines())
    assert lines <= (LONGEST_CHECKER if module == "verify.checker" else LONGEST), (
        f"{module} has {lines} lines: split it"
    )


@pytest.mark.parametrize("module", SOURCES)
def test_every_public_name_says_what_it_does(module):
    assert ast.get_docstring(tree(module)), f"{module} has no docstring"
    silent = [node.name for node in public(module) if not ast.get_docstring(node)]
    assert not silent, f"{module}: no docstring on {', '.join(silent)}"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_the_packages_are_typed(package):
    assert (package / "py.typed").is_file()


def test_the_tests_are_no_packages():
    """A package tests/dualgrad would stand in for dualgrad itself, as the one that is not named here does for HIPS."""
    shim = ROOT / "tests" / "foreign" / "hips" / "shim"
    assert not [path for path in (ROOT / "tests").rglob("__init__.py") if shim not in path.parents]


def test_no_file_names_a_place_on_one_machine():
    folders = ["dualgrad", "verify", "tests", "examples", "reports", "docs", ".github", ".ci"]
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    files += [path for path in ROOT.glob("*") if path.suffix in {".md", ".toml", ".yaml"}]
    # Written in parts so that this file does not hold what it looks for.
    place = re.compile("|".join(["/wo" + "rk/", "/ho" + "me/", "/ro" + "ot/", "/Us" + "ers/"]).encode())
    files = [path for path in files if not any("cache" in part for part in path.relative_to(ROOT).parts)]
    here = [path.relative_to(ROOT) for path in files if place.search(path.read_bytes())]
    assert len(files) > 20
    assert not here
