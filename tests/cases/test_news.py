"""What watchers hear of, and what goes out by mail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.test import Client
from pytest_django import Settings

from abusedesk.core import clock
from abusedesk.core.models import Role, User
from cases import mailing, news, queue
from cases.choices import Tlp
from cases.habits import Digest, Habit
from cases.models import Case, Notice, Queue
from cases.selectors.notice import habit_of, notices_for
from cases.services.case import escalate_case, reopen_case, snooze_case
from cases.services.decision import record_decision, undo_decision
from cases.services.note import add_note
from cases.services.notice import mail_notices, read_notices
from cases.services.watch import unwatch_case, watch_case
from detectors.choices import Outcome
from tests.cases import build

pytestmark = pytest.mark.django_db
HABITS = "/me/notifications/"


@pytest.fixture
def rita() -> User:
    return build.user(name="rita")


@pytest.fixture
def lead() -> User:
    return build.user(Role.LEAD, name="lea")


@pytest.fixture
def ben(settings: Settings) -> User:
    """Somebody who has notices by mail too, on a desk that can send it."""
    settings.MAIL_FROM = "desk@desk.example"
    settings.PUBLIC_URL = "https://desk.example"
    person = build.user(name="ben")
    mail_notices(actor=person, wanted=True, address="ben@desk.example")
    return person


def kinds(person: User) -> list[str]:
    return [one.kind for one in notices_for(person).order_by("pk")]


def decide(actor: User, case: Case) -> None:
    held = queue.claim(actor=actor, case=case)
    assert held.claim_id
    decision = record_decision(
        actor=actor,
        case=held,
        claim_id=held.claim_id,
        outcome=Outcome.ABUSE,
        reason="a ring",
        key=build.key(1),
    )
    undo_decision(actor=actor, decision=decision)


@pytest.mark.row(53)
def test_watchers_hear_what_becomes_of_a_case_and_who_does_it_does_not(
    rita: User, lead: User
) -> None:
    case = build.case()
    for person in (rita, lead):
        watch_case(actor=person, case=case)
    decide(rita, case)
    case.refresh_from_db()
    escalate_case(actor=rita, case=case, reason="big")
    case.refresh_from_db()
    reopen_case(actor=lead, case=case, reason="small")
    case.refresh_from_db()
    snooze_case(actor=lead, case=case, until=clock.now() + timedelta(days=1))
    news.tell_watchers()
    assert kinds(lead) == ["closed", "reopened", "escalated"]
    assert kinds(rita) == ["reopened", "snoozed"]
    assert news.tell_watchers() == 0
    assert len(kinds(lead)) == 3


def test_a_notice_of_a_decision_tells_no_verdict(rita: User, lead: User) -> None:
    case = build.case()
    watch_case(actor=lead, case=case)
    decide(rita, case)
    news.tell_watchers()
    browser = Client()
    browser.force_login(lead)
    page = browser.get("/inbox/").content.decode().partition("<main")[2].partition("</main")[0]
    assert "was closed" in page
    assert "buse confirmed" not in page
    assert "a ring" not in page


def test_who_watches_later_or_no_longer_hears_nothing(rita: User, lead: User) -> None:
    case = build.case()
    watch_case(actor=rita, case=case)
    escalate_case(actor=lead, case=case, reason="big")
    unwatch_case(actor=rita, case=case)
    watch_case(actor=rita, case=build.case())
    late = build.user(name="late")
    watch_case(actor=late, case=case)
    news.tell_watchers()
    assert kinds(rita) == []
    assert kinds(late) == []


def test_a_watcher_who_may_not_see_the_case_any_more_is_told_nothing(
    rita: User, lead: User
) -> None:
    case = build.case()
    watch_case(actor=rita, case=case)
    private = Queue.objects.create(slug="p", title="P", position=5, roles=[Role.LEAD])
    Case.objects.update(queue=private)
    case.refresh_from_db()
    escalate_case(actor=lead, case=case, reason="big")
    news.tell_watchers()
    assert kinds(rita) == []


@pytest.mark.row(53)
def test_who_asked_for_it_has_a_notice_by_mail_once_without_evidence(rita: User, ben: User) -> None:
    case = build.case(title="evil.example ring")
    add_note(actor=rita, case=case, body="@ben is this secret?")
    assert mailing.mail_due() == 1
    assert mailing.mail_due() == 0
    (sent,) = outbox.outbox
    assert (sent.to, sent.subject) == (["ben@desk.example"], f"{case.ref} names you in a note")
    text = str(sent.message())
    assert f"https://desk.example/inbox/{Notice.objects.get().pk}/" in text
    assert "secret" not in text
    assert "evil" not in text


@pytest.mark.row(53)
def test_nothing_of_a_red_case_is_mailed_though_it_is_in_the_inbox(rita: User, ben: User) -> None:
    case = build.case()
    add_note(actor=rita, case=case, body="@ben look")
    Case.objects.update(tlp=Tlp.RED)
    assert mailing.mail_due() == 0
    assert outbox.outbox == []
    Case.objects.update(tlp=Tlp.AMBER)
    assert mailing.mail_due() == 0
    assert kinds(ben) == ["mention"]


def test_mail_is_off_until_the_desk_and_the_person_want_it(
    rita: User, ben: User, settings: Settings
) -> None:
    case = build.case()
    build.user(name="eve")
    add_note(actor=rita, case=case, body="@eve look")
    settings.MAIL_FROM = ""
    add_note(actor=rita, case=case, body="@ben look")
    settings.MAIL_FROM = "desk@desk.example"
    assert mailing.mail_due() == 0
    assert outbox.outbox == []


@pytest.mark.parametrize("change", ["read", "gone", "moved", "old", "ended"])
def test_what_is_no_news_any_more_is_not_mailed(rita: User, ben: User, change: str) -> None:
    case = build.case()
    add_note(actor=rita, case=case, body="@ben look")
    if change == "read":
        read_notices(actor=ben)
    elif change == "gone":
        User.objects.filter(pk=ben.pk).update(is_active=False)
    elif change == "moved":
        Case.objects.update(
            queue=Queue.objects.create(slug="p", title="P", position=5, roles=[Role.LEAD])
        )
    elif change == "old":
        Notice.objects.update(created_at=clock.now() - timedelta(days=2))
    else:
        mail_notices(actor=ben, wanted=False, address="")
    assert mailing.mail_due() == 0
    assert outbox.outbox == []
    assert not Notice.objects.exclude(mail_due_at=None).exists()


def test_a_mail_server_that_is_away_is_tried_again(
    rita: User, ben: User, settings: Settings
) -> None:
    there = settings.EMAIL_BACKEND
    add_note(actor=rita, case=build.case(), body="@ben look")
    settings.EMAIL_BACKEND = "tests.cases.build.AwayBackend"
    assert mailing.mail_due() == 0
    settings.EMAIL_BACKEND = there
    assert mailing.mail_due() == 0
    Notice.objects.update(mail_due_at=clock.now())
    assert mailing.mail_due() == 1


def test_a_mail_address_that_is_none_is_refused_at_its_field_and_nothing_changes(
    ben: User,
) -> None:
    browser = Client()
    browser.force_login(ben)
    assert "Mail me my notices" in browser.get(HABITS).content.decode()
    said = {"wanted": "1", "address": "nobody", "digest": "daily", "hour": "7", "desk": "named"}
    answer = browser.post(HABITS, said)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Write a mail address" in page
    assert 'value="nobody"' in page
    assert habit_of(ben) == Habit()
    browser.post(HABITS, said | {"address": "b@desk.example"})
    ben.refresh_from_db()
    assert (ben.email, ben.mail_notices) == ("b@desk.example", True)
    assert habit_of(ben).digest == Digest.DAILY
