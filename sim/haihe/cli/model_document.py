"""`haihe model document`: the model explained, as Markdown with pictures and as one page."""

from __future__ import annotations

from pathlib import Path

import click

from haihe.cli.console import show_progress, write_json
from haihe.cli.output import check_folder
from haihe.project import show_path
from haihe.text import Lang, Text

PAGE, PICTURES = "model.html", "pictures"


def document_model(model: str, output: Path | None, as_json: bool, lang: Lang) -> int:
    """Write the documentation of a model into a folder.

    Raises
    ------
    InputError, InputErrors
        Where the model is wrong, or the folder is a file.
    """
    from haihe.results.export import replacing

    folder = output or Path("docs/model")
    check_folder(folder)
    with show_progress(Text("解释模型", "Explaining the model").get(lang)):
        files = make_files(model, lang)
    for name, text in files.items():
        with replacing(folder / name) as part:
            part.write_text(text, encoding="utf-8")
    if as_json:
        write_json({"folder": show_path(folder), "files": sorted(files)})
        return 0
    said = Text(
        f"已写出 {len(files)} 个文件，从 {show_path(folder / PAGE)} 看起",
        f"{len(files)} files written; begin with {show_path(folder / PAGE)}",
    )
    click.echo(said.get(lang))
    return 0


def make_files(model: str, lang: Lang) -> dict[str, str]:
    """Every file of the documentation, by its name in the folder."""
    from haihe.analysis.document import explain_whole
    from haihe.analysis.document_markdown import write_markdown
    from haihe.cli.inputs import open_model
    from haihe_viz.modelpage import render_model
    from haihe_viz.stockflow import draw_picture

    opened = open_model(model)
    document = explain_whole(opened.model, opened.catalogue)
    files = write_markdown(document)
    for part in document.subsystems:
        if part.picture is not None:
            for each in ("zh", "en"):
                spoken: Lang = "zh" if each == "zh" else "en"
                name = f"{PICTURES}/{part.slug}.{spoken}.svg"
                files[name] = draw_picture(part.picture, spoken)
    files[PAGE] = render_model(document, lang)
    return files
