"""Plots of a fit: one valid SVG, nothing outside of its panel, nothing that a name can break."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from haihe_viz.fit import HEIGHT, WIDTH, Line, Panel, draw_panels, find_range, label


def panel(title: str = "energy", seen: tuple[float, ...] = (1.0, 3.0)) -> Panel:
    line = Line("model", (2010.0, 2011.0, 2012.0), (1.5, 2.5, 4.0))
    return Panel(title, "Mt/yr", (2010.0, 2012.0), seen, (line,), 2011.0)


def test_every_observation_is_a_dot_within_its_panel() -> None:
    text = draw_panels([panel(), panel("coal")], [("model", "model")], "Fit")
    root = ElementTree.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    panels = root.findall(f"{space}g")
    assert len(panels) == 2
    for group in panels:
        dots = group.findall(f"{space}circle")
        assert len(dots) == 2
        for dot in dots:
            assert 0 <= float(dot.get("cx", "-1")) <= WIDTH
            assert 0 <= float(dot.get("cy", "-1")) <= HEIGHT


def test_higher_values_stand_higher() -> None:
    text = draw_panels([panel()], [], "Fit")
    heights = [
        float(y) for y in re.findall(r'class="seen" cx="[\d.]+" cy="([\d.]+)" r="2.4"', text)
    ]
    assert heights[0] > heights[1]


def test_a_name_cannot_break_the_file() -> None:
    ElementTree.fromstring(draw_panels([panel("</text><script>")], [("model", "a & b")], "<x>"))


def test_a_flat_series_still_has_a_range() -> None:
    flat = Panel("x", "1", (2010.0,), (0.0,), (), 2010.0)
    low, high = find_range(flat)
    assert low < high
    ElementTree.fromstring(draw_panels([flat], [], "Fit"))


def test_axes_have_the_digits_that_they_need() -> None:
    assert [label(1581.2, 1581.2), label(12.34, 46), label(0.008, 4)] == ["1581", "12.3", "0.01"]
