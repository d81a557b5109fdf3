"""Renders a share for everybody who would get it, and keeps the bytes: what a preview shows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError
from cases import misp_events
from cases.models import (
    ImportedValue,
    Organisation,
    Override,
    Rendition,
    Share,
    SharedEvent,
    ShareTarget,
)
from cases.offering import Names, case_facts, offer_of, profile_of, refusals_of
from cases.services.circle import key_in_force
from cases.sharing import egress
from cases.sharing.conflicts import (
    OVERRIDABLE,
    Conflict,
    Received,
    received_conflicts,
    whole_conflicts,
)
from cases.sharing.egress import Rendered
from cases.sharing.facts import CaseFacts
from cases.sharing.minimise import Profile
from detectors.entities import digest_of


@dataclass(slots=True)
class Prepared:
    """What a share is now. rendered: by profile. gets: partner -> its profile."""

    rendered: dict[str, Rendered] = field(default_factory=dict)
    gets: dict[int, str] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    names: list[Names] = field(default_factory=list)

    def digest_of(self, share: Share) -> str:
        """SHA-256 over all bytes, who gets which, and what they are given for."""
        told = [share.tlp, share.pap, share.purpose, share.valid_until.isoformat()]
        told += [
            f"{profile} {one.sha256} {egress.digest(one.table)} {egress.digest(one.event)}"
            for profile, one in sorted(self.rendered.items())
        ]
        told += [f"{partner} {profile}" for partner, profile in sorted(self.gets.items())]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()


def organisation() -> Organisation:
    """Whose desk this is. Raises ConflictError when nobody has said it."""
    row = Organisation.objects.first()
    if row is None:
        message = "Nobody has said yet whose desk this is: an admin names the organisation first."
        raise ConflictError(message)
    return row


def render_all(share: Share, targets: Sequence[ShareTarget]) -> Prepared:
    """Everything that would leave; nothing is written."""
    maker, told, found = organisation(), case_facts(share.case), Prepared()
    refused = refusals_of(share, targets)
    getting = [one for one in targets if not refused[one.partner_id]]
    profiles = _profiles(share, getting) if getting else {}
    for target in getting:
        found.gets[target.partner_id] = profiles[target.partner_id].name
    for profile in {one.name: one for one in profiles.values()}.values():
        names = Names(share, profile.name)
        made = egress.render(offer_of(share, told, maker, names), profile)
        found.rendered[profile.name] = made
        found.names.append(names)
        found.conflicts += [one for one in made.conflicts if one not in found.conflicts]
    blank = offer_of(share, told, maker, Names(share, ""))
    found.conflicts += whole_conflicts(blank, clock.now(), len(getting))
    found.conflicts += received_conflicts(blank, _received(told))
    allowed = _overridden(share)
    found.conflicts = [one for one in found.conflicts if (one.rule, one.what) not in allowed]
    return found


def _overridden(share: Share) -> set[tuple[str, str]]:
    """Conflicts that a lead leaves out of account, by rule and what they are about."""
    rows = Override.objects.filter(share=share, until__gt=clock.now(), rule__in=OVERRIDABLE)
    return set(rows.values_list("rule", "what"))


def _received(told: CaseFacts) -> list[Received]:
    """What others said of the case's values and did not take back."""
    things = {digest_of(one.type, one.value): one for one in told.things}
    rows = ImportedValue.objects.filter(
        digest__in=list(things), key_id="", imported__revoked=False
    ).order_by("pk")
    found = [
        Received(thing.type, thing.value, source, pap, licence)
        for digest, source, pap, licence in rows.values_list(
            "digest", "imported__source", "imported__pap", "imported__licence"
        )
        for thing in [things[bytes(digest)]]
    ]
    return list(dict.fromkeys(found))


def keep(share: Share) -> None:
    """Freeze the preview of the revision that is worked on, in place of the one before (not saved).

    The caller holds the share and saves it.
    """
    targets = list(ShareTarget.objects.filter(share=share).select_related("partner"))
    targets = [one for one in targets if not one.dropped]
    found = render_all(share, targets)
    for names in found.names:
        names.save()
    Rendition.objects.filter(share=share, revision=share.revision).delete()
    rows = {
        profile: Rendition.objects.create(
            share=share,
            revision=share.revision,
            profile=profile,
            bundle=made.bundle.decode(),
            table=made.table.decode(),
            sha256=made.sha256,
            table_sha256=egress.digest(made.table),
            lines=[asdict(one) for one in made.lines],
            subjects=[list(one) for one in made.subjects],
        )
        for profile, made in found.rendered.items()
    }
    SharedEvent.objects.bulk_create(
        misp_events.row_of(rows[profile], made.event) for profile, made in found.rendered.items()
    )
    for target in targets:
        target.pending = rows.get(found.gets.get(target.partner_id, ""))
    ShareTarget.objects.bulk_update(targets, ["pending"])
    share.conflicts = [asdict(one) for one in found.conflicts]
    share.digest = found.digest_of(share)


def _profiles(share: Share, targets: Sequence[ShareTarget]) -> dict[int, Profile]:
    key = key_in_force(circle=share.circle)
    return {one.partner_id: profile_of(share, one.partner, key) for one in targets}
