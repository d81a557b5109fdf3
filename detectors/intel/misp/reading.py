"""MISP events as JSON: every attribute a row, whatever the desk makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
    NAMES,
    OBJECTS,
    TYPES,
    confidence_of,
)
from detectors.intel.report import MAX_EXTRA, MAX_NOTE, MAX_RAW, Report, Row, day_of
from detectors.watching.things import Thing, guessed, listed_form

MAX_TAGS: Final = 50
RED: Final = "TLP:RED is for named people; it must not be kept in a list that machines read."
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
    """What an attribute inherits: names of its event and object, tags, platform of an account."""

    heading: str
    tags: tuple[str, ...]
    name: str = ""
    platform: str = ""


def read_events(text: str) -> Report | None:
    """The attributes of one event or several; None when the text is no such JSON.

    `to_ids: false` makes a seed, `deleted` and a sighting that says it is over withdraw, one that
    says false positive is an objection. Raises TooManyRowsError.
    """
    events = _events(text)
    if not events:
        return None
    rows: list[Row] = []
    for event in events:
        for attribute, place in _attributes(event):
            rows.append(_row(len(rows) + 1, attribute, place))
            if len(rows) > MAX_ROWS:
                message = f"An import takes at most {MAX_ROWS:,} rows."
                raise TooManyRowsError(message)
    return Report("misp", "utf-8", tuple(rows))


def _events(text: str) -> list[Json]:
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
    heading, tags = _text(event, "info", 200), _tags(event)
    for attribute in _dicts(event, "Attribute"):
        yield attribute, _Place(heading, tags)
    for thing in _dicts(event, "Object"):
        name = _text(thing, "name", 60)
        own = _dicts(thing, "Attribute")
        place = _Place(heading, tags, name, _platform(name, own))
        best = _name_of(own) if place.platform else None
        is_gone = thing.get("deleted") is True
        for attribute in own:
            said = {**attribute, "deleted": True} if is_gone else attribute
            yield said, place if attribute is best else _Place(heading, tags, name)


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
    tags = tuple(dict.fromkeys((*place.tags, *_tags(attribute))))[:MAX_TAGS]
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
    )


def _cell(kind: str, value: str, platform: str) -> Cell:
    """What an attribute is. Of `domain|ip` both parts count, of `filename|md5` the known one."""
    if not value:
        return Cell(Form.EMPTY)
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


def _tags(thing: Json) -> tuple[str, ...]:
    return tuple(
        name for one in _dicts(thing, "Tag")[:MAX_TAGS] if (name := _text(one, "name", 200))
    )


def _dicts(thing: Json, name: str) -> list[Json]:
    said = thing.get(name)
    return [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []


def _text(thing: Json, name: str, most: int) -> str:
    said = thing.get(name)
    return said.replace("\0", "\ufffd").strip()[:most] if isinstance(said, str) else ""
