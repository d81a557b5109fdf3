"""A rule made by a person runs as any detector: live, in a backtest, in shadow, by its versions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from abusedesk.core import clock
from abusedesk.core.errors import ForbiddenError, InvalidError, StaleError
from abusedesk.core.models import AuditEntry
from detectors.choices import BacktestState
from detectors.models import Campaign, DetectorConfig, Finding, Source
from detectors.selectors.rule_hits import rule_hits_for
from detectors.services.backtest import run_backtest, start_backtest
from detectors.services.draft import approve_draft
from detectors.services.ingest import ingest_batch
from detectors.services.rule import change_rule, create_rule
from detectors.services.source import live_stream
from detectors.sigma.params import EXAMPLE, compiled_rule
from tests import cast, desk, make
from tests.detectors.sigma.world import in_force

pytestmark = pytest.mark.django_db(transaction=True)
SLUG = "rule-one-site"
ONE_SITE = """title: One site, many accounts
name: posts
logsource: {product: abusedesk}
detection:
  selection: {kind: post}
  condition: selection
---
title: One site, many accounts
level: high
correlation:
  type: value_count
  rules: [posts]
  group-by: [domain]
  timespan: 1h
  condition: {field: account, gte: 4}
"""


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    desk.forget()
    yield
    desk.forget()


def make_rule(mode: str = "live", **params: Any) -> DetectorConfig:
    told = {"sigma": ONE_SITE} | params
    saved = create_rule(
        actor=cast.lead(), name="One site", mode=mode, params=told, reason="scams push one site"
    )
    return in_force(saved)


def pushed(count: int, start: int = 0) -> None:
    """So many accounts post one link, a minute apart."""
    moment = clock.now() - timedelta(hours=3)
    told = [
        make.signal(
            number,
            actor=f"p{number}",
            occurred_at=moment + timedelta(minutes=number),
            text=f"look {number}",
            urls=(f"https://www.evil-{'site'}.example/{number}",),
        )
        for number in range(start, start + count)
    ]
    ingest_batch(source=source(), signals=told, stream=live_stream())
    desk.work()


def source() -> Source:
    return Source.objects.filter(slug="acme").first() or make.source()


def test_it_finds_live_and_grows() -> None:
    make_rule()
    pushed(3)
    assert not Finding.objects.filter(detector=SLUG).exists()
    pushed(2, start=3)
    found = Finding.objects.get(detector=SLUG)
    assert (found.anchor_type, found.anchor_value) == ("domain", "evil-site.example")
    assert len(found.subjects) == 5
    assert found.sentence.startswith("One site, many accounts: 5 different values by 5 accounts")
    assert found.conditions[0]["limit"] == 4


def test_sql_selects_the_signals_that_the_detector_cites() -> None:
    make_rule()
    pushed(6)
    found = Finding.objects.get(detector=SLUG)
    hits = rule_hits_for(
        cast.reviewer(),
        compiled_rule(ONE_SITE),
        stream_id=live_stream().pk,
        since=clock.now() - timedelta(days=1),
        until=clock.now(),
    )
    assert hits.signal_ids == found.signal_ids
    assert {one.group for one in hits.alerts} == {("evil-site.example",)}


def test_a_backtest_finds_what_live_found_and_what_other_numbers_would() -> None:
    make_rule()
    pushed(6)
    until = clock.now()
    same, more = (
        start_backtest(
            actor=cast.lead(),
            slug=SLUG,
            params={"sigma": ONE_SITE, "threshold": number},
            since=until - timedelta(days=2),
            until=until,
        )
        for number in (0, 7)
    )
    for one in (same, more):
        run_backtest(run_id=one.pk)
        one.refresh_from_db()
        assert one.state == BacktestState.DONE, one.error
    assert (same.result["gained"], same.result["lost"], same.result["kept"]) == (0, 0, 1)
    row, live = same.findings.get(), Finding.objects.get(detector=SLUG)
    assert (row.subjects, row.signal_ids, row.sentence) == (
        live.subjects, live.signal_ids, live.sentence,
    )  # fmt: skip
    assert (more.result["gained"], more.result["lost"]) == (0, 1)


def test_in_shadow_it_finds_and_opens_nothing() -> None:
    make_rule("shadow")
    pushed(6)
    assert Finding.objects.filter(detector=SLUG).exists()
    assert not Campaign.objects.exists()


def test_a_change_is_a_version_and_stale_ones_are_refused() -> None:
    first = make_rule("shadow")
    anna = cast.admin()
    said: dict[str, Any] = {"mode": "shadow", "params": {"sigma": EXAMPLE}, "reason": "another"}
    second = change_rule(actor=anna, slug=SLUG, based_on=first.number, **said)
    assert (second.config.number, second.draft) == (2, None)
    with pytest.raises(StaleError) as caught:
        change_rule(actor=anna, slug=SLUG, based_on=1, **said)
    assert caught.value.data == {"number": 2}
    event = AuditEntry.objects.filter(verb="detector.configured", target_id=SLUG).latest("pk")
    assert event.actor == anna


def test_what_makes_a_rule_live_or_changes_a_live_one_takes_a_second_person() -> None:
    saved = create_rule(
        actor=cast.lead(), name="One site", mode="live", params={"sigma": ONE_SITE}, reason="scams"
    )
    assert (saved.config.number, saved.config.mode) == (1, "shadow")
    assert saved.draft is not None
    cast.admin()
    with pytest.raises(ForbiddenError):
        approve_draft(actor=cast.lead(), draft=saved.draft)
    live = in_force(saved)
    assert (live.number, live.mode, live.approved_by) == (2, "live", cast.admin())
    louder = change_rule(
        actor=cast.lead(), slug=SLUG, based_on=2, mode="live",
        params={"sigma": ONE_SITE, "threshold": 9}, reason="too many",
    )  # fmt: skip
    assert (louder.config.number, louder.draft is None) == (2, False)
    down = change_rule(
        actor=cast.lead(), slug=SLUG, based_on=2, mode="off", params=live.params, reason="tonight"
    )
    assert (down.config.number, down.config.mode, down.draft) == (3, "off", None)


def test_bad_rules_name_the_field() -> None:
    make_rule()
    for told, name, field in (
        ({"sigma": "title: x"}, "two", "sigma"),
        ({"sentence": "{who}"}, "two", "sentence"),
        ({"threshold": 5_000}, "two", "threshold"),
        ({}, "One site", "name"),
        ({}, "???", "name"),
        ({}, "a" * 60, "name"),
    ):
        with pytest.raises(InvalidError) as caught:
            create_rule(actor=cast.admin(), name=name, mode="off", params=told, reason="x")
        assert caught.value.field == field


@pytest.mark.parametrize("who", ["reviewer", "integration", "partner", "outsider"])
def test_others_make_no_rules(who: str) -> None:
    with pytest.raises(ForbiddenError):
        create_rule(
            actor=getattr(cast, who)(), name="mine", mode="off", params={}, reason="because"
        )
