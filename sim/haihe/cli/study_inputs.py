"""Open the store of a study with what people call its outcomes, for the commands that read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from haihe.cli.words import Decorated, option
from haihe.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

    from haihe.model.catalogue import Catalogue


def model_option(command: Decorated) -> Decorated:
    """`--model`, whose catalogue gives ids and units."""
    return option(
        "--model",
        default="",
        zh="模型名称或文件，用其目录中的指标编号、名称和单位；默认取研究所用的模型。",
        en="Model, by name or file, whose catalogue gives ids, titles and units; the model of the"
        " study where it is not given.",
    )(command)


def scenario_option(command: Decorated) -> Decorated:
    """`--scenario`."""
    return option(
        "--scenario",
        default="",
        zh="只看这一情景。",
        en="This scenario of the study only.",
    )(command)


def open_study_store(path: str, model: str) -> tuple[xr.Dataset, Catalogue | None]:
    """A study's store, and the catalogue of its model where there is one.

    Raises
    ------
    InputError
        Where there is no store, or no model of the name that is given.
    """
    from haihe.results.study_store import open_study

    study = open_study(Path(path))
    return study, find_catalogue(study, model)


def find_catalogue(study: xr.Dataset, model: str) -> Catalogue | None:
    """Catalogue of the model that is named, else of the study's own, else none."""
    from haihe.cli.inputs import open_catalogue

    if model:
        return open_catalogue(model)[0]
    try:
        name = str(study.attrs.get("model", ""))
        return open_catalogue(name)[0] if name else None
    except InputError:
        return None


def write_table(path: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table as CSV that a spreadsheet opens in any language and takes for no formula."""
    import csv

    from haihe.results.export import as_text, replacing

    with (
        replacing(Path(path)) as draft,
        draft.open("w", encoding="utf-8-sig", newline="") as stream,
    ):
        writer = csv.writer(stream)
        writer.writerow(heads)
        for row in rows:
            writer.writerow([as_text(cell) if isinstance(cell, str) else cell for cell in row])


def write_page(path: str, text: str) -> None:
    """Write a page, whole or not at all."""
    from haihe.results.export import replacing

    with replacing(Path(path)) as draft:
        draft.write_text(text, encoding="utf-8")
