"""Partners post to a circle's inbox: a real client, statuses, limits, refusals, deletions."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django.live_server_helper import LiveServer
from taxii2client.common import TokenAuth
from taxii2client.v21 import Collection

from abusedesk.core import clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry
from cases.models import Inbox, PostedObject, PostStatus
from cases.services import inbox as inboxes
from cases.services.inbox import set_inbox, sweep_posted, work_posted
from cases.services.partner import issue_partner_token
from cases.taxii.answers import MEDIA
from detectors.choices import BatchState
from detectors.models import IndicatorBatch, WatchItem
from tests.sharing import desk, objects
from tests.sharing.desk import Sharing

BOX = "/taxii2/ring/collections/inbox/"


@pytest.fixture
def on(db: None) -> Sharing:
    made = desk.desk()
    opened(made)
    return made


def opened(on: Sharing, takes: str = "hold", mode: str = "inbox") -> Inbox:
    return set_inbox(actor=on.admin, circle=on.circle, mode=mode, takes=takes, trust=0.8)


def _plain(on: Sharing, partner: int = 0) -> str:
    _, plain = issue_partner_token(
        actor=on.admin, partner=on.partners[partner], name="TAXII", days=9
    )
    return plain


def _door(on: Sharing, partner: int = 0) -> Client:
    return Client(headers={"Authorization": f"Bearer {_plain(on, partner)}", "Accept": MEDIA})


def _post(door: Client, some: Any, path: str = f"{BOX}objects/", kind: str = MEDIA) -> Any:
    body = some if isinstance(some, bytes) else json.dumps({"objects": some}).encode()
    return door.generic("POST", path, body, content_type=kind)


@pytest.mark.django_db(transaction=True)
def test_a_real_client_posts_waits_reads_it_back_and_deletes(live_server: LiveServer) -> None:
    on = desk.desk()
    box = opened(on)
    url = f"{live_server.url}/taxii2/ring/collections/{box.collection}/"
    collection = Collection(url, auth=TokenAuth(_plain(on)))
    assert (collection.title, collection.can_read, collection.can_write) == ("Inbox", True, True)
    sent = [objects.of_domain(n, f"bad-{n}.example") for n in range(1, 4)]
    status = collection.add_objects({"objects": sent}, wait_for_completion=True)
    assert (status.status, status.success_count, status.failure_count) == ("complete", 3, 0)
    assert {one["id"] for one in status.successes} == {one["id"] for one in sent}
    again = collection.add_objects({"objects": sent}, wait_for_completion=True)
    assert (again.success_count, again.failure_count) == (3, 0), "an exact duplicate is a success"
    assert PostedObject.objects.count() == 3
    read = collection.get_objects()["objects"]
    assert sorted(read, key=str) == sorted(sent, key=str)
    assert len(collection.get_manifest()["objects"]) == 3
    collection.delete_object(sent[0]["id"])
    assert len(collection.get_objects()["objects"]) == 2


@pytest.mark.django_db(transaction=True)
def test_more_than_a_hundred_are_pending_until_a_worker_has_done_them(
    live_server: LiveServer,
) -> None:
    on = desk.desk()
    box = opened(on)
    url = f"{live_server.url}/taxii2/ring/collections/{box.collection}/"
    collection = Collection(url, auth=TokenAuth(_plain(on)))
    sent = [objects.of_domain(n, f"bad-{n}.example") for n in range(120)]
    status = collection.add_objects({"objects": sent}, wait_for_completion=False)
    assert (status.status, status.pending_count, len(status.pendings)) == ("pending", 120, 120)
    work_posted(status_id=PostStatus.objects.get().pk)
    status.refresh()
    assert (status.status, status.success_count, status.pending_count) == ("complete", 120, 0)
    work_posted(status_id=PostStatus.objects.get().pk)
    assert PostedObject.objects.count() == 120, "twice adds nothing"


def test_what_is_wrong_with_one_object_costs_no_other_and_is_said(on: Sharing) -> None:
    door = _door(on)
    good = objects.of_domain(1, "bad-1.example")
    _post(door, [good])
    deep: dict[str, Any] = {}
    for _ in range(25):
        deep = {"x": deep}
    wrong = [
        good | {"name": "another body"},
        objects.of_domain(2, "b.example", id="indicator--2"),
        objects.of_domain(3, "b.example", id=objects.uid("campaign", 3)),
        objects.of_domain(4, "b.example", modified="yesterday"),
        objects.of_domain(5, "b.example", name="x" * 70_000),
        objects.of_domain(6, "b.example", x_deep=deep),
        objects.made("report", 7, name="r", object_refs=[good["id"]] * 1_001),
        objects.of_domain(8, "b.example", spec_version="2.0"),
        "no object",
    ]
    fine = objects.of_domain(9, "fine.example")
    told = _post(door, [*wrong, fine]).json()
    assert (told["success_count"], told["failure_count"]) == (1, len(wrong))
    assert [one["id"] for one in told["successes"]] == [fine["id"]]
    said = [one["message"] for one in told["failures"]]
    assert said[0] == "This version was added before with another body."
    assert all(said)
    assert len(set(said)) >= 7, "each names what is wrong with it"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"objects": []}', "application/json", 415),
        (b'{"objects": []}', "application/taxii+json;version=2.0", 415),
        (b'{"objects": []}', "", 415),
        (b'{"objects": []}', "application/taxii+json", 202),
        (b"nothing", MEDIA, 422),
        (b"[]", MEDIA, 422),
        (b'{"objects": {}}', MEDIA, 422),
        (b"[" * 100_000, MEDIA, 422),
        (b'{"objects": [' + b"1," * 5_000 + b"1]}", MEDIA, 413),
        (b" " * (10 * 1024 * 1024 + 1), MEDIA, 413),
    ],
)
def test_what_is_no_envelope_is_refused_as_a_whole(
    on: Sharing, body: bytes, kind: str, status: int
) -> None:
    answer = _post(_door(on), body, kind=kind)
    assert answer.status_code == status
    if status != 202:
        assert answer.json()["http_status"] == str(status)
        assert PostStatus.objects.count() == 0


def test_a_writer_sees_its_own_and_a_reader_who_may_not_write_is_refused(on: Sharing) -> None:
    north, south = _door(on), _door(on, 1)
    mine = objects.of_domain(1, "bad-1.example")
    seen = objects.domain_name("bad-1.example")
    told = _post(north, [mine, seen]).json()
    assert south.get(f"{BOX}objects/").json() == {}
    assert south.get(f"{BOX}objects/{mine['id']}/").status_code == 404
    assert south.get(f"/taxii2/ring/status/{told['id']}/").status_code == 404
    assert north.get(f"/taxii2/ring/status/{told['id']}/").json() == told
    assert south.delete(f"{BOX}objects/{mine['id']}/").status_code == 404
    theirs = _post(south, [mine | {"modified": objects.moment(5)}, seen]).json()
    assert [one["message"] for one in theirs["failures"]] == ["Another partner made this object."]
    assert theirs["success_count"] == 1, "the id of an observable tells nobody who has it"
    wrong = "/taxii2/ring/collections/objects/objects/"
    assert _post(north, [mine], path=wrong).status_code == 403
    desk.shared(on)
    campaign = next(one for one in north.get(wrong).json()["objects"] if one["type"] == "campaign")
    assert north.delete(f"{wrong}{campaign['id']}/").status_code == 403
    opened(on, mode="none")
    assert _post(north, [mine]).status_code == 404
    told = north.get("/taxii2/ring/collections/").json()["collections"]
    assert [one["title"] for one in told] == ["Objects", "Patterns"]


def test_a_partner_that_left_the_circle_writes_no_more(on: Sharing) -> None:
    door = _door(on)
    on.circle.members.filter(partner=on.partners[0]).delete()
    assert _post(door, [objects.of_domain(1, "bad.example")]).status_code == 404
    assert PostedObject.objects.count() == 0


def test_what_is_posted_waits_for_a_person_and_what_is_deleted_is_believed_no_more(
    on: Sharing,
) -> None:
    door = _door(on)
    one = objects.of_domain(1, "bad-1.example")
    told = _post(door, [one]).json()
    assert [said["message"] for said in told["successes"]] == ["waits for a person"]
    batch = IndicatorBatch.objects.get()
    assert (batch.state, batch.source) == (BatchState.PREVIEW, "inbox:cert-north")
    assert WatchItem.objects.count() == 0
    opened(on, takes="opinion")
    two = objects.of_domain(2, "bad-2.example")
    _post(door, [two])
    assert WatchItem.objects.get(ended_at=None).value == "bad-2.example"
    assert door.delete(f"{BOX}objects/{two['id']}/").status_code == 200
    assert WatchItem.objects.filter(ended_at=None).count() == 0
    assert door.get(f"{BOX}objects/{two['id']}/").status_code == 404
    _post(door, [two])
    assert WatchItem.objects.get(ended_at=None).value == "bad-2.example", "it may say so again"


def test_only_an_admin_opens_an_inbox_and_wrong_words_are_named(on: Sharing) -> None:
    for person in (on.lead, on.reviewer):
        with pytest.raises(ForbiddenError):
            set_inbox(actor=person, circle=on.circle, mode="inbox", takes="hold", trust=0.5)
    for said, field in (
        ({"mode": "all"}, "mode"),
        ({"takes": "act"}, "takes"),
        ({"trust": 1.5}, "trust"),
        ({"trust": float("nan")}, "trust"),
    ):
        values: dict[str, Any] = {"mode": "inbox", "takes": "hold", "trust": 0.5, **said}
        with pytest.raises(InvalidError) as wrong:
            set_inbox(actor=on.admin, circle=on.circle, **values)
        assert wrong.value.field == field


def test_statuses_are_kept_for_a_month_and_lost_wakeups_are_found(
    on: Sharing, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = _door(on)
    told = _post(door, [objects.of_domain(1, "bad-1.example")]).json()
    woken: list[int] = []
    monkeypatch.setattr(inboxes, "wake", lambda _, pk: woken.append(pk))
    PostStatus.objects.update(state="pending")
    sweep_posted()
    assert woken == [PostStatus.objects.get().pk]
    PostStatus.objects.update(state="complete", at=clock.now() - timedelta(days=29))
    sweep_posted()
    assert door.get(f"/taxii2/ring/status/{told['id']}/").status_code == 200
    PostStatus.objects.update(at=clock.now() - timedelta(days=31))
    sweep_posted()
    assert door.get(f"/taxii2/ring/status/{told['id']}/").status_code == 404


def test_posts_and_deletions_stand_in_the_audit(on: Sharing) -> None:
    door = _door(on)
    one = objects.of_domain(1, "bad-1.example")
    _post(door, [one, "nothing"])
    door.delete(f"{BOX}objects/{one['id']}/")
    entries = AuditEntry.objects.filter(verb__in=[Verb.INBOX_POSTED, Verb.INBOX_TAKEN_BACK])
    posted, back = entries.order_by("pk")
    assert (posted.data["good"], posted.data["bad"]) == (1, 1)
    assert back.data["object"] == one["id"]
    on.partners[0].refresh_from_db()
    assert {entry.actor_id for entry in (posted, back)} == {on.partners[0].user_id}
