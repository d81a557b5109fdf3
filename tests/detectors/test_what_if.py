"""A moved threshold tells at once what stored findings and cases it costs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core.models import Scope, User
from cases.models import Case
from detectors.backtest.what_if import (
    BINS,
    OUTCOMES,
    Point,
    Quantity,
    Told,
    histogram,
    points,
    quantities,
)
from detectors.choices import FindingStatus, Outcome
from detectors.demo import world as stories
from detectors.models import Backtest, Campaign, Finding, Verdict
from detectors.rules.near_duplicate_text import NearDuplicateText
from detectors.selectors import what_if
from detectors.selectors.what_if import WhatIf, what_if_for
from detectors.services.backtest import run_backtest, start_backtest
from detectors.services.config import save_config
from detectors.services.ingest import ingest_batch
from detectors.services.source import live_stream
from tests import cast, desk, make

SLUG = "near-duplicate-text"
NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
VALUES = st.lists(st.floats(0, 100), min_size=1, max_size=60)


# --- pure ----------------------------------------------------------------------------------


def told(value: float, limit: float = 3, **more: Any) -> dict[str, Any]:
    one = {"name": "accounts", "value": value, "op": ">=", "limit": limit, "unit": "accounts"}
    return one | {"met": True} | more


@given(values=VALUES, first=st.floats(0, 100), second=st.floats(0, 100))
def test_a_stricter_threshold_never_keeps_more(
    values: list[float], first: float, second: float
) -> None:
    low, high = sorted((first, second))
    up = Quantity("accounts", ">=", "", 0)
    down = Quantity("p", "<=", "", 0)
    for strict, loose, one in ((high, low, up), (low, high, down)):
        kept = {number for number, value in enumerate(values) if one.holds(value, strict)}
        assert kept <= {number for number, value in enumerate(values) if one.holds(value, loose)}


@given(values=VALUES, at=st.floats(-1, 101), step=st.sampled_from([0.01, 0.5, 1.0, 7.0, 100.0]))
def test_every_finding_stands_in_one_bar(values: list[float], at: float, step: float) -> None:
    found = [Point(n, value, OUTCOMES[n % 3]) for n, value in enumerate(values)]
    quantity = Quantity("accounts", ">=", "", 3, low=0, high=100, step=step)
    bins = histogram(found, quantity, at)
    assert len(bins) <= BINS
    assert sum(one.total for one in bins) == len(values)
    for name in OUTCOMES:
        assert sum(one.counts[name] for one in bins) == sum(one.outcome == name for one in found)
    out = sum(sum(one.left_out.values()) for one in bins)
    assert out == sum(not quantity.holds(value, at) for value in values)


def test_a_condition_knows_the_parameter_that_sets_its_limit_only_where_there_is_one() -> None:
    model = NearDuplicateText.Params
    params = model().model_dump(mode="json")
    conditions = [[told(3), told(0.9, 0.8, name="likeness", unit="Jaccard")], [told(7)]]
    stored = [Told(one, params) for one in conditions]
    found = {one.name: one for one in quantities(model, params, stored)}
    assert found["accounts"].parameter == "min_accounts"
    assert (found["accounts"].low, found["accounts"].high) == (2.0, 7.0)
    (other,) = quantities(model, params, [Told([told(3, 77)], params), Told([told(9, 77)], params)])
    assert (other.parameter, other.limit, other.step) == ("", 77, 1)


def test_a_finding_of_an_earlier_version_is_measured_by_what_is_in_force() -> None:
    model = NearDuplicateText.Params
    params = model().model_dump(mode="json")
    stored = [Told([told(4, 3)], params), Told([told(9, 6)], params | {"min_accounts": 6})]
    (found,) = quantities(model, params | {"min_accounts": 6}, stored)
    assert (found.parameter, found.limit) == ("min_accounts", 6)


def test_what_was_not_met_and_what_cannot_be_ordered_is_left_out() -> None:
    conditions = [[told(1, met=False), told(2, op="==")]]
    assert quantities(NearDuplicateText.Params, {}, [Told(conditions[0], {})]) == []
    assert points(Quantity("p", "<=", "", 0), {1: [told(3)]}, {}) == []


# --- stored --------------------------------------------------------------------------------


@pytest.fixture
def case(transactional_db: None) -> Iterator[Case]:
    """An operation that rests on copied texts and shared devices alone."""
    desk.forget()
    with time_machine.travel(NOW, tick=True):
        save_config(actor=None, slug="reworded-text", mode="off", params={}, reason="one")
        signals = stories(seed=3, end=NOW, scenarios=["phishing-kit"], background=300)
        ingest_batch(source=make.source(), signals=signals, stream=live_stream())
        desk.work()
        yield Case.objects.get()
    desk.forget()


def tried(**params: Any) -> Backtest:
    run = start_backtest(
        actor=cast.lead(), slug=SLUG, params=params, since=NOW - timedelta(days=60), until=NOW
    )
    run_backtest(run_id=run.pk)
    run.refresh_from_db()
    assert run.state == "done", run.error
    return run


def moved(at: float | None = None, by: str = "accounts") -> WhatIf:
    return what_if_for(cast.lead(), SLUG, by, at)


@pytest.mark.row(20)
@pytest.mark.parametrize("at", [4, 100])
def test_what_is_lost_is_what_a_backtest_loses(
    case: Case, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backtest may find the same accounts under another name; then it has lost less."""
    monkeypatch.setattr(what_if, "SHOWN", 1_000)
    run, told_ = tried(min_accounts=at), moved(at)
    standing = Finding.objects.filter(detector=SLUG, status=FindingStatus.CURRENT)
    lost = set(standing.filter(anchor_value__in=_anchors(run, "lost")).values_list("pk", flat=True))
    ours = {one.pk for one in told_.lost_findings}
    assert told_.lost == len(ours) >= len(lost) > 0
    assert lost <= ours
    assert at < 100 or lost == ours
    assert told_.lost + told_.stays == told_.stored == standing.count()
    campaigns = [one["campaign"] for one in told_.lost_campaigns]
    assert campaigns == [one["campaign"] for one in run.result["campaigns"]["lost"]]


