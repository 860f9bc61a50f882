"""The plan's measures and targets: in its own words, all there, and joined to the catalogue."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from haihe.analysis.coverage import (
    count_statuses,
    find_unknown_levers,
    find_unnamed_levers,
    fold_text,
    load_articles,
    read_measures,
    split_articles,
)
from haihe.analysis.targets import Scope, load_targets
from haihe.errors import InputErrors
from haihe.yaml import Mapping, read_yaml

TIANJIN = Path(__file__).parents[3] / "models" / "tianjin"
ARTICLES = load_articles(TIANJIN / "articles.yaml")
TARGETS = load_targets(TIANJIN / "targets.yaml")
PLAN = split_articles((TIANJIN / "plan.txt").read_text(encoding="utf-8").split("\n", 1)[1])

# Sentences of articles (三)-(二十五) that no quotation touches, because a measure about the same
# thing quotes another sentence of the article (its id stands beside).
PART_OF_ANOTHER = {
    "推动北辰区、津南区、静海区打造京津微创新中心": "L091",
    "支持南开区与天津大学、南开大学合力打造启航创新产业区": "L092",
    "围绕西青大学城、东丽科研机构聚集区等科教资源密集区,培育研发产业聚集区,"
    "持续提升绿色技术研发能力": "L092",
    "坚持“以用立业”,加强大学科技园、产业技术研究院等产业化载体建设,"
    "加速绿色技术成果向现实生产力转化": "L096",
    "积极引导各类投资基金支持本市绿色技术创新成果转化应用": "L097",
}


def catalogue_keys(section: str) -> list[str]:
    """Keys of a section of the catalogue."""
    tree = read_yaml(TIANJIN / "catalogue.yaml")
    assert isinstance(tree, Mapping)
    found = tree.get(section)
    assert isinstance(found, Mapping)
    return [key.text for key, _ in found]


def test_every_collected_measure_is_listed_once() -> None:
    ids = [measure.id for measure in ARTICLES]
    assert len(ids) == len(set(ids))
    assert {f"L{number:03d}" for number in range(1, 116)} <= set(ids)


@pytest.mark.parametrize("measure", ARTICLES, ids=lambda measure: measure.id)
def test_quotation_stands_in_its_article(measure) -> None:
    assert fold_text(measure.quote) in PLAN[measure.article]


def test_no_sentence_of_the_plan_is_left_out() -> None:
    quotes = [fold_text(measure.quote) for measure in ARTICLES]
    left_out = []
    for number in list(PLAN)[2:25]:
        # Who is responsible stands in brackets at the end of each sentence.
        text = re.sub(r"\((?:[^()]|\([^()]*\))*?负责\)", "。", PLAN[number])
        for sentence in filter(None, text.split("。")[1:]):
            heading = re.match(r"^[二三四五六七八]、", sentence)
            touched = any(quote in sentence or sentence in quote for quote in quotes)
            if not touched and not heading and sentence not in PART_OF_ANOTHER:
                left_out.append(f"({number}) {sentence}")
    assert left_out == []


def test_every_measure_names_levers_that_exist() -> None:
    assert find_unknown_levers(ARTICLES, catalogue_keys("levers")) == ()


def test_every_lever_is_named_by_a_measure_or_said_to_go_beyond_the_plan() -> None:
    beyond = [entry.lever for entry in read_measures(TIANJIN / "articles.yaml").beyond_plan]
    unnamed = find_unnamed_levers(ARTICLES, catalogue_keys("levers"))
    assert sorted(unnamed) == sorted(beyond)


def test_reasons_are_given_in_both_languages() -> None:
    for measure in ARTICLES:
        assert measure.title.zh
        assert measure.title.en
        if measure.status != "modelled":
            assert re.search(r"[\u4e00-\u9fff]", measure.reason.zh), measure.id
            assert len(measure.reason.en) > 15, measure.id


def test_statuses_are_counted_whole() -> None:
    counted = count_statuses(ARTICLES)
    assert sum(counted.values()) == len(ARTICLES)
    assert all(counted.values())


def test_targets_of_the_plan_are_quoted_from_it() -> None:
    whole = "".join(PLAN.values())
    own = [target for target in TARGETS if target.scope is Scope.PLAN]
    assert len(own) >= 39
    for target in own:
        assert fold_text(target.quote) in whole, target.id


def test_thresholds_of_the_plan_stand_in_their_quotations() -> None:
    for target in TARGETS:
        if target.scope is Scope.PLAN and target.scorable and not target.rule.en:
            assert re.search(rf"(?<![\d.]){abs(target.value):g}(?![\d.])", target.quote), target.id


def test_targets_point_at_outcomes_of_the_catalogue() -> None:
    outcomes = set(catalogue_keys("outcomes"))
    for target in TARGETS:
        for name in filter(None, (target.indicator, target.per)):
            assert name in outcomes, target.id


def test_a_target_is_scored_or_says_why_not() -> None:
    for target in TARGETS:
        assert target.scorable != bool(target.reason.en), target.id


def test_the_plans_own_five_numbers_are_scored() -> None:
    asked = {
        target.id: (target.value, target.relation) for target in TARGETS if target.article == "二"
    }
    assert asked["emerging-share-2025"] == (40, "=")
    assert asked["high-tech-firms-2025"] == (11600, "=")
    assert asked["non-fossil-share-2025"] == (11.5, ">=")
    assert asked["energy-intensity-2025"] == (-14.5, "=")
    assert asked["good-days-2025"] == (68, "=")
    assert asked["good-days-assessed-2025"] == (68, "=")


MEASURE = """
articles:
- id: L001
  article: 三
  title: {zh: 题, en: title}
  quote: "推行产品绿色设计"
