"""What is said about a call that cannot be read, in the language of the call.

click words its complaints in English. They are few: `SAYINGS` has each of them with its Chinese.
"""

from __future__ import annotations

import re

import click
from click.exceptions import (
    FileError,
    MissingParameter,
    NoArgsIsHelpError,
    NoSuchCommand,
    NoSuchOption,
)

from haihe.errors import JOINTS
from haihe.text import Lang, Text, list_choices, set_apart


class Misuse(click.UsageError):
    """A call that makes no sense, told in both languages."""

    def __init__(self, words: Text, context: click.Context | None = None) -> None:
        super().__init__(words.en, context or click.get_current_context(silent=True))
        self.words = words


SAYINGS = tuple(
    (re.compile(english, re.DOTALL), chinese)
    for english, chinese in (
        (r"Got unexpected extra arguments? \((?P<args>.*)\)", "多余的参数：{args}"),
        (r"Option '(?P<name>.*)' does not take a value\.", "选项 {name} 不带值"),
        (r"Option '(?P<name>.*)' requires an argument\.", "选项 {name} 之后须有一个值"),
        (
            r"Option '(?P<name>.*)' requires (?P<count>\d+) arguments\.",
            "选项 {name} 之后须有 {count} 个值",
        ),
        (r"Argument '(?P<name>.*)' takes (?P<count>\d+) values\.", "{name} 须有 {count} 个值"),
        (r"'(?P<value>.*)' is not a valid integer( range)?\.", "{value} 不是整数"),
        (r"'(?P<value>.*)' is not a valid float( range)?\.", "{value} 不是数字"),
        (r"'(?P<value>.*)' is not a valid boolean\..*", "{value} 不是 true 或 false"),
        (r"(?P<value>\S+) is not in the range (?P<range>.*)\.", "{value} 不在范围 {range} 之内"),
        (r"'(?P<value>.*)' is not one of (?P<choices>.*)\.", "没有 {value}；应为 {choices} 之一"),
        (r"'(?P<value>.*)' is not '(?P<choices>.*)'\.", "没有 {value}；应为 {choices}"),
        (r"(File|Path) '(?P<file>.*)' is a directory\.", "{file} 是文件夹"),
    )
)
"""What click says, and the same in Chinese; names and values are taken over."""


def show_usage(fault: click.ClickException, lang: Lang) -> str:
    """How the command is called, where help is, and what is wrong."""
    said = say_fault(fault, lang)
    context = fault.ctx if isinstance(fault, click.UsageError) else None
    if isinstance(fault, NoArgsIsHelpError):
        return fault.format_message()
    wrong = Text(f"错误：{said}", f"Error: {said}").get(lang)
    if context is None:
        return wrong
    path = context.command_path
    hint = Text(f"查看说明：{path} --help", f"Try '{path} --help' for help.").get(lang)
    return f"{context.get_usage()}\n{hint}\n\n{wrong}"


def say_fault(fault: click.ClickException, lang: Lang) -> str:
    """What is wrong with a call."""
    if isinstance(fault, Misuse):
        return fault.words.get(lang)
    close = find_meant(fault)
    words = set_apart(JOINTS[lang].between.join(close), lang)
    meant = JOINTS[lang].suggestion.format(words) if close else ""
    if isinstance(fault, NoSuchOption | NoSuchCommand):
        what, name = Text("选项", "option"), getattr(fault, "option_name", "")
        if isinstance(fault, NoSuchCommand):
            what, name = Text("命令", "command"), fault.command_name
        return Text(f"没有{what.zh} {name}", f"no such {what.en}: {name}").get(lang) + meant
    if lang == "en":
        return fault.format_message().rstrip(".") + meant
    if isinstance(fault, MissingParameter):
        return _say_missing(fault)
    if isinstance(fault, FileError):
        return f"无法打开 {fault.ui_filename}"
    said = say_chinese(fault.message)
    return f"{_say_place(fault)}{said}{meant}"


def say_chinese(message: str) -> str:
    """What click says, in Chinese; as it is where we do not know it."""
    for pattern, chinese in SAYINGS:
        if found := pattern.fullmatch(message):
            parts = {k: v.replace("', '", "、").strip("'") for k, v in found.groupdict().items()}
            return chinese.format(**parts)
    return message


def find_meant(fault: click.ClickException) -> tuple[str, ...]:
    """What may have been meant: options, or values of an option, that look like it."""
    import difflib

    if isinstance(fault, NoSuchOption | NoSuchCommand):
        return tuple(fault.possibilities or ())
    if isinstance(fault, click.BadParameter) and fault.param is not None:
        known = getattr(fault.param.type, "choices", ())
        found = re.match(r"'(.*?)' is not", fault.message)
        if found:
            return tuple(difflib.get_close_matches(found[1], [str(k) for k in known], n=1))
    return ()


def _say_missing(fault: MissingParameter) -> str:
    kind = fault.param_type or (fault.param.param_type_name if fault.param else "argument")
    known = getattr(fault.param.type, "choices", ()) if fault.param else ()
    choices = f"；应为{list_choices(map(str, known)).zh}" if known else ""
    return f"缺少{'选项' if kind == 'option' else '参数'} {_name(fault)}{choices}"


def _say_place(fault: click.ClickException) -> str:
    """Which parameter a complaint is about."""
    if not isinstance(fault, click.BadParameter) or not _name(fault):
        return ""
    option = fault.param is not None and fault.param.param_type_name == "option"
    return f"{'选项' if option else '参数'} {_name(fault)}："


def _name(fault: click.BadParameter) -> str:
    hint = fault.param_hint
    if hint is None and fault.param is not None:
        hint = fault.param.get_error_hint(fault.ctx)
    names = hint if isinstance(hint, str) else " / ".join(hint or ())
    return names.replace("'", "")
