"""A report from the clipboard to the watch list, and back."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry, Scope
from detectors.choices import (
    BatchState,
    Opinion,
    ReferenceCategory,
    ReferenceKind,
    RowOutcome,
    Tlp,
)
from detectors.intel.terms import BatchTerms
from detectors.models import IndicatorBatch, IndicatorRow, ReferenceEntry, ReferenceList, WatchItem
from detectors.services.indicator_batch import (
    accept_batch,
    drop_batch,
    read_batch,
    undo_batch,
)
from detectors.services.watch import add_items
from detectors.watching.lines import Line, Terms
from tests import cast, make

pytestmark = pytest.mark.django_db
URL = "/api/v1/indicator-imports/"
TERMS = BatchTerms("cert")
REPORT = (
    b"Indicator,Tactic,Comments\n"
    b"evil[.]example,0. Acquiring assets,first\n"
    b"hxxps://evil[.]example/login,9. Enabling longevity,\n"
    b"14 accounts,,\n"
    b"Registered with names[.]example,,\n"
    b"They wrote about elections,,\n"
    b",,nothing\n"
    b"EVIL.example,,again\n"
)


def _read(raw: bytes = REPORT, terms: BatchTerms = TERMS) -> IndicatorBatch:
    return read_batch(actor=cast.admin(), raw=raw, terms=terms)


def _outcomes(batch: IndicatorBatch) -> list[str]:
    return list(IndicatorRow.objects.filter(batch=batch).values_list("outcome", flat=True))


def _list(slug: str, category: ReferenceCategory, *hosts: str) -> None:
    one = ReferenceList.objects.create(
        slug=slug,
        name=slug.title(),
        category=category,
        kind=ReferenceKind.HOSTNAME,
        version=1,
        count=len(hosts),
        source="tests",
    )
    ReferenceEntry.objects.bulk_create([ReferenceEntry(list=one, value=host) for host in hosts])


def test_every_row_is_told_and_nothing_counts_before_it_is_accepted() -> None:
    batch = _read()
    assert _outcomes(batch) == ["new", "new", "count", "candidate", "note", "empty", "repeated"]
    assert (batch.rows, sum(batch.outcomes.values()), sum(batch.forms.values())) == (7, 7, 7)
    assert not WatchItem.objects.exists()
    accept_batch(actor=cast.admin(), batch=batch)
    items = {(one.type, one.value): one for one in WatchItem.objects.all()}
    assert set(items) == {("domain", "evil.example"), ("url", "https://evil.example/login")}
    domain = items["domain", "evil.example"]
    assert (domain.source, domain.note, domain.phase) == ("cert", "first", "acquiring assets")
    assert (domain.trust, domain.confidence, domain.tlp) == (0.7, 80, Tlp.AMBER)
    verbs = AuditEntry.objects.values_list("verb", flat=True)
    assert list(verbs.order_by("id"))[-2:] == ["indicators.read", "indicators.accepted"]


def test_the_same_file_again_adds_nothing() -> None:
    first = accept_batch(actor=cast.admin(), batch=_read())
    assert first.added == 2
    again = _read()
    assert RowOutcome.NEW not in again.outcomes
    assert again.outcomes["known"] == 3
    again = accept_batch(actor=cast.admin(), batch=again)
    assert (again.added, WatchItem.objects.count()) == (0, 2)


def test_two_previews_of_one_file_add_it_once() -> None:
    one, two = _read(), _read()
    accept_batch(actor=cast.admin(), batch=one)
    assert accept_batch(actor=cast.admin(), batch=two).added == 0
    assert WatchItem.objects.count() == 2


def test_a_value_inside_a_sentence_counts_only_when_it_is_ticked() -> None:
    batch = accept_batch(actor=cast.admin(), batch=_read(), ticked={4})
    assert batch.added == 3
    assert batch.outcomes["new"] == 3
    assert WatchItem.objects.filter(value="names.example").exists()


def test_only_what_needs_a_look_can_be_ticked() -> None:
    batch = _read()
    with pytest.raises(InvalidError, match="Row 3 does not need a look"):
        accept_batch(actor=cast.admin(), batch=batch, ticked={3, 4})
    assert not WatchItem.objects.exists()


def test_undo_takes_away_what_it_added_and_nothing_else() -> None:
    add_items(actor=cast.admin(), lines=[Line("evil.example")], terms=Terms("forum"))
    batch = accept_batch(actor=cast.admin(), batch=_read())
    undo_batch(actor=cast.admin(), batch=batch, reason="wrong file")
    standing = WatchItem.objects.filter(ended_at=None)
    assert [one.source for one in standing] == ["forum"]
    assert set(WatchItem.objects.exclude(ended_at=None).values_list("end_reason", flat=True)) == {
        "wrong file"
    }
    assert accept_batch(actor=cast.admin(), batch=_read()).added == 2


def test_each_step_is_taken_once() -> None:
    batch = accept_batch(actor=cast.admin(), batch=_read())
    with pytest.raises(ConflictError):
        accept_batch(actor=cast.admin(), batch=batch)
    with pytest.raises(ConflictError):
        drop_batch(actor=cast.admin(), batch=batch)
    with pytest.raises(InvalidError, match="Say why"):
        undo_batch(actor=cast.admin(), batch=batch, reason=" ")
    undo_batch(actor=cast.admin(), batch=batch, reason="no")
    with pytest.raises(ConflictError):
        undo_batch(actor=cast.admin(), batch=batch, reason="no")
    dropped = drop_batch(actor=cast.admin(), batch=_read())
    assert dropped.state == BatchState.DROPPED


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"source": ""}, "source"),
        ({"source": " cert"}, "source"),
        ({"trust": 1.5}, "trust"),
        ({"confidence": 101}, "confidence"),
        ({"tlp": "red"}, "tlp"),
        ({"tlp": "purple"}, "tlp"),
        ({"opinion": "maybe"}, "opinion"),
        ({"opinion": "seed"}, "confidence"),
        ({"trust": 0.3, "confidence": 50}, "confidence"),
        ({"days": 0}, "days"),
        ({"licence": "x" * 61}, "licence"),
        ({"note": "a\0"}, "note"),
    ],
)
def test_terms_that_cannot_be_used_name_their_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidError) as error:
        _read(terms=BatchTerms(**{"source": "cert", **change}))
    assert error.value.field == field


def test_only_admins_import() -> None:
    for who in (cast.reviewer(), cast.lead(), cast.partner()):
        with pytest.raises(ForbiddenError):
            read_batch(actor=who, raw=REPORT, terms=TERMS)


def test_a_report_without_rows_or_with_too_many_is_refused() -> None:
    with pytest.raises(InvalidError, match="There is no row"):
        _read(b"\n\n")
    with pytest.raises(InvalidError, match="at most 20,000 rows"):
        _read(b"indicator,note\n" + b"a.example,x\n" * 20_001)


def test_popular_hosts_are_held_and_pages_on_them_pass() -> None:
    _list("tranco10k", ReferenceCategory.KNOWN, "change.org", "google.com", "blogspot.com")
    _list("url-shortener", ReferenceCategory.SHORTENER, "bit.ly")
    _list("dynamic-dns", ReferenceCategory.HOSTING, "dyn.example")
    batch = _read(
        b"indicator\nchange.org\nwww.change.org\nhttps://change.org/\nhttps://change.org/p/12\n"
        b"sites.google.com\ncrew.change.org\ncrew.blogspot.com\nbit.ly\nhttps://bit.ly/abc\n"
        b"box.dyn.example\n"
        b"notchange.org\nchange.org.example\n"
    )
    outcomes = dict(batch.items.values_list("raw", "outcome"))
    held = {raw for raw, outcome in outcomes.items() if outcome == RowOutcome.HELD}
    assert held == {"change.org", "www.change.org", "https://change.org/", "bit.ly"}
    below = {raw for raw, outcome in outcomes.items() if outcome == RowOutcome.CANDIDATE}
    assert below == {"sites.google.com", "crew.change.org"}
    informed = batch.items.get(raw="box.dyn.example").things[0]
    assert (informed["outcome"], informed["lists"]) == ("new", ["Dynamic-Dns"])
    accept_batch(actor=cast.admin(), batch=batch)
    assert not WatchItem.objects.filter(value__in=["change.org", "bit.ly"]).exists()
    assert WatchItem.objects.filter(value="https://change.org/p/12").exists()


def test_a_row_that_is_too_unsure_becomes_a_seed() -> None:
    batch = _read(b"indicator,confidence\nevil.example,low\nworse.example,90\n")
    accept_batch(actor=cast.admin(), batch=batch)
    said = {one.value: (one.opinion, one.confidence) for one in WatchItem.objects.all()}
    assert said == {"evil.example": (Opinion.SEED, 15), "worse.example": (Opinion.POSITIVE, 90)}


def test_ten_thousand_rows_are_read_and_accepted_in_five_seconds() -> None:
    lines = [f"site-{n}[.]example,0. Acquiring assets,note {n}" for n in range(10_000)]
    began = time.process_time()  # of this process: others may keep the machine busy
    batch = _read("\n".join(["Indicator,Tactic,Note", *lines]).encode())
    accept_batch(actor=cast.admin(), batch=batch)
    took = time.process_time() - began
    assert (batch.rows, WatchItem.objects.count()) == (10_000, 10_000)
    assert took <= 5, f"{took:.1f} s"


def test_an_import_goes_its_way_over_rest() -> None:
    door = make.bearer(Scope.READ, Scope.ADMIN, user=cast.admin())
    client = Client(headers=door)
    body = {"source": "cert", "text": REPORT.decode(), "licence": "CC0-1.0"}
    answer = client.post(URL, body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    batch = answer.json()
    assert (batch["rows"], batch["state"], batch["source"]) == (7, "preview", "cert")
    rows = client.get(f"{URL}{batch['id']}/rows/?outcome=candidate").json()["results"]
    assert [(row["number"], row["things"][0]["value"]) for row in rows] == [(4, "names.example")]
    assert client.get(f"{URL}{batch['id']}/rows/?outcome=odd").status_code == 400
    answer = client.post(
        f"{URL}{batch['id']}/accept/", {"ticked": [4]}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["added"]) == (200, 3)
    answer = client.post(
        f"{URL}{batch['id']}/undo/", {"reason": "no"}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["state"]) == (200, "undone")
    assert client.delete(f"{URL}{batch['id']}/").status_code == 409


def test_a_file_goes_over_rest_too_and_one_of_both_is_needed() -> None:
    client = Client(headers=make.bearer(Scope.READ, Scope.ADMIN, user=cast.admin()))
    file = SimpleUploadedFile("iocs.csv", REPORT)
    answer = client.post(URL, {"source": "cert", "file": file})
    assert answer.status_code == 201, answer.content
    assert answer.json()["name"] == "iocs.csv"
    for body in ({"source": "cert"}, {"source": "cert", "text": "a", "file": REPORT}):
        assert client.post(URL, body).status_code == 400


def test_the_page_keeps_what_was_typed_and_names_the_field(client: Client) -> None:
    client.force_login(cast.admin())
    terms = {"source": "cert", "trust": 0.1, "confidence": 50, "opinion": "positive"}
    body = {**terms, "tlp": "amber", "days": 30, "text": "evil[.]example\n"}
    answer = client.post("/settings/imports/", body)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "up to 25 nothing matches" in page
    assert "evil[.]example" in page
    answer = client.post("/settings/imports/", {**body, "trust": 0.9})
    assert answer.status_code == 302
    page = client.get(answer["Location"]).content.decode()
    assert "evil[.]example" in page


def test_hostile_rows_are_shown_harmlessly(client: Client) -> None:
    client.force_login(cast.admin())
    raw = (
        "indicator,comment\nhxxps://evil.example/<script>alert(1)</script>,\u202eabc\n"
        "<img src=x onerror=alert(1)>,=cmd|' /C calc'!A0\n" + "\0" * 10 + ",x\n"
    ).encode()
    batch = _read(raw)
    page = client.get(f"/settings/imports/{batch.pk}/").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "\u202e" not in page


def test_partners_see_no_import_and_reviewers_change_none(client: Client) -> None:
    batch = _read()
    page = f"/settings/imports/{batch.pk}/"
    client.force_login(cast.partner())
    assert client.get(page).status_code == 404
    client.force_login(cast.reviewer())
    assert client.get(page).status_code == 200
    assert client.post(f"{page}accept/").status_code == 404
