"""Check a certificate with the standard library alone: ``python checker.py FILE``.

A certificate holds two recorded programs, F and G, and says: on the domain D, for these sizes, G is the derivative of
(the sum of) F. This file rests on verify/trusted alone (terms and their canonical form, the table of meanings, what a
certificate looks like) and shares no code with what wrote it. Nothing is searched for but the names of bound indices.

Facts used: real arithmetic; [u > 0] is constant off the boundary of {u > 0}, a null set for the piecewise analytic u
that these ops make; where two such functions are equal, so are their gradients, almost everywhere.
"""

from __future__ import annotations

import os
import sys
import types

if __name__ == "__main__":  # as a file: load neither what else the package needs nor neighbours for library modules
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != here]
    sys.modules["verify"] = types.ModuleType("verify")
    sys.modules["verify"].__path__ = [here]

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import permutations, product
from typing import Any, NamedTuple

from verify.trusted import terms, written
from verify.trusted.algebra import HELD
from verify.trusted.arrays import KINDS, Array, literal, valued
from verify.trusted.decompositions import PARTS, change, met, settled
from verify.trusted.inverses import Inverses
from verify.trusted.meanings import Ops, knows
from verify.trusted.meeting import mean, meets, off_zeros, seen_through
from verify.trusted.pointwise import FLAT, LAWS, STEPS, conditions
from verify.trusted.schema import CHAIN, HOLDS, MAX_BYTES, OPEN, SCHEMA, THIN, parse, shaped
from verify.trusted.special import LAWS_OF_SEVERAL
from verify.trusted.terms import UNITY, ZERO, Atom, Factors, Form, Number, Poly, Refused, Term, names_of, need, poly

FORMAT = "dualgrad-certificate/1"
SECONDS_EACH = 0.01  # more for every equation


class Report(NamedTuple):
    """What a check found. ``trusted`` counts the meanings of ops relied upon, and the recording itself."""

    accepted: bool
    reason: str
    trusted: int = 0
    steps: int = 0


