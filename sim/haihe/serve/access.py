"""Who may ask: the rules of Host, Origin, token and method, as plain functions.

A page from elsewhere can send requests to this machine's own address through the browser of whoever
looks at it, and a name of its own can be made to point here (DNS rebinding). So every request must
name this machine as its Host, no request may come from another page, and whatever changes something
must carry a word that only the app's own page knows.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from haihe.text import Text

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
HOST = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253})(?::([0-9]{1,5}))?")
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Of the app's own pages: its own scripts and styles, and nothing that is made of text."""
RESULT_POLICY = (
    "sandbox allow-scripts allow-downloads allow-modals; default-src 'none'; "
    "script-src 'unsafe-inline' blob:; worker-src blob:; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; connect-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""Of pages of results: an origin of their own, so that what is in them cannot speak to the app."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), usb=()",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Access:
    """What holds as long as a server runs."""

    token: str
    """In the cookie of whoever was let in."""
    hosts: frozenset[str]
    """Names under which this machine may be asked."""
    anywhere: bool = False
    """Listens beyond this machine: addresses of any network card are names too."""
    closed: bool = False
    """Only who has the address with the token is let in."""

    @property
    def word(self) -> str:
        """What the app's page sends with every change; made of the token, and not the token."""
        return hmac.new(self.token.encode(), b"change", hashlib.sha256).hexdigest()


def open_access(anywhere: bool = False, closed: bool = False) -> Access:
    """Draw a token; collect the names of this machine."""
    names = {socket.gethostname().lower(), socket.getfqdn().lower()} if anywhere else set()
    hosts = frozenset(LOOPBACK) | {name for name in names if name}
    return Access(secrets.token_urlsafe(32), hosts, anywhere, anywhere or closed)


def is_own_host(access: Access, host: str) -> bool:
    """May this machine be asked under that name? The port is not looked at: tunnels change it."""
    found = HOST.fullmatch(host)
    if found is None or (found[2] and int(found[2]) > 65535):
        return False
    name = found[1].lower()
    return name in access.hosts or (access.anywhere and _is_address(name))


def _is_address(name: str) -> bool:
    """A number, not a name: nobody can make a number point elsewhere."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def find_refusal(
    access: Access, method: str, headers: Mapping[str, str], top: bool = False
) -> Text | None:
    """Why a request is not for us; None where it is.

    Parameters
    ----------
    headers : with the names `Host`, `Origin`, `Sec-Fetch-Site`, `X-Haihe-Word`, `Content-Type`.
    top : whether it asks for the app's first page, to which others may link.
    """
    host = headers.get("Host", "")
    if not is_own_host(access, host):
        return Text("Host 不是本机", "the Host is not this machine")
    origin = headers.get("Origin")
    if origin is not None and origin.lower() != f"http://{host.lower()}":
        return Text("Origin 是另一个页面", "the Origin is another page")
    site = headers.get("Sec-Fetch-Site", "same-origin")
    if site not in ("same-origin", "none") and not (top and method in ("GET", "HEAD")):
        return Text("请求来自另一个页面", "the request comes from another page")
    return None if method in ("GET", "HEAD") else _refuse_change(access, headers, origin)


def _refuse_change(access: Access, headers: Mapping[str, str], origin: str | None) -> Text | None:
    if origin is None:
        return Text("改动须注明 Origin", "a change must say its Origin")
    if not _equal(headers.get("X-Haihe-Word", ""), access.word):
        return Text("改动须带本应用页面的口令", "a change must carry the word of this app's page")
    if headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
        return Text("改动须为 JSON", "a change must be JSON")
    return None


def is_known(access: Access, token: str) -> bool:
    """Was this browser let in?"""
    return _equal(token, access.token)


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(errors="replace"), other.encode())
