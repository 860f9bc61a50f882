"""`haihe model export`: the model for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from haihe.cli.console import write_json
from haihe.errors import InputError
from haihe.project import show_path
from haihe.text import Lang, Text

if TYPE_CHECKING:
    from haihe.model.types import Model, Variable

XMILE_SUFFIXES = (".xmile", ".stmx", ".xml")


def export_xmile(name: str, target: Path, as_json: bool, lang: Lang) -> int:
    """Write a model as XMILE, once it was read back and found to be the same model.

    Raises
    ------
    InputError, InputErrors
        Where an equation cannot be said in XMILE, or the target is no XMILE file.
    """
    from haihe.cli.inputs import find_model_file
    from haihe.compile.xmile_export import write_xmile
    from haihe.model.translate import read_model
    from haihe.results.export import replacing

    if target.suffix.lower() not in XMILE_SUFFIXES:
        raise InputError(
            Text(
                f"{show_path(target)} 不是 XMILE 文件名",
                f"{show_path(target)} is no name of an XMILE file",
            ),
            expected=Text("city.xmile 之类的名称", "a name such as city.xmile"),
        )
    path = find_model_file(name)
    if target.exists() and target.samefile(path):
        shown = show_path(target)
        raise InputError(
            Text(f"{shown} 是模型本身", f"{shown} is the model itself"),
            expected=Text("另一个文件", "another file"),
        )
    model = read_model(path)
    text = write_xmile(model)
    with replacing(target) as part:
        part.write_text(text, encoding="utf-8")
    back = read_model(target)
    lost = find_lost(model, back)
    if lost:
        raise AssertionError(f"{show_path(target)} reads back without {', '.join(lost)}")
    file, count = show_path(target), len(back.variables)
    if as_json:
        write_json({"file": file, "model": show_path(path), "variables": count})
    else:
        said = Text(
            f"已写出 {file}：{count} 个变量，读回后名称、维度和单位一致",
            f"{file}: {count} variables; names, dimensions and units are the same when it is "
            "read back",
        )
        click.echo(said.get(lang))
    return 0


def find_lost(model: Model, back: Model) -> list[str]:
    """Variables that the other model does not have, or has with other dimensions or units."""
    from haihe.model.parameters import CLOCK
    from haihe.model.types import canonical_name

    found = {canonical_name(name): variable for name, variable in back.variables.items()}
    lost = []
    for name, variable in model.variables.items():
        other = found.get(canonical_name(name))
        if canonical_name(name) in CLOCK:
            continue
        if other is None or shape_of(back, other) != shape_of(model, variable):
            lost.append(name)
    return lost


def shape_of(model: Model, variable: Variable) -> tuple[object, ...]:
    """Unit of a variable, and the elements of its dimensions."""
    return (variable.units, *(model.dimensions[dim].elements for dim in variable.dims))
