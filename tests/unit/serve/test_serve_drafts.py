"""Texts while they are written: every mistake at its place, every slider writes what it shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from haihe.errors import InputError
from haihe.project import find_bundled
from haihe.serve.drafts import Models, Move, check_draft, describe_levers, move_lever
from haihe.serve.places import Project

TEXT = """\
title: {zh: 我的, en: Mine}   # a title
extends: plan

levers:
  # freight first
  rail investment: 4 Mt/yr/yr   # C: assumed
  铁路专用线接入率: 60 %
"""


@pytest.fixture(scope="module")
def models() -> Models:
    """The model is read once."""
    return Models()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project."""
    (tmp_path / "scenarios").mkdir()
    return Project(tmp_path)


@pytest.fixture(scope="module")
def opened(models: Models) -> Any:
    """The model that scenarios run."""
    return models.open(find_bundled("models") / "tianjin" / "tianjin.mdl")


def move(opened: Any, text: str, slider: str, value: float | None, year: float | None) -> str:
    """What a slider does to a text."""
    found = next(one for one in describe_levers(opened)["sliders"] if one["id"] == slider)
    asked = Move(found["name"], tuple(found["element"]), value, year, found["unit"])
    return move_lever(text, asked, opened.vocabulary)


def test_mistakes_stand_at_their_places(project: Project, models: Models) -> None:
    """Line and column of the text itself; a name that is near is offered."""
    text = TEXT + "  rail sidngs: 50 %\n  green travel: 10 apples\n"
    found = check_draft(project, models, "scenario", "x", text)
    assert not found["valid"]
    first, second = found["errors"]
    assert (first["here"], first["line"], first["column"]) == (True, 8, 3)
    assert first["suggestions"][0].startswith("rail sidings")
    assert second["line"] == 9
    assert sorted(project.root.rglob("*")) == [project.root / "scenarios"]


def test_a_draft_that_extends_itself_goes_in_a_circle(project: Project, models: Models) -> None:
    """Also where an older text of the same name is saved."""
    (project.root / "scenarios" / "x.yaml").write_text("title: old\n")
    found = check_draft(project, models, "scenario", "x", "title: x\nextends: x\n")
    assert "circle" in found["errors"][0]["problem"]


def test_mistakes_of_an_extended_file_name_it(project: Project, models: Models) -> None:
    """They are not shown at a line of this text."""
    (project.root / "scenarios" / "base.yaml").write_text("title: b\nlevers:\n  nonsense: 1\n")
    found = check_draft(project, models, "scenario", "x", "title: x\nextends: base\n")
    (error,) = found["errors"]
    assert (error["here"], error["line"]) == (False, 3)
    assert error["file"].endswith("base.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n",
        "a: &x [*x]\n",
        "a: !!python/object:os.system x\n",
        "\t: x",
        "title: x\n---\ntitle: y\n",
        "title: " + "[" * 5000,
        "a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c]\n"
        "e: &e [*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
        "title: x\x07\n",
        "extends: ../../etc/passwd.yaml\n",
        "model: /etc/passwd.mdl\n",
        "drivers: {coal price: {file: ../../etc/passwd}}\n",
        "title: " + "9" * 300_000,
    ],
)
def test_texts_that_are_no_scenario(
    project: Project, models: Models, opened: Any, text: str
) -> None:
    """They are mistakes of the text, for the check and for a slider."""
    for sort in ("scenario", "study"):
        found = check_draft(project, models, sort, "x", text)  # type: ignore[arg-type]
        if text.strip() or sort == "study":
            assert not found["valid"]
    try:
        moved = move(opened, text, "green travel", 10, None)
    except InputError:
        return
    assert "green travel" in moved


