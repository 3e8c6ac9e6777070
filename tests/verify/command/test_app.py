"""The command in a process of its own: what it loads, how fast it answers, and that it comes to its verdicts."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import verify
from verify.report.formats import write
from verify.runs.suite import Run

ROOT = Path(verify.__file__).parents[1]
LIGHT = 0.5  # seconds
HEAVY = {"numpy", "sympy", "scipy", "flint", "dualgrad"}
USAGE = [["walk"], ["run", "--tolerance", "1"], ["run"], ["run", "nothing.py"], ["run", "x", "--fail-on", "y"]]


def elsewhere(*arguments, folder):
    """Run Python in a process of its own, which finds the same packages as this one."""
    found = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=found, capture_output=True, text=True, encoding="utf-8"
    )


@pytest.mark.parametrize(
    ("tokens", "code"),
    [
        (["--help"], 0),
        (["--version"], 0),
        (["run", "--help"], 0),
        (["baseline", "update", "--help"], 0),
        (["completion", "bash"], 0),
        (["explain", "V103"], 0),
        *((tokens, 2) for tokens in USAGE),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_help_and_usage_errors_load_nothing_heavy(tmp_path, tokens, code):
    program = (
        "import sys\nfrom _dualgrad_entry import main\n"
        f"sys.argv[1:] = {tokens!r}\n"
        "try:\n    main()\nexcept SystemExit as done:\n    code = done.code\n"
        f"heavy = {HEAVY!r} & set(sys.modules)\n"
        f"sys.exit(str(heavy) if heavy else 0 if (code or 0) == {code} else f'code {{code}}')\n"
    )
    done = elsewhere("-c", program, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout or code


def test_help_answers_before_a_reader_looks_up(tmp_path):
    """In time of a processor, and the fastest of three: the machine may be at work on something else."""
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = elsewhere("-m", "verify", "--help", folder=tmp_path)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
        assert done.returncode == 0, done.stderr
    assert min(times) < LIGHT


def test_the_version_is_that_of_the_package(command):
    from dualgrad._version import __version__

    assert command("--version") == (0, f"dualgrad {__version__}\n", "")


def test_every_command_and_every_flag_has_a_word_of_help(command):
    _, out, _ = command("--help")
    names = "run one explain report list history baseline merge audit certificate init doctor completion".split()
    assert [name for name in names if f"│ {name} " not in out] == []
    for name in names:
        assert command(name, "--help")[0] == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_the_commands(command, shell):
    code, out, _ = command("completion", shell)
    assert code == 0
    assert "certificate" in out
    assert "fail-on" in out


WRONG_BY_A_BILLIONTH = """
import numpy as np
import verify

def almost(x):
    gradient = 2 * x
    gradient[1] *= 1 + 1e-9
    return gradient

def right(x):
    return 2 * x

@verify.case(np.array([1.0, 2.0, 3.0]), grad=right)
@verify.case(np.array([1.0, 2.0, 3.0]), grad=almost)
def square(x):
    return (x * x).sum()
"""


def test_from_run_to_certificate_and_merge(tmp_path, monkeypatch, command):
    """The whole way, with the real check in workers; what is kept of a proof counts only as it was kept."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "square.py").write_text(WRONG_BY_A_BILLIONTH)
    done = elsewhere(
        "-m",
        "verify",
        "run",
        "square.py",
        "--certificates",
        "a/b",
        "--output-format",
        "jsonl=run.jsonl",
        folder=tmp_path,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.startswith("REFUTED    square")
    assert "2 gradients: 1 refuted, 1 proved.\n" in done.stdout
    (certificate,) = (tmp_path / "a" / "b").iterdir()
    run = tmp_path / "run.jsonl"
    assert command("certificate", str(certificate))[0] == 0
    assert "1 refuted, 1 proved" in command("merge", "run.jsonl", "--no-history")[1]
    for file in (certificate, run):
        file.write_text(file.read_text(encoding="utf-8").replace('"multiply"', '"add"'), encoding="utf-8")
    assert command("certificate", str(certificate))[0] == 1
    code, out, _ = command("merge", "run.jsonl", "--no-history")
    assert code == 1
    assert "1 refuted, 1 undecided" in out


def test_the_module_is_the_command(tmp_path):
    done = elsewhere("-P", "-m", "verify", "run", "nothing.py", folder=tmp_path)
    assert done.returncode == 2
    assert "nothing.py: there is no such file" in done.stderr


def test_a_reader_that_has_seen_enough_is_no_fault(tmp_path):
    """The code is not 0: nobody knows what would have come."""
    reads, writes = os.pipe()
    os.close(reads)
    found = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "verify", "explain", "V103"]
    done = subprocess.run(command, cwd=tmp_path, env=found, stdout=writes, stderr=subprocess.PIPE, text=True)
    os.close(writes)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_format_is_utf8_whatever_the_locale_says(tmp_path):
    run = Run((), title="∂f — the ünits")
    (tmp_path / "run.jsonl").write_text(write(run, "jsonl"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "verify", "report", "run.jsonl", "--format", "json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout.decode("utf-8"))["title"] == run.title


def test_the_function_check_is_not_hidden_by_the_module_check(tmp_path):
    code = "import sys\nimport verify.check\nassert verify.check is sys.modules['verify.check'].check"
    done = elsewhere("-c", code, folder=tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'verify' has no attribute 'chekc'"):
        verify.chekc  # noqa: B018


def test_every_public_name_is_listed():
    assert set(verify.__all__) <= set(dir(verify))
