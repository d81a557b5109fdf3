"""A stored finding scored again over REST: after edits, with supposed changes, after a purge."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from abusedesk.core import clock
from abusedesk.core.models import Scope
from detectors.models import Finding, Signal
from detectors.services.config import save_config
from detectors.services.ingest import ingest_batch
from detectors.services.source import ensure_source
from tests import cast, desk, make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_worker() -> Iterator[None]:
    desk.forget()
    yield
    desk.forget()


@pytest.fixture
def finding() -> Finding:
    """Five accounts on one device, found by the whole desk."""
    start = clock.now() - timedelta(hours=5)
    device = {"device": "hmac:device-0001-abcdef"}
    signals = [
        make.signal(
            number,
            actor=f"sock{number}",
            occurred_at=start + timedelta(minutes=number),
            identifiers=device,
        )
        for number in range(5)
    ]
    ingest_batch(source=ensure_source(slug="shop", title="Shop"), signals=signals)
    desk.work()
    return Finding.objects.get(detector="shared-infrastructure")


def recompute(finding: Finding, *changes: dict[str, Any]) -> dict[str, Any]:
    response = Client().post(
        f"/api/v1/findings/{finding.pk}/recompute/",
        {"changes": list(changes)},
        content_type="application/json",
        headers=make.bearer(Scope.READ, user=cast.admin()),
    )
    assert response.status_code == 200, response.content
    answer: dict[str, Any] = response.json()
    return answer


@pytest.mark.row(110)
def test_the_stored_score_comes_out_again_also_after_the_detector_was_edited(
    finding: Finding,
) -> None:
    save_config(
        actor=cast.admin(), slug=finding.detector, mode="live", params={"min_hard": 9}, reason="-"
    )
    answer = recompute(finding)
    assert answer["same"]
    assert answer["again"] == answer["stored"]
    assert answer["stored"]["score"] == finding.score
    assert len(answer["again"]["subjects"]) == 5


@pytest.mark.row(110)
def test_a_changed_signal_shows_the_difference(finding: Finding) -> None:
    first, second, *_ = finding.signal_ids
    without = recompute(finding, {"signal": first, "leave_out": True})
    assert not without["same"]
    assert len(without["again"]["subjects"]) == 4
    assert without["again"]["score"] > without["stored"]["score"]
    renamed = recompute(finding, {"signal": first, "actor": "sock1"})
    assert len(renamed["again"]["subjects"]) == 4
    moved = recompute(finding, {"signal": second, "occurred_at": clock.now().isoformat()})
    assert moved["same"]
    nothing = recompute(
        finding, *[{"signal": one, "leave_out": True} for one in finding.signal_ids]
    )
    assert nothing["again"] is None


@pytest.mark.row(110)
def test_a_signal_that_was_changed_in_the_database_shows(finding: Finding) -> None:
    Signal.objects.filter(pk=finding.signal_ids[0]).update(actor="sock1")
    answer = recompute(finding)
    assert not answer["same"]
    assert answer["missing"] == 0


def test_purged_signals_are_counted(finding: Finding) -> None:
    Signal.objects.filter(pk=finding.signal_ids[0]).delete()
    answer = recompute(finding)
    assert answer["missing"] == 1
    assert not answer["same"]


def test_what_cannot_be_scored_again_says_why(finding: Finding) -> None:
    Finding.objects.update(signal_total=9_000)
    assert "5 of its 9000 signals" in recompute(finding)["why_not"]
    Finding.objects.update(version=77)
    assert "version 77" in recompute(finding)["why_not"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"signal": 0}, "signal"),
        ({"signal": 1, "occurred_at": "soon"}, "occurred_at"),
        ({"signal": 1, "text": 7 * "x" * 20_000}, "text"),
        ("no object", "changes"),
    ],
)
def test_a_bad_change_is_refused_by_its_field(finding: Finding, change: Any, field: str) -> None:
    response = Client().post(
        f"/api/v1/findings/{finding.pk}/recompute/",
        {"changes": [change]},
        content_type="application/json",
        headers=make.bearer(Scope.READ, user=cast.admin()),
    )
    assert response.status_code == 400
    assert field in response.content.decode()
