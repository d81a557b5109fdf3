"""The one gate: what a share is for an audience, who gets it, and what holds it up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final

from cases.sharing import csvtable, misp, tlp
from cases.sharing.closure import closed
from cases.sharing.conflicts import Conflict, conflicts
from cases.sharing.facts import Maker, Offer
from cases.sharing.mapping import mapped
from cases.sharing.minimise import Profile
from cases.sharing.patterns import offering
from cases.sharing.patterns.offering import PatternOffer
from cases.sharing.pieces import Line
from cases.sharing.stix import Object

# Why a partner does not get it -> in words after its name.
REFUSALS: Final = {
    "inactive": "is switched off",
    "circle-inactive": "is in a circle that is switched off",
    "no-agreement": "has no agreement with purpose and legal basis",
    "agreement-ended": "had an agreement that has ended",
    "red": "gets nothing that is TLP:RED by a machine or a file",
    "cap": "is not cleared for this TLP",
    "circle-cap": "is in a circle that is not cleared for this TLP",
    "not-community": "is in a circle that is no community, which TLP:GREEN asks for",
    "tlp-1": "knows TLP 1 only, which has no TLP:AMBER+STRICT",
    "not-named": "is not named in the share",
    "joined-later": "joined the circle after it was shared",
    "left": "is not in the circle any more",
}


@dataclass(frozen=True, slots=True)
class Audience:
    """One partner as the gate sees it. ends_on: last day of its agreement."""

    cap: str
    circle_cap: str
    ends_on: date | None = None
    agreed: bool = True
    active: bool = True
    circle_active: bool = True
    community: bool = False
    knows_tlp_2: bool = True
    named: bool = True
    member: bool = True
    joined_later: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """What leaves to partners of one profile. objects: with their exact bytes, in order."""

    profile: str
    bundle: bytes
    table: bytes
    event: bytes
    objects: tuple[Object, ...]
    lines: tuple[Line, ...]
    subjects: tuple[tuple[str, str, str, str], ...]
    conflicts: tuple[Conflict, ...]

    @property
    def sha256(self) -> str:
        """Of the bundle."""
        return digest(self.bundle)


def render(offer: Offer, profile: Profile) -> Rendered:
    """Every byte of a share that leaves the desk was made here.

    The same offer and the same profile are the same bytes. Raises ValueError at TLP:RED.
    """
    _require_not_red(profile.level)
    out = mapped(offer, profile)
    objects = closed(out.objects.values())
    name = offer.name_of("bundle", offer.case.key).id
    bundle = written({"type": "bundle", "id": name, "objects": objects})
    table = csvtable.written(out.rows, offer, profile)
    event = written(misp.event_for(out.rows, objects, offer, profile))
    return Rendered(
        profile=profile.name,
        bundle=bundle,
        table=table,
        event=event,
        objects=tuple(objects),
        lines=tuple(out.lines),
        subjects=tuple(out.subjects),
        conflicts=tuple(conflicts(out, objects, (bundle, table, event), offer)),
    )


def render_pattern(offer: PatternOffer, secret: bytes) -> tuple[bytes, Object]:
    """The bundle of a pattern and the signed indicator in it; the same offer is the same bytes.

    Raises ValueError at TLP:RED.
    """
    _require_not_red(offer.level)
    indicator = offering.indicator_of(offer, secret)
    return _around(offer, indicator), indicator


def render_revocation(
    offer: PatternOffer, at: datetime, reason: str, secret: bytes
) -> tuple[bytes, Object]:
    """The same for what takes a pattern back."""
    stub = offering.revocation_of(offer, at, reason, secret)
    return _around(offer, stub), stub


def render_outcomes(maker: Maker, level: str, sightings: Sequence[Object]) -> bytes:
    """A bundle of counts for the author of a pattern, which stays with the author."""
    _require_not_red(level)
    objects = [*offering.frame_of(maker, level), *sightings]
    return written(offering.bundle_of(objects))


def _around(offer: PatternOffer, indicator: Object) -> bytes:
    objects = [*offering.frame_of(offer.maker, offer.level), indicator]
    return written(offering.bundle_of(objects))


def _require_not_red(level: str) -> None:
    if level == tlp.RED:
        message = "TLP:RED leaves by no machine and no file."
        raise ValueError(message)


def written(bundle: dict[str, Any]) -> bytes:
    """A bundle as people can read it; ASCII, so that what they see is what leaves."""
    return json.dumps(bundle, indent=2, sort_keys=True, ensure_ascii=True).encode() + b"\n"


def digest(body: bytes) -> str:
    return sha256(body).hexdigest()


def refusals(level: str, audience: Audience, today: date) -> list[str]:
    """Why this partner does not get what is marked so; empty: it does. Names in `REFUSALS`."""
    tests = {
        "red": level == tlp.RED,
        "inactive": not audience.active,
        "circle-inactive": not audience.circle_active,
        "no-agreement": not audience.agreed,
        "agreement-ended": audience.ends_on is not None and audience.ends_on < today,
        "cap": tlp.rank(level) > tlp.rank(audience.cap),
        "circle-cap": tlp.rank(level) > tlp.rank(audience.circle_cap),
        "not-community": level == tlp.GREEN and not audience.community,
        "tlp-1": level == tlp.STRICT and not audience.knows_tlp_2,
        "not-named": not audience.named,
        "joined-later": audience.joined_later,
        "left": not audience.member,
    }
    return [name for name, holds in tests.items() if holds]
