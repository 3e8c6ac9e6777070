"""The formula of a gradient: from the output back, through the intermediates that keep their names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from fractions import Fraction

from dualgrad.mirror.algebra import ZERO, plus, times
from dualgrad.mirror.equality import free, size_of
from dualgrad.mirror.formula import Formula
from dualgrad.mirror.naming import BAR, SUM
from dualgrad.mirror.reading import READABLE, UNFOLDED, Reading, at, definitions, formula, opened
from dualgrad.mirror.recall import recallable, recalled
from dualgrad.mirror.slopes import derivative
from dualgrad.mirror.softmax import as_softmax
from dualgrad.program.entry import Element, Entry, Index, Meaning, Number, affine, equal, walk
from dualgrad.program.record import Operand, Program, Variable
from dualgrad.program.size import Extent

ONE_LINE = 60  # characters of a formula that needs no names
LARGEST_ADJOINT = 25  # nodes of a derivative that goes into the next one without a name


def read_gradient(
    program: Program,
    wrt: Variable | str | int = 0,
    output: Operand | None = None,
    names: Mapping[Variable, str] | None = None,
    sizes: Mapping[str, Extent] | None = None,
) -> Formula:
    """The formula of the gradient of the sum of an output's elements."""
    return gradient(opened(program, output, names, sizes), wrt)


def gradient(reading: Reading, wrt: Variable | str | int, jacobian: bool = False) -> Formula:
    """The gradient of the sum of the output's elements; with ``jacobian``, the derivative of each of them."""
    variable = reading.variable(wrt)
    known = reading.gradients
    if (variable, jacobian) not in known:
        known[variable, jacobian] = _read(reading, variable, jacobian)
    return known[variable, jacobian]


def _read(reading: Reading, variable: Variable, jacobian: bool) -> Formula:
    if reading.book.is_short(reading.outputs, UNFOLDED):
        full = Adjoints(reading, (), jacobian).formula(variable)
        if size_of(full.body) <= READABLE and not full.where:
            return full if len(full.text) <= ONE_LINE else _shorter(full, _folded(reading, variable, jacobian))
    return _folded(reading, variable, jacobian)


def _folded(reading: Reading, variable: Variable, jacobian: bool) -> Formula:
    """The derivative by intermediates that keep their names."""
    return Adjoints(reading, reading.lines, jacobian).formula(variable)


def _shorter(full: Formula, by_lines: Formula) -> Formula:
    """With a name for a softmax, which a person expects to see, where that is shorter."""
    lines = [line.body for _, line in by_lines.where]
    shorter = sum(map(size_of, (by_lines.body, *lines))) < size_of(full.body)
    return by_lines if shorter and any(map(as_softmax, lines)) else full


class Adjoints:
    """The derivative of the output in the variables that are kept."""

    def __init__(self, reading: Reading, kept: Collection[Variable], jacobian: bool = False) -> None:
        self.reading = reading
        self.book = reading.book
        self.kept = set(kept) - set(reading.outputs)
        self.rows: tuple[Index, ...] = ()
        if jacobian and reading.outputs:
            self.rows = tuple(Index("i", index.extent) for index in self.book.indices(reading.outputs[0]))
        self.named: list[Formula] = []

    def formula(self, wrt: Variable) -> Formula:
        """The derivative of the output in one variable."""
        kept = self.kept | ({wrt} & self.book.definitions.keys())
        indices = self.book.indices(wrt)
        body = self._adjoint(wrt, indices, kept)
        first = len(self.book.variables)
        defined = definitions(self.reading, [body, *(named.body for named in self.named)], kept)
        names = (*self.reading.names, *(named.of for named in self.named))
        shapes = (*self.book.shapes, *(tuple(index.extent for index in n.rows) for n in self.named))
        where = [*defined, *((first + k, replace(n, names=names, shapes=shapes)) for k, n in enumerate(self.named))]
        plain = formula(self.reading, self.rows, indices, body, (), wrt=wrt)
        return replace(plain, of=self._summed() + plain.of, names=names, shapes=shapes, where=tuple(where))

    def _summed(self) -> str:
        outputs = self.reading.outputs
        is_array = any(index.extent != 1 for variable in outputs for index in self.book.indices(variable))
        return SUM if (is_array or len(outputs) > 1) and not self.rows else ""

    def _adjoint(self, wrt: Variable, indices: tuple[Index, ...], kept: Collection[Variable]) -> Entry:
        users = [v for v in self.book.definitions if v in kept or v in self.reading.outputs]
        bodies = {user: self.book.unfolded(user, kept) for user in users}
        readers, lines = _readers(bodies), recallable((self.book.number[v], bodies[v]) for v in users if v in kept)
        known: dict[Variable, Entry] = {}
        self.named.clear()
        for variable in [*(v for v in reversed(users) if self._is_after(v, wrt)), wrt]:
            target = indices if variable is wrt else bodies[variable].indices
            places, slot = [at(index) for index in target], self.book.number[variable]
            parts = []
            for user in readers.get(slot, []):
                if known.get(user, ZERO) != ZERO:
                    meaning = bodies[user]
                    parts.append(derivative(meaning.body, slot, places, known[user], meaning.indices))
            total = recalled(plus(*parts, self._seed(variable, target)), lines)
            known[variable] = total if variable is wrt else self._short(variable, target, total)
        return known[wrt]

    def _is_after(self, user: Variable, variable: Variable) -> bool:
        return self.book.number[user] > self.book.number[variable]

    def _seed(self, variable: Variable, indices: tuple[Index, ...]) -> Entry:
        often = self.reading.outputs.count(variable)
        pairs = zip(self.rows, indices, strict=False)
        return times(Number(Fraction(often)), *(equal(row, index) for row, index in pairs if row.extent != 1))

    def _short(self, variable: Variable, indices: tuple[Index, ...], body: Entry) -> Entry:
        """The adjoint itself, or a name for it where it is long."""
        if size_of(body) <= LARGEST_ADJOINT:
            return body
        rows = tuple(index for index in self.rows if index in free(body))
        plain = formula(self.reading, (*rows, *indices), (), body, (), of=variable, where=False)
        self.named.append(replace(plain, of=plain.of + BAR))
        place = len(self.book.variables) + len(self.named) - 1
        return Element(place, tuple(affine(0 if i.extent == 1 else i) for i in (*rows, *indices)))


def _readers(bodies: Mapping[Variable, Meaning]) -> dict[int, list[Variable]]:
    readers: dict[int, list[Variable]] = {}
    for user, meaning in bodies.items():
        for slot in {node.slot for node in walk(meaning.body) if isinstance(node, Element)}:
            readers.setdefault(slot, []).append(user)
    return readers
