"""Small plots of a model beside what was observed: one SVG file, without a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np

WIDTH, HEIGHT = 270.0, 175.0
"""Size of a panel [px]."""
COLUMNS = 3
LEFT, RIGHT, TOP, BOTTOM = 40.0, 10.0, 26.0, 22.0
LEGEND = 30.0

STYLE = """
text{font:11px system-ui,sans-serif;fill:#333} .title{font-weight:600} .small{font-size:9px}
.axis{stroke:#bbb;fill:none} .split{stroke:#999;stroke-dasharray:2 3}
.model{stroke:#0b6;stroke-width:1.8;fill:none} .blind{stroke:#07b;stroke-width:1.4;fill:none}
.blind{stroke-dasharray:5 3} .naive{stroke:#a60;stroke-dasharray:1.5 2.5;fill:none}
.seen{fill:#222}
@media (prefers-color-scheme: dark){text{fill:#ddd} .seen{fill:#eee} rect.back{fill:#161616}}
rect.back{fill:#fff}
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One course over the years."""

    style: str
    """`model`, `blind` or `naive`."""
    years: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One series: observations as dots, courses as lines, and the split."""

    title: str
    unit: str
    years: tuple[float, ...]
    seen: tuple[float, ...]
    lines: tuple[Line, ...]
    split: float
    """The last year that the fit saw."""


def draw_panels(panels: Sequence[Panel], labels: Sequence[tuple[str, str]], title: str) -> str:
    """SVG text of panels in a grid.

    Parameters
    ----------
    labels
        Style and words of each kind of line, for the legend.
    title
        What screen readers are told.
    """
    rows = -(-len(panels) // COLUMNS)
    width, height = COLUMNS * WIDTH, rows * HEIGHT + LEGEND
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect class="back" width="{width:g}" height="{height:g}"/>',
        draw_legend(labels),
    ]
    for number, panel in enumerate(panels):
        x, y = number % COLUMNS * WIDTH, number // COLUMNS * HEIGHT + LEGEND
        parts.append(f'<g transform="translate({x:g} {y:g})">{draw_panel(panel)}</g>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def draw_legend(labels: Sequence[tuple[str, str]]) -> str:
    """Kinds of lines in one row."""
    parts = ['<circle class="seen" cx="14" cy="15" r="2.5"/><text x="22" y="19">observed</text>']
    x = 100.0
    for style, words in labels:
        parts.append(f'<path class="{style}" d="M{x:g} 15h26"/>')
        parts.append(f'<text x="{x + 32:g}" y="19">{escape(words)}</text>')
        x += 60 + 6.2 * len(words)
    return "".join(parts)


def draw_panel(panel: Panel) -> str:
    """One series."""
    low, high = find_range(panel)
    years = [*panel.years, *(year for line in panel.lines for year in line.years)]
    first, last = min(years), max(years)

    def place(year: float, value: float) -> str:
        x = LEFT + (year - first) / max(last - first, 1) * (WIDTH - LEFT - RIGHT)
        y = HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)
        return f"{x:.1f} {y:.1f}"

    name = panel.title if panel.unit == "1" else f"{panel.title} [{panel.unit}]"
    after = panel.split + 0.5
    parts = [
        f'<text class="title" x="{LEFT:g}" y="15">{escape(name)}</text>',
        f'<path class="axis" d="M{place(first, high)}L{place(first, low)}L{place(last, low)}"/>',
        f'<path class="split" d="M{place(after, low)}L{place(after, high)}"/>',
    ]
    for value in (low, high):
        x, y = place(first, value).split()
        parts.append(f'<text class="small" x="{float(x) - 4:g}" y="{y}" text-anchor="end">')
        parts.append(f"{label(value, high)}</text>")
    for year, anchor in ((first, "start"), (last, "end")):
        x = place(year, low).split()[0]
        parts.append(f'<text class="small" x="{x}" y="{HEIGHT - 8:g}" text-anchor="{anchor}">')
        parts.append(f"{year:.0f}</text>")
    for line in panel.lines:
        path = "L".join(place(year, value) for year, value in zip(line.years, line.values))
        parts.append(f'<path class="{line.style}" d="M{path}"/>')
    for year, value in zip(panel.years, panel.seen):
        x, y = place(year, value).split()
        parts.append(f'<circle class="seen" cx="{x}" cy="{y}" r="2.4"/>')
    return "".join(parts)


def label(value: float, highest: float) -> str:
    """A value at an axis, with as many digits as the axis needs."""
    digits = 0 if highest >= 100 else 1 if highest >= 10 else 2
    return f"{value:.{digits}f}"


def find_range(panel: Panel) -> tuple[float, float]:
    """Range of values, with room; it does not begin at zero, and the axis says where."""
    values = np.array([*panel.seen, *(value for line in panel.lines for value in line.values)])
    low, high = float(values.min()), float(values.max())
    room = 0.08 * (high - low) or 0.1 * abs(high) or 1.0
    return max(0.0, low - room) if low >= 0 else low - room, high + room
