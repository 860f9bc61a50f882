"""What the commands that answer questions share: CSV to stdout, years, where a store lies."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haihe.cli.words import Decorated, option
from haihe.errors import InputError
from haihe.text import Text

if TYPE_CHECKING:
    import xarray as xr

    from haihe.cli.inputs import Opened
    from haihe.model.types import FloatArray


TWO_OF_A_KIND = Text("同类的两个", "two of a kind")
"""What is expected of two things that are compared."""


def csv_option(command: Decorated) -> Decorated:
    """`--csv`."""
    return option(
        "--csv", "as_csv", is_flag=True, zh="把表格以 CSV 写到标准输出。", en="Write CSV to stdout."
    )(command)


def seed_option(command: Decorated) -> Decorated:
    """`--seed`."""
    return option(
        "--seed",
        type=click.IntRange(0, 2**63 - 1),
        default=0,
        show_default=True,
        zh="随机数种子；相同种子，相同结果。",
        en="What is drawn by; the same seed, the same answer.",
    )(command)


def chart_option(command: Decorated) -> Decorated:
    """`-o`, a page of the answer."""
    return option(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        metavar="FILE",
        zh="另写一个带图的页面（.html），离线可看。",
        en="Write a page with charts too (.html); it opens offline.",
    )(command)


def label_option(command: Decorated) -> Decorated:
    """`--scenario`, one of those that a study holds."""
    return option(
        "--scenario",
        "label",
        default="",
        metavar="ID",
        zh="研究结果库中的哪一个情景。",
        en="Which scenario of a study's store.",
    )(command)


def write_rows(rows: Iterable[tuple[object, ...]]) -> None:
    """Write CSV to stdout; no cell is taken for a formula."""
    from haihe.results.export import as_text

    writer = csv.writer(sys.stdout, lineterminator="\n")
    for row in rows:
        writer.writerow([as_text(cell) if isinstance(cell, str) else cell for cell in row])


def as_series(years: FloatArray, values: FloatArray) -> dict[str, float | None]:
    """Values by year, as JSON holds them."""
    import numpy as np

    return {
        f"{year:g}": float(value) if np.isfinite(value) else None
        for year, value in zip(years, values, strict=True)
    }


def words_of(text: Text) -> dict[str, str]:
    """Words in both languages, as JSON holds them."""
    return {"zh": text.zh, "en": text.en}


def check_year(year: float, years: FloatArray) -> None:
    """Refuse a year that the runs do not hold.

    Raises
    ------
    InputError
        With the years that there are.
    """
    import numpy as np

    if not np.isclose(years, year, rtol=0, atol=1e-6).any():
        first, last = years[0], years[-1]
        raise InputError(
            Text(f"结果不含 {year:g} 年", f"the runs hold no year {year:g}"),
            None,
            Text(f"{first:g} 至 {last:g}", f"{first:g} to {last:g}"),
        )


def find_study(name: str) -> Path | None:
    """Store of a study where a name is one; None where it is meant as a scenario."""
    path = Path(name)
    if not path.is_dir():
        return None
    from haihe.results.study_store import is_study

    return path if is_study(path) else None


def open_members(path: Path, scenario: str) -> tuple[Opened, xr.Dataset, str]:
    """Members of one scenario of a study, with the model that the store says it was run with.

    Raises
    ------
    InputError, InputErrors
        Where the store or the model is wrong.
    """
    from haihe.analysis.outlook import pick_members
    from haihe.cli.inputs import open_model
    from haihe.results.study_store import open_study

    study = open_study(path)
    members, label = pick_members(study, scenario)
    return open_model(read_model_name(study)), members, label


def read_model_name(study: xr.Dataset) -> str:
    """Model that a study was run with, by the name under which it can be opened."""
    import json

    said: Any = study.attrs.get("study", "{}")
    about = json.loads(said) if isinstance(said, str) else dict(said)
    return str(study.attrs.get("model") or about.get("model") or "tianjin")
