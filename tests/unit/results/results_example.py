"""Results with awkward names, Chinese labels, NaN and infinity."""

from __future__ import annotations

import numpy as np
import xarray as xr

from haihe.results.dataset import Column, build_dataset

ATTRS = {"haihe_version": "0", "model": "m", "model_digest": "d", "backend": "b"}


def make(seed: int = 1) -> xr.Dataset:
    generator = np.random.default_rng(seed)
    columns = [
        Column("CO2 / GDP", ("fuel type",), "Mt/Year", "二氧化碳", "auxiliary"),
        Column("a:b?*", (), "Dmnl", "odd", "stock"),
        Column("zarr.json", (), "Dmnl", "odd", "stock"),
        Column("GDP", (), "Gyuan/Year", "product", "stock"),
    ]
    shapes = {c.name: (3, 5, *([2] if c.dims else [])) for c in columns}
    values = {name: generator.normal(size=shape) for name, shape in shapes.items()}
    values["GDP"][1, 3:] = np.nan
    values["GDP"][2, 0] = -np.inf
    return build_dataset(
        columns,
        values,
        ["基准", "plan", "=cmd()"],
        np.arange(2010.0, 2015.0),
        {"fuel type": ["煤炭", "gas"]},
        digests=["1", "2", "3"],
        status=["", "GDP is not finite from 2013 on", ""],
        attrs=ATTRS,
    )
