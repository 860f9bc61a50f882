"""The page of a study, for `haihe page`: read the store, run the analyses, join them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haihe.errors import InputError
from haihe.text import Lang, Text

if TYPE_CHECKING:
    import xarray as xr

    from haihe.analysis.study_attribution import Plans, Shared
    from haihe.analysis.study_findings import Findings
    from haihe.analysis.targets import Target
    from haihe.results.study_page import StudyPage
    from haihe_viz.sheet import SheetPart


def make_study_page(
    store: Path, outcomes: Sequence[str], year: float | None, where: str, model: str, lang: Lang
) -> tuple[str, dict[str, Any]]:
    """The page of a store as HTML, and what a machine wants to know of it.

    Raises
    ------
    InputError
        Where there is no finished store, or it does not hold what is asked for.
    """
    from haihe.analysis.study_attribution import share_study
    from haihe.analysis.study_explorer import explore_study
    from haihe.analysis.study_findings import find_findings
    from haihe.cli.study_inputs import open_study_store
    from haihe_viz.studypage import render_study

    study, catalogue = open_study_store(str(store), model)
    page = explore_study(study, catalogue, outcomes=outcomes)
    targets = find_targets(study, model) if catalogue else ()
    found = find_findings(study, page, catalogue, targets, year=year, where=where)
    shared = share_study(study, page, catalogue, open_plans(study, model))
    lead = say_study(page, found)
    parts = [*list_parts(page, found, lang), *share_parts(shared, found.year)]
    text = render_study(page, lead, parts, lang)
    return text, {
        "members": page.members,
        "drawn": len(page.group_of),
        "outcomes": [course.id for course in page.courses],
        "year": found.year,
        "where": found.discovery.where.en if found.discovery else "",
        "attributed": [one.outcome for one in shared.found],
        "sentence": {"zh": lead.zh, "en": lead.en},
    }


def find_targets(study: xr.Dataset, model: str) -> tuple[Target, ...]:
    """Targets beside the study's model; none where it has none."""
    from haihe.analysis.report import load_plan
    from haihe.cli.answers import read_model_name
    from haihe.cli.inputs import open_catalogue

    try:
        return load_plan(open_catalogue(model or read_model_name(study))[1]).targets
    except InputError:
        return ()


def open_plans(study: xr.Dataset, model: str) -> Plans | None:
    """The first and the last scenario of a study; None where they are not what the study ran."""
    from haihe.analysis.coalitions import find_differences
    from haihe.analysis.study_attribution import Plans
    from haihe.analysis.study_explorer import read_about
    from haihe.cli.answers import read_model_name
    from haihe.cli.inputs import open_model
    from haihe.errors import InputErrors
    from haihe.scenario.load import load_scenario

    told = read_about(study).get("scenarios", [])
    if len(told) < 2:
        return None
    try:
        opened = open_model(model or read_model_name(study))
        base, last = (
            load_scenario(str(one["id"]), opened.model, opened.catalogue)
            for one in (told[0], told[-1])
        )
    except (InputError, InputErrors):
        return None
    same = [one.get("digest") for one in (told[0], told[-1])] == [base.digest, last.digest]
    if not same or opened.model.digest != study.attrs.get("model_digest"):
        return None
    if base.time != last.time or not find_differences(last, base):
        return None
    return Plans(opened.model, opened.catalogue, opened.folder, base, last)


def share_parts(shared: Shared, year: float) -> list[SheetPart]:
    """What made the difference, or a sentence that says why that is not told."""
    from haihe_viz.attribution import attribution_parts
    from haihe_viz.sheet import SheetPart

    head = Text("哪些措施起了作用", "What made the difference")
    if not shared.found:
        return [SheetPart(head, shared.how)]
    first = shared.found[0]
    between = Text(
        f"从“{first.baseline_title.zh}”到“{first.scenario_title.zh}”。",
        f"From “{first.baseline_title.en}” to “{first.scenario_title.en}”. ",
    )
    lead = Text(between.zh + shared.how.zh, between.en + shared.how.en)
    return [SheetPart(head, lead), *attribution_parts(shared.found, [year])]


def say_study(page: StudyPage, found: Findings) -> Text:
    """The answer: how the first outcome is spread, which targets hold, what matters most."""
    from haihe.analysis.answer_words import say_scorecard
    from haihe_viz.studies import say_leaders

    said = [say_spread(page, found.year)]
    if found.outlooks:
        scored = [o for o in list(found.outlooks.values())[-1] if o.score.met is not None]
        said.append(say_scorecard(scored))
    if found.sensitivity:
        first = found.sensitivity[0]
        title = Text(*(str(first.attrs[f"title_{g}"]) for g in ("zh", "en")))
        leaders = say_leaders(first)
        said.append(Text(f"{title.zh}：{leaders.zh}", f"{title.en}: {leaders.en}"))
    return Text("".join(one.zh for one in said), " ".join(one.en for one in said))


def say_spread(page: StudyPage, year: float) -> Text:
    """Median and 5–95 % of the first outcome in the last group, and in the first."""
    from haihe.units.words import say_unit

    course, group = page.courses[0], page.groups[-1]
    unit = say_unit(course.unit)
    place = int((course.years == year).argmax())
    low, middle, high = (
        f"{float(course.percentiles[-1, row, place]):,.{course.digits}f}" for row in (0, 2, 4)
    )
    return Text(
        f"“{group.title.zh}”中，{year:g}年{course.title.zh}的中位数为 {middle} {unit.zh}，"
        f"90%的成员在 {low} 与 {high} 之间。",
        f"With “{group.title.en}” the median of {course.title.en} in {year:g} is {middle}"
        f" {unit.en}; 90 % of the members lie between {low} and {high}.",
    )


def list_parts(page: StudyPage, found: Findings, lang: Lang) -> list[SheetPart]:
    """Charts and tables of what the analyses found, in the order in which they are read."""
    from dataclasses import replace

    from haihe_viz.outlook import outlook_parts
    from haihe_viz.studies import discovery_parts, plan_parts, sensitivity_parts
    from haihe_viz.studyparts import chance_part, difference_part

    parts: list[SheetPart] = []
    if found.differences:
        parts.append(difference_part(found.differences, page, found.year))
    if len(found.outlooks) > 1:
        titles = {group.label: group.title for group in page.groups}
        parts.append(chance_part(found.outlooks, titles))
    if found.outlooks:
        # What the study did not save is no target that cannot be scored.
        scored = [o for o in list(found.outlooks.values())[-1] if o.score.met is not None]
        parts += outlook_parts(scored)
    for one in found.sensitivity:
        about = Text(*(str(one.attrs[f"title_{g}"]) for g in ("zh", "en")))
        for part in sensitivity_parts(one, lang):
            words = part.title
            title = Text(
                f"{about.zh}取决于什么：{words.zh}", f"What decides {about.en}: {words.en}"
            )
            parts.append(replace(part, title=title))
    if found.discovery is not None:
        where = found.discovery.where
        for number, part in enumerate(discovery_parts(found.discovery, lang)):
            head = Text(
                f"何时出现“{where.zh}”：{part.title.zh}", f"When {where.en}: {part.title.en}"
            )
            lead = found.discovery.sentences[0] if number == 0 else part.lead
            parts.append(replace(part, title=head, lead=lead))
    if found.plans is not None:
        parts += plan_parts(found.plans, lang)
    return parts
