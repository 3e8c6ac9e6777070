"""The commands beside run: what each prints, and the code it exits with."""

import json
import sqlite3
import tomllib
import zlib
from contextlib import closing

import pytest

from verify.command import doctor, running


@pytest.fixture
def ran(lesson, command):
    """A folder with one run on record, of a good and a bad case."""
    assert command("run", "lesson.py")[0] == 1
    return lesson


def use(lesson, *names):
    """Replace the cases of the lesson."""
    text = "import verify\n\n" + "".join(f"@verify.case(1.0)\ndef {name}(x): return x\n\n" for name in names)
    (lesson / "lesson.py").write_text(text)


def test_list_gives_ids_and_where_they_stand(lesson, command):
    assert command("list", "lesson.py")[:2] == (0, "lesson.py::bad\nlesson.py::good\n")
    _, out, _ = command("list", "lesson.py", "-l", "-k", "good")
    assert out == "lesson.py::good  lesson.py:3\n1 case\n"


# ---------------------------------------------------------------------------- one


def test_one_tells_everything_and_exits_by_the_result(lesson, command):
    text = "import verify\n\n@verify.case(1.0, grad=lambda x: 2 * x)\ndef square(x): return x * x\n"
    (lesson / "lesson.py").write_text(text + "\n@verify.case(1.0, grad=lambda x: 3 * x)\ndef wrong(x): return x * x\n")
    code, out, _ = command("one", "lesson.py:square")
    assert code == 0
    assert out.startswith("PROVED  square")
    assert "x = 5.0" not in out
    code, out, _ = command("one", "lesson.py::wrong[grad=lambda]", "--point", "x=5.0")
    assert code == 1
    assert "the gradient of wrong is wrong" in out.lower()
    assert "more: verify explain V1" in out


def test_one_takes_a_function_that_is_no_case_with_its_gradient(lesson, command):
    (lesson / "model.py").write_text("def loss(x, n): return n * x * x\n\ndef slope(x, n): return 2 * n * x, x * x\n")
    tokens = ["--grad", "model.py:slope", "--point", "n=3.0", "--point", "x=2.0"]
    code, out, _ = command("one", "model.py:loss", *tokens)
    assert (code, out.split()[0]) == (0, "PROVED")


@pytest.mark.parametrize(
    ("tokens", "code", "told"),
    [
        (["lesson.py"], 2, "lesson.py: these are 2 cases. Name one: lesson.py::good, lesson.py::bad."),
        (["lesson.py::worse"], 2, "lesson.py has no such case. Its cases: good, bad. All are listed by: verify"),
        (["lesson.py::goood"], 2, "lesson.py has no such case. Did you mean 'good'?"),
        (["nothing.py::f"], 2, "nothing.py: there is no such file"),
        (["lesson.py::good", "--point", "y=1.0"], 2, "--point: good(x) cannot be called so: missing"),
        (["lesson.py:good", "--grad", "lesson.py:slop", "--point", "1"], 2, "lesson.py has no function 'slop'."),
    ],
)
def test_one_says_which_case_it_would_take(lesson, command, tokens, code, told):
    found, out, complaint = command("one", *tokens)
    assert (found, out) == (code, "")
    assert told in complaint


# ---------------------------------------------------------------------------- explain


def test_explain_knows_codes_verdicts_and_cases(ran, command):
    assert command("explain", "v103")[1].startswith("V103  a wrong factor")
    assert command("explain", "proved")[1].startswith("PROVED  The formula is the gradient")
    _, out, _ = command("explain", "bad")
    assert out.startswith("REFUTED  bad")
    assert "V101" in out
    assert "reproduce   verify one lesson.py::bad" in out


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("V13", "V13: no rule code is this, or begins so. Did you mean 'V103'?"),
        ("lesson", "this fits 2 cases. Name one: lesson.py::bad, lesson.py::good."),
        ("lesson.py::goood", "no case of the run 'last', which has 2 cases. Did you mean 'lesson.py::good'?"),
        ("PROVD", "Did you mean 'PROVED'?"),
    ],
)
def test_explain_names_what_is_near(ran, command, what, told):
    code, _, complaint = command("explain", what)
    assert code == 2
    assert told in complaint


def test_explain_takes_the_beginning_of_codes(lesson, command):
    _, out, _ = command("explain", "V2")
    assert [row[:4] for row in out.splitlines() if row.startswith("V")] == ["V201", "V202", "V203"]


