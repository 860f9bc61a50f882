"""`haihe model check`: is a model file right?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from haihe.cli.console import write_json
from haihe.cli.words import Command, common_options, settings_of
from haihe.errors import EXIT_INPUT, InputError, InputErrors
from haihe.project import show_path
from haihe.text import Text

if TYPE_CHECKING:
    from haihe.model.types import Model


@click.command(
    "model",
    cls=Command,
    words=Text(
        "检查模型文件，不运行。\n\n"
        "check 逐条检查定义、名称、单位和编码，并核对译出的变量数与文件中的定义数一致。",
        "Check a model file; run nothing.\n\n`check` goes through definitions, names, units and "
        "encoding, and holds the number of variables translated against the number defined.",
    ),
    example="haihe model check\nhaihe model check my-model.mdl --json",
)
@click.argument("action", type=click.Choice(["check"]))
@click.argument("model", default="tianjin", metavar="[MODEL]")
@common_options
@click.pass_context
def command(context: click.Context, action: str, model: str, as_json: bool) -> int:
    """Check one model."""
    from haihe.cli.inputs import find_model_file
    from haihe.model.lint import lint_model
    from haihe.model.translate import read_model

    lang = settings_of(context).lang
    path = find_model_file(model)
    findings: list[Any] = list(lint_model(path))
    summary: dict[str, Any] = {"model": show_path(path)}
    if not any(map(is_error, findings)):
        read = read_model(path)
        summary |= {"variables": len(read.variables), "digest": read.digest}
        findings += check_words(read)
    wrong = any(map(is_error, findings))
    summary["valid"] = not wrong
    if as_json:
        write_json({**summary, "findings": [describe(finding) for finding in findings]})
    else:
        print_findings(findings, summary, lang)
    return EXIT_INPUT if wrong else 0


def check_words(model: Model) -> list[InputError]:
    """What is wrong in the catalogue, the targets and the articles beside a model."""
    from haihe.analysis.check import check_plan
    from haihe.model.catalogue import load_catalogue

    try:
        return list(check_plan(model.path.parent, load_catalogue(model)))
    except InputError as error:
        return [error]
    except InputErrors as several:
        return list(several.errors)


def is_error(finding: Any) -> bool:
    """Whether a finding makes the model unusable."""
    return str(getattr(finding, "severity", "error")) == "error"


def describe(finding: Any) -> dict[str, Any]:
    """A finding as JSON."""
    where = getattr(finding, "where", None)
    return {
        "severity": str(getattr(finding, "severity", "error")),
        "where": str(where or ""),
        "message": str(finding),
    }


def print_findings(findings: list[Any], summary: dict[str, Any], lang: str) -> None:
    """Findings one by one, then a line that sums up."""
    for finding in findings:
        click.echo(str(finding))
    count = summary.get("variables", 0)
    if summary["valid"]:
        zh = f"{summary['model']}：没有错误，{count} 个变量。"
        en = f"{summary['model']}: nothing is wrong; {count} variables."
        click.echo(zh if lang == "zh" else en)
