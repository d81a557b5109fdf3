"""What takes an object back: its last version, which says no more than that."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from cases.sharing import checks, stix
from cases.sharing.stix import Object

KEPT: Final = frozenset(
    {"type", "spec_version", "id", "created_by_ref", "created", "object_marking_refs"}
)
# A required text says nothing any more.
TEXTS: Final = frozenset({"name", "content"})
RECALLED: Final = "Recalled."
_FRAME: Final = frozenset({"identity", "marking-definition", "extension-definition"})


def can_be_revoked(one: Object) -> bool:
    """Observables have no versions, and what all shares have in common stays."""
    return "modified" in one and one["type"] not in _FRAME


def revoked(one: Object, at: datetime) -> Object:
    """The last version of an object: what a receiver needs to find it, and that it is revoked."""
    required = checks.REQUIRED[one["type"]]
    stub = {name: value for name, value in one.items() if name in KEPT or name in required}
    stub |= dict.fromkeys(TEXTS & stub.keys(), RECALLED)
    return stub | {"modified": stix.moment(at), "revoked": True}
