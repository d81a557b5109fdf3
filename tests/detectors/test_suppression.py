"""A detector kept quiet about one entity counts for nothing there, and returns by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from abusedesk.core.models import AuditEntry, Scope
from detectors.models import Campaign, Entity, Finding, Suppression
from detectors.pairs import Evidence
from detectors.quiet import Quiet, is_about, without
from detectors.services import fusion
from detectors.services.ingest import ingest_batch
from detectors.services.source import ensure_source
from detectors.services.suppression import end_suppression, suppress_detector
from tests import cast, desk, make

DEVICE = "hmac:device-0001-abcdef"
SLUG = "shared-infrastructure"


def evidence(*subjects: str, anchor: str = "ip:a", links: Any = ()) -> Evidence:
    return Evidence(1, "velocity", "behaviour", anchor, subjects, links, 2.0, 0.0)


# --- pure -----------------------------------------------------------------------------------


def test_findings_about_the_entity_go_whole() -> None:
    quiet = [Quiet("velocity", "ip", "A")]
    told = [evidence("x:a", "x:b"), evidence("x:a", "x:b", anchor="ip:b")]
    assert [one.anchor for one in without(told, quiet)] == ["ip:b"]
    assert [*without(told, [Quiet("other", "ip", "a")])] == told
    assert [*without(told, [])] == told


def test_a_value_in_a_tuple_is_what_a_finding_is_about() -> None:
    assert is_about("a + 10.0.0.1", "10.0.0.1")
    assert not is_about("a + 10.0.0.11", "10.0.0.1")


def test_of_a_quiet_account_only_its_pairs_go() -> None:
    told = evidence("x:a", "x:b", "x:c", links=((0, 1, 1.0), (0, 2, 2.0), (1, 2, 3.0)))
    (left,) = without([told], [Quiet("velocity", "account", "x:b")])
    assert left.subjects == ("x:a", "x:c")
    assert left.links == ((0, 1, 2.0),)
    assert not [*without([evidence("x:a", "x:b")], [Quiet("velocity", "account", "x:b")])]


# --- in the desk ------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    desk.forget()
    yield
    desk.forget()


def ring() -> None:
    """Nine accounts on one device: more than a household."""
    start = clock.now() - timedelta(hours=5)
    signals = [
        make.signal(
            number,
            actor=f"sock{number}",
            occurred_at=start + timedelta(minutes=number),
            identifiers={"device": DEVICE},
        )
        for number in range(9)
    ]
    ingest_batch(source=ensure_source(slug="shop", title="Shop"), signals=signals)
    desk.work()


def quiet(days: int = 7, **about: str) -> Suppression:
    told = {"type": "device", "value": DEVICE} | about
    return suppress_detector(
        actor=cast.lead(),
        slug=SLUG,
        reason="test devices of our own",
        expires_at=clock.now() + timedelta(days=days),
        **told,
    )


@pytest.mark.row(26)
@pytest.mark.django_db(transaction=True)
def test_quiet_for_seven_days_and_back_by_itself() -> None:
    quiet()
    ring()
    assert Finding.objects.filter(detector=SLUG).exists()
    assert not Campaign.objects.exists()
    with time_machine.travel(clock.now() + timedelta(days=6), tick=False):
        fusion.fuse_all(budget_s=600)
        assert not Campaign.objects.exists()
    with time_machine.travel(clock.now() + timedelta(days=8), tick=False):
        fusion.fuse_all(budget_s=600)
        assert Campaign.objects.get().size == 9


@pytest.mark.row(26)
@pytest.mark.django_db(transaction=True)
def test_ended_early_it_counts_at_once_and_both_are_audited() -> None:
    row = quiet()
    ring()
    assert not Campaign.objects.exists()
    end_suppression(actor=cast.lead(), suppression=row)
    fusion.fuse_all(budget_s=600)
    assert Campaign.objects.exists()
    verbs = AuditEntry.objects.filter(verb__in=["detector.suppressed", "suppression.ended"])
    assert [one.actor for one in verbs] == [cast.lead(), cast.lead()]
    with pytest.raises(ConflictError):
        end_suppression(actor=cast.lead(), suppression=row)


@pytest.mark.django_db(transaction=True)
def test_of_a_quiet_account_the_others_still_count() -> None:
    quiet(type="account", value="x:sock0")
    ring()
    members = Campaign.objects.get().members.values_list("account", flat=True)
    assert sorted(members) == [f"x:sock{n}" for n in range(1, 9)]


@pytest.mark.django_db
def test_bad_input_names_the_field() -> None:
    now = clock.now()
    good: dict[str, Any] = {
        "slug": SLUG, "type": "device", "value": "d", "reason": "r",
        "expires_at": now + timedelta(days=1),
    }  # fmt: skip
    for change, field in (
        ({"reason": " "}, "reason"),
        ({"value": ""}, "value"),
        ({"expires_at": now}, "expires_at"),
        ({"expires_at": now + timedelta(days=91)}, "expires_at"),
    ):
        with pytest.raises(InvalidError) as caught:
            suppress_detector(actor=cast.lead(), **good | change)
        assert caught.value.field == field
    with pytest.raises(NotFoundError):
        suppress_detector(actor=cast.lead(), **good | {"slug": "none"})
    suppress_detector(actor=cast.lead(), **good)
    with pytest.raises(ConflictError):
        suppress_detector(actor=cast.lead(), **good)
    with pytest.raises(ForbiddenError):
        suppress_detector(actor=cast.reviewer(), **good | {"value": "e"})


@pytest.mark.row(26)
@pytest.mark.django_db
def test_the_entity_page_and_rest_do_it_with_reason_and_end() -> None:
    entity = Entity.objects.create(
        type="account", value="x:\u202eevil<b>", digest=b"0" * 16, first_seen_at=clock.now(),
        last_seen_at=clock.now(),
    )  # fmt: skip
    client = Client()
    client.force_login(cast.lead())
    address = reverse("detectors:entity-suppress", args=["account", entity.pk])
    refused = client.post(address, {"detector": SLUG, "days": "30", "reason": "<b>" + "x" * 500})
    assert refused.status_code == 422
    kept = refused.content.decode()
    assert "&lt;b&gt;" + "x" * 500 in kept
    assert f'<option value="{SLUG}" selected>' in kept
    assert '<option value="30" selected>' in kept
    client.post(address, {"detector": SLUG, "days": "7", "reason": "<b>ours</b>"})
    row = Suppression.objects.get()
    assert (row.value, row.reason) == (entity.value, "<b>ours</b>")
    page = client.get(reverse("detectors:entity-near", args=["account", entity.pk]))
    told = page.content.decode()
    assert "&lt;b&gt;ours" in told
    assert "Count again now" in told
    headers = make.bearer(Scope.READ, Scope.ADMIN, user=cast.lead())
    (listed,) = Client().get("/api/v1/suppressions/", headers=headers).json()["results"]
    assert listed["detector"] == SLUG
    ended = Client().delete(f"/api/v1/suppressions/{row.pk}/", headers=headers)
    assert ended.json()["ended_at"]
    client.force_login(cast.reviewer())
    assert client.post(address, {"detector": SLUG, "reason": "x"}).status_code == 403
    assert (
        "Keep quiet"
        not in client.get(
            reverse("detectors:entity-near", args=["account", entity.pk])
        ).content.decode()
    )
