"""Rules of complex ops in real and imaginary parts: the engine's are proved, changed ones are not."""

from dataclasses import replace

import numpy as np
import pytest

from dualgrad.op import REGISTRY
from dualgrad.samples import call
from verify.lemma.parts import in_parts
from verify.lemma.survey import survey

Z = np.ones(4)
DFT, RDFT, IRDFT = (REGISTRY[name] for name in ("dft", "real_dft", "inverse_real_dft"))


@pytest.mark.parametrize("name", ["dft", "real_dft", "inverse_real_dft", "complex_conjugate", "real_part", "wofz"])
def test_the_rules_of_ops_that_have_no_meaning_of_their_own(name):
    statuses = survey(REGISTRY[name])
    assert {(status.direction, status.blocked) for status in statuses} == {("VJP", ""), ("JVP", "")}
    assert all(status.sizes == ("the sizes run" if name == "real_dft" else "every size") for status in statuses)


@pytest.mark.parametrize(("name", "args"), [
    ("exp", (Z,)), ("multiply", (Z, Z)), ("divide", (Z, Z)), ("log", (Z,)), ("absolute", (Z,)), ("sin", (Z,)),
    ("matmul", (np.ones((2, 3)), np.ones(3))), ("square", (Z,)), ("sum", (Z,)), ("hypot", (Z, Z)),
])  # fmt: skip
def test_rules_of_real_numbers_hold_for_complex_ones(name, args):
    shown = in_parts(REGISTRY[name], call(*args))
    if name == "hypot":
        assert shown is None
        return
    assert [part.blocked for part in shown] == [""] * len(shown)
    assert [part.direction for part in shown] == ["VJP"] * len(args) + ["JVP"]


WRONG = {
    "the inverse for the adjoint": (DFT, lambda g, y, a, axes, inverse, norm: DFT(g, axes, not inverse, norm), (0,)),
    "a lost 1/n": (DFT, lambda g, y, a, axes, inverse, norm: DFT(g, axes, inverse, "forward"), (0,)),
    "another sign": (DFT, lambda g, y, a, axes, inverse, norm: -DFT(g, axes, inverse, norm), (0,)),
    "bins counted twice": (RDFT, lambda g, y, a, axis, norm: IRDFT(g, 4, axis, "forward"), ()),
    "the imaginary part": (RDFT, lambda g, y, a, axis, norm: np.imag(DFT(np.conj(g), (axis,), False, norm)), ()),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_changed_rule_is_not_proved(name):
    op, rule, args = WRONG[name]
    changed = replace(op, vjp=(rule,), jvp=())
    shown = in_parts(changed, call(Z, *([args] if args else [])))
    assert shown is None or any(part.blocked for part in shown)
    fine = in_parts(op, call(Z, *([args] if args else [])))
    assert fine is not None
    assert not any(part.blocked for part in fine)


def test_an_analytic_rule_that_is_not_conjugated_is_not_proved():
    wrong = replace(REGISTRY["exp"], partials=(lambda y, x: np.conjugate(y),))
    assert any(part.blocked for part in in_parts(wrong, call(Z)))


def test_ops_of_real_numbers_have_no_parts():
    assert in_parts(REGISTRY["gammaln"], call(Z)) is None
