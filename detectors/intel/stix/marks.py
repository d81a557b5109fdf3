"""The TLP of STIX objects, by the ids of markings of both versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from detectors.choices import Tlp

MARKING: Final = {
    Tlp.CLEAR.value: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    Tlp.GREEN.value: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Tlp.AMBER.value: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    Tlp.AMBER_STRICT.value: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    Tlp.RED.value: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
# Of TLP 1: read, never written.
OLD: Final = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": Tlp.CLEAR.value,
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": Tlp.GREEN.value,
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": Tlp.AMBER.value,
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": Tlp.RED.value,
}
READ: Final = OLD | {marking: level for level, marking in MARKING.items()}
UNMARKED: Final = Tlp.AMBER.value
"""How an object of somebody else is treated that bears no marking."""
UNKNOWN: Final = Tlp.AMBER_STRICT.value
"""How one is treated that bears a marking which nobody explained."""


def tlp_of(one: Mapping[str, Any], known: Iterable[str] = ()) -> str:
    """The strictest level of an object. known: ids of markings that are no TLP, such as licences.

    Granular markings raise the whole object: who reads a part reads the rest beside it.
    """
    levels = [READ.get(ref, UNKNOWN) for ref in marks_of(one) if ref in READ or ref not in known]
    return Tlp.narrowest(*levels).value if levels else UNMARKED


def marks_of(one: Mapping[str, Any]) -> Iterator[str]:
    """Ids of all markings of an object; what is no id at all counts as one that nobody knows."""
    refs = one.get("object_marking_refs")
    yield from map(str, refs if isinstance(refs, list) else [])
    granular = one.get("granular_markings")
    for part in granular if isinstance(granular, list) else []:
        if isinstance(part, dict) and "marking_ref" in part:
            yield str(part["marking_ref"])
