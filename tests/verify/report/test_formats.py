"""What each format holds, and the structure that its readers require."""

import json
import re
import shlex
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest

from verify.report.formats import FORMATS, of_path, write
from verify.report.github import MOST
from verify.report.markdown import LIMIT
from verify.report.overview import reproduce
from verify.report.trends import past_of
from verify.runs.suite import Entry, Run
from verify.verdict import Counterexample, Expression, Formula, Kink, Numbers, Result, Verdict


def refuted(number, name="loss"):
    point = Counterexample(("x=1.0",), "x", "2.0", "3.0", script="print(1)")
    found = Result(
        Verdict.REFUTED, Formula(Verdict.REFUTED), Numbers("wrong"), counterexample=point, name=name, source="a b.py:7"
    )
    return Entry(f"a b.py::{name}{number:04}", found, seconds=0.5)


def proved(number):
    formula = Formula(Verdict.PROVED, sizes="every n >= 1", assumptions=("0.1 is read as 1/10",))
    return Entry(f"ok.py::f{number:04}", Result(Verdict.PROVED, formula, Numbers("ok", ulps=0.5), name="f"))


def undecided(number, reason="f is random"):
    found = Result(Verdict.UNDECIDED, Formula(Verdict.UNDECIDED), Numbers("unknown"), reason=reason, name="g")
    return Entry(f"u.py::g{number:04}", found, "timeout" if number else "done")


@pytest.fixture
def run():
    kinks = (Kink("x = 0", at_input=True, inside=True),)
    kink = Result(Verdict.NONDIFFERENTIABLE, Formula(Verdict.PROVED), Numbers("ok"), kinks=kinks, name="relu")
    lost = Result(Verdict.PROVED, Formula(Verdict.PROVED), Numbers("lost", ulps=1e5), name="sinh", source="s.py:3")
    entries = [refuted(0), refuted(1), undecided(0), undecided(1), proved(0), Entry("k.py::relu", kink)]
    settings = {"seed": 3, "overrides": [{"match": "u.py*", "timeout": 90, "reason": "it samples"}]}
    return Run(
        (*entries, Entry("s.py::sinh", lost)), "lessons", settings, {"numpy": "2.4"}, "1a2b", "2026-11-23T12:00:00Z"
    )


def test_every_format_has_its_words(run):
    shown = {
        "full": [
            "REFUTED  loss  (a b.py:7)",
            "loosened: match = u.py*, timeout = 90; reason: it samples",
            "V101        a wrong",
        ],
        "concise": ["a b.py:7: V101 loss: x = 3.0, expected 2.0; reproduce: verify one 'a b.py::loss0000'"],
        "html": ["What this rests on", "it samples", "verify one &#39;a b.py::loss0000&#39;", "0.1 is read as 1/10"],
        "markdown": ["## Not ok", "### REFUTED V101 `loss`", "**1**: `f is random`", "| PROVED |  | `ok.py::f0000` |"],
        "summary": ["### REFUTED V101 `loss`", "**1**: `timeout: f is random`"],
        "github": ["::error file=a b.py,line=7,title=V101 loss::x = 3.0, expected 2.0%0Aa wrong element%0Areproduce: "],
        "gitlab": ['"check_name": "V101"', '"severity": "critical"'],
        "junit": ['<failure type="V101" message="a wrong element: x = 3.0, expected 2.0">', '<error type="V501"'],
        "sarif": ['"ruleId": "V402"', '"uri": "a%20b.py"'],
        "json": ['"title": "lessons"'],
        "jsonl": ['"cases": 7'],
    }
    assert set(shown) == set(FORMATS)
    for name, pieces in shown.items():
        text = write(run, name)
        for piece in pieces:
            assert piece in text, (name, piece)


def test_an_unknown_format_is_named_with_the_nearest_one(run):
    with pytest.raises(ValueError, match=r"there is no format 'markdwn'\. Did you mean 'markdown'"):
        write(run, "markdwn")


@pytest.mark.parametrize(
    ("path", "name"), [("a/b.html", "html"), ("x.sarif.json", "sarif"), ("j.xml", "junit"), ("r.md", "markdown")]
)
def test_a_path_suggests_a_format(path, name):
    assert of_path(path) == name


def test_a_path_of_no_format_is_refused():
    with pytest.raises(ValueError, match=r"run.pdf: no format ends in .pdf; expected one of .html"):
        of_path("run.pdf")


def test_annotations_are_ranked_and_few():
    many = Run((*(refuted(n) for n in range(30)), *(undecided(n) for n in range(9))))
    before = Run(tuple(entry for entry in many.entries if entry.case != "a b.py::loss0017"))
    rows = write(many, "github", against=before).splitlines()
    assert [row.partition(" ")[0] for row in rows[: MOST + 1]] == ["::error"] * MOST + ["::notice"]
    assert "loss0017" in rows[0]
    assert rows[MOST] == "::notice title=verify::and 30 more, see the summary of the job"
    assert len(rows) == MOST + 2


def test_the_summary_of_a_job_is_cut_to_its_limit_and_says_so():
    long = [refuted(n, "π" * 1500) for n in range(400)]
    text = write(Run(tuple(long)), "summary")
    assert LIMIT - 20_000 < len(text.encode()) <= LIMIT
    assert text.endswith("_The rest is cut: a job's summary holds 1 MiB. The report has all of it._\n")
    assert text.count("```") % 2 == 0


