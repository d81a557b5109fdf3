"""Makes sources and finds the stream that a signal belongs to."""

from __future__ import annotations

from typing import Final

from django.db import connection
from django.utils.text import slugify

from abusedesk.core import clock
from abusedesk.core.models import ApiToken
from detectors.choices import StreamKind
from detectors.models import Source, Stream

LIVE: Final = "live"
SLUG_LENGTH: Final = 50
_NOTE: Final = """
UPDATE detectors_source SET adapters = array_append(adapters, %(adapter)s)
WHERE id = %(source)s AND NOT %(adapter)s = ANY(adapters)
"""

_noted: set[tuple[int, str]] = set()
"""Sources and adapters of which this process knows that they are noted."""


def ensure_source(*, slug: str, title: str, token: ApiToken | None = None) -> Source:
    """The source with this slug, made when it is not there."""
    source, _ = Source.objects.get_or_create(slug=slug, defaults={"title": title, "token": token})
    return source


def source_of_token(*, token: ApiToken) -> Source:
    """The source that a token posts to, made from its name when it is used first.

    A new token with the name of one that has ended goes on with its source, so that what was
    stored under the old one is still known.
    """
    known = Source.objects.filter(token=token).order_by("pk").first()
    if known is not None:
        return known
    slug = slugify(token.name)[:SLUG_LENGTH] or f"token-{token.prefix}"
    source = ensure_source(slug=slug, title=token.name, token=token)
    if source.token_id == token.pk:
        return source
    if source.token is None or _has_ended(source.token):
        Source.objects.filter(pk=source.pk).update(token=token)
        return source
    return ensure_source(slug=f"{slug[:40]}-{token.prefix}", title=token.name, token=token)


def note_adapter(*, source: Source, adapter: str) -> None:
    """Remember that the source uses an adapter; asks the database once a process."""
    if (source.pk, adapter) in _noted:
        return
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, {"source": source.pk, "adapter": adapter})
    _noted.add((source.pk, adapter))


def live_stream() -> Stream:
    """The time-line that all live posts share."""
    stream, _ = Stream.objects.get_or_create(
        slug=LIVE, defaults={"title": "Live", "kind": StreamKind.LIVE}
    )
    return stream


def history_stream(*, slug: str, title: str, tick_floor_s: int) -> Stream:
    """A time-line for signals of the past, with a clock of its own."""
    stream, _ = Stream.objects.get_or_create(
        slug=slug,
        defaults={"title": title, "kind": StreamKind.IMPORT, "tick_floor_s": tick_floor_s},
    )
    return stream


def _has_ended(token: ApiToken) -> bool:
    over = token.expires_at is not None and token.expires_at <= clock.now()
    return over or token.revoked_at is not None
