"""Reads how the evidence of a case is covered for somebody, and what they may uncover."""

from __future__ import annotations

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, Q, QuerySet
from django.db.models.functions import JSONObject

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import policy
from cases.cited import cited_by
from cases.masking import ELSE, Cover, mode_of, worst
from cases.models import Case, CaseReport, Decision, Mask, PeekHabit, PolicyVersion
from cases.selectors.evidence import findings_of
from cases.selectors.report import reported_acts_of
from detectors.models import Signal
from detectors.selectors.signal import signal_by_id

MASK = ("user_id", "category", "mode")


def cover_for(case: Case, viewer: User) -> Cover | None:
    """How this person sees the evidence of the case; None for who cannot see the case."""
    if not policy.can_see(viewer, case):
        return None
    asked = User.objects.filter(pk=viewer.pk).values_list(
        ArraySubquery(_policies_of(case).values(told=JSONObject(slug="slug", harm="harm"))),
        ArraySubquery(_masks_of(viewer).values(told=JSONObject(**{one: one for one in MASK}))),
        Exists(PeekHabit.objects.filter(user=viewer, press=True)),
    )
    policies, masks, press = asked.get()
    category, severity = worst((one["slug"], one["harm"]) for one in policies)
    own, desk = (
        {one["category"]: one["mode"] for one in masks if (one["user_id"] is None) == of_desk}
        for of_desk in (False, True)
    )
    mode = mode_of(category, severity, own=own, desk=desk)
    return Cover(category, severity, mode, press)


def masks_for(viewer: User) -> tuple[dict[str, str], dict[str, str]]:
    """Category -> mode: the viewer's own choices, and those of the desk."""
    tables: tuple[dict[str, str], dict[str, str]] = ({}, {})
    if policy.allowed(viewer, "mask.own"):
        for mask in _masks_of(viewer):
            tables[mask.user_id is None][mask.category] = mask.mode
    return tables


def mask_categories_for(viewer: User) -> list[tuple[str, str]]:
    """Slug and title of everything that can be covered in its own way; all others come last."""
    if not policy.allowed(viewer, "mask.own"):
        return []
    rows = PolicyVersion.objects.filter(current=True).order_by("title")
    return [*rows.values_list("slug", "title"), (ELSE, "Everything else")]


def evidence_by_id(signal_id: int, case: Case, viewer: User) -> Signal:
    """One signal that the page of the case shows. Raises NotFoundError."""
    findings = findings_of(case, viewer)
    shown = signal_id in cited_by(findings)
    shown = shown or case.report_links.filter(signal_id=signal_id).exists()
    if not shown and signal_id not in {act.pk for act in reported_acts_of(case, viewer)}:
        message = "This case shows no such signal."
        raise NotFoundError(message)
    return signal_by_id(signal_id, viewer)


def _masks_of(viewer: User) -> QuerySet[Mask]:
    return Mask.objects.filter(Q(user=viewer) | Q(user=None))


def _policies_of(case: Case) -> QuerySet[PolicyVersion]:
    """Those that it was decided under, and those that a label or a report of it names."""
    reasons = CaseReport.objects.filter(case=case).values("reason")
    named = Q(slug__in=case.labels) | Q(slug__in=reasons)
    standing = Decision.objects.filter(case=case, undone_at=None).values("policy_version")
    return PolicyVersion.objects.filter(Q(pk__in=standing) | (Q(current=True) & named))