def test_a_case_is_meant_by_its_function_before_by_a_part_of_its_id(lesson, command):
    """good is one whole function, and a part of the ids of both others."""
    (lesson / "lesson.py").write_text(
        "import verify\n\ndef good(x): return 2 * x\n\n@verify.case(1.0, grad=good)\ndef bad(x): return x * x\n\n"
        "verify.case(1.0, wrt='x')(good)\n\n@verify.case(1.0)\ndef good_one(x): return x\n"
    )
    assert command("run", "lesson.py")[0] == 1
    assert command("explain", "good")[1].startswith("PROVED  good ")
    assert command("explain", "lesson.py::bad")[1].startswith("REFUTED  bad ")
    assert command("one", "lesson.py::good")[1].startswith("PROVED  good ")
    assert command("one", "lesson.py::bad")[1].startswith("PROVED  bad ")  # which is not asked by its name here


def test_looking_at_a_history_makes_none(lesson, command):
    assert command("history", "list")[:2] == (0, "no run is on record yet. One is put there by: verify run TARGET\n")
    assert command("history", "prune")[:2] == (0, "0 runs forgotten\n")
    assert not (lesson / ".verify").exists()


def test_without_a_run_the_command_says_how_to_make_one(lesson, command):
    code, _, complaint = command("explain", "good")
    assert code == 2
    assert "no run is on record here yet. One is put there by: verify run TARGET" in complaint


# ---------------------------------------------------------------------------- report


def test_report_tells_a_run_again_without_running_it(ran, command, monkeypatch):
    monkeypatch.setattr(running, "entries", None)
    assert "2 gradients: 1 refuted, 1 proved." in command("report")[1]
    assert command("report", "1", "-o", "page.html")[:2] == (0, "html: page.html\n")
    assert "<title>lesson.py</title>" in (ran / "page.html").read_text(encoding="utf-8")
    assert command("report", "--format", "concise")[1].startswith("lesson.py:6: V101 bad")
    assert json.loads(command("report", "last", "--format", "json")[1])["title"] == "lesson.py"


def test_report_compares_with_another_run(ran, command):
    use(ran, "good", "balls")
    command("run", "lesson.py")
    _, out, _ = command("report", "--compare", "1", "--format", "full")
    assert "removed" in out


def test_green_is_the_last_green_run_before_the_one_that_is_told(lesson, command):
    use(lesson, "good", "balls")
    assert command("run", "lesson.py")[0] == 0
    assert "no green run is on record before run 1" in command("report", "--compare", "green")[2]
    use(lesson, "good", "fixed")
    assert command("run", "lesson.py")[0] == 0
    assert command("report", "--compare", "green", "--format", "full")[1].count("removed") == 2


@pytest.mark.parametrize(
    ("tokens", "told"),
    [
        (["7"], "there is no run 7 on record. Those there are: verify history list"),
        (["green"], "no green run is on record."),
        (["run.jsonl"], "run.jsonl: there is no such run. Name a number"),
        (["lesson.py"], "lesson.py: line 1: this is not JSON"),
        (["-o", "page.pdf"], "page.pdf: no format ends in .pdf"),
        (["--format", "htm"], "--format htm: there is no such format. Did you mean 'html'?"),
        (["-o", "no/page.html"], "no/page.html: cannot be written"),
    ],
)
def test_report_says_what_it_can_tell(ran, command, tokens, told):
    code, out, complaint = command("report", *tokens)
    assert (code, out) == (2, "")
    assert told in complaint


# ---------------------------------------------------------------------------- history


def test_history_lists_shows_compares_and_forgets(ran, command):
    use(ran, "good", "balls")
    assert command("run", "lesson.py")[0] == 0
    assert [row.split()[0] for row in command("history", "list")[1].splitlines()] == ["1", "2*"]
    assert command("history", "list", "--last", "1")[1].split()[0] == "2*"
    assert "CERTIFIED" in command("history", "show")[1]
    code, out, _ = command("history", "diff", "1", "2")
    assert code == 1
    assert out.splitlines()[0].split() == ["removed", "lesson.py::bad", "(was", "REFUTED)"]
    assert command("history", "diff", "2", "2")[:2] == (0, "nothing changed\n")
    assert command("history", "prune", "--keep", "1")[1] == "1 run forgotten\n"
    assert command("history", "prune", "--keep", "0")[0] == 2


