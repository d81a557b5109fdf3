"""The objects that a circle's partners read: appended in the order of commits, taken back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from abusedesk.core import clock
from cases import misp_events
from cases.models import (
    Circle,
    Partner,
    Rendition,
    Share,
    SharedObject,
    SharedSubject,
    ShareTarget,
)
from cases.sharing import egress, stix, tlp
from cases.sharing.recalling import can_be_revoked, revoked
from detectors import entities

BATCH: Final = 2_000


def let_out(share: Share, targets: Sequence[ShareTarget]) -> int:
    """Put the pending renditions into the circle's collection. Returns how many partners get it.

    What the revision before had and this one has not is taken back.
    """
    circle = locked(share.circle)
    fresh = {one.pending_id for one in targets if one.pending_id}
    rows = {one.pk: one for one in Rendition.objects.filter(pk__in=fresh)}
    before = {one.approved_id for one in targets if one.approved_id}
    kept = {one["id"] for row in rows.values() for one in objects_of(row)}
    followed = misp_events.uuids_of(fresh)
    for old in Rendition.objects.filter(pk__in=before):
        take_back(circle, old, share.at, kept)
        misp_events.take_back(old, share.at, followed)
    for row in rows.values():
        append(circle, row, objects_of(row))
        SharedSubject.objects.bulk_create(_subjects(row), batch_size=BATCH)
    for target in targets:
        if target.pending_id:
            target.approved_id, target.pending_id = target.pending_id, None
            rows[target.approved_id or 0].partners.add(target.partner_id)
    ShareTarget.objects.bulk_update(targets, ["approved", "pending"])
    circle.save(update_fields=["last_seq", "last_added"])
    return len([one for one in targets if one.approved_id in rows])


def take_back(circle: Circle, row: Rendition, at: datetime, kept: Iterable[str] = ()) -> bytes:
    """Revoke what a rendition let out, but for `kept`; observables are served no more.

    Returns the bundle that says so. The caller holds the circle and saves it.
    """
    staying = {*kept, *_frame_of(row)}
    gone = [one for one in objects_of(row) if one["id"] not in staying]
    stubs = [revoked(one, at) for one in gone if can_be_revoked(one)]
    out = SharedObject.objects.filter(rendition=row, stix_id__in=[one["id"] for one in gone])
    out.filter(revoked=False).exclude(stix_id__in=[one["id"] for one in stubs]).update(
        withdrawn=True
    )
    append(circle, row, stubs)
    frame = [one for one in objects_of(row) if one["id"] in _frame_of(row)]
    name = f"bundle--{stix.named(f'{row.pk} {stix.moment(at)}')}"
    return egress.written({"type": "bundle", "id": name, "objects": [*frame, *stubs]})


def locked(circle: Circle) -> Circle:
    """The circle, its collection locked until commit: places are given in the order of commits."""
    return Circle.objects.select_for_update(no_key=True).get(pk=circle.pk)


def append(circle: Circle, row: Rendition, objects: Sequence[dict[str, Any]]) -> None:
    """Add objects at the end (the circle is not saved)."""
    now, level = clock.now(), row.share.tlp
    new = []
    for one in objects:
        circle.last_seq += 1
        later = (circle.last_added or now) + timedelta(microseconds=1)
        circle.last_added = max(now, later)
        body = stix.canonical(one).decode()
        new.append(
            SharedObject(
                circle=circle,
                rendition=row,
                seq=circle.last_seq,
                added_at=circle.last_added,
                stix_id=one["id"],
                type=one["type"],
                version=_version(one, circle.last_added),
                tlp=tlp.level_of(one)
                or (level if one["type"] != "marking-definition" else "clear"),
                body=body,
                sha256=egress.digest(body.encode()),
                revoked=bool(one.get("revoked")),
            )
        )
    SharedObject.objects.bulk_create(new, batch_size=BATCH)


def share_by_object(stix_id: str, partner: Partner) -> Share | None:
    """The share by which this partner may have an object."""
    rows = SharedObject.objects.filter(stix_id=stix_id, rendition__partners=partner)
    row = rows.select_related("rendition__share__case", "rendition__share__circle").first()
    return row.rendition.share if row else None


def objects_of(row: Rendition) -> list[dict[str, Any]]:
    """The objects of its bundle."""
    found: list[dict[str, Any]] = json.loads(row.bundle)["objects"]
    return found


def _version(one: dict[str, Any], added: datetime) -> datetime:
    said = one.get("modified") or one.get("created")
    return datetime.fromisoformat(said) if said else added


def _frame_of(row: Rendition) -> set[str]:
    """Markings, identities and definitions, which belong to no share."""
    kinds = ("marking-definition", "identity", "extension-definition")
    return {one["id"] for one in objects_of(row) if one["type"] in kinds}


def _subjects(row: Rendition) -> list[SharedSubject]:
    return [
        SharedSubject(
            rendition=row,
            type=type,
            digest=entities.digest_of(type, value),
            how=how,
            stix_id=stix_id,
        )
        for type, value, how, stix_id in row.subjects
    ]
