"""Reality checks on the command line: run, show, describe."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haihe.cli.console import show_progress
from haihe.errors import EXIT_DONE, EXIT_SOME_FAILED, InputError
from haihe.project import show_text
from haihe.text import Lang, Text, say

if TYPE_CHECKING:
    from haihe.analysis.checks import Verdict, Worst

NAMES = {
    "passed": Text("通过", "passed"),
    "failed": Text("不通过", "failed"),
    "not_yet": Text("尚不能检验", "not yet"),
    "elsewhere": Text("由测试或其他命令检验", "held elsewhere"),
}


def check_reality(path: Path, only: Sequence[str], lang: Lang) -> tuple[Verdict, ...]:
    """Run the checks that lie beside a model; none where there is no such file.

    Raises
    ------
    InputError, InputErrors
        Where the file is wrong, or an id is unknown.
    """
    from haihe.analysis.checks import run_checks
    from haihe.analysis.checks_schema import FILE_NAME, load_checks
    from haihe.model.catalogue import load_catalogue
    from haihe.model.find import near_names
    from haihe.model.translate import read_model

    file = path.parent / FILE_NAME
    if not file.is_file():
        if only:
            raise InputError(
                Text("没有现实性检验", "there are no reality checks"),
                expected=Text(f"模型旁的 {FILE_NAME}", f"{FILE_NAME} by the model"),
            )
        return ()
    model = read_model(path)
    catalogue = load_catalogue(model)
    checks = load_checks(file, model, catalogue)
    ids = [check.entry.id for check in checks.checks]
    for name in only:
        if name not in ids:
            raise InputError(
                Text(f"没有检验 {show_text(name)}", f"there is no check {show_text(name)}"),
                suggestions=near_names(name, ids),
            )
    with show_progress(Text("现实性检验", "Reality checks").get(lang)) as progress:
        return run_checks(model, catalogue, checks, only, progress=progress)


def exit_code(verdicts: Sequence[Verdict]) -> int:
    """A check that fails is a model that fails."""
    failed = any(verdict.passed is False for verdict in verdicts)
    return EXIT_SOME_FAILED if failed else EXIT_DONE


def state_of(verdict: Verdict) -> str:
    """What became of a check: a key of `NAMES`."""
    if verdict.passed is None:
        return verdict.entry.status
    return "passed" if verdict.passed else "failed"


def count_states(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """How many checks ended how."""
    return {name: sum(state_of(verdict) == name for verdict in verdicts) for name in NAMES}


def describe_verdict(verdict: Verdict) -> dict[str, Any]:
    """A check and what became of it, as JSON."""
    entry = verdict.entry
    return {
        "id": entry.id,
        "design": list(entry.design),
        "kind": entry.kind,
        "statement": {"zh": entry.statement.zh, "en": entry.statement.en},
        "state": state_of(verdict),
        "passed": verdict.passed,
        "tolerance": {"absolute": entry.allowed.absolute, "relative": entry.allowed.relative},
        "worst": None if verdict.worst is None else describe_worst(verdict.worst),
        "members": verdict.members,
        "members_failing": verdict.failures,
        "members_not_finite": verdict.broken,
        "points": verdict.points,
        "reason": "" if entry.reason is None else entry.reason.en,
        "covered_by": entry.covered_by,
        "problem": say(verdict.problem, "en"),
    }


def describe_worst(worst: Worst) -> dict[str, Any]:
    """The point that is worst, as JSON; what is no finite number becomes null."""
    numbers = {"year": worst.year, "left": worst.left, "right": worst.right}
    return {
        "claim": worst.claim,
        "member": worst.member,
        "element": list(worst.element),
        "sign": worst.sign,
        **{name: value if math.isfinite(value) else None for name, value in numbers.items()},
    }


def print_verdicts(verdicts: Sequence[Verdict], lang: Lang) -> None:
    """Every check that did not pass, then a line that sums up."""
    for verdict in verdicts:
        if verdict.passed is None and verdict.entry.status == "not_yet":
            assert verdict.entry.reason is not None
            label = NAMES["not_yet"].get(lang)
            click.echo(f"{label}: {verdict.entry.id}: {verdict.entry.reason.get(lang)}")
    for verdict in verdicts:
        if verdict.passed is False:
            click.echo(explain_failure(verdict, lang))
    counts = count_states(verdicts)
    listed = ", ".join(f"{count} {NAMES[name].get(lang)}" for name, count in counts.items())
    total = Text(f"{len(verdicts)} 项现实性检验：", f"{len(verdicts)} reality checks: ").get(lang)
    click.echo(total + listed)


def explain_failure(verdict: Verdict, lang: Lang) -> str:
    """What failed: the statement, then the worst place."""
    entry, worst = verdict.entry, verdict.worst
    text = f"{NAMES['failed'].get(lang)}: {entry.id}: {entry.statement.get(lang)}"
    if verdict.problem:
        text += f"\n    {say(verdict.problem, lang)}"
    if worst is None:
        return text
    place = f"[{', '.join(worst.element)}]" if worst.element else ""
    year = f" {worst.year:g}" if math.isfinite(worst.year) else ""
    text += f"\n    {worst.claim}\n    {worst.member}{year}{place}: "
    sides = (f"{worst.left:.9g}", f"{worst.right:.9g}")
    text += sides[0] if worst.sign == "finite" else f"{sides[0]} {worst.sign} {sides[1]}"
    text += Text(" 不成立", " does not hold").get(lang)
    said = f"; {verdict.failures} of {verdict.members} members fail"
    if verdict.broken:
        said += f", {verdict.broken} of them without a finite number"
    zh = f"；{verdict.members} 个成员中 {verdict.failures} 个不通过"
    if verdict.broken:
        zh += f"，其中 {verdict.broken} 个出现非有限数"
    return text + Text(zh, said).get(lang)
