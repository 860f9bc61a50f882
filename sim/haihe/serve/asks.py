"""What the app can be asked to do, each as a command of haihe with its fields."""

from __future__ import annotations

import importlib.util
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from haihe.errors import InputError, InputErrors, raise_all
from haihe.project import find_name_problem, show_text
from haihe.serve.places import OUTPUT, Project, list_ids
from haihe.text import Lang, Text

FieldSort = Literal["scenario", "study", "store", "outcome", "target", "number", "choice", "text"]
MAX_TEXT = 200
"""Longest free text of a field."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in."""

    id: str
    sort: FieldSort
    title: Text
    start: str = ""
    """What stands there at first."""
    needed: bool = False
    least: float = 0
    most: float = 1e9
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """Something that can be asked for."""

    id: str
    command: str
    """Command of haihe; the ask is offered where there is one."""
    title: Text
    about: Text
    fields: tuple[Field, ...]
    write: Callable[[Mapping[str, str]], tuple[list[str], str]]
    """Words of the command, and the result that it leaves; "" where it leaves none."""


def file_of(scenario: str, name: str, suffix: str = "html") -> str:
    """A place in the folder of a scenario's results."""
    name = "".join(c if c.isalnum() or c in "-. " else "-" for c in name)[:80].strip(". ")
    return f"{OUTPUT}/{scenario}/{name}.{suffix}"


def give(name: str, value: str | None) -> list[str]:
    """An option with its value in one word, so that no value is read as an option."""
    return [f"{name}={value}"] if value else []


def write_run(given: Mapping[str, str]) -> tuple[list[str], str]:
    """`haihe run`"""
    words = [*give("--against", given.get("against")), "--", given["scenario"]]
    return words, f"{OUTPUT}/{given['scenario']}/page.html"


def write_live(given: Mapping[str, str]) -> tuple[list[str], str]:
    """`haihe page --live`"""
    words = ["--live", *give("--against", given.get("against")), "--", given["scenario"]]
    return words, f"{OUTPUT}/{given['scenario']}/live.html"


def write_answer(
    name: str, *options: str, places: tuple[str, ...] = ("scenario",)
) -> Callable[[Mapping[str, str]], tuple[list[str], str]]:
    """A command that takes `-o page.html`."""

    def write(given: Mapping[str, str]) -> tuple[list[str], str]:
        told = [given[key] for key in ("against", "target", "identity") if given.get(key)]
        page = file_of(given["scenario"], "-".join([name, *told]))
        words = [word for key in options for word in give(f"--{key}", given.get(key))]
        return [*words, f"--output={page}", "--", *(given[key] for key in places)], page

    return write


def write_chart(name: str, *options: str) -> Callable[[Mapping[str, str]], tuple[list[str], str]]:
    """A command on a store that takes `--chart page.html`."""

    def write(given: Mapping[str, str]) -> tuple[list[str], str]:
        page = file_of(given["store"].removesuffix(".zarr"), name)
        words = [word for key in options for word in give(f"--{key}", given.get(key))]
        return [*words, f"--chart={page}", "--", f"{OUTPUT}/{given['store']}"], page

    return write


def write_sweep(given: Mapping[str, str]) -> tuple[list[str], str]:
    """`haihe sweep`"""
    store = f"{OUTPUT}/{given['study']}.zarr"
    words = [*give("--limit", given.get("limit")), f"--output={store}", "--", given["study"]]
    return words, store


def write_estimate(given: Mapping[str, str]) -> tuple[list[str], str]:
    """`haihe sweep --dry-run`"""
    return ["--dry-run", "--", given["study"]], ""


def write_verify(given: Mapping[str, str]) -> tuple[list[str], str]:
    """`haihe verify`"""
    return ["--", f"{OUTPUT}/{given['store']}"], ""


def write_briefing(given: Mapping[str, str]) -> tuple[list[str], str]:
    """`haihe briefing`"""
    page = file_of(given["scenario"], "briefing", given["form"])
    words = give("--against", given.get("against"))
    return [*words, f"--output={page}", "--", given["scenario"]], page


SCENARIO = Field("scenario", "scenario", Text("情景", "Scenario"), "plan", needed=True)
AGAINST = Field("against", "scenario", Text("对比基线", "Against"), "frozen-2021")
BASELINE = Field("against", "scenario", Text("对比基线", "Against"), "frozen-2021", needed=True)
OUTCOME = Field("outcome", "outcome", Text("指标", "Outcome"), "CO2", needed=True)
YEAR = Field("at", "number", Text("年份", "Year"), "2030", least=2010, most=2100)
STORE = Field("store", "store", Text("研究结果", "Results of a study"), needed=True)
STUDY = Field("study", "study", Text("研究", "Study"), needed=True)

