"""Writes the MISP feed of one partner into a folder, which changes in one step."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from django.db import transaction

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError
from abusedesk.core.models import User
from cases import policy
from cases.choices import WayOut
from cases.misp_events import events_for
from cases.models import Circle, Partner, SharedEvent, ShareTarget
from cases.services.misp_handover import record_events, untold_events
from detectors.intel.misp.feed import HASHES, MANIFEST, hashes_of, manifest_of

LABEL: Final = WayOut.MISP.label.lower()
NAME: Final = 32


def write_folder(*, actor: User, circle: Circle, partner: Partner, folder: Path) -> int:
    """Write what the partner may have of the circle now; it counts as delivered with it.

    `folder` becomes a link to the new files, which nobody sees before they are complete. Returns
    how many events it holds. Raises ForbiddenError, ConflictError where something else is there,
    or OSError.
    """
    if folder.exists() and not folder.is_symlink():
        message = f"{folder.name} is there already, and was not written by this."
        raise ConflictError(message)
    heads = events_for(circle, partner)
    events = [one for head in heads for one in events_for(circle, partner, uuid=head.uuid)]
    for one in events:
        policy.require(actor, "share.deliver", one.rendition.share.case)
    files = _files(events)
    told = hashlib.sha256(b"".join(name.encode() + body for name, body in sorted(files.items())))
    version = folder.with_name(f".{folder.name}-{told.hexdigest()[:NAME]}")
    _write(version, files)
    _record(actor, partner, events, files[MANIFEST])
    _point(folder, version)
    return len(events)


def _files(events: Sequence[SharedEvent]) -> dict[str, bytes]:
    digests = ((digest, str(one.uuid)) for one in events for digest in one.digests)
    return {
        MANIFEST: manifest_of({str(one.uuid): one.head for one in events}),
        HASHES: hashes_of(digests),
        **{f"{one.uuid}.json": one.now.encode() for one in events},
    }


def _write(version: Path, files: Mapping[str, bytes]) -> None:
    version.mkdir(parents=True, exist_ok=True)
    for name, body in files.items():
        (version / name).write_bytes(body)


@transaction.atomic
def _record(actor: User, partner: Partner, events: Sequence[SharedEvent], body: bytes) -> None:
    """A line for each event that this partner was not given before, and for each recall."""
    offered = ShareTarget.objects.filter(partner=partner).exclude(offered_at=None)
    known = set(offered.values_list("share", flat=True))
    back = [one for one in events if one.withdrawn and one.rendition.share_id not in known]
    fresh = [*untold_events(partner=partner, events=events), *back]
    record_events(actor=actor, token=None, partner=partner, events=fresh, body=body)
    for one in fresh:
        audit.append(
            actor=actor,
            verb=Verb.SHARE_HANDED_OVER,
            target=one.rendition.share.case,
            share=one.rendition.share_id,
            revision=one.rendition.revision,
            partner=str(partner),
            way=LABEL,
            sha256=one.sha256,
        )


def _point(folder: Path, version: Path) -> None:
    """Lead the link to this version. The one before stays for whoever reads it at this moment."""
    before = folder.readlink().name if folder.is_symlink() else ""
    link = folder.with_name(f".{folder.name}.new")
    link.unlink(missing_ok=True)
    link.symlink_to(version.name)
    link.replace(folder)
    for old in folder.parent.glob(f".{folder.name}-*"):
        if old.name not in (version.name, before) and old.is_dir():
            shutil.rmtree(old)
