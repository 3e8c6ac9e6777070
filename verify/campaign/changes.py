"""Random changes of what a certificate says: of its programs, its claim, its domain, its sizes, and its hints."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from verify.trusted.pointwise import ARITHMETIC, COMPARISONS, FLOATING

Json = dict[str, Any]
Edit = Callable[[Json, random.Random], bool | None]

SMALLEST = 2.0**-40  # a literal is changed by this part, or by more
LARGE = 0.37  # in the probe, which tells whether the literal matters at all
_ALIKE = (  # ops that take the same static arguments
    ("sum", "mean", "max", "min", "prod", "logsumexp", "norm"),
    ("softmax", "log_softmax", "cumsum"),
    ("triu", "tril"),
    ("det", "logabsdet", "signdet"),
    ("inv", "cofactor"),
    ("matmul", "solve_matrix"),
)


class Change(NamedTuple):
    """A changed certificate, what was changed, and one like it whose claim tells, at a few points, if it is true."""

    kind: str
    certificate: Json
    probe: Json


def changed(certificate: Json, rng: random.Random) -> Change:
    """The certificate with one random change; never one that is equal to it."""
    while True:
        kind = rng.choice(sorted(EDITS))
        new, state = copy.deepcopy(certificate), rng.getstate()
        if EDITS[kind](new, rng) is False or new == certificate:
            continue
        probe = new
        if kind == "literal":
            probe = copy.deepcopy(certificate)
            rng.setstate(state)
            _literal(probe, rng, LARGE)
        return Change(kind, new, probe)


def _equations(certificate: Json) -> list[Json]:
    return [*certificate["F"]["equations"], *certificate["G"]["equations"]]


def _names(certificate: Json) -> dict[str, Any]:
    return {item["name"]: item["shape"] for item in [*certificate["inputs"], *_equations(certificate)]}


def _operands(certificate: Json, wanted: Callable[[Any], bool]) -> list[tuple[Json, int]]:
    return [(e, k) for e in _equations(certificate) for k, o in enumerate(e["operands"]) if wanted(o)]


# ---------------------------------------------------------------------------- the programs


def _op(certificate: Json, rng: random.Random) -> bool | None:
    equation = rng.choice(_equations(certificate))
    if equation["params"] or equation["op"] not in {*ARITHMETIC, *COMPARISONS, *FLOATING}:
        groups = [group for group in _ALIKE if equation["op"] in group]
        if not groups:
            return False
        equation["op"] = rng.choice(groups[0])
        return None
    arity = len(equation["operands"])
    tables = [name for table in (ARITHMETIC, FLOATING, COMPARISONS) for name, f in table.items() if _arity(f) == arity]
    equation["op"] = rng.choice(sorted(tables))
    return None


def _arity(function: Callable[..., Any]) -> int:
    return function.__code__.co_argcount - 1 - len(function.__defaults__ or ())


def _operand(certificate: Json, rng: random.Random) -> bool | None:
    """Another value that is there already, mostly of the same shape."""
    names = _names(certificate)
    equation, k = rng.choice(_operands(certificate, lambda o: True))
    before = list(names)[: list(names).index(equation["name"])]
    mine = names.get(str(equation["operands"][k]))
    alike = [name for name in before if names[name] == mine] if rng.random() < 0.8 else before
    if not alike:
        return False
    equation["operands"][k] = rng.choice(alike)
    return None


def _swap(certificate: Json, rng: random.Random) -> bool | None:
    equation = rng.choice(_equations(certificate))
    equation["operands"].reverse()
    return None


def _literal(certificate: Json, rng: random.Random, by: float = SMALLEST) -> bool | None:
    found = _operands(certificate, lambda o: isinstance(o, dict) and "size" not in o)
    if not found:
        return False
    equation, k = rng.choice(found)
    given = equation["operands"][k]
    how = rng.randrange(3)
    if "int" in given:
        equation["operands"][k] = {"int": str(int(given["int"]) + (-1, 1, 2)[how])}
    elif "float" in given:
        value = float.fromhex(given["float"])
        equation["operands"][k] = {"float": ((value or 1.0) * (1 + by), value + 1, -value - 1)[how].hex()}
    else:
        equation["operands"][k] = {"bool": not given["bool"]}
    return None


def _param(certificate: Json, rng: random.Random) -> bool | None:
    found = [equation for equation in _equations(certificate) if equation["params"]]
    if not found:
        return False
    equation = rng.choice(found)
    key = rng.choice(sorted(equation["params"]))
    equation["params"][key] = _other(equation["params"][key], rng)
    return None


def _other(given: Any, rng: random.Random) -> Any:
    """A static argument that is near the given one."""
    if isinstance(given, bool):
        return not given
    if isinstance(given, int):
        return given + rng.choice([-1, 1, 2])
    if isinstance(given, str):
        return given[::-1] if rng.random() < 0.5 else given[:-1]
    if isinstance(given, list) and given:
        place = rng.randrange(len(given))
        return [_other(part, rng) if k == place else part for k, part in enumerate(given)]
    if isinstance(given, dict) and "size" in given:
        return {"size": _larger(given["size"], rng)}
    return {"int": "3"} if isinstance(given, dict) else [0]


def _larger(size: Any, rng: random.Random) -> Any:
    whole: list[Any] = [[size, []]] if isinstance(size, int) else size
    return rng.choice([[*whole, [1, []]], [*whole, [-1, []]], [[2 * f, names] for f, names in whole]])


def _size(certificate: Json, rng: random.Random) -> bool | None:
    found = _operands(certificate, lambda o: isinstance(o, dict) and "size" in o)
    if not found:
        return False
    equation, k = rng.choice(found)
    equation["operands"][k] = {"size": _larger(equation["operands"][k]["size"], rng)}
    return None


def _shape(certificate: Json, rng: random.Random) -> bool | None:
    item = rng.choice([*certificate["inputs"], *_equations(certificate)])
    shape = item["shape"]
    item["shape"] = rng.choice([shape[:-1], [*shape, 1], shape[::-1], [_larger(extent, rng) for extent in shape]])
    return None


def _equation(certificate: Json, rng: random.Random) -> bool | None:
    """One left out, or two exchanged."""
    program = certificate[rng.choice("FG")]["equations"]
    if not program:
        return False
    if rng.random() < 0.5:
        del program[rng.randrange(len(program))]
    else:
        i, k = rng.randrange(len(program)), rng.randrange(len(program))
        program[i], program[k] = program[k], program[i]
    return None


def _rewired(certificate: Json, rng: random.Random) -> bool | None:
    """Two equations exchange their names."""
    program = certificate[rng.choice("FG")]["equations"]
    if len(program) < 2:
        return False
    first, second = rng.sample(program, 2)
    first["name"], second["name"] = second["name"], first["name"]
    return None


# ---------------------------------------------------------------------------- the claim and its domain


def _output(certificate: Json, rng: random.Random) -> bool | None:
    names, program = _names(certificate), certificate[rng.choice("FG")]
    program["outputs"][rng.randrange(len(program["outputs"]))] = rng.choice(sorted(names))
    return None


def _claim(certificate: Json, rng: random.Random) -> bool | None:
    claim, names = certificate["claim"], [item["name"] for item in certificate["inputs"]]
    how = rng.randrange(3)
    if how == 0:
        claim["wrt"][rng.randrange(len(claim["wrt"]))] = rng.choice(names)
    elif how == 1:
        claim["kind"] = rng.choice(["jac", "hess", "vjp"])
    else:
        claim["wrt"] = rng.choice([claim["wrt"][::-1], claim["wrt"][1:], [*claim["wrt"], names[0]]])
    return None


def _input(certificate: Json, rng: random.Random) -> bool | None:
    item = rng.choice(certificate["inputs"])
    how = rng.randrange(3)
    if how == 0:
        item["dtype"] = rng.choice(["int64", "bool", "uint8", "complex128"])
    elif how == 1:
        item["name"] = rng.choice([*_names(certificate), "w"])
    else:
        certificate["inputs"].remove(item)
    return None


def _facts(certificate: Json, rng: random.Random) -> bool | None:
    item = rng.choice(certificate["inputs"])
    known = ["positive", "symmetric", "spd", "invertible", "nonzero", "rounded"]
    item["facts"] = item["facts"][1:] if item["facts"] else [rng.choice(known)]
    return None


def _condition(certificate: Json, rng: random.Random) -> bool | None:
    found = certificate["conditions"]
    if not found:
        return False
    k = rng.randrange(len(found))
    how = rng.randrange(4)
    if how == 0:
        del found[k]
    elif how == 1:
        found[k]["is"] = rng.choice(["> 0", "!= 0", ">= 0", "invertible", "in (-1, 1)"])
    elif how == 2:
        found[k]["operand"] = rng.choice([-1, 0, 1, 2])
    else:
        found[k]["at"] = rng.choice([equation["name"] for equation in _equations(certificate)])
    return None


def _kink(certificate: Json, rng: random.Random) -> bool | None:
    found = certificate["kinks"]
    if not found:
        return False
    k = rng.randrange(len(found))
    if rng.random() < 0.5:
        del found[k]
    else:
        found[k] = rng.choice([equation["name"] for equation in _equations(certificate)])
    return None


def _dimension(certificate: Json, rng: random.Random) -> bool | None:
    found = certificate["dimensions"]
    if not found:
        return False
    k, how = rng.randrange(len(found)), rng.randrange(3)
    if how == 0:
        del found[k]
    elif how == 1:
        found[k]["least"] = rng.choice([0, -1])
    else:
        found[k]["name"] = rng.choice([item["name"] for item in found] + ["k"])
    return None


def _merge(certificate: Json, rng: random.Random) -> bool | None:
    found = certificate["merges"]
    if not found:
        return False
    name = rng.choice(sorted(found))
    if rng.random() < 0.5:
        del found[name]
    else:
        found[name] = _larger(found[name], rng)
    return None


def _size_condition(certificate: Json, rng: random.Random) -> bool | None:
    found = certificate["size_conditions"]
    if not found:
        return False
    del found[rng.randrange(len(found))]
    return None


def _captured(certificate: Json, rng: random.Random) -> bool | None:
    if not certificate["captured"]:
        return False
    item = rng.choice(certificate["captured"])
    if item["values"] and rng.random() < 0.7:
        k = rng.randrange(len(item["values"]))
        item["values"][k] = (float.fromhex(item["values"][k]) + 1).hex()
    else:
        item["sha256"] = item["sha256"][::-1]
    return None


def _count(certificate: Json, rng: random.Random) -> bool | None:
    certificate["trusted"] += rng.choice([-1, 1])
    return None


def _reading(certificate: Json, rng: random.Random) -> bool | None:
    certificate["reading"] = rng.choice(["decimal", "named", "rounded"])
    return None


# ---------------------------------------------------------------------------- hints


def _adjoint(certificate: Json, rng: random.Random) -> bool | None:
    """An adjoint that is another one's, left out, or counted twice."""
    chain = certificate["hints"].get("chain")
    if not chain:
        return False
    adjoints = chain["adjoints"]
    name, other = rng.choice(sorted(adjoints)), rng.choice([e["name"] for e in certificate["G"]["equations"]])
    how = rng.randrange(4)
    if how == 0:
        adjoints[name] = [other]
    elif how == 1:
        del adjoints[name]
    elif how == 2:
        adjoints[name] = adjoints[name] * 2
    else:
        adjoints[name] = adjoints[rng.choice(sorted(adjoints))]
    return None


