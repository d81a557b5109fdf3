"""Feeds: what other servers share is read, kept, held, accepted, taken back; trouble is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from abusedesk.core import clock, outbound, sealing
from abusedesk.core.errors import ForbiddenError, InvalidError
from abusedesk.core.models import Role
from abusedesk.core.outbound import OutboundError, Reply
from cases.choices import FeedMode, NoticeKind
from cases.models import Case, EntityAction, Feed, ImportedObject, ImportedValue, Notice
from cases.services import polling, taking
from cases.services.feed import PURPOSE, FeedText, accept_feed, resume_feed, save_feed, terms_of
from cases.services.partner import issue_partner_token
from cases.services.polling import poll_feed, wake_feeds
from cases.services.recall import recall_share
from cases.sharing import stix
from cases.sharing.tlp import MARKING
from cases.taking.kinds import Kind
from cases.taking.taxii import LAST
from detectors.choices import BatchState, Opinion, RowOutcome
from detectors.models import IndicatorBatch, IndicatorRow, WatchItem
from tests.cases import build
from tests.sharing import desk, objects

Pages = list[list[dict[str, Any]]]


def fed(**said: Any) -> Feed:
    """A feed that an admin saved."""
    admin = build.user(Role.ADMIN, f"admin-{Feed.objects.count()}")
    base: dict[str, Any] = {
        "title": "North",
        "url": "https://north.example/taxii2/ring/collections/1/",
        "secret": "s3cret",
        "mode": "opinion",
    }
    return save_feed(actor=admin, slug=said.pop("slug", "north"), said=FeedText(**base | said))


class Server:
    """What the other side answers; keeps what it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, pages: Pages | None = None) -> None:
        self.pages, self.asked, self.replies = pages or [], [], []
        monkeypatch.setattr(outbound, "fetch", self.fetch)

    asked: list[str]
    replies: list[Reply | Exception | Callable[[], Reply]]

    def fetch(self, url: str, **said: Any) -> Reply:
        self.asked.append(url)
        if self.replies:
            reply = self.replies.pop(0)
            if isinstance(reply, Exception):
                raise reply
            return reply() if callable(reply) else reply
        at = int(url.partition("next=p")[2].partition("&")[0] or 0)
        some = self.pages[at] if at < len(self.pages) else []
        more = at + 1 < len(self.pages)
        said = {"objects": some, "more": more, **({"next": f"p{at + 1}"} if more else {})}
        last = objects.moment(at).replace("Z", "000Z")
        return Reply(200, json.dumps(said).encode(), {LAST: last})

    def again(self, some: list[dict[str, Any]]) -> None:
        self.pages = [some]


def polled(feed: Feed) -> Feed:
    Feed.objects.filter(pk=feed.pk).update(due_at=clock.now())
    poll_feed(feed_id=feed.pk)
    feed.refresh_from_db()
    return feed


def standing() -> set[tuple[str, str]]:
    rows = WatchItem.objects.filter(ended_at=None)
    return {(one.value, one.opinion) for one in rows}


