"""Filters of a TAXII request, and the signed cursor that carries them from page to page. Pure."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from abusedesk.core import ids

MAX_PAGE: Final = 1_000
FILTERS: Final = ("id", "type", "version", "spec_version")
WORDS: Final = frozenset({"first", "last", "all"})
SPEC: Final = "2.1"
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")
_MATCH: Final = re.compile(r"match\[(\w*)\]")


class WrongError(ValueError):
    """The request cannot be answered; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for. match: filter -> its values. after: only what was added later."""

    match: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    after: datetime | None = None
    limit: int = MAX_PAGE
    since: int = 0

    @property
    def versions(self) -> tuple[str, ...]:
        """Words and moments; the last version unless another is asked for."""
        return self.match.get("version", ("last",))


def read(query: Mapping[str, list[str]], *, place: str, key: str) -> Asked:
    """The request's filters. place: endpoint and collection, which a cursor is good for alone.

    Raises WrongError.
    """
    if doubled := [name for name, values in query.items() if len(values) > 1]:
        message = f"{doubled[0]} is given more than once."
        raise WrongError(message)
    given = {name: values[0] for name, values in query.items()}
    if odd := [name for name, value in given.items() if "\x00" in value]:
        message = f"{odd[0][:40]} holds a NUL."
        raise WrongError(message)
    said = _said(given)
    since = 0
    if cursor := given.get("next", ""):
        since, kept = _opened(cursor, place, key)
        if said and said != kept:
            message = "The filters are not those of the page before."
            raise WrongError(message)
        said = kept
    return Asked(_matches(said), _moment(said.get("added_after", "")), _limit(given), since)


def cursor(query: Mapping[str, list[str]], asked: Asked, *, place: str, seq: int, key: str) -> str:
    """Where the next page begins. It says all that is needed, so it never grows old."""
    said = _said({name: values[0] for name, values in query.items()})
    if not said and "next" in query:
        _, said = _opened(query["next"][0], place, key)
    told = json.dumps({"at": place, "seq": seq, "said": said}, sort_keys=True).encode()
    mark = ids.keyed_hash(told.decode(), key=key, purpose="taxii-next")
    return base64.urlsafe_b64encode(f"{mark}{told.decode()}".encode()).decode().rstrip("=")


def moment(text: str) -> datetime:
    """A timestamp. Raises WrongError."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or "T" not in text:
        message = f"{text[:40]} is no timestamp."
        raise WrongError(message)
    return at


def _said(given: Mapping[str, str]) -> dict[str, str]:
    """The filters of a request: all but `limit` and `next`. Raises WrongError for unknown ones."""
    said = {}
    for name, value in given.items():
        match = _MATCH.fullmatch(name)
        if match and match[1] not in FILTERS:
            message = f"There is no filter {name[:40]}."
            raise WrongError(message)
        if match or name == "added_after":
            said[name] = value
    return said


def _matches(said: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found = {
        name[6:-1]: tuple(one for one in value.split(",") if one)
        for name, value in said.items()
        if name.startswith("match[")
    }
    versions = found.get("version", ())
    if "all" in versions and len(versions) > 1:
        message = "all stands alone in match[version]."
        raise WrongError(message)
    for one in versions:
        if one not in WORDS:
            moment(one)
    return found


def _moment(text: str) -> datetime | None:
    return moment(text) if text else None


def _limit(given: Mapping[str, str]) -> int:
    text = given.get("limit", str(MAX_PAGE))
    if not _NUMBER.fullmatch(text):
        message = "limit is a positive whole number."
        raise WrongError(message)
    return min(int(text), MAX_PAGE)


def _opened(text: str, place: str, key: str) -> tuple[int, dict[str, str]]:
    """Place in the collection and filters of a cursor that this desk gave out for this place."""
    message = "next is not one that this address gave out."
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, ValueError) as error:
        raise WrongError(message) from error
    mark, told = raw[:64], raw[64:]
    if not ids.same(mark, ids.keyed_hash(told, key=key, purpose="taxii-next")):
        raise WrongError(message)
    read: dict[str, Any] = json.loads(told)
    if read["at"] != place:
        raise WrongError(message)
    return int(read["seq"]), dict(read["said"])
