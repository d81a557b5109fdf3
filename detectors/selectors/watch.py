"""Reads the watch list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from django.db.models import Q, QuerySet

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from detectors.choices import WatchType
from detectors.models import WatchItem
from detectors.policy import READERS
from detectors.watching.things import guessed, listed_form

STATES: Final = ("in-force", "ended", "any")
MAX_WORD: Final = 200


@dataclass(frozen=True, slots=True)
class WatchFilter:
    """Which items are meant; empty values ask for nothing. value: a whole value, as pasted."""

    state: str = STATES[0]
    type: str = ""
    source: str = ""
    value: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        """From the words of an address; an unknown state or type asks for nothing."""
        words = {
            name: query.get(name, "").replace("\0", "").strip()[:MAX_WORD]
            for name in ("state", "type", "source", "value")
        }
        state = words["state"] if words["state"] in STATES else STATES[0]
        kind = words["type"] if words["type"] in WatchType.values else ""
        return cls(state, kind, words["source"], words["value"])

    def of(self, items: QuerySet[WatchItem]) -> QuerySet[WatchItem]:
        """Those of `items` that are meant."""
        if self.state != "any":
            items = items.filter(ended_at__isnull=self.state == "in-force")
        if self.type:
            items = items.filter(type=self.type)
        if self.source:
            items = items.filter(source=self.source)
        return items.filter(self._named()) if self.value else items

    def _named(self) -> Q:
        thing = guessed(self.value)
        values = {self.value, listed_form(self.type, self.value) or self.value}
        return Q(value__in=values | {thing[1]} if thing else values)


def watch_items_for(viewer: User) -> QuerySet[WatchItem]:
    """Items of the watch list, newest first. Partners see none."""
    rows = WatchItem.objects.select_related("added_by", "ended_by")
    return rows if viewer.role in READERS else rows.none()


def assertions_of(item: WatchItem, viewer: User) -> list[WatchItem]:
    """What every source says or said of the value of an item: in force first, then newest."""
    rows = watch_items_for(viewer).filter(digest=item.digest).select_related("batch")
    return sorted(rows, key=lambda one: (one.ended_at is not None, -one.pk))


def watch_item_by_id(item_id: int, viewer: User) -> WatchItem:
    """One item. Raises NotFoundError, also for what the viewer may not see."""
    item = watch_items_for(viewer).filter(pk=item_id).first()
    if item is None:
        message = "There is no such item on the watch list."
        raise NotFoundError(message)
    return item
