"""How the command line begins and ends: languages, exit codes, and what it does not load."""

from __future__ import annotations

import subprocess
import sys
import time
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner

from haihe.cli.app import COMMANDS, app
from haihe.cli.words import find_lang, find_settings
from haihe.errors import EnvironmentFault, InputError, InputErrors, Location
from haihe.text import Text

HEAVY = ("pysd", "bokeh", "xarray", "pint", "numpy", "pydantic", "rich", "zarr", "llvmlite")


@pytest.fixture
def make_command(monkeypatch: pytest.MonkeyPatch):
    """Add a command that does what a test wants."""

    def make(action) -> None:
        @click.command("odd")
        def odd() -> None:
            action()

        monkeypatch.setitem(COMMANDS, "odd", ("odd_command", Text("怪", "odd")))
        monkeypatch.setitem(sys.modules, "odd_command", SimpleNamespace(command=odd))

    return make


def fail_with(fault: BaseException):
    """An action that raises."""

    def action() -> None:
        raise fault

    return action


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (InputError("wrong"), 2),
        (InputErrors((InputError("one"), InputError("two"))), 2),
        (EnvironmentFault("no room", "make room"), 3),
        (PermissionError(13, "Permission denied", "here"), 3),
        (OSError(28, "No space left on device"), 3),
        (ZeroDivisionError("oh"), 4),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 0),
    ],
)
def test_faults_leave_with_their_code_and_no_traceback(make_command, fault, code: int) -> None:
    make_command(fail_with(fault))
    result = CliRunner().invoke(app, ["odd"])
    assert result.exit_code == code
    assert "Traceback" not in result.output
    assert result.stdout == ""


def test_all_mistakes_stand_in_one_block(make_command) -> None:
    where = Location("plan.yaml", 3, 5)
    errors = (InputError("unknown lever", where, suggestions=("rail investment",)),
              InputError("150 % is too much", Location("plan.yaml", 9)))  # fmt: skip
    make_command(fail_with(InputErrors(errors)))
    result = CliRunner().invoke(app, ["odd"])
    assert result.stderr == (
        "plan.yaml:3:5: unknown lever; did you mean rail investment?\n"
        "plan.yaml:9: 150 % is too much\n"
    )


def test_our_own_fault_shows_where_only_when_asked(make_command) -> None:
    make_command(fail_with(ZeroDivisionError("oh")))
    short = CliRunner().invoke(app, ["odd"])
    assert "ZeroDivisionError: oh" in short.stderr
    assert "--debug" in short.stderr
    long = CliRunner().invoke(app, ["--debug", "odd"])
    assert "Traceback" in long.stderr
    assert long.exit_code == 4


def test_a_misspelt_command_is_pointed_out() -> None:
    result = CliRunner().invoke(app, ["lsit"])
    assert result.exit_code == 2
    assert "did you mean list?" in result.stderr


@pytest.mark.parametrize(
    ("args", "variable", "lang"),
    [
        (["run", "--lang", "zh"], "en", "zh"),
        (["run", "--lang=en"], "zh", "en"),
        (["list"], "zh_CN.UTF-8", "zh"),
        (["list"], "en", "en"),
        (["--", "--lang", "zh"], "en", "en"),
        (["run", "--lang"], "en", "en"),
    ],
)
def test_language(monkeypatch: pytest.MonkeyPatch, args, variable: str, lang: str) -> None:
    monkeypatch.setenv("HAIHE_LANG", variable)
    assert find_lang(args) == lang


@pytest.mark.parametrize(
    ("locale", "lang"), [("zh_TW.UTF-8", "zh"), ("de_DE.UTF-8", "en"), ("C", "en")]
)
def test_language_follows_the_locale(monkeypatch: pytest.MonkeyPatch, locale, lang) -> None:
    monkeypatch.delenv("HAIHE_LANG", raising=False)
    monkeypatch.setenv("LC_ALL", locale)
    assert find_settings([]).lang == lang


@pytest.mark.parametrize("name", list(COMMANDS))
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_command_has_help_and_an_example_in_both_languages(name: str, lang: str) -> None:
    result = CliRunner().invoke(app, [name, "--help", "--lang", lang])
    assert result.exit_code == 0
    assert f"haihe {name}" in result.stdout.split({"zh": "示例", "en": "Example"}[lang])[1]
    assert "--json" in result.stdout
    chinese = any("\u4e00" <= letter <= "\u9fff" for letter in result.stdout)
    assert chinese == (lang == "zh")


def test_help_of_the_group_speaks_the_language() -> None:
    assert "系统动力学" in CliRunner().invoke(app, ["--lang", "zh", "--help"]).stdout
    english = CliRunner().invoke(app, ["--help", "--lang", "en"]).stdout
    assert "scenario simulator" in english
    assert all(name in english for name in COMMANDS)


def test_a_language_that_is_none_is_refused() -> None:
    assert CliRunner().invoke(app, ["list", "levers", "--lang", "fr"]).exit_code == 2


def test_help_loads_nothing_heavy_and_is_quick() -> None:
    code = (
        "import sys\n"
        "from haihe.cli.app import app\n"
        "try:\n"
        "    app.main(['--help'])\n"
        "except SystemExit:\n"
        f"    sys.exit(' '.join(n for n in {HEAVY!r} if n in sys.modules) or 0)\n"
    )
    fastest = 9.0
    for _ in range(3):
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        fastest = min(fastest, time.perf_counter() - start)
        assert (done.returncode, done.stderr) == (0, "")
        assert "Commands" in done.stdout or "命令" in done.stdout
    assert fastest < 0.5


def test_commands_load_nothing_heavy_for_their_help() -> None:
    names = [module_name for module_name, _ in COMMANDS.values()]
    code = (
        "import sys, importlib\n"
        f"[importlib.import_module(n) for n in {names!r}]\n"
        f"sys.exit(' '.join(n for n in {HEAVY!r} if n in sys.modules) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr == ""


def test_version_and_module_call() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "haihe", "--version"], capture_output=True, text=True
    )
    assert done.returncode == 0
    assert done.stdout.startswith("haihe ")


def test_a_reader_who_leaves_is_no_fault() -> None:
    writer = subprocess.Popen(
        [sys.executable, "-m", "haihe", "list", "targets", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.read(1)
    writer.stdout.close()
    errors = writer.stderr.read().decode()
    assert writer.wait(timeout=60) == 0
    assert errors == ""
