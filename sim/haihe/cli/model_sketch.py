"""`haihe model sketch`: diagrams for Vensim, drawn from the equations."""

from __future__ import annotations

from pathlib import Path

import click

from haihe.cli.console import write_json
from haihe.cli.usage import Misuse
from haihe.errors import InputError
from haihe.project import show_path
from haihe.text import Lang, Text


def sketch_model(model: str, write: bool, output: Path | None, as_json: bool, lang: Lang) -> int:
    """Draw a Vensim model; write the sketch into the file, or a copy of the file elsewhere.

    Raises
    ------
    InputError, InputErrors
        Where the model is wrong, or is no Vensim file.
    """
    from haihe.analysis.sketch import write_sketch
    from haihe.analysis.subsystems import find_subsystems
    from haihe.cli.inputs import find_model_file, open_path
    from haihe.compile.explain import causal_graph
    from haihe.compile.stock_flows import find_flows
    from haihe.model.assemble import hash_model
    from haihe.results.export import replacing

    path = find_model_file(model)
    if path.suffix.lower() != ".mdl":
        shown = show_path(path)
        raise InputError(
            Text(f"{shown} 不是 Vensim 文件", f"{shown} is no Vensim file"),
            expected=Text(".mdl 格式的模型", "a model in .mdl"),
        )
    if write == (output is not None):
        raise Misuse(
            Text(
                "--write 画入模型文件，-o FILE 画入副本，二者选一",
                "--write draws into the model, -o FILE into a copy: choose one",
            )
        )
    opened = open_path(path)
    reads = causal_graph(opened.model, initial=False)
    parts = find_subsystems(opened.model, opened.catalogue, reads, find_flows(opened.model))
    pictures = [(part.name, part.picture) for part in parts if part.picture is not None]
    raw = path.read_bytes().decode("utf-8")
    lines = "\r\n" if "\r\n" in raw else "\n"
    text = write_sketch(raw.replace("\r\n", "\n"), pictures).replace("\n", lines)
    target = output or path
    with replacing(target) as part:
        part.write_bytes(text.encode())
    if target == path and hash_model(path, opened.model.data_files) != opened.model.digest:
        raise AssertionError("a sketch has changed what the model says")
    if as_json:
        write_json({"file": show_path(target), "views": [name for name, _ in pictures]})
        return 0
    said = Text(
        f"{show_path(target)}：{len(pictures)} 个视图，方程逐字未变",
        f"{show_path(target)}: {len(pictures)} views; the equations are letter by letter the same",
    )
    click.echo(said.get(lang))
    return 0
