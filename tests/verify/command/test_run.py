import errno
import json
import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from verify.command import collecting, running
from verify.runs.suite import INTERRUPTED, Entry, read

SUMMARY = "2 gradients: 1 refuted, 1 proved."


def cases(*names):
    return "import verify\n\n" + "".join(f"@verify.case(1.0)\ndef {name}(x): return x\n\n" for name in names)


def test_zero_when_every_result_is_ok(lesson, command):
    said = "PROVED     good  for every n >= 1, 0 ulps  lesson.py:3\n1 gradient: 1 proved.\n"
    assert command("run", "lesson.py:good") == (0, said, "")


def test_one_when_a_result_is_not_ok_and_its_paragraph_is_printed_with_how_to_see_it_again(lesson, command):
    code, out, _ = command("run", "lesson.py")
    assert code == 1
    assert "REFUTED    bad" in out
    assert "The gradient of bad is wrong." in out
    assert "reproduce   verify one lesson.py::bad" in out
    assert out.endswith(f"{SUMMARY}\ngate: failed: 1 refuted\n")


def test_cases_are_told_in_the_order_of_their_ids_however_they_end(lesson, command):
    (lesson / "lesson.py").write_text(cases("good_b", "good_a", "good_c"))
    _, out, _ = command("run", "lesson.py")
    assert [row.split()[1] for row in out.splitlines()[:3]] == ["good_a", "good_b", "good_c"]


@pytest.mark.parametrize(
    ("tokens", "code", "told"),
    [
        (["run"], 2, "nothing to run. Name a target"),
        (["run", "nothing.py"], 2, "nothing.py: there is no such file"),
        (["run", "lesson.py:worse"], 2, "no case is named 'worse'. The module's cases: good, bad."),
        (["run", "empty.py"], 5, "empty.py: no case was found"),
        (["run", "lesson.py", "empty.py"], 5, "empty.py: no case was found"),
        (["run", "lesson.py", "-k", "zzz"], 5, "-k 'zzz' fits none of 2 cases"),
        (["run", "lesson.py", "-k", "good and"], 2, "something is missing at its end"),
        (["run", "broken.py"], 2, "importing it failed with ZeroDivisionError: division by zero (at broken.py:1)"),
        (["run", "no_such_module"], 2, "there is no module named 'no_such_module'"),
        (["run", "lesson.py", "--report", "no/folder.html"], 2, "cannot be written. Name a file in a folder that"),
        (["run", "lesson.py", "--certificates", "lesson.py"], 2, "lesson.py: the folder cannot be made: File exists"),
        (["run", "lesson.py", "--output-format", "htlm=a.html"], 2, "no format 'htlm'. Did you mean 'html'?"),
        (["run", "lesson.py", "--output-format", "json,concise"], 2, "only one format can go to the terminal"),
        (["run", "lesson.py", "--shard", "3/2"], 2, "--shard '3/2': expected I/N with I from 1 to N"),
        (["run", "lesson.py", "--shard", "0/2"], 2, "--shard '0/2': expected I/N with I from 1 to N"),
        (["run", "lesson.py", "--budget", "nan"], 2, "--budget nan: expected a number of seconds"),
        (["run", "lesson.py", "--jobs", "0"], 2, '--jobs: got 0; expected a whole number or "auto", at least 1.'),
        (["run", "lesson.py", "--jobs", "all"], 2, "--jobs: got 'all'; expected a whole number or \"auto\"."),
        (
            ["run", "lesson.py", "--ignore", "V8", "--reason", "old"],
            2,
            "ignore: V8: no rule code is this, or begins so.",
        ),
        (["run", "lesson.py", "-k", "none"], 5, "fits none of 2 cases. They are listed by: verify list lesson.py"),
        (["run", "lesson.py", "--fail-on", "refutd"], 2, "Did you mean 'refuted'?"),
        (["run", "lesson.py", "--fail-on", "refuted"], 2, "needs a reason, which reports print: --reason"),
        (
            ["run", "lesson.py", "--baseline", "b.json"],
            2,
            "b.json: there is no such baseline. Make one from the newest",
        ),
        (["run", "lesson.py", "--untrusted"], 2, "lesson.py: --untrusted runs no Python of others."),
        (["run", "lesson.py", "--point", "1.0"], 2, "--point belongs to a pair: name the gradient too"),
        (["run", "lesson.py", "--tolerance", "1"], 2, "Unknown option: --tolerance."),
        (
            ["run", "lesson.py", "--report", "below"],
            2,
            "below: this is a folder. Name a file in it, as below/verify.html.",
        ),
        (["report", "1", "2"], 2, "2: one argument too many. See: verify report --help"),
        (["run", "-k"], 2, "See: verify run --help"),
        (["walk"], 2, 'Unknown command "walk"'),
    ],
)
def test_what_cannot_be_run_is_told_with_nothing_run(lesson, command, tokens, code, told):
    (lesson / "empty.py").write_text("")
    (lesson / "below").mkdir()
    (lesson / "broken.py").write_text("1 / 0\n")
    found, out, complaint = command(*tokens)
    assert (found, out) == (code, "")
    assert told in complaint
    assert not (lesson / ".verify").exists()


