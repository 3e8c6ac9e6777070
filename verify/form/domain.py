"""What must hold for a program to have a value, and for a proof to say something, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from dualgrad.program import entry as e
from dualgrad.program.record import Equation, Operand, Program, Variable
from verify.form import construct, scalar
from verify.form.algebra import multiply, scale, subtract
from verify.form.construct import vanishes
from verify.form.denote import Denotation
from verify.form.interpret import Requirement
from verify.form.setting import TooLarge, Undefined, at_most
from verify.form.signs import sign
from verify.form.term import ONE, Form, pattern
from verify.form.text import written

RELATIONS = {"positive": "> 0", "nonnegative": ">= 0", "nonzero": "!= 0"}
MOST_TERMS_SAID = 64
MOST_LEVELS = 8
SECONDS_TO_SAY = 0.05


def in_words(requirements: Iterable[Requirement], denote: Denotation) -> tuple[str, ...]:
    """Requirements in words, in terms of the inputs where that is not too large; what holds everywhere is left out."""
    texts: dict[str, None] = {}
    for one in requirements:
        if holds(one):
            continue
        try:
            with at_most(MOST_TERMS_SAID, SECONDS_TO_SAY):
                one = Requirement(denote.unfold(one.form), one.relation, denote.unfold(one.path), one.line)
        except TooLarge:
            pass
        if not one.form.terms and one.relation != ">= 0" and one.path.key == ONE.key:
            raise Undefined(
                f"an expression that is zero everywhere is required to be {one.relation} {one.line}".strip()
            )
        if one.path.terms and not holds(one):
            texts[_words(one)] = None
    return tuple(texts)


def beyond(given: Iterable[Requirement], known: Sequence[Requirement], denote: Denotation) -> list[Requirement]:
    """The requirements that do not follow, one by one, from the known ones that hold without a condition."""
    nonzero, positive = never_zero(known, denote), always_positive(known, denote)
    reached = {(one.form.key, one.relation, one.path.key) for one in known}

    def follows(one: Requirement) -> bool:
        if (one.form.key, one.relation, one.path.key) in reached:
            return True
        if one.relation == "!= 0":
            return any(nonzero.issuperset(asked) for guard in _opening(one.form, denote)
                       if (asked := _patterns(guard, "vanishes")))  # fmt: skip
        try:
            form = denote.unfold(one.form)
        except (TooLarge, Undefined):
            return False
        asked = _patterns(construct.positive(form), "positive")
        return len(asked) > 0 and positive.issuperset(asked)

    return [one for one in given if not follows(one)]


def beyond_all(given: Iterable[Requirement], known: Sequence[Requirement], denote: Denotation) -> list[Requirement]:
    """The requirements that do not follow from the known ones together, as the kernel tower sees it."""
    left = beyond(given, known, denote)
    if not left:
        return []
    facts = in_terms_of_inputs(known, denote)
    return [one for one in left if not any(scalar.follows(said, facts) for said in in_terms_of_inputs([one], denote))]


def in_terms_of_inputs(requirements: Iterable[Requirement], denote: Denotation) -> list[Requirement]:
    """Requirements in terms of the inputs; those that are too large for that are left out."""
    found: list[Requirement] = []
    for one in requirements:
        try:
            found.append(Requirement(denote.unfold(one.form), one.relation, denote.unfold(one.path), one.line))
        except (TooLarge, Undefined):
            continue
    return found


def known_signs(program: Program, denote: Denotation) -> list[Requirement]:
    """What is known of the signs of those intermediates that have a value everywhere, as requirements that hold."""
    denote.required(program)
    everywhere: set[Variable] = set()
    found: list[Requirement] = []
    for equation in program.equations:
        operands = [x for x in equation.inputs if isinstance(x, Variable) and x in denote.equations]
        if everywhere.issuperset(operands) and all(map(holds, denote.requirements[equation.output])):
            everywhere.add(equation.output)
            known = denote.source(equation.output).sign
            if known in RELATIONS:
                cell = denote.cell(equation.output, denote.positions(equation.output.shape))
                found.append(Requirement(cell, RELATIONS[known], ONE))
    return found


def always_positive(requirements: Iterable[Requirement], denote: Denotation) -> frozenset[str]:
    """The patterns of expressions that are > 0 everywhere on the domain."""
    found: set[str] = set()
    for one in requirements:
        if one.relation == "> 0" and one.path.key == ONE.key:
            try:
                guard = construct.positive(denote.unfold(one.form))
            except (TooLarge, Undefined):
                continue
            found.update(_patterns(guard, "positive"))
    return frozenset(found)


def never_zero(requirements: Iterable[Requirement], denote: Denotation) -> frozenset[str]:
    """The patterns of expressions that are not zero anywhere on the domain."""
    found: set[str] = set()
    for one in requirements:
        if one.relation in ("> 0", "!= 0") and one.path.key == ONE.key:
            for guard in _opening(one.form, denote):
                found.update(_patterns(guard, "vanishes") if len(_patterns(guard, "vanishes")) == 1 else ())
    return frozenset(found)


def _opening(form: Form, denote: Denotation) -> Iterator[Form]:
    """The guard that a form is 0, in terms of arrays ever closer to the inputs, and in terms of the inputs."""
    asked: Form | None = form
    for _ in range(MOST_LEVELS):
        if asked is None:
            break
        guard = vanishes(asked)
        yield guard
        bodies = [atom.forms[0] for term, _ in guard.terms.values() for atom, _ in term.factors.values() if atom.forms]
        asked = denote.opened(bodies[0]) if len(bodies) == len(guard.terms) == 1 else None
    with suppress(TooLarge, Undefined):
        yield vanishes(denote.unfold(form))


def _patterns(guard: Form, kind: str) -> list[str]:
    """The patterns of the guards of a kind that a guard is the product of; empty where it is no such product."""
    if len(guard.terms) != 1:
        return []
    ((term, factor),) = guard.terms.values()
    atoms = [atom for atom, _ in term.factors.values()]
    if factor != 1 or term.bound or any(atom.kind != kind for atom in atoms):
        return []
    return [pattern(atom.forms[0]) for atom in atoms]


def holds(one: Requirement) -> bool:
    """Whether a requirement is shown to hold everywhere."""
    nonnegative, nonzero = sign(one.form)
    if {"> 0": nonnegative and nonzero, ">= 0": nonnegative, "!= 0": nonzero}[one.relation]:
        return True
    try:
        return not multiply(one.path, _failing(one)).terms
    except (TooLarge, Undefined):
        return False


def _failing(one: Requirement) -> Form:
    """1 where a requirement fails, else 0."""
    if one.relation == "!= 0":
        return vanishes(one.form)
    if one.relation == "> 0":
        return subtract(ONE, construct.positive(one.form))
    return construct.positive(scale(one.form, -1))


def _words(one: Requirement) -> str:
    path = written(one.path)
    return f"{written(one.form)} {one.relation}{'' if path == '1' else f' where {path} = 1'}"


def equality_tests(program: Program, wrt: Sequence[Variable]) -> Iterator[str]:
    """Equations that ask whether a number which depends on the arguments is zero."""
    active: set[Operand] = set(wrt)
    for equation in program.equations:
        if any(operand in active for operand in equation.inputs if isinstance(operand, Variable)):
            active.add(equation.output)
            if any(_tests_equality(node, equation, active) for node in e.walk(equation.meaning.body)):
                yield f"{equation!r} {equation.line}".strip()


def _tests_equality(node: e.Entry, equation: Equation, active: set[Operand]) -> bool:
    """Whether a node asks if a computed number, not a truth, is zero."""
    if not isinstance(node, e.Guard) or node.relation != "==":
        return False
    slots = [inner.slot for inner in e.walk(node.value) if isinstance(inner, e.Element)]
    operands = [operand for slot in slots if isinstance(operand := equation.inputs[slot], Variable)]
    return any(operand in active and operand.dtype.kind != "b" for operand in operands)
