"""Hold a briefing against the facts: which numbers moved, and which somebody changed by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from haihe.errors import InputError
from haihe.project import show_path
from haihe.results.facts import Facts
from haihe.text import Lang, Text
from haihe_viz.briefing import evaluate
from haihe_viz.briefing_calls import Explain
from haihe_viz.briefing_html import read_html, read_markdown
from haihe_viz.briefing_manifest import Bound, Manifest, read_manifest, unpack_text

PICTURE = "figure"


@dataclass(frozen=True, slots=True)
class Held:
    """A document: what it says of itself, and what now stands in it."""

    manifest: Manifest
    found: Mapping[int, Sequence[str]] | None
    """By number of an entry, what its places hold; None where the format has no places."""
    words: str | None
    """All words; None where the format cannot be read (PDF)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One number that does not hold."""

    bound: Bound
    kind: str
    """"changed" (the facts say otherwise now), "edited" (the text no longer holds what was made),
    or "lost" (it can no longer be said)."""
    now: str


def open_briefing(path: Path) -> Held:
    """Read a document that `haihe briefing` made.

    Raises
    ------
    InputError
        Where there is none, or it says nothing of itself.
    """
    if not path.is_file():
        raise InputError(Text(f"没有文件 {show_path(path)}", f"there is no file {show_path(path)}"))
    content, suffix = path.read_bytes(), path.suffix.lower()
    shown = show_path(path)
    written, found, words = "", None, None
    if suffix in (".docx", ".pptx"):
        from haihe_viz.docx_marks import find_manifest, read_archive, read_marks
        from haihe_viz.pptx_write import read_slides

        parts = dict(read_archive(content, shown))
        written = find_manifest(parts)
        found = read_marks(parts) if suffix == ".docx" else None
        words = read_slides(parts) if suffix == ".pptx" else ""
    elif suffix in (".html", ".htm"):
        written, found, words = read_html(content.decode("utf-8", "replace"))
    elif suffix == ".md":
        packed, words = read_markdown(content.decode("utf-8", "replace"))
        written = unpack_text(packed)
        words = (
            words.replace("\\", "").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        )
    elif suffix == ".pdf":
        from haihe_viz.pdf_write import read_pdf

        written = read_pdf(content)
    if not written:
        raise InputError(
            Text(
                f"{shown} 中没有 `haihe briefing` 的数字",
                f"{shown} holds no numbers of `haihe briefing`",
            ),
            None,
            Text(
                "由它生成的 .docx、.pptx、.pdf、.html 或 .md",
                "a .docx, .pptx, .pdf, .html or .md that it made",
            ),
        )
    return Held(read_manifest(written, shown), found, words)


def find_edits(held: Held) -> list[Finding]:
    """Numbers that the text no longer holds as they were made: somebody changed them by hand."""
    if held.words is None:
        return []
    findings = []
    plain = "".join(held.words.split())
    for bound in held.manifest.bound:
        if bound.call == PICTURE:
            continue
        if held.found is None:
            if "".join(bound.text.split()) not in plain:
                findings.append(Finding(bound, "edited", ""))
            continue
        stands = held.found.get(bound.id, ())
        wrong = [text for text in stands if text != bound.text]
        if wrong or not stands:
            findings.append(Finding(bound, "edited", wrong[0] if wrong else ""))
    return findings


def find_changes(held: Held, facts: Facts, explain: Explain | None) -> list[Finding]:
    """Numbers of which the facts now say something else."""
    lang: Lang = "zh" if held.manifest.lang == "zh" else "en"
    findings = []
    known: dict[str, str | None] = {}
    for bound in held.manifest.bound:
        if bound.expression not in known:
            known[bound.expression] = _evaluate(facts, lang, explain, bound)
        now = known[bound.expression]
        if now is None:
            findings.append(Finding(bound, "lost", ""))
        elif now != bound.text:
            findings.append(Finding(bound, "changed", now))
    return findings


def _evaluate(facts: Facts, lang: Lang, explain: Explain | None, bound: Bound) -> str | None:
    try:
        return evaluate(facts, lang, explain, bound.call, bound.args, bound.options)
    except InputError:
        return None
