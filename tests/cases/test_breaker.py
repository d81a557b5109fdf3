"""The circuit breaker: exactly the cap leaves, the rule falls back to shadow, the rest is held."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from pytest_django import Settings

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry, Role
from cases import tripping
from cases.actions import deliver_due
from cases.choices import AutomatedState, NoticeKind
from cases.deeds import ALONE
from cases.models import AutomatedAction, Automation, Case, Delivery, Notice, Webhook
from cases.selectors.automation import standings_for
from cases.services.automation import resume_automation
from cases.services.held_hit import settle_held
from cases.services.version_undo import run_undo, start_undo
from detectors.choices import Mode, Outcome, Way
from detectors.models import DetectorConfig, Finding, FusedFinding, Shard
from detectors.schema import Kind
from detectors.services.config import ensure_configs, save_config
from detectors.services.draft import propose_config
from detectors.services.promotion import promote_due
from tests import cast, desk
from tests.cases import automated, build
from tests.cases.automated import SLUG, allowed, found, names, rule, take_all, twice
from tests.cases.test_actions import Receiver, receiver  # noqa: F401 -- a fixture

pytestmark = pytest.mark.django_db


@pytest.fixture
def quiet_desk(transactional_db: None) -> Iterator[None]:
    """Only rules that people wrote are on."""
    desk.forget()
    ensure_configs()
    DetectorConfig.objects.update(mode=Mode.OFF)
    yield
    desk.forget()


@pytest.fixture
def shipped(db: None) -> DetectorConfig:
    return save_config(actor=None, slug=SLUG, mode=Mode.LIVE, params={}, reason="as shipped")


def trip(cap: int = 2, hits: int = 5, **said: int) -> Automation:
    """More hits than the cap."""
    row = allowed(SLUG, cap=cap, **said)
    found(build.accounts(hits), anchor="d-trip")
    take_all()
    assert automated.config().is_tripped
    return row


@pytest.mark.row(96)
@pytest.mark.row(68)
@pytest.mark.django_db(transaction=True)
def test_two_hundred_hits_in_five_minutes_let_twenty_out_and_trip_the_rule(
    quiet_desk: None,
    receiver: Receiver,  # noqa: F811 -- the fixture
) -> None:
    noisy, calm = rule("Noisy"), rule("Calm", kind="reply")
    version = automated.config(noisy).number
    allowed(noisy, cap=20, resume_hours=3)
    allowed(calm, cap=20)
    began = clock.now()
    for minute in range(5):
        twice(40 * minute, 40, minutes=minute)
        take_all()
    while deliver_due():
        pass
    told = [one.body for one in receiver.verified()]
    assert len(told) == 20
    assert {one["detector"]["slug"] for one in told} == {noisy}
    assert {one["detector"]["version"] for one in told} == {version}
    assert len({one["entities"]["accounts"][0] for one in told}) == 20
    # the rule is in shadow, tripped; everything else is held and listed
    config = automated.config(noisy)
    assert (config.mode, config.way, config.is_tripped) == (Mode.SHADOW, Way.TRIPPED, True)
    assert len(names(AutomatedState.HELD, noisy)) == 180
    (first, second) = standings_for(cast.reviewer())
    assert (first.automation.detector, first.is_tripped, first.used, first.held) == (
        noisy, True, 20, 180,
    )  # fmt: skip
    assert (second.automation.detector, second.is_tripped, second.held) == (calm, False, 0)
    # its owners were told within a minute
    notices = Notice.objects.filter(detector=noisy, kind=NoticeKind.TRIPPED)
    assert {one.user for one in notices} >= {cast.admin(), cast.lead()}
    tripped_at = AuditEntry.objects.get(verb="breaker.tripped").at
    assert all(one.created_at - tripped_at <= timedelta(seconds=60) for one in notices)
    assert all(one.created_at - began <= timedelta(minutes=5) for one in notices)
    _others_go_on(calm)
    _it_resumes(noisy, version)


def _others_go_on(calm: str) -> None:
    twice(500, 3, kind=Kind.REPLY, minutes=6)
    take_all()
    assert len(names(AutomatedState.ACTED, calm)) == 3


def _it_resumes(noisy: str, version: int) -> None:
    """In shadow it feeds no case; after the hours of its own setting it acts again."""
    before = FusedFinding.objects.filter(finding__detector=noisy).count()
    twice(600, 4, minutes=7)
    take_all()
    assert FusedFinding.objects.filter(finding__detector=noisy).count() == before
    assert not Case.objects.exists()
    assert len(names(AutomatedState.HELD, noisy)) == 184
    assert promote_due() == 0
    with time_machine.travel(clock.now() + timedelta(hours=3, minutes=1)):
        assert promote_due() == 1
        again = automated.config(noisy)
        assert (again.mode, again.way, again.number) == (Mode.LIVE, Way.RESUMED, version + 2)
        assert again.reason == "3 h since its circuit breaker tripped are over, as was approved"
        twice(700, 2, minutes=8)
        take_all()
    assert len(names(AutomatedState.ACTED, noisy)) == 22
    assert len(names(AutomatedState.HELD, noisy)) == 184


def test_the_versions_say_why_it_tripped_and_who_wrote_what_tripped(
    shipped: DetectorConfig,
) -> None:
    trip(resume_hours=2)
    config = automated.config()
    assert config.reason == "Circuit breaker: the cap of 2 actions an hour is reached"
    assert config.params == shipped.params
    assert config.promote_at is not None
    assert config.promote_at - config.created_at < timedelta(hours=2, seconds=5)
    verbs = AuditEntry.objects.filter(target_id=SLUG).order_by("pk").values_list("verb", flat=True)
    assert list(verbs)[-3:] == ["detector.configured", "breaker.tripped", "automation.acted"]


def test_exactly_at_the_cap_nothing_trips(shipped: DetectorConfig) -> None:
    allowed(cap=3)
    found(build.accounts(3), anchor="d-1")
    take_all()
    assert automated.config().mode == Mode.LIVE


def test_without_a_time_of_its_own_it_stays_until_somebody_resumes_it(
    shipped: DetectorConfig,
) -> None:
    trip()
    with time_machine.travel(clock.now() + timedelta(days=90)):
        assert promote_due() == 0
    with pytest.raises(ForbiddenError):
        resume_automation(actor=cast.reviewer(), slug=SLUG, reason="seen")
    with pytest.raises(InvalidError):
        resume_automation(actor=cast.admin(), slug=SLUG, reason=" ")
    made = resume_automation(actor=cast.admin(), slug=SLUG, reason="the flood is over")
    assert (made.mode, made.way, made.reason) == (Mode.LIVE, Way.RESUMED, "the flood is over")
    with pytest.raises(ConflictError, match="has not tripped"):
        resume_automation(actor=cast.admin(), slug=SLUG, reason="again")
    assert names(AutomatedState.HELD) == build.accounts(3, first=3)


def test_who_puts_it_into_shadow_by_hand_meanwhile_is_not_overruled(
    shipped: DetectorConfig,
) -> None:
    trip(resume_hours=1)
    propose_config(actor=cast.admin(), slug=SLUG, mode="off", params={}, reason="stop it")
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        assert promote_due() == 0
    found(["x:b1"], anchor="d-off")
    take_all()
    assert "x:b1" not in AutomatedAction.objects.values_list("account", flat=True)


def test_one_person_keeps_it_in_shadow_where_it_would_go_live_by_itself(
    shipped: DetectorConfig,
) -> None:
    cast.lead()
    trip(resume_hours=1)
    draft = propose_config(
        actor=cast.admin(), slug=SLUG, mode="shadow", params={}, reason="look at it first"
    )
    assert draft.made is not None
    assert (draft.made.way, draft.made.promote_at) == (Way.STOOD_DOWN, None)
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        assert promote_due() == 0
    with pytest.raises(InvalidError, match="Nothing differs"):
        propose_config(actor=cast.admin(), slug=SLUG, mode="shadow", params={}, reason="again")
    found(["x:b1"], anchor="d-watched")
    take_all()
    assert not AutomatedAction.objects.filter(account="x:b1").exists()


def test_a_detector_that_fails_stays_tripped_when_its_time_is_over(
    shipped: DetectorConfig,
) -> None:
    trip(resume_hours=1)
    Shard.objects.create(
        config=automated.config(), stream=build.live_stream(), number=0, of=1, error="boom"
    )
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        assert promote_due() == 0


# --- held hits -----------------------------------------------------------------------------


@pytest.mark.row(68)
def test_held_hits_are_released_in_part_or_dropped_with_a_reason(shipped: DetectorConfig) -> None:
    Webhook.objects.create(url="https://receiver.example/hook", secret="s" * 32)
    trip(cap=2, hits=8)
    held = list(AutomatedAction.objects.filter(state="held").order_by("pk"))
    assert [one.why for one in held] == ["more than the cap"] * 6
    some = [one.pk for one in held[:2]]
    with pytest.raises(ForbiddenError):
        settle_held(actor=cast.reviewer(), slug=SLUG, release=True, reason="x", ids=some)
    with pytest.raises(InvalidError, match="reason"):
        settle_held(actor=cast.lead(), slug=SLUG, release=False, reason="", ids=some)
    settle_held(actor=cast.lead(), slug=SLUG, release=True, reason="a real flood", ids=some)
    assert names(AutomatedState.ACTED) == build.accounts(4)
    assert Delivery.objects.count() == 4
    released = AutomatedAction.objects.get(account="x:a3")
    assert (released.settled_by, released.note) == (cast.lead(), "a real flood")
    settle_held(actor=cast.lead(), slug=SLUG, release=False, reason="a school class")
    assert names(AutomatedState.DROPPED) == build.accounts(4, first=5)
    assert Delivery.objects.count() == 4
    with pytest.raises(InvalidError, match="held any more"):
        settle_held(actor=cast.lead(), slug=SLUG, release=True, reason="x")
    last = AuditEntry.objects.filter(verb__in=["automation.released", "automation.dropped"])
    assert [one.data["count"] for one in last.order_by("pk")] == [2, 4]


def test_what_people_release_does_not_use_up_the_cap(shipped: DetectorConfig) -> None:
    trip(cap=3, hits=9)
    settle_held(actor=cast.lead(), slug=SLUG, release=True, reason="x")
    automated.an_hour_passes()
    resume_automation(actor=cast.admin(), slug=SLUG, reason="x")
    AutomatedAction.objects.exclude(settled_by=None).update(acted_at=clock.now())
    found(build.accounts(3, first=30), anchor="d-2")
    take_all()
    assert automated.config().mode == Mode.LIVE
    assert len(names(AutomatedState.ACTED)) == 12


def test_more_than_fifty_are_released_by_their_number(shipped: DetectorConfig) -> None:
    trip(cap=1, hits=ALONE + 2)
    with pytest.raises(InvalidError, match="Type the number of accounts, 51") as refusal:
        settle_held(actor=cast.lead(), slug=SLUG, release=True, reason="x")
    assert refusal.value.field == "count"
    settle_held(actor=cast.lead(), slug=SLUG, release=True, reason="x", confirmed=ALONE + 1)
    assert len(names(AutomatedState.ACTED)) == ALONE + 2


# --- other reasons to trip -----------------------------------------------------------------


def _judged(number: int, confirmed: int) -> None:
    """As many decided campaigns that rest on findings of the detector."""
    for place in range(number):
        accounts = build.accounts(8, first=100 * (place + 1))
        _, case = build.opened(
            members=accounts, findings=[build.finding(subjects=accounts, signal_ids=range(1, 21))]
        )
        outcome = Outcome.ABUSE if place < confirmed else Outcome.NO_ABUSE
        build.decided(cast.lead(), case, outcome)


@pytest.mark.parametrize(
    ("decided", "confirmed", "trips"), [(20, 12, True), (20, 20, False), (10, 0, False)]
)
def test_too_little_precision_trips_it_by_the_lower_end_of_the_interval(
    shipped: DetectorConfig, decided: int, confirmed: int, trips: bool
) -> None:
    allowed(least_precision=0.5)
    _judged(decided, confirmed)
    assert tripping.watch_breakers() == int(trips)
    assert automated.config().is_tripped is trips
    if trips:
        assert automated.config().reason == (
            "Circuit breaker: its precision may be 39%, below 50% (20 decided campaigns)"
        )


def test_too_many_actions_that_people_took_back_trip_it(shipped: DetectorConfig) -> None:
    allowed(cap=100, most_reversed=0.25)
    found(build.accounts(24), anchor="d-1")
    take_all()
    assert tripping.watch_breakers() == 0
    for account in build.accounts(7):
        AutomatedAction.objects.filter(account=account).update(state=AutomatedState.UNDONE)
    assert tripping.watch_breakers() == 1
    assert "7 of its 24 actions of the last day were taken back" in automated.config().reason
    assert tripping.watch_breakers() == 0


def test_an_error_trips_it(shipped: DetectorConfig) -> None:
    allowed()
    Shard.objects.create(
        config=shipped, stream=build.live_stream(), number=0, of=1, error="Trace\nValueError: no"
    )
    assert tripping.watch_breakers() == 1
    assert automated.config().reason == "Circuit breaker: it ends with an error: ValueError: no"


def test_a_detector_without_automation_never_trips(shipped: DetectorConfig) -> None:
    Shard.objects.create(config=shipped, stream=build.live_stream(), number=0, of=1, error="boom")
    assert tripping.watch_breakers() == 0


# --- undo ----------------------------------------------------------------------------------


def test_an_undo_gives_nobody_room_within_the_hour(shipped: DetectorConfig) -> None:
    """What was taken back had left: an undo is no way around the cap."""
    allowed(cap=2)
    found(build.accounts(2), anchor="d-1")
    take_all()
    undo = start_undo(
        actor=cast.lead(), slug=SLUG, number=1, since=clock.now() - timedelta(hours=1), reason="x"
    )
    run_undo(undo_id=undo.pk)
    found(build.accounts(1, first=9), anchor="d-2")
    take_all()
    assert names(AutomatedState.HELD) == ["x:a9"]


def test_the_people_who_are_told_are_active(shipped: DetectorConfig, settings: Settings) -> None:
    gone = automated.admin("gone")
    gone.is_active = False
    gone.save()
    build.user(Role.REVIEWER)
    trip()
    assert {one.user.username for one in Notice.objects.filter(kind="tripped")} == {"admin", "lead"}
    assert Finding.objects.count() == 1
