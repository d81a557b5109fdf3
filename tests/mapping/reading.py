"""How the tests of mappings write them and read by them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, settings

from detectors.adapters.base import Item, Outcome, Refusal
from detectors.mapping.plan import Plan, plan_of
from detectors.mapping.reader import MappedAdapter
from detectors.mapping.spec import read_spec

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For machines that do other work meanwhile."""
NAME = "acme"
LABEL = "map:acme@1"
BASE: dict[str, Any] = {
    "external_id": "$.id",
    "platform": {"const": "acme-shop"},
    "kind": {"const": "post"},
    "occurred_at": "$.at",
}
"""Fields without which there is no signal."""
ITEM: dict[str, Any] = {"id": "7", "at": "2026-09-21T12:00:00Z"}


def plan(fields: dict[str, Any], **about: Any) -> Plan:
    """A plan of BASE and these fields; nothing of it may be wrong."""
    made = plan_of(read_spec({**about, "fields": {**BASE, **fields}}), NAME)
    assert made.faults == {}
    return made


def faults(fields: dict[str, Any], **about: Any) -> dict[str, str]:
    """What is wrong with a mapping of these fields alone."""
    return plan_of(read_spec({**about, "fields": fields}), NAME).faults


def outcomes(made: Plan, body: Any) -> list[Outcome]:
    """What a body becomes."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list(MappedAdapter(made, LABEL).read(raw))


def item(fields: dict[str, Any], given: dict[str, Any], **about: Any) -> dict[str, Any]:
    """Fields of the one signal that ITEM with `given` becomes."""
    (found,) = outcomes(plan(fields, **about), ITEM | given)
    assert isinstance(found, Item), found
    return found.fields


def refusal(fields: dict[str, Any], given: dict[str, Any]) -> tuple[str, str, str]:
    """Place, code and sentence of the one refusal."""
    (found,) = outcomes(plan(fields), ITEM | given)
    assert isinstance(found, Refusal), found
    return found.place, found.code, found.sentence
