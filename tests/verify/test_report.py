import dataclasses
import json
import re
from html.parser import HTMLParser

import pytest

from verify.report.mathml import formula
from verify.report.overview import summary
from verify.report.page import page, section
from verify.report.paragraph import paragraph
from verify.report.record import claims, document, write_certificates, written
from verify.report.terminal import told
from verify.report.text import line, printable
from verify.report.words import distance, kink
from verify.runs.suite import run_of
from verify.verdict import Counterexample, Expression, Formula, Kink, Numbers, Result, Row, Step, Verdict

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><script>alert(1)</script>",
    "</pre></details><iframe src=//example.org>",
    "<!--",
    "]]><b>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    r"\href{javascript:alert(1)}{x}",
    r"\style{background:url(//example.org)}{x}",
    r"\text{<script>alert(1)</script>}",
    r"\text{&lt;script&gt;}",
    r"\text{<mi>x</mi>}",
    r"\class{dg-proved}{x}",
    r"\frac{",
    "\x1b]0;title\x07\x1b[31mred",
    "a\u202egnp.exe",
    "",
]


class Shape(HTMLParser):
    """The elements and attributes of a page, in order, without its text; ids and links are kept."""

    def __init__(self, text):
        super().__init__()
        self.found, self.addresses = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, tuple(name for name, _ in attributes)))
        self.addresses += [value for name, value in attributes if name in ("src", "href", "action", "data", "style")]

    def handle_comment(self, data):
        self.found.append(("comment", data))


def hostile(payload, latex):
    """A result with the payload in every text that can come from outside."""
    return Result(
        Verdict.REFUTED,
        Formula(
            Verdict.REFUTED,
            payload,
            payload,
            (payload,),
            (payload,),
            (Expression(payload, latex),),
            {payload: [payload]},
            payload,
        ),
        Numbers("wrong", 1.0, 1.0, payload, payload, payload, 1, 1, payload),
        (Kink(payload, True, payload, payload, payload, False, payload),),
        (payload,),
        Counterexample((payload,), payload, payload, payload, payload, payload, payload),
        payload,
        payload,
        payload,
        (payload,),
        (Row(payload, payload, payload, payload, latex, payload), Row(payload, payload, payload, payload, "", payload)),
        (Step(payload, latex),),
        payload,
        payload,
        payload,
    )


def shapes(payload, latex):
    found = hostile(payload, latex)
    return Shape(section(found)), Shape(page(run_of([found], payload or "t", {payload or "t": payload})))


@pytest.mark.parametrize("payload", [entry for entry in PAYLOADS if entry])
def test_text_from_outside_adds_no_element_and_no_attribute(payload):
    for seen, plain in zip(shapes(payload, "x"), shapes("plain", "x"), strict=True):
        assert seen.found == plain.found
        assert seen.addresses == plain.addresses


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_formula_from_outside_becomes_mathml_of_known_elements_or_text(payload):
    seen = Shape(str(formula(payload)))
    assert not seen.addresses
    assert {tag for tag, _ in seen.found} <= {"math", "mrow", "mi", "mn", "mo", "mtext", "msup", "code"}
    assert not any(name.startswith("on") for _, names in seen.found for name in names)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_formulas_in_a_page_leave_no_address_and_no_script(payload):
    for seen, plain in zip(shapes("plain", payload), shapes("plain", "x"), strict=True):
        assert set(seen.addresses) <= {"#case-1", "data:,"}
        assert not {"script", "img", "iframe", "object", "form"} & {tag for tag, _ in seen.found}
        assert [each for each in seen.found if each[0] == "svg"] == [each for each in plain.found if each[0] == "svg"]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_plain_text_holds_no_control_character(payload):
    found = hostile(payload, "x")
    for text in (paragraph(found), str(told(found))):
        assert all(letter == "\n" or letter.isprintable() for letter in text)


def test_a_name_cannot_pose_as_another_line():
    found = Result(Verdict.UNDECIDED, Formula(Verdict.UNDECIDED), Numbers("unknown"), name="f\nPROVED  g")
    assert not any(row.startswith("PROVED") for row in str(found).split("\n"))


def test_the_page_needs_nothing_from_elsewhere(proved, refuted):
    text = page(run_of([proved, refuted], "examples/notebook.py", {"numpy": "2.4"}))
    assert "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:" in text
    assert "://" not in text
    assert set(Shape(text).addresses) == {"#case-1", "#case-2", "data:,"}
    assert "<script" not in text


def test_the_section_is_a_fragment(proved):
    text = section(proved)
    assert proved._repr_html_() == text
    assert "<html" not in text
    assert "<body" not in text


