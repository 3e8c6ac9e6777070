"""One rule after the other is made slightly wrong, and some test has to turn red: ``python reports/base sabotage``.

The rules are the entries of tables: what every op means, what the checker says it means, how the checker differentiates
functions and parts of matrices, the derivatives of kernels in normal forms, and the values and expansions of kernels in
balls. A rule's result is taken times 1 + 2⁻²⁰ in a fork of the session, and the tests that used it are run, the fast
ones first. Rules that are no entries of a table are functions: there ``mutation --each 1`` tries one change of each.
Derivative rules of the engine have a campaign of their own, ``python reports/sabotage.py``.
"""

from __future__ import annotations

import dataclasses
import gc
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from flint import arb, arb_series
from server import LEAST, SLOWER, outcome, passes

WRONG = Fraction(2**20 + 1, 2**20)
OPTIONS = {
    "meanings": ["tests/test_every_op.py", "-k", "meaning_is_what_the_forward"],
    "checker": ["tests/verify/test_checker.py", "tests/verify/trusted", "-k", "each_meaning or truths or refusals"],
    "laws": ["tests/verify/test_checker.py", "tests/verify/trusted", "-k", "law_of or laws_of_functions or relu"],
    "derivatives": ["tests/verify/form/test_derivatives.py"],
    "balls": ["tests/verify/ball/test_kernels.py"],
}
Json = dict[str, Any]


@dataclasses.dataclass
class Rule:
    """A function out of a table that notes which tests use it, and can be made wrong."""

    family: str
    name: str
    right: Callable[..., Any]
    uses: set[str] = dataclasses.field(default_factory=set)
    is_wrong: bool = False

    def __call__(self, *given: Any, **more: Any) -> Any:
        found = self.right(*given, **more)
        if Session.current:
            self.uses.add(Session.current)
        return off(found) if self.is_wrong else found

    def __get__(self, owner: Any, kind: Any = None) -> Callable[..., Any]:
        return self if owner is None else lambda *given, **more: self(owner, *given, **more)


def off(found: Any) -> Any:
    """What a rule returns, slightly wrong."""
    if isinstance(found, (arb, arb_series)):
        return found * arb(2**20 + 1) / 2**20
    if hasattr(found, "entry") and hasattr(found, "_replace"):  # an array of the checker
        entry = found.entry
        return found._replace(entry=lambda at: entry(at) * WRONG)
    if hasattr(found, "body"):
        return dataclasses.replace(found, body=found.body * WRONG + (WRONG - 1))
    return found * WRONG


def tables(group: str) -> Iterator[Rule]:
    """The rules of a group, put in their tables."""
    if group == "meanings":
        import dualgrad  # noqa: F401
        from dualgrad.op import REGISTRY

        for name, op in REGISTRY.items():
            rule = Rule("what an op means", name, op.meaning)
            object.__setattr__(op, "meaning", rule)
            yield rule
    elif group == "checker":
        from verify.trusted import meanings, pointwise, special

        for table in (pointwise.ARITHMETIC, pointwise.COMPARISONS, pointwise.FLOATING, special.OF_ELEMENTS,
                      meanings.COMPOSED, meanings.STRUCTURAL):  # fmt: skip
            yield from _in(table, "what the checker says that an op means")
    elif group == "laws":
        from verify.trusted import decompositions, pointwise, special

        yield from _in(pointwise.LAWS, "how the checker differentiates")
        yield from _in(decompositions._LAWS, "how the checker differentiates")
        of_several = special.LAWS_OF_SEVERAL
        for kind, laws in of_several.items():
            rules = [law and Rule("how the checker differentiates", f"{kind}, {k}", law) for k, law in enumerate(laws)]
            of_several[kind] = tuple(rules)  # type: ignore[index]
            yield from filter(None, rules)
    elif group == "balls":
        from verify.ball import kernels

        yield from _in(kernels.VALUES, "a function in balls")
        yield from _in(kernels._EXPANSIONS, "an expansion in balls")


def _in(table: Any, family: str) -> list[Rule]:
    rules = [Rule(family, name, right) for name, right in table.items()]
    table.update({rule.name: rule for rule in rules})
    return rules


class Session:
    """The plugin: every test once, then every rule."""

    current = ""

    def __init__(self, group: str, told: Callable[[str, str, str], None]) -> None:
        self.group, self.told, self.rules = group, told, [*tables(group)]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run every test, then break every rule."""
        items, seconds = {item.nodeid: item for item in session.items}, dict[str, float]()
        for name, item in items.items():
            began, Session.current = time.process_time(), name
            if passes(item):
                seconds[name] = time.process_time() - began
        Session.current = ""
        gc.freeze()
        for family, name, change, uses in self._changes(list(seconds)):
            known = sorted((test for test in uses if test in seconds), key=lambda test: seconds[test])
            limit = LEAST + SLOWER * sum(seconds[test] for test in known)
            self.told(family, name, outcome(change, [items[test] for test in known], limit))
        return True

    def _changes(self, tests: list[str]) -> Iterator[tuple[str, str, Callable[[], None], Any]]:
        for rule in self.rules:
            yield rule.family, rule.name, lambda rule=rule: setattr(rule, "is_wrong", True), rule.uses
        if self.group == "derivatives":
            from verify.form.derivatives import DERIVATIVES

            for name, known in DERIVATIVES.items():
                wrong = tuple(entry if entry is None else entry * WRONG for entry in known)
                change = lambda name=name, wrong=wrong: DERIVATIVES.__setitem__(name, wrong)  # noqa: E731
                yield "a derivative in the table of normal forms", name, change, tests


def run(group: str, file: Path) -> None:
    """Break the rules of a group, and write what became of each; one that refuses to say what an op means is none."""
    known: Json = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}

    def told(family: str, name: str, said: str) -> None:
        if said != "not reached" or not known.get(family, {}).get(name, said).startswith("killed"):
            known.setdefault(family, {})[name] = said
        if not said.startswith("killed"):
            print(f"{family}: {name}: {said}", flush=True)

    pytest.main(["-q", "-p", "no:cacheprovider", *OPTIONS[group]], plugins=[Session(group, told)])
    file.write_text(json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def summary(known: Json) -> str:
    """A table of families: rules, how many turned a test red, and which did not."""
    rows = ["| rule | broken | a test turned red | not |", "|---|--:|--:|---|"]
    for family, of in known.items():
        found: dict[str, list[str]] = defaultdict(list)
        for name, said in of.items():
            found["red" if said.startswith("killed") or said == "time" else said].append(name)
        counts = Counter({said: len(names) for said, names in found.items()})
        rest = "; ".join(f"{said}: {', '.join(sorted(names))}" for said, names in found.items() if said != "red")
        rows.append(f"| {family} | {sum(counts.values())} | {counts['red']} | {rest} |")
    return "\n".join(rows)