@pytest.mark.row(59)
def test_pages_are_read_to_the_end_and_values_stand_on_the_watch_list(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = [
        [objects.of_domain(1, "a.example"), objects.made("campaign", 1, name="Refunds")],
        [objects.of_domain(2, "b.example", labels=["investigation-seed"], confidence=20)],
        [objects.of_domain(3, "c.example", indicator_types=["benign"])],
    ]
    server = Server(monkeypatch, pages)
    feed = polled(fed())
    assert (feed.pages, feed.taken, feed.fault, feed.cursor) == (3, 4, "", "")
    assert standing() == {
        ("a.example", Opinion.POSITIVE),
        ("b.example", Opinion.SEED),
        ("c.example", Opinion.NEGATIVE),
    }
    campaign = ImportedObject.objects.get(type="campaign")
    assert (campaign.name, campaign.source, campaign.tlp) == ("Refunds", "north", "amber")
    assert polled(feed).taken == 4, "what is known is not taken twice"
    assert "added_after=" in server.asked[-1]
    assert Case.objects.count() == EntityAction.objects.count() == 0


def test_held_values_wait_until_an_admin_accepts_them_all(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The observable comes a page earlier than the indicator of the same value.
    seen = objects.domain_name("a.example")
    Server(monkeypatch, [[seen], [objects.of_domain(1, "a.example")]])
    feed = polled(fed(mode="hold"))
    assert standing() == set()
    assert set(IndicatorBatch.objects.values_list("state", flat=True)) == {BatchState.PREVIEW}
    for role in (Role.LEAD, Role.REVIEWER, Role.PARTNER):
        with pytest.raises(ForbiddenError):
            accept_feed(actor=build.user(role, f"p-{role}"), feed=feed)
    assert accept_feed(actor=feed.owner, feed=feed) == 2
    assert standing() == {("a.example", Opinion.POSITIVE)}, "more than a seed counts"
    assert accept_feed(actor=feed.owner, feed=feed) == 0


def test_a_source_of_seeds_only_says_where_to_look(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sure = objects.of_domain(1, "a.example", confidence=99)
    benign = objects.of_domain(2, "b.example", indicator_types=["benign"])
    Server(monkeypatch, [[sure, benign]])
    polled(fed(mode="seed"))
    (item,) = WatchItem.objects.all()
    assert (item.value, item.opinion, item.confidence) == ("a.example", Opinion.SEED, 29)


def test_what_a_source_takes_back_is_ended_within_one_poll_and_nothing_else(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = objects.of_domain(1, "a.example"), objects.of_domain(2, "b.example")
    twin = objects.of_domain(3, "b.example", confidence=70)
    server = Server(monkeypatch, [[one, two, twin]])
    other = polled(fed(slug="south", title="South"))
    feed = polled(fed())
    assert WatchItem.objects.filter(ended_at=None).count() == 4
    server.again([objects.revoked(one), objects.revoked(two)])
    polled(feed)
    left = set(WatchItem.objects.filter(ended_at=None).values_list("source", "value"))
    assert left == {("south", "a.example"), ("south", "b.example"), ("north", "b.example")}
    assert ImportedObject.objects.filter(source="north", revoked=True).count() == 2
    server.again([one])
    polled(feed)
    assert ("north", "a.example") not in set(
        WatchItem.objects.filter(ended_at=None).values_list("source", "value")
    ), "an older version does not bring it back"
    assert other.taken == 3


def test_an_observable_falls_with_the_last_object_around_it(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = objects.domain_name("a.example")
    group = objects.made("grouping", 1, context="suspicious-activity", object_refs=[seen["id"]])
    report = objects.made("report", 2, name="r", object_refs=[seen["id"]])
    server = Server(monkeypatch, [[seen, group, report]])
    feed = polled(fed())
    assert standing() == {("a.example", Opinion.SEED)}
    server.again([objects.revoked(group)])
    polled(feed)
    assert standing() == {("a.example", Opinion.SEED)}
    bare = {name: value for name, value in objects.revoked(report).items() if name != "object_refs"}
    server.again([bare])
    polled(feed)
    assert standing() == set()
    assert not ImportedObject.objects.filter(revoked=False).exists()


def test_what_waits_and_is_taken_back_cannot_be_accepted_any_more(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = objects.of_domain(1, "a.example")
    server = Server(monkeypatch, [[one]])
    feed = polled(fed(mode="hold"))
    server.again([objects.revoked(one)])
    polled(feed)
    accept_feed(actor=feed.owner, feed=feed)
    assert standing() == set()
    row = IndicatorRow.objects.get()
    assert (row.outcome, row.message) == (RowOutcome.NOTE, "Its source took it back.")


def test_a_new_version_takes_the_place_of_the_old_one(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = objects.of_domain(1, "a.example")
    server = Server(monkeypatch, [[one]])
    feed = polled(fed())
    first = WatchItem.objects.get()
    server.again([one | {"modified": objects.moment(5), "labels": ["new-label"]}])
    polled(feed)
    assert WatchItem.objects.get() == first, "it says the same of the value"
    server.again(
        [one | {"modified": objects.moment(9), "pattern": "[domain-name:value = 'z.example']"}]
    )
    polled(feed)
    assert standing() == {("z.example", Opinion.POSITIVE)}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"name": "other"}, taking.OTHER_BODY),
        ({"modified": objects.moment(9), "created_by_ref": objects.uid("identity", 7)},
         taking.OTHER_MAKER),
    ],
)  # fmt: skip
def test_what_only_pretends_to_be_a_version_is_refused(
    db: None, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], why: str
) -> None:
    one = objects.of_domain(1, "a.example")
    feed = fed()
    server = Server(monkeypatch, [[one]])
    polled(feed)
    origin = taking.Origin(terms_of(row=feed), FeedMode.OPINION, feed)
    done = taking.take_objects(actor=feed.owner, origin=origin, objects=[one | change])
    assert done.refused == {one["id"]: why}
    assert server.asked


def test_marks_decide_what_is_kept_and_how_narrow_it_is(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = MARKING
    licence = objects.made("marking-definition", 9, definition_type="statement")
    unknown = objects.uid("marking-definition", 8)
    some = [
        licence,
        objects.of_domain(1, "red.example", object_marking_refs=[marks["red"]]),
        objects.of_domain(2, "none.example", object_marking_refs=[]),
        objects.of_domain(3, "odd.example", object_marking_refs=[marks["clear"], unknown]),
        objects.of_domain(4, "clear.example", object_marking_refs=[marks["clear"], licence["id"]]),
    ]
    Server(monkeypatch, [some])
    polled(fed())
    told = dict(WatchItem.objects.values_list("value", "tlp"))
    assert told == {
        "none.example": "amber",
        "odd.example": "amber+strict",
        "clear.example": "clear",
    }
    assert not ImportedObject.objects.filter(name="indicator 1").exists()


def test_well_known_hosts_are_held_and_hard_ends_are_kept(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    tomorrow = clock.now() + timedelta(days=1)
    some = [
        objects.of_domain(1, "a.example", valid_until=stix.moment(tomorrow)),
        objects.of_domain(2, "over.example", valid_until=objects.moment(60)),
    ]
    Server(monkeypatch, [some])
    polled(fed())
    item = WatchItem.objects.get()
    assert item.value == "a.example"
    assert abs(item.expires_at - tomorrow) < timedelta(seconds=1)


def test_hashed_values_and_patterns_of_rules_do_not_get_on_the_list(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = "hmac:ring-1:" + "ab" * 32
    account = stix.observable("user-account", "amber", account_type="email", user_id=hidden)
    rule = objects.indicator(5, "title: x", pattern_type="sigma")
    odd = objects.indicator(6, "[domain-name:value LIKE 'a%']")
    Server(monkeypatch, [[account, rule, odd]])
    polled(fed())
    assert standing() == set()
    value = ImportedValue.objects.get()
    assert (value.type, value.key_id, value.mac) == ("email", "ring-1", "ab" * 32)
    assert ImportedObject.objects.count() == 3
    assert "Not matched here" in IndicatorRow.objects.get().message


def test_a_pattern_goes_to_who_receives_patterns(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[tuple[Any, list[dict[str, Any]]]] = []
    receivers = {
        **taking.RECEIVERS,
        Kind.PATTERN: lambda *, actor, partner, objects: got.append((actor, objects)),
    }
    monkeypatch.setattr(taking, "RECEIVERS", receivers)
    rule = objects.indicator(5, "title: x", pattern_type="sigma")
    Server(monkeypatch, [[rule, objects.of_domain(1, "a.example")]])
    feed = polled(fed())
    assert [(actor, [one["id"] for one in some]) for actor, some in got] == [
        (feed.owner, [rule["id"]])
    ]


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_on_a_page_loses_and_doubles_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pages = [[objects.of_domain(n, f"d{n}.example")] for n in range(1, 5)]
    server = Server(monkeypatch, pages)
    feed = fed()
    real, calls = taking.take_objects, 0

    def dies(**said: Any) -> Any:
        nonlocal calls
        calls += 1
        done = real(**said)
        if calls == 3:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(polling, "take_objects", dies)
    with pytest.raises(KeyboardInterrupt):
        polled(feed)
    feed.refresh_from_db()
    assert (feed.cursor, feed.pages, WatchItem.objects.count()) == ("p2", 2, 2)
    assert poll_feed(feed_id=feed.pk) == 0, "while the lease lasts nobody else reads it"
    polled(feed)
    assert (WatchItem.objects.count(), ImportedObject.objects.count()) == (4, 4)
    assert [url.partition("next=")[2][:2] for url in server.asked] == ["", "p1", "p2", "p2", "p3"]


def test_a_page_that_another_worker_committed_is_not_committed_again(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(monkeypatch, [[objects.of_domain(1, "a.example")], []])
    feed = fed()
    page = server.fetch("first")

    def faster() -> Reply:
        Feed.objects.filter(pk=feed.pk).update(cursor="p1")
        return page

    server.replies = [faster]
    polled(feed)
    assert (feed.cursor, feed.taken, WatchItem.objects.count()) == ("p1", 0, 0)


def test_a_cursor_that_the_server_forgot_is_not_asked_again(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(monkeypatch, [[objects.of_domain(1, "a.example")]])
    feed = fed()
    Feed.objects.filter(pk=feed.pk).update(cursor="gone", ran_to=objects.moment(3))
    server.replies = [Reply(404, b"{}")]
    polled(feed)
    assert "next=gone" in server.asked[0]
    assert "next=" not in server.asked[1]
    assert "added_after=2026-11-03T12%3A02%3A59.999999Z" in server.asked[1]
    assert feed.taken == 1


def test_patience_that_a_server_asks_for_is_given(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(monkeypatch)
    feed = fed()
    server.replies = [Reply(429, b"", {"retry-after": "600"})]
    polled(feed)
    wait = feed.due_at - clock.now()
    assert timedelta(seconds=590) < wait <= timedelta(seconds=600)
    assert (feed.failures, feed.paused) == (0, "")


def test_ten_failures_pause_a_feed_and_tell_the_admins(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(monkeypatch)
    feed = fed()
    waits = []
    for number in range(10):
        server.replies = [Reply(500, b"") if number % 2 else OutboundError("no answer")]
        polled(feed)
        waits.append(round((feed.due_at - clock.now()) / timedelta(minutes=1)))
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 360, 360], "later and later"
    assert feed.failures == 10
    assert feed.paused == "The server answered 500."
    notice = Notice.objects.get(user=feed.owner)
    assert (notice.kind, notice.about) == (NoticeKind.FEED, "north")
    asked = len(server.asked)
    polled(feed)
    assert len(server.asked) == asked, "a paused feed is not read"
    server.again([objects.of_domain(1, "a.example")])
    resume_feed(actor=feed.owner, feed=feed)
    polled(feed)
    assert (feed.paused, feed.failures, feed.taken) == ("", 0, 1)


def test_a_server_that_leads_in_a_circle_is_paused_at_once(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(monkeypatch)
    feed = fed()
    said = json.dumps({"objects": [], "more": True, "next": "p0"}).encode()
    server.replies = [Reply(200, said) for _ in range(9)]
    polled(feed)
    assert len(server.asked) == 3
    assert "nothing new" in feed.paused


@pytest.mark.django_db(transaction=True)
def test_addresses_inside_are_not_asked_and_secrets_are_not_readable(
    settings: Any,
) -> None:
    feed = fed(url="http://localhost:1/taxii2/x/")
    polled(feed)
    assert "is not a public address" in feed.fault
    with pytest.raises(InvalidError) as wrong:
        fed(slug="inside", url="http://10.0.0.7/taxii2/")
    assert wrong.value.field == "url"
    assert "s3cret" not in str(Feed.objects.values())
    assert sealing.unseal(feed.secret, purpose=PURPOSE) == "s3cret"
    settings.SECRET_KEY = "another" * 9
    polled(feed)
    assert "Enter it again" in feed.paused


def test_only_what_is_due_is_woken(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = fed()
    woken: list[int] = []
    monkeypatch.setattr(polling, "wake", lambda _, pk: woken.append(pk))
    wake_feeds()
    Feed.objects.filter(pk=feed.pk).update(due_at=clock.now() + timedelta(minutes=1))
    wake_feeds()
    Feed.objects.filter(pk=feed.pk).update(due_at=clock.now(), paused="because")
    wake_feeds()
    assert woken == [feed.pk]


@pytest.mark.row(59)
@pytest.mark.django_db(transaction=True)
def test_a_desk_reads_what_a_desk_shares_and_forgets_what_it_recalls(
    live_server: LiveServer, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    on = desk.desk()
    share = desk.shared(on)
    _, plain = issue_partner_token(actor=on.admin, partner=on.partners[0], name="T", days=9)
    url = f"{live_server.url}/taxii2/ring/collections/{on.circle.collection}/"
    feed = polled(fed(url=url, secret=plain))
    assert feed.fault == ""
    sent = json.loads(share.renditions.get().bundle)["objects"]
    assert {one.stix_id for one in ImportedObject.objects.all()} == {one["id"] for one in sent}
    assert ("refund-desk.example", Opinion.POSITIVE) in standing()
    recall_share(actor=on.lead, share=share, reason="one is a victim")
    polled(feed)
    assert standing() == set()
    frame = ("identity", "marking-definition", "extension-definition")
    left = ImportedObject.objects.filter(revoked=False).exclude(type__in=frame)
    assert [one.stix_id for one in left] == []
