"""Charts from Datasets: each function takes a DataArray and gives a Bokeh figure or HTML.

>>> show(line_chart(results["CO2"]))            # doctest: +SKIP
>>> show(stacked_area(results["power mix"]))    # doctest: +SKIP

A figure can change its language afterwards: `haihe_viz.bilingual.localise(figure, "en")`.
"""

from __future__ import annotations

from haihe_viz.bilingual import localise
from haihe_viz.boxes import box_chart, trade_off_chart
from haihe_viz.fans import fan_chart
from haihe_viz.indices import index_bars, index_course
from haihe_viz.lines import Mark, compare_chart, line_chart
from haihe_viz.morris import morris_plane
from haihe_viz.parallel import parallel_chart, plan_lines
from haihe_viz.scatter import density_chart
from haihe_viz.stacks import mix_bars, stacked_area
from haihe_viz.tables import coverage_table, data_table, scorecard_table
from haihe_viz.tornado import tornado_chart

__all__ = [
    "Mark",
    "box_chart",
    "compare_chart",
    "coverage_table",
    "data_table",
    "density_chart",
    "fan_chart",
    "index_bars",
    "index_course",
    "line_chart",
    "localise",
    "mix_bars",
    "morris_plane",
    "parallel_chart",
    "plan_lines",
    "scorecard_table",
    "stacked_area",
    "tornado_chart",
    "trade_off_chart",
]
