"""Sources in the console: how each fares, silence, what an admin says of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from playwright.sync_api import expect

from abusedesk.core import clock
from abusedesk.core.models import AuditEntry, User
from abusedesk.core.templatetags.ui import spark
from detectors.models import Source, SourceHour
from tests import cast, make
from tests.ui import world
from tests.ui.conftest import Visitor

URL = "/settings/sources/"
NEW = "/settings/new-source/"
FORM = {"title": "Acme shop", "description": "", "platforms": "", "alarm": "auto"}


def client(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def hour(source: Source, back: int, accepted: int, **more: object) -> None:
    moment = (clock.now() - timedelta(hours=back)).replace(minute=0, second=0, microsecond=0)
    values = {"hour": moment, "platform": "x", "accepted": accepted, **more}
    SourceHour.objects.create(source=source, **values)


@pytest.mark.ui
@pytest.mark.parametrize("script", [True, False])
def test_an_admin_sees_a_silent_source_and_sets_its_alarm(
    enter: Callable[..., Visitor], desk: world.Desk, *, script: bool
) -> None:
    seen = clock.now() - timedelta(hours=5)
    source = make.source("acme")
    Source.objects.filter(pk=source.pk).update(last_seen_at=seen)
    hour(source, 5, 120)
    ada = enter("ada", script=script)
    ada.page.get_by_role("link", name="Signals", exact=True).click()
    ada.page.get_by_role("link", name="Sources").click()
    row = ada.page.get_by_role("row", name=re.compile("Acme shop"))
    expect(row).to_contain_text("learning its pauses")
    expect(row.get_by_role("img", name=re.compile("24 hours: most 120"))).to_be_visible()
    row.get_by_role("link", name="Acme shop").click()
    ada.page.get_by_label("Alarm when it is silent").select_option("After a fixed time")
    ada.page.get_by_role("button", name="Save").click()
    expect(ada.page.get_by_text("Give a time from a minute")).to_be_visible()
    ada.page.get_by_label("Minutes of silence").fill("60")
    ada.page.get_by_role("textbox", name="Platforms").fill("x, telegram")
    ada.page.get_by_role("button", name="Save").click()
    expect(ada.page.get_by_text(f"silent since {seen:%Y-%m-%d %H:%M}")).to_be_visible()
    ada.page.goto(f"{ada.base}{URL}")
    expect(ada.page.get_by_text("Silent for too long: Acme shop")).to_be_visible()
    source.refresh_from_db()
    assert (source.silent_after_s, source.platforms) == (3_600, ["x", "telegram"])
    if script:
        assert ada.violations() == []
        assert ada.watch.errors == []


@pytest.fixture
def source(db: None) -> Source:
    return make.source()


def test_a_source_is_made_before_its_first_signal(db: None) -> None:
    admin = client(cast.admin())
    form = {**FORM, "slug": "acme", "platforms": "acme-shop, x"}
    answer = admin.post(NEW, form)
    assert (answer.status_code, answer["Location"]) == (302, f"{URL}acme/")
    assert Source.objects.get().platforms == ["acme-shop", "x"]
    assert AuditEntry.objects.get().verb == "source.created"
    again = admin.post(NEW, form)
    assert (again.status_code, b"There is a source acme already" in again.content) == (422, True)
    assert admin.get(NEW).status_code == 200


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": ""}, "This field is required"),
        ({"platforms": "No Such"}, "a-z, 0-9 and hyphens"),
        ({"alarm": "loud"}, "Select a valid choice"),
        ({"alarm": "fixed"}, "Give a time"),
    ],
)
def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(
    source: Source, change: dict[str, str], said: str
) -> None:
    form = {**FORM, "description": "the webshop", **change}
    answer = client(cast.admin()).post(f"{URL}acme/", form)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "the webshop" in answer.content.decode()
    source.refresh_from_db()
    assert source.description == ""


def test_a_reviewer_reads_but_changes_nothing_and_sees_no_token(source: Source) -> None:
    token, _ = make.token(name="secret-name")
    Source.objects.update(token=token)
    page = client(cast.reviewer()).get(f"{URL}acme/").content.decode()
    assert "Acme shop" in page
    assert ("secret-name" in page, "<textarea" in page) == (False, False)
    assert "secret-name" in client(cast.admin()).get(f"{URL}acme/").content.decode()
    assert client(cast.reviewer()).post(f"{URL}acme/", FORM).status_code == 403


def test_the_page_says_numbers_of_the_last_day_and_what_is_not_expected(source: Source) -> None:
    Source.objects.update(platforms=["telegram"], adapters=["xarf"], last_seen_at=clock.now())
    hour(source, 1, 30, late=2, clamped=1)
    hour(source, 0, 0, platform="", refused=10)
    page = client(cast.admin()).get(f"{URL}acme/").content.decode()
    assert "25.0 % of all" in page
    assert "xarf" in page
    assert "not expected" in page


def test_sources_come_page_by_page(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detectors.ui.views.source.PAGE", 2)
    for number in range(3):
        make.source(f"tool-{number}")
    admin = client(cast.admin())
    first = admin.get(URL).content.decode()
    assert ("tool-1" in first, "tool-2" in first, "?after=tool-1" in first) == (True, False, True)
    assert "tool-2" in admin.get(f"{URL}?after=tool-1").content.decode()


def test_without_sources_the_page_says_how_they_come(db: None) -> None:
    assert "No source yet" in client(cast.admin()).get(URL).content.decode()


def test_bars_are_drawn_in_proportion_and_nothing_is_drawn_for_nothing() -> None:
    drawn = spark([0, 1, 1_000], "24 hours")
    assert drawn.count("<rect") == 2
    assert 'height="24"/></svg>' in drawn
    assert 'y="23" width="3" height="1"' in drawn
    assert "24 hours: most 1,000, now 1,000" in drawn
    assert "style=" not in drawn
    assert "most 0, now 0" in spark([], "none")


def test_an_admin_says_that_reports_open_cases(source: Source) -> None:
    admin = client(cast.admin())
    assert "open no cases" in admin.get(f"{URL}acme/").content.decode()
    admin.post(f"{URL}acme/", {**FORM, "report_cases": "on"})
    source.refresh_from_db()
    assert source.report_cases == "on"
    assert "open no cases" not in admin.get(f"{URL}acme/").content.decode()


def test_an_admin_sees_on_the_first_page_who_fell_silent(source: Source) -> None:
    seen = clock.now() - timedelta(hours=5)
    Source.objects.update(alarm="fixed", silent_after_s=60, last_seen_at=seen)
    said = client(cast.admin()).get("/").content.decode()
    assert "Silent for too long" in said
    assert f'<a href="{URL}acme/">Acme shop</a> since {seen:%Y-%m-%d %H:%M}' in said
    assert "Silent for too long" not in client(cast.lead()).get("/").content.decode()
    Source.objects.update(last_seen_at=clock.now())
    assert "Silent for too long" not in client(cast.admin()).get("/").content.decode()
