"""Every fault of a scenario file has its message, its place and its suggestion.

The rows follow the list of faults in the documentation; sweeps of many members are counted before
they are built where studies are read.
"""

from __future__ import annotations

import pytest
from scenario_example import CATALOGUE, MODEL, load, refuse, values, write

from haihe.errors import InputError, InputErrors
from haihe.scenario.load import load_scenario
from haihe.scenario.values import Trajectory
from haihe.text import say


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("levers: [", "a.yaml:1:10: the file ends too early"),
        ("levers:\n\tx: 1", "a.yaml:2:1: a tab indents this line"),
        ("title: x\n---\ntitle: y", "a.yaml:2:1: a second document begins"),
        ("", "a.yaml: is empty"),
        ("title: x\ntitle: y", "a.yaml:2:1: the key `title` stands twice, in lines 1 and 2"),
        ("lever: {}", "a.yaml:1:1: unknown key `lever`; did you mean levers?"),
        ("time: {end: 2050}", "a.yaml:1:8: unknown key `end`; expected one of start, stop"),
        ("title: [a]", "a.yaml:1:8: a list does not fit here; expected keys and values or text"),
        ("levers: 3", "a.yaml:1:9: `3` does not fit here; expected keys and values"),
        ("allow_out_of_range: yes", "a.yaml:1:21: `yes` does not fit here; expected true or false"),
    ],
)
def test_malformed_file(tmp_path, text, says):
    assert says in refuse(tmp_path, text)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("NO", "`NO` is not a number; expected a number, written 0"),
        ("12:30", "expected a number, written 12.5"),
        ("010", "expected a number, written 10"),
        ("'1,5'", "expected a number, written 1.5"),
        ("'1,5 Mt/yr/yr'", "expected a number, written 1.5 Mt/yr/yr"),
        ("010 Mt/yr/yr", "expected a number, written 10 Mt/yr/yr"),
        ("'5'", "expected 5 without quotes"),
        ("true", "expected a number, written 1"),
        ("", "expected a number, in Mt/Year/Year or with its unit"),
        (".nan", "`.nan` is not a number"),
        (".inf", "`.inf` is not a number"),
        ("1e999", "`1e999` is not a number"),
        ("9e307 Gt/yr/yr", "is not finite"),
        ("much", "`much` is not a number"),
        ("50%", "rail investment = `50%`: % cannot be said in Mt/Year/Year"),
        ("5 GW", "GW cannot be said in Mt/Year/Year; expected a value in Mt/Year/Year"),
        ("5 Mtt/yr/yr", "Mtt is no unit that is known"),
    ],
)
def test_number_that_is_none(tmp_path, written, says):
    message = refuse(tmp_path, f"levers:\n  rail investment: {written}")
    assert message.startswith("scenarios/a.yaml:2:")
    assert says in message


@pytest.mark.parametrize(
    ("lever", "written", "value"),
    [
        ("storage ratio", "80 %", 0.8),
        ("storage ratio", "80%", 0.8),
        ("storage ratio", "7 %", 0.07),
        ("storage ratio", "1e-3", 0.001),
        ("rail investment", "5000 kt/yr/yr", 5.0),
        ("rail investment", "5000000 t/Year/Year", 5.0),
        ("rail investment", "500 万吨/年/年", 5.0),
        ("rail investment", "5", 5.0),
    ],
)
def test_quantity_is_converted(tmp_path, lever, written, value):
    found = values(load(tmp_path, f"levers: {{{lever}: {written}}}"))
    assert found == {(lever, ()): value}


