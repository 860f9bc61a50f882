"""What the app can be asked to do, each as a command of haihe with its fields."""

from __future__ import annotations

import importlib.util
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from haihe.errors import InputError, InputErrors, raise_all
from haihe.project import find_name_problem, show_text
from haihe.serve.places import OUTPUT, Project, list_ids
from haihe.text import Lang, Text, Words

FieldSort = Literal[
    "scenario", "study", "task", "store", "outcome", "target", "lever", "number", "choice", "text"
]
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
    """`haihe briefing` of a scenario, or of a study's store"""
    store = given.get("store", "")
    about = store.removesuffix(".zarr") or given["scenario"]
    page = file_of(about, f"{given['template']}-{given['lang']}", given["form"])
    words = [
        word
        for key in ("against", "template", "futures", *(["scenario"] if store else []))
        for word in give(f"--{key}", given.get(key))
    ]
    source = f"{OUTPUT}/{store}" if store else given["scenario"]
    return [*words, f"--output={page}", "--", source], page


def write_page(given: Mapping[str, str]) -> tuple[list[str], str]:
    """`haihe page` of a study, where the command itself would put it"""
    page = page_of(given["store"])
    words = [word for key in ("at", "where") for word in give(f"--{key}", given.get(key))]
    return [*words, f"--output={page}", "--", f"{OUTPUT}/{given['store']}"], page


def page_of(store: str) -> str:
    """Page of a study, by the name of its store."""
    return f"{OUTPUT}/{store.removesuffix('.zarr')}.html"


def write_solve(given: Mapping[str, str]) -> tuple[list[str], str]:
    """`haihe solve`: a page, and the cheapest package as a scenario beside it"""
    page = file_of(given["task"], "solve")
    best = file_of(given["task"], "cheapest", "yaml")
    words = [*give("--seconds", given.get("seconds")), f"--output={page}", f"--output={best}"]
    return [*words, "--", given["task"]], page


def write_robust(given: Mapping[str, str]) -> tuple[list[str], str]:
    """`haihe robust` on a store"""
    page = file_of(given["store"].removesuffix(".zarr"), "robust")
    words = [*_goals(given), *give("--statistic", given.get("statistic"))]
    words += give("--require", given.get("where"))
    return [*words, f"--chart={page}", "--", f"{OUTPUT}/{given['store']}"], page


def write_search(given: Mapping[str, str]) -> tuple[list[str], str]:
    """`haihe robust --search`"""
    page = file_of(given["scenario"], "robust-search")
    levers = dict.fromkeys(given[key] for key in LEVERS if given.get(key))
    words = [word for lever in levers for word in give("--lever", lever)]
    words += [word for key in ("futures", "generations") for word in give(f"--{key}", given[key])]
    start = give("--scenario", given["scenario"])
    return ["--search", *start, *_goals(given), *words, f"--chart={page}"], page


def _goals(given: Mapping[str, str]) -> list[str]:
    """Outcomes that plans are compared by, each in the year that was asked for."""
    asked = dict.fromkeys(given[key] for key in ("outcome", "other") if given.get(key))
    return [f"--outcome={one} at {given['at']}" for one in asked]


