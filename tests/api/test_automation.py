"""Automation over REST: propose, allow, settle what is held, undo, protect."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from abusedesk.core import clock
from abusedesk.core.models import Scope, User
from cases.choices import AutomatedState
from cases.models import AutomatedAction, Automation, ProtectedEntity, VersionUndo
from cases.services.version_undo import run_undo
from detectors.choices import Mode
from detectors.services.config import save_config
from tests import cast, make
from tests.cases import automated, build
from tests.cases.automated import SLUG, allowed, found, names, take_all

pytestmark = pytest.mark.django_db
ONE = f"/api/v1/detectors/{SLUG}/automation/"
PERMIT = {"kind": "limit", "cap": 3, "reason": "too many"}


@pytest.fixture(autouse=True)
def shipped() -> None:
    save_config(actor=None, slug=SLUG, mode=Mode.LIVE, params={}, reason="as shipped")


def door(user: User) -> Client:
    return Client(headers=make.bearer(Scope.READ, Scope.REVIEW, Scope.ADMIN, user=user))


def post(user: User, path: str, body: dict[str, Any]) -> Any:
    return door(user).post(path, body, content_type="application/json")


def faults(answer: Any) -> dict[str, str]:
    return {one["attr"]: one["code"] for one in answer.json()["errors"]}


def test_one_proposes_another_allows_and_it_takes_one_to_end_it() -> None:
    cast.lead()
    answer = post(cast.admin(), ONE, PERMIT | {"days": 7, "least_precision": 0.5})
    assert answer.status_code == 201
    made = answer.json()
    assert (made["state"], made["current"], made["author"]) == ("open", False, "admin")
    own = post(cast.admin(), f"{ONE}{made['id']}/", {"do": "allow"})
    assert (own.status_code, "Somebody else" in own.json()["errors"][0]["detail"]) == (403, True)
    assert post(cast.lead(), f"{ONE}{made['id']}/", {"do": "allow"}).json()["current"] is True
    again = post(cast.lead(), f"{ONE}{made['id']}/", {"do": "refuse", "note": "no"})
    assert again.status_code == 409
    (row,) = door(cast.reviewer()).get("/api/v1/automations/").json()
    assert (row["detector"], row["mode"], row["tripped"], row["used"]) == (SLUG, "live", False, 0)
    ended = door(cast.lead()).delete(ONE, {"reason": "x"}, content_type="application/json")
    assert (ended.status_code, ended.json()["ended_by"]) == (200, "lead")
    assert door(cast.reviewer()).get("/api/v1/automations/").json() == []


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"kind": "block"}, "kind"),
        ({"cap": 0}, "cap"),
        ({"cap": "many"}, "cap"),
        ({"min_weight": -1}, "min_weight"),
        ({"days": 0}, "days"),
        ({"resume_hours": 0}, "resume_hours"),
        ({"least_precision": 2}, "least_precision"),
        ({"reason": ""}, "reason"),
    ],
)
def test_what_is_wrong_is_refused_by_the_name_of_its_field(
    said: dict[str, Any], field: str
) -> None:
    answer = post(cast.admin(), ONE, PERMIT | said)
    assert (answer.status_code, list(faults(answer))) == (400, [field])
    assert not Automation.objects.exists()


def test_held_hits_are_listed_released_and_dropped() -> None:
    allowed(cap=2)
    found(build.accounts(6), anchor="d")
    take_all()
    rows = door(cast.reviewer()).get(f"{ONE}actions/?state=held").json()["results"]
    assert [one["account"] for one in rows] == ["x:a6", "x:a5", "x:a4", "x:a3"]
    assert {(one["why"], one["version"]) for one in rows} == {("more than the cap", 1)}
    wrong = door(cast.reviewer()).get(f"{ONE}actions/?state=lost")
    assert (wrong.status_code, list(faults(wrong))) == (422, ["state"])
    body = {"release": True, "reason": "yes", "ids": [rows[0]["id"]]}
    assert post(cast.reviewer(), f"{ONE}held/", body).status_code == 403
    assert post(cast.lead(), f"{ONE}held/", body).json() == {
        "released": 1, "dropped": 0, "barred": 0,
    }  # fmt: skip
    again = post(cast.lead(), f"{ONE}held/", body)
    assert (again.status_code, list(faults(again))) == (422, ["ids"])
    all_ = post(cast.lead(), f"{ONE}held/", {"release": False, "reason": "a class"})
    assert all_.json() == {"released": 0, "dropped": 3, "barred": 0}
    standing = door(cast.admin()).get("/api/v1/automations/").json()[0]
    assert (standing["tripped"], standing["held"], standing["acted"]) == (True, 0, 3)
    live = post(cast.admin(), f"{ONE}resume/", {"reason": "over"})
    assert (live.status_code, live.json()["way"]) == (201, "resumed")
    assert post(cast.admin(), f"{ONE}resume/", {"reason": "over"}).status_code == 409


def test_an_undo_is_previewed_confirmed_and_done() -> None:
    allowed(cap=100)
    found(build.accounts(60), anchor="d")
    take_all()
    since = (clock.now() - timedelta(hours=1)).isoformat()
    body = {"number": 1, "since": since, "reason": "wrong"}
    seen = post(cast.reviewer(), f"{ONE}undos/", body | {"dry_run": True}).json()
    assert (seen["total"], len(seen["samples"]), seen["opened"]) == (60, 10, [])
    assert post(cast.reviewer(), f"{ONE}undos/", body | {"count": 60}).status_code == 403
    refused = post(cast.lead(), f"{ONE}undos/", body)
    assert (refused.status_code, list(faults(refused))) == (422, ["count"])
    answer = post(cast.lead(), f"{ONE}undos/", body | {"count": 60})
    assert (answer.status_code, answer.json()["done"]) == (202, 0)
    run_undo(undo_id=answer.json()["id"])
    shown = door(cast.reviewer()).get(f"{ONE}undos/{answer.json()['id']}/").json()
    assert (shown["state"], shown["done"], shown["total"]) == ("done", 60, 60)
    assert post(cast.lead(), f"{ONE}undos/", body | {"dry_run": True}).json()["total"] == 0
    assert VersionUndo.objects.count() == 1


def test_entities_are_protected_and_let_go() -> None:
    body = {"values": ["x:a1", "x:a1"], "why": "vip", "reason": "minister"}
    assert post(cast.lead(), "/api/v1/protected/", body).status_code == 403
    answer = post(cast.admin(), "/api/v1/protected/", body)
    assert (answer.status_code, [one["value"] for one in answer.json()]) == (201, ["x:a1"])
    bad = post(cast.admin(), "/api/v1/protected/", body | {"values": ["nobody"]})
    assert (bad.status_code, list(faults(bad))) == (422, ["values"])
    entry = ProtectedEntity.objects.get()
    path = f"/api/v1/protected/{entry.pk}/"
    gone = door(cast.admin()).delete(path, {"reason": "left"}, content_type="application/json")
    assert (gone.status_code, gone.json()["end_reason"]) == (200, "left")
    again = door(cast.admin()).delete(path, {"reason": "left"}, content_type="application/json")
    assert again.status_code == 409
    assert door(cast.reviewer()).get("/api/v1/protected/").json()["results"] == []
    assert door(cast.reviewer()).get("/api/v1/protected/999/").status_code == 404


def test_nobody_learns_of_an_unknown_detector_or_of_another_ones_proposal() -> None:
    row = allowed()
    other = f"/api/v1/detectors/velocity/automation/{row.pk}/"
    assert post(cast.lead(), other, {"do": "allow"}).status_code == 404
    assert door(cast.admin()).get("/api/v1/detectors/no/automation/").status_code == 404
    assert door(cast.partner()).get(ONE).status_code == 404
    assert names(AutomatedState.ACTED) == []
    assert AutomatedAction.objects.count() == 0
    assert automated.config().mode == Mode.LIVE
