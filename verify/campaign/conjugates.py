"""No dropped conjugate is accepted: functions of complex vectors, with gradients by hand that lack one conjugate."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from mpmath import mp, mpc, mpf

import verify
from verify.campaign.figures import Outcome
from verify.campaign.right import BUDGET
from verify.verdict import Verdict

Array = np.ndarray[Any, Any]
LENGTH = 3
LONGEST = 4  # steps
DIGITS = 60
WRONG = 1e-15  # relative: further from the slope than rounding


class Step(NamedTuple):
    """A function of a complex vector, and how it takes a cotangent back; ``xp`` is NumPy, or stands for it."""

    forward: Callable[[Any, Any, Any], Any]
    back: Callable[[Any, Any, Any, Any, Any, Any], Any]  # of xp, conj, z, the result, the cotangent, the constant


STEPS: dict[str, Step] = {
    "scaled": Step(lambda xp, z, c: c[0] * z, lambda xp, conj, z, y, g, c: conj(c[0]) * g),
    "mixed": Step(lambda xp, z, c: c @ z, lambda xp, conj, z, y, g, c: conj(c).T @ g),
    "squared": Step(lambda xp, z, c: z * z, lambda xp, conj, z, y, g, c: 2 * conj(z) * g),
    "exponential": Step(lambda xp, z, c: xp.exp(z), lambda xp, conj, z, y, g, c: conj(y) * g),
    "sine": Step(lambda xp, z, c: xp.sin(z), lambda xp, conj, z, y, g, c: conj(xp.cos(z)) * g),
    "inverse": Step(lambda xp, z, c: 1 / z, lambda xp, conj, z, y, g, c: -conj(y * y) * g),
    "quotient": Step(lambda xp, z, c: z / c[1], lambda xp, conj, z, y, g, c: g / conj(c[1])),
    "conjugate": Step(lambda xp, z, c: xp.conj(z), lambda xp, conj, z, y, g, c: conj(g)),
    "stretched": Step(
        lambda xp, z, c: z * z * xp.conj(z),
        lambda xp, conj, z, y, g, c: 2 * z * xp.conj(z) * g + z * z * conj(g),
    ),
    "moved": Step(lambda xp, z, c: z + c[2], lambda xp, conj, z, y, g, c: g),
}
ENDS: dict[str, Step] = {
    "energy": Step(lambda xp, y, c: xp.real(y * xp.conj(y)).sum(), lambda xp, conj, z, y, g, c: 2 * y),
    "part": Step(lambda xp, y, c: xp.real(c[0] * y).sum(), lambda xp, conj, z, y, g, c: conj(c[0])),
    "overlap": Step(
        lambda xp, y, c: xp.real((c[0] * y).sum() * xp.conj((c[0] * y).sum())),
        lambda xp, conj, z, y, g, c: 2 * (c[0] * y).sum() * conj(c[0]),
    ),
}


class Chain(NamedTuple):
    """Steps with their constants; the last one is an end."""

    steps: tuple[Step, ...]
    constants: tuple[Array, ...]

    def value(self, xp: Any, z: Any) -> Any:
        """The real number at the end."""
        for step, c in zip(self.steps, self.constants, strict=True):
            z = step.forward(xp, z, c)
        return z

    def gradient(self, xp: Any, z: Any, dropped: int | None) -> Any:
        """df/da + i df/db by z = a + ib, without the conjugates of one step."""
        conjugates = [(lambda a: a) if place == dropped else xp.conj for place in range(len(self.steps))]
        passed = [z]
        for step, c in zip(self.steps, self.constants, strict=True):
            passed.append(step.forward(xp, passed[-1], c))
        end = len(self.steps) - 1
        g = self.steps[end].back(xp, conjugates[end], None, passed[end], None, self.constants[end])
        for place in range(end - 1, -1, -1):
            z, y, c = passed[place], passed[place + 1], self.constants[place]
            g = self.steps[place].back(xp, conjugates[place], z, y, g, c)
        return g


class _Digits:
    """NumPy's functions on arrays of mpmath's complex numbers."""

    exp = staticmethod(np.frompyfunc(mp.exp, 1, 1))
    sin = staticmethod(np.frompyfunc(mp.sin, 1, 1))
    cos = staticmethod(np.frompyfunc(mp.cos, 1, 1))
    conj = staticmethod(np.frompyfunc(mp.conj, 1, 1))
    real = staticmethod(np.frompyfunc(mp.re, 1, 1))


_EXACTLY = np.frompyfunc(lambda value: mpc(complex(value)), 1, 1)


def off(chain: Chain, z: Array, dropped: int | None, rng: random.Random) -> float:
    """How far a gradient is from the slope along a random direction, relative to its terms; by 60 digits."""
    with mp.workdps(DIGITS):
        exact = chain._replace(constants=tuple(_EXACTLY(c) for c in chain.constants))
        at = _EXACTLY(z)
        along = np.array([mpc(rng.uniform(0.5, 1.5), rng.uniform(-1.5, -0.5)) for _ in range(LENGTH)])
        step = mpf(10) ** -20
        slope = (exact.value(_Digits, at + step * along) - exact.value(_Digits, at - step * along)) / (2 * step)
        made = exact.gradient(_Digits, at, dropped)
        terms = [mp.re(mp.conj(g) * t) for g, t in zip(made, along, strict=True)]
        return float(abs(sum(terms) - slope) / (abs(slope) + sum(abs(term) for term in terms)))


def drawn(rng: random.Random) -> tuple[tuple[str, ...], Chain, Array]:
    """The names of some steps, the chain of them, and a point."""

    def numbers(*shape: int) -> Array:
        parts = [[rng.choice((-1, 1)) * rng.uniform(0.3, 1.2) for _ in range(int(np.prod(shape)))] for _ in range(2)]
        return np.reshape(np.array(parts[0]) + 1j * np.array(parts[1]), shape)

    names = (*rng.choices(sorted(STEPS), k=rng.randint(1, LONGEST)), rng.choice(sorted(ENDS)))
    steps = tuple({**STEPS, **ENDS}[name] for name in names)
    return names, Chain(steps, tuple(numbers(LENGTH, LENGTH) for _ in names)), numbers(LENGTH)


def trial(seed: int, index: int) -> Outcome:
    """One function, its gradient, and that without one conjugate after the other; a unit is a wrong one, checked."""
    rng, outcome = random.Random(f"{seed}/conjugates/{index}"), Outcome()
    names, chain, z = drawn(rng)
    for dropped in (None, *range(len(names))):
        wrong = off(chain, z, dropped, rng) > WRONG
        result = verify.check(
            lambda z: chain.value(np, z), z, grad=lambda z, k=dropped: chain.gradient(np, z, k), budget=BUDGET
        )
        outcome.units += wrong
        outcome.counts[f"{'wrong' if wrong else 'right'}: {result.verdict}"] += 1
        if result.ok if wrong else result.verdict is Verdict.REFUTED:
            said = {"verdict": str(result.verdict), "why": result.reason, "method": result.formula.method}
            outcome.failures.append({"steps": list(names), "dropped": dropped, "z": repr(z.tolist()), **said})
    return outcome
