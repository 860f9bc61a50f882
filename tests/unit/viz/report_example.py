"""A made-up report with the shape of a real one: smooth curves, no model behind them.

The numbers are synthetic; nothing here says anything about any city.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import xarray as xr

from haihe.results.report import Coverage, Report, Score, Strength
from haihe.text import Text

YEARS = np.arange(2010, 2061, dtype=float)
ENGINE = 0.62
"""CO2 of a ship's engine [kg/kWh]."""
PLAN, FROZEN = "plan", "frozen-2021"

PARTS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "primary": {
        "raw coal": ("原煤", "Raw coal"),
        "net coke": ("净调入焦炭", "Net coke imports"),
        "oil products": ("油品（含原料用）", "Oil products incl. feedstock"),
        "natural gas": ("天然气", "Natural gas"),
        "fossil imports": ("外调火电", "Imported fossil power"),
        "non fossil": ("非化石能源", "Non-fossil energy"),
    },
    "gentech": {
        "coal plants": ("煤电", "Coal"),
        "byproduct gas": ("余热余压与煤气发电", "By-product gas"),
        "gas plants": ("气电", "Gas"),
        "solar": ("光伏", "Solar PV"),
        "onshore wind": ("陆上风电", "Onshore wind"),
        "offshore wind": ("海上风电", "Offshore wind"),
        "waste power": ("垃圾发电", "Waste to energy"),
        "green imports": ("外调绿电", "Imported green power"),
        "grid imports": ("外调网电", "Imported grid power"),
    },
    "mode": {
        "road": ("公路", "Road"),
        "rail": ("铁路", "Rail"),
        "water": ("水路（含管道皮带）", "Water incl. belt and pipe"),
    },
    "source": {
        "power plants": ("电厂", "Power plants"),
        "heating plants": ("供热", "Heating plants"),
        "steel works": ("钢铁", "Steel works"),
        "petrochemical works": ("石化", "Petrochemical works"),
        "other industry": ("其他工业", "Other industry"),
        "buildings use": ("建筑用能", "Buildings"),
        "trucks": ("货车", "Trucks"),
        "cars": ("乘用车与客车", "Cars and buses"),
        "ships and port": ("船舶与港口", "Ships and port"),
        "nonroad": ("非道路机械与铁路", "Non-road machinery and rail"),
    },
}

# id: zh, en, unit, digits, better, headline, grade, start, 2035 baseline, 2035 plan
SCALARS = {
    "CO2": (
        "二氧化碳排放（属地）",
        "CO2 emissions (territorial)",
        "Mt/yr",
        1,
        "lower",
        1,
        "B",
        150,
        162,
        131,
    ),
    "NOx": ("氮氧化物排放", "NOx emissions", "kt/yr", 1, "lower", 1, "C", 240, 98, 71),
    "PM2.5": ("PM2.5年均浓度", "PM2.5 annual mean", "ug/m3", 1, "lower", 1, "B", 82, 33.4, 29.8),
    "O3": ("臭氧第90百分位", "Ozone (90th percentile)", "ug/m3", 0, "lower", 1, "C", 150, 168, 161),
    "good days": (
        "优良天数比例（HJ 633-2012）",
        "Good-air days (HJ 633-2012)",
        "%",
        1,
        "higher",
        1,
        "B",
        45,
        76.2,
        79.9,
    ),
    "good days in force": (
        "优良天数比例（现行标准）",
        "Good-air days (standard in force)",
        "%",
        1,
        "higher",
        1,
        "B",
        45,
        61.0,
        65.7,
    ),
    "energy": (
        "能源消费总量",
        "Total energy consumption",
        "Mtce/yr",
        1,
        "lower",
        1,
        "B",
        70,
        94,
        86,
    ),
    "non-fossil share": (
        "非化石能源消费占比",
        "Non-fossil share of energy",
        "%",
        1,
        "higher",
        1,
        "C",
        3,
        13.1,
        21.4,
    ),
    "high-tech firms": (
        "国家高新技术企业",
        "National high-tech firms",
        "1",
        0,
        "higher",
        1,
        "B",
        900,
        15200,
        18100,
    ),
    "GDP": (
        "地区生产总值（2020年价）",
        "GDP at 2020 prices",
        "Gyuan/yr",
        0,
        "higher",
        1,
        "C",
        700,
        2480,
        2465,
    ),
    "shore power share": (
        "岸电占靠泊用能比例",
        "Shore power share of energy at berth",
        "%",
        1,
        "higher",
        1,
        "C",
        0.4,
        3.1,
        46,
    ),
    "shore electricity": (
        "岸电用电量",
        "Shore electricity",
        "GWh/yr",
        1,
        "higher",
        1,
        "C",
        1,
        8.4,
        121,
    ),
    "berth NOx": ("靠泊NOx排放", "NOx at berth", "kt/yr", 3, "lower", 1, "C", 2.2, 3.42, 1.91),
    "grid factor": (
        "电力平均排放因子",
        "Average grid CO2 factor",
        "kg/kWh",
        3,
        "lower",
        1,
        "B",
        0.86,
        0.655,
        0.482,
    ),
    "rail share": (
        "铁路份额（可转移货运）",
        "Rail share of divertible freight",
        "%",
        1,
        "higher",
        1,
        "C",
        22,
        29,
        41,
    ),
    "emissions intensity change": (
        "碳强度变化",
        "Change of carbon intensity",
        "%",
        1,
        "lower",
        0,
        "C",
        0,
        -31,
        -44,
    ),
}

