"""The page in a real browser: quiet, offline, bilingual, legible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hostile import PAYLOADS, spoil
from report_example import make_report

from haihe_viz.page import write_page

pytestmark = pytest.mark.browser

TEXTS = """plot => {
  const found = [];
  const walk = node => {
    if (node.shadowRoot) walk(node.shadowRoot);
    for (const child of node.children ?? []) {
      if (child.tagName === 'text') {
        const box = child.getBoundingClientRect();
        if (child.textContent.trim() && box.width > 0)
          found.push({text: child.textContent, x0: box.left, x1: box.right,
                      y0: box.top, y1: box.bottom});
      }
      walk(child);
    }
  };
  walk(plot);
  return found;
}"""
MARKS = """plot => {
  const paths = [];
  const walk = node => {
    if (node.shadowRoot) walk(node.shadowRoot);
    for (const child of node.children ?? []) {
      if (child.tagName === 'path') paths.push(child.getAttribute('d') ?? '');
      walk(child);
    }
  };
  walk(plot);
  return paths.filter(d => d.length > 20).length;
}"""
MISSING_GLYPHS = """() => {
  const draw = sign => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 32;
    const pen = canvas.getContext('2d', {willReadFrequently: true});
    pen.font = '20px ' + getComputedStyle(document.body).fontFamily;
    pen.fillText(sign, 4, 24);
    return pen.getImageData(0, 0, 32, 32).data.join();
  };
  const box = draw('\\u{10fffd}');
  const signs = new Set(document.body.innerText.replace(/\\s/g, ''));
  return [...signs].filter(sign => draw(sign) === box);
}"""


@dataclass
class Opened:
    """A page, and what it did that it should not have."""

    page: Any
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(make_report(), tmp_path_factory.mktemp("page") / "page.html")


@pytest.fixture
def visit(chromium: Any) -> Iterator[Callable[..., Opened]]:
    pages = []

    def go(path: Path, fragment: str = "", width: int = 1280) -> Opened:
        page = chromium.new_page(viewport={"width": width, "height": 900})
        pages.append(page)
        opened = Opened(page)
        address = path.as_uri()
        page.on(
            "console",
            lambda m: (
                opened.complaints.append(f"console: {m.type} {m.text}")
                if m.type in ("error", "warning")
                else None
            ),
        )
        page.on("pageerror", lambda e: opened.complaints.append(f"error: {e}"))
        page.on("dialog", lambda d: (opened.complaints.append("dialog"), d.dismiss()))
        page.on(
            "request",
            lambda r: (
                opened.complaints.append(f"request: {r.url}")
                if not r.url.startswith((address, "data:"))
                else None
            ),
        )
        page.goto(address + fragment)
        page.wait_for_selector("html[data-drawn]", timeout=60_000)
        page.wait_for_timeout(300)
        return opened

    yield go
    for page in pages:
        page.close()


def plots(opened: Opened) -> list[Any]:
    return list(opened.page.query_selector_all(".plot"))


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_is_quiet_whole_and_legible(
    visit: Callable[..., Opened], path: Path, lang: str, width: int
) -> None:
    opened = visit(path, f"#lang={lang}", width)
    assert opened.complaints == []
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    found = plots(opened)
    assert len(found) == int(opened.page.evaluate("document.documentElement.dataset.drawn")) > 20
    for plot in found:
        texts = plot.evaluate(TEXTS)
        assert plot.evaluate(MARKS) >= 2
        assert len(texts) >= 5
        assert overlaps(texts) == []
        box = plot.bounding_box()
        outside = [t["text"] for t in texts if t["x1"] > box["x"] + box["width"] + 1]
        assert outside == []


def overlaps(texts: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Pairs of labels that stand on each other by more than a hair [px]."""
    # Bokeh writes some texts twice at the same place: filled, and as an outline that is not seen.
    places = {(t["text"], round(t["x0"]), round(t["y0"])): t for t in texts if t["text"] != "■"}
    names = list(places.values())
    return [
        (a["text"], b["text"])
        for i, a in enumerate(names)
        for b in names[i + 1 :]
        if min(a["x1"], b["x1"]) - max(a["x0"], b["x0"]) > 1
        and min(a["y1"], b["y1"]) - max(a["y0"], b["y0"]) > LEADING
    ]