@pytest.mark.parametrize(
    "shown",
    [
        "PROVED",
        "notebook",
        "examples/notebook.py:14",
        "n = 4",
        "x real",
        "0.1 is read as 1/10",
        "index normal form",
        "9/2",
        "[[4.5, 4.5], [4.5, 4.5]]",
        "27",
        "z = y * y * 3",
        "the delta picks i = j",
        "0 ulps",
        "Certificate",
        "uint8 was promoted",
    ],
)
def test_the_section_shows_every_part(proved, shown):
    assert shown in section(proved)


def test_the_section_of_a_refutation_shows_the_counterexample(refuted):
    text = section(refuted)
    for shown in ("x = np.array([1.0])", "0.41997434161", "0.41997434203", "import numpy as np", "tanh"):
        assert shown in text


def test_the_input_is_shown_where_there_is_no_script_that_begins_with_it(refuted):
    bare = dataclasses.replace(refuted, counterexample=dataclasses.replace(refuted.counterexample, script=""))
    for tell in (section, str):
        assert "x=np.array([1.0])" in tell(bare)
        assert "x=np.array([1.0])" not in tell(refuted)


def test_values_that_the_first_sentence_gives_are_not_repeated(refuted):
    assert str(refuted).count("0.41997434203") == 1


def test_elements_that_open_also_close(proved, refuted, on_kink, undecided):
    for found in (proved, refuted, on_kink, undecided):
        text = section(found)
        for tag in ("div", "section", "table", "dl", "math", "details", "ol", "li", "p", "pre"):
            assert text.count(f"<{tag}>") + text.count(f"<{tag} ") == text.count(f"</{tag}>"), tag


def test_the_summary_counts_the_worst_first(proved, refuted):
    assert summary([proved, refuted, proved]) == "3 gradients: 1 refuted, 2 proved."


def test_the_paragraph_of_a_proof(proved):
    assert str(proved) == "\n".join(
        [
            "PROVED  notebook  (examples/notebook.py:14)",
            "  The gradient of notebook is right: proved for n = 4 and not beyond, on the domain printed.",
            "  formula     ∂o/∂xᵢ = 3/2 (xᵢ + 2)",
            "  sizes       n = 4",
            "  domain      x real",
            "  assuming    0.1 is read as 1/10",
            "  method      index normal form",
            "  value       9/2",
            "  returned    [[4.5, 4.5], [4.5, 4.5]]",
            "  numbers     ok: 0 ulps at x[0, 0], got 4.5 for 4.5 (4 elements, 1 point, condition 1.2)",
            "  note        uint8 was promoted",
        ]
    )


def test_a_proof_for_every_size_says_so_and_one_with_kinks_says_almost_everywhere(proved):
    formula = Formula(Verdict.PROVED, sizes="every n >= 1")
    assert "proved for every n >= 1, wherever it is defined." in str(dataclasses.replace(proved, formula=formula))
    kinked = dataclasses.replace(proved, formula=formula, kinks=(Kink("x = 0"),))
    assert "proved for every n >= 1, almost everywhere." in str(kinked)


def test_the_paragraph_of_a_refutation_ends_with_the_script(refuted):
    text = str(refuted)
    assert "wrong at x[0]: it is 0.41997434161, and 0.41997434203 was returned." in text
    assert text.endswith("  to see it\n    import numpy as np\n\n    x = np.array([1.0])")


def test_a_large_array_is_cut_in_the_paragraph(proved):
    text = str(dataclasses.replace(proved, engine="1.0, " * 1000))
    assert max(len(row) for row in text.split("\n")) < 250


def test_right_formula_with_wrong_numbers_is_told_as_that(proved):
    numbers = Numbers("wrong", ulps=1e12)
    lowered = dataclasses.replace(proved, verdict=Verdict.REFUTED, numbers=numbers)
    assert "The formula of the gradient of notebook is right, but its numbers are wrong." in str(lowered)


def test_a_refutation_without_a_point_gives_its_reason():
    found = Result(Verdict.REFUTED, Formula(Verdict.REFUTED), Numbers("wrong"), reason="the shape is (2,), not (3,)")
    assert "is wrong: the shape is (2,), not (3,)." in str(found)


def test_an_undecided_result_gives_its_reason_once(undecided):
    assert str(undecided).count("f raised ValueError: no") == 1


def test_a_reason_beside_another_verdict_is_told(proved):
    assert "  reason      stopped early" in str(dataclasses.replace(proved, reason="stopped early"))


def test_a_kink_in_words(on_kink):
    (place,) = on_kink.kinks
    assert kink(place) == (
        "x[0] = 0 (at the input); slopes 0 from the left, 1 from the right; "
        "returned 0, inside the Clarke set; convention: relu'(0) = 0"
    )
    assert "relu has no gradient at this input (x[0] = 0); the value returned lies in the Clarke set." in str(on_kink)