class Judge(Inverses):
    """The algebra of forms with derivatives, and the decision whether a form is 0."""

    def derivative(self, form: Mapping[Term, Number], tensor: str, place: Sequence[Poly]) -> Form:
        """∂ form / ∂ tensor[place], by the product rule."""
        out = Form()
        for term, c in form.items():
            binders, factors = self.opened(term)
            for atom, power in factors.items():
                slope = self.slope(atom, tensor, place)
                if slope is not None:
                    self.emit(out, c * power, binders, self.merged(factors, {atom: -1}), slope)
        return out

    def slope(self, atom: Atom, tensor: str, place: Sequence[Poly]) -> list[Form] | None:
        """The derivative of one factor, as a product of forms; None where it is 0."""
        if atom.kind == "input" and atom.name == tensor:
            return [self.relation("==", arg - k) for arg, k in zip(atom.args, place, strict=True)]
        if not atom.body or atom.kind in FLAT:
            return None
        if atom.kind in HELD:
            entry, over = self.held(atom)
            slopes, value = self.derivative(entry, tensor, place), self.atom(*atom)
            if atom.kind in PARTS or atom.kind in terms.WHOLE:
                entry, factor, over = change(self, atom)
                return [self.total(self.mul(self.derivative(entry, tensor, place), factor), over)]
            if atom.kind in ("inv", "det"):  # -inv(M) M' inv(M); det(M) Σ inv(M)[c, r] M'[r, c], where M is invertible
                ends = ((atom.args[0], over[0]), (over[1], atom.args[1])) if atom.args else ((over[1], over[0]),)
                inverses = [self.over("inv", *self.held(atom), end) for end in ends]
                slope = self.total(self.mul(slopes, *inverses), over)
                return [slope * -1] if atom.args else [value, slope]
            if atom.kind == "prod":  # Σ_j u_j' / u_j, where no entry is 0
                return [value, self.total(self.mul(slopes, self.power(entry, -1)), over)] if slopes else None
            wins = self.zero(entry - value)  # the mean of the slopes of the entries that attain the maximum
            return [self.total(self.mul(wins, slopes), over), self.power(self.total(wins, over), -1)]
        if atom.kind in LAWS_OF_SEVERAL:
            slope = self.slope_of_several(atom, lambda form: self.derivative(form, tensor, place))
            return [slope] if slope else None
        inner = self.derivative(dict(atom.body), tensor, place)
        need(atom.kind in LAWS or not inner, f"no derivative of {atom.kind} is known")
        return [LAWS[atom.kind](self, Form(dict(atom.body))), inner] if inner else None

    # ------------------------------------------------------------------------ is it zero?

    def rewritten(self, form: Form, names: set[str], change: Callable[[Atom], Form]) -> Form:
        """The form with other forms for these inputs: only ever asked of what has been differentiated."""
        out = Form()
        for term, c in form.items():
            binders, factors = self.opened(term)
            kept, values = Factors(), []
            for atom, power in factors.items():
                if names.isdisjoint(terms.inputs(atom)):
                    kept = self.merged(kept, {atom: power})
                elif atom.kind == "input":
                    values.append(self.power(change(atom), power))
                else:
                    new = self.rebuilt(atom, lambda form: self.rewritten(form, names, change), atom.args)
                    values.append(self.power(new, power))
            self.emit(out, c, binders, kept, values)
        return out

    def vanishes(self, form: Form) -> bool:
        """Whether the form is 0 almost everywhere: drop null guards, cancel denominators, clear what is left."""
        null = {a for term in form for a, _ in term[1] if a.kind == "zero" and self.null(a)}
        form = self.reduced(Form({t: c for t, c in form.items() if not null & set(dict(t[1]))}))
        if any(atom.kind in PARTS for term in form for atom, _ in term[1]):
            form = self.reduced(settled(self, form))
        for _ in range(8):
            factors = [f for term in form for f in term[1] if f[0].kind == "base" and f[1] < 0]
            closed = [atom for atom, _ in factors if not any(n[0] == "@" for n in names_of(atom))]
            if not closed:
                break
            lowest, cleared = min(p for atom, p in factors if atom == min(closed)), Form()
            for term, c in form.items():
                binders, powers = self.opened(term)
                self.emit(cleared, c, binders, self.merged(powers, {min(closed): -lowest}))
            form = self.reduced(cleared)
        return not form

    def holds(self, form: Form, free: Iterable[Poly]) -> bool:
        """Whether the form is 0, in general or else entry by entry where an axis has few known entries."""
        if self.vanishes(form):
            return True
        few = {index.name: self.ranges[index.name][0][1] for index in free if index and self.few(index.name)}
        cases = [dict(zip(few, map(poly, at), strict=True)) for at in product(*map(range, few.values()))]
        each = len(cases) <= 256 and all(self.vanishes(self.unrolled(self.at(form, case))) for case in cases)
        return each or self.hints.show(self.reduced(form), self.certainly_positive, self.null)

    def null(self, atom: Atom) -> bool:
        """Whether {u == 0} is a null set: a term of u is a product of generic inputs that occur only there and once."""
        seen = terms.inputs(atom)
        for (extents, factors), _ in atom.body:
            names = [a.name for a, _ in factors if a.kind == "input"]
            once = all(name in self.generic and seen.count(name) == 1 for name in names)
            rest = all(self.positive_factor(f) for f in factors if f[0].kind != "input")
            if names and once and rest and all(self.nonnegative(extent - 1) for extent in extents):
                return True
        return False

    def reduced(self, form: Form) -> Form:
        """With S cancelled against S^-k, and M against inv(M), wherever the lead of one occurs next to the other."""
        out, todo = Form(), list(form.items())
        while todo:
            term, c = todo.pop()
            kinds = {atom.kind for atom, power in term[1] if atom.kind != "base" or power < 0}
            hit = (self.cancelled(term) if "base" in kinds else None) or (
                self.contracted(term) if "inv" in kinds else None
            )
            hit = hit if hit is not None or not kinds & {*PARTS, *terms.SLOPES, "inv"} else met(self, term)
            if hit is None:
                out.gather(term, c)
            else:
                todo.extend((other, c * k) for other, k in hit.items())
        return out

    def lead(self, form: Form) -> tuple[Term, Number]:
        """The term with most bound indices, then of the highest degree."""
        return max(form.items(), key=lambda item: (len(item[0][0]), sum(abs(p) for _, p in item[0][1]), item))

    def matches(
        self, lead: Term, by: Mapping[str, Poly], factors: Factors, binders: Sequence[str]
    ) -> Iterator[tuple[Factors, tuple[str, ...]]]:
        """The ways in which a term, with names replaced, is a part of a product: the rest, and the binders it takes."""
        inner, pattern = self.opened(lead)
        for chosen in permutations(binders, len(inner)):
            names = {**by, **{name: poly(b) for name, b in zip(inner, chosen, strict=True)}}
            wanted = {terms.moved(a, names): p for a, p in pattern.items()}
            left = {a: p - wanted.get(a, 0) for a, p in factors.items() if p != wanted.get(a, 0)}
            there = all(p * factors.get(a, 0) >= p * p for a, p in wanted.items())
            apart = not any(names_of(a) & set(chosen) for a in left)
            if there and apart and all(self.ranges[n] == self.ranges[b] for n, b in zip(inner, chosen, strict=True)):
                yield left, chosen

    def cancelled(self, term: Term) -> Form | None:
        """One step lead·S^-k = S^(1-k) - rest·S^-k; None where there is none."""
        binders, factors = self.opened(term)
        for atom, power in [f for f in factors.items() if f[0].kind == "base" and f[1] < 0]:
            lead, c = self.lead(Form(dict(atom.body)))
            for left, chosen in self.matches(lead, {}, factors, binders):
                rest = Form({t: -k for t, k in atom.body if t != lead})
                form = self.mul(self.emit(Form(), 1, [], {atom: power}), rest)
                self.emit(form, 1, [], self.merged({}, {atom: power + 1}))
                keep = [b for b in binders if b not in chosen]
                return self.emit(Form(), Fraction(1) / c, keep, terms.less(left, atom), [form])
        return None

    def contracted(self, term: Term) -> Form | None:
        """One step Σ_j lead(x, j)·inv(M)[j, k] = [x == k] - Σ_j rest(x, j)·inv(M)[j, k], or the same from the right."""
        binders, factors = self.opened(term)
        for atom, side in [(a, side) for a, p in factors.items() if a.kind == "inv" and p == 1 for side in (0, 1)]:
            j, k = atom.args[side].name, atom.args[1 - side]
            if j not in binders or j in names_of(atom._replace(args=(k,))):
                continue
            entry, (row, column) = self.held(atom)
            near, far = (column, row) if side == 0 else (row, column)
            lead, c = self.lead(entry)
            for x in [ZERO, *map(poly, sorted({n for a in factors for n in names_of(a)} - {j}))]:
                by, others = {near.name: poly(j), far.name: x}, [b for b in binders if b != j]
                within = self.always(x) and self.always(self.ranges[far.name] - 1 - x)
                for left, chosen in self.matches(lead, by, terms.less(factors, atom), others) if within else ():
                    if any(names_of(a) & {j} for a in left) or self.ranges[j] != self.ranges[near.name]:
                        continue
                    rest = self.at(Form({t: f for t, f in entry.items() if t != lead}), by)
                    form = self.relation("==", x - k) - self.total(self.mul(rest, self.atom(*atom)), [poly(j)])
                    return self.emit(Form(), Fraction(1) / c, [b for b in others if b not in chosen], left, [form])
        return None


