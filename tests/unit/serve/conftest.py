"""A server on a port of its own, in a project of its own, ended after the test."""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from haihe.serve.server import Listening, listen, serve

PLAN = "title: {zh: 我的, en: Mine}\nextends: frozen-2021\nlevers:\n  green travel: 10 %  # kept\n"


@dataclass
class Client:
    """Speaks to one server as the app's page does."""

    listening: Listening
    root: Path
    headers: dict[str, str] = field(default_factory=dict)

    def ask(
        self, method: str, path: str, body: Any = None, **headers: str | None
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request; a header that is None is left out."""
        given = {**self.headers, **{name.replace("_", "-"): v for name, v in headers.items()}}
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.listening.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in given.items():
                if value is not None:
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(data or b"")))
            connection.endheaders(data)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """JSON of a path that is there."""
        status, _, data = self.ask("GET", path)
        assert status == 200, data
        return json.loads(data)

    def post(self, path: str, body: Any) -> tuple[int, Any]:
        """Status and JSON of a change."""
        status, _, data = self.ask("POST", path, body)
        return status, json.loads(data)


def open_client(listening: Listening, root: Path) -> Client:
    """Be let in, as a browser is."""
    host = f"127.0.0.1:{listening.port}"
    client = Client(listening, root, {"Host": host})
    token = f"?token={listening.access.token}" if listening.access.closed else ""
    status, headers, _ = client.ask("GET", f"/{token}")
    assert status in (200, 302)
    client.headers["Cookie"] = headers["Set-Cookie"].partition(";")[0]
    _, _, page = client.ask("GET", "/")
    word = re.search(rb'name="haihe-word" content="([0-9a-f]+)"', page)
    assert word is not None
    client.headers |= {
        "X-Haihe-Word": word[1].decode(),
        "Origin": f"http://{host}",
        "Content-Type": "application/json",
    }
    return client


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """Starts servers; ends them all."""
    running: list[tuple[threading.Thread, Callable[[], None]]] = []
    opened: list[Any] = []

    def begin(root: Path | None = None, **given: Any) -> Client:
        where = root or tmp_path / "project"
        (where / "scenarios").mkdir(parents=True, exist_ok=True)
        (where / "scenarios" / "mine.yaml").write_text(PLAN, encoding="utf-8")
        context = listen("127.0.0.1", 0, **given)
        listening = context.__enter__()
        opened.append(context)
        ready, stops = threading.Event(), []

        def tell(stop: Callable[[], None]) -> None:
            stops.append(stop)
            ready.set()

        thread = threading.Thread(target=serve, args=(listening, where, "en", 1, tell))
        thread.start()
        assert ready.wait(20)
        running.append((thread, stops[0]))
        return open_client(listening, where)

    yield begin
    for thread, stop in running:
        stop()
        thread.join(30)
        assert not thread.is_alive()
    for context in opened:
        context.__exit__(None, None, None)


@pytest.fixture
def client(start: Callable[..., Client]) -> Client:
    """One server."""
    return start()
