"""What `haihe page SCENARIO --live` does: a page that runs the model itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from haihe.cli.console import say, show_progress
from haihe.errors import InputError, InputErrors
from haihe.project import show_path
from haihe.text import Lang, Text, lead

if TYPE_CHECKING:
    from haihe.analysis.live import Live
    from haihe.cli.inputs import Opened
    from haihe.scenario.futures import Futures
    from haihe.scenario.values import Scenario

PAGE = "live.html"


def make_live(scenario: str, against: str | None, futures: int, lang: Lang) -> Live:
    """Everything that the live page of a scenario holds.

    Parameters
    ----------
    against
        Baseline; None: what the scenario builds on in the end, if it builds on anything.
    futures
        How many calibrated futures go along; 0 for none.
    """
    from haihe.analysis.live import build_live
    from haihe.analysis.report import load_background
    from haihe.cli.inputs import open_scenarios
    from haihe.scenario.load import load_scenario

    with show_progress(Text("读取模型和情景", "Reading model and scenarios").get(lang)):
        names = [scenario] if against is None else [scenario, against]
        opened, loaded = open_scenarios(names)
        first = loaded[0]
        if against is None and first.chain:
            root = load_scenario(first.chain[-1], opened.model, opened.catalogue)
            loaded = (first, root)
        background = load_background(opened.catalogue, opened.folder)
    for one in loaded:
        for warning in one.warnings:
            say(warning)
    with show_progress(
        Text("编译模型，抽取未来", "Compiling the model, drawing futures").get(lang)
    ):
        return build_live(
            opened.model,
            background,
            first,
            loaded[1] if len(loaded) > 1 else None,
            load_presets(opened),
            draw(opened, futures, lang),
            name_model(opened),
        )


def load_presets(opened: Opened) -> tuple[Scenario, ...]:
    """Scenarios of the project and those that ship, as far as they run this model.

    One that is wrong is left out, with a message: it is not what was asked for.
    """
    from haihe.scenario.extend import find_model, read_sources
    from haihe.scenario.files import list_scenarios
    from haihe.scenario.load import resolve_scenario

    found: dict[str, Scenario] = {}
    heads = (*list_scenarios(Path("scenarios"), strict=False), *list_scenarios(strict=False))
    for head in heads:
        if head.id in found:
            continue
        try:
            sources = read_sources(head.path)
            if find_model(sources).resolve() == opened.model.path.resolve():
                found[head.id] = resolve_scenario(sources, opened.model, opened.catalogue)
        except (InputError, InputErrors) as error:
            say(lead(head.id, error.words))
    return tuple(found.values())


def draw(opened: Opened, count: int, lang: Lang) -> Futures | None:
    """Futures of the model; None where it says nothing of them, or where none are asked for."""
    from haihe.scenario.futures import draw_futures
    from haihe.scenario.futures_read import FUTURES, POSTERIOR, read_future_sources

    if count == 0:
        return None
    if not any((opened.folder / name).is_file() for name in (POSTERIOR, FUTURES)):
        say(
            Text(
                "模型没有校准过的未来：页面上没有区间和概率。",
                "The model has no calibrated futures: the page shows no bands and no chances.",
            ).get(lang)
        )
        return None
    for warning in read_future_sources(opened.model, opened.catalogue).warnings:
        say(warning)
    return draw_futures(opened.model, opened.catalogue, count)


def name_model(opened: Opened) -> str:
    """How a scenario file names the model: an id where it has one, else its path."""
    path = opened.model.path
    return path.stem if path.parent.name == path.stem else show_path(path)


def describe_live(live: Live, place: Path, size: int) -> dict[str, object]:
    """What was written, as JSON."""
    futures = live.data["futures"]
    return {
        "page": show_path(place),
        "bytes": size,
        "scenario": live.data["start"],
        "baseline": live.data["baseline"] or None,
        "presets": [preset["id"] for preset in live.data["presets"]],
        "left_out": {key: why["en"] for key, why in live.data["leftOut"].items()},
        "futures": 0 if futures is None else futures["count"],
    }
