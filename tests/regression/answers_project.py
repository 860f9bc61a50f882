"""A small city for answers: measures that overlap, one twin, one without effect, a schedule.

Emissions = demand * (1 - saving)(1 - twin a / 2)(1 - twin b / 2)(1 - green power), where each
measure acts through what is in force; `luck` is the uncertain parameter and `demand` a driver.
"""

from __future__ import annotations

from pathlib import Path


def _lever(name: str, group: str) -> str:
    return (
        f"{name} = 0\n\t~ Dmnl [0,1]\n\t~ A measure.\n\t|\n\n"
        f"{name} in force = {name} * policy schedule[{group}]\n\t~ Dmnl\n\t~ In force.\n\t|\n\n"
    )


LEVERS = {
    "saving": ("efficiency", "三"),
    "twin a": ("efficiency", "三"),
    "twin b": ("power", "十四"),
    "green power": ("power", "十四"),
    "idle": ("power", "九"),
}
MODEL = (
    "{UTF-8}\npolicy group: efficiency, power\n\t~\n\t~ Groups.\n\t|\n\n"
    "policy delay[policy group] = 0, 0\n\t~ Year [0,20]\n\t~ Delay.\n\t|\n\n"
    "policy completion[policy group] = 1, 1\n\t~ Dmnl [0,1]\n\t~ Completion.\n\t|\n\n"
    "policy schedule shape((2010,0),(2022,0),(2026,1),(2060,1))\n\t~ Dmnl\n\t~ Shape.\n\t|\n\n"
    "policy schedule[policy group] = policy completion[policy group]"
    " * policy schedule shape(Time - policy delay[policy group])\n\t~ Dmnl\n\t~ Degree.\n\t|\n\n"
    + "".join(_lever(name, group) for name, (group, _) in LEVERS.items())
    + """luck = 1
	~ Dmnl [0.5,1.5]
	~ Uncertain share 运气
	|

quirk = 1
	~ Dmnl [0.5,1.5]
	~ Matters little 小事
	|

demand = demand table(Time)
	~ Mt/Year
	~ Demand.
	|

demand table((2015,100),(2030,100))
	~ Mt/Year
	~ Constant.
	|

emissions = demand * luck * quirk ^ 0.1 * (1 - saving in force) * (1 - twin a in force / 2)
  * (1 - twin b in force / 2) * (1 - green power in force) * (1 + 0 * idle in force)
	~ Mt/Year
	~ Emissions.
	|

people = 10 + 0 * Time
	~ Mt/Year
	~ People, counted in tonnes.
	|

stock = INTEG(emissions, 0)
	~ Mt
	~ Since the start.
	|

INITIAL TIME = 2015
	~ Year
	~ Start.
	|

FINAL TIME = 2032
	~ Year
	~ Stop.
	|

TIME STEP = 0.25
	~ Year
	~ Step.
	|

SAVEPER = 1
	~ Year
	~ Saved.
	|
"""
)


def _outcome(name: str, variable: str, unit: str) -> str:
    return (
        f"  {name}: {{variable: {variable}, shown: {unit}, title: {{zh: {name}, en: {name}}},"
        ' digits: 1, headline: true, group: power, better: lower, grade: B, source: "here",'
        " caveat: {zh: 无, en: none}}\n"
    )


CATALOGUE = (
    """title: {zh: 小城, en: Small city}
dimensions:
  policy group:
    title: {zh: 组, en: Group}
    elements: {efficiency: {zh: 节能, en: Efficiency}, power: {zh: 电力, en: Power}}
groups: {efficiency: {zh: 节能, en: Efficiency}, power: {zh: 电力, en: Power}}
levers:
"""
    + "".join(
        f'  {name}: {{group: {group}, shown: "%", articles: ["{article}"],'
        f" title: {{zh: {name}, en: {name}}}, note: {{zh: 无, en: none}}}}\n"
        for name, (group, article) in LEVERS.items()
    )
    + """drivers:
  demand: {shown: Mt/yr, title: {zh: 需求, en: Demand}, note: {zh: 外生, en: exogenous}}
outcomes:
"""
    + _outcome("emissions", "emissions", "kt/yr")
    + _outcome("stock", "stock", "Mt")
    + _outcome("people", "people", "Mt/yr")
)
CHAPTERS = """chapters:
- id: 二
  title: {zh: 生产, en: Production}
  articles: {三: {zh: 工业, en: Industry}}
- id: 三
  title: {zh: 流通, en: Distribution}
  articles: {九: {zh: 物流, en: Logistics}}
- id: 五
  title: {zh: 设施, en: Infrastructure}
  articles: {十四: {zh: 能源, en: Energy}}
"""


def _target(name: str, rest: str) -> str:
    return (
        f"- id: {name}\n  title: {{zh: {name}, en: {name}}}\n  plan: 计划\n  quote: 原文\n"
        f"  source: 出处\n{rest}"
    )


def _scored(value: float, indicator: str = "emissions", standard: str = "") -> str:
    basis = f"  standard: {standard}\n" if standard else ""
    return (
        f'  indicator: {indicator}\n  relation: "<="\n  value: {value}\n  unit: Mt/yr\n'
        f"  year: 2030\n  strength: binding\n{basis}"
    )


TARGETS = (
    "targets:\n"
    + _target("middling", _scored(37))
    + _target("easy", _scored(200))
    + _target("hopeless", _scored(1))
    + _target("old-basis", _scored(37, standard="OLD"))
    + _target("new-basis", _scored(37, standard="NEW"))
    + _target(
        "words",
        "  year: 2030\n  strength: qualitative\n  reason: {zh: 没有指标, en: no indicator}\n",
    )
)
FUTURES = """vary:
  luck: {uniform: [0.9, 1.1], grade: C, source: {zh: 假设, en: assumed}}
  quirk: {uniform: [0.9, 1.1], grade: C, source: {zh: 假设, en: assumed}}
  demand: {change: scale, uniform: [0.98, 1.02], grade: C, source: {zh: 假设, en: assumed}}
"""
IDENTITIES = """identities:
- id: pair
  title: {zh: 两因素, en: Two factors}
  total: emissions
  outcome: emissions
  factors: {size: {zh: 规模, en: Size}, rate: {zh: 强度, en: Rate}}
  parts:
  - value: [emissions]
    chain: [{factor: size, series: demand}]
    last: rate
"""
FROZEN = "title: {zh: 冻结, en: Frozen}\nmodel: city\n"
PLAN = """title: {zh: 规划, en: Plan}
model: city
levers:
  saving: 20 %
  twin a: 40 %
  twin b: 40 %
  green power: [[2024, 10 %], [2028, 30 %]]
  idle: 50 %
"""
LATE = """title: {zh: 推迟, en: Late}
extends: plan
levers:
  policy delay: {power: 2 yr}
  policy completion: {power: 50 %}
drivers:
  demand: [[2022, 100 Mt/yr], [2030, 110 Mt/yr]]
"""
FILES = {
    "models/city/city.mdl": MODEL,
    "models/city/catalogue.yaml": CATALOGUE,
    "models/city/chapters.yaml": CHAPTERS,
    "models/city/targets.yaml": TARGETS,
    "models/city/futures.yaml": FUTURES,
    "models/city/identities.yaml": IDENTITIES,
    "models/city/data/history.csv": "series,unit,year,value,grade,source,url,note\n",
    "scenarios/frozen.yaml": FROZEN,
    "scenarios/plan.yaml": PLAN,
    "scenarios/late.yaml": LATE,
}


def write_project(folder: Path) -> Path:
    """Write the project; it is meant to be the working folder."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
