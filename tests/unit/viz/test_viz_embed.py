"""Figures as JSON: what Bokeh itself writes, with nothing left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bokeh.embed import json_item
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure
from report_example import make_report

from haihe_viz.embed import encode_figure
from haihe_viz.page import build_sections


def as_read(item: Any) -> Any:
    """What a browser reads, without the ids of the settings, which are new in each document."""
    read = json.loads(json.dumps(item))
    config = read["doc"]["config"]
    del config["id"], config["attributes"]["notifications"]["id"]
    return read


def charts() -> Iterator[figure]:
    for section in build_sections(make_report()):
        for panel in section.panels:
            yield panel.figure


def test_every_chart_of_the_page_is_what_bokeh_writes() -> None:
    found = list(charts())
    assert len(found) > 10
    for chart in found:
        assert as_read(encode_figure(chart)) == as_read(json_item(chart))


def test_shared_models_and_missing_numbers_are_what_bokeh_writes() -> None:
    fig = figure()
    source = ColumnDataSource({"x": [1.0, float("nan")], "y": [float("inf"), 2.0]})
    fig.line("x", "y", source=source)
    fig.scatter("x", "y", source=source, tags=[{"i18n": {}}, source])
    assert as_read(encode_figure(fig)) == as_read(json_item(fig))
