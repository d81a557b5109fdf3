"""Traffic light protocol: the five levels, their marking objects, and which of several wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from detectors.intel.stix import marks

CLEAR, GREEN, AMBER, STRICT, RED = "clear", "green", "amber", "amber+strict", "red"
LEVELS: Final = (CLEAR, GREEN, AMBER, STRICT, RED)
"""From wide to narrow."""
UNMARKED_IMPORT: Final = AMBER
"""How an object of somebody else is treated that bears no marking."""
MARKING: Final = marks.MARKING
READ: Final = marks.READ
"""Of TLP 1 too, which is never written."""
EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"


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
    refs = list(thing.get("object_marking_refs") or [])
    refs += [one.get("marking_ref") for one in thing.get("granular_markings") or []]
    found = [READ[ref] for ref in refs if ref in READ]
    return strictest(found) if found else None


def foreign_level_of(thing: Mapping[str, Any]) -> str:
    """As `level_of`, for what somebody else sent: unmarked is AMBER."""
    return level_of(thing) or UNMARKED_IMPORT
