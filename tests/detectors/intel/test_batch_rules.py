"""Imports of indicators: order, undo, withdrawal, two at once, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry, Scope, User
from detectors.choices import BatchState
from detectors.intel.terms import BatchTerms
from detectors.models import IndicatorBatch, IndicatorRow, WatchItem
from detectors.services import indicator_batch
from detectors.services.assertion import put_assertions, withdraw_assertions
from detectors.services.indicator_batch import accept_batch, drop_batch, read_batch, undo_batch
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
