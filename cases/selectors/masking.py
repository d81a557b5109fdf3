"""Reads how the evidence of a case is covered for somebody, and what they may uncover."""

from __future__ import annotations

from django.db.models import Q
from django.utils.text import slugify

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import policy
from cases.cited import cited_by
from cases.masking import ELSE, Cover, mode_of, worst
from cases.models import Case, CaseReport, Mask, PeekHabit, PolicyVersion
from cases.selectors.evidence import findings_of
from cases.selectors.report import reported_acts_of
from detectors.models import Signal
from detectors.selectors.signal import signal_by_id

REASONS = 200


def cover_for(case: Case, viewer: User) -> Cover | None:
    """How this person sees the evidence of the case; None for who cannot see the case."""
    if not policy.can_see(viewer, case):
        return None
    category, severity = worst(_policies_of(case))
    own, desk = masks_for(viewer)
    mode = mode_of(category, severity, own=own, desk=desk)
    press = PeekHabit.objects.filter(user=viewer, press=True).exists()
    return Cover(category, severity, mode, press)


def masks_for(viewer: User) -> tuple[dict[str, str], dict[str, str]]:
    """Category -> mode: the viewer's own choices, and those of the desk."""
    tables: tuple[dict[str, str], dict[str, str]] = ({}, {})
    if policy.allowed(viewer, "mask.own"):
        for mask in Mask.objects.filter(Q(user=viewer) | Q(user=None)):
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


def _policies_of(case: Case) -> list[tuple[str, int]]:
    """Those that it was decided under, and those that a label or a report of it names."""
    reasons = CaseReport.objects.filter(case=case).exclude(reason="")
    said = reasons.order_by("reason").values_list("reason", flat=True).distinct()[:REASONS]
    named = {*case.labels, *map(slugify, said)}
    decided = Q(decisions__case=case, decisions__undone_at=None)
    rows = PolicyVersion.objects.filter(decided | Q(current=True, slug__in=named))
    return list(rows.values_list("slug", "harm").distinct())