"""


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        ("  status: modelled\n", "names its `levers`"),
        ("  status: partly_modelled\n  levers: [a]\n", "needs a `reason`"),
        (
            "  status: not_modelled\n  levers: [a]\n  reason: {zh: 无, en: no}\n",
            "is not modelled has no `levers`",
        ),
        ("  status: modeled\n  levers: [a]\n", "modelled"),
        ("  status: modelled\n  levers: [a]\n  resaon: {zh: 无, en: no}\n", "reason"),
    ],
)
def test_a_wrong_measure_is_refused_with_its_line(tmp_path: Path, rest: str, says: str) -> None:
    path = tmp_path / "articles.yaml"
    path.write_text(MEASURE + rest, encoding="utf-8")
    with pytest.raises(InputErrors, match=re.escape(says)) as caught:
        load_articles(path)
    assert all(error.where and error.where.line >= 3 for error in caught.value.errors)


TARGET = """
targets:
- id: t
  title: {zh: 题, en: title}
  year: 2025
  strength: binding
  plan: 计划
  quote: 原文
  source: 出处
"""


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        ("", "without an `indicator` needs a `reason`"),
        ("  indicator: CO2\n", "needs `value` and `relation`"),
        ('  indicator: CO2\n  value: 1\n  relation: "="\n', "`better` must say"),
        (
            '  indicator: CO2\n  value: 1\n  relation: "<="\n  measure: change\n',
            "needs `base_year`",
        ),
        (
            '  indicator: CO2\n  value: 1\n  relation: "<="\n'
            "  measure: change\n  base_year: 2025\n",
            "`base_year` must lie before",
        ),
        (
            '  indicator: CO2\n  value: 1\n  relation: "<="\n  reason: {zh: 无, en: no}\n',
            "so it has no `reason`",
        ),
    ],
)
def test_a_wrong_target_is_refused(tmp_path: Path, rest: str, says: str) -> None:
    path = tmp_path / "targets.yaml"
    path.write_text(TARGET + rest, encoding="utf-8")
    with pytest.raises(InputErrors, match=re.escape(says)):
        load_targets(path)
