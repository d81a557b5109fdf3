"""Writes retention rules: every change is a new version."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ForbiddenError, InvalidError
from abusedesk.core.models import Role, User
from detectors.models import RetentionRule, Source
from detectors.schema import Kind

MAX_DAYS = 36_500
_LOCK = 0x5255_4C45  # "RULE": two writers would both make version n + 1


@transaction.atomic
def save_rule(*, actor: User, source: Source | None, kind: str, days: int | None) -> RetentionRule:
    """Keep signals of a source (None: of every one) and a kind ("": every one) for `days` days.

    days: None keeps them for good, whatever a more general rule says. Raises InvalidError.
    """
    require_admin(actor=actor)
    if kind and kind not in {one.value for one in Kind}:
        message = f"There is no kind {kind[:24]}."
        raise InvalidError(message, field="kind")
    if days is not None and not 1 <= days <= MAX_DAYS:
        message = f"Keep signals for 1 to {MAX_DAYS:,} days, or for good."
        raise InvalidError(message, field="days")
    number = _retire(source, kind)
    rule = RetentionRule.objects.create(
        source=source, kind=kind, days=days, number=number + 1, created_by=actor
    )
    kept = "for good" if days is None else f"for {days} days"
    _tell(actor, Verb.RULE_SAVED, rule, kept=kept)
    return rule


@transaction.atomic
def end_rule(*, actor: User, rule: RetentionRule) -> None:
    """Take a rule out of force: a more general one counts again, or nothing goes."""
    require_admin(actor=actor)
    _retire(rule.source, rule.kind)
    _tell(actor, Verb.RULE_ENDED, rule)


def require_admin(*, actor: User) -> None:
    """Raises ForbiddenError: what a token may do never exceeds what its owner may."""
    if actor.role != Role.ADMIN:
        message = "Only an admin may do this."
        raise ForbiddenError(message)


def _retire(source: Source | None, kind: str) -> int:
    """No version of this rule is in force. Returns the number of the newest one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    rows = RetentionRule.objects.filter(source=source, kind=kind)
    rows.filter(current=True).update(current=False)
    return rows.order_by("-number").values_list("number", flat=True).first() or 0


def _tell(actor: User, verb: Verb, rule: RetentionRule, **data: Any) -> None:
    audit.append(
        actor=actor,
        verb=verb,
        target=rule,
        source=rule.source.slug if rule.source else "every source",
        kind=rule.kind or "every kind",
        number=rule.number,
        **data,
    )
