"""What analyses, runs and their files refuse is told in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from haihe.analysis.attribution import find_cells
from haihe.analysis.attribution_groups import group_differences
from haihe.analysis.checks_schema import load_checks
from haihe.analysis.compare import choose_year
from haihe.analysis.decomposition import find_identity
from haihe.analysis.expressions import FUNCTIONS
from haihe.analysis.history import read_observations
from haihe.analysis.lmdi import decompose
from haihe.analysis.solve_load import load_task
from haihe.analysis.targets import load_targets
from haihe.errors import InputError, InputErrors, Notice, raise_all, words_of
from haihe.model.catalogue import Catalogue, load_catalogue
from haihe.model.clock import check_time
from haihe.model.translate import read_model
from haihe.model.types import Model, TimeAxis
from haihe.results.store import open_results
from haihe.run.batch import check_batch
from haihe.run.simulate import choose_backend
from haihe.scenario.values import Batch
from haihe.text import Text

CHINESE = re.compile(r"[\u3400-\u9fff\uff00-\uffef\u3001-\u301f]")
SAME = {"haihe", "list", "nan", "yaml", "co", "m", "gt", "id"}
"""Words that are the same in Chinese."""

MODEL = """{UTF-8}
D: d1, d2 ~ ~ |
a = 0 ~ Dmnl [0,1] ~ Measure. |
v[D] = 1, 2 ~ Mt ~ Two. |
f( (0,0),(1,1) ) ~ Dmnl ~ Curve. |
emissions = 100 - 30*a + 0*Time ~ Mt ~ Emissions. |
parts[D] = v[D] * emissions ~ Mt ~ Parts. |
stock = INTEG(emissions, 3) ~ Mt*Year ~ Stock. |
INITIAL TIME = 2020 ~ Year ~ |
FINAL TIME = 2030 ~ Year ~ |
TIME STEP = 1 ~ Year ~ |
SAVEPER = 1 ~ Year ~ |
"""
CATALOGUE = """
title: {zh: 试, en: Try}
groups: {g: {zh: 组, en: g}}
outcomes:
  emissions:
    {variable: emissions, shown: Mt, title: {zh: 排, en: e}, group: g, grade: A, source: s}
  parts: {variable: parts, shown: Mt, title: {zh: 部分, en: parts}, group: g, grade: A, source: s}
dimensions: {D: {title: {zh: 维, en: dim}, elements: {d1: {zh: 一, en: a}, d2: {zh: 二, en: b}}}}
"""
TASK = """
scenario: base.yaml
targets:
  - nothing
  - {id: one, outcome: emision, year: 2030, relation: "<=", value: 60}
  - {id: two, outcome: emissions, year: 2090, relation: "<=", value: 60}
  - {id: three, outcome: emissions, elements: [x], year: 2030, relation: "<=", value: 60}
levers:
  a: {least: 0.5, most: 3}
  b: {}
"""
CHECKS = """
checks:
  - {id: one, kind: extreme, design: [1], statement: {zh: 甲, en: a},
     expect: ["emision >= 0"]}
  - {id: two, kind: extreme, design: [1], statement: {zh: 甲, en: a},
     expect: ["FOO(emissions) >= 0"]}
  - {id: three, kind: extreme, design: [1], statement: {zh: 甲, en: a},
     expect: ["emissions >="]}
  - {id: four, kind: extreme, design: [1], statement: {zh: 甲, en: a},
     expect: ["parts[x] >= 0"]}
  - {id: five, kind: extreme, design: [1], statement: {zh: 甲, en: a},
     expect: ["f >= 0"]}
  - {id: six, kind: extreme, design: [1], statement: {zh: 甲, en: a},
     expect: ["MIN(emissions) >= 0"]}
"""
TARGETS = """
targets:
  - id: one
    title: {zh: 甲, en: a}
    scope: plan
    indicator: emissions
    unit: Mt
    year: 2030
    strength: binding
    plan: p
    quote: q
    source: s
