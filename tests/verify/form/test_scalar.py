"""A form as a scalar expression for the tower: what is known of a factor becomes the sign of a variable."""

import pytest

from dualgrad.program.entry import Index
from dualgrad.program.size import dimension
from verify.form import linear as lin
from verify.form import setting
from verify.form.scalar import _Writer
from verify.form.setting import Budget
from verify.form.term import Atom, Source, power_of

N = dimension("n")


@pytest.mark.parametrize("sign", ["real", "nonzero", "nonnegative", "positive"])
def test_a_variable_has_the_sign_of_its_array(sign):
    writer = _Writer()
    with setting.within(Budget(seconds=20.0)):
        writer.form(power_of(Atom("cell", "", (lin.of_index(Index("i", N)),), (), Source("x", (N,), sign))))
    assert writer.nodes.signs == [sign]
