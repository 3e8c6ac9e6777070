"""The guard before the command: whether the package that would be imported is ours, told with what to do."""

import os
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import SimpleNamespace

import pytest

import _dualgrad_entry
import verify

ROOT = Path(verify.__file__).parents[1]
CALL = "import sys; sys.argv[1:] = ['--version']; from _dualgrad_entry import main; main()"


def called(folder, *first):
    """Call the entry with these folders before ours on the path."""
    found = {**os.environ, "PYTHONPATH": os.pathsep.join([*map(str, first), str(ROOT)])}
    return subprocess.run([sys.executable, "-P", "-c", CALL], cwd=folder, env=found, capture_output=True, text=True)


def test_our_package_is_let_through(tmp_path):
    done = called(tmp_path)
    assert (done.returncode, done.stdout.split()[0], done.stderr) == (0, "dualgrad", "")


@pytest.mark.parametrize("place", ["verify.py", "verify/__init__.py"])
def test_a_module_that_stands_in_the_way_is_named_and_not_run(tmp_path, place):
    file = tmp_path / place
    file.parent.mkdir(exist_ok=True)
    file.write_text("raise SystemExit('ran')")
    done = called(tmp_path, tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"verify: {file} stands in the way" in done.stderr
    assert "Rename it, or take its folder out of PYTHONPATH." in done.stderr


def test_another_distribution_in_our_place_is_told_with_its_repair(tmp_path, monkeypatch):
    package = tmp_path / "verify"
    package.mkdir()
    (package / "__init__.py").write_text("def ensure(value): ...\n")
    monkeypatch.setattr(_dualgrad_entry, "__file__", str(tmp_path / "_dualgrad_entry.py"))
    found = _dualgrad_entry.complaint(ModuleSpec("verify", None, origin=str(package / "__init__.py")))
    assert "another distribution has overwritten the package 'verify' of dualgrad" in found
    assert "python -m pip uninstall --yes verify" in found
    assert "python -m pip install --force-reinstall --no-deps dualgrad" in found


@pytest.mark.parametrize("spec", [None, ModuleSpec("verify", None, origin=None)])
def test_a_package_that_is_gone_is_told_with_its_repair(spec):
    found = _dualgrad_entry.complaint(spec)
    assert "the package 'verify' of dualgrad is gone" in found
    assert "--force-reinstall" in found


def test_an_interrupt_is_told_in_one_line_while_the_command_is_loaded(monkeypatch, capsys):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "verify.command.app", SimpleNamespace(main=interrupted))
    with pytest.raises(SystemExit) as left:
        _dualgrad_entry.main()
    assert (left.value.code, capsys.readouterr().err) == (130, "verify: interrupted\n")


def test_the_scripts_go_through_the_guard():
    import tomllib

    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(project["project"]["scripts"].items()) == {
        ("verify", "_dualgrad_entry:main"),
        ("dualgrad-verify", "_dualgrad_entry:main"),
    }
