"""Outcomes of a study: what was saved, in whichever form, is what is found."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from study_example import make_study

from haihe.analysis.select_outcome import Asked, read_asked, select_outcome
from haihe.errors import InputError

COURSE = np.array([[1.0, 5, 3], [4, 2, 6]])


@pytest.fixture
def yearly() -> xr.Dataset:
    return make_study(np.ones((2, 1)), {"CO2": COURSE}, years=(2025, 2030, 2035))


@pytest.fixture
def single(yearly: xr.Dataset) -> xr.Dataset:
    """The same study that saved single years only."""
    parts = {}
    for place, year in enumerate((2025, 2030, 2035)):
        attrs = {"kind": "summary", "outcome": "CO2", "variable": "CO2", "units": "Mt/Year"}
        values = ("member", COURSE[:, place], attrs | {"reduction": f"at {year}"})
        parts[f"CO2 at {year}"] = values
    return yearly.drop_vars("CO2").assign(parts)


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("PM2.5 at 2030", Asked("PM2.5", (), "at", (2030.0,))),
        ("CO2 peak", Asked("CO2", (), "peak")),
        ("CO2 Peak Year", Asked("CO2", (), "peak year")),
        ("good days 2025–2035 mean", Asked("good days", (), "mean", (2025.0, 2035.0))),
        ("mix[solar, low] at 2035", Asked("mix", ("solar", "low"), "at", (2035.0,))),
        ("rail share", Asked("rail share")),
    ],
)
def test_what_is_asked(text: str, want: Asked) -> None:
    assert read_asked(text) == want


@pytest.mark.parametrize(
    ("how", "want"),
    [
        ("at 2030", [5, 2]),
        ("peak", [5, 6]),
        ("peak year", [2030, 2035]),
        ("2025-2030 mean", [3, 3]),
        ("2025-2035 sum", [9, 12]),
        ("2030-2035 min", [3, 2]),
    ],
)
def test_reductions(yearly: xr.Dataset, how: str, want: list[float]) -> None:
    np.testing.assert_allclose(select_outcome(yearly, f"co2 {how}"), want)


def test_single_years_make_a_course(single: xr.Dataset) -> None:
    found = select_outcome(single, "CO2")
    np.testing.assert_array_equal(found, COURSE)
    np.testing.assert_array_equal(found["time"], [2025, 2030, 2035])
    np.testing.assert_array_equal(select_outcome(single, "CO2 at 2035"), COURSE[:, 2])


def test_a_sum_of_rates_is_an_amount(yearly: xr.Dataset) -> None:
    assert select_outcome(yearly, "CO2 2025-2035 sum").attrs["units"] == "Mt"
    assert select_outcome(yearly, "CO2 2025-2035 mean").attrs["units"] == "Mt/Year"


def test_a_member_without_numbers_has_no_peak_year(yearly: xr.Dataset) -> None:
    yearly["CO2"][0] = np.nan
    found = select_outcome(yearly, "CO2 peak year").to_numpy()
    assert np.isnan(found[0])
    assert found[1] == 2035


def test_what_was_not_saved_is_said(yearly: xr.Dataset, single: xr.Dataset) -> None:
    with pytest.raises(InputError, match="did you mean CO2"):
        select_outcome(yearly, "C02 at 2030")
    with pytest.raises(InputError, match="did you mean 2030 or 2035"):
        select_outcome(yearly, "CO2 at 2033")
    with pytest.raises(InputError, match="expected CO2 at 2025, CO2 at 2030"):
        select_outcome(single, "CO2 at 2033")
    with pytest.raises(InputError, match="0 dimensions"):
        select_outcome(yearly, "CO2[coal] at 2030")
