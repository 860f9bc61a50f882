"""What a live page is given: presets it can carry, and those that it cannot."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from haihe.analysis.live import build_live, pack
from haihe.analysis.live_presets import make_preset
from haihe.analysis.report import load_background
from haihe.cli.inputs import Opened, open_model
from haihe.errors import InputError
from haihe.scenario.load import load_scenario
from haihe.scenario.values import Scenario
from haihe.scenario.vocabulary import index_vocabulary
from haihe_viz.live import choose_charts, render_live, set_words


@pytest.fixture(scope="module")
def opened() -> Opened:
    return open_model("tianjin")


def load(opened: Opened, folder: Path, name: str, text: str) -> Scenario:
    path = folder / f"{name}.yaml"
    path.write_text(f"model: tianjin\n{text}\n", "utf-8")
    return load_scenario(path, opened.model, opened.catalogue)


def test_a_preset_says_what_the_file_says(opened: Opened, tmp_path: Path) -> None:
    scenario = load(
        opened,
        tmp_path,
        "own",
        "levers: {rail sidings: 55 %, policy delay: {port: 2}, dust control: [[2028, 90 %]]}\n"
        "drivers: {demand growth: [[2030, 3 %/yr]]}\n"
        "parameters: {ban cost: 150, learning rate: {solar: 0.2}}",
    )
    preset = make_preset(scenario, index_vocabulary(opened.model, opened.catalogue))
    assert preset.levers == {
        "rail sidings": 0.55,
        "policy delay[port]": 2.0,
        "dust control": [[2028.0, 0.9]],
    }
    assert preset.written["drivers"] == {"demand growth": [[2030.0, 0.03]]}
    assert preset.written["parameters"] == {"ban cost": 150.0, "learning rate": {"solar": 0.2}}
    # The driver keeps the model's own values before its first point.
    series = preset.series["demand growth"]
    assert series["x"][0] < 2022
    assert series["y"][-1] == 0.03
    # A parameter goes along whole: other elements keep their values.
    elements = opened.model.variables["learning rate"].default
    assert len(preset.constants["learning rate"]) == np.size(elements)


def test_what_a_live_page_cannot_carry_is_named(opened: Opened, tmp_path: Path) -> None:
    background = load_background(opened.catalogue, opened.folder)
    frozen = load(opened, tmp_path, "still", "")
    forced = load(opened, tmp_path, "forced", "force: {carbon price: 100}")
    live = build_live(opened.model, background, frozen, None, [forced])
    assert [preset["id"] for preset in live.data["presets"]] == ["still"]
    assert "forces carbon price" in live.data["leftOut"]["forced"]["en"]
    assert live.data["baseline"] == ""
    json.dumps(live.data, allow_nan=False)
    with pytest.raises(InputError, match="forces carbon price"):
        build_live(opened.model, background, forced)
    # What the page opens with is of the model, and nothing of it is left open.
    shown = choose_charts(live.data)
    known = {one["id"] for one in live.data["outcomes"]}
    assert all(shown[name] and known >= set(shown[name]) for name in shown)
    page = render_live(live.script, live.data, "en")
    assert page.count("</script>") == 5
    assert "://" not in page.split("<body")[0]


def test_words_are_set_and_quotes_are_not() -> None:
    title = {"zh": "CO2", "en": "CO2"}
    done = set_words({"title": title, "quote": "CO2 与 PM2.5", "unit": "ug/m3", "n": [1, None]})
    assert done["title"]["en"] == "CO₂"
    assert done["quote"] == "CO2 与 PM2.5"
    assert done["unit"] == {"zh": "µg/m³", "en": "µg/m³"}
    assert done["n"] == [1, None]


def test_numbers_are_packed_in_the_order_of_c() -> None:
    values = np.array([[1.0, 2.5], [-3.0, 1e300]]).T
    assert np.array_equal(np.frombuffer(base64.b64decode(pack(values))), [1.0, -3.0, 2.5, 1e300])
