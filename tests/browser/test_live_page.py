"""The live page in a real browser: offline, quick, equal to the engine, and safe with any words."""

from __future__ import annotations

import copy
import json
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live_states import (
    FUTURES,
    largest_gap,
    make_live_plan,
    open_plan,
    run_random_states,
)

from haihe.analysis.indicators import derive_indicators
from haihe.analysis.live import build_live
from haihe.analysis.scorecard import score_targets
from haihe.run.simulate import simulate
from haihe.scenario.design import build_batch
from haihe.scenario.futures import cross_futures
from haihe.scenario.load import load_scenario
from haihe.yaml import Mapping as MapNode
from haihe.yaml import parse_yaml
from haihe_viz.live import render_live

pytestmark = pytest.mark.browser

MOVE = """async count => {
  const page = window.haiheLive, lever = document.querySelector('.lever input[type=range]');
  const low = Number(lever.min), high = Number(lever.max);
  page.timings.length = 0;
  const painted = [];
  for (let i = 0; i < count; i++) {
    const from = performance.now();
    lever.value = low + (high - low) * ((i % 17) + 1) / 18;
    lever.dispatchEvent(new Event('input'));
    await new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)));
    painted.push(performance.now() - from);
  }
  return { moves: page.timings.map(x => ({ ...x })), painted };
}"""
MOVES = 40
FRAME = 1000 / 60
"""Longest wait for a frame [ms]."""
OVERLAPS = """() => [...document.querySelectorAll('#charts svg')].flatMap(chart => {
  const room = chart.getBoundingClientRect();
  const boxes = [...chart.querySelectorAll('text')]
    .map(t => [t.textContent, t.getBoundingClientRect()]);
  const bad = boxes.filter(([, b]) => b.left < room.left - 1 || b.right > room.right + 1)
    .map(([t]) => 'cut: ' + t);
  boxes.forEach(([one, a], i) => boxes.slice(i + 1).forEach(([two, b]) => {
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 1 && high > 4) bad.push(one + ' on ' + two);
  }));
  return bad;
})"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the plan."""
    live = make_live_plan()
    path = tmp_path_factory.mktemp("live") / "plan.html"
    path.write_text(render_live(live.script, live.data, "zh"), "utf-8")
    return path


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page that fails the test on any complaint and on any request."""
    complaints: list[str] = []
    contexts = []

    def watch(
        path: Path, fragment: str = "", width: int = 1280, before: str = "", **options: Any
    ) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        tab = context.new_page()
        tab.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        tab.on("console", lambda message: complaints.append(f"console: {message.text}"))
        tab.on("dialog", lambda dialog: complaints.append("dialog"))
        if before:
            tab.add_init_script(before)
        own = path.as_uri()
        tab.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((own, "blob:", "data:"))
                else complaints.append(request.url)
            ),
        )
        tab.goto(own + fragment)
        wait(tab, "document.documentElement.dataset.drawn")
        return tab

    yield watch
    for context in contexts:
        context.close()
    assert complaints == []


def wait(tab: Any, wanted: str, seconds: float = 30.0) -> None:
    """Wait for an expression; the page's policy forbids what the driver's own wait would use."""
    until = time.monotonic() + seconds
    while not tab.evaluate(f"() => Boolean({wanted})"):
        assert time.monotonic() < until, wanted
        time.sleep(0.02)


def settle(tab: Any) -> None:
    """Wait until the futures of the present state are drawn."""
    wait(tab, "!document.documentElement.classList.contains('stale')")


def set_levers(tab: Any, values: Mapping[str, float]) -> None:
    """Type numbers, in the unit shown, into the fields of levers."""
    for lever, number in values.items():
        tab.evaluate(
            """([id, number]) => {
              const field = document.querySelector(`[data-id="${id}"] .exact input`);
              field.value = number; field.dispatchEvent(new Event('change'));
            }""",
            [lever, number],
        )
    tab.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)))")


def results_of(tab: Any) -> dict[str, np.ndarray]:
    """What the page computed last."""
    text = tab.evaluate(
        "() => JSON.stringify(Object.fromEntries("
        "Object.entries(window.haiheLive.results()).map(([k, v]) => [k, Array.from(v)])))"
    )
    return {name: np.array(values, dtype=float) for name, values in json.loads(text).items()}


# --- size, speed, and whether it is the model -----------------------------------------------------


def test_small_quick_and_as_the_engine(open_page: Callable[..., Any], place: Path) -> None:
    assert place.stat().st_size < 5e6
    tab = open_page(place)
    check = tab.evaluate("() => window.haiheLive.check")
    assert check["worst"] <= 1e-9
    assert check["numbers"] > 5000
    settle(tab)
    clock = tab.context.new_cdp_session(tab)
    clock.send("Performance.enable", {"timeDomain": "threadTicks"})
    # Time of the processor, for the machine may be busy with other things. A move waits for the
    # next frame besides.
    before = read_clock(clock)
    moves = tab.evaluate(MOVE, MOVES)["moves"]
    painted = 1000 * (read_clock(clock)["ThreadTime"] - before["ThreadTime"]) / MOVES
    assert painted + FRAME < 50
    assert statistics.median(move["simulated"] for move in moves) < 10
    settle(tab)
    before = read_clock(clock)
    set_levers(tab, {"rail sidings": 41})
    settle(tab)
    assert read_clock(clock)["ProcessTime"] - before["ProcessTime"] < 1


def read_clock(clock: Any) -> dict[str, float]:
    """Seconds of the processor that the page has used, by kind."""
    found = clock.send("Performance.getMetrics")["metrics"]
    return {one["name"]: one["value"] for one in found}


def test_random_settings_are_the_engines(open_page: Callable[..., Any], place: Path) -> None:
    states, outputs, theirs = run_random_states()
    names = [name for name in outputs if theirs[name].shape[1] == 51][::3]
    tab = open_page(place)
    text = tab.evaluate(
        """text => {
          const { states, names } = JSON.parse(text), { engine } = window.haiheLive;
          return JSON.stringify(states.map(values => {
            const r = engine.run({ preset: 'frozen-2021', values });
            return names.map(name => Array.from(r[name]));
          }));
        }""",
        json.dumps({"states": states, "names": names}),
    )
    found = np.array(json.loads(text), dtype=float)
    for k, name in enumerate(names):
        assert largest_gap(found[:, k], theirs[name]) <= 1e-9, name


def test_bands_and_chances_are_the_engines(open_page: Callable[..., Any], place: Path) -> None:
    opened, (plan, _), background, futures = open_plan()
    tab = open_page(place)
    settle(tab)
    page = tab.evaluate("() => window.haiheLive.futures()")
    batch = cross_futures(build_batch(opened.model, opened.catalogue, [plan]), futures)
    results = simulate(opened.model, batch, list(opened.catalogue.outcomes))
    indicators = derive_indicators(results, opened.catalogue)
    assert page["count"] == FUTURES
    wide = 0
    for name in ("CO2", "PM2.5", "good days", "energy", "GDP", "coal", "NOx"):
        low, high = np.quantile(indicators[name].to_numpy(), [0.05, 0.95], axis=0)
        np.testing.assert_allclose(page["bands"][name]["low"], low, rtol=1e-9)
        np.testing.assert_allclose(page["bands"][name]["high"], high, rtol=1e-9)
        wide += bool(np.all(high[-10:] > low[-10:] * 1.01))
    assert wide >= 5
    targets = background.plan.targets
    members = [str(one) for one in indicators["member"].to_numpy()]
    met = np.array([[s.met for s in score_targets(targets, indicators, m)] for m in members[:8]])
    # Shares are of all members: those of a part can only be held against what is certain.
    for k, chance in enumerate(page["chances"]):
        if chance in (0, 1):
            assert set(met[:, k]) == {bool(chance)}
        if chance is None:
            assert set(met[:, k]) == {None}


def test_what_is_exported_runs_to_the_same_numbers(
    open_page: Callable[..., Any], place: Path, tmp_path: Path
) -> None:
    opened, *_ = open_plan()
    for preset in ("plan", "plan-delayed"):
        tab = open_page(place, f"#s={preset}", accept_downloads=True)
        levers = {"rail sidings": 73.5, "manure use": 93, "policy delay[port]": 2.5}
        set_levers(tab, levers | {"policy completion[air]": 81, "carbon price floor": 250})
        tab.evaluate(
            """() => {
              const row = document.querySelector('[data-id="storage ratio"]');
              row.querySelector('details').open = true;
              const year = row.querySelector('.when input');
              year.value = 2031; year.dispatchEvent(new Event('change'));
              return new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)));
            }"""
        )
        ours = results_of(tab)
        with tab.expect_download() as started:
            tab.click("#export")
        path = tmp_path / started.value.suggested_filename
        started.value.save_as(path)
        assert path.name == f"{preset}-changed.yaml"
        scenario = load_scenario(path, opened.model, opened.catalogue)
        given = {s.name: s.value for s in scenario.settings}
        assert given["rail sidings"] == 0.735
        assert given["storage ratio"].years == (2031.0,)  # type: ignore[union-attr]
        theirs = simulate(opened.model, scenario)
        for name, values in theirs.data_vars.items():
            flat = values.to_numpy().reshape(1, -1)
            assert largest_gap(ours[str(name)][np.newaxis], flat) <= 1e-9, name


def test_drivers_and_parameters_of_a_preset(
    open_page: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, (_, frozen), background, _ = open_plan()
    own = tmp_path / "own.yaml"
    own.write_text(
        "title: own\nmodel: tianjin\n"
        "levers: {rail sidings: 50 %, dust control: [[2026, 70 %], [2033, 90 %]]}\n"
        "drivers:\n  regional background: {shift: -4, since: 2024}\n"
        "  demand growth: [[2025, 4 %/yr], [2040, 2 %/yr]]\n"
        "parameters: {learning rate: {solar: 0.15}, ban cost: 150}\n",
        "utf-8",
    )
    scenario = load_scenario(own, opened.model, opened.catalogue)
    live = build_live(opened.model, background, scenario, frozen, (), None, "tianjin")
    path = tmp_path / "own.html"
    path.write_text(render_live(live.script, live.data, "en"), "utf-8")
    tab = open_page(path)
    assert tab.evaluate("() => window.haiheLive.check.worst") <= 1e-9
    assert "no calibrated futures" in tab.inner_text("#certainty")
    set_levers(tab, {"green travel": 22})
    ours = results_of(tab)
    again = tmp_path / "again.yaml"
    again.write_text(tab.evaluate("() => window.haiheLive.scenario()"), "utf-8")
    theirs = simulate(opened.model, load_scenario(again, opened.model, opened.catalogue))
    base = simulate(opened.model, scenario)
    moved = 0
    for name, values in theirs.data_vars.items():
        flat = values.to_numpy().reshape(1, -1)
        assert largest_gap(ours[str(name)][np.newaxis], flat) <= 1e-9, name
        moved += not np.array_equal(values, base[name])
    assert moved > 5


# --- what people do with it -----------------------------------------------------------------------


def test_a_move_reaches_every_part(open_page: Callable[..., Any], place: Path) -> None:
    tab = open_page(place)
    settle(tab)
    before = {name: tab.inner_text(f"#{name}") for name in ("sentence", "tiles", "against")}
    curve = "() => document.querySelector('#charts .line.now').getAttribute('d')"
    band = "() => document.querySelector('#charts .band').getAttribute('d')"
    line, area = tab.evaluate(curve), tab.evaluate(band)
    assert "没有改动" in before["against"]
    set_levers(tab, {"green power imports": 60, "heavy industry restraint": 6})
    settle(tab)
    assert all(tab.inner_text(f"#{name}") != text for name, text in before.items())
    assert "改动 2 项" in tab.inner_text("#against")
    assert tab.evaluate(curve) != line
    assert tab.evaluate(band) != area
    assert tab.locator("#charts .line.preset").count() > 3
    assert tab.locator(".lever.changed").count() == 2
    wait(tab, "document.getElementById('spoken').textContent.includes('按当前设定')")
    # The other standard of air counts other targets.
    counted = tab.inner_text("#scorecard h3.plan small")
    tab.check("input[name=standard][value=new]")
    assert tab.inner_text("#scorecard h3.plan small") != counted
    tab.click("#reset")
    settle(tab)
    assert tab.locator(".lever.changed").count() == 0
    assert tab.inner_text("#against") == before["against"]


def test_keys_names_and_languages(open_page: Callable[..., Any], place: Path) -> None:
    tab = open_page(place)
    tab.focus(".lever input[type=range]")
    was = tab.input_value(".lever input[type=range]")
    tab.keyboard.press("ArrowRight")
    wait(tab, "window.haiheLive.timings.length > 0")
    assert tab.input_value(".lever input[type=range]") != was
    assert tab.evaluate("() => document.activeElement.type") == "range"
    nameless = """() => [...document.querySelectorAll('input, select, button')].filter(e =>
      !(e.labels && e.labels.length) && !e.getAttribute('aria-label')
      && !e.textContent.trim()).length"""
    assert tab.evaluate(nameless) == 0
    tab.click(".switch button[data-lang=en]")
    assert tab.evaluate(nameless) == 0
    assert tab.evaluate("() => document.documentElement.lang") == "en"
    assert tab.inner_text("#sentence").startswith("As set now")
    assert "1 changed" in tab.inner_text("#against")
    chinese = tab.evaluate(
        """() => [...document.querySelectorAll(
          '.lever label, #tiles dt, #charts figcaption, #scorecard .what')]
          .filter(e => /[\u4e00-\u9fff]/.test(e.innerText)).map(e => e.innerText)"""
    )
    assert chinese == []
    assert tab.evaluate(OVERLAPS) == []


@pytest.mark.parametrize("width", [375, 1280])
def test_room_on_a_phone_and_on_a_desk(
    width: int, open_page: Callable[..., Any], place: Path
) -> None:
    charts = "CO2|PM2.5|good days|energy by fuel|CO2 by sector|freight by mode"
    fragment = f"#s=plan&l.green+power+imports=30&c={charts}"
    tab = open_page(place, fragment, width)
    settle(tab)
    assert tab.evaluate("() => document.documentElement.scrollWidth") <= width
    assert tab.locator("#charts svg").count() == 6
    assert tab.evaluate(OVERLAPS) == []
    assert tab.evaluate(
        """() => [...document.querySelectorAll('#charts svg')]
          .filter(s => !s.querySelector('.line, .layer')).length"""
    ) == 0  # fmt: skip
    assert tab.evaluate(
        """() => [...document.querySelectorAll('#charts path')]
          .filter(p => /NaN|Infinity/.test(p.getAttribute('d'))).length"""
    ) == 0  # fmt: skip


def test_where_workers_are_not_allowed(open_page: Callable[..., Any], place: Path) -> None:
    tab = open_page(place)
    settle(tab)
    expected = tab.evaluate("() => window.haiheLive.futures().chances")
    alone = open_page(place, before="delete window.Worker")
    settle(alone)
    assert alone.evaluate("() => typeof Worker") == "undefined"
    assert alone.evaluate("() => window.haiheLive.futures().chances") == expected


def test_on_paper(open_page: Callable[..., Any], place: Path) -> None:
    tab = open_page(place, "#s=plan&l.rail+sidings=0.9")
    settle(tab)
    tab.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    tab.emulate_media(media="print")
    assert not tab.is_visible(".controls")
    assert tab.is_visible("#settings")
    assert "90%" in tab.inner_text("#settings")
    assert tab.is_visible("#scorecard")


def test_the_address_holds_the_state(open_page: Callable[..., Any], place: Path) -> None:
    tab = open_page(place)
    set_levers(tab, {"rail sidings": 81, "waste sorting": 12})
    tab.select_option("#year", "2035")
    wait(tab, "location.hash.includes('l.rail+sidings=0.81') && location.hash.includes('y=2035')")
    address = tab.evaluate("() => location.hash")
    assert address.count("&l.") == 2
    again = open_page(place, address)
    assert again.evaluate("() => window.haiheLive.state.values['waste sorting']") == 0.12
    assert again.input_value("#year") == "2035"
    assert again.is_hidden("#notice")
    assert again.inner_text("#sentence") == tab.inner_text("#sentence")


@pytest.mark.parametrize(
    "fragment",
    [
        "#%%%",
        "#s=nowhere&l.none=1&l.rail+sidings=abc&l.manure+use=1@x&l.rail+tariff+discount=Infinity",
        "#l.rail+sidings=" + "9" * 5000,
        "#y=1e99&c=__proto__|constructor&air=%00&lang=xx&m=00000000",
        "#l.__proto__=1&l.constructor=2&s=__proto__",
        "#l.manure+use=0.9@2030,0.8@2020&l.policy+delay[air]=3@2025&l.dust+control=NaN",
        "#<img src=x onerror=alert(1)>&s=<script>alert(1)</script>",
    ],
)
def test_a_bad_address_does_no_harm(
    fragment: str, open_page: Callable[..., Any], place: Path
) -> None:
    tab = open_page(place, fragment)
    state = tab.evaluate("() => window.haiheLive.state")
    assert state["preset"] == "plan"
    limits = {one["id"]: one["limits"] for one in make_live_plan().data["sliders"]}
    for lever, value in state["values"].items():
        ends = [value] if not isinstance(value, list) else [point[1] for point in value]
        assert all(limits[lever][0] <= end <= limits[lever][1] for end in ends), lever
    assert tab.inner_text("#sentence").startswith("按当前设定")
    if "s=" in fragment:
        assert tab.is_visible("#notice")


# --- words that nobody should trust ---------------------------------------------------------------

PAYLOADS = (
    "</script><script>window.hurt=1</script>",
    "<img src=x onerror=window.hurt=1>",
    "<svg/onload=window.hurt=1>",
    "<!--<script>window.hurt=1//-->",
    "]]><script>window.hurt=1</script>",
    "</title><script>window.hurt=1</script>",
    "</style><img src=x onerror=window.hurt=1>",
    "</textarea><iframe srcdoc='<script>parent.hurt=1</script>'>",
    "\"><script>window.hurt=1</script>",
    "' onmouseover='window.hurt=1",
    "javascript:window.hurt=1",
    "{{ 7*7 }}{% for x in y %}",
    "{preset}{count}{__proto__}",
    "${window.hurt=1}",
    "`;window.hurt=1;`",
    "*/window.hurt=1/*",
    "\\u003cscript\\u003ewindow.hurt=1",
    "&lt;script&gt;window.hurt=1",
    "=HYPERLINK(\"http://x\")",
    "+1+cmd|' /C calc'!A0",
    "\u2028window.hurt=1\u2029",
    "\u202e\u0000\u0085tpircs",
    "<a href=//x.example>x</a>",
    "<link rel=stylesheet href=//x.example>",
    "title: [&a *a !!python/object:x]\n- x",
)  # fmt: skip


QUOTED = ("quote", "plan", "standard", "source")


def poison(value: Any, next_payload: Callable[[], str]) -> Any:
    """The same data with a payload in every word."""
    if isinstance(value, dict):
        if value.keys() == {"zh", "en"}:
            return {"zh": next_payload(), "en": next_payload()}
        return {
            key: next_payload() if key in QUOTED else poison(part, next_payload)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [poison(part, next_payload) for part in value]
    return value


@pytest.mark.parametrize("start", [0, 12])
def test_hostile_words_are_inert(start: int, open_page: Callable[..., Any], tmp_path: Path) -> None:
    live = make_live_plan()
    count = iter(range(start, 10**9))
    data = poison(copy.deepcopy(dict(live.data)), lambda: PAYLOADS[next(count) % len(PAYLOADS)])
    data["model"]["name"] = '"]}\n- x: </script>'
    path = tmp_path / "hostile.html"
    path.write_text(render_live(live.script, data, "zh"), "utf-8")
    tab = open_page(path)
    settle(tab)
    tab.evaluate("() => document.querySelectorAll('details').forEach(e => e.open = true)")
    tab.click(".switch button[data-lang=en]")
    set_levers(tab, {"rail sidings": 80})
    settle(tab)
    tab.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    wait(tab, "document.querySelector('#influence li')")
    assert tab.evaluate("() => window.hurt") is None
    foreign = (
        "img, iframe, object, embed, a[href^='//'], a[href^='javascript'], link[rel=stylesheet]"
    )
    assert tab.locator(foreign).count() == 0
    assert tab.locator("script").count() == 5
    # The scenario that the page writes is still one scenario, whatever the words.
    text = tab.evaluate(
        """() => {
          const { data, state } = window.haiheLive, { title, story } = data.presets[0];
          return writeScenario(data, state, { title, story });
        }"""
    )
    tree = parse_yaml(text, "exported")
    assert isinstance(tree, MapNode)
    assert [key.text for key, _ in tree] == ["title", "story", "model", "levers"]
