"""What it would take, on a model whose optimum is known.

Emissions are 100 - 30 a - 20 b - 10 c and the cost 9 a² + 4 b² + c². To cut by R at least cost,
a = R/90, b = R/60 and c = R/30, which costs R²/300; one unit more costs R/150.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from haihe.analysis.solve import Solved, solve
from haihe.analysis.solve_load import load_task
from haihe.analysis.solve_search import Best, evolve, polish
from haihe.analysis.solve_task import Task
from haihe.errors import InputErrors
from haihe.model.catalogue import load_catalogue
from haihe.model.translate import read_model
from haihe.results.solution import Verdict

MODEL = """{UTF-8}
a = 0
	~ Dmnl [0,1]
	~ Measure.
	|

b = 0
	~ Dmnl [0,1]
	~ Measure.
	|

c = 0
	~ Dmnl [0,1]
	~ Measure.
	|

idle = 0
	~ Dmnl [0,1]
	~ Does nothing.
	|

emissions = 100 - 30*a - 20*b - 10*c + 0*Time
	~ Mt/Year
	~ Emissions.
	|

ozone = 50 + 40*a - 10*b + 0*Time
	~ Mt/Year
	~ Gets worse with a.
	|

cost = 9*a^2 + 4*b^2 + c^2 + 0*Time
	~ Gyuan
	~ Cost.
	|

INITIAL TIME = 2020
	~ Year
	~ Start.
	|

FINAL TIME = 2035
	~ Year
	~ Stop.
	|

TIME STEP = 1
	~ Year
	~ Step.
	|

SAVEPER = 1
	~ Year
	~ Saved.
	|
"""


def _outcome(name: str, unit: str) -> str:
    return (
        f"  {name}: {{variable: {name}, shown: {unit}, title: {{zh: {name}, en: {name}}},"
        " digits: 1, headline: true, group: air, better: lower, grade: B, source: here,"
        " caveat: {zh: 无, en: none}}\n"
    )


CATALOGUE = (
    "title: {zh: 小, en: Small}\ndimensions: {}\ngroups: {}\nlevers: {}\ndrivers: {}\noutcomes:\n"
    + _outcome("emissions", "kt/yr")
    + _outcome("ozone", "Mt/yr")
    + _outcome("cost", "Gyuan")
)
TASK = """title: {zh: 小任务, en: Small task}
scenario: base.yaml
targets:
  - {id: cut, outcome: emissions, year: 2030, relation: "<=", value: LIMIT Mt/yr}
