"""Nobody but the app's own page on this machine gets an answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from haihe.errors import EnvironmentFault, InputError
from haihe.serve.access import find_refusal, is_own_host, open_access
from haihe.serve.server import check_host, listen

FOREIGN_HOSTS = (
    "evil.example",
    "evil.example:8350",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "127.0.0.1@evil.example",
    "evil.example#127.0.0.1",
    "2130706433",
    "0x7f.0.0.1",
    "127.1",
    "127.0.0.1:99999",
    "192.168.1.2",
    "[::ffff:127.0.0.1]",
    "0.0.0.0",
    "",
    " localhost",
    "localhost localhost",
)
FOREIGN_ORIGINS = (
    "http://evil.example",
    "https://127.0.0.1:{port}",
    "http://127.0.0.1:1",
    "http://127.0.0.1",
    "http://localhost:{port}",
    "http://127.0.0.1:{port}.evil.example",
    "http://evil.example@127.0.0.1:{port}",
    "file://",
    "null",
    "",
)
PATHS = ("/", "/app.js", "/api/jobs", "/api/scenarios", "/results/a.html", "/no-such-page")


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_foreign_host_is_refused(host: str) -> None:
    """No name but this machine's own is answered to."""
    assert not is_own_host(open_access(), host)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8350", "LOCALHOST", "[::1]:1"])
def test_own_host_is_answered(host: str) -> None:
    """Names of this machine are, with any port: a tunnel changes it."""
    assert is_own_host(open_access(), host)


def test_addresses_are_names_only_where_it_listens_anywhere() -> None:
    """A number cannot be made to point elsewhere; a foreign name still can."""
    access = open_access(anywhere=True)
    assert access.closed
    assert is_own_host(access, "192.168.1.2:8350")
    assert not is_own_host(access, "evil.example")


@pytest.mark.parametrize("path", PATHS)
def test_foreign_host_and_origin_get_4xx_everywhere(client: Any, path: str) -> None:
    """Whatever is asked for, by whichever method."""
    port = client.listening.port
    for method in ("GET", "POST"):
        for host in FOREIGN_HOSTS[:8]:
            status, _, data = client.ask(method, path, Host=host)
            assert 400 <= status < 500, (path, host)
            assert b"mine" not in data
        for origin in FOREIGN_ORIGINS:
            status, _, _ = client.ask(method, path, Origin=origin.format(port=port))
            assert 400 <= status < 500, (path, origin)


def test_sites_of_other_pages_are_refused_but_for_a_link_to_the_first_page(client: Any) -> None:
    """A page on another port of this machine is another page too."""
    for site in ("cross-site", "same-site"):
        assert client.ask("GET", "/api/jobs", Sec_Fetch_Site=site)[0] == 403
        assert client.ask("GET", "/results/a.html", Sec_Fetch_Site=site)[0] == 403
        assert client.ask("GET", "/", Sec_Fetch_Site=site, Origin=None)[0] == 200


@pytest.mark.parametrize(
    "left_out",
    [
        {"Origin": None},
        {"X_Haihe_Word": None},
        {"X_Haihe_Word": "0" * 64},
        {"Cookie": None},
        {"Cookie": "haihe-1=x"},
        {"Content_Type": "text/plain"},
        {"Content_Type": "application/x-www-form-urlencoded"},
        {"Content_Type": None},
    ],
)
def test_change_needs_everything(client: Any, left_out: dict[str, str | None]) -> None:
    """Origin, word, cookie and kind: without any one of them nothing is saved."""
    body = {"id": "new", "text": "title: x\n", "replace": None}
    status, _, _ = client.ask("POST", "/api/scenarios", body, **left_out)
    assert status in (401, 403)
    assert not (client.root / "scenarios" / "new.yaml").exists()


def test_word_is_not_the_token(client: Any) -> None:
    """The page does not give away what stands in its cookie."""
    _, headers, page = client.ask("GET", "/")
    token = client.listening.access.token
    assert token not in page.decode()
    assert "HttpOnly" in headers["Set-Cookie"]
    assert "SameSite=Strict" in headers["Set-Cookie"]


def test_headers_of_every_answer(client: Any) -> None:
    """Refusals and faults carry them too; nobody is allowed to read across origins."""
    for method, path in (("GET", "/"), ("GET", "/nothing"), ("POST", "/api/jobs"), ("PUT", "/")):
        _, headers, _ = client.ask(method, path)
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "Server" not in headers
        assert not [name for name in headers if name.lower().startswith("access-control")]


def test_closed_server_lets_in_only_who_has_the_token(start: Callable[..., Any]) -> None:
    """Without the printed address there is nothing, and the token does not stay in the address."""
    client = start(closed=True)
    host = client.headers["Host"]
    bare = {"Cookie": None, "Origin": None}
    assert client.ask("GET", "/", **bare)[0] == 401
    assert client.ask("GET", "/?token=guess", **bare)[0] == 401
    assert client.ask("GET", "/app.js", **bare)[0] == 401
    status, headers, _ = client.ask("GET", f"/?token={client.listening.access.token}", **bare)
    assert (status, headers["Location"]) == (302, "/")
    assert client.ask("GET", "/", Host=host)[0] == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "evil.example"])
def test_listening_elsewhere_is_refused_unless_asked_for(host: str) -> None:
    """And it is said what it would mean."""
    with pytest.raises(InputError):
        check_host(host, anywhere=False)


def test_listening_anywhere_is_closed() -> None:
    """Whoever asks for it gets a token."""
    with listen("0.0.0.0", 0, anywhere=True) as listening:
        assert listening.access.closed
        assert listening.access.token in listening.address
    with listen("127.0.0.1", 0, anywhere=True) as listening:
        assert not listening.access.anywhere


def test_port_that_is_taken_is_said() -> None:
    """Not a traceback."""
    with (
        listen("127.0.0.1", 0) as first,
        pytest.raises(EnvironmentFault, match="--port"),
        listen("127.0.0.1", first.port),
    ):
        pass


def test_other_methods_are_refused(client: Any) -> None:
    """Also the question before a request across origins."""
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        assert client.ask(method, "/api/jobs")[0] in (400, 405)


def test_requests_that_are_too_large_or_not_json(client: Any) -> None:
    """Answered with 4xx or not at all, and the server goes on."""
    for body in (b"{", b"[]", b'"x"', b'{"sort": 1}', b"[" * 100_000, b"\xff\xfe"):
        assert client.ask("POST", "/api/validate", body)[0] == 400
    try:
        status = client.ask("POST", "/api/validate", b" " * 2_000_000)[0]
    except (ConnectionError, OSError):
        status = 413
    assert 400 <= status < 500
    assert client.get("/api/jobs") == []


def test_refusal_is_one_plain_sentence(client: Any) -> None:
    """JSON, and no word of the machine."""
    status, headers, data = client.ask("GET", "/api/scenarios/..%2f..%2fetc%2fpasswd")
    assert status == 400
    assert headers["Content-Type"].startswith("application/json")
    assert str(client.root) not in json.loads(data)["error"]


def test_find_refusal_looks_at_the_word_in_constant_time() -> None:
    """A word that is no ASCII is refused, not a fault."""
    access = open_access()
    headers = {"Host": "localhost", "Origin": "http://localhost", "X-Haihe-Word": "é" * 64}
    assert find_refusal(access, "POST", headers)
