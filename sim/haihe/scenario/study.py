"""Studies: many members of one or more scenarios, drawn by a design, and what is kept of them.

::

    study = load_study("which-assumptions-matter", model, catalogue)
    count_members(study)
    batch = build_block(study, model, catalogue, 0, 4096)

A study is a rule, not a table: any block of members is drawn alone and always the same, so that
memory does not grow with it and a million members can be split over processes at will.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from haihe.scenario.designs import Design, Method, count_rows
from haihe.scenario.factors import Factor, describe_factor
from haihe.scenario.study_block import build_block
from haihe.scenario.study_draw import (
    IntArray,
    count_members,
    draw_inputs,
    member_futures,
    member_rows,
    member_scenarios,
)
from haihe.scenario.study_values import Period, Precision, Savings, Study, StudyFutures
from haihe.text import say

__all__ = [
    "Design",
    "Factor",
    "IntArray",
    "Method",
    "Period",
    "Precision",
    "Savings",
    "Study",
    "StudyFutures",
    "build_block",
    "count_members",
    "describe_study",
    "draw_inputs",
    "member_futures",
    "member_rows",
    "member_scenarios",
]


def describe_study(study: Study) -> Mapping[str, Any]:
    """Plain values that say all of a study, for JSON."""
    design, futures = study.design, study.futures
    return {
        "id": study.id,
        "title": {"zh": study.title.zh, "en": study.title.en},
        "story": {"zh": study.story.zh, "en": study.story.en},
        "method": study.method,
        "members": count_members(study),
        "rows": count_rows(design),
        "base_sample": design.samples,
        "n": design.samples,
        "seed": design.seed,
        "second_order": design.second_order,
        "levels": design.levels,
        "quantiles": list(design.quantiles),
        "correlated": bool(design.mixing),
        "row_labels": list(study.row_labels),
        "scenarios": [_describe_scenario(study, place) for place in range(len(study.scenarios))],
        "factors": [describe_factor(factor) for factor in study.factors],
        "varied": len(design.factors),
        "futures": {
            "count": futures.count,
            "each": futures.count == 0,
            "digest": futures.sources.digest,
        }
        if futures
        else None,
        "save": _describe_savings(study.savings),
        "precision": study.precision,
        "time": {
            "start": study.time.start,
            "stop": study.time.stop,
            "step": study.time.step,
            "save_step": study.time.save_step,
        },
        "digest": study.digest,
        "warnings": [say(warning, "en") for warning in study.warnings],
    }


def _describe_scenario(study: Study, place: int) -> dict[str, Any]:
    scenario = study.scenarios[place]
    own = study.own[place]
    return {
        "id": scenario.id,
        "title": {"zh": scenario.title.zh, "en": scenario.title.en},
        "digest": scenario.digest,
        # NaN is no JSON.
        "own": [None if value != value else value for value in own],
    }


def _describe_savings(savings: Savings) -> dict[str, Any]:
    return {
        "outcomes": list(savings.outcomes),
        "years": None if savings.years is None else list(savings.years),
        "periods": [
            {"from": period.start, "to": period.stop, "statistic": period.statistic}
            for period in savings.periods
        ],
        "peak": savings.peak,
    }
