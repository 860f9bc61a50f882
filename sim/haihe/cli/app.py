"""The group of commands: which there are, how they are loaded, and how faults leave the program."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import MutableMapping, Sequence
from typing import Any, NoReturn

import click

from haihe import __version__
from haihe.cli.usage import Misuse, show_usage
from haihe.cli.words import (
    Bilingual,
    Settings,
    debug_option,
    find_settings,
    lang_option,
    option,
    settings_of,
)
from haihe.errors import (
    EXIT_DONE,
    EXIT_ENVIRONMENT,
    EXIT_FAULT,
    EXIT_STOPPED,
    HaiheError,
    InputError,
    describe_refusal,
)
from haihe.project import show_text
from haihe.text import Text, lead, list_choices

COMMANDS: MutableMapping[str, tuple[str, Text]] = {
    "run": (
        "haihe.cli.run",
        Text("运行情景，写出成果页面和数据", "Run a scenario; write a page of results and data"),
    ),
    "validate": (
        "haihe.cli.validate",
        Text("检查情景、研究或任务文件，不运行", "Check a scenario, a study or a task file"),
    ),
    "list": (
        "haihe.cli.listing",
        Text(
            "列出情景、研究、政策杠杆、指标、目标、条款等",
            "List scenarios, studies, levers, outcomes, targets …",
        ),
    ),
    "sweep": (
        "haihe.cli.sweep",
        Text("运行一项研究的全部成员，可中断续算", "Run all members of a study; stop and go on"),
    ),
    "verify": (
        "haihe.cli.verify",
        Text("逐位核验研究结果库", "Verify every bit of a study's store"),
    ),
    "reproduce": (
        "haihe.cli.reproduce",
        Text("单独重算一个成员并逐位比较", "Run one member again and compare bits"),
    ),
    "model": (
        "haihe.cli.model",
        Text("检查模型文件，列出函数", "Check a model file, list the functions it may call"),
    ),
    "solve": (
        "haihe.cli.solve",
        Text(
            "要达到目标需要什么：最省的措施组合",
            "What would it take? The least package that meets targets",
        ),
    ),
    "compare": (
        "haihe.cli.compare",
        Text(
            "为什么变了：比较两个情景、结果或模型",
            "Why did it change? Two scenarios, results or models",
        ),
    ),
    "calibrate": (
        "haihe.cli.calibrate",
        Text("用观测拟合参数，并报告误差", "Fit parameters to observations; print the errors"),
    ),
    "check": (
        "haihe.cli.check",
        Text("检查时间步长带来的误差", "Check the error that the time step makes"),
    ),
    "sensitivity": (
        "haihe.cli.sensitivity",
        Text("某一指标取决于哪些因素", "Which factors an outcome of a study hangs on"),
    ),
    "discover": (
        "haihe.cli.discover",
        Text("某种情形在什么条件下出现", "Under which conditions something happens in a study"),
    ),
    "robust": (
        "haihe.cli.robust",
        Text("比较各方案在众多未来中的表现", "Hold plans against each other over many futures"),
    ),
    "page": (
        "haihe.cli.page",
        Text("由已有结果重新生成页面", "Make the page again from stored results"),
    ),
    "export": (
        "haihe.cli.export",
        Text("导出为 CSV、Parquet、NetCDF、IAMC 或 RO-Crate", "Export CSV, Parquet, NetCDF, …"),
    ),
    "briefing": (
        "haihe.cli.briefing",
        Text("生成简报，或核对旧简报", "Make a briefing, or check an old one"),
    ),
    "embed": (
        "haihe.cli.embed",
        Text("为他人的文档生成一张图或一张表", "One figure or table for somebody else's document"),
    ),
    "scorecard": (
        "haihe.cli.scorecard",
        Text("给目标打分，含达标概率", "Score targets, with the probability of meeting them"),
    ),
    "attribute": (
        "haihe.cli.attribute",
        Text("两个情景的差别由哪些措施造成", "Which measures made the difference of two scenarios"),
    ),
    "warn": (
        "haihe.cli.warn",
        Text("目标将落空的预警指标", "What tells in time that a target will be missed"),
    ),
    "decompose": (
        "haihe.cli.decompose",
        Text("二氧化碳变化的因素分解", "What drove CO2: effects of population, growth, energy …"),
    ),
    "serve": (
        "haihe.cli.serve",
        Text(
            "在本机打开应用：编辑、运行、比较",
            "Open the app on this machine: edit, run, compare",
        ),
    ),
    "cache": (
        "haihe.cli.cache",
        Text("显示或清除缓存", "Show what is kept between calls, or clear it"),
    ),
}
"""Where each command lives and what it does in one line, so that help loads none of them."""

ABOUT = Text(
    "海河：城市绿色低碳转型的系统动力学情景模拟器。",
    "haihe: a system-dynamics scenario simulator for a city's green transition.",
)
EXAMPLE = "haihe run plan --against frozen-2021\nhaihe list articles --lang zh"


class LazyGroup(Bilingual, click.Group):
    """A group that knows its commands by name and loads one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands, in the order in which they are used."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command; None where there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one may have been meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise refuse_command(args[0], ctx)
        return super().resolve_command(ctx, args)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What the program is, in the language of the call."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(ABOUT.get(settings_of(ctx).lang))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Options, then the commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Commands with one line each, without loading any."""
        lang = settings_of(ctx).lang
        with formatter.section(Text("命令", "Commands").get(lang)):
            formatter.write_dl([(name, says.get(lang)) for name, (_, says) in COMMANDS.items()])
        with formatter.section(Text("示例", "Examples").get(lang)):
            for line in EXAMPLE.splitlines():
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Begin a call: its language is known before anything is parsed."""
        extra.setdefault("obj", find_settings(args))
        return super().make_context(info_name, args, parent, **extra)

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, **extra: Any
    ) -> NoReturn:
        """Run a command and leave with one of the exit codes of `haihe.errors`."""
        words = list(sys.argv[1:] if args is None else args)
        extra["standalone_mode"] = False
        prepare_streams()
        try:
            code = super().main(args=words, **extra)
            sys.stdout.flush()
        except BrokenPipeError:
            close_pipe()
            code = EXIT_DONE
        except (click.Abort, KeyboardInterrupt):
            complain(Text("已停止", "stopped").get(find_settings(words).lang))
            code = EXIT_STOPPED
        except Exception as fault:
            code = report_fault(fault, find_settings(words))
        sys.exit(code if isinstance(code, int) else EXIT_DONE)


def refuse_command(name: str, context: click.Context) -> Misuse:
    """There is no such command; which one may have been meant."""
    import difflib

    close = tuple(difflib.get_close_matches(name, COMMANDS, n=1))
    problem = Text(f"没有命令 {show_text(name)}", f"no command {show_text(name)}")
    error = InputError(problem, None, list_choices(COMMANDS), close)
    return Misuse(error.words, context)


def report_fault(fault: Exception, settings: Settings) -> int:
    """Say what went wrong on stderr, and with which code to leave."""
    if isinstance(fault, click.exceptions.Exit):
        return fault.exit_code
    if isinstance(fault, click.ClickException):
        complain(show_usage(fault, settings.lang))
        return fault.exit_code
    if isinstance(fault, HaiheError):
        complain(fault.say(settings.lang))
        return fault.exit_code
    if isinstance(fault, OSError | MemoryError):
        complain(describe_environment(fault).get(settings.lang))
        return EXIT_ENVIRONMENT
    if settings.debug:
        import traceback

        complain("".join(traceback.format_exception(fault)).rstrip())
        return EXIT_FAULT
    complain(
        Text(
            f"haihe 内部错误：{type(fault).__name__}: {fault}\n加 --debug 再运行一次可看到调用栈。",
            f"a fault of haihe: {type(fault).__name__}: {fault}\n"
            "Run it again with --debug to see where.",
        ).get(settings.lang)
    )
    return EXIT_FAULT


def describe_environment(fault: OSError | MemoryError) -> Text:
    """One sentence about what the machine refused."""
    if isinstance(fault, MemoryError):
        return Text("内存不足", "the machine has not enough memory")
    reason = describe_refusal(fault)
    return lead(str(fault.filename), reason) if fault.filename else reason


def complain(message: str) -> None:
    """Write to stderr, whatever its encoding can show."""
    click.echo(message, err=True)


def prepare_streams() -> None:
    """Make Chinese survive a pipe on systems whose default is not UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None and (stream.encoding or "").lower() not in ("utf-8", "utf8"):
            if stream.isatty():
                reconfigure(errors="replace")
            else:
                reconfigure(encoding="utf-8", errors="replace")


def close_pipe() -> None:
    """Whoever read has gone: point stdout elsewhere, so that the interpreter's last flush is quiet.

    Where stdout is no file (a test's buffer) there is nothing to point.
    """
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return


def show_version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    """Print the version, where it was asked for."""
    if asked and not context.resilient_parsing:
        click.echo(f"haihe {__version__}")
        context.exit()


@click.group(cls=LazyGroup, no_args_is_help=True, context_settings={"max_content_width": 100})
@option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=show_version,
    zh="显示版本后退出。",
    en="Show the version and leave.",
)
@lang_option
@debug_option
def app() -> None:
    """The program."""
