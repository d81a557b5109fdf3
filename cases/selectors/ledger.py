"""Reads what ever left for partners, also by the value that it told of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Q, QuerySet

from abusedesk.core.models import User
from cases import policy
from cases.models import Handover, SharedSubject
from detectors import entities, normalise

SEARCHED: Final = 500


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the ledger, and which of its objects told of the value, and how."""

    handover: Handover
    objects: list[tuple[str, str]]


def handovers_for(viewer: User) -> QuerySet[Handover]:
    """Everything that left, newest first; for leads and admins."""
    rows = Handover.objects.select_related("partner", "share__case", "share__circle", "actor")
    return rows if policy.allowed(viewer, "ledger.view") else rows.none()


def handovers_by_subject(type: str, value: str, viewer: User) -> list[Told]:
    """What told of this value, whole, cut or hashed, or named it in a text; newest first."""
    value = value.strip().replace("\x00", "")
    if not value or not policy.allowed(viewer, "ledger.view"):
        return []
    digests = [entities.digest_of(type, one) for one in _spellings(type, value)]
    subjects: dict[tuple[int, int], dict[str, str]] = {}
    told = SharedSubject.objects.filter(digest__in=digests).select_related("rendition")
    for one in told:
        key = (one.rendition.share_id, one.rendition.revision)
        subjects.setdefault(key, {})[one.stix_id] = one.how
    shares = {share for share, _ in subjects}
    named = Q(share__renditions__bundle__icontains=value)
    rows = handovers_for(viewer).filter(Q(share__in=shares) | named).distinct()
    found = []
    for row in rows[:SEARCHED]:
        known = subjects.get((row.share_id, row.revision), {})
        objects = [(id, how) for id, how in known.items() if id in set(row.objects_sent)]
        if objects or _names(row, value):
            found.append(Told(row, objects or [("in a text", "sent")]))
    return found


def _names(row: Handover, value: str) -> bool:
    """Whether the bytes of that revision name the value in so many letters."""
    rows = row.share.renditions.filter(revision=row.revision, partners=row.partner_id)
    return rows.filter(bundle__icontains=value).exists()


def _spellings(type: str, value: str) -> set[str]:
    """The value as it was typed, and as the desk writes it."""
    bare = normalise.refang(value)
    return {value, bare, normalise.canonical(type, bare) or bare}
