"""The collections of a circle: what is shared with its members, and what they post."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet

from abusedesk.core.models import ApiToken
from cases.choices import InboxMode
from cases.models import Circle, Inbox, PatternRelease, PostedObject, SharedObject
from cases.selectors.taxii import (
    circles_by_partner,
    levels_by_partner,
    objects_by_partner,
    patterns_by_partner,
    posted_by_partner,
)
from cases.taxii.answers import STIX, RefusedError
from cases.taxii.paging import Asked

OBJECTS: Final = "objects"
PATTERNS: Final = "patterns"
INBOX: Final = "inbox"
_TITLES: Final = {OBJECTS: "Objects", PATTERNS: "Patterns", INBOX: "Inbox"}

Rows = QuerySet[SharedObject] | QuerySet[PatternRelease] | QuerySet[PostedObject]


@dataclass(frozen=True, slots=True)
class Place:
    """One collection as one client sees it. inbox: where it is one to write to."""

    circle: Circle
    token: ApiToken
    inbox: Inbox | None = None
    patterns: bool = False

    @property
    def alias(self) -> str:
        if self.patterns:
            return PATTERNS
        return OBJECTS if self.inbox is None else INBOX

    @property
    def id(self) -> str:
        if self.patterns:
            return str(self.circle.pattern_collection)
        return str(self.circle.collection if self.inbox is None else self.inbox.collection)

    def rows(self, asked: Asked) -> Rows:
        """What it asks for and may have, in order."""
        if self.patterns:
            return patterns_by_partner(self.circle, self.token.user, asked)
        if self.inbox is None:
            return objects_by_partner(self.circle, self.token.user, asked)
        return posted_by_partner(self.inbox, self.token.user, asked)

    def told(self) -> dict[str, Any]:
        """As the client reads it."""
        return {
            "id": self.id,
            "title": _TITLES[self.alias],
            "alias": self.alias,
            "can_read": True,
            "can_write": self.inbox is not None,
            "media_types": [STIX],
            "x_abusedesk_markings": levels_by_partner(self.circle, self.token.user),
        }


def circle_of(token: ApiToken, slug: str) -> Circle:
    """Raises RefusedError for one that this client may not see."""
    circle = next((one for one in circles_by_partner(token.user) if one.slug == slug), None)
    if circle is None:
        raise RefusedError(404, "Not found")
    return circle


def places_of(token: ApiToken, circle: Circle) -> list[Place]:
    """The collections that a member sees."""
    found = [Place(circle, token), Place(circle, token, patterns=True)]
    inbox = Inbox.objects.select_related("circle", "owner").filter(circle=circle).first()
    if inbox is not None and inbox.mode == InboxMode.INBOX:
        found.append(Place(circle, token, inbox))
    return found


def place_of(token: ApiToken, circle_slug: str, collection_id: str) -> Place:
    """By id or alias. Raises RefusedError."""
    circle = circle_of(token, circle_slug)
    for place in places_of(token, circle):
        if collection_id in (place.id, place.alias):
            return place
    raise RefusedError(404, "Not found")
