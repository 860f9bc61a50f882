"""`haihe briefing`: a document whose every number comes from results, and a check of an old one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from haihe.cli.answers import label_option, seed_option
from haihe.cli.console import say, write_json
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.errors import EXIT_DONE, EXIT_SOME_FAILED, InputError
from haihe.project import show_path
from haihe.text import Lang, Text

if TYPE_CHECKING:
    from haihe_viz.briefing_check import Finding, Held

KINDS = {
    "changed": Text("数字已变", "changed"),
    "edited": Text("正文被手工改动", "edited by hand"),
    "lost": Text("已无法得出", "cannot be said any more"),
}


@click.command(
    "briefing",
    cls=Command,
    words=Text(
        "由情景或结果生成简报（.docx、.pptx、.pdf、.html、.md），或检查旧简报是否仍然成立。\n\n"
        "SOURCE 是情景（第一个是主角，其余可在模板中引用）、haihe run 的文件夹或研究的结果库。"
        "模板可以是自带的 brief（两页简报）、report（完整报告）、slides（十页幻灯片），"
        "也可以是自己的 .docx、.pptx、.html 或 .md。"
        "文中每个数字都是表达式，写法见 docs/briefings.md。"
        "--check 重新计算旧简报中的每个数字：数字变了，或正文被手工改过，就列出并以 1 退出。",
        "Make a briefing (.docx, .pptx, .pdf, .html, .md) from scenarios or results, or check "
        "whether an old one still holds.\n\n"
        "SOURCE is a scenario (the first is what it is about, others can be named in a template), "
        "a folder of `haihe run`, or the store of a study. A template is one of ours, brief (two "
        "pages), report, or slides (ten), or your own .docx, .pptx, .html or .md; every number in "
        "it is an expression, see docs/briefings.md. --check computes every number of an old "
        "briefing again and leaves with 1 where one moved, or where somebody edited one by hand.",
    ),
    example="haihe briefing plan --against frozen-2021 -o brief.docx --lang zh\n"
    "haihe briefing --check brief.docx",
)
@click.argument("sources", metavar="SOURCE...", nargs=-1)
@option(
    "--against",
    metavar="BASELINE",
    zh="作为基线的情景；与 --check 同用时，是用来核对的结果库或情景。",
    en="Scenario to compare with; with --check, the store or scenario to hold the text against.",
)
@option(
    "--template",
    "template",
    default="brief",
    show_default=True,
    metavar="NAME|FILE",
    zh="模板：brief、report、slides，或自己的文件。",
    en="Template: brief, report, slides, or a file of your own.",
)
@option(
    "--futures",
    type=click.IntRange(0, 100_000),
    default=300,
    show_default=True,
    zh="校准未来的个数，决定区间、概率和数字的位数；0 表示没有。",
    en="How many calibrated futures give intervals, chances and digits; 0 for none.",
)
@label_option
@seed_option
@option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    zh="要写出的文件；其扩展名决定格式。",
    en="File to write; its ending says which format.",
)
@option(
    "--check",
    "old",
    type=click.Path(path_type=Path),
    metavar="FILE",
    zh="核对这份旧简报，不写文件。",
    en="Check this old briefing; nothing is written.",
)
@option(
    "--new-template",
    "fresh",
    type=click.Path(path_type=Path),
    metavar="FILE",
    zh="把自带模板写成一份可在 Word 中修改的 .docx 模板（或 .md），不计算。",
    en="Write a template of ours as a .docx to be changed in Word (or .md); nothing is computed.",
)
@common_options
@click.pass_context
def command(
    context: click.Context,
    sources: tuple[str, ...],
    against: str | None,
    template: str,
    futures: int,
    label: str,
    seed: int,
    output: Path | None,
    old: Path | None,
    fresh: Path | None,
    as_json: bool,
) -> int:
    """Make one briefing, or check one."""
    lang = settings_of(context).lang
    if fresh is not None:
        return write_template(template, fresh, lang)
    if old is not None:
        return check_briefing(old, sources, against, as_json, lang)
    if not sources or output is None:
        raise InputError(
            Text("简报需要来源和要写出的文件", "a briefing needs a source and a place"),
            None,
            Text("SOURCE … -o FILE，或 --check FILE", "SOURCE … -o FILE, or --check FILE"),
        )
    return write_briefing(sources, against, template, futures, label, seed, output, as_json, lang)


def write_briefing(
    sources: tuple[str, ...],
    against: str | None,
    template: str,
    futures: int,
    label: str,
    seed: int,
    output: Path,
    as_json: bool,
    lang: Lang,
) -> int:
    """Everything that can be wrong is looked at before anything runs."""
    from haihe.cli.briefing_facts import find_facts
    from haihe.results.export import replacing
    from haihe_viz.briefing import check_formats, make_briefing, open_template

    opened = open_template(template, lang)
    suffix = output.suffix.lower()
    check_formats(opened, suffix)
    if output.is_dir():
        raise InputError(
            Text(f"{show_path(output)} 是文件夹", f"{show_path(output)} is a folder"),
            None,
            Text("-o 后为文件", "a file for -o"),
        )
    facts, explain = find_facts(sources, against, futures, seed, label, lang)
    made = make_briefing(opened, facts, suffix, lang, explain, output.stem)
    for name, drawn in made.beside.items():
        with replacing(output.parent / name) as draft:
            draft.write_text(drawn, encoding="utf-8")
    with replacing(output) as draft:
        draft.write_bytes(made.content)
    count = len(made.manifest.bound)
    if as_json:
        write_json(
            {
                "briefing": show_path(output),
                "numbers": count,
                "digests": dict(made.manifest.digests),
            }
        )
    else:
        said = Text(f"{count} 个数字可核对", f"{count} numbers that can be checked")
        click.echo(f"{Text('简报', 'Briefing').get(lang)}: {show_path(output)} ({said.get(lang)})")
    return EXIT_DONE


def write_template(template: str, fresh: Path, lang: Lang) -> int:
    """Write a template to begin with."""
    from haihe.results.export import replacing
    from haihe_viz.briefing import open_template
    from haihe_viz.briefing_own import make_own_template

    content = make_own_template(open_template(template, lang), fresh.suffix.lower(), lang)
    with replacing(fresh) as draft:
        draft.write_bytes(content)
    click.echo(f"{Text('模板', 'Template').get(lang)}: {show_path(fresh)}")
    return EXIT_DONE


def check_briefing(
    old: Path, sources: tuple[str, ...], against: str | None, as_json: bool, lang: Lang
) -> int:
    """Compute every number of a document again."""
    from haihe.cli.briefing_facts import find_facts, read_source
    from haihe_viz.briefing_check import find_changes, find_edits, open_briefing

    held = open_briefing(old)
    facts, explain = find_facts(
        lang=lang, **read_source(held.manifest.source, against or (sources[0] if sources else None))
    )
    findings = [*find_edits(held), *find_changes(held, facts, explain)]
    now = {**facts.report.provenance, **facts.digests}
    moved = sorted(
        key
        for key, value in held.manifest.digests.items()
        if key != "created" and now.get(key) not in (None, value)
    )
    if as_json:
        write_json(describe_check(old, held, findings, moved))
    else:
        print_check(held, findings, moved, lang)
    return EXIT_SOME_FAILED if findings else EXIT_DONE


def describe_check(
    old: Path, held: Held, findings: list[Finding], moved: list[str]
) -> dict[str, object]:
    """A check as JSON."""
    rows = [
        {"kind": f.kind, "expression": f.bound.expression, "place": f.bound.place,
         "was": f.bound.text, "now": f.now}
        for f in findings
    ]  # fmt: skip
    return {
        "briefing": show_path(old),
        "numbers": len(held.manifest.bound),
        "text_was_read": held.words is not None,
        "digests_changed": moved,
        "findings": rows,
    }


def print_check(held: Held, findings: list[Finding], moved: list[str], lang: Lang) -> None:
    """What does not hold, one line each."""
    for one in findings:
        now = f" → {one.now}" if one.now else ""
        bound, kind = one.bound, KINDS[one.kind].get(lang)
        click.echo(f"{kind}  [{bound.place}] {bound.expression}: {bound.text}{now}")
    if held.words is None:
        say(
            Text(
                "PDF 的正文未读取，只核对了数字",
                "the text of a PDF is not read; its numbers were held against the results",
            ).get(lang)
        )
    if moved:
        said = ", ".join(moved)
        say(Text(f"成文以来变化的输入：{said}", f"changed since it was made: {said}").get(lang))
    count = len(held.manifest.bound)
    good = Text(f"{count} 个数字全部成立", f"all {count} numbers hold")
    bad = Text(
        f"{count} 个数字中有 {len(findings)} 处不成立",
        f"{len(findings)} findings among {count} numbers",
    )
    click.echo((bad if findings else good).get(lang))