"""
HISTORY = "series,unit,year,value,grade,source\ncoal,Mt,20x,3,A,s\n"


class Opened:
    """A small model in a folder of its own."""

    def __init__(self, folder: Path):
        self.folder = folder
        for name, text in {
            "m.mdl": MODEL, "catalogue.yaml": CATALOGUE, "task.yaml": TASK,
            "base.yaml": "model: m.mdl\n", "checks.yaml": CHECKS, "wrong.yaml": TARGETS,
            "history.csv": HISTORY,
        }.items():  # fmt: skip
            (folder / name).write_text(text, encoding="utf-8")
        self.model: Model = read_model(folder / "m.mdl")
        self.catalogue: Catalogue = load_catalogue(self.model)

    def check(self, **parts: Any) -> None:
        """Hold a batch of one member against the model."""
        batch = Batch(("x",), {}, {}, {}, self.model.time)
        raise_all(check_batch(self.model, replace(batch, **parts), ()))


YEARS = xr.Dataset(coords={"time": [2020.0, 2030.0]})
ONE = np.ones(1)

REFUSALS: dict[str, tuple[Callable[[Opened], object], tuple[str, ...]]] = {
    "task": (
        lambda o: load_task(Path("task.yaml"), lambda path: (o.model, o.catalogue)),
        ("没有目标 `nothing`", "没有指标 emision", "2090 年在模型的时间范围之外",
         "没有元素", "超出模型的界限", "没有政策杠杆 `b`"),
    ),
    "checks": (
        lambda o: load_checks(Path("checks.yaml"), o.model, o.catalogue),
        ("没有变量 emision", "没有函数 FOO", "结尾不应在此处", "x 不属于 D",
         "f 是表函数，没有数值", "MIN 须有 2 个参数"),
    ),
    "targets": (lambda o: load_targets(Path("wrong.yaml")), ("须写 `value` 和 `relation`",)),
    "observations": (
        lambda o: read_observations(Path("history.csv")), ("year 或 value 不是数字",),
    ),
    "outcome": (
        lambda o: find_cells(o.model, o.catalogue, ["emision"]),
        ("没有指标 emision；是否想写 emissions？",),
    ),
    "element": (
        lambda o: find_cells(o.model, o.catalogue, ["parts[x]"]),
        ("parts 没有元素 x；应为下列之一：d1、d2",),
    ),
    "identity": (lambda o: find_identity((), "kaia"), ("没有恒等式 kaia；应为模型旁的",)),
    "year": (
        lambda o: choose_year((YEARS, YEARS), 2099.0),
        ("2099 不是两次运行共有的年份；应为 2020 到 2030 之间的年份",),
    ),
    "backend": (lambda o: choose_backend("slow"), ("没有计算后端 slow；应为 pysd 或 compiled",)),
    "no store": (lambda o: open_results(Path("nowhere")),
        ("nowhere 不存在；应为 haihe 写出的结果",)),
    "steps": (
        lambda o: raise_all(check_time(TimeAxis(2010, 2060, 0.3, 1))),
        ("保存间隔 1 不是时间步长 0.3 的整数倍；应为 0.9 或 1.2",),
    ),
    "no constant": (
        lambda o: o.check(constants={"stock": ONE}), ("stock 不是常数，而是存量；应为常数",),
    ),
    "no variable": (
        lambda o: o.check(constants={"emision": ONE}), ("常数 emision 不是 m 的变量",),
    ),
    "infinite": (
        lambda o: o.check(initial={"stock": ONE * np.inf}), ("stock 的初值为无穷大；应为有限的数",),
    ),
    "grouping": (
        lambda o: group_differences((), o.catalogue, "chapters", o.folder),
        ("不能按 `chapters` 对差异分组",),
    ),
    "factor": (lambda o: decompose([-ONE, ONE]), ("恒等式的某个因子为负或无穷大",)),
}  # fmt: skip


def strangers(said: str) -> Iterable[str]:
    """Latin words that are no names: they stand in no file, and not every language has them."""
    given = " ".join((MODEL, CATALOGUE, TASK, CHECKS, TARGETS, HISTORY))
    given += (
        " task.yaml wrong.yaml checks.yaml history.csv nowhere kaia slow chapters pysd compiled"
    )
    given += " article chapter group lever identities factor grade source value relation "
    given += " ".join(FUNCTIONS)
    known = set(re.findall(r"[a-z]+", given.casefold())) | SAME
    return sorted(set(re.findall(r"[a-z]+", said.casefold())) - known)


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    monkeypatch.chdir(tmp_path)
    return Opened(tmp_path)


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_told_in_both_languages(opened: Opened, name: str) -> None:
    refuse, pieces = REFUSALS[name]
    with pytest.raises((InputError, InputErrors)) as caught:
        refuse(opened)
    zh, en = caught.value.words.zh, caught.value.words.en
    for piece in pieces:
        assert piece in zh
    assert strangers(zh) == []
    shown = "\n".join(line for line in en.splitlines() if not line.startswith("    "))
    assert not CHINESE.search(shown)


def test_a_warning_is_told_in_both_languages() -> None:
    told = Notice(Text("改由参照运行", "the reference runs it"))
    assert str(told) == "the reference runs it"
    assert words_of(told) == Text("改由参照运行", "the reference runs it")
    assert words_of(RuntimeWarning("as it is")) == "as it is"
