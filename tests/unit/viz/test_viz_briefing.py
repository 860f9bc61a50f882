"""Briefings: whole, in five formats and two languages, bound to their numbers, inert."""

from __future__ import annotations

import io
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from briefing_example import make_facts
from hostile import PAYLOADS

from haihe.errors import InputError
from haihe_viz.briefing import FORMATS, SHIPPED, Made, Template, make_briefing, open_template
from haihe_viz.briefing_check import find_changes, find_edits, open_briefing
from haihe_viz.briefing_embed import make_figure, write_fragment
from haihe_viz.static_png import find_chinese_font, render_png
from haihe_viz.static_svg import draw_figure

docx = pytest.importorskip("docx")
pptx = pytest.importorskip("pptx")
pytest.importorskip("typst")
if find_chinese_font() is None:
    pytest.skip("this machine has no font that holds Chinese", allow_module_level=True)

SMALL = """# {{ title }}

{{ story }}

- {{ scenario }}: **{{ indicator("CO2", 2030) }}**, {{ change("CO2", 2021, 2030) }},

{{ versus("CO2", 2035) }}

{{ figure("CO2", data=True) }}

{{ target_table("") }}

{{ lines_table(settings()) }}

{{ lines_table(not_modelled()) }}
"""


def small(text: str = SMALL, suffix: str = ".md") -> Template:
    return Template("mine.md", suffix, text.encode())


def make(suffix: str, text: str = SMALL, lang: str = "en", **facts) -> Made:
    return make_briefing(small(text), make_facts(**facts), suffix, lang)  # type: ignore[arg-type]


def save(made: Made, folder: Path, suffix: str) -> Path:
    path = folder / f"briefing{suffix}"
    path.write_bytes(made.content)
    return path


# --- whole


@pytest.fixture(scope="module", params=[(n, g) for n in SHIPPED for g in ("zh", "en")])
def shipped(request) -> tuple[str, str, dict[str, Made]]:
    """Every shipped template in both languages, as Word and as slides."""
    name, lang = request.param
    template = open_template(name, lang)
    suffixes = (".pptx",) if name == "slides" else (".docx",) if name == "brief" else (".html",)
    facts = make_facts()
    return name, lang, {s: make_briefing(template, facts, s, lang) for s in (*suffixes, ".md")}


def test_shipped_templates_fill_in(shipped) -> None:
    _, lang, made = shipped
    text = made[".md"].content.decode()
    assert "{{" not in text
    assert "{%" not in text
    assert "\ue000" not in text
    assert "undefined" not in text
    assert ("percentage points" in text) == (lang == "en")
    assert len(made[".md"].manifest.bound) > 20
    for path, svg in made[".md"].beside.items():
        assert path in text
        assert "<polyline" in svg or "<rect" in svg


def test_word_has_the_layout_of_an_official_document(shipped) -> None:
    name, lang, made = shipped
    if name != "brief":
        pytest.skip("one template is enough")
    document = docx.Document(io.BytesIO(made[".docx"].content))
    section = document.sections[0]
    assert [round(m.mm) for m in (section.top_margin, section.bottom_margin, section.left_margin,
                                  section.right_margin)] == [37, 35, 28, 26]  # fmt: skip
    xml = document.element.xml
    styles = document.styles.element.xml
    assert re.findall(r'w:lang [^>]*w:eastAsia="(.*?)"', styles) == ["zh-CN"]
    if lang == "zh":
        for face in ("方正小标宋简体", "黑体", "楷体_GB2312", "仿宋_GB2312"):
            assert f'w:eastAsia="{face}"' in styles
        assert 'w:firstLineChars="200"' in styles
        assert 'w:firstLine="640"' in styles
        assert document.styles["Normal"].font.size.pt == 16
        assert document.styles["Normal"].paragraph_format.line_spacing.pt == 28
        footers = (section.footer, section.even_page_footer)
        assert all(f.paragraphs[0].text == "—  —" for f in footers)
    shown = re.findall(r'<wp:docPr [^>]*descr="([^"]+)"', xml)
    assert len(shown) == len(document.inline_shapes) > 0
    captions = [p for p in document.paragraphs if p.style.name == "Caption" and p.text.strip()]
    assert len(captions) >= len(shown)
    for table in document.tables:
        assert len(table.rows) > 1
        assert all(cell.text.strip() for cell in table.rows[0].cells)


