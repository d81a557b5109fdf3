"""Imports of indicators: order, undo, withdrawal, two at once, refusals, paging and pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from time_machine import travel

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry, Scope, User
from detectors.choices import BatchState, Opinion, RowOutcome, Tlp
from detectors.intel.decay import LIFETIMES_D, matching_d
from detectors.intel.terms import BatchTerms
from detectors.models import IndicatorBatch, IndicatorRow, WatchItem
from detectors.selectors.indicator_batch import (
    indicator_batches_for,
    indicator_rows_of,
    twins_of,
)
from detectors.selectors.indicator_source import indicator_sources_for
from detectors.services import indicator_batch
from detectors.services.assertion import put_assertions, withdraw_assertions
from detectors.services.indicator_batch import accept_batch, drop_batch, read_batch, undo_batch
from detectors.services.watch import add_items
from detectors.services.watch_change import FADED, expire_items
from detectors.watching.lines import Line, Terms
from tests import cast, make

URL = "/api/v1/indicator-imports/"
PAGE = "/settings/imports/"
HOST = b"evil[.]example\n"


def _read(raw: bytes = HOST, source: str = "cert", **terms: Any) -> IndicatorBatch:
    return read_batch(actor=cast.admin(), raw=raw, terms=BatchTerms(source, **terms))


def _take(raw: bytes = HOST, source: str = "cert", **terms: Any) -> IndicatorBatch:
    return accept_batch(actor=cast.admin(), batch=_read(raw, source, **terms))


def _event(value: str = "evil.example", **more: Any) -> bytes:
    one = {"type": "domain", "value": value, "to_ids": True, **more}
    return json.dumps({"Event": {"info": "x", "Attribute": [one]}}).encode()


def _standing() -> set[tuple[str, str]]:
    rows = WatchItem.objects.filter(ended_at=None)
    return set(rows.values_list("source", "value"))


@pytest.mark.django_db
def test_what_one_import_says_twice_in_different_sources_is_two_assertions() -> None:
    _take(source="a")
    second = _read(source="b")
    assert second.items.get().things[0]["others"] == 1
    accept_batch(actor=cast.admin(), batch=second)
    assert _standing() == {("a", "evil.example"), ("b", "evil.example")}


@pytest.mark.django_db
def test_undo_brings_nothing_back_that_the_import_withdrew() -> None:
    _take(_event())
    gone = _take(_event(deleted=True))
    assert (gone.withdrawn, _standing()) == (1, set())
    undo_batch(actor=cast.admin(), batch=gone, reason="a mistake")
    assert _standing() == set()
    assert WatchItem.objects.get().end_reason == "Its source took it back."
    assert _take(_event()).added == 1


@pytest.mark.django_db
def test_a_second_import_of_a_value_survives_the_undo_of_the_first_only_if_it_added_it() -> None:
    first, second = _take(), _take()
    assert (first.added, second.added) == (1, 0)
    undo_batch(actor=cast.admin(), batch=second, reason="twice")
    assert _standing() == {("cert", "evil.example")}
    undo_batch(actor=cast.admin(), batch=first, reason="wrong")
    assert _standing() == set()


@pytest.mark.django_db
def test_undo_leaves_what_was_removed_by_hand_with_its_own_reason() -> None:
    batch = _take(b"a[.]example\nb[.]example\n")
    item = WatchItem.objects.get(value="a.example")
    WatchItem.objects.filter(pk=item.pk).update(ended_at=clock.now(), end_reason="sold")
    undo_batch(actor=cast.admin(), batch=batch, reason="wrong file")
    reasons = dict(WatchItem.objects.values_list("value", "end_reason"))
    assert reasons == {"a.example": "sold", "b.example": "wrong file"}
    assert AuditEntry.objects.get(verb="indicators.undone").data["count"] == 1


@pytest.mark.django_db
@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\0b"])
def test_an_undo_without_a_usable_reason_changes_nothing(reason: str) -> None:
    batch = _take()
    with pytest.raises(InvalidError) as error:
        undo_batch(actor=cast.admin(), batch=batch, reason=reason)
    batch.refresh_from_db()
    assert (error.value.field, batch.state) == ("reason", BatchState.ACCEPTED)
    assert len(_standing()) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("ticked", [{0}, {2}, {1, 99}, {-1}])
def test_a_tick_on_a_row_that_cannot_be_taken_takes_nothing(ticked: set[int]) -> None:
    batch = _read(b"Registered with names[.]example\nevil[.]example\n")
    assert batch.outcomes == {"candidate": 1, "new": 1}
    wrong = min(ticked - {1})
    with pytest.raises(InvalidError, match=f"Row {wrong} does not need a look") as error:
        accept_batch(actor=cast.admin(), batch=batch, ticked=ticked)
    assert error.value.field == "ticked"
    assert (_standing(), batch.items.filter(outcome="candidate").count()) == (set(), 1)


@pytest.mark.django_db
def test_a_row_of_another_import_cannot_be_ticked() -> None:
    _read(b"Registered with names[.]example\n")
    with pytest.raises(InvalidError, match="Row 1"):
        accept_batch(actor=cast.admin(), batch=_read(), ticked={1})


@pytest.mark.django_db
@pytest.mark.parametrize("who", [cast.reviewer, cast.lead, cast.partner, cast.integration])
def test_nobody_but_an_admin_takes_a_step(who: Callable[[], User]) -> None:
    preview, accepted = _read(b"a[.]example\n"), _take(b"b[.]example\n")
    rows = IndicatorRow.objects.filter(batch=preview)
    actor = who()
    before = AuditEntry.objects.count()
    steps: list[Callable[[], object]] = [
        lambda: accept_batch(actor=actor, batch=preview),
        lambda: drop_batch(actor=actor, batch=preview),
        lambda: undo_batch(actor=actor, batch=accepted, reason="no"),
        lambda: put_assertions(actor=actor, batch=preview, rows=rows),
        lambda: withdraw_assertions(actor=actor, batch=preview, rows=list(rows)),
    ]
    for step in steps:
        with pytest.raises(ForbiddenError):
            step()
    assert (_standing(), AuditEntry.objects.count()) == ({("cert", "b.example")}, before)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("raw", "message"),
    [(b"", "There is no row in it."), (b" \n\t\n", "There is no row in it.")],
)
def test_a_report_without_a_row_is_refused_at_its_field(raw: bytes, message: str) -> None:
    with pytest.raises(InvalidError, match=message) as error:
        _read(raw)
    assert error.value.field == "file"
    assert not IndicatorBatch.objects.exists()


@pytest.mark.django_db
def test_a_report_of_too_many_bytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indicator_batch, "MAX_BYTES", 2 * 1024 * 1024)
    _read(b"a.example" + b" " * (2 * 1024 * 1024 - 9))
    with pytest.raises(InvalidError, match="at most 2 MiB"):
        _read(b"a.example" + b" " * (2 * 1024 * 1024 - 8))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "raw",
    [
        b"indicator,confidence\nevil.example,0050000\n",
        b"indicator,first seen\nevil.example,9999-12-31T23:59:59-14:00\n",
        b"indicator,last seen\nevil.example,0001-01-01T00:00:00+14:00\n",
        b"indicator,first seen\nevil.example,0001-01-01\n",
        b"indicator,note\nevil.example,a\0b\n",
        _event(comment="\ud800x"),
        _event(Tag=[{"name": 'abusedesk:confidence="0050000"'}]),
        _event(value="evil.example", uuid="u" * 500, comment="c" * 9_000),
    ],
    ids=["confidence", "year 10000", "year 0", "year 1", "nul", "surrogate", "tag", "long"],
)
def test_odd_values_of_columns_are_stored_and_shown(raw: bytes, client: Client) -> None:
    batch = _take(raw)
    assert IndicatorRow.objects.filter(batch=batch).count() == batch.rows
    client.force_login(cast.admin())
    assert client.get(f"{PAGE}{batch.pk}/").status_code == 200
    door = make.bearer(Scope.READ, user=cast.reviewer())
    assert client.get(f"{URL}{batch.pk}/rows/", headers=door).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("raw", "terms", "opinion", "confidence"),
    [
        (b"indicator,confidence\nevil.example,35\n", {}, Opinion.SEED, 29),
        (b"indicator,confidence\nevil.example,36\n", {}, Opinion.POSITIVE, 36),
        (b"indicator,confidence\nevil.example,90\n", {"opinion": "seed", "confidence": 10},
         Opinion.SEED, 29),
        (b"indicator,confidence\nevil.example,5\n", {"opinion": "negative"}, Opinion.NEGATIVE, 5),
        (_event(to_ids=False), {}, Opinion.SEED, 29),
        (_event(Sighting=[{"type": "1"}]), {}, Opinion.NEGATIVE, 80),
    ],
)  # fmt: skip
def test_a_row_speaks_before_its_import_and_what_matches_nothing_never_fades(
    raw: bytes, terms: dict[str, Any], opinion: str, confidence: int
) -> None:
    _take(raw, **terms)
    item = WatchItem.objects.get()
    assert (item.opinion, item.confidence) == (opinion, confidence)
    fades = opinion == Opinion.POSITIVE
    assert (item.fades_at is not None, item.lifetime_d is not None) == (fades, fades)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("198.51.100.7", "ip"),
        ("https://evil.example/a", "url"),
        ("evil.example", "domain"),
        ("d41d8cd98f00b204e9800998ecf8427f", "hash"),
    ],
)
def test_each_type_fades_after_its_own_time(value: str, kind: str) -> None:
    with travel(clock.now(), tick=False):
        _take(value.encode(), trust=1.0, confidence=100)
        item = WatchItem.objects.get()
        life = LIFETIMES_D[kind]
        assert (item.lifetime_d, item.reach) == (life, timedelta(days=matching_d(100, life)))
        assert item.fades_at == clock.now() + timedelta(days=life * 0.75**2)
    end = item.fades_at
    with travel(end - timedelta(minutes=1), tick=False):
        expire_items()
        assert WatchItem.objects.get().is_in_force(clock.now())
        assert item.score >= 25
    with travel(end, tick=False):
        expire_items()
        item.refresh_from_db()
        assert (item.end_reason, item.score, item.pending) == (FADED, 0.0, True)


@pytest.mark.django_db
def test_putting_a_fading_value_on_the_list_by_hand_keeps_it_until_the_day_that_was_chosen() -> (
    None
):
    _take(b"198.51.100.7\n", tlp=Tlp.AMBER_STRICT)
    with travel(clock.now() + timedelta(days=3), tick=False):
        (told,) = add_items(
            actor=cast.admin(), lines=[Line("198.51.100.7")], terms=Terms("cert", 0.9, 30)
        )
        assert told.fate == "renewed"
    with travel(clock.now() + timedelta(days=32), tick=False):
        expire_items()
        item = WatchItem.objects.get()
        assert (item.is_in_force(clock.now()), item.score) == (True, 90.0)
        assert item.tlp == Tlp.AMBER_STRICT


@pytest.mark.django_db
@pytest.mark.parametrize("terms", [{"opinion": "negative"}, {"opinion": "seed", "confidence": 20}])
def test_a_source_that_warns_by_hand_no_longer_objects(terms: dict[str, Any]) -> None:
    _take(**terms)
    add_items(actor=cast.admin(), lines=[Line("evil.example")], terms=Terms("cert", 0.9))
    item = WatchItem.objects.get()
    assert (item.opinion, item.confidence, item.pending) == (Opinion.POSITIVE, 100, True)


@pytest.mark.django_db
def test_what_faded_since_the_preview_is_new_again_when_it_is_accepted() -> None:
    _take(b"198.51.100.7\n", days=5)
    batch = _read(b"198.51.100.7\n", "other")
    with travel(clock.now() + timedelta(days=6), tick=False):
        assert _read(b"198.51.100.7\n").outcomes == {"new": 1}
        accept_batch(actor=cast.admin(), batch=batch)
        assert _standing() == {("other", "198.51.100.7")}
        assert _take(b"198.51.100.7\n").added == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_accept_one_preview_at_once_accept_it_once() -> None:
    batch, admin = _read(b"a[.]example\nb[.]example\n"), cast.admin()

    def accept(_: int) -> str:
        try:
            return f"{accept_batch(actor=admin, batch=batch).added}"
        except ConflictError as error:
            return error.message
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as both:
        said = sorted(both.map(accept, range(2)))
    assert said == ["2", "It was accepted or dropped already."]
    assert AuditEntry.objects.filter(verb="indicators.accepted").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_previews_that_are_accepted_at_once_put_a_value_there_once() -> None:
    batches, admin = [_read(), _read(HOST + b"b[.]example\n")], cast.admin()

    def accept(batch: IndicatorBatch) -> int:
        try:
            return accept_batch(actor=admin, batch=batch).added
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as both:
        added = list(both.map(accept, batches))
    assert sum(added) == WatchItem.objects.count() == 2


class TestAnySequence(TestCase):
    """Whatever is read, accepted, dropped and undone, the list holds what it should."""

    @settings(max_examples=15)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from("ab"),
                st.sets(st.sampled_from(["one", "two", "three"]), min_size=1),
                st.sampled_from(["accept", "drop", "undo"]),
            ),
            max_size=5,
        )
    )
    def test_the_list_is_what_stands_of_all_that_was_accepted(
        self, steps: list[tuple[str, set[str], str]]
    ) -> None:
        expected: set[tuple[str, str]] = set()
        for source, names, step in steps:
            values = {f"{name}.example" for name in names}
            batch = _read("\n".join(sorted(values)).encode(), source)
            new = {(source, value) for value in values} - expected
            assert batch.outcomes.get("new", 0) == len(new)
            if step == "drop":
                drop_batch(actor=cast.admin(), batch=batch)
                continue
            batch = accept_batch(actor=cast.admin(), batch=batch)
            assert batch.added == len(new)
            if step == "undo":
                undo_batch(actor=cast.admin(), batch=batch, reason="no")
            else:
                expected |= new
        assert _standing() == expected


@pytest.mark.django_db
def test_rows_are_paged_in_the_order_of_the_report(client: Client) -> None:
    batch = _read(b"".join(b"h%d[.]example\n14 accounts\n" % n for n in range(4)))
    door = make.bearer(Scope.READ, user=cast.reviewer())
    where, numbers, pages = f"{URL}{batch.pk}/rows/?page_size=3", list[int](), 0
    while where:
        answer = client.get(where, headers=door).json()
        numbers += [row["number"] for row in answer["results"]]
        where, pages = answer["next"], pages + 1
    assert (numbers, pages) == (list(range(1, 9)), 3)
    counts = client.get(f"{URL}{batch.pk}/rows/?outcome=count", headers=door).json()["results"]
    assert [row["number"] for row in counts] == [2, 4, 6, 8]


@pytest.mark.django_db
def test_the_page_shows_a_hundred_rows_and_leads_to_the_rest(client: Client) -> None:
    batch = _read(b"".join(b"h%d[.]example\n" % n for n in range(101)))
    client.force_login(cast.reviewer())
    page = client.get(f"{PAGE}{batch.pk}/?outcome=new")
    assert [row.number for row in page.context["rows"]] == list(range(1, 101))
    assert page.context["more"] == "?outcome=new&after=100"
    page = client.get(f"{PAGE}{batch.pk}/{page.context['more']}")
    assert [row.number for row in page.context["rows"]] == [101]
    assert (page.context["more"], page.context["first"]) == ("", "?outcome=new")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    ["outcome=%00", "outcome=odd", "after=-1", "after=\u0661", "after=" + "9" * 30, "after=x'"],
)
def test_an_address_that_was_tampered_with_shows_everything(client: Client, query: str) -> None:
    batch = _read(b"a[.]example\nb[.]example\n")
    client.force_login(cast.reviewer())
    page = client.get(f"{PAGE}{batch.pk}/?{query}")
    assert (page.status_code, len(page.context["rows"])) == (200, 2)


@pytest.mark.django_db
def test_steps_on_the_page_say_what_went_wrong_and_do_no_harm(client: Client) -> None:
    client.force_login(cast.admin())
    batch = _read(b"Registered with names[.]example\nevil[.]example\n")
    where = f"{PAGE}{batch.pk}/"
    answer = client.post(f"{where}accept/", {"row": ["2", "<b>"]}, follow=True)
    assert "Row 0 does not need a look" in answer.content.decode()
    answer = client.post(f"{where}accept/", {"row": ["1"]}, follow=True)
    assert "2 values are on the watch list." in answer.content.decode()
    answer = client.post(f"{where}drop/", follow=True)
    assert "accepted or dropped already" in answer.content.decode()
    answer = client.post(f"{where}undo/", {"reason": " "}, follow=True)
    assert "Say why" in answer.content.decode()
    assert len(_standing()) == 2
    answer = client.post(f"{where}undo/", {"reason": "<b>wrong</b>"}, follow=True)
    page = answer.content.decode()
    assert "Undone; what other sources say of the values stays." in page
    assert "<b>wrong" not in page
    assert _standing() == set()


@pytest.mark.django_db
@pytest.mark.parametrize("who", [cast.reviewer, cast.lead])
def test_readers_look_and_find_no_step(client: Client, who: Callable[[], User]) -> None:
    batch = _read()
    client.force_login(who())
    page = client.get(f"{PAGE}{batch.pk}/").content.decode()
    assert f"{batch.pk}/accept/" not in page
    for step in ("accept", "drop", "undo"):
        assert client.post(f"{PAGE}{batch.pk}/{step}/", {"reason": "x"}).status_code == 404
        assert client.get(f"{PAGE}{batch.pk}/{step}/").status_code == 405
    assert client.post(PAGE, {"text": "a.example", "source": "x"}).status_code == 404
    batch.refresh_from_db()
    assert (batch.state, IndicatorBatch.objects.count()) == (BatchState.PREVIEW, 1)


@pytest.mark.django_db
def test_what_a_viewer_may_not_see_is_not_there_over_rest_either(client: Client) -> None:
    batch = _take()
    door = make.bearer(*Scope, user=cast.partner())
    for where in (f"{URL}{batch.pk}/", f"{URL}{batch.pk}/rows/"):
        assert client.get(where, headers=door).status_code in {403, 404}
    assert not indicator_batches_for(cast.partner()).exists()
    assert (twins_of(batch, cast.partner()), indicator_sources_for(cast.partner())) == ([], [])
    read_only = make.bearer(Scope.READ, user=cast.admin(), name="read")
    for method, where in (("post", URL), ("post", f"{URL}{batch.pk}/undo/"),
                          ("delete", f"{URL}{batch.pk}/")):  # fmt: skip
        answer = getattr(client, method)(
            where, {"reason": "x"}, content_type="application/json", headers=read_only
        )
        assert answer.status_code == 403
    assert len(_standing()) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"source": ""}, "source"),
        ({"source": None}, "source"),
        ({"trust": 2}, "trust"),
        ({"confidence": 1.5}, "confidence"),
        ({"opinion": "odd"}, "opinion"),
        ({"tlp": "red"}, "tlp"),
        ({"days": 401}, "days"),
        ({"text": ""}, "text"),
        ({"text": "\n"}, "file"),
        ({"note": "x" * 301}, "note"),
        ({"trust": 0.1}, "confidence"),
    ],
)
def test_rest_names_the_field_of_what_it_refuses(
    client: Client, body: dict[str, Any], field: str
) -> None:
    door = make.bearer(Scope.ADMIN, user=cast.admin())
    sent = {"source": "cert", "text": "a.example", **body}
    answer = client.post(URL, sent, content_type="application/json", headers=door)
    assert answer.status_code in {400, 422}, answer.content
    assert [error["attr"] for error in answer.json()["errors"]] == [field]
    assert not IndicatorBatch.objects.exists()


@pytest.mark.django_db
def test_the_same_bytes_are_told_whoever_sent_them_before(client: Client) -> None:
    batches = [_read(source=f"s{number}") for number in range(5)]
    other = _read(b"b[.]example\n")
    found = twins_of(batches[0], cast.reviewer())
    assert [one.pk for one in found] == [one.pk for one in reversed(batches[2:])]
    assert twins_of(other, cast.reviewer()) == []
    assert list(indicator_rows_of(other, "odd")) == list(indicator_rows_of(other))
    assert list(indicator_rows_of(other, RowOutcome.NOTE)) == []


@pytest.mark.django_db
def test_sources_are_counted_with_what_stands_and_what_ended() -> None:
    first = _take(b"a[.]example\nb[.]example\nc[.]example\n", "big")
    _take(b"a[.]example\n", "small")
    fares = [(one.source, one.standing, one.ended) for one in indicator_sources_for(cast.lead())]
    assert fares == [("big", 3, 0), ("small", 1, 0)]
    undo_batch(actor=cast.admin(), batch=first, reason="wrong")
    fares = [(one.source, one.standing, one.ended) for one in indicator_sources_for(cast.lead())]
    assert fares == [("small", 1, 0), ("big", 0, 3)]
