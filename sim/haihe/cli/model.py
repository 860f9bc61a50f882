"""`haihe model check`: is a model file right?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haihe.cli.console import write_json
from haihe.cli.words import Command, common_options, settings_of
from haihe.errors import EXIT_INPUT, InputError, InputErrors, Location
from haihe.project import show_path
from haihe.text import Lang, Text

if TYPE_CHECKING:
    from haihe.model.lint import Finding


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

    path = find_model_file(model)
    findings = lint_model(path)
    summary: dict[str, Any] = {"model": show_path(path)}
    if count(findings, "error") == 0:
        words, found = check_words(path)
        findings += found
        summary |= words
    summary["valid"] = count(findings, "error") == 0
    if as_json:
        write_json({**summary, "findings": [describe(finding) for finding in findings]})
    else:
        print_findings(findings, summary, settings_of(context).lang)
    return 0 if summary["valid"] else EXIT_INPUT


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
        Finding("error", error.where or nowhere, "words", str(replace(error, where=None)))
        for error in errors
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
        "message": finding.message,
    }


def print_findings(findings: tuple[Finding, ...], summary: dict[str, Any], lang: Lang) -> None:
    """Findings one by one, then a line that sums up."""
    for finding in findings:
        click.echo(str(finding))
    errors, warnings = count(findings, "error"), count(findings, "warning")
    text = Text(
        f"{summary['model']}：{errors} 个错误，{warnings} 个提醒",
        f"{summary['model']}: {errors} errors, {warnings} warnings",
    ).get(lang)
    held = summary.get("variables")
    if held:
        text += Text(f"；{held} 个变量", f"; {held} variables").get(lang)
    click.echo(text)
