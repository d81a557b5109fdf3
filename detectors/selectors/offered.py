"""Reads what forms about settings offer to choose from, in one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple

from django.db import connection

from abusedesk.core import clock
from abusedesk.core.models import User
from detectors.choices import StreamKind
from detectors.policy import STAFF
from detectors.selectors.line import MOST

DAYS: Final = 14
"""A platform that sent nothing for so long is offered only where a source is meant to send it."""
_OFFERED: Final = """
(SELECT 'line', slug, title FROM detectors_stream ORDER BY (kind = %(live)s) DESC, id DESC
 LIMIT %(most)s)
UNION ALL (SELECT 'source', slug, '' FROM detectors_source ORDER BY slug)
UNION ALL (
    SELECT 'platform', platform, '' FROM (
        SELECT platform FROM detectors_sourcehour WHERE hour >= %(since)s AND platform <> ''
        UNION SELECT unnest(platforms) FROM detectors_source
    ) AS sent ORDER BY platform
)
"""


class Line(NamedTuple):
    """A time-line."""

    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class Offered:
    """lines: the live one first, then imports, the newest first. places: slugs of platforms and of
    sources, as `detectors.overrides` names the two."""

    lines: Sequence[Line]
    places: Mapping[str, Sequence[str]]


def offered_for(viewer: User) -> Offered:
    """For the staff; others have no forms."""
    found: dict[str, list[Line]] = {"line": [], "source": [], "platform": []}
    if viewer.role in STAFF:
        since = clock.now() - timedelta(days=DAYS)
        with connection.cursor() as cursor:
            cursor.execute(_OFFERED, {"live": StreamKind.LIVE, "most": MOST, "since": since})
            for what, slug, title in cursor.fetchall():
                found[what].append(Line(slug, title))
    lines = found.pop("line")
    return Offered(lines, {what: [one.slug for one in rows] for what, rows in found.items()})
