"""Places and releases legal holds."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection, transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import Role, User
from detectors.choices import HoldKind
from detectors.models import Hold, Source
from detectors.services.purge import PURGE_LOCK

HOLDERS = frozenset({Role.LEAD, Role.ADMIN})
REASON_LIMIT = 500


@transaction.atomic
def place_hold(
    *,
    actor: User,
    kind: HoldKind,
    target: str,
    reason: str,
    source: Source | None = None,
    accounts: Collection[str] = (),
    signal_ids: Collection[int] = (),
) -> Hold:
    """Keep what it covers from every purge; a purge that runs finishes its step first.

    Raises ForbiddenError, InvalidError, ConflictError when this is held already.
    """
    reason = _checked(actor, reason)
    if kind == HoldKind.ACCOUNT and not all(target.partition(":")):
        message = "Write the account as platform:name."
        raise InvalidError(message, field="target")
    _one_at_a_time()
    if Hold.objects.filter(kind=kind, target=target, released_at=None).exists():
        message = f"{target} is held already."
        raise ConflictError(message)
    hold = Hold.objects.create(
        kind=kind,
        target=target,
        source=source,
        accounts=sorted(accounts),
        signal_ids=sorted(signal_ids),
        reason=reason,
        created_by=actor,
    )
    _tell(actor, Verb.HOLD_PLACED, hold, reason)
    return hold


@transaction.atomic
def extend_hold(*, hold: Hold, accounts: Collection[str], signal_ids: Collection[int]) -> bool:
    """What the hold was placed on has grown. Returns whether that was news; it never shrinks."""
    locked = Hold.objects.select_for_update(no_key=True).get(pk=hold.pk)
    more_accounts = set(accounts) - set(locked.accounts)
    more_ids = set(signal_ids) - set(locked.signal_ids)
    if locked.released_at is not None or not (more_accounts or more_ids):
        return False
    locked.accounts = sorted({*locked.accounts, *more_accounts})
    locked.signal_ids = sorted({*locked.signal_ids, *more_ids})
    locked.save(update_fields=["accounts", "signal_ids"])
    return True


@transaction.atomic
def release_hold(*, actor: User, hold: Hold, reason: str) -> Hold:
    """Let purges have it again. A plan that was verified before still leaves it."""
    reason = _checked(actor, reason)
    locked = Hold.objects.select_for_update(no_key=True).get(pk=hold.pk)
    if locked.released_at is not None:
        message = f"The hold on {locked.target} was released already."
        raise ConflictError(message)
    locked.released_at, locked.released_by = clock.now(), actor
    locked.release_reason = reason
    locked.save(update_fields=["released_at", "released_by", "release_reason"])
    _tell(actor, Verb.HOLD_RELEASED, locked, reason)
    return locked


def _checked(actor: User, reason: str) -> str:
    if actor.role not in HOLDERS:
        message = "Only a lead or an admin may place and release legal holds."
        raise ForbiddenError(message)
    cleaned = reason.replace("\x00", "").strip()
    if not cleaned or len(cleaned) > REASON_LIMIT:
        message = f"Say why, in at most {REASON_LIMIT} characters."
        raise InvalidError(message, field="reason")
    return cleaned


def _one_at_a_time() -> None:
    """Neither two holds on one thing nor a hold in the middle of a purge's step."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PURGE_LOCK])


def _tell(actor: User, verb: Verb, hold: Hold, reason: str) -> None:
    audit.append(
        actor=actor,
        verb=verb,
        target=hold,
        on=f"{hold.get_kind_display().lower()} {hold.target}",
        reason=reason,
    )
