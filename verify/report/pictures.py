"""Small pictures as inline SVG: lines over logarithmic axes, a heat map, a sparkline, a bar of shares.

No number in them is rounded by more than a tenth of a pixel, the text is the same on every machine, and colours come
from the style of the page, so that they follow its light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from verify.report.text import line
from verify.verdict import Comparison, Curve, Element, Series

WIDTH, HEIGHT = 460.0, 230.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 12.0, 26.0, 40.0
CELL = 22.0
WRAP = 16  # elements of a vector in one row of a heat map
SHADES = 6
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def curve(picture: Curve) -> Markup:
    """Return lines over two logarithmic axes: zeros lie on the lower edge, what is not finite on the upper one."""
    across = _Axis([x for series in (*picture.series, *picture.marks) for x in series.x], LEFT, WIDTH - RIGHT)
    upward = _Axis([y for series in picture.series for y in series.y], HEIGHT - BOTTOM, TOP)
    parts = [_grid(across, upward), *(_mark(series, across) for series in picture.marks)]
    parts += [_line(number, series, across, upward) for number, series in enumerate(picture.series)]
    parts.append(_legend(picture.series))
    parts.append(_text(f"{picture.x_label}", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, "middle"))
    parts.append(_text(picture.y_label, 4, 12, "start"))
    return _svg(WIDTH, HEIGHT, picture.title, parts)


def heat(compared: Comparison) -> Markup:
    """Return a cell for each element, the darker the larger its relative error; its numbers are its tooltip."""
    columns = compared.shape[-1] if compared.complete and len(compared.shape) > 1 else WRAP
    cells = []
    for number, element in enumerate(compared.elements):
        x, y = number % columns * CELL, number // columns * CELL
        shade = _shade(element)
        place = f"{compared.argument}[{', '.join(map(str, element.index))}]"
        told = line(f"{place}: got {element.got!r}, expected {element.expected!r}")
        cells.append(
            Markup('<rect class="dg-heat-{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>').format(
                shade, _px(x), _px(y), _px(CELL - 2), _px(CELL - 2), told
            )
        )
    rows = math.ceil(len(compared.elements) / columns)
    wide = min(columns, len(compared.elements)) * CELL
    return _svg(wide, rows * CELL, f"errors of {line(compared.argument)} by element", cells, scale=1.0)


def sparkline(values: Sequence[float], width: float = 160.0, height: float = 28.0) -> Markup:
    """Return a line through the values, from 0 to the largest, without axes."""
    top = max((value for value in values if math.isfinite(value)), default=0.0) or 1.0
    step = (width - 4) / max(len(values) - 1, 1)
    points = [
        (2 + number * step, height - 3 - (height - 6) * value / top)
        for number, value in enumerate(values)
        if math.isfinite(value)
    ]
    told = f"from {values[0]:g} to {values[-1]:g}" if values else "nothing"
    return _svg(width, height, told, [_path(points, "dg-spark"), *_dots(points[-1:], "dg-spark-end")], scale=1.0)


def bar(counts: Mapping[str, int], told: str) -> Markup:
    """Return one bar that is split as the counts are, each part of the class of its name in small letters."""
    total, at, parts = sum(counts.values()) or 1, 0.0, []
    for name, count in counts.items():
        share = 1000 * count / total
        parts.append(
            Markup('<rect class="dg-fill dg-{}" x="{}" y="0" width="{}" height="10"><title>{}</title></rect>').format(
                name.lower(), _px(at), _px(share), f"{count} {name.lower()}"
            )
        )
        at += share
    return Markup('<svg class="dg-bar" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" {}>{}</svg>').format(
        Markup('aria-label="{}"').format(line(told)), Markup("").join(parts)
    )


# ---------------------------------------------------------------------------- axes


class _Axis:
    """A logarithmic axis over whole decades, from one pixel to another."""

    def __init__(self, values: Iterable[float], start: float, end: float) -> None:
        found = [math.log10(value) for value in values if math.isfinite(value) and value > 0] or [0.0]
        self.low, self.high = math.floor(min(found)), math.ceil(max(found))
        if self.low == self.high:
            self.low, self.high = self.low - 1, self.high + 1
        self.start, self.end = start, end

    def at(self, value: float) -> float:
        """The pixel of a value; what lies beyond the axis is at its edge."""
        if math.isnan(value) or value == math.inf:
            return self.end
        power = math.log10(value) if value > 0 else self.low
        share = (min(max(power, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    @property
    def ticks(self) -> list[int]:
        """At most seven powers of ten."""
        step = max(1, math.ceil((self.high - self.low) / 6))
        return list(range(self.low, self.high + 1, step))


def _grid(across: _Axis, upward: _Axis) -> Markup:
    parts = []
    for power in across.ticks:
        x = across.at(10.0**power) if abs(power) < 300 else across.start
        parts.append(_rule(x, TOP, x, HEIGHT - BOTTOM, "dg-grid"))
        parts.append(_text(_power(power), x, HEIGHT - BOTTOM + 14, "middle"))
    for power in upward.ticks:
        y = upward.at(10.0**power) if abs(power) < 300 else upward.start
        parts.append(_rule(LEFT, y, WIDTH - RIGHT, y, "dg-grid"))
        parts.append(_text(_power(power), LEFT - 6, y + 4, "end"))
    return Markup("").join(parts)


def _power(power: int) -> str:
    return "1" if power == 0 else f"10{str(power).translate(_SUPERSCRIPT)}"


def _mark(series: Series, across: _Axis) -> Markup:
    lines = [_rule(across.at(x), TOP, across.at(x), HEIGHT - BOTTOM, "dg-mark") for x in series.x]
    label = _text(line(series.label), across.at(series.x[0]) + 4, TOP + 10, "start") if series.x else Markup("")
    return Markup("").join([*lines, label])


def _line(number: int, series: Series, across: _Axis, upward: _Axis) -> Markup:
    points = [(across.at(x), upward.at(y)) for x, y in zip(series.x, series.y, strict=True)]
    dots = _dots(points, f"dg-dot-{number % 4}") if 2 < len(points) <= 100 else []
    return Markup("").join([_path(points, f"dg-line-{number % 4}"), *dots])


def _legend(found: Sequence[Series]) -> Markup:
    x, parts = LEFT + 90.0, []
    for number, series in enumerate(found):
        label = line(series.label)
        parts.append(_rule(x, 8, x + 16, 8, f"dg-line-{number % 4}"))
        parts.append(_text(label, x + 21, 12, "start"))
        x += 40 + 6.2 * len(label)
    return Markup("").join(parts)


# ---------------------------------------------------------------------------- marks on paper


def _shade(element: Element) -> int:
    """0 for a right element, and up to SHADES - 1 for one that is wrong altogether, by its relative error."""
    if not math.isfinite(element.got):
        return SHADES - 1 if math.isfinite(element.expected) else 0
    error = abs(element.got - element.expected)
    relative = error / max(abs(element.expected), abs(element.got)) if error else 0.0
    if relative <= 1e-9:
        return 0
    return max(1, min(SHADES - 1, SHADES - 1 + math.ceil(math.log10(relative) / 2)))


def _path(points: Sequence[tuple[float, float]], kind: str) -> Markup:
    drawn = " ".join(f"{'L' if number else 'M'}{_px(x)} {_px(y)}" for number, (x, y) in enumerate(points))
    return Markup('<path class="{}" d="{}"/>').format(kind, drawn)


def _dots(points: Iterable[tuple[float, float]], kind: str) -> list[Markup]:
    return [Markup('<circle class="{}" cx="{}" cy="{}" r="2.2"/>').format(kind, _px(x), _px(y)) for x, y in points]


def _rule(x: float, y: float, to_x: float, to_y: float, kind: str) -> Markup:
    return Markup('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(kind, *map(_px, (x, y, to_x, to_y)))


def _text(text: str, x: float, y: float, anchor: str) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(_px(x), _px(y), anchor, line(text))


def _svg(width: float, height: float, told: str, parts: Sequence[Markup], scale: float = 0.0) -> Markup:
    fixed = Markup(' width="{}" height="{}"').format(_px(width * scale), _px(height * scale)) if scale else Markup("")
    return Markup('<svg class="dg-picture" viewBox="0 0 {} {}"{} role="img" aria-label="{}">{}</svg>').format(
        _px(width), _px(height), fixed, line(told), Markup("").join(parts)
    )


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
