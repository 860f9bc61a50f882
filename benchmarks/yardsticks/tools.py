"""Compilers and packages that only the benchmark needs, kept in a cache folder of the user."""

from __future__ import annotations

import ctypes
import hashlib
import importlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.yardsticks import MissingError, Run
from haihe.compile.room import make_room
from haihe.model.types import FloatArray

INSTALL_S = 300
COMPILE_S = 300


def folder() -> Path:
    """Where tools and objects lie: outside of the project."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    place = Path(base) / "haihe" / "benchmarks"
    place.mkdir(parents=True, exist_ok=True)
    return place


def need(tool: str) -> str:
    """Path of a command.

    Raises
    ------
    MissingError
        Where it is not installed.
    """
    found = shutil.which(tool)
    if found is None:
        raise MissingError(f"{tool} is not installed")
    return found


def call(command: Sequence[str], place: Path, limit: int) -> str:
    """Run a command in a folder; what it prints."""
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=limit)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "rror" in line] or ["no reason given"]
        # Without the places of this machine: the reason is printed on a page.
        reason = re.sub(r"\S*/\S*:?\s*", "", lines[0]).strip()
        raise MissingError(f"{Path(command[0]).name} failed: {reason}")
    return done.stdout


def compile_library(compiler: str, flags: Sequence[str], source: str, ending: str) -> Path:
    """A shared library made from text; made once for each text and set of flags."""
    program = need(compiler)
    key = hashlib.sha256("\0".join((compiler, *flags, source)).encode()).hexdigest()[:24]
    library = folder() / f"{key}.so"
    if not library.exists():
        text = folder() / f"{key}.{ending}"
        text.write_text(source)
        beside = library.with_suffix(f".{os.getpid()}")
        call([program, *flags, "-shared", "-fPIC", "-o", str(beside), str(text), "-lm"],
             folder(), COMPILE_S)  # fmt: skip
        beside.replace(library)
    return library


def runner(library: Path, saves: int, cells: int, extra: tuple[FloatArray, ...] = ()) -> Run:
    """A library's `run(inputs, stride, members, results, extra...)` as a function of inputs."""
    function: Any = ctypes.CDLL(str(library)).run
    function.restype = None

    def run(inputs: FloatArray) -> FloatArray:
        members = inputs.shape[1]
        results = make_room(members * saves * cells).reshape(members, saves, cells)
        function(
            ctypes.c_void_p(inputs.ctypes.data),
            ctypes.c_int64(members),
            ctypes.c_int64(members),
            ctypes.c_void_p(results.ctypes.data),
            *(ctypes.c_void_p(array.ctypes.data) for array in extra),
        )
        return results

    return run


def python_package(name: str, version: str) -> ModuleType:
    """A Python package that only the benchmark needs, installed beside its tools."""
    try:
        return importlib.import_module(name)
    except ImportError:
        place = folder() / folder_name(name, version)
        if not place.exists():
            _install(f"{name}=={version}", place)
        sys.path.append(str(place))
        try:
            return importlib.import_module(name)
        except ImportError as error:
            raise MissingError(f"{name} cannot be imported: {error}") from error


def folder_name(name: str, version: str) -> str:
    """Where a Python package lies within the cache folder."""
    return f"{name}-{version}-{sys.version_info[0]}{sys.version_info[1]}"


def _install(requirement: str, place: Path) -> None:
    beside = place.with_suffix(f".{os.getpid()}")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(beside)]
    try:
        call([*pip, requirement], folder(), INSTALL_S)
        beside.replace(place)
    except (MissingError, OSError, subprocess.TimeoutExpired) as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise MissingError(f"{requirement} cannot be installed: {error}") from error