@pytest.mark.parametrize(
    "name",
    [
        "Rail Investment",
        "rail_investment",
        "RAIL-INVESTMENT",
        "rail  investment",
        "铁路专项投资",
        "rail programme",
        "ｒａｉｌ ｉｎｖｅｓｔｍｅｎｔ",
    ],
)
def test_name_in_any_spelling(tmp_path, name):
    assert values(load(tmp_path, f"levers: {{{name}: 3}}")) == {("rail investment", ()): 3.0}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "levers: {rail investmnt: 3}",
            "1:10: unknown lever `rail investmnt`; did you mean rail in",
        ),
        (
            "levers: {铁路投资: 3}",
            "unknown lever `铁路投资`; did you mean rail investment (铁路专项投资)",
        ),
        ("levers: {Rail program: 3}", "did you mean rail investment (铁路专项投资)"),
        ("levers: {zzz: 3}", "unknown lever `zzz`; expected a name that `haihe list levers` shows"),
        (
            "drivers: {demand grwth: [[2025, 0]]}",
            "unknown driver `demand grwth`; did you mean deman",
        ),
        ("parameters: {rail lif: 3}", "unknown parameter `rail lif`; did you mean rail life"),
        ("initial: {rail capacty: 3}", "unknown stock `rail capacty`; did you mean rail capacity"),
        ("outputs: [CO]", "1:11: unknown outcome `CO`; did you mean CO2 (二氧化碳排放)"),
        ("outputs: [二氧化碳]", "unknown outcome `二氧化碳`; did you mean CO2 (二氧化碳排放)"),
        (
            "outputs: [zzz]",
            "unknown outcome `zzz`; expected an id that `haihe list outcomes` shows",
        ),
        ("extends: frozen-2012", "1:10: there is no scenario `frozen-2012`"),
    ],
)
def test_unknown_name(tmp_path, text, says):
    assert says in refuse(tmp_path, text)


