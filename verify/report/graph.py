"""The program of a function as a picture: a box for each intermediate, with its formula and its value."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup

from verify.report.text import line, shortened
from verify.verdict import Row

MOST = 30  # boxes; a longer program is read as a table
WIDE, TALL, APART, BETWEEN = 168, 44, 44, 14
LETTERS = 22  # of a formula or value that fit into a box


def graph(rows: Sequence[Row], wrong: int = -1) -> Markup:
    """Return boxes from the inputs on the left to the result on the right; the first wrong one is marked."""
    if not 2 <= len(rows) <= MOST:
        return Markup("")
    edges = _edges(rows)
    depth = _depths(len(rows), edges)
    columns: dict[int, list[int]] = {}
    for number, level in enumerate(depth):
        columns.setdefault(level, []).append(number)
    at = {
        number: (level * (WIDE + APART) + 1, place * (TALL + BETWEEN) + 1)
        for level, inside in columns.items()
        for place, number in enumerate(inside)
    }
    parts = [_edge(at[start], at[end]) for start, end in edges]
    parts += [_box(rows[number], *at[number], number == wrong) for number in range(len(rows))]
    width = (max(depth) + 1) * (WIDE + APART) - APART + 2
    height = max(map(len, columns.values())) * (TALL + BETWEEN) - BETWEEN + 2
    return Markup(
        '<svg class="dg-picture dg-graph" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" '
        'aria-label="the program as a graph">{parts}</svg>'
    ).format(w=width, h=height, parts=Markup("").join(parts))


def first_wrong(rows: Sequence[Row], told: str) -> int:
    """Return the number of the row that a text about the first wrong node speaks of; -1 where it names none."""
    for number, row in enumerate(rows):
        if row.name and re.match(rf"{re.escape(row.name)}(?!\w)", told):
            return number
    return -1


def _edges(rows: Sequence[Row]) -> list[tuple[int, int]]:
    """From each row to those whose formula speaks of it."""
    found = []
    for end, row in enumerate(rows):
        for start, other in enumerate(rows[:end]):
            if other.name and re.search(rf"(?<![A-Za-z_\\]){re.escape(other.name)}(?![A-Za-z0-9_])", row.operation):
                found.append((start, end))
    return found


def _depths(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    depth = [0] * count
    for start, end in sorted(edges, key=lambda edge: edge[1]):
        depth[end] = max(depth[end], depth[start] + 1)
    return depth


def _edge(start: tuple[int, int], end: tuple[int, int]) -> Markup:
    x, y, to_x, to_y = start[0] + WIDE, start[1] + TALL // 2, end[0], end[1] + TALL // 2
    middle = (x + to_x) // 2
    return Markup('<path class="dg-edge" d="M{} {}C{} {} {} {} {} {}"/>').format(
        x, y, middle, y, middle, to_y, to_x, to_y
    )


def _box(row: Row, x: int, y: int, wrong: bool) -> Markup:
    formula = line(row.name if row.operation == "input" else f"{row.name} = {row.operation}")
    return Markup(
        '<g class="dg-node{}"><title>{}</title><rect x="{}" y="{}" width="{}" height="{}" rx="5"/>'
        '<text x="{}" y="{}">{}</text><text class="dg-soft" x="{}" y="{}">{}</text></g>'
    ).format(
        " dg-first-wrong" if wrong else "", f"{formula}: {line(row.value)}", x, y, WIDE, TALL,
        x + 8, y + 18, shortened(formula, LETTERS), x + 8, y + 35, shortened(line(row.value), LETTERS),
    )  # fmt: skip
