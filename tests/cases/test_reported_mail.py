"""From an abuse mail, webhook or file to a case: what opens one, what its source says of that."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from time_machine import travel

from abusedesk.core.models import Scope
from cases import placing, reporting
from cases.models import Case, CaseReport
from detectors import stream
from detectors.choices import ReportCases
from detectors.models import Signal, Source, Stream
from detectors.schema import Kind
from detectors.services.complaints import place_of
from detectors.services.engine import sweep
from detectors.services.ingest import ingest_batch
from detectors.services.link import link_stream
from detectors.services.source_settings import update_source
from tests import cast, desk, make
from tests.adapters.reading import sample
from tests.cases import build

pytestmark = pytest.mark.django_db(transaction=True)
OCTETS = "application/octet-stream"


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    """The samples are of September 2026; the desk lives a little later."""
    desk.forget()
    with travel(datetime(2026, 11, 1, 12, tzinfo=UTC), tick=True):
        yield
    desk.forget()


@pytest.fixture
def door() -> dict[str, str]:
    return make.bearer(Scope.INGEST, Scope.READ, Scope.REVIEW, user=cast.admin(), name="abuse")


def send(slug: str, body: bytes, door: dict[str, str], media_type: str = OCTETS) -> Any:
    url = f"/api/v1/ingest/{slug}/"
    return Client().post(url, body, content_type=media_type, headers=door).json()


def take() -> None:
    """What the workers do: link, and take in reports."""
    desk.await_horizon()
    for one in Stream.objects.all():
        link_stream(stream_id=one.pk)
        reporting.take_reports(one.pk)


@pytest.mark.row(8)
def test_an_arf_mail_becomes_a_case_that_rest_shows_and_decides(door: dict[str, str]) -> None:
    mail = sample("arf", "abuse.eml")
    assert send("arf", mail, door, "message/rfc822")["accepted"] == 2
    take()
    client = Client(headers=door)
    (row,) = client.get("/api/v1/cases/?state=open").json()["results"]
    title = "Reported: bounce@prize-mail.example on email and 1 more by feedback@isp.example"
    assert (row["title"], row["queue"]) == (title, "inbox")
    assert (row["hits"], row["accounts"], row["platforms"]) == (1, 2, ["email"])
    case = client.get(f"/api/v1/cases/{row['ref']}/").json()
    (report,) = case["newest_reports"]
    assert (report["reporter"], report["reason"]) == ("feedback@isp.example", "abuse")
    assert report["targets"] == [
        "bounce@prize-mail.example on email",
        "win@prize-mail.example on email",
    ]
    said = client.get(f"/api/v1/signals/{report['signal_id']}/").json()
    assert said["text"] == "A customer calls this message spam."
    assert (case["contributions"], case["how_sure"], case["reports"]) == ({}, 0, 1)
    claim = client.post(f"/api/v1/cases/{row['ref']}/claim/").json()
    body = {
        "claim_id": claim["claim_id"],
        "outcome": "abuse",
        "reason": "unasked mail",
        "key": str(build.key(1)),
    }
    path = f"/api/v1/cases/{row['ref']}/decide/"
    assert client.post(path, body, content_type="application/json").status_code == 201
    assert Case.objects.get().state == "closed"
    undone = client.post(f"/api/v1/cases/{row['ref']}/undo/", {}, content_type="application/json")
    assert undone.json()["state"] == "open"


@pytest.mark.row(8)
def test_the_same_mail_twice_adds_nothing(door: dict[str, str]) -> None:
    for _ in range(2):
        send("arf", sample("arf", "abuse.eml"), door)
        take()
    case = Case.objects.get()
    assert (case.hits, case.report_links.count()) == (1, 2)
    assert build.verbs(case) == ["case.opened_by_report"]


@pytest.mark.row(8)
def test_mails_by_several_ways_about_one_sender_are_one_case(door: dict[str, str]) -> None:
    for slug, name in (("arf", "abuse.eml"), ("arf", "headers-only.eml"), ("xarf", "spam.json")):
        send(slug, sample(slug, name), door)
        take()
    case = Case.objects.get()
    assert (case.hits, case.report_links.count()) == (3, 4)
    assert "abuse, fraud, messaging/spam" in str(case.summary)


@pytest.mark.row(8)
@pytest.mark.parametrize(
    ("slug", "name", "title"),
    [
        ("xarf", "mail.eml", "Reported: scanner.example by abuse"),
        ("mastodon", "report.created.json", "Reported: spamrose@social.example on mastodon by"),
        ("bluesky", "ozone-reports.json", "Reported: did:plc:bad on bluesky by"),
        ("thehive", "alert.json", "Reported: https://parcel-fee.example/pay by mail-gateway"),
    ],
)
def test_reports_of_other_tools_become_cases_too(
    door: dict[str, str], slug: str, name: str, title: str
) -> None:
    send(slug, sample(slug, name), door)
    take()
    assert Case.objects.get().title.startswith(title)


@pytest.mark.row(8)
def test_an_mbox_of_reports_is_imported_into_cases(tmp_path: Path) -> None:
    one = sample("arf", "abuse.eml")
    mails = [one.replace(b"fbl-99", b"fbl-%d" % number) for number in range(5)]
    mails.append(one.replace(b"fbl-99", b"other").replace(b"prize-mail", b"lotto-mail"))
    path = tmp_path / "abuse.mbox"
    path.write_bytes(b"".join(b"From x\n" + mail + b"\n" for mail in mails))
    for _ in range(2):
        call_command("import_signals", str(path), "--no-progress", format="arf", stdout=StringIO())
        take()
    assert sorted(Case.objects.values_list("hits", flat=True)) == [1, 5]


def test_a_source_of_ordinary_traffic_opens_no_case_until_somebody_says_so(
    door: dict[str, str],
) -> None:
    def post(number: int) -> None:
        body = make.item(number, kind="report", objects=["report-target:x:rose"])
        Client().post("/api/v1/signals/", body, content_type="application/json", headers=door)
        take()

    post(1)
    assert not Case.objects.exists()
    source = Source.objects.get()
    update_source(actor=cast.admin(), source=source, report_cases=ReportCases.ON)
    post(2)
    assert Case.objects.get().hits == 1
    update_source(actor=cast.admin(), source=source, report_cases=ReportCases.OFF)
    post(3)
    assert Case.objects.get().hits == 1


def test_a_source_with_an_adapter_can_be_told_to_open_none(door: dict[str, str]) -> None:
    source = make.source("abuse")
    update_source(actor=cast.admin(), source=source, report_cases=ReportCases.OFF)
    Source.objects.update(token=cast.admin().tokens.get())
    send("arf", sample("arf", "abuse.eml"), door)
    take()
    assert Signal.objects.filter(source=source).count() == 2
    assert not CaseReport.objects.exists()


def test_mass_reporting_in_one_stream_is_one_case() -> None:
    source = make.source()
    Source.objects.update(report_cases=ReportCases.ON)
    reports = [
        make.signal(number, kind=Kind.REPORT, objects=("report-target:x:rose",))
        for number in range(1_200)
    ]
    ingest_batch(source=source, signals=reports)
    take()
    case = Case.objects.get()
    assert (case.hits, case.title) == (1_200, "Reported: rose on x by x:a0, x:a1 and 1,198 more")
    assert build.verbs(case) == ["case.opened_by_report", "case.reported"]


def test_eight_workers_read_a_stream_into_one_case() -> None:
    source = make.source()
    Source.objects.update(report_cases=ReportCases.ON)
    for start in range(0, 80, 10):
        reports = [
            make.signal(number, kind=Kind.REPORT, objects=("report-target:x:rose",))
            for number in range(start, start + 10)
        ]
        ingest_batch(source=source, signals=reports)
    desk.await_horizon()
    live = Stream.objects.get(slug="live").pk
    build.at_once(8, lambda _: reporting.take_reports(live))
    assert Case.objects.get().hits == 80


def test_a_worker_that_dies_between_reading_and_placing_loses_nothing(
    door: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies() -> int:
        raise SystemExit

    send("arf", sample("arf", "abuse.eml"), door)
    desk.await_horizon()
    with monkeypatch.context() as patch:
        patch.setattr(placing, "place", dies)
        with pytest.raises(SystemExit):
            take()
    assert not Case.objects.exists()
    reporting.sweep()
    assert Case.objects.get().hits == 1


def test_the_sweep_wakes_the_reader_until_it_has_read_all(
    door: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[tuple[object, ...]] = []
    monkeypatch.setattr("detectors.services.engine.wake", lambda *told: woken.append(told))
    send("arf", sample("arf", "abuse.eml"), door)
    desk.await_horizon()
    live = Stream.objects.get(slug="live").pk
    sweep()
    assert ("cases.take_reports", live) in woken
    woken.clear()
    desk.work()
    sweep()
    assert ("cases.take_reports", live) not in woken


def test_the_place_moves_with_what_was_read(door: dict[str, str]) -> None:
    send("arf", sample("arf", "abuse.eml"), door)
    take()
    live = Stream.objects.get(slug="live").pk
    found, _, count = stream.reports(live, stream.Position(), 10)
    assert (list(found.values()), count) == ([Source.objects.get().pk], 2)
    assert stream.newest(live).signal_id == max(Signal.objects.values_list("pk", flat=True))
    assert place_of(live) == f"complaints-{live}"