def test_a_run_that_is_exported_can_be_imported_once(lesson, command):
    use(lesson, "good", "bad")
    command("run", "lesson.py")
    assert command("history", "export", "last", "run.jsonl")[0] == 0
    assert command("history", "import", "run.jsonl")[1].startswith("run.jsonl: run 1, ")
    (lesson / ".verify" / "history.sqlite").unlink()
    for _ in range(2):
        assert command("history", "import", "run.jsonl")[1].startswith("run.jsonl: run 1, ")
    assert len(command("history", "list")[1].splitlines()) == 1
    assert command("history", "import")[0] == 2


def test_a_proof_forged_into_the_history_does_not_count(lesson, command):
    use(lesson, "good")
    assert command("run", "lesson.py")[0] == 0
    with closing(sqlite3.connect(lesson / ".verify" / "history.sqlite")) as history, history:
        history.execute("UPDATE certificate SET body = ?", (zlib.compress(b'{"schema": 1}'),))
    assert command("report")[1].splitlines()[-1] == "1 gradient: 1 undecided."
    assert "what was recorded does not hold: its certificate is rejected" in command("explain", "good")[1]


# ---------------------------------------------------------------------------- baseline


def test_a_baseline_accepts_what_is_undecided_today_and_losing_certainty_against_it_fails(lesson, command):
    use(lesson, "good", "unsure")
    assert command("run", "lesson.py")[0] == 1
    code, _, complaint = command("baseline", "update")
    assert code == 2
    assert "would accept UNDECIDED of lesson.py::unsure. Say why" in complaint
    assert command("baseline", "update", "--reason", "no rule for it yet")[0] == 0
    assert command("baseline", "check")[:2] == (0, "gate: passed, 1 case let pass\n")
    code, out, _ = command("run", "lesson.py", "--json", "run.json")
    assert code == 0
    assert "let pass: 1 undecided; reason: no rule for it yet" in out
    record = json.loads((lesson / "run.json").read_text(encoding="utf-8"))
    assert record["settings"]["loosened"] == [
        {"what": "the baseline accepts 1 case", "match": "lesson.py::unsure", "reason": "no rule for it yet"}
    ]


def test_less_certainty_than_the_baseline_has_fails_though_it_passes_alone(lesson, command):
    use(lesson, "balls")
    command("run", "lesson.py")
    baseline = '{"schema": 1, "cases": {\n"lesson.py::balls": {"verdict": "PROVED", "every": true}\n}}\n'
    (lesson / "verify-baseline.json").write_text(baseline)
    code, out, _ = command("run", "lesson.py")
    assert code == 1
    assert "lost            lesson.py::balls: CERTIFIED, and was PROVED for every size" in out
    assert (lesson / "verify-baseline.json").read_text() == baseline


def test_a_baseline_improves_by_itself(lesson, command):
    use(lesson, "good")
    held = '{"schema": 1, "cases": {\n"lesson.py::good": {"verdict": "UNDECIDED", "ok": false, "reason": "why"}\n}}\n'
    (lesson / "verify-baseline.json").write_text(held)
    code, out, _ = command("run", "lesson.py")
    assert code == 0
    assert "baseline: 1 case improved or new: verify-baseline.json" in out
    assert command("baseline", "show")[1] == "PROVED for every size       lesson.py::good\n1 case\n"


def test_no_baseline_accepts_what_is_refuted(ran, command):
    code, out, _ = command("baseline", "update")
    assert code == 0
    assert "1 case refuted, which no baseline accepts: lesson.py::bad" in out
    assert command("baseline", "check")[0] == 1


@pytest.mark.parametrize(
    ("tokens", "told"),
    [
        (["show"], "verify-baseline.json: there is no such baseline. Make one from the newest run"),
        (["check", "--baseline", "lesson.py"], "lesson.py: this baseline cannot be read"),
        (["update", "--only-improvements", "--reason", "x"], "--only-improvements accepts nothing and drops nothing"),
    ],
)
def test_baseline_says_what_is_missing(ran, command, tokens, told):
    code, _, complaint = command("baseline", *tokens)
    assert code == 2
    assert told in complaint


# ---------------------------------------------------------------------------- merge


