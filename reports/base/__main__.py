"""What a verdict rests on, measured: ``python reports/base NAME``, from the root of the sources.

``mutation GROUP --sample N`` tries small changes of the modules, ``coverage`` counts the lines and branches that tests
reach, ``sabotage`` breaks one rule after the other, ``fuzz`` feeds what reads and what writes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

TRUST = Path("reports/trust")


def main() -> int:
    """0 where all was done."""
    parser = argparse.ArgumentParser(prog="python reports/base", description=__doc__)
    parser.add_argument("name", choices=["coverage", "mutation", "sabotage", "fuzz", "page"])
    parser.add_argument("what", nargs="?", help="a group of modules, or a target")
    parser.add_argument("--sample", type=int, default=100, help="how many mutants")
    parser.add_argument("--again", action="store_true", help="try the mutants that live, with the tests of this group")
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--most", type=float, default=20.0, help="seconds of tests for one mutant")
    parser.add_argument("--seconds", type=int, default=60, help="how long to fuzz")
    parser.add_argument("--corpus", type=Path, default=Path(".fuzz"), help="where inputs are kept")
    parser.add_argument("--resume", type=Path, help="the file to go on from, and to write")
    given = parser.parse_args()
    sys.path.insert(0, str(Path.cwd()))
    if given.name == "mutation":
        import mutation

        file = given.resume or TRUST / "base" / "mutation.json"
        mutation.run(given.what, given.sample, given.seed, file, given.most, given.again)
    elif given.name == "sabotage":
        import sabotage

        for group in [given.what] if given.what else sabotage.OPTIONS:
            sabotage.run(group, given.resume or TRUST / "base" / "broken.json")
    elif given.name == "coverage":
        import covered

        groups = [given.what] if given.what else [name for name in covered.GROUPS if name not in ("quick", "rules")]
        covered.run(groups, given.resume or TRUST / "base" / "coverage.json")
    elif given.name == "page":
        from page import page

        (TRUST / "base.md").write_text(page(TRUST / "base"), encoding="utf-8")
    else:
        import fuzz

        fuzz.run(given.what, given.seconds, given.seed, given.resume or TRUST / "base" / "fuzz.json", given.corpus)
    return 0


if __name__ == "__main__":
    sys.exit(main())
