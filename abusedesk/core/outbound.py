"""The only HTTP client: no private address, no redirect, a limit on time and size."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from threading import Timer
from urllib.parse import urlsplit

from django.conf import settings

from abusedesk.core.addresses import Address, is_public

TIMEOUT_S = 10.0
MAX_BYTES = 64 * 1024
MAX_URL = 500
MAX_QUERY = 8_000  # cursors that other servers give out are long
PORTS = {"http": 80, "https": 443}
USER_AGENT = "abusedesk/1"
_FIXED = {"User-Agent": USER_AGENT, "Connection": "close"}


class OutboundError(Exception):
    """The request was refused here or failed there; the text says which."""


class TooLargeError(OutboundError):
    """What came back is larger than whoever asked wants to read."""


class RefusedError(OutboundError):
    """This address is never contacted."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the other side said. body: at most `MAX_BYTES`. headers: names in small letters."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """A checked URL, not yet resolved."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        """`Host`, without the scheme's own port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def parse(url: str, *, limit: int = MAX_URL) -> Target:
    """Split `url`. Raises RefusedError for what cannot be asked; resolves nothing."""
    if len(url) > limit or not url.isprintable() or " " in url:
        message = "The address is too long or has characters that do not belong there."
        raise RefusedError(message)
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        message = "This is no web address."
        raise RefusedError(message) from None
    if parts.scheme not in PORTS or not host:
        message = "The address must begin with https:// or http://."
        raise RefusedError(message)
    if parts.username is not None or parts.password is not None:
        message = "The address may not carry a user name or password."
        raise RefusedError(message)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii():
        message = "Write the path of the address percent-encoded."
        raise RefusedError(message)
    _refuse_literal(host)
    return Target(parts.scheme, host, PORTS[parts.scheme] if port is None else port, path)


def post_json(
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str] | None = None,
    timeout_s: float = TIMEOUT_S,
    max_bytes: int = MAX_BYTES,
) -> Reply:
    """POST `body`. timeout_s: for all of connecting, sending and reading.

    Raises RefusedError for a forbidden address, OutboundError when nothing came back.
    """
    return _exchange("POST", parse(url), body, headers or {}, timeout_s, max_bytes)


def fetch(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    timeout_s: float = TIMEOUT_S,
    max_bytes: int = MAX_BYTES,
) -> Reply:
    """GET `url`. timeout_s: for all of it. An answer above `max_bytes` is none.

    Raises RefusedError for a forbidden address, TooLargeError, or OutboundError when nothing usable
    came back.
    """
    target = parse(url, limit=MAX_QUERY)
    reply = _exchange("GET", target, None, headers or {}, timeout_s, max_bytes + 1)
    if len(reply.body) > max_bytes:
        message = f"The answer of {target.host} is larger than {max_bytes:,} bytes."
        raise TooLargeError(message)
    return reply


def _exchange(
    method: str,
    target: Target,
    body: bytes | None,
    headers: Mapping[str, str],
    timeout_s: float,
    max_bytes: int,
) -> Reply:
    deadline = time.monotonic() + timeout_s
    addresses = resolve(target)
    own = {"Content-Type": "application/json", **_FIXED} if body is not None else _FIXED
    try:
        with _connected(target, addresses, deadline) as connection:
            connection.putrequest(method, target.path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", target.host_header)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            for name, value in {**own, **headers}.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            said = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, response.read(max_bytes), said)
    except (OSError, HTTPException) as error:
        message = f"{target.host} did not answer: {str(error) or type(error).__name__}"
        raise OutboundError(message) from error


def resolve(target: Target) -> list[Address]:
    """All addresses of the name, asked once. Raises RefusedError when one of them is not public."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        message = f"The name {target.host} does not resolve."
        raise OutboundError(message) from error
    addresses = list(dict.fromkeys(ip_address(str(entry[4][0]).split("%")[0]) for entry in found))
    for address in addresses:
        _refuse(address)
    return addresses


def _refuse_literal(host: str) -> None:
    """A literal address can be refused before anything is stored."""
    try:
        address = ip_address(host)
    except ValueError:
        return
    _refuse(address)


def _refuse(address: Address) -> None:
    if is_public(address) or any(address in network for network in settings.OUTBOUND_ALLOW):
        return
    message = f"{address} is not a public address (ABUSEDESK_OUTBOUND_ALLOW may list exceptions)."
    raise RefusedError(message)


@contextmanager
def _connected(
    target: Target, addresses: list[Address], deadline: float
) -> Iterator[HTTPConnection]:
    """A connection to one of the checked addresses that ends at the deadline, whatever happens."""
    connection = HTTPConnection(target.host, target.port)
    raw = _dial(addresses, target.port, deadline)
    # Socket timeouts begin anew with every byte; a server that drips bytes needs a real end.
    sock = raw if target.scheme == "http" else _with_tls(raw, target.host)
    timer = Timer(_left(deadline), _cut, [sock])
    timer.daemon = True
    timer.start()
    try:
        if isinstance(sock, ssl.SSLSocket):
            sock.do_handshake()
        connection.sock = sock
        yield connection
    finally:
        timer.cancel()
        connection.close()
        sock.close()


def _dial(addresses: list[Address], port: int, deadline: float) -> socket.socket:
    failure: OSError = OSError("the name has no address")
    for address in addresses:
        try:
            return socket.create_connection((str(address), port), timeout=_left(deadline))
        except OSError as error:
            failure = error
    raise failure


def _with_tls(raw: socket.socket, host: str) -> ssl.SSLSocket:
    """TLS under the name that was asked for; the handshake comes later, under the deadline."""
    return ssl.create_default_context().wrap_socket(
        raw, server_hostname=host, do_handshake_on_connect=False
    )


def _left(deadline: float) -> float:
    return max(0.05, deadline - time.monotonic())


def _cut(sock: socket.socket) -> None:
    try:
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # a TLS socket's own would drop its state
    except OSError:
        return  # it ended by itself a moment ago