def test_pictures_in_word_are_drawn() -> None:
    from PIL import Image

    content = make(".docx").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        images = [n for n in archive.namelist() if n.startswith("word/media/")]
        assert images
        for name in images:
            pixels = np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("L"))
            assert pixels.shape[1] == 2 * 760
            assert (pixels < 200).mean() > 0.004


def test_slides_hold_native_charts_within_their_edges(shipped) -> None:
    name, lang, made = shipped
    if name != "slides":
        pytest.skip("one template is enough")
    deck = pptx.Presentation(io.BytesIO(made[".pptx"].content))
    charts = 0
    for slide in deck.slides:
        assert slide.shapes.title is not None
        assert slide.shapes.title.text_frame.text.strip()
        boxes = []
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.left + shape.width <= deck.slide_width
            assert shape.top >= 0
            assert shape.top + shape.height <= deck.slide_height
            if shape.has_chart:
                charts += 1
                assert shape._element.nvGraphicFramePr.cNvPr.get("descr")
                series = list(shape.chart.plots[0].series)
                assert any(v is not None for s in series for v in s.values)
            if (
                shape.has_chart
                or shape.has_table
                or (shape.has_text_frame and shape.text_frame.text)
            ):
                boxes.append((shape.left, shape.top, shape.width, shape.height))
        assert not any(_overlap(a, b) for i, a in enumerate(boxes) for b in boxes[:i])
        fonts = re.findall(
            r'<a:ea typeface="(.*?)"', slide._element.xml if hasattr(slide._element, "xml") else ""
        )
        assert lang == "en" or "微软雅黑" in fonts
    assert charts >= 3


def _overlap(a, b) -> bool:
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return across > 20_000 and down > 20_000


def test_html_asks_nobody_for_anything() -> None:
    text = make(".html").content.decode()
    assert "default-src 'none'" in text
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?!#)\S""", text.replace("default-src", ""))
    assert text.count("<figure") == text.count("<figcaption") == 1
    assert re.search(r"<svg[^>]*><title>[^<]{20,}</title>", text)


def test_pdf_is_made_in_both_languages() -> None:
    for lang in ("zh", "en"):
        content = make(".pdf", lang=lang).content
        assert content.startswith(b"%PDF")
        assert len(content) > 20_000


def test_every_picture_names_its_unit_and_starts_where_it_says() -> None:
    figure = make_figure(make_facts(), "en", None, "CO2", {})
    svg = draw_figure(figure)
    assert "Mt/yr" in svg
    assert "Nine futures in ten" in svg
    assert "<polygon" in svg
    assert figure.alt.startswith("CO₂")
    assert figure.data[0][0] == "Year"
    assert svg == draw_figure(make_figure(make_facts(), "en", None, "CO2", {}))


def test_small_figures_and_chinese_are_no_boxes() -> None:
    """A missing glyph is drawn as a box; the letters then look alike."""
    from PIL import Image

    def ink(words: str) -> np.ndarray:
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="40" font-size="24" '
            f'font-family="Noto Sans CJK SC, sans-serif"><text x="4" y="28">{words}</text></svg>'
        )
        return np.asarray(Image.open(io.BytesIO(render_png(svg))).convert("L"))

    drawn = [ink(sign) for sign in "₂₅海河排放"]
    for i, one in enumerate(drawn):
        assert (one < 128).any()
        assert all((one != other).any() for other in drawn[:i])


