"""deploy/nginx/abusedesk.conf before a running desk: people come in, bodies go through, in TLS."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPResponse, HTTPSConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests import make
from tests.up import Desk, free_port

pytestmark = pytest.mark.deploy
CONF = Path(__file__).resolve().parents[2] / "deploy" / "nginx" / "abusedesk.conf"
SIGNALS = "/api/v1/signals/"
LIMIT = 10 * 2**20
START_S = 10


@dataclass
class Front:
    """An nginx before a desk, and where it writes."""

    home: Path
    port: int
    plain_port: int

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[HTTPResponse, bytes]:
        """One request over TLS, the certificate checked."""
        trust = ssl.create_default_context(cafile=self.home / "cert.pem")
        with closing(HTTPSConnection("localhost", self.port, context=trust, timeout=30)) as link:
            with suppress(BrokenPipeError):  # refused by its length, nginx does not read it all
                link.request(method, path, body, dict(headers or {}))
            answer = link.getresponse()
            return answer, answer.read()


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    for program in ("nginx", "openssl"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed, so the configuration was not tried")
    home = Path(tempfile.mkdtemp(prefix="desk-front-", dir="/tmp"))
    home.chmod(0o755)
    desk = Desk(home, ABUSEDESK_HTTPS="true")
    yield desk
    desk.process.send_signal(signal.SIGINT)
    desk.process.wait(60)
    desk.none_left()
    shutil.rmtree(home)


@pytest.fixture
def front(desk: Desk) -> Iterator[Front]:
    with _nginx(desk.port) as front:
        yield front


@contextmanager
def _nginx(desk_port: int) -> Iterator[Front]:
    """The shipped site with other ports, names and places, in an nginx of its own."""
    with tempfile.TemporaryDirectory(prefix="desk-nginx-", dir="/tmp") as folder:
        home, port, plain_port = Path(folder), free_port(), free_port()
        home.chmod(0o755)
        _write(home, port, plain_port, desk_port)
        argv = ["nginx", "-e", str(home / "error.log"), "-c", str(home / "nginx.conf")]
        tested = subprocess.run([*argv, "-t"], capture_output=True, text=True, check=False)
        assert (tested.returncode, "[warn]" in tested.stderr) == (0, False), tested.stderr
        process = subprocess.Popen(argv)
        try:
            _await_port(process, port)
            yield Front(home, port, plain_port)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _write(home: Path, port: int, plain_port: int, desk_port: int) -> None:
    """Certificate and configuration."""
    about = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(home / "key.pem"), "-out", str(home / "cert.pem")]
    argv = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *about, *files]
    subprocess.run(argv, check=True, capture_output=True)
    site = CONF.read_text(encoding="utf-8")
    for pattern, mine in {
        r"listen 80;": f"listen 127.0.0.1:{plain_port};",
        r"listen 443 ": f"listen 127.0.0.1:{port} ",
        r" *listen \[::\].*\n": "",
        r"127\.0\.0\.1:8000": f"127.0.0.1:{desk_port}",
        r"/etc/letsencrypt/live/\S+/fullchain": f"{home}/cert",
        r"/etc/letsencrypt/live/\S+/privkey": f"{home}/key",
        r"desk\.example\.org": "localhost",
        r"/var/log/nginx": str(home),
    }.items():
        site, count = re.subn(pattern, mine, site)
        assert count, pattern
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {home}/{kind};" for kind in kinds)
    main = f"daemon off; pid {home}/nginx.pid; error_log {home}/error.log warn; events {{}}"
    (home / "nginx.conf").write_text(f"{main}\nhttp {{ access_log off; {places}\n{site}}}\n")


def _await_port(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_S
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert process.poll() is None, "nginx ended"
        assert time.monotonic() < deadline, "nginx does not listen"
        time.sleep(0.05)


def _sign_in(front: Front, desk: Desk) -> str:
    """Cookies of a session of the first admin."""
    found = re.search(r"password (\S+) \(shown only now\)", desk.said)
    assert found
    form, page = front.ask("GET", "/login/")
    cookie = (form.getheader("Set-Cookie") or "").split(";")[0]
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    said = {"username": "admin", "password": found[1], "csrfmiddlewaretoken": token[1].decode()}
    here = f"https://localhost:{front.port}"
    headers = {
        "Cookie": cookie,
        "Origin": here,
        "Referer": f"{here}/login/",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    answer, _ = front.ask("POST", "/login/", urlencode(said).encode(), headers)
    assert (answer.status, answer.getheader("Location")) == (302, "/")
    cookies = answer.headers.get_all("Set-Cookie") or []
    assert len(cookies) == 2
    assert all("; Secure" in one and "SameSite=Lax" in one for one in cookies)
    return "; ".join(one.split(";")[0] for one in cookies)


@pytest.fixture(scope="module")
def bearer(desk: Desk) -> dict[str, str]:
    made = desk.manage("token", "create", "acme", "--scope", "ingest", "--scope", "read")
    return {
        "Authorization": f"Bearer {made.stdout.strip()}",
        "Content-Type": "application/json",
    }


def test_a_person_signs_in_and_stays_in(front: Front, desk: Desk) -> None:
    page, body = front.ask("GET", "/", headers={"Cookie": _sign_in(front, desk)})
    assert page.status == 200
    assert b"admin" in body
    assert page.getheader("Strict-Transport-Security") == "max-age=31536000"


def test_who_comes_without_tls_is_sent_to_it(front: Front) -> None:
    with socket.create_connection(("127.0.0.1", front.plain_port), timeout=10) as link:
        link.sendall(b"GET /cases/?q=x HTTP/1.0\r\nHost: localhost\r\n\r\n")
        answer = link.recv(4096)
    assert b" 301 " in answer.split(b"\r\n")[0]
    assert b"Location: https://localhost/cases/?q=x" in answer


def test_a_gzip_batch_goes_through_as_it_came(front: Front, bearer: dict[str, str]) -> None:
    items = [make.item(number, text=f"{number:09}" * 400) for number in range(1_500)]
    body = gzip.compress(json.dumps({"signals": items}).encode())
    answer, said = front.ask("POST", SIGNALS, body, bearer | {"Content-Encoding": "gzip"})
    assert (answer.status, json.loads(said)["accepted"]) == (201, 1_500)


def test_a_body_that_is_too_large_is_refused_in_json_by_whoever_sees_it(
    front: Front, bearer: dict[str, str]
) -> None:
    sent, by_nginx = front.ask("POST", SIGNALS, b" " * (LIMIT + 1), bearer)
    packed = gzip.compress(b" " * (LIMIT + 1))
    unpacked, by_desk = front.ask("POST", SIGNALS, packed, bearer | {"Content-Encoding": "gzip"})
    assert (sent.status, unpacked.status) == (413, 413)
    assert sent.getheader("X-Request-ID") is None, "the desk answered, so nginx let it through"
    assert sent.getheader("Content-Type") == unpacked.getheader("Content-Type")
    ours, theirs = json.loads(by_nginx), json.loads(by_desk)
    for said in (ours, theirs):
        said["errors"][0].pop("detail")
    assert ours == theirs


def test_a_body_of_exactly_the_limit_reaches_the_desk(front: Front, bearer: dict[str, str]) -> None:
    item = json.dumps(make.item(9_000)).encode()
    answer, said = front.ask("POST", SIGNALS, item + b" " * (LIMIT - len(item)), bearer)
    assert answer.status == 201, said


def test_no_log_line_has_a_token_or_a_query(front: Front, bearer: dict[str, str]) -> None:
    answer, _ = front.ask("GET", f"{SIGNALS}?actor=somebody-searched", headers=bearer)
    assert answer.status == 200
    log = (front.home / "abusedesk.log").read_text()
    assert f'"GET {SIGNALS}" 200 ' in log
    assert str(answer.getheader("X-Request-ID")) in log
    assert "somebody-searched" not in log
    assert bearer["Authorization"].split()[1] not in log


def test_passwords_cannot_be_tried_without_end(front: Front) -> None:
    statuses = [front.ask("POST", "/login/")[0].status for _ in range(15)]
    assert set(statuses) == {403, 429}
    assert front.ask("GET", "/login/")[0].status == 200


@pytest.mark.usefixtures("desk")  # skips where there is no nginx
def test_a_desk_that_is_away_is_said_in_json_and_told_to_be_asked_again() -> None:
    with _nginx(free_port()) as front:
        answer, said = front.ask("GET", SIGNALS)
    assert (answer.status, answer.getheader("Retry-After")) == (503, "5")
    assert json.loads(said)["errors"][0]["code"] == "unavailable"
