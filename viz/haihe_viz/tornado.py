"""What an outcome does between the ends of each factor."""

from __future__ import annotations

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource, HoverTool
from bokeh.models.annotations import Span
from bokeh.plotting import figure

from haihe.text import Lang, Text
from haihe_viz.bilingual import localise, set_words
from haihe_viz.indices import factor_titles, head_of, order_factors
from haihe_viz.labels import NO_TEXT, unit_text, with_unit
from haihe_viz.margins import write_note
from haihe_viz.numbers import format_number
from haihe_viz.rows import plain_unit, row_figure, write_beside
from haihe_viz.theme import ACCENT, BRICK, INK

BAR = 0.52
LOW, HIGH = (
    Text("因素取低端", "Factor at its low end"),
    Text("因素取高端", "Factor at its high end"),
)


def tornado_chart(
    found: xr.Dataset, *, most: int = 12, lang: Lang = "zh", titled: bool = True
) -> figure:
    """Bars from the outcome at a factor's low end to that at its high end, the widest on top.

    Parameters
    ----------
    found
        What `measure_sensitivity` gives with the method one-at-a-time, of one year.
    most
        Most factors; the others are left out, and a note says how many.
    """
    order = order_factors(found)[:most]
    base = float(found["base"])
    low, high = (found[name].to_numpy()[order] for name in ("low", "high"))
    edge = [*low, *high, base]
    room = 0.16 * (max(edge) - min(edge) or abs(base) or 1.0)
    unit = unit_text(str(found.attrs["units"]))
    fig = row_figure(
        [factor_titles(found)[i] for i in order],
        (min(edge) - room, max(edge) + room),
        title=head_of(found) if titled else NO_TEXT,
        axis=unit,
    )
    rows = -np.arange(len(order), dtype=float)
    ends = [found[f"{name}_value"].to_numpy()[order] for name in ("low", "high")]
    units = [plain_unit(str(found["unit"].to_numpy()[i])) for i in order]
    for side, colour, hatch, at, label in (
        (low, BRICK, "right_diagonal_line", ends[0], LOW),
        (high, ACCENT, " ", ends[1], HIGH),
    ):
        said = [with_unit(f"{v:.4g}", unit) for v, unit in zip(at, units)]
        _bars(fig, rows, side, base, colour, hatch, said, label, int(found.attrs["digits"]))
        for right in (True, False):
            here = np.flatnonzero((side >= base) == right)
            here = here[side[here] != base]
            write_beside(fig, side[here], rows[here], [said[k] for k in here], right=right)
    fig.add_layout(Span(location=base, dimension="height", line_color=INK, line_width=1.2))
    left = found.sizes["factor"] - len(order)
    write_note(
        fig,
        Text(
            "斜纹：因素取低端；实色：因素取高端；竖线：基准"
            + (f"；另有 {left} 个因素" if left else ""),
            "Hatched: factor at its low end; solid: at its high end; line: base"
            + (f"; {left} more factors" if left else ""),
        ),
    )
    localise(fig, lang)
    return fig


def _bars(
    fig: figure,
    rows: np.ndarray,
    side: np.ndarray,
    base: float,
    colour: str,
    hatch: str,
    said: list[Text],
    label: Text,
    digits: int,
) -> None:
    source = ColumnDataSource(
        {
            "y": rows.tolist(),
            "side": side.tolist(),
            "base": [base] * len(rows),
            "zh": [text.zh for text in said],
            "en": [text.en for text in said],
            "shown": [format_number(v, digits + 1) for v in side],
        }
    )
    drawn = fig.hbar(
        y="y",
        left="base",
        right="side",
        height=BAR,
        source=source,
        fill_color=colour,
        line_color="#ffffff",
        hatch_pattern=hatch,
        hatch_color="#ffffff",
        hatch_alpha=0.7,
        hatch_scale=7,
    )
    tool = HoverTool(renderers=[drawn])
    set_words(
        tool,
        tooltips=(
            [[label.zh, "@zh"], ["指标", "@shown"]],
            [[label.en, "@en"], ["Outcome", "@shown"]],
        ),
    )
    fig.add_tools(tool)
