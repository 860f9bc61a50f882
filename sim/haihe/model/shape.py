"""The array of a subscripted variable, and which part of it each of its definitions fills."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haihe.errors import InputError, Location
from haihe.text import Text

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Shape:
    """Where the definitions of a variable lie in its array."""

    dims: tuple[str, ...]
    lengths: tuple[int, ...]
    blocks: tuple[tuple[tuple[int, ...], ...], ...]
    """For each definition, for each dimension, the positions that it fills."""
    holes: tuple[tuple[tuple[tuple[int, ...], ...], ...], ...]
    """The same for what each definition leaves out (`:EXCEPT:`)."""


def shape_of(element: Any, manager: Any, where: Location) -> Shape:
    """Dimensions of a variable, and which part of it each definition fills.

    Raises
    ------
    InputError
        Where the definitions do not fill the whole of it.
    """
    parts = [component.subscripts[0] for component in element.components]
    if not any(parts):
        return Shape((), (), ((),) * len(parts), ((),) * len(parts))
    if len({len(part) for part in parts}) > 1:
        raise InputError(
            Text(
                f"{element.name} 的各处定义维度不同",
                f"{element.name} has definitions of different dimensions",
            ),
            where,
        )
    with warnings.catch_warnings():
        # It warns of missing elements, which are an error below.
        warnings.simplefilter("ignore")
        dims = tuple(manager.make_merge_list(parts, element.name))
    if None in dims:
        raise InputError(
            Text(
                f"{element.name} 的下标不属于同一个维度",
                f"the subscripts of {element.name} belong to no common dimension",
            ),
            where,
        )
    axes = [list(manager.subscripts[dim]) for dim in dims]
    shape = Shape(
        dims,
        tuple(len(axis) for axis in axes),
        tuple(_positions(part, manager, axes) for part in parts),
        tuple(
            tuple(_positions(group, manager, axes) for group in component.subscripts[1])
            for component in element.components
        ),
    )
    missing = ~filled(shape)
    if missing.any():
        at = tuple(int(i) for i in np.argwhere(missing)[0])
        example = ", ".join(a[i] for a, i in zip(axes, at))
        raise InputError(
            Text(
                f"{element.name} 的 {missing.size} 个元素中有 {int(missing.sum())} 个没有"
                f"方程，例如 [{example}]",
                f"{element.name} has no equation for {int(missing.sum())} of its"
                f" {missing.size} elements, for example [{example}]",
            ),
            where,
            Text(
                f"{'、'.join(dims)} 的每个元素都有方程",
                f"an equation for every element of {', '.join(dims)}",
            ),
        )
    return shape


def _positions(part: list[str], manager: Any, axes: list[list[str]]) -> tuple[tuple[int, ...], ...]:
    coordinates = manager.make_coord_dict(part)
    return tuple(
        tuple(axis.index(name) for name in names) for axis, names in zip(axes, coordinates.values())
    )


def mask_of(shape: Shape, number: int) -> Mask:
    """Which elements definition `number` of a variable fills."""
    mask = np.zeros(shape.lengths, dtype=np.bool_)
    mask[np.ix_(*shape.blocks[number])] = True
    for hole in shape.holes[number]:
        mask[np.ix_(*hole)] = False
    return mask


def filled(shape: Shape) -> Mask:
    """Which elements of a variable any definition fills."""
    mask = np.zeros(shape.lengths, dtype=np.bool_)
    for number in range(len(shape.blocks)):
        mask |= mask_of(shape, number)
    return mask
