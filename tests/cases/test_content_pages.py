"""Pages of what people add to cases, without a browser."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from abusedesk.core.models import Role, User
from cases.models import Case, Playbook, Webhook
from cases.services.event import owe_events
from cases.services.marking import label_case
from cases.services.relation import link_cases
from tests.cases import build

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


@pytest.fixture
def admin() -> User:
    return build.user(Role.ADMIN, name="ada")


@pytest.fixture
def browser(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture
def case(db: None) -> Case:
    return build.opened()[1]


def test_labels_that_somebody_changed_meanwhile_are_not_overwritten(
    browser: Client, case: Case
) -> None:
    said = {"labels": "mine", "tlp": "red", "version": case.version}
    label_case(actor=build.user(name="bob"), case=case, labels=["bobs"])
    refused = browser.post(f"/cases/{case.ref}/marks/", said)
    assert refused.status_code == 409
    assert "bob set the labels of the case: bobs" in refused.content.decode()
    case.refresh_from_db()
    assert (case.labels, case.tlp) == (["bobs"], "amber")
    said["version"] = case.version
    assert browser.post(f"/cases/{case.ref}/marks/", said).status_code == 303
    page = browser.get(f"/cases/{case.ref}/").content.decode()
    assert 'value="mine"' in page
    assert "TLP:RED" in page


@pytest.mark.row(54)
def test_a_task_is_added_and_ticked_on_the_page(browser: Client, case: Case) -> None:
    browser.post(f"/cases/{case.ref}/tasks/", {"text": "ask <b>the</b> bank"})
    task = case.tasks.get()
    page = browser.get(f"/cases/{case.ref}/").content.decode()
    assert "ask &lt;b&gt;the&lt;/b&gt; bank" in page
    ticked = {"state": "done", "version": 1}
    assert browser.post(f"/cases/{case.ref}/tasks/{task.pk}/", ticked).status_code == 303
    ticked["state"] = "skipped"
    assert browser.post(f"/cases/{case.ref}/tasks/{task.pk}/", ticked).status_code == 409
    assert "0 of 1 to do" in browser.get(f"/cases/{case.ref}/").content.decode()


@pytest.mark.row(56)
@pytest.mark.row(84)
@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("shot.png", PNG, True),
        ("lie.png", b"<svg onload=alert(1)>", False),
        ("doc.pdf", b"%PDF-1.7", False),
    ],
)
def test_only_a_true_picture_is_ever_shown(
    browser: Client, case: Case, name: str, content: bytes, shown: bool
) -> None:
    browser.post(f"/cases/{case.ref}/files/", {"file": SimpleUploadedFile(name, content)})
    file = case.files.get()
    page = browser.get(f"/cases/{case.ref}/?tab=files").content.decode()
    assert file.sha256 in page
    assert ("?show=1" in page) is shown
    answer = browser.get(f"/cases/{case.ref}/files/{file.pk}/?show=1")
    assert b"".join(answer.streaming_content) == content  # type: ignore[attr-defined]  # a FileResponse
    assert answer["Content-Disposition"].startswith("inline" if shown else "attachment")
    assert answer["Content-Type"] == ("image/png" if shown else "application/octet-stream")
    assert answer["Content-Security-Policy"].startswith("sandbox;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    again = browser.get(f"/cases/{case.ref}/?tab=files").content.decode()
    assert "downloaded the file" in again


@pytest.mark.row(39)
def test_the_related_tab_lists_similar_cases_and_links(
    browser: Client, case: Case, admin: User
) -> None:
    again = build.campaign(members=build.accounts(2), waiting=False)
    similar = build.case(title="the same shop")
    similar.campaign_links.create(campaign=again, revision=1)
    other = build.case()
    link_cases(actor=admin, case=case, other=other, reason="same <i>hand</i>")
    page = browser.get(f"/cases/{case.ref}/?tab=related").content.decode()
    assert "the same shop" in page
    assert "Shares 2 account" in page
    assert "same &lt;i&gt;hand&lt;/i&gt;" in page
    browser.post(f"/cases/{case.ref}/links/{other.ref}/remove/")
    assert "hand" not in browser.get(f"/cases/{case.ref}/?tab=related").content.decode()


def test_a_link_to_no_case_is_said_on_the_page(browser: Client, case: Case) -> None:
    said = {"other": "AD-999999999", "reason": "r"}
    answer = browser.post(f"/cases/{case.ref}/links/", said, follow=True)
    assert "There is no such case." in answer.content.decode()


def test_watched_cases_that_changed_stand_on_my_work(
    browser: Client, case: Case, admin: User
) -> None:
    browser.post(f"/cases/{case.ref}/watch/", {"on": "1"})
    browser.get(f"/cases/{case.ref}/")
    assert "Watched by me" not in browser.get("/").content.decode()
    label_case(actor=build.user(), case=case, labels=["ring"])
    assert "Watched by me" in browser.get("/").content.decode()
    browser.post(f"/cases/{case.ref}/watch/")
    assert "Watched by me" not in browser.get("/").content.decode()


@pytest.mark.row(67)
def test_a_receiver_is_made_changed_and_sent_things_again(
    browser: Client, case: Case, admin: User
) -> None:
    said = {"url": "https://a.example/hook", "events": ["changed"], "active": "on"}
    made = browser.post("/settings/webhooks/", said).content.decode()
    hook = Webhook.objects.get()
    assert made.count(hook.plain) == 1
    assert hook.plain not in browser.get(f"/settings/webhooks/{hook.pk}/").content.decode()
    label_case(actor=admin, case=case, labels=["ring"])
    owe_events()
    hook.deliveries.update(state="dead", attempts=8, answer="HTTP 500")
    page = browser.get(f"/settings/webhooks/{hook.pk}/?state=dead").content.decode()
    assert "HTTP 500" in page
    assert case.ref in page
    row = hook.deliveries.get()
    browser.post(f"/settings/webhooks/{hook.pk}/deliveries/{row.pk}/again/")
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("waiting", 1)
    refused = browser.post("/settings/webhooks/", said | {"url": "ftp://a.example"})
    assert refused.status_code == 422
    kept = browser.post(f"/settings/webhooks/{hook.pk}/", said | {"events": []})
    assert kept.status_code == 302
    secret = hook.secret
    hook.refresh_from_db()
    assert (hook.events, hook.secret) == ([], secret)


def test_a_playbook_is_made_and_a_stale_change_keeps_what_was_typed(browser: Client) -> None:
    said = {"title": "Fraud", "steps": "ask\ntell", "severity": 0, "active": "on"}
    assert browser.post("/settings/playbooks/", said).status_code == 302
    made = Playbook.objects.get()
    assert made.steps == ["ask", "tell"]
    path = f"/settings/playbooks/{made.pk}/"
    assert browser.post(path, said | {"steps": "one", "version": 1}).status_code == 302
    refused = browser.post(path, said | {"steps": "mine", "version": 1})
    assert refused.status_code == 409
    assert "mine</textarea>" in refused.content.decode()
    made.refresh_from_db()
    assert (made.steps, made.version) == (["one"], 2)
