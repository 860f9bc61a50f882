"""Diagrams for Vensim: the equations stay, the digest stays, what is drawn can be read back."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from haihe.cli.model import command
from haihe.compile import compile_model, evaluate
from haihe.compile.lower import lower
from haihe.model.scan import SKETCH
from haihe.model.translate import read_model

TIANJIN = Path(__file__).parents[2] / "models/tianjin"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    shutil.copytree(TIANJIN / "data", folder / "data")
    for name in ("tianjin.mdl", "catalogue.yaml"):
        shutil.copy(TIANJIN / name, folder / name)
    path = folder / "tianjin.mdl"
    done = CliRunner().invoke(command, ["sketch", str(path), "--write"])
    assert done.exit_code == 0, done.output
    return path


def test_nothing_but_the_sketch_changes(drawn: Path) -> None:
    before = (TIANJIN / "tianjin.mdl").read_text(encoding="utf-8").partition(SKETCH)[0]
    after, marker, sketch = drawn.read_text(encoding="utf-8").partition(SKETCH)
    assert marker
    assert after.rstrip() == before.rstrip()
    assert sketch.rstrip().endswith("///---\\\\\\")
    model, original = read_model(drawn), read_model(TIANJIN / "tianjin.mdl")
    assert model.digest == original.digest
    ours, theirs = lower(model).equations, lower(original).equations
    assert ours.keys() == theirs.keys()
    for key, equations in theirs.items():
        assert [(e.subs, e.expr) for e in ours[key]] == [(e.subs, e.expr) for e in equations], key


def test_results_are_the_same(drawn: Path) -> None:
    names = ["GDP", "PM25 concentration", "territorial CO2 emissions"]
    ours, theirs = (
        evaluate(compile_model(read_model(path), names), 1)
        for path in (drawn, TIANJIN / "tianjin.mdl")
    )
    for name in names:
        np.testing.assert_array_equal(ours[name], theirs[name])


def test_reference_reads_the_sketch(tmp_path: Path) -> None:
    """PySD sorts variables into views by it: every drawn variable stands in the view of its own."""
    from pysd.translators.vensim.vensim_file import VensimFile

    star = "*" * 56
    path = tmp_path / "two.mdl"
    path.write_text(
        f"{{UTF-8}}\n{star}\n\t.People\n{star}~\n\t\tOne.\n\t|\n"
        "people = INTEG(births - deaths, 10) ~ person ~ |\n"
        "births = people * 0.02 * room ~ person/Year ~ |\n"
        "deaths = people * 0.01 ~ person/Year ~ |\n"
        f"{star}\n\t.Land\n{star}~\n\t\tTwo.\n\t|\n"
        "room = 1 / people ~ 1/person ~ |\n"
        f"{star}\n\t.Control\n{star}~\n\t\tThree.\n\t|\n"
        "INITIAL TIME = 0 ~ Year ~ |\nFINAL TIME = 2 ~ Year ~ |\n"
        "TIME STEP = 1 ~ Year ~ |\nSAVEPER = 1 ~ Year ~ |\n",
        encoding="utf-8",
    )
    done = CliRunner().invoke(command, ["sketch", str(path), "--write"])
    assert done.exit_code == 0, done.output
    file = VensimFile(path)
    file.parse()
    file.parse_sketch([])
    found = file.sections[0].views_dict
    views = {view: {name.strip('"') for name in names} for view, names in found.items()}
    assert views == {"people": {"people", "births", "deaths"}, "land": {"room"}}


def test_numbers_of_objects_fit(drawn: Path) -> None:
    sketch = drawn.read_text(encoding="utf-8").partition(SKETCH)[2]
    for view in sketch.split(SKETCH):
        lines = [line for line in view.splitlines() if re.match(r"1[012]?,", line)]
        numbers = [int(line.split(",")[1]) for line in lines]
        assert numbers == list(range(1, len(numbers) + 1))
        things = {int(x.split(",")[1]) for x in lines if not x.startswith("1,")}
        valves = [x.split(",") for x in lines if x.startswith("11,")]
        for line in lines:
            if line.startswith("1,"):
                start, end = (int(n) for n in line.split(",")[2:4])
                assert {start, end} <= things
        for valve in valves:
            # The name of a flow is the object right after its valve.
            name = next(x for x in lines if x.startswith(f"10,{int(valve[1]) + 1},"))
            assert name.split(",")[7] == "40"


def test_drawing_again_changes_nothing(drawn: Path) -> None:
    before = drawn.read_bytes()
    done = CliRunner().invoke(command, ["sketch", str(drawn), "--write"])
    assert done.exit_code == 0, done.output
    assert drawn.read_bytes() == before


def test_settings_after_the_sketch_stay_and_copies_are_made(drawn: Path, tmp_path: Path) -> None:
    text = drawn.read_text(encoding="utf-8").rstrip() + "\n:L\x7f<%^E!@\n1:run.vdf\n"
    path = drawn.with_name("settings.mdl")
    path.write_text(text, encoding="utf-8")
    copy = drawn.with_name("copy.mdl")
    done = CliRunner().invoke(command, ["sketch", str(path), "-o", str(copy)])
    assert done.exit_code == 0, done.output
    assert copy.read_text(encoding="utf-8").endswith("\n:L\x7f<%^E!@\n1:run.vdf\n")
    assert path.read_text(encoding="utf-8") == text
    assert CliRunner().invoke(command, ["sketch", str(path)]).exit_code == 2


def test_equations_still_count(drawn: Path, tmp_path: Path) -> None:
    """The digest leaves out the sketch and nothing else."""
    model = read_model(drawn)
    text = drawn.read_text(encoding="utf-8")
    other = drawn.with_name("other.mdl")
    other.write_text(text.replace("TIME STEP = 0.25", "TIME STEP = 0.125"), encoding="utf-8")
    assert read_model(other).digest != model.digest
    other.write_text(text.replace("V300", "V300 "), encoding="utf-8")
    assert read_model(other).digest == model.digest
