"""Traffic light protocol: the five levels, their marking objects, and which of several wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

CLEAR, GREEN, AMBER, STRICT, RED = "clear", "green", "amber", "amber+strict", "red"
LEVELS: Final = (CLEAR, GREEN, AMBER, STRICT, RED)
"""From wide to narrow."""
UNMARKED_IMPORT: Final = AMBER
"""How an object of somebody else is treated that bears no marking."""
EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
MARKING: Final = {
    CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
# Of TLP 1: read, never written.
OLD: Final = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": CLEAR,
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": GREEN,
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": AMBER,
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": RED,
}
READ: Final = OLD | {marking: level for level, marking in MARKING.items()}


def rank(level: str) -> int:
    """0 is the widest. Raises ValueError for what is no level: nothing unknown may travel."""
    return LEVELS.index(level)


def strictest(levels: Iterable[str]) -> str:
    """The one that lets travel least. Raises ValueError when there is none."""
    return max(levels, key=rank)


def up_to(level: str) -> tuple[str, ...]:
    """The levels that somebody cleared for `level` may have by a machine or a file: never RED."""
    return tuple(one for one in LEVELS[: rank(level) + 1] if one != RED)


def label(level: str) -> str:
    """As people write it."""
    return f"TLP:{level.upper()}"


def definition(level: str) -> dict[str, Any]:
    """The marking object of TLP 2.0."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": MARKING[level],
        "created": "2022-10-01T00:00:00.000Z",
        "name": label(level),
        "extensions": {EXTENSION: {"extension_type": "property-extension", "tlp_2_0": level}},
    }


def level_of(thing: Mapping[str, Any]) -> str | None:
    """The strictest TLP of a STIX object, TLP 1 included; None when it bears none.

    Granular markings raise the whole object: who reads a part reads the rest beside it.
    """
    marks = list(thing.get("object_marking_refs") or [])
    marks += [one.get("marking_ref") for one in thing.get("granular_markings") or []]
    found = [READ[mark] for mark in marks if mark in READ]
    return strictest(found) if found else None


def foreign_level_of(thing: Mapping[str, Any]) -> str:
    """As `level_of`, for what somebody else sent: unmarked is AMBER."""
    return level_of(thing) or UNMARKED_IMPORT
