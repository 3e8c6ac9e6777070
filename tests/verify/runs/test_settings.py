from pathlib import Path

import pytest

from verify.run import UsageError
from verify.runs.settings import STRICT, Loosened, Settings, resolved


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Write [tool.verify] into a folder, and resolve settings there."""
    monkeypatch.chdir(tmp_path)

    def resolve(table="", flags=(), environ=(), start=tmp_path):
        (tmp_path / "pyproject.toml").write_text(table, encoding="utf-8")
        return resolved(dict(flags), dict(environ), start)

    return resolve


def complaint(project, *arguments, **named):
    with pytest.raises(UsageError) as raised:
        project(*arguments, **named)
    return str(raised.value)


def test_without_a_file_the_defaults_hold(tmp_path):
    found = resolved({}, {}, tmp_path)
    assert found.settings == Settings()
    assert (found.loosened, found.root, found.file) == ((), tmp_path, None)


def test_flags_outrank_the_environment_and_that_the_file(project):
    table = "[tool.verify]\nseed = 1\njobs = 2\ntimeout = 3\n"
    found = project(table, {"seed": 9}, {"VERIFY_SEED": "8", "VERIFY_JOBS": "7"}).settings
    assert (found.seed, found.jobs, found.timeout) == (9, 7, 3.0)


def test_a_flag_that_was_not_given_says_nothing(project):
    assert project("[tool.verify]\nseed = 1\n", {"seed": None}).settings.seed == 1


def test_the_nearest_file_counts_and_its_paths_start_from_its_folder(project, tmp_path, monkeypatch):
    (tmp_path / "below").mkdir()
    (tmp_path / "cases.py").write_text("")
    monkeypatch.chdir(tmp_path / "below")
    table = '[tool.verify]\ntargets = ["cases.py", "cases.py:f", "package.module:f"]\nbaseline = "b.json"\n'
    found = project(table, start=tmp_path / "below")
    assert found.settings.targets == ("../cases.py", "../cases.py:f", "package.module:f")
    assert (found.settings.baseline, found.root) == ("../b.json", tmp_path)


def test_what_another_tool_made_of_the_file_is_no_slip_of_ours(project):
    assert project("tool = 3").settings == Settings()


def test_lists_in_the_environment_have_commas(project):
    assert project("", (), {"VERIFY_TARGETS": "a.py, b.py"}).settings.targets == ("a.py", "b.py")


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("[tool.verify]\nsede = 1", "there is no setting 'sede'. Did you mean 'seed'?"),
        ("[tool.verify]\nfail_om = []", "Did you mean 'fail-on'?"),
        ("[tool.verify]\nqqq = 1", "There are: targets, select,"),
        ('[tool.verify]\nseed = "1"', "seed: got '1'; expected a whole number."),
        ("[tool.verify]\nseed = -1", "seed: got -1; expected a whole number, at least 0."),
        ("[tool.verify]\nseed = true", "seed: got True; expected a whole number."),
        ("[tool.verify]\ntimeout = inf", "timeout: got inf; expected a number, at least 0.1."),
        ('[tool.verify]\njobs = "many"', "jobs: got 'many'; expected a whole number or \"auto\"."),
        ('[tool.verify]\nisolation = "cases"', "expected one of worker, case. Did you mean 'case'?"),
        ('[tool.verify]\ntargets = "a.py"', "targets: got 'a.py'; expected a list of texts, as [\"…\"]."),
        ('[tool.verify]\nfail-on = ["los"]', "Did you mean 'lost'?"),
        ("[tool.verify]\noverride = 1", "override is 1; expected tables [[tool.verify.override]]."),
        ('[[tool.verify.override]]\nmatch = "a"\nignore = ["V1"]', "override 1 has no 'reason'."),
        ('[[tool.verify.override]]\nmatch = "a"\nignore = ["V1"]\nreason = ""', "override 1 has no 'reason'."),
        ('[[tool.verify.override]]\nmach = "a"', "override 1: there is no setting 'mach'. Did you mean 'match'?"),
        ("[tool]\nverify = 1", "tool.verify is 1; expected a table"),
        ("[tool.verify", "this cannot be read as TOML"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(project, table, told):
    found = complaint(project, table)
    assert told in found
    assert "pyproject.toml" in found


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("VERIFY_SEEDS", "1", "VERIFY_SEEDS: there is no such setting. Did you mean VERIFY_SEED?"),
        ("VERIFY_JOBS", "x", "VERIFY_JOBS: got 'x'; expected a whole number or \"auto\"."),
        ("VERIFY_TIMEOUT", "nan", "VERIFY_TIMEOUT: got nan; expected a number, at least 0.1."),
        ("VERIFY_EXIT_ZERO", "perhaps", "VERIFY_EXIT_ZERO: got 'perhaps'; expected 1 or 0."),
    ],
)
def test_what_is_wrong_in_the_environment_is_named(project, variable, value, told):
    assert complaint(project, "", (), {variable: value}) == told


def test_variables_of_other_tools_are_none_of_ours(project):
    assert project("", (), {"VERIFY_SSL": "1", "VERIFIED": "1"}).settings == Settings()


@pytest.mark.parametrize(
    ("setting", "value", "what"),
    [
        ("fail-on", '["refuted"]', "fail-on leaves out nondifferentiable, undecided, lost"),
        ("ignore", '["V5"]', "ignore V5"),
        ("select", '["V1"]', "select V1"),
        ("exit-zero", "true", "exit-zero"),
    ],
)
def test_what_lets_more_pass_needs_a_reason_where_it_stands(project, setting, value, what):
    table = f"[tool.verify]\n{setting} = {value}\n"
    assert f"{what}: this lets more pass than the default, so it needs a reason" in complaint(project, table)
    assert what in complaint(project, table + 'reason = "  "\n')
    name = setting.replace("-", "_")
    assert project(f'{table}reason = "because"\n').loosened == (Loosened(name, what, "because"),)


def test_the_reason_of_the_file_is_none_for_a_flag(project):
    table = '[tool.verify]\nignore = ["V5"]\nreason = "because"\n'
    assert 'reports print: --reason "…"' in complaint(project, table, {"ignore": ("V1",)})
    assert project(table, {"ignore": ("V1",), "reason": "else"}).reasons == {"ignore": "else"}


def test_what_is_strict_again_is_no_longer_loosened(project):
    table = '[tool.verify]\nfail-on = ["refuted"]\nreason = "because"\n'
    assert project(table, {"fail_on": (*STRICT, "agrees")}).loosened == ()


def test_the_record_of_the_settings_is_plain_and_holds_the_reasons(project):
    table = '[[tool.verify.override]]\nmatch = "a*"\nignore = ["V1", "V2"]\nreason = "because"\n'
    record = project(table).record()
    assert record["fail-on"] == list(STRICT)
    assert record["loosened"] == [{"what": "ignore V1, V2", "match": "a*", "reason": "because"}]


def test_a_flag_exists_for_every_setting_but_those_of_the_file_alone():
    from dataclasses import fields

    from verify.command.options import Judging, Running

    flags = {each.name for kind in (Judging, Running) for each in fields(kind)}
    assert flags == {each.name for each in fields(Settings)} - {"targets", "override"}


def test_a_start_that_is_nowhere_is_no_error():
    assert resolved({}, {}, Path("/nowhere")).settings == Settings()
