"""What is said of values as a MISP event: a pure mapping, nothing is sent from here.

Whatever leaves goes through the outbound gate first, which decides what these functions may see.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

from detectors.choices import Opinion, Tlp
from detectors.intel.misp.deleting import with_deleted
from detectors.intel.misp.names import (
    ANY,
    ANY_ACCOUNT,
    COINS,
    CONFIDENCE,
    OBJECTS,
    WRITTEN,
    tagged,
)

Json = dict[str, Any]
DISTRIBUTION: Final[dict[str, str]] = {
    Tlp.CLEAR: "3",
    Tlp.GREEN: "1",
    Tlp.AMBER: "0",
    Tlp.AMBER_STRICT: "0",
}
"""All communities, this community, this organisation. With a sharing group AMBER is 4."""
SHARING_GROUP: Final = "4"
INHERITED: Final = "5"
_NAMES: Final = frozenset({"account", "handle"})
_BY_PLATFORM: Final = {one.platform: (name, one) for name, one in OBJECTS.items()}


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who says it."""

    name: str
    uuid: str


@dataclass(frozen=True, slots=True)
class Said:
    """One assertion. uuid: stable, so that a later version replaces this one; gone: taken back."""

    uuid: str
    type: str
    value: str
    opinion: str = Opinion.POSITIVE.value
    confidence: int | None = None
    comment: str = ""
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    tags: tuple[str, ...] = ()
    gone: bool = False


@dataclass(frozen=True, slots=True)
class SharingGroup:
    """Organisations that MISP knows under one name."""

    name: str
    uuid: str


@dataclass(frozen=True, slots=True)
class Event:
    """What is said together. group: for AMBER. done: nobody works on it any more.

    before: the event that this one follows. What it had and this one has not is written as
    deleted, because who reads events keeps what only stays away.
    """

    uuid: str
    info: str
    day: date
    at: datetime
    by: Organisation
    tlp: str
    said: tuple[Said, ...]
    tags: tuple[str, ...] = ()
    group: SharingGroup | None = None
    done: bool = True
    before: Json | None = None


class TooConfidentialError(ValueError):
    """TLP:RED is for named people; no machine format carries it."""


def event_of(event: Event) -> Json:
    """The event as MISP and PyMISP load it. Raises TooConfidentialError for TLP:RED."""
    if event.tlp not in DISTRIBUTION:
        message = f"{event.tlp} does not leave as MISP."
        raise TooConfidentialError(message)
    accounts = [one for one in event.said if one.type in _NAMES]
    others = [one for one in event.said if one.type not in _NAMES]
    group = event.group if event.tlp == Tlp.AMBER else None
    body: Json = {
        "uuid": event.uuid,
        "info": event.info,
        "date": event.day.isoformat(),
        "timestamp": _stamp(event.at),
        "publish_timestamp": _stamp(event.at),
        "published": True,
        "threat_level_id": "4",
        "analysis": "2" if event.done else "1",
        "distribution": SHARING_GROUP if group else DISTRIBUTION[event.tlp],
        "Orgc": {"name": event.by.name, "uuid": event.by.uuid},
        "Tag": [tagged(name) for name in (f"tlp:{event.tlp}", *event.tags)],
        "Attribute": [_attribute(one, event) for one in others],
        "Object": [_object(one, event) for one in accounts],
    }
    if group:
        body["SharingGroup"] = {"name": group.name, "uuid": group.uuid}
    return {"Event": with_deleted(body, event.before) if event.before else body}


def _attribute(one: Said, event: Event) -> Json:
    kind, category = _kind_of(one)
    value = one.value.partition(":")[2] if one.type in {"hash", "wallet"} else one.value
    return _part(one, event, kind, value) | {"category": category}


def _kind_of(one: Said) -> tuple[str, str]:
    if one.type == "hash":
        return one.value.partition(":")[0], "Payload delivery"
    if one.type == "wallet":
        coin = one.value.partition(":")[0]
        return coin if coin in COINS else "other", "Financial fraud"
    return WRITTEN[one.type]


def _part(one: Said, event: Event, kind: str, value: str) -> Json:
    """An attribute; an opinion that MISP has no word for is a sighting of the other kind."""
    objects = one.opinion == Opinion.NEGATIVE
    tags = one.tags if one.confidence is None else (f'{CONFIDENCE}="{one.confidence}"', *one.tags)
    said: Json = {
        "uuid": one.uuid,
        "type": kind,
        "category": "Other",
        "value": value,
        "to_ids": one.opinion == Opinion.POSITIVE,
        "comment": one.comment,
        "deleted": one.gone,
        "disable_correlation": False,
        "timestamp": _stamp(event.at),
        "distribution": INHERITED,
        "Tag": [tagged(name) for name in tags],
    }
    if objects:
        sighting = {"type": "1", "date_sighting": _stamp(event.at), "uuid": _derived(one.uuid, "1")}
        said["Sighting"] = [sighting]
    times = {"first_seen": one.first_seen, "last_seen": one.last_seen}
    return said | {name: moment.isoformat() for name, moment in times.items() if moment}


def _object(one: Said, event: Event) -> Json:
    """An account: on a platform with a template of its own by that, else as `user-account`."""
    is_named = one.type == "account"
    platform, _, name = one.value.partition(":") if is_named else ("", "", one.value)
    title, template = _BY_PLATFORM.get(platform, (ANY_ACCOUNT, ANY))
    parts = [_part(one, event, template.type, name) | {"object_relation": template.relation}]
    if template is ANY and platform:
        kind = _part(one, event, "text", platform) | {"object_relation": "account-type"}
        own = {"uuid": _derived(one.uuid, "account-type"), "to_ids": False, "Tag": []}
        parts.append(kind | own)
    return {
        "uuid": _derived(one.uuid, "object"),
        "name": title,
        "meta-category": "misc",
        "description": "An account on a platform.",
        "template_uuid": template.uuid,
        "template_version": template.version,
        "timestamp": _stamp(event.at),
        "distribution": INHERITED,
        "comment": one.comment,
        "deleted": one.gone,
        "Attribute": parts,
    }


def _stamp(moment: datetime) -> str:
    return str(int(moment.astimezone(UTC).timestamp()))


def _derived(uuid: str, part: str) -> str:
    """The id of a part of something: the same whenever it is written again."""
    raw = blake2b(f"{uuid}\x1f{part}".encode(), digest_size=16).digest()
    return str(UUID(bytes=raw, version=5))
