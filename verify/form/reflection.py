"""The gamma function's relatives at arguments that differ by integers or by a sign, on either side of 0.

    1/Γ(v + 1) = 1/Γ(v) / v       ψ(v + 1) = ψ(v) + 1 / v           where v != 0
    1/Γ(1 - v) = sin(πv) Γ(v)/π   ψ(1 - v) = ψ(v) + π cot(πv)       where v is no integer     (DLMF 5.5)

They are used where 1/Γ(v) != 0 is known: for v > 0 the first line alone, for v <= 0, where v is no integer then, both.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from fractions import Fraction

from verify.form.algebra import add, multiply, rewrite, scale, subtract
from verify.form.cases import restricted
from verify.form.clear import cleared, without_ties
from verify.form.construct import kernel
from verify.form.power import power
from verify.form.steps import Step, on_domain
from verify.form.term import ONE, UNIT, ZERO, Atom, Form, Rational, atoms, form_of, inside, pattern, power_of

NAMES = frozenset({"reciprocal_gamma", "digamma"})
TURNS = frozenset({"sin", "cos"})
MOST_STEPS = 8
_PI = power_of(Atom("constant", "π"))


def zero_on_either_side(difference: Form, nonzero: Container[str]) -> bool:
    """Whether a difference is 0 both where an entry is positive and where it is not; False where not shown."""
    guard = next(_sides(difference, nonzero), None)
    if guard is None:
        return False
    return all(
        cleared(without_ties(on_domain(_related(restricted(difference, guard, value), guard, not value), nonzero))).zero
        for value in (1, 0)
    )


def _sides(form: Form, nonzero: Container[str]) -> Iterator[Atom]:
    """The guards that an entry is > 0 at which 1/Γ is known not to be 0."""
    if any(atom.kind == "kernel" and atom.name in NAMES for atom in atoms(form)):
        for term, _ in form.terms.values():
            for atom, _ in term.factors.values():
                alone = atom.kind == "positive" and atom.free.isdisjoint(term.bound) and _is_entry(atom.forms[0])
                if alone and pattern(kernel("reciprocal_gamma", atom.forms[0])) in nonzero:
                    yield atom


def _is_entry(form: Form) -> bool:
    factors = [factor for term, c in form.terms.values() if c == 1 for factor in term.factors.values()]
    return len(form.terms) == len(factors) == 1 and factors[0][0].kind == "cell" and factors[0][1] == 1


def _related(form: Form, guard: Atom, reflected: bool) -> Form:
    return rewrite(form, lambda atom: any(map(_is_asked, inside(atom))), _Related(guard.forms[0], reflected))


def _is_asked(atom: Atom) -> bool:
    return atom.kind == "kernel" and atom.name in NAMES | TURNS


class _Related(Step):
    def __init__(self, entry: Form, reflected: bool) -> None:
        self.entry, self.reflected = entry, reflected

    def atom(self, atom: Atom, p: Rational) -> Form | None:
        """By the function of the entry alone, where the argument is that, or less that, and a whole number."""
        if not _is_asked(atom):
            return None
        if atom.name in TURNS:
            return power(kernel(atom.name, _without_turns(atom.forms[0])), p)
        whole, rest = _split(atom.forms[0])
        if whole is not None and rest.key == self.entry.key:
            return power(_shifted(atom.name, rest, whole), p)
        if whole is not None and self.reflected and scale(rest, -1).key == self.entry.key:
            return power(self._turned(atom.name, self.entry, whole), p)
        return power_of(atom, p)

    def _turned(self, name: str, v: Form, whole: int) -> Form:
        """Of whole - v, which is 1 - (v + 1 - whole)."""
        from_v = _shifted(name, v, 1 - whole)
        turn = multiply(_PI, v)
        sine, cosine = (scale(kernel(kind, turn), 1 if whole % 2 else -1) for kind in ("sin", "cos"))
        if name == "digamma":
            return add(from_v, multiply(_PI, cosine, power(sine, -1)))
        return multiply(sine, power(multiply(_PI, from_v), -1))


def _shifted(name: str, v: Form, whole: int) -> Form:
    """Of v + whole, by that of v."""
    if abs(whole) > MOST_STEPS:
        return kernel(name, add(v, scale(ONE, whole)))
    found = kernel(name, v)
    steps = range(whole) if whole > 0 else range(whole, 0)
    for k in steps:
        place = add(v, scale(ONE, k))
        if name == "digamma":
            found = add(found, scale(power(place, -1), 1 if whole > 0 else -1))
        else:
            found = multiply(found, power(place, -1 if whole > 0 else 1))
    return found


def _split(form: Form) -> tuple[int | None, Form]:
    """A whole number and the rest."""
    known = form.terms.get(UNIT.key)
    constant = known[1] if known is not None else 0
    whole = int(constant) if constant.denominator == 1 else None
    return whole, subtract(form, scale(ONE, constant)) if constant else form


def _without_turns(angle: Form) -> Form:
    """An angle without whole turns 2 π k ⌊u⌋."""
    kept = []
    for term, factor in angle.terms.values():
        kinds = sorted((atom.kind, atom.name, p) for atom, p in term.factors.values())
        turns = kinds == [("constant", "π", 1), ("kernel", "floor", 1)] and not Fraction(factor) % 2
        if not (turns and not term.bound):
            kept.append((term, factor))
    return form_of(kept) if kept else ZERO