def test_the_report_and_the_record_are_written_also_when_a_result_is_not_ok(lesson, command):
    code, out, _ = command("run", "lesson.py", "--report", "page.html", "--json", "run.json")
    assert code == 1
    assert "<title>lesson.py</title>" in (lesson / "page.html").read_text(encoding="utf-8")
    record = json.loads((lesson / "run.json").read_text(encoding="utf-8"))
    assert [entry["result"]["verdict"] for entry in record["entries"]] == ["REFUTED", "PROVED"]
    assert "report: page.html\njson: run.json\n" in out


def test_a_format_for_the_terminal_has_the_output_to_itself(lesson, command):
    code, out, complaint = command("run", "lesson.py", "--output-format", "jsonl")
    run = read(out.splitlines())
    assert (code, [entry.case for entry in run.entries]) == (1, ["lesson.py::bad", "lesson.py::good"])
    assert complaint == "gate: failed: 1 refuted"


def test_several_targets_are_one_run_and_a_case_named_twice_runs_once(lesson, command):
    assert command("run", "lesson.py:good", "lesson.py", "lesson.py:good")[1].count("PROVED") == 1


def test_a_case_that_was_not_run_fails_whatever_is_let_pass(lesson, command):
    tokens = ["--budget", "0", "--exit-zero", "--fail-on", "refuted", "--ignore", "V", "--reason", "because"]
    code, out, _ = command("run", "lesson.py", *tokens)
    assert code == 1
    assert "2 cases not run: the budget of 0 s for the whole run was used up\ngate: failed: 2 not run\n" in out


def test_undecided_fails_unless_fail_on_leaves_it_out_with_a_reason_that_is_printed(lesson, command):
    (lesson / "lesson.py").write_text(cases("unsure"))
    assert command("run", "lesson.py")[0] == 1
    relaxed = ["--fail-on", "refuted,nondifferentiable", "--fail-on", "lost", "--reason", "not yet"]
    code, out, _ = command("run", "lesson.py", *relaxed, "--report", "page.html")
    assert code == 0
    assert "loosened: fail-on leaves out undecided; reason: not yet" in out
    assert "not yet" in (lesson / "page.html").read_text(encoding="utf-8")


def test_exit_zero_says_that_the_gate_failed(lesson, command):
    code, out, _ = command("run", "lesson.py", "--exit-zero", "--reason", "a trial")
    assert code == 0
    assert "gate: failed: 1 refuted; exit-zero asks for 0 all the same\n" in out


def test_ignored_codes_are_let_pass_with_their_reason(lesson, command):
    code, out, _ = command("run", "lesson.py", "--ignore", "v1", "--reason", "known since May")
    assert code == 0
    assert "let pass: 1 refuted; reason: known since May" in out


def test_an_override_of_the_settings_lets_its_cases_pass_and_no_others(lesson, command):
    (lesson / "lesson.py").write_text(cases("bad_old", "bad_new"))
    override = '[[tool.verify.override]]\nmatch = "*bad_old"\nignore = ["V101"]\nreason = "ticket 7"\n'
    (lesson / "pyproject.toml").write_text(override)
    code, out, _ = command("run", "lesson.py")
    assert code == 1
    assert "gate: failed: 1 refuted\nlet pass: 1 refuted; reason: ticket 7\n" in out


def test_the_targets_of_the_settings_are_run_from_a_folder_below_with_the_same_ids(lesson, command, monkeypatch):
    (lesson / "pyproject.toml").write_text('[tool.verify]\ntargets = ["lesson.py:good"]\n')
    (lesson / "below").mkdir()
    monkeypatch.chdir(lesson / "below")
    code, out, _ = command("run")
    assert (code, out.splitlines()[0].split()[-1]) == (0, "lesson.py:3")
    assert command("list")[1] == "lesson.py::good\n"


