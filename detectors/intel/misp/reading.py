"""MISP events as JSON: every attribute a row, whatever the desk makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from detectors.choices import Opinion, Tlp
from detectors.intel.cells import with_accounts
from detectors.intel.forms import Cell, Form
from detectors.intel.grid import MAX_ROWS, TooManyRowsError
from detectors.intel.markings import marking_of
from detectors.intel.misp.names import (
    ACCOUNT_TYPES,
    ANY_ACCOUNT,
    HASHED,
    NAMES,
    OBJECTS,
    TYPES,
    VALID_UNTIL,
    confidence_of,
)
from detectors.intel.report import MAX_EXTRA, MAX_NOTE, MAX_RAW, Report, Row, day_of
from detectors.intel.stix.values import CARRIED
from detectors.intel.stix.values import HASHED as SEALED
from detectors.watching.things import Thing, guessed, listed_form

MAX_TAGS: Final = 50
RED: Final = "TLP:RED is for named people; it must not be kept in a list that machines read."
MEMBERS: Final = "A value hashed with the key of a circle; the list holds values."
ANYWHERE: Final = "@"
"""Stands for a platform that nobody named: what is known is a handle."""
SECONDS: Final = 10
"""Digits of seconds since 1970, until the year 2286."""
SEEN, WRONG, OVER = "0", "1", "2"
"""Kinds of sightings: it was seen, it was a false positive, it is over."""
_FORMS: Final = {
    "domain": Form.DOMAIN,
    "url": Form.URL,
    "ip": Form.IP,
    "hash": Form.HASH,
    "email": Form.EMAIL,
    "phone": Form.PHONE,
    "wallet": Form.WALLET,
    "app": Form.APP,
    "account": Form.ACCOUNT,
    "handle": Form.HANDLE,
    "fingerprint": Form.TEXT,
}

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Place:
    """What an attribute inherits: names of its event and object, tags, platform of an account.

    until: when all of the event ends.
    """

    heading: str
    tags: tuple[str, ...]
    until: datetime | None = None
    name: str = ""
    platform: str = ""


def read_events(text: str) -> Report | None:
    """The attributes of one event or several; None when the text is no such JSON.

    `to_ids: false` makes a seed, `deleted` and a sighting that says it is over withdraw, one that
    says false positive is an objection. Raises TooManyRowsError.
    """
    events = events_in(text)
    if not events:
        return None
    rows = [row for event in events for row in rows_of(event)]
    numbered = (replace(row, number=at) for at, row in enumerate(rows, 1))
    return Report("misp", "utf-8", tuple(numbered))


def rows_of(event: Json) -> list[Row]:
    """The attributes of one event, also those of objects. Raises TooManyRowsError."""
    rows: list[Row] = []
    for attribute, place in _attributes(event):
        rows.append(_row(len(rows) + 1, attribute, place))
        if len(rows) > MAX_ROWS:
            message = f"An import takes at most {MAX_ROWS:,} rows."
            raise TooManyRowsError(message)
    return rows


def hashed_of(event: Json) -> list[tuple[str, str, str]]:
    """Type, id of the key, and hash of what only members of a circle can compare."""
    found = []
    for one in _dicts(event, "Attribute"):
        kind = _text(one, "comment", 60).partition(HASHED)[0]
        said = SEALED.fullmatch(_text(one, "value", MAX_RAW))
        if said and kind in CARRIED | {"account"} and one.get("deleted") is not True:
            found.append((kind, said[1], said[2]))
    return found


def events_in(text: str) -> list[Json]:
    """What stands under `Event`, alone, in a list, or in the `response` of a search."""
    if text.lstrip()[:1] not in {"{", "["} or ('"Attribute"' not in text and '"Event"' not in text):
        return []
    try:
        said = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return []
    if isinstance(said, dict) and "response" in said:
        said = said["response"]
    each = said if isinstance(said, list) else [said]
    found = [one.get("Event", one) for one in each if isinstance(one, dict)]
    return [one for one in found if isinstance(one, dict) and ("info" in one or "Attribute" in one)]


def _attributes(event: Json) -> Iterator[tuple[Json, _Place]]:
    place = _Place(_text(event, "info", 200), tags_of(event), _until(event))
    for attribute in _dicts(event, "Attribute"):
        yield attribute, place
    for thing in _dicts(event, "Object"):
        name = _text(thing, "name", 60)
        own = _dicts(thing, "Attribute")
        inner = replace(place, name=name)
        named = replace(inner, platform=_platform(name, own))
        best = _name_of(own) if named.platform else None
        is_gone = thing.get("deleted") is True
        for attribute in own:
            said = {**attribute, "deleted": True} if is_gone else attribute
            yield said, named if attribute is best else inner


def _until(event: Json) -> datetime | None:
    """When all of it ends, where it says so."""
    texts = (one for one in _dicts(event, "Attribute") if one.get("type") == "text")
    ends = (one for one in texts if one.get("comment") == VALID_UNTIL and not one.get("deleted"))
    return next((day_of(_text(one, "value", 40)) for one in ends), None)


def _platform(name: str, attributes: Sequence[Json]) -> str:
    if name != ANY_ACCOUNT:
        return OBJECTS[name].platform if name in OBJECTS else ""
    said = [one for one in attributes if one.get("object_relation") == "account-type"]
    words = _text(said[0], "value", 40).lower().split() if said else []
    return "-".join(words) or ANYWHERE


def _name_of(attributes: Sequence[Json]) -> Json | None:
    """The attribute that holds the name of an account."""
    for relation in NAMES:
        for one in attributes:
            if one.get("object_relation") == relation and _text(one, "value", MAX_RAW):
                return one
    return None


def _row(number: int, attribute: Json, place: _Place) -> Row:
    kind, value = _text(attribute, "type", 60), _text(attribute, "value", MAX_RAW)
    tags = tuple(dict.fromkeys((*place.tags, *tags_of(attribute))))[:MAX_TAGS]
    cell = _cell(kind, value, place.platform)
    sightings = [str(one.get("type", SEEN)) for one in _dicts(attribute, "Sighting")]
    relation = _text(attribute, "object_relation", 60)
    extra = {"type": kind, "object": place.name, "relation": relation}
    return Row(
        number=number,
        raw=value,
        form=cell.form,
        things=cell.things,
        message=cell.message or (RED if marking_of(tags) == Tlp.RED else ""),
        heading=place.heading,
        note=_text(attribute, "comment", MAX_NOTE),
        first_seen=day_of(_text(attribute, "first_seen", 40)),
        last_seen=day_of(_text(attribute, "last_seen", 40)) or _last(attribute),
        extra={name: said[:MAX_EXTRA] for name, said in extra.items() if said},
        opinion=_opinion(attribute, sightings),
        confidence=confidence_of(tags),
        uid=_text(attribute, "uuid", 100),
        tags=tags,
        gone=attribute.get("deleted") is True or OVER in sightings,
        until=place.until,
    )


def _cell(kind: str, value: str, platform: str) -> Cell:
    """What an attribute is. Of `domain|ip` both parts count, of `filename|md5` the known one."""
    if not value:
        return Cell(Form.EMPTY)
    if kind == "text" and SEALED.fullmatch(value):
        return Cell(Form.TEXT, message=MEMBERS)
    if account := platform or ACCOUNT_TYPES.get(kind, ""):
        return _account(account, value.removeprefix("@"))
    kinds, values = kind.split("|"), value.split("|")
    things = [
        thing
        for one, said in zip(kinds, values, strict=False)
        if (thing := _thing(TYPES.get(one, ""), said))
    ]
    if things:
        return Cell(_FORMS[things[0][0]], with_accounts(things))
    known = any(one in TYPES for one in kinds)
    said = "is not what its type says" if known else "has a type that the desk does not match"
    return Cell(Form.TEXT, message=f"An attribute of type {kind}: it {said}.")


def _account(platform: str, name: str) -> Cell:
    kind, said = ("handle", name) if platform == ANYWHERE else ("account", f"{platform}:{name}")
    value = listed_form(kind, said)
    return Cell(_FORMS[kind], ((kind, value),)) if value else Cell(Form.TEXT)


def _thing(kind: str, said: str) -> Thing | None:
    value = listed_form(kind, said.strip()) if kind else None
    if value:
        return kind, value
    found = guessed(said) if kind == "wallet" else None
    return found if found and found[0] == "wallet" else None


def _opinion(attribute: Json, sightings: Sequence[str]) -> str:
    if WRONG in sightings and SEEN not in sightings:
        return Opinion.NEGATIVE.value
    return "" if attribute.get("to_ids") is True else Opinion.SEED.value


def _last(attribute: Json) -> datetime | None:
    """When it was seen last, by its sightings."""
    moments = [
        int(stamp)
        for one in _dicts(attribute, "Sighting")
        if str(one.get("type", SEEN)) == SEEN
        and (stamp := str(one.get("date_sighting", ""))).isascii()
        and stamp.isdecimal()
        and len(stamp) <= SECONDS
    ]
    return datetime.fromtimestamp(max(moments), UTC) if moments else None


def tags_of(thing: Json) -> tuple[str, ...]:
    """Names of the tags of an event or an attribute."""
    return tuple(
        name for one in _dicts(thing, "Tag")[:MAX_TAGS] if (name := _text(one, "name", 200))
    )


def _dicts(thing: Json, name: str) -> list[Json]:
    said = thing.get(name)
    return [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []


def _text(thing: Json, name: str, most: int) -> str:
    said = thing.get(name)
    return said.replace("\0", "\ufffd").strip()[:most] if isinstance(said, str) else ""
