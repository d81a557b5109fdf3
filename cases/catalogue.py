"""What left of own patterns: the collection *Patterns* of a circle, in the order of commits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from abusedesk.core import clock
from abusedesk.core.models import User
from cases import packing, previewing
from cases.collection import locked
from cases.models import Partner, Pattern, PatternRelease
from cases.sharing import egress, stix


def release(row: Pattern, getting: Sequence[Partner], actor: User) -> PatternRelease:
    """The preview of a pattern goes out as it is."""
    objects = json.loads(row.bundle)["objects"]
    return _append(row, row.bundle, objects[-1], getting, actor)


def take_back(row: Pattern, at: datetime, reason: str, actor: User) -> PatternRelease:
    """The revocation, for everybody who may have had a revision."""
    maker = previewing.organisation()
    offer = packing.offer_of(row, maker)
    last = row.releases.filter(revoked=False).order_by("-revision").first()
    at = max(at, last.version + timedelta(milliseconds=1)) if last else at
    bundle, stub = egress.render_revocation(offer, at, reason, packing.secret_of(maker))
    had = Partner.objects.filter(pattern_releases__pattern=row).distinct()
    return _append(row, bundle.decode(), stub, list(had), actor)


def _append(
    row: Pattern, bundle: str, indicator: dict[str, Any], getting: Sequence[Partner], actor: User
) -> PatternRelease:
    circle = locked(row.circle)
    now = clock.now()
    later = (circle.last_added or now) + timedelta(microseconds=1)
    circle.last_seq, circle.last_added = circle.last_seq + 1, max(now, later)
    circle.save(update_fields=["last_seq", "last_added"])
    made = PatternRelease.objects.create(
        pattern=row,
        revision=int(indicator["extensions"][stix.EXTENSION]["revision"]),
        revoked=bool(indicator.get("revoked")),
        stix_id=indicator["id"],
        seq=circle.last_seq,
        added_at=circle.last_added,
        version=datetime.fromisoformat(indicator["modified"]),
        tlp=row.tlp,
        purpose=row.purpose,
        valid_until=row.valid_until,
        bundle=bundle,
        body=stix.canonical(indicator).decode(),
        sha256=egress.digest(bundle.encode()),
        approved_by=actor,
    )
    made.partners.set(getting)
    return made
