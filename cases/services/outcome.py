"""Keeps what partners say of what they got: seen, wrong, over, agreed; the case is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import transaction

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.models import User
from cases import policy
from cases.choices import OutcomeKind
from cases.collection import share_by_object
from cases.models import Partner, PartnerOutcome
from cases.sharing import stix
from cases.taking.limits import moment_of, refs_of, version_of
from detectors.intel.stix.marks import tlp_of

MOST: Final = 2**31 - 1
# Opinion of the standard -> how the desk counts it.
OPINIONS: Final = {
    "strongly-agree": OutcomeKind.AGREE,
    "agree": OutcomeKind.AGREE,
    "neutral": OutcomeKind.NEUTRAL,
    "disagree": OutcomeKind.DISAGREE,
    "strongly-disagree": OutcomeKind.DISAGREE,
}
_KINDS: Final = frozenset({"sighting", "false_positive", "expired"})


@transaction.atomic
def receive_outcomes(
    *, actor: User, partner: Partner | None, objects: Sequence[dict[str, Any]]
) -> int:
    """Keep what of these objects is about something that this partner got from here.

    Returns how many were. Everything else about foreign objects is none of a case's business.
    Raises ForbiddenError.
    """
    policy.require(actor, "feed.save")
    if partner is None:
        return 0
    return sum(_keep(actor, partner, one) for one in objects)


def _keep(actor: User, partner: Partner, one: dict[str, Any]) -> int:
    """How many statements of a case's share are in one object."""
    kind = _kind(one)
    if kind is None:
        return 0
    told = 0
    for about in _about(one):
        share = share_by_object(about, partner)
        if share is None:
            continue
        told += 1
        count = _count(one)
        PartnerOutcome.objects.update_or_create(
            share=share,
            partner=partner,
            stix_id=one["id"],
            defaults={
                "about": about,
                "kind": kind,
                "count": count,
                "first_at": moment_of(one.get("first_seen")),
                "last_at": moment_of(one.get("last_seen")),
                "version": version_of(one),
                "tlp": tlp_of(one),
            },
        )
        if one.get("revoked") is True:
            PartnerOutcome.objects.filter(share=share, partner=partner, stix_id=one["id"]).delete()
        audit.append(
            actor=actor,
            verb=Verb.SHARE_OUTCOME,
            target=share.case,
            share=share.pk,
            partner=str(partner),
            circle=share.circle.title,
            kind=kind.value,
            what=_words(kind, count, taken_back=one.get("revoked") is True),
            object=about,
        )
    return told


def _kind(one: dict[str, Any]) -> OutcomeKind | None:
    if one["type"] == "opinion":
        return OPINIONS.get(str(one.get("opinion")))
    extensions = one.get("extensions")
    own = extensions.get(stix.EXTENSION) if isinstance(extensions, dict) else None
    said = own.get("kind") if isinstance(own, dict) else None
    return OutcomeKind(said) if said in _KINDS else OutcomeKind.SIGHTING


def _about(one: dict[str, Any]) -> list[str]:
    """The objects that it speaks of; observations beside a sighting are not what was seen."""
    if one["type"] == "sighting":
        said = one.get("sighting_of_ref")
        return [said] if isinstance(said, str) else []
    return refs_of(one)[:20]


def _count(one: dict[str, Any]) -> int:
    """How often, as the partner rounded it; an opinion is one statement."""
    said = one.get("count", 1)
    whole = isinstance(said, int) and not isinstance(said, bool)
    return min(MOST, max(0, said)) if whole else 1


def _words(kind: OutcomeKind, count: int, *, taken_back: bool) -> str:
    if taken_back:
        return f"{kind.label.lower()}, taken back"
    more = f", at least {count:,} times" if count > 1 else ""
    return f"{kind.label.lower()}{more}"
