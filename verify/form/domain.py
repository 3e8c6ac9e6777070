"""What must hold for a program to have a value, and for a proof to say something, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from dualgrad.program import entry as e
from dualgrad.program.entry import Index
from dualgrad.program.record import Equation, Operand, Program, Variable
from verify.form import construct, scalar
from verify.form.algebra import multiply, plain_factors, scale, substitute, subtract
from verify.form.construct import vanishes
from verify.form.definite import components, is_positive_with
from verify.form.denote import Denotation
from verify.form.interpret import Requirement
from verify.form.linear import of_index, single
from verify.form.matrices import Matrix, determinant, of_atom
from verify.form.power import content
from verify.form.setting import TooLarge, Undefined, at_most
from verify.form.signs import sign
from verify.form.term import ONE, ZERO, Atom, Form, Source, Term, atoms, form_of, pattern, power_of
from verify.form.text import written
from verify.form.ties import guards_alone, on_side

RELATIONS = {"positive": "> 0", "nonnegative": ">= 0", "nonzero": "!= 0"}
MOST_TERMS_SAID = 64
MOST_LEVELS = 8
MOST_PARTS = 16  # of what is known not to be zero
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
    reached = {(one.form.key, one.relation, one.path.key) for one in known}

    def is_known(one: Requirement) -> bool:
        return (one.form.key, one.relation, one.path.key) in reached or holds(one)

    given = [one for one in given if not all(map(is_known, _cases(one)))]
    if not given:
        return []
    nonzero, positive = never_zero(known, denote), always_positive(known, denote)

    def follows(one: Requirement) -> bool:
        if is_known(one):
            return True
        if one.relation == "!= 0":
            return _never_zero(one.form, nonzero, denote)
        try:
            form = denote.unfold(one.form)
        except (TooLarge, Undefined):
            return False
        asked = _patterns(construct.positive(form), "positive")
        return len(asked) > 0 and positive.issuperset(asked)

    return [one for one in given if not all(map(follows, _cases(one)))]


def _cases(one: Requirement) -> Iterator[Requirement]:
    """A requirement on either side of its guards, one after the other."""
    guard = next(iter(guards_alone(one.form)), None)
    if guard is None or one.relation == "!= 0":
        yield one
        return
    for side in (ONE, ZERO):
        yield from _cases(replace(one, form=on_side(one.form, guard, side)))


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
            spectra = _spectra(one.form, denote) if one.relation == "> 0" else ()
            for part in (*_parts_within(one.form, denote), *(determinant(of_atom(atom)) for atom in spectra)):
                for guard in _opening(part, denote):
                    found.update(_patterns(guard, "vanishes") if len(_patterns(guard, "vanishes")) == 1 else ())
    return frozenset(found)


def _never_zero(form: Form, nonzero: frozenset[str], denote: Denotation) -> bool:
    """Whether a form, or each of the parts that it is a product of, is one of those that are not zero."""
    for guard in _opening(form, denote):
        asked = _patterns(guard, "vanishes")
        if asked and nonzero.issuperset(asked):
            return True
    with suppress(TooLarge, Undefined):
        unfolded = denote.unfold(form)
        if is_positive_with(unfolded, _definite(denote)):
            return True
        parts = _parts(unfolded)
        return len(parts) > 1 and all(sign(part)[1] or _never_zero(part, nonzero, denote) for part in parts)
    return False


def _parts_within(form: Form, denote: Denotation) -> Iterator[Form]:
    """A form, and the parts that it and what it is computed from are products of: not zero where the form is not."""
    waiting = [form]
    for _ in range(MOST_PARTS):
        if not waiting:
            break
        one = waiting.pop()
        yield one
        parts = _parts(one)
        waiting += parts if len(parts) > 1 else []
        opened = denote.opened(one)
        waiting += [opened] if opened is not None else []


def _spectra(form: Form, denote: Denotation) -> Iterator[Atom]:
    """The eigenvalue that a form is, in terms of the inputs, the least or any: where that is positive, all are."""
    with suppress(TooLarge, Undefined):
        factors = plain_factors(denote.unfold(form)) or {}
        for atom, p in factors.values():
            if len(factors) == p == 1 and atom.kind == "eigenvalue":
                place = atom.linears[0]
                yield from [atom] if place == (0, ()) or single(place) is not None else []


def _definite(denote: Denotation) -> set[Source]:
    return {denote.source(variable) for variable, word in denote.facts.domains.items() if word == "spd"}


def declared(denote: Denotation) -> list[Requirement]:
    """What is declared of matrices, as requirements that hold: they are invertible."""
    found = []
    for variable, word in denote.facts.domains.items():
        if word in ("spd", "invertible") and len(variable.shape) == 2:
            axes = denote.axes(variable.shape)
            row, column = (Index(axis.name, axis.extent) for axis in axes)
            cell = denote.cell(variable, denote.positions(variable.shape))
            entry = substitute(cell, dict(zip(axes, map(of_index, (row, column)), strict=True)))
            found.append(Requirement(determinant(Matrix(row, column, entry)), "!= 0", ONE))
    return found


def _parts(form: Form) -> list[Form]:
    """Forms that are zero nowhere but where their product, the form, is; a constant factor is left out.

    A sum over several indices is the product of sums where no factor depends on indices of two of them.
    """
    if not form.terms:
        return [form]
    _, shared, rest = content(form)
    factors = [atom.forms[0] if atom.kind == "base" else power_of(atom) for atom, p in shared if p > 0]
    if len(rest.terms) != 1:
        return [*factors, rest]
    ((term, _),) = rest.terms.values()
    sums = [form_of([(Term(bound, inside), 1)]) for bound, inside in components(term.factors, term.bound)]
    return [*factors, *sums] or [rest]


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
        yield (guard := vanishes(denote.unfold(form)))
        yield from _not_at_zero(guard)


def _not_at_zero(guard: Form) -> Iterator[Form]:
    """The guard that u is 0, for the guard that 1 / Γ(u) is: it is 0 there."""
    for asked in (a.forms[0] for term, _ in guard.terms.values() for a, _ in term.factors.values() if a.forms):
        for atom in atoms(asked):
            if atom.name == "reciprocal_gamma" and asked.key == power_of(atom).key:
                yield vanishes(atom.forms[0])


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


def equality_tests(
    program: Program, wrt: Sequence[Variable], removable: Callable[[Equation], bool] = lambda equation: False
) -> Iterator[Equation]:
    """Equations that ask whether a number which depends on the arguments is zero, unless that makes no difference."""
    active: set[Operand] = set(wrt)
    for equation in program.equations:
        if any(operand in active for operand in equation.inputs if isinstance(operand, Variable)):
            active.add(equation.output)
            tests = any(_tests_equality(node, equation, active) for node in e.walk(equation.meaning.body))
            if tests and not removable(equation):
                yield equation


def named(equation: Equation) -> str:
    """An equation and where it stands."""
    return f"{equation!r} {equation.line}".strip()


def _tests_equality(node: e.Entry, equation: Equation, active: set[Operand]) -> bool:
    """Whether a node asks if a computed number, not a truth, is zero."""
    if not isinstance(node, e.Guard) or node.relation != "==":
        return False
    slots = [inner.slot for inner in e.walk(node.value) if isinstance(inner, e.Element)]
    operands = [operand for slot in slots if isinstance(operand := equation.inputs[slot], Variable)]
    return any(operand in active and operand.dtype.kind != "b" for operand in operands)
