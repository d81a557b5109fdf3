"""/api/v1/dead-letters/: filters, counts by reason, replay and discard of many."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from abusedesk.core.models import Scope
from detectors.models import DeadLetter, LetterJob, Signal
from detectors.selectors.dead_letter import LetterFilter
from detectors.services import letter_job
from tests import cast, letters, make

pytestmark = pytest.mark.django_db
URL = "/api/v1/dead-letters/"


@pytest.fixture
def door() -> dict[str, str]:
    return make.bearer(Scope.INGEST, Scope.READ, user=cast.admin(), name="console")


def post(path: str, body: Any, door: dict[str, str]) -> Any:
    return Client().post(f"{URL}{path}", body, content_type="application/json", headers=door)


def listed(query: str, door: dict[str, str]) -> set[str]:
    rows = Client().get(f"{URL}?{query}", headers=door).json()["results"]
    return {row["external_id"] for row in rows}


def test_the_list_is_filtered_by_every_part_of_the_filter(door: dict[str, str]) -> None:
    acme, other = make.source(), make.source("other")
    letters.refuse_item(acme, 1, kind="shout")
    letters.refuse_item(other, 2, actor=5)
    letters.piece(acme)
    assert listed("source=other", door) == {"s-2"}
    assert listed("field=kind&code=choice", door) == {"s-1"}
    assert listed("code=choice&field=actor", door) == set()
    assert listed("adapter=xarf", door) == {""}
    assert listed("adapter=none", door) == {"s-1", "s-2"}
    assert listed("since=2020-01-01T00:00:00Z&state=open", door) == {"s-1", "s-2", ""}
    assert listed("until=2020-01-01T00:00:00Z", door) == set()
    assert Client().get(f"{URL}?state=lost", headers=door).status_code == 400


def test_reasons_come_with_their_counts(door: dict[str, str]) -> None:
    source = make.source()
    for number in range(3):
        letters.refuse_item(source, number, kind="shout")
    letters.refuse_item(source, 4, actor=5)
    answer = Client().get(f"{URL}reasons/?source=acme", headers=door).json()
    assert answer == {
        "total": 4,
        "reasons": [
            {"field": "kind", "code": "choice", "letters": 3},
            {"field": "actor", "code": "type", "letters": 1},
        ],
    }
    assert Client().get(f"{URL}reasons/?since=soon", headers=door).status_code == 422


def test_count_first_then_replay_all_that_match(door: dict[str, str]) -> None:
    source = make.source()
    letters.mended(1, source)
    bad = letters.refuse_item(source, 2, kind="shout")
    body = {"action": "replay", "filter": {"source": "acme"}}
    counted = post("jobs/", {**body, "dry_run": True}, door)
    assert (counted.status_code, counted.json()) == (200, {"total": 2, "newest": bad.pk})
    assert not LetterJob.objects.exists()
    letters.mended(3, source)
    done = post("jobs/", {**body, "newest": counted.json()["newest"]}, door)
    job = done.json()
    assert (done.status_code, job["state"]) == (201, "done")
    assert (job["total"], job["done"], job["failed"]) == (2, 1, 1)
    assert Signal.objects.get().external_id == "s-1"
    assert Client().get(f"{URL}jobs/{job['id']}/", headers=door).json() == job


def test_many_are_answered_with_202(door: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letter_job, "AT_ONCE", 0)
    letters.mended(1, make.source())
    answer = post("jobs/", {"action": "replay"}, door)
    assert (answer.status_code, answer.json()["state"]) == (202, "running")


@pytest.mark.parametrize(
    ("body", "status", "attr"),
    [
        ({"action": "keep"}, 400, "action"),
        ({"action": "replay", "ids": []}, 400, "ids"),
        ({"action": "replay", "ids": [2**63]}, 400, "ids.0"),
        ({"action": "replay", "filter": {"since": "soon"}}, 400, "filter.since"),
        ({"action": "discard"}, 422, "reason"),
        ({"action": "replay", "filter": {"source": "nobody"}}, 422, "filter"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(
    door: dict[str, str], body: dict[str, Any], status: int, attr: str
) -> None:
    letters.mended(1, make.source())
    answer = post("jobs/", body, door)
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (status, attr)
    assert DeadLetter.objects.get().state == "open"


def test_chosen_items_are_discarded_with_the_reason(door: dict[str, str]) -> None:
    source = make.source()
    one, other = letters.mended(1, source), letters.mended(2, source)
    body = {"action": "discard", "ids": [one.pk], "reason": "noise"}
    assert post("jobs/", body, door).json()["done"] == 1
    row = Client().get(f"{URL}{one.pk}/", headers=door).json()
    assert (row["state"], row["reason"]) == ("discarded", "noise")
    other.refresh_from_db()
    assert other.state == "open"


def test_one_item_is_discarded_with_or_without_a_reason(door: dict[str, str]) -> None:
    source = make.source()
    for number, body in enumerate(({"reason": "noise"}, {})):
        letter = letters.mended(number, source)
        row = post(f"{letter.pk}/discard/", body, door).json()
        assert (row["state"], row["reason"]) == ("discarded", body.get("reason", ""))


def test_a_job_of_somebody_else_does_not_exist_for_an_integration() -> None:
    letters.mended(1, make.source())
    job = letter_job.start_job(actor=cast.admin(), action="replay", wanted=LetterFilter())
    mine = make.bearer(Scope.READ)
    assert Client().get(f"{URL}jobs/{job.pk}/", headers=mine).status_code == 404
