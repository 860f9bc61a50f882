"""The documentation of a model as one offline page: searchable, both languages, pictures inside."""

from __future__ import annotations

from markupsafe import Markup

from haihe.results.model_document import ModelDocument, VariableEntry
from haihe.text import Lang, Text
from haihe_viz.offline import read_template, write_policy
from haihe_viz.stockflow import draw_picture, legend
from haihe_viz.tables import make_environment

KINDS = {
    "stock": Text("存量", "stock"),
    "flow": Text("流量", "flow"),
    "auxiliary": Text("辅助变量", "auxiliary"),
    "constant": Text("常数", "constant"),
    "lookup": Text("表函数", "lookup"),
    "data": Text("数据", "data"),
    "lever": Text("政策杠杆", "lever"),
    "driver": Text("外生驱动", "driver"),
}
MOST_VALUES = 40


def render_model(document: ModelDocument, lang: Lang = "zh") -> str:
    """The page as one HTML text."""
    scripts = [Markup(read_template("modelpage.js"))]
    homes = {v.name: v.slug for part in document.subsystems for v in part.variables}
    return (
        make_environment()
        .get_template("modelpage.html")
        .render(
            document=document,
            title=document.title,
            lang=lang,
            kinds=KINDS,
            homes=homes,
            most=MOST_VALUES,
            draw=_draw,
            formula=_formula,
            found=_found,
            legend=Text(legend("zh"), legend("en")),
            style=Markup(read_template("page.css")),
            scripts=scripts,
            policy=write_policy(scripts),
        )
    )


def _draw(picture: object, lang: Lang) -> Markup:
    """A picture; everything that a person wrote is escaped in it."""
    return Markup(draw_picture(picture, lang))  # type: ignore[arg-type]


def _formula(math: Text, lang: Lang) -> Markup:
    """A formula; the model's names are escaped in it."""
    return Markup(math.get(lang))


def _found(one: VariableEntry) -> str:
    """What a search looks through."""
    words = (one.name, one.title.zh, one.doc.zh, one.doc.en, one.units)
    return " ".join((*words, *(mark.title.zh for mark in one.outcomes))).casefold()
