"""Charts: what is drawn is what was given, in both languages, apart in grey."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
import xarray as xr
from bokeh.embed import json_item
from bokeh.models import HoverTool
from bokeh.models import Text as TextGlyph
from report_example import FROZEN, PLAN, make_indicators, make_report

from haihe_viz import theme
from haihe_viz.charts import line_chart, localise, mix_bars, stacked_area
from haihe_viz.panels import line_panel, marks_of
from haihe_viz.stacks import stack
from haihe_viz.tables import data_table


@pytest.fixture(scope="module")
def data() -> xr.Dataset:
    return make_indicators()


def lightness(colour: str) -> float:
    """CIE L* of #rrggbb."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


def test_neighbouring_bands_stay_apart_in_grey() -> None:
    cycle = [*theme.BANDS, theme.BANDS[0]]
    for one, other in itertools.pairwise(cycle):
        assert abs(lightness(one) - lightness(other)) > 20


def test_lines_differ_by_dash_and_not_by_colour_alone() -> None:
    assert len({stroke.dash for stroke in theme.LINES}) == len(theme.LINES)


def test_a_line_chart_draws_every_value_of_every_member(data: xr.Dataset) -> None:
    fig = line_chart(data["CO2"], members=[PLAN, FROZEN])
    source = fig.renderers[0].data_source.data
    np.testing.assert_array_equal(source["y0"], data["CO2"].sel(member=PLAN))
    np.testing.assert_array_equal(source["y1"], data["CO2"].sel(member=FROZEN))


def test_observations_outside_the_run_are_left_out() -> None:
    report = make_report()
    fig = line_chart(report.indicators["CO2"], report.history["CO2"])
    years = [
        r.data_source.data["x"] for r in fig.renderers if r.glyph.__class__.__name__ == "Scatter"
    ]
    assert min(years[0]) >= 2010
    assert np.isfinite(years[0]).all()


def test_a_target_stands_on_the_chart_of_its_own_indicator_only() -> None:
    report = make_report()
    assert [(m.year, m.value) for m in marks_of(report, "good days")] == [(2025, 68.0)]
    # The peak year is a target about CO2, but not a level of it.
    assert marks_of(report, "CO2") == ()


def test_a_cut_axis_is_said_to_be_one() -> None:
    report = make_report()
    cut = [note.en for note in line_panel(report, "CO2").notes]
    whole = [note.en for note in line_panel(report, "NOx").notes]
    assert any("not start at zero" in note for note in cut)
    assert not any("not start at zero" in note for note in whole)


def test_language_changes_labels_tooltips_and_ticks(data: xr.Dataset) -> None:
    fig = mix_bars(data["freight by mode"], PLAN, FROZEN, lang="zh")
    assert "2030 本情景" in fig.yaxis[0].major_label_overrides.values()
    localise(fig, "en")
    assert "2030 Scenario" in fig.yaxis[0].major_label_overrides.values()
    area = stacked_area(data["power mix"], member=PLAN, lang="en")
    (hover,) = area.select(type=HoverTool)
    assert ("Offshore wind", "@v5") in hover.tooltips
    (names,) = [g for g in area.select(type=TextGlyph) if g.tags]
    assert names.text.field == "en"


def test_shares_of_every_year_sum_to_a_hundred(data: xr.Dataset) -> None:
    fig = stacked_area(data["power mix"], member=PLAN, share=True)
    assert fig.renderers[0].data_source.data["total"] == pytest.approx([100.0] * 51)


def test_titles_change_their_language(data: xr.Dataset) -> None:
    fig = line_chart(data["CO2"], lang="zh")
    before = fig.title.text
    localise(fig, "en")
    assert before != fig.title.text
    assert not any("\u4e00" <= sign <= "\u9fff" for sign in fig.title.text)


def test_a_band_that_changes_its_side_cuts_through_no_other() -> None:
    names = {f"{n}|{g}": n for n in "abc" for g in ("zh", "en")}
    values = np.array([[-1.0, -2.0, 3.0], [-1.0, 2.0, 3.0], [-1.0, -2.0, 3.0]])
    parts = xr.DataArray(
        values, {"time": [1.0, 2.0, 3.0], "part": ("part", list("abc"), names)}, ("time", "part")
    )
    source = stacked_area(parts.rename("x")).renderers[0].data_source.data
    above = [np.asarray(source[name]) for name in source if name[0] in "oi" and name.endswith("u")]
    below = [np.asarray(source[name]) for name in source if name[0] in "oi" and name.endswith("d")]
    assert above
    assert below
    assert all((edge >= 0).all() for edge in above)
    assert all((edge <= 0).all() for edge in below)
    np.testing.assert_array_equal(source["o2u"], [3.0, 5.0, 3.0])
    np.testing.assert_array_equal(source["o1d"], [-3.0, -1.0, -3.0])


def test_a_total_of_zero_has_no_shares(data: xr.Dataset) -> None:
    nothing = (data["power mix"] * 0).assign_attrs(data["power mix"].attrs)
    stacked_area(nothing, share=False)
    bars = mix_bars(nothing, PLAN, FROZEN)
    assert "NaN" not in json.dumps(json_item(bars))


def test_what_is_below_zero_is_stacked_downwards() -> None:
    tops, bottoms = stack(np.array([[3.0, -1.0, 2.0, -4.0]]))
    assert tops.tolist() == [[3.0, 0.0, 5.0, -1.0]]
    assert bottoms.tolist() == [[0.0, -1.0, 3.0, -5.0]]


def test_years_that_are_the_same_have_one_bar(data: xr.Dataset) -> None:
    fig = mix_bars(data["power mix"], PLAN, FROZEN, years=(2021, 2030))
    assert list(fig.yaxis[0].major_label_overrides.values()) == ["2021", "2030 本情景", "2030 基准"]


def test_chinese_faces_are_named_on_everything_that_is_written(data: xr.Dataset) -> None:
    fig = stacked_area(data["power mix"], member=PLAN)
    fonts = [axis.major_label_text_font for axis in (*fig.xaxis, *fig.yaxis)]
    fonts += [fig.title.text_font, *(g.text_font.value for g in fig.select(type=TextGlyph))]
    assert all("Noto Sans CJK SC" in font for font in fonts)


def test_a_title_in_tex_stays_text(data: xr.Dataset) -> None:
    one = data["CO2"].assign_attrs(title_zh="$$x$$", title_en="$$x$$")
    assert "$$" not in str(line_chart(one).title.text)


def test_a_table_of_an_outcome_has_every_year(data: xr.Dataset) -> None:
    html = data_table(data["CO2"], "en")
    assert html.count("<tr>") == 52
    assert "CO₂ emissions" in html