ASKS = (
    Ask(
        "run",
        "run",
        Text("运行情景", "Run a scenario"),
        Text("给目标打分，写出成果页面和数据。", "Scores the targets, writes a page and the data."),
        (SCENARIO, AGAINST),
        write_run,
    ),
    Ask(
        "live",
        "page",
        Text("实时页面", "Live page"),
        Text(
            "一个内含整个模型的文件，可离线打开，移动政策杆当场重算。",
            "One file with the whole model in it: opens offline, runs when a lever is moved.",
        ),
        (SCENARIO, AGAINST),
        write_live,
    ),
    Ask(
        "compare",
        "compare",
        Text("为什么变了", "Why did it change"),
        Text(
            "两个情景的输入有何不同，结果差在哪里，由哪些输入一步步引起。",
            "What differs between two scenarios, and how the change came about.",
        ),
        (SCENARIO, BASELINE, Field("outcome", "outcome", Text("指标", "Outcome")), YEAR),
        write_answer("compare", "outcome", "at", places=("against", "scenario")),
    ),
    Ask(
        "attribute",
        "attribute",
        Text("哪些措施起了作用", "Which measures did it"),
        Text(
            "把两个情景的差别分摊到各组措施。",
            "Shares the difference of two scenarios among groups of measures.",
        ),
        (
            SCENARIO,
            BASELINE,
            OUTCOME,
            YEAR,
            Field(
                "by",
                "choice",
                Text("分组", "By"),
                "chapter",
                needed=True,
                choices=("chapter", "group", "article"),
            ),
        ),
        write_answer("attribution", "against", "outcome", "at", "by"),
    ),
    Ask(
        "scorecard",
        "scorecard",
        Text("目标能否达成", "Will targets be met"),
        Text(
            "每个目标的数值、余量和在校准过的未来中达成的概率。",
            "Value and margin of every target, and its probability in calibrated futures.",
        ),
        (
            SCENARIO,
            AGAINST,
            Field(
                "futures",
                "number",
                Text("未来的数目", "Futures"),
                "1000",
                least=0,
                most=100_000,
            ),
        ),
        write_answer("scorecard", "against", "futures"),
    ),
    Ask(
        "warn",
        "warn",
        Text("预警", "Early warning"),
        Text(
            "哪个可观测的数字能及早告诉我们目标将落空。",
            "Which number tells in time that a target will be missed.",
        ),
        (SCENARIO, Field("target", "target", Text("目标", "Target"), needed=True)),
        write_answer("warning", "target"),
    ),
    Ask(
        "decompose",
        "decompose",
        Text("碳排放因素分解", "What drove CO2"),
        Text(
            "人口、增长、能效、结构各起了多大作用。",
            "Effects of population, growth, energy and fuel on CO2.",
        ),
        (
            SCENARIO,
            Field("from", "number", Text("起", "From"), least=2010, most=2100),
            Field("to", "number", Text("止", "To"), "2035", least=2010, most=2100),
        ),
        write_answer("decomposition", "from", "to"),
    ),
    Ask(
        "briefing",
        "briefing",
        Text("简报", "Briefing"),
        Text(
            "数字、图和句子出自同一结果的公文。",
            "A document whose numbers, pictures and sentences come from the same results.",
        ),
        (
            SCENARIO,
            AGAINST,
            Field(
                "form",
                "choice",
                Text("格式", "Format"),
                "docx",
                needed=True,
                choices=("docx", "pptx", "pdf", "html"),
            ),
        ),
        write_briefing,
    ),
    Ask(
        "sensitivity",
        "sensitivity",
        Text("取决于哪些因素", "What it hangs on"),
        Text(
            "研究中某一指标取决于哪些输入。",
            "Which inputs of a study an outcome hangs on.",
        ),
        (STORE, OUTCOME, YEAR),
        write_chart("sensitivity", "outcome", "at"),
    ),
    Ask(
        "discover",
        "discover",
        Text("什么条件下出现", "Under which conditions"),
        Text(
            "某种情形在研究的哪些条件下出现，如 PM2.5 at 2030 > 30。",
            "Under which conditions of a study something happens, such as PM2.5 at 2030 > 30.",
        ),
        (STORE, Field("where", "text", Text("情形", "Case"), "PM2.5 at 2030 > 30", needed=True)),
        write_chart("discovery", "where"),
    ),
    Ask(
        "sweep",
        "sweep",
        Text("运行研究", "Run a study"),
        Text(
            "可随时停止，再次运行即从停处继续。",
            "Can be stopped at any time; running it again goes on from there.",
        ),
        (
            STUDY,
            Field("limit", "number", Text("本次最多成员数", "Members at most, this time"), least=1),
        ),
        write_sweep,
    ),
    Ask(
        "estimate",
        "sweep",
        Text("估算研究", "Estimate a study"),
        Text("需要多少时间和磁盘；不运行。", "Time and disk that it would take; nothing is run."),
        (STUDY,),
        write_estimate,
    ),
    Ask(
        "verify",
        "verify",
        Text("核验研究结果", "Verify the results of a study"),
        Text("逐位检查结果库是否完好。", "Checks every bit of a store."),
        (STORE,),
        write_verify,
    ),
)


