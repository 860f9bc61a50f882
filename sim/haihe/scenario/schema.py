"""The boundary of scenario files: what may stand in one, and the manual of it.

The docstring below each field is its entry in the manual and in `scenarios/schema.json`: one
paragraph of English, one of Chinese. The values of levers, drivers and the like depend on the model
and are read by `haihe.scenario.settings`; here they only have a JSON schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from haihe.text import Lang, Text
from haihe.yaml import Record

Section = dict[str, Any] | None

_DEFINITIONS: dict[str, Any] = {
    "quantity": {
        "description": "A number in the unit of the model, or a quantity: 80 %, 0.5 GW, 3 kt.",
        "anyOf": [{"type": "number"}, {"type": "string"}],
    },
    "trajectory": {
        "description": "Points [year, value]: straight lines between them, the last value held.",
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "array",
            "prefixItems": [{"type": "number"}, {"$ref": "#/$defs/quantity"}],
            "minItems": 2,
            "maxItems": 2,
        },
    },
    "value": {
        "anyOf": [
            {"$ref": "#/$defs/quantity"},
            {"$ref": "#/$defs/trajectory"},
            {
                "description": "One value for each element of the variable's dimension.",
                "type": "object",
                "additionalProperties": {"$ref": "#/$defs/value"},
            },
        ]
    },
}


class Words(Record):
    """The same words in Chinese and in English; one of them alone serves for both."""

    zh: str = ""
    """Chinese.

    中文。"""
    en: str = ""
    """English.

    英文。"""


class TimeFields(Record):
    """When the model starts and stops; what is not given stays as the model has it."""

    start: float | None = None
    """First time [Year]. The initial values of the stocks are those of the model's own start.

    起始时间（年）。存量的初值对应模型自身的起始时间。"""
    stop: float | None = None
    """Last time [Year].

    终止时间（年）。"""
    step: float | None = None
    """Time step [Year]; start to stop must be a whole number of steps.

    时间步长（年）；起止之间须为整数个步长。"""
    save_step: float | None = None
    """Time between saved values [Year]; a whole multiple of the step.

    保存间隔（年）；须为步长的整数倍。"""


class DriverSource(Record):
    """A driver taken from a table, or changed relative to the model's own table."""

    file: str | None = None
    """A CSV file inside the project, relative to the scenario file.

    项目内的 CSV 文件，相对于情景文件。"""
    year: str = "year"
    """Its column of years.

    年份列名。"""
    value: str = "value"
    """Its column of values.

    数值列名。"""
    unit: str = ""
    """Unit of the values; the model's where it is not given.

    数值单位；不写则为模型单位。"""
    scale: float | None = None
    """Factor on the model's own values. They are kept up to the year `since` and reach the scaled
    values one year later.

    乘在模型自身数值上的系数；`since` 年及以前不变，一年后达到缩放后的数值。"""
    shift: str | float | None = None
    """Amount added to the model's own values, in the same way.

    加在模型自身数值上的量，方式同上。"""
    since: float | None = None
    """Year up to which `scale` and `shift` change nothing; 2022 where it is not given.

    `scale`、`shift` 起作用之前的年份；默认 2022。"""


class ScenarioFile(Record):
    """One scenario. Its id is the name of the file without `.yaml`.

    Values are taken in this order, later over earlier: the model, what the scenario extends (every
    file once, a file after whatever it extends itself, otherwise in the order of the list), the
    scenario's own.
    """

    title: Words | str | None = None
    """Title in both languages, `{zh: …, en: …}`; the id where there is none. Not inherited.

    中英文标题；不写则用文件名。不继承。"""
    story: Words | str | None = None
    """What the scenario supposes, in a few sentences. Not inherited.

    用几句话说明情景的假设。不继承。"""
    extends: str | list[str] | None = None
    """Scenario, or ordered list of scenarios, that this one builds on: ids, or paths relative to
    this file. In a list, later ones win over earlier ones.

    所基于的情景（编号或相对路径），可为有序列表，后者优先。"""
    model: str | None = None
    """Model that it runs: an id such as `tianjin`, or a path of a `.mdl` file inside the project.
    `tianjin` where nothing is said.

    所用模型的编号，或项目内 `.mdl` 文件路径；默认 `tianjin`。"""
    levers: Section = None
    """Policy levers by name (or Chinese or English title). A number or a quantity is what is
    reached at full implementation; the model's own schedule says when. A trajectory
    `[[2025, 60 %], [2035, 100 %]]` takes the place of lever and schedule: straight from the state
    of 2021 in 2022.0 to the first point, and on; the last value is held; a point before 2022 is an
    error. `default` is the state of 2021, whatever an extended scenario says. Values by element:
    `{container berth: 90 %}`. `policy delay` [Year] and `policy completion`, by policy group, make
    all measures of the group later and smaller, those with a trajectory too.

    政策杆，按名称（或中英文标题）。单个数值为全面落实时达到的水平，进度由模型的政策进度决定；
    轨迹取代政策杆及其进度：从 2022.0 年的 2021 年状态直线到第一点，末值保持，
    2022 年以前的点为错误。`default` 恢复 2021 年状态。可按元素赋值。
    `policy delay`（年）与 `policy completion` 按政策组推迟或打折，对轨迹同样有效。"""
    drivers: Section = None
    """Exogenous drivers by name: a trajectory (the model's own values are kept before its first
    point, its last value is held), or `{file: x.csv, year: column, value: column}`, or
    `{scale: 1.1}`, or `{shift: -5 ug/m3}`, both optionally with `since: 2025`.

    外生驱动，按名称：轨迹（首点之前保留模型自身数值，末值保持），或取自 CSV 文件，
    或相对于模型自身数值缩放、平移。"""
    parameters: Section = None
    """Any other constant of the model by name; `default` is the model's own value.

    模型的其他常数，按名称；`default` 为模型自身数值。"""
    initial: Section = None
    """Initial values of stocks by name.

    存量初值，按名称。"""
    force: Section = None
    """Variables that the model computes, held to a number or a trajectory. Such a run is no longer
    the model's own, and its results say so.

    强制给定模型计算的变量。结果会注明。"""
    time: TimeFields | None = None
    """The time axis, where it differs from the model's.

    时间轴（与模型不同时）。"""
    outputs: list[str] | None = None
    """Outcomes to keep: short ids such as `CO2`, or titles; all where nothing is said.

    要保留的结果指标：短编号或标题；默认全部。"""
    allow_out_of_range: bool | None = None
    """Turn values outside the model's limits from errors into recorded warnings.

    允许超出模型限值：由错误改为记录在案的警告。"""


