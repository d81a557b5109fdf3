"""Pages without a browser: who may see and do what, what a refusal keeps."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from abusedesk.core.models import ApiToken, User
from cases import queue
from cases.choices import State
from cases.models import Case, Decision
from detectors import needs
from detectors.models import DetectorConfig, DetectorDraft, Finding
from detectors.services.config import ensure_configs
from tests.ui import world

OPEN_PAGES = [
    "/",
    "/queues/",
    "/queues/operations/",
    "/queues/operations/?state=closed",
    "/cases/",
    "/cases/?q=accounts&state=open",
    "/cases/AD-1/",
    "/cases/AD-1/?tab=evidence",
    "/cases/AD-1/?tab=why",
    "/cases/AD-1/?tab=timeline",
    "/signals/",
    "/signals/?q=platform:x+kind:post+vote",
    "/detectors/",
    "/detectors/near-duplicate-text/",
    "/dashboards/operations/",
    "/settings/dead-letters/",
    "/settings/sources/",
    "/settings/sources/world/",
    "/me/",
]


@pytest.fixture
def desk(db: None) -> world.Desk:
    ensure_configs()
    return world.desk(4)


@pytest.fixture
def as_(desk: world.Desk) -> Any:
    def login(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return login


def claimed(desk: world.Desk, user: User) -> Case:
    return queue.claim(actor=user, case=desk.cases[0])


def decision(case: Case, **changes: str) -> dict[str, str]:
    return {
        "key": str(uuid.UUID(int=7)),
        "claim_id": str(case.claim_id),
        "outcome": "abuse",
        "reason": "All four post one text",
        "then": "stay",
        **changes,
    }


@pytest.mark.parametrize("path", OPEN_PAGES)
def test_anonymous_people_are_sent_to_the_login_page(db: None, path: str) -> None:
    response = Client().get(path)
    assert (response.status_code, response["Location"].split("?")[0]) == (302, "/login/")


@pytest.mark.parametrize("path", OPEN_PAGES)
@pytest.mark.parametrize("role", ["reviewer", "lead", "admin"])
def test_staff_see_the_pages(desk: world.Desk, as_: Any, path: str, role: str) -> None:
    response = as_(getattr(desk, role)).get(path)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("path", ["/cases/AD-1/", "/queues/operations/"])
def test_partners_see_no_case(desk: world.Desk, as_: Any, path: str) -> None:
    assert as_(desk.partner).get(path).status_code == 404


def test_only_admins_have_tokens(desk: world.Desk, as_: Any) -> None:
    assert as_(desk.lead).get("/settings/tokens/").status_code == 404
    admin = as_(desk.admin)
    form = {"name": "shop", "scopes": ["ingest"], "days": "90"}
    page = admin.post("/settings/tokens/", form).content.decode()
    token = ApiToken.objects.get(name="shop")
    plain = re.search(r'id="plain"[^>]*>([^<]+)<', page)
    assert plain
    assert token.prefix in plain[1]
    assert plain[1] not in admin.get("/settings/tokens/").content.decode()
    assert admin.post("/settings/tokens/", {"name": "x", "days": "90"}).status_code == 422
    admin.post(f"/settings/tokens/{token.pk}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at


def test_a_reviewer_cannot_save_a_detector(desk: world.Desk, as_: Any) -> None:
    path = "/detectors/near-duplicate-text/"
    response = as_(desk.reviewer).post(
        path, world.settings_form("near-duplicate-text", p_j_alert="0.9")
    )
    assert response.status_code == 403
    assert DetectorConfig.objects.get(slug="near-duplicate-text").number == 1


def test_an_admin_saves_a_draft_that_becomes_a_version_with_its_reason(
    desk: world.Desk, as_: Any
) -> None:
    path = "/detectors/near-duplicate-text/"
    admin = as_(desk.admin)
    assert (
        admin.post(path, world.settings_form("near-duplicate-text", p_j_alert="0.9")).status_code
        == 302
    )
    draft = DetectorDraft.objects.get()
    as_(desk.lead).post(f"{path}drafts/{draft.pk}/approve/")
    config = DetectorConfig.objects.get(slug="near-duplicate-text", current=True)
    assert (config.number, config.params["j_alert"], config.reason) == (2, 0.9, "too many")
    assert config.created_by == desk.admin


@pytest.mark.parametrize("change", [{"p_j_alert": "7"}, {"p_j_alert": "x"}, {"reason": ""}])
def test_a_wrong_setting_is_named_and_nothing_typed_is_lost(
    desk: world.Desk, as_: Any, change: dict[str, str]
) -> None:
    typed = world.settings_form("near-duplicate-text", p_min_accounts="9", **change)
    response = as_(desk.admin).post("/detectors/near-duplicate-text/", typed)
    page = response.content.decode()
    assert response.status_code == 422
    assert 'aria-invalid="true"' in page
    assert 'value="9"' in page
    assert DetectorConfig.objects.filter(slug="near-duplicate-text").count() == 1


@pytest.mark.parametrize("slug", ["near-duplicate-text", "coaction-synchrony", "velocity"])
def test_saving_a_form_unchanged_keeps_every_value(desk: world.Desk, as_: Any, slug: str) -> None:
    before = DetectorConfig.objects.get(slug=slug, current=True).params
    response = as_(desk.admin).post(f"/detectors/{slug}/", world.settings_form(slug, mode="off"))
    assert response.status_code == 302, response.content.decode()
    config = DetectorConfig.objects.get(slug=slug, current=True)
    assert (config.mode, config.params) == ("off", before)


def test_every_parameter_shows_unit_bounds_and_default(desk: world.Desk, as_: Any) -> None:
    page = as_(desk.reviewer).get("/detectors/near-duplicate-text/").content.decode()
    assert "default 0.8, 0.5 to 0.99" in page
    assert "Jaccard" in page
    assert "Only an admin may change this." in page


def test_a_detector_says_which_package_it_lacks(
    desk: world.Desk, as_: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, notice = "/detectors/cross-language/", "It finds nothing yet: fast-universal-sentence"
    monkeypatch.setattr(needs, "is_installed", lambda _: False)
    assert notice in as_(desk.reviewer).get(path).content.decode()
    assert notice not in as_(desk.reviewer).get("/detectors/velocity/").content.decode()
    monkeypatch.setattr(needs, "is_installed", lambda _: True)
    assert notice not in as_(desk.reviewer).get(path).content.decode()


def test_submit_twice_is_one_decision(desk: world.Desk, as_: Any) -> None:
    case = claimed(desk, desk.reviewer)
    client = as_(desk.reviewer)
    for _ in range(2):
        response = client.post(reverse("cases:decide", args=[case.ref]), decision(case))
        assert (response.status_code, response["Location"]) == (303, f"/cases/{case.ref}/")
    assert Decision.objects.count() == 1


@pytest.mark.parametrize("missing", ["outcome", "reason"])
def test_an_incomplete_decision_says_what_is_missing(
    desk: world.Desk, as_: Any, missing: str
) -> None:
    case = claimed(desk, desk.reviewer)
    form = decision(case, **{missing: ""})
    response = as_(desk.reviewer).post(reverse("cases:decide", args=[case.ref]), form)
    page = response.content.decode()
    assert response.status_code == 422
    assert 'aria-invalid="true"' in page
    assert "All four post one text" in page or missing == "reason"
    assert not Decision.objects.exists()


def test_a_stale_claim_answers_409_and_keeps_the_text(desk: world.Desk, as_: Any) -> None:
    case = claimed(desk, desk.reviewer)
    queue.claim(actor=desk.lead, case=case)
    response = as_(desk.reviewer).post(reverse("cases:decide", args=[case.ref]), decision(case))
    page = response.content.decode()
    assert response.status_code == 409
    assert "claimed by lena" in page
    assert "All four post one text" in page


def test_the_last_case_leads_back_to_the_queue(desk: world.Desk, as_: Any) -> None:
    Case.objects.exclude(pk=desk.cases[0].pk).update(state=State.CLOSED)
    case = claimed(desk, desk.reviewer)
    form = decision(case, then="next")
    response = as_(desk.reviewer).post(reverse("cases:decide", args=[case.ref]), form, follow=True)
    assert response.redirect_chain[-1][0] == "/queues/operations/"
    assert "All done" in response.content.decode()
    assert f"/cases/{case.ref}/undo/" in response.content.decode()


@pytest.mark.row(35)
@pytest.mark.journey(5)
def test_a_decision_is_undone_from_the_timeline(desk: world.Desk, as_: Any) -> None:
    case = claimed(desk, desk.reviewer)
    client = as_(desk.reviewer)
    client.post(reverse("cases:decide", args=[case.ref]), decision(case))
    made = Decision.objects.get()
    timeline = client.get(f"/cases/{case.ref}/?tab=timeline").content.decode()
    undo = reverse("cases:undo", args=[case.ref, made.pk])
    assert timeline.count(f'action="{undo}"') >= 2
    client.post(undo)
    case.refresh_from_db()
    assert case.state == State.OPEN
    after = client.get(f"/cases/{case.ref}/?tab=timeline").content.decode()
    assert "undid the decision" in after
    assert f'action="{undo}"' not in after


@pytest.mark.row(55)
def test_the_timeline_names_who_did_what(desk: world.Desk, as_: Any) -> None:
    case = claimed(desk, desk.reviewer)
    client = as_(desk.reviewer)
    client.post(reverse("cases:note", args=[case.ref]), {"body": "Hm"})
    client.post(reverse("cases:decide", args=[case.ref]), decision(case))
    page = client.get(f"/cases/{case.ref}/?tab=timeline").content.decode()
    for sentence in ("claimed the case", "wrote a note", "decided: Abuse confirmed"):
        assert re.search(rf'<span class="who">rita</span> <bdi>{sentence}', page), sentence


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "fragment"])
def test_a_refused_note_keeps_what_was_typed(
    desk: world.Desk, as_: Any, headers: dict[str, str]
) -> None:
    path = reverse("cases:note", args=["AD-1"])
    typed = "x" * 20_001
    response = as_(desk.reviewer).post(path, {"body": typed}, headers=headers)
    page = response.content.decode()
    assert response.status_code == 422
    assert typed in page
    assert 'class="form-error"' in page
    assert ("<!doctype html>" in page) == (not headers)


@pytest.mark.row(17)
def test_the_contributions_add_up_to_the_score(desk: world.Desk, as_: Any) -> None:
    page = as_(desk.reviewer).get("/cases/AD-1/?tab=why").content.decode()
    cards = re.findall(r'<div class="body contrib">(.*?)</section>', page, re.DOTALL)
    sure, bad = ([float(one) for one in re.findall(r">([+-][\d.]+)<", card)] for card in cards)
    assert sum(sure[:-1]) == pytest.approx(sure[-1])
    assert sum(bad) == pytest.approx(desk.cases[0].priority, abs=0.02)
    assert "uncalibrated" in page
    assert "Coordination is not proof of inauthenticity" in page


@pytest.mark.row(23)
def test_why_shows_conditions_with_values_and_falsifiers(desk: world.Desk, as_: Any) -> None:
    page = as_(desk.reviewer).get("/cases/AD-1/?tab=why").content.decode()
    assert page.count('aria-label="met"') == 4
    assert page.count('aria-label="not met"') == 2
    assert "0.934" in page
    assert "the text is a quote or a petition" in page


def test_an_apostrophe_in_a_finding_is_escaped_once(desk: world.Desk, as_: Any) -> None:
    Finding.objects.update(falsifiers=["It is one organisation's.", "<b>A & B</b>"])
    Case.objects.update(reasons=["one organisation's device"])
    client = as_(desk.reviewer)
    for path in ("/cases/AD-1/?tab=why", "/cases/"):
        page = client.get(path).content.decode()
        assert "organisation&#x27;s" in page
        assert "&amp;#x27;" not in page
        assert "<b>A" not in page


def test_texts_stand_side_by_side_with_their_differences(desk: world.Desk, as_: Any) -> None:
    page = as_(desk.reviewer).get("/cases/AD-1/?tab=evidence").content.decode()
    assert '<mark class="diff">2000</mark>' in page
    assert 'id="signal-' in page


def test_a_fragment_is_never_a_whole_page(desk: world.Desk, as_: Any) -> None:
    client = as_(desk.reviewer)
    part = client.get("/cases/AD-1/?tab=why", headers={"HX-Request": "true"})
    assert part.content.decode().strip().startswith('<div id="panel"')
    assert "HX-Request" in part["Vary"]
    for extra in ({"HX-Boosted": "true"}, {"HX-History-Restore-Request": "true"}):
        page = client.get("/cases/AD-1/?tab=why", headers={"HX-Request": "true", **extra})
        assert "<!doctype html>" in page.content.decode()


def test_a_case_that_does_not_exist_is_404_in_words(desk: world.Desk, as_: Any) -> None:
    response = as_(desk.reviewer).get("/cases/AD-999/")
    assert response.status_code == 404
    assert "There is no such case." in response.content.decode()


def test_reloading_an_action_by_get_leads_to_the_case(desk: world.Desk, as_: Any) -> None:
    client = as_(desk.reviewer)
    for name in ("claim", "decide", "release", "skip", "escalate", "snooze", "note"):
        response = client.get(reverse(f"cases:{name}", args=["AD-1"]))
        assert response["Location"] == "/cases/AD-1/", name


def test_the_heartbeat_renews_or_says_that_the_claim_is_gone(desk: world.Desk, as_: Any) -> None:
    case = claimed(desk, desk.reviewer)
    client = as_(desk.reviewer)
    path = reverse("cases:renew", args=[case.ref])
    assert client.post(path, {"claim_id": str(case.claim_id)}).json()["expires_at"]
    queue.release(actor=desk.reviewer, case=case)
    assert client.post(path, {"claim_id": str(case.claim_id)}).status_code == 409
    assert client.post(path, {}).status_code == 409


@pytest.mark.row(75)
def test_the_first_run_card_ticks_itself(desk: world.Desk, as_: Any) -> None:
    client = as_(desk.admin)
    assert "0 of 4 done" in client.get("/").content.decode()
    client.get("/cases/AD-1/")
    assert "1 of 4 done" in client.get("/").content.decode()
    client.post("/detectors/velocity/", world.settings_form("velocity", p_signups="9"))
    case = claimed(desk, desk.admin)
    client.post(reverse("cases:decide", args=[case.ref]), decision(case))
    page = client.get("/").content.decode()
    assert "3 of 4 done" in page
    assert "curl http://testserver/api/v1/signals/" in page


def test_the_theme_is_kept(desk: world.Desk, as_: Any) -> None:
    client = as_(desk.reviewer)
    client.post("/me/", {"theme": "light", "contrast": "on", "density": "on"})
    page = client.get("/me/").content.decode()
    assert 'data-theme="light" data-contrast="more" data-density="compact"' in page
    client.post("/me/", {"theme": "dark"})
    page = client.get("/me/").content.decode()
    assert "data-contrast" not in page
    assert "data-density" not in page
