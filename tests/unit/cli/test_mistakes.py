"""Mistakes that people make, and what they are told, in Chinese and in English."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from haihe.cli.app import app
from haihe.cli.output import write_beside
from haihe.cli.usage import SAYINGS, say_fault
from haihe.errors import EnvironmentFault

CHINESE = re.compile(r"[\u3400-\u9fff\uff00-\uffef\u3001-\u301f]")
ENGLISH = re.compile(
    r"(?<![\w-])(the|is|are|not|no|an?|of|or|and|to|that|there|has|have|must|needs?|such|expected|error|"
    r"did|you|mean|with|for|at|by|be|it|than|usage|try|missing|invalid|value|unknown|one|holds?)(?![\w-])",
    re.IGNORECASE,
)
"""Words of sentences, which no name of a command or an option is."""

FILES = {
    "scenarios/levers.yaml": """\
        levers:
          dust contrl: 30 %
          wind and solar auctions: some
          heat pumps: [[2015, 1]]
          policy delay: {frieght: 2}
          NOx: 3
    """,
    "scenarios/limits.yaml": "levers: {dust control: 3}\n",
    "scenarios/turn.yaml": "extends: back\n",
    "scenarios/back.yaml": "extends: turn\n",
    "scenarios/away.yaml": "extends: ../../secret.yaml\n",
    "scenarios/years.yaml": "time: {stop: 2005}\n",
    "scenarios/steps.yaml": "time: {step: 0.3}\n",
    "scenarios/result.yaml": "outputs: [CO22]\n",
    "scenarios/model.yaml": "model: tienjin\n",
    "scenarios/keys.yaml": "titel: A plan\n",
    "scenarios/twice.yaml": "title: A\ntitle: B\n",
    "scenarios/tab.yaml": "levers:\n\tdust control: 1\n",
    "scenarios/open.yaml": "levers: {dust control: [1\n",
    "scenarios/number.yaml": "time: {stop: 2o40}\n",
    "scenarios/quoted.yaml": 'time: {stop: "2040"}\n',
    "scenarios/empty.yaml": "",
    "scenarios/driver.yaml": "drivers: {population: 4}\n",
    "scenarios/table.yaml": "drivers: {population: {file: none.csv}}\n",
    "scenarios/studies/spread.yaml": """\
        scenarios: plan
        design: {method: latin-hypercube, samples: 8}
        vary:
          dust control: {uniform: [0.5, 0.2]}
    """,
    "scenarios/studies/method.yaml": "scenarios: plan\ndesign: {method: sobl}\n",
    "scenarios/studies/nothing.yaml": "scenarios: plan\ndesign: {method: sobol, samples: 4}\n",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """A call, and a piece of what is said about it."""

    call: str
    zh: str
    en: str


MISTAKES = (
    # --- the call
    Mistake("vaildate plan", "没有命令 `vaildate`", "did you mean validate?"),
    Mistake("validate --explian plan", "是否想写 --explain", "did you mean --explain"),
    Mistake("validate", "缺少参数 SCENARIO", "Missing argument 'SCENARIO"),
    Mistake("validate plan bau", "多余的参数：bau", "unexpected extra argument"),
    Mistake("list scenarois", "是否想写 scenarios？", "did you mean scenarios?"),
    Mistake("run plan --backend slow", "选项 --backend：没有 slow", "is not one of 'auto'"),
    Mistake("run plan --against", "选项 --against 之后须有一个值", "requires an argument"),
    Mistake("scorecard plan --futures many", "many 不是整数", "'many' is not a valid integer"),
    Mistake("warn plan x --limit 3", "3.0 不在范围 0<=x<=0.5 之内", "is not in the range"),
    Mistake("run plan --netcdf=3", "选项 --netcdf 不带值", "does not take a value"),
    Mistake("check plan", "请说明要检查什么：--dt", "say what is to be checked"),
    Mistake("list levers --grade C", "levers 没有等级", "levers have no grade"),
    # --- what is named
    Mistake("validate paln", "是否想写 plan", "did you mean plan"),
    Mistake("validate scenarios/none.yaml", "没有情景 `scenarios/none.yaml`", "no scenario"),
    Mistake("list levers --model tienjin", "没有模型 `tienjin`", "there is no model"),
    Mistake("run plan -o scenarios/keys.yaml", "是文件；应为 -o 之后为文件夹", "is a file"),
    # --- scenarios
    Mistake("validate levers", "未知的政策杠杆 `dust contrl`", "unknown lever"),
    Mistake("validate limits", "应为 0 至 1（0.8 即 80 %）", "is outside the limits"),
    Mistake("validate turn", "`extends` 循环继承：turn → back → turn", "goes in a circle"),
    Mistake("validate away", "路径 `../../secret.yaml` 超出了项目文件夹", "leaves the project"),
    Mistake("validate years", "终止时间 2005 不在起始时间 2010 之后", "does not come after"),
    Mistake("validate steps", "不是步长 0.3 的整数倍", "not a whole number of steps"),
    Mistake("validate result", "未知的指标 `CO22`", "unknown outcome `CO22`"),
    Mistake("validate model", "没有模型 `tienjin`", "there is no model `tienjin`"),
    Mistake("validate keys", "未知的键 `titel`；是否想写 title", "unknown key `titel`"),
    Mistake("validate twice", "出现两次（第 1 行和第 2 行）", "stands twice, in lines 1 and 2"),
    Mistake("validate tab", "这一行用制表符缩进；应为空格", "a tab indents this line"),
    Mistake("validate open", "应为有对应的引号或括号", "a closing quote or bracket"),
    Mistake("validate number", "`2o40` 不是数字", "`2o40` is not a number"),
    Mistake("validate quoted", "应为不加引号的 2040", "2040 without quotes"),
    Mistake("validate empty", "文件为空；应为键和值", "is empty; expected keys and values"),
    Mistake("validate driver", "是驱动，只给一个数不够", "one number is not enough"),
    Mistake("validate table", "没有数据表 `none.csv`", "there is no table `none.csv`"),
    # --- studies
    Mistake("validate spread", "这些数不是由小到大", "these numbers do not rise"),
    Mistake("validate method", "是否想写 sobol？", "did you mean sobol?"),
    Mistake("validate nothing", "没有任何变化的输入", "nothing varies"),
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with files that are all wrong."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(re.sub(r"^ {8}", "", text, flags=re.MULTILINE), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(mistake: Mistake, lang: str) -> Result:
    """Make a mistake in a language."""
    return CliRunner().invoke(app, ["--lang", lang, *mistake.call.split(" ")])


def say_lines(told: str) -> list[str]:
    """Lines of an answer, without what was written, names of files, and how a command is called."""
    lines = [line for line in told.splitlines() if line and not line.startswith(("    ", "用法："))]
    return [re.sub(r"`[^`]*`|\([^()]*\)|^\S+?:[\d:]* ", "", line) for line in lines]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.call)
def test_a_mistake_is_told_in_the_language_of_the_call(project: Path, mistake: Mistake) -> None:
    """In Chinese without English sentences, in English without a Chinese letter."""
    chinese = call(mistake, "zh")
    assert chinese.exit_code == 2, chinese.output
    assert mistake.zh in chinese.stderr
    for line in say_lines(chinese.stderr):
        assert CHINESE.search(line), line
        assert not ENGLISH.search(line), line
    english = call(mistake, "en")
    assert english.exit_code == 2
    assert mistake.en in english.stderr
    told = re.sub(r"\([^)]*[\u4e00-\u9fff][^)]*\)+", "", english.stderr)  # titles of what was meant
    assert not CHINESE.search(told), told


CLICKED = (
    (("1", "2", "x", "3", "4"), "多余的参数：3 4"),
    (("--flag=1", "1", "2", "x"), "选项 --flag 不带值"),
    (("1", "2", "x", "--text"), "选项 --text 之后须有一个值"),
    (("1", "2", "x", "--pair", "1"), "选项 --pair 之后须有 2 个值"),
    (("1",), "two 须有 2 个值"),
    (("1", "2"), "缺少参数 LAST"),
    (("--file", ".", "1", "2", "x"), "选项 --file：. 是文件夹"),
    (("--count", "1.5", "1", "2", "x"), "选项 --count：1.5 不是整数"),
    (("--limit", "much", "1", "2", "x"), "选项 --limit：much 不是数字"),
    (("--limit", "7", "1", "2", "x"), "选项 --limit：7.0 不在范围 0<=x<=1 之内"),
    (("--kind", "c", "1", "2", "x"), "选项 --kind：没有 c；应为 a、b 之一"),
    (("--only", "c", "1", "2", "x"), "选项 --only：没有 c；应为 a"),
    (("--yes", "maybe", "1", "2", "x"), "选项 --yes：maybe 不是 true 或 false"),
    (("--nothing", "1", "2", "x"), "没有选项 --nothing"),
)


@click.command()
@click.option("--flag", is_flag=True)
@click.option("--text")
@click.option("--pair", nargs=2)
@click.option("--count", type=click.IntRange(0, 9))
@click.option("--limit", type=click.FloatRange(0, 1))
@click.option("--kind", type=click.Choice(["a", "b"]))
@click.option("--only", type=click.Choice(["a"]))
@click.option("--yes", type=bool)
@click.option("--file", type=click.Path(dir_okay=False))
@click.argument("two", nargs=2)
@click.argument("last")
def everything(**given: object) -> None:
    """Every kind of parameter that a command of ours has."""


@pytest.mark.parametrize(("args", "told"), CLICKED, ids=lambda value: " ".join(value))
def test_complaints_of_click_are_told_in_chinese(args: tuple[str, ...], told: str) -> None:
    """The Chinese stands for sentences that the installed click says."""
    with pytest.raises(click.ClickException) as caught:
        everything.main(list(args), standalone_mode=False)
    assert say_fault(caught.value, "zh") == told
    assert not CHINESE.search(say_fault(caught.value, "en"))


def test_no_saying_is_left_over() -> None:
    """Each sentence in the table is one that click can come to say."""
    said = []
    for args, _ in CLICKED:
        with pytest.raises(click.ClickException) as caught:
            everything.main(list(args), standalone_mode=False)
        said.append(caught.value.message)
    unsaid = [p.pattern for p, _ in SAYINGS if not any(p.fullmatch(text) for text in said)]
    assert unsaid == []


def test_a_folder_that_is_closed_is_told_with_what_to_do(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system says no in English; we say it in the language of the call."""

    def refuse(**_: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("haihe.cli.output.tempfile.mkdtemp", refuse)
    for lang, told in (
        ("zh", "closed：没有权限；请用 -o 指定其他文件夹\n"),
        ("en", "closed: Permission denied; choose another folder with -o\n"),
    ):
        with pytest.raises(EnvironmentFault) as caught, write_beside(Path("closed/results")):
            pass
        assert caught.value.say(lang) + "\n" == told