def list_asks() -> dict[str, Ask]:
    """What can be asked for, as far as this haihe has the commands."""
    return {ask.id: ask for ask in ASKS if _has_command(ask.command)}


def _has_command(name: str) -> bool:
    # By name alone: this layer must not import the command line, which stands above it.
    return importlib.util.find_spec(f"haihe.cli.{name}") is not None


def describe_ask(ask: Ask) -> dict[str, Any]:
    """What the page needs to know of it."""
    return {
        "id": ask.id,
        "title": asdict(ask.title),
        "about": asdict(ask.about),
        "fields": [{**asdict(field), "choices": list(field.choices)} for field in ask.fields],
    }


def read_ask(
    project: Project, kind: str, given: Mapping[str, Any], lang: Lang = "en"
) -> tuple[list[str], str]:
    """Words of a command for what somebody filled in, and the result that it leaves.

    Raises
    ------
    InputErrors
        With everything that is wrong.
    """
    ask = list_asks().get(kind)
    if ask is None:
        raise InputErrors((InputError(f"there is nothing called {show_text(str(kind))}"),))
    known = {field.id for field in ask.fields}
    errors = [InputError(f"unknown field {show_text(str(key))}") for key in given.keys() - known]
    values: dict[str, str] = {}
    for field in ask.fields:
        try:
            values[field.id] = read_field(project, field, given.get(field.id))
        except InputError as error:
            errors.append(error)
    raise_all(errors)
    words, result = ask.write(values)
    return [ask.command, "--json", f"--lang={lang}", *words], result


def read_field(project: Project, field: Field, value: Any) -> str:
    """A field as a word of a command; "" where nothing was filled in.

    Raises
    ------
    InputError
        Where it is none of what may stand there.
    """
    title = field.title.en
    if isinstance(value, bool) or not isinstance(value, str | int | float | None):
        raise InputError(f"{title}: not a text or a number")
    text = "" if value is None else str(value).strip()
    if not text:
        if field.needed:
            raise InputError(f"{title}: nothing is chosen")
        return ""
    if len(text) > MAX_TEXT or any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in text):
        raise InputError(f"{title}: {show_text(text)} is no plain text")
    if field.sort == "number":
        return _read_number(field, text)
    allowed = _allowed(project, field)
    if allowed is not None and text not in allowed:
        raise InputError(f"{title}: there is no {show_text(text)}")
    return text


def _read_number(field: Field, text: str) -> str:
    if not text.isascii() or not text.isdigit() or not field.least <= int(text) <= field.most:
        expected = f"a whole number from {field.least:g} to {field.most:g}"
        raise InputError(f"{field.title.en}: {show_text(text)} cannot stand here", None, expected)
    return str(int(text))


def _allowed(project: Project, field: Field) -> tuple[str, ...] | None:
    """What may stand in a field; None: anything."""
    if field.sort in ("scenario", "study"):
        return list_ids(project, "scenario" if field.sort == "scenario" else "study")
    if field.sort == "store":
        return tuple(name for name in list_stores(project))
    return field.choices if field.sort == "choice" else None


def list_stores(project: Project) -> list[str]:
    """Stores of studies in the folder of results, by name."""
    try:
        found = sorted(path for path in project.output.iterdir() if path.suffix == ".zarr")
    except OSError:
        return []
    return [
        path.name
        for path in found
        if path.is_dir() and not path.is_symlink() and not find_name_problem(path.name)
    ]
