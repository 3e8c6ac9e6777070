import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import verify
from verify import cli
from verify.verdict import Formula, Numbers, Result, Verdict

LESSON = "import verify\n\n@verify.case(1.0)\ndef good(x): return x\n\n@verify.case(1.0)\ndef bad(x): return x\n"


@pytest.fixture(autouse=True)
def check(monkeypatch):
    """A stand-in for the check that refutes what is called bad: these tests are about the command."""

    def stand_in(function, *args, **options):
        verdict = Verdict.REFUTED if function.__name__ == "bad" else Verdict.PROVED
        return Result(verdict, Formula(verdict, sizes="every n >= 1"), Numbers("ok", ulps=0.0), name=function.__name__)

    monkeypatch.setitem(vars(verify), "check", stand_in)


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lesson.py").write_text(LESSON)
    return tmp_path


def command(*tokens):
    """The exit code of the command on these arguments, run in this process."""
    with pytest.raises(SystemExit) as exited:
        cli.app(tokens)
    return exited.value.code


def elsewhere(*arguments, folder):
    """Run Python in a process of its own, which finds the same packages as this one."""
    found = {**os.environ, "PYTHONPATH": str(Path(verify.__file__).parents[1])}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=found, capture_output=True, text=True, encoding="utf-8"
    )


def test_zero_when_every_result_is_ok(lesson, capsys):
    assert command("run", "lesson.py:good") == 0
    out = capsys.readouterr().out
    assert out == "PROVED     good  for every n >= 1, 0 ulps  lesson.py:3\n1 gradient: 1 proved.\n"


def test_one_when_a_result_is_not_ok_and_its_paragraph_is_printed(lesson, capsys):
    assert command("run", "lesson.py") == 1
    out = capsys.readouterr().out
    assert "REFUTED    bad" in out
    assert "The gradient of bad is wrong." in out
    assert "2 gradients: 1 refuted, 1 proved." in out


@pytest.mark.parametrize(
    ("tokens", "told"),
    [
        (["run"], "nothing to run. Name a target"),
        (["run", "nothing.py"], "nothing.py: there is no such file"),
        (["run", "lesson.py:worse"], "no case is named 'worse'. The module's cases: good, bad."),
        (["run", "empty.py"], "empty.py: no case was found"),
        (["run", "lesson.py", "empty.py"], "empty.py: no case was found"),
        (["run", "broken.py"], "importing it failed with ZeroDivisionError: division by zero (at broken.py:1)"),
        (["run", "no_such_module"], "there is no module named 'no_such_module'"),
        (["run", "lesson.py", "--report", "no/folder.html"], "cannot be written. Name a file in a folder that exists"),
        (["run", "lesson.py", "--certificates", "lesson.py"], "lesson.py: the folder cannot be made: File exists"),
        (["run", "lesson.py", "--tolerance", "1"], "Unknown option: --tolerance."),
        (["walk"], 'Unknown command "walk"'),
        (["certificate"], "nothing to check. Name a file, as in: verify certificate FILE. Certificates are written by"),
        (["certificate", "nothing.json"], "nothing.json: there is no such file"),
        (["certificate", "."], ".: this is a folder. Name one of the certificates in it"),
        (["certificate", "lesson.py"], "lesson.py: this is not JSON: Expecting value"),
        (["certificate", "other.json"], "other.json: this JSON is no certificate: it has no format and no claim"),
    ],
)
def test_two_for_wrong_usage_with_nothing_run(lesson, capsys, tokens, told):
    (lesson / "empty.py").write_text("")
    (lesson / "other.json").write_text('{"name": "other"}')
    (lesson / "broken.py").write_text("1 / 0\n")
    assert command(*tokens) == 2
    captured = capsys.readouterr()
    assert told in " ".join(captured.err.replace("│", " ").split())
    assert captured.out == ""


def test_the_report_and_the_record_are_written_also_when_a_result_is_not_ok(lesson, capsys):
    assert command("run", "lesson.py", "--report", "page.html", "--json", "run.json") == 1
    assert "<title>lesson.py</title>" in (lesson / "page.html").read_text(encoding="utf-8")
    record = json.loads((lesson / "run.json").read_text(encoding="utf-8"))
    assert [claim["verdict"] for claim in record["claims"]] == ["PROVED", "REFUTED"]
    assert "report: page.html\njson: run.json\n" in capsys.readouterr().out


def test_several_targets_are_one_run(lesson, capsys):
    assert command("run", "lesson.py:good", "lesson.py:good") == 0
    assert "2 gradients: 2 proved." in capsys.readouterr().out


def test_a_budget_of_nothing_runs_nothing_and_is_not_ok(lesson, capsys):
    assert command("run", "lesson.py:good", "--budget", "0") == 1
    assert "not run: the budget of 0 s" in capsys.readouterr().out


