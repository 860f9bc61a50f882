"""Help in two languages: commands and options that choose their words when they are asked."""

from __future__ import annotations

import locale
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from haihe.text import Lang, Text

Decorated = TypeVar("Decorated", bound=Callable[..., Any] | click.Command)

HELP = Text("显示这段说明后退出。", "Show this text and leave.")


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for a whole call, whichever command it is."""

    lang: Lang = "en"
    debug: bool = False


def find_settings(args: Sequence[str]) -> Settings:
    """Read `--lang` and `--debug` wherever they stand, so that help speaks the right language."""
    return Settings(lang=find_lang(args), debug="--debug" in args)


def find_lang(args: Sequence[str]) -> Lang:
    """Language of a call: `--lang`, else HAIHE_LANG, else the locale; English where unsure."""
    asked = ""
    for index, word in enumerate(args):
        if word == "--":
            break
        if word.startswith("--lang="):
            asked = word.partition("=")[2]
        elif word == "--lang" and index + 1 < len(args):
            asked = args[index + 1]
    spoken = asked or os.environ.get("HAIHE_LANG", "") or system_locale()
    return "zh" if spoken.lower().startswith(("zh", "chinese")) else "en"


def system_locale() -> str:
    """Name of the user's locale, as far as the system tells it."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return os.environ[name]
    return locale.getlocale()[0] or ""


def settings_of(context: click.Context) -> Settings:
    """Settings of the running call."""
    found = context.find_object(Settings)
    return found if found is not None else Settings()


class Option(click.Option):
    """An option whose help is written in both languages."""

    def __init__(self, *args: Any, words: Text, **kwargs: Any) -> None:
        kwargs["help"] = words.en
        super().__init__(*args, **kwargs)
        self.words = words

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Names and help, in the language of the call."""
        lang = settings_of(ctx).lang
        self.help = self.words.get(lang)
        record = super().get_help_record(ctx)
        return (say_kinds(record[0]), say_extra(record[1])) if record and lang == "zh" else record


KINDS = {"INTEGER RANGE": "N", "FLOAT RANGE": "X", "INTEGER": "N", "FLOAT": "X"}
"""What click calls the kinds of values, and letters that stand for them in Chinese help: wide
characters would put the columns out of line."""


def say_kinds(names: str) -> str:
    """Names of an option with the kind of its value in a letter."""
    for english, letter in KINDS.items():
        if names.endswith(f" {english}"):
            return f"{names.removesuffix(english)}{letter}"
    return names


def say_extra(text: str) -> str:
    """Help of an option with what click adds in brackets in Chinese."""
    words, mark, extra = text.rpartition("  [")
    if not mark:
        return text
    told = extra.replace("default: ", "默认：").replace("required", "必填").replace("; ", "；")
    return f"{words}{mark}{told}"


PIECES = {"[OPTIONS]": "[选项]", "COMMAND [ARGS]...": "命令 [参数]..."}
"""What click writes of how a command is called, and the same in Chinese."""


class Bilingual(click.Command):
    """Words around the help of any command, in the language of the call."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """How the command is called."""
        lang = settings_of(ctx).lang
        prefix, pieces = Text("用法：", "Usage: ").get(lang), self.collect_usage_pieces(ctx)
        if lang == "zh":
            pieces = [PIECES.get(piece, piece) for piece in pieces]
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Names and help of the options."""
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        records = [option.get_help_record(ctx) for option in options]
        with formatter.section(Text("选项", "Options").get(settings_of(ctx).lang)):
            formatter.write_dl([record for record in records if record])

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """`--help`, explained."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = HELP.get(settings_of(ctx).lang)
        return option


class Command(Bilingual):
    """A command whose help and example are written in both languages."""

    def __init__(self, *args: Any, words: Text, example: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.words = words
        self.example = example

    def get_short_help_str(self, limit: int = 45) -> str:
        """First sentence; `app` shows it in the language of the call."""
        return first_sentence(self.words.en)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What the command does, in the language of the call."""
        with formatter.indentation():
            for paragraph in self.words.get(settings_of(ctx).lang).split("\n\n"):
                formatter.write_paragraph()
                formatter.write_text(paragraph)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """An example that can be copied."""
        title = Text("示例", "Example").get(settings_of(ctx).lang)
        with formatter.section(title):
            for line in self.example.splitlines():
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


def first_sentence(text: str) -> str:
    """Text up to the first full stop, in either language."""
    for mark in ("。", ". "):
        if mark in text:
            return text.partition(mark)[0]
    return text.rstrip(".")


def option(*names: str, zh: str, en: str, **kwargs: Any) -> Callable[[Decorated], Decorated]:
    """`click.option` with help in both languages."""
    return click.option(*names, cls=Option, words=Text(zh, en), **kwargs)


def common_options(command: Decorated) -> Decorated:
    """`--json`, `--lang` and `--debug`, which every command takes."""
    decorators = (
        option(
            "--json",
            "as_json",
            is_flag=True,
            zh="把数据以 JSON 写到标准输出；进度和消息写到标准错误。",
            en="Write data as JSON to stdout; progress and messages go to stderr.",
        ),
        lang_option,
        debug_option,
    )
    for decorate in reversed(decorators):
        command = decorate(command)
    return command


def lang_option(command: Decorated) -> Decorated:
    """`--lang`, which `find_lang` has read already; click only checks it."""
    return option(
        "--lang",
        type=click.Choice(["zh", "en"]),
        expose_value=False,
        zh="语言；默认取 HAIHE_LANG 或系统语言。",
        en="Language; HAIHE_LANG or the locale where it is not given.",
    )(command)


def debug_option(command: Decorated) -> Decorated:
    """`--debug`, which `find_settings` has read already."""
    return option(
        "--debug",
        is_flag=True,
        expose_value=False,
        zh="出现内部错误时显示完整的调用栈。",
        en="Show the whole traceback of a fault of ours.",
    )(command)
