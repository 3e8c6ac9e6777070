"""The pytest plugin: silent and cheap when unused, eight lines where a gradient is wrong, the same under xdist."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from importlib.metadata import entry_points

import pytest

import verify
from verify.plugin import Recorder
from verify.runs.suite import read
from verify.verdict import Verdict

pytest_plugins = ["pytester"]

LESSON = """
import numpy as np
import pytest
import verify


def loss(w, X):
    return np.mean((X @ w) ** 2)


def loss_gradient(w, X):
    return 2 * X.T @ (X @ w)


def test_right(verify_gradient, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert verify_gradient(np.sin, 0.5, grad=np.cos).verdict is verify.Verdict.PROVED


def test_wrong(verify_gradient):
    verify_gradient(loss, np.array([1.0, 2.0]), np.arange(6.0).reshape(3, 2), grad=loss_gradient, wrt=0, budget=60)


@pytest.mark.gradient(domain={"x": "positive"})
def test_marked(verify_gradient):
    assert verify_gradient(np.log, 2.0, grad=lambda x: 1 / x).formula.domain


def test_other():
    assert True
"""
CASES = """
import verify

@verify.case(3.0, grad=lambda x: 2 * x)
@verify.case(4.0, grad=lambda x: 2)
def square(x):
    return x * x
"""


@pytest.fixture
def pytest_in(pytester):
    """Run pytest with the plugin, installed or not."""
    installed = any(entry.name == "dualgrad" for entry in entry_points(group="pytest11"))
    plugin = [] if installed else ["-p", "_dualgrad_pytest"]
    return lambda *args: pytester.runpytest_inprocess(*plugin, "-p", "no:cacheprovider", *args)


@pytest.fixture
def lesson(pytester):
    pytester.makepyfile(test_lesson=LESSON, cases=CASES)


def test_misuse_is_told_at_the_line_of_the_test(pytester, pytest_in):
    pytester.makepyfile(test_misuse="def test_slip(verify_gradient):\n    verify_gradient(abs, 1.0, gard=abs)\n")
    done = pytest_in("test_misuse.py", "--tb=short")
    done.stdout.fnmatch_lines(["test_misuse.py:2: in test_slip", "E   TypeError: verify.check: there is no keyword*"])
    assert "check.py" not in done.stdout.str()


def test_cases_are_collected_however_the_decorator_is_imported(pytester, pytest_in):
    pytester.makepyfile(lessons="from verify import case\n\n@case(3.0)\ndef square(x):\n    return x * x\n")
    pytest_in("lessons.py", "--verify-cases").assert_outcomes(passed=1)


def test_loading_it_imports_neither_package_nor_anything_they_need_and_takes_no_time():
    code = (
        "import pytest, sys, time; before = set(sys.modules); started = time.process_time(); import _dualgrad_pytest;"
        "took = time.process_time() - started; print(took, *sorted(set(sys.modules) - before))"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(3)]
    took, *loaded = min((done.stdout.split() for done in runs), key=lambda row: float(row[0]))
    assert loaded == ["_dualgrad_pytest"]
    assert float(took) < 0.01


def test_it_is_silent_where_nothing_is_asked_of_it(pytester, pytest_in):
    pytester.makepyfile("def test_one(): assert 1")
    shown = pytest_in().stdout.str()
    assert "1 passed" in shown
    assert "gradient" not in shown.replace("plugins:", "")
    assert "dualgrad" not in shown.replace("plugins: dualgrad", "")


def test_a_wrong_gradient_fails_its_test_in_eight_lines_that_end_in_a_command(lesson, pytest_in):
    done = pytest_in("test_lesson.py")
    done.assert_outcomes(passed=3, failed=1)
    rows = done.stdout.str().split("test_wrong ___")[1].split("\n")[1:]
    told = rows[: next(number for number, row in enumerate(rows) if "reproduce" in row) + 1]
    assert len(told) <= 8
    assert told[0].startswith("REFUTED V103 loss (test_lesson.py:6)")
    assert "3 times the gradient" in "\n".join(told)
    assert "X.shape[0] is 3" in "\n".join(told)
    assert told[-1].split(None, 1) == ["reproduce", "pytest test_lesson.py::test_wrong"]
    done.stdout.fnmatch_lines(
        ["*= gradients =*", "REFUTED V103 test_lesson.py::test_wrong: *", "3 gradients: 1 refuted, *"]
    )


def test_reports_are_written_in_the_format_of_their_names(lesson, pytest_in, pytester):
    pytest_in("test_lesson.py", "--verify-report=out/page.html", "--verify-report=run.jsonl", "--verify-seed=7")
    assert "<h1>" in (pytester.path / "out/page.html").read_text(encoding="utf-8")
    run = read((pytester.path / "run.jsonl").read_text(encoding="utf-8").splitlines())
    assert [entry.case for entry in run.entries] == [
        f"test_lesson.py::test_{name}" for name in ("marked", "right", "wrong")
    ]
    assert run.entries[1].result.formula.expression  # a report has what a mere check leaves out


def test_properties_reach_the_junit_file(lesson, pytest_in, pytester):
    pytest_in("test_lesson.py", "--junitxml=junit.xml")
    root = ElementTree.parse(pytester.path / "junit.xml").getroot()
    found = {
        case.get("name"): {each.get("name"): each.get("value") for each in case.iter("property")}
        for case in root.iter("testcase")
    }
    assert found["test_wrong"] == {"verify.verdict": "REFUTED", "verify.code": "V103"}
    assert found["test_right"]["verify.verdict"] == "PROVED"
    assert found["test_other"] == {}


def test_registered_cases_are_tests_on_request_only(lesson, pytest_in):
    pytest_in("cases.py").assert_outcomes()
    done = pytest_in("cases.py", "--verify-cases")
    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(["REFUTED V101 square*", "*reproduce  pytest --verify-cases 'cases.py::square[[]*"])


def test_workers_of_a_distributed_run_hand_over_what_they_checked(lesson, pytest_in, pytester):
    done = pytest_in("test_lesson.py", "-n2", "--verify-report=run.jsonl")
    done.assert_outcomes(passed=3, failed=1)
    done.stdout.fnmatch_lines(["3 gradients: 1 refuted, *"])
    assert len(read((pytester.path / "run.jsonl").read_text(encoding="utf-8").splitlines()).entries) == 3


def test_a_baseline_accepts_what_it_says_and_holds_what_was_proved(pytester, pytest_in):
    pytester.makepyfile(
        test_it="""
        import numpy as np
        def test_undecided(verify_gradient):
            verify_gradient(lambda x: 1 / 0, 1.0, grad=lambda x: x)
        def test_weaker(verify_gradient):
            verify_gradient(np.sin, 0.5, grad=np.cos)
        """
    )
    known = {
        "test_it.py::test_undecided": {"verdict": "UNDECIDED", "ok": False, "reason": "later"},
        "test_it.py::test_weaker": {"verdict": "PROVED", "every": True},
    }
    pytester.path.joinpath("known.json").write_text(json.dumps({"schema": 1, "cases": known}), encoding="utf-8")
    pytest_in().assert_outcomes(passed=1, failed=1)
    done = pytest_in("--verify-baseline=known.json")
    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(["certainty was lost against the baseline: PROVED, and was PROVED for every size"])


@pytest.mark.parametrize(
    ("switch", "told"),
    [
        ("--verify-report=run.pdf", "expected a name ending in one of .html"),
        ("--verify-seed=x", "invalid int value: 'x'"),
        ("--verify-baseline=none.json", "--verify-baseline=none.json: there is no such file"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_runs(lesson, pytest_in, switch, told):
    done = pytest_in(switch)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert told in done.stderr.str()


def test_a_second_check_of_a_test_has_a_name_of_its_own():
    recorder = Recorder("test_a.py::test_b")
    for gradient in (lambda x: 2 * x, lambda x: 3 * x):
        recorder.gradient(lambda x: x * x, 3.0, grad=gradient)
    assert [entry.case for entry in recorder.entries] == ["test_a.py::test_b", "test_a.py::test_b#2"]
    assert [name for name, _ in recorder.properties if "verdict" in name] == ["verify.verdict", "verify.verdict.2"]
    assert recorder.entries[1].result.verdict is Verdict.REFUTED
    assert len(recorder.unsent()) == 2
    assert recorder.unsent() == []
    assert verify.Verdict is Verdict
