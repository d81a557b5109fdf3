"""Takes back what one version of a detector set off, by itself, since a moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from abusedesk.core.queueing import wake
from cases import fields, policy
from cases.choices import AutomatedState, BulkState
from cases.models import AutomatedAction, VersionUndo
from cases.selectors.automation import undoable_of
from cases.services.automated_delivery import take_back_action
from cases.services.decision import REASON_LIMIT
from detectors.services.drain import SHORT_S, drain

LEASE: Final = timedelta(seconds=10)  # longer than a short time and one action
TYPED: Final = 50
"""Above so many actions the number is typed, not only confirmed."""


@transaction.atomic
def start_undo(
    *,
    actor: User,
    slug: str,
    number: int,
    since: datetime,
    reason: str,
    confirmed: int | None = None,
) -> VersionUndo:
    """Settle which actions are taken back, and have a worker do it.

    confirmed: the number that was typed, as the preview told it. Raises ForbiddenError, or
    InvalidError when there is nothing, no reason, or another number than was confirmed.
    """
    policy.require(actor, "automation.undo")
    reason = fields.text(reason, field="reason", limit=REASON_LIMIT)
    rows = undoable_of(slug, number, since).select_for_update(no_key=True, of=("self",))
    found = [one.pk for one in rows.only("pk").order_by("pk")[: settings.BULK_CAP]]
    if not found:
        message = f"Nothing that version {number} set off since then stands."
        raise InvalidError(message, field="since")
    if len(found) > TYPED and confirmed != len(found):
        message = f"Type the number of actions, {len(found):,}, to confirm."
        raise InvalidError(message, field="count", total=len(found))
    undo = VersionUndo.objects.create(
        detector=slug, number=number, since=since, reason=reason, total=len(found), actor=actor
    )
    AutomatedAction.objects.filter(pk__in=found).update(undo=undo)
    audit.append(
        actor=actor,
        verb=Verb.VERSION_UNDO_ASKED,
        target_type="detector",
        target_id=slug,
        undo=undo.pk,
        number=number,
        since=since,
        total=undo.total,
        reason=reason,
    )
    wake("cases.undo_version", undo.pk)
    return undo


def run_undo(*, undo_id: int) -> None:
    """Work for a short time, alone; wakes itself when that was too little."""
    now = clock.now()
    free = VersionUndo.objects.filter(pk=undo_id, state=BulkState.RUNNING, busy_until__lte=now)
    if not free.update(busy_until=now + LEASE):
        return
    is_through = drain(lambda: step_undo(undo_id=undo_id), SHORT_S)
    VersionUndo.objects.filter(pk=undo_id).update(busy_until=clock.now())
    if not is_through:
        wake("cases.undo_version", undo_id)


def step_undo(*, undo_id: int) -> int:
    """The next action, in one transaction with its reversals. Returns 0 when none is left."""
    undo = VersionUndo.objects.select_related("actor").get(pk=undo_id)
    if undo.state != BulkState.RUNNING:
        return 0
    with transaction.atomic():
        action = _next(undo)
        if action is not None:
            _take_back(undo, action)
    if action is None:
        _end(undo)
    return int(action is not None)


def wake_undos() -> None:
    """Wake what a lost message or a killed worker forgot."""
    forgotten = VersionUndo.objects.filter(state=BulkState.RUNNING, busy_until__lte=clock.now())
    for undo_id in forgotten.values_list("pk", flat=True):
        wake("cases.undo_version", undo_id)


def _next(undo: VersionUndo) -> AutomatedAction | None:
    """Locked; what another worker has in hand is passed over."""
    rows = AutomatedAction.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    rows = rows.select_related("config", "case", "settled_by")
    return rows.filter(undo=undo, state=AutomatedState.ACTED).order_by("pk").first()


def _take_back(undo: VersionUndo, action: AutomatedAction) -> None:
    action.state = AutomatedState.UNDONE
    action.save(update_fields=["state"])
    take_back_action(action=action)
    if action.case is not None:
        audit.append(
            actor=undo.actor,
            verb=Verb.AUTOMATION_REVERSED,
            target=action.case,
            account=action.account,
            action=action.get_kind_display().lower(),
            detector=action.detector,
            version=action.config.number,
            reason=undo.reason,
            automated=[action.pk],
        )
    wake("cases.deliver_actions")


@transaction.atomic
def _end(undo: VersionUndo) -> None:
    """Once, by who finds that nothing is left, also not with another worker."""
    left = AutomatedAction.objects.filter(undo=undo)
    if left.filter(state=AutomatedState.ACTED).exists():
        return
    running = VersionUndo.objects.filter(pk=undo.pk, state=BulkState.RUNNING)
    if not running.update(state=BulkState.DONE, finished_at=clock.now()):
        return
    audit.append(
        actor=undo.actor,
        verb=Verb.VERSION_UNDONE,
        target_type="detector",
        target_id=undo.detector,
        undo=undo.pk,
        number=undo.number,
        undone=left.filter(state=AutomatedState.UNDONE).count(),
    )
