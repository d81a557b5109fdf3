"""Lets a detector act by itself: one person proposes it, another one allows it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from django.db import connection, transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, ForbiddenError, StaleError
from abusedesk.core.models import User
from cases import fields, permits, policy
from cases.models import Automation
from cases.permits import Permit
from detectors.choices import DraftState
from detectors.models import DetectorConfig
from detectors.selectors.config import detector_by_slug
from detectors.services.breaker import resume_detector
from detectors.services.follow import follow_detector, unfollow_detector

REASON_CHARS: Final = 500
_LOCK: Final = 0x4155_544F  # "AUTO"


@transaction.atomic
def propose_automation(*, actor: User, slug: str, permit: Permit, reason: str) -> Automation:
    """Propose it; nothing acts before `allow_automation`.

    Raises ForbiddenError, NotFoundError for an unknown detector, or InvalidError naming the field.
    """
    policy.require(actor, "automation.propose")
    detector_by_slug(slug, actor)
    reason = fields.text(reason, field="reason", limit=REASON_CHARS)
    permits.check(permit)
    before = _in_force(slug)
    row = Automation.objects.create(
        detector=slug, based_on=before.pk if before else 0, reason=reason, author=actor,
        **asdict(permit),
    )  # fmt: skip
    _note(actor, Verb.AUTOMATION_PROPOSED, row, what=str(permit), reason=reason)
    return row


@transaction.atomic
def allow_automation(*, actor: User, automation: Automation) -> Automation:
    """Put it into force. Its author may only where nobody else on the desk could.

    Raises ForbiddenError, StaleError where another one came into force since it was written, or
    ConflictError where it was settled.
    """
    policy.require(actor, "automation.allow")
    _one_at_a_time()
    row = _open(automation)
    alone = actor.pk == row.author_id
    if alone and others_who_allow(actor=actor):
        message = "You proposed this. Somebody else who may allow it has to put it into force."
        raise ForbiddenError(message)
    if not policy.allowed(row.author, "automation.propose"):
        message = f"{row.author} may no longer propose automation."
        raise ConflictError(message)
    before = _in_force(row.detector)
    if (before.pk if before else 0) != row.based_on:
        message = "Another automation came into force since. This one has to be proposed again."
        raise StaleError(message)
    if before is not None:
        _end(before, actor)
    row.current = True
    _settle(row, actor, DraftState.IN_FORCE)
    follow_detector(slug=row.detector)
    way = "solo: nobody else could allow it" if alone else "allowed by a second person"
    _note(
        actor,
        Verb.AUTOMATION_ALLOWED,
        row,
        what=str(permit_of(automation=row)),
        author=row.author.username,
        way=way,
    )
    return row


@transaction.atomic
def refuse_automation(*, actor: User, automation: Automation, note: str) -> Automation:
    """Say no, with the reason. Raises ForbiddenError, InvalidError or ConflictError."""
    policy.require(actor, "automation.allow")
    row = _open(automation)
    if actor.pk == row.author_id:
        message = "You proposed this: withdraw it instead."
        raise ForbiddenError(message)
    row.note = fields.text(note, field="note", limit=REASON_CHARS)
    _settle(row, actor, DraftState.REJECTED)
    _note(actor, Verb.AUTOMATION_REFUSED, row, author=row.author.username, note=row.note)
    return row


@transaction.atomic
def withdraw_automation(*, actor: User, automation: Automation) -> Automation:
    """Take one's own proposal back. Raises ForbiddenError or ConflictError."""
    policy.require(actor, "automation.propose")
    row = _open(automation)
    if actor.pk != row.author_id:
        message = f"{row.author} proposed this: refuse it instead."
        raise ForbiddenError(message)
    _settle(row, actor, DraftState.WITHDRAWN)
    _note(actor, Verb.AUTOMATION_WITHDRAWN, row)
    return row


@transaction.atomic
def end_automation(*, actor: User, slug: str, reason: str) -> Automation:
    """From now on the detector acts on nobody. It takes one person; what is held stays held.

    Raises ForbiddenError, InvalidError without a reason, or ConflictError where none is in force.
    """
    policy.require(actor, "automation.end")
    reason = fields.text(reason, field="reason", limit=REASON_CHARS)
    row = _in_force(slug)
    if row is None:
        message = "It acts on nobody already."
        raise ConflictError(message)
    _end(row, actor)
    unfollow_detector(slug=slug)
    _note(actor, Verb.AUTOMATION_ENDED, row, what=str(permit_of(automation=row)), reason=reason)
    return row


@transaction.atomic
def resume_automation(*, actor: User, slug: str, reason: str) -> DetectorConfig:
    """Put a detector whose circuit breaker tripped live again; what is held stays held.

    Raises ForbiddenError, InvalidError without a reason, or ConflictError where it has not tripped.
    """
    made = resume_detector(actor=actor, slug=slug, reason=reason)
    audit.append(
        actor=actor,
        verb=Verb.BREAKER_RESUMED,
        target_type="detector",
        target_id=slug,
        number=made.number,
        reason=made.reason,
    )
    return made


def others_who_allow(*, actor: User) -> bool:
    """Whether somebody else may allow it, so that this person may not allow an own proposal."""
    roles = policy.PERMISSIONS["automation.allow"]
    return User.objects.filter(is_active=True, role__in=roles).exclude(pk=actor.pk).exists()


def permit_of(*, automation: Automation) -> Permit:
    """What an automation says."""
    names = Permit.__dataclass_fields__
    return Permit(**{name: getattr(automation, name) for name in names})


def _one_at_a_time() -> None:
    """Until commit: where none is in force there is no row that two could wait for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _in_force(slug: str) -> Automation | None:
    """The one in force, locked until commit."""
    rows = Automation.objects.select_for_update(no_key=True)
    return rows.filter(detector=slug, current=True).first()


def _open(automation: Automation) -> Automation:
    rows = Automation.objects.select_for_update(no_key=True, of=("self",))
    row = rows.select_related("author", "settled_by").get(pk=automation.pk)
    if row.state != DraftState.OPEN:
        by = f" by {row.settled_by}" if row.settled_by else ""
        message = f"This proposal is settled{by}: {row.get_state_display().lower()}."
        raise ConflictError(message)
    return row


def _settle(row: Automation, actor: User, state: DraftState) -> None:
    row.state, row.settled_by, row.settled_at = state, actor, clock.now()
    row.save()


def _end(row: Automation, actor: User) -> None:
    row.current, row.ended_by, row.ended_at = False, actor, clock.now()
    row.save(update_fields=["current", "ended_by", "ended_at"])


def _note(actor: User, verb: Verb, row: Automation, **data: object) -> None:
    audit.append(
        actor=actor,
        verb=verb,
        target=row,
        target_type="detector",
        target_id=row.detector,
        automation=row.pk,
        **data,
    )
