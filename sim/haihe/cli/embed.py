"""`haihe embed`: one figure as a fragment for somebody else's document."""

from __future__ import annotations

from pathlib import Path

import click

from haihe.cli.answers import label_option, seed_option
from haihe.cli.console import write_json
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.errors import InputError
from haihe.project import show_path
from haihe.text import Text

FORMATS = ("html", "svg", "png", "table", "csv")


@click.command(
    "embed",
    cls=Command,
    words=Text(
        "为他人的文档生成一张图或一张表：HTML 片段、SVG、PNG（2 倍）、HTML 表格或 CSV。\n\n"
        "SOURCE 是情景、haihe run 的文件夹或研究的结果库。"
        "图由数值直接绘制，不需要浏览器，同样的数值得到同样的图。",
        "One figure for somebody else's document: an HTML fragment, SVG, PNG (2x), an HTML table "
        "or CSV.\n\n"
        "SOURCE is a scenario, a folder of `haihe run`, or the store of a study. The figure is "
        "drawn from the values without a browser; the same values give the same figure.",
    ),
    example="haihe embed plan --against frozen-2021 --figure CO2 --format svg -o co2.svg\n"
    "haihe embed output/plan --figure PM2.5 --format table",
)
@click.argument("source", metavar="SCENARIO|STORE")
@option(
    "--figure",
    "outcome",
    required=True,
    metavar="OUTCOME",
    zh="指标编号；kind 为 chances 时是目标的范围（plan、sibling）。",
    en="Outcome id; with --kind chances the scope of targets (plan, sibling).",
)
@option(
    "--kind",
    type=click.Choice(["course", "causes", "chances"]),
    default="course",
    show_default=True,
    zh="图的种类：走势、成因瀑布图、达标概率。",
    en="Course over the years, waterfall of causes, chances of targets.",
)
@option("--against", metavar="BASELINE", zh="作为基线的情景。", en="Scenario to compare with.")
@option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default=None,
    zh="格式；默认取 -o 的扩展名，否则 html。",
    en="Format; by the ending of -o where it is not given, else html.",
)
@option(
    "--from", "start", type=int, default=2010, show_default=True, zh="起始年。", en="First year."
)
@option("--to", "stop", type=int, default=2060, show_default=True, zh="终止年。", en="Last year.")
@option(
    "--year",
    type=int,
    default=2035,
    show_default=True,
    zh="（causes）年份。",
    en="With --kind causes: the year.",
)
@option(
    "--futures",
    type=click.IntRange(0, 100_000),
    default=300,
    show_default=True,
    zh="校准未来的个数；0 表示不画区间。",
    en="Calibrated futures behind the band; 0 for none.",
)
@label_option
@seed_option
@option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    zh="要写出的文件；不给则写到标准输出（PNG 除外）。",
    en="File to write; stdout where it is not given (PNG needs one).",
)
@common_options
@click.pass_context
def command(
    context: click.Context,
    source: str,
    outcome: str,
    kind: str,
    against: str | None,
    form: str | None,
    start: int,
    stop: int,
    year: int,
    futures: int,
    label: str,
    seed: int,
    output: Path | None,
    as_json: bool,
) -> None:
    """Write one fragment."""
    from haihe.cli.briefing_facts import find_facts
    from haihe.results.export import replacing
    from haihe_viz.briefing_embed import make_figure, write_fragment

    lang = settings_of(context).lang
    ending = output.suffix.lower().removeprefix(".") if output else ""
    form = form or (ending if ending in FORMATS else "html")
    if output is None and form == "png":
        raise InputError(
            Text("PNG 不能写到终端", "a PNG is not written to the terminal"), None, "-o FILE"
        )
    facts, explain = find_facts(
        [source], against, futures if kind != "causes" else 0, seed, label, lang
    )
    options = {"start": start, "stop": stop, "kind": kind, "year": year}
    figure = make_figure(facts, lang, explain, outcome, options)
    made = write_fragment(figure, form)
    if output is None:
        click.echo(made.decode("utf-8"), nl=False)
        return
    with replacing(output) as draft:
        draft.write_bytes(made)
    if as_json:
        write_json({"figure": show_path(output), "caption": figure.caption, "alt": figure.alt})
    else:
        click.echo(f"{Text('图', 'Figure').get(lang)}: {show_path(output)}")
