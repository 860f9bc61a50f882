"""Load a study: its scenarios, its inputs, its design, all mistakes at once."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haihe import yaml
from haihe.errors import InputError, InputErrors, Location, raise_all
from haihe.model.types import Model, TimeAxis
from haihe.project import show_path
from haihe.scenario.designs import Design
from haihe.scenario.extend import ScenarioSource, find_model, find_parent, read_sources
from haihe.scenario.factors import Factor, describe_factor, list_elements, read_factors
from haihe.scenario.futures import list_labels
from haihe.scenario.futures_read import read_future_sources
from haihe.scenario.load import resolve_scenario
from haihe.scenario.schema import ScenarioFile, read_words
from haihe.scenario.study_design import check_design, correlate, find_own, warn_design
from haihe.scenario.study_files import find_study
from haihe.scenario.study_inputs import include_inputs, list_future_factors, read_list
from haihe.scenario.study_save import read_savings
from haihe.scenario.study_schema import StudyFile
from haihe.scenario.study_source import Reading, StudySource, read_source
from haihe.scenario.study_values import Savings, Study, StudyFutures
from haihe.scenario.timeaxis import FIELDS, resolve_time
from haihe.scenario.values import Role, Scenario
from haihe.scenario.vocabulary import Vocabulary, index_vocabulary
from haihe.text import Text, Words, join_all

if TYPE_CHECKING:
    from haihe.model.catalogue import Catalogue

DIGEST = 1
"""State of what the digest is made of."""


def find_study_model(path_or_id: str | Path) -> Path:
    """Model file that a study runs.

    Raises
    ------
    InputError, InputErrors
        Where the study, its scenarios or the model cannot be found or read.
    """
    source = read_source(find_study(path_or_id))
    return _find_model(source, _read_scenarios(source))


def load_study(
    path_or_id: str | Path, model: Model | None = None, catalogue: Catalogue | None = None
) -> Study:
    """Load a study with its scenarios, resolved against a model.

    Parameters
    ----------
    path_or_id : a path, or an id in `./scenarios/studies` or among the bundled studies.
    model, catalogue : what it runs; None: read as the study says.

    Raises
    ------
    InputErrors
        With every mistake that shows before anything runs.
    """
    source = read_source(find_study(path_or_id))
    sources = _read_scenarios(source)
    if model is None:
        from haihe.model.translate import read_model

        model = read_model(_find_model(source, sources))
    if catalogue is None:
        from haihe.model.catalogue import load_catalogue

        catalogue = load_catalogue(model)
    reading = Reading(source, index_vocabulary(model, catalogue))
    scenarios = _resolve_scenarios(sources, model, catalogue)
    time = _resolve_time(reading, scenarios)
    factors, table, labels = _read_inputs(reading)
    factors = factors if table else include_inputs(factors, reading)
    futures = reading.collect(lambda: _read_futures(reading, factors, scenarios)) or None
    factors = tuple(factors)
    found = check_design(factors, futures is not None, reading)
    mixing = correlate(factors, reading)
    own = find_own(factors, scenarios, reading)
    savings = reading.collect(lambda: read_savings(reading, time))
    raise_all(_in_order(reading.errors))
    assert savings is not None
    fields = source.fields
    design = replace(found, factors=_pairs(factors), table=table, mixing=mixing)
    warn_design(design, reading)
    every = (*factors, *futures.factors) if futures else factors
    return Study(
        id=source.path.stem,
        title=read_words(fields.title, source.path.stem),
        story=read_words(fields.story, ""),
        model=model.path,
        scenarios=scenarios,
        factors=every,
        design=design,
        own=own,
        futures=futures,
        savings=savings,
        precision=fields.save.precision,
        time=time,
        digest=digest_study(scenarios, every, design, futures, savings, fields, time),
        origin=Location(show_path(source.path)),
        warnings=tuple(dict.fromkeys(reading.warnings)),
        row_labels=labels,
    )


def _read_scenarios(source: StudySource) -> list[tuple[ScenarioSource, ...]]:
    node = source.at("scenarios")
    items = node.items if isinstance(node, yaml.Sequence) else (node,)
    scalars = [item for item in items if isinstance(item, yaml.Scalar)]
    if not scalars:
        raise node.error(
            Text("研究没有情景", "the study has no scenario"), Text("至少一个", "at least one")
        )
    errors: list[InputError] = []
    found: list[tuple[ScenarioSource, ...]] = []
    for item in scalars:
        try:
            found.append(read_sources(find_parent(item, source.path, beside=False)))
        except InputErrors as several:
            errors += several.errors
        except InputError as error:
            errors.append(error)
    raise_all(errors)
    ids = [sources[-1].id for sources in found]
    for item, one in zip(scalars, ids):
        if ids.count(one) > 1:
            raise item.error(
                Text(f"情景 {one} 出现两次", f"the scenario {one} is named twice"),
                Text("每个只出现一次", "each once"),
            )
    return found


def _find_model(source: StudySource, scenarios: Sequence[Sequence[ScenarioSource]]) -> Path:
    if source.fields.model is not None:
        named = ScenarioFile(model=source.fields.model)
        return find_model([ScenarioSource(source.path.stem, source.path, source.tree, named)])
    paths = {find_model(sources).resolve(): sources for sources in scenarios}
    if len(paths) > 1:
        problem = say_many_models({s[-1].id: path for path, s in paths.items()})
        raise source.at("scenarios").error(problem)
    return find_model(scenarios[0])


def say_many_models(paths: Mapping[str, Path]) -> Text:
    """Scenarios, by id, run different models."""
    shown = join_all(
        (
            Text(f"{name} 使用 {show_path(path)}", f"{name} runs {show_path(path)}")
            for name, path in paths.items()
        ),
        "，",
        ", ",
    )
    return Text(
        "各情景使用不同的模型：{shown}", "the scenarios run different models: {shown}"
    ).fill(shown=shown)


def _resolve_scenarios(
    sources: Sequence[Sequence[ScenarioSource]], model: Model, catalogue: Catalogue
) -> tuple[Scenario, ...]:
    errors: dict[str, InputError] = {}
    found = []
    for one in sources:
        try:
            found.append(resolve_scenario(one, model, catalogue))
        except InputErrors as several:
            errors |= {str(error): error for error in several.errors}
    raise_all(errors.values())
    return tuple(found)


def _resolve_time(reading: Reading, scenarios: Sequence[Scenario]) -> TimeAxis:
    model = reading.vocabulary.model
    axes = list(dict.fromkeys(scenario.time or model.time for scenario in scenarios))
    if len(axes) > 1:
        reading.refuse(
            reading.source.at("scenarios"),
            Text("各情景的时间轴不一致", "the time axes of the scenarios differ"),
            Text("同一时间轴", "one axis for all of them"),
        )
    node = reading.source.tree.get("time")
    pairs = node.pairs if isinstance(node, yaml.Mapping) else ()
    given = {key.text: value for key, value in pairs if key.text in FIELDS}
    axis, errors, warnings = resolve_time(given, axes[0])
    reading.errors.extend(errors)
    reading.warnings.extend(warnings)
    return axis


def _read_inputs(
    reading: Reading,
) -> tuple[tuple[Factor, ...], tuple[tuple[float, ...], ...], tuple[str, ...]]:
    """Inputs of the design; and for a list its rows and what they are called."""
    source, vocabulary = reading.source, reading.vocabulary
    fields = source.fields
    if fields.design.method != "list":
        if fields.design.file is not None:
            at = source.at("design", "file")
            problem = Text("只有 list 设计才有文件", "only a list has a file")
            reading.refuse(at, problem, "`method: list`")
        factors, errors, warnings = read_factors(
            source.tree.get("vary"), vocabulary, source.path, fields.allow_out_of_range
        )
        reading.errors.extend(errors)
        reading.warnings.extend(warnings)
        return factors, (), ()
    found = reading.collect(lambda: read_list(reading))
    return found or ((), (), ())


def _read_futures(
    reading: Reading, factors: Sequence[Factor], scenarios: Sequence[Scenario]
) -> StudyFutures | None:
    source, vocabulary = reading.source, reading.vocabulary
    wanted = source.fields.futures
    if wanted is None and source.fields.design.method == "posterior":
        wanted = "each"
    if wanted is None:
        return None
    at = source.at("futures")
    if isinstance(wanted, int) and wanted < 1:
        raise at.error(
            Text(f"未来数为 {wanted}", f"{wanted} futures"),
            Text("至少一个，或 `each`", "at least one, or `each`"),
        )
    sources = read_future_sources(vocabulary.model, vocabulary.catalogue)
    reading.warnings.extend(sources.warnings)
    drawn = list_future_factors(sources, vocabulary)
    taken = {(f.name, element) for f in factors for element in list_elements(f, vocabulary.model)}
    kept = [
        i
        for i, factor in enumerate(drawn)
        if not taken & {(factor.name, e) for e in list_elements(factor, vocabulary.model)}
    ]
    reading.warnings.extend(_warn_set(scenarios, [drawn[i] for i in kept], vocabulary))
    assert len(drawn) == len(list_labels(sources))
    count = 0 if wanted == "each" else int(wanted)
    return StudyFutures(sources, count, tuple(drawn[i] for i in kept), tuple(kept))


def _warn_set(
    scenarios: Sequence[Scenario], drawn: Sequence[Factor], vocabulary: Vocabulary
) -> list[Words]:
    uncertain = {f.name for f in drawn}
    said: list[Words] = []
    for scenario in scenarios:
        names = {
            s.name
            for s in scenario.settings
            if s.role in {Role.PARAMETER, Role.DRIVER} and s.name in uncertain
        }
        if names:
            said.append(
                Text(
                    f"{scenario.id} 自行设定了 {'、'.join(sorted(names))}，未来不改变它",
                    f"{scenario.id} sets {', '.join(sorted(names))} itself: the futures do not "
                    "change it there",
                )
            )
    return said


def _pairs(factors: Sequence[Factor]) -> tuple[tuple[str, Any], ...]:
    return tuple((factor.label, factor.distribution) for factor in factors)


def _in_order(errors: Sequence[InputError]) -> list[InputError]:
    def place(error: InputError) -> tuple[str, int, int]:
        where = error.where or Location("")
        return where.file, where.line, where.column

    return sorted({str(error): error for error in errors}.values(), key=place)


def digest_study(
    scenarios: Sequence[Scenario],
    factors: Sequence[Factor],
    design: Design,
    futures: StudyFutures | None,
    savings: Savings,
    fields: StudyFile,
    time: TimeAxis,
) -> str:
    """SHA-256 over all that the members and what is kept of them hang on, but the model."""
    shown = ("title", "source", "grade")
    said = [
        {key: value for key, value in describe_factor(factor).items() if key not in shown}
        for factor in factors
    ]
    rows = [[None if math.isnan(x) else x for x in row] for row in design.table]
    rule = [design.method, design.samples, design.seed, design.levels, list(design.quantiles)]
    kept = [
        list(savings.outcomes),
        None if savings.years is None else list(savings.years),
        [[p.start, p.stop, p.statistic] for p in savings.periods],
        savings.peak,
        fields.save.precision,
    ]
    everything = [
        DIGEST,
        [[scenario.id, scenario.digest] for scenario in scenarios],
        said,
        [*rule, design.second_order, rows, design.mixing],
        [futures.count, futures.sources.digest] if futures else None,
        kept,
        [time.start, time.stop, time.step, time.save_step, time.method],
    ]
    text = json.dumps(everything, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
