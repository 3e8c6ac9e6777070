"""A case's process has the variables that Python needs, those named for it, and no secret of its user."""

import pytest

from verify.execute.suite import collected, entries
from verify.execute.surroundings import environment

LESSON = """
import os
import verify

@verify.case(2.0, grad=lambda x: 2 * x * (os.environ.get("DEPLOY_TOKEN") is None))
def hidden(x):
    return x * x

@verify.case(2.0, grad=lambda x: 2 * x * float(os.environ["VERIFY_CASE_FACTOR"]))
def passed(x):
    return x * x
"""


@pytest.mark.parametrize("name", ["DEPLOY_TOKEN", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "VERIFY_JOBS", "LD_PRELOAD"])
def test_others_do_not_get_through(name):
    assert name not in environment({name: "secret"})


@pytest.mark.parametrize("name", ["PATH", "HOME", "LC_ALL", "PYTHONPATH", "VERIFY_CASE_FACTOR"])
def test_what_is_needed_does(name):
    assert environment({name: "here"})[name] == "here"


def test_hashes_are_fixed_whatever_was_given():
    assert environment({"PYTHONHASHSEED": "7"})["PYTHONHASHSEED"] == "0"


def test_a_case_sees_no_more(tmp_path, monkeypatch):
    monkeypatch.setenv("DEPLOY_TOKEN", "secret")
    monkeypatch.setenv("VERIFY_CASE_FACTOR", "1")
    lesson = tmp_path / "lesson.py"
    lesson.write_text(LESSON)
    found = {entry.result.name: entry.result for entry in entries(collected([str(lesson)]), jobs=1)}
    assert {name: result.ok for name, result in found.items()} == {"hidden": True, "passed": True}, found
