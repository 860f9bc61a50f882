"""Briefings: a template and facts become a document that knows where its numbers come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import haihe
from haihe.errors import InputError, Location
from haihe.project import show_path
from haihe.results.facts import Facts
from haihe.text import Lang, Text
from haihe_viz.briefing_blocks import Block, Picture, Words, list_pieces, read_blocks
from haihe_viz.briefing_calls import Calls, Explain
from haihe_viz.briefing_figures import member_title
from haihe_viz.briefing_fill import Fill, make_fill, say_digests
from haihe_viz.briefing_ledger import Ledger, clean_text
from haihe_viz.briefing_manifest import Manifest, make_bound

FORMATS = (".docx", ".pptx", ".pdf", ".html", ".md")
SHIPPED = ("brief", "report", "slides")
OWN = {".docx": (".docx",), ".pptx": (".pptx",), ".md": FORMATS, ".html": (".html",)}
"""By ending of a template: what it can be made into."""
LONGEST = 5_000_000
"""Longest template [bytes]."""


@dataclass(frozen=True, slots=True)
class Template:
    """Where a template comes from, and what it holds."""

    name: str
    suffix: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Made:
    """A document, the pictures that lie beside it, and what it says of itself."""

    content: bytes
    beside: Mapping[str, str]
    manifest: Manifest


def open_template(name: str, lang: Lang) -> Template:
    """A shipped template by its name, or a file of the planner's own.

    Raises
    ------
    InputError
        Where there is none, or its ending is not one of a template.
    """
    if name in SHIPPED:
        place = resources.files("haihe_viz") / "templates" / "briefings" / f"{name}.{lang}.md"
        return Template(name, ".md", place.read_bytes())
    path = Path(name)
    if not path.is_file():
        from haihe_viz.briefing_numbers import near

        raise InputError(
            Text(f"没有模板 {name!r:.80}", f"there is no template {name!r:.80}"),
            None,
            Text(
                f"{'、'.join(SHIPPED)}，或以 {'、'.join(OWN)} 结尾的文件",
                f"{', '.join(SHIPPED)}, or a file that ends in {', '.join(OWN)}",
            ),
            near(name, list(SHIPPED)),
        )
    if path.suffix.lower() not in OWN:
        raise InputError(
            Text(f"{show_path(path)} 不是模板", f"{show_path(path)} is no template"),
            None,
            Text(f"以 {'、'.join(OWN)} 结尾的文件", f"a file that ends in {', '.join(OWN)}"),
        )
    content = path.read_bytes()
    if len(content) > LONGEST and path.suffix.lower() in (".md", ".html"):
        raise InputError(
            Text(f"{show_path(path)} 作为模板过长", f"{show_path(path)} is too long for a template")
        )
    return Template(show_path(path), path.suffix.lower(), content)


def check_formats(template: Template, suffix: str) -> None:
    """Refuse what a template cannot be made into.

    Raises
    ------
    InputError
        With what it can be made into.
    """
    if suffix not in FORMATS:
        raise InputError(
            Text(
                f"{suffix or '没有扩展名的文件'} 不是简报的格式",
                f"{suffix or 'a file without ending'} is no format of a briefing",
            ),
            None,
            " ".join(FORMATS),
        )
    if suffix not in OWN[template.suffix]:
        raise InputError(
            Text(f"{template.name} 不能生成 {suffix}", f"{template.name} cannot become {suffix}"),
            None,
            " ".join(OWN[template.suffix]),
        )


def make_briefing(
    template: Template,
    facts: Facts,
    suffix: str,
    lang: Lang,
    explain: Explain | None = None,
    stem: str = "briefing",
) -> Made:
    """Fill a template in and write the document.

    Parameters
    ----------
    suffix
        ".docx", ".pptx", ".pdf", ".html" or ".md".
    explain
        Gives the attribution of an outcome; None: there is none.
    stem
        Name of the document without its ending: pictures of Markdown lie in a folder named so.

    Raises
    ------
    InputError
        For every mistake of the template, with its line.
    EnvironmentFault
        Where a program or a font is missing.
    """
    check_formats(template, suffix)
    ledger = Ledger()
    calls = Calls(facts, lang, ledger, explain)
    fill = make_fill(calls, facts, ledger, lang, template.name)
    title = clean_text(facts.report.title.get(lang))
    manifest = describe(template, facts, lang)
    footer = say_footer(facts, manifest, lang)
    fill.names["footer"] = ledger.add(footer)
    if template.suffix == suffix and suffix != ".md":
        return _fill_own(template, fill, manifest)
    text = decode(template)
    blocks = read_blocks(fill.text(text), ledger)
    if not blocks:
        raise InputError(
            Text("模板没有内容", "the template comes to nothing"), Location(template.name)
        )
    heads = [block.text for block in blocks if isinstance(block, Words) and block.kind == "h1"]
    placed = ((piece.id or 0, _say_place(blocks, at)) for at, piece in list_pieces(blocks))
    manifest = replace(manifest, bound=make_bound(ledger, placed))
    return _write(blocks, manifest, heads[0] if heads else title, footer, lang, suffix, stem)


def _say_place(blocks: Sequence[Block], at: int) -> str:
    """The heading above a block, and its number."""
    heads = [
        b.text for b in blocks[: at + 1] if isinstance(b, Words) and b.kind in ("h1", "h2", "h3")
    ]
    return f"{at + 1}: {heads[-1][:60]}" if heads else str(at + 1)


def decode(template: Template) -> str:
    """Text of a template.

    Raises
    ------
    InputError
        Where it is not UTF-8.
    """
    try:
        return template.content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise InputError(
            Text(f"{template.name} 不是 UTF-8 编码", f"{template.name} is not UTF-8"),
            Location(template.name),
        ) from fault


def _write(blocks: Sequence[Block], manifest: Manifest, title: str, footer: str, lang: Lang,
           suffix: str, stem: str) -> Made:  # fmt: skip
    from haihe_viz import briefing_html

    beside: dict[str, str] = {}
    if suffix == ".md":
        from haihe_viz.static_svg import draw_figure

        paths = {}
        for number, block in enumerate(b for b in blocks if isinstance(b, Picture)):
            paths[block.id] = f"{stem}-figures/figure-{number + 1}.svg"
            beside[paths[block.id]] = draw_figure(block.figure)
        text = briefing_html.render_markdown(blocks, manifest, footer, lang, paths)
        return Made(text.encode(), beside, manifest)
    if suffix == ".html":
        return Made(
            briefing_html.render_html(blocks, manifest, title, footer, lang).encode(),
            beside,
            manifest,
        )
    render = _find_writer(suffix)
    return Made(render(blocks, manifest, title, footer, lang), beside, manifest)


Writer = Callable[[Sequence[Block], Manifest, str, str, Lang], bytes]


def _find_writer(suffix: str) -> Writer:
    """What writes a format; its library is loaded now."""
    from haihe.errors import EnvironmentFault

    try:
        if suffix == ".docx":
            from haihe_viz.docx_write import render_docx

            return render_docx
        if suffix == ".pptx":
            import pptx  # noqa: F401

            from haihe_viz.pptx_write import render_pptx

            return render_pptx
    except ImportError as fault:
        raise EnvironmentFault(
            Text(
                f"生成 {suffix} 所需的库没有安装", f"{suffix} needs a library that is not installed"
            ),
            Text(
                "安装 haihe 时加上 `briefings`，或改用 .html",
                "install haihe with the extra `briefings`, or ask for .html",
            ),
        ) from fault
    from haihe_viz.pdf_write import render_pdf

    return render_pdf


def _fill_own(template: Template, fill: Fill, manifest: Manifest) -> Made:
    from haihe_viz import briefing_own

    if template.suffix == ".html":
        return briefing_own.fill_html(decode(template), fill, manifest)
    if template.suffix == ".docx":
        return briefing_own.fill_docx(template.content, fill, manifest)
    return briefing_own.fill_pptx(template.content, fill, manifest)


def describe(template: Template, facts: Facts, lang: Lang) -> Manifest:
    """What a document says of itself, without its numbers yet."""
    digests = {**facts.report.provenance, **facts.digests}
    return Manifest(
        lang, template.name, datetime.now(UTC).isoformat(timespec="seconds"), haihe.__version__,
        dict(facts.source), {key: str(value) for key, value in digests.items()}, (),
    )  # fmt: skip


FOOT = Text(
    "情景：{scenario}；基准：{baseline}；{digests}；haihe {version}；{date}。"
    "文中数字均由模型结果生成。",
    "Scenario: {scenario}; baseline: {baseline}; {digests}; haihe {version}; {date}. "
    "Every number was made from model results.",
)


def say_footer(facts: Facts, manifest: Manifest, lang: Lang) -> str:
    """Whose numbers these are, from which model and data, and when."""
    report = facts.report
    names = [
        member_title(facts, m).get(lang) if m else "–" for m in (report.scenario, report.baseline)
    ]
    return clean_text(
        FOOT.get(lang).format(
            scenario=names[0],
            baseline=names[1],
            digests=say_digests(facts, lang),
            version=manifest.version,
            date=manifest.created[:10],
        )
    )


def evaluate(facts: Facts, lang: Lang, explain: Explain | None, call: str, args: Sequence[Any],
             options: Mapping[str, Any]) -> str:  # fmt: skip
    """Words of one bound expression over facts.

    Raises
    ------
    InputError
        Where it can no longer be said, or is no function of a template.
    """
    from haihe_viz.briefing_calls import BOUND

    if call not in BOUND:
        raise InputError(Text(f"没有函数 {call!r:.40}", f"there is no function {call!r:.40}"))
    ledger = Ledger()
    try:
        phrase = getattr(Calls(facts, lang, ledger, explain), call)(*args, **options)
    except TypeError as fault:
        raise InputError(Text(f"{call} 不能这样调用", f"{call} cannot be called so")) from fault
    return str(phrase.text)