SCENARIO = Field("scenario", "scenario", Text("情景", "Scenario"), "plan", needed=True)
AGAINST = Field("against", "scenario", Text("对比基线", "Against"), "frozen-2021")
BASELINE = Field("against", "scenario", Text("对比基线", "Against"), "frozen-2021", needed=True)
OUTCOME = Field("outcome", "outcome", Text("指标", "Outcome"), "CO2", needed=True)
YEAR = Field("at", "number", Text("年份", "Year"), "2030", least=2010, most=2100)
STORE = Field("store", "store", Text("研究结果", "Results of a study"), needed=True)
STUDY = Field("study", "study", Text("研究", "Study"), needed=True)
OTHER = Field("other", "outcome", Text("另一指标", "Second outcome"), "PM2.5")
GIVEN_YEAR = replace(YEAR, needed=True)
WHERE = Field("where", "text", Text("情形", "Case"), "PM2.5 at 2030 > 30", needed=True)
LEVERS = ("lever", "lever2", "lever3")
TEMPLATE = Field(
    "template",
    "choice",
    Text("体例", "Template"),
    "brief",
    needed=True,
    choices=("brief", "report", "slides"),
)
FORM = Field(
    "form",
    "choice",
    Text("格式", "Format"),
    "docx",
    needed=True,
    choices=("docx", "pptx", "pdf", "html"),
)

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
            TEMPLATE,
            FORM,
            Field(
                "futures",
                "number",
                Text("未来的数目", "Futures"),
                "300",
                least=0,
                most=100_000,
            ),
        ),
        write_briefing,
    ),
    Ask(
        "solve",
        "solve",
        Text("怎样才能达到目标", "What would it take"),
        Text(
            "求出达到各项目标、成本最低的措施组合；做不到时说明差在哪里。",
            "The cheapest package that meets the targets of a task; where there is none, why.",
        ),
        (
            Field("task", "task", Text("任务", "Task"), needed=True),
            Field("seconds", "number", Text("最多秒数", "Seconds at most"), least=1, most=86_400),
        ),
        write_solve,
    ),
    Ask(
        "study-page",
        "page",
        Text("研究成果页", "Page of a study"),
        Text(
            "区间、达标概率、敏感性、条件、情景比较，各图联动，可离线打开。",
            "Fans, chances of targets, sensitivity, conditions and scenarios, on one offline page.",
        ),
        (STORE, YEAR, replace(WHERE, start="", needed=False)),
        write_page,
    ),
    Ask(
        "study-briefing",
        "briefing",
        Text("研究简报", "Briefing of a study"),
        Text(
            "数字取自研究的各成员：中位数和九成区间。",
            "Numbers are those of the study's members: medians, and where nine in ten lie.",
        ),
        (
            STORE,
            replace(SCENARIO, needed=False),
            AGAINST,
            TEMPLATE,
            FORM,
        ),
        write_briefing,
    ),
    Ask(
        "robust",
        "robust",
        Text("哪个方案最稳健", "Which plan holds up"),
        Text(
            "研究中的各情景在众多未来中的后悔值、达标比例，哪些不被其他方案压倒。",
            "Regret of a study's scenarios over many futures, how often requirements are met, and "
            "which plans no other one beats.",
        ),
        (
            STORE,
            OUTCOME,
            OTHER,
            GIVEN_YEAR,
            replace(
                WHERE,
                title=Text("要求", "Requirement"),
                start="PM2.5 at 2030 <= 38",
                needed=False,
            ),
            Field(
                "statistic",
                "choice",
                Text("判断依据", "Judged by"),
                "worst",
                needed=True,
                choices=("worst", "mean", "regret_max", "regret_p90"),
            ),
        ),
        write_robust,
    ),
    Ask(
        "search",
        "robust",
        Text("搜索稳健方案", "Search for plans that hold up"),
        Text(
            "移动所选政策杆，寻找在众多未来中都站得住的方案，并在另一批未来中检验。",
            "Moves levers in search of plans that hold up in many futures, and judges them in "
            "others.",
        ),
        (
            SCENARIO,
            Field("lever", "lever", Text("政策杆", "Lever"), "coal boiler phase out", needed=True),
            Field("lever2", "lever", Text("第二政策杆", "Second lever"), "dust control"),
            Field("lever3", "lever", Text("第三政策杆", "Third lever")),
            OUTCOME,
            OTHER,
            GIVEN_YEAR,
            Field(
                "futures",
                "number",
                Text("每个方案的未来数", "Futures of each plan"),
                "30",
                needed=True,
                least=1,
                most=10_000,
            ),
            Field(
                "generations",
                "number",
                Text("代数", "Generations"),
                "20",
                needed=True,
                least=1,
                most=10_000,
            ),
        ),
        write_search,
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
        (STORE, WHERE),
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
        shown = show_text(str(kind))
        raise InputErrors(
            (InputError(Text(f"没有名为 {shown} 的问题", f"there is nothing called {shown}")),)
        )
    known = {field.id for field in ask.fields}
    strange = [show_text(str(key)) for key in given.keys() - known]
    errors = [InputError(Text(f"没有 {key} 这一项", f"unknown field {key}")) for key in strange]
    values: dict[str, str] = {}
    for field in ask.fields:
        try:
            values[field.id] = read_field(project, field, given.get(field.id))
        except InputError as error:
            errors.append(error)
    raise_all(errors)
    words, result = ask.write({**values, "lang": lang})
    return [ask.command, "--json", f"--lang={lang}", *words], result


def read_field(project: Project, field: Field, value: Any) -> str:
    """A field as a word of a command; "" where nothing was filled in.

    Raises
    ------
    InputError
        Where it is none of what may stand there.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | None):
        raise _refuse(field, Text("应填文字或数字", "not a text or a number"))
    text = "" if value is None else str(value).strip()
    if not text:
        if field.needed:
            raise _refuse(field, Text("没有选择", "nothing is chosen"))
        return ""
    shown = show_text(text)
    if len(text) > MAX_TEXT or any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in text):
        raise _refuse(field, Text(f"{shown} 不是普通文字", f"{shown} is no plain text"))
    if field.sort == "number":
        return _read_number(field, text)
    allowed = _allowed(project, field)
    if allowed is not None and text not in allowed:
        raise _refuse(field, Text(f"没有 {shown}", f"there is no {shown}"))
    return text


def _refuse(field: Field, why: Text, expected: Words = "") -> InputError:
    """What is wrong with what stands in a field."""
    title = field.title
    return InputError(Text(f"{title.zh}：{why.zh}", f"{title.en}: {why.en}"), None, expected)


def _read_number(field: Field, text: str) -> str:
    if not text.isascii() or not text.isdigit() or not field.least <= int(text) <= field.most:
        shown, low, high = show_text(text), f"{field.least:g}", f"{field.most:g}"
        raise _refuse(
            field,
            Text(f"不能填 {shown}", f"{shown} cannot stand here"),
            Text(f"{low} 至 {high} 的整数", f"a whole number from {low} to {high}"),
        )
    return str(int(text))


def _allowed(project: Project, field: Field) -> tuple[str, ...] | None:
    """What may stand in a field; None: anything."""
    if field.sort in ("scenario", "study", "task"):
        return list_ids(project, field.sort)
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
