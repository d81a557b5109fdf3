"""Keys of circles: sealed to members who ask, fetched from other desks, own things compared."""

from __future__ import annotations

import json
import re
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from django.db import transaction
from django.db.models import Max

from abusedesk.core import audit, outbound, sealing
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, NotFoundError
from abusedesk.core.models import User
from abusedesk.core.outbound import OutboundError
from cases import keyring
from cases.models import (
    Circle,
    CircleKey,
    Feed,
    HeldKey,
    ImportedValue,
    Organisation,
    Partner,
    SealKey,
)
from cases.services.circle import key_in_force
from cases.services.feed import PURPOSE
from cases.sharing import boxes, hmacs
from cases.sharing.stix import moment
from cases.taking import taxii
from cases.taking.limits import moment_of
from detectors.models import Entity

HELD: Final = "circle-key"
SEAL: Final = "seal-key"
MATCHED: Final = 2
"""Epochs whose hashes are compared."""
STEP: Final = 5_000
_KEY_ID: Final = re.compile(r"[a-z0-9-]{1,80}")


@transaction.atomic
def hand_out_keys(*, actor: User, circle_slug: str) -> dict[str, Any]:
    """The keys of the last two epochs, sealed to the partner who asks.

    Raises NotFoundError for a circle it is not in, ConflictError while no key of it is pinned.
    """
    partner = Partner.objects.filter(user=actor, active=True).first()
    circle = Circle.objects.filter(slug=circle_slug, active=True, members__partner=partner).first()
    if partner is None or circle is None:
        message = "There is no such circle."
        raise NotFoundError(message)
    pinned = keyring.sealing_key_of(partner)
    if pinned is None:
        message = "No key of yours is pinned here, so nothing can be sealed to it."
        raise ConflictError(message)
    key_in_force(circle=circle)
    public = bytes.fromhex(pinned.public)
    rows = CircleKey.objects.filter(circle=circle).order_by("-epoch")[:MATCHED]
    audit.append(actor=actor, verb=Verb.CIRCLE_KEYS_GIVEN, target=circle, slug=circle.slug)
    return {
        "circle": circle.slug,
        "epoch_days": hmacs.EPOCH.days,
        "keys": [
            {
                "key_id": one.key_id,
                "begins_at": moment(one.begins_at),
                "sealed": boxes.sealed_for(public, one.plain, about=one.key_id),
            }
            for one in rows
        ],
    }


@transaction.atomic
def ensure_seal_key(*, organisation: Organisation) -> SealKey:
    """The desk's own key for what others seal to it."""
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    row = SealKey.objects.filter(organisation=organisation).first()
    if row is None:
        secret, public = boxes.new_pair()
        kept = sealing.seal(secret.hex(), purpose=SEAL)
        row = SealKey.objects.create(organisation=organisation, public=public.hex(), secret=kept)
    return row


def fetch_keys(*, feed: Feed) -> list[HeldKey]:
    """Ask the other desk for the keys of its circle. Raises OutboundError or sealing.LostError."""
    own = SealKey.objects.first()
    if own is None:
        return []
    url = f"{feed.desk_url}/api/v1/sharing/keys/{feed.circle}/"
    secret = sealing.unseal(feed.secret, purpose=PURPOSE)
    headers = taxii.headers_for("bearer", "", secret) | {"Accept": "application/json"}
    reply = outbound.fetch(url, headers=headers)
    if reply.status != HTTPStatus.OK:
        message = f"The keys of the circle were not given: {reply.status}."
        raise OutboundError(message)
    found = _opened(reply.body, sealing.unseal(own.secret, purpose=SEAL))
    return _kept(feed, found)


def join_hashed(*, feed: Feed) -> int:
    """Compare own things with what came hashed. Returns how many values found one."""
    keys = HeldKey.objects.filter(feed=feed).order_by("-began_at")[:MATCHED]
    return sum(_joined(feed, key) for key in keys)


def key_of(*, held: HeldKey) -> hmacs.Key:
    """Its secret, for use. Raises sealing.LostError."""
    return hmacs.Key(held.key_id, bytes.fromhex(sealing.unseal(held.secret, purpose=HELD)))


def _opened(body: bytes, secret: str) -> dict[str, tuple[bytes, datetime]]:
    """Key id -> key and when it began; what was not sealed to this desk is left out."""
    try:
        said = json.loads(body)
        rows = said["keys"] if isinstance(said["keys"], list) else []
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    found = {}
    for one in rows[:MATCHED]:
        named = str(one.get("key_id", "")) if isinstance(one, dict) else ""
        began = moment_of(one.get("begins_at")) if named else None
        if not _KEY_ID.fullmatch(named) or began is None:
            continue
        plain = boxes.opened_with(bytes.fromhex(secret), str(one.get("sealed")), about=named)
        if plain is not None and len(plain) == hmacs.KEY_BYTES:
            found[named] = (plain, began)
    return found


@transaction.atomic
def _kept(feed: Feed, found: dict[str, tuple[bytes, datetime]]) -> list[HeldKey]:
    known = set(HeldKey.objects.filter(feed=feed).values_list("key_id", flat=True))
    new = [
        HeldKey(
            feed=feed,
            key_id=name,
            secret=sealing.seal(secret.hex(), purpose=HELD),
            began_at=began,
        )
        for name, (secret, began) in found.items()
        if name not in known
    ]
    HeldKey.objects.bulk_create(new, ignore_conflicts=True)
    if new:
        audit.append(
            actor=None,
            verb=Verb.CIRCLE_KEYS_GOT,
            target=feed,
            slug=feed.circle,
            host=outbound.parse(feed.desk_url).host,
            keys=", ".join(one.key_id for one in new),
        )
    return new


def _joined(feed: Feed, held: HeldKey) -> int:
    """All own things with new values, new things with all values."""
    waiting = ImportedValue.objects.filter(
        imported__feed=feed, imported__revoked=False, key_id=held.key_id, entity_id=None
    )
    newest = waiting.aggregate(most=Max("pk"))["most"] or held.values_to
    last = Entity.objects.aggregate(most=Max("pk"))["most"] or 0
    fresh = waiting.filter(pk__gt=held.values_to)
    found = _found(held, dict(fresh.values_list("mac", "type")), 0)
    found |= _found(held, dict(waiting.values_list("mac", "type")), held.checked_to)
    with transaction.atomic():
        for mac, entity_id in found.items():
            waiting.filter(mac=mac).update(entity_id=entity_id)
        HeldKey.objects.filter(pk=held.pk).update(checked_to=last, values_to=newest)
    return len(found)


def _found(held: HeldKey, wanted: dict[str, str], after: int) -> dict[str, int]:
    """Hash -> own thing behind this id that has it."""
    if not wanted:
        return {}
    secret = key_of(held=held).secret
    things = Entity.objects.filter(pk__gt=after, type__in=set(wanted.values())).order_by("pk")
    found = {}
    for pk, type, value in things.values_list("pk", "type", "value").iterator(chunk_size=STEP):
        mac = hmacs.mac_of(secret, type, value)
        if wanted.get(mac) == type:
            found[mac] = pk
    return found