@pytest.mark.parametrize(
    ("ulps", "words"),
    [(None, ""), (0.0, "0 ulps"), (0.5, "0.5 ulps"), (1.0, "1 ulp"), (63.0, "63 ulps"), (1234.0, "1.23e+03 ulps")],
)
def test_distances_in_words(ulps, words):
    assert distance(Numbers("ok", ulps=ulps)) == words


def test_the_terminal_adds_the_paragraph_only_where_a_result_is_not_ok(proved, on_kink, refuted):
    assert "\n" not in str(told(proved))
    assert "\n" not in str(told(on_kink))
    assert "to see it" in str(told(refuted))


def test_the_record_separates_claims_from_measurements(proved):
    faster = dataclasses.replace(proved, seconds=9.0, engine="4.6", numbers=Numbers("ok", ulps=3.0))
    assert claims(faster) == claims(proved)
    assert document([faster])["results"] != document([proved])["results"]


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": Verdict.CERTIFIED},
        {"formula": Formula(Verdict.PROVED, written=(Expression("2 x", "2 x"),))},
        {"kinks": (Kink("x = 0"),)},
        {"value": "4"},
    ],
)
def test_the_claims_tell_another_claim(proved, change):
    assert claims(dataclasses.replace(proved, **change)) != claims(proved)


def test_the_record_is_json_even_where_a_number_is_not_finite(proved):
    found = dataclasses.replace(proved, numbers=Numbers("wrong", ulps=float("inf"), condition=float("nan")))
    record = json.loads(written(document([found])))
    assert record["results"][0]["numbers"]["ulps"] == "inf"
    assert record["claims"][0]["verdict"] == "PROVED"


def test_every_certificate_becomes_a_file_whose_name_is_harmless(proved, undecided, tmp_path):
    named = dataclasses.replace(proved, name="../<lambda>")
    (path,) = write_certificates([undecided, named], tmp_path)
    assert path == tmp_path / "2-lambda.json"
    assert json.loads(path.read_text(encoding="utf-8")) == {"steps": [{"rule": "delta"}]}


def test_printable_keeps_letters_and_newlines_and_shows_the_rest():
    assert printable("∂x\n\x1b\u202e\x9b") == "∂x\n\\x1b\\u202e\\x9b"
    assert line(" a\r\nb\u2028c ") == "a b c"


def test_a_formula_too_long_to_read_is_shown_as_text():
    assert str(formula("x+" * 5000)).startswith("<code>")


def test_what_a_sentence_says_is_said_once(undecided):
    reason = undecided.reason
    twice = dataclasses.replace(undecided, numbers=Numbers("unknown", reason=reason))
    assert str(twice).count(reason) == 1
    assert section(twice).count(reason) == 1
    wrong = dataclasses.replace(twice, verdict=Verdict.NONDIFFERENTIABLE)
    assert str(wrong).count(reason) == 1


def test_a_jacobian_is_called_one(proved, undecided, on_kink):
    for result in (proved, undecided, on_kink):
        told = str(dataclasses.replace(result, kind="jac"))
        assert "Jacobian" in told.splitlines()[1]
        assert "gradient" not in told.splitlines()[1]
    assert claims(dataclasses.replace(proved, kind="jac"))["kind"] == "jac"


@pytest.mark.parametrize(
    ("inside", "lies"), [(True, "lies in the"), (False, "lies outside the"), (None, "is not known to lie in the")]
)
def test_the_clarke_set_is_spoken_of_in_one_way(on_kink, inside, lies):
    (place,) = on_kink.kinks
    told = str(dataclasses.replace(on_kink, kinks=(dataclasses.replace(place, inside=inside),)))
    assert f"the value returned {lies} Clarke set." in told
    assert ("outside" in told) == (inside is False)


def test_no_number_is_broken_in_the_middle(proved):
    rules = dict(re.findall(r"^\.(dg-number|dg-value) \{(.*?)\}", section(proved), re.DOTALL | re.MULTILINE))
    assert set(rules) == {"dg-number", "dg-value"}
    assert all("overflow-wrap: normal" in rule for rule in rules.values())


def test_the_domain_is_spoken_of_where_it_is_printed(proved):
    for domain in ((), ("x > 0",)):
        told = str(dataclasses.replace(proved, formula=dataclasses.replace(proved.formula, domain=domain)))
        assert ("on the domain printed" in told) == ("  domain " in told) == bool(domain)


def test_a_notebook_without_html_shows_the_formula(proved, undecided):
    assert proved._repr_latex_().startswith(r"$$\begin{gathered} ")
    assert proved.formula.latex[0] in proved._repr_latex_()
    assert undecided._repr_latex_() is None


def test_rich_prints_a_result_as_the_terminal_does(proved):
    assert str(proved.__rich__()) == str(told(proved))
