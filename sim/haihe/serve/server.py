"""Listen, say where, serve until told to stop, and leave nothing running."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import tornado.httpserver
import tornado.netutil

from haihe.errors import EnvironmentFault, InputError, describe_refusal
from haihe.project import show_text
from haihe.serve.access import Access, open_access
from haihe.serve.drafts import Models
from haihe.serve.handlers import Desk, make_application
from haihe.serve.jobs import Jobs
from haihe.serve.lists import measure_job
from haihe.serve.places import Project
from haihe.text import Lang, Text, lead

MOST_BODY = 1_000_000
"""Longest request [byte]."""
MOST_HEADERS = 16_384
PATIENCE = 20.0
"""Longest that a request may take to arrive [s]."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a server listens."""

    sockets: tuple[socket.socket, ...]
    access: Access
    host: str
    port: int

    @property
    def address(self) -> str:
        """What a person opens."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        if self.host in ("0.0.0.0", "::"):
            name = socket.gethostname()
        token = f"?token={self.access.token}" if self.access.closed else ""
        return f"http://{name}:{self.port}/{token}"


def check_host(host: str, anywhere: bool) -> None:
    """Refuse to listen beyond this machine unless that was asked for.

    Raises
    ------
    InputError
        Where it was not.
    """
    if host == "localhost":
        return
    try:
        inside = ipaddress.ip_address(host).is_loopback
    except ValueError:
        shown = show_text(host)
        raise InputError(
            Text(f"{shown} 不是地址", f"{shown} is no address"), expected="127.0.0.1"
        ) from None
    if not inside and not anywhere:
        raise InputError(
            Text(
                f"{host} 可从其他机器访问：得到地址者可改动情景、占用本机，且连接不加密",
                f"{host} can be reached from other machines: whoever has the address can change "
                "your scenarios and use this computer; nothing is encrypted",
            ),
            expected=Text(
                "127.0.0.1；确需如此时加 --listen-anywhere",
                "127.0.0.1, or --listen-anywhere where that is what you want",
            ),
        )


@contextmanager
def listen(
    host: str, port: int, anywhere: bool = False, closed: bool = False
) -> Iterator[Listening]:
    """Take a port; 0 takes a free one.

    Raises
    ------
    InputError
        Where the host is not to be listened on.
    EnvironmentFault
        Where the port cannot be had.
    """
    check_host(host, anywhere)
    place = "127.0.0.1" if host == "localhost" else host
    try:
        sockets = tornado.netutil.bind_sockets(port, place)
    except OSError as fault:
        raise EnvironmentFault(
            lead(f"{host}:{port}", describe_refusal(fault)),
            Text(
                "请用 --port 另选端口；0 为任一空闲端口",
                "choose another with --port; 0 takes a free one",
            ),
        ) from fault
    try:
        number = sockets[0].getsockname()[1]
        outside = not ipaddress.ip_address(place).is_loopback
        yield Listening(tuple(sockets), open_access(outside, closed), place, number)
    finally:
        for one in sockets:
            one.close()


def serve(
    listening: Listening,
    root: Path,
    lang: Lang,
    workers: int = 1,
    ready: Callable[[Callable[[], None]], None] = lambda stop: None,
) -> None:
    """Serve a project until Ctrl-C; then stop what runs, and wait for it.

    Parameters
    ----------
    root : folder of the project.
    ready : called once requests are answered, with what ends the server.
    """
    project = Project(root.resolve())
    jobs = Jobs(project.root, workers, lambda job: measure_job(project, job))
    desk = Desk(listening.access, project, jobs, Models(), lang, listening.port)
    try:
        asyncio.run(_answer(listening, desk, ready))
    finally:
        jobs.close()
        desk.pool.shutdown(wait=False, cancel_futures=True)


async def _answer(
    listening: Listening, desk: Desk, ready: Callable[[Callable[[], None]], None]
) -> None:
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(sign, over.set)
        except (NotImplementedError, RuntimeError, ValueError):
            break  # Windows, or not the main thread: KeyboardInterrupt ends it, or `stop`
    server = tornado.httpserver.HTTPServer(
        make_application(desk),
        max_body_size=MOST_BODY,
        max_buffer_size=2 * MOST_BODY,
        max_header_size=MOST_HEADERS,
        body_timeout=PATIENCE,
        idle_connection_timeout=PATIENCE * 3,
        xheaders=False,
        decompress_request=False,
    )
    server.add_sockets(listening.sockets)

    def stop() -> None:
        loop.call_soon_threadsafe(over.set)

    ready(stop)
    try:
        await over.wait()
    finally:
        server.stop()
        await server.close_all_connections()
