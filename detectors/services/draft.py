"""Drafts of settings: one person writes them, another puts them into force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError, StaleError
from abusedesk.core.models import User
from detectors.choices import DraftState, Mode, Way
from detectors.guards import obstacle_to_mode
from detectors.models import DetectorConfig, DetectorDraft
from detectors.policy import allowed, change_verb, others_with, require
from detectors.reasons import told
from detectors.services.config import (
    Origin,
    Settings,
    beside_of,
    checked_params,
    checked_settings,
    current_of,
    lock_configs,
    put_in_force,
)
from detectors.services.scenario_run import Lost, lost_with
from detectors.services.watching import put_beside
from detectors.ways import way_alone

MAX_SHADOW_DAYS: Final = 90


@transaction.atomic
def propose_config(
    *,
    actor: User,
    slug: str,
    mode: str,
    params: Mapping[str, Any],
    reason: str,
    promote_after_days: int | None = None,
    lost_because: str = "",
    beside: bool = False,
) -> DetectorDraft:
    """Propose settings; `approve_draft` puts them into force.

    beside: they are to watch in shadow beside the version in force, which stays as it is.

    To switch a detector down, with its parameters as they are, takes one person, and so does a rule
    that only watches and watched only before: such a draft is in force at once.

    lost_because: why cases that were saved as tests may be lost; without it a draft that would
    lose one is refused. Raises ForbiddenError, NotFoundError, InvalidError naming the field, or
    ConflictError where something else forbids it.
    """
    require(actor, change_verb(slug))
    said = Settings(slug=slug, mode=mode, params=params, reason=told(reason, "reason"))
    checked = checked_settings(said)
    _check_promotion(mode, promote_after_days)
    lost = _lost(said, checked.digest(), lost_because)
    lock_configs()
    if obstacle := obstacle_to_mode(slug, mode, checked.model_dump(mode="json")):
        raise ConflictError(obstacle)
    before = current_of(slug)
    if beside:
        _check_beside(mode, before, checked.digest(), promote_after_days)
    same = before is not None and before.params_hash == checked.digest()
    timed = promote_after_days or (before is not None and before.promote_at is not None)
    if before and same and (beside or (mode == before.mode and not timed)):
        message = f"Nothing differs from version {before.number}, which is in force."
        raise InvalidError(message, field="params")
    draft = DetectorDraft.objects.create(
        slug=slug,
        based_on=before.number if before else 0,
        mode=mode,
        params=checked.model_dump(mode="json"),
        beside=beside,
        promote_after_days=promote_after_days,
        reason=said.reason,
        loses=lost,
        lost_because=told(lost_because, "lost_because") if lost else "",
        author=actor,
    )
    if lost:
        _note(actor, Verb.DRAFT_LOSES, draft, tests=", ".join(lost), reason=draft.lost_because)
    alone = promote_after_days is None and not beside
    if alone and (way := way_alone(slug, mode, before, same=same)):
        return _settle(actor, draft, Origin(way=way))
    told_mode = f"{mode} beside version {draft.based_on}" if beside else mode
    _note(actor, Verb.DRAFT_WRITTEN, draft, mode=told_mode, reason=draft.reason)
    return draft


@transaction.atomic
def approve_draft(*, actor: User, draft: DetectorDraft) -> DetectorDraft:
    """Put it into force. Its author may only where nobody else on the desk could.

    Raises ForbiddenError, StaleError where another version came into force since it was written,
    or ConflictError where it was settled, or would lose a test that was saved since.
    """
    require(actor, "detector.approve")
    if draft.state == DraftState.OPEN:
        _check_new_tests(draft)
    lock_configs()
    draft = _open(draft)
    alone = actor.pk == draft.author_id
    if alone and needs_another(actor=actor):
        message = "You wrote this draft. Somebody else who may approve has to put it into force."
        raise ForbiddenError(message)
    if not allowed(draft.author, change_verb(draft.slug)):
        message = f"{draft.author} may no longer change detectors."
        raise ConflictError(message)
    before = current_of(draft.slug)
    if (before.number if before else 0) != draft.based_on:
        message = (
            f"The draft was written on version {draft.based_on}; version"
            f" {before.number if before else 0} is in force now. It has to be written again."
        )
        raise StaleError(message)
    _note(actor, Verb.DRAFT_APPROVED, draft, author=draft.author.username)
    way = Way.ALONE if alone else Way.APPROVED
    return _settle(actor, draft, Origin(way=way, approved_by=None if alone else actor))


@transaction.atomic
def reject_draft(*, actor: User, draft: DetectorDraft, note: str) -> DetectorDraft:
    """Say no, with the reason. Raises ForbiddenError, InvalidError or ConflictError."""
    require(actor, "detector.approve")
    lock_configs()
    draft = _open(draft)
    if actor.pk == draft.author_id:
        message = "You wrote this draft: withdraw it instead."
        raise ForbiddenError(message)
    _end(actor, draft, DraftState.REJECTED, told(note, "note"))
    _note(actor, Verb.DRAFT_REJECTED, draft, author=draft.author.username, note=draft.note)
    return draft


@transaction.atomic
def withdraw_draft(*, actor: User, draft: DetectorDraft) -> DetectorDraft:
    """Take one's own draft back. Raises ForbiddenError or ConflictError."""
    require(actor, change_verb(draft.slug))
    lock_configs()
    draft = _open(draft)
    if actor.pk != draft.author_id:
        message = f"{draft.author} wrote this draft: reject it instead."
        raise ForbiddenError(message)
    _end(actor, draft, DraftState.WITHDRAWN)
    _note(actor, Verb.DRAFT_WITHDRAWN, draft)
    return draft


