"""What a scenario extends: order, origins, circles, diamonds, and the walls of the project."""

from __future__ import annotations

import pytest
from scenario_example import load, refuse, values, write

from haihe.errors import InputError
from haihe.scenario.extend import MAX_DEPTH, find_model, list_scenarios, read_sources

NAME = ("storage ratio", ())


def ratio(value: float) -> str:
    return f"levers: {{storage ratio: {value}}}"


def test_own_value_wins_and_remembers_whom_it_overrode(tmp_path):
    scenario = load(
        tmp_path, f"extends: b\n{ratio(0.3)}", b=f"extends: c\n{ratio(0.2)}", c=ratio(0.4)
    )
    assert scenario.chain == ("b", "c")
    (setting,) = scenario.settings
    assert setting.value == 0.3
    assert setting.origin.file.endswith("a.yaml")
    assert setting.origin.line == 2
    assert setting.overrode is not None
    assert setting.overrode.value == 0.2
    assert setting.overrode.overrode is not None
    assert setting.overrode.overrode.origin.file.endswith("c.yaml")


def test_later_in_the_list_wins(tmp_path):
    others = {"b": ratio(0.2), "c": ratio(0.3)}
    assert values(load(tmp_path, "extends: [b, c]", **others)) == {NAME: 0.3}
    assert values(load(tmp_path, "extends: [c, b]", **others)) == {NAME: 0.2}


def test_diamond_keeps_the_change_of_one_side(tmp_path):
    """b changes what base says, c does not speak of it: c must not bring base's value back."""
    scenario = load(
        tmp_path,
        "extends: [b, c]",
        base=ratio(0.1),
        b=f"extends: base\n{ratio(0.2)}",
        c="extends: base\nlevers: {rail investment: 3}",
    )
    assert values(scenario) == {NAME: 0.2, ("rail investment", ()): 3.0}
    assert scenario.chain == ("c", "b", "base")


def test_elements_merge_one_by_one(tmp_path):
    scenario = load(
        tmp_path,
        "extends: b\nlevers: {berth mandate: {集装箱泊位: 0.9}}",
        b="levers: {berth mandate: 0.5}",
    )
    assert values(scenario) == {
        ("berth mandate", ("container berth",)): 0.9,
        ("berth mandate", ("dry bulk berth",)): 0.5,
    }


def test_time_and_outputs_are_inherited_key_by_key(tmp_path):
    scenario = load(
        tmp_path,
        "extends: b\ntime: {stop: 2040}",
        b="time: {step: 0.125, stop: 2050}\noutputs: [CO2]",
    )
    assert scenario.time is not None
    assert (scenario.time.step, scenario.time.stop) == (0.125, 2040)
    assert scenario.outputs == ("CO2",)


def test_title_and_story_are_not_inherited(tmp_path):
    scenario = load(tmp_path, "extends: b", b="title: Base\nstory: Long")
    assert (scenario.title.en, scenario.story.en) == ("a", "")


@pytest.mark.parametrize(
    ("others", "chain"),
    [
        ({"a": "extends: a"}, "a → a"),
        ({"a": "extends: b", "b": "extends: a"}, "a → b → a"),
        ({"a": "extends: [c, b]", "b": "extends: c", "c": "extends: b"}, "a → c → b → c"),
        ({"a": "extends: A"}, "a → a"),
        ({"a": "extends: ./b.yaml", "b": "extends: ../scenarios/a.yaml"}, "a → b → a"),
    ],
)
def test_circle_is_printed(tmp_path, others, chain):
    text = others.pop("a")
    message = refuse(tmp_path, text, **others)
    assert f"`extends` goes in a circle: {chain}" in message


def test_link_cannot_hide_a_circle(tmp_path):
    write(tmp_path, "scenarios/a.yaml", "extends: b")
    (tmp_path / "scenarios" / "b.yaml").symlink_to(tmp_path / "scenarios" / "a.yaml")
    assert "goes in a circle: a → a" in refuse(tmp_path, "extends: b")


def test_chain_that_is_too_deep_is_printed(tmp_path):
    others = {f"b{i}": f"extends: b{i + 1}" for i in range(MAX_DEPTH + 4)}
    others[f"b{MAX_DEPTH + 4}"] = "title: end"
    message = refuse(tmp_path, "extends: b0", **others)
    assert "`extends` is too deep: a → b0 → b1 →" in message
    assert f"at most {MAX_DEPTH} files" in message


