"""`haihe export`: results and studies in the formats of others."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haihe.cli.console import write_json
from haihe.cli.study_inputs import model_option
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.errors import InputError
from haihe.project import show_path
from haihe.text import Text

if TYPE_CHECKING:
    import xarray as xr

    from haihe.results.iamc import Row
    from haihe.results.study_page import StudyPage

SUFFIXES = {
    "csv": ".csv", "parquet": ".parquet", "netcdf": ".nc", "iamc": ".iamc.csv",
    "ro-crate": ".crate",
}  # fmt: skip


@click.command(
    "export",
    cls=Command,
    words=Text(
        "把一次运行或一项研究的结果导出为其他软件能读的格式。\n\n"
        "SOURCE 是 haihe sweep 写出的结果库，或 haihe run 写出的文件夹。csv 和 parquet 为全部成员，"
        "逐块写出，默认每行一个数（--wide：每行一个成员的一年）；netcdf 带 CF 属性；"
        "iamc 为 pyam 可读的宽表，研究给出百分位；ro-crate 是带来源的研究包。"
        "文本不会被电子表格当作公式。",
        "Export a run or a study for other programs.\n\n"
        "SOURCE is the store of a study that `haihe sweep` wrote, or a folder that `haihe run` "
        "wrote. csv and parquet hold every member, written block by block, one number a row (with "
        "--wide: one year of a member a row); netcdf carries the attributes of CF; iamc is the "
        "wide table that pyam reads, with percentiles of a study; ro-crate is a package of a study "
        "with its provenance. No text is a formula to a spreadsheet.",
    ),
    example="haihe export output/plan-uncertainty.zarr --format iamc -o plan.csv\n"
    "haihe export output/plan-uncertainty.zarr --format parquet --wide",
)
@click.argument("source", metavar="SOURCE")
@option(
    "--format",
    "form",
    type=click.Choice(list(SUFFIXES)),
    default="csv",
    show_default=True,
    zh="格式。",
    en="Format.",
)
@option("--wide", is_flag=True, zh="（csv、parquet）宽表。", en="For csv and parquet: wide form.")
@option(
    "--region",
    default="",
    zh="（iamc）地区列；默认为模型名称，首字母大写。",
    en="For iamc: the column region; the model's name, capitalised, where it is not given.",
)
@option(
    "--with-store",
    is_flag=True,
    zh="（ro-crate）连同结果库一起打包。",
    en="For ro-crate: let the whole store go along.",
)
@option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    zh="写到哪里；默认写在结果旁边。",
    en="Where to write; beside the source where it is not given.",
)
@model_option
@common_options
@click.pass_context
def command(
    context: click.Context,
    source: str,
    form: str,
    wide: bool,
    region: str,
    with_store: bool,
    output: Path | None,
    model: str,
    as_json: bool,
) -> None:
    """Export one source."""
    from haihe.cli.answers import find_study

    check_options(form, wide, region, with_store)
    store = find_study(source)
    results = None if store else find_results(Path(source))
    origin = store or results or Path(source)
    place = output or origin.with_suffix(SUFFIXES[form])
    if form in ("csv", "parquet"):
        rows = export_table(open_source(store, results), place, form, wide)
    elif form == "netcdf":
        rows = export_netcdf(open_source(store, results), place, study=store is not None)
    elif form == "iamc":
        rows = export_iamc(store, results, place, region, model)
    elif store is None:
        raise InputError(
            Text("RO-Crate 由研究结果库生成", "an RO-Crate is made of a study"),
            None,
            Text("`haihe sweep` 写出的结果库", "a store that `haihe sweep` wrote"),
        )
    else:
        rows = export_crate(store, place, region, model, with_store)
    if as_json:
        write_json({"written": show_path(place), "format": form, "rows": rows})
    else:
        lang = settings_of(context).lang
        told = Text(f"，{rows:,} 行", f", {rows:,} rows").get(lang) if rows else ""
        click.echo(f"{Text('已写入', 'Wrote').get(lang)} {show_path(place)}{told}")


def check_options(form: str, wide: bool, region: str, with_store: bool) -> None:
    """Refuse options that another format has."""
    if wide and form not in ("csv", "parquet"):
        raise InputError(
            Text("--wide 用于 csv 和 parquet", "--wide is for csv and parquet"),
            expected=Text("同时给出 --format csv", "--format csv"),
        )
    if region and form not in ("iamc", "ro-crate"):
        raise InputError(
            Text("--region 用于 iamc", "--region is for iamc"),
            expected=Text("同时给出 --format iamc", "--format iamc"),
        )
    if with_store and form != "ro-crate":
        raise InputError(
            Text("--with-store 用于 ro-crate", "--with-store is for ro-crate"),
            expected=Text("同时给出 --format ro-crate", "--format ro-crate"),
        )


def find_results(path: Path) -> Path:
    """Store of a run.

    Raises
    ------
    InputError
        Where there is none.
    """
    from haihe.results.store import is_results

    for place in (path, path / "results.zarr"):
        if is_results(place):
            return place
    raise InputError(
        Text(f"{show_path(path)} 中没有结果", f"{show_path(path)} holds no results"),
        expected=Text(
            "`haihe sweep` 写出的结果库，或 `haihe run` 写出的文件夹",
            "a store that `haihe sweep` wrote, or a folder that `haihe run` wrote",
        ),
    )


def open_source(store: Path | None, results: Path | None) -> xr.Dataset:
    """What is exported, opened."""
    if store is not None:
        from haihe.results.study_store import open_study

        return open_study(store)
    from haihe.results.store import open_results

    return open_results(results or Path())


def export_table(data: xr.Dataset, place: Path, form: str, wide: bool) -> int:
    """Every member as a table; how many rows."""
    from haihe.results.export_tables import write_table

    return write_table(data, place, form=form, wide=wide)


def export_netcdf(data: xr.Dataset, place: Path, study: bool) -> int:
    """Every member as NetCDF."""
    if study:
        from haihe.results.export_netcdf import write_netcdf_blocks

        write_netcdf_blocks(data, place)
    else:
        from haihe.results.export import write_netcdf

        write_netcdf(data, place)
    return 0


def export_iamc(
    store: Path | None, results: Path | None, place: Path, region: str, model: str
) -> int:
    """The table of the IAMC; how many rows."""
    from haihe.results.iamc import rows_of_study, write_iamc

    if store is not None:
        _, page = sum_up(store, model)
        name, version = (page.provenance.get(k, "") for k in ("model", "haihe_version"))
        rows: Any = rows_of_study(page)
    else:
        data = open_source(None, results)
        name, version = str(data.attrs.get("model", "")), str(data.attrs.get("haihe_version", ""))
        rows = rows_of_run(data, model)
    return write_iamc(
        rows, place, model=f"haihe {name} {version}".strip(), region=region or name.capitalize()
    )


def sum_up(store: Path, model: str) -> tuple[xr.Dataset, StudyPage]:
    """A study with its percentiles; every outcome that is one number in a year."""
    from haihe.analysis.study_explorer import explore_study
    from haihe.cli.study_inputs import open_study_store

    study, catalogue = open_study_store(str(store), model)
    return study, explore_study(study, catalogue, most=(10_000, 10_000))


def rows_of_run(data: xr.Dataset, model: str) -> Iterator[Row]:
    """Every outcome and element of every member of a run."""
    import numpy as np

    from haihe.analysis.indicators import derive_indicators
    from haihe.cli.study_inputs import find_catalogue
    from haihe.results.iamc import Row, name_variable

    catalogue = find_catalogue(data, model)
    if catalogue is None:
        raise InputError(
            Text("找不到这些结果所用的模型", "the model of these results is not here"),
            expected="--model",
        )
    found = derive_indicators(data, catalogue)
    years = np.asarray(found["time"].values, dtype=float)
    for name, array in found.data_vars.items():
        title, shown = str(array.attrs["title_en"]), str(array.attrs["units"])
        variable, unit = name_variable(str(name), title, shown)
        for suffix, part in list_elements(array.transpose("member", "time", ...)):
            for member, values in zip(found["member"].values, part.values, strict=True):
                yield Row(str(member), variable + suffix, unit, years, np.asarray(values))


def list_elements(array: xr.DataArray) -> Iterator[tuple[str, xr.DataArray]]:
    """Every element of an outcome with what its name ends in."""
    dims = array.dims[2:]
    for place in product(*(range(array.sizes[dim]) for dim in dims)):
        chosen = dict(zip(dims, place, strict=True))
        names = [f"|{array[dim].values[i]}" for dim, i in chosen.items()]
        yield "".join(names), array.isel(chosen)


def export_crate(store: Path, place: Path, region: str, model: str, whole: bool) -> int:
    """A package of a study."""
    from haihe.analysis.study_explorer import read_about
    from haihe.results.export_rocrate import write_crate
    from haihe.results.iamc import rows_of_study, write_iamc

    study, page = sum_up(store, model)
    about = dict(read_about(study))
    source = Path(page.provenance.get("study_file", ""))
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "percentiles.csv"
        name = page.provenance.get("model", "")
        write_iamc(
            rows_of_study(page), table, model=f"haihe {name}", region=region or name.capitalize()
        )
        write_crate(page, about, store, table, place, source=source, whole=whole)
    return 0