def schema_json() -> dict[str, Any]:
    """JSON schema of a scenario file, for editors."""
    schema = ScenarioFile.model_json_schema()
    fields: dict[str, Any] = schema["properties"]
    for name in ("levers", "drivers", "parameters", "initial", "force"):
        kind = "driver" if name == "drivers" else "value"
        fields[name]["anyOf"][0]["additionalProperties"] = {"$ref": f"#/$defs/{kind}"}
    driver = {"anyOf": [{"$ref": "#/$defs/trajectory"}, DriverSource.model_json_schema()]}
    definitions = {**schema.get("$defs", {}), **_DEFINITIONS, "driver": driver}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "haihe scenario",
        "description": " ".join((ScenarioFile.__doc__ or "").split()),
        "type": "object",
        "additionalProperties": False,
        "properties": fields,
        "$defs": definitions,
    }


def dump_schema() -> str:
    """Text of `scenarios/schema.json`."""
    return json.dumps(schema_json(), ensure_ascii=False, indent=2) + "\n"


def schema_manual(lang: Lang) -> str:
    """Manual of a scenario file in Markdown, made of the field docstrings."""
    records = ((ScenarioFile, "keys"), (TimeFields, "time"), (DriverSource, "driver"))
    return write_manual("scenario", records, _TITLES[lang], lang)


def write_manual(
    name: str,
    records: Iterable[tuple[type[Record], str]],
    titles: Mapping[str, str],
    lang: Lang,
) -> str:
    """Manual of a kind of file in Markdown: a heading for each record, its fields below.

    Parameters
    ----------
    name : key of the page's own title.
    records : each with the key of its heading.
    titles : by key; "intro" opens the page.
    """
    parts = [f"# {titles[name]}\n", titles["intro"]]
    for record, heading in records:
        parts.append(f"\n## {titles[heading]}\n")
        parts += [
            f"- `{field.alias or name}`: {pick_language(field.description or '', lang)}"
            for name, field in record.model_fields.items()
        ]
    return "\n".join(parts) + "\n"


def dump_record(record: type[Record], title: str) -> str:
    """JSON schema of a kind of file, as text."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **record.model_json_schema(),
        "title": title,
        "description": " ".join((record.__doc__ or "").split()),
    }
    return json.dumps(head, ensure_ascii=False, indent=2) + "\n"


def pick_language(description: str, lang: Lang) -> str:
    """Paragraph of a docstring in one language, on one line."""
    english, _, chinese = description.partition("\n\n")
    if lang == "en" or not chinese:
        return " ".join(english.split())
    return "".join(line.strip() for line in chinese.splitlines())


_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def read_words(words: Words | str | None, default: str) -> Text:
    """Words in both languages; the one that is missing is taken from the other.

    What a terminal would obey, and what turns the writing of the words behind it, is left out.
    """
    if words is None:
        return Text(default, default)
    if isinstance(words, str):
        words = Words(zh=words, en=words)
    zh, en = (_UNSEEN.sub("", one) for one in (words.zh, words.en))
    return Text(zh or en or default, en or zh or default)


_TITLES = {
    "en": {
        "scenario": "Scenario files",
        "intro": (
            "A scenario is one YAML 1.2 file. Its id is the name of the file. Later wins over "
            "earlier: the model, what the scenario extends (every file once, a file after whatever "
            "it extends itself, otherwise in the order of the list), the scenario's own values. "
            "`haihe validate --explain` shows who set what. Names may be written in any case, with "
            "blanks, `-` or `_`."
        ),
        "keys": "Keys",
        "time": "Under `time`",
        "driver": "Under one driver",
    },
    "zh": {
        "scenario": "情景文件",
        "intro": (
            "一个情景是一个 YAML 1.2 文件，编号即文件名。优先级由低到高：模型；所继承的情景"
            "（每个文件只用一次，排在它自己所继承的文件之后，其余按列表顺序）；情景自身。"
            "`haihe validate --explain` 显示每个数值由谁设定。名称不分大小写，空格、`-`、`_` 等同。"
        ),
        "keys": "键",
        "time": "`time` 之下",
        "driver": "单个驱动之下",
    },
}
