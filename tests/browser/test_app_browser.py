"""The app in a real browser: any words stay words, and a planner gets from a slider to a run."""

from __future__ import annotations

import html
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from haihe.serve import handlers
from haihe.serve.jobs import Job
from haihe.serve.server import Listening, listen, serve

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "viz"))
from hostile import PAYLOADS

pytestmark = pytest.mark.browser

PAGES = ("scenarios", "studies", "ask", "ask/run", "jobs", "results", "no-such-page")
SIZES = ({"width": 1280, "height": 900}, {"width": 375, "height": 700})

GO = """place => {
  document.getElementById('main').replaceChildren();
  history.replaceState(null, '', '#/' + place);
  dispatchEvent(new HashChangeEvent('hashchange'));
}"""


class Served:
    """A server, its page, and what the page complained of."""

    def __init__(self, listening: Listening, desk: handlers.Desk, page: Any) -> None:
        """Listen to the page."""
        self.url, self.desk, self.page = listening.address, desk, page
        self.said: list[str] = []
        page.on("console", lambda m: self.said.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda fault: self.said.append(str(fault)))
        page.on("dialog", lambda box: self.said.append(f"dialog {box.message}"))
        page.on("request", self._look)

    def _look(self, request: Any) -> None:
        if not request.url.startswith((self.url, "data:")):
            self.said.append(f"asks for {request.url}")

    def open(self, place: str, wait: str = "main h1") -> None:
        """Go to a page of the app."""
        if not self.page.url.startswith(self.url):
            self.page.goto(self.url)
        self.page.evaluate(GO, place)
        self.page.wait_for_selector(wait)

    def until(self, what: str) -> None:
        """Wait until something is so; the page's policy forbids the browser's own way to wait."""
        until = time.monotonic() + 20
        while not self.page.evaluate(what):
            assert time.monotonic() < until, what
            time.sleep(0.05)

    def check(self) -> None:
        """Nothing ran, nothing was asked for elsewhere."""
        assert self.page.evaluate("window.pwned") is None
        made = "script:not([src]), iframe, main img, main svg, object, embed, base, main style"
        assert self.page.evaluate("s => document.querySelectorAll(s).length", made) == 0
        bad = """[...document.querySelectorAll('*')].filter(e => [...e.attributes]
            .some(a => /^on/i.test(a.name) || /^\\s*javascript:/i.test(a.value))).length"""
        assert self.page.evaluate(bad) == 0
        assert self.said == []


def write_project(root: Path) -> None:
    """A project in which every text that a page shows is hostile."""
    (root / "scenarios" / "studies").mkdir(parents=True)
    for number, payload in enumerate(PAYLOADS):
        text = json.dumps(payload)
        head = f"title: {{zh: {text}, en: {text}}}\nstory: {{zh: {text}, en: {text}}}\n"
        (root / "scenarios" / f"s{number}.yaml").write_text(head + "extends: plan\n", "utf-8")
        study = f"{head}scenarios: [s{number}]\ndesign: {{method: posterior, samples: 2}}\n"
        study += "save: {outcomes: [CO2]}\n"
        (root / "scenarios" / "studies" / f"t{number}.yaml").write_text(study, "utf-8")
        (root / "output" / f"r{number}").mkdir(parents=True)
        page = f"<title>{html.escape(payload)}</title>"
        (root / "output" / f"r{number}" / "page.html").write_text(page, "utf-8")
    for name in ("<img src=x onerror=window.pwned=1>", "' onfocus='window.pwned=1' autofocus='"):
        (root / "scenarios" / f"{name}.yaml").write_text("title: x\n", "utf-8")
        (root / "output" / name).mkdir()
        (root / "output" / name / f"{name}.csv").write_text("x", "utf-8")
        (root / "output" / f"{name}.zarr").mkdir()


def add_jobs(desk: handlers.Desk) -> None:
    """Jobs of every state and answer with hostile words."""
    for number, payload in enumerate(PAYLOADS, start=1):
        words = {"zh": payload, "en": payload}
        target = {"title": words, "year": 2030, "unit": payload, "scope": "plan", "met": True}
        target |= {"relation": payload, "threshold": 1.0, "value": 1.0}
        spread = {"title": words, "scenario": payload, "unit": payload}
        spread |= {"low": 1, "median": 1, "high": 1}
        answer = {"sentence": words, "sentences": [words], "targets": [target]}
        kind = ("run", "sweep", payload)[number % 3]
        job = Job(number, kind, {"scenario": payload}, (payload,), f"output/{payload}.html")
        job.lines.append(payload)
        job.state = ("done", "failed", "stopped")[number % 3]  # type: ignore[assignment]
        job.answer = {**answer, "outcomes": [spread], "members": 1, "failed": 0}
        desk.jobs.jobs[number] = job


