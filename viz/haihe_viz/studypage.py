"""The page of a study: what was found, and charts that follow one another. One offline file.

Summaries of all members and a few hundred members drawn at random go along; the page is as large
for a million members as for a thousand.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from haihe.results.study_page import SCORED, SOUGHT, Axis, Course, Group, StudyPage
from haihe.results.study_words import DESIGNS
from haihe.text import Lang, Text
from haihe_viz.embed import encode_figure
from haihe_viz.labels import typeset_text, unit_text
from haihe_viz.offline import bokeh_code, embed_json, read_template, write_policy
from haihe_viz.rows import plain_unit
from haihe_viz.sheet import SheetPart, typeset_parts
from haihe_viz.tables import make_environment
from haihe_viz.theme import ACCENT, BRICK, INK, QUIET

LOOKS = (
    (QUIET, "7 4"), (ACCENT, "none"), (BRICK, "8 3 2 3"), ("#6d5f8d", "2 3"),
    ("#8a7a2f", "12 3"), (INK, "4 2"), ("#4d6b3c", "10 3 2 3 2 3"), ("#b06a8a", "1 2"),
    ("#3b6ea5", "14 4 2 4"), ("#a06a00", "5 2"), ("#2f7d5b", "9 2 1 2 1 2"), ("#7a3b3b", "3 1"),
    (ACCENT, "6 6"),
)  # fmt: skip
"""Colour and dashes of each group; the first of several is mostly what the others are held
against."""
YEAR = 2035.0
"""Year that the page opens with, where it was saved."""
EMPTY = 65_535
"""Code of a number that is not there."""
WORDS = {
    "median": Text("中位数", "Median"),
    "group": Text("情景", "Scenario"),
    "members": Text("成员", "Members"),
    "low": Text("5%", "5 %"),
    "high": Text("95%", "95 %"),
    "filtered": Text("筛选后", "filtered"),
    "future": Text("同一未来中的差", "in the same future"),
    "from": Text("从", "from"),
    "to": Text("到", "to"),
    "same": Text("全部成员相同：", "The same for all members:"),
    "kept": Text("已筛出 {a} 个成员（所绘 {b} 个中）。", "{a} of the {b} members drawn pass."),
    "nothing": Text("未筛选；绘出 {b} 个成员。", "No filter; {b} members are drawn."),
}
NAMED = {
    "study_file": Text("研究文件", "Study file"),
    "study_digest": Text("研究摘要", "Study digest"),
    "content_hash": Text("结果库内容哈希", "Content hash of the store"),
    "design": Text("设计", "Design"),
    "engine": Text("计算引擎", "Engine"),
    "haihe_version": Text("haihe 版本", "haihe version"),
}


def render_study(
    page: StudyPage, lead: Text, parts: Sequence[SheetPart] = (), lang: Lang = "zh"
) -> str:
    """A page as one HTML text.

    Parameters
    ----------
    page
        All members summed up, and those that are drawn.
    lead
        The answer as a sentence.
    parts
        What analyses of the study found: charts and tables.
    lang
        Language that the page opens in; the other one is a click away.
    """
    charts = {
        f"chart-{number}": encode_figure(part.figure)
        for number, part in enumerate(parts)
        if part.figure is not None
    }
    linked = "\n".join(map(read_template, ("live_state.js", "live_chart.js", "study.js")))
    scripts = [
        Markup(code) for code in (bokeh_code(), read_template("page.js"), f"{{\n{linked}\n}}")
    ]
    return (
        make_environment()
        .get_template("study.html")
        .render(
            page=page,
            title=typeset_text(page.title),
            lead=typeset_text(lead),
            parts=typeset_parts(parts),
            lang=lang,
            style=Markup(read_template("page.css")),
            more_style=Markup(read_template("live.css") + read_template("study.css")),
            scripts=scripts,
            policy=write_policy(scripts),
            charts=embed_json(charts),
            data=embed_json(describe_page(page)),
            sampled=say_sample(page),
            accuracy=say_accuracy(page),
            named=NAMED,
            design=DESIGNS.get(page.design, Text(page.design, page.design)),
            typeset=typeset_text,
        )
    )


def describe_page(page: StudyPage) -> dict[str, Any]:
    """What the scripts of the page are given."""
    years = page.courses[0].years
    opening = YEAR if YEAR in years else float(years[-1])
    first = 1 if len(page.groups) == 1 else 0  # a study of one scenario is drawn in the accent
    return {
        "groups": [_describe_group(g, LOOKS[i + first]) for i, g in enumerate(page.groups)],
        "groupOf": page.group_of.tolist(),
        "paired": page.paired,
        "bins": page.courses[0].counts.shape[2],
        "year": opening,
        "courses": [_describe_course(course) for course in page.courses],
        "axes": [_describe_axis(axis) for axis in page.axes],
        "words": {name: asdict(text) for name, text in WORDS.items()},
    }


def _describe_group(group: Group, look: tuple[str, str]) -> dict[str, Any]:
    title = asdict(typeset_text(group.title))
    return {"title": title, "members": group.members, "colour": look[0], "dash": look[1]}


def _describe_course(course: Course) -> dict[str, Any]:
    total = np.maximum(course.counts.sum(axis=2, keepdims=True), 1)
    shares = np.round(course.counts / total * EMPTY).astype("<u2")
    edges = np.where(np.isfinite(course.edges), course.edges, 0.0)
    return {
        "id": course.id,
        "title": asdict(typeset_text(course.title)),
        "unit": asdict(unit_text(course.unit)),
        "digits": course.digits,
        "years": course.years.tolist(),
        "percentiles": _pack(course.percentiles.astype("<f4")),
        "counts": _pack(shares),
        "edges": [[float(f"{v:.7g}") for v in pair] for pair in edges],
        "drawn": _quantise(course.drawn),
    }


def _describe_axis(axis: Axis) -> dict[str, Any]:
    return {
        "label": axis.label,
        "title": asdict(typeset_text(axis.title)),
        "unit": asdict(plain_unit(axis.unit)),
        "drawn": _quantise(axis.drawn),
    }


def _pack(values: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def _quantise(values: NDArray[np.float64]) -> dict[str, Any]:
    """Numbers as 65,535 steps between their least and their greatest."""
    known = np.isfinite(values)
    low = float(values[known].min()) if known.any() else 0.0
    high = float(values[known].max()) if known.any() else 0.0
    shares = np.where(known, values - low, 0.0) / ((high - low) or 1.0)
    codes = np.where(known, np.round(shares * (EMPTY - 1)), EMPTY).astype("<u2")
    return {"low": low, "high": high, "codes": _pack(codes)}


def say_sample(page: StudyPage) -> Text:
    """Which of the charts show all members, and which those that were drawn."""
    drawn = len(page.group_of)
    if drawn >= page.members:
        return Text("各图包含全部成员。", "All members are in the charts.")
    return Text(
        f"带、线和轮廓由全部 {page.members:,} 个成员得出；平行坐标、散点和筛选用其中随机抽取的"
        f" {drawn:,} 个。",
        f"Bands, lines and outlines are of all {page.members:,} members; parallel coordinates,"
        f" points and filters are of {drawn:,} of them, drawn at random.",
    )


def say_accuracy(page: StudyPage) -> Text:
    """How exact the numbers are, and what there was no room for."""
    zh = "百分位由全部成员精确得出。"
    en = "Percentiles are exact, of all members."
    if not page.exact:
        zh = "百分位由全部成员的直方图读出（4096格），误差不超过该年取值范围的1/4096。"
        en = (
            "Percentiles are read off histograms of all members with 4096 bins: they are wrong by"
            " at most 1/4096 of the range of that year."
        )
    if max(group.members for group in page.groups) > SCORED:
        zh += (
            f"目标按每个情景至多 {SCORED:,} 个成员评分；随机抽取的设计中，出现条件和敏感性由至多"
            f" {SOUGHT:,} 个成员得出，均匀取自整个结果库。"
        )
        en += (
            f" Targets are scored on at most {SCORED:,} members of a scenario; where members were"
            f" drawn at random, conditions and sensitivities are of at most {SOUGHT:,}, taken"
            " evenly from all."
        )
    names = {
        "groups": Text("个情景", "scenarios"),
        "outcomes": Text("个指标", "outcomes"),
        "factors": Text("个因素", "factors"),
    }
    left = {name: count for name, count in page.left_out.items() if count}
    if left:
        zh += "未列入本页：" + "、".join(f"{n} {names[k].zh}" for k, n in left.items()) + "。"
        en += " Not on this page: " + ", ".join(f"{n} {names[k].en}" for k, n in left.items()) + "."
    return Text(zh, en)
