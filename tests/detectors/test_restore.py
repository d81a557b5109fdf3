"""A dump that is loaded into another server: detectors neither skip nor repeat a signal."""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from abusedesk import env
from abusedesk.core import audit, clock, embedded, health, pgbinaries
from abusedesk.core.models import AuditEntry
from abusedesk.core.pgpaths import DATABASE, Paths
from abusedesk.core.spawn import Account
from cases.models import Case
from detectors import stream
from detectors.models import CampaignMember, Finding, FindingRevision, Signal, Stream
from detectors.partitions import forget_partitions
from detectors.schema import SignalIn
from detectors.services.heartbeat import beat_idle_streams
from detectors.services.ingest import ingest_batch
from detectors.services.restore import begin_epoch_after_restore
from detectors.services.source import ensure_source, live_stream
from tests import desk, make

pytestmark = pytest.mark.django_db(transaction=True)
ELSEWHERE = 10_000_000
"""How many transactions the other server had more than this one."""


@pytest.fixture(autouse=True)
def fresh_worker() -> Iterator[None]:
    desk.forget()
    yield
    desk.forget()
    _run("UPDATE detectors_epoch SET number = 0")


def _run(statement: str, *params: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def _store(*signals: SignalIn) -> None:
    ingest_batch(source=ensure_source(slug="acme", title="Acme"), signals=signals)


def _as_if_restored() -> None:
    """Give all that is stored the transaction ids of a server that is far ahead."""
    _run("UPDATE detectors_signal SET tx = ((tx::text::bigint + %s)::text)::xid8", ELSEWHERE)
    _run("UPDATE detectors_cursor SET tx = tx + %s WHERE tx > 0", ELSEWHERE)
    _run("UPDATE detectors_shard SET tx = tx + %s WHERE tx > 0", ELSEWHERE)
    _run("UPDATE detectors_checkpoint SET tx = tx + %s WHERE tx > 0", ELSEWHERE)


def _unread(after: stream.Position) -> list[str]:
    desk.await_horizon()
    found: list[str] = []
    while (page := stream.read(live_stream().pk, after, 2)).signals:
        found += [signal.actor for signal in page.signals]
        after = page.last
    return found


def test_what_nobody_had_read_is_read_and_then_what_came_after_the_restore() -> None:
    _store(make.signal(0))
    desk.await_horizon()
    seen = stream.read(live_stream().pk, stream.Position(), 1).last
    _store(make.signal(1))
    _as_if_restored()
    assert begin_epoch_after_restore(actor=None)
    stream.forget_pages()
    _store(make.signal(2))
    place = stream.Position(seen.epoch, seen.tx + ELSEWHERE, seen.signal_id)
    assert _unread(place) == ["a1", "a2"]
    assert stream.newest(live_stream().pk).epoch == 1


def test_what_was_stored_before_anybody_noticed_is_read_too() -> None:
    _store(make.signal(0), make.signal(1))
    _as_if_restored()
    _store(make.signal(2))
    assert begin_epoch_after_restore(actor=None)
    assert _unread(stream.Position()) == ["a0", "a1", "a2"]
    assert dict(Signal.objects.values_list("actor", "epoch")) == {"a0": 0, "a1": 0, "a2": 1}


def test_a_second_time_changes_nothing() -> None:
    _store(make.signal(0))
    _as_if_restored()
    assert [begin_epoch_after_restore(actor=None) for _ in range(3)] == [True, False, False]
    assert stream.current_epoch() == 1
    (entry,) = AuditEntry.objects.all()
    assert (entry.verb, entry.data) == (audit.Verb.STORE_RESTORED, {"stored_here": 0})


def test_a_store_that_was_never_moved_stays_in_its_epoch() -> None:
    _store(make.signal(0))
    desk.work()
    said = StringIO()
    call_command("after_restore", stdout=said)
    assert "nothing to do" in said.getvalue()
    assert stream.current_epoch() == 0


def test_consumers_alone_show_that_the_store_was_moved() -> None:
    """Retention may have dropped every signal that they read."""
    _store(make.signal(0))
    desk.work()
    _as_if_restored()
    Signal.objects.all().delete()
    assert health.is_store_ahead()


def test_an_idle_stream_beats_in_the_new_epoch() -> None:
    _store(make.signal(0))
    _as_if_restored()
    begin_epoch_after_restore(actor=None)
    Signal.objects.update(received_at=clock.now() - timedelta(hours=1))
    beat_idle_streams()
    assert dict(Signal.objects.values_list("platform", "epoch")) == {"x": 0, "engine": 1}


# A whole desk on two servers.


def _socks(start: datetime, links: range) -> list[SignalIn]:
    """Twelve accounts on two platforms and one device that share links within a minute."""
    dice = random.Random(links.start)
    signals = [
        make.signal(
            100 * link + sock,
            platform=("x", "telegram")[sock % 2],
            actor=f"sock{sock}",
            urls=(f"https://story{link}.example/read",),
            identifiers={"device": "d-1"},
            occurred_at=start + timedelta(hours=link, seconds=dice.uniform(0, 60)),
        )
        for link in links
        for sock in range(12)
    ]
    return sorted(signals, key=lambda one: one.occurred_at)


def _told() -> tuple[set[object], ...]:
    """Findings with their histories, and cases with their members."""
    return (
        set(Finding.objects.values_list("uid", "digest", "status", "revision")),
        set(FindingRevision.objects.values_list("finding__uid", "revision", "at_s", "digest")),
        set(CampaignMember.objects.values_list("account", "campaign__case_link__case__ref")),
    )


@contextmanager
def _another_server() -> Iterator[Paths]:
    home = Path(tempfile.mkdtemp(prefix="desk-other-", dir="/tmp"))
    home.chmod(0o755)
    paths = Paths.for_var(home)
    server = embedded.start(paths, settings={"fsync": "off"})
    try:
        yield paths
    finally:
        server.stop()
        shutil.rmtree(home)


def _copy_to(paths: Paths) -> None:
    """`pg_dump | pg_restore`, as docs/deploy.md says."""
    binaries = pgbinaries.find(Account.unprivileged(), copy_to=paths.root)
    assert binaries is not None
    dump = [binaries.program("pg_dump"), "--format=custom", "--no-owner", env.current().dsn]
    load = [binaries.program("pg_restore"), "--no-owner", "--exit-on-error", "--clean"]
    dumped = subprocess.run(dump, check=True, capture_output=True).stdout
    subprocess.run(
        [*load, "--if-exists", "--single-transaction", "-d", paths.dsn_of(DATABASE)],
        input=dumped,
        check=True,
    )


@contextmanager
def _connected_to(paths: Paths) -> Iterator[None]:
    """Django's connection leads to `paths`; caches forget what they know of the other server."""
    here = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict |= {"NAME": DATABASE, "HOST": str(paths.socket_dir)}
    desk.forget()
    forget_partitions()
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict |= here
        desk.forget()
        forget_partitions()


def test_a_desk_on_a_restored_dump_finds_what_it_would_have_found() -> None:
    start = clock.now() - timedelta(hours=20)
    # The other server is new; this one has lived.
    _run("DO $$ BEGIN FOR i IN 1..5000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$")
    _store(*_socks(start, range(4)))
    desk.work()
    _store(*_socks(start, range(4, 8)))  # nobody has read these when the dump is made
    with _another_server() as paths:
        _copy_to(paths)
        with _connected_to(paths):
            call_command("after_restore", stdout=StringIO())
            _store(*_socks(start, range(8, 12)))
            desk.work()
            moved = _told()
            assert Stream.objects.count() == 1
    _store(*_socks(start, range(8, 12)))
    desk.work()
    assert Case.objects.count() == 1
    assert moved == _told()
