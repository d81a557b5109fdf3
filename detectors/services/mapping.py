"""Writes mappings: every change is a new version, none is ever changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from django.db import connection, transaction

from abusedesk.core import audit
from abusedesk.core.errors import ForbiddenError, InvalidError, StaleError
from abusedesk.core.models import Role, User
from detectors.mapping.plan import Plan, plan_of
from detectors.mapping.sample import MAX_BYTES
from detectors.mapping.spec import SpecError, read_spec, written
from detectors.models import SavedMapping

RESERVED: Final = frozenset({"new"})
MAX_REASON: Final = 500
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,27}", re.ASCII)
_LOCK: Final = 0x4D41_5050  # "MAPP"


@transaction.atomic
def save_mapping(
    *,
    actor: User,
    slug: str,
    spec: Mapping[str, Any],
    reason: str,
    sample: str = "",
    based_on: int | None = None,
) -> SavedMapping:
    """Make this the current version of the mapping.

    based_on: number of the version that it was made from, 0 for none; None does not ask. Raises
    ForbiddenError, StaleError when there is a newer version, InvalidError naming the field.
    """
    require_admin(actor=actor)
    plan = _checked(slug, spec)
    _check_words(reason, sample)
    with connection.cursor() as cursor:
        # Two writers would both make version n + 1.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    before = SavedMapping.objects.filter(slug=slug, current=True).first()
    _check_newest(before, based_on)
    SavedMapping.objects.filter(slug=slug, current=True).update(current=False)
    saved = SavedMapping.objects.create(
        slug=slug,
        number=before.number + 1 if before else 1,
        spec=written(plan.spec),
        sample=sample,
        reason=reason.strip(),
        created_by=actor,
    )
    audit.append(
        actor=actor,
        verb=audit.Verb.MAPPING_SAVED,
        target=saved,
        target_type="mapping",
        target_id=slug,
        slug=slug,
        number=saved.number,
        reason=saved.reason,
    )
    return saved


def require_admin(*, actor: User) -> None:
    """Raises ForbiddenError: what a token may do never exceeds what its owner may."""
    if actor.role != Role.ADMIN:
        message = "Only an admin may change a mapping."
        raise ForbiddenError(message)


def _checked(slug: str, spec: Mapping[str, Any]) -> Plan:
    if not _SLUG.fullmatch(slug) or slug in RESERVED:
        message = "The name is 1 to 28 of a-z, 0-9 and -, begins with no -, and is not new."
        raise InvalidError(message, field="slug")
    try:
        plan = plan_of(read_spec(dict(spec)), slug)
    except SpecError as error:
        raise InvalidError(str(error), field=error.place) from None
    for place, message in plan.faults.items():
        raise InvalidError(message, field=place)
    return plan


def _check_words(reason: str, sample: str) -> None:
    if not reason.strip() or len(reason) > MAX_REASON or "\0" in reason:
        message = "Say why, in at most 500 characters; the next person will ask."
        raise InvalidError(message, field="reason")
    if len(sample.encode("utf-8", "replace")) > MAX_BYTES or "\0" in sample:
        message = "A sample has at most 256 KiB of text without NUL."
        raise InvalidError(message, field="sample")


def _check_newest(before: SavedMapping | None, based_on: int | None) -> None:
    newest = before.number if before else 0
    if based_on is None or based_on == newest:
        return
    if before is None:
        message = "There is no mapping of that name any more."
    else:
        message = (
            f"{before.created_by} saved version {newest} meanwhile: {before.reason}."
            " Open it, or save again to put yours on top."
        )
    raise StaleError(message, field="slug", number=newest)
