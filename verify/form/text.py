"""Forms as people write them: ``6/n x[i] + 12/n``."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from dualgrad.program.entry import Index
from dualgrad.program.size import Extent
from verify.form.linear import Linear
from verify.form.phases import phase_of
from verify.form.term import Atom, Form, Rational, Term, canonical_names

_LETTERS = "abcdefgh"
Names = Mapping[Index, str]


def written(form: Form, names: Names | None = None) -> str:
    """A form as one line; ``names`` for its free indices, else their letters."""
    shown = dict(names or {})
    for index in sorted(form.free - set(shown), key=lambda index: index.serial):
        shown[index] = _unused(index.name, set(shown.values()))
    ordered = sorted(form.terms.values(), key=lambda pair: pair[0].key)
    parts = [_term(term, factor, shown) for term, factor in ordered]
    return " + ".join(parts).replace("+ -", "- ") if parts else "0"


def _unused(name: str, taken: set[str]) -> str:
    candidates = (name, *(f"{name}{k}" for k in range(1, len(taken) + 2)))
    return next(candidate for candidate in candidates if candidate not in taken)


def _term(term: Term, factor: Rational, names: dict[Index, str]) -> str:
    own = dict(names)
    canonical = canonical_names(term, names)
    for index in sorted(canonical, key=lambda index: canonical[index]):
        own[index] = _unused(index.name, set(own.values()))
    above: list[str] = []
    below: list[str] = []
    for key in sorted(term.factors):
        atom, p = term.factors[key]
        (below if p < 0 else above).append(_power(atom, p if p > 0 else -p, own))
    if factor.denominator != 1:
        below.insert(0, str(factor.denominator))
    sums = "".join(f"Σ_{own[index]} " for index in sorted(canonical, key=lambda index: canonical[index]))
    top = " ".join(above)
    count = abs(factor.numerator)
    top = f"{count} {top}" if count != 1 and top else top or str(count)
    bottom = "" if not below else f"/{below[0]}" if len(below) == 1 else f"/({' '.join(below)})"
    return f"{'-' if factor < 0 else ''}{sums}{top}{bottom}"


def _power(atom: Atom, p: Rational, names: Names) -> str:
    text = atom_written(atom, names)
    if p == 1:
        return text
    if p == Fraction(1, 2):
        return f"√{text}" if " " not in text or text.startswith("(") else f"√({text})"
    return f"{text}^{p}" if p.denominator == 1 else f"{text}^({p})"


def atom_written(atom: Atom, names: Names) -> str:
    """An atom as people write it."""
    inner = [written(form, names) for form in atom.forms] if not atom.binders else []
    match atom.kind:
        case "cell":
            return _cell(atom, names)
        case "delta":
            return f"[{_linear(atom.linears[0], names)} = 0]"
        case "atleast":
            return f"[{_linear(atom.linears[0], names)} >= 0]"
        case "multiple":
            return f"[{_linear(atom.linears[0], names)} = 0 mod {atom.linears[1][0]}]"
        case "turn":
            return _turn(atom, names)
        case "exp" | "kernel":
            return f"{atom.name or 'exp'}({', '.join(inner)})"
        case "base":
            return f"({inner[0]})"
        case "positive":
            return f"[{inner[0]} > 0]"
        case "vanishes":
            return f"[{inner[0]} = 0]"
    if len(atom.binders) == 2:
        return _of_matrix(atom, names)
    if atom.index is not None:
        own = _unused(atom.index.name, set(names.values()))
        return f"{atom.name}_{own}({written(atom.forms[0], {**names, atom.index: own})})"
    return atom.name


def _turn(atom: Atom, names: Names) -> str:
    size = atom.linears[-1][0]
    parts = [
        _scaled(" ".join(names.get(index, index.name) for index in indices), factor) if indices else str(factor)
        for indices, factor in phase_of(atom.linears).items()
    ]
    return f"cos(π ({' + '.join(parts).replace('+ -', '- ')})/({size * 2}))"


def _of_matrix(atom: Atom, names: Names) -> str:
    """``inv(X)[i, j]``, or ``inv_rc(X[c, r])[i, j]`` of a matrix that is no array as it is."""
    own = dict(names)
    for binder in atom.binders:
        own[binder] = _unused(binder.name, set(own.values()))
    row, column = (own[binder] for binder in atom.binders)
    body = written(atom.forms[0], own)
    name = body.removesuffix(f"[{row}, {column}]")
    whole = name.isidentifier() and name != body
    places = ", ".join(_linear(form, names) for form in atom.linears)
    return f"{atom.kind}{f'({name})' if whole else f'_{row}{column}({body})'}{f'[{places}]' if places else ''}"


def _cell(atom: Atom, names: Names) -> str:
    positions = ", ".join(_linear(form, names) for form in atom.linears)
    return f"{atom.source!r}[{positions}]" if positions else repr(atom.source)


def _linear(form: Linear, names: Names) -> str:
    parts = [_scaled(names.get(index, index.name), factor) for index, factor in form[1]]
    if form[0] != 0 or not parts:
        parts.append(str(form[0]))
    return " + ".join(parts).replace("+ -", "- ")


def _scaled(name: str, factor: Extent) -> str:
    if factor in (1, -1):
        return name if factor == 1 else f"-{name}"
    return f"{factor} {name}" if isinstance(factor, int) else f"({factor}) {name}"