def test_unknown_scenario_to_extend_suggests_neighbours(tmp_path):
    message = refuse(tmp_path, "extends: my plann", my_plan="title: x")
    assert "did you mean my-plan" in message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "levers: {regional background: 3}",
            "is a driver, not a lever; expected it under `drivers`",
        ),
        ("levers: {rail life: 3}", "is a parameter, not a lever; expected it under `parameters`"),
        ("levers: {rail capacity: 3}", "is a stock, not a lever; expected its initial value under"),
        (
            "parameters: {rail capacity: 3}",
            "is a stock, not a parameter; expected its initial value",
        ),
        (
            "parameters: {storage ratio: 3}",
            "is a lever, not a parameter; expected it under `levers`",
        ),
        ("drivers: {rail life: [[2025, 3]]}", "is a parameter, not a driver"),
        ("parameters: {freight by mode: 3}", "is computed by the model, not a parameter"),
        ("force: {rail life: 3}", "is a parameter, not a computed variable"),
        ("force: {rail capacity: 3}", "is a stock, not a computed variable"),
        ("force: {demand growth: 3}", "is a driver, not a computed variable"),
        ("force: {storage ratio in force: 3}", "follows from the lever storage ratio"),
        (
            "parameters: {demand growth table: 3}",
            "is a table; expected demand growth under `drivers`",
        ),
        ("parameters: {TIME STEP: 1}", "TIME STEP is the time axis; expected `time: {step: …}`"),
        ("levers: {CO2: 3}", "`CO2` is a result"),
        ("levers: {二氧化碳排放: 3}", "`二氧化碳排放` is a result"),
    ],
)
def test_wrong_section(tmp_path, text, says):
    assert says in refuse(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rail investment: []", "1:27: rail investment has an empty trajectory"),
        ("rail investment: [2025, 3]", "needs a list of points"),
        ("rail investment: [[2025]]", "1:28: this is not a point of a trajectory"),
        ("rail investment: [[2025, 1,5]]", "not a point of a trajectory; expected [2025, 1.5]"),
        ("rail investment: [[2025, {}]]", "not a point of a trajectory"),
        ("rail investment: [[2030, 3], [2025, 4]]", "1:39: 2025 comes after 2030"),
        ("rail investment: [[2025, 3], [2025, 4]]", "1:39: the year 2025 stands twice"),
        ("rail investment: [[2025, .nan]]", "1:35: `.nan` is not a number"),
        ("rail investment: [['2025', 3]]", '"2025" is a text; expected 2025 without quotes'),
        ("rail investment: [[2025年, 3]]", "is not a year; expected a year, written 2025"),
        (
            "rail investment: [[2021, 3]]",
            "a lever does nothing before 2022; expected years from 2022",
        ),
        (
            "rail investment: [[2022, 3]]",
            "does nothing up to 2022; expected a first point after 2022",
        ),
        ("rail investment: [[2025, 3 GW]]", "GW cannot be said in Mt/Year/Year"),
        ("rail investment: {rail: 3}", "rail investment has no such elements; expected one value"),
        (
            "berth mandate: {conteiner berth: 1}",
            "has no element `conteiner berth`; expected an elem",
        ),
        (
            "berth mandate: {conteiner berth: 1}",
            "of berth: container berth, dry bulk berth; did you",
        ),
        ("rail investment: defualt", "`defualt` is not a number"),
        ("berth mandate: {road: 1}", "berth mandate has no element `road`"),
        ("berth mandate: {container berth: {road: 1}}", "has no such elements"),
        ("policy delay: [[2025, 1]]", "policy delay cannot change over time"),
        ("policy delay: {ports: 1}", "has no element `ports`; expected an element of policy group"),
    ],
)
def test_value_of_a_wrong_shape(tmp_path, text, says):
    assert says in refuse(tmp_path, f"levers: {{{text}}}")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("levers: {storage ratio: 150 %}", "1:25: storage ratio = 1.5 is outside the limits"),
        ("levers: {storage ratio: 150 %}", "expected 0 to 1 Dmnl (0.8 is 80 %)"),
        ("levers: {storage ratio: 80}", "storage ratio = 80 is outside the limits"),
        ("levers: {rail investment: -1}", "rail investment = -1 is outside"),
        ("levers: {rail investment: [[2025, 5], [2030, 50]]}", "rail investment = 50 is outside"),
        ("levers: {berth mandate: {dry bulk berth: 2}}", "berth mandate[dry bulk berth] = 2"),
        ("levers: {policy completion: {port: 1.2}}", "policy completion[port] = 1.2"),
        (
            "parameters: {rail life: 0}",
            "rail life = 0 is outside the limits of the model; expected at",
        ),
        ("drivers: {demand growth: [[2025, 0.5]]}", "demand growth = 0.5 is outside"),
        ("drivers: {demand growth: {scale: 9}}", "demand growth = 0.423 is outside"),
        ("initial: {rail capacity: -5}", "rail capacity = -5 is outside"),
    ],
)
def test_value_outside_the_limits(tmp_path, text, says):
    assert says in refuse(tmp_path, text)
    allowed = load(tmp_path, f"{text}\nallow_out_of_range: true")
    assert len(allowed.warnings) == 1
    assert "outside the limits" in say(allowed.warnings[0], "en")


def test_limit_is_told_once_for_each_place(tmp_path):
    assert refuse(tmp_path, "levers: {berth mandate: 3}").count("outside") == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("step: 0", "1:14: the time step is 0; expected a step above 0"),
        ("step: -1", "the time step is -1"),
        ("step: 50%", "`50%` is not a number; expected a number, written 0.5"),
        ("step: fast", "`fast` is not a number"),
        ("step: 0.3, save_step: 0.9", "2010 to 2060 is not a whole number of steps of 0.3"),
        ("step: 0.3, save_step: 0.9", "expected an end of 2059.8 or 2060.1"),
        ("step: 0.3", "save step of 0.9 or 1.2, or a step of 0.25 or 0.3333333333"),
        ("save_step: 0.6", "expected a save step of 0.5 or 0.75"),
        ("save_step: 0.1", "expected a save step of 0.25"),
        ("save_step: 0", "the save step 0 is no whole multiple"),
        ("save_step: -1", "the save step -1 is no whole multiple"),
        ("stop: 2000", "1:14: the end 2000 does not come after the start 2010"),
        ("start: 2060", "1:15: the end 2060 does not come after the start 2060"),
        ("step: 1e-9", "expected a step of at least 0.0005"),
        ("stop: .inf", "`.inf` is not a number"),
    ],
)
def test_time_axis(tmp_path, text, says):
    assert says in refuse(tmp_path, f"time: {{{text}}}")