GROUP = dict.fromkeys(SCALARS, "port") | {
    "CO2": "emissions",
    "NOx": "emissions",
    "PM2.5": "air",
    "O3": "air",
    "good days": "air",
    "good days in force": "air",
    "energy": "energy",
    "non-fossil share": "energy",
    "high-tech firms": "innovation",
    "GDP": "economy",
    "rail share": "freight",
    "emissions intensity change": "emissions",
}

STACKS = {
    "energy by fuel": (
        "能源消费构成",
        "Energy by fuel",
        "Mtce/yr",
        "primary",
        (30, 6, 18, 12, 6, 8),
        (18, 4, 17, 16, 8, 24),
    ),
    "power mix": (
        "电力来源",
        "Sources of electricity",
        "TWh/yr",
        "gentech",
        (52, 5, 11, 2.4, 2.2, 0, 1.8, 4, 18),
        (30, 5, 14, 19, 9, 6, 2.5, 22, 15),
    ),
    "freight by mode": (
        "可转移货运量（按方式）",
        "Divertible freight by mode",
        "Mt/yr",
        "mode",
        (310, 96, 52),
        (268, 171, 80),
    ),
    "CO2 by sector": (
        "分源二氧化碳",
        "CO2 by source",
        "Mt/yr",
        "source",
        (48, 14, 41, 13, 12, 7, 7, 6, 1.2, 2.1),
        (31, 12, 34, 14, 9, 6, 5, 3, 1.1, 1.6),
    ),
    "NOx by sector": (
        "分源氮氧化物",
        "NOx by source",
        "kt/yr",
        "source",
        (14, 5, 24, 7, 9, 3, 28, 8, 9, 6),
        (7, 4, 14, 6, 6, 2, 11, 3, 7, 4),
    ),
}


def make_report() -> Report:
    """The whole example."""
    indicators = make_indicators()
    return Report(
        title=Text("方案原文", "The plan as written"),
        story=Text(
            "按津政发〔2022〕7号所写的数字推进全部措施，未写数字的维持现状。",
            "Every measure of the plan at the number that it gives; none given, no change.",
        ),
        scenario=PLAN,
        baseline=FROZEN,
        indicators=indicators,
        history=make_history(indicators),
        scores=make_scores(indicators),
        coverage=make_coverage(),
        provenance={
            "model_digest": "1f" * 32,
            "scenario_digest": "2e" * 32,
            "haihe": "0.1.0",
            "backend": "pysd 3.14.3",
            "created": "2022-04-01",
        },
    )


def ramp(start: float, middle: float, frozen: float) -> np.ndarray:
    """A smooth series: `start` in 2010, past 2021 towards `middle` in 2035, flattening after."""
    at_2021 = start + (frozen - start) * 0.62
    past = start + (at_2021 - start) * ((YEARS - 2010) / 11)
    ahead = at_2021 + (middle - at_2021) * (1 - np.exp(-(YEARS - 2021) / 9)) / (1 - np.exp(-14 / 9))
    return np.where(YEARS <= 2021, past, ahead)


