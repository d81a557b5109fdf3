"""Settings are tried on stored history from the detector's page, and over REST."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from abusedesk.core.models import AuditEntry, Scope, User
from cases.models import Case
from detectors.choices import BacktestState
from detectors.demo import world
from detectors.models import Backtest, DetectorConfig, Finding
from detectors.services.backtest import run_backtest
from detectors.services.config import save_config
from detectors.services.ingest import ingest_batch
from detectors.services.source import live_stream
from tests import cast, desk, make

pytestmark = pytest.mark.django_db(transaction=True)

SLUG = "near-duplicate-text"
NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    desk.forget()
    with time_machine.travel(NOW, tick=True):
        yield
    desk.forget()


@pytest.fixture
def case() -> Case:
    """An operation that rests on copied texts and shared devices alone."""
    save_config(actor=None, slug="reworded-text", mode="off", params={}, reason="one of content")
    told = world(seed=3, end=NOW, scenarios=["phishing-kit"], background=300)
    ingest_batch(source=make.source(), signals=told, stream=live_stream())
    desk.work()
    return Case.objects.get()


def browser(user: User) -> Client:
    one = Client()
    one.force_login(user)
    return one


def form(**changed: Any) -> dict[str, Any]:
    """The detector's form as its page shows it, with other values in some fields."""
    params = {"min_accounts": 3} | changed
    config = DetectorConfig.objects.get(slug=SLUG, current=True)
    return {
        "days": "30",
        **{f"p_{name}": value for name, value in {**config.params, **params}.items()},
    }


def tried(user: User, source: str = "", **changed: Any) -> Backtest:
    told = {**form(**changed), "source": source}
    said = browser(user).post(reverse("detectors:backtest-start", args=[SLUG]), told)
    assert said.status_code == 302, said.content.decode()
    run = Backtest.objects.latest("pk")
    run_backtest(run_id=run.pk)
    run.refresh_from_db()
    assert run.state == BacktestState.DONE, run.error
    return run


def page_of(run: Backtest, user: User) -> str:
    said = browser(user).get(reverse("detectors:backtest", args=[SLUG, run.pk]))
    assert said.status_code == 200
    return str(said.content.decode())


@pytest.mark.row(18)
def test_settings_are_tried_on_thirty_days_with_examples_and_the_cases_they_cost(
    case: Case,
) -> None:
    before = DetectorConfig.objects.filter(slug=SLUG).count()
    run = tried(cast.lead(), min_accounts=100)
    page = page_of(run, cast.lead())
    assert run.until - run.since == timedelta(days=30)
    assert "Backtest of" in page
    found = Finding.objects.filter(detector=SLUG).count()
    assert run.result["lost"] == found > 0
    assert f"Lost: {found}" in page
    example = run.findings.filter(change="lost").first()
    assert example is not None
    assert example.sentence in page
    assert reverse("detectors:signal-detail", args=[example.signal_ids[0]]) in page
    assert "Cases that would be lost: 1" in page
    assert case.ref in page
    assert DetectorConfig.objects.filter(slug=SLUG).count() == before
    assert AuditEntry.objects.filter(verb="detector.backtest_started").count() == 1


def test_a_page_of_a_run_asks_few_queries(case: Case) -> None:
    run = tried(cast.admin(), min_accounts=4)
    client = browser(cast.lead())
    with CaptureQueriesContext(connection) as asked:
        client.get(reverse("detectors:backtest", args=[SLUG, run.pk]))
    assert len(asked) <= 20


def test_settings_without_a_change_change_nothing(case: Case) -> None:
    run = tried(cast.admin())
    page = page_of(run, cast.reviewer())
    assert "so nothing should change" in page
    assert (run.result["gained"], run.result["lost"]) == (0, 0)
    assert "No case would be lost." in page


@pytest.mark.usefixtures("case")
def test_the_form_tries_the_signals_of_one_source_alone() -> None:
    other = make.source("other", "Other")
    url = reverse("detectors:detector-detail", args=[SLUG])
    page = browser(cast.lead()).get(url).content.decode()
    assert '<option value="other">other</option>' in page
    run = tried(cast.lead(), source="other")
    assert run.sources == [other.pk]
    assert "from other alone" in page_of(run, cast.lead())
    assert "alone" not in page_of(tried(cast.lead()), cast.lead()).partition("</header>")[0]
    start = reverse("detectors:backtest-start", args=[SLUG])
    wrong = browser(cast.lead()).post(start, {**form(), "source": "<img>"})
    assert wrong.status_code == 422
    assert "There is no such source." in wrong.content.decode()
    assert "<img>" not in wrong.content.decode()


@pytest.mark.usefixtures("case")
def test_a_value_out_of_bounds_is_said_at_its_field_and_starts_nothing() -> None:
    said = browser(cast.admin()).post(
        reverse("detectors:backtest-start", args=[SLUG]), form(min_accounts=100_000)
    )
    assert said.status_code == 422
    assert "less than or equal to 100" in said.content.decode()
    assert not Backtest.objects.exists()


@pytest.mark.usefixtures("case")
def test_a_reviewer_reads_but_does_not_start() -> None:
    url = reverse("detectors:backtest-start", args=[SLUG])
    assert browser(cast.reviewer()).post(url, form()).status_code == 403
    page = browser(cast.reviewer()).get(reverse("detectors:detector-detail", args=[SLUG]))
    assert "Backtests" in page.content.decode()
    assert url not in page.content.decode()


@pytest.mark.usefixtures("case")
def test_a_running_one_shows_how_far_it_is_and_is_cancelled() -> None:
    lead = browser(cast.lead())
    lead.post(reverse("detectors:backtest-start", args=[SLUG]), form())
    run = Backtest.objects.get()
    assert "how far" in page_of(run, cast.lead())
    lead.post(reverse("detectors:backtest-cancel", args=[SLUG, run.pk]))
    run_backtest(run_id=run.pk)
    assert "Cancelled; what was read is forgotten." in page_of(run, cast.lead())
    again = lead.post(reverse("detectors:backtest-cancel", args=[SLUG, run.pk]), follow=True)
    assert "not running any more" in again.content.decode()


def test_rest_starts_one_and_gives_findings_by_change(case: Case) -> None:
    program = Client(headers=make.bearer(Scope.READ, Scope.ADMIN, user=cast.lead()))
    url = f"/api/v1/detectors/{SLUG}/backtests/"
    asked = {
        "params": {"min_accounts": 100},
        "since": (NOW - timedelta(days=30)).isoformat(),
        "until": NOW.isoformat(),
    }
    said = program.post(url, asked, content_type="application/json")
    assert said.status_code == 202
    one = f"{url}{said.json()['id']}/"
    assert program.get(one).json()["state"] == "running"
    run_backtest(run_id=said.json()["id"])
    told = program.get(one).json()
    assert (told["state"], told["share"]) == ("done", 1.0)
    lost = program.get(f"{one}findings/", {"change": "lost", "page_size": "500"})
    lost = lost.json()["results"]
    assert len(lost) == told["result"]["lost"]
    assert {row["change"] for row in lost} == {"lost"}
    assert [row["llr"] for row in lost] == sorted((row["llr"] for row in lost), reverse=True)
    assert program.get(f"{one}findings/", {"change": "more"}).status_code == 400
    assert program.delete(one).status_code == 409
    wrong = program.post(
        url, asked | {"params": {"min_accounts": 0}}, content_type="application/json"
    )
    assert wrong.status_code == 422
    assert "min_accounts" in wrong.content.decode()
