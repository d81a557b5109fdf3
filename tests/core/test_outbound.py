"""The HTTP client: which addresses it refuses, and what it does not let a server do."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from abusedesk.core import addresses, outbound
from abusedesk.core.outbound import OutboundError, RefusedError

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

PRIVATE = [
    "0.0.0.0", "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a00:1",
    "2002:7f00:1::", "2002:a00:1::1", "2001:0:7f00:1::", "100::1",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8"]


@pytest.mark.row(84)
@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert not addresses.is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_public(address: str) -> None:
    assert addresses.is_public(ip_address(address))


@pytest.mark.row(84)
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://0x7f.1/",
        "http://2130706433/", "http://127.1/", "http://localhost/", "http://169.254.169.254/latest",
        "http://10.0.0.1:8080/x",
    ],
)  # fmt: skip
def test_every_way_to_write_a_private_address_is_refused(url: str) -> None:
    with pytest.raises(RefusedError, match="not a public address"):
        outbound.post_json(url, b"{}")


@pytest.mark.parametrize(
    "url",
    [
        "", "hook", "ftp://example.org/", "file:///etc/passwd", "javascript:alert(1)", "//x.org/",
        "http:///path", "http://", "https://user:pw@example.org/", "https://user@example.org/",
        "https://example.org:99999/", "https://example.org:x/", "https://exa mple.org/",
        "https://example.org/\r\nX: y", "https://example.org/\x00", "https://example.org/ü",
        "https://a..b/", "https://[::1/", f"https://example.org/{'a' * 600}",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_without_a_look_up(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*args: object, **kwargs: object) -> None:
        pytest.fail("resolved")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    with pytest.raises(RefusedError):
        outbound.post_json(url, b"{}")


def _resolver(*addresses: str) -> Callable[..., list[Any]]:
    def resolve(*args: object, **kwargs: object) -> list[Any]:
        return [(2, 1, 6, "", (address, 80)) for address in addresses]

    return resolve


def test_one_private_answer_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _resolver("1.1.1.1", "10.0.0.1"))
    with pytest.raises(RefusedError, match=r"10\.0\.0\.1"):
        outbound.post_json("http://rebind.example/", b"{}")


def test_a_name_that_does_not_resolve_is_a_failure_in_words() -> None:
    with pytest.raises(OutboundError, match="does not resolve"):
        outbound.post_json("http://no-such-name.invalid/", b"{}")


class _Handler(BaseHTTPRequestHandler):
    behaviour: Callable[[_Handler], None]

    def do_POST(self) -> None:
        server: Any = self.server
        server.seen.append((self.path, dict(self.headers), self._body()))
        type(self).behaviour(self)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def log_message(self, *args: object) -> None:
        """Quiet."""


@contextmanager
def _server(
    behaviour: Callable[[_Handler], None], tls: ssl.SSLContext | None = None
) -> Iterator[Any]:
    handler = type("Handler", (_Handler,), {"behaviour": staticmethod(behaviour)})
    server: Any = HTTPServer(("127.0.0.1", 0), handler)
    server.seen = []
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(status: int, body: bytes = b"", **headers: str) -> Callable[[_Handler], None]:
    def answer(handler: _Handler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.fixture
def allow_loopback(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = LOOPBACK


@pytest.mark.usefixtures("allow_loopback")
def test_a_listed_network_may_be_reached() -> None:
    with _server(_answer(200, b"ok")) as server:
        url = f"http://127.0.0.1:{server.server_port}/hook?a=1"
        reply = outbound.post_json(url, b'{"a":1}', headers={"X-Test": "yes"})
    path, headers, body = server.seen[0]
    assert (reply.status, reply.body) == (200, b"ok")
    assert (path, body) == ("/hook?a=1", b'{"a":1}')
    assert headers["X-Test"] == "yes"
    assert headers["Content-Type"] == "application/json"
    assert headers["Host"] == f"127.0.0.1:{server.server_port}"


@pytest.mark.usefixtures("allow_loopback")
def test_the_name_is_asked_once_and_the_checked_address_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with _server(_answer(204)) as server:
        resolve = _resolver("127.0.0.1")
        monkeypatch.setattr(socket, "getaddrinfo", _once(resolve))
        outbound.post_json(f"http://hook.example:{server.server_port}/", b"{}")
    assert server.seen[0][1]["Host"] == f"hook.example:{server.server_port}"


def _once(resolve: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """Look-ups of names after the first fail; `create_connection` looks up literal addresses."""
    real = socket.getaddrinfo
    asked: list[str] = []

    def look_up(host: str, *args: Any, **kwargs: Any) -> list[Any]:
        if host == "127.0.0.1":
            return real(host, *args, **kwargs)
        assert not asked, "the name was resolved twice"
        asked.append(host)
        return resolve(host)

    return look_up


@pytest.mark.usefixtures("allow_loopback")
def test_a_redirect_is_not_followed() -> None:
    with _server(_answer(302, Location="http://169.254.169.254/")) as server:
        reply = outbound.post_json(f"http://127.0.0.1:{server.server_port}/", b"{}")
    assert reply.status == 302
    assert len(server.seen) == 1


@pytest.mark.usefixtures("allow_loopback")
def test_a_long_answer_is_cut() -> None:
    with _server(_answer(200, b"x" * 300_000)) as server:
        reply = outbound.post_json(f"http://127.0.0.1:{server.server_port}/", b"{}")
    assert len(reply.body) == outbound.MAX_BYTES


def _drip(handler: _Handler) -> None:
    try:
        for _ in range(100):
            handler.wfile.write(b"H")
            handler.wfile.flush()
            time.sleep(0.1)
    except OSError:
        return


@pytest.mark.usefixtures("allow_loopback")
def test_a_server_that_drips_is_cut_off_in_time() -> None:
    with _server(_drip) as server:
        began = time.monotonic()
        with pytest.raises(OutboundError, match="did not answer"):
            outbound.post_json(f"http://127.0.0.1:{server.server_port}/", b"{}", timeout_s=0.5)
        assert time.monotonic() - began < 3


@pytest.mark.usefixtures("allow_loopback")
def test_a_closed_port_is_a_failure_in_words() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(OutboundError, match="did not answer"):
        outbound.post_json(f"http://127.0.0.1:{port}/", b"{}")


@pytest.mark.usefixtures("allow_loopback")
def test_https_to_something_that_speaks_no_tls_is_a_failure_in_words() -> None:
    with _server(_answer(200)) as server:
        url = f"https://127.0.0.1:{server.server_port}/"
        with pytest.raises(OutboundError, match="did not answer"):
            outbound.post_json(url, b"{}", timeout_s=2)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and a certificate for hook.example that nobody has signed."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command to make a certificate")
    pem = tmp_path / "hook.pem"
    subprocess.run(
        [
            openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "2", "-subj", "/CN=hook.example", "-addext",
            "subjectAltName=DNS:hook.example", "-keyout", str(pem), "-out", str(tmp_path / "c.pem"),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    pem.write_text(pem.read_text() + (tmp_path / "c.pem").read_text())
    return pem


def _post_over_tls(certificate: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> int:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with _server(_answer(200), tls=context) as server:
        monkeypatch.setattr(socket, "getaddrinfo", _once(_resolver("127.0.0.1")))
        url = f"https://{name}:{server.server_port}/"
        return outbound.post_json(url, b"{}", timeout_s=3).status


@pytest.mark.usefixtures("allow_loopback")
def test_a_certificate_that_nobody_vouches_for_is_refused(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OutboundError, match="CERTIFICATE_VERIFY_FAILED"):
        _post_over_tls(certificate, "hook.example", monkeypatch)


@pytest.mark.usefixtures("allow_loopback")
def test_a_trusted_certificate_counts_for_its_own_name_only(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert _post_over_tls(certificate, "hook.example", monkeypatch) == 200
    with pytest.raises(OutboundError, match="CERTIFICATE_VERIFY_FAILED"):
        _post_over_tls(certificate, "other.example", monkeypatch)
