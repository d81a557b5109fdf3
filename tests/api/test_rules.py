"""Rules over REST: checked with lines, tried on samples and on stored signals, made, changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from abusedesk.core import clock
from abusedesk.core.models import Scope, User
from detectors.schema import Kind
from detectors.services.ingest import ingest_batch
from detectors.sigma.params import EXAMPLE
from tests import cast, make

pytestmark = pytest.mark.django_db


def call(path: str, body: Any, *scopes: Scope, user: User | None = None, put: bool = False) -> Any:
    client = Client()
    send = client.put if put else client.post
    return send(
        f"/api/v1/{path}",
        body,
        content_type="application/json",
        headers=make.bearer(*(scopes or (Scope.READ,)), user=user or cast.lead()),
    )


def created(count: int) -> list[dict[str, Any]]:
    return [
        make.item(n, kind="account.created", identifiers={"ip": "203.0.113.7"})
        for n in range(count)
    ]


@pytest.mark.row(27)
def test_a_sample_gives_a_trace_of_each_condition() -> None:
    told = call("rules/check/", {"sigma": EXAMPLE, "signals": [*created(4), make.item(9)]}).json()
    assert told["faults"] == []
    assert (told["needed"], told["window_s"]) == (5, 3_600)
    first, last = told["trial"]["looked"][0], told["trial"]["looked"][-1]
    assert first["parts"][0]["lines"] == [
        {"depth": 0, "text": "kind is “account.created”", "found": ["account.created"],
         "met": True, "is_check": True}
    ]  # fmt: skip
    assert first["keys"] == [{"type": "ip", "value": "203.0.113.7"}]
    assert last["parts"][0]["lines"][0]["found"] == ["post"]
    assert not last["parts"][0]["met"]
    (group,) = told["trial"]["groups"]
    assert (group["value"], group["needed"], group["margin"]) == (4, 5, 1)
    assert told["trial"]["findings"] == []
    again = call("rules/check/", {"sigma": EXAMPLE, "signals": created(5)}).json()
    (said,) = again["trial"]["findings"]
    assert said["conditions"][0]["met"]
    assert len(said["subjects"]) == 5


@pytest.mark.row(27)
def test_a_built_in_detector_tells_what_a_sample_counts_for() -> None:
    signals = [
        make.item(n, kind="account.created", identifiers={"ip": "203.0.113.7", "ja4": "t13d"})
        for n in range(3)
    ]
    told = call("detectors/velocity/try/", {"signals": signals}).json()
    assert [one["type"] for one in told["looked"][0]["keys"]] == ["signups"]
    (said,) = told["findings"]
    assert said["conditions"] == [
        {"name": "actors", "value": 3.0, "op": ">=", "limit": 3.0, "unit": "in 600 s", "met": True}
    ]


def test_faults_name_their_lines() -> None:
    told = call("rules/check/", {"sigma": EXAMPLE.replace("kind:", "knd:")}).json()
    (fault,) = told["faults"]
    assert (fault["line"], fault["field"]) == (8, "knd")
    assert told["trial"] is None


def test_a_sample_that_is_none_is_told_and_costs_nothing() -> None:
    told = call("rules/check/", {"sigma": EXAMPLE, "signals": [{"platform": "x"}, 7]}).json()
    assert any("kind" in one for one in told["trial"]["skipped"])
    assert told["trial"]["looked"] == []


def test_stored_signals_are_looked_at() -> None:
    now = clock.now()
    ingest_batch(
        source=make.source(),
        signals=[
            make.signal(
                n, kind=Kind.ACCOUNT_CREATED, occurred_at=now - timedelta(minutes=n),
                identifiers={"ip": "203.0.113.7"},
            )
            for n in range(6)
        ],
    )  # fmt: skip
    hits = call("rules/check/", {"sigma": EXAMPLE, "days": 1}).json()["hits"]
    assert (hits["matched"], len(hits["signal_ids"]), hits["is_whole"]) == (6, 6, True)
    assert hits["alerts"][-1]["number"] == 6


@pytest.mark.row(13)
def test_a_rule_is_made_read_and_changed_without_a_deployment() -> None:
    body = {"name": "One address", "params": {"sigma": EXAMPLE}, "reason": "sign-up waves"}
    made = call("rules/", body, Scope.ADMIN)
    assert made.status_code == 201, made.content
    config = made.json()["config"]
    assert (config["slug"], config["mode"]) == ("rule-one-address", "shadow")
    assert made.json()["draft"] is None
    assert call("rules/", body, Scope.ADMIN).status_code == 422
    path = "detectors/rule-one-address/"
    read = Client().get(f"/api/v1/{path}", headers=make.bearer(Scope.READ, user=cast.lead()))
    assert read.json()["config"]["params"]["sigma"] == EXAMPLE
    live = {"mode": "live", "params": {"sigma": EXAMPLE, "threshold": 7}, "reason": "fewer"}
    assert call(path, live, Scope.ADMIN, put=True).json()["config"]["number"] == 2
    bad = live | {"params": {"sigma": EXAMPLE.replace("1h", "1y")}}
    told = call(path, bad, Scope.ADMIN, put=True)
    assert told.status_code == 422
    assert "Line 19" in told.json()["errors"][0]["detail"]


@pytest.mark.row(13)
def test_a_reviewer_makes_no_rule() -> None:
    body = {"name": "Mine", "params": {}, "reason": "because"}
    assert call("rules/", body, Scope.ADMIN, user=cast.reviewer()).status_code == 403
    assert call("detectors/rule-none/", body, Scope.ADMIN, put=True).status_code == 404
