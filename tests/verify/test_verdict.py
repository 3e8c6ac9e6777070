import dataclasses
import json
from itertools import product

import pytest

from verify.verdict import Comparison, Element, Formula, Kink, Numbers, Result, Verdict, escape


def result(verdict, kinks=()):
    return Result(verdict, Formula(verdict), Numbers("ok"), kinks=kinks)


@pytest.mark.parametrize("verdict", [Verdict.PROVED, Verdict.CERTIFIED, Verdict.AGREES])
def test_a_pass_is_ok(verdict):
    assert result(verdict).ok


@pytest.mark.parametrize("verdict", [Verdict.REFUTED, Verdict.UNDECIDED, Verdict.NONDIFFERENTIABLE])
def test_anything_else_is_not(verdict):
    assert not result(verdict).ok


@pytest.mark.parametrize(("first", "second"), list(product([True, False, None], repeat=2)))
def test_a_kink_is_ok_only_where_every_value_at_the_input_is_known_to_lie_inside(first, second):
    kinks = (Kink("x[0] = 0", True, inside=first), Kink("x[1] = 0", True, inside=second))
    assert result(Verdict.NONDIFFERENTIABLE, kinks).ok is (first is True and second is True)


def test_a_kink_elsewhere_says_nothing_about_the_input():
    assert not result(Verdict.NONDIFFERENTIABLE, (Kink("x = 1", at_input=False, inside=True),)).ok


def test_kinks_lower_no_proof():
    assert result(Verdict.PROVED, (Kink("x = 0", inside=False),)).ok


def test_json_holds_every_field_and_only_plain_values(proved, refuted, on_kink):
    for one in (proved, refuted, on_kink):
        record = one.to_json()
        assert set(record) == {entry.name for entry in dataclasses.fields(Result)} - {"explain"} | {"ok"}
        assert json.loads(json.dumps(record)) == record
    assert proved.to_json()["formula"]["certificate"] == {"steps": [{"rule": "delta"}]}


def test_what_a_check_leaves_for_later_is_filled_in_once_and_told_everywhere(undecided):
    calls = []

    def explain(result):
        calls.append(result)
        return dataclasses.replace(result, value="9/2")

    later = dataclasses.replace(undecided, explain=explain)
    assert later == undecided
    assert calls == []
    explained = later.explained()
    assert explained.value == "9/2"
    assert explained.explained() is explained
    assert len(calls) == 1
    assert later.to_json()["value"] == "9/2"
    assert "9/2" in later._repr_html_()


def test_a_comparison_knows_whether_every_element_is_there():
    elements = tuple(Element((0, k), 1.0, 2.0) for k in range(3))
    assert Comparison("x", "the given arguments", (1, 3), elements).complete
    assert Comparison("x", "the given arguments", (), (Element((), 1.0, 2.0),)).complete
    assert not Comparison("x", "the given arguments", (2, 3), elements).complete


def test_what_is_no_plain_value_is_told_as_it_is():
    odd = 1 + 2j
    assert Result(Verdict.PROVED, Formula(Verdict.PROVED), Numbers("ok", ulps=odd)).to_json()["numbers"]["ulps"] == odd


def test_a_result_cannot_be_changed(proved):
    with pytest.raises(dataclasses.FrozenInstanceError):
        proved.verdict = Verdict.REFUTED


def test_time_does_not_make_two_results_differ(proved):
    assert dataclasses.replace(proved, seconds=9.0) == proved


def test_escape_leaves_no_character_that_opens_or_closes():
    assert escape("""<a href="x" title='y'>&""") == "&lt;a href=&quot;x&quot; title=&#x27;y&#x27;&gt;&amp;"
