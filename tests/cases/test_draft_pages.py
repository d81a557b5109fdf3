"""Drafts, versions and the way back, in pages and over REST."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from abusedesk.core.models import AuditEntry, Scope, User
from detectors.models import Backtest, DetectorConfig, DetectorDraft
from detectors.services.backtest import start_backtest
from detectors.services.config import ensure_configs, save_config
from detectors.services.draft import approve_draft, propose_config
from detectors.services.rollback import roll_back
from tests import cast, make
from tests.ui import world

pytestmark = pytest.mark.django_db

SLUG = "velocity"
API = f"/api/v1/detectors/{SLUG}/"
HOSTILE = "<img src=x onerror=alert(1)>\u202e"


@pytest.fixture(autouse=True)
def shipped() -> None:
    ensure_configs()
    cast.admin()
    cast.lead()


def browser(user: User) -> Client:
    one = Client()
    one.force_login(user)
    return one


def program(user: User) -> Client:
    return Client(headers=make.bearer(Scope.READ, Scope.ADMIN, user=user))


def written(signups: int = 9, reason: str = "too many") -> DetectorDraft:
    return propose_config(
        actor=cast.admin(), slug=SLUG, mode="live", params={"signups": signups}, reason=reason
    )


def path(name: str, *parts: Any) -> str:
    return reverse(f"detectors:{name}", args=[SLUG, *parts])


def text(response: Any) -> str:
    return str(response.content.decode())


def in_force() -> DetectorConfig:
    return DetectorConfig.objects.get(slug=SLUG, current=True)


# --- pages ---------------------------------------------------------------------------------


@pytest.mark.row(22)
def test_the_form_makes_a_draft_and_a_second_person_puts_it_in_force() -> None:
    form = world.settings_form(SLUG, p_signups="9")
    said = browser(cast.admin()).post(path("detector-detail"), form)
    draft = DetectorDraft.objects.get()
    assert said.headers["Location"] == path("draft", draft.pk)
    own = browser(cast.admin()).get(path("draft", draft.pk))
    assert "somebody else has to approve it: lead" in text(own)
    assert path("draft-approve", draft.pk) not in text(own)
    assert browser(cast.admin()).post(path("draft-approve", draft.pk)).status_code == 403
    assert in_force().number == 1
    page = text(browser(cast.lead()).get(path("draft", draft.pk)))
    assert "Approve and put into force" in page
    browser(cast.lead()).post(path("draft-approve", draft.pk))
    assert (in_force().number, in_force().params["signups"]) == (2, 9)
    page = text(browser(cast.reviewer()).get(path("detector-detail")))
    assert "admin, approved by lead" in page


def test_a_draft_whose_version_was_followed_by_another_was_in_force() -> None:
    draft = propose_config(actor=cast.admin(), slug=SLUG, mode="live", params={"signups": 9},
                           reason="too many")  # fmt: skip
    approve_draft(actor=cast.lead(), draft=draft)
    assert "Was in force" not in text(browser(cast.lead()).get(path("draft", draft.pk)))
    roll_back(actor=cast.admin(), slug=SLUG, number=1)
    assert "Was in force" in text(browser(cast.lead()).get(path("draft", draft.pk)))


@pytest.mark.row(22)
def test_alone_on_a_desk_one_puts_it_in_force_and_the_page_says_solo() -> None:
    User.objects.exclude(pk=cast.admin().pk).update(is_active=False)
    draft = written()
    page = text(browser(cast.admin()).get(path("draft", draft.pk)))
    assert "Put into force alone" in page
    browser(cast.admin()).post(path("draft-approve", draft.pk))
    assert "solo: nobody else could approve" in text(
        browser(cast.admin()).get(path("version-list"))
    )


def test_a_draft_leads_to_its_backtests_and_starts_one_of_exactly_itself() -> None:
    draft = written()
    lead = browser(cast.lead())
    assert "None yet" in text(lead.get(path("draft", draft.pk)))
    lead.post(path("draft-backtest", draft.pk), {"days": "30"})
    run = Backtest.objects.get()
    assert (run.proposed, (run.until - run.since).days) == (draft.params, 30)
    start_backtest(
        actor=cast.lead(), slug=SLUG, params={"signups": 4}, since=run.since, until=run.until
    )
    page = text(lead.get(path("draft", draft.pk)))
    assert page.count("/runs/") == 1
    assert path("backtest", run.pk) in page


def test_a_rejection_without_a_reason_keeps_the_page_and_says_so() -> None:
    draft = written()
    said = browser(cast.lead()).post(path("draft-reject", draft.pk), {"note": " "})
    assert said.status_code == 422
    assert "Say why" in text(said)
    browser(cast.lead()).post(path("draft-reject", draft.pk), {"note": HOSTILE})
    draft.refresh_from_db()
    assert draft.state == "rejected"
    page = text(browser(cast.admin()).get(path("draft", draft.pk)))
    assert "<img" not in page
    assert "Rejected" in page


def test_a_stale_draft_says_what_came_between_and_cannot_be_approved() -> None:
    first, second = written(), written(8)
    approve_draft(actor=cast.lead(), draft=first)
    page = text(browser(cast.lead()).get(path("draft", second.pk)))
    assert "Version 2 came into force since this was written" in page
    said = browser(cast.lead()).post(path("draft-approve", second.pk))
    assert said.status_code == 409
    assert "It has to be written again." in text(said)


def test_its_author_withdraws_it() -> None:
    draft = written()
    browser(cast.admin()).post(path("draft-withdraw", draft.pk))
    again = browser(cast.admin()).post(path("draft-withdraw", draft.pk), follow=True)
    assert "This draft is settled by admin: withdrawn." in text(again)


def test_what_is_typed_survives_a_mistake() -> None:
    form = world.settings_form(
        SLUG, p_signups="9", mode="live", reason="because of <b>", promote_after_days="5"
    )
    said = browser(cast.admin()).post(path("detector-detail"), form)
    assert said.status_code == 422
    page = text(said)
    assert "Only a detector in shadow is promoted." in page
    assert 'value="because of &lt;b&gt;"' in page
    assert not DetectorDraft.objects.exists()


@pytest.mark.row(21)
def test_versions_are_listed_compared_and_rolled_back_in_one_click() -> None:
    for signups in (9, 8):
        approve_draft(actor=cast.lead(), draft=written(signups, reason=HOSTILE))
    admin = browser(cast.admin())
    page = text(admin.get(path("version-list")))
    assert "3</strong> versions" in page
    assert "<img" not in page
    assert _cells(page) == ("9", "8")
    assert _cells(text(admin.get(path("version-list"), {"a": 1, "b": 2}))) == ("3", "9")
    assert "say the same" in text(admin.get(path("version-list"), {"a": 2, "b": 2}))
    assert admin.get(path("version-list"), {"a": 7}).status_code == 404
    said = admin.post(path("version-rollback"), {"number": "2"}, follow=True)
    assert "Version 4 equals version 2 and is in force from the next tick." in text(said)
    assert in_force().params["signups"] == 9
    entry = AuditEntry.objects.filter(verb="detector.configured").latest("pk")
    assert (entry.actor, entry.data["restores"]) == (cast.admin(), 2)
    again = admin.post(path("version-rollback"), {"number": "2"}, follow=True)
    assert "which is in force, says the same" in text(again)


def _cells(page: str) -> tuple[str, str]:
    """Both values of the setting that differs."""
    row = page.partition('<th scope="row">Signups</th>')[2].partition("</tr>")[0]
    first, second = row.split("</td>")[:2]
    return (
        first.partition('class="num">')[2].split()[0],
        second.partition("<strong>")[2].partition("<")[0],
    )


def test_a_reviewer_reads_versions_and_changes_none() -> None:
    save_config(actor=None, slug=SLUG, mode="live", params={"signups": 9}, reason="try")
    reviewer = browser(cast.reviewer())
    assert path("version-rollback") not in text(reviewer.get(path("version-list")))
    assert reviewer.post(path("version-rollback"), {"number": 1}).status_code == 403
    assert in_force().number == 2


@pytest.mark.row(19)
def test_the_page_of_a_detector_in_shadow_tells_what_it_found() -> None:
    world.desk(cases=2)
    DetectorConfig.objects.filter(slug="coaction-synchrony").update(mode="shadow")
    url = reverse("detectors:detector-detail", args=["coaction-synchrony"])
    page = text(browser(cast.lead()).get(url))
    assert "none: shadow opens no case" in page
    assert "4 accounts shared the same 6 links" in page
    assert 'id="shadow-' not in text(browser(cast.lead()).get(path("detector-detail")))


# --- REST ----------------------------------------------------------------------------------


@pytest.mark.row(22)
def test_over_rest_too_nobody_approves_an_own_draft() -> None:
    body = {"mode": "live", "params": {"signups": 9}, "reason": "too many"}
    admin, lead = program(cast.admin()), program(cast.lead())
    said = admin.post(f"{API}drafts/", body, content_type="application/json")
    assert said.status_code == 201
    one = f"{API}drafts/{said.json()['id']}/"
    refused = admin.post(f"{one}approve/")
    assert refused.status_code == 403
    assert "Somebody else who may approve" in text(refused)
    told = lead.get(one).json()
    assert told["differences"] == [
        {"setting": "Signups", "unit": "accounts", "before": "3", "after": "9"}
    ]
    done = lead.post(f"{one}approve/").json()
    assert (done["state"], done["version"], done["settled_by"]) == ("in-force", 2, "lead")
    assert lead.post(f"{one}approve/").status_code == 409
    assert lead.post(f"{one}reject/", {}, content_type="application/json").status_code == 400


def test_put_proposes_where_somebody_else_must_approve_and_counts_at_once_where_nobody_could() -> (
    None
):
    body = {"mode": "live", "params": {"signups": 9}, "reason": "too many"}
    admin = program(cast.admin())
    said = admin.put(API, body, content_type="application/json")
    assert (said.status_code, said.json()["state"], in_force().number) == (202, "open", 1)
    User.objects.exclude(pk=cast.admin().pk).update(is_active=False)
    said = admin.put(API, body, content_type="application/json")
    assert (said.status_code, said.json()["config"]["number"]) == (200, 2)
    assert in_force().way == "alone"


@pytest.mark.row(21)
def test_over_rest_versions_are_listed_compared_and_rolled_back() -> None:
    approve_draft(actor=cast.lead(), draft=written())
    admin = program(cast.admin())
    rows = admin.get(f"{API}versions/").json()["results"]
    assert [(one["number"], one["current"], one["approved_by"]) for one in rows] == [
        (2, True, "lead"),
        (1, False, None),
    ]
    compared = admin.get(f"{API}versions/compare/", {"a": 2, "b": 1}).json()
    assert [(one["before"], one["after"]) for one in compared["differences"]] == [("9", "3")]
    assert admin.get(f"{API}versions/compare/", {"a": "x"}).status_code == 400
    assert admin.get(f"{API}versions/compare/", {"a": 9}).status_code == 404
    body = {"number": 1, "reason": "too quiet"}
    said = admin.post(f"{API}rollback/", body, content_type="application/json")
    assert (said.status_code, said.json()["number"], said.json()["restores"]) == (201, 3, 1)
    again = admin.post(f"{API}rollback/", body, content_type="application/json")
    assert again.status_code == 409
    assert in_force().reason == "too quiet"


def test_drafts_are_listed_by_state() -> None:
    first = written()
    written(8)
    approve_draft(actor=cast.lead(), draft=first)
    lead = program(cast.lead())
    found = lead.get(f"{API}drafts/", {"state": "open"}).json()["results"]
    assert [one["params"]["signups"] for one in found] == [8]
    assert lead.get(f"{API}drafts/", {"state": "odd"}).status_code == 400


def test_an_own_draft_of_shadow_says_when_it_goes_live() -> None:
    body = {"mode": "shadow", "params": {"signups": 9}, "reason": "try", "promote_after_days": 14}
    said = program(cast.admin()).post(f"{API}drafts/", body, content_type="application/json")
    page = text(browser(cast.lead()).get(path("draft", said.json()["id"])))
    assert "After 14 days in shadow it goes live by itself" in page
    program(cast.lead()).post(f"{API}drafts/{said.json()['id']}/approve/")
    promote_at = in_force().promote_at
    assert promote_at is not None
    assert (promote_at - in_force().created_at).days in {13, 14}
    page = text(browser(cast.lead()).get(path("detector-detail")))
    assert "Goes live by itself" in page