# --- bound


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_fresh_document_holds_and_a_stale_one_does_not(suffix: str, tmp_path: Path) -> None:
    held = open_briefing(save(make(suffix), tmp_path, suffix))
    assert len(held.manifest.bound) > 5
    assert find_edits(held) == []
    assert find_changes(held, make_facts(), None) == []
    changed = find_changes(held, make_facts(scale=0.7), None)
    assert {one.kind for one in changed} == {"changed"}
    calls = {one.bound.expression.partition("(")[0] for one in changed}
    assert calls >= {"indicator", "change", "versus", "figure"}
    assert all(one.now and one.now != one.bound.text for one in changed)


def test_a_number_that_nobody_can_say_any_more_is_reported(tmp_path: Path) -> None:
    held = open_briefing(save(make(".md"), tmp_path, ".md"))
    facts = make_facts()
    fewer = facts.report.indicators.drop_vars("CO2")
    from dataclasses import replace

    gone = replace(facts, report=replace(facts.report, indicators=fewer))
    assert "lost" in {one.kind for one in find_changes(held, gone, None)}


@pytest.mark.parametrize("suffix", [".docx", ".pptx", ".html", ".md"])
def test_a_number_changed_by_hand_is_found(suffix: str, tmp_path: Path) -> None:
    made = make(suffix)
    number = next(b for b in made.manifest.bound if b.call == "indicator")
    path = save(made, tmp_path, suffix)
    old, new = number.text.encode(), b"999 Mt/yr"
    if suffix in (".docx", ".pptx"):
        part = "word/document.xml" if suffix == ".docx" else "ppt/slides/slide2.xml"
        _rewrite(
            path,
            lambda name, blob: (
                blob.replace(old, new) if name in (part, "ppt/slides/slide1.xml") else blob
            ),
        )
    else:
        head, mark, rest = made.content.partition(
            b"<script" if suffix == ".html" else b"<!-- haihe"
        )
        path.write_bytes(head.replace(old, new) + mark + rest)
    found = find_edits(open_briefing(path))
    assert number.id in {one.bound.id for one in found}
    assert all(one.kind == "edited" for one in found)


def _rewrite(path: Path, change) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, blob in parts.items():
            archive.writestr(name, change(name, blob))


