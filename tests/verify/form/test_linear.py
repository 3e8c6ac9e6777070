"""What is known of affine forms over the ranges of their indices, for every size."""

from __future__ import annotations

from itertools import product

import pytest

from dualgrad.program.entry import Index
from dualgrad.program.size import dimension, evaluate
from verify.form import linear as lin
from verify.form.setting import Budget, within

N, M = dimension("n"), dimension("m")
I_, J_, R = Index("i", N), Index("j", M), Index("r", N - 1)
FORMS = [
    (0, ((I_, 1),)), (-1, ((I_, 1),)), (N - 1, ((I_, -1),)), (N, ((I_, -1),)), (N - 2, ((I_, -1),)), (1, ((R, 1),)),
    (N - 2, ((R, -1),)), (N * M - 1, ((I_, M * -1), (J_, -1))), (N + M - 2, ((I_, -1), (J_, -1))), (-3, ((I_, 2),)),
    (N - M, ()), (N * M, ()), (-1, ()), (N - 1, ()), (2, ((I_, -2), (J_, 1))),
]  # fmt: skip


def values(form, sizes):
    indices = [index for index, _ in form[1]]
    for place in product(*(range(evaluate(index.extent, sizes)) for index in indices)):
        parts = (evaluate(c, sizes) * k for (_, c), k in zip(form[1], place, strict=True))
        yield evaluate(form[0], sizes) + sum(parts)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_signs_that_are_shown_hold(form):
    with within(Budget(), (N - 1,)):
        never, always = lin.never_negative(form), lin.always_negative(form)
    seen = [v for n, m in product(range(1, 5), repeat=2) for v in values(form, {"n": n, "m": m})]
    assert not never or all(v >= 0 for v in seen)
    assert not always or all(v < 0 for v in seen)


def test_the_usual_ranges_are_seen():
    with within(Budget(), (N - 1,)):
        shown = [form for form in FORMS if lin.never_negative(form)]
    assert len(shown) == 9
