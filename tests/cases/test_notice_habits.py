"""What people want to be told of, on what way and when: digests, quiet hours, topics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail as outbox
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from abusedesk.core import clock
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import AuditEntry, Role, Scope, User
from abusedesk.core.zones import choose_zone
from cases import mailing, notices
from cases.choices import NoticeKind, Tlp
from cases.habits import KINDS, Digest, Habit, Topic
from cases.models import Case, Notice, NoticeHabit
from cases.selectors.notice import habit_of, notices_for
from cases.services.note import add_note
from cases.services.notice import mail_notices, read_notices, save_habit
from tests import make
from tests.cases import build

BERLIN = ZoneInfo("Europe/Berlin")
EVENING = datetime(2026, 11, 27, 20, 15, tzinfo=UTC)  # 21:15 in Berlin
PAGE = "/me/notifications/"
NIGHT = Habit(quiet_from=20 * 60, quiet_until=7 * 60)

minutes = st.integers(0, 1439)
habits = st.builds(
    lambda digest, hour, quiet: Habit(
        digest, hour, *((None, None) if quiet is None or quiet[0] == quiet[1] else quiet)
    ),
    st.sampled_from(Digest),
    st.integers(0, 23),
    st.none() | st.tuples(minutes, minutes),
)


@pytest.fixture
def at() -> Iterator[Callable[[datetime], None]]:
    """Sets the clock."""
    with time_machine.travel(EVENING, tick=False) as traveller:
        yield traveller.move_to


@pytest.fixture
def rita() -> User:
    return build.user(name="rita")


@pytest.fixture
def ben(settings: Settings) -> User:
    """Somebody in Berlin who has notices by mail."""
    settings.MAIL_FROM = "desk@desk.example"
    settings.PUBLIC_URL = "https://desk.example"
    person = build.user(name="ben")
    mail_notices(actor=person, wanted=True, address="ben@desk.example")
    choose_zone(actor=person, name="Europe/Berlin")
    return person


def mails() -> list[str]:
    return [str(one.subject) for one in outbox.outbox]


def test_every_kind_of_notice_belongs_to_one_topic() -> None:
    listed = [kind for kinds in KINDS.values() for kind in kinds]
    assert sorted(listed) == sorted(NoticeKind)
    assert set(KINDS) == set(Topic)


@given(
    habit=habits,
    now=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 -- bounds of a strategy are naive
    name=st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_mail_never_comes_before_its_time_nor_in_quiet_hours_nor_after_the_longest_wait(
    habit: Habit, now: datetime, name: str
) -> None:
    zone = ZoneInfo(name)
    due = habit.due_at(now, zone)
    assert due >= now
    assert not habit.is_quiet(due, zone)
    # a day on which clocks go back is an hour longer
    assert due - now <= habit.longest_wait + timedelta(hours=1)


@pytest.mark.parametrize(
    ("habit", "now", "due"),
    [
        (Habit(), "2026-11-27 21:15", "2026-11-27 21:15"),
        (Habit(Digest.HOURLY), "2026-11-27 21:15", "2026-11-27 22:00"),
        (Habit(Digest.DAILY, 8), "2026-11-27 07:59", "2026-11-27 08:00"),
        (Habit(Digest.DAILY, 8), "2026-11-27 08:00", "2026-11-28 08:00"),
        (NIGHT, "2026-11-27 21:15", "2026-11-28 07:00"),
        (NIGHT, "2026-11-28 06:59", "2026-11-28 07:00"),
        (NIGHT, "2026-11-28 07:00", "2026-11-28 07:00"),
        (replace(NIGHT, digest=Digest.HOURLY), "2026-11-27 19:30", "2026-11-28 07:00"),
        (replace(NIGHT, digest=Digest.DAILY, hour=6), "2026-11-27 12:00", "2026-11-28 07:00"),
        # clocks go back in the quiet hours, and forth over the hour of the digest
        (Habit(quiet_from=60, quiet_until=150), "2026-10-25 01:30", "2026-10-25 02:30"),
        (Habit(Digest.DAILY, 2), "2026-03-29 00:30", "2026-03-29 03:00"),
    ],
)
def test_a_mail_is_due_by_the_clock_of_who_gets_it(habit: Habit, now: str, due: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=BERLIN).astimezone(UTC)
    assert habit.due_at(moment, BERLIN).astimezone(BERLIN).strftime("%Y-%m-%d %H:%M") == due


@pytest.mark.django_db
@pytest.mark.row(53)
def test_a_daily_digest_is_one_mail_at_its_hour_with_what_was_not_read_by_then(
    rita: User, ben: User, at: Callable[[datetime], None]
) -> None:
    save_habit(actor=ben, habit=Habit(Digest.DAILY, 8))
    cases = [build.case() for _ in range(4)]
    for case in cases:
        add_note(actor=rita, case=case, body="@ben is evil.example theirs?")
    Case.objects.filter(pk=cases[3].pk).update(tlp=Tlp.RED)
    assert mailing.mail_due() == 0
    read_notices(actor=ben, case=cases[0])
    at(datetime(2026, 11, 28, 6, 59, tzinfo=UTC))
    assert mailing.mail_due() == 0
    at(datetime(2026, 11, 28, 7, 0, tzinfo=UTC))
    assert mailing.mail_due() == 1
    assert mailing.mail_due() == 0
    (sent,) = outbox.outbox
    text = str(sent.body)
    assert sent.subject == "2 notices"
    assert f"2026-11-27 21:15 CET: {cases[1].ref} names you in a note, by rita." in text
    assert cases[2].ref in text
    assert cases[0].ref not in text
    assert cases[3].ref not in text
    assert "evil" not in text
    assert f"https://desk.example{PAGE}" in text
    assert not Notice.objects.exclude(mail_due_at=None).exists()
    assert notices_for(ben).count() == 3


@pytest.mark.django_db
def test_in_quiet_hours_the_mail_waits_and_the_inbox_does_not(
    rita: User, ben: User, at: Callable[[datetime], None]
) -> None:
    save_habit(actor=ben, habit=NIGHT)
    add_note(actor=rita, case=build.case(), body="@ben look")
    assert notices_for(ben).count() == 1
    # a try that failed before may come round in them, too
    Notice.objects.update(mail_due_at=clock.now())
    assert mailing.mail_due() == 0
    at(datetime(2026, 11, 28, 6, 0, tzinfo=UTC))
    assert mailing.mail_due() == 1
    assert len(outbox.outbox) == 1


@pytest.mark.django_db
def test_news_that_waited_by_habit_is_no_stale_news(
    rita: User, ben: User, at: Callable[[datetime], None]
) -> None:
    save_habit(actor=ben, habit=replace(NIGHT, digest=Digest.DAILY, hour=21))
    add_note(actor=rita, case=build.case(), body="@ben look")
    at(EVENING + timedelta(days=1))
    assert mailing.mail_due() == 0
    at(EVENING + timedelta(days=1, hours=10))
    assert mailing.mail_due() == 1


@pytest.mark.django_db
def test_what_waits_follows_a_new_choice(
    rita: User, ben: User, at: Callable[[datetime], None]
) -> None:
    save_habit(actor=ben, habit=Habit(Digest.DAILY, 8))
    add_note(actor=rita, case=build.case(), body="@ben look")
    at(EVENING + timedelta(minutes=1))
    assert mailing.mail_due() == 0
    save_habit(actor=ben, habit=Habit())
    assert mailing.mail_due() == 1


@pytest.mark.django_db
def test_a_topic_comes_on_the_ways_that_were_chosen(rita: User, ben: User) -> None:
    named, given = Topic.NAMED.value, Topic.GIVEN.value
    save_habit(actor=ben, habit=Habit(off_desk=frozenset({named}), off_mail=frozenset({given})))
    case = build.case()
    add_note(actor=rita, case=case, body="@ben look")
    notices.give(case, NoticeKind.ASSIGNED, [ben], actor=rita)
    assert [one.kind for one in notices_for(ben)] == [NoticeKind.ASSIGNED]
    assert mailing.mail_due() == 1
    assert mails() == [f"{case.ref} names you in a note"]
    browser = Client()
    browser.force_login(ben)
    only_mailed = Notice.objects.get(kind=NoticeKind.MENTION)
    assert only_mailed.read_at is not None  # it stands nowhere, so the next one is news again
    assert f"/cases/{case.ref}/" in browser.get(f"/inbox/{only_mailed.pk}/")["Location"]
    assert "names you" not in browser.get("/inbox/?show=all").content.decode()


@pytest.mark.django_db
def test_what_is_wanted_on_no_way_is_not_kept(rita: User, ben: User) -> None:
    topics = frozenset(Topic.values)
    save_habit(actor=ben, habit=Habit(off_desk=topics, off_mail=topics))
    add_note(actor=rita, case=build.case(), body="@ben look")
    assert not Notice.objects.exists()


@pytest.mark.django_db
def test_all_read_leaves_alone_what_only_comes_by_mail(rita: User, ben: User) -> None:
    save_habit(actor=ben, habit=Habit(off_desk=frozenset({Topic.NAMED.value})))
    add_note(actor=rita, case=build.case(), body="@ben look")
    assert read_notices(actor=ben) == 0
    assert mailing.mail_due() == 1


@pytest.mark.django_db
def test_a_mail_names_a_hundred_notices_and_counts_the_rest(ben: User) -> None:
    save_habit(actor=ben, habit=Habit(Digest.HOURLY))
    now = clock.now()
    case = build.case()
    Notice.objects.bulk_create(
        Notice(user=ben, detector=f"d-{n}", kind=NoticeKind.ALARM, mail_due_at=now)
        for n in range(103)
    )
    Notice.objects.create(user=ben, case=case, kind=NoticeKind.LATE, mail_due_at=now)
    assert mailing.mail_due() == 1
    text = str(outbox.outbox[0].body)
    assert text.count("raised an alarm") == 100
    assert "And 4 more: https://desk.example/inbox/" in text


@pytest.mark.django_db(transaction=True)
def test_workers_that_begin_together_send_a_digest_once(ben: User) -> None:
    save_habit(actor=ben, habit=Habit(Digest.HOURLY))
    now = clock.now()
    Notice.objects.bulk_create(
        Notice(user=ben, detector=f"d-{n}", kind=NoticeKind.ALARM, mail_due_at=now)
        for n in range(40)
    )

    def work(_: int) -> int:
        try:
            return mailing.mail_due()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 1
    assert mails() == ["40 notices"]
    assert not Notice.objects.exclude(mail_due_at=None).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"quiet_from": 60}, "quiet_until"),
        ({"quiet_until": 60}, "quiet_from"),
        ({"quiet_from": 60, "quiet_until": 60}, "quiet_until"),
        ({"quiet_from": 60, "quiet_until": 1440}, "quiet_from"),
        ({"hour": 24}, "hour"),
        ({"digest": "weekly"}, "digest"),
        ({"off_mail": frozenset({"money"})}, "off_mail"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_at_its_field(
    ben: User, changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidError) as refused:
        save_habit(actor=ben, habit=replace(Habit(), **changed))
    assert refused.value.field == field
    assert not NoticeHabit.objects.exists()


@pytest.mark.django_db
def test_the_page_keeps_what_was_chosen_and_what_was_typed_wrong(ben: User) -> None:
    browser = Client()
    browser.force_login(ben)
    said = {
        "wanted": "1", "address": "ben@desk.example", "digest": "daily", "hour": "17",
        "quiet_from": "20:00", "quiet_until": "", "desk": ["named", "times"], "mail": ["named"],
    }  # fmt: skip
    answer = browser.post(PAGE, said)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Quiet hours need a beginning and an end" in page
    assert 'value="20:00"' in page
    assert '<option value="17" selected>' in page
    assert habit_of(ben) == Habit()
    answer = browser.post(PAGE, said | {"quiet_until": "07:30"})
    assert answer.status_code == 302
    others = frozenset(Topic.values) - {"named"}
    assert habit_of(ben) == Habit(
        Digest.DAILY, 17, 1200, 450, off_desk=others - {"times"}, off_mail=others
    )
    entry = AuditEntry.objects.get(verb="notices.chosen")
    assert (entry.actor, entry.data["quiet_until"]) == (ben, 450)
    assert "Europe/Berlin" in browser.get(PAGE).content.decode()


@pytest.mark.django_db
def test_a_desk_without_mail_asks_nothing_of_it_and_keeps_what_was_chosen(
    ben: User, settings: Settings
) -> None:
    save_habit(actor=ben, habit=replace(NIGHT, off_mail=frozenset({"times"})))
    settings.MAIL_FROM = ""
    browser = Client()
    browser.force_login(ben)
    page = browser.get(PAGE).content.decode()
    assert "This desk sends no mail" in page
    assert 'name="mail"' not in page
    browser.post(PAGE, {"desk": ["named"]})
    ben.refresh_from_db()
    assert ben.mail_notices
    expected = frozenset(Topic.values) - {"named"}
    assert habit_of(ben) == replace(NIGHT, off_desk=expected, off_mail=frozenset({"times"}))


@pytest.mark.django_db
def test_the_same_over_rest(ben: User) -> None:
    program = Client(headers=make.bearer(Scope.READ, Scope.REVIEW, user=ben))
    path = "/api/v1/me/notices/"
    assert program.get(path).json() == {
        "mailed": True, "address": "ben@desk.example", "digest": "off", "hour": 8,
        "quiet_from": None, "quiet_until": None, "off_desk": [], "off_mail": [],
    }  # fmt: skip
    said = {"mailed": True, "address": "b@desk.example", "digest": "hourly", "off_mail": ["times"]}
    answer = program.put(path, said, content_type="application/json")
    assert answer.status_code == 200
    assert answer.json()["off_mail"] == ["times"]
    assert habit_of(ben) == Habit(Digest.HOURLY, off_mail=frozenset({"times"}))
    answer = program.put(path, said | {"quiet_from": 5}, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["attr"] == "quiet_until"
    answer = program.put("/api/v1/me/", {"time_zone": "Mars/A"}, content_type="application/json")
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (422, "time_zone")
    answer = program.put("/api/v1/me/", {"time_zone": ""}, content_type="application/json")
    assert answer.json() == {
        "username": "ben", "role": Role.REVIEWER, "time_zone": "", "zone_in_force": "UTC",
    }  # fmt: skip
