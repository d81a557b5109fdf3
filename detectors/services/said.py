"""Ends what a source said of values, when it says it no more or says more of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.models import User
from abusedesk.core.queueing import wake
from detectors.choices import BatchState, Opinion, RowOutcome
from detectors.entities import digest_of
from detectors.models import IndicatorRow, WatchItem
from detectors.policy import require
from detectors.services.watch import lock_list
from detectors.watching.things import Thing

WITHDRAWN: Final = "Its source took it back."
OUTGROWN: Final = "Its source says more of it by now."


@transaction.atomic
def withdraw_said(
    *, actor: User, source: str, uids: Sequence[str], still: Collection[bytes] = ()
) -> int:
    """End what the source said under these names, and what waits of it for a person.

    still: digests of values that it says under another name as well; these stay. What other sources
    say is not touched. Returns how many values left the list. Raises ForbiddenError.
    """
    require(actor, "watch.edit")
    lock_list()
    rows = WatchItem.objects.filter(source=source, uid__in=uids, ended_at=None).exclude(uid="")
    ended = _end(rows.exclude(digest__in=still), actor, WITHDRAWN)
    waiting = IndicatorRow.objects.filter(
        batch__source=source, batch__state=BatchState.PREVIEW, uid__in=uids
    )
    waiting.update(outcome=RowOutcome.NOTE, things=[], message=WITHDRAWN)
    if ended:
        audit.append(
            actor=actor,
            verb=Verb.INDICATORS_WITHDRAWN,
            target_type="watchlist",
            target_id=source,
            source=source,
            count=ended,
        )
    return ended


@transaction.atomic
def outgrow_seeds(*, actor: User, source: str, things: Sequence[Thing]) -> int:
    """End the seeds of a source of which it says more from now on. Raises ForbiddenError."""
    require(actor, "watch.edit")
    digests = [digest_of(*one) for one in things]
    rows = WatchItem.objects.filter(
        source=source, digest__in=digests, opinion=Opinion.SEED, ended_at=None
    )
    if not rows.exists():
        return 0
    lock_list()
    return _end(rows, actor, OUTGROWN)


def _end(rows: QuerySet[WatchItem], actor: User, why: str) -> int:
    ended = rows.update(ended_at=clock.now(), ended_by=actor, end_reason=why, pending=True)
    if ended:
        wake("detectors.watch")
    return ended
