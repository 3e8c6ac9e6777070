"""Change valid certificates at random and count what the checker accepts: ``python -m verify.campaign``."""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path

from verify.campaign.run import Outcome, campaign, summary


def main() -> int:
    """0 where no certificate that was accepted says something untrue."""
    parser = argparse.ArgumentParser(prog="python -m verify.campaign", description=__doc__)
    parser.add_argument("--changes", type=int, default=10_000, help="how many changes of meaning to try")
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the figures and every survivor to this file")
    given = parser.parse_args()
    outcomes: list[Outcome] = campaign(given.changes, random.Random(given.seed))
    figures = summary(outcomes)
    print(json.dumps({key: value for key, value in figures.items() if key != "survivors"}, indent=1))
    if given.json is not None:
        given.json.write_text(json.dumps(figures | {"seed": given.seed}, indent=1) + "\n", encoding="utf-8")
    return int(figures["accepted although untrue"] > 0)


if __name__ == "__main__":
    sys.exit(main())
