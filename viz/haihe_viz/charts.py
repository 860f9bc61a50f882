"""Charts from Datasets: each function takes a DataArray and gives a Bokeh figure or HTML.

>>> show(line_chart(results["CO2"]))            # doctest: +SKIP
>>> show(stacked_area(results["power mix"]))    # doctest: +SKIP

A figure can change its language afterwards: `haihe_viz.bilingual.localise(figure, "en")`.
"""

from __future__ import annotations

from haihe_viz.bilingual import localise
from haihe_viz.lines import Mark, compare_chart, line_chart
from haihe_viz.stacks import mix_bars, stacked_area
from haihe_viz.tables import coverage_table, data_table, scorecard_table

__all__ = [
    "Mark",
    "compare_chart",
    "coverage_table",
    "data_table",
    "line_chart",
    "localise",
    "mix_bars",
    "scorecard_table",
    "stacked_area",
]
