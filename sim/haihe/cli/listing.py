"""`haihe list`: what there is, with units, sources and what is not modelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import click

from haihe.cli.console import open_console, write_json
from haihe.cli.rows import LISTERS, Row
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.errors import InputError
from haihe.text import Lang, Text


@click.command(
    "list",
    cls=Command,
    words=Text(
        "列出情景、研究、求解任务、政策杠杆、指标、目标、条款措施、外生驱动或参数。\n\n"
        f"KIND 是 {', '.join(LISTERS)} 之一。\n\n"
        "articles 列出方案各条的措施、对应的政策杠杆，以及没有模拟的原因。",
        "List scenarios, studies, tasks for `haihe solve`, levers, outcomes, targets, articles "
        "(measures of the plan), drivers or parameters.\n\n"
        f"KIND is one of {', '.join(LISTERS)}.\n\n"
        "`articles` says for each measure which levers carry it, or why it is not modelled.",
    ),
    example="haihe list articles\nhaihe list parameters --grade C --json\n"
    "haihe list parameters --grade C --ranked\n"
    "haihe list parameters --ranked --by CO2",
)
@click.argument("kind", type=click.Choice(list(LISTERS)), metavar="KIND")
@option(
    "--grade",
    type=click.Choice(["A", "B", "C"]),
    zh="只列出这一等级（A 官方，B 二手或推算，C 未核实）；适用于 outcomes 和 parameters。",
    en="Only this grade (A official, B secondary or derived, C unverified); for outcomes and "
    "parameters.",
)
@option(
    "--ranked",
    is_flag=True,
    zh="按对主要指标的影响从大到小排列；适用于 parameters。",
    en="By how much the headline outcomes depend on them, most first; for parameters.",
)
@option(
    "--by",
    metavar="OUTCOME",
    zh="与 --ranked 一起使用：按对这一主要指标的影响排列。",
    en="With --ranked: by how much this headline outcome depends on them.",
)
@option(
    "--model",
    default="tianjin",
    show_default=True,
    zh="模型名称或文件。",
    en="Model, by name or file.",
)
@common_options
@click.pass_context
def command(
    context: click.Context,
    kind: str,
    grade: str | None,
    ranked: bool,
    by: str | None,
    model: str,
    as_json: bool,
) -> None:
    """List one kind of thing."""
    if grade and kind not in ("outcomes", "parameters"):
        raise InputError(
            Text(f"{kind} 没有等级", f"{kind} have no grade"),
            expected=Text(
                "--grade 与 outcomes 或 parameters 一起使用",
                "--grade with outcomes or parameters",
            ),
        )
    if ranked and kind != "parameters":
        raise InputError(
            Text(f"{kind} 没有排序", f"{kind} have no rank"),
            expected=Text("--ranked 与 parameters 一起使用", "--ranked with parameters"),
        )
    if by is not None and not ranked:
        raise InputError(
            Text("--by 用于参数排序", "--by ranks parameters"),
            expected=Text("--ranked --by 指标", "--ranked --by OUTCOME"),
        )
    rows = LISTERS[kind](model)
    if grade:
        rows = [row for row in rows if row["grade"] == grade]
    lang = settings_of(context).lang
    if ranked:
        from haihe.cli.influence import REASONS, rank_rows

        rows = rank_rows(rows, model, by, lang)
        if not as_json:
            kind = "ranked parameters"
            rows = [{**r, "leading": say_leading(r, REASONS, lang)} for r in rows]
    if kind == "articles":
        rows = [{**row, "reason": row["reasons"][lang]} for row in rows]
    if as_json:
        write_json({kind: rows})
    else:
        print_list(kind, rows, lang)


def say_leading(row: Row, reasons: Mapping[str, Text], lang: Lang) -> str:
    """The outcome that reacts most, or why none was looked at."""
    if row["reason"]:
        return reasons[row["reason"]].get(lang)
    return f"{row['leading']} {row['swing']:.2g}" if row["swing"] else ""


# --- tables for people: heading in both languages, and what stands in the cell

Cell = Callable[[Row, Lang], str]


def words(key: str) -> Cell:
    """A cell that shows words in the language of the call."""
    return lambda row, lang: str(row[key][lang])


def plain(key: str) -> Cell:
    """A cell that shows a value as it is."""
    return lambda row, lang: show(row[key])


def show(value: object) -> str:
    """A value as a person writes it."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(map(show, value))
    return str(value)