# ---------------------------------------------------------------------------- the certificate


class Reader:
    """The certificate, read into arrays of forms and judged."""

    def __init__(self, data: Any, ask: Any = None) -> None:
        data = {"meanings": {}} | data if type(data) is dict else data
        shaped(data, SCHEMA, "certificate")
        need(data["format"] == FORMAT and data["claim"]["kind"] in ("grad", "jac"), "another format or kind")
        read = data["reading"] == "exact" or (data["reading"] in ("decimal", "named") and data["assumptions"])
        need(read, "a reading of literals that is not among the assumptions")
        self.reading: str = data["reading"]
        self.data, self.merges = data, {name: terms.size(extent) for name, extent in data["merges"].items()}
        self.least = {item["name"]: item["least"] for item in data["dimensions"]}
        need(all(name.isidentifier() and least >= 1 for name, least in self.least.items()), "dimensions are >= 1")
        known_sizes = [self.size(item["size"]) - item["least"] for item in data["size_conditions"]]
        self.captured = {item["name"]: item["values"] for item in data["captured"]}
        self.facts = {item["name"]: set(item["facts"]) for item in data["inputs"]}
        need(all(known <= OPEN | THIN for known in self.facts.values()), "a fact that is not known here")
        floats = {item["name"] for item in data["inputs"] if KINDS[item["dtype"]] == "f"}
        need(data["claim"]["wrt"] and set(data["claim"]["wrt"]) <= floats, "wrt names inputs of floats")
        positive = {name for name, known in self.facts.items() if "positive" in known}
        lines = {item["name"]: item["operands"] for item in data["F"]["equations"] + data["G"]["equations"]}
        asked = [(c["at"], c["operand"]) for c in data["conditions"] if c["is"] in ("> 0", "in (0, 1)")]
        positive |= {lines[at][k] for at, k in asked if k >= 0 and str(lines[at][k]) in self.facts}
        self.w = Judge(self.least, known_sizes, positive, {name for name in floats if self.facts[name] <= OPEN})
        self.w.deadline += SECONDS_EACH * sum(len(data[program]["equations"]) for program in "FG")
        self.w.hints.given, self.w.hints.ask = [*data["hints"].get("tower", [])], ask  # who writes it is asked for more
        self.ops, self.values, self.equations = Ops(self.w), dict[str, Array](), dict[str, Any]()
        self.seen: set[str] = set()
        for item in data["inputs"] + data["captured"]:
            entry = lambda at, name=item["name"]: self.w.atom("input", name, tuple(at))  # noqa: E731
            self.define(item, valued(self.w, item) if item.get("values") else entry, KINDS[item["dtype"]])
            shape = self.values[item["name"]].shape
            square = len(shape) == 2 and shape[0] == shape[1]
            need(square or not self.facts.get(item["name"], set()) & {"symmetric", "spd"}, "symmetric, but not square")

    def size(self, value: Any) -> Poly:
        """A size with merged dimensions replaced."""
        extent = terms.size(value)
        for _ in self.merges:
            known, extent = extent, extent.at(self.merges)
            if known == extent:
                break
        need({n for names, _ in extent for n in names} <= set(self.least), f"a dimension that is not claimed: {value}")
        return extent

    def define(self, item: Mapping[str, Any], entry: Callable[[Sequence[Poly]], Form], kind: str) -> None:
        shape = tuple(map(self.size, item["shape"]))
        new = item["name"] not in self.values and all(map(self.w.nonnegative, shape))
        need(new, f"{item['name']} is defined twice, or may have a negative size")
        self.values[item["name"]] = Array(shape, entry, kind)

    def operand(self, value: Any) -> Array:
        if isinstance(value, str):
            need(value in self.values, f"{value} is used before it is defined")
            return self.values[value]
        sized = isinstance(value, dict) and set(value) == {"size"}
        form, kind = (self.w.number(self.size(value["size"])), "i") if sized else literal(self.w, value, self.reading)
        return Array((), lambda at: form, kind)

    def param(self, value: Any) -> Any:
        """A static argument: numbers read, merged dimensions replaced."""
        if isinstance(value, dict) and set(value) == {"size"}:
            return [[factor, list(names)] for names, factor in self.size(value["size"])]
        if isinstance(value, dict):
            form = literal(self.w, value, self.reading)[0]
            need(set(form) <= {terms.UNIT}, "a static argument")
            return form.get(terms.UNIT, 0)
        return [self.param(part) for part in value] if isinstance(value, list) else value

    def run(self, program: Mapping[str, Any], opaque: bool) -> None:
        """Define what the equations of a program make; ``opaque`` are its shape and kind alone, the entries general.

        Numbers stay, and what comparisons say: a choice between two arrays is one by the sign of a third.
        """
        for item in program["equations"]:
            item = item | {"params": {key: self.param(value) for key, value in item["params"].items()}}
            seen = seen_through(item["op"], [o for o in item["operands"] if isinstance(o, str)], self.seen)
            self.seen |= {item["name"]} if seen else set()
            array = self.applied(item, [self.operand(o) for o in item["operands"]], opaque and not seen)
            self.define(item, array.entry, array.kind)
            self.equations[item["name"]] = item

    def applied(self, item: Mapping[str, Any], operands: Sequence[Array], opaque: bool = False) -> Array:
        """What an equation makes of these operands; every entry is computed once."""
        array = self.own(item, operands) or self.ops.apply(item["op"], operands, item["params"])
        need(array.shape == tuple(map(self.size, item["shape"])), f"{item['name']} has another shape")
        if opaque:
            return array._replace(entry=lambda at: self.w.atom("input", item["name"], tuple(at)))
        at = self.w.places(array.shape)
        form, names = array.entry(at), [index.name for index in at]
        return array._replace(entry=lambda at: self.w.at(form, dict(zip(names, at, strict=True))))

    def own(self, item: Mapping[str, Any], operands: Sequence[Array]) -> Array | None:
        """What an equation makes whose meaning is written out in the certificate: of an op that the table has not."""
        tree = self.data["meanings"].get(item["name"])
        if tree is None:
            return None
        need(not knows(item["op"]) and operands, f"{item['op']} has a meaning already")
        need(written.counted(tree) <= written.MOST_NODES, "a meaning that is too long")
        entry = lambda w, *forms: written.value(w, tree, forms, self.reading)  # noqa: E731
        return self.ops.pointwise(entry, operands, "f")

    def domain(self) -> None:
        """The domain and the kinks, recomputed: the certificate must list every one."""
        kinks = self.data["kinks"]
        listed = {(item["at"], item["operand"], item["is"]) for item in self.data["conditions"]}
        for name, item in self.equations.items():
            tree = self.data["meanings"].get(name)
            for wanted in conditions(item["op"], item["params"]) if tree is None else [written.DEFINED]:
                need((name, *wanted) in listed, f"{name}: the condition {wanted} is not listed")
            steps = item["op"] in STEPS if tree is None else written.has_guards(tree)
            need(not steps or name in kinks, f"the kinks of {name} are not listed")
        need(set(self.data["meanings"]) <= set(self.equations), "a meaning of nothing")
        need({name for name, _, _ in listed} | set(kinks) <= set(self.equations), "a condition on nothing")
        thin = any(self.facts[name] & THIN for name in self.data["claim"]["wrt"])
        need(not (thin and kinks), "kinks on a domain that is a null set")

    def witnesses(self) -> None:
        """Points of the domain, as far as sizes and facts tell; what is computed at them is not looked at."""
        for point in self.data["witnesses"]:
            sizes: dict[str, Poly] = {}
            for name in self.facts:
                shape, numbers = point[name]["shape"], [*map(float.fromhex, point[name]["values"])]
                need(math.prod(shape) == len(numbers) and all(map(math.isfinite, numbers)), f"a witness: {name}")
                sizes |= {e.name: poly(k) for e, k in zip(self.values[name].shape, shape, strict=True) if e.name}
                need(
                    all(HOLDS[fact](shape, numbers) for fact in self.facts[name]), f"a witness against a fact of {name}"
                )
            shapes = all(
                [e.at(sizes) for e in self.values[n].shape] == [*map(poly, point[n]["shape"])] for n in self.facts
            )
            low = [poly(name).at(sizes) - least for name, least in self.least.items()] + [
                f.at(sizes) for f in self.w.facts
            ]
            need(shapes and all(f >= 0 for p in low for _, f in p), "a witness of other sizes")

    def check(self) -> Report:
        chain = self.data["hints"].get("chain")
        self.run(self.data["F"], chain is not None)
        first, outputs = list(self.equations.values()), [*map(self.operand, self.data["F"]["outputs"])]
        self.run(self.data["G"], chain is not None)
        gradients = [*map(self.operand, self.data["G"]["outputs"])]
        self.domain()
        self.witnesses()
        need(all(output.kind == "f" for output in outputs), "outputs that are not floats")
        if chain is not None:
            Chain(self, first, chain).check()
        else:
            self.whole(outputs, gradients)
        trusted = len({item["op"] for item in self.equations.values()}) + 1
        need(self.data["trusted"] == trusted, f"there are {trusted} trusted steps, not {self.data['trusted']}")
        return Report(True, "accepted", trusted, self.w.steps)

    def whole(self, outputs: Sequence[Array], gradients: Sequence[Array]) -> None:
        """The derivative of F as a whole, in terms of its inputs, is G."""
        w, wrt = self.w, self.data["claim"]["wrt"]
        need(self.data["claim"]["kind"] == "grad" or len(outputs) == 1, "the Jacobian of one output")
        at = [[w.index(extent) for extent in output.shape] for output in outputs]
        lead = [] if self.data["claim"]["kind"] == "grad" else at[0]
        parts = [w.total(o.entry(i), [] if lead else i) for o, i in zip(outputs, at, strict=True)]
        sort = lambda atom: w.atom("symmetric", atom.name, tuple(sorted(atom.args)))  # noqa: E731
        symmetric = {tensor for tensor, known in self.facts.items() if known & {"symmetric", "spd"}}
        for name, gradient in zip(wrt, gradients, strict=True):
            place = [w.index(extent) for extent in self.values[name].shape]
            shape = (*(outputs[0].shape if lead else ()), *self.values[name].shape)
            need(gradient.shape == shape, f"the gradient in {name} has another shape")
            difference = w.derivative(sum(parts, start=Form()), name, place) - gradient.entry([*lead, *place])
            difference = w.rewritten(difference, symmetric, sort) if symmetric else difference
            need(w.holds(difference, [*lead, *place]), f"the derivative in {name} is not shown to equal the gradient")


