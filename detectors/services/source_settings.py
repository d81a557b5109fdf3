"""What people say of sources: names, platforms, when silence is an alarm, what opens cases."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from django.db import IntegrityError, transaction

from abusedesk.core import audit
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import Role, User
from detectors.choices import Alarm, ReportCases
from detectors.models import Source

FIELDS: Final = ("title", "description", "platforms", "alarm", "silent_after_s", "report_cases")
MAX_PLATFORMS: Final = 50
MAX_TITLE: Final = 120
MAX_DESCRIPTION: Final = 2_000
SHORTEST_S: Final = 60
LONGEST_S: Final = 90 * 86_400
MESSAGES: Final = {
    "title": "Write a name of at most 120 characters.",
    "description": "At most 2,000 characters.",
    "platforms": "Write at most 50 platforms of a-z, 0-9 and hyphens.",
    "alarm": f"Choose one of {', '.join(Alarm.values)}.",
    "silent_after_s": "Give a time from a minute to 90 days.",
    "report_cases": f"Choose one of {', '.join(ReportCases.values)}.",
}
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_PLATFORM: Final = re.compile(r"[a-z0-9-]{1,40}")


def create_source(*, actor: User, slug: str, **values: Any) -> Source:
    """A source before its first signal; a token of that name will post to it.

    Raises ForbiddenError, ConflictError for a slug that is taken, InvalidError naming the field.
    """
    require_source_admin(actor=actor)
    if not _SLUG.fullmatch(slug):
        message = "Write a-z, 0-9 and hyphens, at most 60."
        raise InvalidError(message, field="slug")
    source = Source(slug=slug)
    _apply(source, values)
    try:
        with transaction.atomic():
            source.save(force_insert=True)
            audit.append(
                actor=actor,
                verb=audit.Verb.SOURCE_CREATED,
                target=source,
                slug=slug,
                **_settings(source),
            )
    except IntegrityError:
        message = f"There is a source {slug} already."
        raise ConflictError(message, field="slug") from None
    return source


@transaction.atomic
def update_source(*, actor: User, source: Source, **values: Any) -> Source:
    """Change what is given. Raises ForbiddenError, or InvalidError naming the field."""
    require_source_admin(actor=actor)
    locked = Source.objects.select_for_update(no_key=True).get(pk=source.pk)
    before = _settings(locked)
    _apply(locked, values)
    after = _settings(locked)
    changed = [name for name in FIELDS if before[name] != after[name]]
    if not changed:
        return locked
    locked.save(update_fields=changed)
    audit.append(
        actor=actor,
        verb=audit.Verb.SOURCE_CHANGED,
        target=locked,
        slug=locked.slug,
        what=", ".join(changed),
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    return locked


def require_source_admin(*, actor: User) -> None:
    """Raises ForbiddenError: what a token may do never exceeds what its owner may."""
    if actor.role != Role.ADMIN:
        message = "Only an admin may change a source."
        raise ForbiddenError(message)


def _apply(source: Source, values: Mapping[str, Any]) -> None:
    for name in FIELDS:
        if name in values:
            setattr(source, name, values[name])
    source.title = source.title.strip()
    source.platforms = list(dict.fromkeys(source.platforms))
    for name, wrong in _faults(source):
        if wrong:
            raise InvalidError(MESSAGES[name], field=name)
    if source.alarm != Alarm.FIXED:
        source.silent_after_s = None


def _faults(source: Source) -> list[tuple[str, bool]]:
    fixed, after = source.alarm == Alarm.FIXED, source.silent_after_s
    return [
        ("title", not _is_text(source.title, MAX_TITLE) or not source.title),
        ("description", not _is_text(source.description, MAX_DESCRIPTION)),
        (
            "platforms",
            len(source.platforms) > MAX_PLATFORMS
            or not all(_PLATFORM.fullmatch(one) for one in source.platforms),
        ),
        ("alarm", source.alarm not in Alarm.values),
        ("report_cases", source.report_cases not in ReportCases.values),
        ("silent_after_s", fixed and not (after and SHORTEST_S <= after <= LONGEST_S)),
    ]


def _is_text(value: str, limit: int) -> bool:
    return len(value) <= limit and "\x00" not in value


def _settings(source: Source) -> dict[str, Any]:
    return {name: getattr(source, name) for name in FIELDS}
