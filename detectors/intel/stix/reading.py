"""STIX objects as rows of an import: whatever the desk makes of each."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from detectors.choices import Opinion, Tlp
from detectors.intel.forms import Form
from detectors.intel.grid import MAX_ROWS, TooManyRowsError
from detectors.intel.phases import CHAIN, How, phase_of
from detectors.intel.report import MAX_EXTRA, MAX_NOTE, MAX_PERCENT, MAX_RAW, Report, Row, day_of
from detectors.intel.stix.marks import tlp_of
from detectors.intel.stix.patterns import read_pattern
from detectors.intel.stix.values import (
    OBSERVABLES,
    Values,
    values_of_observable,
    values_of_pattern,
)
from detectors.watching.things import Thing

Object = dict[str, Any]
SEED: Final = "investigation-seed"
BENIGN: Final = "benign"
RED: Final = "TLP:RED is for named people; it must not be kept in a list that machines read."
ELSEWHERE: Final = "Kept to be looked at where it came over a feed; the list holds values."
_FORMS: Final = {
    "domain": Form.DOMAIN,
    "url": Form.URL,
    "ip": Form.IP,
    "hash": Form.HASH,
    "email": Form.EMAIL,
    "phone": Form.PHONE,
    "wallet": Form.WALLET,
    "account": Form.ACCOUNT,
    "handle": Form.HANDLE,
}


def read_stix(text: str) -> Report | None:
    """The objects of a bundle, an envelope or a signed file; None when the text is none of them.

    Raises TooManyRowsError.
    """
    objects = objects_in(text)
    if objects is None:
        return None
    if len(objects) > MAX_ROWS:
        message = f"An import takes at most {MAX_ROWS:,} rows."
        raise TooManyRowsError(message)
    return Report("stix", "utf-8", tuple(rows_of(objects)))


def objects_in(text: str) -> list[Object] | None:
    """The objects in a text: of a bundle, an envelope, or the payload of a signed file."""
    if text.lstrip()[:1] != "{":
        return None
    said = _json(text)
    if isinstance(said, dict) and isinstance(said.get("payload"), str):
        try:
            said = _json(base64.b64decode(said["payload"], validate=True).decode())
        except (binascii.Error, ValueError):
            return None
    objects = said.get("objects") if isinstance(said, dict) else None
    if not isinstance(objects, list):
        return None
    found = [one for one in objects if isinstance(one, dict) and isinstance(one.get("type"), str)]
    return found if found and len(found) == len(objects) else None


def rows_of(objects: Sequence[Object], known: Collection[str] = ()) -> list[Row]:
    """One row an object, indicators first: what they say counts before what is only mentioned.

    known: ids of markings that are no TLP, beside those among the objects.
    """
    marks = {str(one.get("id")) for one in objects if one["type"] == "marking-definition"} | {
        *known
    }
    ordered = sorted(objects, key=lambda one: one["type"] != "indicator")
    return [_row(at, one, marks) for at, one in enumerate(ordered, 1)]


def values_of(one: Object) -> Values:
    """The values that an object is about."""
    read = _READERS.get(one["type"])
    if read is None and one["type"] in OBSERVABLES:
        read = values_of_observable
    return read(one) if read else Values(why=ELSEWHERE)


def _indicator(one: Object) -> Values:
    kind = _text(one, "pattern_type", 60) or "stix"
    if kind != "stix":
        return Values(why=f"A pattern of type {kind}: not matched as single values.")
    return values_of_pattern(read_pattern(_text(one, "pattern", 2**17)))


_READERS: Final[dict[str, Callable[[Object], Values]]] = {"indicator": _indicator}


def _row(number: int, one: Object, marks: Collection[str]) -> Row:
    values = values_of(one)
    level = tlp_of(one, marks)
    said, how = _phase(one)
    return Row(
        number=number,
        raw=(_text(one, "pattern", MAX_RAW) or _said(one, values.things))[:MAX_RAW],
        form=_FORMS[values.things[0][0]] if values.things else Form.TEXT,
        things=values.things,
        message=(RED if level == Tlp.RED else values.why)[:MAX_EXTRA],
        heading=one["type"][:200],
        phase=how,
        said=said,
        note="\n".join(
            filter(None, (_text(one, "name", 300), _text(one, "description", MAX_NOTE)))
        )[:MAX_NOTE],
        first_seen=None,
        last_seen=None,
        extra={"type": one["type"][:MAX_EXTRA]},
        opinion=_opinion(one),
        confidence=_confidence(one),
        uid=_text(one, "id", 100),
        tags=(f"tlp:{level}",),
        gone=one.get("revoked") is True,
        until=_until(one),
    )


def _said(one: Object, things: Sequence[Thing]) -> str:
    return " | ".join(value for _, value in things) or _text(one, "name", MAX_RAW) or one["type"]


def _opinion(one: Object) -> str:
    """What is only mentioned, or said to be a lead, is a seed; a benign indicator objects."""
    labels = one.get("labels") if isinstance(one.get("labels"), list) else []
    kinds = one.get("indicator_types") if isinstance(one.get("indicator_types"), list) else []
    if one["type"] != "indicator" or SEED in (labels or []):
        return Opinion.SEED.value
    return Opinion.NEGATIVE.value if kinds == [BENIGN] else ""


def _confidence(one: Object) -> int | None:
    said = one.get("confidence")
    if not isinstance(said, int) or isinstance(said, bool):
        return None
    return said if 0 <= said <= MAX_PERCENT else None


def _phase(one: Object) -> tuple[str, How]:
    chain = one.get("kill_chain_phases")
    for phase in chain if isinstance(chain, list) else []:
        if isinstance(phase, dict) and phase.get("kill_chain_name") == CHAIN:
            said = str(phase.get("phase_name", ""))[:MAX_EXTRA]
            return said, phase_of(said.replace("-", " "))
    return "", How("", "")


def _until(one: Mapping[str, Any]) -> datetime | None:
    return day_of(_text(one, "valid_until", 40))


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None


def _text(one: Mapping[str, Any], name: str, most: int) -> str:
    said = one.get(name)
    return said.replace("\0", "\ufffd").strip()[:most] if isinstance(said, str) else ""