levers: [a, b, c, idle]
objective: {cost: cost}
packages: 1
"""


def asking(text: str, limit: float) -> str:
    return text.replace("LIMIT", f"{limit:.12g}")


def open_model(path: Path):
    model = read_model(path)
    return model, load_catalogue(model)


def write_task(folder: Path, text: str) -> Path:
    (folder / "small.mdl").write_text(MODEL, encoding="utf-8")
    (folder / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    (folder / "base.yaml").write_text("model: small.mdl\n", encoding="utf-8")
    path = folder / "task.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def read_task(folder: Path, text: str) -> Task:
    return load_task(write_task(folder, text), open_model)


def answer(folder: Path, text: str) -> Solved:
    return solve(read_task(folder, text))


def test_the_known_optimum_is_found_with_its_prices(tmp_path: Path) -> None:
    found = answer(tmp_path, asking(TASK, 76)).solution
    assert found.verdict is Verdict.FOUND
    assert found.idle == ("idle",)
    package = found.packages[0]
    assert package.cost == pytest.approx(24**2 / 300, rel=3e-3)
    assert package.values[:3] == pytest.approx([24 / 90, 24 / 60, 24 / 30], abs=0.02)
    assert package.reached[0].value <= 76_000
    price = found.prices[0]
    assert price.shadow is not None
    # The target is told in kt/yr, the unit for people.
    assert price.shadow * 1000 == pytest.approx(24 / 150, rel=0.03)
    assert price.saved == pytest.approx(package.cost, rel=3e-3)


def test_an_impossible_target_is_proved_and_its_relaxation_is_feasible(tmp_path: Path) -> None:
    found = answer(tmp_path, asking(TASK, 30)).solution
    assert found.verdict is Verdict.IMPOSSIBLE
    reach = found.reaches[0]
    assert (reach.best, reach.possible, reach.monotone) == (pytest.approx(40_000), False, True)
    assert reach.binding == ("a", "b", "c")
    assert "40,000" in found.sentence.en
    assert "40,000" in found.sentence.zh
    change = found.relaxations[0]
    assert change.verified
    (name, asked, relaxed) = change.changes[0]
    assert (name, asked) == ("cut", 30_000)
    assert 40_000 <= relaxed <= 40_200
    again = answer(tmp_path, asking(TASK, relaxed / 1000)).solution
    assert again.verdict is Verdict.FOUND


def test_bands_that_are_too_narrow_are_widened_no_more_than_needed(tmp_path: Path) -> None:
    narrow = asking(TASK, 50).replace("[a, b, c, idle]", "{a: {most: 50 %}, b: {}, c: }")
    found = answer(tmp_path, narrow).solution
    assert found.verdict is Verdict.IMPOSSIBLE
    assert found.reaches[0].best == pytest.approx(55_000)
    widened = next(change for change in found.relaxations if change.kind == "bounds")
    assert widened.verified
    assert widened.changes[0][0] == "a"
    assert widened.changes[0][2] == pytest.approx(20 / 30, abs=2e-3)
    wider = narrow.replace("50 %", str(widened.changes[0][2]))
    assert answer(tmp_path, wider).solution.verdict is Verdict.FOUND


def test_targets_in_conflict_are_told_apart_from_targets_out_of_reach(tmp_path: Path) -> None:
    both = TASK.replace(
        "levers:", '  - {id: o3, outcome: ozone, year: 2030, relation: "<=", value: 45}\nlevers:'
    )
    found = answer(tmp_path, asking(both, 60)).solution
    assert found.verdict is Verdict.NOT_FOUND
    assert all(reach.possible for reach in found.reaches)
    assert found.relaxations
    for change in found.relaxations:
        assert change.verified
    single = {c.changes[0][0]: c.changes[0][2] for c in found.relaxations if len(c.changes) == 1}
    # With b and c full, a must be 1/3 for the cut: ozone is then 40 + 40/3.
    assert single["o3"] == pytest.approx(40 + 40 / 3, abs=0.3)


def test_the_same_seed_gives_the_same_answer(tmp_path: Path) -> None:
    task = read_task(tmp_path, asking(TASK, 80).replace("packages: 1", "packages: 3"))
    one, other = solve(task).solution, solve(task).solution
    assert [p.values for p in one.packages] == [p.values for p in other.packages]
    assert len(one.packages) > 1


def test_other_packages_meet_the_target_within_the_cost_and_differ(tmp_path: Path) -> None:
    text = asking(TASK, 80).replace("packages: 1", "packages: 3\nwithin: 20 %")
    found = answer(tmp_path, text).solution
    assert [p.label for p in found.packages][:2] == ["A", "B"]
    for package in found.packages[1:]:
        assert package.cost <= found.packages[0].cost * 1.21
        assert package.reached[0].margin >= 0
        assert package.distance > 0.02


def test_least_effort_uses_the_lever_that_does_most(tmp_path: Path) -> None:
    text = asking(TASK, 80).replace("{cost: cost}", "{effort: true}")
    values = answer(tmp_path, text).solution.packages[0].values
    assert values == pytest.approx((2 / 3, 0, 0, 0), abs=0.02)


def test_a_search_without_time_says_so(tmp_path: Path) -> None:
    task = replace(read_task(tmp_path, asking(TASK, 76)), members=3)
    found = solve(task).solution
    assert found.effort.limit == "members"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("outcome: emissions", "outcome: emisions", "did you mean emissions"),
        ("[a, b, c, idle]", "[a, bb]", "did you mean b?"),
        ("76 Mt/yr", "76 GW", "cannot be said in"),
        ("year: 2030", "year: 2099", "outside the model's time"),
        ("packages: 1", "packags: 1", "did you mean packages"),
        ("[a, b, c, idle]", "{a: {most: 2}}", "outside the limits of the model"),
        ("packages: 1", "confidence: 180 %", "a share between 0 and 1"),
        ("{id: cut,", "{id: cut, from: 2024,", "either `year` or `from`"),
    ],
)
def test_mistakes_are_told_with_their_line(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = asking(TASK, 76).replace(old, new)
    with pytest.raises(InputErrors) as caught:
        read_task(tmp_path, text)
    assert message in str(caught.value)
    assert "task.yaml:" in str(caught.value)


def test_slopes_alone_would_stop_in_the_wrong_valley_and_a_population_does_not() -> None:
    def assess(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, y = points[:, 0], points[:, 1]
        deep = np.exp(-(((x - 0.85) / 0.15) ** 2) - ((y - 0.2) / 0.15) ** 2)
        wide = 0.5 * np.exp(-(((x - 0.2) / 0.3) ** 2) - ((y - 0.7) / 0.3) ** 2)
        return 2.0 - deep - wide, np.stack([x + y - 0.3, 1.7 - x - y], axis=1)

    slopes, both = Best(), Best()
    polish(assess, np.array([0.3, 0.6]), slopes)
    evolve(assess, np.array([[0.3, 0.6]]), both, 1, 60, 60)
    assert both.point is not None
    polish(assess, both.point, both)
    assert slopes.value > 1.4
    assert both.value < 1.01
    assert both.point == pytest.approx([0.85, 0.2], abs=0.02)


def test_stopping_leaves_the_best_so_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from haihe.analysis import solve as module

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_price_all", stop)
    found = answer(tmp_path, asking(TASK, 76)).solution
    assert found.effort.limit == "stopped"
    assert found.verdict is Verdict.FOUND
    assert found.packages[0].reached[0].margin >= 0
    assert any("stopped" in note.en for note in found.notes)
