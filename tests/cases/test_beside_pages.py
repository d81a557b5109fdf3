"""A version that watches beside the one in force: on pages, over REST and from the shell."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from abusedesk.core.models import Scope, User
from detectors.models import DetectorConfig, DetectorDraft, Shard
from detectors.services.config import Settings, ensure_configs
from detectors.services.draft import approve_draft, propose_config
from detectors.services.rule import change_rule, create_rule
from detectors.services.shards import ensure_shards
from detectors.services.source import live_stream
from detectors.services.watching import put_beside
from detectors.sigma.params import RuleParams
from tests import cast, make
from tests.ui import world

pytestmark = pytest.mark.django_db

SLUG = "velocity"
API = f"/api/v1/detectors/{SLUG}/"
HOSTILE = "<img src=x onerror=alert(1)>\u202e"
BUDGET = 16


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


def path(name: str, *parts: Any) -> str:
    return reverse(f"detectors:{name}", args=[SLUG, *parts])


def text(response: Any) -> str:
    return str(response.content.decode())


def in_force() -> DetectorConfig:
    return DetectorConfig.objects.get(slug=SLUG, current=True)


def watching(reason: str = "stricter", days: int | None = None) -> DetectorConfig:
    draft = propose_config(
        actor=cast.admin(), slug=SLUG, mode="shadow", params={"signups": 9}, reason=reason,
        promote_after_days=days, beside=True,
    )  # fmt: skip
    made = approve_draft(actor=cast.lead(), draft=draft).made
    assert made is not None
    return made


def shell(*words: str, who: str = "admin") -> str:
    out = StringIO()
    call_command("detectors", words[0], "--as", who, *words[1:], stdout=out)
    return out.getvalue()


# --- pages -----------------------------------------------------------------------------------


@pytest.mark.row(19)
def test_the_form_offers_it_two_people_start_it_and_the_version_in_force_stays() -> None:
    admin, lead = browser(cast.admin()), browser(cast.lead())
    page = text(admin.get(path("detector-detail")))
    assert "Shadow, beside version 1" in page
    form = {"mode": "beside", "reason": "stricter", "promote_after_days": "7"}
    params = {f"p_{name}": value for name, value in in_force().params.items()}
    said = admin.post(path("detector-detail"), form | params | {"p_signups": "9"})
    draft = DetectorDraft.objects.get()
    assert said.headers["Location"] == path("draft", draft.pk)
    page = text(lead.get(path("draft", draft.pk)))
    assert "beside version 1</strong>, which stays as it is" in page
    assert "Approve and put into shadow" in page
    page = text(lead.post(path("draft-approve", draft.pk), follow=True))
    assert "Version 2 watches beside version 1 from the next tick." in page
    assert "Version 2 in shadow, beside 1" in page
    assert "Goes live by itself" in page
    assert (in_force().number, in_force().mode) == (1, "live")
    page = text(lead.get(path("version-list")))
    assert "beside version 1" in page
    assert "to version 2" not in page
    assert "version 2 in shadow" not in text(lead.get(reverse("detectors:detector-list")))
    live_stream()
    ensure_shards()
    assert "version 2 in shadow" in text(lead.get(reverse("detectors:detector-list")))


def test_a_bad_form_keeps_what_was_chosen_and_names_the_field() -> None:
    form = {"mode": "beside", "reason": "stricter"}
    params = {f"p_{name}": value for name, value in in_force().params.items()}
    said = browser(cast.admin()).post(path("detector-detail"), form | params)
    assert said.status_code == 422
    page = text(said)
    assert "Nothing differs from version 1" in page
    assert 'value="beside" checked' in page
    assert 'value="stricter"' in page


def test_one_click_ends_it_or_proposes_it_and_a_reason_is_asked_for() -> None:
    admin = browser(cast.admin())
    version = watching()
    page = text(admin.post(path("shadow-end"), {"reason": " "}, follow=True))
    assert "reason" in page.lower()
    version.refresh_from_db()
    assert version.is_beside
    said = admin.post(path("shadow-live"), {"reason": "it finds more"})
    draft = DetectorDraft.objects.latest("pk")
    assert said.headers["Location"] == path("draft", draft.pk)
    assert (draft.mode, draft.params, draft.beside) == ("live", version.params, False)
    page = text(admin.post(path("shadow-end"), {"reason": "enough"}, follow=True))
    assert "Version 2 watches no longer." in page
    version.refresh_from_db()
    assert not version.is_beside
    for name in ("shadow-end", "shadow-live"):
        page = text(admin.post(path(name), {"reason": "again"}, follow=True))
        assert "No version watches" in page


def test_who_may_not_change_a_detector_sees_it_without_buttons_and_is_refused() -> None:
    watching()
    for user in (cast.reviewer(), cast.lead()):
        one = browser(user)
        page = text(one.get(path("detector-detail")))
        assert "Version 2 in shadow, beside 1" in page
        assert "End shadow" not in page
        for name in ("shadow-end", "shadow-live"):
            assert one.post(path(name), {"reason": "x"}).status_code == 403
    assert browser(cast.partner()).get(path("detector-detail")).status_code == 404


def test_a_hostile_reason_or_error_is_shown_as_text() -> None:
    version = watching(reason=HOSTILE)
    Shard.objects.create(config=version, stream=live_stream(), number=0, of=1, error=HOSTILE)
    for name in ("detector-detail", "version-list"):
        page = text(browser(cast.admin()).get(path(name)))
        assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_a_page_with_two_versions_in_shadow_asks_no_more_than_any_other() -> None:
    world.desk(cases=2)
    version = watching(days=7)
    live_stream()
    ensure_shards()
    one = browser(cast.admin())
    one.get(path("detector-detail"))
    with CaptureQueriesContext(connection) as asked:
        page = text(one.get(path("detector-detail")))
    assert f'id="shadow-{version.number}"' in page
    assert len(asked) <= BUDGET
    found = DetectorConfig.objects.get(slug="coaction-synchrony", current=True)
    DetectorConfig.objects.filter(pk=found.pk).update(mode="shadow", promote_at=found.created_at)
    url = reverse("detectors:detector-detail", args=[found.slug])
    with CaptureQueriesContext(connection) as asked:
        assert "Goes live by itself" in text(one.get(url))
    assert len(asked) <= BUDGET


def test_a_lead_tries_another_text_of_a_live_rule_beside_it() -> None:
    slug = make_rule().slug
    DetectorConfig.objects.filter(slug=slug, current=True).update(mode="live")
    config = DetectorConfig.objects.get(slug=slug, current=True)
    page = text(browser(cast.lead()).get(reverse("detectors:rule-edit", args=[slug])))
    assert f"Shadow, beside version {config.number}" in page
    changed = {**config.params, "sentence": "Another sentence"}
    saved = change_rule(
        actor=cast.lead(), slug=slug, based_on=config.number, mode="shadow", params=changed,
        reason="try", beside=True,
    )  # fmt: skip
    assert saved.draft is not None
    assert saved.draft.beside


def make_rule() -> DetectorConfig:
    params = RuleParams().model_dump(mode="json")
    return create_rule(
        actor=cast.lead(), name="tried", mode="shadow", params=params, reason="new"
    ).config


# --- REST ------------------------------------------------------------------------------------


@pytest.mark.row(19)
def test_over_rest_it_is_proposed_read_and_ended() -> None:
    admin, lead = program(cast.admin()), program(cast.lead())
    body = {"mode": "shadow", "beside": True, "params": {"signups": 9}, "reason": "stricter"}
    said = admin.post(f"{API}drafts/", body, content_type="application/json")
    assert (said.status_code, said.json()["beside"]) == (201, True)
    assert lead.post(f"{API}drafts/{said.json()['id']}/approve/").json()["version"] == 2
    assert admin.get(API).json()["config"]["params"]["signups"] == 3
    told = lead.get(f"{API}shadow/").json()
    assert [(one["version"], one["beside"], one["findings"]) for one in told] == [(2, 1, 0)]
    versions = lead.get(f"{API}versions/").json()["results"]
    assert [(one["number"], one["current"], one["beside"]) for one in versions] == [
        (2, False, 1), (1, True, None),
    ]  # fmt: skip
    proposed = admin.post(f"{API}shadow/live/", {"reason": "more"}, content_type="application/json")
    assert (proposed.status_code, proposed.json()["mode"]) == (201, "live")
    none = admin.post(f"{API}shadow/end/", {}, content_type="application/json")
    assert (none.status_code, "reason" in text(none)) == (400, True)
    ended = admin.post(f"{API}shadow/end/", {"reason": "x"}, content_type="application/json")
    assert (ended.status_code, ended.json()["ended_at"] is not None) == (200, True)
    again = admin.post(f"{API}shadow/end/", {"reason": "x"}, content_type="application/json")
    assert again.status_code == 409
    assert lead.get(f"{API}shadow/").json() == []


def test_over_rest_only_shadow_runs_beside() -> None:
    body = {"mode": "live", "beside": True, "params": {"signups": 9}, "reason": "x"}
    said = program(cast.admin()).post(f"{API}drafts/", body, content_type="application/json")
    assert (said.status_code, "Only shadow" in text(said)) == (422, True)


# --- shell -----------------------------------------------------------------------------------


def test_from_the_shell_it_is_set_shown_promoted_and_ended() -> None:
    assert "waits for somebody" in shell("set", SLUG, "signups=9", "--beside", "--reason", "try")
    draft = DetectorDraft.objects.get()
    assert f"draft {draft.pk} shadow beside, admin: try" in shell("show", SLUG)
    told = shell("approve", str(draft.pk), who="lead")
    assert "Version 2 watches beside version 1" in told
    assert "+ version 2 shadow, admin: try" in shell("show", SLUG)
    assert "signups = 3" in shell("show", SLUG)
    shell("promote", SLUG)
    assert DetectorDraft.objects.latest("pk").params["signups"] == 9
    with pytest.raises(CommandError, match="does not allow"):
        shell("end-shadow", SLUG, "--reason", "x", who="lead")
    assert "Version 2 watches no longer" in shell("end-shadow", SLUG, "--reason", "enough")
    with pytest.raises(CommandError, match="No version watches"):
        shell("end-shadow", SLUG, "--reason", "enough")


def test_what_only_watches_is_no_part_of_the_exported_configuration() -> None:
    put_beside(
        actor=cast.admin(),
        said=Settings(slug=SLUG, mode="shadow", params={"signups": 9}, reason="x"),
    )
    told = program(cast.admin()).get("/api/v1/detector-configuration/").json()
    mine = next(one for one in told["detectors"] if one["detector"] == SLUG)
    assert (mine["mode"], mine["params"]["signups"]) == ("live", 3)
