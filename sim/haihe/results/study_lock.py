"""One writer for a store.

The system holds the lock for as long as the process lives, so a process that was killed leaves
none. The file says who holds it, for the message to the second writer. Where the name of another
machine stands in it nobody can tell from here whether that one still writes: it is refused.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from haihe.errors import EnvironmentFault
from haihe.project import show_path
from haihe.results.study_disk import say_fault
from haihe.text import Text, Words

FILE = "writer.lock"


@contextmanager
def hold_lock(store: Path, tell: Callable[[Words], None] = lambda message: None) -> Iterator[None]:
    """Hold the lock of a store.

    Parameters
    ----------
    tell
        Told where a process that died left its name in the lock.

    Raises
    ------
    EnvironmentFault
        Where somebody else holds it, or the file cannot be written.
    """
    path = store / FILE
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as error:
        raise say_fault(path, error) from None
    try:
        free, holder = _grasp(handle), _read_holder(handle)
        if not free:
            raise _refuse(path, holder)
        if holder:
            _judge_holder(path, holder, tell)
        try:
            _write_holder(handle)
        except OSError as error:
            raise say_fault(path, error) from None
        try:
            yield
        finally:
            with suppress(OSError):
                os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _grasp(handle: int) -> bool:
    """Take the lock of an open file, without waiting; True where it was free."""
    if os.name == "nt":
        import msvcrt

        nt: Any = msvcrt  # its functions exist on Windows only
        try:
            os.lseek(handle, 1 << 30, os.SEEK_SET)  # a byte behind what is read
            nt.locking(handle, nt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: the name in the file decides
        return not _runs_here(_read_holder(handle))
    return True


def is_alive(process: int) -> bool:
    """Does a process of this machine run still, as far as can be told?"""
    if os.name == "nt":  # there, asking would end it
        return process != os.getpid()
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _runs_here(holder: dict[str, Any]) -> bool:
    try:
        return holder.get("host") == socket.gethostname() and is_alive(int(holder["pid"]))
    except (KeyError, ValueError, TypeError):
        return False


def _judge_holder(path: Path, holder: dict[str, Any], tell: Callable[[Words], None]) -> None:
    if holder.get("host") != socket.gethostname():
        raise _refuse(path, holder)
    name, store = _name(holder), show_path(path.parent)
    tell(
        Text(
            f"{name.zh}在写入 {store} 时中止，现接管其写入锁",
            f"{name.en} died while it wrote {store}; its lock is taken over",
        )
    )


def _refuse(path: Path, holder: dict[str, Any]) -> EnvironmentFault:
    there = holder.get("host") not in (None, socket.gethostname())
    name, store, lock = _name(holder), show_path(path.parent), show_path(path)
    return EnvironmentFault(
        Text(f"{name.zh}正在写入 {store}", f"{store} is being written by {name.en}"),
        Text(
            f"请等待其完成；如确知它已不再运行，请删除 {lock}",
            f"wait for it, or, where it no longer runs, remove {lock}",
        )
        if there
        else Text("请等待其完成，或将其停止", "wait for it, or stop it"),
    )


def _name(holder: dict[str, Any]) -> Text:
    if not holder:
        return Text("另一个进程", "another process")
    pid, host, since = (holder.get(key) for key in ("pid", "host", "since"))
    return Text(
        f"{host} 上的进程 {pid}（始于 {since}）", f"process {pid} on {host} (since {since})"
    )


def _read_holder(handle: int) -> dict[str, Any]:
    os.lseek(handle, 0, os.SEEK_SET)
    try:
        found = json.loads(os.read(handle, 4096))
    except (ValueError, OSError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_holder(handle: int) -> None:
    holder = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    os.ftruncate(handle, 0)
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, json.dumps(holder).encode())
