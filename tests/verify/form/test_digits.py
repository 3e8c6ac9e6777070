"""Relations between indices, simplified by digits and windows, say what they said: at every value of the indices."""

from __future__ import annotations

import itertools
import random

import pytest

from dualgrad.program.entry import Index
from verify.form import linear as lin
from verify.form import settle
from verify.form.setting import Budget, within

TRIALS = 300


def value(form: lin.Linear, at: dict[Index, int]) -> int:
    constant, parts = form
    assert isinstance(constant, int)
    return constant + sum(int(c) * at[i] for i, c in parts if isinstance(c, int))


def forms(seed: int):
    rng = random.Random(seed)
    for _ in range(TRIALS):
        indices = [Index("i", rng.randint(2, 4)) for _ in range(rng.randint(2, 3))]
        coefficients = {index: rng.choice([1, -1, 2, 3, 4, -3, 6]) for index in indices}
        yield lin.linear(rng.randint(-6, 6), coefficients), indices


def places(indices):
    for at in itertools.product(*(range(index.extent) for index in indices)):
        yield dict(zip(indices, at, strict=True))


def same_equations(form, indices):
    pair = settle._digits(form)
    for at in places(indices) if pair is not None else ():
        assert (value(form, at) == 0) == all(value(part, at) == 0 for part in pair)
    return pair is not None


def same_inequalities(form, indices):
    reduced = settle._reduced_inequality(form)
    for at in places(indices):
        assert (value(form, at) >= 0) == (value(reduced, at) >= 0)
    return reduced != form


@pytest.mark.parametrize("same", [same_equations, same_inequalities])
def test_digits_say_what_the_relation_said(same):
    with within(Budget()):
        assert sum(same(form, indices) for form, indices in forms(3)) > 20


def test_digits_that_overlap_are_not_told_apart(monkeypatch):
    """2 i + j = 3 with j < 4 has two solutions; without the look at j's range it would have none."""
    i, j = Index("i", 3), Index("j", 4)
    form = lin.linear(-2, {i: 2, j: 1})
    with within(Budget()):
        assert settle._digits(form) is None
        monkeypatch.setattr(lin, "never_negative", lambda _: True)
        with pytest.raises(AssertionError):
            same_equations(form, [i, j])
