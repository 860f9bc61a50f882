"""The documentation of a model as Markdown: an index, and a page for each subsystem."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from haihe.model.types import Kind
from haihe.results.model_document import (
    LoopEntry,
    ModelDocument,
    SubsystemEntry,
    ValueRow,
    VariableEntry,
)
from haihe.text import Lang, Text

MOST_VALUES = 12
"""Numbers of a constant that a page shows; its table has them all."""
MOST_NAMES = 12
KINDS: Mapping[str, Text] = {
    **{kind.value: kind.words for kind in Kind},
    "lever": Text("政策杠杆", "lever"),
    "driver": Text("外生驱动", "driver"),
}
GRADES: Mapping[str, Text] = {
    "A": Text("官方文本、统计或定义", "official text or statistic, or a definition"),
    "B": Text("学术或二手来源，或由已见数据推算", "academic or secondary, or derived"),
    "C": Text("未见来源：假设或拟合", "no source seen: an assumption or a fit"),
}


def write_markdown(document: ModelDocument) -> dict[str, str]:
    """Pages by file name, in both languages."""
    pages: dict[str, str] = {}
    homes = {v.name: s.slug for s in document.subsystems for v in s.variables}
    both: tuple[tuple[Lang, str], ...] = (("en", ""), ("zh", ".zh"))
    for lang, end in both:
        index = "\n".join(_index(document, lang, end, homes))
        pages[f"README{end}.md"] = _close(index)
        for part in document.subsystems:
            page = "\n".join(_subsystem(part, lang, end, homes))
            pages[f"{part.slug}{end}.md"] = _close(page)
    return pages


def _close(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n"


def _index(
    document: ModelDocument, lang: Lang, end: str, homes: Mapping[str, str]
) -> Iterator[str]:
    other = "README.md" if lang == "zh" else "README.zh.md"
    yield f"# {escape(document.title.get(lang))}"
    yield ""
    yield f"[{'English' if lang == 'zh' else '中文'}]({other})"
    yield ""
    yield Text(
        "本目录由 `haihe model document` 根据模型文件生成，请勿手改。",
        "Written by `haihe model document` from the model file; do not edit.",
    ).get(lang)
    count = sum(len(part.variables) for part in document.subsystems)
    yield Text(
        f"共 {count} 个变量；{document.time.zh}。模型摘要 `{document.digest[:16]}`。",
        f"{count} variables; {document.time.en}. Digest of the model `{document.digest[:16]}`.",
    ).get(lang)
    yield ""
    yield "## " + Text("子系统", "Subsystems").get(lang)
    yield ""
    yield Text("| 子系统 | 变量 | 存量 | 图 |", "| Subsystem | Variables | Stocks | Picture |").get(
        lang
    )
    yield "|---|---:|---:|---|"
    for part in document.subsystems:
        stocks = sum(v.kind == "stock" for v in part.variables)
        drawn = f"[svg](pictures/{part.slug}.{lang}.svg)" if part.picture else ""
        title = escape(part.title.get(lang))
        yield f"| [{title}]({part.slug}{end}.md) | {len(part.variables)} | {stocks} | {drawn} |"
    yield ""
    yield from _loops(document.loops, lang, end, homes)
    yield from _grades(document, lang)


def _loops(
    loops: Sequence[LoopEntry], lang: Lang, end: str, homes: Mapping[str, str]
) -> Iterator[str]:
    if not loops:
        return
    yield "## " + Text("反馈回路", "Feedback loops").get(lang)
    yield ""
    yield Text(
        "每条回路有一个开关常数，取 0 时切断；切断后结果的变化方向由检验逐条核对。"
        "变量为经过开关所在联系的最短一圈，由方程自动找出，真实回路可能还有更长的路径。",
        "Each has a constant that cuts it at 0, and checks hold the direction in which results "
        "move then. The variables are the shortest way round through the link that the switch "
        "cuts, found in the equations; longer ways round may act beside it.",
    ).get(lang)
    yield ""
    yield Text(
        "| 回路 | 极性 | 开关 | 默认 | 变量（由因到果） |",
        "| Loop | Polarity | Switch | Default | Variables, cause to effect |",
    ).get(lang)
    yield "|---|---|---|---|---|"
    for loop in loops:
        polarity = Text("增强", "reinforcing") if loop.reinforcing else Text("平衡", "balancing")
        state = Text("开", "on") if loop.on else Text("关", "off")
        way = " → ".join(_link(name, homes, end) for name in loop.variables) or "–"
        yield (
            f"| {loop.id} {escape(loop.title.get(lang))} | {polarity.get(lang)} |"
            f" `{loop.switch}` | {state.get(lang)} | {way} |"
        )
    yield ""


def _grades(document: ModelDocument, lang: Lang) -> Iterator[str]:
    yield "## " + Text("依据的等级", "What it rests on").get(lang)
    yield ""
    for grade, meaning in GRADES.items():
        count = document.grades.get(grade, 0)
        yield f"- **{grade}** {meaning.get(lang)}: " + Text(
            f"{count} 个参数值", f"{count} numbers"
        ).get(lang)
    yield ""
    worst = document.outcomes.get("C", ())
    if worst:
        yield "### " + Text(
            f"建立在 C 级依据上的指标（{len(worst)} 个）",
            f"Outcomes that rest on grade C ({len(worst)})",
        ).get(lang)
        yield ""
        yield Text(
            "`haihe list parameters --grade C --ranked` 按影响大小列出 C 级参数。",
            "`haihe list parameters --grade C --ranked` names the numbers, by what they do.",
        ).get(lang)
        yield ""
        yield Text("| 指标 | 依据 | 注意 |", "| Outcome | Source | Caveat |").get(lang)
        yield "|---|---|---|"
        for one in worst:
            cells = (one.title.get(lang), one.source.get(lang), one.caveat.get(lang))
            yield "| " + " | ".join(map(escape, cells)) + " |"


def _subsystem(
    part: SubsystemEntry, lang: Lang, end: str, homes: Mapping[str, str]
) -> Iterator[str]:
    other = f"{part.slug}.md" if lang == "zh" else f"{part.slug}.zh.md"
    title = escape(part.title.get(lang))
    yield f"# {title}"
    yield ""
    back = Text("目录", "Contents").get(lang)
    yield f"[{back}](README{end}.md) · [{'English' if lang == 'zh' else '中文'}]({other})"
    yield ""
    if part.picture:
        yield f"[![{title}](pictures/{part.slug}.{lang}.svg)](pictures/{part.slug}.{lang}.svg)"
        yield ""
    for variable in part.variables:
        yield from _variable(variable, lang, end, homes)


def _variable(one: VariableEntry, lang: Lang, end: str, homes: Mapping[str, str]) -> Iterator[str]:
    yield f'### <a id="{one.slug}"></a>{escape(one.name)}'
    yield ""
    head = [KINDS[one.kind].get(lang), f"`{(one.units or 'Dmnl').replace('`', ' ')}`"]
    if one.dims:
        head.append("[" + ", ".join(map(escape, one.dims)) + "]")
    low, high = one.limits
    if low is not None or high is not None:
        head.append(f"{'' if low is None else f'{low:g}'} … {'' if high is None else f'{high:g}'}")
    if one.grade:
        head.append(Text("等级 ", "grade ").get(lang) + f"**{one.grade}**")
    yield " · ".join(head)
    yield ""
    said = one.doc.get(lang)
    if said:
        yield escape(said)
        yield ""
    for mark in one.outcomes:
        yield (
            Text("指标：", "Outcome: ").get(lang)
            + f"**{escape(mark.title.get(lang))}** · "
            + (
                Text("等级 ", "grade ").get(lang)
                + f"**{mark.grade}** · {escape(mark.source.get(lang))}"
            )
        )
        yield ""
    if one.values:
        yield from _values(one.values, lang)
    else:
        yield from _equation(one, lang)
    for label, names in (
        (Text("用到", "Uses"), one.reads),
        (Text("被用于", "Used by"), one.read_by),
    ):
        if names:
            more = len(names) - MOST_NAMES
            tail = f" … +{more}" if more > 0 else ""
            listed = ", ".join(_link(name, homes, end) for name in names[:MOST_NAMES])
            yield f"{label.get(lang)}: {listed}{tail}"
            yield ""


def _equation(one: VariableEntry, lang: Lang) -> Iterator[str]:
    yield "```text"
    yield one.equation.replace("```", "'''")
    yield "```"
    yield ""
    for line in one.lines:
        yield f"> {escape(line.words.get(lang))}"
        yield ""


def _values(rows: Sequence[ValueRow], lang: Lang) -> Iterator[str]:
    yield Text(
        "| 元素 | 值 | 低 | 高 | 等级 | 来源 |", "| Element | Value | Low | High | Grade | Source |"
    ).get(lang)
    yield "|---|---:|---:|---:|---|---|"
    for row in rows[:MOST_VALUES]:
        low, high = ("" if v is None else f"{v:.6g}" for v in (row.low, row.high))
        place = escape(", ".join(row.element))
        yield f"| {place} | {row.value:.6g} | {low} | {high} | {row.grade} | {escape(row.source)} |"
    if len(rows) > MOST_VALUES:
        file = rows[0].file
        more = len(rows) - MOST_VALUES
        yield f"| … +{more} | | | | | {file} |"
    yield ""


def _link(name: str, homes: Mapping[str, str], end: str) -> str:
    home = homes.get(name)
    letters = "".join(c if c.isalnum() else "-" for c in name.casefold())
    return f"[{escape(name)}]({home}{end}.md#v-{letters})" if home else escape(name)


def escape(text: str) -> str:
    """Text that stays text in Markdown, in a cell of a table too."""
    folded = " ".join(text.split())
    folded = folded.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]|#])", r"\\\1", folded)