def test_a_keyword_narrows_what_is_run(lesson, command):
    assert command("run", "lesson.py", "-k", "not bad")[0] == 0


def test_a_case_is_run_by_its_id(lesson, command):
    (lesson / "below").mkdir()
    assert command("list", "lesson.py::good", "lesson.py:good")[:2] == (0, "lesson.py::good\n")
    assert command("run", "lesson.py::good")[0] == 0
    assert command("report", "--format", "json")[1].startswith('{"schema": 1, "title": "lesson.py::good"')
    _, _, complaint = command("run", "lesson.py::god")
    assert "lesson.py::god: lesson.py has no such case. Did you mean 'good'? Its cases: bad, good." in complaint
    assert "--untrusted runs no Python of others" in command("run", "lesson.py::good", "--untrusted")[2]


def test_the_rules_of_an_override_are_those_there_are(lesson, command):
    table = '[[tool.verify.override]]\nmatch = "lesson*"\nignore = ["V1O1"]\nreason = "old"\n'
    (lesson / "pyproject.toml").write_text(table)
    code, _, complaint = command("run", "lesson.py")
    assert (code, "override for 'lesson*': ignore: V1O1: no rule code is this" in complaint) == (2, True)


def test_a_pair_is_named_by_what_checks_it_again_and_stands_where_its_function_does(lesson, command):
    text = "\ndef good(x):\n    return x * x\n\ndef slope(x):\n    return 2 * x\n"
    (lesson / "model.py").write_text(text)
    tokens = ["model.py:good", "--grad", "model.py:slope", "--point", "x=[1.0, 2.0]"]
    assert "  model.py:2\n" in command("run", *tokens)[1]
    name = "model.py:good --grad model.py:slope --point 'x=[1.0, 2.0]'"
    assert name in command("history", "show")[1]
    assert f"reproduce   verify one {name}\n" in command("explain", name)[1]
    assert command("one", *tokens)[1].startswith("PROVED  good  (model.py:2)")
    assert command("run", *tokens, "--untrusted")[0] == 2


def test_a_run_has_the_same_title_from_whatever_folder(lesson, command, monkeypatch):
    (lesson / "pyproject.toml").write_text('[tool.verify]\ntargets = ["lesson.py:good"]\n')
    (lesson / "below").mkdir()
    monkeypatch.chdir(lesson / "below")
    for tokens in ([], ["../lesson.py:good"]):
        assert command("run", *tokens)[0] == 0
    assert [row.split()[-1] for row in command("history", "list")[1].splitlines()] == ["lesson.py:good"] * 2


def test_shards_are_every_case_once(lesson, command):
    (lesson / "lesson.py").write_text(cases("good_a", "good_b", "good_c"))
    found = [command("list", "lesson.py", "--shard", f"{part}/2")[1].split() for part in (1, 2)]
    assert found == [["lesson.py::good_a", "lesson.py::good_c"], ["lesson.py::good_b"]]


def test_a_shard_without_cases_is_no_failure(lesson, command):
    assert command("run", "lesson.py:good", "--shard", "2/2")[:2] == (0, "0 gradients: none.\n")


def test_quiet_is_a_line_for_what_is_not_ok_and_verbose_a_paragraph_for_each(lesson, command):
    assert command("run", "lesson.py", "-q", "--no-history")[1].splitlines()[1:] == [SUMMARY, "gate: failed: 1 refuted"]
    assert "The gradient of good is right" in command("run", "lesson.py", "-v")[1]


def test_an_interrupted_run_keeps_what_was_done_and_exits_with_130(lesson, command, monkeypatch):
    def interrupted(selected, **limits):
        first, *_ = original(selected[:1])
        yield first
        raise KeyboardInterrupt

    original = running.entries
    monkeypatch.setattr(running, "entries", interrupted)
    code, out, _ = command("run", "lesson.py", "--output-format", "jsonl=run.jsonl")
    assert code == 130
    assert "interrupted: 1 case of 2 had been run\n" in out
    run = read((lesson / "run.jsonl").read_text(encoding="utf-8").splitlines())
    assert run.interrupted
    assert [entry.outcome for entry in run.entries] == ["done", "not run"]
    assert command("history", "list")[1].split()[0] == "1!"