@pytest.mark.parametrize("text", ["step: 0.1", "step: 0.125, save_step: 0.5", "stop: 2040"])
def test_time_axis_that_can_be_walked(tmp_path, text):
    assert load(tmp_path, f"time: {{{text}}}").time is not None


def test_another_start_is_recorded(tmp_path):
    warning = say(load(tmp_path, "time: {start: 2020}").warnings[0], "en")
    assert "the initial values of the stocks are those of 2010" in warning


def test_same_lever_twice_under_two_spellings(tmp_path):
    message = refuse(tmp_path, "levers:\n  rail investment: 3\n  铁路专项投资: 4")
    assert message.startswith(
        "scenarios/a.yaml:3:3: rail investment is set twice, in lines 2 and 3"
    )


def test_computed_variable_only_by_force_and_recorded(tmp_path):
    scenario = load(tmp_path, "force: {territorial CO2 emissions: 100}")
    assert values(scenario) == {("territorial CO2 emissions", ()): 100.0}
    assert "territorial CO2 emissions is forced" in say(scenario.warnings[0], "en")
    message = refuse(tmp_path, "force: {freight by mode: {road: 3}}")
    assert "forced for 1 of 2 elements; expected every element of mode" in message


def test_some_elements_moving_and_some_not_is_refused(tmp_path):
    text = "levers: {berth mandate: {container berth: [[2025, 1]], dry bulk berth: 0.9}}"
    assert "is one value where other elements have trajectories" in refuse(tmp_path, text)
    same = "levers: {berth mandate: {container berth: [[2025, 1]], dry bulk berth: 0.1}}"
    assert load(tmp_path, same)


def test_all_mistakes_of_all_files_at_once(tmp_path):
    message = refuse(
        tmp_path,
        "extends: [b, nowhere]\nlevers: {x: 1}\ntime: {step: 0}\noutputs: [y]",
        b="title: x",
    )
    assert "nowhere" in message
    message = refuse(
        tmp_path,
        "extends: b\nlevers: {xx: 1, storage ratio: 2}\ntime: {step: 0}\noutputs: [y]",
        b="levers: {yy: 1}",
    )
    places = [line.split(": ")[0] for line in message.split("\n") if line.startswith("scenarios")]
    assert places == [
        "scenarios/b.yaml:1:10",
        "scenarios/a.yaml:2:10",
        "scenarios/a.yaml:2:32",
        "scenarios/a.yaml:3:14",
        "scenarios/a.yaml:4:11",
    ]


DRIVER_FAULTS = [
    ("3", "", "one number is not enough; expected [year, value] pairs"),
    ("{}", "", "needs one of file, scale and shift"),
    ("{scale: 1, shift: 1}", "", "needs one of file, scale and shift"),
    ("{scales: 1.1}", "", "unknown key `scales`; did you mean scale?"),
    ("{scale: 10 %}", "", "`10 %` is not a number"),
    ("{shift: 3 GW}", "", "GW cannot be said in ug/m3"),
    ("{file: none.csv}", "", "there is no table `none.csv`"),
    ("{file: x.csv}", "", "x.csv: is empty"),
    ("{file: x.csv}", "jahr,value\n2025,1\n", "x.csv:1: has no column `year`"),
    (
        "{file: x.csv}",
        "year,year,value\n1,2,3\n",
        "x.csv:1: has no column `year`, or more than one",
    ),
    ("{file: x.csv}", "year,value\n", "x.csv: has no rows"),
    ("{file: x.csv}", "year,value\n2025,\n", "x.csv:2: `` is not a number"),
    (
        "{file: x.csv}",
        'year,value\n2025,"1,5"\n',
        "x.csv:2: `1,5` is not a number; expected a number,",
    ),
    ("{file: x.csv}", "year,value\n2025,nan\n", "x.csv:2: `nan` is not a number"),
    ("{file: x.csv}", "year,value\n2025,1\n2025,2\n", "x.csv:3: 2025 comes after 2025"),
    ("{file: x.csv}", 'year,value\n2025,"1\n', "x.csv: is no CSV table"),
    ("{file: x.csv}", "year,value\n2025," + "1" * 200_000, "x.csv: is no CSV table"),
    ("{file: x.csv}", "year,value\n2025," + "1" * 5000, "is not a number"),
    ("{file: x.csv}", "year,value\n2025,1\n2024\n", "x.csv:3: `` is not a number"),
    ("{file: x.csv, unit: GW}", "year,value\n2025,1\n", "GW cannot be said in ug/m3"),
    ("{file: ../../x.csv}", "year,value\n2025,1\n", "the path `../../x.csv` leaves the project"),
    ("{file: /etc/passwd}", "", "the path `/etc/passwd` is absolute"),
    ("{file: nul}", "", "uses the name nul, which Windows reserves"),
]


