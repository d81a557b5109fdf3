"""What is done with an object, by its type: one table."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from cases.choices import Pap
from cases.sharing import stix
from cases.taking.limits import text_of
from detectors.intel.stix.values import OBSERVABLES

PATTERNS: Final = frozenset({"sigma", "abusedesk-detector"})
"""Languages of detection patterns, which go another way than single values."""


class Kind(StrEnum):
    """FRAME: markings, makers, definitions. VALUES: can stand on the watch list. OUTCOME: says
    something of an object that somebody shared. PATTERN: a detection. LOOK: kept to be looked at.
    """

    FRAME = "frame"
    VALUES = "values"
    OUTCOME = "outcome"
    PATTERN = "pattern"
    LOOK = "look"


BY_TYPE: Final = {
    "marking-definition": Kind.FRAME,
    "identity": Kind.FRAME,
    "extension-definition": Kind.FRAME,
    "indicator": Kind.VALUES,
    **dict.fromkeys(sorted(OBSERVABLES), Kind.VALUES),
    "sighting": Kind.OUTCOME,
    "opinion": Kind.OUTCOME,
}


def kind_of(one: dict[str, Any]) -> Kind:
    """What is done with it."""
    if one["type"] == "indicator" and one.get("pattern_type") in PATTERNS:
        return Kind.PATTERN
    return BY_TYPE.get(one["type"], Kind.LOOK)


def name_of(one: dict[str, Any]) -> str:
    """What people call it."""
    for field in ("name", "abstract", "value", "user_id", "relationship_type", "opinion"):
        if said := text_of(one, field, 300):
            return said
    hashes = one.get("hashes")
    some = list(hashes.values()) if isinstance(hashes, dict) else []
    return str(some[0])[:300] if some else ""


def pap_of(one: dict[str, Any]) -> str:
    """What a receiver may do with it, where it says so."""
    extensions = one.get("extensions")
    own = extensions.get(stix.EXTENSION) if isinstance(extensions, dict) else None
    said = own.get("pap") if isinstance(own, dict) else None
    return said if said in Pap.values else ""
