"""The measures of what a verdict rests on: mutants, the forks that try them, and what the figures say."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BASE = ROOT / "reports" / "base"
SOURCE = '''"""A module."""

LIMIT = 3


def kept(items, low: int = 0):
    """What is kept."""
    if not items or low > LIMIT:
        raise ValueError(f"nothing {low + 1}")
    total = min(low, 2) - 1
    return [max(total, item) for item in items if item >= low]
'''


@pytest.fixture(scope="module")
def base():
    """The modules, as a script in their folder sees them."""
    sys.path.insert(0, str(BASE))
    try:
        import mutants
        import mutation

        yield mutants, mutation
    finally:
        sys.path.remove(str(BASE))


def test_every_mutant_is_one_small_change(base):
    found = base[0].mutants(SOURCE)
    kinds = {mutant.kind for mutant in found}
    assert kinds >= {"comparison", "constant", "logic", "left out", "negated", "arithmetic", "exchange", "called"}
    assert len({mutant.name for mutant in found}) == len(found)
    assert not any("nothing" in mutant.what and mutant.kind == "constant" for mutant in found)
    texts = [ast.unparse(tree) for _, tree in base[0].changed(SOURCE, {mutant.name for mutant in found})]
    plain = ast.unparse(ast.parse(SOURCE))
    assert len(set(texts)) == len(texts)
    assert plain not in texts
    for text in texts:
        compile(text, "m", "exec")
        assert sum(a != b for a, b in zip(text.splitlines(), plain.splitlines(), strict=False)) <= 2


def test_a_mutant_has_the_same_name_where_others_change(base):
    before = {mutant.name: mutant for mutant in base[0].mutants(SOURCE)}
    after = {mutant.name: mutant for mutant in base[0].mutants(SOURCE.replace("LIMIT = 3", "LIMIT = 3\nMORE = 4"))}
    inside = [name for name in before if name.startswith("kept")]
    assert inside
    assert all(before[name].digest == after[name].digest for name in inside)
    changed = {mutant.name: mutant for mutant in base[0].mutants(SOURCE.replace("low, 2", "low, 5"))}
    assert all(before[name].digest != changed[name].digest for name in inside if name in changed)


def test_what_runs_on_import_is_told_from_what_runs_in_functions(base):
    found = base[0].mutants(SOURCE)
    assert {mutant.unit for mutant in found if not mutant.inside} == {"LIMIT", "kept"}
    assert {mutant.unit for mutant in found if mutant.inside} == {"kept"}


def test_survivors_are_counted_and_their_reasons_found(base):
    mutation = base[1]
    tried = {
        "f+1:0 constant: 1 -> 2": {"said": "killed: a test", "line": "x = 1"},
        "f+1:0 constant: 1 -> 0": {"said": "time", "line": "x = 1"},
        "f+2:0 negated: y": {"said": "survived", "line": "if y:"},
        "f+3:0 negated: z": {"said": "survived", "line": "if z:"},
        "f+4:0 negated: w": {"said": "not reached", "line": "if w:"},
    }
    reasons = {"m.py": {"negated: y | if y:": "equivalent: y is never empty"}}
    counts = mutation.counts("m.py", tried, reasons)
    assert counts == {"killed": 2, "equivalent": 1, "survived": 1, "not reached": 1}
    assert [name for _, name, _ in mutation.living({"m.py": tried})] == list(tried)[2:]


def test_mutants_are_killed_in_forks(tmp_path):
    """A few of one module, by the one command; the full form takes other groups and more of them."""
    pytest.importorskip("coverage")
    file = tmp_path / "found.json"
    command = [sys.executable, str(BASE), "mutation", "quick", "--sample", "10", "--resume", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (tried,) = json.loads(file.read_text(encoding="utf-8")).values()
    said = [one["said"] for one in tried.values()]
    assert len(said) == 10
    assert sum(one.startswith("killed: tests/verify/trusted") or one == "time" for one in said) >= 7
    assert all(one.startswith("killed") or one in ("time", "survived") for one in said)


def test_the_results_that_are_fuzzed_are_those_that_are_named(base):
    import targets

    said = [record["verdict"] for record in targets.results()]
    assert said[:3] == ["PROVED", "REFUTED", "NONDIFFERENTIABLE"]
    assert len(set(said)) > 2


def test_every_group_has_its_modules_and_its_tests(base):
    for patterns, tests in base[1].GROUPS.values():
        assert all(list((ROOT / "verify").glob(pattern)) for pattern in patterns)
        assert all((ROOT / "tests" / "verify" / test).exists() for test in tests)