def test_junit_has_the_structure_of_its_schema(run):
    allowed = {
        "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
        "testsuite": (
            {"name", "tests", "failures", "errors", "time", "skipped", "timestamp"},
            {"properties", "testcase"},
        ),
        "properties": (set(), {"property"}),
        "property": ({"name", "value"}, set()),
        "testcase": ({"name", "time", "classname"}, {"failure", "error", "system-out"}),
        "failure": ({"type", "message"}, set()),
        "error": ({"type", "message"}, set()),
        "system-out": (set(), set()),
    }
    root = ElementTree.fromstring(write(run, "junit"))
    for element in root.iter():
        attributes, children = allowed[element.tag]
        assert set(element.attrib) <= attributes
        assert {child.tag for child in element} <= children
        assert "time" not in element.attrib or re.fullmatch(r"\d+\.\d{3}", element.get("time"))
    (suite,) = root
    counts = {tag: len(list(suite.iter(tag))) for tag in ("testcase", "failure", "error")}
    assert counts == {
        name: int(suite.get(key)) for name, key in zip(counts, ("tests", "failures", "errors"), strict=True)
    }


def test_sarif_has_the_structure_of_its_schema(run):
    log = json.loads(write(run, "sarif"))
    assert (log["version"], set(log)) == ("2.1.0", {"$schema", "version", "runs"})
    (found,) = log["runs"]
    assert set(found) == {"tool", "columnKind", "invocations", "results"}
    rules = found["tool"]["driver"]["rules"]
    assert found["tool"]["driver"]["name"]
    assert [rule["id"] for rule in rules] == ["V101", "V402", "V501", "V506"]
    assert all(re.fullmatch(r"[A-Za-z]+", rule["name"]) for rule in rules)
    assert found["invocations"] == [{"executionSuccessful": True}]
    assert len(found["results"]) == 5
    for result in found["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        (location,) = result["locations"]
        assert " " not in location["physicalLocation"]["artifactLocation"]["uri"]
        assert location["physicalLocation"]["region"]["startLine"] >= 1
        assert re.fullmatch("[0-9a-f]{64}", result["partialFingerprints"]["verifyCase/v1"])
    assert len({result["partialFingerprints"]["verifyCase/v1"] for result in found["results"]}) == 5


def test_sarif_keeps_what_scanners_take_and_says_what_it_left_out():
    many = Run((*(undecided(n) for n in range(5001)), refuted(0)))
    (found,) = json.loads(write(many, "sarif"))["runs"]
    assert len(found["results"]) == 5000
    assert found["results"][0]["ruleId"] == "V101"
    (note,) = found["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"] == "2 more results are left out: a log holds 5000"


def test_gitlab_has_what_it_requires(run):
    for issue in json.loads(write(run, "gitlab")):
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["location"]["lines"]["begin"] >= 1


def test_the_page_compares_and_shows_trends(run):
    before = replace(run, entries=run.entries[1:])
    text = write(run, "html", against=before, past=[past_of(before)] * 3)
    assert "1 new failure. 7 gradients: 2 refuted" in text
    assert "new: REFUTED" in text
    assert "<h2>Trends</h2>" in text
    assert "<h2>Trends</h2>" not in write(run, "html")
    assert "What changed" not in write(run, "html")


def test_a_page_of_many_cases_has_sections_for_those_that_are_not_ok_only():
    many = Run((*(proved(n) for n in range(300)), *(refuted(n) for n in range(3))))
    text = write(many, "html")
    assert text.count('<section class="dg-result') == 3
    assert text.count("<tr class=") == 303
    assert write(Run(many.entries[:5]), "html").count('<section class="dg-result') == 5


def test_at_most_so_many_sections_and_the_rest_in_lines():
    text = write(Run(tuple(refuted(n) for n in range(250))), "html")
    assert text.count('<section class="dg-result') == 200
    assert "50 more, a line each" in text


@pytest.mark.parametrize("name", FORMATS)
def test_an_empty_run_can_be_written(name):
    assert write(Run(()), name).endswith("\n")


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("a.py::f", "a.py::f"),
        ("a.py::f[grad=g]", "'a.py::f[grad=g]'"),
        ("a.py::f[wrt='x']", "\"a.py::f[wrt='x']\""),
        ("a.py::f[wrt='$x']", "'a.py::f[wrt='\"'\"'$x'\"'\"']'"),
        ("a.py:f --grad a.py:g --point 'x=[1.0, 2.0]'", "a.py:f --grad a.py:g --point 'x=[1.0, 2.0]'"),
        ("a.py:f --grad a.py:g; ls", "'a.py:f --grad a.py:g; ls'"),
    ],
)
def test_what_checks_a_case_again_is_one_command_of_a_shell(run, case, told):
    assert reproduce(replace(run.entries[0], case=case)) == f"verify one {told}"
    assert shlex.join(shlex.split(f"verify one {told}")) == f"verify one {told if told == case else shlex.quote(case)}"


def test_a_page_says_what_the_letters_of_a_formula_are_and_whether_it_was_proved(run):
    text = "∂o/∂xᵢ = yᵢ\n  with yᵢ = <b>sin(xᵢ)\n  (as read off the program)"
    result = run.entries[0].result
    shown = replace(result, formula=replace(result.formula, written=(Expression(text, "y_{i}", False),)))
    page = write(Run((replace(run.entries[0], result=shown),)), "html")
    assert '<p class="dg-small dg-term">with yᵢ = &lt;b&gt;sin(xᵢ)</p>' in page
    assert '<p class="dg-small dg-term">(as read off the program)</p>' in page
    assert "dg-side dg-whole" in page
