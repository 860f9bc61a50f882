"""The model explained: pages in docs/model are those of the model; nothing is lost in them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise
from pathlib import Path

import pytest

from haihe.analysis.document import explain_whole
from haihe.analysis.subsystems import split_doc
from haihe.cli.inputs import open_model, open_path
from haihe.cli.model_document import PAGE, make_files
from haihe.results.stock_flow import HEIGHT, Picture, Pipe, Shape, lay_out
from haihe.text import Text
from haihe_viz.stockflow import draw_picture

DOCS = Path(__file__).parents[2] / "docs/model"


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return make_files("tianjin", "zh")


def test_shipped_pages_are_of_this_model(files: dict[str, str]) -> None:
    stale = [
        name
        for name, text in files.items()
        if name != PAGE
        and (not (DOCS / name).is_file() or (DOCS / name).read_text(encoding="utf-8") != text)
    ]
    assert stale == [], "the model or its words changed: haihe model document"
    shipped = {p.relative_to(DOCS).as_posix() for p in DOCS.rglob("*") if p.is_file()}
    assert shipped - {PAGE} == set(files) - {PAGE}


def test_every_variable_is_explained_once(files: dict[str, str]) -> None:
    opened = open_model("tianjin")
    for end in ("", ".zh"):
        pages = [
            text
            for name, text in files.items()
            if name.endswith(".md") and name.endswith(".zh.md") == bool(end)
        ]
        heads = [h for text in pages for h in re.findall(r"^### <a id=.*?</a>(.*)$", text, re.M)]
        plain = [re.sub(r"\\(.)", r"\1", head) for head in heads]
        assert sorted(plain) == sorted(opened.model.variables)


def test_links_lead_somewhere(files: dict[str, str]) -> None:
    anchors = {
        f"{name}#{anchor}"
        for name, text in files.items()
        for anchor in re.findall(r'<a id="([^"]+)">', text)
    }
    for name, text in files.items():
        if name.endswith(".md"):
            for target in re.findall(r"\]\(([^)]+)\)", text):
                assert target in files or target in anchors, (name, target)


def test_loops_go_round() -> None:
    opened = open_model("tianjin")
    document = explain_whole(opened.model, opened.catalogue)
    reads = {v.name: v.reads for part in document.subsystems for v in part.variables}
    ids = [loop.id for loop in document.loops]
    assert {*(f"R{k}" for k in range(1, 9)), *(f"B{k}" for k in range(1, 13))} <= set(ids)
    for loop in document.loops:
        assert len(loop.variables) > 1, loop.id
        for cause, effect in zip(loop.variables, (*loop.variables[1:], loop.variables[0])):
            assert cause in reads[effect], (loop.id, cause, effect)
    assert [loop.id for loop in document.loops if not loop.on] == ["R8"]


def test_pictures_are_whole(files: dict[str, str]) -> None:
    pictures = {name: text for name, text in files.items() if name.endswith(".svg")}
    assert len(pictures) > 20
    for name, text in pictures.items():
        root = ElementTree.fromstring(text)
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        for place in root.iter("{http://www.w3.org/2000/svg}tspan"):
            assert -44 <= float(place.attrib["x"]) <= width, name
            assert 0 <= float(place.attrib["y"]) <= height, name


def test_nothing_stands_on_anything_else() -> None:
    opened = open_model("tianjin")
    document = explain_whole(opened.model, opened.catalogue)
    for part in document.subsystems:
        if part.picture is None:
            continue
        columns: dict[float, list[float]] = {}
        for shape in part.picture.shapes:
            columns.setdefault(shape.x, []).append(shape.y)
        for rows in columns.values():
            rows.sort()
            assert all(b - a > HEIGHT for a, b in pairwise(rows)), part.name


def test_flow_stands_between_its_stocks() -> None:
    words = Text("", "")
    shapes = [Shape(n, k, words) for n, k in (("b", "stock"), ("f", "flow"), ("a", "stock"))]
    picture = lay_out(Picture(words, tuple(shapes), (Pipe("a", "f", "b"),), ()))
    place = {shape.name: shape.x for shape in picture.shapes}
    assert place["a"] < place["f"] < place["b"]


def test_model_text_stays_text(tmp_path: Path) -> None:
    path = tmp_path / "evil.mdl"
    path.write_text(
        "{UTF-8}\n"
        '"<script>alert(1)</script>" = INTEG("a & b", 0) ~ <i> ~ '
        "](javascript:x) <img src=x> 标题 |\n"
        '"a & b" = 2 * Time ~ <i>/Year ~ | \n'
        "INITIAL TIME = 0 ~ Year ~ |\nFINAL TIME = 2 ~ Year ~ |\n"
        "TIME STEP = 1 ~ Year ~ |\nSAVEPER = 1 ~ Year ~ |\n",
        encoding="utf-8",
    )
    opened = open_path(path)
    document = explain_whole(opened.model, opened.catalogue)
    for part in document.subsystems:
        if part.picture is not None:
            for lang in ("zh", "en"):
                ElementTree.fromstring(draw_picture(part.picture, lang))  # type: ignore[arg-type]
    made = make_files(str(path), "en")
    for name, text in made.items():
        assert "<script>alert" not in text.replace("```text\n", ""), name
        assert "<img" not in re.sub(r"```text.*?```", "", text, flags=re.S), name
        assert name == PAGE or not re.search(r"(?<!\\)\]\(javascript", text), name


@pytest.mark.parametrize(
    ("doc", "zh", "en"),
    [
        ("Final energy by users 终端用能", "终端用能", "Final energy by users"),
        ("Air; 75 µg/m3 in 2012 空气，75微克", "空气，75微克", "Air; 75 µg/m3 in 2012"),
        ("Only English", "Only English", "Only English"),
        ("只有中文", "只有中文", "只有中文"),
        ("", "", ""),
    ],
)
def test_comments_in_two_languages(doc: str, zh: str, en: str) -> None:
    assert split_doc(doc) == Text(zh, en)
