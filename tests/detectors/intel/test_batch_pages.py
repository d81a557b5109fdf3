"""Pages and REST of imports: paging, steps, roles, fields of what is refused, sources."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from abusedesk.core.models import Scope, User
from detectors.choices import BatchState, RowOutcome
from detectors.intel.terms import BatchTerms
from detectors.models import IndicatorBatch, WatchItem
from detectors.selectors.indicator_batch import (
    indicator_batches_for,
    indicator_rows_of,
    twins_of,
)
from detectors.selectors.indicator_source import indicator_sources_for
from detectors.services.indicator_batch import accept_batch, read_batch, undo_batch
from tests import cast, make

URL = "/api/v1/indicator-imports/"
PAGE = "/settings/imports/"
HOST = b"evil[.]example\n"


def _read(raw: bytes = HOST, source: str = "cert", **terms: Any) -> IndicatorBatch:
    return read_batch(actor=cast.admin(), raw=raw, terms=BatchTerms(source, **terms))


def _take(raw: bytes = HOST, source: str = "cert", **terms: Any) -> IndicatorBatch:
    return accept_batch(actor=cast.admin(), batch=_read(raw, source, **terms))


def _standing() -> set[tuple[str, str]]:
    rows = WatchItem.objects.filter(ended_at=None)
    return set(rows.values_list("source", "value"))


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
