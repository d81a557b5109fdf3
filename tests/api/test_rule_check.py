"""Checking a rule over REST: limits of the body, roles, hostile items, and nothing is stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from abusedesk.core.models import AuditEntry, Scope, User
from detectors.models import DetectorConfig, DetectorDraft, Entity, Finding, Signal
from detectors.pasted import MAX_SIGNALS
from detectors.sigma.params import EXAMPLE
from detectors.sigma.reading import MAX_BYTES
from tests import cast, make

pytestmark = pytest.mark.django_db
EVIL = "<script>alert(1)</script>"


def check(user: User | None = None, path: str = "rules/check/", **body: Any) -> Any:
    return Client().post(
        f"/api/v1/{path}", json.dumps({"sigma": EXAMPLE} | body), content_type="application/json",
        headers=make.bearer(Scope.READ, user=user or cast.reviewer()),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"sigma": ""}, "sigma"),
        ({"sigma": "x" * (MAX_BYTES + 1)}, "sigma"),
        ({"sigma": {"a": "b"}}, "sigma"),
        ({"sigma": ["a"]}, "sigma"),
        ({"signals": "[]"}, "signals"),
        ({"signals": [None]}, "signals"),
        ({"signals": [{}] * (MAX_SIGNALS + 1)}, "signals"),
        ({"days": -1}, "days"),
        ({"days": 91}, "days"),
        ({"days": "soon"}, "days"),
    ],
)
def test_a_body_that_cannot_be_read_names_its_field(body: dict[str, Any], field: str) -> None:
    told = check(**body)
    assert told.status_code == 400
    assert field in told.content.decode()


@pytest.mark.parametrize(
    ("who", "status"),
    [(cast.reviewer, 200), (cast.lead, 200), (cast.admin, 200), (cast.partner, 404),
     (cast.outsider, 401)],
)  # fmt: skip
@pytest.mark.parametrize("path", ["rules/check/", "detectors/velocity/try/"])
def test_who_sees_signals_may_try_a_rule(who: Callable[[], User], status: int, path: str) -> None:
    told = check(who(), path, signals=[make.item(1)])
    assert told.status_code == status, told.content


def test_nothing_of_a_trial_is_kept() -> None:
    kinds: tuple[Any, ...] = (Signal, Entity, Finding, DetectorConfig, DetectorDraft)
    before = [one.objects.count() for one in kinds]
    items = [make.item(n, kind="account.created", identifiers={"ip": "10.0.0.9"}) for n in range(9)]
    told = check(signals=items, days=7).json()
    assert len(told["trial"]["findings"]) == 1
    assert [one.objects.count() for one in kinds] == before
    assert not AuditEntry.objects.filter(verb__startswith="detector.").exists()


@pytest.mark.parametrize(
    "item",
    ["a\ud800", {"text": "\ud800"}, {"\udc00": 1}, 10**40, {"attributes": {"n": 10**40}}, 7, [],
     {"kind": EVIL}, {"urls": [EVIL]}, {"actor": EVIL, "occurred_at": "soon"}],
)  # fmt: skip
def test_an_odd_item_is_skipped_with_a_reason_and_the_others_are_tried(item: Any) -> None:
    odd = make.item(1) | item if isinstance(item, dict) else item
    told = check(signals=[odd, make.item(2)])
    assert told.status_code == 200, told.content
    trial = told.json()["trial"]
    assert 2 in [one["number"] for one in trial["looked"]]
    skipped = bool(trial["skipped"])
    assert skipped is (1 not in [one["number"] for one in trial["looked"]])


@pytest.mark.parametrize(
    "sigma",
    [
        EXAMPLE.replace("name: created", "name: [created]"),
        EXAMPLE.replace("name: created", "id: 5"),
        EXAMPLE.replace("  timespan", "  aliases: 5\n  timespan").replace("identifiers.ip", "who"),
        EXAMPLE.replace("kind:", "'text|re|contains':"),
        EXAMPLE.replace("identifiers.ip", "identifiers."),
        "title: \x07",
        "\u202e" + EVIL,
    ],
)
def test_an_odd_rule_is_answered_with_faults_and_no_trial(sigma: str) -> None:
    told = check(sigma=sigma, signals=[make.item(1)], days=1)
    assert told.status_code == 200, told.content
    answer = told.json()
    assert answer["faults"]
    assert all(one["line"] >= 1 and one["message"] for one in answer["faults"])
    assert (answer["trial"], answer["hits"], answer["title"]) == (None, None, None)


def test_a_desk_without_signals_has_no_hits_to_tell() -> None:
    hits = check(days=7).json()["hits"]
    assert hits is None or hits["matched"] == 0
    assert check(days=0).json()["hits"] is None