@pytest.fixture(scope="module")
def served(chromium: Any, tmp_path_factory: Any) -> Iterator[Served]:
    """One server for all tests, in a project whose own name is hostile too."""
    root = tmp_path_factory.mktemp("x") / "<img src=x onerror=window.pwned=1>"
    write_project(root)
    desks: list[handlers.Desk] = []
    make = handlers.make_application
    ready, stops = threading.Event(), list[Callable[[], None]]()

    def keep(desk: handlers.Desk) -> Any:
        desks.append(desk)
        return make(desk)

    def tell(stop: Callable[[], None]) -> None:
        stops.append(stop)
        ready.set()

    with pytest.MonkeyPatch.context() as patch, listen("127.0.0.1", 0) as listening:
        patch.setattr("haihe.serve.server.make_application", keep)
        thread = threading.Thread(target=serve, args=(listening, root, "en", 1, tell))
        thread.start()
        assert ready.wait(20)
        add_jobs(desks[0])
        context = chromium.new_context(viewport=SIZES[0])
        page = context.new_page()
        yield Served(listening, desks[0], page)
        context.close()
        stops[0]()
        thread.join(30)
        assert not thread.is_alive()


@pytest.mark.parametrize("place", PAGES)
def test_hostile_words_are_words(served: Served, place: str) -> None:
    """Every list of the app, in both languages, wide and on a phone; nothing sticks out."""
    for size in SIZES:
        served.page.set_viewport_size(size)
        served.open(place)
        for lang in ("zh", "en"):
            served.page.evaluate("document.getElementById('main').replaceChildren()")
            served.page.click(f".switch [data-lang={lang}]")
            served.page.wait_for_selector("main h1")
            over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert served.page.evaluate(over) <= 0, (place, size, lang)
    served.check()


def test_hostile_words_are_shown(served: Served) -> None:
    """They are not dropped either: a reader sees what was written."""
    served.open("scenarios", ".card")
    shown = served.page.inner_text("main")
    assert "<script>window.pwned=1</script>" in shown
    assert "{{ 7*7 }}" in shown


def test_hostile_jobs_are_words(served: Served) -> None:
    """Command, last words, sentences, tables."""
    for number in range(1, len(PAYLOADS) + 1):
        served.open(f"jobs/{number}", "code")
    served.check()


def test_hostile_texts_are_words_in_the_editor(served: Served) -> None:
    """Titles in the head, and names in messages about mistakes."""
    for number in range(len(PAYLOADS)):
        served.open(f"scenarios/s{number}", ".state.good")
    names = "".join(f"  {json.dumps(payload)}: 1\n" for payload in PAYLOADS)
    served.page.fill("#text", f"title: x\nlevers:\n{names}")
    served.page.wait_for_selector(".state.wrong")
    assert served.page.locator(".problems li").count() == len(PAYLOADS)
    above = json.dumps(list(PAYLOADS))
    served.page.fill("#text", f"title: x\nextends: {above}\n")
    served.until("document.querySelector('.problems').innerText.includes('7*7')")
    served.open("studies/t0", ".state.good")
    served.check()


def test_pages_of_results_cannot_speak_to_the_app(served: Served) -> None:
    """Their scripts run in an origin of their own: no cookie, no request, no frame."""
    script = """<script>
    (async () => {
      const found = {};
      try { found.cookie = document.cookie; } catch { found.cookie = 'no'; }
      try { await fetch('/api/jobs'); found.fetch = 'yes'; } catch { found.fetch = 'no'; }
      window.found = found;
    })();</script>"""
    (served.desk.project.output / "evil.html").write_text(script)
    page = served.page.context.new_page()
    page.goto(f"{served.url}results/evil.html")
    page.wait_for_function("window.found")
    assert page.evaluate("window.found") == {"cookie": "no", "fetch": "no"}
    assert page.evaluate("origin") == "null"
    page.close()


def test_planner_gets_from_a_slider_to_a_saved_scenario(served: Served) -> None:
    """A new scenario: a slider, a misspelt lever that is mended by a click, saved; all by keys."""
    page = served.page
    page.set_viewport_size(SIZES[0])
    served.open("scenarios", ".card")
    page.click("main .acts button.main")
    page.select_option("#new-from", "plan")
    page.fill("#new-id", "my-first")
    page.keyboard.press("Enter")
    page.wait_for_selector(".levers details")
    page.evaluate("document.querySelector('.levers details[data-group=freight]').open = true")
    page.fill('[id="lever-rail investment-value"]', "9")
    page.keyboard.press("Tab")
    served.until("document.getElementById('text').value.includes('rail investment: 9')")
    page.fill("#text", page.input_value("#text") + "  rail sidngs: 50 %\n")
    page.wait_for_selector(".state.wrong")
    assert page.inner_text(".gutter .bad") == "7"
    page.click(".mend >> nth=0")
    page.wait_for_selector(".state.good")
    page.focus("#text")
    page.keyboard.press("Control+s")
    path = served.desk.project.root / "scenarios" / "my-first.yaml"
    served.until("document.querySelector('#save').disabled")
    assert "rail sidings: 50 %" in path.read_text("utf-8")
    served.check()
