"""Counts how partners' patterns fare here for their authors, and takes the same from partners."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from abusedesk.core import audit, clock, ids
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError
from abusedesk.core.models import User
from cases import packing, policy, previewing
from cases.choices import BENIGN
from cases.models import OutcomeSent, OutcomeTold, Partner, Pattern, ReceivedPattern
from cases.services.handover import Handed
from cases.sharing import egress, tlp
from cases.sharing.egress import Audience
from cases.sharing.facts import Maker
from cases.sharing.patterns import outcomes
from cases.sharing.patterns.outcomes import CONFIRMED, FALSE, Outcome
from cases.sharing.patterns.wire import UnreadableError
from detectors.choices import Outcome as Verdicts
from detectors.fits import standing_verdicts
from detectors.models import CampaignFinding, Verdict

SAYS: Final = {CONFIRMED: frozenset({Verdicts.ABUSE}), FALSE: BENIGN}
"""Kind of a count -> verdicts that it counts."""


def make_outcomes() -> int:
    """Count the weeks that are over, each once and for good. Returns how many counts were made."""
    rows = ReceivedPattern.objects.filter(tells_back=True).exclude(slug="")
    rows = rows.exclude(shadow_at=None).order_by("pk")
    return sum(_make(pk) for pk in rows.values_list("pk", flat=True))


def take_outcome(*, partner: Partner, told: dict[str, Any]) -> int:
    """A partner's count of one week of an own pattern: 1 new, -1 known, 0 where it is none.

    Raises UnreadableError for a count that tells more than it should, or another one of a week
    that was told already.
    """
    one = outcomes.outcome_of(told)
    if one is None:
        return 0
    uuid = _uuid_of(one.pattern)
    pattern = Pattern.objects.filter(stix_uuid=uuid).first() if uuid else None
    had = pattern and partner.pattern_handovers.filter(
        release__pattern=pattern, release__revision=one.revision
    )
    if pattern is None or not had or not had.exists():
        message = "It counts a pattern that this partner never got from here."
        raise UnreadableError(message)
    if one.monday + outcomes.WEEK > clock.now().date():
        message = "It counts a week that is not over."
        raise UnreadableError(message)
    row, is_new = OutcomeTold.objects.get_or_create(
        pattern=pattern,
        partner=partner,
        revision=one.revision,
        kind=one.kind,
        monday=one.monday,
        defaults={"floor": one.floor},
    )
    if not is_new and row.floor != one.floor:
        message = f"The week of {one.monday} was told already, with another count."
        raise UnreadableError(message)
    return 1 if is_new else -1


@transaction.atomic
def hand_outcomes(*, actor: User, partner: Partner) -> Handed:
    """A bundle of all counts for this author. Raises ForbiddenError, or ConflictError."""
    policy.require(actor, "pattern.deliver")
    rows = OutcomeSent.objects.filter(received__partner=partner, floor__gt=0)
    rows = rows.select_related("received").order_by("pk")
    bodies = [one.body for one in rows if one.body]
    if not bodies:
        message = "There is nothing to tell: no count of a whole week reached five."
        raise ConflictError(message)
    level = tlp.strictest(one.received.tlp for one in rows)
    audience = Audience(
        cap=partner.tlp_cap,
        circle_cap=partner.tlp_cap,
        ends_on=partner.ends_on,
        agreed=partner.agreed,
        active=partner.active,
        community=True,
        knows_tlp_2=partner.knows_tlp_2,
    )
    if refused := egress.refusals(level, audience, clock.now().date()):
        message = f"{partner} {egress.REFUSALS[refused[0]]}."
        raise ConflictError(message)
    body = egress.render_outcomes(_maker(), level, bodies)
    audit.append(
        actor=actor,
        verb=Verb.OUTCOMES_SENT,
        target=partner,
        outcomes=len(bodies),
        partner=partner.title,
        sha256=egress.digest(body),
    )
    return Handed(body, f"outcomes-{partner.slug}.json", "application/json")


@transaction.atomic
def _make(pk: int) -> int:
    rows = ReceivedPattern.objects.select_for_update(no_key=True, skip_locked=True)
    row = rows.filter(pk=pk).first()
    if row is None or row.shadow_at is None:
        return 0
    first, last = outcomes.monday_of(row.shadow_at), outcomes.monday_of(clock.now())
    done = set(OutcomeSent.objects.filter(received=row).values_list("kind", "monday"))
    made = [
        _counted(row, kind, monday)
        for monday in outcomes.weeks_between(first, last)
        for kind in outcomes.KINDS
        if (kind, monday) not in done
    ]
    OutcomeSent.objects.bulk_create(made)
    return len(made)


def _counted(row: ReceivedPattern, kind: str, monday: date) -> OutcomeSent:
    floor = outcomes.floor_of(_groups(row, kind, monday))
    body = None
    if floor:
        one = Outcome(row.stix_id, row.revision, kind, monday, floor)
        body = outcomes.sighting_of(one, ids.new_uuid(), _maker(), row.tlp)
    return OutcomeSent(received=row, kind=kind, monday=monday, floor=floor, body=body)


def _groups(row: ReceivedPattern, kind: str, monday: date) -> int:
    """Campaigns with its findings on which people decided so in that week."""
    begin = datetime.combine(monday, time(), UTC)
    verdicts = Verdict.objects.filter(
        pk__in=standing_verdicts().values("pk"),
        outcome__in=SAYS[kind],
        created_at__gte=begin,
        created_at__lt=begin + outcomes.WEEK,
    )
    rows = CampaignFinding.objects.filter(
        finding__detector=row.slug, campaign__in=verdicts.values("campaign")
    )
    return rows.order_by().values("campaign").distinct().count()


def _maker() -> Maker:
    return packing.maker_of(previewing.organisation())


def _uuid_of(stix_id: str) -> UUID | None:
    kind, _, uuid = stix_id.partition("--")
    try:
        return UUID(uuid) if kind == "indicator" else None
    except ValueError:
        return None
