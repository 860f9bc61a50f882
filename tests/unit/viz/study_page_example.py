"""A small study in the size of a page."""

from __future__ import annotations

import numpy as np

from haihe.results.study_page import Axis, Course, Group, StudyPage
from haihe.text import Text

YEARS = np.arange(2021.0, 2041.0)


def make_page(members: int = 400) -> StudyPage:
    """Two scenarios in the same futures, two outcomes, three factors."""
    generator = np.random.default_rng(7)
    half = members // 2
    factors = generator.uniform(size=(half, 3))
    group_of = np.repeat([0, 1], half)
    courses = (
        _make_course("CO2", "二氧化碳排放", "CO2 emissions", "Mt/yr", "lower", factors, -2.0),
        _make_course("good days", "优良天数", "Good-air days", "%", "higher", factors, 1.0),
    )
    titles = (("因素甲", "Factor A"), ("因素乙", "Factor B"), ("因素丙", "Factor C"))
    axes = tuple(
        Axis(f"x{i}", Text(*title), "1/Year", "parameter", np.tile(factors[:, i], 2))
        for i, title in enumerate(titles)
    )
    return StudyPage(
        title=Text("把握有多大", "How sure"),
        story=Text("回答什么问题。", "Which question it answers."),
        design="monte-carlo",
        members=members,
        failed=3,
        groups=(
            Group("bau", Text("不作为", "As usual"), half, 1),
            Group("plan", Text("计划", "The plan"), half, 2),
        ),
        paired=True,
        group_of=group_of,
        courses=courses,
        axes=axes,
        left_out={"factors": 2},
        provenance={"content_hash": "ccc", "model": "tiny", "model_digest": "mmm",
                    "haihe_version": "0"},
        exact=True,
    )  # fmt: skip


def _make_course(
    name: str, zh: str, en: str, unit: str, better: str, factors: np.ndarray, slope: float
) -> Course:
    since = np.linspace(0, 1, len(YEARS))
    own = 50 + 20 * (factors[:, :1] - 0.5) * since
    plan = own + (10 + 5 * factors[:, 1:2]) * slope * since
    drawn = np.concatenate([own, plan])
    parts = (own, plan)
    edges = np.stack([drawn.min(axis=0), drawn.max(axis=0)], axis=1)
    counts = np.array(
        [
            [
                np.histogram(part[:, k], 32, (edges[k, 0], max(edges[k, 1], edges[k, 0] + 1)))[0]
                for k in range(len(YEARS))
            ]
            for part in parts
        ]
    )
    return Course(
        id=name,
        title=Text(zh, en),
        unit=unit,
        digits=1,
        grade="C",
        source=Text("假设", "assumed"),
        caveat=Text("注意", "Mind this"),
        better=better,
        years=YEARS,
        percentiles=np.array([np.percentile(part, (5, 25, 50, 75, 95), axis=0) for part in parts]),
        counts=counts,
        edges=edges,
        drawn=drawn,
    )
