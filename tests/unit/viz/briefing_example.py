"""Facts of a made-up run, for briefings: the synthetic report with futures around it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr
from hostile import spoil
from report_example import make_report

from haihe.results.facts import Assumption, Facts
from haihe.results.outlook import Chance, Outlook
from haihe.text import Text

NAMES = ("CO2", "PM2.5", "good days", "non-fossil share", "energy", "GDP")


def make_facts(payload: str = "", scale: float = 1.0, futures: int = 60) -> Facts:
    """Facts; every text with a payload behind it, CO2 of the scenario scaled from 2022 on."""
    report = make_report()
    indicators = report.indicators.copy(deep=True)
    later = indicators["time"].to_numpy() > 2021
    indicators["CO2"].values[0, later] *= scale
    report = replace(report, indicators=indicators)
    if payload:
        report = spoil(report, payload)
    kept = [n for n in NAMES if n in indicators]
    wobble = 1 + 0.05 * np.random.default_rng(0).standard_normal(max(futures, 1))
    sample = xr.Dataset(
        {
            name: (
                ("member", "future", "time"),
                indicators[name].to_numpy()[:, None, :] * wobble[None, :, None],
            )
            for name in kept
        },
        {"member": indicators["member"].to_numpy(), "time": indicators["time"].to_numpy()},
    )
    chance = Chance(60, 40, 2 / 3, 0.54, 0.77, 1.0, 2.0, 3.0)
    outlooks = tuple(
        Outlook(score, chance if score.value is not None and futures else None, None)
        for score in report.scores
    )
    words = Text(f"说明{payload}", f"Words{payload}")
    assumption = Assumption(words, words, f"scenarios/a.yaml:1{payload}", "C", words)
    return Facts(
        report=report,
        sample=sample if futures else None,
        outlooks=outlooks,
        sentences={one.score.id: words for one in outlooks},
        summary=words,
        settings=(assumption,),
        uncertain=(assumption,),
        digests={"data": "0" * 64},
        source={"names": ["plan"], "against": "frozen-2021", "futures": futures, "seed": 0},
    )
