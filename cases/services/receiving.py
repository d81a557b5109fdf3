"""Takes patterns of partners in: verified, kept in quarantine, tested. Nothing acts by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from django.db import transaction

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from cases import keyring, policy, standing, vetting
from cases.choices import ReceivedState, Tlp
from cases.models import Partner, ReceivedPattern
from cases.services.pattern_outcome import take_outcome
from cases.services.pattern_watch import pause_pattern, test_pattern
from cases.sharing import egress, stix, tlp
from cases.sharing.patterns import opening, seal, wire
from cases.sharing.patterns.drift import Reason
from cases.sharing.patterns.wire import UnreadableError
from detectors.selectors.absent import absent_fields_for

REVOKED: Final = Reason("revoked", "Its author took it back.", final=True)


@dataclass(slots=True)
class Taken:
    """What became of what was handed in. refused: why, in sentences."""

    received: list[ReceivedPattern] = field(default_factory=list)
    known: int = 0
    paused: int = 0
    outcomes: int = 0
    passed_over: int = 0
    refused: list[str] = field(default_factory=list)


@transaction.atomic
def receive_file(*, actor: User, partner: Partner, body: bytes) -> Taken:
    """Take in a signed file or a bundle; one changed byte in a signed file, and nothing is stored.

    Raises ForbiddenError, or InvalidError that says why the whole file is refused.
    """
    policy.require(actor, "pattern.receive")
    keys = {one.key_id: bytes.fromhex(one.public) for one in keyring.pattern_keys_of(partner)}
    try:
        file = opening.opened(body, keys)
    except UnreadableError as error:
        raise InvalidError(str(error), field="file") from error
    if file.key_id and any(
        wire.extension_of(one) and seal.key_of(one) != file.key_id for one in file.objects
    ):
        message = "Nothing was taken in. The file and a pattern in it are signed with two keys."
        raise InvalidError(message, field="file")
    taken = _take(actor, partner, file.objects)
    if taken.refused:
        message = f"Nothing was taken in. {taken.refused[0]}"
        raise InvalidError(message, field="file", refused=taken.refused)
    return taken


@transaction.atomic
def receive_pattern(
    *, actor: User | None, partner: Partner, objects: Sequence[dict[str, Any]]
) -> Taken:
    """Take in STIX objects that came from this partner, such as a page of a feed.

    actor: None is the desk itself. Each object stands for itself: `refused` tells which could not
    be taken, and nothing of those is stored. Raises ForbiddenError.
    """
    if actor is not None:
        policy.require(actor, "pattern.receive")
    return _take(actor, partner, objects)


def _take(actor: User | None, partner: Partner, objects: Sequence[dict[str, Any]]) -> Taken:
    Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)  # one hand-in at a time
    taken = Taken()
    for one in objects:
        try:
            if one.get("type") == "sighting" and (told := take_outcome(partner=partner, told=one)):
                taken.outcomes += told > 0
                taken.known += told < 0
            elif one.get("type") != "indicator" or not _is_pattern(one):
                taken.passed_over += 1
            elif one.get("revoked"):
                taken.paused += _revoke(partner, one)
            else:
                _keep(actor, partner, one, taken)
        except (UnreadableError, ValueError) as error:
            taken.refused.append(f"{str(one.get('id'))[:90]}: {error}")
    if taken.outcomes:
        audit.append(
            actor=actor,
            verb=Verb.OUTCOMES_TAKEN,
            target=partner,
            outcomes=taken.outcomes,
            partner=partner.title,
        )
    return taken


def _is_pattern(one: dict[str, Any]) -> bool:
    if wire.extension_of(one) is not None:
        return True
    known = ReceivedPattern.objects.filter(stix_id=str(one.get("id"))[:90])
    return bool(one.get("revoked")) and known.exists()


def _keep(actor: User | None, partner: Partner, one: dict[str, Any], taken: Taken) -> None:
    """A row in quarantine, tested. Raises UnreadableError; then nothing is stored."""
    pack = wire.read_pack(wire.extension_of(one))
    vetting.require_whole(one, pack)
    key = vetting.key_of(partner, one)
    row = ReceivedPattern(
        partner=partner,
        stix_id=one["id"],
        key=pack.pattern_key,
        revision=pack.revision,
        title=pack.title,
        tlp=tlp.foreign_level_of(one),
        valid_until=datetime.fromisoformat(one["valid_until"]).astimezone(UTC),
        indicator=one,
        sha256=egress.digest(stix.canonical(one)),
        key_id=seal.key_of(one),
        verified=key is not None,
        received_by=actor,
    )
    if row.tlp == Tlp.RED:
        message = "It is TLP:RED, which travels by no machine."
        raise UnreadableError(message)
    known = ReceivedPattern.objects.filter(partner=partner, stix_id=row.stix_id)
    same = known.filter(revision=row.revision).first()
    if same is not None and row.verified and not same.verified:
        same.delete()  # nobody could tell whether that one was whole; this one is
    elif same is not None:
        _meet_again(same, one)
        taken.known += 1
        return
    if known.filter(revision__gt=row.revision).exists():
        message = f"A later revision than {row.revision} is here already."
        raise UnreadableError(message)
    _look_at(row, actor)
    row.save()
    taken.received.append(row)
    audit.append(
        actor=actor,
        verb=Verb.PATTERN_RECEIVED,
        target=row,
        key=row.key,
        revision=row.revision,
        partner=partner.title,
    )


def _meet_again(same: ReceivedPattern, one: dict[str, Any]) -> None:
    """The same once more is nothing new. Raises UnreadableError where it is not the same."""
    if seal.told(same.indicator) != seal.told(one):
        message = f"Revision {same.revision} is here with another content."
        raise UnreadableError(message)


def _look_at(row: ReceivedPattern, actor: User | None) -> None:
    """Its tests, and what this desk lacks for it (not saved)."""
    test_pattern(row=row)
    if not row.verified:
        row.why = f"Nobody compared the fingerprint of the key {row.key_id or '(none)'}."
    elif not row.green:
        row.why = "Its own tests fail here."
    fields = standing.pack_of(row).requires.fields
    row.lacks = absent_fields_for(actor, fields)


def _revoke(partner: Partner, one: dict[str, Any]) -> int:
    """Every revision of it that is here stops. To stop needs less trust than to begin."""
    rows = ReceivedPattern.objects.select_for_update(no_key=True, of=("self",))
    found = rows.select_related("partner", "owner").filter(
        partner=partner, stix_id=str(one.get("id"))[:90]
    )
    number = 0
    for row in found.order_by("pk"):
        if row.indicator["created_by_ref"] != one.get("created_by_ref"):
            message = "Only who made it takes it back."
            raise UnreadableError(message)
        if row.state in (ReceivedState.REFUSED, ReceivedState.REPLACED) or row.paused == "revoked":
            continue
        pause_pattern(row=row, reason=REVOKED)
        number += 1
    return number
