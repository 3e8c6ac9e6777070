"""Programs and their differentials in balls."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from flint import arb, fmpq
from hypothesis import given
from hypothesis import strategies as st

import dualgrad as dg
from verify.ball import steps
from verify.ball.precision import working_precision
from verify.ball.read import evaluate, gradient, jacobian, jvp, magnitudes, vjp
from verify.question.ask import pose
from verify.question.recording import record_symbolic


def gradient_of(case, precision=128, **rest):
    return gradient(case.program, case.wrt, case.inputs, case.sizes, precision, **rest)


def exact(array):
    return [Fraction(float(value)) for value in np.ravel(array)]


def assert_holds(balls, fractions):
    balls = list(np.ravel(balls))
    assert len(balls) == len(fractions) > 0
    for ball, fraction in zip(balls, fractions, strict=True):
        assert ball.is_finite()
        assert ball.rel_accuracy_bits() > 60 if fraction else ball.rad() < 2.0**-60
        with working_precision(300):
            assert (ball - arb(fmpq(fraction.numerator, fraction.denominator))).contains(0)


def floats(array):
    return np.asarray(array).astype(float)


# ---------------------------------------------------------------------------- against exact rationals


@given(
    st.lists(st.integers(-1000, 1000), min_size=6, max_size=6), st.lists(st.integers(1, 1000), min_size=3, max_size=3)
)
def test_a_rational_program_encloses_its_exact_gradient(recorded, xs, ys):
    x, y = np.array(xs, float).reshape(2, 3) / 64, np.array(ys, float) / 32
    case = recorded(lambda x, y: np.sum((x * x - x) / y), x, y)
    found = gradient_of(case)
    a, b = np.array(exact(x), object).reshape(2, 3), np.array(exact(y), object)
    assert_holds(found.arrays[0], list(((2 * a - 1) / b).ravel()))
    assert_holds(found.arrays[1], list(-(a * a - a).sum(0) / b**2))
    assert_holds(found.reading.outputs[0], [((a * a - a) / b).sum()])


def test_one_recording_serves_every_size(recorded):
    case = recorded(lambda x, y: np.sum(np.tanh(x @ y)), np.ones((2, 3)), np.ones((3, 2)))
    names = [str(extent) for extent in (*case.wrt[0].shape, *case.wrt[1].shape)]
    rng = np.random.default_rng(0)
    for n, k, m in [(2, 3, 2), (4, 1, 3), (1, 5, 1)]:
        x, y = rng.normal(size=(n, k)), rng.normal(size=(k, m))
        sizes = dict(zip(names, (n, k, k, m), strict=True))
        found = gradient(case.program, case.wrt, dict(zip(case.wrt, (x, y), strict=True)), sizes)
        slope = 1 / np.cosh(x @ y) ** 2
        np.testing.assert_allclose(floats(found.arrays[0]), slope @ y.T, rtol=1e-13)
        np.testing.assert_allclose(floats(found.arrays[1]), x.T @ slope, rtol=1e-13)


def test_a_layer_norm_agrees_with_mpmath(recorded):
    x = np.random.default_rng(1).normal(size=(2, 3))

    def norm(x):
        centred = x - x.mean(axis=1, keepdims=True)
        return np.sum(np.tanh(centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)))

    found = gradient_of(recorded(norm, x), 256).arrays[0]

    def row(*values):
        mean = sum(values) / 3
        spread = mpmath.sqrt(sum((v - mean) ** 2 for v in values) / 3 + mpmath.mpf(1e-5))
        return sum(mpmath.tanh((v - mean) / spread) for v in values)

    with mpmath.workdps(80):
        for i, j in np.ndindex(2, 3):
            order = tuple(int(k == j) for k in range(3))
            true = mpmath.diff(row, tuple(map(mpmath.mpf, x[i])), order)
            assert abs(mpmath.mpf(found[i, j].str(40, radius=False)) - true) < mpmath.mpf(10) ** -30


# ---------------------------------------------------------------------------- one differential, five ways to ask


def test_tangents_cotangents_and_jacobians_agree(recorded):
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(3, 2)), rng.normal(size=2)
    case = recorded(lambda x, y: np.exp(x @ y) / np.sum(np.exp(x @ y)) + np.cumsum(x[:, 0] * y[1]), x, y)
    ask = (case.inputs, case.sizes)
    t, s, g = rng.normal(size=(3, 2)), rng.normal(size=2), rng.normal(size=3)
    pushed = jvp(case.program, dict(zip(case.wrt, (t, s), strict=True)), *ask).arrays[0]
    pulled = vjp(case.program, case.wrt, *ask, [g]).arrays
    rows = jacobian(case.program, case.wrt, *ask).arrays
    assert rows[0].shape == (3, 3, 2)
    assert rows[1].shape == (3, 2)
    for i in range(3):
        expected = (rows[0][i] * t).sum() + (rows[1][i] * s).sum()
        assert pushed[i].overlaps(expected)
    for slot in range(2):
        for index in np.ndindex(pulled[slot].shape):
            expected = sum(rows[slot][(i, *index)] * float(g[i]) for i in range(3))
            assert pulled[slot][index].overlaps(expected)
    summed = gradient(case.program, case.wrt, *ask).arrays
    assert all(a.overlaps(b) for a, b in zip(summed[0].ravel(), rows[0].sum(0).ravel(), strict=True))


def test_a_gradient_is_that_of_the_sum_over_all_outputs(recorded):
    x = np.array([0.5, -1.5])
    case = recorded(lambda x: (x * x, 3 * x[0]), x)
    np.testing.assert_array_equal(floats(gradient_of(case).arrays[0]), [4.0, -3.0])


def test_magnitudes_of_terms_do_not_cancel(recorded):
    case = recorded(lambda x: np.sum(x * 3 - x * 2), np.array([1.5]))
    assert floats(gradient_of(case).arrays[0]) == [1.0]
    assert floats(gradient_of(case, absolute=True).arrays[0]) == [5.0]


def test_what_a_result_does_not_depend_on_has_gradient_zero(recorded):
    case = recorded(lambda x, y: np.sum(x), np.ones(2), np.ones(3))
    assert all(ball.is_zero() for ball in gradient_of(case).arrays[1])


def test_empty_arrays(recorded):
    case = recorded(lambda x: np.sum(1 - x * x), np.ones((0, 2)))
    found = gradient_of(case)
    assert found.arrays[0].shape == (0, 2)
    assert found.reading.outputs[0][()].is_zero()


# ---------------------------------------------------------------------------- branches and boundaries


def test_a_branch_not_taken_poisons_nothing(recorded):
    case = recorded(lambda x: np.sum(np.where(x > 0, np.log(x), x)), np.array([-1.0, 2.0]))
    found = gradient_of(case)
    np.testing.assert_array_equal(floats(found.arrays[0]), [1.0, 0.5])
    assert not found.reading.events


def test_a_guard_on_its_boundary_is_reported_with_its_element(recorded):
    found = gradient_of(recorded(lambda x: np.sum(np.maximum(x, 0)), np.array([1.0, 0.0, -1.0])))
    events = found.reading.events
    assert events
    assert {(event.kind, event.element) for event in events} == {("boundary", (1,))}
    assert {event.equation.op.name for event in events} == {"maximum"}
    assert found.reading.decided


def test_a_boundary_in_a_branch_not_taken_is_not_reported(recorded):
    f = lambda x: np.sum(np.where(x > 1, np.abs(x), 2 * x))  # noqa: E731
    assert not gradient_of(recorded(f, np.array([0.0, 2.0]))).reading.events


def test_a_tie_of_what_is_not_differentiated_is_no_boundary(recorded):
    case = recorded(lambda x, y: np.sum(x * np.where(y > 0, 2, 3)), np.ones(1), np.zeros(1))
    assert gradient(case.program, case.wrt[:1], case.inputs, case.sizes).reading.events == ()
    assert gradient(case.program, case.wrt, case.inputs, case.sizes).reading.events


def test_what_a_ball_does_not_decide_is_reported_and_never_guessed(recorded):
    """exp(x) - exp(y) at x = y is 0, but no ball can show that."""
    case = recorded(lambda x, y: np.sum(np.maximum(np.exp(x), np.exp(y))), np.array([1.0]), np.array([1.0]))
    found = gradient_of(case)
    assert not found.reading.decided
    assert found.reading.outputs[0][()].overlaps(arb(1).exp())
    assert not any(ball.is_finite() for array in found.arrays for ball in array)


def test_a_tied_maximum_is_a_boundary(recorded):
    found = gradient_of(recorded(lambda x: np.max(x), np.array([2.0, 1.0, 2.0])))
    assert [event.kind for event in found.reading.events] == ["boundary"]


@pytest.mark.parametrize(("direction", "slope"), [(1.0, 1.0), (-1.0, -1.0)])
def test_a_direction_chooses_the_side_of_a_boundary(recorded, direction, slope):
    case = recorded(lambda x: np.sum(np.abs(x)), np.array([0.0, 3.0]))
    along = {case.wrt[0]: np.array([direction, 0.0])}
    found = gradient_of(case, along=along)
    np.testing.assert_array_equal(floats(found.arrays[0]), [slope, 1.0])
    assert floats(jvp(case.program, along, case.inputs, case.sizes).arrays[0]) == 1.0


def test_floor_has_slope_zero_and_jumps_at_integers(recorded):
    case = recorded(lambda x: np.sum(x * np.floor(x)), np.array([2.5]))
    assert floats(gradient_of(case).arrays[0]) == [2.0]
    jump = recorded(lambda x: np.sum(x * np.floor(x)), np.array([3.0]))
    assert [event.relation for event in gradient_of(jump).reading.events] == ["floor"]
    below = gradient_of(jump, along={jump.wrt[0]: np.array([-1.0])})
    assert floats(below.arrays[0]) == [2.0]


def test_a_singular_element_does_not_spoil_the_others(recorded):
    case = recorded(lambda x: np.sqrt(x), np.array([0.0, 4.0]))
    rows = jacobian(case.program, case.wrt, case.inputs, case.sizes).arrays[0]
    assert not rows[0, 0].is_finite()
    np.testing.assert_array_equal(floats(rows[1]), [0.0, 0.25])


# ---------------------------------------------------------------------------- literals and misuse


def test_literals_are_their_doubles_unless_another_reading_is_asked_for(recorded):
    case = recorded(lambda x: 0.1 * x * np.float64(np.pi), np.array(1.0))
    read = {
        reading: evaluate(case.program, case.inputs, case.sizes, 128, reading).outputs[0][()]
        for reading in ("exact", "decimal", "named")
    }
    assert read["exact"].overlaps(arb(0.1) * arb(float(np.pi)))
    assert read["named"].overlaps(arb.pi() / 10)
    assert not read["exact"].overlaps(read["decimal"])
    assert not read["named"].overlaps(read["decimal"])


def test_misfits_are_refused(recorded):
    case = recorded(lambda x: np.sum(x), np.ones(3))
    (x,) = case.wrt
    with pytest.raises(ValueError, match=r"x has shape \(2,\), expected \(3,\)"):
        gradient(case.program, case.wrt, {x: np.ones(2)}, case.sizes)
    with pytest.raises(KeyError, match="is not given"):
        gradient(case.program, case.wrt, case.inputs, {})
    with pytest.raises(TypeError, match="complex128"):
        evaluate(case.program, {x: np.ones(3, complex)}, case.sizes)
    with pytest.raises(KeyError, match="no value is given for x"):
        evaluate(case.program, {}, case.sizes)
    half = recorded(lambda x: x + 0.5, np.ones(1))
    with pytest.raises(ValueError, match="expected one of exact, decimal, named"):
        evaluate(half.program, half.inputs, half.sizes, 64, "roughly")


# ---------------------------------------------------------------------------- what was read before


def both_programs(f, candidate):
    """A function and its gradient, recorded on one trace, so that the second may hold the first."""
    problem = pose(f, (np.array([0.5, 1.5, 2.0]),), "grad", candidate, None, None)
    recording = record_symbolic(problem, problem.arrays)
    return recording, {v: problem.arrays[p] for p, v in recording.inputs.items()}, {"n": 3}


def counted(monkeypatch):
    """The steps that are computed from now on."""
    found = []
    for kind in (steps.Kernel, steps.Times, steps.Power):
        value = kind._value
        monkeypatch.setattr(kind, "_value", lambda self, run, value=value: found.append(self) or value(self, run))
    return found


def smooth(x):
    return np.sum(np.exp(np.sin(x)) * np.log(x))


def test_what_two_programs_share_is_read_once(monkeypatch):
    recording, inputs, sizes = both_programs(smooth, dg.grad(smooth))
    known = gradient(recording.forward, list(inputs), inputs, sizes).reading
    computed = counted(monkeypatch)
    alone = evaluate(recording.gradient, inputs, sizes)
    whole = len(computed)
    shared = evaluate(recording.gradient, inputs, sizes, known=known)
    assert 0 < len(computed) - whole < whole - 2
    for a, b in zip(alone.outputs[0], shared.outputs[0], strict=True):
        assert a.mid() == b.mid() and a.rad() == b.rad()


def of_relu(x):
    return np.sum(np.maximum(x - 1.5, 0) * np.sin(x))


@pytest.mark.parametrize(
    ("f", "candidate"),
    [(of_relu, dg.grad(of_relu)), (smooth, lambda x: dg.grad(smooth)(x) * np.where(np.sin(x) * 0 > x - 1.5, 1, 2))],
    ids=["of both", "of the second"],
)
def test_guards_are_read_with_all_that_leads_to_them(f, candidate):
    recording, inputs, sizes = both_programs(f, candidate)
    known = gradient(recording.forward, list(inputs), inputs, sizes).reading
    alone = evaluate(recording.gradient, inputs, sizes)
    shared = evaluate(recording.gradient, inputs, sizes, known=known)
    assert alone.events
    assert [(one.kind, one.element) for one in shared.events] == [(one.kind, one.element) for one in alone.events]


def test_magnitudes_are_those_of_another_run(recorded):
    case = recorded(lambda x: np.sum(np.exp(x) - np.sin(x) * x), np.array([0.5, -1.5, 2.0]))
    again = gradient_of(case, 160, absolute=True).arrays[0]
    found = magnitudes(gradient_of(case), case.wrt, 160)[0]
    assert floats(found) == pytest.approx(floats(again), rel=1e-15)
    assert (floats(found) > np.abs(floats(gradient_of(case).arrays[0]))).any()
