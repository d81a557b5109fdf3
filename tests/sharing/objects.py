"""STIX objects as a partner would make them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cases.sharing import stix
from cases.sharing.tlp import MARKING

MAKER: Final = "identity--9a0f7c1e-3a4b-4c5d-8e6f-102030405060"
NOON: Final = datetime(2026, 11, 3, 12, tzinfo=UTC)
AMBER: Final = MARKING["amber"]


def moment(minutes: int = 0) -> str:
    return stix.moment(NOON + timedelta(minutes=minutes))


def uid(type: str, number: int) -> str:
    return f"{type}--{UUID(int=(4 << 76) | (8 << 60) | number)}"


def indicator(number: int, pattern: str, **fields: Any) -> dict[str, Any]:
    base = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": uid("indicator", number),
        "created_by_ref": MAKER,
        "created": moment(),
        "modified": moment(),
        "object_marking_refs": [AMBER],
        "name": f"indicator {number}",
        "indicator_types": ["malicious-activity"],
        "confidence": 80,
        "pattern": pattern,
        "pattern_type": "stix",
        "valid_from": moment(),
    }
    return base | fields


def of_domain(number: int, domain: str, **fields: Any) -> dict[str, Any]:
    return indicator(number, f"[domain-name:value = '{domain}']", **fields)


def made(type: str, number: int, **fields: Any) -> dict[str, Any]:
    """Any object with versions."""
    base = {
        "type": type,
        "spec_version": "2.1",
        "id": uid(type, number),
        "created_by_ref": MAKER,
        "created": moment(),
        "modified": moment(),
        "object_marking_refs": [AMBER],
    }
    return base | fields


def domain_name(value: str) -> dict[str, Any]:
    return stix.observable("domain-name", "amber", value=value)


def revoked(one: dict[str, Any], minutes: int = 60) -> dict[str, Any]:
    return one | {"modified": moment(minutes), "revoked": True}
