"""The live page: one offline HTML file that runs the whole model as its levers are moved.

The page holds the model as JavaScript, once: the page runs it in its own script, and a worker is
made of the same text. Its policy (Content-Security-Policy) allows these scripts by their hash, a
worker from the page itself, and no connection anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from markupsafe import Markup

from haihe.text import Lang, Text
from haihe_viz import words
from haihe_viz.labels import typeset, unit_text
from haihe_viz.live_words import WORDS
from haihe_viz.offline import embed_json, hash_source, read_template
from haihe_viz.tables import make_environment
from haihe_viz.theme import BANDS, HATCHES, ink_on

HEADLINES = ("CO2", "PM2.5", "good days", "energy", "coal", "NOx", "non-fossil share", "rail share")
"""Outcomes that the page opens with, as far as the model has them."""
MIXES = ("energy by fuel", "CO2 by sector")
TOLD = ("CO2", "PM2.5")
"""Outcomes of the first sentence."""
TILES = ("CO2", "PM2.5", "good days", "energy", "GDP")
HEADINGS = {"costs": Text("成本与资金", "Costs and funds")}
"""Headings of groups that the page of a run does not show."""
PARTS = ("live_core.js", "live_state.js", "live_chart.js", "live_levers.js", "live_page.js")
"""Scripts of the page, in the order that they build on each other."""


def render_live(script: str, data: Mapping[str, Any], lang: Lang = "zh") -> str:
    """A live page as one HTML text.

    Parameters
    ----------
    script
        Defines `createSchedule` and `createModel`, as `haihe.analysis.live` prints them.
    data
        What `haihe.analysis.live.Live.data` says.
    lang
        Language that the page opens in; the other one is a click away.
    """
    shown = set_words({**data, **choose_charts(data), "words": _plain_words(), "look": _look()})
    start = next(one for one in shown["presets"] if one["id"] == data["start"])
    scripts = {
        "model": Markup(script),
        "core": Markup(read_template(PARTS[0])),
        "page": Markup("\n".join(read_template(part) for part in PARTS[1:])),
    }
    style = read_template("page.css") + read_template("live.css")
    return (
        make_environment()
        .get_template("live.html")
        .render(
            lang=lang,
            title=Text(**start["title"]),
            standards=data["standards"],
            style=Markup(style),
            scripts=list(scripts.items()),
            worker=Markup(read_template("live_worker.js")),
            data=embed_json(shown),
            policy=_policy(list(scripts.values()), style),
        )
    )


def choose_charts(data: Mapping[str, Any]) -> dict[str, list[str]]:
    """Outcomes that the page opens with: charts, mixes, the sentence and the tiles."""
    plain = [one["id"] for one in data["outcomes"] if one["cells"] == 1]
    mixes = [one["id"] for one in data["outcomes"] if len(one["elements"]) > 1]
    headlines = [one["id"] for one in data["outcomes"] if one["headline"] and one["id"] in plain]

    def pick(wanted: tuple[str, ...], known: list[str], count: int) -> list[str]:
        found = [name for name in wanted if name in known]
        return found or (headlines or known)[:count]

    return {
        "charts": [*pick(HEADLINES, plain, 6), *[one for one in MIXES if one in mixes]],
        "told": pick(TOLD, plain, 2),
        "tiles": pick(TILES, plain, 5),
    }


def set_words(value: Any) -> Any:
    """Words and units of the data as people write them; what was quoted stays as it is."""
    if isinstance(value, Mapping):
        if value.keys() == {"zh", "en"}:
            return {lang: typeset(str(text)) for lang, text in value.items()}
        done = {key: set_words(part) for key, part in value.items()}
        if isinstance(value.get("unit"), str):
            done["unit"] = asdict(unit_text(value["unit"]))
        return done
    if isinstance(value, list | tuple):
        return [set_words(part) for part in value]
    return value


def _plain_words() -> dict[str, dict[str, str]]:
    return {key: asdict(text) for key, text in WORDS.items()}


def _look() -> dict[str, Any]:
    """Colours and hatches of bands, and headings of the groups of outcomes."""
    return {
        "bands": list(BANDS),
        "inks": [ink_on(colour) for colour in BANDS],
        "hatches": list(HATCHES),
        "headings": {key: asdict(text) for key, text in {**words.GROUPS, **HEADINGS}.items()},
        "strengths": {key: asdict(text) for key, text in words.STRENGTHS.items()},
        "grades": {key: asdict(text) for key, text in words.GRADE_SHORT.items()},
        "statuses": {key: asdict(text) for key, text in words.STATUSES.items()},
        "relations": dict(words.RELATIONS),
    }


def _policy(scripts: list[Markup], style: str) -> str:
    """Content-Security-Policy: these scripts and this style, a worker of the page's own making."""
    hashes = " ".join(hash_source(code) for code in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src {hash_source(style)}; "
        "worker-src blob:; img-src data:; base-uri 'none'; form-action 'none'"
    )
