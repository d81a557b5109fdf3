"""What almost fired about an entity: the failing condition with value, needed and margin."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from abusedesk.core import clock
from abusedesk.core.models import Scope
from detectors.models import Entity, Finding, Signal
from detectors.schema import Kind
from detectors.selectors.near import NearMiss, near_misses_for, near_misses_of
from detectors.services.config import save_config
from detectors.services.ingest import ingest_batch
from detectors.services.rule import create_rule
from detectors.services.source import ensure_source
from detectors.sigma.params import EXAMPLE
from tests import cast, desk, make
from tests.detectors.sigma.world import in_force

pytestmark = pytest.mark.django_db(transaction=True)
IP = "203.0.113.7"
SIX = EXAMPLE.replace("gte: 5", "gte: 6")


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    desk.forget()
    yield
    desk.forget()


def signed_up(*numbers: int, ip: str = IP) -> None:
    """So many accounts are created from one address, a minute apart."""
    start = clock.now() - timedelta(minutes=40)
    signals = [
        make.signal(
            number,
            kind=Kind.ACCOUNT_CREATED,
            actor=f"n{number}",
            occurred_at=start + timedelta(minutes=number),
            identifiers={"ip": ip, "ja4": "t13d1516h2"},
        )
        for number in numbers
    ]
    ingest_batch(source=ensure_source(slug="shop", title="Shop"), signals=signals)
    desk.work()


def near(kind: str = "ip", value: str = IP) -> list[NearMiss]:
    entity = Entity.objects.get(type=kind, value=value)
    return near_misses_for(cast.reviewer(), entity).misses


def near_rules() -> dict[str, float]:
    """Of rules that people wrote alone: what is reached."""
    return {one.detector: one.value for one in near() if one.detector.startswith("rule-")}


def rule(sigma: str = SIX, mode: str = "live") -> None:
    saved = create_rule(
        actor=cast.lead(), name="sign ups", mode=mode, params={"sigma": sigma}, reason="waves"
    )
    in_force(saved)


@pytest.mark.row(93)
def test_five_of_six_is_near_and_the_sixth_makes_it_a_hit() -> None:
    save_config(actor=None, slug="velocity", mode="off", params={}, reason="only the rule")
    rule()
    signed_up(1, 2, 3, 4, 5)
    (miss,) = near()
    assert (miss.detector, miss.condition) == ("rule-sign-ups", "account")
    assert (miss.value, miss.needed, miss.margin) == (5, 6, 1)
    assert miss.anchor == ("ip", IP)
    assert near("account", "x:n3") == [miss]
    client = Client()
    client.force_login(cast.reviewer())
    headers = make.bearer(Scope.READ, user=cast.reviewer())
    ip, signal = Entity.objects.get(type="ip", value=IP), Signal.objects.get(actor="n3")
    for page, address in (
        (reverse("detectors:entity-near", args=["ip", ip.pk]), f"entities/{ip.pk}"),
        (reverse("detectors:signal-near", args=[signal.pk]), f"signals/{signal.pk}"),
    ):
        told = client.get(page).content.decode()
        assert '<td class="num">5</td><td class="num">6</td><td class="num">1</td>' in told
        answer = Client().get(f"/api/v1/{address}/near-misses/", headers=headers)
        (sent,) = answer.json()["misses"]
        assert (sent["value"], sent["needed"], sent["margin"]) == (5.0, 6.0, 1.0)
    signed_up(6)
    assert near() == []
    assert len(Finding.objects.get(detector="rule-sign-ups").subjects) == 6


@pytest.mark.row(93)
def test_a_detector_of_code_tells_what_is_missing_too() -> None:
    signed_up(1, 2)
    found = {one.detector: one for one in near()}
    assert found["velocity"].condition == "actors"
    assert (found["velocity"].value, found["velocity"].needed) == (2, 3)
    signal = Signal.objects.get(actor="n1")
    told = near_misses_of(signal, cast.reviewer()).misses
    assert [one for one in told if one.detector == "velocity"] == [found["velocity"]]
    signed_up(3)
    told = near_misses_of(signal, cast.reviewer()).misses
    assert "velocity" not in {one.detector for one in told}
    assert "velocity" not in {one.detector for one in near()}
    assert Finding.objects.filter(detector="velocity").exists()


def test_what_holds_less_than_half_or_lies_in_another_window_is_not_near() -> None:
    rule()
    signed_up(1, 2)
    assert near_rules() == {}
    saved = create_rule(
        actor=cast.lead(),
        name="fast",
        mode="live",
        params={"sigma": SIX.replace("timespan: 1h", "timespan: 1m")},
        reason="try",
    )
    in_force(saved)
    signed_up(3, 4, 5)
    assert near_rules() == {"rule-sign-ups": 5}


def test_regular_expressions_are_counted_too() -> None:
    save_config(actor=None, slug="velocity", mode="off", params={}, reason="only the rule")
    rule(SIX.replace("kind: account.created", "actor|re: '^n[0-9]$'"))
    signed_up(1, 2, 3, 4, 5)
    assert near_rules() == {"rule-sign-ups": 5}


def test_a_rule_that_is_off_is_not_asked_and_partners_see_nothing() -> None:
    rule(mode="off")
    signed_up(1, 2, 3, 4, 5)
    assert "rule-sign-ups" not in {one.detector for one in near()}
    entity = Entity.objects.get(type="ip", value=IP)
    assert near_misses_for(cast.partner(), entity).misses == []
    assert near_misses_for(cast.partner(), entity).looked == []
