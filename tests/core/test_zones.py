"""The time zone of a person: what pages tell, what is refused, what stays in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from abusedesk.core import zones
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import AuditEntry, Scope, User
from abusedesk.core.templatetags.ui import day, due, when
from cases.models import Case
from tests import make
from tests.cases import build

MOMENT = datetime(2026, 11, 27, 15, 23, 44, tzinfo=UTC)


@pytest.fixture
def rita() -> User:
    return build.user(name="rita")


@pytest.fixture
def berlin() -> Iterator[None]:
    with timezone.override("Europe/Berlin"):
        yield


@pytest.mark.usefixtures("berlin")
def test_a_relative_time_bears_the_absolute_one_in_the_zone_of_who_reads_it() -> None:
    assert 'title="2026-11-27 16:23:44 CET"' in when(MOMENT)
    assert 'datetime="2026-11-27T15:23:44+00:00"' in when(MOMENT)
    assert 'title="2026-11-27 16:23 CET"' in due(MOMENT)
    assert zones.told(MOMENT.replace(month=7)) == "2026-07-27 17:23 CEST"
    assert zones.minute(MOMENT) == "16:23 CET"


@pytest.mark.usefixtures("berlin")
def test_what_says_utc_is_utc_whoever_reads_it() -> None:
    assert day(MOMENT) == "2026-11-27 15:23"
    assert day(MOMENT.astimezone(ZoneInfo("Asia/Tokyo"))) == "2026-11-27 15:23"


def test_a_zone_without_letters_is_told_as_an_offset() -> None:
    with timezone.override("America/Sao_Paulo"):
        assert zones.told(MOMENT) == "2026-11-27 12:23 UTC-03"


@given(
    moment=st.datetimes(timezones=st.just(UTC)),
    name=st.sampled_from(["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"]),
)
def test_no_moment_of_any_calendar_breaks_a_page(moment: datetime, name: str) -> None:
    with timezone.override(name):
        assert zones.here(moment) == moment
        assert zones.told(moment).count(":") >= 1


@pytest.mark.django_db
def test_somebody_chooses_a_zone_and_pages_tell_times_in_it(rita: User) -> None:
    case = build.case()
    Case.objects.filter(pk=case.pk).update(opened_at=MOMENT, snoozed_until=MOMENT, state="snoozed")
    browser = Client()
    browser.force_login(rita)
    page = f"/cases/{case.ref}/"
    assert "until 2026-11-27 15:23 UTC" in browser.get(page).content.decode()
    answer = browser.post("/me/", {"theme": "dark", "time_zone": " Asia/Tokyo "})
    assert answer.status_code == 302
    assert "until 2026-11-28 00:23 JST" in browser.get(page).content.decode()
    entry = AuditEntry.objects.get(verb="zone.chosen")
    assert (entry.actor, entry.data) == (rita, {"zone": "Asia/Tokyo"})
    report = browser.get(f"{page}report/").content.decode()
    assert "2026-11-27 15:23 UTC" in report
    assert 'value="Asia/Tokyo"' in browser.get("/me/").content.decode()


@pytest.mark.django_db
def test_where_nobody_chose_the_zone_of_the_desk_holds(rita: User, settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    assert zones.zone_of(rita) == ZoneInfo("Europe/Berlin")
    rita.time_zone = "Mars/Olympus"  # a name that a later tz database dropped
    assert zones.zone_of(rita) == ZoneInfo("Europe/Berlin")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Europe/Berln", "Did you mean Europe/Berlin?"),
        ("../../etc/passwd", "There is no such time zone"),
        ("<script>", "There is no such time zone"),
    ],
)
def test_a_zone_that_is_none_is_refused_at_its_field_and_stays_typed(
    rita: User, name: str, said: str
) -> None:
    browser = Client()
    browser.force_login(rita)
    answer = browser.post("/me/", {"theme": "light", "time_zone": name})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert "<script>" not in page
    assert f'value="{escape(name)}"' in page
    rita.refresh_from_db()
    assert (rita.time_zone, rita.theme) == ("", "dark")
    with pytest.raises(InvalidError) as refused:
        zones.choose_zone(actor=rita, name=name)
    assert refused.value.field == "time_zone"


@pytest.mark.django_db
def test_what_programs_read_does_not_depend_on_the_zone_of_who_asks(rita: User) -> None:
    case = build.case()
    path = f"/api/v1/cases/{case.ref}/"
    program = Client(headers=make.bearer(Scope.READ, user=rita))
    before = program.get(path).json()["opened_at"]
    zones.choose_zone(actor=rita, name="Asia/Tokyo")
    assert program.get(path).json()["opened_at"] == before
    browser = Client()
    browser.force_login(rita)
    assert browser.get(path).json()["opened_at"] == before


@pytest.mark.django_db
def test_a_zone_costs_no_query_and_does_not_reach_the_next_request(rita: User) -> None:
    zones.choose_zone(actor=rita, name="Asia/Tokyo")
    browser = Client()
    browser.force_login(rita)
    browser.get("/me/")
    with CaptureQueriesContext(connection) as with_zone:
        browser.get("/me/")
    zones.choose_zone(actor=rita, name="")
    with CaptureQueriesContext(connection) as without:
        browser.get("/me/")
    assert len(with_zone) == len(without)
    assert timezone.get_current_timezone_name() == "UTC"


@pytest.mark.django_db
def test_a_case_put_away_until_a_day_comes_back_at_nine_by_the_clock_of_who_did_it(
    rita: User,
) -> None:
    case = build.case()
    zones.choose_zone(actor=rita, name="Asia/Tokyo")
    browser = Client()
    browser.force_login(rita)
    browser.post(f"/cases/{case.ref}/claim/")
    until = timezone.now().astimezone(ZoneInfo("Asia/Tokyo")).date()
    until = until.replace(day=1, month=until.month % 12 + 1, year=until.year + (until.month == 12))
    said = {"how": "date", "date": until.isoformat(), "version": Case.objects.get().version}
    browser.post(f"/cases/{case.ref}/snooze/", said)
    back = Case.objects.get().snoozed_until
    assert back is not None
    assert back.astimezone(ZoneInfo("Asia/Tokyo")).strftime("%Y-%m-%d %H:%M") == f"{until} 09:00"