class Chain:
    """The chain rule, for one variable of F after the other, every value being opaque.

    What G names as the adjoint of v is shown to be Σ over the equations y = op(…, v, …) of (adjoint of y)·∂op/∂v, plus
    1 for each time v is an output; where G names none for y, that of y is such a sum, too. By induction from the
    outputs it is the derivative wherever every step has one: the identities hold for all values, so nothing null is
    left out. Where [u > 0] jumps, u·t·[u == 0] = 0 may be added.
    """

    def __init__(self, reader: Reader, forward: Sequence[Mapping[str, Any]], hint: Any) -> None:
        shaped(hint, CHAIN, "hints.chain")
        self.reader, self.w, self.hint, self.forward = reader, reader.w, hint, forward
        self.w.generic = set()
        self.backward = {item["name"] for item in reader.data["G"]["equations"]}
        self.order = {item["name"]: place for place, item in enumerate(forward)}
        self.uses: dict[str, list[Mapping[str, Any]]] = {}
        self.shown: set[str] = set()

    def check(self) -> None:
        """Every variable of F that the claim depends on."""
        claim, reader = self.reader.data["claim"], self.reader
        need(claim["kind"] == "grad", "the chain rule for a gradient")
        for name, output in zip(claim["wrt"], reader.data["G"]["outputs"], strict=True):
            need(self.hint["adjoints"].get(name) == [output], f"the adjoint of {name} is not what G returns")
        active = dict.fromkeys(claim["wrt"])
        for item in self.forward:
            found = {operand for operand in item["operands"] if isinstance(operand, str) and operand in active}
            if found and reader.values[item["name"]].kind == "f":  # a whole number is constant but for jumps
                active[item["name"]] = None
                for operand in found:
                    self.uses.setdefault(operand, []).append(item)
        for name in self.hint["ties"]:
            if name in self.order and self.reader.equations[name]["op"] == "where":
                met = meets(self.w, self.operands(name), self.order, self.opened)
                need(met, f"the sides of {name} are not shown to meet")
        for name in active:
            if name in self.hint["adjoints"]:
                self.link(name)

    def operands(self, name: str) -> list[Array]:
        return [*map(self.reader.operand, self.reader.equations[name]["operands"])]

    def opened(self, form: Form, name: str) -> Form:
        """A form with a variable in terms of the operands of its equation."""
        result = self.reader.applied(self.reader.equations[name], self.operands(name))
        return self.w.rewritten(form, {name}, lambda atom: result.entry(atom.args))

    def above(self, v: str) -> list[Mapping[str, Any]]:
        """The equations from v to the next results whose adjoints are named, in order."""
        found, todo = dict[str, Mapping[str, Any]](), [v]
        while todo:
            for item in self.uses.get(todo.pop(), []):
                if item["name"] not in found and item["name"] not in self.hint["adjoints"]:
                    todo.append(item["name"])
                found[item["name"]] = item
        return [found[name] for name in sorted(found, key=self.order.__getitem__)]

    def adjoint(self, v: str, place: Sequence[Poly]) -> Form:
        """The adjoint of v at a place, in terms of those that are named."""
        reader, w = self.reader, self.w
        form: Form = UNITY * reader.data["F"]["outputs"].count(v)
        for item in self.uses.get(v, []):
            w.tie = Fraction(self.hint["ties"].get(item["name"], 0))
            result = reader.applied(item, self.operands(item["name"]))
            if item["op"] == "where" and item["name"] in self.hint["ties"]:
                result = mean(w, self.operands(item["name"]), w.tie)
            w.tie = None
            at = [w.index(extent) for extent in result.shape]
            slope, parts = w.derivative(result.entry(at), v, place), self.hint["adjoints"].get(item["name"])
            entries = None if parts is None else [reader.operand(part).entry(at) for part in parts]
            above = self.adjoint(item["name"], at) if entries is None else sum(entries, start=Form())
            form += w.total(w.mul(slope, above), at)
        return form

    def link(self, v: str) -> None:
        """The identity for one variable; the same one, up to names, is shown once."""
        reader, w, adjoints, uses = self.reader, self.w, self.hint["adjoints"], self.above(v)
        cut = [part for item in uses for part in adjoints.get(item["name"], [])]
        parts = self.summands(adjoints[v], cut)
        steps = self.steps(parts, cut)
        outputs = [*map(reader.data["F"]["outputs"].count, [v, *(item["name"] for item in uses)])]
        beside = self.beside(uses, [*parts, *(o for name in steps for o in reader.equations[name]["operands"])])
        above = [[item["name"], adjoints.get(item["name"])] for item in uses]
        key = self.described([v, outputs, above, parts], [*uses, *beside], steps)
        if key in self.shown:
            return
        made: dict[str, Array] = {}
        for name in steps:
            item = reader.equations[name]
            made[name] = reader.applied(item, [made.get(str(o)) or reader.operand(o) for o in item["operands"]])
        arrays = [made.get(str(part)) or reader.operand(part) for part in parts]
        need(all(a.shape == reader.values[v].shape and a.kind == "f" for a in arrays), f"the adjoint of {v}: its shape")
        place = [w.index(extent) for extent in reader.values[v].shape]
        form = sum((array.entry(place) for array in arrays), start=Form()) - self.adjoint(v, place)
        form = off_zeros(w, form, v, place, [item["op"] for item in uses])
        if not w.holds(form, place):  # as it is; or else with the results in terms of the operands, the last one first
            for item in reversed([*uses, *beside]):
                form = self.opened(form, item["name"])
            need(w.holds(form, place), f"the adjoint of {v} is not shown to be one")
        self.shown.add(key)

    def beside(self, uses: Sequence[Mapping[str, Any]], read: Iterable[Any]) -> list[Mapping[str, Any]]:
        """The equations of F of what G reads here that are in terms of these results, in order: 1 - y beside y."""
        made = {item["name"] for item in uses}
        found = {o for o in read if isinstance(o, str) and o in self.order} - made
        near = [o for o in found if not made.isdisjoint(map(str, self.reader.equations[o]["operands"]))]
        return [self.reader.equations[o] for o in sorted(near, key=self.order.__getitem__)]

    def summands(self, parts: Sequence[Any], cut: Sequence[Any]) -> list[Any]:
        """What G adds up, without broadcasting, to make these values: as terms of one sum they are read once each."""
        found, todo, read = list[Any](), list(parts), self.reader.operand
        while todo:
            part = todo.pop()
            inner = isinstance(part, str) and part in self.backward and part not in cut
            item = self.reader.equations[part] if inner else {"op": "", "operands": []}
            more = item["op"] == "add" and all(read(o)[::2] == (read(part).shape, "f") for o in item["operands"])
            (todo if more else found).extend(item["operands"] if more else [part])
            need(len(found) + len(todo) < 10**5, "a sum of too many terms")
        return found

    def steps(self, parts: Iterable[Any], cut: Sequence[Any]) -> list[str]:
        """The equations of G that make these values of the adjoints in ``cut`` and of the values of F, in order."""
        found: dict[str, None] = {}

        def visit(value: Any) -> None:
            if isinstance(value, str) and value in self.backward and value not in cut and value not in found:
                for operand in self.reader.equations[value]["operands"]:
                    visit(operand)
                found[value] = None

        for part in parts:
            visit(part)
        return list(found)

    def described(self, local: Any, uses: Sequence[Mapping[str, Any]], steps: Iterable[str]) -> str:
        """A local problem with variables and dimensions by order of appearance, and all that is known of them."""
        arrays, sizes, reader = dict[str, str](), dict[str, str](), self.reader

        def spell(value: Any, names: dict[str, str]) -> Any:
            if isinstance(value, str):
                return names.setdefault(value, f"~{len(names)}")
            if isinstance(value, dict):
                return {"size": spell(reader.param(value), sizes)} if "size" in value else value
            return [spell(part, names) for part in value] if isinstance(value, (list, tuple)) else value

        told = [spell(local, arrays), [self.hint["ties"].get(item["name"]) for item in uses]]
        items = {item["name"]: item for item in [*uses, *(reader.equations[name] for name in steps)]}
        todo = [*items.values()]
        while todo:  # and the comparisons that these read
            more = {o: reader.equations[o] for o in todo.pop()["operands"] if str(o) in reader.seen - items.keys()}
            items, todo = items | more, [*todo, *more.values()]
        for item in items.values():
            params = {k: {"text": v} if isinstance(v, str) else spell(v, sizes) for k, v in item["params"].items()}
            told.append([item["op"], spell([item["name"], item["operands"]], arrays), params])
        for name in arrays:
            array = reader.values[name]
            told.append([spell(array.shape, sizes), array.kind, name in self.w.positive_inputs])
            told.append(reader.captured.get(name))
        known, todo = dict[Poly, Any](), list(sizes)
        while todo:
            near = self.w.near.get(todo.pop(), ())
            for fact in [fact for fact in near if fact not in known]:
                known[fact] = spell(fact, sizes)
                todo += [n for part, _ in fact for n in part]
        return json.dumps([told, list(known.values()), [reader.least[name] for name in sizes]], default=str)


def check(certificate: Any, ask: Any = None) -> Report:
    """Whether the certificate shows its claim. Never raises: what is not understood is rejected with the reason."""
    try:
        return Reader(certificate, ask).check()
    except (Refused, RecursionError) as refusal:
        return Report(False, str(refusal))
    except Exception as error:  # whatever went wrong, it is not a proof
        return Report(False, f"malformed: {type(error).__name__}: {error}")


def main(paths: Sequence[str]) -> int:
    """Check files; 0 when all are accepted, 1 when not, 2 when there is none."""
    failed = False
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                report = check(parse(file.read(MAX_BYTES + 1)))
        except (OSError, ValueError, RecursionError, Refused) as error:
            report = Report(False, f"not readable: {error}")
        verdict = f"{path}: {'' if report.accepted else 'rejected: '}{report.reason}"
        print(f"{verdict} ({report.trusted} trusted steps, {report.steps} steps checked)")
        failed |= not report.accepted
    return int(failed) if paths else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
