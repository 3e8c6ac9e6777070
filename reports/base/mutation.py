"""Mutation testing of what a verdict rests on: ``python reports/base mutation GROUP --sample N``.

Takes mutants of a group's modules at random (a seed fixes which), tries each against the tests that reach it, and keeps
what came of it in reports/trust/base/mutation.json, so that it can be stopped and goes on. A mutant of a function that
has changed since is tried again. Why a survivor lives, where it was looked at, stands in survivors.json.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mutants import Mutant, mutants

Json = dict[str, Any]
HERE = Path(__file__).resolve().parent
SURVIVORS = HERE / "survivors.json"

SLOW = (
    "not (eigh_packed or svd_packed or random_programs or test_fuzz or rules_are_lemmas or against_the_law "
    "or off_the_diagonal or what_blocks_it)"
)
GROUPS: dict[str, tuple[list[str], list[str]]] = {  # modules, and tests
    "checker": (
        ["checker.py", "trusted/*.py"],
        ["trusted", "test_checker.py", "proof/test_certificate.py", "test_matrix_certificates.py", "test_chain.py",
         "test_decomposition_certificates.py", "test_tower_proofs.py"],
    ),
    "quick": (["trusted/polynomials.py"], ["trusted/test_tower.py"]),
    "rules": (["checker.py", "trusted/*.py"], ["trusted"]),  # the same by the tests of rules alone, which take less
    "tower": (["tower/*.py"], ["tower", "test_tower_proofs.py"]),
    "form": (["form/*.py"], ["form"]),
    "lemma": (["lemma/*.py"], ["lemma", "test_audit.py"]),
    "verdict": (
        ["verdict.py", "answer/conclude.py", "proof/certificate.py", "question/claim.py", "execute/judge.py"],
        ["test_verdict.py", "answer/test_conclude.py", "question/test_claim.py", "proof/test_certificate.py",
         "execute/test_judge.py", "test_written_meanings.py"],
    ),
}  # fmt: skip


def chosen(paths: Sequence[str], sample: int, seed: int, known: Mapping[str, Json]) -> dict[str, list[Mutant]]:
    """The mutants to try: the first so many of all of a group's, in an order that the seed fixes."""
    ranked = []
    for path in paths:
        for mutant in mutants(Path(path).read_text(encoding="utf-8")):
            rank = random.Random(f"{seed}/{path}/{mutant.name}").random()
            ranked.append((rank, path, mutant))
    found: dict[str, list[Mutant]] = {path: [] for path in paths}
    for _, path, mutant in sorted(ranked, key=lambda item: item[:2])[:sample]:
        if mutant.name not in known.get(path, {}):
            found[path].append(mutant)
    return {path: sorted(some, key=lambda m: m.number) for path, some in found.items() if some}


def living_still(paths: Sequence[str], known: Mapping[str, Json]) -> dict[str, list[Mutant]]:
    """The mutants that were not killed by other tests, or before there were more; but those that are equivalent."""
    found, reasons = {}, json.loads(SURVIVORS.read_text(encoding="utf-8"))
    for path in paths:
        of = known.get(path, {})
        open_ = {name for name in of if not reason(path, name, of[name]["line"], reasons).startswith("equivalent")}
        alive = {name for name in open_ if not _dead(of[name])}
        some = [mutant for mutant in mutants(Path(path).read_text(encoding="utf-8")) if mutant.name in alive]
        found |= {path: some} if some else {}
    return found


def _dead(tried: Json) -> bool:
    return tried["said"].startswith("killed") or tried["said"] == "time"


def resumed(file: Path) -> Json:
    """What was found before, of mutants of functions that are as they were."""
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    found: Json = {}
    for path, of in known.items():
        now = {m.name: m.digest for m in mutants(Path(path).read_text(encoding="utf-8"))} if Path(path).exists() else {}
        found[path] = {name: tried for name, tried in of.items() if now.get(name) == tried["digest"]}
    return found


def run(group: str, sample: int, seed: int, file: Path, most: float, again: bool) -> None:
    """Try mutants of a group, or ``again`` those that live, and write what is known."""
    import server

    patterns, tests = GROUPS[group]
    paths = sorted({path.as_posix() for pattern in patterns for path in Path().glob(f"verify/{pattern}")})
    known = resumed(file)
    tries = living_still(paths, known) if again else chosen(paths, sample, seed, known)

    def told(path: str, mutant: Mutant, said: str, number: int, seconds: float) -> None:
        of = known.setdefault(path, {})
        text = Path(path).read_text(encoding="utf-8").splitlines()[mutant.line - 1].strip()
        of[mutant.name] = {"said": said, "line": text, "digest": mutant.digest, "seconds": round(seconds, 2)}
        print(f"{path}:{mutant.name}: {said} ({number} tests, {seconds:.1f} s)", flush=True)
        if again or not said.startswith("killed") or len(of) % 20 == 0:
            write(file, known)

    server.run(["-k", SLOW, *(f"tests/verify/{test}" for test in tests)], tries, most, told)
    write(file, known)


def write(file: Path, known: Json) -> None:
    """The findings, module by module."""
    file.write_text(json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


# ---------------------------------------------------------------------------- what it comes to


def reason(path: str, name: str, text: str, reasons: Mapping[str, Mapping[str, str]]) -> str:
    """Why a survivor lives, by its change and its line."""
    return reasons.get(path, {}).get(f"{name.partition(' ')[2]} | {text}", "")


def counts(path: str, of: Json, reasons: Mapping[str, Mapping[str, str]]) -> Counter[str]:
    """How many were killed, live and are equivalent, live, or are not reached."""
    found: Counter[str] = Counter()
    for name, tried in of.items():
        said = "killed" if _dead(tried) else tried["said"].partition(":")[0]
        if said != "killed":
            why = reason(path, name, tried["line"], reasons).partition(" ")[0].rstrip(":")
            said = why if why in ("equivalent", "killed") else said
        found[said] += 1
    return found


def living(known: Json) -> Iterator[tuple[str, str, Json]]:
    """Every mutant that was not killed."""
    for path, of in known.items():
        for name, tried in of.items():
            if not _dead(tried):
                yield path, name, tried