def needs_another(*, actor: User) -> bool:
    """Whether somebody else may approve, so that this person may not put an own draft in force."""
    return others_with("detector.approve", actor).exists()


def _lost(said: Settings, digest: str, lost_because: str) -> list[str]:
    """Tests that the draft would lose. Raises InvalidError where nobody says why it may."""
    lost = _tests_lost(said.slug, said.mode, said.params, digest)
    if lost and not lost_because.strip():
        cases = "; ".join(f"{one.origin}: {said.slug} {one.sentence}" for one in lost)
        message = (
            f"These settings would lose {'cases' if len(lost) > 1 else 'a case'} that must be"
            f" found. {cases}. Change the settings, or say why that may be."
        )
        raise InvalidError(message, field="lost_because")
    return [one.origin for one in lost]


def _check_new_tests(draft: DetectorDraft) -> None:
    """Whoever approves has read which tests it loses: not those that were saved since."""
    digest = checked_params(draft.slug, draft.params).digest()
    lost = _tests_lost(draft.slug, draft.mode, draft.params, digest)
    if new := sorted({one.origin for one in lost} - set(draft.loses)):
        message = (
            f"It would lose {', '.join(new)}, saved as a test since it was written. It has to be"
            " written again."
        )
        raise ConflictError(message)


def _tests_lost(slug: str, mode: str, params: Mapping[str, Any], digest: str) -> list[Lost]:
    """Tests that would fail; none where the parameters stay, or nothing would be found anyway.

    To switch a detector off is no matter of settings: who has to must not be kept from it.
    """
    same = DetectorConfig.objects.filter(slug=slug, current=True, params_hash=digest)
    return [] if mode == Mode.OFF or same.exists() else lost_with(slug=slug, params=params)


def _check_beside(mode: str, before: DetectorConfig | None, digest: str, days: int | None) -> None:
    """Raises InvalidError where there is nothing to watch beside, or nothing new to watch for."""
    if mode != Mode.SHADOW:
        message = "Only shadow runs beside the version in force."
        raise InvalidError(message, field="mode")
    if before is None or before.mode == Mode.OFF:
        message = "The detector is off, so there is nothing to watch beside: choose shadow."
        raise InvalidError(message, field="mode")
    watching = beside_of(before.slug)
    if watching and watching.params_hash == digest and days is None:
        message = f"Version {watching.number} watches with these settings already."
        raise InvalidError(message, field="params")


def _check_promotion(mode: str, days: int | None) -> None:
    if days is None:
        return
    if mode != Mode.SHADOW:
        message = "Only a detector in shadow is promoted."
        raise InvalidError(message, field="promote_after_days")
    if not 1 <= days <= MAX_SHADOW_DAYS:
        message = f"Choose 1 to {MAX_SHADOW_DAYS} days."
        raise InvalidError(message, field="promote_after_days")


def _open(draft: DetectorDraft) -> DetectorDraft:
    rows = DetectorDraft.objects.select_for_update(no_key=True, of=("self",))
    draft = rows.select_related("author", "settled_by").get(pk=draft.pk)
    if draft.state != DraftState.OPEN:
        by = f" by {draft.settled_by}" if draft.settled_by else ""
        message = f"This draft is settled{by}: {draft.get_state_display().lower()}."
        raise ConflictError(message)
    return draft


def _settle(actor: User, draft: DetectorDraft, origin: Origin) -> DetectorDraft:
    days = draft.promote_after_days
    origin = Origin(
        way=origin.way,
        author=draft.author,
        approved_by=origin.approved_by,
        promote_at=clock.now() + timedelta(days=days) if days else None,
    )
    said = Settings(slug=draft.slug, mode=draft.mode, params=draft.params, reason=draft.reason)
    put = put_beside if draft.beside else put_in_force
    made = put(actor=actor, said=said, origin=origin)
    _end(actor, draft, DraftState.IN_FORCE, made=made)
    return draft


def _end(
    actor: User,
    draft: DetectorDraft,
    state: DraftState,
    note: str = "",
    made: DetectorConfig | None = None,
) -> None:
    draft.state, draft.note, draft.made = state, note, made
    draft.settled_by, draft.settled_at = actor, clock.now()
    draft.save()


def _note(actor: User, verb: Verb, draft: DetectorDraft, **data: object) -> None:
    audit.append(
        actor=actor,
        verb=verb,
        target=draft,
        target_type="detector",
        target_id=draft.slug,
        draft=draft.pk,
        **data,
    )
