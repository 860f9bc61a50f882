"""Scorecard, attribution, early warning and decomposition of a small city, as they are called."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from answers_project import write_project
from click.testing import CliRunner, Result

from haihe.analysis.attribution import attribute, find_cells
from haihe.analysis.attribution_groups import group_differences
from haihe.analysis.coalitions import find_differences, mix_batch, prepare_mixture
from haihe.analysis.ensemble import prepare_ensemble, read_targets, sample_futures
from haihe.analysis.outlook import flip_by_data, outlooks_of_members, pick_members
from haihe.analysis.probability import find_chance
from haihe.analysis.shapley import list_coalitions
from haihe.analysis.targets import load_targets
from haihe.cli.app import app
from haihe.cli.inputs import open_scenarios
from haihe.errors import InputError
from haihe.run.compiled import CompiledBackend
from haihe.run.simulate import simulate
from haihe.text import Text


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory):
    """The project as the working folder of every test here."""
    folder = write_project(tmp_path_factory.mktemp("city"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("HAIHE_LANG", "en")
        yield folder


def haihe(*args: str) -> Result:
    return CliRunner().invoke(app, list(args))


def haihe_json(*args: str):
    result = haihe(*args, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def attribute_json(*args: str):
    return haihe_json("attribute", "plan", "--against", "frozen", "--outcome", "emissions", *args)


# --- attribution


def test_mixtures_are_the_scenarios_that_a_person_would_write(city: Path) -> None:
    """Coalitions, curves and late schedules among them, against plain runs of their settings."""
    opened, (plan, base) = open_scenarios(["late", "frozen"])
    keys = find_differences(plan, base)
    groups = [[key] for key in keys]
    mixture = prepare_mixture(opened.model, opened.catalogue, plan, base, groups, CompiledBackend())
    masks = list_coalitions(len(keys))
    fast = CompiledBackend().run(opened.model, mix_batch(mixture, masks), ["emissions"])
    rows = np.random.default_rng(0).choice(len(masks), 24, replace=False)
    chosen = []
    for row in rows:
        names = {(key[1], key[2]) for key, inside in zip(keys, masks[row]) if inside}
        kept = tuple(
            s for s in plan.settings if (s.name, ()) in names or (s.name, s.element) in names
        )
        chosen.append(replace(plan, id=f"m{row}", settings=kept))
    plain = simulate(opened.model, chosen, ["emissions"])["emissions"].to_numpy()
    np.testing.assert_allclose(fast["emissions"][rows], plain, rtol=1e-12)


def test_attribution_shares_the_whole_difference_in_every_year(city: Path) -> None:
    found = attribute_json("--by", "lever", "--at", "2030")
    total = found["total"]
    assert total["2030"] == pytest.approx(100_000 * (0.8 * 0.8 * 0.8 * 0.7 - 1))
    for year, whole in total.items():
        parts = sum(group["shapley"][year] for group in found["groups"])
        assert parts == pytest.approx(whole, abs=1e-9 * 100_000)
        assert sum(g["owen"][year] for g in found["groups"]) == pytest.approx(whole, abs=1e-4)
    assert found["exact"]
    assert found["coalitions"] == 32
    assert total["2021"] == 0


def test_twins_share_alike_and_what_does_nothing_gets_exactly_nothing(city: Path) -> None:
    groups = {g["name"]: g for g in attribute_json("--by", "lever")["groups"]}
    twins = groups["twin a"]["shapley"], groups["twin b"]["shapley"]
    assert twins[0]["2030"] == pytest.approx(twins[1]["2030"], rel=1e-12)
    assert twins[0]["2030"] < -5_000
    assert all(value == 0.0 for value in groups["idle"]["shapley"].values())
    assert all(value == 0.0 for value in groups["idle"]["switch_one_off"].values())


def test_wedges_are_what_single_switches_do(city: Path) -> None:
    found = attribute_json("--by", "lever")
    groups = {g["name"]: g for g in found["groups"]}
    others = 0.8 * 0.8 * 0.7
    assert groups["saving"]["switch_one_off"]["2030"] == pytest.approx(-20_000 * others)
    assert groups["saving"]["switch_one_on"]["2030"] == pytest.approx(-20_000)
    lost = sum(g["switch_one_off"]["2030"] for g in found["groups"])
    left = found["unexplained"]["switch_one_off"]["2030"]
    assert left == pytest.approx(found["total"]["2030"] - lost)
    assert abs(left) > 10_000
    for group in found["groups"]:
        assert group["least"]["2030"] <= group["shapley"]["2030"] <= group["most"]["2030"]


def test_groups_by_article_chapter_policy_group_and_file(city: Path) -> None:
    by = {way: attribute_json("--by", way)["groups"] for way in ("article", "chapter", "group")}
    names = {way: {g["name"]: set(g["settings"]) for g in groups} for way, groups in by.items()}
    assert names["article"]["三"] == {"saving", "twin a"}
    assert names["chapter"] == {
        "二": {"saving", "twin a"},
        "五": {"twin b", "green power"},
        "三": {"idle"},
    }
    assert names["group"]["power"] == {"twin b", "green power", "idle"}
    (city / "g.yaml").write_text(
        "groups:\n- {name: twins, settings: [Twin A, twin b]}\n", encoding="utf-8"
    )
    assert {g["name"] for g in attribute_json("--by", "g.yaml")["groups"]} == {"twins", "other"}
    # Coarser groups add up to the same difference.
    totals = [sum(g["shapley"]["2030"] for g in groups) for groups in by.values()]
    assert totals == pytest.approx([totals[0]] * 3)


def test_a_schedule_and_a_driver_are_measures_too(city: Path) -> None:
    found = haihe_json("attribute", "late", "--against", "plan", "--outcome", "emissions")
    names = {group["name"] for group in found["groups"]}
    assert {"schedule", "drivers"} <= names
    parts = sum(group["shapley"]["2028"] for group in found["groups"])
    assert parts == pytest.approx(found["total"]["2028"], abs=1e-4)


def test_too_many_groups_are_sampled_with_their_error(city: Path, monkeypatch) -> None:
    monkeypatch.setattr("haihe.analysis.attribution.MOST_EXACT", 3)
    found = attribute_json("--by", "lever", "--pairs", "50")
    exact = 100_000 * (0.8 * 0.8 * 0.8 * 0.7 - 1)
    assert not found["exact"]
    assert sum(g["shapley"]["2030"] for g in found["groups"]) == pytest.approx(exact)
    assert all(g["standard_error"]["2030"] >= 0 for g in found["groups"])
    assert max(g["standard_error"]["2030"] for g in found["groups"]) > 0
    assert found["interactions"] == []
    again = attribute_json("--by", "lever", "--pairs", "50")
    assert again["groups"] == found["groups"]


def test_several_outcomes_come_from_the_same_runs(city: Path) -> None:
    found = attribute_json("--outcome", "stock")
    assert set(found["outcomes"]) == {"emissions", "stock"}
    assert found["total"] == found["outcomes"]["emissions"]["total"]
    stock = found["outcomes"]["stock"]
    assert sum(g["shapley"]["2032"] for g in stock["groups"]) == pytest.approx(
        stock["total"]["2032"]
    )


def test_attribution_speaks_and_writes_tables(city: Path) -> None:
    found = attribute_json()
    sentence = found["sentences"]["2030"]
    assert "lower in “Plan” than in “Frozen”" in sentence["en"]
    assert "比“冻结”低" in sentence["zh"]
    assert "unexplained" in sentence["en"]
    rows = list(csv.DictReader(haihe(*CALL, "--csv").stdout.splitlines()))
    year = [row for row in rows if row["year"] == "2030"]
    assert sum(float(row["shapley"]) for row in year) == pytest.approx(found["total"]["2030"])
    shown = haihe(*CALL, "--lang", "zh").stdout
    assert "沙普利值" in shown
    assert "没有解释的差额" in shown


CALL = ("attribute", "plan", "--against", "frozen", "--outcome", "emissions")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("attribute", "plan", "--against", "frozen", "--outcome", "emission"), "mean emissions"),
        ((*CALL, "--by", "chaptr"), "did you mean chapter"),
        ((*CALL, "--at", "2090"), "2015 to 2032"),
        (("attribute", "plan", "--against", "plan", "--outcome", "stock"), "nothing differs"),
        (("scorecard", "plan", "--target", "midling"), "did you mean middling"),
        (("scorecard", "plam"), "plan"),
        (("warn", "plan", "--target", "words"), "not scored"),
        (("decompose", "plan", "--identity", "pear"), "did you mean pair"),
        (("decompose", "plan", "--identity", "pair", "--from", "2031", "--to", "2030"), "before"),
        (("scorecard", "plan", "-o", "page.txt", "--futures", "0"), "ends in .html"),
    ],
)
def test_mistakes_are_told_with_what_was_meant(
    city: Path, args: tuple[str, ...], says: str
) -> None:
    result = haihe(*args)
    assert result.exit_code == 2, result.output
    assert says in result.stderr
    assert "Traceback" not in result.output


def test_a_file_of_groups_says_all_that_is_wrong_with_it(city: Path) -> None:
    (city / "bad.yaml").write_text(
        "groups:\n- {name: one, settings: [savin, twin a]}\n- {name: two, settings: [twin a]}\n",
        encoding="utf-8",
    )
    result = haihe(*CALL, "--by", "bad.yaml")
    assert result.exit_code == 2
    assert "did you mean saving" in result.stderr
    assert "two groups" in result.stderr


# --- scorecard


def test_scorecard_says_how_likely_and_what_flips_it(city: Path) -> None:
    found = haihe_json("scorecard", "plan", "--against", "frozen", "--futures", "2000")
    targets = {target["id"]: target for target in found["targets"]}
    middling = targets["middling"]
    assert middling["met"]
    assert not middling["met_in_base_year"]
    assert middling["baseline"] == pytest.approx(100)
    chance = middling["chance"]
    assert chance["low"] < chance["probability"] < chance["high"]
    # luck * quirk^0.1 * demand must stay below 37 / 35.84: the share of the box where it does.
    box = np.random.default_rng(1).uniform((0.9, 0.9, 0.98), (1.1, 1.1, 1.02), (10**6, 3))
    truth = np.mean(box[:, 0] * box[:, 1] ** 0.1 * box[:, 2] <= 37 / 35.84)
    assert chance["low"] - 0.01 < truth < chance["high"] + 0.01
    flip = middling["flip"]
    assert flip["factor"] == "luck"
    assert flip["value"] == pytest.approx(37 / 35.84, abs=0.002)
    assert flip["value"] > 37 / 35.84  # what is reported has turned: it was run
    assert flip["reached"] > 37
    assert targets["easy"]["met_in_base_year"]
    assert targets["easy"]["chance"]["probability"] == 1
    assert targets["easy"]["flip"] is None
    assert targets["easy"]["flip_searched"]
    assert targets["hopeless"]["chance"]["probability"] == 0
    assert targets["words"]["chance"] is None
    assert targets["words"]["reason"]["en"] == "no indicator"


def test_the_same_seed_gives_the_same_answer_and_another_one_does_not(city: Path) -> None:
    first, again, other = (
        haihe_json("scorecard", "plan", "--futures", "300", "--seed", seed)["targets"][0]["chance"]
        for seed in ("5", "5", "6")
    )
    assert first == again
    assert first["middle"] != other["middle"]


def test_ten_thousand_futures_agree_with_a_hundred_thousand_within_their_error(city: Path) -> None:
    opened, (plan,) = open_scenarios(["plan"])
    targets = [t for t in load_targets(opened.folder / "targets.yaml") if t.scorable]
    setup, _ = prepare_ensemble(opened.model, opened.catalogue, plan, ["emissions"])
    sample = sample_futures(setup, 100_000, 0, lambda found: read_targets(targets, found))
    for number, target in enumerate(targets):
        whole = find_chance(target, sample.values[:, number])
        part = find_chance(target, sample.values[:10_000, number])
        assert whole is not None
        assert part is not None
        assert part.low <= whole.probability <= part.high


def test_scorecard_without_futures_and_with_standards_side_by_side(city: Path) -> None:
    plain = haihe_json("scorecard", "plan", "--futures", "0")["targets"]
    assert all(target["chance"] is None and target["flip"] is None for target in plain)
    shown = haihe("scorecard", "plan", "--futures", "200").stdout
    assert "OLD (2030)" in shown
    assert "NEW (2030)" in shown
    assert "Targets that cannot be scored" in shown
    # One target by two standards is counted once.
    assert "4 targets with a number" in shown
    rows = list(csv.DictReader(haihe("scorecard", "plan", "--csv").stdout.splitlines()))
    assert [row["id"] for row in rows][:3] == ["middling", "easy", "hopeless"]


def test_scorecard_of_members_finds_flips_in_the_data(city: Path) -> None:
    import xarray as xr

    opened, (plan,) = open_scenarios(["plan"])
    targets = load_targets(opened.folder / "targets.yaml")
    setup, _ = prepare_ensemble(opened.model, opened.catalogue, plan, ["emissions"])
    sample = sample_futures(setup, 600, 0, lambda found: found["emissions"].to_numpy() / 1000.0)
    labels = np.array(["plan"] * 599 + ["other"])
    status = np.array([""] * 598 + ["failed", ""])
    study = xr.Dataset(
        {
            "emissions": (("member", "time"), sample.values, {"units": "Mt/Year"}),
            **{
                f"input: {name}": ("member", sample.draws[:, i], {"factor": name, "units": "Dmnl"})
                for i, name in enumerate(sample.factors)
            },
        },
        {
            "member": np.arange(600),
            "time": np.arange(2015.0, 2033.0),
            "scenario": ("member", labels),
            "status": ("member", status),
        },
    )
    with pytest.raises(InputError, match="several scenarios"):
        pick_members(study, "")
    with pytest.raises(InputError, match="did you mean plan"):
        pick_members(study, "plam")
    members, label = pick_members(study, "plan")
    assert (label, members.sizes["member"]) == ("plan", 598)
    rows = {o.score.id: o for o in outlooks_of_members(members, opened.catalogue, targets)}
    middling = rows["middling"]
    assert middling.score.value == pytest.approx(35.84, rel=0.02)
    assert middling.chance is not None
    assert 0.5 < middling.chance.probability < 0.8
    assert middling.flip is not None
    assert middling.flip.factor == "luck"
    assert middling.flip.by_data
    assert rows["easy"].flip is None


def test_a_flip_by_data_needs_an_input_that_matters(city: Path) -> None:
    target = load_targets(city / "models/city/targets.yaml")[0]
    random = np.random.default_rng(0)
    numbers = np.where(random.uniform(size=500) < 0.7, 30.0, 40.0)
    noise = [("noise", Text("噪声", "noise"), "", random.normal(size=500))]
    assert flip_by_data(target, numbers, noise) is None


# --- early warning and decomposition


def test_warning_names_the_observable_and_counts_on_what_was_held_out(city: Path) -> None:
    found = haihe_json("warn", "plan", "--target", "middling", "--futures", "1000")
    first = found["first"]
    assert first["outcome"] == "emissions"
    assert first["above"]
    assert first["year"] <= 2024
    assert first["false_alarm"]["count"] + first["miss"]["count"] == 500
    assert max(first["false_alarm"]["share"], first["miss"]["share"]) <= 0.2
    assert "off track" in found["sentence"]["en"]
    assert "误报率" in found["sentence"]["zh"]
    # A number that never varies tells nothing, and is never chosen.
    assert all(signal["outcome"] != "people" for signal in found["by_year"] + found["rivals"])


@pytest.mark.parametrize(
    ("target", "why"), [("easy", "met in every future"), ("hopeless", "missed in every future")]
)
def test_warning_says_when_nothing_can_tell(city: Path, target: str, why: str) -> None:
    found = haihe_json("warn", "plan", "--target", target, "--futures", "400")
    assert found["first"] is None
    assert why in found["reason"]["en"]
    assert "Nothing warns" in found["sentence"]["en"]


def test_decomposition_adds_up(city: Path) -> None:
    found = haihe_json("decompose", "late", "--identity", "pair", "--from", "2021", "--to", "2032")
    (only,) = found["decompositions"]
    (span,) = only["spans"]
    assert sum(span["effects"].values()) == pytest.approx(span["change"], abs=1e-6)
    assert span["effects"]["size"] > 0 > span["effects"]["rate"]


# --- pages


def test_every_answer_has_a_page_in_both_languages(city: Path) -> None:
    calls = {
        "a.html": (*CALL, "--at", "2026"),
        "s.html": ("scorecard", "plan", "--futures", "200"),
        "w.html": ("warn", "plan", "--target", "middling", "--futures", "400"),
        "d.html": ("decompose", "plan", "--identity", "pair"),
    }
    for name, call in calls.items():
        result = haihe(*call, "-o", name)
        assert result.exit_code == 0, result.output
        page = (city / name).read_text(encoding="utf-8")
        assert '<script type="application/json" id="charts">{"chart-' in page
        assert "规划" in page or "达到" in page or "规模" in page
        assert 'http-equiv="Content-Security-Policy"' in page


def test_attribution_refuses_a_unit_that_is_none_of_the_variable(city: Path) -> None:
    opened, (plan, base) = open_scenarios(["plan", "frozen"])
    cells = find_cells(opened.model, opened.catalogue, ["emissions"])
    groups = group_differences(find_differences(plan, base), opened.catalogue, "lever", city)
    broken = replace(cells[0], outcome=replace(cells[0].outcome, shown="kt"))
    with pytest.raises(InputError):
        attribute(opened.model, opened.catalogue, plan, base, [broken], groups, "lever")
