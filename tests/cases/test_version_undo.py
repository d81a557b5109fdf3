"""Everything one version of a detector set off, taken back at once; the rest stands."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
import time_machine

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry, Role
from cases.actions import deliver_due, redeliver
from cases.choices import ActionKind, AutomatedState, DeliveryKind, DeliveryState
from cases.models import AutomatedAction, Delivery, VersionUndo, Webhook
from cases.selectors.automation import undo_preview_for
from cases.services import version_undo
from cases.services.held_hit import settle_held
from cases.services.version_undo import run_undo, start_undo, step_undo, wake_undos
from cases.terms import Act, Terms
from detectors.choices import Mode
from detectors.models import DetectorConfig
from detectors.services.config import save_config
from tests import cast
from tests.cases import automated, build
from tests.cases.automated import SLUG, allowed, found, names, take_all
from tests.cases.test_actions import Receiver, receiver  # noqa: F401 -- a fixture

pytestmark = pytest.mark.django_db
TEN = datetime.fromisoformat("2026-11-27T10:00:00+00:00")


@pytest.fixture(autouse=True)
def six(db: None) -> None:
    """Versions 1 to 6 of a detector."""
    for number in range(6):
        _version(number)


def _version(number: int) -> DetectorConfig:
    params = {"device_cap": 3 + number}
    return save_config(actor=None, slug=SLUG, mode=Mode.LIVE, params=params, reason="try")


def _acted(number: int, first: int, name: str) -> None:
    found(build.accounts(number, first=first), anchor=name)
    take_all()


def _undo(number: int = 7, since: datetime = TEN, confirmed: int | None = None) -> VersionUndo:
    return start_undo(
        actor=cast.lead(), slug=SLUG, number=number, since=since, reason="a bad threshold",
        confirmed=confirmed,
    )  # fmt: skip


def _deliver() -> None:
    while deliver_due():
        pass


@pytest.mark.row(95)
def test_forty_actions_of_version_seven_are_taken_back_and_all_else_stands(
    receiver: Receiver,  # noqa: F811 -- the fixture
) -> None:
    with time_machine.travel(TEN - timedelta(minutes=90), tick=True):
        allowed(cap=1_000)
        _acted(5, 101, "six")  # of version 6
        _version(6)
        _acted(3, 201, "early")  # of version 7, before ten
    with time_machine.travel(TEN + timedelta(minutes=5), tick=True):
        _acted(40, 301, "seven")
        _, case = build.opened(members=build.accounts(8))
        person = Terms(actions=[Act("x:a1", ActionKind.SUSPEND)])
        build.decided(build.user(), case, terms=person)
    with time_machine.travel(TEN + timedelta(minutes=30), tick=True):
        _deliver()
        assert len(receiver.messages) == 5 + 3 + 40 + 1
        seen = undo_preview_for(cast.lead(), SLUG, 7, TEN)
        assert (seen.total, len(seen.samples), seen.capped) == (40, 10, False)
        assert {one.account for one in seen.samples} < set(build.accounts(40, first=301))
        undo = _undo()
        assert receiver.messages[49:] == []
        run_undo(undo_id=undo.pk)
        _deliver()
        reversals = receiver.verified()[49:]
        assert {one.body["kind"] for one in reversals} == {"reversal"}
        named = {str(one.body["reverses"]) for one in reversals}
        sent = {
            one.headers["X-Abusedesk-Delivery"]
            for one in receiver.verified()[:49]
            if one.body.get("detector") == {"slug": SLUG, "version": 7}
            and one.body["entities"]["accounts"][0] in build.accounts(40, first=301)
        }
        assert len(reversals) == len(named) == 40
        assert named == sent
        # people, version 6, and what was earlier stand
        assert names(AutomatedState.ACTED) == [
            *build.accounts(5, first=101), *build.accounts(3, first=201),
        ]  # fmt: skip
        assert case.decisions.get().actions.get().reversed_at is None
        # run again: 0
        undo.refresh_from_db()
        assert (undo.state, undo.total) == ("done", 40)
        assert undo_preview_for(cast.lead(), SLUG, 7, TEN).total == 0
        with pytest.raises(InvalidError, match="Nothing that version 7 set off since then"):
            _undo()
        run_undo(undo_id=undo.pk)
        _deliver()
        assert len(receiver.messages) == 49 + 40


def test_what_has_not_left_is_cancelled_instead_of_reversed() -> None:
    Webhook.objects.create(url="https://receiver.example/hook", secret="s" * 32)
    allowed()
    _acted(2, 1, "d")
    Delivery.objects.filter(pk=Delivery.objects.earliest("pk").pk).update(attempts=1)
    run_undo(undo_id=_undo(6, clock.now() - timedelta(hours=1)).pk)
    told = [(one.kind, one.state) for one in Delivery.objects.order_by("pk")]
    assert told == [("action", "canceled"), ("action", "canceled"), ("reversal", "waiting")]
    reversal = Delivery.objects.get(kind=DeliveryKind.REVERSAL)
    body = json.loads(reversal.body)
    first = Delivery.objects.earliest("pk")
    assert (body["reverses"], body["automated"]) == (first.pk, first.automated_id)
    with pytest.raises(ConflictError, match="was undone"):
        redeliver(actor=cast.admin(), delivery=first)


def test_what_people_released_stands_and_the_preview_says_so() -> None:
    allowed(cap=2)
    _acted(5, 1, "d")
    settle_held(actor=cast.lead(), slug=SLUG, release=True, reason="a flood")
    since = clock.now() - timedelta(hours=1)
    seen = undo_preview_for(cast.lead(), SLUG, 6, since)
    assert (seen.total, seen.released) == (2, 3)
    run_undo(undo_id=_undo(6, since).pk)
    assert names(AutomatedState.UNDONE) == build.accounts(2)
    assert names(AutomatedState.ACTED) == build.accounts(3, first=3)


def test_a_finding_that_grows_after_the_undo_does_not_hit_the_same_accounts_again() -> None:
    allowed()
    finding = found(build.accounts(2), anchor="d")
    take_all()
    run_undo(undo_id=_undo(6, clock.now() - timedelta(hours=1)).pk)
    automated.again(finding, "x:a3")
    take_all()
    assert names(AutomatedState.ACTED) == ["x:a3"]


def test_more_than_fifty_are_taken_back_by_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version_undo, "TYPED", 3)
    allowed()
    _acted(4, 1, "d")
    since = clock.now() - timedelta(hours=1)
    for wrong in (None, 3, 5):
        with pytest.raises(InvalidError, match="Type the number of actions, 4"):
            _undo(6, since, confirmed=wrong)
    assert not VersionUndo.objects.exists()
    assert _undo(6, since, confirmed=4).total == 4


def test_two_who_ask_at_once_take_back_each_action_once() -> None:
    allowed()
    _acted(4, 1, "d")
    since = clock.now() - timedelta(hours=1)
    first = _undo(6, since)
    with pytest.raises(InvalidError):
        _undo(6, since)
    while step_undo(undo_id=first.pk):
        pass
    assert names(AutomatedState.UNDONE) == build.accounts(4)


@pytest.mark.django_db(transaction=True)
def test_an_undo_goes_on_where_a_worker_died_and_by_two_at_once() -> None:
    Webhook.objects.create(url="https://receiver.example/hook", secret="s" * 32)
    allowed(cap=100)
    _acted(30, 1, "d")
    Delivery.objects.update(attempts=1, state=DeliveryState.SENT)
    undo = _undo(6, clock.now() - timedelta(hours=1))
    for _ in range(7):
        step_undo(undo_id=undo.pk)  # and then it is gone
    woken: list[tuple[object, ...]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(version_undo, "wake", lambda *args: woken.append(args))
        wake_undos()
    assert woken == [("cases.undo_version", undo.pk)]

    def work(_place: int) -> None:
        while step_undo(undo_id=undo.pk):
            pass

    build.at_once(4, work)
    step_undo(undo_id=undo.pk)
    undo.refresh_from_db()
    assert undo.state == "done"
    assert Delivery.objects.filter(kind=DeliveryKind.REVERSAL).count() == 30
    assert AuditEntry.objects.filter(verb="version.undone").count() == 1


def test_cases_that_only_this_version_opened_are_listed_as_far_as_one_may_see_them() -> None:
    since = clock.now() - timedelta(hours=1)
    own = build.finding(subjects=build.accounts(8), signal_ids=range(1, 21))
    _, mine = build.opened(findings=[own])
    more = build.accounts(8, first=50)
    both = [
        build.finding(subjects=more, signal_ids=range(1, 21)),
        build.finding(subjects=more, detector="near-duplicate-text", signal_ids=range(1, 21)),
    ]
    build.opened(members=more, findings=both)
    seen = undo_preview_for(cast.lead(), SLUG, 6, since)
    assert seen.opened == [mine]
    mine.queue.roles = [Role.ADMIN]
    mine.queue.save()
    assert undo_preview_for(cast.lead(), SLUG, 6, since).opened == []
    assert undo_preview_for(cast.admin(), SLUG, 5, since).opened == []


def test_the_case_tells_of_each_action_that_was_taken_back() -> None:
    allowed()
    finding = build.finding(subjects=build.accounts(8), signal_ids=range(1, 21))
    _, case = build.opened(findings=[finding])
    automated.again(finding)
    take_all()
    run_undo(undo_id=_undo(6, clock.now() - timedelta(hours=1)).pk)
    assert build.verbs(case).count("automation.reversed") == 8


def test_a_reviewer_takes_nothing_back() -> None:
    allowed()
    _acted(1, 1, "d")
    with pytest.raises(ForbiddenError):
        start_undo(
            actor=cast.reviewer(), slug=SLUG, number=6, since=TEN - timedelta(days=9), reason="x"
        )
    with pytest.raises(InvalidError, match="reason"):
        start_undo(actor=cast.lead(), slug=SLUG, number=6, since=TEN - timedelta(days=9), reason="")
    assert AutomatedAction.objects.get().undo is None
