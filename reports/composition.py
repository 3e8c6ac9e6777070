"""Measure what proofs by lemmas cost, in processor time: linear in the ops, and independent of the sizes of arrays.

``python reports/composition.py`` writes composition.svg and composition.measured.json into this folder, from networks
of tanh layers of rising depth, the same networks of rising width, and the programs of reports/programs.py. A proof is
one by lemmas that are not known yet, with its certificate written and accepted; of the programs there is the verdict of
a whole check too, as called without a budget.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import programs  # noqa: E402

from verify.check import check  # noqa: E402
from verify.clock import now  # noqa: E402
from verify.lemma.book import forget  # noqa: E402
from verify.proof.prove import certified, prove  # noqa: E402
from verify.question.ask import pose  # noqa: E402
from verify.question.recording import record, record_symbolic  # noqa: E402

DEPTHS = (5, 10, 20, 40, 60, 80, 100)
WIDTHS = (2, 8, 32, 128, 512)
REPEATS = 4
PROGRAMS: dict[str, Callable[[], programs.Made]] = {
    "tanh network, 100 layers": lambda: programs.tanh_network(100),
    "transformer block": programs.transformer_block,
    "LSTM, 64 steps": lambda: programs.lstm(64),
    "convolutional network": programs.convolutional_network,
    "Gaussian process, by determinant": lambda: programs.gaussian_process(by_factor=False),
    "Gaussian process, by Cholesky": programs.gaussian_process,
    "Kalman filter, 20 steps": lambda: programs.kalman_filter(20),
}


def measured(made: programs.Made) -> dict[str, Any]:
    """How long the proof of a program takes, all of it from no lemma to the accepted certificate, and its parts."""
    f, args = made
    problem = pose(f, args, "grad", None, None, None)
    started = time.process_time()
    recording = record_symbolic(problem, problem.arrays)
    if recording.gradient is None:
        recording = record(problem, problem.arrays, {k: array.shape for k, array in problem.arrays.items()})
    seconds = time.process_time() - started
    if recording.forward is None or recording.gradient is None:
        return {"proved": False, "reason": recording.refused or recording.gradient_refused}
    told: dict[str, Any] = {
        "ops": len(recording.forward.equations),
        "ops of both": len({*recording.forward.equations, *recording.gradient.equations}),
        "seconds to record": seconds,
    }
    times = []
    for _ in range(REPEATS):
        forget()
        started = time.process_time()
        found = prove(problem, recording, now() + 60, ("exact",), "lemmas")
        by_lemmas = time.process_time()
        if found.proof is None:
            return told | {"proved": False, "reason": found.reason}
        _, report = certified(problem, recording, found)
        ended = time.process_time()
        times.append((ended - started, by_lemmas - started, ended - by_lemmas))
    whole, proof, certificate = min(times)
    told |= {"seconds": whole, "seconds of lemmas": proof, "seconds to certify": certificate}
    return told | {
        "certificate": report.reason,
        "proved": report.accepted,
        "lemmas": int(found.proof.statistics["lemmas"]),
    }


def checked(made: programs.Made) -> dict[str, Any]:
    """What a check of the engine's gradient with respect to every argument says, without a budget given."""
    f, args = made
    started = time.process_time()
    result = check(f, *args, wrt=tuple(range(len(args))))
    sizes = "the sizes run" if result.formula.sizes.startswith("the sizes run") else "every size"
    return {"verdict": str(result.verdict), "for": sizes, "seconds of the check": time.process_time() - started}


# ---------------------------------------------------------------------------- the plot

SIZE, LEFT, TOP, WIDE, HIGH = (720, 300), 60, 40, 250, 190


def plot(depths: Sequence[tuple[float, float]], widths: Sequence[tuple[float, float]]) -> str:
    """Two panels: milliseconds over the number of ops, and over the width of the layers."""
    most = 1.1 * max(y for _, y in (*depths, *widths))
    wide = [(float(place), y) for place, (_, y) in enumerate(widths)]
    names = [f"{x:g}" for x, _ in widths]
    of_depth, of_width = "a proof over ops of the function", "a proof over the width of 40 layers"
    ticks = [0.0, 50.0, 100.0, 150.0, 200.0]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE[0]} {SIZE[1]}" font-family="sans-serif" '
            'font-size="11" fill="#222">',
            f'<rect width="{SIZE[0]}" height="{SIZE[1]}" fill="#fff"/>',
            *_panel(0, of_depth, depths, most, ticks, [f"{t:g}" for t in ticks], 220.0),
            *_panel(1, of_width, wide, most, list(range(len(wide))), names, len(wide) - 0.5),
            "</svg>",
            "",
        ]
    )


def _panel(
    place: int,
    title: str,
    points: Sequence[tuple[float, float]],
    most: float,
    ticks: Sequence[float],
    names: Sequence[str],
    end: float,
) -> list[str]:
    left = LEFT + place * (WIDE + 80)

    def at(x: float, y: float) -> str:
        return f"{left + WIDE * x / end:.1f},{TOP + HIGH * (1 - y / most):.1f}"

    found = [f'<text x="{left}" y="{TOP - 16}" font-size="13">{title}, ms</text>']
    found.append(f'<path d="M{at(0, most)} L{at(0, 0)} L{at(end, 0)}" fill="none" stroke="#888"/>')
    for tick, name in zip(ticks, names, strict=True):
        x, y = at(tick, 0).split(",")
        found.append(f'<text x="{x}" y="{float(y) + 16:.1f}" text-anchor="middle">{name}</text>')
    for share in (0.25, 0.5, 0.75, 1.0):
        x, y = at(0, share * most).split(",")
        found.append(f'<text x="{float(x) - 6:.1f}" y="{y}" text-anchor="end">{share * most:.0f}</text>')
    line = " L".join(at(x, y) for x, y in points)
    found.append(f'<path d="M{line}" fill="none" stroke="#1a6" stroke-width="1.5"/>')
    found += [f'<circle cx="{p.split(",")[0]}" cy="{p.split(",")[1]}" r="3" fill="#1a6"/>' for p in
              (at(x, y) for x, y in points)]  # fmt: skip
    return found


def main() -> None:
    """Measure, and write both files."""
    by_depth = {depth: measured(programs.tanh_network(depth)) for depth in DEPTHS}
    by_width = {width: measured(programs.tanh_network(40, width)) for width in WIDTHS}
    told = {name: measured(make()) | checked(make()) for name, make in PROGRAMS.items()}
    for name, row in told.items():
        print(f"{name}: {row}")
    depths = [(float(row["ops"]), 1000 * row["seconds"]) for row in by_depth.values()]
    widths = [(float(width), 1000 * row["seconds"]) for width, row in by_width.items()]
    (HERE / "composition.svg").write_text(plot(depths, widths), encoding="utf-8")
    record_of_all = {"by depth": by_depth, "by width": by_width, "programs": told}
    text = json.dumps(record_of_all, indent=1, ensure_ascii=False) + "\n"
    (HERE / "composition.measured.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
