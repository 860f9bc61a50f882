"""What is found in a model is told in the reader's language, and in nothing but that."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from haihe.model.lint import Finding, lint_model

HEAD = "{UTF-8}\n"
CLOCK = """
INITIAL TIME = 0 ~ Year ~ |
FINAL TIME = 10 ~ Year ~ |
TIME STEP = 1 ~ Year ~ |
SAVEPER = 1 ~ Year ~ |
"""
CHINESE = re.compile(r"[\u3400-\u9fff\uff00-\uffef\u3001-\u301f]")
NAMES = {"bom", "utf", "gbk", "nul", "dmnl", "vensim", "kg", "csv", "value", "min", "max"}
"""Words that are the same in Chinese."""

MISTAKES = {
    "a stray bar": ("a = 1 ~ kt ~ one | two |", "stray-mark", "出现在不是定义结尾的地方"),
    "one tilde": ("a = 1 ~ kt |", "stray-mark", "只有一个 ~"),
    "limits": ("a = 1 ~ kt [x] ~ it |", "syntax", "取值界限无法读取"),
    "undefined": ("a = coal + gas ~ kt ~ it |\ncoal = 1 ~ kt ~ it |", "undefined", "没有这个变量"),
    "function": ("a = FOO(3) ~ kt ~ it |", "undefined", "没有这个函数或表函数"),
    "twice": ("a = 1 ~ kt ~ it |\nA = 2 ~ kt ~ it |", "collision", "重复定义，首次在第 2 行"),
    "syntax": ("a = 1 + * 3 ~ kt ~ it |", "syntax", "起无法读取"),
    "no data": (
        "a = GET DIRECT CONSTANTS('no.csv', ',', 'B2') ~ kt ~ it |",
        "data",
        "数据文件 no.csv 不存在",
    ),
    "outside": (
        "a = GET DIRECT CONSTANTS('../no.csv', ',', 'B2') ~ kt ~ it |",
        "data",
        "不能读取所在文件夹以外的文件",
    ),
    "hole": (
        "D: d1, d2 ~ ~ |\na[d1] = 1 ~ kt ~ it |",
        "model",
        "2 个元素中有 1 个没有方程，例如 [d2]",
    ),
    "unit": ("a = 1 ~ ktt ~ it |", "unit-unknown", "的单位 ktt"),
    "no unit": ("a = 1 ~ ~ it |", "unit-missing", "没有单位；无量纲数请写 Dmnl"),
    "units": (
        "a = 1 ~ kt ~ it |\nb = 2 ~ GW ~ it |\nc = a + b ~ kt ~ it |",
        "dimensions",
        "求和各项单位不一致",
    ),
    "sides": ("a = 1 ~ kt ~ it |\nb = a ~ GW ~ it |", "dimensions", "左边为"),
    "no comment": ("a = 1 ~ kt ~ |", "undocumented", "没有注释：它是什么，从何而来？"),
    "own limits": ("a = 9 ~ kt [0,5] ~ it |", "limits", "超出自身界限"),
    "points": ("f( (1,1),(0,2) ) ~ Dmnl ~ it |", "lookup", "没有递增"),
}


def find(text: str, code: str) -> Finding:
    """The one finding that is meant."""
    path = Path("m.mdl")
    path.write_text(HEAD + text + CLOCK, encoding="utf-8")
    found = [f for f in lint_model(path) if f.code == code]
    assert found, lint_model(path)
    return found[0]


def strangers(said: str, text: str) -> set[str]:
    """Latin words that neither the file holds nor every language has."""
    known = set(re.findall(r"[a-z]+", text.casefold())) | NAMES
    return set(re.findall(r"[a-z]{2,}", said.casefold())) - known - {"mdl"}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_finding_is_told_in_both_languages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    text, code, words = MISTAKES[name]
    found = find(text, code)
    zh, en = found.say("zh"), found.say("en")
    assert words in zh
    message = zh.removesuffix(f" [{code}]")
    assert strangers(message, text + CLOCK) == set()
    assert not CHINESE.search(en)
    assert str(found) == en


def test_a_file_in_another_encoding_is_told_in_both_languages(tmp_path: Path) -> None:
    path = tmp_path / "m.mdl"
    path.write_bytes("a = 1 ~ kt ~ 测试 |".encode("gbk"))
    (found,) = lint_model(path)
    assert found.code == "encoding"
    assert "文件不是 UTF-8 编码，可能是 GBK" in found.say("zh")
    assert "it may be GBK" in found.say("en")
