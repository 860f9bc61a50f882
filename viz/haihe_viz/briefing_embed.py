"""One figure as a fragment: HTML, SVG, PNG, a table, or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from html import escape
from typing import Any

from haihe.results.export import as_text
from haihe.results.facts import Facts
from haihe.text import Lang
from haihe_viz.briefing_calls import Calls, Explain
from haihe_viz.briefing_ledger import Ledger, clean_text
from haihe_viz.static_chart import Figure
from haihe_viz.static_png import render_png
from haihe_viz.static_svg import draw_figure


def make_figure(
    facts: Facts, lang: Lang, explain: Explain | None, outcome: str, options: Mapping[str, Any]
) -> Figure:
    """A figure as a template would get it."""
    ledger = Ledger()
    phrase = Calls(facts, lang, ledger, explain).figure(outcome, **options)
    block = ledger.entries[phrase.id].block
    assert isinstance(block, Figure)
    return block


def write_fragment(figure: Figure, form: str) -> bytes:
    """A figure in one of the forms "html", "svg", "png", "table", "csv"."""
    if form == "png":
        return render_png(draw_figure(figure))
    if form == "svg":
        return draw_figure(figure).encode()
    if form == "csv":
        stream = io.StringIO()
        csv.writer(stream, lineterminator="\n").writerows(
            [as_text(c) for c in row] for row in figure.data
        )
        return ("\ufeff" + stream.getvalue()).encode()
    if form == "table":
        return table_fragment(figure).encode()
    tag = "zh-CN" if figure.lang == "zh" else "en"
    return (
        f'<figure class="haihe" lang="{tag}">{draw_figure(figure)}<figcaption>'
        f"{_safe(figure.caption)} "
        f"<small>{_safe(figure.source)}</small></figcaption></figure>\n"
    ).encode()


def table_fragment(figure: Figure) -> str:
    """The figure's numbers as an HTML table."""
    heads, *rows = figure.data
    head = "".join(f'<th scope="col">{_safe(cell)}</th>' for cell in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{_safe(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    tag = "zh-CN" if figure.lang == "zh" else "en"
    return (
        f'<table class="haihe" lang="{tag}"><caption>{_safe(figure.caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>\n"
    )


def _safe(text: str) -> str:
    return escape(clean_text(text))
