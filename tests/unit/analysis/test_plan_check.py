"""A plan's files are held against the catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest

from haihe.analysis.check import check_plan
from haihe.model.catalogue import Catalogue, read_catalogue

CATALOGUE = """
title: {zh: 小, en: Tiny}
groups: {energy: {zh: 能源, en: Energy}}
levers:
  rail investment: {group: energy, shown: "%", title: {zh: 铁路, en: Rail}}
outcomes:
  CO2: {variable: c, shown: Mt/yr, title: {zh: 碳, en: Carbon}, group: e, grade: B, source: s}
"""
ARTICLE = (
    "articles:\n- {id: L001, article: 九, title: {zh: 铁, en: Rail}, quote: 公转铁和公转水, "
    "levers: [%s], status: modelled}\n"
)
TARGET = (
    "targets:\n- {id: t, title: {zh: 碳, en: Carbon}, indicator: %s, relation: '<=', value: 1, "
    "unit: %s, year: 2025, strength: binding, plan: p, quote: q, source: s}\n"
)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    path = tmp_path / "catalogue.yaml"
    path.write_text(CATALOGUE, encoding="utf-8")
    return read_catalogue(path)


def problems(folder: Path, catalogue: Catalogue, target: str, article: str) -> str:
    (folder / "targets.yaml").write_text(target, encoding="utf-8")
    (folder / "articles.yaml").write_text(article, encoding="utf-8")
    return "\n".join(map(str, check_plan(folder, catalogue)))


def test_what_fits_is_silent(tmp_path: Path, catalogue: Catalogue) -> None:
    good = (TARGET % ("CO2", "kt/yr"), ARTICLE % "Rail_Investment")
    assert problems(tmp_path, catalogue, *good) == ""


@pytest.mark.parametrize(
    ("target", "article", "says"),
    [
        (TARGET % ("CO", "Mt/yr"), ARTICLE % "rail investment", "no outcome CO"),
        (TARGET % ("CO2", "GW"), ARTICLE % "rail investment", "'GW'"),
        (TARGET % ("CO2", "Mt/yr"), ARTICLE % "rail investmnt", "did you mean rail investment"),
        (TARGET % ("CO2", "Mt/yr"), "articles: []\n", "names the lever rail investment"),
    ],
)
def test_what_does_not_fit_is_named(
    tmp_path: Path, catalogue: Catalogue, target: str, article: str, says: str
) -> None:
    assert says in problems(tmp_path, catalogue, target, article)


def test_a_model_without_a_plan_is_right(tmp_path: Path, catalogue: Catalogue) -> None:
    assert list(check_plan(tmp_path, catalogue)) == []