def _anchors(run: Backtest, change: str) -> list[str]:
    return list(run.findings.filter(change=change).values_list("anchor_value", flat=True))


def test_a_threshold_as_it_is_changes_nothing(case: Case) -> None:
    same = moved()
    assert (same.lost, same.gained, same.lost_campaigns) == (0, 0, [])
    assert same.quantity is not None
    assert (same.quantity.limit, same.quantity.parameter) == (3, "min_accounts")


@pytest.mark.row(20)
def test_what_would_be_gained_is_known_from_a_looser_backtest_alone(case: Case) -> None:
    before = moved(2)
    assert (before.gained, before.runs) == (0, [])
    run = tried(min_accounts=2)
    tried(min_accounts=2, j_alert=0.6)  # more than this threshold is loosened: it tells nothing
    gained = moved(2)
    assert gained.runs == [run]
    assert gained.gained == run.result["gained"] > 0
    assert {one.anchor_value for one in gained.gained_findings} <= set(_anchors(run, "gained"))
    assert moved(3).gained == 0


def test_bars_are_coloured_by_what_people_decided(case: Case) -> None:
    campaign = Campaign.objects.filter(state="open").get()
    Verdict.objects.create(
        campaign=campaign, decision_ref="d-1", outcome=Outcome.ABUSE, families=[], size=3
    )
    counts = [one.counts for one in moved().bins]
    of_case = campaign.evidence.filter(finding__detector=SLUG).count()
    assert sum(one["abuse"] for one in counts) == of_case > 0
    assert sum(one["benign"] for one in counts) == 0


# --- page and REST -------------------------------------------------------------------------


def browser(user: User) -> Client:
    one = Client()
    one.force_login(user)
    return one


@pytest.mark.row(20)
def test_the_page_names_the_case_and_leads_to_a_backtest(case: Case) -> None:
    url = reverse("detectors:what-if", args=[SLUG])
    lead = browser(cast.lead())
    page = lead.get(url, {"by": "accounts", "at": "100"}).content.decode()
    assert "Cases that would be lost: 1" in page
    assert case.ref in page
    assert "Backtest this" in page
    part = lead.get(url, {"by": "accounts", "at": "100"}, headers={"HX-Request": "true"})
    assert part.content.decode().lstrip().startswith('<div id="effect"')
    said = lead.post(
        reverse("detectors:what-if-backtest", args=[SLUG]),
        {"parameter": "min_accounts", "at": "9", "days": "30"},
    )
    run = Backtest.objects.get()
    assert said.headers["Location"] == reverse("detectors:backtest", args=[SLUG, run.pk])
    assert (run.proposed["min_accounts"], run.proposed | {"min_accounts": 3}) == (9, run.current)
    assert "what would be gained" in lead.get(url, {"at": "2"}).content.decode()


def test_what_is_no_threshold_does_no_harm(case: Case) -> None:
    url = reverse("detectors:what-if", args=[SLUG])
    reader = browser(cast.reviewer())
    for at in ("", "x", "nan", "inf", "1e999", "-5", "\x00"):
        assert reader.get(url, {"by": "<b>", "at": at}).status_code == 200, at


def test_a_backtest_of_nothing_or_out_of_bounds_starts_none(case: Case) -> None:
    url = reverse("detectors:what-if-backtest", args=[SLUG])
    lead = browser(cast.lead())
    for body in ({"parameter": "gone", "at": "3"}, {"parameter": "min_accounts", "at": "9999"}):
        assert lead.post(url, body).status_code == 302
    assert not Backtest.objects.exists()
    assert browser(cast.reviewer()).post(url, body).status_code == 403


def test_rest_tells_the_same(case: Case) -> None:
    program = Client(headers=make.bearer(Scope.READ, user=cast.lead()))
    url = f"/api/v1/detectors/{SLUG}/what-if/"
    said = program.get(url, {"by": "accounts", "at": "100"}).json()
    told_ = moved(100)
    assert (said["lost_total"], said["stays"]) == (told_.lost, told_.stays)
    assert said["lost"] == [one.pk for one in told_.lost_findings]
    assert len(said["lost_campaigns"]) == 1
    assert program.get(url, {"at": "2"}).json()["gained_is_known"] is False
    assert program.get(url, {"at": "x"}).status_code == 400


@pytest.mark.django_db
def test_without_findings_there_is_nothing_to_move() -> None:
    save_config(actor=None, slug=SLUG, mode="live", params={}, reason="as shipped")
    page = browser(cast.reviewer()).get(reverse("detectors:what-if", args=[SLUG]))
    assert "No threshold to move yet" in page.content.decode()
