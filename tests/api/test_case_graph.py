"""The graph of a case over REST: a node is read, and things are added and taken off."""

from __future__ import annotations

import pytest

from abusedesk.core.models import Role
from cases.models import Case
from detectors.models import Entity, Signal
from tests.api.test_case_content import Api
from tests.cases import build
from tests.ui import world

pytestmark = pytest.mark.django_db
BASE = "/api/v1/cases/"


@pytest.fixture
def desk() -> world.Desk:
    found = world.desk(2)
    for place, account in ((0, ""), (20, "x:helper")):
        signal = Signal.objects.order_by("pk")[place]
        name = account or f"{signal.platform}:{signal.actor}"
        world.mention(signal, "account", name, role="actor")
        world.mention(signal, "domain", "pay.example")
    return found


@pytest.mark.row(57)
def test_a_node_is_read_and_what_it_touches_is_added_and_taken_off(desk: world.Desk) -> None:
    api, case = Api(desk.reviewer), desk.cases[0]
    domain, helper = (Entity.objects.get(value=one) for one in ("pay.example", "x:helper"))
    node = api.ask("get", f"{case.ref}/graph/nodes/{domain.pk}/").json()
    assert (node["type"], node["in_case"], node["addition"]) == ("domain", False, None)
    things = {one["value"]: one for one in node["things"]}
    assert things["x:helper"]["in_case"] is False
    said = {"entity": helper.pk, "reason": "pays"}
    added = api.ask("post", f"{case.ref}/additions/", said)
    assert added.status_code == 201
    (row,) = api.ask("get", f"{case.ref}/additions/").json()
    assert row == added.json()
    assert (row["type"], row["value"], row["added_by"]) == ("account", "x:helper", "rita")
    again = api.ask("get", f"{case.ref}/graph/nodes/{domain.pk}/").json()
    assert {one["value"]: one["in_case"] for one in again["things"]}["x:helper"] is True
    assert api.ask("delete", f"{case.ref}/additions/{row['id']}/").status_code == 204
    assert api.ask("delete", f"{case.ref}/additions/{row['id']}/").status_code == 404
    verbs = [one["verb"] for one in api.ask("get", f"{case.ref}/timeline/").json()["results"]]
    assert verbs[:2] == ["case.taken_off", "case.added"]


def test_a_thing_is_named_by_any_spelling(desk: world.Desk) -> None:
    said = {"type": "domain", "value": "PAY.example", "reason": "the till"}
    api, case = Api(desk.reviewer), desk.cases[0]
    assert api.ask("post", f"{case.ref}/additions/", said).json()["value"] == "pay.example"


@pytest.mark.parametrize(
    ("said", "status", "field"),
    [
        ({"reason": "a"}, 400, "entity"),
        ({"type": "domain", "reason": "a"}, 400, "entity"),
        ({"entity": 10**12, "reason": "a"}, 422, "entity"),
        ({"type": "domain", "value": "nobody.example", "reason": "a"}, 422, "value"),
        ({"type": "domain", "value": "pay.example"}, 400, "reason"),
    ],
)
def test_what_cannot_be_added_is_refused_by_its_field(
    desk: world.Desk, said: dict[str, object], status: int, field: str
) -> None:
    answer = Api(desk.reviewer).ask("post", f"{desk.cases[0].ref}/additions/", said)
    assert answer.status_code == status
    assert field in answer.content.decode()


def test_a_stale_version_adds_nothing(desk: world.Desk) -> None:
    case = desk.cases[0]
    said = {"type": "domain", "value": "pay.example", "reason": "a"}
    stale = Api(desk.reviewer).ask("post", f"{case.ref}/additions/", said, match='"99"')
    assert stale.status_code == 412
    assert not Case.objects.get(pk=case.pk).additions.exists()


def test_an_integration_finds_no_case(desk: world.Desk) -> None:
    api, case = Api(build.user(Role.INTEGRATION)), desk.cases[0]
    assert api.ask("get", f"{case.ref}/additions/").status_code == 404
