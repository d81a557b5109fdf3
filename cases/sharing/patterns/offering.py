"""From what an author says of a pattern to the STIX indicator and the bundle that leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cases.sharing import stix, tlp
from cases.sharing.facts import Maker
from cases.sharing.patterns import seal, wire
from cases.sharing.patterns.wire import Parameter, Parent, Vector
from cases.sharing.stix import EXTENSION, Object

LICENCE: Final = "CC-BY-4.0"
INDICATES: Final = ("anomalous-activity",)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternOffer:
    """A pattern and all that is said of it. id: stays over revisions; born: since when it has it.

    reads: fields of signals; kinds: of signals that it looks at, empty: all.
    """

    id: str
    key: str
    revision: int
    born: datetime
    at: datetime
    maker: Maker
    level: str
    pap: wire.Pap
    valid_until: datetime
    title: str
    summary: str
    licence: str
    severity: wire.Severity
    pattern_type: str
    pattern: str
    history_days: int
    lifetime_days: int
    tests: Sequence[Vector]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    reads: Sequence[str] = ()
    kinds: Sequence[str] = ()
    lineage: Sequence[Parent] = ()
    expected: wire.Expected | None = None
    builtin: wire.Builtin | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


def indicator_of(offer: PatternOffer, secret: bytes) -> Object:
    """The signed indicator; the same offer is the same bytes."""
    pack = wire.Pack(
        extension_type="property-extension",
        format="abuse-pattern/1",
        pattern_key=offer.key,
        revision=offer.revision,
        title=offer.title,
        summary=offer.summary,
        licence=offer.licence,
        pap=offer.pap,
        severity=offer.severity,
        requires=wire.Requires(offer.history_days, list(offer.kinds), list(offer.reads)),
        tests=list(offer.tests),
        privacy=wire.Privacy("none", list(offer.reads)),
        decay=wire.Decay(offer.lifetime_days),
        expected=offer.expected,
        parameters=dict(offer.parameters),
        lineage=list(offer.lineage),
        builtin=offer.builtin,
        evidence=dict(offer.evidence),
    )
    extension = _without_nothing({**_always(pack), **wire.plain(pack)})
    bare = {
        **_frame(offer, offer.at),
        "name": offer.title,
        **({"description": offer.summary} if offer.summary else {}),
        "indicator_types": list(INDICATES),
        "extensions": {EXTENSION: extension},
    }
    return seal.signed(bare, secret)


def revocation_of(offer: PatternOffer, at: datetime, reason: str, secret: bytes) -> Object:
    """The signed last version: that it is taken back, and nothing of what it found."""
    extension = {
        "extension_type": "property-extension",
        "format": wire.FORMAT,
        "pattern_key": offer.key,
        "revision": offer.revision,
        "revoked": True,
        **({"reason": reason} if reason else {}),
    }
    bare = {**_frame(offer, at), "revoked": True, "extensions": {EXTENSION: extension}}
    return seal.signed(bare, secret)


def frame_of(maker: Maker, level: str) -> list[Object]:
    """What stands around patterns in a bundle: who made them, their mark, the extension."""
    own = stix.identity(id=maker.id, name=maker.name, at=maker.since)
    marks = [tlp.definition(one) for one in dict.fromkeys((tlp.CLEAR, level))]
    return [*marks, *stix.extension(), own]


def bundle_of(objects: Sequence[Object]) -> Object:
    """A bundle whose id follows from what is in it."""
    said = " ".join(f"{one['id']} {one.get('modified', '')}" for one in objects)
    return {"type": "bundle", "id": f"bundle--{stix.named(said)}", "objects": list(objects)}


def _frame(offer: PatternOffer, at: datetime) -> Object:
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": offer.id,
        "created_by_ref": offer.maker.id,
        "created": stix.moment(offer.born),
        "modified": stix.moment(at),
        "object_marking_refs": [tlp.MARKING[offer.level]],
        "pattern": offer.pattern,
        "pattern_type": offer.pattern_type,
        "valid_from": stix.moment(offer.born),
        "valid_until": stix.moment(offer.valid_until),
    }


def _always(pack: wire.Pack) -> dict[str, Any]:
    """What is written though it has one value only."""
    return {"extension_type": pack.extension_type, "format": pack.format}


def _without_nothing(value: Any) -> Any:
    """STIX has no empty lists and objects: what is empty is left out."""
    if isinstance(value, dict):
        told = {name: _without_nothing(one) for name, one in value.items()}
        return {name: one for name, one in told.items() if one not in ({}, [], None)}
    if isinstance(value, list):
        return [_without_nothing(one) for one in value]
    return value
