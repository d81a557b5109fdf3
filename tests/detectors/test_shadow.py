"""In shadow a detector finds and opens nothing; once it is live, what still stands counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from abusedesk.core import clock
from abusedesk.core.models import AuditEntry
from cases.models import Case
from detectors.choices import Mode, Way
from detectors.models import (
    Campaign,
    DetectorConfig,
    Finding,
    FusedFinding,
    Shard,
)
from detectors.schema import Kind
from detectors.selectors.shadow import shadow_of
from detectors.services import engine
from detectors.services.config import ensure_configs, save_config
from detectors.services.draft import approve_draft, propose_config
from detectors.services.ingest import ingest_batch
from detectors.services.promotion import is_due, obstacle_to, promote_due
from detectors.services.rollback import roll_back
from detectors.services.shards import ensure_shards
from detectors.services.source import ensure_source, live_stream
from tests import cast, desk, make

pytestmark = pytest.mark.django_db(transaction=True)

SLUG = "shared-infrastructure"


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    desk.forget()
    yield
    desk.forget()


def crew(start: int = 0, size: int = 4, hour: int = 0) -> None:
    """Accounts that pay with one card: hard evidence, which opens a case by itself."""
    source = ensure_source(slug="acme", title="Acme")
    signals = [
        make.signal(
            number, actor=f"payer{number}", kind=Kind.PAYMENT,
            occurred_at=make.MOMENT + timedelta(hours=hour, seconds=number),
            identifiers={"payment": "card-4242-4242"},
        )
        for number in range(start, start + size)
    ]  # fmt: skip
    ingest_batch(source=source, signals=signals, stream=live_stream())
    desk.work()


def alone(mode: str) -> DetectorConfig:
    """Only this detector, in this mode."""
    ensure_configs()
    DetectorConfig.objects.exclude(slug=SLUG).update(mode=Mode.OFF)
    return save_config(actor=None, slug=SLUG, mode=mode, params={}, reason="try")


@pytest.mark.row(19)
def test_a_detector_in_shadow_fires_opens_no_case_and_its_counts_are_told() -> None:
    config = alone("shadow")
    crew()
    found = Finding.objects.filter(config=config)
    assert found.count() > 0
    assert not Case.objects.exists()
    assert not Campaign.objects.exists()
    told = shadow_of(config, cast.reviewer())
    assert told is not None
    assert (told.findings, told.standing) == (found.count(), found.count())
    assert sum(told.days) == found.count()
    assert {one.pk for one in told.samples} <= set(found.values_list("pk", flat=True))
    assert told.samples[0].sentence


def test_the_same_live_opens_one() -> None:
    alone("live")
    crew()
    assert Case.objects.count() == 1


def test_what_it_found_in_shadow_counts_once_it_is_live() -> None:
    alone("shadow")
    crew()
    save_config(actor=None, slug=SLUG, mode="live", params={}, reason="fine")
    desk.work()
    crew(start=100, size=1, hour=2)
    case = Case.objects.get()
    assert case.accounts >= 4


def test_what_it_found_in_shadow_is_taken_in_without_anything_new() -> None:
    config = alone("shadow")
    crew()
    found = set(Finding.objects.filter(config=config).values_list("pk", flat=True))
    live = save_config(actor=None, slug=SLUG, mode="live", params={}, reason="fine")
    desk.work()
    assert set(Finding.objects.filter(config=live).values_list("pk", flat=True)) == found
    assert set(FusedFinding.objects.values_list("pk", flat=True)) == found
    assert Case.objects.count() == 1


def test_other_parameters_take_nothing_over() -> None:
    config = alone("shadow")
    crew()
    save_config(actor=None, slug=SLUG, mode="live", params={"ip_cap": 21}, reason="other")
    assert Finding.objects.filter(config=config).exists()
    assert not FusedFinding.objects.exists()


def test_what_was_found_live_stands_and_what_grows_in_shadow_waits() -> None:
    alone("live")
    crew()
    case = Case.objects.get()
    accounts = case.accounts
    save_config(actor=None, slug=SLUG, mode="shadow", params={}, reason="too loud")
    crew(start=50, size=3, hour=1)
    case.refresh_from_db()
    assert case.accounts == accounts
    assert Case.objects.count() == 1
    grown = Finding.objects.filter(config__current=True, config__slug=SLUG)
    assert any(len(one.subjects) > accounts for one in grown)
    save_config(actor=None, slug=SLUG, mode="live", params={}, reason="fine")
    desk.work()
    case.refresh_from_db()
    assert case.accounts == accounts + 3


def test_a_detector_that_was_off_goes_on_where_it_stood() -> None:
    alone("live")
    crew()
    place = Shard.objects.get(config__slug=SLUG, config__current=True).signal_id
    save_config(actor=None, slug=SLUG, mode="off", params={}, reason="holiday")
    desk.work()
    roll_back(actor=cast.admin(), slug=SLUG, number=2)
    ensure_shards()
    assert Shard.objects.get(config__slug=SLUG, config__current=True).signal_id == place > 0


# --- promotion -----------------------------------------------------------------------------


def in_shadow_for(days: int) -> DetectorConfig:
    alone("live")
    draft = propose_config(
        actor=cast.admin(), slug=SLUG, mode="shadow", params={"ip_cap": 21}, reason="stricter",
        promote_after_days=days,
    )  # fmt: skip
    made = approve_draft(actor=cast.lead(), draft=draft).made
    assert made is not None
    return made


def in_force() -> DetectorConfig:
    return DetectorConfig.objects.get(slug=SLUG, current=True)


@pytest.mark.row(19)
def test_after_the_approved_days_it_goes_live_by_itself_and_not_before() -> None:
    cast.lead()
    made = in_shadow_for(7)
    with time_machine.travel(clock.now() + timedelta(days=6, hours=23)):
        assert (is_due(), promote_due(), in_force()) == (False, 0, made)
    with time_machine.travel(clock.now() + timedelta(days=7, minutes=1)):
        assert (is_due(), promote_due()) == (True, 1)
        assert (is_due(), promote_due()) == (False, 0)
    live = in_force()
    assert (live.mode, live.params, live.way) == ("live", made.params, Way.PROMOTED)
    assert (live.created_by, live.approved_by) == (cast.admin(), cast.lead())
    entry = AuditEntry.objects.filter(verb="detector.configured").latest("pk")
    assert (entry.actor, entry.data["reason"]) == (
        None, "7 days in shadow are over, as was approved",
    )  # fmt: skip


def test_shadow_without_an_approved_time_stays() -> None:
    alone("shadow")
    with time_machine.travel(clock.now() + timedelta(days=365)):
        assert (is_due(), promote_due()) == (False, 0)


def test_who_changes_it_meanwhile_ends_the_promotion() -> None:
    in_shadow_for(7)
    roll_back(actor=cast.admin(), slug=SLUG, number=2)
    with time_machine.travel(clock.now() + timedelta(days=8)):
        assert promote_due() == 0
    assert in_force().params["ip_cap"] == 20


def test_a_detector_that_fails_is_not_promoted_and_says_why() -> None:
    made = in_shadow_for(7)
    Shard.objects.create(
        config=made, stream=live_stream(), number=0, of=1, error="Traceback: no room"
    )
    with time_machine.travel(clock.now() + timedelta(days=8)):
        assert promote_due() == 0
    assert obstacle_to(config=made) == "it ends with an error"
    assert in_force() == made


def test_the_sweep_wakes_it() -> None:
    made = in_shadow_for(1)
    with time_machine.travel(clock.now() + timedelta(days=2)):
        engine.sweep()
        promote_due()
    assert in_force().number == made.number + 1
