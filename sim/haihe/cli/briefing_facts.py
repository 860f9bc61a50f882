"""Find the facts of a briefing: scenarios to be run, a run's folder, or a study's store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haihe.cli.console import say, show_progress
from haihe.errors import InputError
from haihe.text import Lang, Text

if TYPE_CHECKING:
    from haihe.cli.inputs import Opened
    from haihe.results.attribution import Attribution
    from haihe.results.facts import Facts
    from haihe.scenario.values import Scenario

Explained = tuple["Attribution", Callable[[float], Text]]
Explain = Callable[[str, str], Explained]


def find_facts(
    names: Sequence[str], against: str | None, futures: int, seed: int, label: str, lang: Lang
) -> tuple[Facts, Explain | None]:
    """Facts of what is named, and what attributes differences where that can be done.

    Parameters
    ----------
    names
        Scenarios, the first one is what the briefing is about; or one folder of results.
    label
        Which scenario of a study; "" where there is but one beside the baseline.

    Raises
    ------
    InputError, InputErrors
        Where anything of that is wrong.
    """
    source = {
        "names": list(names),
        "against": against,
        "futures": futures,
        "seed": seed,
        "scenario": label,
    }
    if len(names) == 1 and Path(names[0]).is_dir():
        facts, explain = _stored(Path(names[0]), against or "", label), None
    else:
        facts, explain = _run(names, against, futures, seed, lang)
    return replace(facts, source=source), explain


def _run(
    names: Sequence[str], against: str | None, futures: int, seed: int, lang: Lang
) -> tuple[Facts, Explain | None]:
    from haihe.analysis.facts import facts_of_scenarios
    from haihe.cli.inputs import open_scenarios

    first, *others = names
    asked = [first, *([against] if against else []), *others]
    if len(set(asked)) < len(asked):
        raise InputError(
            Text("同一情景出现两次", "a scenario is named twice"),
            None,
            Text("每个一次", "each once"),
        )
    opened, scenarios = open_scenarios(asked)
    for loaded in scenarios:
        for warning in loaded.warnings:
            say(warning)
    with show_progress(Text("运行情景", "Running scenarios").get(lang)) as progress:
        facts = facts_of_scenarios(
            opened.model, opened.catalogue, opened.folder, scenarios, futures, seed, progress,
            compared=bool(against),
        )  # fmt: skip
    return facts, make_explain(opened, scenarios[0], scenarios[1]) if against else None


def make_explain(opened: Opened, scenario: Scenario, baseline: Scenario) -> Explain:
    """What shares a difference among measures, once for each outcome and grouping."""
    known: dict[tuple[str, str], Explained] = {}

    def explain(outcome: str, by: str) -> Explained:
        from haihe.analysis.answer_words import say_attribution
        from haihe.analysis.attribution import attribute, find_cells
        from haihe.analysis.attribution_groups import group_differences
        from haihe.analysis.coalitions import find_differences

        if (outcome, by) not in known:
            cells = find_cells(opened.model, opened.catalogue, [outcome])
            keys = find_differences(scenario, baseline)
            groups = group_differences(keys, opened.catalogue, by, opened.folder)
            found = attribute(
                opened.model, opened.catalogue, scenario, baseline, cells, groups, by
            )[0]
            known[outcome, by] = found, lambda year: say_attribution(found, year)
        return known[outcome, by]

    return explain


def _stored(folder: Path, against: str, label: str) -> Facts:
    """Facts of a folder: a study's store, or what `haihe run` wrote."""
    from haihe.analysis.facts import facts_of_run, facts_of_study
    from haihe.cli.answers import find_study, read_model_name
    from haihe.cli.inputs import open_catalogue
    from haihe.cli.page import find_store
    from haihe.results.store import open_results
    from haihe.results.study_store import open_study

    if find_study(str(folder)) is None:
        results = open_results(find_store(folder))
        held = str(results.attrs.get("baseline", ""))
        if label or (against and against != held):
            zh, en = (f"，基线为 {held}", f" against {held}") if held else ("", "")
            raise InputError(
                Text(f"结果中只有一个情景{zh}", f"the results hold one scenario{en}"),
                None,
                Text(
                    "不带 --scenario，也不带其他 --against",
                    "neither --scenario nor another --against",
                ),
            )
        return facts_of_run(
            results, *open_catalogue(str(results.attrs.get("model", "tianjin")) or "tianjin")
        )
    study = open_study(folder)
    known = list(dict.fromkeys(str(one) for one in study["scenario"].to_numpy()))
    rest = [one for one in known if one != against]
    if against and against not in known:
        raise InputError(
            Text(f"研究中没有情景 {against!r:.60}", f"the study has no scenario {against!r:.60}"),
            None,
            ", ".join(known),
        )
    if not label and len(rest) != 1:
        raise InputError(
            Text("研究中有多个情景", "the study has several scenarios"),
            None,
            f"--scenario {' | '.join(rest)}",
        )
    catalogue, place = open_catalogue(read_model_name(study))
    return facts_of_study(study, catalogue, place, label or rest[0], against)


def read_source(source: Mapping[str, Any], instead: str | None) -> dict[str, Any]:
    """How a document's facts are found again; what it names is no path out of here.

    Raises
    ------
    InputError
        Where the document does not say, or names a place that a document has no business to name.
    """
    names = [str(one) for one in source.get("names", [])]
    if instead is not None:
        names = [instead, *names[1:]] if not Path(instead).is_dir() else [instead]
    else:
        for name in [*names, str(source.get("against") or "")]:
            if Path(name).is_absolute() or ".." in Path(name).parts:
                raise InputError(
                    Text(f"文件由 {name!r:.100} 生成", f"the document was made from {name!r:.100}"),
                    None,
                    Text(
                        "用 --against 给出用来核对的结果库或情景",
                        "--against with the store or the scenario to hold it against",
                    ),
                )
    if not names:
        raise InputError(
            Text("文件没有说明由什么生成", "the document does not say what it was made from"),
            None,
            "--against",
        )
    futures, seed = source.get("futures"), source.get("seed")
    against = source.get("against")
    return {
        "names": names,
        "against": str(against) if against else None,
        "futures": futures if isinstance(futures, int) and 0 <= futures <= 100_000 else 0,
        "seed": seed if isinstance(seed, int) and seed >= 0 else 0,
        "label": str(source.get("scenario") or ""),
    }
