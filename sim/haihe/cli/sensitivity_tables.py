"""Tables of `haihe sensitivity` on the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from haihe.cli.console import open_console
from haihe.text import Lang, Text

if TYPE_CHECKING:
    import xarray as xr


HEADS = {
    "S1": Text("一阶 S1", "First S1"),
    "ST": Text("总效应 ST", "Total ST"),
    "mu": Text("μ", "mu"),
    "mu_star": Text("μ*", "mu*"),
    "sigma": Text("σ", "sigma"),
    "PAWN": Text("PAWN", "PAWN"),
    "SRRC": Text("秩回归系数", "Rank regression"),
    "low": Text("低端", "At its low end"),
    "high": Text("高端", "At its high end"),
    "swing": Text("摆幅", "Swing"),
}


ORDER = ("ST", "mu_star", "PAWN", "S1", "mu", "sigma", "SRRC", "low", "high", "swing")


MOST_YEARS = 8
"""Columns of a table over time on a terminal."""


LEAST_ROWS = 5


MOST_ROWS = 20


NEGLIGIBLE = 0.01
"""Factors below this part of the greatest index are not printed, beyond the first few."""


def print_sensitivity(found: xr.Dataset, lang: Lang, several: bool) -> None:
    """A table of one scenario, and what is to be said of it."""
    from haihe.analysis.tables import in_brackets, print_rows

    console = open_console()
    title = str(found.attrs[f"title_{lang}"])
    head = title + in_brackets(str(found.attrs["units"]), lang)
    if several:
        head += f" · {found.attrs['scenario']}"
    console.print(head)
    shown = choose_factors(found)
    print_rows(console, *(over_years if "time" in found.dims else one_year)(found, shown, lang))
    if len(shown) < found.sizes["factor"]:
        left = found.sizes["factor"] - len(shown)
        text = Text(f"另有 {left} 个因素影响更小；全部见 --csv 或 --json。",
                    f"{left} more factors matter less; --csv and --json have all.")  # fmt: skip
        console.print(text.get(lang), soft_wrap=True)
    for note in found.attrs[f"notes_{lang}"]:
        console.print(note, soft_wrap=True)


def choose_factors(found: xr.Dataset) -> list[int]:
    """Factors worth a row on a terminal, the most important first."""
    import numpy as np

    from haihe.analysis.sensitivity import rank_factors

    order = rank_factors(found)[:MOST_ROWS]
    values = np.abs(np.nan_to_num(found[str(found.attrs["importance"])].to_numpy()))
    size = values.max(axis=1) if values.ndim > 1 else values
    return [
        int(i)
        for place, i in enumerate(order)
        if place < LEAST_ROWS or size[i] > NEGLIGIBLE * size[order[0]]
    ]


def one_year(
    found: xr.Dataset, shown: Sequence[int], lang: Lang
) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of a table of one year, the most important factor first."""
    columns = [name for name in ORDER if name in found]
    heads = [Text("因素", "Factor").get(lang), *(HEADS[name].get(lang) for name in columns)]
    rows = [[name_factor(found, i, lang), *cells(found, i, columns)] for i in shown]
    noise = [f"{name}_noise" for name in columns]
    if any(name in found for name in noise):
        label = Text("（噪声）", "(noise)").get(lang)
        rows.append([label, *(show(float(found[n]), "") if n in found else "" for n in noise)])
    return heads, rows


def cells(found: xr.Dataset, factor: int, columns: Sequence[str]) -> list[str]:
    """Indices of a factor, each with its interval."""
    one = found.isel(factor=factor)
    shown = []
    for name in columns:
        conf = float(one[f"{name}_conf"]) if f"{name}_conf" in one else math.nan
        text = show(float(one[name]), "" if math.isnan(conf) else f" ± {show(conf, '')}")
        if name in ("low", "high"):
            text += f"  ({float(one[f'{name}_value']):.4g} {one['unit'].item()})".replace(
                " Dmnl", ""
            )
        shown.append(text)
    return shown


def show(value: float, conf: str) -> str:
    """A number with three digits after the point, fewer where it is large."""
    if not math.isfinite(value):
        return "–"
    places = 3 if abs(value) < 10 else 1 if abs(value) < 1000 else 0
    return f"{round(value, places) + 0.0:,.{places}f}{conf}"


def name_factor(found: xr.Dataset, factor: int, lang: Lang) -> str:
    """Title of a factor; with its label where another one is called the same."""
    titles = [str(title) for title in found[f"title_{lang}"].to_numpy()]
    label = str(found["factor"].to_numpy()[factor])
    title = titles[factor]
    return title if titles.count(title) == 1 else f"{title} ({label})"


def over_years(
    found: xr.Dataset, shown: Sequence[int], lang: Lang
) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of a table over time: what ranks, in some of the years."""
    name = str(found.attrs["importance"])
    years = found["time"].to_numpy()
    step = max(1, math.ceil(len(years) / MOST_YEARS))
    places = list(range(len(years) - 1, -1, -step))[::-1]
    heads = [f"{HEADS[name].get(lang)}", *(f"{years[place]:g}" for place in places)]
    rows = [
        [
            name_factor(found, i, lang),
            *(show(float(found[name][i, place]), "") for place in places),
        ]
        for i in shown
    ]
    return heads, rows
