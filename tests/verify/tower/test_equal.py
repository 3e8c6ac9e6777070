"""What follows from known facts, wherever among the nodes these stand."""

import pytest

from verify.tower.equal import follows
from verify.tower.nodes import Nodes


@pytest.mark.parametrize("relation, expected", [("> 0", True), (">= 0", True), ("!= 0", True)])
def test_a_condition_follows_from_facts_about_nodes_that_were_made_after_it(relation, expected):
    nodes = Nodes()
    x, y = nodes.variable(), nodes.variable()
    nodes.put("zero", x)  # what is asked of x is among the nodes before the facts are
    nodes.subtract(nodes.number(1), nodes.put("positive", x))
    nodes.put("positive", nodes.mul(nodes.number(-1), x))
    less = nodes.subtract(x, nodes.function("exp", y))
    assert follows(nodes, [(less, "> 0")], (x, relation)) is expected


def test_a_condition_on_another_variable_does_not_follow():
    nodes = Nodes()
    x, y = nodes.variable(), nodes.variable()
    nodes.put("zero", y)
    assert not follows(nodes, [(nodes.function("exp", x), "> 0")], (y, "!= 0"))