def test_documents_of_others_are_told_from_ours(tmp_path: Path) -> None:
    for name, content in (
        ("a.docx", b"no zip"),
        ("a.html", b"<p>x"),
        ("a.md", b"x"),
        ("a.pdf", b"%PDF"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(InputError):
            open_briefing(path)
    with pytest.raises(InputError, match="no file"):
        open_briefing(tmp_path / "none.docx")


def test_a_manifest_can_call_nothing_but_the_functions_of_a_template(tmp_path: Path) -> None:
    made = make(".md", "{{ indicator('CO2', 2030) }}")
    from dataclasses import replace

    from haihe_viz.briefing_check import Held

    for call in ("_say", "__class__", "value", "eval", "lines_table"):
        bound = replace(made.manifest.bound[0], call=call)
        held = Held(replace(made.manifest, bound=(bound,)), None, None)
        assert [one.kind for one in find_changes(held, make_facts(), None)] == ["lost"]


# --- templates of the planner's own


def test_our_template_as_a_word_file_gives_the_same_document(tmp_path: Path) -> None:
    from haihe_viz.briefing_own import make_own_template

    ours = open_template("brief", "zh")
    own = Template("own.docx", ".docx", make_own_template(ours, ".docx", "zh"))
    first = make_briefing(ours, make_facts(), ".docx", "zh")
    second = make_briefing(own, make_facts(), ".docx", "zh")
    texts = [sorted((b.expression, b.text) for b in m.manifest.bound) for m in (first, second)]
    assert texts[0] == texts[1]
    words = [
        [p.text for p in docx.Document(io.BytesIO(m.content)).paragraphs if p.text.strip()]
        for m in (first, second)
    ]
    assert words[0][:-1] == words[1][:-1]
    held = open_briefing(save(second, tmp_path, ".docx"))
    assert find_edits(held) == []


def test_a_box_of_a_slide_becomes_a_chart(tmp_path: Path) -> None:
    from pptx.util import Inches

    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text_frame.text = "{{ title }}: {{ indicator('CO2', 2030) }}"
    box = slide.shapes.add_textbox(*[Inches(x) for x in (1, 2, 6, 4)])
    box.text_frame.text = "{{ figure('CO2') }}"
    path = tmp_path / "own.pptx"
    deck.save(path)
    made = make_briefing(open_template(str(path), "en"), make_facts(), ".pptx", "en")
    shapes = list(pptx.Presentation(io.BytesIO(made.content)).slides[0].shapes)
    assert sum(shape.has_chart for shape in shapes) == 1
    assert not any("{{" in s.text_frame.text for s in shapes if s.has_text_frame)
    assert [b.call for b in made.manifest.bound] == ["indicator", "figure"]


def test_html_of_ones_own_is_bound_too_and_no_expression_stands_in_a_script() -> None:
    page = (
        "<html><body title='{{ title }}'><p>{{ indicator('CO2', 2030) }}</p>"
        "{{ figure('CO2') }}</body></html>"
    )
    made = make_briefing(
        small(page, ".html"), make_facts(payload="\" onclick='x' <b>"), ".html", "en"
    )
    text = made.content.decode()
    assert len(made.manifest.bound) == 2
    assert '<data value="' in text
    assert "<b>" not in text
    reader = _Tags()
    reader.feed(text)
    assert not any(name.startswith("on") for _, attrs in reader.seen for name, _ in attrs)
    with pytest.raises(InputError, match="script"):
        make_briefing(small("<script>{{ title }}</script>", ".html"), make_facts(), ".html", "en")


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a\n\n{{ indicator('CO', 2030) }}", 3, "did you mean CO2"),
        ("{{ indicator('CO2', 1900) }}", 1, "a year from 2010"),
        ("a\n{{ indicater('CO2', 2030) }}", 2, "did you mean indicator"),
        ("{{ target('nothing') }}", 1, "no target"),
        ("\n{{ value('CO2', 2030) }}", 2, "bare number"),
        ("{% if %}", 1, "cannot be read"),
        ("{{ figure('CO2', kind='pie') }}", 1, "no kind of figure"),
        ("{{ causes('CO2', 2030) }}", 1, "--against"),
        ("{{ indicator.__globals__ }}", 1, ""),
        ("{{ title.__class__.__mro__ }}", 1, ""),
        ("{{ ''.__class__ }}", 1, ""),
        ("{% include '/etc/passwd' %}", 1, ""),
        ("{% import 'os' as os %}", 1, ""),
        ("{{ indicator('CO2') }}", 1, ""),
        ("{{ range(100000000) | list }}", 1, ""),
    ],
)
def test_mistakes_of_a_template_are_told_with_their_line(text: str, line: int, says: str) -> None:
    with pytest.raises(InputError) as told:
        make_briefing(small(text), make_facts(), ".md", "en")
    assert told.value.where is not None
    assert told.value.where.line == line
    assert says in str(told.value)


def test_templates_and_formats_are_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean brief"):
        open_template("breif", "en")
    with pytest.raises(InputError, match="no format"):
        make(".odt")
    with pytest.raises(InputError, match="cannot become"):
        make_briefing(small("x", ".docx"), make_facts(), ".pdf", "en")
    with pytest.raises(InputError, match="UTF-8"):
        make_briefing(Template("x.md", ".md", b"\xff\xfe"), make_facts(), ".md", "en")
    with pytest.raises(InputError):
        make_briefing(Template("x.docx", ".docx", b"PK"), make_facts(), ".docx", "en")


# --- inert


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.seen.append((tag, attrs))