def make_indicators() -> xr.Dataset:
    """Outcomes of the two members."""
    data = {}
    for name, (zh, en, unit, digits, better, headline, grade, *ends) in SCALARS.items():
        start, frozen, plan = ends
        values = np.stack([ramp(start, plan, frozen), ramp(start, frozen, frozen)])
        data[name] = (
            ("member", "time"),
            values,
            _attrs(
                zh,
                en,
                unit,
                digits,
                better=better,
                headline=headline,
                grade=grade,
                group=GROUP[name],
            ),
        )
    data["berth CO2"] = _berth_co2(data)
    data["auxiliary factor"] = (
        ("member", "time"),
        np.full((2, YEARS.size), ENGINE),
        _attrs("船舶辅机排放因子", "Ship's auxiliary engine", "kg/kWh", 3, grade="C", group="port"),
    )
    for name, (zh, en, unit, dim, early, late) in STACKS.items():
        data[name] = (
            ("member", "time", dim),
            _parts(early, late),
            _attrs(zh, en, unit, 1, grade="C" if "NOx" in name else "B"),
        )
    result = xr.Dataset(data, coords={"member": [PLAN, FROZEN], "time": YEARS})
    for dim, elements in PARTS.items():
        result = result.assign_coords({dim: list(elements)})
        for element, (zh, en) in elements.items():
            result[dim].attrs[f"{element}|zh"] = zh
            result[dim].attrs[f"{element}|en"] = en
    result["member"].attrs.update(
        {f"{FROZEN}|zh": "维持 2021 年水平", f"{FROZEN}|en": "Levers as in 2021"}
    )
    return result


def _berth_co2(data: Mapping[str, tuple[object, ...]]) -> tuple[object, ...]:
    """Energy at berth, part of it from the grid: more carbon while the grid is dirtier."""
    share = np.asarray(data["shore power share"][1]) / 100
    factor = np.asarray(data["grid factor"][1])
    energy = 250 * 1.015 ** (YEARS - 2021)
    values = energy * (share * factor / 0.93 + (1 - share) * ENGINE)
    return (
        ("member", "time"),
        values,
        _attrs(
            "靠泊用能CO2（含电网）",
            "CO2 at berth incl. grid",
            "kt/yr",
            1,
            better="lower",
            headline=1,
            grade="C",
        ),
    )


def _parts(early: tuple[float, ...], late: tuple[float, ...]) -> np.ndarray:
    pace = {PLAN: 1.0, FROZEN: 0.35}
    way = np.clip((YEARS - 2021) / 30, 0, 1)[:, None]
    return np.stack(
        [
            np.asarray(early) + (np.asarray(late) - np.asarray(early)) * way * p
            for p in pace.values()
        ]
    ).astype(float)


def _attrs(zh: str, en: str, unit: str, digits: int, **rest: object) -> dict[str, object]:
    return {
        "title_zh": zh,
        "title_en": en,
        "units": unit,
        "digits": digits,
        "source": "synthetic example",
        "caveat_zh": "合成数据，仅供测试",
        "caveat_en": "Synthetic, for tests only",
        "grade": "B",
        "headline": 0,
        "better": "",
        "group": "example",
        **rest,
    }


def make_history(indicators: xr.Dataset) -> xr.Dataset:
    """Observations: the past of the first member, disturbed by a fixed pattern."""
    years = np.arange(2008, 2022, dtype=float)
    data = {}
    for place, name in enumerate(("CO2", "NOx", "PM2.5", "good days", "energy", "high-tech firms")):
        series = indicators[name].sel(member=PLAN).interp(time=np.clip(years, 2010, None)).values
        wobble = 1 + 0.03 * np.sin(1.7 * np.arange(years.size) + place)
        values = series * wobble
        values[place % 3 :: 5] = np.nan
        data[name] = (
            ("time",),
            values,
            {
                "source": "synthetic observations",
                "grade": "C" if name == "NOx" else "A",
                "units": "",
            },
        )
    return xr.Dataset(data, coords={"time": years})


def make_score(**changes: object) -> Score:
    """One score, met; change what a test is about."""
    return replace(
        Score(
            id="non-fossil",
            title=Text("非化石能源消费比重", "Non-fossil share of energy"),
            indicator="non-fossil share",
            unit="%",
            year=2025,
            relation=">=",
            threshold=11.5,
            value=12.9,
            baseline=10.2,
            margin=1.4,
            met=True,
            first_year_met=2024,
            met_in_base_year=False,
            strength=Strength.STRIVEN,
            standard="",
            plan="津政发〔2022〕7号",
            quote="非化石能源消费比重力争达到11.5%以上",
            source="（二）主要目标",
            grade="C",
            reason=Text("", ""),
        ),
        **changes,  # type: ignore[arg-type]
    )


def score_level(indicators: xr.Dataset, **changes: object) -> Score:
    """A score whose numbers are those of the indicator itself."""
    asked = make_score(**changes)
    data = indicators[asked.indicator]
    value, frozen = (float(data.sel(member=m, time=asked.year)) for m in (PLAN, FROZEN))
    sense = -1 if asked.relation == "<=" else 1
    reached = sense * (data.sel(member=PLAN).values - asked.threshold) >= 0
    return replace(
        asked,
        value=value,
        baseline=frozen,
        margin=sense * (value - asked.threshold),
        met=bool(sense * (value - asked.threshold) >= 0),
        first_year_met=int(YEARS[reached][0]) if reached.any() else None,
        met_in_base_year=bool(reached[11]),
    )


def make_scores(indicators: xr.Dataset) -> tuple[Score, ...]:
    """Met and not, two standards, two documents, one look back, two without a verdict."""
    days = {
        "title": Text("空气优良天数比例", "Share of good-air days"),
        "threshold": 68.0,
        "strength": Strength.BINDING,
        "quote": "空气优良天数比例达到68%",
        "relation": "=",
        "grade": "B",
    }
    blank: dict[str, object] = dict.fromkeys(
        ("threshold", "value", "baseline", "margin", "met", "first_year_met", "met_in_base_year")
    )
    return (
        score_level(indicators),
        score_level(
            indicators, id="days-2012", indicator="good days", standard="HJ 633-2012", **days
        ),
        score_level(
            indicators,
            id="days-new",
            indicator="good days in force",
            standard="HJ 633-2026",
            **days,
        ),
        score_level(
            indicators,
            id="firms",
            title=Text("国家高新技术企业数量", "National high-tech firms"),
            indicator="high-tech firms",
            unit="1",
            relation="=",
            threshold=11600.0,
            strength=Strength.BINDING,
            grade="B",
            quote="国家高新技术企业数量达到11600家",
        ),
        make_score(
            id="emerging",
            title=Text("工业战略性新兴产业占比", "Emerging share of industry"),
            indicator="emerging share",
            threshold=40.0,
            relation="=",
            value=33.2,
            baseline=31.0,
            margin=-6.8,
            met=False,
            first_year_met=None,
            strength=Strength.BINDING,
            quote="工业战略性新兴产业增加值占规模以上工业增加值比重达到40%",
        ),
        make_score(
            id="peak",
            title=Text("碳达峰年份", "Year of the CO2 peak"),
            indicator="CO2",
            unit="year",
            year=2030,
            relation="<=",
            threshold=2030.0,
            value=2013.0,
            baseline=2060.0,
            margin=17.0,
            first_year_met=2022,
            met_in_base_year=True,
            strength=Strength.BINDING,
            quote="确保实现碳达峰、碳中和目标",
            grade="B",
        ),
        make_score(
            id="efficiency",
            title=Text("资源利用效率", "Resource efficiency"),
            indicator="",
            unit="",
            relation="",
            strength=Strength.QUALITATIVE,
            quote="能源资源利用效率大幅提高",
            reason=Text("没有量化的要求", "Nothing measurable is asked for"),
            **blank,
        ),
        make_score(
            id="islands",
            title=Text("农业产业化龙头企业", "Leading farm enterprises"),
            indicator="",
            unit="count",
            quote="培育150家市级以上农业产业化龙头企业",
            reason=Text("模型不含企业数量", "The model has no count of farm enterprises"),
            **blank,
        ),
        score_level(
            indicators,
            id="sibling",
            threshold=11.7,
            plan="津政发〔2022〕18号",
            quote="非化石能源消费比重力争达到11.7%以上",
        ),
        score_level(
            indicators,
            id="back",
            year=2020,
            threshold=48.0,
            relation="<=",
            indicator="PM2.5",
            unit="ug/m3",
            plan="打赢蓝天保卫战三年行动计划",
            title=Text("PM2.5年均浓度", "PM2.5 annual mean"),
            quote="PM2.5年均浓度达到48微克/立方米",
        ),
    )


def make_coverage() -> tuple[Coverage, ...]:
    """Measures of every status."""
    statuses = ("modelled", "partly_modelled", "not_modelled")
    return tuple(
        Coverage(
            id=f"L{i:03d}",
            article="三四五九十"[i % 5],
            title=Text(f"措施 {i}", f"Measure {i}"),
            quote="推行产品绿色设计，培育一批绿色制造单位",
            levers=("rail investment", "shore power mandate") if i % 3 != 2 else (),
            status=statuses[i % 3],
            reason=Text("没有可用的量化依据", "No number to build on") if i % 3 else Text("", ""),
        )
        for i in range(24)
    )