def _tie(certificate: Json, rng: random.Random) -> bool | None:
    chain = certificate["hints"].get("chain")
    if not chain or not chain["ties"]:
        return False
    name = rng.choice(sorted(chain["ties"]))
    chain["ties"][name] = rng.choice(["0", "1", "2", "-1/2", "1/3"])
    return None


def _replayed(certificate: Json, rng: random.Random) -> bool | None:
    """One number or name somewhere in the proofs of scalar identities."""
    proofs = certificate["hints"].get("tower")
    if not proofs:
        return False
    places = list(_leaves(proofs))
    holder, key = rng.choice(places)
    value = holder[key]
    if isinstance(value, bool):
        holder[key] = not value
    elif isinstance(value, int):
        holder[key] = value + rng.choice([-1, 1])
    else:
        holder[key] = rng.choice(["2", "-1", "exp", "var", "1/2", ">", "<"])
    return None


def _leaves(value: Any) -> Iterator[tuple[Any, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in list(pairs):
        if isinstance(part, (dict, list)):
            yield from _leaves(part)
        else:
            yield value, key


EDITS: dict[str, Edit] = {
    "op": _op, "operand": _operand, "order of operands": _swap, "literal": _literal, "static argument": _param,
    "size as a number": _size, "shape": _shape, "equations": _equation, "names of equations": _rewired,
    "output": _output, "claim": _claim, "input": _input, "facts": _facts, "condition": _condition, "kink": _kink,
    "dimension": _dimension, "merge": _merge, "size condition": _size_condition, "captured array": _captured,
    "trusted steps": _count, "reading of literals": _reading, "map of adjoints": _adjoint, "tie": _tie,
    "replayed proof": _replayed,
}  # fmt: skip
