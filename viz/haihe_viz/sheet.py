"""A page for one answer: a sentence, charts, tables. One offline file, both languages inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bokeh.plotting import figure
from markupsafe import Markup

from haihe.text import Lang, Text
from haihe_viz.embed import encode_figure
from haihe_viz.labels import NO_TEXT, typeset_text
from haihe_viz.offline import bokeh_code, embed_json, read_template, write_policy
from haihe_viz.tables import make_environment


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows in both languages; the first column heads the rows."""

    columns: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A heading with a figure, a table, or both."""

    title: Text
    lead: Text = NO_TEXT
    figure: figure | None = None
    table: Table | None = None
    code: str = ""
    """Line of Python that makes the figure."""


def typeset_parts(parts: Sequence[SheetPart]) -> list[SheetPart]:
    """Parts with the formulae in their headings and sentences set."""
    return [
        replace(part, title=typeset_text(part.title), lead=typeset_text(part.lead))
        for part in parts
    ]


def render_sheet(title: Text, lead: Text, parts: Sequence[SheetPart], lang: Lang = "zh") -> str:
    """The page as one HTML text.

    Parameters
    ----------
    lead
        The answer as a sentence.
    """
    charts = {
        f"chart-{number}": encode_figure(part.figure)
        for number, part in enumerate(parts)
        if part.figure is not None
    }
    scripts = [Markup(code) for code in (bokeh_code(), read_template("page.js"))]
    return (
        make_environment()
        .get_template("sheet.html")
        .render(
            title=typeset_text(title),
            lead=typeset_text(lead),
            parts=typeset_parts(parts),
            lang=lang,
            style=Markup(read_template("page.css")),
            scripts=scripts,
            policy=write_policy(scripts),
            charts=embed_json(charts),
        )
    )
