"""Cases over REST: the same services, the same refusals."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from abusedesk.core import ids
from abusedesk.core.models import Role, Scope, User
from abusedesk.core.tokens import issue_token
from cases import queue
from cases.choices import State
from cases.models import Case, Queue
from detectors.choices import Outcome
from tests.cases import build

pytestmark = pytest.mark.django_db
BASE = "/api/v1/cases/"


class Api:
    """A caller with a token."""

    def __init__(self, user: User, *scopes: Scope) -> None:
        _, plain = issue_token(user=user, name="test", scopes=list(scopes))
        self.client = Client(headers={"Authorization": f"Bearer {plain}"})

    def get(self, path: str = "", **query: str) -> Any:
        return self.client.get(f"{BASE}{path}", query)

    def post(self, path: str, body: Any = None) -> Any:
        return self.client.post(f"{BASE}{path}", body or {}, content_type="application/json")


@pytest.fixture
def reviewer() -> User:
    return build.user(name="ada")


@pytest.fixture
def api(reviewer: User) -> Api:
    return Api(reviewer, Scope.READ, Scope.REVIEW)


def _body(claim_id: object, /, **changed: object) -> dict[str, object]:
    return {
        "claim_id": str(claim_id),
        "outcome": "abuse",
        "reason": "same device",
        "key": str(build.key(1)),
    } | changed


def test_a_list_pages_by_key_newest_first(api: Api) -> None:
    refs = [build.case().ref for _ in range(5)][::-1]
    first = api.get(page_size="3").json()
    assert [row["ref"] for row in first["results"]] == refs[:3]
    build.case()
    second = api.client.get(first["next"]).json()
    assert [row["ref"] for row in second["results"]] == refs[3:]


def test_a_list_is_filtered_by_state_and_queue(api: Api) -> None:
    other = Queue.objects.create(slug="other", title="Other")
    build.case()
    closed = build.case(state=State.CLOSED, queue=other)
    assert [row["ref"] for row in api.get(state="closed").json()["results"]] == [closed.ref]
    assert [row["ref"] for row in api.get(queue="other").json()["results"]] == [closed.ref]
    assert api.get(queue="nowhere\x00").json()["results"] == []
    refused = api.get(state="lost")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["attr"] == "state"


def test_a_case_shows_its_parts_and_its_timeline(api: Api) -> None:
    row, case = build.opened()
    shown = api.get(f"{case.ref}/").json()
    assert shown["title"] == case.title
    assert sum(shown["contributions"].values()) == pytest.approx(row.score)
    assert shown["timeline"][0]["sentence"] == "opened the case with 20 signals from 8 accounts"
    assert shown["summary"][0]["lead"] == "What"


@pytest.mark.parametrize("ref", ["AD-999", "AD-999999999999999999", "AD-x", "%00", "1"])
def test_what_does_not_exist_is_404(api: Api, ref: str) -> None:
    assert api.get(f"{ref}/").status_code == 404
    assert api.post(f"{ref}/claim/").status_code == 404


@pytest.mark.row(35)
def test_claim_decide_and_undo(api: Api) -> None:
    case = build.case()
    claimed = api.post(f"{case.ref}/claim/").json()
    body = _body(claimed["claim_id"])
    decided = api.post(f"{case.ref}/decide/", body)
    assert decided.status_code == 201
    assert (decided.json()["case"], decided.json()["actor"]) == (case.ref, "ada")
    assert api.post(f"{case.ref}/decide/", body).json()["id"] == decided.json()["id"]
    assert api.get(f"{case.ref}/").json()["state"] == "closed"
    undone = api.post(f"{case.ref}/undo/", {"decision": decided.json()["id"]})
    assert (undone.status_code, undone.json()["state"]) == (200, "open")
    again = api.post(f"{case.ref}/undo/")
    assert again.status_code == 409
    assert "already undone" in again.json()["errors"][0]["detail"]


def test_a_release_gives_the_case_back(api: Api) -> None:
    case = build.case()
    api.post(f"{case.ref}/claim/")
    assert api.post(f"{case.ref}/release/").json()["claim_id"] is None


def test_a_note_is_added(api: Api) -> None:
    case = build.case()
    assert api.post(f"{case.ref}/notes/", {"body": "hello"}).status_code == 201
    assert case.notes.get().author.username == "ada"


@pytest.mark.row(40)
def test_an_illegal_transition_is_409(api: Api) -> None:
    case = build.case()
    claimed = api.post(f"{case.ref}/claim/").json()
    api.post(f"{case.ref}/decide/", _body(claimed["claim_id"]))
    refused = api.post(f"{case.ref}/decide/", _body(claimed["claim_id"], key=str(build.key(2))))
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["code"] == "illegal_transition"


def test_a_claim_that_somebody_else_holds_is_409_and_named(api: Api) -> None:
    case = build.case()
    queue.claim(actor=build.user(name="bob"), case=case)
    refused = api.post(f"{case.ref}/claim/")
    assert refused.status_code == 409
    assert "claimed by bob" in refused.json()["errors"][0]["detail"]
    lost = api.post(f"{case.ref}/decide/", _body(ids.new_uuid()))
    assert (lost.status_code, lost.json()["errors"][0]["code"]) == (409, "claim_lost")


@pytest.mark.row(40)
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "  "}, "reason"),
        ({"reason": None}, "reason"),
        ({"reason": "x" * 5_001}, "reason"),
        ({"reason": "\x00"}, "reason"),
        ({"reason": ["a"]}, "reason"),
        ({"outcome": "guilty"}, "outcome"),
        ({"outcome": None}, "outcome"),
        ({"claim_id": "x"}, "claim_id"),
        ({"claim_id": None}, "claim_id"),
        ({"key": "x"}, "key"),
        ({"key": 10**40}, "key"),
    ],
)
def test_a_bad_value_is_refused_by_its_name(
    api: Api, changed: dict[str, object], field: str
) -> None:
    case = build.case()
    claimed = api.post(f"{case.ref}/claim/").json()
    refused = api.post(f"{case.ref}/decide/", _body(claimed["claim_id"], **changed))
    assert refused.status_code in {400, 422}
    assert refused.json()["errors"][0]["attr"] == field
    assert Case.objects.get().state == State.OPEN


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("undo/", {"decision": "x"}), ("undo/", {"decision": 0}), ("undo/", {"decision": 2**63}),
        ("notes/", {}), ("notes/", {"body": ""}), ("notes/", {"body": "x" * 20_001}),
        ("notes/", {"body": "\x00"}), ("decide/", []), ("decide/", {}),
    ],
)  # fmt: skip
def test_a_bad_body_is_refused(api: Api, path: str, body: object) -> None:
    refused = api.post(f"{build.case().ref}/{path}", body)
    assert refused.status_code in {400, 422}
    assert refused.json()["errors"]


@pytest.mark.parametrize("text", ["a \x00 b", "\ud800", "ümläut \U0001f600"])
def test_any_text_can_be_a_note(api: Api, text: str) -> None:
    case = build.case()
    answer = api.post(f"{case.ref}/notes/", {"body": f"note {text}"})
    assert answer.status_code in {201, 400}


@pytest.mark.parametrize("path", ["claim/", "release/", "decide/", "undo/", "notes/"])
def test_a_token_that_may_only_read_writes_nothing(reviewer: User, path: str) -> None:
    case = build.case()
    refused = Api(reviewer, Scope.READ).post(f"{case.ref}/{path}", {})
    assert refused.status_code == 403
    assert "review" in refused.json()["errors"][0]["detail"]


@pytest.mark.parametrize("scopes", [[Scope.INGEST], [Scope.REVIEW]])
def test_reading_takes_the_scope_for_it(reviewer: User, scopes: list[Scope]) -> None:
    assert Api(reviewer, *scopes).get().status_code == 403


@pytest.mark.parametrize("role", [Role.INTEGRATION, Role.PARTNER])
def test_integrations_and_partners_find_no_case_whatever_their_scopes(role: Role) -> None:
    case = build.case()
    api = Api(build.user(role), Scope.READ, Scope.REVIEW)
    assert api.get().json()["results"] == []
    assert api.get(f"{case.ref}/").status_code == 404
    for path in ("claim/", "release/", "undo/"):
        assert api.post(f"{case.ref}/{path}").status_code == 404
    assert api.post(f"{case.ref}/notes/", {"body": "b"}).status_code == 404
    assert api.post(f"{case.ref}/decide/", _body(ids.new_uuid())).status_code == 404


def test_nobody_without_a_token_gets_in() -> None:
    assert Client().get(BASE).status_code == 401
    assert Client(headers={"Authorization": "Bearer ad_x_y"}).get(BASE).status_code == 401


def test_only_leads_undo_what_others_decided(reviewer: User) -> None:
    case = build.case()
    build.decided(reviewer, case, Outcome.ABUSE)
    other = Api(build.user(), Scope.READ, Scope.REVIEW)
    lead = Api(build.user(Role.LEAD), Scope.READ, Scope.REVIEW)
    assert other.post(f"{case.ref}/undo/").status_code == 403
    assert lead.post(f"{case.ref}/undo/").status_code == 200


@pytest.mark.parametrize("method", ["put", "delete"])
def test_a_case_is_changed_by_actions_only(api: Api, method: str) -> None:
    case = build.case()
    answer = getattr(api.client, method)(f"{BASE}{case.ref}/", content_type="application/json")
    assert answer.status_code == 405