def test_an_interrupt_before_a_case_has_run_is_told(lesson, command, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(collecting, "collected", interrupted)
    assert command("list", "lesson.py") == (130, "", "verify: interrupted")


def test_an_engine_that_gives_up_cases_by_itself_is_an_interrupt_too(lesson, command, monkeypatch):
    def gives_up(selected, **limits):
        for entry in original(selected):
            yield Entry(entry.case, replace(entry.result, reason=reason), "not run")

    original = running.entries
    monkeypatch.setattr(running, "entries", gives_up)
    reason = INTERRUPTED
    assert command("run", "lesson.py:good")[0] == 130
    reason = "the case cannot be checked: there is no keyword gard"
    code, out, _ = command("run", "lesson.py:good")
    assert code == 1
    assert "  1 case not run: the case cannot be checked: there is no keyword gard\n" in out


def test_a_fault_of_verify_itself_is_three_with_where_to_report_it(lesson, command, monkeypatch):
    def broken(selected, **limits):
        raise AssertionError("no such engine")

    monkeypatch.setattr(running, "entries", broken)
    code, _, complaint = command("run", "lesson.py")
    assert code == 3
    assert "this is a fault of verify itself" in complaint
    assert "AssertionError: no such engine" in complaint


def test_what_is_worse_than_the_last_green_run_is_told_first(lesson, command):
    (lesson / "lesson.py").write_text(cases("good", "balls"))
    assert command("run", "lesson.py")[0] == 0
    (lesson / "lesson.py").write_text(cases("balls", "bad"))
    code, out, _ = command("run", "lesson.py")
    assert code == 1
    assert "1 new failure, 1 removed. 2 gradients" in out
    assert "  removed         lesson.py::good" in out


def test_the_settings_reach_the_engine(lesson, command, monkeypatch):
    seen = {}

    def noted(selected, **limits):
        seen.update(limits)
        yield from original(selected)

    original = running.entries
    monkeypatch.setattr(running, "entries", noted)
    monkeypatch.setenv("VERIFY_MEMORY", "512")
    monkeypatch.setenv("VERIFY_SEED", "3")
    flags = ["--seed", "9", "-j", "3", "--timeout", "2.5", "--isolation", "case", "--engine", "a:b"]
    assert command("run", "lesson.py:good", *flags)[0] == 0
    asked = {"jobs": 3, "timeout": 2.5, "memory": 512, "seed": 9, "engine": "a:b", "isolation": "case"}
    assert seen == asked


def test_control_characters_of_a_name_do_not_reach_the_terminal(lesson, command):
    text = cases("good") + "good.__name__ = 'good\\x1b[2J'\n"
    (lesson / "lesson.py").write_text(text)
    _, out, _ = command("run", "lesson.py")
    assert "\x1b" not in out
    assert r"good\x1b[2J" in out


def test_square_brackets_of_a_name_are_not_markup(lesson, command):
    (lesson / "lesson.py").write_text(cases("good") + "good.__name__ = 'good [red]x[/red]'\n")
    assert "[red]x[/red]" in command("run", "lesson.py")[1]


def test_a_history_that_cannot_be_read_costs_no_result(lesson, command):
    (lesson / ".verify").mkdir()
    (lesson / ".verify" / "history.sqlite").write_text("this is no database" * 100)
    code, out, complaint = command("run", "lesson.py:good")
    assert (code, out.splitlines()[-1]) == (0, "1 gradient: 1 proved.")
    assert "the run is not on record" in complaint


def test_a_run_is_of_the_commit_that_is_checked_out(lesson, command):
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "lesson.py"], [*identity, "commit", "-q", "-m", "a lesson"]):
        subprocess.run(["git", *words], check=True, cwd=lesson)
    found = []
    for text in ("", "# changed\n"):
        (lesson / "lesson.py").write_text((lesson / "lesson.py").read_text() + text)
        _, out, _ = command("run", "lesson.py:good", "--output-format", "jsonl")
        found.append(read(out.splitlines()).commit)
    assert re.fullmatch("[0-9a-f]{12}", found[0])
    assert found[1] == found[0] + "+"


def test_a_report_that_cannot_be_written_in_the_end_is_told_and_the_run_is_kept(lesson, command, monkeypatch):
    def full(*ignored, **also):
        raise OSError(errno.ENOSPC, "No space left on device", "page.html")

    monkeypatch.setattr("verify.command.outputs.write", full)
    code, _, complaint = command("run", "lesson.py:good", "--report", "page.html")
    assert code == 2
    assert "page.html: cannot be written: No space left on device. The run had ended." in complaint
    assert command("history", "list")[1].split()[0] == "1*"
