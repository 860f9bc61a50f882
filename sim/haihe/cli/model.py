"""`haihe model`: is a model file right, is the engine right about it, what may it call?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haihe.cli.console import write_json
from haihe.cli.usage import Misuse
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.errors import EXIT_FAULT, EXIT_INPUT, InputError, InputErrors, Location
from haihe.project import show_path
from haihe.text import Lang, Text, say

if TYPE_CHECKING:
    from haihe.model.lint import Finding

ACTIONS = ("check", "functions", "export", "influence", "document", "sketch")


@click.command(
    "model",
    cls=Command,
    words=Text(
        "检查模型文件，或列出可用的函数。\n\n"
        "check 逐条检查定义、名称、单位和编码，并核对译出的变量数与文件中的定义数一致；加 --engine "
        "时再用参照（修正过的 PySD）运行模型本身和五个随机成员，与编译引擎逐格比较，"
        "可能需要几分钟。模型旁有 checks.yaml 时还会在编译引擎上检验其中的现实性结论；"
        "有一条不成立，退出码为 1。\n\n"
        "functions 列出模型可以调用的函数：是否编译、如何实现、语义的出处、由哪个测试覆盖。\n\n"
        "export 把模型写成 XMILE 文件，供 Stella 等软件打开；表中的数值写入文件，"
        "XMILE 无法表达的方程会被拒绝。\n\n"
        "influence 逐个变动全部参数，计算它们对主要指标的影响；"
        "加 --write 写到模型旁的 influence.csv，供 haihe list parameters --ranked 使用。\n\n"
        "document 在 -o 指定的文件夹（默认 docs/model）中写出模型说明："
        "各子系统的变量、方程、来源、存量流量图和反馈回路，以及一个可检索的离线页面。\n\n"
        "sketch 为 Vensim 绘制流图，每个子系统一个视图："
        "--write 写入模型文件本身，-o 写到副本；方程不变。",
        "Check a model file, or list the functions that one may call.\n\n`check` goes through "
        "definitions, names, units and encoding, and holds the number of variables translated "
        "against the number defined; with --engine it also runs the model as it stands and five "
        "random members in the reference (PySD, mended) and compares the compiled engine with it "
        "cell by cell, which may take minutes. Where a checks.yaml lies beside the model, its "
        "reality checks run on the compiled engine too; the exit code is 1 where one fails."
        "\n\n`functions` lists what a model may call: whether "
        "it is compiled, how it is done, where its meaning is written down, which test covers it."
        "\n\n`export` writes the model as an XMILE file for Stella and others; numbers that stand "
        "in tables are written into it, and what XMILE cannot say is refused."
        "\n\n`influence` moves every parameter by itself and sees what the headline outcomes do; "
        "with --write it writes influence.csv beside the model, which `haihe list parameters "
        "--ranked` reads.\n\n`document` writes the model explained into the folder of -o "
        "(docs/model where it is not given): variables, equations, sources, a stock-and-flow "
        "picture of each subsystem, feedback loops, and one offline page that can be searched."
        "\n\n`sketch` draws the model for Vensim, a view for each subsystem: into the file itself "
        "with --write, into a copy with -o; the equations stay as they are.",
    ),
    example="haihe model check\nhaihe model check --only mode-shares\n"
    "haihe model check my-model.mdl --engine --json\n"
    "haihe model functions\n"
    "haihe model export --xmile tianjin.xmile\n"
    "haihe model document -o output/model",
)
@click.argument("action", type=click.Choice(ACTIONS))
@click.argument("model", default="tianjin", metavar="[MODEL]")
@option(
    "--engine",
    is_flag=True,
    zh="与参照逐格比较编译引擎。",
    en="Compare the compiled engine with the reference, cell by cell.",
)
@option(
    "--write",
    is_flag=True,
    zh="把结论写到模型旁：engine-check.json 或 influence.csv；sketch：写入模型文件。",
    en="Write what was found beside the model, as engine-check.json or influence.csv; sketch: "
    "into the model file.",
)
@option(
    "--no-reality",
    is_flag=True,
    zh="不做现实性检验。",
    en="Leave the reality checks out.",
)
@option(
    "--only",
    multiple=True,
    metavar="ID",
    zh="只做这一项现实性检验；可重复。",
    en="Run this reality check alone; may be repeated.",
)
@option(
    "--xmile",
    type=click.Path(path_type=Path),
    metavar="FILE",
    zh="export：写出的 XMILE 文件。",
    en="export: the XMILE file to write.",
)
@option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    zh="document：写出的文件夹；sketch：带流图的副本。",
    en="document: the folder to write into; sketch: the copy with diagrams.",
)
@common_options
@click.pass_context
def command(
    context: click.Context,
    action: str,
    model: str,
    engine: bool,
    write: bool,
    no_reality: bool,
    only: tuple[str, ...],
    xmile: Path | None,
    output: Path | None,
    as_json: bool,
) -> int:
    """Check one model, list functions, or write the model for other programs."""
    lang = settings_of(context).lang
    if (action == "export") != (xmile is not None):
        raise Misuse(
            Text("export 须与 --xmile FILE 一起使用", "export and --xmile FILE belong together")
        )
    if xmile is not None:
        from haihe.cli.model_write import export_xmile

        return export_xmile(model, xmile, as_json, lang)
    if action == "functions":
        from haihe.cli.functions import show_functions

        return show_functions(as_json, lang)
    if output is not None and action not in ("document", "sketch"):
        raise Misuse(Text("-o 只用于 document 和 sketch", "-o is for document and sketch"))
    if action == "sketch":
        from haihe.cli.model_sketch import sketch_model

        return sketch_model(model, write, output, as_json, lang)
    if action == "document":
        from haihe.cli.model_document import document_model

        return document_model(model, output, as_json, lang)
    if action == "influence":
        from haihe.cli.influence import show_influence

        return show_influence(model, write, as_json, lang)
    if write and not engine:
        raise Misuse(Text("--write 须与 --engine 一起使用", "--write needs --engine"))
    if no_reality and only:
        raise Misuse(
            Text(
                "--only 指定现实性检验，--no-reality 则不做，两者不能并用",
                "--only names reality checks, --no-reality leaves them out",
            )
        )
    return check(model, engine, write, None if no_reality else only, as_json, lang)


def check(
    model: str,
    engine: bool,
    write: bool,
    reality: tuple[str, ...] | None,
    as_json: bool,
    lang: Lang,
) -> int:
    """Check one model, and its engine where that is asked for.

    Parameters
    ----------
    reality
        Ids of the reality checks to run; (): all of them; None: none.
    """
    from haihe.cli.inputs import find_model_file
    from haihe.model.lint import lint_model

    path = find_model_file(model)
    findings = lint_model(path)
    summary: dict[str, Any] = {"model": show_path(path)}
    if count(findings, "error") == 0:
        words, found = check_words(path)
        findings += found
        summary |= words
    summary["valid"] = count(findings, "error") == 0
    if not as_json:
        print_findings(findings, summary, lang)
    code = 0 if summary["valid"] else EXIT_INPUT
    if reality is not None and summary["valid"]:
        from haihe.cli.reality import check_reality, describe_verdict, exit_code, print_verdicts

        verdicts = check_reality(path, reality, lang)
        summary["checks"] = [describe_verdict(verdict) for verdict in verdicts]
        code = exit_code(verdicts)
        if verdicts and not as_json:
            print_verdicts(verdicts, lang)
    if engine and summary["valid"]:
        from haihe.cli.engine import check_engine, describe_check, print_check

        verdict = check_engine(path, write, lang)
        summary["engine"] = describe_check(verdict)
        code = code if verdict.equal else EXIT_FAULT
        if not as_json:
            print_check(verdict, lang)
    if as_json:
        write_json({**summary, "findings": [describe(finding) for finding in findings]})
    return code


def check_words(path: Path) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    """What the model holds, and what is wrong in the catalogue and the plan's files beside it."""
    from haihe.analysis.check import check_plan
    from haihe.model.catalogue import load_catalogue
    from haihe.model.lint import Finding
    from haihe.model.translate import read_model

    model = read_model(path)
    try:
        errors = tuple(check_plan(path.parent, load_catalogue(model)))
    except InputError as error:
        errors = (error,)
    except InputErrors as several:
        errors = several.errors
    nowhere = Location(show_path(path))
    found = tuple(
        Finding("error", error.where or nowhere, "words", error.explain()) for error in errors
    )
    return {"variables": len(model.variables), "digest": model.digest}, found


def count(findings: tuple[Finding, ...], severity: str) -> int:
    """How many findings are errors, or warnings."""
    return sum(finding.severity == severity for finding in findings)


def describe(finding: Finding) -> dict[str, str]:
    """A finding as JSON."""
    return {
        "severity": finding.severity,
        "where": str(finding.where),
        "code": finding.code,
        "message": say(finding.message, "en"),
    }


def print_findings(findings: tuple[Finding, ...], summary: dict[str, Any], lang: Lang) -> None:
    """Findings one by one, then a line that sums up."""
    for finding in findings:
        click.echo(finding.say(lang))
    errors, warnings = count(findings, "error"), count(findings, "warning")
    text = Text(
        f"{summary['model']}：{errors} 个错误，{warnings} 个提醒",
        f"{summary['model']}: {errors} errors, {warnings} warnings",
    ).get(lang)
    held = summary.get("variables")
    if held:
        text += Text(f"；{held} 个变量", f"; {held} variables").get(lang)
    click.echo(text)