def test_control_characters_of_a_name_do_not_reach_the_terminal(lesson, capsys):
    (lesson / "lesson.py").write_text(LESSON + "good.__name__ = bad.__name__ = 'f\\x1b[2J'\n")
    command("run", "lesson.py")
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert r"f\x1b[2J" in out


def test_square_brackets_of_a_name_are_not_markup(lesson, capsys):
    (lesson / "lesson.py").write_text(LESSON + "good.__name__ = '[red]good[/red]'\n")
    command("run", "lesson.py")
    assert "[red]good[/red]" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_asking_for_help_loads_nothing_heavy(tmp_path, option):
    code = (
        "import sys\nfrom verify.cli import app\n"
        f"try: app(['{option}'])\nexcept SystemExit as done: assert done.code in (0, None)\n"
        "heavy = {'sympy', 'scipy', 'flint', 'jinja2'} | ({'numpy'} if '--help' in sys.argv else set())\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = elsewhere("-c", code, option, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_module_is_the_command(tmp_path):
    done = elsewhere("-P", "-m", "verify", "run", "nothing.py", folder=tmp_path)
    assert done.returncode == 2
    assert "nothing.py: there is no such file" in done.stderr


def test_a_package_overwritten_by_another_distribution_is_told_with_its_repair(monkeypatch, capsys):
    monkeypatch.setattr(verify, "__distribution__", "")
    with pytest.raises(SystemExit) as exited:
        cli.main()
    assert exited.value.code == 2
    assert "python -m pip uninstall --yes verify" in capsys.readouterr().err


def test_the_function_check_is_not_hidden_by_the_module_check(tmp_path):
    code = "import verify.check\nassert verify.check is sys.modules['verify.check'].check"
    done = elsewhere("-c", f"import sys\n{code}", folder=tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'verify' has no attribute 'chekc'"):
        verify.chekc  # noqa: B018


def test_every_public_name_is_listed():
    assert set(verify.__all__) <= set(dir(verify))


WRONG_BY_A_BILLIONTH = """
import numpy as np
import verify

def almost(x):
    gradient = 2 * x
    gradient[1] *= 1 + 1e-9
    return gradient

@verify.case(np.array([1.0, 2.0, 3.0]), grad=almost)
def square(x):
    return (x * x).sum()
"""


def test_a_gradient_wrong_by_a_billionth_in_one_element_is_refuted_with_exit_code_one(tmp_path):
    (tmp_path / "square.py").write_text(WRONG_BY_A_BILLIONTH)
    done = elsewhere("-m", "verify", "run", "square.py", folder=tmp_path)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("REFUTED    square")


def test_the_right_gradient_passes_with_exit_code_zero(tmp_path):
    (tmp_path / "square.py").write_text(WRONG_BY_A_BILLIONTH.replace("1 + 1e-9", "1"))
    done = elsewhere("-m", "verify", "run", "square.py", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_proof_leaves_a_certificate_that_the_checker_accepts_until_it_is_changed(tmp_path):
    (tmp_path / "square.py").write_text(
        WRONG_BY_A_BILLIONTH.replace("1 + 1e-9", "1").replace("gradient[1] *= 1", "pass")
    )
    done = elsewhere("-m", "verify", "run", "square.py", "--certificates", "a/b", folder=tmp_path)
    written = Path("a", "b", "1-square.json")
    assert done.stdout.endswith(f"certificate: {written}\n"), done.stdout + done.stderr
    accepted = elsewhere("-m", "verify", "certificate", str(written), folder=tmp_path)
    assert (accepted.returncode, accepted.stderr) == (0, "")
    certificate = tmp_path / written
    certificate.write_text(certificate.read_text().replace('"multiply"', '"add"'))
    assert elsewhere("-m", "verify", "certificate", str(written), folder=tmp_path).returncode == 1


STACKED = """
import verify


def doubled(x):
    return 2 * x

@verify.case(1.0)
@verify.case(1.0, grad=lambda x: 2 * x)
@verify.case(1.0, grad=doubled)
def square(x):
    return x * x
"""


def test_stacked_cases_come_in_the_order_of_their_source_each_with_a_label_of_its_own(lesson, capsys):
    (lesson / "stacked.py").write_text(STACKED)
    assert command("run", "stacked.py:square") == 0
    told = [row.split("  for")[0].split(None, 1) for row in capsys.readouterr().out.splitlines()[:3]]
    assert [row[1].strip() for row in told] == [
        "square [own gradient at line 8]",
        "square [grad=lambda at line 9]",
        "square [grad=doubled at line 10]",
    ]


def test_the_sources_of_a_target_are_those_of_its_file_as_it_is_now(lesson):
    from verify.run import collect

    for number in (1, 2):
        (lesson / "again.py").write_text(
            f"import verify\n@verify.case(1.0)\ndef f(x): return x + {number} * x\n" + "\n" * number
        )
        (found,) = collect("again.py")
        assert inspect.getsource(found.function).endswith(f"return x + {number} * x\n")