def test_slider_keeps_comments_order_and_spelling(opened: Any) -> None:
    """One line changes; a lever written by its title is found under it."""
    moved = move(opened, TEXT, "rail investment", 6.5, None)
    assert moved == TEXT.replace("4 Mt/yr/yr   #", "6.5 Mt/yr/yr #")  # comments keep their column
    dated = move(opened, TEXT, "rail sidings", 70, 2030)
    assert dated == TEXT.replace("60 %", "[[2030, 70 %]]")
    gone = move(opened, TEXT, "rail sidings", None, None)
    assert gone == TEXT.replace("  铁路专用线接入率: 60 %\n", "")


def test_slider_of_an_element_keeps_the_others(
    project: Project, models: Models, opened: Any
) -> None:
    """One number for all elements is spread over them first."""
    text = "title: x\nlevers:\n  policy delay: 2 Year\n"
    sliders = describe_levers(opened)["sliders"]
    delays = [one["id"] for one in sliders if one["name"] == "policy delay"]
    moved = move(opened, text, delays[0], 1, None)
    levers = check_draft(project, models, "scenario", "x", moved)["levers"]
    assert [levers[one]["value"] for one in delays] == [1.0] + [2.0] * (len(delays) - 1)
    gone = move(opened, moved, delays[0], None, None)
    assert delays[0] not in check_draft(project, models, "scenario", "x", gone)["levers"]


def test_every_slider_writes_what_it_shows(project: Project, models: Models, opened: Any) -> None:
    """At both ends and between them, in the unit that people see."""
    sliders = describe_levers(opened)["sliders"]
    for place in (0.0, 0.37, 1.0):
        text, asked = "title: x\n", {}
        for one in sliders:
            low, high = one["limits"]
            asked[one["id"]] = value = low + place * (high - low)
            text = move(opened, text, one["id"], value * one["factor"], None)
        found = check_draft(project, models, "scenario", "x", text)
        assert found["errors"] == []
        for name, value in asked.items():
            kept = found["levers"][name]
            assert kept["own"]
            assert kept["value"] == pytest.approx(value, rel=1e-9, abs=1e-12)


def test_who_set_a_lever_is_said(project: Project, models: Models) -> None:
    """The text itself, or what it extends; what was there before is named."""
    found = check_draft(project, models, "scenario", "x", TEXT)["levers"]
    assert (found["rail investment"]["own"], found["rail investment"]["from"]) == (True, "plan")
    assert (found["green travel"]["own"], found["green travel"]["from"]) == (False, "plan")


def test_study_is_checked_where_it_will_lie(project: Project, models: Models) -> None:
    """Members are counted, nothing stays on disk."""
    text = "scenarios: [plan]\ndesign: {method: posterior, samples: 7}\nsave: {outcomes: [CO2]}\n"
    found = check_draft(project, models, "study", "x", text)
    assert (found["valid"], found["members"]) == (True, 7)
    wrong = check_draft(project, models, "study", "x", text.replace("plan", "plann"))
    assert wrong["errors"][0]["here"]
    assert wrong["errors"][0]["line"] == 1
    assert list((project.root / "scenarios" / "studies").iterdir()) == []


def test_app_saves_what_it_checked(start: Any) -> None:
    """Over the interface: a slider, a save, a conflict, a list."""
    client = start()
    text = client.get("/api/scenarios/mine")["text"]
    body = {"id": "mine", "text": text, "slider": "green travel", "value": 20, "year": None}
    status, moved = client.post("/api/levers", body)
    assert (status, moved["valid"]) == (200, True)
    assert "green travel: 20 %  # kept" in moved["text"]
    saved = {"id": "mine", "text": moved["text"], "replace": None}
    assert client.post("/api/scenarios", saved)[0] == 409
    saved["replace"] = client.get("/api/scenarios/mine")["digest"]
    assert client.post("/api/scenarios", saved)[0] == 200
    path = client.root / "scenarios" / "mine.yaml"
    assert path.read_text("utf-8") == moved["text"]
    listed = {one["id"]: one for one in client.get("/api/scenarios")}
    assert not listed["mine"]["shipped"]
    assert listed["plan"]["shipped"]
    assert client.get("/api/scenarios/plan")["digest"] == ""
