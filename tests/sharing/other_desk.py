"""Another desk in a process and a database of its own, told what to do over a pipe.

One JSON line a command, one an answer: ["name", {arguments}] -> result.
"""

from __future__ import annotations

import itertools
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from django.conf import settings
from django.test import Client

from abusedesk.core import clock, ids
from abusedesk.core.models import Role, User
from abusedesk.core.pgpaths import Paths
from abusedesk.env import BASE_DIR
from cases.models import Feed, HeldKey, ImportedObject, ImportedValue, ReceivedPattern
from cases.selectors.feed import imported_of
from cases.selectors.partner import published_keys_of
from cases.services.answering import answer_feed
from cases.services.asking import ask_partners
from cases.services.feed import FeedText, accept_feed, save_feed
from cases.services.organisation import save_organisation
from cases.services.pattern_watch import check_patterns
from cases.services.polling import poll_feed
from detectors.entities import digest_of
from detectors.models import Entity, IndicatorBatch, Stream, WatchItem
from detectors.services import link, watch_change
from detectors.services.ingest import ingest_batch
from detectors.services.source import ensure_source
from tests import make
from tests.desk import await_horizon
from tests.sharing import desk, packs
from tests.up import free_port

MARK: Final = "answer "
NUMBERS: Final = itertools.count()
START_S: Final = 60
PROGRAM: Final = "from tests.sharing.other_desk import serve; serve()"


def people() -> Any:
    """Two leads beside the admin, and the partner from whom everything comes."""
    for name in ("bob", "ben"):
        User.objects.create_user(name, role=Role.LEAD)
    desk.partner(_admin(), "harbour", title="Harbour desk")


def session(name: str) -> Any:
    """The cookie of somebody who is signed in."""
    client = Client()
    client.force_login(User.objects.get(username=name))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def store(days: int) -> Any:
    """Own signals that a pattern finds something in."""
    packs.store(days)


def work_off() -> Any:
    """What the worker does of the newest backtest."""
    packs.work_off(ReceivedPattern.objects.latest("pk").backtest_id)


def watch() -> Any:
    """What every tick looks at; how the newest pattern stands then."""
    check_patterns()
    row = ReceivedPattern.objects.latest("pk")
    return [row.state, row.paused]


def begin() -> Any:
    admin = User.objects.create_user("bea", role=Role.ADMIN)
    save_organisation(actor=admin, name="Bay desk")
    return published_keys_of()["keys"]


def feed(**said: Any) -> Any:
    save_feed(actor=_admin(), slug="harbour", said=FeedText(title="Harbour desk", **said))


def poll(slug: str = "harbour") -> Any:
    row = Feed.objects.get(slug=slug)
    Feed.objects.update(due_at=clock.now())
    poll_feed(feed_id=row.pk)
    row.refresh_from_db()
    watch_change.settle_items()
    return {"fault": row.fault, "paused": row.paused, "taken": row.taken}


def state() -> Any:
    frame = ("identity", "marking-definition", "extension-definition")
    live = ImportedObject.objects.filter(revoked=False).exclude(type__in=frame)
    standing = WatchItem.objects.filter(ended_at=None)
    return {
        "live": sorted(live.values_list("type", flat=True)),
        "names": sorted(set(live.values_list("name", flat=True))),
        "standing": sorted(standing.values_list("type", "value", "opinion")),
        "waiting": IndicatorBatch.objects.filter(state="preview").count(),
        "keys": sorted(HeldKey.objects.values_list("key_id", flat=True)),
        "matched": ImportedValue.objects.exclude(entity_id=None).count(),
    }


def accept() -> Any:
    return accept_feed(actor=_admin(), feed=Feed.objects.get())


def seen(accounts: int, **fields: Any) -> Any:
    """So many accounts post a signal with these fields."""
    signals = [
        make.signal(n, external_id=str(ids.new_uuid()), occurred_at=clock.now(), **fields)
        for n in range(accounts)
    ]
    ingest_batch(source=ensure_source(slug="shop", title="Shop"), signals=signals)
    await_horizon()
    for one in Stream.objects.all():
        link.link_stream(stream_id=one.pk)
    return Entity.objects.count()


def answer() -> Any:
    return answer_feed(actor=_admin(), feed=Feed.objects.get())


def ask(type: str, value: str) -> Any:
    (one,) = ask_partners(actor=_admin(), entity=_entity(type, value))
    return {"known": one.known, "contact": one.contact, "fault": one.fault}


def told(type: str, value: str) -> Any:
    """Types of what others say of a thing, as its page shows it."""
    return [one.type for one in imported_of(_entity(type, value), _admin())]


def _entity(type: str, value: str) -> Entity:
    return Entity.objects.get(digest=digest_of(type, value))


def _admin() -> User:
    return User.objects.get(username="bea")


COMMANDS: dict[str, Callable[..., Any]] = {
    one.__name__: one
    for one in (
        *(begin, feed, poll, state, accept, seen, answer, ask, told),
        *(people, session, store, work_off, watch),
    )
}


def serve() -> None:
    """What the process does: `manage.py shell -c "from ... import serve; serve()"`."""
    for line in sys.stdin:
        name, said = json.loads(line)
        sys.stdout.write(f"{MARK}{json.dumps(COMMANDS[name](**said))}\n")
        sys.stdout.flush()


class OtherDesk:
    """The process, as a test sees it."""

    def __init__(self, dsn: str, var: Path) -> None:
        told = {"DATABASE_URL": dsn, "ABUSEDESK_VAR": str(var), "ABUSEDESK_BROKER_URL": "memory://"}
        told |= {"ABUSEDESK_OUTBOUND_ALLOW": "127.0.0.0/8,::1/128", "ABUSEDESK_LOG_LEVEL": "INFO"}
        self.log = var / "other.log"
        self._log = self.log.open("w")
        self._env = os.environ | told
        self._web: subprocess.Popen[bytes] | None = None
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", PROGRAM],
            cwd=BASE_DIR,
            env=self._env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def open_pages(self) -> str:
        """Start its web server. Returns the address."""
        port = free_port()
        flags = ["--threads", "4", "--no-control-socket", "--bind", f"127.0.0.1:{port}"]
        self._web = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *flags, "abusedesk.wsgi"],
            cwd=BASE_DIR,
            env=self._env,
            stdout=self._log,
            stderr=self._log,
        )
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return f"http://127.0.0.1:{port}"
            time.sleep(0.1)
        raise AssertionError(self.log.read_text()[-2_000:])

    def __call__(self, name: str, /, **said: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([name, said]) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith(MARK):
                return json.loads(line.removeprefix(MARK))
        raise AssertionError(self.log.read_text()[-2_000:])

    def end(self) -> None:
        if self._web is not None:
            self._web.terminate()
            self._web.wait(30)
        self._process.kill()
        self._process.communicate()
        self._log.close()


@pytest.fixture
def other(blank: str, tmp_path: Path) -> Iterator[OtherDesk]:
    """A second desk on the same database server.

    Its database is not dropped: that would wait for every connection of the server, also for one
    that has told its client of something and waits itself. It goes with the server of the tests.
    """
    name = f"other_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{next(NUMBERS)}"
    paths = Paths.for_var(Path(os.environ["ABUSEDESK_VAR"]))
    _run(paths, f'CREATE DATABASE "{name}" TEMPLATE "{blank}"')
    started = OtherDesk(paths.dsn_of(name), tmp_path)
    yield started
    started.end()


def _run(paths: Paths, statement: str) -> None:
    with psycopg.connect(paths.dsn_of("postgres"), autocommit=True) as to_server:
        to_server.execute(statement.encode())
