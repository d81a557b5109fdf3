"""Who else is at the desk and at a case, for as long as their page asks; a takeover is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from time_machine import travel

from abusedesk.core import clock
from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import Role, User
from cases import queue
from cases.choices import NoticeKind
from cases.models import Case, Notice, Presence, Queue
from cases.selectors.case import online_of, queue_counts
from cases.selectors.presence import viewers_of
from cases.services.presence import note_presence
from tests.cases import build
from tests.ui import world

pytestmark = pytest.mark.django_db


def _online(viewer: User) -> list[str]:
    return online_of(queue_counts(viewer))


def _browser(who: User) -> Client:
    browser = Client()
    browser.force_login(who)
    return browser


def test_who_asks_is_online_for_others_and_gone_45_seconds_later() -> None:
    desk = world.desk(1)
    note_presence(actor=desk.lead, case=None)
    assert _online(desk.reviewer) == ["lena"]
    assert _online(desk.lead) == []
    with travel(clock.now() + timedelta(seconds=46), tick=False):
        assert _online(desk.reviewer) == []


def test_a_case_knows_its_other_viewers_until_they_go_elsewhere() -> None:
    desk = world.desk(2)
    first, second = desk.cases
    note_presence(actor=desk.lead, case=first)
    assert viewers_of(first, desk.reviewer) == ["lena"]
    assert viewers_of(first, desk.lead) == []
    note_presence(actor=desk.lead, case=second)
    assert viewers_of(first, desk.reviewer) == []
    assert viewers_of(second, desk.reviewer) == ["lena"]
    assert Presence.objects.count() == 1


def test_the_same_again_within_ten_seconds_writes_nothing() -> None:
    desk = world.desk(1)
    now = clock.now()
    for seconds, written in ((0, 0), (9, 0), (11, 11)):
        with travel(now + timedelta(seconds=seconds), tick=False):
            note_presence(actor=desk.lead, case=None)
        assert Presence.objects.get().seen_at == now + timedelta(seconds=written)


@pytest.mark.parametrize("role", [Role.PARTNER, Role.INTEGRATION])
def test_who_sees_no_case_leaves_no_trace_and_sees_nobody(role: Role) -> None:
    desk = world.desk(1)
    other = build.user(role)
    note_presence(actor=other, case=None)
    note_presence(actor=desk.lead, case=desk.cases[0])
    assert Presence.objects.get().user == desk.lead
    assert _online(other) == []
    assert viewers_of(desk.cases[0], other) == []


def test_the_poll_says_who_is_here_and_who_holds_the_case() -> None:
    desk = world.desk(1)
    (case,) = desk.cases
    rita, lena = _browser(desk.reviewer), _browser(desk.lead)
    queue.claim(actor=desk.reviewer, case=case)
    told = lena.get(f"/live/?case={case.ref}").json()
    assert (told["case.holder"], told["case.viewing"], told["people.online"]) == ("rita", "", 0)
    told = rita.get(f"/live/?case={case.ref}").json()
    assert told["case.holder"] == "you"
    assert told["case.viewing"] == "lena is viewing too"
    assert (told["people.online"], told["people.names"]) == (1, "lena")
    assert "lena is viewing too" in rita.get(f"/cases/{case.ref}/").content.decode()


def test_the_poll_tells_nothing_of_a_case_out_of_sight() -> None:
    desk = world.desk(1)
    (case,) = desk.cases
    hidden = Queue.objects.create(slug="hidden", title="Hidden", roles=[Role.LEAD], position=8)
    Case.objects.filter(pk=case.pk).update(queue=hidden)
    for ref in (case.ref, "AD-0", "%00", "<script>"):
        told = _browser(desk.reviewer).get(f"/live/?case={ref}").json()
        assert not any(name.startswith("case.") for name in told)
    assert Presence.objects.get().case is None
    with pytest.raises(NotFoundError):
        queue.claim(actor=desk.reviewer, case=Case.objects.get(pk=case.pk))


def test_who_lost_a_case_to_a_lead_is_told_and_a_free_case_tells_nobody() -> None:
    desk = world.desk(2)
    first, second = desk.cases
    queue.claim(actor=desk.lead, case=second)
    assert not Notice.objects.exists()
    queue.claim(actor=desk.reviewer, case=first)
    queue.claim(actor=desk.lead, case=first)
    notice = Notice.objects.get()
    assert (notice.user, notice.kind, notice.actor, notice.case) == (
        desk.reviewer,
        NoticeKind.TAKEN_OVER,
        desk.lead,
        first,
    )
    page = _browser(desk.reviewer).get("/inbox/").content.decode()
    assert "was taken over from you" in page