def show_target(row: Row, lang: Lang) -> str:
    """What a target asks for."""
    if row["value"] is None:
        return ""
    return f"{row['relation']} {show(row['value'])} {unit_words(row, lang)}".strip()


def unit_words(row: Row, lang: Lang) -> str:
    """A unit as people write it; levers keep the one that a scenario is written with."""
    from haihe.units.words import say_unit

    return "" if row["unit"] == "year" else say_unit(row["unit"]).get(lang)


PARAMETER: Sequence[tuple[Text, Cell]] = (
    (Text("参数", "Parameter"), plain("name")),
    (Text("元素", "Element"), plain("element")),
    (Text("值", "Value"), plain("value")),
    (Text("单位", "Unit"), plain("unit")),
    (Text("低", "Low"), plain("low")),
    (Text("高", "High"), plain("high")),
    (Text("等级", "Grade"), plain("grade")),
)
"""What every list of parameters says of one."""
COLUMNS: Mapping[str, Sequence[tuple[Text, Cell]]] = {
    "scenarios": (
        (Text("情景", "Scenario"), plain("id")),
        (Text("名称", "Title"), words("title")),
        (Text("说明", "Story"), words("story")),
    ),
    "studies": (
        (Text("研究", "Study"), plain("id")),
        (Text("名称", "Title"), words("title")),
        (Text("方法", "Method"), plain("method")),
        (Text("情景", "Scenarios"), plain("scenarios")),
        (Text("说明", "Story"), words("story")),
    ),
    "tasks": (
        (Text("任务", "Task"), plain("id")),
        (Text("名称", "Title"), words("title")),
        (Text("起点情景", "Begins from"), plain("scenario")),
        (Text("目标", "Targets"), plain("targets")),
        (Text("说明", "Story"), words("story")),
    ),
    "levers": (
        (Text("政策杠杆", "Lever"), plain("name")),
        (Text("名称", "Title"), words("title")),
        (Text("单位", "Unit"), plain("unit")),
        (Text("2021年", "2021"), plain("default")),
        (Text("最小", "Least"), plain("low")),
        (Text("最大", "Greatest"), plain("high")),
        (Text("条", "Art."), plain("articles")),
        (Text("说明", "Note"), words("note")),
    ),
    "outcomes": (
        (Text("指标", "Outcome"), plain("id")),
        (Text("名称", "Title"), words("title")),
        (Text("单位", "Unit"), unit_words),
        (Text("等级", "Grade"), plain("grade")),
        (Text("来源", "Source"), words("source")),
        (Text("注意", "Caveat"), words("caveat")),
    ),
    "targets": (
        (Text("目标", "Target"), plain("id")),
        (Text("名称", "Title"), words("title")),
        (Text("要求", "Asked for"), show_target),
        (Text("年份", "Year"), plain("year")),
        (Text("指标", "Indicator"), plain("indicator")),
        (
            Text("计划 / 规则 / 不打分的原因", "Plan / rule / why not scored"),
            lambda row, lang: "\n".join(
                filter(None, (row["plan"], row["rule"][lang], row["reason"][lang]))
            ),
        ),
    ),
    "drivers": (
        (Text("外生驱动", "Driver"), plain("name")),
        (Text("名称", "Title"), words("title")),
        (Text("单位", "Unit"), plain("unit")),
        (Text("说明", "Note"), words("note")),
    ),
    "ranked parameters": (
        (Text("序", "No."), plain("rank")),
        *PARAMETER,
        (Text("影响占比", "Weight"), lambda row, lang: f"{row['weight']:.2%}"),
        (Text("最受影响的指标（相对变幅）", "Moves most (relative swing)"), plain("leading")),
    ),
    "parameters": (
        *PARAMETER,
        (Text("来源", "Source"), plain("source")),
    ),
}


def print_list(kind: str, rows: Sequence[Row], lang: Lang) -> None:
    """Print a list as a table."""
    from haihe.analysis.tables import print_coverage, print_rows
    from haihe.results.report import Coverage

    if kind == "articles":
        keys = ("id", "article", "quote", "status")
        coverage = [
            Coverage(
                **{key: row[key] for key in keys},
                title=Text(**row["title"]),
                levers=tuple(row["levers"]),
                reason=Text(**row["reasons"]),
            )
            for row in rows
        ]
        print_coverage(open_console(), coverage, lang)
        return
    columns = COLUMNS[kind]
    heads = [head.get(lang) for head, _ in columns]
    print_rows(open_console(), heads, ([cell(row, lang) for _, cell in columns] for row in rows))
