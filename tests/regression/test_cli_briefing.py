"""Briefings as they are called: made, gone stale by a lever and by a datum, checked, refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from answers_project import write_project
from click.testing import CliRunner, Result

from haihe.cli.app import app

pytest.importorskip("docx")

TEMPLATE = """# {{ title }}

{{ indicator("emissions", 2030) }}, {{ interval("emissions", 2030) }}:
{{ versus("emissions", 2030) }}.

{{ figure("emissions") }}

{{ causes("emissions", 2030, by="group") }}

{{ table("emissions", years=[2025, 2030]) }}
"""


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = write_project(tmp_path / "city")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HAIHE_LANG", "en")
    Path("mine.md").write_text(TEMPLATE, encoding="utf-8")
    return folder


def haihe(*args: str) -> Result:
    return CliRunner().invoke(app, list(args))


def make(place: str, *more: str) -> Result:
    return haihe("briefing", "plan", "--against", "frozen", "--template", "mine.md", "-o", place,
                 "--futures", "50", *more)  # fmt: skip


def check(place: str, *more: str) -> tuple[int, dict]:
    result = haihe("briefing", "--check", place, "--json", *more)
    return result.exit_code, json.loads(result.stdout)


def test_a_lever_or_a_datum_that_changes_makes_an_old_briefing_fail(city: Path) -> None:
    made = make("old.docx")
    assert made.exit_code == 0, made.output
    assert make("old.html").exit_code == 0
    code, told = check("old.docx")
    assert code == 0
    assert told["findings"] == []
    assert told["numbers"] >= 6

    scenario = city / "scenarios" / "plan.yaml"
    written = scenario.read_text(encoding="utf-8")
    assert "saving: " in written
    lines = [line.partition("saving: ")[0] + "saving: 0.05" if "saving: " in line else line
             for line in written.splitlines()]  # fmt: skip
    scenario.write_text("\n".join(lines), encoding="utf-8")
    for place in ("old.docx", "old.html"):
        code, told = check(place)
        assert code == 1
        moved = {row["expression"].partition("(")[0] for row in told["findings"]}
        assert moved >= {"indicator", "versus", "figure", "causes"}
        assert all(row["now"] != row["was"] for row in told["findings"])
        assert "scenario plan" in told["digests_changed"]
    assert make("new.html").exit_code == 0
    assert Path("new.html").read_text("utf-8") != Path("old.html").read_text("utf-8")
    assert check("new.html")[0] == 0

    scenario.write_text(written, encoding="utf-8")
    assert check("old.docx")[0] == 0
    (model,) = city.rglob("*.mdl")
    text = model.read_text(encoding="utf-8")
    model.write_text(text.replace("(2030,100)", "(2030,120)"), encoding="utf-8")
    code, told = check("old.docx")
    assert code == 1
    assert "model_digest" in told["digests_changed"]
    said = haihe("briefing", "--check", "old.docx", "--lang", "zh")
    assert said.exit_code == 1
    assert "数字已变" in said.output
    assert "→" in said.output


def test_a_run_and_a_study_give_briefings_too(city: Path) -> None:
    assert haihe("run", "plan", "--against", "frozen", "-o", "made").exit_code == 0
    Path("mine.md").write_text("{{ indicator('emissions', 2030) }} {{ versus('emissions', 2030) }}")
    result = haihe("briefing", "made", "--template", "mine.md", "-o", "run.md")
    assert result.exit_code == 0, result.output
    assert check("run.md")[0] == 0
    assert haihe("briefing", "made", "--against", "other", "-o", "x.md").exit_code == 2


def test_what_is_wrong_is_said_before_anything_is_written(city: Path) -> None:
    for args, says in (
        (("plan", "-o", "a.odt"), "no format"),
        (("plan",), "-o FILE"),
        (("plan", "--template", "breif", "-o", "a.md"), "did you mean brief"),
        (("plann", "-o", "a.md"), "plan"),
        (("--check", "none.docx"), "no file"),
    ):
        result = haihe("briefing", *args)
        assert result.exit_code == 2
        assert says in result.output
    Path("mine.md").write_text("a\n{{ indicator('emission', 2030) }}")
    result = make("a.md")
    assert result.exit_code == 2
    assert "mine.md:2" in result.output
    assert "did you mean emissions" in result.output
    assert not Path("a.md").exists()


def test_a_document_names_no_place_outside(city: Path) -> None:
    assert make("a.md").exit_code == 0
    import base64
    import re

    text = Path("a.md").read_text("utf-8")
    packed = re.search(r"haihe-briefing (\S+) -->", text)
    assert packed is not None
    inside = base64.b64decode(packed[1]).decode().replace('"plan"', '"/etc/passwd"')
    Path("a.md").write_text(text.replace(packed[1], base64.b64encode(inside.encode()).decode()))
    result = haihe("briefing", "--check", "a.md")
    assert result.exit_code == 2
    assert "--against" in result.output
    assert "root:" not in result.output


@pytest.mark.parametrize("form", ["html", "svg", "table", "csv"])
def test_a_figure_is_embedded(city: Path, form: str) -> None:
    result = haihe("embed", "plan", "--figure", "emissions", "--format", form, "--futures", "0")
    assert result.exit_code == 0, result.output
    assert "2030" in result.stdout
    wrong = haihe("embed", "plan", "--figure", "emision", "--futures", "0")
    assert wrong.exit_code == 2
    assert "did you mean emissions" in wrong.output
