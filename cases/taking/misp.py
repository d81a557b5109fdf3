"""One event of a MISP feed: where its file is, and how it is kept as one object. Pure.

An event is kept whole, as an object of a type of its own beside those of STIX: what it tells, how
it is marked and what may be done with it is then known in the same places.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Final

import msgspec

from cases.choices import Pap, Tlp
from cases.sharing import stix, tlp
from cases.taking.limits import Object, cleaned, fault_of, text_of
from detectors.intel.grid import TooManyRowsError
from detectors.intel.markings import marking_of
from detectors.intel.misp.deleting import is_all_deleted
from detectors.intel.misp.feed import MANIFEST, UUID, seconds
from detectors.intel.misp.reading import hashed_of, rows_of, tags_of
from detectors.intel.report import Row
from detectors.intel.stix.values import Values

EVENT: Final = "misp-event"
RED: Final = "TLP:RED is for named people; it is not kept."
UNMARKED: Final = "tlp:amber"
_DROPPED: Final = frozenset({"Galaxy", "RelatedEvent", "EventReport", "CryptographicKey"})
"""What of an event says nothing of values."""
_ATTACHED: Final = "data"


class BadEventError(ValueError):
    """What came is no event that can be kept; the sentence says why."""


def address_of(url: str, name: str) -> str:
    """Of a file of a feed. url: of its folder, or of its manifest."""
    return f"{url.removesuffix(MANIFEST).rstrip('/')}/{name}"


def object_of(body: bytes, uuid: str) -> Object:
    """The event in a file as it is kept, without what is TLP:RED. Raises BadEventError."""
    event = _without_red(_event(body))
    if str(event.get("uuid", "")).lower() != uuid:
        message = "The file holds another event than the manifest says."
        raise BadEventError(message)
    if _level(tags_of(event)) == Tlp.RED:
        raise BadEventError(RED)
    said = _wrapped(event, uuid)
    if fault := fault_of(said) or _too_many(said):
        raise BadEventError(fault)
    kept: Object = cleaned(said)
    return kept


def rows_in(one: Object) -> list[Row]:
    """What an event says of values, each row with a name and a marking."""
    rows = rows_of(one["event"])
    return [replace(row, uid=row.uid or _named(one, row), tags=_marked(row.tags)) for row in rows]


def event_values(one: Object) -> Values:
    """The values of which an event tells, and those that are hidden."""
    things = (thing for row in rows_in(one) if not row.gone for thing in row.things)
    return Values(tuple(dict.fromkeys(things)), tuple(hashed_of(one["event"])))


def _event(body: bytes) -> dict[str, Any]:
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        message = f"The file is no JSON: {error}"
        raise BadEventError(message[:200]) from None
    event = said.get("Event") if isinstance(said, dict) else None
    if not isinstance(event, dict) or not isinstance(event.get("info"), str):
        message = "The file is no MISP event."
        raise BadEventError(message)
    return {name: one for name, one in event.items() if name not in _DROPPED}


def _wrapped(event: dict[str, Any], uuid: str) -> Object:
    tags = tags_of(event)
    level = tlp.strictest([_level(tags), *_levels_of_parts(event)])
    maker = event.get("Orgc")
    made_by = str(maker.get("uuid", "")).lower() if isinstance(maker, dict) else ""
    at = datetime.fromtimestamp(min(seconds(event.get("timestamp")), 2**33), UTC)
    said: Object = {
        "type": EVENT,
        "id": f"{EVENT}--{uuid}",
        "modified": stix.moment(at),
        "name": text_of(event, "info", 300),
        "object_marking_refs": [tlp.MARKING[level]],
        "event": event,
    }
    if UUID.fullmatch(made_by):
        said["created_by_ref"] = f"identity--{made_by}"
    if pap := _pap(tags):
        said["extensions"] = stix.own_fields(pap=pap)
    return said | ({"revoked": True} if is_all_deleted(event) else {})


def _level(tags: tuple[str, ...]) -> str:
    return (marking_of(tags) or Tlp.AMBER).value


def _levels_of_parts(event: Mapping[str, Any]) -> list[str]:
    found = [marking_of(tags_of(one)) for one in _attributes(event)]
    return [level.value for level in found if level]


def _attributes(event: Mapping[str, Any]) -> list[dict[str, Any]]:
    own = _dicts(event, "Attribute")
    return [*own, *(one for thing in _dicts(event, "Object") for one in _dicts(thing, "Attribute"))]


def _without_red(event: dict[str, Any]) -> dict[str, Any]:
    """Attributes that are marked so themselves stay out, as do the files that hang on others."""

    def open_ones(thing: Mapping[str, Any]) -> list[dict[str, Any]]:
        some = _dicts(thing, "Attribute")
        some = [one for one in some if marking_of(tags_of(one)) != Tlp.RED]
        return [{name: said for name, said in one.items() if name != _ATTACHED} for one in some]

    things = [one | {"Attribute": open_ones(one)} for one in _dicts(event, "Object")]
    return event | {"Attribute": open_ones(event), "Object": things}


def _pap(tags: tuple[str, ...]) -> str:
    """The narrowest PAP of the tags; WHITE is the old word for CLEAR, an unknown one is RED."""
    said = [tag.partition(":")[2].lower() for tag in tags if tag.lower().startswith("pap:")]
    order = Pap.values
    ranks = [
        order.index(word) if word in order else order.index(_OLD.get(word, "red")) for word in said
    ]
    return str(order[max(ranks)]) if ranks else ""


_OLD: Final = {"white": "clear"}


def _marked(tags: tuple[str, ...]) -> tuple[str, ...]:
    return tags if marking_of(tags) else (*tags, UNMARKED)


def _named(one: Object, row: Row) -> str:
    """A name for an attribute without one: the same as long as it says the same."""
    told = "\x1f".join((one["id"], row.extra.get("type", ""), row.raw))
    return blake2b(told.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _too_many(one: Object) -> str:
    try:
        rows_of(one["event"])
    except TooManyRowsError as error:
        return str(error)
    return ""


def _dicts(thing: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    said = thing.get(name)
    return [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []
