"""The page's own words, in Chinese and in English."""

from __future__ import annotations

from haihe.text import Text

SCENARIO = Text("本情景", "Scenario")
BASELINE = Text("基准", "Baseline")
OBSERVED = Text("观测", "Observed")
TARGET = Text("目标", "Target")
YEAR = Text("年份", "Year")
CHANGE = Text("与基准之差", "Against baseline")
TOTAL = Text("合计", "Total")
NOT_FROM_ZERO = Text("纵轴不从零开始", "The axis does not start at zero")
SHARE_UNIT = Text("占比，%", "Share, %")

SOLID_AND_DASHED = Text("同色细线为基准", "The thinner line of a colour is its baseline")

_TRANSPORT = Text("货运、港口与车辆", "Freight, port and vehicles")
_ENERGY = Text("能源与电力", "Energy and power")
_ECONOMY = Text("经济与创新", "Economy and innovation")
_REST = Text("建筑、农业与循环利用", "Buildings, farming and recycling")
GROUPS = {
    "emissions": Text("排放", "Emissions"),
    "air": Text("空气质量", "Air quality"),
    "energy": _ENERGY,
    "power": _ENERGY,
    "freight": _TRANSPORT,
    "fleet": _TRANSPORT,
    "port": _TRANSPORT,
    "economy": _ECONOMY,
    "innovation": _ECONOMY,
    "buildings": _REST,
    "agriculture": _REST,
    "circular": _REST,
}
"""Headings of the groups of outcomes, in the order of the page; others follow under their own."""

GRADES = {
    "A": Text("A 级：官方统计或文件", "Grade A: official statistic or document"),
    "B": Text("B 级：二手来源或由其推算", "Grade B: secondary source, or derived"),
    "C": Text("C 级：未经核实，未见来源", "Grade C: unverified, no source seen"),
}
GRADE_SHORT = {
    "A": Text("证据 A", "Evidence A"),
    "B": Text("证据 B", "Evidence B"),
    "C": Text("证据 C · 未核实", "Evidence C · unverified"),
}
STRENGTHS = {
    "binding": Text("约束性", "Binding"),
    "striven": Text("力争", "Striven for"),
    "qualitative": Text("定性", "Qualitative"),
}
STATUSES = {
    "modelled": Text("已建模", "Modelled"),
    "partly_modelled": Text("部分建模", "Partly modelled"),
    "not_modelled": Text("未建模", "Not modelled"),
}
RELATIONS = {">=": "≥", "<=": "≤", "=": "=", "": ""}

PROVENANCE = {
    "model": Text("模型", "Model"),
    "model_digest": Text("模型摘要", "Model digest"),
    "scenario_digest": Text("情景摘要", "Scenario digest"),
    "baseline_digest": Text("基准摘要", "Baseline digest"),
    "data_digest": Text("数据摘要", "Data digest"),
    "design_digest": Text("设计摘要", "Design digest"),
    "content_digest": Text("结果摘要", "Results digest"),
    "backend": Text("计算后端", "Backend"),
    "created": Text("生成时间", "Created"),
    "date": Text("日期", "Date"),
    "haihe": Text("haihe 版本", "haihe version"),
    "haihe_version": Text("haihe 版本", "haihe version"),
    "format": Text("结果格式", "Format of the results"),
    "time_step": Text("时间步长（年）", "Time step [years]"),
    "save_step": Text("保存间隔（年）", "Saved every [years]"),
    "content_sha256": Text("结果内容哈希", "Hash of the results"),
    "version": Text("版本", "Version"),
}