def test_shards_are_judged_together_and_none_may_be_missing(lesson, command, monkeypatch):
    use(lesson, "balls_a", "balls_b", "balls_c")
    for part in "12":
        assert command("run", "lesson.py", "--shard", f"{part}/2", "--output-format", f"jsonl={part}.jsonl")[0] == 0
    code, _, complaint = command("merge", "1.jsonl")
    assert (code, "of 2 shards, 2 is missing" in complaint) == (2, True)
    code, out, _ = command("merge", "2.jsonl", "1.jsonl", "--report", "page.html")
    assert (code, out) == (0, "3 gradients: 3 certified.\nreport: page.html\n")
    assert command("merge")[0] == 2


# ---------------------------------------------------------------------------- init, doctor, certificate, audit


def test_init_writes_what_runs_and_overwrites_nothing(lesson, command):
    assert command("init", "--ci", "github")[0] == 0
    assert tomllib.loads((lesson / "pyproject.toml").read_text())["tool"]["verify"]["targets"] == ["gradients.py"]
    assert command("list")[1] == "gradients.py::loss[grad=gradient, wrt='w']\n"
    workflow = (lesson / ".github" / "workflows" / "verify.yml").read_text()
    assert "permissions:\n  contents: read\n" in workflow
    (lesson / "gradients.py").write_text("mine")
    (lesson / "pyproject.toml").write_text('[project]\nname = "mine"\n')
    _, out, _ = command("init")
    assert "gradients.py: is there already, and is left as it is\n" in out
    assert (lesson / "gradients.py").read_text() == "mine"
    assert (lesson / "pyproject.toml").read_text().startswith('[project]\nname = "mine"\n\n[tool.verify]\n')
    _, out, _ = command("init", "--ci", "github")
    assert "verify.yml: is there already, and is left as it is\n" in out
    (lesson / ".github" / "workflows" / "verify.yml").write_text("name: mine\n")
    _, out, _ = command("init", "--ci", "github")
    assert "verify.yml: is there already, and is left as it is. Add to it:" in out


@pytest.mark.parametrize(("kind", "file"), [("gitlab", ".gitlab-ci.yml"), ("pre-commit", ".pre-commit-config.yaml")])
def test_init_writes_a_job_for_other_places(lesson, command, kind, file):
    assert command("init", "--ci", kind)[0] == 0
    assert "verify run" in (lesson / file).read_text()


def test_init_leaves_a_broken_file_alone(lesson, command):
    (lesson / "pyproject.toml").write_text("[tool")
    code, _, complaint = command("init")
    assert (code, "cannot be read as TOML" in complaint) == (2, True)
    assert (lesson / "pyproject.toml").read_text() == "[tool"


def test_doctor_names_what_is_broken(lesson, command, monkeypatch):
    monkeypatch.setattr(doctor, "_versions", lambda: iter(()))
    code, out, _ = command("doctor")
    assert (code, out.splitlines()[-1]) == (0, "all is well")
    (lesson / "pyproject.toml").write_text("[tool.verify]\nsede = 1\n")
    code, out, _ = command("doctor")
    assert code == 1
    assert "BROKEN  settings" in out
    assert "Did you mean 'seed'?" in out


@pytest.mark.parametrize(
    ("tokens", "told"),
    [
        ([], "nothing to check. Name a file, as in: verify certificate FILE. Certificates are written by"),
        (["nothing.json"], "nothing.json: there is no such file"),
        (["."], ".: this is a folder. Name one of the certificates in it"),
        (["lesson.py"], "lesson.py: this is not JSON: Expecting value"),
        (["other.json"], "other.json: this JSON is no certificate: it has no format and no claim"),
    ],
)
def test_what_is_no_certificate_is_told(lesson, command, tokens, told):
    (lesson / "other.json").write_text('{"name": "other"}')
    code, out, complaint = command("certificate", *tokens)
    assert (code, out) == (2, "")
    assert told in complaint


def test_an_audit_of_a_module_without_ops_is_not_a_pass(lesson, command):
    (lesson / "no_ops_here.py").write_text("")
    assert command("audit", "no_ops_here.py")[0] == 5
    code, _, complaint = command("audit", "no_such_module_of_ops")
    assert (code, "there is no module named 'no_such_module_of_ops'" in complaint) == (2, True)
