"""Which intermediates get a line of their own, and what they are called.

The lines are those a person writes by hand: y = x + 2, z = 3 y², o = 1/n Σ z. An equation goes into the line
of the one that uses it while both are products, both are sums, or the operand is a single element.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import Enum

from dualgrad.mirror.algebra import is_indicator, split
from dualgrad.mirror.book import Book
from dualgrad.mirror.equality import size_of
from dualgrad.mirror.softmax import as_softmax
from dualgrad.program.entry import (
    Count,
    Element,
    Entry,
    Guard,
    Holds,
    Kernel,
    Meaning,
    Number,
    Plus,
    Power,
    Reduce,
    Select,
    Times,
    children,
)
from dualgrad.program.record import Variable

LETTERS = "yzuvwhgqabcdef"
CAPTURED = "abcdefg"  # of arrays that the program took from outside


class Form(Enum):
    """What an entry is at its top, and what surrounds an element in one."""

    ATOM = 0
    PRODUCT = 1
    SUM = 2
    KERNEL = 3
    REDUCTION = 4


FITS = {  # which forms read well inside which surroundings
    Form.ATOM: {Form.ATOM, Form.PRODUCT, Form.SUM, Form.KERNEL, Form.REDUCTION},
    Form.SUM: {Form.ATOM, Form.PRODUCT, Form.SUM, Form.KERNEL, Form.REDUCTION},
    Form.PRODUCT: {Form.ATOM, Form.PRODUCT, Form.KERNEL},
    Form.KERNEL: {Form.ATOM, Form.PRODUCT},
    Form.REDUCTION: {Form.ATOM},
}
LONGEST = 30  # nodes of one line
LONGEST_CONDITION = 10  # nodes of one that is written out wherever it is used
LONGEST_NAME = 20  # characters


def lines(book: Book, outputs: Collection[Variable], called: Collection[Variable] = ()) -> list[Variable]:
    """The variables with lines of their own, in program order; ``called`` are those the user gave names to."""
    users = _users(book)
    kept: dict[Variable, None] = {}
    done: dict[Variable, Meaning] = {}
    for variable in book.definitions:
        body = book.unfolded(variable, kept.keys(), done).body
        form = form_of(body)
        if variable in outputs:
            kept[variable] = None
        elif is_indicator(body) and size_of(body) <= LONGEST_CONDITION and variable not in called:
            continue
        elif variable in users and form is not Form.ATOM:
            around = {place for user in users[variable] for place in _around(book, user, variable)}
            alone = len(users[variable]) == 1 and all(form in FITS[place] for place in around)
            if not alone or variable in called or size_of(body) > LONGEST:
                kept[variable] = None
    return _with_softmax(book, list(kept), {*outputs, *called}, users)


def _with_softmax(
    book: Book, kept: list[Variable], fixed: Collection[Variable], users: Mapping[Variable, list[Variable]]
) -> list[Variable]:
    """The lines with exp(u), its sum and their quotient as one, the softmax."""
    for variable in book.definitions:
        if variable in fixed:
            continue
        used = _operands(book, variable) & book.definitions.keys()
        parts = used.union(*(_operands(book, part) for part in used)) & set(kept) - set(fixed)
        for folded in (set[Variable](), parts):
            if as_softmax(book.unfolded(variable, set(kept) - folded).body):
                gone = {part for part in folded if set(users[part]) <= parts | {variable}}
                kept = [each for each in book.definitions if (each in kept and each not in gone) or each is variable]
                break
    return kept


def _operands(book: Book, variable: Variable) -> set[Variable]:
    return {o for o in book.definitions[variable].equation.inputs if isinstance(o, Variable)}


def _users(book: Book) -> dict[Variable, list[Variable]]:
    users: dict[Variable, list[Variable]] = {}
    for variable, definition in book.definitions.items():
        for operand in dict.fromkeys(definition.equation.inputs):
            if isinstance(operand, Variable):
                users.setdefault(operand, []).append(variable)
    return users


def form_of(body: Entry) -> Form:
    """What an entry is at its top, numbers in front aside."""
    _, factors = split(body)
    factors = [factor for factor in factors if not _is_scale(factor)]
    if len(factors) > 1:
        return Form.PRODUCT
    match factors[0] if factors else Number:
        case Plus():
            return Form.SUM
        case Power():
            return Form.PRODUCT
        case Reduce():
            return Form.REDUCTION
        case Kernel() | Guard() | Select() | Holds():
            return Form.KERNEL
    return Form.ATOM


def _around(book: Book, user: Variable, variable: Variable) -> Iterator[Form]:
    yield from _surroundings(book.definitions[user].meaning.body, book.number[variable], Form.ATOM)


def _surroundings(node: Entry, slot: int, around: Form) -> Iterator[Form]:
    match node:
        case Element(number, _):
            if number == slot:
                yield around
            return
        case Plus():
            inner = Form.SUM
        case Times(args):
            inner = Form.PRODUCT if sum(not _is_scale(arg) for arg in args) > 1 else around
        case Power():
            inner = Form.PRODUCT
        case Reduce():
            inner = Form.REDUCTION
        case _:
            inner = Form.KERNEL
    stronger = max(inner, around, key=lambda form: _STRENGTH[form])
    for child in children(node):
        yield from _surroundings(child, slot, stronger)


_STRENGTH = {Form.ATOM: 0, Form.SUM: 1, Form.PRODUCT: 2, Form.KERNEL: 3, Form.REDUCTION: 4}


def _is_scale(factor: Entry) -> bool:
    base = factor.base if isinstance(factor, Power) else factor
    return isinstance(base, Number | Count)


def named(
    book: Book, given: Mapping[Variable, str], kept: Sequence[Variable], outputs: Sequence[Variable]
) -> tuple[str, ...]:
    """A name for every variable of the book: the given one if it is a word, else a fresh letter; an output is o."""
    names: dict[Variable, str] = {}
    proposed = [*given.items(), *((variable, variable.name) for variable in book.program.inputs)]
    for variable, name in proposed:
        if variable not in names and name.isidentifier() and len(name) <= LONGEST_NAME and name not in names.values():
            names[variable] = name
    letters = _fresh(LETTERS, names)
    for variable in kept:
        if variable not in names:
            names[variable] = "o" if variable in outputs and "o" not in names.values() else next(letters)
    captured = _fresh(CAPTURED, names)
    for variable in book.variables:
        if variable not in names:
            names[variable] = next(captured) if variable in book.program.captured else f"v{book.number[variable]}"
    return tuple(names[variable] for variable in book.variables)


def _fresh(letters: str, names: Mapping[Variable, str]) -> Iterator[str]:
    taken = set(names.values())
    yield from (letter for letter in letters if letter not in taken)
    yield from (name for k in range(1, 10_000) if (name := f"{letters[0]}{k}") not in taken)
