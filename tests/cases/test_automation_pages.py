"""Pages of automation: what is typed stays, refusals are shown, what people proposed is news."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from abusedesk.core import clock
from abusedesk.core.models import User
from cases import news
from cases.choices import AutomatedState
from cases.models import AutomatedAction, Automation, Notice, VersionUndo
from cases.services import version_undo
from cases.services.automation import propose_automation, refuse_automation
from detectors.choices import Mode
from detectors.services.config import save_config
from tests import cast
from tests.cases import automated, build
from tests.cases.automated import SLUG, allowed, found, names, permit, take_all

pytestmark = pytest.mark.django_db
PAGE = f"/automation/{SLUG}/"
FORM = {"kind": "limit", "cap": "3", "min_weight": "0", "reason": "too many"}


@pytest.fixture(autouse=True)
def shipped() -> None:
    save_config(actor=None, slug=SLUG, mode=Mode.LIVE, params={}, reason="as shipped")


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_what_was_typed_stays_when_something_of_it_is_wrong() -> None:
    shown = browser(cast.admin()).post(
        PAGE, FORM | {"cap": "0", "reason": "<b>mine</b>", "most_reversed": "101"}
    )
    page = shown.content.decode()
    assert shown.status_code == 422
    assert "&lt;b&gt;mine&lt;/b&gt;" in page
    assert set(shown.context["form"].errors) == {"cap", "most_reversed"}
    assert not Automation.objects.exists()


def test_percentages_of_the_form_are_shares() -> None:
    browser(cast.admin()).post(PAGE, FORM | {"least_precision": "60", "most_reversed": "5"})
    row = Automation.objects.get()
    assert (row.least_precision, row.most_reversed, row.resume_hours) == (0.6, 0.05, None)


def test_a_reviewer_reads_and_sees_no_button() -> None:
    allowed(cap=1)
    found(build.accounts(3), anchor="d")
    take_all()
    page = browser(cast.reviewer()).get(PAGE).content.decode()
    assert "2 held" in page
    for button in ("Release", "Act on nobody", "Live again now", "Propose<", "Show what it would"):
        assert f">{button}" not in page


def test_refusals_are_told_on_the_page() -> None:
    admin = browser(cast.admin())
    cast.lead()
    row = propose_automation(actor=cast.admin(), slug=SLUG, permit=permit(), reason="x")
    settle = f"{PAGE}proposals/{row.pk}/"
    assert "Choose: allow" in admin.post(settle, {"do": "burn"}, follow=True).content.decode()
    assert admin.post(settle, {"do": "allow"}).status_code == 403
    assert "Write a note" in (
        browser(cast.lead()).post(settle, {"do": "refuse"}, follow=True).content.decode()
    )
    told = admin.post(f"{PAGE}end/", {"reason": "x"}, follow=True).content.decode()
    assert "It acts on nobody already." in told
    told = admin.post(f"{PAGE}resume/", {"reason": "x"}, follow=True).content.decode()
    assert "has not tripped" in told


def test_held_hits_are_chosen_and_a_wrong_choice_says_so() -> None:
    allowed(cap=1)
    found(build.accounts(4), anchor="d")
    take_all()
    lead = browser(cast.lead())
    nothing = lead.post(f"{PAGE}held/", {"do": "release", "reason": "x", "hit": ["no", "-1"]})
    assert (nothing.status_code, "None of these is held" in nothing.content.decode()) == (422, True)
    assert lead.post(f"{PAGE}held/", {"do": "release"}).status_code == 422
    held = AutomatedAction.objects.filter(state="held").earliest("pk")
    lead.post(f"{PAGE}held/", {"do": "release", "reason": "x", "hit": [str(held.pk)]})
    assert names(AutomatedState.ACTED) == ["x:a1", "x:a2"]


def test_an_undo_keeps_what_was_typed_and_asks_for_the_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(version_undo, "TYPED", 2)
    monkeypatch.setattr("cases.ui.views.version_undo.TYPED", 2)
    allowed()
    found(build.accounts(4), anchor="d")
    take_all()
    lead = browser(cast.lead())
    since = (clock.now() - timedelta(hours=1)).isoformat()
    form = {"number": "1", "since": since, "reason": "the threshold", "count": "5"}
    shown = lead.post(f"{PAGE}undo/", form)
    assert (shown.status_code, "Type the number of actions, 4" in shown.content.decode()) == (
        422, True,
    )  # fmt: skip
    assert "the threshold" in shown.content.decode()
    assert lead.post(f"{PAGE}undo/", form | {"count": "four"}).status_code == 422
    assert lead.post(f"{PAGE}undo/", form | {"since": "soon"}).status_code == 422
    assert lead.get(f"{PAGE}undo/?number=x&since=y").status_code == 422
    assert not VersionUndo.objects.exists()
    done = lead.post(f"{PAGE}undo/", form | {"count": "4"}, follow=True)
    assert "Undo of version 1" in done.content.decode()


def test_proposals_and_what_became_of_them_are_news() -> None:
    cast.lead()
    cast.reviewer()
    news.sweep()
    row = propose_automation(actor=cast.admin(), slug=SLUG, permit=permit(), reason="x")
    news.sweep()
    assert [one.user.username for one in Notice.objects.filter(kind="auto")] == ["lead"]
    refuse_automation(actor=cast.lead(), automation=row, note="no")
    news.sweep()
    notice = Notice.objects.get(kind="auto-no")
    assert notice.user == cast.admin()
    led = browser(cast.admin()).get(f"/inbox/{notice.pk}/")
    assert led["Location"] == PAGE
    allowed()
    news.sweep()
    assert Notice.objects.filter(kind="auto-done", user=cast.admin()).exists()


def test_hits_of_what_was_ended_are_still_to_be_settled() -> None:
    allowed(cap=1)
    found(build.accounts(3), anchor="d")
    take_all()
    browser(cast.lead()).post(f"{PAGE}end/", {"reason": "x"})
    page = browser(cast.reviewer()).get("/automation/").content.decode()
    assert "2 of its hits are still held" in page
    assert automated.config().is_tripped
    assert "2 held" in browser(cast.lead()).get(PAGE).content.decode()
