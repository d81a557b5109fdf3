"""Checks STIX 2.1 objects that are about to leave: required members, references, markings, ids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cases.sharing import stix, tlp
from cases.sharing.stix import Object

_DATED: Final = ("created", "modified")
REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "campaign": (*_DATED, "created_by_ref", "name"),
    "domain-name": ("value",),
    "email-addr": ("value",),
    "extension-definition": (*_DATED, "created_by_ref", "name", "schema", "version"),
    "file": ("hashes",),
    "grouping": (*_DATED, "created_by_ref", "context", "object_refs"),
    "identity": (*_DATED, "name"),
    "indicator": (
        *_DATED, "created_by_ref", "pattern", "pattern_type", "valid_from", "valid_until",
    ),
    "ipv4-addr": ("value",),
    "ipv6-addr": ("value",),
    "marking-definition": ("created",),
    "note": (*_DATED, "created_by_ref", "content", "object_refs"),
    "observed-data": (
        *_DATED, "created_by_ref", "first_observed", "last_observed", "number_observed",
        "object_refs",
    ),
    "opinion": (*_DATED, "created_by_ref", "opinion", "object_refs"),
    "relationship": (*_DATED, "created_by_ref", "relationship_type", "source_ref", "target_ref"),
    "report": (*_DATED, "created_by_ref", "name", "published", "object_refs"),
    "sighting": (*_DATED, "created_by_ref", "sighting_of_ref", "observed_data_refs"),
    "url": ("value",),
    "user-account": ("account_type", "user_id"),
}  # fmt: skip
_ID: Final = re.compile(
    r"([a-z][a-z0-9-]+[a-z0-9])--[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_TIMES: Final = frozenset(
    {
        *_DATED, "published", "valid_from", "valid_until", "first_seen", "last_seen",
        "first_observed", "last_observed",
    }
)  # fmt: skip


def faults(objects: Sequence[Object], level: str) -> Iterator[str]:
    """What is wrong with these objects, which leave at `level`, in sentences."""
    known = {one["id"]: one for one in objects}
    for one in objects:
        for fault in (*_members(one), *_times(one), *_marked(one, level), *_leads(one, known)):
            yield f"{one['id']}: {fault}"


def _members(one: Object) -> Iterator[str]:
    match = _ID.fullmatch(str(one["id"]))
    if match is None or match[1] != one["type"]:
        yield "its id is not one of its type"
    if one.get("spec_version") != "2.1":
        yield "it is not STIX 2.1"
    required = REQUIRED.get(one["type"])
    if required is None:
        yield f"{one['type']} is no type that leaves this desk"
        return
    for name in required:
        if one.get(name) in (None, "", []):
            yield f"{name} is missing"
    if one["type"] in stix.CONTRIBUTING and one["id"] != stix.observable_id(one["type"], one):
        yield "its id is not the one of what it says"


def _times(one: Mapping[str, Any]) -> Iterator[str]:
    for name in _TIMES & one.keys():
        if not _MOMENT.fullmatch(str(one[name])):
            yield f"{name} is no moment in milliseconds"
    for first, last in (
        ("first_seen", "last_seen"),
        ("first_observed", "last_observed"),
        ("valid_from", "valid_until"),
        ("created", "modified"),
    ):
        if first in one and last in one and one[first] > one[last]:
            yield f"{first} is after {last}"


def _marked(one: Object, level: str) -> Iterator[str]:
    if one["type"] == "marking-definition":
        return
    own = tlp.level_of(one)
    if own is None:
        yield "it bears no TLP"
    elif tlp.rank(own) > tlp.rank(level):
        yield f"it is {tlp.label(own)}, narrower than what it leaves in"
    if "granular_markings" in one:
        yield "granular markings are not written"


def _leads(one: Object, known: Mapping[str, Object]) -> Iterator[str]:
    for name, value in one.items():
        refs = value if name.endswith("_refs") else [value] if name.endswith("_ref") else []
        for ref in refs:
            if ref not in known:
                yield f"{name} leads to {ref}, which is not there"
