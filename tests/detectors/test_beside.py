"""A draft watches in shadow beside the version in force, which stays live and is not touched."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings

from abusedesk.core import audit, clock
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry
from cases.models import Case
from detectors import registry, stream
from detectors.choices import FindingStatus, Mode, Way
from detectors.engine import run_all
from detectors.models import (
    Campaign,
    CampaignFinding,
    DetectorConfig,
    DetectorDraft,
    Finding,
    FusedFinding,
    HitHour,
    Quarantine,
    Shard,
)
from detectors.schema import Kind
from detectors.selectors.lag import lag_for
from detectors.selectors.shadow import shadow_of
from detectors.selectors.stats import stats_for
from detectors.selectors.what_if import what_if_for
from detectors.services import alarm, engine
from detectors.services.beside import end_beside, propose_beside
from detectors.services.breaker import trip_detector
from detectors.services.config import ensure_configs, save_config
from detectors.services.draft import approve_draft, propose_config
from detectors.services.ingest import ingest_batch
from detectors.services.promotion import is_due, obstacle_to, promote_due
from detectors.services.rollback import roll_back
from detectors.services.run import forget_runners
from detectors.services.shards import ensure_shards
from detectors.services.source import ensure_source, live_stream
from detectors.stream import Position
from tests import cast, desk, make

pytestmark = pytest.mark.django_db(transaction=True)

SLUG = "shared-infrastructure"
TIGHT = {"min_hard": 3}


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    desk.forget()
    cast.lead()
    yield
    desk.forget()


def pay(card: str, start: int = 0, size: int = 4, hour: int = 0) -> None:
    """Accounts that pay with one card: hard evidence, which opens a case by itself."""
    post(card, start, size, hour)
    desk.work()


def post(card: str, start: int = 0, size: int = 4, hour: int = 0) -> None:
    source = ensure_source(slug="acme", title="Acme")
    signals = [
        make.signal(
            number, external_id=f"{card}-{number}", actor=f"{card}payer{number}", kind=Kind.PAYMENT,
            occurred_at=make.MOMENT + timedelta(hours=hour, seconds=number),
            identifiers={"payment": f"card-4242-{card}"},
        )
        for number in range(start, start + size)
    ]  # fmt: skip
    ingest_batch(source=source, signals=signals, stream=live_stream())


def alone(**params: int) -> DetectorConfig:
    """Only this detector, live."""
    ensure_configs()
    DetectorConfig.objects.exclude(slug=SLUG).update(mode=Mode.OFF)
    return save_config(actor=None, slug=SLUG, mode="live", params=params, reason="try")


def beside(days: int | None = None, **params: int) -> DetectorConfig:
    draft = propose_config(
        actor=cast.admin(), slug=SLUG, mode="shadow", params=params, reason="stricter",
        promote_after_days=days, beside=True,
    )  # fmt: skip
    made = approve_draft(actor=cast.lead(), draft=draft).made
    assert made is not None
    return made


def in_force() -> DetectorConfig:
    return DetectorConfig.objects.get(slug=SLUG, current=True)


def anchors(config: DetectorConfig) -> dict[str, tuple[str, ...]]:
    rows = Finding.objects.filter(config=config, status=FindingStatus.CURRENT)
    return {one.anchor_value: tuple(one.subjects) for one in rows}


# --- the version in force stays as it is -----------------------------------------------------


@pytest.mark.row(19)
def test_a_draft_watches_beside_the_live_version_and_only_the_live_one_opens_cases() -> None:
    live = alone(min_hard=5)
    watching = beside(**TIGHT)
    assert (live.number, watching.number, watching.beside) == (2, 3, 2)
    assert in_force() == live
    pay("small", size=4)
    assert anchors(live) == {}
    assert len(anchors(watching)) == 1
    assert not Case.objects.exists()
    assert not Campaign.objects.exists()
    pay("large", size=6, hour=1)
    assert len(anchors(live)) == 1
    assert len(anchors(watching)) == 2
    case = Case.objects.get()
    assert case.accounts == 6
    used = set(CampaignFinding.objects.values_list("finding__config", flat=True))
    assert used == {live.pk}
    told = shadow_of(watching, cast.reviewer())
    assert told is not None
    assert (told.findings, told.standing, told.opening, sum(told.days)) == (2, 2, 2, 2)
    assert shadow_of(live, cast.reviewer()) is None


@pytest.mark.parametrize("seed", range(3))
def test_both_find_what_the_engine_finds_over_the_same_signals_however_often_workers_die(
    seed: int,
) -> None:
    live = alone(min_hard=4)
    watching = beside(min_hard=2)
    dice = random.Random(seed)
    for hour in range(6):
        for card in "abc":
            post(card, start=10 * hour, size=dice.randrange(3), hour=hour)
        if dice.random() < 0.5:
            forget_runners()
        desk.work()
    signals = stream.read(live_stream().pk, Position(), 10_000).signals
    detector = registry.get(SLUG)(settings.SECRET_KEY.encode())
    for config in (live, watching):
        said: dict[str, tuple[str, ...]] = {}
        params = detector.Params.model_validate(config.params)
        for one in run_all(detector, params, signals):
            said[one.draft.anchor.value] = one.draft.subjects
        assert anchors(config) == said
    assert len(anchors(watching)) >= len(anchors(live)) > 0


def test_it_goes_on_where_the_version_in_force_stands_and_reads_every_signal_once() -> None:
    live = alone(min_hard=5)
    pay("one", size=3)
    place = Shard.objects.get(config=live)
    read = place.signals
    watching = beside(**TIGHT)
    ensure_shards()
    begun = Shard.objects.get(config=watching)
    assert (begun.tx, begun.signal_id, begun.clock_s) == (
        place.tx, place.signal_id, place.clock_s,
    )  # fmt: skip
    pay("one", start=3, size=1, hour=1)
    place.refresh_from_db()
    begun.refresh_from_db()
    assert (begun.signal_id, begun.signals) == (place.signal_id, place.signals - read)
    assert [len(names) for names in anchors(watching).values()] == [4]


def test_a_killed_worker_costs_neither_of_them_a_finding() -> None:
    live, watching = alone(min_hard=4), beside(**TIGHT)
    pay("one", size=2)
    forget_runners()
    pay("one", start=2, size=2, hour=1)
    forget_runners()
    pay("one", start=4, size=1, hour=2)
    assert [len(names) for names in anchors(live).values()] == [5]
    assert [len(names) for names in anchors(watching).values()] == [5]
    assert Case.objects.get().accounts == 5


def test_what_it_cannot_digest_stops_only_itself() -> None:
    live, watching = alone(min_hard=5), beside(**TIGHT)
    pay("one", size=2)
    Shard.objects.filter(config=watching).update(error="Traceback: no room")
    Quarantine.objects.create(config=watching, signal_id=1, traceback="x")
    stats = stats_for(cast.admin())[SLUG]
    assert (stats.error, stats.quarantined) == ("", 0)
    assert stats.beside_error == "Traceback: no room"
    assert Shard.objects.get(config=live).error == ""


def test_what_it_finds_is_not_counted_as_the_detectors_own() -> None:
    alone(min_hard=9)
    beside(**TIGHT)
    pay("one", size=5)
    assert Finding.objects.filter(detector=SLUG).count() == 1
    with time_machine.travel(clock.now() + timedelta(minutes=5)):
        alarm.watch_rates()
    assert not HitHour.objects.exists()
    assert stats_for(cast.admin())[SLUG].findings_7d == 0
    assert what_if_for(cast.admin(), SLUG).stored == 0


def test_senders_do_not_wait_for_it() -> None:
    alone(min_hard=5)
    watching = beside(**TIGHT)
    pay("one", size=3)
    Shard.objects.filter(config=watching).update(tx=0, signal_id=0)
    assert lag_for(cast.admin()).signals == 0


# --- who may, and when -----------------------------------------------------------------------


@pytest.mark.row(22)
def test_it_takes_two_people_and_the_audit_names_both_versions() -> None:
    alone(min_hard=5)
    draft = propose_config(
        actor=cast.admin(), slug=SLUG, mode="shadow", params=TIGHT, reason="stricter", beside=True
    )
    assert draft.made is None
    with pytest.raises(ForbiddenError, match="Somebody else"):
        approve_draft(actor=cast.admin(), draft=draft)
    made = approve_draft(actor=cast.lead(), draft=draft).made
    assert made is not None
    assert (made.mode, made.way, made.current, made.is_beside) == (
        "shadow", Way.APPROVED, False, True,
    )  # fmt: skip
    draft.refresh_from_db()
    assert draft.stands == "Runs in shadow"
    rows = AuditEntry.objects.filter(target_type="detector", target_id=SLUG).order_by("-pk")[:3]
    assert [audit.sentence(one) for one in rows] == [
        (
            "put version 3 into shadow beside version 2, approved by a second person."
            " Reason: stricter"
        ),
        f"approved draft {draft.pk} of admin",
        f"proposed settings: draft {draft.pk}, shadow beside version 2. Reason: stricter",
    ]


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("mode", {"mode": "live"}),
        ("mode", {"mode": "off"}),
        ("params", {"params": {"min_hard": 5}}),
        ("promote_after_days", {"promote_after_days": 91}),
    ],
)
def test_what_cannot_watch_is_named(field: str, said: dict[str, Any]) -> None:
    alone(min_hard=5)
    fine: dict[str, Any] = {"mode": "shadow", "params": TIGHT, "reason": "x", "beside": True}
    with pytest.raises(InvalidError) as caught:
        propose_config(actor=cast.admin(), slug=SLUG, **fine | said)
    assert caught.value.field == field
    assert not DetectorDraft.objects.exists()


def test_nothing_watches_beside_a_detector_that_is_off() -> None:
    alone(min_hard=5)
    save_config(actor=None, slug=SLUG, mode="off", params={}, reason="holiday")
    with pytest.raises(InvalidError, match="off"):
        propose_config(
            actor=cast.admin(), slug=SLUG, mode="shadow", params=TIGHT, reason="x", beside=True
        )


def test_the_same_is_not_tried_twice_and_another_takes_its_place() -> None:
    alone(min_hard=5)
    first = beside(**TIGHT)
    with pytest.raises(InvalidError, match="Version 3 watches"):
        beside(**TIGHT)
    second = beside(min_hard=4)
    first.refresh_from_db()
    assert (first.is_beside, second.is_beside) == (False, True)
    assert first.ended_at == second.created_at


def test_one_person_ends_it_with_a_reason_and_its_findings_stay_of_no_account() -> None:
    alone(min_hard=5)
    watching = beside(**TIGHT)
    pay("one", size=4)
    with pytest.raises(InvalidError):
        end_beside(actor=cast.admin(), slug=SLUG, reason=" ")
    for who in (cast.reviewer(), cast.lead(), cast.integration(), cast.partner()):
        with pytest.raises(ForbiddenError):
            end_beside(actor=who, slug=SLUG, reason="enough")
    end_beside(actor=cast.admin(), slug=SLUG, reason="enough")
    with pytest.raises(ConflictError, match="No version watches"):
        end_beside(actor=cast.admin(), slug=SLUG, reason="enough")
    pay("two", size=4, hour=1)
    assert len(anchors(watching)) == 1
    assert not FusedFinding.objects.exists()
    entry = AuditEntry.objects.filter(verb="detector.beside_ended").get()
    assert audit.sentence(entry) == "ended the shadow of version 3. Reason: enough"


def test_what_only_watched_is_not_rolled_back_to() -> None:
    alone(min_hard=5)
    watching = beside(**TIGHT)
    with pytest.raises(ConflictError, match="never in force"):
        roll_back(actor=cast.admin(), slug=SLUG, number=watching.number)


# --- other versions come meanwhile -----------------------------------------------------------


def test_a_version_that_comes_into_force_meanwhile_starts_from_the_one_before_it() -> None:
    live = alone(min_hard=5)
    watching = beside(**TIGHT)
    pay("one", size=4)
    Shard.objects.filter(config=watching).update(tx=0, signal_id=0, clock_s=0.0)
    place = Shard.objects.get(config=live).signal_id
    later = save_config(actor=None, slug=SLUG, mode="live", params={"min_hard": 6}, reason="x")
    ensure_shards()
    assert Shard.objects.get(config=later).signal_id == place
    watching.refresh_from_db()
    assert watching.is_beside


def test_off_ends_it_and_a_tripped_breaker_does_not() -> None:
    alone(min_hard=5)
    watching = beside(**TIGHT)
    assert trip_detector(slug=SLUG, reason="too loud", resume_hours=None) is not None
    watching.refresh_from_db()
    assert watching.is_beside
    save_config(actor=None, slug=SLUG, mode="off", params={}, reason="holiday")
    watching.refresh_from_db()
    assert not watching.is_beside
    ensure_shards()
    assert engine.shards_of(live_stream().pk) == []


# --- live --------------------------------------------------------------------------------------


@pytest.mark.row(19)
def test_after_the_approved_days_it_goes_live_and_what_it_found_counts() -> None:
    alone(min_hard=5)
    watching = beside(days=7, **TIGHT)
    pay("one", size=4)
    found = set(Finding.objects.filter(config=watching).values_list("pk", flat=True))
    assert found
    with time_machine.travel(clock.now() + timedelta(days=6, hours=23)):
        assert (is_due(), promote_due()) == (False, 0)
    with time_machine.travel(clock.now() + timedelta(days=7, minutes=1)):
        assert (is_due(), promote_due()) == (True, 1)
        assert (is_due(), promote_due()) == (False, 0)
        live = in_force()
        assert (live.params, live.mode, live.way, live.beside) == (
            watching.params, "live", Way.PROMOTED, None,
        )  # fmt: skip
        watching.refresh_from_db()
        assert not watching.is_beside
        desk.work()
    assert set(Finding.objects.filter(config=live).values_list("pk", flat=True)) == found
    assert Case.objects.get().accounts == 4
    pay("one", start=4, size=1, hour=2)
    assert Case.objects.get().accounts == 5


def test_it_goes_live_from_where_it_stands_even_where_another_version_came_between() -> None:
    alone(min_hard=5)
    watching = beside(**TIGHT)
    pay("one", size=4)
    save_config(actor=None, slug=SLUG, mode="live", params={"min_hard": 6}, reason="x")
    desk.work()
    Shard.objects.filter(config=watching).update(signals=4242)
    place = Shard.objects.get(config=watching)
    draft = propose_beside(actor=cast.admin(), slug=SLUG, reason="found what we miss")
    assert draft.params == watching.params
    made = approve_draft(actor=cast.lead(), draft=draft).made
    assert made is not None
    ensure_shards()
    assert Shard.objects.get(config=made).signal_id == place.signal_id
    desk.work()
    assert Case.objects.get().accounts == 4


def test_it_is_not_promoted_where_another_version_came_into_force() -> None:
    alone(min_hard=5)
    watching = beside(days=7, **TIGHT)
    assert obstacle_to(config=watching) == ""
    trip_detector(slug=SLUG, reason="too loud", resume_hours=None)
    said = obstacle_to(config=watching)
    assert said == "version 4 came into force since it was approved"
    with time_machine.travel(clock.now() + timedelta(days=8)):
        assert promote_due() == 0


def test_it_is_not_promoted_while_it_fails_or_runs_wild_or_is_behind() -> None:
    alone(min_hard=5)
    watching = beside(days=2, **TIGHT)
    pay("one", size=4)
    shard = Shard.objects.get(config=watching)
    with time_machine.travel(clock.now() + timedelta(days=3)):
        Shard.objects.filter(pk=shard.pk).update(error="Traceback: no room")
        assert obstacle_to(config=watching) == "it ends with an error"
        assert promote_due() == 0
        Shard.objects.filter(pk=shard.pk).update(error="", signal_id=0, tx=0)
        assert promote_due() == 0
        Shard.objects.filter(pk=shard.pk).update(signal_id=shard.signal_id, tx=shard.tx)
        Finding.objects.bulk_create(
            Finding(
                uid=f"wild-{number}", config=watching, stream=live_stream(), detector=SLUG,
                version=1, family="infra-hard", tier="opening", anchor_type="x",
                anchor_value=str(number), subjects=[], signal_ids=[], signal_total=0,
                first_at=clock.now(), last_at=clock.now(), llr=1.0, sentence="x", values={},
                constants={}, conditions=[], falsifiers=[], digest="", revision=1,
            )
            for number in range(40)
        )  # fmt: skip
        assert obstacle_to(config=watching) == "it runs wild"
        assert promote_due() == 0
        Finding.objects.filter(uid__startswith="wild-").delete()
        assert promote_due() == 1
