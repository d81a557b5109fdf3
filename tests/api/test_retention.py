"""Retention over REST: rules, verify, purge, holds."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from abusedesk.core.models import Scope
from cases.services.retention import continue_purge
from detectors.models import RetentionRule
from tests import cast, make
from tests.retention import left, middle, purged, read_all, rule, source, stored, verified
from tests.ui import world

pytestmark = pytest.mark.django_db
BASE = "/api/v1/retention/"


@pytest.fixture
def admin() -> Client:
    return Client(headers=make.bearer(Scope.ADMIN, user=cast.admin()))


def _post(client: Client, path: str, body: Any = None) -> Any:
    return client.post(f"{BASE}{path}", body or {}, content_type="application/json")


def test_a_plan_is_verified_and_purged(admin: Client) -> None:
    stored(middle(4), number=3)
    assert _post(admin, "rules/", {"kind": "post", "days": 30}).status_code == 201
    plan = _post(admin, "plans/").json()
    assert (plan["state"], plan["signals"], plan["gone_signals"]) == ("verified", 3, 0)
    (month,) = plan["months"]
    assert (month["goes"], month["whole"], month["gone"]) == (3, True, 0)
    shop = source("shop").pk
    assert month["lines"] == [{"source_id": shop, "kind": "post", "fate": "goes", "signals": 3}]
    wrong = _post(admin, f"plans/{plan['id']}/purge/", {"signals": 2})
    assert (wrong.status_code, wrong.json()["errors"][0]["attr"]) == (422, "signals")
    assert _post(admin, f"plans/{plan['id']}/purge/").status_code == 400
    begun = _post(admin, f"plans/{plan['id']}/purge/", {"signals": 3})
    assert (begun.status_code, begun.json()["state"]) == (202, "purging")
    continue_purge(run_id=plan["id"])
    done = admin.get(f"{BASE}plans/{plan['id']}/").json()
    assert (done["state"], done["gone_signals"], done["started_by"]) == ("done", 3, "admin")
    assert [one["id"] for one in admin.get(f"{BASE}plans/").json()["results"]] == [plan["id"]]
    assert left() == set()
    again = _post(admin, f"plans/{plan['id']}/purge/", {"signals": 3})
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "conflict")


def test_a_rule_for_the_same_signals_gives_way_to_its_next_version(admin: Client) -> None:
    source("shop")
    first = _post(admin, "rules/", {"source": "shop", "kind": "", "days": 30}).json()
    second = _post(admin, "rules/", {"source": "shop", "kind": "", "days": None}).json()
    assert (first["number"], second["number"]) == (1, 2)
    (listed,) = admin.get(f"{BASE}rules/").json()
    assert (listed["source"], listed["days"]) == ("shop", None)
    assert admin.delete(f"{BASE}rules/{first['id']}/").status_code == 404
    assert admin.delete(f"{BASE}rules/{second['id']}/").status_code == 200
    assert admin.get(f"{BASE}rules/").json() == []
    assert RetentionRule.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "status", "attr"),
    [
        ({"days": 0}, 422, "days"),
        ({"days": 40_000}, 422, "days"),
        ({"kind": "shout", "days": 3}, 422, "kind"),
        ({"source": "nowhere", "days": 3}, 400, "source"),
        ({"days": "soon"}, 400, "days"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(
    admin: Client, body: dict[str, Any], status: int, attr: str
) -> None:
    answer = _post(admin, "rules/", body)
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (status, attr)
    assert not RetentionRule.objects.exists()


def test_a_rule_shorter_than_a_lookback_bears_a_warning(admin: Client) -> None:
    world.config_of("velocity")
    assert "looks back 28 days" in _post(admin, "rules/", {"days": 20}).json()["warning"]
    assert _post(admin, "rules/", {"days": 28}).json()["warning"] == ""
    world.config_of("shared-infrastructure")
    assert "looks back" in admin.get(f"{BASE}rules/").json()[0]["warning"]


def test_a_hold_is_placed_and_released_with_reasons(admin: Client) -> None:
    body = {"kind": "account", "target": "x:mallory", "reason": "court"}
    hold = _post(admin, "holds/", body).json()
    assert (hold["target"], hold["created_by"], hold["released_at"]) == ("x:mallory", "admin", None)
    assert _post(admin, "holds/", body).status_code == 409
    assert _post(admin, f"holds/{hold['id']}/release/").status_code == 400
    freed = _post(admin, f"holds/{hold['id']}/release/", {"reason": "settled"}).json()
    assert (freed["released_by"], freed["release_reason"]) == ("admin", "settled")
    assert _post(admin, f"holds/{hold['id']}/release/", {"reason": "x"}).status_code == 409
    assert len(admin.get(f"{BASE}holds/").json()["results"]) == 1


def test_a_purged_signal_that_was_cited_says_so() -> None:
    signals = stored(middle(4), number=2)
    world.finding("velocity", "timing", "fast", 1, ["x:a"], signals[:1])
    read_all()
    rule(30)
    run = purged(verified())
    reader = Client(headers=make.bearer(Scope.READ, user=cast.reviewer()))
    answers = [reader.get(f"/api/v1/signals/{one.pk}/") for one in signals]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert [answer.json()["errors"][0]["detail"] for answer in answers] == [
        f"This signal was purged on {run.finished_at:%Y-%m-%d} by retention.",
        "There is no such signal.",
    ]