@pytest.fixture(scope="module")
def plain_tags() -> list[str]:
    reader = _Tags()
    reader.feed(make(".html").content.decode())
    return [tag for tag, _ in reader.seen]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_text_is_text_in_html_and_markdown(payload: str, plain_tags: list[str]) -> None:
    text = make(".html", payload=payload).content.decode()
    reader = _Tags()
    reader.feed(text)
    tags = [tag for tag, _ in reader.seen]
    assert set(tags) <= set(plain_tags)
    assert all(tags.count(t) == plain_tags.count(t) for t in ("script", "style", "meta", "svg"))
    names = {name for _, attrs in reader.seen for name, _ in attrs}
    assert not any(name.startswith("on") or name in ("src", "href", "srcdoc") for name in names)
    assert "49" not in re.findall(r"<h1>(.*?)</h1>", text)[0]
    written = make(".md", payload=payload).content.decode()
    body = re.sub(r"<!-- haihe-briefing [A-Za-z0-9+/=]+ -->", "", written)
    assert "<" not in body.replace("\\<", "")
    assert not re.search(r"(?<!\\)\]\((?!briefing-figures/)", body)


ALL = " ".join(PAYLOADS)
"""Every payload behind every text at once: a document for each would take minutes."""


@pytest.mark.parametrize("payload", [ALL, "\u2028window.pwned=1\u2029\u202egnp.exe\x00\x0b"])
def test_hostile_text_is_text_in_word_and_slides(payload: str) -> None:
    content = make(".docx", payload=payload).content
    parts = _parts(content)
    xml = parts["word/document.xml"].decode()
    assert "hyperlink" not in xml
    assert "instrText" not in xml
    relations = b"".join(blob for name, blob in parts.items() if name.endswith(".rels"))
    assert b'TargetMode="External"' not in relations
    shown = docx.Document(io.BytesIO(content)).paragraphs[0].text
    assert shown.startswith("The plan as written")
    assert len(shown) > len("The plan as written")
    deck = make(".pptx", payload=payload).content
    parts = _parts(deck)
    assert b'TargetMode="External"' not in b"".join(
        b for n, b in parts.items() if n.endswith(".rels")
    )
    books = [blob for name, blob in parts.items() if name.endswith(".xlsx")]
    assert books
    for book in books:
        inside = _parts(book)
        sheets = b"".join(blob for name, blob in inside.items() if "worksheets/" in name)
        assert b"<f>" not in sheets
        assert b"hyperlink" not in sheets


@pytest.mark.parametrize("payload", [ALL, '"] #read("/etc/passwd")', "#{1+1} \\u{41} $x$ `a`"])
def test_hostile_text_is_text_in_a_pdf(payload: str) -> None:
    content = make(".pdf", payload=payload).content
    assert content.startswith(b"%PDF")
    assert b"/JavaScript" not in content
    assert b"/URI" not in content
    assert b"/Launch" not in content


@pytest.mark.parametrize(
    "start", ["=1+1", "+1", "-1", "@x", "{=1}", "http://haihe.invalid", "internal:A1", "a:b"]
)
def test_names_in_the_workbook_of_a_chart_are_no_formulae_and_no_links(start: str) -> None:
    from haihe_viz.pptx_charts import inert

    assert inert(start) == f"'{start}"
    assert inert("二氧化碳 CO₂") == "二氧化碳 CO₂"


def _parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("form", ["html", "svg", "table", "csv"])
def test_fragments_are_inert_and_hold_the_numbers(form: str) -> None:
    for payload in PAYLOADS[::4]:
        figure = make_figure(make_facts(payload=payload), "en", None, "CO2", {})
        text = write_fragment(figure, form).decode("utf-8-sig")
        assert "2060" in text or "2030" in text
        if form == "csv":
            assert not any(
                cell.startswith(("=", "@", "+"))
                for line in text.splitlines()
                for cell in line.split(",")
            )
        else:
            reader = _Tags()
            reader.feed(text)
            drawn = "svg title rect text line polygon polyline circle path"
            allowed = f"{drawn} figure figcaption small table caption thead tbody tr th td".split()
            assert {tag for tag, _ in reader.seen} <= set(allowed)


def test_a_png_is_twice_the_size_of_its_picture() -> None:
    from PIL import Image

    figure = make_figure(make_facts(), "zh", None, "CO2", {})
    assert Image.open(io.BytesIO(write_fragment(figure, "png"))).size == (1520, 640)
