import math
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import verify
from verify.report.graph import first_wrong, graph
from verify.report.matrix import of_audit, of_run
from verify.report.page import matrix_page, section
from verify.report.pictures import bar, curve, heat, sparkline
from verify.runs.suite import run_of
from verify.verdict import Comparison, Curve, Element, Row, Series, Verdict


def parsed(picture):
    return ElementTree.fromstring(str(picture))


def points(picture, kind):
    (path,) = (each for each in parsed(picture).iter("path") if each.get("class") == kind)
    return [tuple(map(float, pair.split())) for pair in re.split("[ML]", path.get("d"))[1:]]


def drawn(y, x=(1.0, 10.0, 100.0, 1000.0)):
    return curve(Curve("t", "x", "y", (Series("a", x, y),), (Series("here", (10.0,), ()),)))


def test_decades_are_equally_far_apart():
    found = points(drawn((1e-8, 1e-6, 1e-4, 1e-2)), "dg-line-0")
    across = np.diff([x for x, _ in found])
    upward = np.diff([y for _, y in found])
    assert np.allclose(across, across[0], atol=0.2)
    assert np.allclose(upward, upward[0], atol=0.2)
    assert upward[0] < 0 < across[0]


def test_zero_lies_on_the_lower_edge_and_what_is_not_finite_on_the_upper_one():
    found = [y for _, y in points(drawn((1.0, 0.0, math.inf, math.nan)), "dg-line-0")]
    assert found[1] == max(found)
    assert found[2] == found[3] == min(found)


@pytest.mark.parametrize("y", [(0.0, 0.0, 0.0, 0.0), (5e-324, 1e308, 1.0, 1.0), (1.0, 1.0, 1.0, 1.0)])
def test_any_numbers_can_be_drawn_within_the_picture(y):
    root = parsed(drawn(y))
    _, _, width, height = map(float, root.get("viewBox").split())
    assert all(0 <= x <= width and 0 <= y <= height for x, y in points(drawn(y), "dg-line-0"))


def test_a_heat_map_is_darker_where_the_error_is_larger():
    got = [1.0, 1.0 + 1e-12, 1.0 + 1e-7, 1.001, 1.3, -5.0, math.nan]
    compared = Comparison("x", "here", (7,), tuple(Element((n,), 1.0, each) for n, each in enumerate(got)))
    shades = [int(cell.get("class")[-1]) for cell in parsed(heat(compared)).iter("rect")]
    assert shades == sorted(shades)
    assert shades[:2] == [0, 0]
    assert shades[2] > 0
    assert shades[-1] == 5
    assert "x[4]: got 1.3, expected 1.0" in str(heat(compared))


def test_a_matrix_keeps_its_rows_in_the_heat_map():
    elements = tuple(Element((i, j), 1.0, 1.0) for i in range(2) for j in range(3))
    cells = list(parsed(heat(Comparison("x", "here", (2, 3), elements))).iter("rect"))
    assert [cell.get("y") for cell in cells] == ["0"] * 3 + ["22"] * 3


def test_a_spread_of_elements_stands_in_rows_of_its_own():
    elements = tuple(Element((i, 0), 1.0, 1.0) for i in range(20))
    cells = list(parsed(heat(Comparison("x", "here", (20, 7), elements))).iter("rect"))
    assert [cell.get("y") for cell in cells] == ["0"] * 16 + ["22"] * 4


def test_a_bar_is_split_as_the_counts_are():
    parts = list(parsed(bar({"REFUTED": 1, "PROVED": 3}, "t")).iter("rect"))
    assert [(part.get("class"), part.get("width")) for part in parts] == [
        ("dg-fill dg-refuted", "250"),
        ("dg-fill dg-proved", "750"),
    ]


@pytest.mark.parametrize("values", [[], [0.0], [3.0, math.nan, 5.0], [1.0] * 50])
def test_a_sparkline_of_anything(values):
    parsed(sparkline(values))


ROWS = (
    Row("x", "input", "3", "(1, 2, 3)"),
    Row("y", "exp(xᵢ)", "3", "(2, 7, 20)"),
    Row("z", "xᵢ yᵢ", "3", "(2, 14, 60)"),
    Row("o", "Σᵢ zᵢ", "", "76"),
)


def test_the_graph_leads_from_each_intermediate_to_its_uses_and_marks_the_first_wrong_one():
    root = parsed(graph(ROWS, first_wrong(ROWS, "z = xᵢ yᵢ: adjoint at [0] is 3, expected 4")))
    assert len([path for path in root.iter("path") if path.get("class") == "dg-edge"]) == 4
    marked = [node for node in root.iter("g") if "dg-first-wrong" in node.get("class")]
    assert [node.find("title").text for node in marked] == ["z = xᵢ yᵢ: (2, 14, 60)"]


@pytest.mark.parametrize("told", ["", "nothing of it", "zz = 3"])
def test_no_node_is_marked_where_none_is_named(told):
    assert first_wrong(ROWS, told) == -1


def test_a_long_program_has_no_graph():
    assert graph(ROWS * 20) == ""


def test_a_refutation_shows_elements_and_the_error_of_differences():
    x = np.array([0.3, 1.2, -2.0])
    result = verify.check(np.sin, x, grad=lambda x: 2 * np.cos(x)).explained()
    elements = result.comparison.elements
    assert [each.expected for each in elements] == pytest.approx(np.cos(x))
    assert [each.got for each in elements] == pytest.approx(2 * np.cos(x))
    (steps,) = result.curves
    differences, returned = steps.series
    assert min(differences.y) < 1e-9 < max(differences.y)
    assert returned.y == pytest.approx((1.0, 1.0))
    text = section(result)
    assert text.count("<svg") == 3
    assert "central differences" in text


def test_wrong_numbers_of_a_right_formula_are_shown_over_the_range():
    result = verify.check(np.cosh, np.array([1e-12]), grad=lambda x: (np.exp(x) - np.exp(-x)) / 2).explained()
    assert result.verdict is Verdict.REFUTED
    (scales,) = (each for each in result.curves if each.y_label == "ulps")
    far = dict(zip(scales.series[0].x, scales.series[0].y, strict=True))
    assert far[1e8] < 1e6 < far[1.0]  # cancellation near zero, none away from it
    assert scales.marks[0].x == (1.0,)


def test_a_right_gradient_costs_no_picture():
    result = verify.check(np.sin, np.array([0.3]), grad=np.cos).explained()
    assert result.comparison is None
    assert result.curves == ()


def test_the_matrix_of_a_run_has_the_worst_verdict_of_each_kind():
    x = np.array([0.5, 1.5])
    results = [
        verify.check(np.sin, x, grad=np.cos),
        verify.check(np.sin, x, grad=np.sin),
        verify.check(np.sin, x, jvp=lambda x, t: t * np.cos(x)),
    ]
    found = of_run(run_of(results))
    assert found.columns == ("grad", "jvp")
    assert sorted(found.cells.values()) == ["PROVED", "REFUTED"]
    assert of_run(run_of(results[:2])) is None


def test_the_matrix_of_an_audit_is_a_page():
    audit = {"ops": {"exp": {"vjp": ["PROVED"], "jvp": ["OPEN", "PROVED"]}, "floor": {"vjp": [], "jvp": []}}}
    found = of_audit(audit, {"exp": {"float16": "CERTIFIED"}})
    assert found.rows == ("exp",)
    text = matrix_page(found, "ops", "all of them")
    assert text.count('<span class="dg-cell-') == 3
    assert '<span class="dg-cell-open">open</span>' in text
