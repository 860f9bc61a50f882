"""Take the change of a total apart by an identity of the model, observed and projected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from pydantic import Field

from haihe.analysis.lmdi import decompose
from haihe.errors import InputError
from haihe.model.catalogue import Catalogue, find_outcome
from haihe.model.find import find_variable, fold_name, near_names
from haihe.model.types import FloatArray, Model
from haihe.results.decomposition import Decomposition, Effect
from haihe.text import Text, list_choices
from haihe.units import convert
from haihe.yaml import Record, read_yaml, validate

FILE_NAME = "identities.yaml"
OBSERVED = Text("观测", "Observed")


class Link(Record):
    """One series of a chain."""

    factor: str
    series: str
    sum: str = ""
    """Dimension that the series is summed over; "" for none."""


class Part(Record):
    """One part of the total."""

    value: tuple[str, ...]
    along: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)
    chain: tuple[Link, ...] = Field(min_length=1)
    last: str


class Identity(Record):
    """How a total is made of factors."""

    id: str
    title: Text
    total: str
    outcome: str
    factors: dict[str, Text]
    parts: tuple[Part, ...] = Field(min_length=1)


class IdentityFile(Record):
    """The whole of `identities.yaml`."""

    identities: tuple[Identity, ...]


def load_identities(folder: Path) -> tuple[Identity, ...]:
    """Identities of a model's folder; none where it has no file of them.

    Raises
    ------
    InputErrors
        Everything that is wrong with the file.
    """
    path = folder / FILE_NAME
    return validate(read_yaml(path), IdentityFile).identities if path.is_file() else ()


def find_identity(identities: Sequence[Identity], name: str) -> Identity:
    """Identity of a name.

    Raises
    ------
    InputError
        Where there is none.
    """
    for identity in identities:
        if fold_name(identity.id) == fold_name(name):
            return identity
    known = [identity.id for identity in identities]
    expected = (
        list_choices(known)
        if known
        else Text(f"模型旁的 {FILE_NAME}", f"{FILE_NAME} beside the model")
    )
    raise InputError(
        Text(f"没有恒等式 {name}", f"there is no identity {name}"),
        None,
        expected,
        near_names(name, known),
    )


def list_variables(identity: Identity, model: Model) -> tuple[str, ...]:
    """Variables of the model that an identity reads.

    Raises
    ------
    InputError
        Where one is not in the model.
    """
    names = [identity.total]
    for part in identity.parts:
        names += [*part.value, *(link.series for link in part.chain)]
    return tuple(dict.fromkeys(find_variable(model, name).name for name in names))


def decompose_run(
    identity: Identity, model: Model, catalogue: Catalogue, run: xr.Dataset, source: Text
) -> Decomposition:
    """Take one member's total apart.

    Parameters
    ----------
    run
        Dims (time, <dimensions>), with the variables of `list_variables`, in the model's units.

    Raises
    ------
    InputError
        Where a factor is negative, or the identity does not hold.
    """
    total = run[find_variable(model, identity.total).name]
    parts = list(_make_parts(identity, model, run, total))
    effects = {name: np.zeros(total.sizes["time"]) for name in identity.factors}
    for names, factors in parts:
        for name, effect in zip(names, decompose(factors), strict=True):
            effects[name] += effect
    found = find_outcome(catalogue, identity.outcome)
    years = run["time"].to_numpy().astype(float)
    units = str(total.attrs.get("units", ""))

    def shown(values: FloatArray) -> FloatArray:
        return np.asarray(convert(np.asarray(values, dtype=float), units, found.shown))

    result = Decomposition(
        identity.id,
        identity.title,
        found.id,
        found.title,
        found.shown,
        found.digits,
        source,
        years,
        shown(total.to_numpy()),
        tuple(Effect(n, identity.factors[n], shown(values)) for n, values in effects.items()),
    )
    _check_whole(identity, result)
    return result


def _check_whole(identity: Identity, found: Decomposition) -> None:
    """Refuse an identity whose parts are not the whole: its effects would not add up."""
    summed = np.sum([effect.values for effect in found.effects], axis=0)[1:]
    gap = np.abs(np.diff(found.total) - summed)
    scale = float(np.abs(found.total).max()) or 1.0
    if gap.size and not gap.max() <= 1e-9 * scale:
        raise InputError(
            Text(
                f"恒等式 {identity.id} 的各部分之和不等于总量",
                f"the parts of the identity {identity.id} do not make the whole",
            )
        )


Named = tuple[tuple[str, ...], list[FloatArray]]


def _make_parts(
    identity: Identity, model: Model, run: xr.Dataset, total: xr.DataArray
) -> Iterator[Named]:
    """Names and factors (part, time) of every part; the one without `value` comes last."""
    left = total.copy()
    for part in sorted(identity.parts, key=lambda p: not p.value):
        value = left if not part.value else _value(part, model, run)
        if part.value:
            left = left - value.sum([dim for dim in value.dims if dim != "time"])
        yield _factors(part, value, model, run)


def _value(part: Part, model: Model, run: xr.Dataset) -> xr.DataArray:
    arrays = [run[find_variable(model, name).name] for name in part.value]
    product = arrays[0]
    for array in arrays[1:]:
        product = product * array
    for dim, chosen in part.along.items():
        names = model.dimensions[chosen].elements if isinstance(chosen, str) else chosen
        product = product.sel({dim: list(names)})
    return product


def _factors(part: Part, value: xr.DataArray, model: Model, run: xr.Dataset) -> Named:
    """Each series over the one before; 0/0 is NaN."""
    factors: list[xr.DataArray] = []
    before: xr.DataArray | None = None
    for series in (*(_series(link, value, model, run) for link in part.chain), value):
        factors.append(series if before is None else _ratio(series, before))
        before = series
    names = (*(link.factor for link in part.chain), part.last)
    # A factor without the dimension of the parts is the same in each.
    shaped = xr.broadcast(*factors)
    dims = [dim for dim in value.dims if dim != "time"]
    flat = [f.transpose(*dims, "time").to_numpy().reshape(-1, f.sizes["time"]) for f in shaped]
    return names, [np.asarray(array, dtype=float) for array in flat]


def _ratio(series: xr.DataArray, before: xr.DataArray) -> xr.DataArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return series / before


def _series(link: Link, value: xr.DataArray, model: Model, run: xr.Dataset) -> xr.DataArray:
    """A series of a chain, with the dimensions of the value under its names."""
    array = run[find_variable(model, link.series).name]
    if link.sum:
        array = array.sum(link.sum)
    for dim in [str(dim) for dim in array.dims if dim != "time"]:
        home = dim if dim in value.dims else _find_home(dim, array, value)
        array = array.rename({dim: home}) if home != dim else array
        array = array.sel({home: value[home].to_numpy()})
    return array


def _find_home(dim: str, array: xr.DataArray, value: xr.DataArray) -> str:
    """Dimension of the value whose elements a series has under another name."""
    own = {str(name) for name in array[dim].to_numpy()}
    for other in value.dims:
        if other != "time" and {str(n) for n in value[other].to_numpy()} <= own:
            return str(other)
    raise InputError(
        Text(
            f"{array.name} 带有维度 {dim}，而该部分没有",
            f"{array.name} runs over {dim}, which the part has not",
        ),
        None,
        str(value.dims),
    )


def observe_run(
    identity: Identity,
    model: Model,
    catalogue: Catalogue,
    history: xr.Dataset,
    run: xr.Dataset,
) -> xr.Dataset | None:
    """The identity's series as they were observed; drivers, which are observed, as the model has
    them. None where a series was not observed, or in fewer than two years of all.
    """
    by_variable: Mapping[str, str] = {
        fold_name(outcome.variable): short for short, outcome in catalogue.outcomes.items()
    }
    drivers = {fold_name(name) for name in catalogue.drivers}
    found: dict[str, xr.DataArray] = {}
    for name in list_variables(identity, model):
        short = by_variable.get(fold_name(name), "")
        if short in history:
            series = history[short]
            units = run[name].attrs["units"]
            values = convert(
                series.to_numpy().astype(float), catalogue.outcomes[short].shown, units
            )
            found[name] = xr.DataArray(
                values, {"time": series["time"]}, ("time",), attrs=run[name].attrs
            )
        elif fold_name(name) in drivers and run[name].dims == ("time",):
            found[name] = run[name]
        else:
            return None
    joined = xr.merge(
        [array.rename(name) for name, array in found.items()], join="inner", compat="override"
    ).dropna("time")
    return joined if joined.sizes["time"] > 1 else None
