"""Right and wrong gradients of corpus/pairs_own.jsonl: every right one passes, every wrong one is refuted.

They are from mechanics, chemistry, finance, geometry, signal processing, sequences, statistics of a special kind,
complex numbers, and NumPy's corners. The tests take one of each of those that take little time; all are taken by

    python -m tests.test_pairs
"""

from __future__ import annotations

import json
import linecache
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from verify import Result, Verdict, check

CORPUS = Path(__file__).parent / "corpus" / "pairs_own.jsonl"
HEAD = "import math\nimport numpy as np\nimport scipy.fft\nimport scipy.linalg\nfrom scipy import special\n"
CASES = {case["name"]: case for case in map(json.loads, CORPUS.read_text(encoding="utf-8").splitlines())}
QUICK = [name for name, case in CASES.items() if case["quick"]]


def function(name: str, case: dict[str, Any], body: str, kind: str) -> Any:
    """A function of the corpus, its source kept where recordings and reports look for it."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    source, label = f"{HEAD}def {kind}({case['arguments']}):\n{lines}", f"<{name}, {kind}>"
    linecache.cache[label] = (len(source), None, source.splitlines(True), label)
    namespace: dict[str, Any] = {"__name__": "case"}
    exec(compile(source, label, "exec"), namespace)
    return namespace[kind]


def given(value: dict[str, Any]) -> Any:
    """An argument."""
    if "imag" in value:
        return (np.array(value["real"]) + 1j * np.array(value["imag"])).astype(value["dtype"])
    return np.array(value["data"], dtype=value["dtype"]) if "data" in value else value["value"]


def checked(name: str, gradient: str) -> Result:
    """What is found of a gradient, written out."""
    case = CASES[name]
    f, g = function(name, case, case["f"], "f"), function(name, case, gradient, "g")
    options = {key: case[key] for key in ("domain", "sizes") if key in case}
    return check(f, *map(given, case["given"]), grad=g, wrt=case.get("wrt", 0), **options)


@pytest.mark.parametrize("name", [name for name in QUICK if CASES[name]["right"]])
def test_the_right_one_passes(name):
    result = checked(name, CASES[name]["right"][0])
    assert result.ok, result


@pytest.mark.parametrize("name", [name for name in QUICK if CASES[name]["wrong"]])
def test_the_wrong_one_is_refuted(name):
    result = checked(name, CASES[name]["wrong"][-1])
    assert result.verdict is Verdict.REFUTED, result


def main() -> int:
    """All of them: how many were answered how, and those that should not have been."""
    counts: Counter[tuple[str, str]] = Counter()
    began = time.process_time()
    for name, case in CASES.items():
        for kind in ("right", "wrong"):
            for gradient in case[kind]:
                result = checked(name, gradient)
                counts[kind, result.verdict.name] += 1
                if result.ok != (kind == "right"):
                    print(f"{name}, {kind}: {result.verdict.name}: {result.reason}\n{gradient}\n")
    print(*(f"{kind} {verdict} {count}" for (kind, verdict), count in sorted(counts.items())), sep="\n")
    print(f"{time.process_time() - began:.0f} s")
    return int(any(kind == "wrong" and verdict != "REFUTED" for kind, verdict in counts))


if __name__ == "__main__":
    sys.exit(main())
