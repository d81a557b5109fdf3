"""Reads cases that were saved as tests, and what detectors find in them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from detectors.models import Expectation, Scenario
from detectors.policy import READERS, seen_by

SHOWN = 20
"""Tests of one detector that its page shows; those that fail first."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """Tests of one detector. total, failing: of all. stale: run with other settings than those in
    force."""

    rows: list[Expectation]
    total: int = 0
    failing: int = 0
    stale: int = 0


@dataclass(frozen=True, slots=True)
class Copies:
    """Signals that are kept beside the store."""

    tests: int
    signals: int
    bytes: int


def scenarios_for(viewer: User) -> QuerySet[Scenario]:
    """Tests, newest first, with `failing`; also erased ones. Partners see none."""
    rows = Scenario.objects.defer("body").select_related("created_by", "erased_by")
    if viewer.role not in READERS:
        return rows.none()
    failing = Count("expected", filter=Q(expected__holds=False))
    return rows.annotate(failing=failing).order_by("-id")


def scenario_by_id(scenario_id: int, viewer: User) -> Scenario:
    """One test. Raises NotFoundError, also for what the viewer may not see."""
    row = scenarios_for(viewer).filter(pk=scenario_id).first()
    if row is None:
        message = "There is no such test."
        raise NotFoundError(message)
    return row


def scenario_by_origin(origin: str, viewer: User) -> Scenario | None:
    """The test in use of what the next layer calls so; none when there is none."""
    return scenarios_for(viewer).filter(origin=origin, erased_at=None).first()


def expectations_for(viewer: User) -> QuerySet[Expectation]:
    """What is expected of detectors that the viewer may see, in tests in use."""
    rows = Expectation.objects.filter(seen_by(viewer, "detector"), scenario__erased_at=None)
    return rows.select_related("scenario").defer("scenario__body").order_by("detector", "scenario")


def scenarios_by_detector(slug: str, viewer: User, params_hash: str = "") -> Guarded:
    """Tests of one detector, those that fail first. params_hash: of the settings in force."""
    rows = list(expectations_for(viewer).filter(detector=slug).order_by("holds", "-scenario"))
    return Guarded(
        rows=rows[:SHOWN],
        total=len(rows),
        failing=sum(not one.holds for one in rows),
        stale=sum(one.ran_hash != params_hash for one in rows) if params_hash else 0,
    )


def copies_for(viewer: User) -> Copies:
    """How many signals tests keep."""
    rows = scenarios_for(viewer).filter(erased_at=None).order_by()
    told = Scenario.objects.filter(pk__in=rows.values("pk")).aggregate(
        tests=Count("id"), signals=Sum("signals", default=0), bytes=Sum("size", default=0)
    )
    return Copies(told["tests"], told["signals"], told["bytes"])