def test_lists_that_contradict_each_other(tmp_path):
    message = refuse(tmp_path, "extends: [c, b]", b="title: x", c="extends: b")
    assert "1:14: b is to win over c here, but comes before it elsewhere" in message
    message = refuse(tmp_path, "extends: [b, b]", b="title: x")
    assert "b stands twice in this list" in message


def test_too_many_files(tmp_path):
    others = {f"b{i}": "title: x" for i in range(80)}
    message = refuse(tmp_path, f"extends: [{', '.join(others)}]", **others)
    assert "too many files; expected at most 64" in message


def test_bundled_scenarios_are_found_by_id_from_anywhere(tmp_path):
    path = write(tmp_path, "mine.yaml", "extends: plan")
    sources = read_sources(path)
    assert sources[-1].id == "mine"
    assert "plan" in {source.id for source in sources}


def test_own_neighbour_wins_over_the_bundled_one(tmp_path):
    write(tmp_path, "plan.yaml", "title: own plan")
    sources = read_sources(write(tmp_path, "mine.yaml", "extends: Plan"))
    assert sources[0].path == tmp_path.resolve() / "plan.yaml"


@pytest.mark.parametrize(
    "written",
    [
        "../../x.yaml",
        "/etc/x.yaml",
        "C:/x.yaml",
        "..\\x.yaml",
        "~/x.yaml",
        '"a\\0.yaml"',
        "nul.yaml",
        "con",
        '"b\\0"',
        "x" * 300,
        "x" * 300 + ".yaml",
        "../b",
        "scenarios/b",
    ],
)
def test_extends_cannot_leave_the_project(tmp_path, written):
    outside = write(tmp_path, "x.yaml", "title: [not read")
    message = refuse(tmp_path / "project", f"extends: {written}")
    assert message.startswith("scenarios/a.yaml:1:10: the ")
    assert "not read" not in message
    assert outside.read_text() == "title: [not read"


def test_link_out_of_the_project_is_not_read(tmp_path):
    secret = write(tmp_path, "secret.yaml", "title: [not read")
    (tmp_path / "project" / "scenarios").mkdir(parents=True)
    for name in ("b.yaml", "c.yaml"):
        (tmp_path / "project" / "scenarios" / name).symlink_to(secret)
    for written in ("b", "c.yaml"):
        message = refuse(tmp_path / "project", f"extends: {written}")
        assert "leaves the project" in message
        assert "not read" not in message


def test_nothing_is_written(tmp_path):
    refuse(tmp_path, "extends: [../../x.yaml, b]\nlevers: {x: 1}", b="extends: b")
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.yaml", "b.yaml", "scenarios"]


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("../../x.mdl", "leaves the project"),
        ("/etc/x.mdl", "is absolute"),
        ("nowhere", "there is no model `nowhere`"),
        ("../x", "there is no model"),
        ("missing.mdl", "there is no model file `missing.mdl`"),
    ],
)
def test_model_that_cannot_be_used(tmp_path, written, says):
    path = write(tmp_path, "scenarios/a.yaml", f"model: {written}")
    with pytest.raises(InputError, match=r"a\.yaml:1:8") as caught:
        find_model(read_sources(path))
    assert says in str(caught.value)


def test_model_is_inherited_and_found_in_the_project(tmp_path):
    mine = write(tmp_path, "models/mine/mine.mdl", "")
    other = write(tmp_path, "models/other/x.mdl", "")
    write(tmp_path, "scenarios/b.yaml", "model: mine")
    path = write(tmp_path, "scenarios/a.yaml", "extends: b")
    assert find_model(read_sources(path)) == mine.resolve()
    path = write(tmp_path, "scenarios/a.yaml", "extends: b\nmodel: ../models/other/x.mdl")
    assert find_model(read_sources(path)) == other.resolve()


def test_list_of_scenarios_skips_or_tells_what_is_broken(tmp_path):
    write(tmp_path, "b.yaml", "title: {zh: 乙, en: B}")
    write(tmp_path, "c.yaml", "titel: x")
    heads = list_scenarios(tmp_path, strict=False)
    assert [(head.id, head.title.zh) for head in heads] == [("b", "乙")]
    with pytest.raises(Exception, match="unknown key"):
        list_scenarios(tmp_path)
