"""Attack a promise: NAME --n N --seed S --resume FILE; "page" writes the page of figures."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from verify.campaign.campaigns import CAMPAIGNS, run
from verify.campaign.page import page

FOLDER = Path("reports/trust")


def main() -> int:
    """0 where nothing failed, 1 where something did, 2 for wrong usage."""
    told = "\n".join(f"  {name:14} {c.promise}; {c.unit}" for name, c in CAMPAIGNS.items())
    parser = argparse.ArgumentParser(
        prog="python -m verify.campaign",
        description=f"{__doc__}\n\n{told}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", choices=[*CAMPAIGNS, "page"])
    parser.add_argument("--n", type=int, help="go on until so many are counted; without it, the aim")
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--resume", type=Path, help="the file of figures to go on from, and to write")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--jobs", type=int, default=1, help="processes that try beside each other")
    given = parser.parse_args()
    if given.name == "page":
        (FOLDER / "README.md").write_text(page(FOLDER), encoding="utf-8")
        return 0
    path = given.resume or FOLDER / f"{given.name}.json"
    try:
        units = given.n or CAMPAIGNS[given.name].aim
        figures = run(given.name, units, given.seed, path, given.seconds, given.jobs)
    except ValueError as error:
        parser.error(str(error))
    print(json.dumps({key: value for key, value in figures.to_json().items() if key != "failures"}, indent=1))
    for failure in figures.failures:
        print(json.dumps(failure, indent=1, ensure_ascii=False))
    return int(figures.failed > 0)


if __name__ == "__main__":
    sys.exit(main())
