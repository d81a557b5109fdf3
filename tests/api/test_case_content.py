"""What people add to a case over REST, and that nothing overwrites what somebody else wrote."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from abusedesk.core import clock
from abusedesk.core.models import Role, Scope, User
from abusedesk.core.tokens import issue_token
from abusedesk.core.uploads import MAX_BODY
from cases.choices import State, TaskState
from cases.models import Case, EvidenceFile, Task
from cases.services.marking import label_case
from detectors.choices import Outcome
from tests.cases import build

pytestmark = pytest.mark.django_db
BASE = "/api/v1/cases/"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


class Api:
    """A caller with a token; `match` is the If-Match header."""

    def __init__(self, user: User) -> None:
        _, plain = issue_token(user=user, name="test", scopes=[Scope.READ, Scope.REVIEW])
        self.client = Client(headers={"Authorization": f"Bearer {plain}"})

    def ask(self, method: str, path: str, body: Any = None, match: str | None = None) -> Any:
        headers = {} if match is None else {"If-Match": match}
        call = getattr(self.client, method)
        if method == "get":
            return call(f"{BASE}{path}", body, headers=headers)
        return call(f"{BASE}{path}", body or {}, content_type="application/json", headers=headers)

    def upload(self, path: str, content: bytes, name: str = "a.png", **fields: str) -> Any:
        file = SimpleUploadedFile(name, content, content_type="image/png")
        return self.client.post(f"{BASE}{path}", {"file": file, **fields})


@pytest.fixture
def reviewer() -> User:
    return build.user(name="ada")


@pytest.fixture
def api(reviewer: User) -> Api:
    return Api(reviewer)


@pytest.fixture
def case(db: None) -> Case:
    return build.case()


def test_the_etag_of_a_case_is_its_version_and_moves_with_each_change(api: Api, case: Case) -> None:
    first = api.ask("get", f"{case.ref}/")["ETag"]
    assert first == '"1"'
    changed = api.ask("patch", f"{case.ref}/", {"labels": ["ring"]}, match=first)
    assert (changed.status_code, changed["ETag"]) == (200, '"2"')
    assert changed.json()["labels"] == ["ring"]


@pytest.mark.row(40)
def test_a_write_on_a_version_that_is_gone_is_412_says_who_changed_it_and_changes_nothing(
    api: Api, case: Case
) -> None:
    seen = api.ask("get", f"{case.ref}/")["ETag"]
    label_case(actor=build.user(name="bob"), case=case, labels=["bobs"])
    refused = api.ask("patch", f"{case.ref}/", {"labels": ["adas"]}, match=seen)
    assert refused.status_code == 412
    told = refused.json()
    assert told["errors"][0]["code"] == "stale"
    assert "bob set the labels of the case: bobs" in told["errors"][0]["detail"]
    assert told["meta"] == {"version": 2}
    case.refresh_from_db()
    assert case.labels == ["bobs"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("patch", "", {"labels": ["a"]}),
        ("post", "transition/", {"to": "escalated", "reason": "r"}),
    ],
)
def test_what_replaces_something_must_say_which_version_it_saw(
    api: Api, case: Case, method: str, path: str, body: dict[str, Any]
) -> None:
    refused = api.ask(method, f"{case.ref}/{path}", body)
    assert (refused.status_code, refused.json()["errors"][0]["attr"]) == (428, "If-Match")
    assert api.ask(method, f"{case.ref}/{path}", body, match="*").status_code == 200


@pytest.mark.parametrize("tag", ['W/"1"', "1", '"x"', '"999999999999"', "", '"2", "3"'])
def test_a_tag_that_is_not_of_this_version_matches_nothing(api: Api, case: Case, tag: str) -> None:
    assert api.ask("patch", f"{case.ref}/", {"labels": []}, match=tag).status_code == 412


def test_one_of_several_tags_is_enough(api: Api, case: Case) -> None:
    assert api.ask("patch", f"{case.ref}/", {"labels": []}, match='"1", "7"').status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("claim/", {}),
        ("release/", {}),
        ("notes/", {"body": "b"}),
        ("tasks/", {"text": "t"}),
        ("undo/", {}),
        ("related/", {"other": "AD-1", "reason": "r"}),
    ],
)
def test_every_other_write_keeps_to_the_version_when_one_is_named(
    api: Api, case: Case, path: str, body: dict[str, Any]
) -> None:
    assert api.ask("post", f"{case.ref}/{path}", body, match='"9"').status_code == 412


@pytest.mark.django_db(transaction=True)
@pytest.mark.row(40)
def test_of_eight_who_write_on_one_version_at_once_one_succeeds(case: Case) -> None:
    callers = [Api(build.user(name=f"r{number}")) for number in range(8)]

    def write(place: int) -> int:
        answer = callers[place].ask("patch", f"{case.ref}/", {"labels": [f"l{place}"]}, match='"1"')
        return int(answer.status_code)

    assert sorted(build.at_once(8, write)) == [200, *[412] * 7]
    case.refresh_from_db()
    assert (case.version, len(case.labels)) == (2, 1)


@pytest.mark.row(40)
@pytest.mark.parametrize(
    ("state", "to", "allowed"),
    [
        (State.SNOOZED, "escalated", ["merged", "open"]),
        (State.OPEN, "open", ["closed", "escalated", "merged", "snoozed"]),
        (State.MERGED, "open", []),
        (State.CLOSED, "snoozed", ["escalated", "open"]),
        (State.ESCALATED, "snoozed", ["closed", "merged", "open"]),
    ],
)
def test_an_illegal_transition_is_409_and_names_the_allowed_ones(
    api: Api, state: State, to: str, allowed: list[str]
) -> None:
    case = build.case(state=state)
    assert api.ask("get", f"{case.ref}/").json()["may_become"] == allowed
    refused = api.ask("post", f"{case.ref}/transition/", {"to": to}, match="*")
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["code"] == "illegal_transition"
    assert refused.json()["meta"] == {"state": state.value, "to": to, "allowed": allowed}
    case.refresh_from_db()
    assert case.state == state


def test_a_case_goes_to_a_lead_and_comes_back(api: Api, case: Case) -> None:
    moved = api.ask(
        "post", f"{case.ref}/transition/", {"to": "escalated", "reason": "big"}, match='"1"'
    )
    assert (moved.json()["state"], moved["ETag"]) == ("escalated", '"2"')
    back = {"to": "open", "reason": "small"}
    assert api.ask("post", f"{case.ref}/transition/", back, match="*").status_code == 403
    lead = Api(build.user(Role.LEAD))
    assert lead.ask("post", f"{case.ref}/transition/", back, match="*").json()["state"] == "open"


def test_a_case_is_snoozed_until_a_time(api: Api, case: Case) -> None:
    path, until = f"{case.ref}/transition/", clock.now() + timedelta(days=2)
    assert api.ask("post", path, {"to": "snoozed"}, match="*").status_code == 422
    moved = api.ask("post", path, {"to": "snoozed", "until": until.isoformat()}, match="*")
    assert moved.json()["state"] == "snoozed"


@pytest.mark.parametrize("to", ["closed", "merged"])
def test_nobody_closes_or_merges_by_a_mere_transition(api: Api, case: Case, to: str) -> None:
    refused = api.ask("post", f"{case.ref}/transition/", {"to": to, "reason": "r"}, match="*")
    assert (refused.status_code, refused.json()["errors"][0]["attr"]) == (422, "to")


def test_a_reviewer_does_not_bring_a_closed_case_back_by_escalating_it(
    api: Api, reviewer: User, case: Case
) -> None:
    build.decided(reviewer, case, Outcome.ABUSE)
    moved = api.ask(
        "post", f"{case.ref}/transition/", {"to": "escalated", "reason": "r"}, match="*"
    )
    assert moved.status_code == 403
    case.refresh_from_db()
    assert case.state == State.CLOSED


def test_labels_are_one_set_in_small_letters(api: Api, case: Case) -> None:
    said = {"labels": ["Ring", "ring", "Übung:2"]}
    changed = api.ask("patch", f"{case.ref}/", said, match="*")
    assert changed.json()["labels"] == ["ring", "übung:2"]
    again = api.ask("patch", f"{case.ref}/", said, match="*")
    assert again["ETag"] == changed["ETag"]
    assert [row["ref"] for row in api.ask("get", "", {"label": "RING"}).json()["results"]] == [
        case.ref
    ]
    assert api.ask("get", "", {"label": "none"}).json()["results"] == []


@pytest.mark.parametrize("label", ["two words", "-x", "", "a" * 41, "a\x00b", "<b>", "\u202ea"])
def test_what_is_no_word_is_no_label(api: Api, case: Case, label: str) -> None:
    refused = api.ask("patch", f"{case.ref}/", {"labels": [label]}, match="*")
    assert refused.status_code in {400, 422}


def test_only_a_lead_lets_a_case_travel_further(api: Api, case: Case) -> None:
    path = f"{case.ref}/"
    assert api.ask("patch", path, {"tlp": "red"}, match="*").json()["tlp"] == "red"
    assert api.ask("patch", path, {"tlp": "green"}, match="*").status_code == 403
    lead = Api(build.user(Role.LEAD))
    assert lead.ask("patch", path, {"tlp": "green"}, match="*").json()["tlp"] == "green"
    assert "case.marked" in build.verbs(case)


def test_a_change_that_is_half_allowed_is_not_made_at_all(api: Api, case: Case) -> None:
    said = {"labels": ["ring"], "tlp": "clear"}
    assert api.ask("patch", f"{case.ref}/", said, match="*").status_code == 403
    case.refresh_from_db()
    assert case.labels == []


@pytest.mark.row(54)
def test_a_task_is_added_and_done(api: Api, case: Case) -> None:
    added = api.ask("post", f"{case.ref}/tasks/", {"text": "ask the bank"})
    assert (added.status_code, added["ETag"]) == (201, '"1"')
    path = f"{case.ref}/tasks/{added.json()['id']}/"
    done = api.ask("patch", path, {"state": "done"}, match='"1"')
    assert (done.json()["state"], done.json()["changed_by"]) == ("done", "ada")
    assert [task["state"] for task in api.ask("get", f"{case.ref}/tasks/").json()] == ["done"]
    assert build.verbs(case)[-2:] == ["case.tasks_added", "case.task_changed"]


def test_who_changes_a_task_that_somebody_else_changed_is_told_so(api: Api, case: Case) -> None:
    task = Task.objects.create(case=case, text="ask the bank")
    path = f"{case.ref}/tasks/{task.pk}/"
    bob = Api(build.user(name="bob"))
    assert bob.ask("patch", path, {"state": "skipped"}, match='"1"').status_code == 200
    refused = api.ask("patch", path, {"state": "done"}, match='"1"')
    assert refused.status_code == 412
    assert "set to not needed by bob" in refused.json()["errors"][0]["detail"]
    assert api.ask("patch", path, {"state": "done"}).status_code == 428
    task.refresh_from_db()
    assert task.state == TaskState.SKIPPED


def test_a_task_of_another_case_is_none_of_this(api: Api, case: Case) -> None:
    task = Task.objects.create(case=build.case(), text="elsewhere")
    assert api.ask("get", f"{case.ref}/tasks/{task.pk}/").status_code == 404


@pytest.mark.row(56)
def test_a_file_comes_back_as_it_went_in_and_every_download_is_in_its_custody(
    api: Api, case: Case
) -> None:
    added = api.upload(f"{case.ref}/files/", PNG, note="from the shop")
    assert added.status_code == 201
    told = added.json()
    assert told["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert (told["size"], told["media_type"], told["added_by"]) == (48, "image/png", "ada")
    path = f"{case.ref}/files/{told['id']}/"
    bob = Api(build.user(name="bob"))
    got = bob.ask("get", path)
    assert _bytes(got) == PNG
    assert got["Content-Disposition"] == 'attachment; filename="a.png"'
    assert got["Content-Type"] == "application/octet-stream"
    assert got["X-Content-Type-Options"] == "nosniff"
    assert got["Content-Security-Policy"].startswith("sandbox;")
    custody = api.ask("get", f"{path}custody/").json()
    assert [(event["actor"], event["verb"]) for event in custody] == [
        ("bob", "case.file_read"),
        ("ada", "case.file_added"),
    ]
    assert told["sha256"] in custody[1]["sentence"]


@pytest.mark.row(56)
def test_bytes_that_were_changed_in_the_store_are_not_given_out(api: Api, case: Case) -> None:
    told = api.upload(f"{case.ref}/files/", b"the truth").json()
    place = f"evidence/{told['sha256'][:2]}/{told['sha256']}"
    with default_storage.open(place, "wb") as stored:
        stored.write(b"a lie....")
    refused = api.ask("get", f"{case.ref}/files/{told['id']}/")
    assert refused.status_code == 409
    assert "SHA-256" in refused.json()["errors"][0]["detail"]
    assert build.verbs(case)[-1] == "case.file_broken"
    default_storage.delete(place)
    assert api.ask("get", f"{case.ref}/files/{told['id']}/").status_code == 409


def test_the_same_bytes_are_one_file_of_a_case_and_lie_once_in_the_store(
    api: Api, case: Case
) -> None:
    first = api.upload(f"{case.ref}/files/", b"same", "a.txt").json()
    assert api.upload(f"{case.ref}/files/", b"same", "b.txt").json() == first
    other = build.case()
    assert api.upload(f"{other.ref}/files/", b"same").json()["id"] != first["id"]
    _, names = default_storage.listdir(f"evidence/{first['sha256'][:2]}")
    assert names.count(first["sha256"]) == len([n for n in names if first["sha256"] in n]) == 1


def test_a_writer_that_died_leaves_nothing_that_stays(api: Api, case: Case) -> None:
    digest = hashlib.sha256(b"whole text").hexdigest()
    default_storage.save(f"evidence/{digest[:2]}/{digest}", ContentFile(b"whole"))
    told = api.upload(f"{case.ref}/files/", b"whole text").json()
    got = api.ask("get", f"{case.ref}/files/{told['id']}/")
    assert _bytes(got) == b"whole text"


@pytest.mark.row(84)
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\x.svg", "x.svg"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ('a"b.html', 'a"b.html'),
    ],
)
def test_a_hostile_name_stays_a_name(api: Api, case: Case, name: str, shown: str) -> None:
    told = api.upload(f"{case.ref}/files/", b"<script>alert(1)</script>", name).json()
    assert (told["name"], told["media_type"]) == (shown, "application/octet-stream")
    got = api.ask("get", f"{case.ref}/files/{told['id']}/")
    assert _bytes(got) == b"<script>alert(1)</script>"
    assert got["Content-Disposition"].startswith("attachment;")
    assert "\n" not in got["Content-Disposition"]


def test_what_is_too_large_or_empty_is_refused(
    api: Api, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert api.upload(f"{case.ref}/files/", b"").status_code == 400
    monkeypatch.setattr("cases.services.file.MAX_BYTES", 10)
    assert api.upload(f"{case.ref}/files/", b"x" * 11).status_code == 413
    declared = {"CONTENT_LENGTH": str(MAX_BODY + 1)}
    answer = api.client.post(f"{BASE}{case.ref}/files/", {}, **declared)  # type: ignore[arg-type]  # WSGI's name
    assert answer.status_code == 413
    assert not EvidenceFile.objects.exists()


def test_a_person_watches_and_stops(api: Api, case: Case) -> None:
    path = f"{case.ref}/watchers/"
    for _ in range(2):
        assert api.ask("put", path).status_code == 204
    assert [one["user"] for one in api.ask("get", path).json()] == ["ada"]
    watched = api.ask("get", "", {"watched": "true"}).json()["results"]
    assert [row["ref"] for row in watched] == [case.ref]
    for _ in range(2):
        assert api.ask("delete", path).status_code == 204
    assert api.ask("get", path).json() == []
    assert build.verbs(case) == ["case.watched", "case.unwatched"]


def test_related_cases_are_linked_both_ways_and_unlinked(api: Api, case: Case) -> None:
    other = build.case()
    said = {"other": other.ref, "reason": "same shop"}
    assert api.ask("post", f"{case.ref}/related/", said).status_code == 201
    for one in (case, other):
        (link,) = api.ask("get", f"{one.ref}/related/").json()["links"]
        assert (link["case"], link["other"], link["reason"]) == (case.ref, other.ref, "same shop")
        assert build.verbs(one) == ["case.linked"]
    assert api.ask("delete", f"{other.ref}/related/{case.ref}/").status_code == 204
    assert api.ask("delete", f"{other.ref}/related/{case.ref}/").status_code == 404
    assert api.ask("post", f"{case.ref}/related/", said | {"other": case.ref}).status_code == 422


@pytest.mark.row(55)
def test_the_timeline_pages_by_key(api: Api, case: Case) -> None:
    for number in range(5):
        api.ask("post", f"{case.ref}/tasks/", {"text": f"task {number}"})
    first = api.ask("get", f"{case.ref}/timeline/", {"page_size": "3"}).json()
    rest = api.client.get(first["next"]).json()
    assert [len(page["results"]) for page in (first, rest)] == [3, 2]
    assert {event["actor"] for event in first["results"]} == {"ada"}


@pytest.mark.parametrize("query", [{"state": "x"}, {"tlp": "x"}])
def test_a_filter_that_means_nothing_is_named(api: Api, query: dict[str, str]) -> None:
    refused = api.ask("get", "", query)
    assert (refused.status_code, refused.json()["errors"][0]["attr"]) == (422, *query)


def _bytes(answer: Any) -> bytes:
    """All of a download; at its end the file behind it is closed."""
    return b"".join(answer.streaming_content)
