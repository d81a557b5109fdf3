"""Settles hits that automation held: a person lets them out, or drops them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from cases import fields, policy, protecting
from cases.automating import NAMED, tell_acted
from cases.choices import AutomatedState
from cases.deeds import ALONE
from cases.models import AutomatedAction, Case
from cases.services.automated_delivery import owe_actions

REASON_CHARS: Final = 500


@transaction.atomic
def settle_held(
    *,
    actor: User,
    slug: str,
    release: bool,
    reason: str,
    ids: Collection[int] | None = None,
    confirmed: int | None = None,
) -> list[AutomatedAction]:
    """Let held hits of a detector out, or drop them; ids: which, None is all of them.

    Protected accounts never leave by this way. confirmed: the number that was typed, which more
    than 50 need. Returns what was settled. Raises ForbiddenError, or InvalidError.
    """
    policy.require(actor, "automation.settle")
    reason = fields.text(reason, field="reason", limit=REASON_CHARS)
    rows = _held(slug, ids)
    if not rows:
        message = "None of these is held any more."
        raise InvalidError(message, field="ids")
    if release and len(rows) > ALONE and confirmed != len(rows):
        message = f"Type the number of accounts, {len(rows):,}, to confirm."
        raise InvalidError(message, field="count", total=len(rows))
    bars = protecting.bars_on([one.account for one in rows]) if release else {}
    now = clock.now()
    for one in rows:
        one.settled_by, one.settled_at, one.note = actor, now, reason
        one.state = AutomatedState.DROPPED
        if release:
            _let_out(one, bars.get(one.account, ""))
    names = ["state", "why", "until", "acted_at", "settled_by", "settled_at", "note"]
    AutomatedAction.objects.bulk_update(rows, names, 500)
    leaving = [one for one in rows if one.state == AutomatedState.ACTED]
    owe_actions(actions=leaving)
    _tell(actor, slug, rows, leaving, reason)
    return rows


def _held(slug: str, ids: Collection[int] | None) -> list[AutomatedAction]:
    """Locked in one order, at most as many as one job may change."""
    rows = AutomatedAction.objects.select_for_update(no_key=True, of=("self",))
    rows = rows.filter(detector=slug, state=AutomatedState.HELD).select_related(
        "config", "case", "automation"
    )
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    return list(rows.order_by("pk")[: settings.BULK_CAP])


def _let_out(one: AutomatedAction, bar: str) -> None:
    if bar:
        one.state, one.why = AutomatedState.BARRED, bar
        return
    one.state, one.why, one.acted_at = AutomatedState.ACTED, "", one.settled_at
    days = one.automation.days
    one.until = clock.now() + timedelta(days=days) if days else None


def _tell(
    actor: User,
    slug: str,
    rows: list[AutomatedAction],
    leaving: list[AutomatedAction],
    reason: str,
) -> None:
    """On the detector what was settled, on each case what left; the lock on the chain is last."""
    by_case: dict[int, list[AutomatedAction]] = {}
    for one in leaving:
        if one.case_id is not None:
            by_case.setdefault(one.case_id, []).append(one)
    for case_id, some in sorted(by_case.items()):
        tell_acted(some, case=Case.objects.get(pk=case_id))
    dropped = [one for one in rows if one.state == AutomatedState.DROPPED]
    if leaving:
        _note(actor, slug, Verb.AUTOMATION_RELEASED, leaving, reason)
    if dropped:
        _note(actor, slug, Verb.AUTOMATION_DROPPED, dropped, reason)


def _note(actor: User, slug: str, verb: Verb, some: list[AutomatedAction], reason: str) -> None:
    names = [one.account for one in some]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    audit.append(
        actor=actor,
        verb=verb,
        target_type="detector",
        target_id=slug,
        detector=slug,
        action=some[0].get_kind_display().lower(),
        count=len(some),
        accounts=", ".join(names[:NAMED]) + more,
        automated=[one.pk for one in some],
        reason=reason,
    )
