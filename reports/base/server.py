"""A session of pytest that collects once, runs the tests once with coverage, and then tries mutants in forks of itself.

A fork takes over the change (in the code of the functions that live in memory; what a module computes when it is
imported is computed anew, statement by statement), runs the tests that reach the changed lines, those first that were
fast, and ends with the first that fails. A mutant that no test reaches is not tried.
"""

from __future__ import annotations

import ast
import functools
import gc
import importlib
import os
import resource
import select
import signal
import sys
import time
import types
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import coverage
import pytest
from mutants import Mutant, changed

LEAST = 5.0  # seconds that a mutant gets, and so many times what its tests take
SLOWER = 6.0


@dataclass
class Reach:
    """Which tests reach which lines, and how long each takes."""

    lines: dict[str, dict[int, list[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    seconds: dict[str, float] = field(default_factory=dict)

    def tests(self, path: str, mutant: Mutant) -> list[str]:
        """The tests that reach a mutant, the fast ones first. What runs on import may matter to all of the module's."""
        lines = self.lines.get(path, {})
        near = lines if not mutant.inside else {n: lines.get(n, []) for n in range(mutant.line, mutant.last + 1)}
        if not any(near.values()):  # a line of an expression over several lines
            near = {n: tests for n, tests in lines.items() if mutant.first <= n <= mutant.last}
        found = {test for tests in near.values() for test in tests if test in self.seconds}
        return sorted(found, key=lambda test: (self.seconds[test], test))


class Server:
    """The plugin: ``tries`` names the mutants of each module that are to be tried, and ``found`` takes the outcomes."""

    def __init__(self, tries: Mapping[str, Sequence[Mutant]], most: float, told: Any) -> None:
        self.tries, self.most, self.told = tries, most, told
        self.reach = Reach()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run every test once, then every mutant."""
        if session.testsfailed:
            raise session.Interrupted(f"{session.testsfailed} files of tests cannot be read")
        items = {item.nodeid: item for item in session.items}
        measured(items, [Path(path) for path in self.tries], self.reach)
        modules = {path: Module(path) for path in self.tries}  # before the freeze: it hides what it holds
        gc.collect()
        gc.freeze()
        for path, chosen in self.tries.items():
            module = modules[path]
            for mutant, tree in changed(module.source, {mutant.name for mutant in chosen}):
                if module.is_gone(mutant, tree):
                    continue
                tests, spent = [], 0.0
                for test in self.reach.tests(path, mutant):
                    spent += self.reach.seconds[test]
                    if tests and spent > self.most:
                        break
                    tests.append(test)
                began, limit = time.monotonic(), LEAST + SLOWER * min(spent, self.most)
                said = outcome(module.change(mutant, tree), [items[test] for test in tests], limit)
                self.told(path, mutant, said, len(tests), time.monotonic() - began)
        return True


def measured(items: Mapping[str, pytest.Item], paths: Sequence[Path], reach: Reach) -> None:
    """Run the tests with coverage, and note what each reaches; those that fail are left out of everything."""
    seen = coverage.Coverage(data_file=None, include=[str(path.resolve()) for path in paths], config_file=False)
    seen.start()
    for name, item in items.items():
        seen.switch_context(name)
        began = time.process_time()
        if passes(item):
            reach.seconds[name] = time.process_time() - began
        else:
            print(f"left out, it fails by itself: {name}", flush=True)
    seen.stop()
    data = seen.get_data()
    for path in paths:
        for line, tests in data.contexts_by_lineno(str(path.resolve())).items():
            reach.lines[str(path)][line] = tests


def passes(item: pytest.Item) -> bool:
    """Run a test with its fixtures."""
    from _pytest.runner import runtestprotocol

    reports = runtestprotocol(item, log=False, nextitem=None)
    return not any(report.failed for report in reports)


def outcome(change: Callable[[], None], items: Sequence[pytest.Item], seconds: float) -> str:
    """Which test is red after a change; "survived", "not reached", or "time" where it ran on and on."""
    if not items:
        return "not reached"
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(source)
        _child(change, items, sink)
    os.close(sink)
    until, told = time.monotonic() + 10 * seconds, b""
    resource.prlimit(child, resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))
    while (left := until - time.monotonic()) > 0 and select.select([source], [], [], left)[0]:
        part = os.read(source, 4096)
        if not part:
            break
        told += part
    os.close(source)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return told.decode() or "time"


def _child(change: Callable[[], None], items: Sequence[pytest.Item], sink: int) -> None:
    """In the fork: never returns."""
    said = "survived"
    try:
        resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        try:
            change()
        except BaseException as error:
            said = f"killed: the module does not run: {type(error).__name__}"
        else:
            for item in items:
                if not passes(item):
                    said = f"killed: {item.nodeid}"
                    break
    except BaseException as error:
        said = f"killed: {type(error).__name__}"
    os.write(sink, said.encode()[:4000])
    os._exit(0)


# ---------------------------------------------------------------------------- taking over a change


class Module:
    """A module in memory: its functions wherever they are held, and what forgets what was computed with them."""

    def __init__(self, path: str) -> None:
        self.path, self.file = path, str(Path(path).resolve())
        self.source = Path(path).read_text(encoding="utf-8")
        self.code = compile(self.source, self.file, "exec")
        self.module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
        checks = "/trusted/" in path or path.endswith("/checker.py")
        package = ("verify.trusted", "verify.checker") if checks else ("verify", "dualgrad")
        self.functions: dict[Any, list[types.FunctionType]] = defaultdict(list)
        self.kept = []
        for thing in gc.get_objects():
            if type(thing) is types.FunctionType and thing.__code__.co_filename == self.file:
                self.functions[_place(thing.__code__)].append(thing)
            elif type(thing) is functools._lru_cache_wrapper and str(thing.__module__).startswith(package):
                self.kept.append(thing)

    def is_gone(self, mutant: Mutant, tree: ast.Module) -> bool:
        """Whether a whole statement of the module was left out: what it did in memory cannot be taken back."""
        return not mutant.inside and not any(s.lineno <= mutant.line <= (s.end_lineno or 0) for s in tree.body)

    def change(self, mutant: Mutant, tree: ast.Module) -> Callable[[], None]:
        """What makes this change in a process."""
        if not mutant.inside:
            statement = next(s for s in tree.body if s.lineno <= mutant.line <= (s.end_lineno or 0))
            code = compile(ast.Module([statement], []), self.file, "exec")
            return functools.partial(self._again, code)
        pairs = [(a, b) for a, b in _pairs(self.code, compile(tree, self.file, "exec")) if a != b]
        held = [(function, new) for old, new in pairs for function in self.functions.get(_place(old), ())]
        # Where a closure has another number of free variables, what made it is changed as well.
        held = [(f, new) for f, new in held if len(f.__code__.co_freevars) == len(new.co_freevars)]
        if not held:
            raise LookupError(f"{self.path}: no function in memory has the code of {mutant.name}")
        return functools.partial(self._exchange, held)

    def _exchange(self, held: Sequence[tuple[types.FunctionType, types.CodeType]]) -> None:
        """Give functions in memory their changed code."""
        self._forget()
        for function, new in held:
            function.__code__ = new

    def _again(self, code: types.CodeType) -> None:
        """Run the changed statement of the module, and let everything that held its names hold the new ones."""
        self._forget()
        before = dict(vars(self.module))
        exec(code, vars(self.module))
        for name, value in before.items():
            now = vars(self.module).get(name)
            if now is value or name.startswith("__"):
                continue
            for holder in list(sys.modules.values()):
                for key, held in list(vars(holder).items()):
                    if held is value and holder is not self.module:
                        setattr(holder, key, now)

    def _forget(self) -> None:
        for kept in self.kept:
            kept.cache_clear()
        if self.path.startswith(("verify/form", "verify/lemma", "verify/tower")):
            importlib.import_module("verify.lemma.book").forget()


def _place(code: types.CodeType) -> Any:
    """What tells code from all other in its file; it compares as another once it has run often."""
    return code.co_qualname, code.co_firstlineno, tuple(code.co_positions())


def _pairs(old: types.CodeType, new: types.CodeType) -> Iterator[tuple[types.CodeType, types.CodeType]]:
    yield old, new
    olds, news = ([c for c in code.co_consts if isinstance(c, types.CodeType)] for code in (old, new))
    if len(olds) == len(news):
        for a, b in zip(olds, news, strict=True):
            yield from _pairs(a, b)


def _again(path: str, old: ast.Module, new: ast.Module, file: str) -> None:
    """Run the changed statement of a module, and let everything that held its names hold the new ones."""
    module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    before = dict(vars(module))
    for one, other in zip(old.body, new.body, strict=True):
        if ast.dump(one) != ast.dump(other):
            exec(compile(ast.Module([other], []), file, "exec"), vars(module))
    for name, value in before.items():
        now = vars(module).get(name)
        if now is value or name.startswith("__"):
            continue
        for holder in list(sys.modules.values()):
            for key, held in list(vars(holder).items()):
                if held is value and holder is not module:
                    setattr(holder, key, now)


def run(options: Sequence[str], tries: Mapping[str, Sequence[Mutant]], most: float, told: Any) -> int:
    """The whole session."""
    options = ["-q", "-p", "no:cacheprovider", *options]
    return int(pytest.main(options, plugins=[Server(tries, most, told)]))
