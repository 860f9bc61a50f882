"""What a study would be: its members, its inputs, its doubts; for `haihe validate`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from haihe.cli.console import open_console, say, write_json
from haihe.results.study_words import DESIGNS
from haihe.text import Lang, Text

if TYPE_CHECKING:
    from pathlib import Path

    from haihe.scenario.study import Factor, Study

MOST_SHOWN = 40
"""Inputs of a table that nobody asked to see in full."""

HEADS = (
    Text("输入", "Input"),
    Text("名称", "Title"),
    Text("分布", "Distribution"),
    Text("单位", "Unit"),
    Text("作用", "Change"),
    Text("等级", "Grade"),
    Text("来自", "From"),
)
CHANGES = {
    "": Text("取值", "value"),
    "scale": Text("乘数", "scale"),
    "shift": Text("增量", "shift"),
    "path": Text("路径", "path"),
}


def check_study(path: Path, explain: bool, as_json: bool, lang: Lang) -> None:
    """Check a study and say what it would be."""
    from haihe.cli.inputs import open_path
    from haihe.scenario.study import describe_study
    from haihe.scenario.study_load import find_study_model, load_study

    opened = open_path(find_study_model(path))
    study = load_study(path, opened.model, opened.catalogue)
    for warning in study.warnings:
        say(warning)
    if as_json:
        write_json({"valid": True, "study": describe_study(study)})
        return
    click.echo(summarise(study, lang))
    print_inputs(study.factors, None if explain else MOST_SHOWN, lang)
    click.echo(Text("没有错误，没有运行任何成员。", "Nothing is wrong; nothing was run.").get(lang))


def summarise(study: Study, lang: Lang) -> str:
    """Members and what they are made of, in a few lines."""
    from haihe.scenario.study import count_members

    scenarios = ", ".join(scenario.id for scenario in study.scenarios)
    method = DESIGNS[study.method].get(lang)
    lines = [
        f"{study.id}: {study.title.get(lang)}",
        Text(
            f"{count_members(study):,} 个成员：{len(study.scenarios)} 个情景（{scenarios}）× "
            f"{count_text(study, lang)}，方法：{method}，种子 {study.seed}",
            f"{count_members(study):,} members: {len(study.scenarios)} "
            f"{'scenario' if len(study.scenarios) == 1 else 'scenarios'} ({scenarios}) × "
            f"{count_text(study, lang)}; method: {method}, seed {study.seed}",
        ).get(lang),
        Text(
            f"保存 {len(study.savings.outcomes)} 个指标（{', '.join(study.savings.outcomes)}），"
            f"{describe_saved(study, lang)}，{study.precision}",
            f"keeps {len(study.savings.outcomes)} outcomes "
            f"({', '.join(study.savings.outcomes)}), {describe_saved(study, lang)}, in "
            f"{study.precision}",
        ).get(lang),
    ]
    return "\n".join(lines)


def count_text(study: Study, lang: Lang) -> str:
    """Rows of the design, and futures."""
    from haihe.scenario.designs import count_rows

    rows = count_rows(study.design)
    text = Text(f"{rows:,} 行", f"{rows:,} {'row' if rows == 1 else 'rows'}").get(lang)
    if study.method in {"sobol", "morris"}:
        text += f" ({study.base_sample:,} × {rows // study.base_sample:,})"
    if study.futures is None:
        return text
    if study.futures.count == 0:
        return text + Text("（每行一个未来）", ", each in a future of its own").get(lang)
    count = study.futures.count
    return text + Text(f" × {count:,} 个未来", f" × {count:,} futures").get(lang)


def describe_saved(study: Study, lang: Lang) -> str:
    """Years, periods and peaks that are kept."""
    kept, time = study.savings, study.time
    if kept.years is None:
        begin, end = f"{time.start:g}", f"{time.stop:g}"
        parts = [Text(f"{begin}—{end} 年全部", f"every saved time {begin}–{end}").get(lang)]
    else:
        parts = [", ".join(f"{year:g}" for year in kept.years)] if kept.years else []
    parts += [f"{p.start:g}–{p.stop:g} {STATISTICS[p.statistic].get(lang)}" for p in kept.periods]
    if kept.peak:
        parts.append(Text("峰值", "peak").get(lang))
    return "; ".join(parts)


STATISTICS = {
    "mean": Text("均值", "mean"),
    "sum": Text("合计", "sum"),
    "min": Text("最小", "least"),
    "max": Text("最大", "greatest"),
}


def print_inputs(factors: Sequence[Factor], most: int | None, lang: Lang) -> None:
    """Inputs with their distributions, as a table."""
    from haihe.analysis.tables import print_rows
    from haihe.scenario.distributions import show_distribution

    shown = factors if most is None else factors[:most]
    print_rows(
        open_console(),
        [head.get(lang) for head in HEADS],
        (
            (
                factor.label,
                factor.title.get(lang),
                show_distribution(factor.distribution),
                factor.unit,
                CHANGES[factor.change].get(lang),
                factor.grade,
                str(factor.origin),
            )
            for factor in shown
        ),
    )
    left = len(factors) - len(shown)
    if left:
        click.echo(
            Text(
                f"另有 {left} 个输入，--explain 全部列出。",
                f"{left} more inputs; --explain lists them all.",
            ).get(lang)
        )