LEADING = 6
"""Boxes of lines of text overlap by their empty leading [px]; ink does not until here."""


def test_the_language_changes_in_place(visit: Callable[..., Opened], path: Path) -> None:
    opened = visit(path)
    page = opened.page
    texts = [t["text"] for plot in plots(opened) for t in plot.evaluate(TEXTS)]
    assert "本情景" in texts
    assert "Scenario" not in texts
    page.focus('.switch button[data-lang="en"]')
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    texts = [t["text"] for plot in plots(opened) for t in plot.evaluate(TEXTS)]
    assert "Scenario" in texts
    assert "2030 Baseline" in texts
    assert "Offshore wind" in texts
    assert not [t for t in texts if any("\u4e00" <= sign <= "\u9fff" for sign in t)]
    assert page.title() == "The plan as written"
    assert page.evaluate("document.documentElement.lang") == "en"
    assert "lang=en" in page.url
    headings = page.locator("h2:visible, h3:visible:not(.plan)").all_inner_texts()
    assert not [h for h in headings if any("\u4e00" <= sign <= "\u9fff" for sign in h)]
    page.click('.switch button[data-lang="zh"]')
    page.wait_for_timeout(500)
    assert page.title() == "方案原文"
    assert opened.complaints == []


def test_pointing_at_a_chart_tells_the_numbers(visit: Callable[..., Opened], path: Path) -> None:
    opened = visit(path, "#lang=en")
    plot = opened.page.locator(".plot").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    opened.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    tip = opened.page.locator(".bk-tooltip-row-label").first
    tip.wait_for(timeout=5000)
    words = " ".join(opened.page.locator(".bk-tooltip-row-label").all_inner_texts())
    assert "Year" in words
    assert "Baseline (Mt/yr)" in words
    assert opened.complaints == []


def test_no_sign_is_without_a_glyph(visit: Callable[..., Opened], path: Path) -> None:
    opened = visit(path)
    missing = opened.page.evaluate(MISSING_GLYPHS)
    if "中" in missing:
        pytest.skip("no Chinese font on this machine (Debian: fonts-noto-cjk)")
    assert missing == []


def test_hostile_text_does_nothing(visit: Callable[..., Opened], tmp_path: Path) -> None:
    path = write_page(spoil(make_report(), " ".join(PAYLOADS)), tmp_path / "hostile.html")
    opened = visit(path, "#lang=en")
    plot = opened.page.locator(".plot").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    opened.page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.5 * box["height"])
    opened.page.wait_for_timeout(500)
    opened.page.click('.switch button[data-lang="zh"]')
    opened.page.wait_for_timeout(500)
    assert opened.page.evaluate("window.pwned") is None
    assert opened.complaints == []


def test_a_script_that_is_not_ours_does_not_run(visit: Callable[..., Opened], path: Path) -> None:
    opened = visit(path)
    opened.page.evaluate(
        """() => {
          const script = document.createElement('script');
          script.textContent = 'window.pwned = 1';
          document.body.append(script);
          document.body.insertAdjacentHTML('beforeend', '<img src="https://haihe.invalid/x.png">');
        }"""
    )
    opened.page.wait_for_timeout(300)
    assert opened.page.evaluate("window.pwned") is None
    assert any("Content Security Policy" in complaint for complaint in opened.complaints)


def test_headings_and_tables_can_be_read_without_scripts(chromium: Any, path: Path) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert "方案原文" in page.inner_text("h1")
    assert "Targets" not in page.inner_text("#targets h2")
    assert "数据表" in page.inner_text("#indicators")
    context.close()
