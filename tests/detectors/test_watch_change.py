"""Changes of the watch list reach the detector once, whoever works meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry, User
from detectors import stream
from detectors.choices import FindingStatus
from detectors.engine import WATCH
from detectors.models import Finding, Signal, WatchItem
from detectors.selectors.watch import WatchFilter, watch_items_for
from detectors.services import watch_change
from detectors.services.ingest import ingest_batch
from detectors.services.link import link_stream
from detectors.services.source import live_stream
from detectors.services.watch import LISTS, add_items, lock_list, remove_item
from detectors.services.watch_change import is_due, settle_items
from detectors.watching.lines import MAX_LINES, Fate, Line, Terms, no_such, read
from detectors.watching.things import Notice, notice_of
from tests import cast, desk, make

pytestmark = pytest.mark.django_db(transaction=True)
TERMS = Terms("cert", trust=0.9)


@pytest.fixture(autouse=True)
def fresh_worker() -> Iterator[None]:
    desk.forget()
    yield
    desk.forget()


@pytest.fixture
def start() -> datetime:
    """Long enough ago that everything a test tells has happened."""
    return clock.now() - timedelta(hours=2)


def _add(*values: str, terms: Terms = TERMS, **more: Any) -> list[WatchItem]:
    told = add_items(actor=cast.admin(), lines=[Line(one) for one in values], terms=terms, **more)
    return [one.item for one in told if one.item is not None]


def _post(start: datetime, numbers: range, **fields: Any) -> None:
    said = {"urls": ("https://evil.example/a",), **fields}
    signals = [make.signal(n, occurred_at=start + timedelta(minutes=n), **said) for n in numbers]
    ingest_batch(source=make.source(f"s{numbers.start}"), signals=signals)


def _link() -> None:
    desk.await_horizon()
    link_stream(stream_id=live_stream().pk)


def _notices() -> list[Notice]:
    ids = list(Signal.objects.filter(kind=WATCH).order_by("pk").values_list("pk", flat=True))
    return [notice_of(one) for one in stream.signals_by_id(ids)]


def test_what_was_told_is_not_told_again(start: datetime) -> None:
    _add("evil.example")
    assert is_due()
    settle_items()
    assert not is_due()
    _post(start, range(3))
    _link()
    _link()
    settle_items()
    told = _notices()
    assert [(one.account, one.items) for one in told] == [
        (f"x:a{n}", (("cert", 0.9),)) for n in range(3)
    ]
    assert len({one.signal for one in told}) == 3


def test_a_signal_that_names_two_listed_values_is_told_for_each(start: datetime) -> None:
    _add("evil.example", "https://evil.example/a", "x:a0")
    add_items(actor=cast.admin(), lines=[Line("x:a0", "account")], terms=TERMS)
    _post(start, range(1))
    _link()
    assert {(one.type, one.value) for one in _notices()} == {
        ("account", "x:a0"),
        ("domain", "evil.example"),
        ("url", "https://evil.example/a"),
    }


def test_a_signal_without_an_account_counts_as_a_hit_and_names_nobody(start: datetime) -> None:
    (item,) = _add("evil.example")
    settle_items()
    _post(start, range(2), actor="")
    _link()
    item.refresh_from_db()
    assert (item.hits, _notices()) == (2, [])


def test_old_signals_are_not_looked_up(start: datetime) -> None:
    _post(start - timedelta(days=40), range(3))
    _link()
    _add("evil.example")
    settle_items()
    assert _notices() == []


def test_only_the_newest_signals_of_a_value_are_looked_up(
    start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_change, "MAX_LOOKED", 4)
    _post(start, range(9))
    _link()
    _add("evil.example")
    settle_items()
    assert {one.account for one in _notices()} == {f"x:a{n}" for n in range(5, 9)}


def test_whoever_changes_the_list_waits_for_a_linker_that_reads_the_old_one() -> None:
    def has_list() -> bool:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", [LISTS])
                got = bool(cursor.fetchone()[0])
                if got:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [LISTS])
                return got
        finally:
            connections.close_all()

    def shares_list() -> bool:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s)", [LISTS])
                return bool(cursor.fetchone()[0])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            lock_list(shared=True)
            assert not other.submit(has_list).result()
            assert other.submit(shares_list).result()
        assert other.submit(has_list).result()


def test_a_value_of_two_sources_stays_when_one_takes_it_back(start: datetime) -> None:
    first, _ = [*_add("evil.example"), *_add("evil.example", terms=Terms("forum", trust=0.9))]
    _post(start, range(3))
    desk.work()
    before = Finding.objects.get(detector="watch-list")
    remove_item(actor=cast.admin(), item=first, reason="stale")
    desk.work()
    after = Finding.objects.get(detector="watch-list")
    assert (before.values["sources"], after.values["sources"]) == (2, 1)
    assert after.status == FindingStatus.CURRENT
    assert after.llr < before.llr


def test_a_value_can_be_listed_again_after_it_left(start: datetime) -> None:
    (item,) = _add("evil.example")
    _post(start, range(3))
    desk.work()
    remove_item(actor=cast.admin(), item=item, reason="stale")
    desk.work()
    (again,) = _add("evil.example")
    assert again.pk != item.pk
    desk.work()
    assert Finding.objects.get(detector="watch-list").status == FindingStatus.CURRENT


def test_the_same_source_renews_and_does_not_double() -> None:
    (first,) = _add("evil.example", terms=Terms("cert", 0.2, 30))
    settle_items()
    (again,) = _add("evil.example", terms=Terms("cert", 0.9, 90, "seen again"))
    assert again.pk == first.pk
    assert (again.trust, again.note, again.pending) == (0.9, "seen again", True)
    assert again.expires_at > first.expires_at
    assert again.added_at == first.added_at
    assert WatchItem.objects.count() == 1


@pytest.mark.parametrize("who", [cast.reviewer, cast.lead, cast.partner, cast.integration])
def test_nobody_but_an_admin_changes_the_list(who: Any) -> None:
    (item,) = _add("evil.example")
    actor: User = who()
    with pytest.raises(ForbiddenError):
        add_items(actor=actor, lines=[Line("b.example")], terms=TERMS)
    with pytest.raises(ForbiddenError):
        remove_item(actor=actor, item=item, reason="no")
    assert WatchItem.objects.filter(ended_at=None).count() == 1


def test_what_has_left_cannot_leave_again() -> None:
    (item,) = _add("evil.example")
    for reason in ("", " ", "x" * 501, "\0"):
        with pytest.raises(InvalidError):
            remove_item(actor=cast.admin(), item=item, reason=reason)
    remove_item(actor=cast.admin(), item=item, reason="stale")
    with pytest.raises(ConflictError):
        remove_item(actor=cast.admin(), item=item, reason="stale")
    assert AuditEntry.objects.filter(verb="watch.removed").count() == 1


@pytest.mark.parametrize(
    ("count", "terms", "field"),
    [
        (0, TERMS, "values"),
        (MAX_LINES + 1, TERMS, "values"),
        (1, Terms(""), "source"),
        (1, Terms(" cert"), "source"),
        (1, Terms("s" * 61), "source"),
        (1, Terms("cert", trust=float("nan")), "trust"),
        (1, Terms("cert", trust=-0.1), "trust"),
        (1, Terms("cert", days=29), "days"),
        (1, Terms("cert", note="\0"), "note"),
    ],
)
def test_terms_that_cannot_be_used_are_refused(count: int, terms: Terms, field: str) -> None:
    with pytest.raises(InvalidError) as refused:
        add_items(actor=cast.admin(), lines=[Line("a.example")] * count, terms=terms)
    assert refused.value.field == field
    assert not WatchItem.objects.exists()


def test_hostile_lines_are_refused_one_by_one() -> None:
    lines = ["\0", "a" * 5_000, "[" * 3_000, "\ud800", "good.example"]
    told = add_items(actor=cast.admin(), lines=[Line(one) for one in lines], terms=TERMS)
    assert [one.fate for one in told] == [Fate.REFUSED] * 4 + [Fate.ADDED]
    assert read(Line("a.example", "colour")) is None
    assert no_such(Line("red", "colour")).startswith("The type is one of account, app, domain")
    assert no_such(Line("red", "ip")) == "This is no ip."


def test_a_filter_finds_a_value_however_it_is_pasted() -> None:
    _add("evil.example", "https://evil.example/a", "@spam_er")
    rows = watch_items_for(cast.reviewer())

    def found(**words: str) -> list[str]:
        return [one.value for one in WatchFilter.read(words).of(rows)]

    assert found(value="hxxps://evil[.]example/a") == ["https://evil.example/a"]
    assert found(value="spam_er") == ["spam_er"]
    assert found(value="SPAM_er", type="handle") == ["spam_er"]
    assert found(type="domain") == ["evil.example"]
    assert found(source="nobody") == []
    assert found(state="ended") == []
    assert len(found(state="any")) == 3
    assert len(found(state="what", type="colour", value="\0")) == 3
    assert list(watch_items_for(cast.partner())) == []
