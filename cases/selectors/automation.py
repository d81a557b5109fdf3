"""Reads what detectors may set off by themselves, what they did, and what an undo takes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from abusedesk.core import clock, ids
from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import policy
from cases.choices import AutomatedState
from cases.models import AutomatedAction, Automation, Case, CaseCampaign, VersionUndo
from cases.selectors.case import cases_for
from detectors.choices import Mode
from detectors.models import CampaignFinding, DetectorConfig
from detectors.selectors.config import configs_for, detector_by_slug

HOUR: Final = timedelta(hours=1)
SAMPLES: Final = 10
OPENED: Final = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """One detector that acts by itself. used: accounts in the last hour."""

    automation: Automation
    config: DetectorConfig | None
    used: int
    held: int
    barred: int
    acted: int

    @property
    def share(self) -> float:
        """How much of the cap is used."""
        return self.used / self.automation.cap

    @property
    def mode(self) -> str:
        return self.config.mode if self.config else Mode.OFF.value

    @property
    def resumes_at(self) -> datetime | None:
        """When it goes live again by itself."""
        return self.config.promote_at if self.config and self.config.is_tripped else None

    @property
    def is_tripped(self) -> bool:
        return self.config is not None and self.config.is_tripped


@dataclass(frozen=True, slots=True)
class UndoPreview:
    """What an undo would take back. released: that people let out, and which stand.

    opened: cases of this person's queues that opened since then, by this version's findings alone.
    """

    number: int
    since: datetime
    total: int
    capped: bool
    released: int
    samples: list[AutomatedAction]
    opened: list[Case]


def automations_for(viewer: User) -> QuerySet[Automation]:
    """All, newest first: proposals, what is in force, and what was."""
    if not policy.allowed(viewer, "automation.view"):
        return Automation.objects.none()
    rows = Automation.objects.select_related("author", "settled_by", "ended_by")
    return rows.order_by("-pk")


def automation_by_id(automation_id: int, slug: str, viewer: User) -> Automation:
    """One of a detector. Raises NotFoundError."""
    row = automations_for(viewer).filter(pk=automation_id, detector=slug).first()
    if row is None:
        message = "There is no such automation."
        raise NotFoundError(message)
    return row


def standings_for(viewer: User, slug: str = "") -> list[Standing]:
    """Automations in force with how they stand, what has tripped first. slug: of one detector."""
    rows = automations_for(viewer).filter(current=True)
    rows = rows.filter(detector=slug) if slug else rows
    found = list(rows.order_by("detector"))
    if not found:
        return []
    counts, configs = _counts([one.detector for one in found]), configs_for(viewer)
    told = [
        Standing(one, configs.get(one.detector), *counts.get(one.detector, (0, 0, 0, 0)))
        for one in found
    ]
    return sorted(told, key=lambda one: (not one.is_tripped, -one.held))


def held_counts_for(viewer: User) -> dict[str, int]:
    """Detector -> hits that wait for a person, the most first."""
    rows = AutomatedAction.objects.filter(state=AutomatedState.HELD)
    if not policy.allowed(viewer, "automation.view"):
        rows = rows.none()
    counted = rows.order_by().values("detector").annotate(number=Count("pk"))
    return dict(counted.order_by("-number", "detector").values_list("detector", "number"))


def automated_actions_for(
    viewer: User, slug: str, state: AutomatedState | None = None
) -> QuerySet[AutomatedAction]:
    """What became of the hits of one detector, newest first."""
    if not policy.allowed(viewer, "automation.view"):
        return AutomatedAction.objects.none()
    rows = AutomatedAction.objects.filter(detector=slug)
    rows = rows.filter(state=state) if state else rows
    return rows.select_related("config", "settled_by", "finding").order_by("-pk")


def automated_actions_by_account(account: str, viewer: User) -> QuerySet[AutomatedAction]:
    """What detectors did to one account by themselves, or would have, newest first."""
    if not policy.allowed(viewer, "automation.view"):
        return AutomatedAction.objects.none()
    rows = AutomatedAction.objects.filter(account=account)
    return rows.select_related("config", "settled_by").order_by("-pk")


def undos_for(viewer: User, slug: str = "") -> QuerySet[VersionUndo]:
    """Undos with how many actions are taken back by now, newest first. slug: of one detector."""
    if not policy.allowed(viewer, "automation.view"):
        return VersionUndo.objects.none()
    done = Count("actions", filter=Q(actions__state=AutomatedState.UNDONE))
    rows = VersionUndo.objects.select_related("actor").annotate(done=done)
    return (rows.filter(detector=slug) if slug else rows).order_by("-pk")


def undo_by_id(undo_id: int, slug: str, viewer: User) -> VersionUndo:
    """One of a detector. Raises NotFoundError."""
    row = undos_for(viewer, slug).filter(pk=undo_id).first()
    if row is None:
        message = "There is no such undo."
        raise NotFoundError(message)
    return row


def undo_preview_for(viewer: User, slug: str, number: int, since: datetime) -> UndoPreview:
    """What an undo of one version since a moment would take back, told before it happens."""
    detector_by_slug(slug, viewer)
    rows = undoable_of(slug, number, since)
    if not policy.allowed(viewer, "automation.view"):
        rows = rows.none()
    found = list(rows.order_by("pk").values_list("pk", flat=True)[: settings.BULK_CAP + 1])
    drawn = ids.sample(found[: settings.BULK_CAP], SAMPLES)
    samples = AutomatedAction.objects.filter(pk__in=drawn).select_related("case", "finding")
    released = _set_off(slug, number, since).exclude(settled_by=None)
    return UndoPreview(
        number=number,
        since=since,
        total=min(len(found), settings.BULK_CAP),
        capped=len(found) > settings.BULK_CAP,
        released=released.count(),
        samples=list(samples.order_by("-acted_at", "-pk")),
        opened=list(_opened_by(slug, number, since, viewer)[:OPENED]),
    )


def undoable_of(slug: str, number: int, since: datetime) -> QuerySet[AutomatedAction]:
    """What one version set off by itself since a moment, and what nobody takes back yet."""
    return _set_off(slug, number, since).filter(settled_by=None, undo=None)


def _counts(slugs: Sequence[str]) -> dict[str, tuple[int, int, int, int]]:
    """Detector -> accounts of the last hour, and what is held, was barred and stands."""
    since = clock.now() - HOUR
    rows = AutomatedAction.objects.filter(detector__in=slugs).values("detector").order_by()
    counted = rows.annotate(
        used=Count("pk", filter=Q(acted_at__gt=since, settled_by=None)),
        held=Count("pk", filter=Q(state=AutomatedState.HELD)),
        barred=Count("pk", filter=Q(state=AutomatedState.BARRED)),
        acted=Count("pk", filter=Q(state=AutomatedState.ACTED)),
    )
    return {
        slug: (used, held, barred, acted)
        for slug, used, held, barred, acted in counted.values_list(
            "detector", "used", "held", "barred", "acted"
        )
    }


def _set_off(slug: str, number: int, since: datetime) -> QuerySet[AutomatedAction]:
    return AutomatedAction.objects.filter(
        detector=slug, config__number=number, acted_at__gte=since, state=AutomatedState.ACTED
    )


def _opened_by(slug: str, number: int, since: datetime, viewer: User) -> QuerySet[Case]:
    """Cases that opened since, rest on findings of this version and on nothing else."""
    links = CaseCampaign.objects.filter(case=OuterRef("pk"))
    evidence = CampaignFinding.objects.filter(campaign__case_link__case=OuterRef("pk"))
    own = Q(finding__detector=slug, finding__config__number=number)
    return (
        cases_for(viewer)
        .filter(Exists(links), Exists(evidence.filter(own)), opened_at__gte=since, reports=0)
        .exclude(Exists(evidence.exclude(own)))
        .order_by("pk")
    )