@pytest.mark.parametrize(("written", "table", "says"), DRIVER_FAULTS)
def test_driver_from_elsewhere(tmp_path, written, table, says):
    write(tmp_path, "scenarios/x.csv", table)
    assert says in refuse(tmp_path, f"drivers: {{regional background: {written}}}")


def test_driver_from_a_table_of_the_user(tmp_path):
    write(tmp_path, "data/区域.csv", "\ufeff年份, 浓度 ,note\r\n2025,30000,a\r\n\r\n2030,2e4,b\r\n")
    text = "{file: ../data/区域.csv, year: 年份, value: 浓度, unit: ng/m3}"
    found = values(load(tmp_path, f"drivers: {{区域本底: {text}}}"))
    assert found == {("regional background", ()): Trajectory((2025.0, 2030.0), (30.0, 20.0))}


def test_driver_relative_to_the_models_own(tmp_path):
    found = values(load(tmp_path, "drivers: {demand growth: {scale: 2, since: 2025}}"))
    own_2025 = 0.045
    own_2026 = 0.044
    assert found["demand growth", ()] == Trajectory(
        (2025.0, 2026.0, 2030.0, 2060.0),
        (pytest.approx(own_2025), pytest.approx(2 * own_2026), 0.08, 0.04),
    )
    found = values(load(tmp_path, "drivers: {regional background: {shift: -5000 ng/m3}}"))
    shifted = found["regional background", ()]
    assert isinstance(shifted, Trajectory)
    assert shifted.at(2022) == pytest.approx(40 - 20 * 12 / 50)
    assert shifted.at(2040) == pytest.approx(40 - 20 * 30 / 50 - 5)


def test_path_on_the_command_line_wins_wherever_it_is(tmp_path):
    path = write(tmp_path, "anywhere/海河 方案.yaml", "levers: {storage ratio: 50 %}")
    scenario = load_scenario(path, MODEL, CATALOGUE)
    assert scenario.id == "海河 方案"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("nowhere/x.yaml", "there is no scenario `nowhere/x.yaml`"),
        ("frozen-2012", "there is no scenario `frozen-2012`; did you mean frozen-2021"),
        ("计划", "there is no scenario `计划`"),
        ("a\0.yaml", "control character"),
        ("x" * 300 + ".yaml", "there is no scenario"),
        ("a/" * 3000 + "a.yaml", "there is no scenario"),
        ("scenarios", "there is no scenario `scenarios`"),
    ],
)
def test_scenario_asked_for_that_is_not_there(asked, says):
    with pytest.raises(InputError) as caught:
        load_scenario(asked, MODEL, CATALOGUE)
    assert says in str(caught.value)


def test_errors_are_user_errors(tmp_path):
    path = write(tmp_path, "a.yaml", "levers: {x: 1}")
    with pytest.raises(InputErrors) as caught:
        load_scenario(path, MODEL, CATALOGUE)
    assert caught.value.exit_code == 2


def test_default_is_only_for_what_has_one(tmp_path):
    message = refuse(tmp_path, "initial: {rail capacity: default}")
    assert "1:26: rail capacity has no default of its own; expected a value" in message
